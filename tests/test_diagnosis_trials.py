"""Trials find the parameter that holds training back, and nothing is recommended untried."""

import pickle
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.neural_network import MLPClassifier

from sknumpynet import NumpyMLPBinaryClassifier, diagnose
from sknumpynet.diagnosis import trials as module
from sknumpynet.diagnosis.evidence import Evidence
from sknumpynet.diagnosis.trials import Trial, Trials
from sknumpynet.fitted import as_fitted

FAR_OFF = {
    "epsilon": {"epsilon": 100.0},
    "tol": {"solver": "lbfgs", "tol": 10.0},
    "max_fun": {"solver": "lbfgs", "max_fun": 2},
    "learning_rate_init": {"learning_rate_init": 1e-7},
    "alpha": {"alpha": 1e5},
    "weight_decay": {"weight_decay": 100.0},
    "max_grad_norm": {"solver": "sgd", "learning_rate_init": 0.1, "max_grad_norm": 1e-9},
    "activation": {"activation": "identity", "numeric_bins": 0},
    "hidden_layer_sizes": {"hidden_layer_sizes": (1,), "numeric_bins": 0},
}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sknumpynet.NotLearningWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def moons(n_rows=400, seed=0):
    return make_moons(n_rows, noise=0.2, random_state=seed)


def crossed(n_rows=300, seed=0):
    """The sign of a product, which no sum of columns can tell."""
    X = np.random.default_rng(seed).uniform(-1, 1, (n_rows, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def fitted(X, y, **params):
    return NumpyMLPBinaryClassifier(random_state=0, **params).fit(X, y)


def trials_of(clf, X, y):
    return Trials(Evidence(clf, X, y, None, may_try=True))


@pytest.mark.parametrize("name", FAR_OFF)
def test_the_parameter_that_holds_training_back_leads(name):
    """And its remedy mends a fit to all rows."""
    X, y = crossed()
    clf = fitted(X, y, **FAR_OFF[name])
    finding = diagnose(clf, X, y).findings[0]
    assert finding.severity == "error"
    assert set(finding.params) == {name}
    assert finding.tried
    assert clone(clf).set_params(**finding.params).fit(X, y).score(*crossed(seed=1)) > 0.9


def test_it_leads_under_a_warm_start_as_well():
    X, y = crossed()
    finding = diagnose(fitted(X, y, epsilon=100.0, warm_start=True), X, y).findings[0]
    assert (finding.code, finding.where) == ("unsuitable_setting", "epsilon")
    assert finding.params == {"epsilon": 1e-8, "warm_start": False}


def test_it_is_found_among_those_of_another_estimator():
    X, y = moons()
    params = MLPClassifier(max_iter=50, epsilon=100.0).get_params() | {"random_state": 0}
    finding = diagnose(NumpyMLPBinaryClassifier(**params).fit(X, y), X, y).findings[0]
    assert finding.where == "epsilon"


def test_parameters_that_hide_each_other_are_found_together():
    X, y = moons()
    clf = fitted(X, y, alpha=1e5, learning_rate_init=1e-7)
    finding = diagnose(clf, X, y).findings[0]
    assert set(finding.params) == {"alpha", "learning_rate_init"}


def test_a_parameter_is_named_with_the_one_that_makes_it_harmful():
    X, y = crossed()
    where = diagnose(fitted(X, y, solver="lbfgs", tol=10.0), X, y).findings[0].where
    assert where == "tol, solver"


def test_a_remedy_that_did_not_help_is_not_recommended():
    X, y = moons()
    clf = fitted(X, y, alpha=1e5, learning_rate_init=1e-7)
    alone = [f for f in diagnose(clf, X, y).findings if f.code == "penalty_too_strong"]
    assert [f.params for f in alone] == [{}]
    assert "was tried" in alone[0].remedy


SOUND = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.2},
    "lbfgs": {"solver": "lbfgs", "alpha": 1e-2},
    "narrow": {"hidden_layer_sizes": (8,), "activation": "tanh"},
    "deep": {"hidden_layer_sizes": (30, 30)},
    "one network": {"n_estimators": 1},
    "smoothed": {"label_smoothing": 0.02, "dropout": 0.1},
}


@pytest.mark.parametrize("params", SOUND.values(), ids=SOUND)
def test_nothing_is_said_of_sound_parameters(params):
    X, y = moons()
    findings = diagnose(fitted(X, y, **params), X, y).findings
    assert [f for f in findings if f.severity != "note"] == []


def test_what_has_not_learnt_is_never_cleared():
    """Networks put in by hand that rank the rows the wrong way round."""
    X, y = moons()
    clf = fitted(X, y)
    clf.coefs_ = [*clf.coefs_[:-1], -clf.coefs_[-1]]
    clf.intercepts_[-1][...] *= -1
    assert diagnose(clf, X, y, trials=False).findings[0].severity == "error"
    assert diagnose(clf, X, y).findings[0].severity == "error"


def test_a_start_that_led_nowhere_is_told_from_parameters():
    X, y = moons()
    clf = fitted(X, y, warm_start=True)
    clf.coefs_ = [*clf.coefs_[:-1], -clf.coefs_[-1]]
    codes = {f.code: f.params for f in diagnose(clf, X, y).findings}
    assert codes["unlucky_start"] == {"warm_start": False}


def test_a_stream_too_short_is_told():
    X, y = crossed(2000)
    clf = NumpyMLPBinaryClassifier(random_state=0).partial_fit(X[:100], y[:100], classes=[0, 1])
    finding = diagnose(clf, X, y).findings[0]
    assert finding.code == "stopped_too_early"
    assert finding.params == {}


def test_labels_at_random_have_no_signal_with_trials_either():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(600, 4)), rng.permutation(600) % 2
    assert diagnose(fitted(X, y), X, y).findings[0].code == "no_signal"


def test_the_same_data_give_the_same_diagnosis():
    X, y = crossed()
    clf = fitted(X, y, epsilon=100.0)
    assert str(diagnose(clf, X, y)) == str(diagnose(clf, X, y))


def test_trials_change_nothing():
    X, y = moons()
    clf = fitted(X, y, epsilon=100.0)
    before = pickle.dumps(vars(clf)), X.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    X.setflags(write=False)
    diagnose(clf, X, y, np.linspace(0, 1, len(y)))
    assert pickle.dumps(vars(clf)) == before[0]
    np.testing.assert_array_equal(X, before[1])
    np.testing.assert_array_equal(np.random.get_state()[1], before[2])  # noqa: NPY002


def test_without_trials_none_are_made():
    X, y = moons()
    clf = fitted(X, y, epsilon=100.0)
    assert diagnose(clf, X, y, trials=False).trials == []
    assert "as it is" in str(diagnose(clf, X, y))


def test_a_sparse_table_has_the_trials_of_the_dense_one():
    X, y = crossed()
    found = [
        diagnose(fitted(table, y, epsilon=100.0), table, y) for table in (X, sparse.csr_array(X))
    ]
    assert str(found[1]) == str(found[0])


def test_a_raw_table_is_tried_by_its_levels():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    rng = np.random.default_rng(0)
    city = rng.integers(0, 40, 800)
    y = (rng.random(800) < np.where(city % 2, 0.9, 0.1)).astype(int)
    X = pd.DataFrame({"city": [f"town {at}" for at in city], "age": rng.normal(size=800)})
    finding = diagnose(fitted(X, y, learning_rate_init=1e-7), X, y).findings[0]
    assert (finding.code, finding.params) == ("rate_too_low", {"learning_rate_init": "auto"})


def test_auto_is_no_change():
    X, y = moons()
    found = as_fitted(fitted(X, y))
    names = "max_iter", "n_iter_no_change", "averaging"
    clf = fitted(X, y, **{name: getattr(found, name) for name in names})
    assert trials_of(clf, X, y).changed == {}


def test_of_a_truth_table_no_row_is_held_out():
    X = np.random.default_rng(0).integers(0, 2, (400, 4)).astype(float)
    y = X.sum(axis=1).astype(int) % 2
    finding = diagnose(fitted(X, y, hidden_layer_sizes=(1,)), X, y).findings[0]
    assert (finding.code, finding.params) == ("too_few_units", {"hidden_layer_sizes": (100,)})


def test_a_penalty_weighs_the_same_on_fewer_rows():
    X, y = moons(6000)
    trials = trials_of(fitted(X, y, alpha=600.0, max_iter=2), X, y)
    train, clf = trials.rows.folds[0][0], NumpyMLPBinaryClassifier(alpha=600.0)
    trials.share(clf, train)
    assert clf.alpha / len(train) == pytest.approx(600 / 6000)


def test_copies_of_a_row_are_held_out_together():
    X, y = moons(300)
    X, y = np.tile(X, (3, 1)), np.tile(y, 3)
    trials = trials_of(fitted(X, y, max_iter=2), X, y)
    for train, held in trials.rows.folds:
        both = set(map(bytes, trials.rows.X[train])) & set(map(bytes, trials.rows.X[held]))
        assert both == set()


def trial(losses):
    return Trial("", {}, np.asarray(losses, float), np.ones(len(losses)), 0.7)


def test_a_trial_beats_another_beyond_chance_only():
    rng = np.random.default_rng(0)
    low, noisy = np.full(50, 0.3), 0.35 + rng.normal(size=50)
    assert trial(low).beats(trial(np.full(50, 0.5)))
    assert not trial(low).beats(trial(noisy))
    assert not trial(low).beats(trial(low))


def test_a_trial_no_better_than_the_base_rate_beats_none():
    assert not trial(np.full(50, 0.71)).beats(trial(np.full(50, 14.0)))


def test_a_trial_beats_another_by_a_part_of_its_gain():
    assert not trial(np.full(50, 0.30)).beats(trial(np.full(50, 0.33)))
    assert trial(np.full(50, 0.30)).beats(trial(np.full(50, 0.33)), margin=0.01, part=1.0)


def test_a_class_too_rare_for_the_rows_of_trials_leaves_trials_out():
    X, y = np.random.default_rng(0).normal(size=(21_000, 3)), np.arange(21_000) < 2
    diagnosis = diagnose(fitted(X, y, max_iter=1, n_estimators=1), X, y)
    assert diagnosis.trials == []
    assert "trials=True" not in str(diagnosis)


def test_a_class_that_weighs_next_to_nothing_divides_by_no_zero():
    X, y = moons()
    weight = np.where(np.arange(len(y)) == np.argmax(y), 1, 1e-300)
    clf = NumpyMLPBinaryClassifier(n_estimators=1, random_state=0).fit(X, y, weight)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert diagnose(clf, X, y, weight).trials


@pytest.mark.filterwarnings("error")
def test_two_rows_have_no_order():
    X, y = np.eye(2), [0, 1]
    clf = NumpyMLPBinaryClassifier(n_estimators=1, random_state=0).partial_fit(X, y, [0, 1])
    assert diagnose(clf, X, y).summary


@pytest.mark.parametrize("trials", [False, True])
def test_a_stream_is_told_of_no_argument_of_fit(trials):
    X, y = crossed(60)
    short, long = (
        NumpyMLPBinaryClassifier(max_iter=1, n_iter_no_change=3, random_state=0) for _ in range(2)
    )
    short.partial_fit(X, y, [0, 1])
    for _ in range(150):
        long.partial_fit(X, y, [0, 1])
    for clf, code in ((short, "stopped_too_early"), (long, "overfitting")):
        findings = {
            finding.code: finding for finding in diagnose(clf, X, y, trials=trials).findings
        }
        assert (findings[code].params, bool(findings[code].step)) == ({}, True)


@pytest.mark.parametrize("trials", [False, True])
def test_remedies_change_something(trials):
    """Weights put in by hand, with parameters that are the defaults already."""
    X, y = crossed()
    clf = fitted(X, y, n_estimators=1)
    clf.coefs_ = [np.full_like(coef, 0.1) for coef in clf.coefs_]
    clf.intercepts_ = [np.zeros_like(intercept) for intercept in clf.intercepts_]
    findings = diagnose(clf, X, y, trials=trials).findings
    assert "symmetric_units" in [finding.code for finding in findings]
    for finding in findings:
        assert finding.params or finding.step
        assert all(getattr(clf, name) != value for name, value in finding.params.items())


def test_a_simpler_model_is_tried_and_begun_afresh():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 20))
    y = (X.sum(axis=1) + rng.logistic(size=1000) > 0).astype(int)
    clf = fitted(X, y, n_estimators=2, warm_start=True)
    findings = {finding.code: finding for finding in diagnose(clf, X, y).findings}
    finding = findings["no_better_than_linear"]
    assert finding.params == {"hidden_layer_sizes": (), "warm_start": False}
    assert finding.tried


def test_epochs_that_take_long_are_few_by_default_as_well(monkeypatch):
    X, y = moons()
    trials = trials_of(fitted(X, y, learning_rate_init=1e-6), X, y)
    monkeypatch.setattr(module, "MULTIPLIED", 1e7)  # a slow machine
    assert trials.as_set_params["max_iter"] == "auto"
    assert trials.as_set.losses.size
    assert trials.is_cut
    assert trials.seconds < (len(trials.rows.folds) + 1) * module.IN_ALL


def test_networks_of_no_numbers_are_not_cleared():
    X, y = moons()
    clf = fitted(X, y)
    for coef in clf.coefs_:
        coef[...] = np.nan
    assert diagnose(clf, X, y, trials=False).findings[0].severity == "error"


def test_without_trials_signal_is_not_denied_for_want_of_a_hidden_layer():
    X, y = crossed()
    clf = fitted(X, y, hidden_layer_sizes=(), numeric_bins=0)
    found = [finding.code for finding in diagnose(clf, X, y, trials=False).findings]
    assert "unexplained" in found
    assert "no_signal" not in found


def test_rows_are_counted_in_the_table_though_some_have_no_weight():
    rng = np.random.default_rng(0)
    X, place = rng.normal(size=(1200, 3)), np.arange(1200)
    y = ((X[:, 0] + 0.3 * rng.normal(size=1200) > 0) ^ (place >= 800)).astype(int)
    weight = (place >= 400) * 1.0
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, y, weight)
    finding = diagnose(clf, X, y, weight, trials=False).findings[0]
    assert (finding.code, finding.where) == ("labels_misplaced", "from about row 800")

"""`diagnose` names the cause, says nothing of the healthy, and changes nothing."""

import importlib
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils import shuffle

import sknumpynet
from sknumpynet import NotLearningWarning, NumpyMLPBinaryClassifier
from sknumpynet.diagnosis.evidence import Evidence
from sknumpynet.diagnosis.outcome import has_no_signal
from sknumpynet.diagnosis.report import SEVERITIES
from sknumpynet.diagnosis.training import is_held_down, relative_rate
from sknumpynet.fit_warnings import SUSPECTS

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def load_zoo():
    """The failures of the benchmark, which tries each with many seeds."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("diagnosis")
    finally:
        sys.path.remove(str(BENCHMARKS))


zoo = load_zoo()


def diagnose(*given, trials=False):
    """The diagnosis by symptoms; `test_diagnosis_trials.py` has that by trials."""
    return sknumpynet.diagnose(*given, trials=trials)


def codes(diagnosis, severities=SEVERITIES):
    return [f.code for f in diagnosis.findings if f.severity in severities]


@pytest.mark.parametrize("failure", zoo.ZOO, ids=lambda failure: failure.make.__name__)
def test_the_leading_finding_is_the_cause(failure):
    clf, X, y, *weight = failure.make(1)
    finding = diagnose(clf, X, y, *weight, trials=True).findings[0]
    assert failure.is_named_by(finding), finding
    assert finding.remedy in str(finding)
    assert finding.params.keys() <= clf.get_params().keys()


@pytest.mark.parametrize("make", [zoo.xor, zoo.moons, zoo.circles, zoo.cancer])
def test_nothing_is_said_of_a_healthy_fit(make):
    X, y = make(0)
    assert diagnose(zoo.fit(X, y, 0), X, y, trials=True).findings == []


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("to_container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_it_changes_nothing(to_container, dtype):
    X, y = zoo.xor(0)
    X = to_container(X.astype(dtype))
    values = X.data if sparse.issparse(X) else X
    clf = zoo.fit(X, y, 0, max_iter=3, warm_start=True)
    before = pickle.dumps(vars(clf)), values.copy(), y.copy()
    values.setflags(write=False)
    diagnose(clf, X, y, np.linspace(0, 1, len(y)))
    assert pickle.dumps(vars(clf)) == before[0]
    np.testing.assert_array_equal(values, before[1])
    np.testing.assert_array_equal(y, before[2])


def test_a_sparse_table_is_diagnosed_as_the_dense_one(every_width):
    X, y = zoo.xor(0)
    X = np.column_stack([X + 2000, np.ones(len(y)), abs(X[:, 0]) > 1])
    found = [
        diagnose(zoo.fit(table, y, 0, max_iter=3), table, y) for table in (X, sparse.csr_array(X))
    ]
    assert found[0].findings
    assert str(found[1]) == str(found[0])


def test_columns_are_called_by_their_names():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y = zoo.xor(0)
    X = pd.DataFrame(np.column_stack([X, np.ones(len(y))]), columns=["one", "two", "<three>"])
    diagnosis = diagnose(zoo.fit(X, y, 0), X, y)
    assert diagnosis.findings[0].where == "column '<three>'"
    assert "&lt;three&gt;" in diagnosis._repr_html_()
    frame = diagnosis.to_frame()
    assert frame["code"].tolist() == ["constant_columns"]
    assert frame["remedy"].tolist() == ["leave out column '<three>'"]


def test_rows_of_weight_zero_do_not_count():
    X, y = zoo.moons(0)
    twice, labels = np.vstack([X, X]), np.append(y, 1 - y)
    weight = np.repeat([1.0, 0.0], len(y))
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(twice, labels, weight)
    assert "contradicting_labels" in codes(diagnose(clf, twice, labels))
    assert codes(diagnose(clf, twice, labels, weight)) == []


def test_a_stream_that_goes_well_is_healthy():
    X, y = zoo.moons(0)
    clf = NumpyMLPBinaryClassifier(random_state=0)
    for epoch in range(30):
        clf.partial_fit(*shuffle(X, y, random_state=epoch), classes=[0, 1])
    assert codes(diagnose(clf, X, y), ["error", "warning"]) == []


def test_a_fit_that_goes_on_as_a_stream_is_healthy():
    X, y = zoo.moons(0)
    clf = zoo.fit(X, y, 0).partial_fit(X, y)
    assert codes(diagnose(clf, X, y), ["error", "warning"]) == []


def test_a_column_in_another_unit_from_some_row_on_is_named():
    X, y = zoo.moons(0)
    spread = np.where(np.arange(len(y)) < 200, 1, 1000)
    X = np.column_stack([X, np.random.default_rng(0).normal(size=len(y)) * spread])
    (finding,) = diagnose(zoo.fit(X, y, 0, max_iter=5), X, y).findings
    assert (finding.code, finding.where) == ("unit_changes", "column 2")
    assert "From about row 200 on, column 2 is" in finding.sentence


def test_weights_that_leave_a_class_out_are_named():
    X, y = zoo.moons(0)
    weight = np.where(y == 1, 1e-5, 1)
    clf = zoo.quietly(NumpyMLPBinaryClassifier(max_iter=5, random_state=0), X, y, weight)
    leading, *_ = diagnose(clf, X, y, weight).findings
    assert (leading.code, leading.severity) == ("class_without_weight", "error")
    assert f"{y.mean():.1%} of the rows are of the class 1" in leading.sentence


def test_codes_that_are_read_as_numbers_are_named_and_the_remedy_helps():
    rng = np.random.default_rng(0)
    code, label_of = rng.integers(0, 30, 600), rng.permutation(30) % 2
    y = np.where(rng.random(600) < 0.1, 1 - label_of[code], label_of[code])
    X = np.column_stack([code, rng.normal(size=600)])
    clf = zoo.fit(X, y, 0, max_iter=10)
    leading, *_ = diagnose(clf, X, y, trials=True).findings
    assert (leading.code, leading.params) == ("codes_as_numbers", {"categorical_features": [0]})
    assert clf.set_params(**leading.params).fit(X, y).oof_log_loss_ < 0.45


def test_what_learns_a_little_less_than_the_defaults_do_is_a_note():
    X, y = zoo.circles(0)
    (finding,) = diagnose(zoo.fit(X, y, 0, label_smoothing=0.2), X, y, trials=True).findings
    assert (finding.code, finding.where) == ("defaults_learn_more", "label_smoothing")
    assert finding.severity == "note"


def test_three_rows_of_a_class_among_many_are_not_lost():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30_000, 3))
    y = (np.arange(30_000) < 3).astype(int)
    X[:3] += 3
    clf = zoo.fit(X, y, 0, max_iter=2, n_estimators=2)
    assert "leak" not in codes(diagnose(clf, X, y))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_loss_that_stops_being_a_number_is_laid_to_the_rate_alone(solver):
    X, y = zoo.moons(0)
    diagnosis = diagnose(zoo.fit(X, y, 0, solver=solver, learning_rate_init=1e200), X, y)
    assert codes(diagnosis) == ["rate_too_high"]
    assert diagnosis.findings[0].params == {"learning_rate_init": "auto"}


@pytest.mark.parametrize("params", [{"solver": "lbfgs"}, {"hidden_layer_sizes": (1,)}], ids=str)
def test_what_lbfgs_or_a_single_unit_learns_is_no_matter_of_rates_or_of_units_alike(params):
    X, y = zoo.moons(0)
    assert codes(diagnose(zoo.fit(X, y, 0, **params), X, y), ["error", "warning"]) == []
    labels = shuffle(y, random_state=0)
    found = codes(diagnose(zoo.fit(X, labels, 0, **params), X, labels))
    assert not {"rate_too_high", "symmetric_units", "similar_units"} & set(found)


def test_columns_that_never_vary_are_the_cause_not_their_scale():
    X, y = np.full((100, 2), 1e3), np.arange(100) % 2
    found = codes(diagnose(zoo.fit(X, y, 0, scale_inputs=None), X, y))
    assert "constant_columns" in found
    assert "inputs_not_scaled" not in found


def test_labels_that_have_nothing_to_do_with_the_columns_are_no_signal_however_long_it_trained():
    X, y = zoo.moons(0)
    y = shuffle(y, random_state=0)
    assert codes(diagnose(zoo.fit(X, y, 0), X, y)) == ["no_signal"]
    assert codes(diagnose(zoo.fit(X, y, 0, max_iter=1), X, y)) == ["no_signal"]


def test_rows_too_few_for_a_logistic_regression_are_not_compared_with_one():
    X, y = zoo.moons(0)
    few = np.append(np.flatnonzero(y)[:9], np.flatnonzero(1 - y)[:40])
    found = codes(diagnose(zoo.fit(X[few], y[few], 0), X[few], y[few]))
    assert "no_better_than_linear" not in found


def test_a_single_epoch_is_measured_by_the_weights_it_ended_with():
    X, y = zoo.moons(0)
    clf = zoo.fit(X, y, 0, max_iter=1, early_stopping=False)
    assert codes(diagnose(clf, X, y)) == ["stopped_too_early"]


def test_a_remedy_changes_something():
    """Nor does patience help where it was not wanting: after `partial_fit`, or an interrupt."""
    X, y = zoo.moons(0)
    impatient = diagnose(zoo.fit(X, y, 0, n_iter_no_change=1, tol=0.5), X, y).findings[0]
    assert impatient.params == {"n_iter_no_change": 6, "tol": 1e-4}
    stream = NumpyMLPBinaryClassifier(random_state=0).partial_fit(X, y, [0, 1])
    finding = diagnose(stream, X, y).findings[0]
    assert (finding.code, finding.params) == ("stopped_too_early", {})
    assert "partial_fit" in finding.remedy


def test_a_logistic_regression_that_does_better_is_named():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 20))
    y = (X.sum(axis=1) + rng.logistic(size=1000) > 0).astype(int)
    findings = {f.code: f for f in diagnose(zoo.fit(X, y, 0, n_estimators=2), X, y).findings}
    assert findings["no_better_than_linear"].params == {"hidden_layer_sizes": ()}


def test_rows_held_out_that_fare_far_worse_are_overfitting():
    X, y = zoo.moons(0)
    others = np.where(np.random.default_rng(0).random(len(y)) < 0.1, 1 - y, y)
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, y, X_val=X, y_val=others)
    assert "overfitting" in codes(diagnose(clf, X, y))


def test_class_weights_set_since_the_fit_do_not_matter():
    X, y = zoo.moons(0)
    clf = zoo.fit(X, y, 0).set_params(class_weight="balanced")
    assert codes(diagnose(clf, X, y)) == []


def test_a_remedy_does_not_go_on_from_wrecked_weights():
    X, y = zoo.moons(0)
    clf = zoo.fit(X, y, 0, learning_rate_init=30.0, warm_start=True)
    finding = diagnose(clf, X, y).findings[0]
    assert finding.params == {"learning_rate_init": "auto", "warm_start": False}
    assert codes(diagnose(clf.set_params(**finding.params).fit(X, y), X, y)) == []


def test_findings_come_by_severity_then_cause():
    X, y = zoo.cancer(0)
    X = np.column_stack([X, np.ones(len(y)), X[:, 0]])
    X[:60, 0] = -999
    clf = zoo.fit(X, y, 0, learning_rate_init=1e-7)
    expected = ["rate_too_low", "sentinel", "constant_columns"]
    assert [code for code in codes(diagnose(clf, X, y)) if code in expected] == expected


def test_many_rows_are_sampled_and_the_answer_is_the_same_each_time():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30_000, 3))
    y = (X[:, 0] > 0).astype(int)
    clf = zoo.fit(X, y, 0, max_iter=1, n_estimators=2)
    assert str(diagnose(clf, X, y)) == str(diagnose(clf, X, y))


@pytest.mark.parametrize(
    ("clf", "error", "match"),
    [
        (NumpyMLPBinaryClassifier(), NotFittedError, "not fitted yet"),
        (LogisticRegression(), TypeError, "LogisticRegression, not a NumpyMLPBinaryClassifier"),
    ],
)
def test_what_cannot_be_diagnosed_is_an_error(clf, error, match):
    X, y = zoo.xor(0)
    with pytest.raises(error, match=match):
        diagnose(clf, X, y)


def test_labels_and_widths_must_be_those_of_the_fit():
    X, y = zoo.xor(0)
    clf = zoo.fit(X, y, 0, max_iter=1)
    with pytest.raises(ValueError, match="unknown label 7"):
        diagnose(clf, X, np.where(y, 7, 0))
    with pytest.raises(ValueError, match="rows of one class only, 1; give"):
        diagnose(clf, X[y == 1], y[y == 1])
    with pytest.raises(ValueError, match="3 features, but"):
        diagnose(clf, np.column_stack([X, y]), y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        diagnose(clf, X, y[:-1])


# Tables and estimators of every kind -------------------------------------------------------------


def linear_and_huge(unit, dtype=float, n_rows=300):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 3))
    return (X * unit).astype(dtype), (X[:, 0] * X[:, 1] > 0).astype(int)


UNITS = [1e300, 1e160, 1e-160, 1e-300, 5e-324, [1, 1e300, 1e-300]]


@pytest.mark.parametrize("unit", UNITS, ids=str)
@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
def test_columns_of_any_unit_are_diagnosed(unit, scale_inputs):
    X, y = linear_and_huge(np.array(unit))
    clf = zoo.fit(X, y, 0, max_iter=3, scale_inputs=scale_inputs)
    diagnosis = diagnose(clf, X, y)
    assert "nan" not in str(diagnosis)
    assert "repeated_rows" not in codes(diagnosis) or unit == 5e-324


def test_an_outlier_beyond_all_measure_is_diagnosed():
    X, y = linear_and_huge(1)
    X[0] = 1e300
    assert "base rate" in diagnose(zoo.fit(X, y, 0, max_iter=3), X, y).summary


@pytest.mark.parametrize("unit", [2.0**900, 2.0**-900])
def test_a_logistic_regression_is_compared_with_in_any_unit(unit):
    X, y = zoo.moons(0)
    clf = zoo.fit(X, y, 0, max_iter=1)
    with np.errstate(all="ignore"):
        assert Evidence(clf, X * unit, y, None).linear_loss == Evidence(clf, X, y, None).linear_loss


@pytest.mark.parametrize("to_container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_told_to_raise_is_not_heard(to_container, dtype):
    X, y = linear_and_huge([1, 1e-30, 1e30], dtype)
    clf = zoo.fit(to_container(X), y, 0, solver="sgd", learning_rate_init=1e-3, momentum=1)
    weight = np.where(np.arange(len(y)) % 2, 1e-290, 1e290)
    with np.errstate(all="raise"):
        diagnose(clf, to_container(X), y, weight)


def test_a_momentum_of_1_adds_up_the_steps_that_were_made():
    X, y = zoo.moons(0)
    params = {"solver": "sgd", "max_iter": 2, "batch_size": 300, "learning_rate_init": 1e-3}
    rates = []
    for momentum in (0, 1, 1 - 1e-16, 1 - 1 / 4):
        clf = zoo.fit(X, y, 0, momentum=momentum, **params)
        clf.coefs_ = [np.ones_like(coef) for coef in clf.coefs_]  # the same gradient for all
        clf.intercepts_ = [np.zeros_like(intercept) for intercept in clf.intercepts_]
        rates.append(relative_rate(Evidence(clf, X, y, None)))
    np.testing.assert_allclose(np.divide(rates, rates[0]), [1, 4, 4, 4])


def test_out_of_fold_probabilities_are_those_of_the_rows_that_they_stand_for():
    X, y = zoo.moons(0)
    order = np.random.default_rng(0).permutation(len(y))
    clf = zoo.fit(X, y, 0, precision="float64")  # float32 rounds otherwise in other blocks
    as_fitted, shuffled = Evidence(clf, X, y, None), Evidence(clf, X[order], y[order], None)
    np.testing.assert_array_equal(as_fitted.probability, clf.oof_proba_[:, 1])
    expected = clf.predict_proba(X[order])[:, 1]
    np.testing.assert_allclose(shuffled.probability, expected, rtol=1e-12)
    others = zoo.moons(1)
    expected = clf.predict_proba(others[0])[:, 1]
    np.testing.assert_allclose(Evidence(clf, *others, None).probability, expected, rtol=1e-12)
    told = [str(diagnose(clf, *rows, trials=False)) for rows in ((X[order], y[order]), (X, y))]
    assert told[0] == told[1]


@pytest.mark.parametrize("to_container", [np.float32, sparse.csr_array], ids=["float32", "sparse"])
def test_out_of_fold_probabilities_belong_to_rows_in_any_container(to_container):
    X, y = zoo.moons(0)
    X = X.astype(np.float32).astype(float)
    clf = zoo.fit(X, y, 0, numeric_bins=0)
    found = Evidence(clf, to_container(X), y, None).probability
    np.testing.assert_array_equal(found, clf.oof_proba_[:, 1])


def repeated(X, y, **params):
    """The figure of the finding, 0 without it."""
    found = diagnose(zoo.fit(X, y, 0, max_iter=2, n_estimators=2, **params), X, y).findings
    return max([f.figure for f in found if f.code == "repeated_rows"], default=0)


@pytest.mark.parametrize("to_container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_copies_of_rows_are_counted(to_container):
    X, y = zoo.moons(0)
    order = np.random.default_rng(0).permutation(3 * len(y))
    X, y = np.tile(X, (3, 1))[order], np.tile(y, 3)[order]
    assert repeated(to_container(X), y) == 2 / 3


def test_a_rare_class_given_many_times_is_repeated():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 4)), (np.arange(1000) < 30).astype(int)
    assert repeated(X, y) == 0
    X, y = np.vstack([X, *[X[:30]] * 19]), np.append(y, np.ones(570, int))
    assert repeated(X, y) == 570 / 1570
    clf = zoo.fit(X, y, 0, max_iter=2, n_estimators=2)
    weight = np.arange(1570) < 1000
    assert "repeated_rows" not in codes(diagnose(clf, X, y, weight))


def cells(*sizes):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, size, 1000) for size in sizes]).astype(float)
    return X, (X[:, 0] + rng.normal(size=1000) > X[:, 0].mean()).astype(int)


@pytest.mark.parametrize("sizes", [(2, 2), (2, 2, 2), (4, 6), (60,), (10, 10), (20, 20), (2,) * 10])
def test_the_cells_of_a_table_are_no_repeated_rows(sizes):
    assert repeated(*cells(*sizes)) == 0


def test_values_told_apart_by_float64_alone_are_no_copies():
    X, y = zoo.moons(0)
    X = np.column_stack([np.arange(len(y)) % 100, X * 1e-9 + 1])
    assert repeated(X, y) == 0


def test_infinite_log_odds_are_not_the_same_for_every_row():
    X, y = zoo.moons(0)
    clf = zoo.fit(X, y, 0, max_iter=3)
    clf.coefs_ = [*clf.coefs_[:-1], np.where(clf.coefs_[-1] > 0, np.inf, -np.inf)]
    assert "constant_prediction" not in codes(diagnose(clf, X, y))


def test_a_penalty_is_weighed_against_all_rows_not_the_sample():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30_000, 2))
    y = (X[:, 0] > 0).astype(int)
    for alpha, n_found in [(1200.0, 0), (1800.0, 1)]:
        clf = zoo.fit(X, y, 0, hidden_layer_sizes=(2,), max_iter=1, n_estimators=2, alpha=alpha)
        evidence = Evidence(clf, X, y, None)
        vars(evidence)["lags"] = True
        assert len(list(is_held_down(evidence))) == n_found


@pytest.mark.parametrize("width", [1, 3])
def test_weights_that_leave_one_class_are_one_class(width):
    X, y = linear_and_huge(1)
    clf = NumpyMLPBinaryClassifier(class_weight={0: 0, 1: 1}, random_state=0)
    clf.partial_fit(X[:, :width], y, [0, 1])
    with pytest.raises(ValueError, match="rows of one class only, 1; give"):
        diagnose(clf, X[:, :width], y)


# Raw tables --------------------------------------------------------------------------------------

N_ROWS = 600
of_ids = pytest.mark.filterwarnings("ignore:nearly every row has a level of its own:UserWarning")


def raw(kind="pandas", **columns):
    """A column of numbers with gaps, one of text with gaps, and others; labels with noise."""
    pd = pytest.importorskip(kind, reason=f"{kind} is not installed")
    rng = np.random.default_rng(0)
    age, city = rng.normal(50, 10, N_ROWS), np.array(["Oslo", "Rome", "Bern"])
    city = city[rng.integers(0, 3, N_ROWS)].astype(object)
    y = (age > 50) ^ (city == "Oslo") ^ (rng.random(N_ROWS) < 0.1)
    age[rng.random(N_ROWS) < 0.1], city[rng.random(N_ROWS) < 0.1] = np.nan, None
    columns = {name: make(y, rng) for name, make in columns.items()}
    return pd.DataFrame({"age": age, "city": city} | columns), y.astype(int)


def fit_raw(X, y, **params):
    tiny = {"hidden_layer_sizes": (8,), "n_estimators": 3, "max_iter": 30}
    return zoo.fit(X, y, 0, **tiny | params)


def of_code(diagnosis, code):
    return [finding for finding in diagnosis.findings if finding.code == code]


def about(code, **columns):
    """Where a finding of this code lies in a raw table with these columns; "" without it."""
    X, y = raw(**columns)
    return ", ".join(f.where for f in of_code(diagnose(fit_raw(X, y), X, y), code))


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_nothing_is_said_of_a_healthy_raw_table(kind):
    X, y = raw(
        kind,
        shop=lambda y, rng: [f"s{number}" for number in rng.integers(0, 60, N_ROWS)],
        day=lambda y, rng: rng.integers(0, 300, N_ROWS).astype("M8[D]").astype("M8[us]"),
        is_new=lambda y, rng: rng.random(N_ROWS) < 0.5,
    )
    diagnosis = diagnose(fit_raw(X, y, max_iter=60), X, y)
    assert set(codes(diagnosis)) <= {"no_better_than_linear", "overfitting"}
    assert "target mean" not in str(diagnosis)


def text(of_true, of_false):
    return lambda y, rng: np.where(y, of_true, of_false).astype(object)


@pytest.mark.parametrize(
    ("leak", "told"),
    [
        (text("closed", "open"), "The level of column 'z' alone"),
        (text("closed", None), "Whether column 'z' is missing"),
        (lambda y, rng: np.where(y, rng.normal(size=N_ROWS), np.nan), "Whether column 'z' is"),
        (lambda y, rng: np.where(y, "2020-01-01", "NaT").astype("M8[us]"), "Whether column 'z'"),
        (lambda y, rng: np.where(rng.random(N_ROWS) < 0.5, y, np.nan), "column 'z' alone, in the"),
        (lambda y, rng: [f"{of}{rng.integers(20)}" for of in y], "The level of column 'z' alone"),
        (lambda y, rng: y, "The level of column 'z' alone"),
    ],
)
def test_a_level_or_a_gap_that_tells_the_label_is_a_leak(leak, told):
    X, y = raw(z=leak)
    (finding,) = of_code(diagnose(fit_raw(X, y), X, y), "leak")
    assert finding.where == "column 'z'"
    assert finding.sentence.startswith(told)


@of_ids
@pytest.mark.parametrize(
    "column",
    [
        lambda y, rng: [f"u{number}" for number in range(N_ROWS)],
        lambda y, rng: [f"{of}{number // 3}" for number, of in enumerate(y)],  # names of rows
        lambda y, rng: [f"s{number}" for number in rng.integers(0, 40, N_ROWS)],
        lambda y, rng: np.where(rng.random(N_ROWS) < 0.3, np.nan, rng.normal(size=N_ROWS)),
        lambda y, rng: np.where(y ^ (rng.random(N_ROWS) < 0.1), "a", "b").astype(object),
    ],
)
def test_names_of_rows_and_levels_that_tell_little_are_no_leak(column):
    assert about("leak", z=column) == ""


@of_ids
def test_a_column_of_levels_of_one_row_each_is_an_id():
    assert about("id_column", z=lambda y, rng: [f"u{at}" for at in range(N_ROWS)]) == "column 'z'"
    assert about("id_column", z=lambda y, rng: [f"u{at // 2}" for at in range(N_ROWS)]) == ""
    few = about("id_column", z=lambda y, rng: [f"u{at}" if at < 50 else None for at in range(600)])
    assert few == "column 'z'"


def test_columns_of_text_that_are_constant_or_renamed_are_named():
    X, y = raw(same=lambda y, rng: ["a"] * N_ROWS, gone=lambda y, rng: [None] * N_ROWS)
    X["town"] = X["city"].map({"Oslo": "z", "Rome": "b", "Bern": "c"}).astype(object)
    X["half"] = X["city"].map({"Oslo": "z", "Rome": "b", "Bern": "b"}).astype(object)
    X["older"] = X["age"]
    diagnosis = diagnose(fit_raw(X, y), X, y)
    (constant,), (repeated,) = (
        of_code(diagnosis, code) for code in ("constant_columns", "duplicate_columns")
    )
    assert constant.where == "column 'same', column 'gone'"
    assert repeated.where == "column 'town', column 'older'"
    assert "column 'town' repeats column 'city'" in repeated.sentence


def test_a_column_that_varied_in_fit_and_no_more_is_said_to_have_changed():
    X, y = raw()
    clf = fit_raw(X, y)
    diagnosis = diagnose(clf, X.assign(age=44.0, city="Oslo"), y)
    (finding,) = of_code(diagnosis, "constant_since_fit")
    assert finding.where == "column 'age', column 'city'"
    assert not of_code(diagnosis, "constant_columns")
    diagnosis = diagnose(clf, X.assign(city="Lima"), y)
    assert not of_code(diagnosis, "constant_since_fit")
    (finding,) = of_code(diagnosis, "unknown_levels")
    assert (finding.where, finding.figure) == ("column 'city'", 1)
    assert not of_code(diagnose(clf, X, y), "unknown_levels")


def test_the_number_of_a_level_is_no_sentinel():
    code = np.repeat(np.arange(120), 5)
    X = np.column_stack([code, np.random.default_rng(0).normal(size=600)])
    y = np.arange(600) % 2
    clf = NumpyMLPBinaryClassifier(2, max_iter=2, categorical_features=[0]).fit(X, y)
    some = (code <= 10) | (code == 99)  # whose numbers are the same
    assert "sentinel" not in codes(diagnose(clf, X[some], y[some]))


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "array", "list", "int", "sparse"])
def test_the_advice_for_a_sentinel_works_in_any_container(kind):
    X, y = zoo.moons(0)
    X = (100 * X).round()
    X[:50, 1] = X[:3, 0] = -999
    names = {"X": X, "numpy": np}
    if kind == "sparse":
        import scipy.sparse

        names |= {"X": sparse.csr_array(X), "scipy": scipy}
    elif kind == "int":
        names["X"] = X.astype(int)
    elif kind == "list":
        names["X"] = X.tolist()
    elif kind == "pyarrow":
        pytest.importorskip("pandas", reason="pandas is not installed")
        package = pytest.importorskip(kind, reason=f"{kind} is not installed")
        names["X"] = package.table({"a": X[:, 0], "b": X[:, 1]})
    elif kind != "array":
        package = names[kind] = pytest.importorskip(kind, reason=f"{kind} is not installed")
        names["X"] = package.DataFrame({"a": X[:, 0].astype(int), "b": X[:, 1].astype(int)})
    found = diagnose(fit_raw(names["X"], y), names["X"], y, trials=False)
    (finding,) = of_code(found, "sentinel")
    assert "is -999 in 3 of 600 rows" in finding.sentence
    exec(finding.remedy.partition("own: ")[2], names)
    mended = names["X"].toarray() if kind == "sparse" else np.asarray(names["X"], float)
    np.testing.assert_array_equal(mended, np.where(X == -999, np.nan, X))
    found = diagnose(fit_raw(names["X"], y), names["X"], y, trials=False)
    assert "sentinel" not in codes(found)


def test_target_means_are_read_as_in_training():
    """In-sample ones would tell the labels: loss and probabilities would be those of no new row."""
    X, y = raw(shop=lambda y, rng: [f"s{number}" for number in rng.integers(0, 200, N_ROWS)])
    rng = np.random.default_rng(0)
    weight, order = rng.integers(0, 3, N_ROWS), rng.permutation(N_ROWS)
    for given in (np.ones(N_ROWS), weight):
        params = {"max_iter": 20, "class_weight": "balanced", "precision": "float64"}
        clf = NumpyMLPBinaryClassifier(random_state=0, **params).fit(X, y, given)
        evidence = Evidence(clf, X, y, given)
        np.testing.assert_array_equal(evidence.probability, clf.oof_proba_[given > 0, 1])
        shuffled = Evidence(clf, X.iloc[order], y[order], given[order])
        np.testing.assert_allclose(shuffled.training_loss, evidence.training_loss, rtol=1e-6)
        others = Evidence(clf, X[:300], y[:300], given[:300])  # as in prediction
        wanted = clf.predict_proba(X[:300])[given[:300] > 0, 1]
        np.testing.assert_allclose(others.probability, wanted, rtol=1e-9)


def test_repeated_and_contradicting_rows_of_a_raw_table_are_counted():
    X, y = raw(a=lambda y, rng: rng.normal(size=N_ROWS), b=lambda y, rng: rng.normal(size=N_ROWS))
    twice, same = X.iloc[np.tile(np.arange(N_ROWS), 2)], np.tile(y, 2)
    (finding,) = of_code(diagnose(fit_raw(twice, same), twice, same), "repeated_rows")
    assert finding.figure == 0.5
    both = np.append(y, 1 - y)
    (finding,) = of_code(diagnose(fit_raw(twice, both), twice, both), "contradicting_labels")
    assert finding.figure == 0.5
    clf, unknown = fit_raw(twice[["city"]], both), twice[["city"]] + "?"
    assert "contradicting_labels" not in codes(diagnose(clf, unknown.fillna("?"), both))


@of_ids
def test_numbers_alone_are_judged_by_their_scale():
    X, y = raw(big=lambda y, rng: rng.normal(size=N_ROWS) * 1e5)
    X.loc[::3, "big"] = np.nan
    (finding,) = of_code(diagnose(fit_raw(X, y, scale_inputs=None), X, y), "inputs_not_scaled")
    assert finding.where == "column 'big'"
    X = X[["city"]].assign(id=[f"u{number}" for number in range(N_ROWS)])
    clf = fit_raw(X, y, scale_inputs=None)
    assert "inputs_not_scaled" not in codes(diagnose(clf, X, y))


def test_a_logistic_regression_is_compared_with_on_levels_and_gaps():
    X, y = raw()
    rng = np.random.default_rng(0)
    y = ((X["city"] == "Oslo") | X["age"].isna()).to_numpy() ^ (rng.random(N_ROWS) < 0.05)
    evidence = Evidence(fit_raw(X, y, max_iter=1), X, y, None)
    assert evidence.linear_loss < 0.6 * evidence.prior_loss


@pytest.mark.parametrize("to_container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("value", [0, 7, np.nan])
def test_what_is_said_of_every_row_is_true_of_every_row(to_container, value):
    """The last column and the one before differ in rows that the sample leaves out."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(21_000, 5))
    X[:, 2] = X[:, 3] = value
    X[:, 4] = X[:, 0]
    y = (X[:, 0] > 0).astype(int)
    clf = zoo.fit(X, y, 0, max_iter=1, n_estimators=2, hidden_layer_sizes=(2,))
    chosen = Evidence(clf, X, y, None).rows.index
    left_out = np.setdiff1d(np.arange(21_000), chosen)[:1]
    found = of_code(diagnose(clf, to_container(X), y), "constant_columns")
    assert [f.where for f in found] == ["column 2, column 3"]
    assert of_code(diagnose(clf, to_container(X), y), "duplicate_columns")[0].where == "column 4"
    X[left_out, 3:] = 1
    diagnosis = diagnose(clf, to_container(X), y)
    assert [f.where for f in of_code(diagnosis, "constant_columns")] == ["column 2"]
    assert not of_code(diagnosis, "duplicate_columns")


def test_a_wide_sparse_table_is_looked_at_by_what_it_stores():
    rng = np.random.default_rng(0)
    n_rows, n_columns = 2000, 2**18
    places = np.repeat(np.arange(n_rows), 20), rng.integers(0, n_columns, 20 * n_rows)
    X = sparse.csr_array((np.ones(20 * n_rows), places), shape=(n_rows, n_columns))
    y = np.arange(n_rows) % 2
    clf = zoo.fit(X, y, 0, max_iter=1, n_estimators=1, hidden_layer_sizes=(2,), numeric_bins=0)
    evidence = Evidence(clf, X, y, None)
    assert evidence.table.values.shape[1] < 5000
    (finding,) = of_code(diagnose(clf, X, y), "constant_columns")
    assert finding.figure == n_columns - len(np.unique(places[1]))


@pytest.mark.parametrize("table", [np.zeros((60, 300)), np.full((60, 2), np.nan)])
@pytest.mark.parametrize("to_container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("scale_inputs", ["robust", None])
def test_a_table_of_nothing_is_diagnosed(to_container, table, scale_inputs):
    y = np.arange(60) % 2
    clf = zoo.fit(to_container(table), y, 0, max_iter=1, n_estimators=2, scale_inputs=scale_inputs)
    (finding,) = of_code(diagnose(clf, to_container(table), y), "constant_columns")
    assert finding.figure == table.shape[1]


# Questions about the data ------------------------------------------------------------------------


def of_data(X, y, sample_weight=None, **params):
    """Codes found with a network that has hardly been trained."""
    clf = NumpyMLPBinaryClassifier((2,), max_iter=1, n_estimators=2, random_state=0, **params)
    return codes(diagnose(clf.fit(X, y, sample_weight), X, y, sample_weight, trials=False))


def drawn(draw, n_rows=600):
    """Numbers drawn by a function of a generator and a number of rows, beside others; labels."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(n_rows, 2)), draw(rng, n_rows)])
    return X, (X[:, 0] > rng.logistic(size=n_rows)).astype(int)


def with_gaps(value, share, draw):
    return lambda rng, n: np.where(rng.random(n) < share, value, draw(rng, n))


def ages(rng, n):
    return rng.integers(18, 90, n)


def amounts(rng, n):
    return rng.lognormal(5, 1, n)


@pytest.mark.parametrize("share", [0.05, 0.4])
@pytest.mark.parametrize(
    ("value", "draw"),
    [
        (0, ages),
        (0, lambda rng, n: rng.normal(120, 12, n)),
        (0, lambda rng, n: rng.uniform(-60, -50, n)),  # the largest
        (-1, ages),
        (-1, amounts),
        (-1, lambda rng, n: rng.poisson(6, n)),  # the only negative number
        (99, lambda rng, n: rng.poisson(6, n)),
        (999, lambda rng, n: rng.normal(120, 12, n)),
        (-9, lambda rng, n: rng.normal(120, 12, n)),
        (-999, lambda rng, n: rng.normal(size=n)),
    ],
)
def test_a_number_apart_from_all_others_stands_for_missing_ones(value, draw, share):
    assert "sentinel" in of_data(*drawn(with_gaps(value, share, draw)))


@pytest.mark.parametrize(
    "draw",
    [
        with_gaps(0, 0.4, amounts),
        with_gaps(0, 0.9, lambda rng, n: np.log(amounts(rng, n))),  # most have none
        lambda rng, n: rng.poisson(6, n),
        lambda rng, n: rng.poisson(6, n) - 3,
        lambda rng, n: rng.integers(-1, 2, n),
        lambda rng, n: rng.integers(0, 6, n) * 20,
        lambda rng, n: rng.integers(0, 11, n),
        lambda rng, n: np.where(rng.random(n) < 0.05, rng.integers(0, 15, n), rng.poisson(2, n)),
        lambda rng, n: rng.normal(size=n).round(),
        lambda rng, n: rng.integers(0, 100, n),
        lambda rng, n: ages(rng, n).clip(0, 80),
        lambda rng, n: np.where(np.arange(n) < 2, 0, ages(rng, n)),  # but two
        lambda rng, n: rng.uniform(-1, 1, n).clip(-1, 0.5),
    ],
)
def test_a_number_that_belongs_to_the_others_is_no_sentinel(draw):
    assert "sentinel" not in of_data(*drawn(draw))


@pytest.mark.parametrize("to_container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_the_advice_for_gaps_written_as_0_works(to_container):
    import scipy.sparse

    X, y = drawn(with_gaps(0, 0.1, ages))
    names = {"X": to_container(X), "numpy": np, "scipy": scipy}
    (finding,) = of_code(diagnose(fit_raw(names["X"], y), names["X"], y), "sentinel")
    exec(finding.remedy.partition("own: ")[2], names)
    mended = names["X"].toarray() if sparse.issparse(names["X"]) else names["X"]
    np.testing.assert_array_equal(mended, np.where(X == 0, np.nan, X))


def labelled(make, n_rows=900):
    """A table whose last column is made of the labels, or the labels of it."""
    rng = np.random.default_rng(0)
    column, y = make(rng, n_rows)
    return np.column_stack([rng.normal(size=(n_rows, 2)), column]), np.asarray(y).astype(int)


def by_interval(tells, noise=0.0):
    def make(rng, n):
        column = rng.normal(size=n)
        return column, tells(column) ^ (rng.random(n) < noise)

    return make


def by_entity(n_rows_each, noise=0.0):
    def make(rng, n):
        entity = rng.permutation(np.arange(n) // n_rows_each)
        return entity, (rng.random(n) < 0.5)[entity] ^ (rng.random(n) < noise)

    return make


@pytest.mark.parametrize("n_rows", [900, 45_000])
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (by_interval(lambda column: abs(column) > 1), "The interval that column 2 lies in ranks"),
        (by_interval(lambda column: np.sin(5 * column) > 0), "The interval that column 2 lies in"),
        (lambda rng, n: (column := rng.integers(0, 12, n), column % 2), "The value of column 2"),
        (by_entity(3), "The value of column 2 alone"),
        (by_entity(9), "The value of column 2 alone"),
    ],
)
def test_a_column_whose_intervals_or_entities_tell_the_label_is_a_leak(make, told, n_rows):
    X, y = labelled(make, n_rows)
    clf = zoo.fit(X, y, 0, hidden_layer_sizes=(2,), n_estimators=2, max_iter=1)
    (finding,) = of_code(diagnose(clf, X, y), "leak")
    assert finding.sentence.startswith(told)


def with_copies(rng, n):
    """Every row three times, but for its number; `labelled` cannot repeat rows."""
    y = np.repeat(rng.random(n // 3) < 0.5, 3)
    return np.repeat(rng.normal(size=n // 3), 3), y


@pytest.mark.parametrize(
    "make",
    [
        by_interval(lambda column: abs(column) > 1, noise=0.05),
        by_interval(lambda column: abs(column) - 1 > np.random.default_rng(1).normal(0, 0.1, 900)),
        by_interval(lambda column: column > np.random.default_rng(1).logistic(size=900) / 2),
        by_entity(3, noise=0.1),
        by_entity(1),
        by_entity(2),
        with_copies,
        lambda rng, n: (rng.integers(0, 300, n), rng.random(n) < 0.5),
    ],
)
def test_a_column_that_tells_much_or_names_rows_is_no_leak(make):
    assert "leak" not in of_data(*labelled(make))


def of_cells(sizes, n_rows=1000):
    """A table of few values, and labels of probability .3 or .7."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, size, n_rows) for size in sizes]).astype(float)
    return X, (rng.random(n_rows) < np.where(X[:, 0] < sizes[0] / 2, 0.3, 0.7)).astype(int)


@pytest.mark.parametrize("sizes", [(1, 2), (2, 2, 2), (20, 20), (7, 7, 7), (60,), (5,) * 6])
def test_labels_of_equal_rows_contradict_each_other_if_they_are_copies_not_by_honest_noise(sizes):
    X, y = of_cells(sizes)
    assert "contradicting_labels" not in of_data(X, y)
    if len(np.unique(X, axis=0)) > 3:
        assert "contradicting_labels" in of_data(np.vstack([X, X]), np.append(y, 1 - y))


def test_copies_are_found_to_contradict_each_other_among_more_rows_than_are_looked_at():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60_000, 2)), rng.integers(0, 2, 60_000)
    X, y = np.vstack([X, X]), np.append(y, 1 - y)
    clf = zoo.fit(X, y, 0, hidden_layer_sizes=(2,), n_estimators=2, max_iter=1)
    (finding,) = of_code(diagnose(clf, X, y), "contradicting_labels")
    assert finding.figure == 0.5


@pytest.mark.parametrize("told_by", [lambda x: x, lambda x: abs(x) - 0.8])
def test_a_weak_signal_in_many_rows_is_not_none(told_by):
    """A ROC AUC of about .56."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(8000, 4))
    y = (0.25 * told_by(X[:, 0]) > rng.logistic(size=8000)).astype(int)
    assert "no_signal" not in codes(diagnose(zoo.fit(X, y, 0, n_estimators=4), X, y))
    y = shuffle(y, random_state=0)
    assert "no_signal" in codes(diagnose(zoo.fit(X, y, 0, n_estimators=4), X, y))


def test_what_ranks_well_is_not_without_signal():
    """The network, though its probabilities are wrong; or a logistic regression."""
    X, y = zoo.moons(0)
    clf = zoo.fit(X, y, 0)
    rng = np.random.default_rng(0)
    evidence, none = Evidence(clf, X, y, None), rng.normal(0.5, 0.01, len(y))
    of_linear, wrong = evidence.linear_probability, clf.oof_proba_[:, 1] / 1e4
    vars(evidence).update(judged_loss=2.0, told_by_columns={0: 0.0})
    for told, linear, n_found in [(none, none, 1), (wrong, none, 0), (none, of_linear, 0)]:
        vars(evidence).update(out_of_fold=told, linear_probability=linear)
        assert len(list(has_no_signal(evidence))) == n_found


@pytest.mark.parametrize("to_container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_a_value_far_out_squeezes_the_others_unless_scaling_is_robust(to_container):
    X, y = zoo.moons(0)
    X[7, 1] = 1e6
    X = to_container(X)
    clf = zoo.fit(X, y, 0, scale_inputs="standard", warm_start=True)
    (finding,) = of_code(diagnose(clf, X, y, trials=False), "outlier_squeezes")
    assert finding.where == "column 1"
    assert finding.params == {"scale_inputs": "robust", "warm_start": False}
    mended = diagnose(clf.set_params(**finding.params).fit(X, y), X, y)
    assert codes(mended, ["error", "warning"]) == []


def test_a_gap_written_as_a_number_is_named_before_the_scale_that_it_spoils():
    X, y = drawn(with_gaps(-1, 0.1, lambda rng, n: rng.integers(1960, 2015, n)))
    y = (X[:, 2] % 2).astype(int)
    found = of_data(X, y, scale_inputs="standard")
    assert found[0] == "sentinel"
    assert "outlier_squeezes" not in found


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: rng.normal(size=n),
        lambda rng, n: rng.lognormal(0, 1.5, n),
        lambda rng, n: rng.standard_t(3, n),
        lambda rng, n: (rng.random(n) < 0.01) * 1.0,
        lambda rng, n: np.where(rng.random(n) < 0.9, 0, rng.lognormal(5, 1, n)),
        lambda rng, n: np.where(np.arange(n) == 5, 1e6, rng.integers(0, 5, n)),  # of few values
    ],
)
def test_long_tails_and_rare_values_squeeze_nothing(draw):
    assert "outlier_squeezes" not in of_data(*drawn(draw), scale_inputs="standard")


def test_weights_of_which_a_few_rows_have_all_are_told_and_can_be_limited():
    X, y = zoo.moons(0)
    weight = np.where(np.arange(len(y)) % 100 == 0, 1e6, 1.0)
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, y, weight)
    finding = diagnose(clf, X, y, weight).findings[0]
    assert finding.code == "few_rows_weigh_all"
    assert finding.figure == pytest.approx(6, rel=0.01)
    assert finding.sentence.startswith("6 of 600 row(s) have at least 90% of the weight")
    names = {"sample_weight": list(weight), "numpy": np}
    exec(finding.step.partition("weights: ")[2], names)
    weight = names["sample_weight"]
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, y, weight)
    assert codes(diagnose(clf, X, y, weight)) == []


@pytest.mark.parametrize(
    "weigh",
    [
        lambda rng, y: np.ones(len(y)),
        lambda rng, y: rng.lognormal(0, 1, len(y)),
        lambda rng, y: np.where(y, 30.0, 1.0),
        lambda rng, y: (np.arange(len(y)) < 40) * 1.0,  # the others are not there
    ],
)
def test_uneven_weights_are_no_few_rows(weigh):
    X, y = drawn(ages)
    assert "few_rows_weigh_all" not in of_data(X, y, weigh(np.random.default_rng(0), y))


OF_DATA = {"sentinel", "leak", "contradicting_labels", "no_signal", "outlier_squeezes"}
OF_DATA |= {"few_rows_weigh_all", "repeated_rows"}


def healthy_linear(n_rows, n_columns=3, strength=1.0, base=0.0):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_columns))
    return X, (strength * X[:, 0] + base > rng.logistic(size=n_rows)).astype(int)


def healthy_sparse():
    rng = np.random.default_rng(0)
    X = (rng.random((2000, 100)) * (rng.random((2000, 100)) < 0.05)).round(3)
    return sparse.csr_array(X), (X[:, :40].sum(axis=1) > rng.normal(1, 0.3, 2000)).astype(int)


HEALTHY = {
    "weak": lambda: healthy_linear(8000, strength=0.2),
    "imbalanced": lambda: healthy_linear(6000, strength=1.5, base=-4),
    "tiny": lambda: healthy_linear(60, strength=3),
    "wide": lambda: healthy_linear(200, 30, strength=6),
    "discrete": lambda: of_cells((3, 4, 2, 3), 2000),
    "one cell": lambda: of_cells((2, 2), 400),
    "ternary": lambda: (lambda X, y: (X.round().clip(-1, 1), y))(*healthy_linear(1500, 6, 2)),
    "counts": lambda: (lambda X, y: (np.exp(X).round(), y))(*healthy_linear(1500, 6, 2)),
    "amounts": lambda: (lambda X, y: (np.exp(1.5 * X), y))(*healthy_linear(1500, 3, 2)),
    "hurdle": lambda: (lambda X, y: (np.exp(2 * X) * (X > 0), y))(*healthy_linear(1500, 3, 2)),
    "rounded": lambda: (lambda X, y: (X.round(1), y))(*healthy_linear(3000, 2, 2)),
    "sparse": healthy_sparse,
    "raw": raw,
    "raw with entities": lambda: raw(
        shop=lambda y, rng: [f"s{number}" for number in rng.integers(0, 150, N_ROWS)]
    ),
}


@pytest.mark.parametrize("make", HEALTHY.values(), ids=HEALTHY)
@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
def test_nothing_is_said_of_the_data_of_healthy_fits(make, scale_inputs):
    X, y = make()
    clf = zoo.fit(X, y, 0, n_estimators=4, scale_inputs=scale_inputs)
    assert not OF_DATA & set(codes(diagnose(clf, X, y, trials=False)))


# The warning of fit ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "suspect"),
    [
        ({}, "the columns may have nothing to do with the labels"),
        ({"scale_inputs": None}, "set scale_inputs='robust'"),
        ({"learning_rate_init": 1e-9}, "learning_rate_init=1e-09; set learning_rate_init='auto'"),
        ({"dropout": 0.1}, "dropout=0.1; set dropout=0.0"),
        ({"activation": "identity"}, "set activation='relu'"),
        ({"epsilon": 1e3}, "epsilon=1000.0; set epsilon=1e-08"),
    ],
)
@pytest.mark.parametrize("n_estimators", [1, 4])
def test_fit_warns_when_nothing_was_learnt_and_names_a_suspect(params, suspect, n_estimators):
    X, y = zoo.moons(0)
    y = shuffle(y, random_state=0)
    clf = NumpyMLPBinaryClassifier(n_estimators=n_estimators, random_state=0, **params)
    with pytest.warns(NotLearningWarning, match=f"first suspect: .*{suspect}") as warned:
        clf.fit(X, y)
    assert len(warned) == 1
    assert warned[0].filename == __file__


@pytest.mark.parametrize(("name", "sound"), [(name, sound) for name, _, sound in SUSPECTS])
def test_a_suspect_is_set_back_to_its_default(name, sound):
    assert NumpyMLPBinaryClassifier().get_params()[name] == sound


def test_a_gradient_of_zero_has_its_words_too():
    X, y = np.random.default_rng(0).normal(size=(512, 2)), np.arange(512) % 2  # weights of 1 / 2^9
    params = {"solver": "sgd", "learning_rate_init": 0.1, "precision": "float64", "max_iter": 2}
    clf = zoo.fit(X, y, 0, **params)
    clf.coefs_ = [0 * coef for coef in clf.coefs_]
    clf.intercepts_ = [0 * intercept for intercept in clf.intercepts_]
    assert relative_rate(Evidence(clf, X, y, None)) == 0
    assert "rate_too_low" in codes(diagnose(clf, X, y))


def test_fit_does_not_warn_before_training_has_come_to_its_end():
    X, y = zoo.moons(0)
    y = shuffle(y, random_state=0)
    NumpyMLPBinaryClassifier(max_iter=3, random_state=0).fit(X, y)
    NumpyMLPBinaryClassifier(random_state=0).partial_fit(X, y, classes=[0, 1])


def test_without_rows_held_out_the_training_loss_tells():
    X, y = zoo.xor(0)
    linear = {"early_stopping": False, "activation": "identity", "random_state": 0}
    with pytest.warns(NotLearningWarning, match="log loss is 0.6[89]"):
        NumpyMLPBinaryClassifier(**linear, numeric_bins=0).fit(X, y)
    NumpyMLPBinaryClassifier(**linear, numeric_bins=0, alpha=1.0).fit(X, y)  # the penalty is in it


def test_a_weak_signal_in_many_rows_is_no_reason_to_warn():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 3))
    y = (0.3 * X[:, 0] + rng.logistic(size=20_000) > 0).astype(int)
    NumpyMLPBinaryClassifier(n_estimators=2, random_state=0).fit(X, y)


def test_rows_to_judge_by_of_another_base_rate_are_no_reason_to_warn():
    rng = np.random.default_rng(0)
    y = (np.arange(3000) % 15 == 0).astype(int)
    X = rng.normal(size=(3000, 2)) + 1.5 * y[:, np.newaxis]
    judge = np.append(np.flatnonzero(y)[:100], np.flatnonzero(1 - y)[:100])
    NumpyMLPBinaryClassifier(random_state=0).fit(X, y, X_val=X[judge], y_val=y[judge])


def test_units_are_symmetric_whatever_the_sign_of_their_zeros(small):
    X, y = zoo.moons(0)
    clf = small(n_estimators=1).fit(X, y)
    clf.coefs_[0][...], clf.intercepts_[0][...] = 0.5, 0.1
    clf.coefs_[0][:2] = [[0.0, -0.0, 0.0, -0.0], [0.0, 0.0, -0.0, -0.0]]
    assert "symmetric_units" in codes(diagnose(clf, X, y))

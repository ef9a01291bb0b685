"""Who reads a fitted estimator learns of the networks as they were fitted."""

import pickle
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknumpynet import NumpyMLPBinaryClassifier, check_gradients, diagnose, importance, trace
from sknumpynet.fitted import as_fitted, stack_of, training_rows
from sknumpynet.parameters import RULES

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 3))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
FITTED = {
    "hidden_layer_sizes": (4, 3), "activation": "tanh", "loss": "squared_error", "solver": "sgd",
    "alpha": 5.0, "learning_rate_init": 1e-6, "momentum": 0.5, "early_stopping": False,
    "label_smoothing": 0.1, "dropout": 0.1, "class_weight": {0: 1, 1: 3}, "max_iter": 2,
    "scale_inputs": None, "warm_start": True, "n_estimators": 2,
}  # fmt: skip
SINCE = {
    "other values": {
        "hidden_layer_sizes": (400,), "activation": "relu", "loss": "log_loss", "solver": "lbfgs",
        "alpha": 0.0, "learning_rate_init": "auto", "momentum": 1, "early_stopping": True,
        "label_smoothing": 0.5, "dropout": 0.9, "class_weight": "balanced", "max_iter": 500,
        "scale_inputs": "robust", "warm_start": False, "n_estimators": 1,
    },
    "values that are none": dict.fromkeys(FITTED, "no such"),
}  # fmt: skip


def pictures(clf):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed").use("Agg")
    from sknumpynet.display import LayersDisplay, ReliabilityDisplay, TrainingCurveDisplay

    layers, curve = LayersDisplay.from_estimator(clf, X), TrainingCurveDisplay.from_estimator(clf)
    reliability = ReliabilityDisplay.from_estimator(clf, X, y)
    import_module("matplotlib.pyplot").close("all")
    return layers.activity, curve.loss_curve, reliability.log_loss


def onnx(clf):
    skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    import_module("sknumpynet.onnx")
    return skl2onnx.to_onnx(clf, X[:1]).SerializeToString()


READERS = {
    "diagnose": lambda clf: diagnose(clf, X, y, trials=False),
    "check_gradients": lambda clf: check_gradients(clf, X, y, network=1),
    "trace": lambda clf: trace(clf, X[0], y[0]),
    "importance": lambda clf: importance(clf, X, y),
    "pictures": pictures,
    "onnx": onnx,
}
by_every_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


@by_every_reader
@pytest.mark.parametrize("since", SINCE.values(), ids=SINCE)
def test_parameters_set_since_the_fit_do_not_matter(read, since):
    clf = NumpyMLPBinaryClassifier(**FITTED, random_state=0).fit(X, y)
    told = str(read(clf))
    assert str(read(clf.set_params(**since))) == told


def test_a_remedy_speaks_of_the_fit(small):
    clf = small(learning_rate_init=1e-7, warm_start=True).fit(X, y)
    finding = diagnose(
        clf.set_params(learning_rate_init=1, solver="sgd"), X, y, trials=False
    ).findings[0]
    assert "learning_rate_init=1e-07 is" in finding.sentence
    assert finding.params == {"learning_rate_init": "auto"}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_call_that_goes_on_is_fitted_with_its_own_parameters(small, method):
    clf = small(warm_start=True, solver="sgd", alpha=1.0, early_stopping="auto").fit(X, y)
    getattr(clf.set_params(solver="adam", alpha=2.0), method)(X, y)
    read = as_fitted(clf.set_params(solver="lbfgs", alpha=3.0))
    assert (read.solver, read.alpha) == ("adam", 2.0)


def test_a_call_that_fails_leaves_the_parameters_of_the_last(small):
    clf = small(alpha=1.0).fit(X, y)
    with pytest.raises(ValueError, match="one class only"):
        clf.set_params(alpha=2.0).fit(X, 0 * y)
    assert as_fitted(clf).alpha == 1.0


def test_a_reader_shares_the_weights_and_changes_nothing(small):
    clf = small(random_state=np.random.RandomState(0)).fit(X, y)
    before = pickle.dumps(clf)
    read = as_fitted(clf)
    assert stack_of(read).params is stack_of(clf).params
    read.alpha = 7.0
    for reader in READERS.values():
        reader(clf)
    assert pickle.dumps(clf) == before
    assert clf.alpha == 0.0


@by_every_reader
@pytest.mark.parametrize(
    ("name", "value", "more"),
    [
        ("alpha", Fraction(10**6), {}),
        ("alpha", np.longdouble(0.1), {"dropout": Fraction(1, 3)}),
        ("weight_decay", np.float16(100), {}),
        ("max_grad_norm", Fraction(1, 10**9), {}),
        ("label_smoothing", Fraction(1, 3), {}),
        ("dropout", Fraction(1, 3), {}),
        ("momentum", 1, {"solver": "sgd", "learning_rate_init": 1e-3}),
        ("learning_rate_init", Fraction(1, 10**8), {"solver": "sgd"}),
        ("learning_rate_init", Fraction(30), {}),
        ("max_iter", np.int8(3), {}),
        ("batch_size", np.uint8(7), {"solver": "sgd", "learning_rate_init": np.float16(0.1)}),
        ("hidden_layer_sizes", np.array([4, 3], np.int8), {}),
        ("class_weight", {0: Fraction(1, 3), 1: np.float16(2)}, {}),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sknumpynet.NotLearningWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_number_of_any_type_is_read_as_that_number(small, read, name, value, more):
    clf = small(**{name: value}, **more).fit(X, y)
    plain = as_fitted(clf)
    told = str(read(clf))
    same = small(**{each: getattr(plain, each) for each in (name, *more)}).fit(X, y)
    assert str(read(same)) == told


@pytest.mark.parametrize("read", [READERS["check_gradients"], READERS["diagnose"]])
@pytest.mark.filterwarnings("ignore::sknumpynet.NotLearningWarning")
def test_what_was_fitted_is_kept_in_types_of_python_alone(small, read):
    params = {"hidden_layer_sizes": range(3, 5), "solver": np.str_("sgd"), "shuffle": np.True_}
    params |= {
        "alpha": Fraction(1, 2),
        "class_weight": {np.int64(0): np.float32(1), 1: Fraction(2)},
    }
    clf = small(**params, random_state=np.random.RandomState(0)).fit(X, y)
    kept = clf._built_with
    assert kept.keys() == {*RULES, "judged_on"}
    assert kept["hidden_layer_sizes"] == (3, 4)
    assert kept["class_weight"] == {0: 1.0, 1: 2.0}

    def types(value):
        inside = [*value, *value.values()] if isinstance(value, dict) else value
        parts = inside if isinstance(value, dict | tuple) else ()
        return {type(value)}.union(*map(types, parts))

    assert types(kept) <= {dict, tuple, str, int, float, bool, type(None)}
    read(clf)


@by_every_reader
def test_a_file_of_version_0_1_0_is_read_by_todays_parameters(read, recwarn):
    path = Path(__file__).parent / "persisted" / "0.1.0.pkl"
    clf, rows, labels, *_ = pickle.loads(path.read_bytes())
    vars(clf)["_built_with"] = {
        name: clf._built_with[name] for name in ("activation", "scale_inputs", "numeric_bins")
    }
    read(clf) if rows.shape[1] == X.shape[1] else diagnose(clf, rows, labels, trials=False)
    assert as_fitted(clf.set_params(alpha=7)).alpha == 7.0
    with pytest.raises(ValueError, match="solver='no such' is not one of"):
        as_fitted(clf.set_params(solver="no such"))


def test_class_weights_are_those_of_the_fit_on_any_rows(small):
    clf = small(class_weight="balanced").fit(X, y)
    few = np.append(np.flatnonzero(y)[:30], np.flatnonzero(1 - y)[:10])
    rows, weight = training_rows(as_fitted(clf), X[few], y[few], None)
    assert_array_equal(rows.weight, clf._class_factors[y[few]])
    assert_array_equal(weight, np.ones(40))
    assert check_gradients(clf, X[y == 1], y[y == 1]).ok


def test_a_file_of_version_0_1_0_has_the_class_weights_of_its_fit(recwarn):
    path = Path(__file__).parent / "persisted" / "0.1.0-binned.pkl"
    clf, rows, labels, *_ = pickle.loads(path.read_bytes())
    weight = training_rows(as_fitted(clf), rows, labels, None)[0].weight
    assert_array_equal(np.unique(weight), [1, 3])


@pytest.mark.parametrize(("fitted", "since"), [(None, {0: 2, 1: 3}), ({0: 1, 1: 5}, None)])
def test_a_piece_without_weight_changes_no_class_weights(small, fitted, since):
    clf = small(class_weight=fitted, early_stopping="auto").fit(X, y)
    before = training_rows(as_fitted(clf), X, y, None)[0].weight
    clf.set_params(class_weight=since).partial_fit(X, y, sample_weight=np.zeros(120))
    assert_array_equal(training_rows(as_fitted(clf), X, y, None)[0].weight, before)


@pytest.mark.parametrize("network", [1.0, True, np.True_, "0", None, -1, 3, 10**400, [0], 0.5])
@pytest.mark.parametrize("read", [check_gradients, trace])
def test_a_network_is_named_by_an_int_alone(small, read, network):
    clf = small().fit(X, y)
    given = (X, y) if read is check_gradients else (X[0], y[0])
    with pytest.raises(ValueError, match=r"network=.*give an int from 0 to 2"):
        read(clf, *given, network=network)
    assert read(clf, *given, network=np.uint8(2)).network == 2


def test_missing_values_have_nearly_the_mean_codes_in_a_file_of_version_0_1_0(recwarn):
    """It does not hold them; its bins have equal weight, and values are spread over each."""
    path = Path(__file__).parent / "persisted" / "0.1.0-binned.pkl"
    clf, rows, labels, *_ = pickle.loads(path.read_bytes())
    binning = stack_of(as_fitted(clf)).encoding.binning
    weight = training_rows(as_fitted(clf), rows, labels, None)[1]
    codes, scratch = np.empty((2, len(binning.source), len(rows)))
    binning.apply(np.asarray(rows, float).T, codes, scratch)
    assert_allclose(binning.mean, np.average(codes, axis=1, weights=weight), atol=0.15)

"""The first of the random cases of `fuzz`, and by name what such cases have found."""

import warnings
from fractions import Fraction

import fuzz
import numpy as np
import pytest
from fuzz import BIGGEST
from learnt import PREDICTIONS, assert_learnt_the_same
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from sknumpynet import NotLearningWarning, NumpyMLPBinaryClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 3))
y = (X[:, 0] + 0.5 * rng.normal(size=120) > 0).astype(int)


@pytest.mark.parametrize("number", range(150))
def test_a_random_case_breaks_no_promise(number):
    case = fuzz.draw_case(0, number)
    print(case)
    fuzz.run(case)


# The judge itself --------------------------------------------------------------------------------


def writes(clf, X, result):
    X.flat[0] = 7


def warns(clf, X, result):
    warnings.warn("overflow encountered", RuntimeWarning, stacklevel=2)


def names_nothing(clf, X, result):
    raise ValueError("no good")


def raises_another_error(clf, X, result):
    raise KeyError("X")


def changes_a_parameter(clf, X, result):
    clf.alpha = 1


def returns_nothing(clf, X, result):
    return 0 * result if isinstance(result, np.ndarray) else 0


def is_not_finite(clf, X, result):
    clf.coefs_[0].flat[0] = np.nan


def is_always_the_first_class(clf, X, result):
    return np.full(len(result), clf.classes_[0])


@pytest.fixture
def broken(monkeypatch):
    """Make a method do what it must not, and a case in which it does it."""

    def make(method, breaks):
        works = getattr(NumpyMLPBinaryClassifier, method)

        def wrapped(clf, X, *args, **kwargs):
            result = works(clf, X, *args, **kwargs)
            other = breaks(clf, X, result)
            return result if other is None else other

        monkeypatch.setattr(NumpyMLPBinaryClassifier, method, wrapped)
        rows = fuzz.Rows(0, 9, None, None, "U", None)
        step = fuzz.Step(0, 9, None, None, "U", "counts", "fit", None, None, rows)
        return fuzz.Case({"max_iter": 2}, ((None, None), ("tiny", "tiny")), (step, step))

    return make


@pytest.mark.parametrize(
    ("method", "breaks", "kind"),
    [
        ("fit", writes, "fit writes to X"),
        ("fit", warns, "fit warns: RuntimeWarning: overflow"),
        ("fit", names_nothing, "fit raises ValueError that names no argument"),
        ("fit", raises_another_error, "fit raises KeyError"),
        ("fit", changes_a_parameter, "fit changes parameters"),
        ("fit", returns_nothing, "fit does not return"),
        ("fit", is_not_finite, "parameters are not finite"),
        ("predict_proba", is_not_finite, "predict_proba changes the estimator"),
        ("predict_proba", returns_nothing, r"predict_proba not in \(0, 1\)"),
        ("predict", is_always_the_first_class, "predictions disagree"),
        ("predict", names_nothing, "predict raises ValueError that names no argument"),
    ],
)
def test_a_broken_promise_is_told(broken, method, breaks, kind):
    with pytest.raises(fuzz.BrokenPromiseError, match=kind):
        fuzz.run(broken(method, breaks))


def test_a_case_that_fails_is_cut_down_to_what_it_takes_to_fail(broken):
    case = broken("fit", writes)
    smallest = fuzz.simplest(case, fuzz.judged(case, seconds=20)[1])
    assert len(smallest.columns) == len(smallest.steps) == 1
    assert smallest.steps[0].n_rows == 2
    assert smallest.steps[0].probe is smallest.steps[0].weights is None


# What has been found -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*had not converged:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("name", "value", "more"),
    [
        ("batch_size", np.int8(5), {}),
        ("max_iter", np.int8(4), {"batch_size": 1}),
        ("n_estimators", np.uint8(2), {}),
        ("numeric_bins", np.int8(100), {}),
        ("power_t", np.uint8(1), {"learning_rate": "invscaling"}),
        ("learning_rate_init", np.float16(0.5), {}),
        ("epsilon", Fraction(1, 4), {}),
        ("beta_1", Fraction(1, 2), {}),
        ("beta_2", Fraction(1, 2), {}),
        ("momentum", Fraction(1, 2), {"solver": "sgd"}),
        ("dropout", Fraction(1, 2), {}),
        ("alpha", Fraction(1, 4), {"solver": "lbfgs"}),
        ("label_smoothing", Fraction(1, 4), {}),
        ("weight_decay", np.longdouble(0.25), {}),
        ("max_grad_norm", Fraction(1, 4), {}),
        ("tol", np.float16(0.25), {}),
    ],
)
def test_a_number_of_any_type_is_that_number(small, name, value, more):
    plain = int(value) if isinstance(value, np.integer) else float(value)
    odd, usual = (small(**more, **{name: v}).fit(X, y) for v in (value, plain))
    assert_learnt_the_same(odd, usual)


def test_epochs_are_counted_beyond_the_type_of_max_iter(small):
    pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9")

    class Silent:
        setup = teardown = on_fit_task_begin = on_fit_task_end = lambda *args, **kwargs: None

    clf = small(solver="lbfgs", max_iter=np.int8(100), n_estimators=np.int8(2), tol=0.1)
    assert clf.set_callbacks(Silent()).fit(X, y).n_iter_ < 100


def test_a_penalty_that_is_a_fraction_is_told(small):
    clf = small(label_smoothing=Fraction(1, 2), max_iter=50, n_iter_no_change=1)
    told = r"label_smoothing=0\.5; set label_smoothing=0\.0"
    with pytest.warns(NotLearningWarning, match=told):
        clf.fit(0 * X, y)


@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.exceptions.NotLearningWarning")
@pytest.mark.parametrize(
    ("dtype", "heavy"),
    [(np.float32, 1e20), (np.float32, 1e35), (np.float64, 1e20), (np.float64, 1e290)],
)
def test_a_row_held_out_does_not_matter_to_training_however_heavy(small, dtype, heavy):
    weight = np.full(120, 0.5)
    params = {"scale_inputs": None, "max_iter": 1, "early_stopping": True}
    params["precision"] = np.dtype(dtype).name
    light = small(**params).fit(X.astype(dtype), y, weight)
    weight[7] = heavy
    clf = small(**params).fit(X.astype(dtype), y, weight)
    members = zip(clf.predict_proba_members(X), light.predict_proba_members(X), strict=True)
    assert sum(np.allclose(*pair, rtol=1e-5) for pair in members) == 1  # who holds it out


@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.exceptions.NotLearningWarning")
def test_a_row_may_be_held_out_that_is_heavier_by_more_than_there_are_numbers(small):
    weight = np.where(np.arange(120) == 7, 1e290, 0.5)
    clf = small(early_stopping=True).fit(X.astype(np.float32), y, weight)  # and none diverges
    assert np.isfinite(clf.loss_curve_).all()


@pytest.mark.parametrize("weight", [1e-299, 1e295])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_have_no_unit(small, dtype, weight):
    clf = small().fit(X.astype(dtype), y, np.full(120, weight))
    same = small().fit(X.astype(dtype), y, np.full(120, 0.5))
    for method in PREDICTIONS:
        assert_allclose(getattr(clf, method)(X), getattr(same, method)(X), rtol=1e-5, atol=1e-5)


def test_a_class_that_weighs_next_to_nothing_is_trained_on_and_judged(small):
    clf = small(class_weight={0: 1e-300}, max_iter=50, n_iter_no_change=1)
    with pytest.warns(
        NotLearningWarning, match=r"log loss on rows held out is [\d.]+e-29\d, and 0 "
    ):
        clf.fit(X, y)
    assert np.isfinite(clf.decision_function(X)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("numeric_bins", [0, 8])
def test_values_further_apart_than_the_largest_number_are_told_apart(small, dtype, numeric_bins):
    biggest = np.finfo(dtype).max
    column = np.choose(y, [-biggest, biggest])[:, np.newaxis]
    column[:3] = biggest / 2  # further from the one than from the other
    clf = small(numeric_bins=numeric_bins, max_iter=50).fit(column, y)
    assert clf.score(column[3:], y[3:]) == 1


@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
def test_rows_beyond_all_bounds_are_predicted(small, scale_inputs):
    clf = small(scale_inputs=scale_inputs).fit(X, y)
    far = BIGGEST * np.sign(X)
    for method in PREDICTIONS:
        assert np.isfinite(getattr(clf, method)(far)).all()
    assert_array_equal(clf.decision_function(far) > 0, clf.predict(far))


def test_a_network_grown_beyond_all_bounds_predicts(small):
    clf = small(weight_decay=1e300).partial_fit(X[:50], y[:50], [0, 1])  # one step
    assert np.isfinite(clf.decision_function(X)).all()


def test_a_first_piece_of_huge_constants_leaves_finite_weights(small):
    clf = small(scale_inputs="standard")
    with pytest.warns(ConvergenceWarning, match="diverged"):
        clf.partial_fit(np.full((9, 3), BIGGEST), y[:9], [0, 1])
    for array in [*clf.coefs_, *clf.intercepts_]:
        assert np.isfinite(array).all()


def test_an_optimizer_of_float64_goes_on_in_float32(small):
    clf = small(alpha=1e300, warm_start=True, precision="float64").fit(X, y)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        clf.set_params(precision="float32").fit(X, y)
    assert np.isfinite(clf.decision_function(X)).all()

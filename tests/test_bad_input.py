"""Input that cannot be used: an error that says why, and an estimator that is as it was before."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss

TEXT = np.dtypes.StringDType()
rng = np.random.default_rng(1)
X, y = rng.normal(size=(40, 3)), np.arange(40) % 2
ONES = np.ones(40)
ONE_POSITIVE = (np.arange(40) == 7).astype(int)


def with_value(value, like=X):
    changed = np.array(like, dtype=np.result_type(like, type(value)))
    changed.flat[5] = value
    return changed


def fails(method, *args, match, error=ValueError, params=None, **kwargs):
    return pytest.param(
        method, args, kwargs, params or {}, error, match, id=f"{method}: {match} {params or ''}"
    )


VALIDATION = {"X_val": X, "y_val": y}
BAD_DATA = [
    # X
    fails("fit", with_value(np.inf), y, match="Input X contains infinity"),
    fails("fit", sparse.csr_array(with_value(-np.inf)), y, match="Input X contains infinity"),
    fails("fit", X[:, 0], y, match="Reshape your data"),
    fails("fit", X[np.newaxis], y, match="dim 3"),
    fails("fit", X * 1j, y, match="Complex data not supported"),
    fails("fit", X.astype(str), y, match=r"3 columns, \[0, 1, 2\], hold numbers as text, such as"),
    fails("fit", X.astype("S"), y, error=TypeError, match="hold values of type bytes"),
    fails("fit", [[1, "a"], ["b", 2]] * 20, y, match="hold numbers mixed with text, such as 'b'"),
    fails(
        "fit",
        np.full(X.shape, "a"),
        y,
        params={"categorical_features": None},
        match="hold text, and",
    ),
    fails(
        "fit", X, y, params={"categorical_features": [3]}, match=r"names \[3\], which X does not"
    ),
    fails("fit", X[:0], y[:0], match=r"0 sample\(s\)"),
    fails("fit", X[:, :0], y, match=r"0 feature\(s\)"),
    fails("fit", [[10**400, 1]] * 40, y, match=r"X contains infinity in the column 0 \(40 of"),
    # y
    fails("fit", X, X[:, 0], match="continuous.*regression"),
    fails("fit", X, y * 0, match="y has one class only, .*0.*; give rows of two classes"),
    fails("fit", X, np.arange(40) % 3, match="Only binary.*3 classes.*OneVsRestClassifier"),
    fails("fit", X, with_value(np.nan, y), match="Input y contains NaN"),
    fails("fit", X, y[:39], match=r"X and y: .* numbers of samples: \[40, 39\]"),
    fails("fit", X, np.column_stack([y, y]), match="1d array"),
    fails("fit", X, None, match="requires y to be passed"),
    fails("fit", X, with_value(None, y.astype(object)), match="Input y contains .* 1 of 40 .* 5"),
    fails("fit", X, with_value(np.nan, y.astype("O")), match="Input y contains NaN .*notna"),
    fails("fit", X, [*y[:-1].astype(str), np.nan], match="Input y contains NaN .* position 39"),
    fails("fit", X, np.ma.masked_array(y, y), match="Input y contains masked values: 20 of 40"),
    fails("fit", X, np.array(["NaT", "2020"], "M8[D]")[y], match="Input y contains NaN .* 20 of"),
    fails("fit", X, np.array(["a", "b"], TEXT)[y], match="y has NumPy's StringDType .*astype"),
    fails("fit", X, {"a": 1}, match="y should be a 1d array"),
    fails("fit", X, [[1] * (1 + i) for i in y], match="y: setting an array element"),
    fails("fit", X, y * 1j, match="y: "),
    fails(
        "fit",
        X,
        np.array(["<=50K", "<=50K.", ">50K", ">50K."])[np.arange(40) % 4],
        match=r"4 classes: '<=50K', '<=50K\.', '>50K', '>50K\.'\. .* look like one class .*strip",
    ),
    fails("fit", X, np.array(["a", "b", "A "])[np.arange(40) % 3], match="'A ' and 'a' look like"),
    fails("fit", X, np.where(y, 1e300, 2e300), match="y: Unknown label type: continuous"),
    fails("fit", X, y.astype("S1"), error=TypeError, match="y: Support for labels .* as bytes"),
    # sample_weight
    fails("fit", X, y, with_value(-2.0, ONES), match="sample_weight.*negative weight -2.0; give"),
    fails("fit", X, y, 0 * ONES, match="sample_weight: every weight is zero; give some"),
    fails("fit", X, y, with_value(np.nan, ONES), match="sample_weight contains NaN"),
    fails("fit", X, y, with_value(np.inf, ONES), match="sample_weight contains infinity"),
    fails("fit", X, y, ONES * 1e308, match="sample_weight sums to infinity; divide"),
    fails("fit", X, y, ONES[:39], match=r"sample_weight has the shape \(39,\), but X has 40 rows"),
    fails("fit", X, y, ONES[:, None], match=r"sample_weight has the shape \(40, 1\).*one weight"),
    fails("fit", X, y, ONES * 1e-310, match=r"sample_weight sums to 4e-309; divide it by its mean"),
    fails("fit", X, y, np.ma.masked_array(ONES, y), match="sample_weight has 20 masked weights"),
    fails("fit", X, y, "heavy", match="sample_weight: could not convert string .*: 'heavy'"),
    fails("fit", X, y, 1j * ONES, match="sample_weight: Complex data not supported"),
    fails("fit", X, y, 10**400, match="sample_weight: int too large"),
    fails("fit", X, y, [10**400] * 40, match="sample_weight: int too large"),
    fails("fit", X, y, y, match="class .*0.* has only rows of weight zero; give"),
    fails("fit", X, y, y, params={"class_weight": "balanced"}, match="only rows of weight zero"),
    fails("fit", X, y, params={"class_weight": {1: 0}}, match="class .*1.*class_weight above 0"),
    fails("fit", X, y, params={"class_weight": {5: 2}}, match="not in class_weight"),
    fails(
        "fit",
        X,
        y.astype("M8[D]"),
        params={"class_weight": {0: 2}},
        error=(TypeError, ValueError),  # new and old scikit-learn
        match="class_weight",
    ),
    # parameters
    fails("fit", X, y, params={"alpha": -1}, match="alpha=-1 is not"),
    fails("fit", X, y, params={"n_estimators": 2.0}, match="n_estimators=2.0 is not"),
    fails("fit", X, y, params={"n_estimators": 2**63}, match="and n_estimators ask for more"),
    fails(
        "fit", X, y, params={"hidden_layer_sizes": 10**400}, match="hidden_layer_sizes and .* ask"
    ),
    fails("fit", X, y, params={"random_state": [1, 0]}, match="random_state: .* seed"),
    # X_val, y_val, sample_weight_val
    fails("fit", X, y, X_val=X, match="X_val came without y_val; give the labels"),
    fails("fit", X, y, y_val=y, match="without X_val; give X_val"),
    fails("fit", X, y, sample_weight_val=ONES, match="without X_val; give X_val"),
    fails(
        "fit", X, y, X_val=X[:, :2], y_val=y, match="X_val: X has 2 features, but .* expecting 3"
    ),
    fails("fit", X, y, X_val=with_value(np.inf), y_val=y, match="X_val: Input X contains infinity"),
    fails("fit", X, y, X_val=X[:9], y_val=y, match=r"y_val: .* numbers of samples: \[9, 40\]"),
    fails("fit", X, y, X_val=X, y_val=np.column_stack([y, y]), match="y_val: .* 1d array"),
    fails("fit", X, y, X_val={"a": 1}, y_val=y, error=TypeError, match="X_val: X is of type dict"),
    fails("fit", X, y, X_val=X.astype("M8[s]"), y_val=y, match="X_val: .* dates, but held numbers"),
    fails("fit", X, y, X_val=np.full(X.shape, "a"), y_val=y, match="X_val: .* text, but held numb"),
    fails(
        "fit", X, y, X_val=X, y_val=with_value(None, y.astype("O")), match="Input y_val contains"
    ),
    fails(
        "fit", X, y, X_val=X, y_val=np.where(y, "b", "b."), match=r"'b', 'b\.'; .* look like one"
    ),
    fails(
        "fit",
        X.astype(np.float32),
        y,
        X_val=with_value(1e39),
        y_val=y,
        match=r"X_val: .* too large for float32 in the column 2 \(1 of 40 rows\)",
    ),
    fails("fit", X, y, X_val=X, y_val=y + 1, match=r"y_val has the unknown label .*2.*\[0 1\]"),
    fails("fit", X, y, X_val=X, y_val=y.astype(str), match="y_val has the unknown labels '0', '1'"),
    fails("fit", X, y, **VALIDATION, sample_weight_val=-ONES, match="sample_weight_val.*negative"),
    fails("fit", X, y, **VALIDATION, sample_weight_val=0 * ONES, match="sample_weight_val: every"),
    # folds
    fails("fit", X, ONE_POSITIVE, match="class .*1.* has one row only; give more rows, or set"),
    fails("fit", X, ONE_POSITIVE, params={"n_estimators": 1}, match="1.* has one row only"),
    fails("fit", X[:5], y[:5], params={"n_estimators": 6}, match="n_estimators=6.*5 rows"),
    # partial_fit
    fails("partial_fit", X, y, match="classes must be passed on the first call.*give both"),
    fails("partial_fit", X, y, [0], match="classes has one class only, .*0"),
    fails("partial_fit", X, y, [], match="classes has no class; give"),
    fails("partial_fit", X, y, 2, match="classes: .* 1d array"),
    fails("partial_fit", X, y, [0, None], error=TypeError, match="classes: '<' not supported"),
    fails(
        "partial_fit",
        X,
        y,
        [0, 1],
        params={"early_stopping": "no"},
        match="early_stopping='no' is not",
    ),
    fails(
        "partial_fit",
        X,
        y,
        [0, 1],
        params={"solver": np.array(["adam", "sgd"])},
        match="solver=array",
    ),
    fails("partial_fit", X, y, [0, 1, 2], match="Only binary classification"),
    fails("partial_fit", X, y + 1, [0, 1], match=r"y has the unknown label .*2.*\[0 1\]"),
    fails("partial_fit", X, y.astype(str), [0, 1], match="y has the unknown labels '0', '1'"),
    fails("partial_fit", with_value(np.inf), y, [0, 1], match="Input X contains infinity"),
    fails("partial_fit", X, y, [0, 1], 0 * ONES, match="every weight is zero"),
    fails(
        "partial_fit", X, 0 * y, [0, 1], params={"class_weight": "balanced"}, match="balanced.*dict"
    ),
]


def new(small, method, **params):
    """With folds if it is fit that is tried; partial_fit has none."""
    return small(**{"early_stopping": method == "fit"} | params)


def state(clf):
    """All there is to know about an estimator, bit for bit."""
    return pickle.dumps(vars(clf))


@pytest.mark.parametrize(("method", "args", "kwargs", "params", "error", "match"), BAD_DATA)
def test_bad_data_is_an_error_that_says_why_and_changes_nothing(
    small, method, args, kwargs, params, error, match
):
    unfitted = new(small, method, **params)
    with pytest.raises(error, match=rf"(?s){match}"):
        getattr(unfitted, method)(*args, **kwargs)
    assert vars(unfitted) == unfitted.get_params()

    if method == "partial_fit":  # later calls are a law of their own
        return
    fitted = new(small, method).fit(X, y).set_params(**params)
    before, probabilities = state(fitted), fitted.predict_proba(X)
    with pytest.raises(error):
        getattr(fitted, method)(*args, **kwargs)
    assert state(fitted) == before
    assert_array_equal(fitted.predict_proba(X), probabilities)


def test_of_many_classes_twenty_are_listed(small):
    y = np.arange(200) % 50
    with pytest.raises(
        ValueError, match=r"y has 50 classes: 0, 1, .*, 19 and 30 more\. Use"
    ) as raised:
        small().fit(np.zeros((200, 1)), y)
    assert "20," not in str(raised.value)


@pytest.mark.parametrize(
    ("args", "match"),
    [
        ((X[:, :2], y), "X has 2 features, but .* is expecting 3"),
        ((X, y + 1), "y has the unknown label .*2"),
        ((X, y, [0, 2]), r"classes=\[0, 2\] differs from the classes of earlier calls, \[0 1\]"),
        ((X, y, [0]), r"classes=\[0\] differs"),
        ((X, y, None, -ONES), "negative"),
    ],
)
def test_later_pieces_must_fit_the_first(small, args, match):
    clf = small().partial_fit(X, y, [0, 1])
    before = state(clf)
    with pytest.raises(ValueError, match=match):
        clf.partial_fit(*args)
    assert state(clf) == before


OTHER_NETWORKS = [
    ({"hidden_layer_sizes": (5,)}, X, y, r"3 .* 3-4-1: .* ask for 3 .* 3-5-1; set them back"),
    ({"hidden_layer_sizes": (4, 4)}, X, y, "3-4-4-1"),
    ({"n_estimators": 2}, X, y, "go on with 3 network.*: .* ask for 2 network"),
    ({}, X[:, :2], y, "X has 2 features, but .* is expecting 3"),
]
OTHER_LABELS = [
    ({}, X, y + 1, r"classes \[1 2\].*\[0 1\].*warm_start=False"),
    ({}, X, np.where(y, "b", "a"), r"classes \['a' 'b'\].*\[0 1\]"),
]


@pytest.mark.parametrize(
    ("method", "change", "rows", "labels", "match"),
    [("fit", *case) for case in OTHER_NETWORKS + OTHER_LABELS]
    + [("partial_fit", *case) for case in OTHER_NETWORKS],
)
def test_going_on_with_another_network_or_other_data_is_an_error(
    small, method, change, rows, labels, match
):
    clf = small(warm_start=True).fit(X, y).set_params(**change)
    before = state(clf)
    with pytest.raises(ValueError, match=match):
        getattr(clf, method)(rows, labels)
    assert state(clf) == before


PREDICTIONS = [
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "predict_proba_members",
]


@pytest.mark.parametrize("method", PREDICTIONS)
def test_bad_rows_to_predict_are_an_error(small, method):
    clf = small()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(clf, method)(X)
    predict = getattr(clf.fit(X, y), method)
    for rows, match in [
        (X[:, :2], "X has 2 features, but .* is expecting 3 features"),
        (np.full(X.shape, "red"), "hold text, but held numbers in fit"),
        (X[0], "Reshape your data"),
        (sparse.csr_array(with_value(np.inf)), "contains infinity"),
    ]:
        with pytest.raises(ValueError, match=match):
            predict(rows)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"solver": "lbfgs"}, "needs solver='adam' or 'sgd'"),
        ({"early_stopping": True}, "does not support early_stopping=True.*set"),
        ({"early_stopping": np.True_}, "does not support early_stopping=True.*set"),
    ],
)
def test_partial_fit_is_not_there_where_it_could_not_work(small, params, match):
    clf = small(**params)
    assert not hasattr(clf, "partial_fit")
    with pytest.raises(AttributeError) as raised:
        clf.partial_fit(X, y, [0, 1])
    assert raised.match("partial_fit")
    with pytest.raises(AttributeError, match=match):
        raise raised.value.__cause__


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_divergence_is_a_warning_with_a_remedy_and_what_is_kept_is_no_worse_than_the_start(
    small, solver, early_stopping
):
    params = {"solver": solver, "early_stopping": early_stopping}
    start = small(**params, learning_rate_init=1e-300, max_iter=1).fit(X, y)
    clf = small(**params, learning_rate_init=1e300)
    diverged = "3 of 3 networks diverged.*Lower learning_rate"
    with pytest.warns(ConvergenceWarning, match=diverged) as warned:
        clf.fit(X, y)
    assert warned[0].filename == __file__
    assert clf.n_iter_ < 4  # it is no use to go on
    assert_array_equal(clf.best_iter_, 0)
    for kept, first in zip(
        clf.predict_proba_members(X), start.predict_proba_members(X), strict=True
    ):
        assert log_loss(y, kept) <= log_loss(y, first)


@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.exceptions.NotLearningWarning")
@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("size", [1e200, 4e307])
def test_lbfgs_on_inputs_beyond_all_bounds_is_a_warning_and_keeps_finite_weights(
    small, size, early_stopping
):
    clf = small(solver="lbfgs", scale_inputs=None, early_stopping=early_stopping)
    with pytest.warns(ConvergenceWarning, match=r"of 3 networks (diverged|had not converged)"):
        clf.fit(X * size, y)
    assert all(np.isfinite(array).all() for array in [*clf.coefs_, *clf.intercepts_])


@pytest.mark.parametrize(
    ("params", "warns"),
    [
        ({"learning_rate": "constant"}, True),
        ({"learning_rate": "adaptive", "n_estimators": 1}, True),
        ({"solver": "sgd", "learning_rate": "invscaling"}, True),
        ({"solver": "lbfgs", "tol": 0}, True),
        ({"learning_rate": "cosine"}, False),  # ends by itself at max_iter
        ({"learning_rate": "constant", "tol": 1e9, "n_iter_no_change": 1}, False),
        ({"solver": "lbfgs", "max_iter": 1000, "alpha": 1}, False),
    ],
)
def test_being_cut_off_is_a_warning(recwarn, small, params, warns):
    clf = small(early_stopping=False, **params).fit(X, y)
    network = "network" if clf.n_estimators == 1 else "of 3 networks"
    text = f"{clf.n_estimators} {network} had not converged after max_iter=4; give a larger"
    assert [str(warning.message).startswith(text) for warning in recwarn] == warns * [True]
    assert all(warning.category is ConvergenceWarning for warning in recwarn)

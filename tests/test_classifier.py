"""What the estimator's parameters, methods and attributes mean."""

import inspect
import pickle
import tracemalloc
from importlib.resources import files
from itertools import combinations, pairwise, product

import joblib
import numpy as np
import pytest
from blas import blas_threads
from hypothesis import example, given
from hypothesis import strategies as st
from learnt import assert_learnt_the_same
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from sknumpynet import NumpyMLPBinaryClassifier, workers
from sknumpynet.engine.training import train

SOLVERS = ["adam", "sgd", "lbfgs"]
FULL_BATCH = 10**6  # a batch larger than the data is all of it

every_solver = pytest.mark.parametrize("solver", SOLVERS)
with_and_without_folds = pytest.mark.parametrize("early_stopping", [True, False])
one_network_and_several = pytest.mark.parametrize("n_estimators", [1, 3])
cut_off = pytest.mark.filterwarnings(
    "ignore:.*had not converged:sklearn.exceptions.ConvergenceWarning"
)
pytestmark = cut_off  # few epochs are enough here


def logits_by_hand(clf, X):
    """Of every network of rectified units, from nothing but coefs_ and intercepts_."""
    coefs = [np.reshape(coef, (-1, *coef.shape[-2:])) for coef in clf.coefs_]
    biases = [np.reshape(bias, (-1, bias.shape[-1])) for bias in clf.intercepts_]
    logits = []
    for network in range(len(coefs[0])):
        a = np.asarray(X, float)
        for layer in range(len(coefs)):
            z = np.einsum("ni,io->no", a, coefs[layer][network]) + biases[layer][network]
            a = np.maximum(z, 0) if layer < len(coefs) - 1 else z
        logits.append(a[:, 0])
    return np.array(logits)


def line(coefs, dtype=np.float64):
    """Networks of one input and no hidden layer, with these weights: logits are coef * x."""
    clf = NumpyMLPBinaryClassifier(
        (), scale_inputs=None, n_estimators=len(coefs), max_iter=1, random_state=0
    ).fit(np.array([[-1], [1]], dtype), [0, 1])
    shape = (len(coefs), 1, 1) if len(coefs) > 1 else (1, 1)
    clf.coefs_ = [np.reshape(coefs, shape).astype(dtype)]
    clf.intercepts_ = [np.zeros(shape[:-1], dtype)]
    return clf


# Fitting ----------------------------------------------------------------------------------------


def test_nothing_is_learnt_before_fit(small):
    clf = small()
    assert vars(clf) == clf.get_params()
    assert [name for name in dir(clf) if name.endswith("_") and name[0] != "_"] == []


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("n_estimators", [1, 3])
def test_training_keeps_blas_to_one_thread(
    small, table, monkeypatch, two_blas_threads, n_estimators, n_jobs
):
    seen = []

    def spy(*args, **kwargs):
        seen.extend(blas_threads())
        return train(*args, **kwargs)

    monkeypatch.setattr(workers, "train", spy)
    small(n_estimators=n_estimators, n_jobs=n_jobs).fit(*table)
    assert set(seen) == {1}
    assert blas_threads() == two_blas_threads


def test_workers_may_share_products_so_large_that_blas_would(small):
    X = np.random.default_rng(0).normal(size=(512, 784)).astype(np.float32)
    clf = small(hidden_layer_sizes=(512,), batch_size=256, n_estimators=2, max_iter=2)
    with threadpool_limits(2, user_api="blas"):
        here = clone(clf).fit(X, X[:, 0] > 0)
        assert_learnt_the_same(clf.set_params(n_jobs=2).fit(X, X[:, 0] > 0), here)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_workers_may_be_processes_that_map_their_input(small, table, solver):
    clf = small(solver=solver, n_jobs=2, hidden_layer_sizes=(8, 8))
    here = clone(clf).fit(*table)
    with joblib.parallel_config("loky", max_nbytes=100):
        assert_learnt_the_same(clf.fit(*table), here)


@every_solver
def test_every_network_of_a_stack_is_another(small, table, solver):
    members = small(solver=solver).fit(*table).predict_proba_members(table[0])
    for one, other in combinations(members, 2):
        assert abs(one - other).max() > 1e-3


DIFFERENT = {
    "hidden_layer_sizes": (5,),
    "activation": "tanh",
    "loss": "squared_error",
    "solver": "lbfgs",
    "alpha": 10,
    "weight_decay": 1,
    "batch_size": 7,
    "learning_rate": "constant",
    "learning_rate_init": 0.01,
    "max_iter": 3,
    "shuffle": False,
    "random_state": 1,
    "early_stopping": False,
    "beta_1": 0.5,
    "beta_2": 0.5,
    "epsilon": 0.1,
    "n_estimators": 2,
    "scale_inputs": None,
    "numeric_bins": 4,
    "dropout": 0.5,
    "label_smoothing": 0.5,
    "max_grad_norm": 0.01,
    "class_weight": {0: 1, 1: 5},
}
WHERE_IT_MATTERS = [
    ("power_t", 0.1, {"learning_rate": "invscaling"}),
    ("momentum", 0.5, {"solver": "sgd"}),
    ("nesterovs_momentum", False, {"solver": "sgd"}),
    ("validation_fraction", 0.4, {"n_estimators": 1}),
    ("tol", 1e9, {"n_iter_no_change": 1}),
    ("n_iter_no_change", 1, {"tol": 1e9}),
    ("tol", 1e9, {"solver": "lbfgs"}),
    ("max_fun", 1, {"solver": "lbfgs"}),
    ("learning_rate", "invscaling", {"learning_rate": "constant"}),
    ("learning_rate", "adaptive", {"learning_rate": "constant", "tol": 1e9, "n_iter_no_change": 1}),
]


@pytest.mark.parametrize(
    ("name", "value", "given"),
    [(name, value, {}) for name, value in DIFFERENT.items()] + WHERE_IT_MATTERS,
)
def test_every_parameter_is_heard(small, table, name, value, given):
    base = {"early_stopping": True, "batch_size": 16, "random_state": 0}
    clf = small(**base | {"max_iter": 4} | given).fit(*table)
    other = clone(clf).set_params(**{name: value}).fit(*table)
    assert other.n_iter_ != clf.n_iter_ or not np.allclose(
        other.predict_proba(table[0]), clf.predict_proba(table[0]), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dropout", 0.5),
        ("weight_decay", 1),
        ("batch_size", 7),
        ("learning_rate_init", 10),
        ("max_grad_norm", 0.01),
        ("shuffle", False),
        ("n_iter_no_change", 1),  # without rows held out
    ],
)
def test_what_is_about_steps_means_nothing_to_lbfgs(small, table, name, value):
    clf = small(solver="lbfgs", early_stopping=name != "n_iter_no_change", max_iter=50)
    assert_learnt_the_same(clone(clf).set_params(**{name: value}).fit(*table), clf.fit(*table))


@every_solver
def test_a_network_stops_after_so_many_epochs_without_progress(small, table, solver):
    clf = small(solver=solver, early_stopping=True, max_iter=9, tol=1e9, n_iter_no_change=3)
    if solver == "lbfgs":  # there tol is that of the gradient
        clf.set_params(tol=0, max_iter=200)
    clf.fit(*table)
    if solver == "lbfgs":
        assert clf.n_iter_ == clf.best_iter_.max() + 3
    else:
        assert clf.n_iter_ == 1 + 3  # the first is progress, for nothing came before it


# Curves -----------------------------------------------------------------------------------------


@every_solver
@with_and_without_folds
def test_curves_are_numbers_for_one_network_and_arrays_for_several(
    small, table, solver, early_stopping
):
    params = {"solver": solver, "early_stopping": early_stopping, "max_iter": 30, "tol": 1e-3}
    one = small(**params, n_estimators=1, n_iter_no_change=2).fit(*table)
    stack = small(**params, n_iter_no_change=2).fit(*table)
    for clf, shape in (one, ()), (stack, (3,)):
        curves = [clf.loss_curve_] + [clf.validation_curve_] * early_stopping
        for curve in curves:
            assert isinstance(curve, list)
            assert np.shape(curve) == (clf.n_iter_, *shape)
        if not early_stopping:
            assert clf.validation_curve_ is None
        judged = np.reshape(curves[-1], (clf.n_iter_, -1))
        assert_array_equal(np.reshape(clf.best_iter_, -1), np.nanargmin(judged, axis=0) + 1)
        assert_allclose(clf.best_loss_, np.nanmin(judged, axis=0).mean())
        losses = np.reshape(clf.loss_curve_, (clf.n_iter_, -1))
        last = [column[np.isfinite(column)][-1] for column in losses.T]
        assert_allclose(clf.loss_, np.mean(last))
    assert isinstance(one.loss_curve_[0], float)
    assert isinstance(one.best_iter_, int)
    n_run = np.isfinite(stack.loss_curve_).sum(axis=0)
    assert n_run.max() == stack.n_iter_
    assert_array_equal(np.isnan(stack.loss_curve_), np.arange(stack.n_iter_)[:, None] >= n_run)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("learning_rate_init", [3, 30, 1000])
def test_without_rows_held_out_what_is_kept_is_no_worse_than_the_start(
    small, table, solver, learning_rate_init
):
    X, y = table
    clf = small(solver=solver, learning_rate_init=learning_rate_init, early_stopping=False)
    clf.set_params(alpha=0, batch_size=FULL_BATCH).fit(X, y)
    for first, p in zip(clf.loss_curve_[0], clf.predict_proba_members(X), strict=True):
        assert log_loss(y, p) <= first + 1e-12


# partial_fit and warm_start ---------------------------------------------------------------------


STEADY = {"learning_rate": "constant", "learning_rate_init": 0.003, "early_stopping": False}


def test_the_rate_of_a_stream_does_not_fall_along_a_cosine(small, table):
    X, y = table
    cosine, constant = small(batch_size=16), small(batch_size=16, learning_rate="constant")
    for clf in (cosine, constant):
        clf.partial_fit(X, y, classes=[0, 1]).partial_fit(X, y)
    assert_learnt_the_same(cosine, constant)


def test_a_piece_of_weight_zero_changes_nothing(small, table):
    X, y = table
    for class_weight in (None, {0: 1, 1: 2}):
        clf = small(class_weight=class_weight).partial_fit(X, y, classes=[0, 1])
        before = pickle.dumps(vars(clf))
        clf.partial_fit(X, y, sample_weight=np.zeros(60))
        assert pickle.dumps(vars(clf)) == before


def test_a_column_constant_in_the_first_piece_counts_in_later_ones(small, table):
    X, y = table
    for scale_inputs in ("robust", "standard"):
        clf = small(scale_inputs=scale_inputs).partial_fit(X * [1, 1, 0], y, [0, 1])
        clf.partial_fit(X, y)
        assert abs(clf.predict_proba(X) - clf.predict_proba(X * [1, 1, 0])).max() > 1e-3


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@one_network_and_several
@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
def test_a_warm_start_goes_on_where_fit_stopped(small, table, solver, n_estimators, scale_inputs):
    params = {"solver": solver, "n_estimators": n_estimators, "batch_size": FULL_BATCH, "tol": 0}
    params |= {"scale_inputs": scale_inputs}
    whole = small(**STEADY, **params, max_iter=10).fit(*table)
    halves = small(**STEADY, **params, max_iter=5, warm_start=True).fit(*table).fit(*table)
    but = ("n_iter_", "best_iter_")
    assert_learnt_the_same(halves, whole, but, rtol=1e-9, atol=1e-12)
    assert len(halves.loss_curve_) == 10
    assert halves.n_iter_ == 5


def test_a_warm_start_of_lbfgs_begins_with_what_it_had(small, table):
    clf = small(solver="lbfgs", early_stopping=False, warm_start=True).fit(*table)
    before = np.array(clf.loss_curve_[-1])
    clf.fit(*table)
    assert len(clf.loss_curve_) == 8
    assert (clf.loss_curve_[4] < before).all()
    assert (clf.loss_curve_[4] > before - 0.1).all()


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "batch_size"),
    [
        *[(64, 2, 64), (65, 2, 64), (3000, 2, 100), (9000, 2, 256)],
        *[(64, 8192, 64), (600, 8191, 64), (600, 8192, 256)],
    ],
)
def test_auto_is_a_batch_of_that_size(small, n_rows, n_columns, batch_size):
    y, X = np.arange(n_rows) % 2, np.zeros((n_rows, n_columns), np.float32)
    X[:, 0] = y
    params = {"hidden_layer_sizes": (1,), "n_estimators": 1, "early_stopping": False}
    given, auto = (
        small(**params, max_iter=1, batch_size=size).fit(sparse.csr_array(X), y)
        for size in (batch_size, "auto")
    )
    assert_array_equal(auto.predict_proba(X), given.predict_proba(X))


# What X may be ----------------------------------------------------------------------------------


def some_zeros(X):
    return np.where(abs(X) < 0.5, -0.0, X)


@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
def test_untidy_sparse_rows_equal_tidy_ones_and_stay_as_they_are(
    small, table, every_width, scale_inputs
):
    tidy, y = sparse.csr_array(some_zeros(table[0])), table[1]
    untidy = sparse.csr_array(
        (  # each row backwards, its values in two halves, and three zeros
            np.concatenate([np.tile(row[::-1] / 2, 2) for row in tidy.toarray()]),
            np.tile([2, 1, 0], 120),
            np.arange(0, 361, 6),
        ),
        shape=tidy.shape,
    )
    parts = {name: getattr(untidy, name).copy() for name in ("data", "indices", "indptr")}
    clf = small(scale_inputs=scale_inputs, early_stopping=True)
    expected = clone(clf).fit(tidy, y, X_val=tidy, y_val=y)
    clf.fit(untidy, y, X_val=untidy, y_val=y)
    assert_allclose(clf.predict_proba(untidy), expected.predict_proba(tidy), rtol=1e-12)
    assert_allclose(clf.validation_curve_, expected.validation_curve_, rtol=1e-12)
    clf.fit(untidy, y)
    assert_allclose(clf.oof_proba_, clf.fit(tidy, y).oof_proba_, rtol=1e-12)
    for name, value in parts.items():
        assert_array_equal(getattr(untidy, name), value)


@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
@pytest.mark.parametrize("numeric_bins", [0, 8])
def test_to_predict_sparse_rows_takes_no_more_memory_than_rows_and_weights(
    small, scale_inputs, numeric_bins
):
    n_rows, n_columns = 1000, 1 << 17
    density = 50 / n_columns
    X = sparse.random_array((n_rows, n_columns), density=density, format="csr", random_state=0)
    X.data -= 0.5
    y = np.arange(n_rows) % 2
    clf = small(max_iter=1, scale_inputs=scale_inputs, numeric_bins=numeric_bins, n_estimators=1)
    clf.fit(X[:100], y[:100])
    clf.predict_proba(X)
    tracemalloc.start()
    clf.predict_proba(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    parts = [X.data, X.indices, X.indptr, *clf.coefs_, *clf.intercepts_]
    assert peak < 3 * sum(part.nbytes for part in parts)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_wide_sparse_table_with_numbers_far_from_zero_equals_the_dense_one(small, dtype):
    """One-hot post codes beside years and blood pressures, and a number of six digits."""
    rng = np.random.default_rng(0)
    numbers = [rng.integers(1995, 2025, 300), rng.normal(125, 12, 300), 1e6 + rng.normal(size=300)]
    X = np.column_stack([*numbers, np.eye(300)[rng.integers(0, 300, 300)]]).astype(dtype)
    y = (rng.normal(size=300) + (numbers[0] - 2010) / 5 > 0).astype(int)
    for scale_inputs in ("robust", "standard"):
        params = {"scale_inputs": scale_inputs, "numeric_bins": 8, "max_iter": 20}
        params["precision"] = np.dtype(dtype).name
        clf = small(**params).fit(sparse.csr_array(X), y)
        dense = small(**params).fit(X, y)
        expected, eps = dense.predict_proba(X), np.finfo(dtype).eps
        assert np.ptp(expected[:, 1]) > 0.3
        if (
            scale_inputs == "robust"
        ):  # the other is folded into the first layer, at six digits' cost
            assert_allclose(clf.predict_proba(sparse.csr_array(X)), expected, atol=1e4 * eps)
        assert_allclose(clf.validation_curve_, dense.validation_curve_, rtol=1e4 * eps)


# Scaling ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@one_network_and_several
@pytest.mark.parametrize("numeric_bins", [0, 3])
def test_outliers_cannot_break_a_robust_scale(small, table, dtype, n_estimators, numeric_bins):
    X, y = table[0].astype(dtype), table[1]
    params = {"n_estimators": n_estimators, "numeric_bins": numeric_bins}
    clf = small(**params).fit(X, y)
    for far in (1e30, np.finfo(dtype).max):
        rows = np.array([[far, -far, 0], [-far, far, far], [1e-30, 0, -far]], dtype)
        assert np.isfinite(clf.predict_log_proba(rows)).all()
        limit = np.clip(rows, -1e12, 1e12)  # beyond 3 interquartile ranges nothing changes
        assert_allclose(clf.predict_proba(rows), clf.predict_proba(limit), rtol=1e-5)
        with_outlier = np.concatenate([X, rows])
        refitted = small(**params).fit(with_outlier, [*y, 0, 1, 1])
        assert np.isfinite(refitted.predict_log_proba(with_outlier)).all()
        assert np.ptp(refitted.predict_proba(X)[:, 1]) > 0.05  # the other rows still differ


@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
@pytest.mark.parametrize("constant", [0.0, 7.0, 1e9, 0.1])
def test_a_constant_column_is_ignored(small, table, scale_inputs, constant):
    X, y = np.column_stack([table[0], np.full(60, constant)]), table[1]
    clf = small(scale_inputs=scale_inputs).fit(X, y)
    other = np.column_stack([table[0], np.arange(60.0)])
    assert_array_equal(clf.predict_proba(other), clf.predict_proba(X))
    if scale_inputs == "standard":
        assert_array_equal(clf.coefs_[0][:, 3], 0)


# coefs_ and intercepts_ -------------------------------------------------------------------------


@one_network_and_several
@pytest.mark.parametrize("scale_inputs", ["standard", None])
@pytest.mark.parametrize("hidden_layer_sizes", [(), 4, (4, 3)])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_coefs_compute_on_raw_inputs(
    small, table, n_estimators, scale_inputs, hidden_layer_sizes, container
):
    X, y = table
    clf = small(
        n_estimators=n_estimators,
        scale_inputs=scale_inputs,
        hidden_layer_sizes=hidden_layer_sizes,
        early_stopping=True,
    ).fit(container(X), y)
    sizes = [3, *np.atleast_1d(hidden_layer_sizes).astype(int), 1]
    stack = (n_estimators,) if n_estimators > 1 else ()
    shapes = [(*stack, a, b) for a, b in pairwise(sizes)]
    assert [coef.shape for coef in clf.coefs_] == shapes
    assert [bias.shape for bias in clf.intercepts_] == [(*stack, size) for size in sizes[1:]]
    assert (clf.n_layers_, clf.n_outputs_, clf.out_activation_) == (len(sizes), 1, "logistic")
    logits = logits_by_hand(clf, X)
    assert_allclose(clf.predict_proba_members(container(X)), expit(logits), rtol=1e-10)
    if n_estimators == 1:
        assert_allclose(clf.decision_function(X), logits[0], rtol=1e-8, atol=1e-12)


@one_network_and_several
@pytest.mark.parametrize("in_place", [True, False])
def test_predictions_follow_edited_coefs(small, table, n_estimators, in_place):
    X, y = table
    clf = small(n_estimators=n_estimators, scale_inputs=None).fit(X, y)
    clf.predict(X)
    for name, layer in product(("coefs_", "intercepts_"), range(2)):
        before = clf.predict_proba_members(X)
        if in_place:
            getattr(clf, name)[layer] += 0.5
        else:
            getattr(clf, name)[layer] = getattr(clf, name)[layer] + 0.5
        after = clf.predict_proba_members(X)
        assert_allclose(after, expit(logits_by_hand(clf, X)), rtol=1e-10)
        assert (abs(after - before).max(axis=1) > 1e-3).all()


# Predicting -------------------------------------------------------------------------------------


LOGITS = st.floats(-1e4, 1e4, width=32)


NEAR_TIES = [0.0, -0.0, 1e-9, -1e-9, 1e-45, -1e-45]


@example(x=NEAR_TIES, coefs=[1], dtype=np.float64)
@example(x=NEAR_TIES, coefs=[1, 1], dtype=np.float64)
@example(x=NEAR_TIES, coefs=[1], dtype=np.float32)
@example(x=NEAR_TIES, coefs=[1, 1], dtype=np.float32)
@given(
    x=st.lists(LOGITS, min_size=1, max_size=8),
    coefs=st.sampled_from([[1], [1, -1], [1, -0.5, 0.25], [1, 1], [1e4, -1e4], [1, 0, -1]]),
    dtype=st.sampled_from([np.float64, np.float32]),
)
def test_predictions_agree_with_one_another(x, coefs, dtype):
    clf, X = line(coefs, dtype), np.array(x, dtype)[:, np.newaxis]
    log_odds, proba, log_proba = (
        clf.decision_function(X),
        clf.predict_proba(X),
        clf.predict_log_proba(X),
    )
    assert {log_odds.dtype, proba.dtype, log_proba.dtype} == {np.dtype(dtype)}
    assert_array_equal(clf.predict(X), log_odds > 0)
    assert_array_equal(clf.predict(X), proba.argmax(axis=1))
    assert (proba > 0).all()
    assert (proba < 1).all()
    assert_allclose(proba.sum(axis=1), 1, rtol=2 * np.finfo(dtype).eps)
    assert np.isfinite(log_proba).all()
    assert (log_proba <= 0).all()
    moderate = abs(log_odds) < 10
    tolerance = {"rtol": 200 * np.finfo(dtype).eps, "atol": 20 * np.finfo(dtype).eps}
    assert_allclose(log_proba[moderate], np.log(proba[moderate]), **tolerance)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [100, 1e4])
def test_log_probabilities_do_not_saturate(dtype, size):
    X = np.array([[size], [-size]], dtype)
    expected = [[-size, 0], [0, -size]]
    assert_allclose(line([1], dtype).predict_log_proba(X), expected, rtol=1e-6, atol=1e-30)
    of_several = line([1, 2, 3], dtype).predict_log_proba(X)
    limit = -np.log(np.finfo(dtype).tiny) - 2
    assert of_several[0, 0] == pytest.approx(of_several[1, 1], rel=1e-6)
    assert of_several[0, 0] < -min(size, limit)


@pytest.mark.parametrize("coefs", [[1e10], [1e10, 2e10]])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_logit_beyond_all_numbers_is_still_a_probability(coefs, dtype):
    clf, X = line(coefs, dtype), np.array([[1], [-1]], dtype) * np.finfo(dtype).max
    assert np.isfinite(clf.predict_log_proba(X)).all()
    assert_array_equal(clf.predict(X), [1, 0])
    assert_array_equal(clf.predict_proba(X).argmax(axis=1), [1, 0])


def test_opposed_networks_are_a_tie():
    for dtype in (np.float64, np.float32):
        X = np.linspace(-30, 30, 50, dtype=dtype)[:, np.newaxis]
        assert_array_equal(line([1, -1], dtype).decision_function(X), 0)
        assert_array_equal(line([1, -1], dtype).predict(X), 0)


# Showing itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("fitted", [True, False])
def test_it_shows_itself_in_a_notebook(small, table, fitted):
    clf = small().fit(*table) if fitted else small()
    assert "NumpyMLPBinaryClassifier" in clf._repr_html_()
    assert "hidden_layer_sizes=(4,)" in repr(clf)
    assert repr(NumpyMLPBinaryClassifier(alpha=1.0)) == "NumpyMLPBinaryClassifier(alpha=1.0)"


def test_a_notebook_shows_what_a_parameter_means():
    pytest.importorskip("sklearn.utils._repr_html.common", reason="needs scikit-learn 1.8")
    shown = NumpyMLPBinaryClassifier()._repr_html_()
    for name in NumpyMLPBinaryClassifier().get_params():
        assert f"{name}: " in shown  # as its help begins
    assert "Strength of the L2 penalty" in shown


def test_public_signatures_are_annotated():
    for name, method in vars(NumpyMLPBinaryClassifier).items():
        if (name.startswith("_") and name != "__init__") or not callable(method):
            continue
        signature = inspect.signature(getattr(NumpyMLPBinaryClassifier, name))
        annotations = [p.annotation for p in signature.parameters.values() if p.name != "self"]
        assert inspect.Signature.empty not in [*annotations, signature.return_annotation], name
    assert files("sknumpynet").joinpath("py.typed").is_file()

"""The arithmetic of the networks: which it is, and that float32 gives what float64 does."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, make_classification, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from sknumpynet import NumpyMLPBinaryClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 3))
Y = (X[:, 0] - X[:, 1] ** 2 / 2 + RNG.normal(size=240) / 2 > 0).astype(int)
PRECISIONS = ["float32", "float64"]
PERSISTED = sorted((Path(__file__).parent / "persisted").glob("0.1.0*.pkl"))


def trained_in(clf):
    """The arithmetic of the last training: that of Adam's state."""
    (dtype,) = {array.dtype.name for array in clf._optimizer["state"].values()}
    return dtype


# Which ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale_inputs", ["robust", None])
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_precision_asked_for_is_that_of_the_weights(
    small, precision, dtype, scale_inputs, solver
):
    params = {"solver": solver, "precision": precision, "scale_inputs": scale_inputs}
    clf = small(**params, tol=0.1).fit(X.astype(dtype), Y)
    assert {array.dtype.name for array in clf.coefs_ + clf.intercepts_} == {precision}
    for of_rows in PRECISIONS:
        proba = clf.predict_proba(X.astype(of_rows))
        assert proba.dtype == np.result_type(of_rows, precision)
    assert clf.oof_proba_.dtype == dtype


@pytest.mark.parametrize(
    ("params", "dtype", "n_rows", "expected"),
    [
        ({}, "float64", 99, "float64"),
        ({}, "float64", 100, "float32"),
        ({"solver": "sgd"}, "float64", 100, "float32"),
        ({"solver": "lbfgs", "tol": 0.1}, "float64", 200, "float64"),
        ({}, "float32", 20, "float32"),
        ({"solver": "lbfgs", "tol": 0.1}, "float32", 20, "float32"),
    ],
)
def test_auto_goes_by_table_rows_and_solver(small, params, dtype, n_rows, expected):
    clf = small(**params).fit(X[:n_rows].astype(dtype), Y[:n_rows])
    assert clf.coefs_[0].dtype == expected


def test_neither_weights_nor_copies_of_rows_are_more_rows(small):
    few = slice(99)
    assert small().fit(X[few], Y[few], np.full(99, 9)).coefs_[0].dtype == np.float64
    twice = np.tile(X[few], (3, 1)), np.tile(Y[few], 3)
    assert small().fit(*twice).coefs_[0].dtype == np.float64
    counts = np.arange(120) < 99
    assert small().fit(X[:120], Y[:120], counts).coefs_[0].dtype == np.float64


def test_the_first_piece_of_a_stream_decides(small):
    clf = small().partial_fit(X[:99], Y[:99], classes=[0, 1]).partial_fit(X, Y)
    assert trained_in(clf) == "float64"
    clf = small().partial_fit(X[:100], Y[:100], classes=[0, 1]).partial_fit(X[:9], Y[:9])
    assert trained_in(clf) == "float32"


@pytest.mark.parametrize("goes_on", ["fit", "partial_fit"])
@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
def test_going_on_keeps_the_arithmetic_unless_told_otherwise(small, scale_inputs, goes_on):
    clf = small(warm_start=True, scale_inputs=scale_inputs, precision="float64").fit(X, Y)
    for precision, rows, expected in (
        ("auto", X.astype(np.float32), "float64"),
        ("float32", X, "float32"),
        ("auto", X[:20], "float32"),
        ("float64", X.astype(np.float32), "float64"),
    ):
        before = clf.predict_proba(X)
        clf.set_params(precision=precision, learning_rate_init=1e-9)
        getattr(clf, goes_on)(rows, Y[: len(rows)])
        assert trained_in(clf) == expected
        assert_allclose(clf.predict_proba(X), before, atol=1e-5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.filterwarnings("ignore:.*had not converged:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("file", PERSISTED, ids=lambda file: file.stem)
@pytest.mark.parametrize("goes_on", ["fit", "partial_fit"])
def test_networks_of_0_1_0_go_on_in_their_arithmetic(file, goes_on):
    clf = pickle.loads(file.read_bytes())[0]
    dtype, n_networks = clf.coefs_[0].dtype, clf.n_estimators
    rows = np.random.default_rng(0).normal(size=(150, clf.n_features_in_))
    left_to_it = ("n_estimators", "max_iter", "n_iter_no_change")
    clf.set_params(warm_start=True, solver="adam", **dict.fromkeys(left_to_it, "auto"))
    getattr(clf, goes_on)(rows, clf.classes_[(rows[:, 0] > 0).astype(int)])
    assert trained_in(clf) == dtype
    assert len(clf.predict_proba_members(rows)) == n_networks


# What float32 gives -----------------------------------------------------------------------------


TABLES = {
    "breast cancer": lambda: load_breast_cancer(return_X_y=True),
    "moons": lambda: make_moons(600, noise=0.3, random_state=0),
    "classification": lambda: make_classification(800, 12, flip_y=0.1, random_state=0),
}


@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
@pytest.mark.parametrize("name", TABLES)
def test_float32_has_the_log_loss_of_float64(name, scale_inputs):
    table, labels = TABLES[name]()
    half = np.random.default_rng(0).permutation(len(labels))[: len(labels) // 2]
    rest = np.setdiff1d(np.arange(len(labels)), half)
    losses = []
    for precision in PRECISIONS:
        params = {"precision": precision, "scale_inputs": scale_inputs, "random_state": 0}
        clf = NumpyMLPBinaryClassifier((50,), **params).fit(table[half], labels[half])
        losses.append(log_loss(labels[rest], clf.predict_proba(table[rest])))
    assert abs(losses[0] - losses[1]) < 0.001


UNITS = {
    "far": (1e9, 1.0),
    "tiny": (0.0, 1e-200),
    "huge": (1e200, 1e200),
    "far and tiny": (1, 1e-9),
}


@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
@pytest.mark.parametrize("bins", [0, 8])
@pytest.mark.parametrize("unit", UNITS)
def test_offset_and_unit_of_a_column_cost_float32_nothing(small, unit, bins, scale_inputs):
    offset, size = UNITS[unit]
    fit, new = slice(160), slice(160, None)
    params = {"precision": "float32", "scale_inputs": scale_inputs, "numeric_bins": bins}
    # Folds depend on values, not on scales; the optimizer's state is kept for warm starts.
    params |= {"max_iter": 20, "early_stopping": False, "warm_start": True}
    clf, plain = small(**params), small(**params)
    clf.fit(offset + size * X[fit], Y[fit])
    p = clf.predict_proba(offset + size * X[new])
    expected = plain.fit(X[fit], Y[fit]).predict_proba(X[new])
    assert trained_in(clf) == "float32"
    assert_allclose(clf.loss_curve_, plain.loss_curve_, rtol=1e-3)
    assert_allclose(log_loss(Y[new], p), log_loss(Y[new], expected), atol=1e-3)
    assert np.ptp(p[:, 1]) > 0.3


@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
@pytest.mark.parametrize("n_estimators", [1, 3])
def test_values_beyond_float32_give_probabilities(small, scale_inputs, n_estimators):
    params = {"scale_inputs": scale_inputs, "n_estimators": n_estimators, "precision": "float32"}
    far_off = np.where(np.arange(240)[:, np.newaxis] % 80 == 7, 1e300 * X, X)
    clf, other = small(**params).fit(X, Y), small(**params)
    if scale_inputs is None:  # as in float64, where such columns come as they are
        with pytest.warns(ConvergenceWarning, match="diverged"):
            other.fit(far_off, Y)
    else:
        other.fit(far_off, Y)
    for p in clf.predict_proba(far_off), other.predict_proba(far_off):
        assert ((p > 0) & (p < 1)).all()


@pytest.mark.parametrize("of_rows", PRECISIONS)
@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
@pytest.mark.parametrize("n_estimators", [1, 3])
def test_predictions_agree_with_one_another_in_float32(small, of_rows, scale_inputs, n_estimators):
    params = {"scale_inputs": scale_inputs, "n_estimators": n_estimators, "precision": "float32"}
    clf = small(**params).fit(X, np.where(Y, "yes", "no"))
    for bias in clf.intercepts_[:-1]:
        bias[...] = 0
    size = np.geomspace(1e-30, 1e30, 4000)[:, np.newaxis]  # logits from next to none to the largest
    rows = (size * np.random.default_rng(1).normal(size=(4000, 3))).astype(of_rows)
    clf.intercepts_[-1] -= np.median(clf.decision_function(rows))
    is_positive = clf.decision_function(rows) > 0
    assert 0 < is_positive.sum() < 4000
    assert_array_equal(is_positive, clf.predict(rows) == "yes")
    assert_array_equal(clf.predict(rows), clf.classes_[clf.predict_proba(rows).argmax(axis=1)])


def test_a_probability_of_a_double_table_is_as_fine_as_a_double(small):
    """The mean over networks, and what is near 0 or 1, are not rounded to seven digits."""
    clf = small(precision="float32", max_iter=20).fit(X, Y)
    p = clf.predict_proba(100 * X)
    assert (p != p.astype(np.float32)).mean() > 0.9
    assert_allclose(p[:, 1], clf.predict_proba_members(100 * X).mean(axis=0), rtol=1e-12)


def test_precision_is_a_parameter_like_any_other(small):
    clf = clone(small(precision="float32"))
    assert clf.get_params()["precision"] == "float32"
    assert clf.fit(X, Y).set_params(precision="float64").predict_proba(X).dtype == np.float64
    assert clf.coefs_[0].dtype == np.float32

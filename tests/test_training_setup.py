"""What "auto" is: how many networks, bins and epochs, how much patience, which rate."""

from types import SimpleNamespace

import numpy as np
import pytest

from sknumpynet import NumpyMLPBinaryClassifier, training_setup
from sknumpynet.engine.objective import Rows
from sknumpynet.fitted import as_fitted, stack_of
from sknumpynet.parameters import plain_parameters
from sknumpynet.training_setup import decide_course, make_plan

RNG = np.random.default_rng(0)
X = RNG.normal(size=(41, 2))
Y = (X[:, 0] + RNG.normal(size=41) > 0).astype(int)


def auto(**params):
    """With its default number of networks, small otherwise."""
    return NumpyMLPBinaryClassifier((3,), **{"max_iter": 2, "random_state": 0} | params)


# Networks ---------------------------------------------------------------------------------------


@pytest.fixture
def many_are_above_40(monkeypatch):
    monkeypatch.setattr(training_setup, "MANY_ROWS", 40)


@pytest.mark.parametrize(
    ("rows", "weight", "expected"),
    [
        (np.arange(40), None, 8),
        (np.arange(41), None, 4),
        (np.arange(41), np.arange(41) > 0, 8),  # a weight of 0 leaves a row out
        (np.tile(np.arange(40), 3), None, 8),  # copies
        (np.arange(40), np.full(40, 9), 8),
    ],
)
def test_there_are_fewer_networks_for_many_rows(many_are_above_40, rows, weight, expected):
    clf = auto().fit(X[rows], Y[rows], weight)
    assert len(clf.coefs_[0]) == len(clf.predict_proba_members(X)) == expected
    assert as_fitted(clf).n_estimators == expected
    assert clf.n_estimators == "auto"


def test_rows_that_are_counts_are_rows(many_are_above_40):
    table = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (12, 1))  # both labels in each cell
    labels = np.arange(48) // 4 % 2
    assert len(auto().fit(table, labels).coefs_[0]) == 4


def test_a_stream_has_the_networks_of_few_rows(many_are_above_40):
    clf = auto().partial_fit(X, Y, classes=[0, 1])
    assert len(clf.coefs_[0]) == len(clf.partial_fit(X, Y).coefs_[0]) == 8


@pytest.mark.parametrize("goes_on", ["fit", "partial_fit"])
def test_auto_goes_on_with_as_many_networks_as_there_are(many_are_above_40, goes_on):
    clf = auto(n_estimators=3, warm_start=True).fit(X[:20], Y[:20]).set_params(n_estimators="auto")
    assert len(getattr(clf, goes_on)(X, Y).coefs_[0]) == 3
    clf.set_params(n_estimators=4)
    with pytest.raises(ValueError, match=r"cannot go on with 3 network\(s\)"):
        getattr(clf, goes_on)(X, Y)


def test_the_default_is_for_more_rows_than_a_laptop_s_table():
    assert training_setup.MANY_ROWS == 50_000


# Bins -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "expected"),
    [(1999, 2, 8), (2000, 2, 16), (2000, 16, 16), (2000, 17, 15), (2000, 29, 8), (2000, 33, 8)],
)
def test_bins_are_finer_for_some_thousand_rows_and_few_columns(n_rows, n_columns, expected):
    rows = np.random.default_rng(1).normal(size=(n_rows, n_columns))
    rows, labels = np.repeat(rows, 2, axis=0), np.repeat(rows[:, 0] > 0, 2)  # copies are no more
    clf = auto(n_estimators=1).fit(rows, labels)
    assert len(clf.input_names_) == n_columns * (1 + expected)
    clf = auto(n_estimators=1, numeric_bins=8).fit(rows, labels)
    assert len(clf.input_names_) == n_columns * 9


# Rate -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("averaging", "expected"), [(True, 0.05), (False, 0.03)])
def test_the_rate_is_higher_where_weights_are_averaged(averaging, expected):
    rows = Rows(X, np.arange(41), np.ones(41), np.ones(41))
    params, stack = plain_parameters(auto(averaging=averaging)), stack_of(auto().fit(X, Y))
    assert make_plan(params, stack, rows, seed=0).learning_rate_init == expected
    params.learning_rate_init = 0.1
    assert make_plan(params, stack, rows, seed=0).learning_rate_init == 0.1


# Epochs -----------------------------------------------------------------------------------------


def decided(n_steps, **params):
    """The epochs and the patience for so many batches an epoch."""
    n_rows = 10 * n_steps
    index = np.arange(n_rows)
    rows = Rows(np.zeros((n_rows, 1)), index, np.ones(n_rows), np.ones(n_rows))
    params = {"solver": "adam", "batch_size": 10, "max_iter": "auto"} | params
    params = SimpleNamespace(**{"n_iter_no_change": "auto", "averaging": "auto"} | params)
    decide_course(params, rows, validation=None, is_stream=False)
    return params.max_iter, params.n_iter_no_change


@pytest.mark.parametrize(
    ("n_steps", "expected"),
    [
        (1, (200, 60)),
        (2, (200, 30)),
        (7, (200, 9)),
        (10, (200, 6)),
        (60, (200, 6)),
        (61, (196, 6)),
        (166, (72, 6)),
        (200, (60, 5)),
        (201, (59, 5)),
        (250, (48, 4)),
        (500, (24, 2)),
        (4000, (3, 2)),
        (40000, (3, 2)),
    ],
)
def test_epochs_make_some_12_000_steps_and_patience_60_to_1_000(n_steps, expected):
    assert decided(n_steps) == decided(n_steps, solver="sgd") == expected
    assert decided(n_steps, solver="lbfgs") == (200, 6)


@pytest.mark.parametrize(
    ("solver", "has_validation", "is_stream", "expected"),
    [
        ("adam", True, False, (True, True, False)),
        ("adam", False, False, (False, True, False)),
        ("adam", False, True, (False, False, False)),
        ("sgd", True, False, (False, True, False)),
        ("lbfgs", True, False, (False, False, False)),
    ],
)
def test_weights_are_averaged_for_adam_where_rows_judge(
    solver, has_validation, is_stream, expected
):
    rows = Rows(np.zeros((9, 1)), np.arange(9), np.ones(9), np.ones(9))
    for averaging, is_averaged in zip(("auto", True, False), expected, strict=True):
        params = SimpleNamespace(
            solver=solver, batch_size=3, max_iter=1, n_iter_no_change=1, averaging=averaging
        )
        decide_course(params, rows, rows if has_validation else None, is_stream)
        assert params.averaging is is_averaged


def test_numbers_stay_as_they_are():
    assert decided(1000, max_iter=7, n_iter_no_change=np.inf) == (7, np.inf)
    assert decided(1000, max_iter=7) == (7, 2)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_whoever_reads_an_estimator_is_told_the_numbers(solver, monkeypatch):
    monkeypatch.setattr(training_setup, "STEPS", 40)
    clf = auto(solver=solver, max_iter="auto", batch_size=10, tol=0.1).fit(X, Y)
    fitted = as_fitted(clf)
    of_batches = (8, 12)  # five an epoch
    expected = {"lbfgs": (200, 6)}.get(solver, of_batches)
    assert (fitted.max_iter, fitted.n_iter_no_change) == expected
    assert (clf.max_iter, clf.n_iter_no_change) == ("auto", "auto")
    assert clf.n_iter_ <= fitted.max_iter


def test_the_cosine_ends_with_the_epochs_decided(monkeypatch):
    monkeypatch.setattr(training_setup, "STEPS", 40)
    params = {"batch_size": 10, "early_stopping": False, "n_iter_no_change": np.inf}
    clf, other = auto(max_iter="auto", **params).fit(X, Y), auto(max_iter=8, **params).fit(X, Y)
    assert clf.n_iter_ == 8
    np.testing.assert_array_equal(clf.predict_proba(X), other.predict_proba(X))

"""An interrupt from the keyboard ends a fit with the best weights so far, usable, and a warning."""

import signal
import threading
import time
from _thread import interrupt_main

import joblib
import numpy as np
import pytest
from learnt import PREDICTIONS, assert_learnt_the_same
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from sknumpynet import NumpyMLPBinaryClassifier, diagnose, training_setup
from sknumpynet.engine import prediction
from sknumpynet.engine.network import Network
from sknumpynet.engine.objective import Objective
from sknumpynet.engine.optimizers import OPTIMIZERS

BY_STEPS = {"batch_size": 20, "learning_rate": "constant", "tol": 0, "early_stopping": True}
ENDLESS = BY_STEPS | {"max_iter": 10**6, "n_iter_no_change": np.inf}


@pytest.fixture(autouse=True)
def _heeds_interrupts():
    """As from a terminal: a script starts what runs in its background with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupts(monkeypatch, owner, name, call, interrupt=None):
    """A function whose so manyth call is interrupted before it begins."""
    works, n_calls = getattr(owner, name), 0

    def impatient(*args, **kwargs):
        nonlocal n_calls
        n_calls += 1
        if n_calls == call:
            if interrupt is None:
                raise KeyboardInterrupt
            interrupt()
        return works(*args, **kwargs)

    monkeypatch.setattr(owner, name, impatient)


def interrupted(after):
    return pytest.warns(UserWarning, match=f"interrupted after {after}; the best weights so far")


def assert_usable(clf, X, y):
    for name in PREDICTIONS:
        assert np.isfinite(getattr(clf, name)(X)).all()
    assert str(diagnose(clf, X, y, trials=False))


@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_an_interrupted_fit_is_the_fit_that_ended_with_the_epoch_before(
    small, table, monkeypatch, solver, n_estimators, scale_inputs
):
    params = {"solver": solver, "n_estimators": n_estimators, "scale_inputs": scale_inputs}
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        shorter = small(**BY_STEPS, **params, max_iter=2).fit(*table)
    interrupts(monkeypatch, Network, "backward", call=3 * 2 + 2)  # three steps an epoch
    with interrupted("2 epochs") as warned:
        clf = small(**BY_STEPS, **params, max_iter=9).fit(*table)
    assert warned[0].filename == __file__
    assert_learnt_the_same(clf, shorter)


def test_without_rows_held_out_the_epoch_of_the_lowest_loss_is_kept(small, table, monkeypatch):
    params = BY_STEPS | {"early_stopping": False, "learning_rate_init": 0.5}
    interrupts(monkeypatch, Network, "backward", call=3 * 30 + 2)
    with interrupted("30 epochs"):
        clf = small(**params, max_iter=99, n_iter_no_change=99).fit(*table)
    assert_array_equal(clf.best_iter_, np.argmin(clf.loss_curve_, axis=0) + 1)
    assert clf.best_iter_.min() < 30
    assert_usable(clf, *table)


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("n_estimators", [1, 3])
def test_within_the_first_epoch_its_steps_are_kept(
    small, table, monkeypatch, n_estimators, early_stopping
):
    X, y = table
    params = BY_STEPS | {"n_estimators": n_estimators, "early_stopping": early_stopping}
    start = small(**params | {"learning_rate_init": 1e-300}, max_iter=1).fit(X, y)
    interrupts(monkeypatch, Network, "backward", call=3)
    with interrupted("0 epochs.*"):
        clf = small(**params).fit(X, y)
    assert (clf.n_iter_, clf.loss_curve_) == (0, [])
    for kept, first in zip(clf.coefs_, start.coefs_, strict=True):
        assert 0 < abs(kept - first).max() < 0.5  # two steps
    assert_usable(clf, X, y)


def test_networks_of_lbfgs_that_have_not_begun_are_told(small, table, monkeypatch):
    params = {"solver": "lbfgs", "early_stopping": True}
    with pytest.warns(ConvergenceWarning):
        whole = small(**params).fit(*table)
    interrupts(monkeypatch, Objective, "of", call=2)
    with interrupted(r"4 epochs \(2 of 3 networks had ended none\)"):
        clf = small(**params).fit(*table)
    assert_array_equal(clf.coefs_[0][0], whole.coefs_[0][0])
    assert_usable(clf, *table)


def test_workers_in_threads_hand_over_what_they_have_and_end(small, table, monkeypatch):
    clf, n_threads = small(**ENDLESS, n_jobs=2), threading.active_count()
    interrupts(monkeypatch, Network, "backward", call=500, interrupt=interrupt_main)
    with interrupted(r"\d+ epochs"):
        clf.fit(*table)
    assert clf.n_iter_ > 50
    assert len(clf.loss_curve_) == clf.n_iter_
    assert_usable(clf, *table)
    while threading.active_count() > n_threads:
        time.sleep(0.01)


def test_an_error_in_one_thread_ends_the_others(small, table, monkeypatch):
    clf, n_threads = small(**ENDLESS, n_jobs=2), threading.active_count()
    interrupts(monkeypatch, Network, "backward", call=500, interrupt=lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        clf.fit(*table)
    assert vars(clf) == clf.get_params()
    while threading.active_count() > n_threads:
        time.sleep(0.01)


def test_workers_in_processes_have_nothing_to_hand_over(small, table):
    clf = small(**ENDLESS, n_jobs=2)
    timer = threading.Timer(2, interrupt_main)
    timer.start()
    with joblib.parallel_config("loky"), pytest.raises(KeyboardInterrupt):
        clf.fit(*table)
    assert vars(clf) == clf.get_params()


def test_before_training_begins_the_interrupt_goes_on_and_nothing_has_changed(
    small, table, monkeypatch
):
    clf = small().fit(*table)
    before = vars(clf).copy()
    interrupts(monkeypatch, training_setup, "learn_encoding", call=1)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*table)
    assert vars(clf) == before


def test_an_interrupt_after_training_loses_the_out_of_fold_probabilities_alone(
    small, table, monkeypatch
):
    whole = small(early_stopping=True).fit(*table)
    interrupts(monkeypatch, prediction, "logits_to_trust", call=2)
    with interrupted("4 epochs") as warned:
        clf = small(early_stopping=True).fit(*table)
    assert warned[0].filename == __file__
    del whole.oof_proba_, whole.oof_log_loss_
    assert_learnt_the_same(clf, whole)


def test_an_interrupted_piece_changes_nothing(small, table, monkeypatch):
    clf = small().partial_fit(*table, classes=[0, 1])
    twin = small().partial_fit(*table, classes=[0, 1])
    interrupts(monkeypatch, Network, "backward", call=1)
    with pytest.raises(KeyboardInterrupt):
        clf.partial_fit(*table)
    assert_learnt_the_same(clf.partial_fit(*table), twin.partial_fit(*table))


@pytest.mark.parametrize("call", [3, 12])
def test_a_warm_start_goes_on_after_an_interrupt(small, table, monkeypatch, call):
    clf = small(**BY_STEPS, warm_start=True, max_iter=30)
    with monkeypatch.context() as patched, interrupted(".*"):
        interrupts(patched, Network, "backward", call=call)
        clf.fit(*table)
    before = clf.best_loss_
    with pytest.warns(ConvergenceWarning):
        clf.fit(*table)
    assert not clf.best_loss_ > before  # NaN: not known
    assert_usable(clf, *table)


def test_where_warnings_are_errors_an_interrupted_fit_has_kept_what_it_says(
    small, table, monkeypatch
):
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        shorter = small(**BY_STEPS, max_iter=2).fit(*table)
    interrupts(monkeypatch, Network, "backward", call=3 * 2 + 2)
    clf = small(**BY_STEPS, max_iter=9)
    with pytest.raises(UserWarning, match="the best weights so far are kept"):  # as by pytest here
        clf.fit(*table)
    assert_learnt_the_same(clf, shorter)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_where_warnings_are_errors_a_diverged_fit_has_kept_what_it_says(small, table, method):
    clf = small(solver="sgd", learning_rate_init=1e200, batch_size=10, early_stopping="auto")
    more = {"classes": [0, 1]} if method == "partial_fit" else {}
    with pytest.raises(ConvergenceWarning, match="best weights before that are kept"):
        getattr(clf, method)(*table, **more)
    assert_usable(clf, *table)


def test_a_second_interrupt_changes_nothing(small, table, monkeypatch):
    clf = small(**BY_STEPS, max_iter=3)
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        clf.fit(*table)
    before = vars(clf).copy()
    interrupts(monkeypatch, Network, "backward", call=5)
    interrupts(monkeypatch, NumpyMLPBinaryClassifier, "_expose", call=1)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*table)
    assert vars(clf) == before


@pytest.mark.filterwarnings("ignore:fit was interrupted after:UserWarning")
# Python swallows an interrupt of what it is just deleting, such as a pool of threads; and says so.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signal.setitimer is not there")
@pytest.mark.parametrize(
    "params", [{}, {"n_estimators": 1}, {"solver": "lbfgs", "tol": 0.01}, {"n_jobs": 2}]
)
def test_at_any_moment_there_is_what_was_learnt_or_what_was_there_before(small, params):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4))
    y = X[:, 0] > 0
    clf, n_kept = small(**{"max_iter": 20, "tol": 0} | params), 0

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        began = time.perf_counter()
        clf.fit(X, y)
        lasts = time.perf_counter() - began
        for moment in rng.uniform(0.01, 1, size=25) * lasts:
            clf = small(**{"max_iter": 20, "tol": 0} | params)
            try:
                signal.setitimer(signal.ITIMER_REAL, moment)
                clf.fit(X, y)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:  # it may have come when fit had just returned
                assert vars(clf) == clf.get_params() or assert_usable(clf, X, y) is None
            else:
                n_kept += 1
                assert_usable(clf, X, y)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert n_kept

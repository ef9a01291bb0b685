"""The limit of BLAS threads: in force while one computes, put back whatever comes between."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from blas import blas_threads, set_blas_threads
from learnt import assert_learnt_the_same
from numpy.testing import assert_array_equal
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from sknumpynet import blas, callbacks, check_gradients, diagnose
from sknumpynet.blas import one_blas_thread

PATIENCE = 60  # seconds until something counts as hanging

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 4))
Y = X[:, 0] > 0
threads_inside = one_blas_thread(blas_threads)


@contextmanager
def somebody_inside():
    """Another thread computes meanwhile."""
    has_come, may_leave = threading.Event(), threading.Event()

    @one_blas_thread
    def stay():
        has_come.set()
        may_leave.wait()

    with ThreadPoolExecutor(1) as pool:
        stays = pool.submit(stay)
        has_come.wait()
        try:
            yield
        finally:
            may_leave.set()
        stays.result()


# In force, and put back -------------------------------------------------------------------------


def test_blas_keeps_to_one_thread_and_gets_its_threads_back(two_blas_threads):
    assert set(two_blas_threads) == {2}
    assert set(threads_inside()) == {1}
    assert blas_threads() == two_blas_threads


def test_the_last_to_leave_puts_it_back(two_blas_threads):
    with somebody_inside():
        with somebody_inside():
            assert set(threads_inside()) == {1}
        assert set(blas_threads()) == {1}
    assert blas_threads() == two_blas_threads


def test_an_error_passes_and_it_is_put_back(two_blas_threads):
    with pytest.raises(ZeroDivisionError):
        one_blas_thread(lambda: 1 // 0)()
    assert blas_threads() == two_blas_threads


def test_the_number_is_noted_anew_each_time(two_blas_threads):
    threads_inside()
    set_blas_threads(1)
    threads_inside()
    assert set(blas_threads()) == {1}


def test_what_another_has_set_meanwhile_stays(two_blas_threads):
    theirs = threadpool_limits(1, user_api="blas")
    with somebody_inside():
        theirs.restore_original_limits()
    set_by_them = blas_threads()
    theirs.__exit__(None, None, None)  # lets other threads set limits again
    assert set_by_them == two_blas_threads


def test_numpys_error_handling_is_left_as_it_was():
    before = np.geterr()
    one_blas_thread(lambda: np.errstate(all="raise").__enter__())()  # and never exits
    assert np.geterr() == before


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_wide_networks_do_not_depend_on_the_threads_of_blas(small, two_blas_threads, method):
    X = np.random.default_rng(0).normal(size=(1024, 300))
    y, settings = X[:, 0] > 0, {"solver": "sgd", "early_stopping": "auto", "numeric_bins": 0}
    wide = {"hidden_layer_sizes": (700, 400), "n_estimators": 1, "batch_size": 1024, "max_iter": 1}
    clf, more = small(**settings, **wide), {} if method == "fit" else {"classes": [0, 1]}
    with_two = getattr(clone(clf), method)(X, y, **more)
    answer = with_two.predict_proba(X)
    set_blas_threads(1)
    with_one = getattr(clone(clf), method)(X, y, **more)
    assert_learnt_the_same(with_two, with_one)
    assert_array_equal(with_one.predict_proba(X), answer)


# Interrupts -------------------------------------------------------------------------------------


class Storm:
    """Interrupts, some microseconds apart, and no more once the act is over."""

    def __init__(self):
        self.n_left = 0

    def handle(self, *_):
        self.n_left -= 1
        if self.n_left < 1:  # else handling them would be all that is done
            signal.setitimer(signal.ITIMER_REAL, 0)
        if self.n_left >= 0:
            raise KeyboardInterrupt

    def upon(self, act, moment, n_interrupts):
        """Interrupt it; how often it was."""
        try:
            try:
                self.n_left = n_interrupts
                signal.setitimer(signal.ITIMER_REAL, moment, 2e-5)
                act()
            finally:  # no call: none can come between
                n_left, self.n_left = self.n_left, 0
        except KeyboardInterrupt:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return n_interrupts - n_left


@pytest.fixture
def storm(monkeypatch):
    # Python swallows an interrupt of what it is just deleting, and says so to this hook: pytest's
    # own counts it as an error, and one more if it is interrupted itself.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    storm = Storm()
    before = signal.signal(signal.SIGALRM, storm.handle)
    yield storm
    time.sleep(0.1)  # one may still be on its way, through another thread
    signal.signal(signal.SIGALRM, before)


ACTS = {
    "fit": lambda clf: clf.fit(X, Y),
    "partial_fit": lambda clf: clf.partial_fit(X, Y),
    "predict": lambda clf: [clf.predict(X[:1]) for _ in range(10)],
    "diagnose": lambda clf: diagnose(clf, X, Y, trials=False),
    "check_gradients": lambda clf: check_gradients(clf, X[:9], Y[:9]),
}


@pytest.mark.filterwarnings("ignore:fit was interrupted after:UserWarning")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signal.setitimer is not there")
@pytest.mark.parametrize("n_interrupts", [1, 3])
@pytest.mark.parametrize("act", ACTS)
def test_interrupts_leave_blas_its_threads_and_the_estimator_whole(
    small, two_blas_threads, storm, act, n_interrupts
):
    fitted = small(early_stopping="auto", tol=0).fit(X, Y)
    before, errors, act = vars(fitted).copy(), np.geterr(), ACTS[act]
    began = time.perf_counter()
    act(clone(fitted).fit(X, Y))
    lasts, n_times = time.perf_counter() - began, 0
    for moment in np.random.default_rng(0).uniform(1e-5, lasts, size=60):
        clf = clone(fitted)
        vars(clf).update(before)
        n_times += storm.upon(lambda clf=clf: act(clf), moment, n_interrupts)
        assert blas_threads() == two_blas_threads
        assert np.geterr() == errors
        is_as_before = all(vars(clf).get(name) is before[name] for name in ("coefs_", "loss_"))
        assert is_as_before or clf.coefs_ is not before["coefs_"]
        last = {"oof_proba_", "oof_log_loss_", "feature_importances_"}
        assert vars(clf).keys() >= before.keys() - last
        assert np.isfinite(clf.predict_proba(X)).all()
    assert n_times


# Forks ------------------------------------------------------------------------------------------

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no os.fork")
# Python 3.12 warns of any fork beside threads. What could hang is what this is to find out.
beside_threads = pytest.mark.filterwarnings(
    r"ignore:This process \(pid=\d+\) is multi-threaded, use of fork:DeprecationWarning"
)


def is_true_in_a_child(question):
    """Whether a forked child says so, and does not hang."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if question() else 1)
        finally:
            os._exit(2)
    end, done, status = time.monotonic() + PATIENCE, 0, 0
    while not done and time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.001)
    if not done:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return bool(done) and status == 0


@forks
@beside_threads
def test_a_child_of_many_threads_has_blas_as_it_was_and_its_own_limit(two_blas_threads):
    with somebody_inside():
        assert is_true_in_a_child(lambda: blas_threads() == two_blas_threads)
        assert is_true_in_a_child(
            lambda: set(threads_inside()) == {1} and blas_threads() == two_blas_threads
        )
    assert blas_threads() == two_blas_threads


@forks
@beside_threads
def test_a_child_forked_inside_is_still_limited_until_it_leaves(two_blas_threads):
    def fork_inside():
        return one_blas_thread(lambda: set(blas_threads()) == {1})() and (
            blas_threads() == two_blas_threads
        )

    inside = one_blas_thread(lambda: is_true_in_a_child(lambda: set(blas_threads()) == {1}))
    with somebody_inside():
        assert inside()
    assert is_true_in_a_child(fork_inside)


@forks
@beside_threads
@pytest.mark.parametrize("lock", ["printing", "limit"])
def test_a_lock_held_in_the_parent_is_free_in_a_child(small, table, lock):
    lock = {"printing": callbacks.PRINTING, "limit": blas.LIMIT.lock}[lock]
    with lock:
        assert is_true_in_a_child(lambda: bool(small(verbose=True).fit(*table).coefs_))


@forks
@beside_threads
def test_children_forked_while_threads_predict_and_fit_do_so_too(small):
    clf, is_over = small().fit(X, Y), threading.Event()

    def ask():
        while not is_over.is_set():
            clf.predict_proba(X[:3])

    def train():
        while not is_over.is_set():
            clone(clf).fit(X, Y)

    with ThreadPoolExecutor(3) as pool:
        threads = [pool.submit(task) for task in (ask, ask, train)]
        try:
            expected = clf.predict_proba(X)
            for _ in range(25):
                assert is_true_in_a_child(lambda: (clf.predict_proba(X) == expected).all())
            assert is_true_in_a_child(lambda: bool(clone(clf).fit(X, Y).coefs_))
        finally:
            is_over.set()
        for thread in threads:
            thread.result()

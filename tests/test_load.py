"""Under load: many threads at one estimator, fits that overlap, fits by the hundred."""

import gc
import os
import pickle
import re
import sys
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from blas import blas_threads
from learnt import PREDICTIONS, assert_learnt_the_same
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone

N_THREADS = 6
ASKED = [*PREDICTIONS, "predict"]
EPOCH = re.compile(r"epoch +\d  loss +\d\.\d{6}  networks [\d, ]+")
NAMED = re.compile(
    r"epoch +\d+  loss +\d+\.\d{6}(  validation +\d+\.\d{6})?(  networks [\d, ]+)?\n"
)

rng = np.random.default_rng(0)
X = rng.normal(size=(500, 6))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


@pytest.fixture
def hasty():
    """Threads take turns a thousand times as often as usual."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(interval / 1000)
    yield
    sys.setswitchinterval(interval)


def at_once(tasks):
    """What the tasks return, each run in a thread of its own, all begun together."""
    gate = threading.Barrier(len(tasks))

    def run(task):
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


# Many threads at one estimator -------------------------------------------------------------------


def as_it_is(clf):
    return clf


def loaded(clf):
    return pickle.loads(pickle.dumps(clf))


def with_other_arrays(clf):
    """Weights put in by hand: the first prediction packs them."""
    clf.coefs_ = [coef.copy() for coef in clf.coefs_]
    return clf


@pytest.mark.parametrize("arrival", [as_it_is, loaded, with_other_arrays])
def test_what_threads_are_told_does_not_depend_on_who_else_asks_or_trains(
    small, hasty, two_blas_threads, arrival
):
    clf = small(hidden_layer_sizes=(40, 40), early_stopping=True).fit(X, Y)
    single = X.astype(np.float32)
    pieces = [X[:1], X[:70], X[::-1], sparse.csr_array(X[:50]), single, sparse.csr_array(single)]
    told = [[getattr(clf, name)(piece) for name in ASKED] for piece in pieces]
    params, clf = clf.get_params(), arrival(clf)

    def ask():
        for _ in range(3):
            for piece, before in zip(pieces, told, strict=True):
                for name, answer in zip(ASKED, before, strict=True):
                    assert_array_equal(getattr(clf, name)(piece), answer, err_msg=name)

    def train():
        for n_jobs in (None, 2):
            for twin in (clone(clf), loaded(clf)):
                twin.set_params(n_jobs=n_jobs, random_state=1).fit(X[:100, :2], Y[:100])

    at_once([*[ask] * N_THREADS, train])
    assert clf.get_params() == params


def test_who_asks_while_it_learns_gets_one_state_of_it_and_disturbs_nothing(small, hasty):
    begun = small(hidden_layer_sizes=(3,) * 8).partial_fit(X[:60], Y[:60], classes=[0, 1])
    asked, alone, is_over = loaded(begun), loaded(begun), threading.Event()
    told, states = [], [begun.predict_proba_members(X[:9])]

    def ask():
        while not is_over.is_set():
            told.append(asked.predict_proba_members(X[:9]))

    def learn():
        try:
            for _ in range(30):
                asked.partial_fit(X[:60], Y[:60])
        finally:
            is_over.set()

    at_once([*[ask] * 3, learn])
    for _ in range(30):
        states.append(alone.partial_fit(X[:60], Y[:60]).predict_proba_members(X[:9]))
    assert_learnt_the_same(asked, alone)
    known = {state.tobytes() for state in states}
    assert told
    assert [answer for answer in told if answer.tobytes() not in known] == []


def test_who_asks_while_it_is_fitted_to_other_columns_and_labels_gets_the_old_or_the_new(
    small, hasty
):
    clf, is_over = small(max_iter=1).fit(X, Y), threading.Event()
    tables, told = [(X, Y), (X[:, :2], np.where(Y, "yes", "no"))], set()

    def ask():
        while not is_over.is_set():
            try:
                told.update(clf.predict(X).tolist())
            except ValueError as error:
                told.add(re.search(r"X has \d features, .* expecting \d", str(error))[0][:17])

    def learn():
        try:
            for turn in range(40):
                clf.fit(*tables[turn % 2])
        finally:
            is_over.set()

    at_once([*[ask] * 3, learn])
    assert told == {0, 1, "X has 6 features,"}


# Fits that overlap -------------------------------------------------------------------------------


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_fits_that_overlap_learn_what_each_learns_alone(
    small, hasty, two_blas_threads, n_jobs, verbose
):
    wide = {"hidden_layer_sizes": (40, 40), "batch_size": 500, "early_stopping": True}
    short, long = small(**wide, max_iter=2), small(**wide, max_iter=12, random_state=1)
    others = small(solver="lbfgs", max_iter=100, tol=0.1), small(solver="sgd", dropout=0.1)
    alone = [clone(clf).fit(X, Y) for clf in (short, long, *others)]
    twins = [clone(clf).set_params(n_jobs=n_jobs, verbose=verbose) for clf in alone]
    assert_array_equal(blas_threads(), two_blas_threads)
    at_once([partial(twin.fit, X, Y) for twin in twins])
    for twin, clf in zip(twins, alone, strict=True):
        assert_learnt_the_same(twin, clf)


def test_fits_that_overlap_leave_blas_its_threads(small, table, hasty, two_blas_threads):
    def fit_often():
        for n_jobs in (None, 2):
            for _ in range(10):
                small(max_iter=1, n_jobs=n_jobs).fit(*table)

    at_once([fit_often] * 4)
    assert blas_threads() == two_blas_threads


class Stream:
    """Written to by one thread at a time, as Python's text files want it."""

    def __init__(self):
        self.text, self.is_busy = "", False

    def write(self, text):
        assert not self.is_busy
        self.is_busy = True
        time.sleep(1e-5)  # lets the other threads run
        self.text += text
        self.is_busy = False


def test_lines_that_fits_print_at_once_are_whole(small, table, monkeypatch):
    fits = [
        small(verbose=True, n_jobs=2, tol=0, early_stopping=False, random_state=seed)
        for seed in range(4)
    ]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out := Stream())
        at_once([partial(clf.fit, *table) for clf in fits])
    lines = out.text.splitlines()
    assert len(lines) == 4 * 4 * 2  # fits, epochs, workers
    assert [line for line in lines if not EPOCH.fullmatch(line)] == []


# By the hundred ----------------------------------------------------------------------------------


def fit_again(clf, X, y):
    clf.fit(X, y)


def fit_anew(clf, X, y):
    clone(clf).fit(X, y)


def fit_in_vain(clf, X, y):
    with pytest.raises(ValueError, match="inconsistent"):
        clf.fit(X, y[1:])


def go_on(clf, X, y):
    clf.partial_fit(X, y, classes=[0, 1])


def predict(clf, X, y):
    loaded(clf).predict_proba(X)
    clf.predict_proba_members(X)


@pytest.mark.parametrize("act", [fit_again, fit_anew, fit_in_vain, go_on, predict])
def test_what_is_done_often_holds_nothing(small, table, act):
    clf = small(hidden_layer_sizes=(500,), n_jobs=2, max_iter=1).fit(*table)
    n_times, threads = 25, set(threading.enumerate())

    def held():
        for thread in set(threading.enumerate()) - threads:
            thread.join(timeout=10)  # those of a pool may be about to end
        gc.collect()
        file = os.open(os.devnull, os.O_RDONLY)  # gets the lowest number that is free
        os.close(file)
        counts = len(gc.get_objects()), threading.active_count(), file
        return *counts, tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        for _ in range(5):  # what is kept for good
            act(clf, *table)
        held()
        before = held()
        for _ in range(n_times):
            act(clf, *table)
        n_objects, n_threads, n_files, n_bytes = np.subtract(held(), before)
    finally:
        tracemalloc.stop()
    assert n_objects < 2 * n_times  # some twenty come and go
    assert n_threads == n_files == 0
    assert n_bytes < n_times * clf.coefs_[0].nbytes / 10  # of which partial_fit's curve is a part

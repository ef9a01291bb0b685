"""When what is around a fit fails, or is another process: the same result, or an error and none."""

import multiprocessing
import os
import pickle
import re
import signal
import stat
import threading
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
from learnt import PREDICTIONS, assert_learnt_the_same
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sknumpynet import NotLearningWarning
from sknumpynet.engine.objective import Objective

PATIENCE = 120  # seconds until something counts as hanging

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 6))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
SHORT = {"adam": {}, "sgd": {}, "lbfgs": {"max_iter": 500, "tol": 0.01}}  # converges by then


def state(clf):
    """All there is to know about an estimator, bit for bit."""
    return pickle.dumps(vars(clf))


# Other processes ---------------------------------------------------------------------------------


def answer(connection, fitted, clf, X, y):
    """What a child sends: what the parent's estimator predicts here, and one fitted here."""
    connection.send((fitted.predict_proba(X), clf.fit(X, y)))


# Python 3.12 warns of any fork beside threads, and joblib's and BLAS's are such. What could hang is
# what this is to find out.
@pytest.mark.filterwarnings(
    r"ignore:This process \(pid=\d+\) is multi-threaded, use of fork:DeprecationWarning"
)
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child_predicts_and_learns_the_same(small, method):
    fitted = small(hidden_layer_sizes=(40, 40), n_jobs=2).fit(X, Y)
    context = multiprocessing.get_context(method)
    here, there = context.Pipe()
    child = context.Process(target=answer, args=(there, fitted, clone(fitted), X, Y))
    child.start()
    there.close()
    try:
        assert here.poll(PATIENCE), "the child hangs"
        proba, learnt_there = here.recv()
        child.join(PATIENCE)
        assert child.exitcode == 0
    finally:
        child.kill()
    assert_array_equal(proba, fitted.predict_proba(X))
    assert_learnt_the_same(learnt_there, fitted)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_files_that_may_only_be_read_are_read_by_every_worker_and_never_written_to(
    small, backend, tmp_path
):
    rows = {"X": X.astype(np.float32), "y": Y, "sample_weight": rng.integers(1, 4, len(Y))}
    expected = small(early_stopping=True).fit(**rows)
    files = {name: tmp_path / f"{name}.npy" for name in rows}
    for name, path in files.items():
        np.save(path, rows[name])
        path.chmod(stat.S_IREAD)
    before = [path.read_bytes() for path in files.values()]
    mapped = {name: np.load(path, mmap_mode="r") for name, path in files.items()}
    with joblib.parallel_config(backend):
        clf = small(early_stopping=True, n_jobs=2).fit(**mapped)
    assert_learnt_the_same(clf, expected)
    assert [path.read_bytes() for path in files.values()] == before


# Workers and watchers that fail ------------------------------------------------------------------


@contextmanager
def workers_being_killed():
    """Every now and then the worker processes of joblib are killed."""
    is_over = threading.Event()

    def kill():
        while not is_over.wait(0.3):
            for worker in multiprocessing.active_children():
                os.kill(worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    killer = threading.Thread(target=kill)
    killer.start()
    yield
    is_over.set()
    killer.join()


def test_a_killed_worker_is_an_error_that_changes_nothing_and_the_next_fit_has_others(small):
    clf = small(n_jobs=2)
    with joblib.parallel_config("loky"):
        clf.fit(X, Y).set_params(max_iter=10_000, n_iter_no_change=np.inf)
        before = state(clf)
        with workers_being_killed(), pytest.raises(BrokenProcessPool, match="terminated"):
            clf.fit(X, Y)
        assert state(clf) == before
        clf.set_params(max_iter=4).fit(X, Y)
    assert_learnt_the_same(clf, clone(clf).set_params(n_jobs=1).fit(X, Y))


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("fails_in", ["first", "last"])
@pytest.mark.parametrize(
    ("method", "solver"),
    [("fit", "adam"), ("fit", "sgd"), ("fit", "lbfgs"), ("partial_fit", "sgd")],
)
def test_the_error_of_one_worker_reaches_the_caller_as_it_is_and_changes_nothing(
    monkeypatch, small, method, solver, fails_in, n_jobs
):
    clf = small(solver=solver, n_jobs=n_jobs, batch_size=100, **SHORT[solver]).fit(X, Y)
    before, threads = state(clf), set(threading.enumerate())
    error, gradients, n_calls = MemoryError("no room"), Objective.gradients, Counter()
    network = {"first": 0, "last": 2}[fails_in]

    def fails(self, *args):
        for _ in gradients(self, *args):
            n_calls.update(self.networks.tolist())
            if n_calls[network] == 3:
                raise error
            yield

    monkeypatch.setattr(Objective, "gradients", fails)
    with pytest.raises(MemoryError) as raised:
        getattr(clf, method)(X, Y)
    assert raised.value is error
    assert state(clf) == before
    for thread in set(threading.enumerate()) - threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


class Failing:
    """A callback that fails in one of its hooks, in a task of one kind."""

    def __init__(self, hook, task_name, error):
        self.at, self.error = (hook, task_name), error

    def setup(self, estimator, context):
        """Nothing to set up."""

    def teardown(self, estimator, context):
        """Nor to tear down."""

    def on_fit_task_begin(self, estimator, context):
        self.fail_at("begin", context)

    def on_fit_task_end(self, estimator, context):
        self.fail_at("end", context)

    def fail_at(self, hook, context):
        if (hook, context.task_name) == self.at:
            raise self.error


@pytest.mark.parametrize("task_name", ["fit", "epoch"])
@pytest.mark.parametrize("hook", ["begin", "end"])
@pytest.mark.parametrize(
    ("method", "solver"),
    [("fit", "adam"), ("fit", "sgd"), ("fit", "lbfgs"), ("partial_fit", "adam")],
)
# Of which generators, and SciPy's L-BFGS, take some for their own.
@pytest.mark.parametrize("kind", [MemoryError, StopIteration, GeneratorExit])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_error_of_a_callback_reaches_the_caller_as_it_is_and_changes_nothing(
    small, method, solver, hook, task_name, kind, n_jobs
):
    pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9")
    clf = small(solver=solver, n_jobs=n_jobs, **SHORT[solver]).fit(X, Y)
    error = kind("no room")
    before = state(clf)
    clf.set_callbacks(Failing(hook, task_name, error))
    with pytest.raises(kind) as raised:
        getattr(clf, method)(X, Y)
    assert raised.value is error
    del clf._skl_callbacks  # they hold the error, which has come to hold more
    assert state(clf) == before


# Rates far too high ------------------------------------------------------------------------------

every_descent = pytest.mark.parametrize("solver", ["adam", "sgd"])
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
with_and_without_folds = pytest.mark.parametrize("early_stopping", [True, False])


@pytest.mark.filterwarnings("ignore:.* diverged:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.exceptions.NotLearningWarning")
@every_descent
@every_dtype
@with_and_without_folds
@pytest.mark.parametrize("rate", [1e3, 1e10, 1e30, 1e100, 1e300])
def test_whatever_the_rate_all_that_is_learnt_and_said_is_finite(
    small, solver, dtype, early_stopping, rate
):
    params = {"solver": solver, "early_stopping": early_stopping, "max_iter": 10}
    clf = small(**params, learning_rate_init=rate).fit(X.astype(dtype), Y)
    for array in [*clf.coefs_, *clf.intercepts_, *(getattr(clf, name)(X) for name in PREDICTIONS)]:
        assert np.isfinite(array).all()


@every_descent
@every_dtype
@with_and_without_folds
def test_networks_that_diverge_keep_what_they_began_with_and_say_what_to_change(
    small, solver, dtype, early_stopping
):
    params = {"solver": solver, "early_stopping": early_stopping, "hidden_layer_sizes": (4, 4)}
    params |= {"activation": "identity", "max_iter": 10}
    rate = float(np.sqrt(np.finfo(dtype).max))  # the weights of three layers multiply
    clf, rows = small(**params, learning_rate_init=rate), X.astype(dtype)
    match = rf"3 of 3 networks diverged.*Lower learning_rate_init \(it is {re.escape(repr(rate))}\)"
    with pytest.warns(ConvergenceWarning, match=match):
        clf.fit(rows, Y)
    start = small(**params | {"max_iter": 1}, learning_rate_init=1e-300).fit(rows, Y)
    assert_array_equal(clf.best_iter_, 0)
    assert_array_equal(clf.predict_proba(rows), start.predict_proba(rows))


@every_descent
@pytest.mark.parametrize("max_iter", [1, 50])
@pytest.mark.parametrize("n_rows", [40, 300])
def test_weights_that_are_finite_but_far_worse_than_a_constant_are_told(
    small, solver, max_iter, n_rows
):
    params = {"solver": solver, "early_stopping": True, "max_iter": max_iter}
    # More patience, and 40 rows come to weights that are not finite.
    clf = small(**params, learning_rate_init=1e6, n_iter_no_change=10)
    suspect = r"learning_rate_init=1000000\.0; set learning_rate_init='auto'"
    match = rf"held out is \d[\d.e+]*, and 0\.69\d+ for .* {suspect}"
    with pytest.warns(NotLearningWarning, match=match):
        clf.fit(X[:n_rows], Y[:n_rows])
    assert np.isfinite(clf.decision_function(X)).all()


def test_a_wrong_label_that_outweighs_all_rows_held_out_is_no_ruin(small):
    weight = np.where(np.arange(300) == abs(X[:, 0] + X[:, 1]).argmax(), 1e6, 1)
    judges = {"X_val": X, "y_val": Y ^ (weight > 1), "sample_weight_val": weight}
    clf = small(batch_size=1, max_iter=1).fit(X, Y, **judges)
    assert clf.best_loss_ > 3  # of 10 nats, which one row may cost by chance

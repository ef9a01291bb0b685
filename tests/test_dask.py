"""Beyond one process: Dask's workers, loky's, and tables that come block by block."""

import os
import signal
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from learnt import assert_learnt_the_same
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

N_BLOCKS, BLOCK_ROWS = 12, 50


@pytest.fixture(scope="module")
def client():
    """The client of two worker processes; joblib's "dask" finds it by itself."""
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    workers = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**workers) as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture(params=["dense", "mapped float32", "sparse"])
def rows(request, tmp_path):
    """300 rows of 6 columns, with labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6))
    y = (X[:, 0] + X[:, 1] + 0.5 * rng.normal(size=300) > 0).astype(int)
    if request.param == "mapped float32":
        np.save(tmp_path / "X.npy", X.astype(np.float32))
        X = np.load(tmp_path / "X.npy", mmap_mode="r")
    return (sparse.csr_array(X * (abs(X) > 1)) if request.param == "sparse" else X), y


@pytest.fixture
def stack(small):
    """Five networks of which some end before others."""
    params = {"n_estimators": 5, "max_iter": 40, "n_iter_no_change": 2, "early_stopping": True}
    return small(**params, warm_start=True, dropout=0.1)


def assert_here_and_there_learn_the_same(stack, X, y, backend):
    here, there = stack, clone(stack).set_params(n_jobs=2)
    for _ in range(2):  # the second fit takes the optimizer along
        here.fit(X, y)
        with joblib.parallel_config(backend):
            there.fit(X, y)
        assert_learnt_the_same(there, here)


def test_a_stack_spread_over_two_worker_processes_learns_the_same(client, stack, rows):
    from distributed import get_task_stream

    with get_task_stream(client) as tasks:
        assert_here_and_there_learn_the_same(stack, *rows, "dask")
    processes = client.run(os.getpid)
    assert len({processes[task["worker"]] for task in tasks.data} - {os.getpid()}) == 2


def test_a_worker_killed_in_the_middle_of_a_fit_changes_nothing(client, small):
    X = np.random.default_rng(0).normal(size=(300, 6))
    y = X[:, 0] + X[:, 1] > 0
    clf = small(hidden_layer_sizes=(30,), n_estimators=2, max_iter=600, n_iter_no_change=np.inf)
    here, before = clone(clf).fit(X, y), client.run(os.getpid)

    def kill_one_that_trains():
        while not (len(tasks := client.processing()) == 2 and all(tasks.values())):
            time.sleep(0.02)
        time.sleep(0.2)
        os.kill(before[min(tasks)], getattr(signal, "SIGKILL", signal.SIGTERM))

    with ThreadPoolExecutor(1) as pool, joblib.parallel_config("dask"):
        killing = pool.submit(kill_one_that_trains)
        assert_learnt_the_same(clf.fit(X, y), here)
        killing.result()
    client.wait_for_workers(2, timeout=60)
    assert len(set(client.run(os.getpid).values()) - set(before.values())) == 1


def test_a_stack_spread_by_loky_learns_the_same(stack, rows):
    assert_here_and_there_learn_the_same(stack, *rows, "loky")


def test_fits_spread_by_loky_learn_what_each_learns_here(small, table):
    fits = [small(random_state=seed, n_jobs=2) for seed in range(4)]
    with joblib.parallel_config("loky", n_jobs=2):
        there = joblib.Parallel()(joblib.delayed(clone(clf).fit)(*table) for clf in fits)
    for other, clf in zip(there, fits, strict=True):
        assert_learnt_the_same(other, clf.fit(*table))


def test_blas_keeps_to_one_thread_in_worker_processes_too(small):
    X = np.random.default_rng(0).normal(size=(2000, 40)).astype(np.float32)
    y = X[:, 0] > 0
    clf = small(hidden_layer_sizes=(100,), batch_size=1000, n_jobs=2)
    here = clone(clf).fit(X, y)
    with joblib.parallel_config("loky", inner_max_num_threads=2):
        assert_learnt_the_same(clf.fit(X, y), here)


@pytest.mark.parametrize("n_jobs", [None, -1])
def test_a_grid_search_on_dask_finds_the_same(client, small, table, n_jobs):
    grid = {"hidden_layer_sizes": [(4,), (8,)], "activation": ["relu", "tanh"]}
    here = GridSearchCV(small(n_jobs=n_jobs), grid, scoring="neg_log_loss", cv=3).fit(*table)
    there = clone(here).set_params(n_jobs=-1)
    with joblib.parallel_config("dask"):
        there.fit(*table)
    for name in ("mean_test_score", "std_test_score"):
        assert_array_equal(there.cv_results_[name], here.cv_results_[name])
    assert len(set(here.cv_results_["mean_test_score"])) == 4
    assert there.best_params_ == here.best_params_
    assert_learnt_the_same(there.best_estimator_, here.best_estimator_)


@pytest.fixture
def stream():
    """A Dask table made block by block, its labels, and how many blocks were alive at each."""
    da = pytest.importorskip("dask.array", reason="dask is not installed")
    alive, n_alive = set(), []

    def make(block_info):
        number = block_info[None]["chunk-location"][0]
        block = np.random.default_rng(number).normal(size=(BLOCK_ROWS, 4))
        alive.add(number)
        weakref.finalize(block, alive.discard, number)
        n_alive.append(len(alive))
        return block

    X = da.map_blocks(make, chunks=((BLOCK_ROWS,) * N_BLOCKS, (4,)), meta=np.empty((0, 0)))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int), n_alive


def test_incremental_passes_over_the_blocks_like_partial_fit(small, stream):
    dask = pytest.importorskip("dask", reason="dask is not installed")
    wrappers = pytest.importorskip("dask_ml.wrappers", reason="dask_ml is not installed")
    X, y, n_alive = stream
    by_hand = small()
    incremental = wrappers.Incremental(small(), scoring="accuracy", shuffle_blocks=False)
    with dask.config.set(scheduler="synchronous"):  # threads would read ahead
        incremental.fit(X, y, classes=[0, 1]).partial_fit(X, y)
        assert n_alive == [1] * 2 * N_BLOCKS  # never a second one
        for _ in range(2):
            for k in range(N_BLOCKS):
                by_hand.partial_fit(X.blocks[k].compute(), y.blocks[k].compute(), classes=[0, 1])
        assert_learnt_the_same(incremental.estimator_, by_hand)
        assert_array_equal(incremental.predict_proba(X), by_hand.predict_proba(X.compute()))
        assert incremental.score(X, y) == by_hand.score(X.compute(), y.compute())

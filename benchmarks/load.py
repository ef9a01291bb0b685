"""Does it hold under load? Threads that ask while others train, fits by the thousand and at once.

    python benchmarks/load.py
    python benchmarks/load.py --seconds 5 --fits 100

Prints a line a promise, with what was counted and the most that may be; exits with 1 if one is
broken. "ask": threads ask one estimator, about dense and sparse pieces of 1 to 2,000 rows, while
another thread trains others and copies the shared one; an answer must equal, bit for bit, what one
thread was told before. "row": fits and passes of partial_fit, one after the other. "at once": fits
in threads and processes, which must learn what each learns alone. Memory is what is resident once
all have ended: with many threads the allocator keeps some 40 MB more or less of what they freed. In
"row" the second half counts. The environment decides how many threads BLAS has; try 1 and more.
"""

import argparse
import gc
import io
import os
import pickle
import resource
import sys
import threading
import time
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info

from sknumpynet import NumpyMLPBinaryClassifier

N_THREADS = 16
ASKED = ["predict_proba", "decision_function", "predict", "predict_proba_members"]
SIZES = [1, 2, 10, 100, 1_000, 2_000]
MOST = {"MB": 64, "objects": 100, "threads": 0, "files": 0, "differ": 0, "BLAS threads lost": 0}


def table(n_rows, n_columns=20, seed=0):
    """Normal noise, and labels that a network can learn."""
    X = np.random.default_rng(seed).normal(size=(n_rows, n_columns))
    return X, (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)


def held():
    """What this process holds."""
    gc.collect()
    return {
        "MB": resident(),
        "objects": len(gc.get_objects()),
        "threads": threading.active_count(),
        "files": len(os.listdir("/dev/fd")),
    }


def resident():
    """Resident memory in MB; where the system does not tell, the most there has been."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def grown(before):
    """What this process holds more than before, once the threads of pools have ended."""
    deadline = time.monotonic() + 10
    while threading.active_count() > before["threads"] and time.monotonic() < deadline:
        time.sleep(0.01)
    now = held()
    return {name: round(now[name] - before[name], 1) for name in before}


def learnt(clf):
    """Weights, curves and probabilities, as bytes."""
    curves = [curve for curve in (clf.loss_curve_, clf.validation_curve_) if curve is not None]
    arrays = [*clf.coefs_, *clf.intercepts_, *curves, clf.oof_proba_]
    return b"".join(np.asarray(array).tobytes() for array in arrays)


# The three parts: each yields what was done, and what was counted ---------------------------------


def ask(options):
    """Many threads at one estimator, while another trains."""
    X, y = table(3_000)
    clf = NumpyMLPBinaryClassifier(max_iter=20, random_state=0).fit(X, y)
    pieces = [X[:size] for size in SIZES] + [X[-size:].astype(np.float32) for size in SIZES]
    pieces += [sparse.csr_array(piece * (abs(piece) > 1)) for piece in pieces]
    told = [{name: getattr(clf, name)(piece) for name in ASKED} for piece in pieces]
    other = NumpyMLPBinaryClassifier(max_iter=3, n_jobs=2)

    def ask_on(seed, deadline):
        rng, n_calls = np.random.default_rng(seed), Counter()
        while time.monotonic() < deadline:
            which, name = rng.integers(len(pieces)), rng.choice(ASKED)
            answer = getattr(clf, name)(pieces[which])
            n_calls["calls"] += 1
            n_calls["differ"] += not np.array_equal(answer, told[which][name])
        return n_calls

    def train_on(seed, deadline):
        n_calls, params = Counter(), other.get_params()
        while time.monotonic() < deadline:
            params["random_state"] = n_calls["fits"]
            for twin in (clone(clf), pickle.loads(pickle.dumps(clf))):
                twin.set_params(**params).fit(X[:500, :10], y[:500])
                n_calls["fits"] += 1
        return n_calls

    def run(seconds):
        deadline = time.monotonic() + seconds
        with ThreadPoolExecutor(N_THREADS + 1) as pool:
            tasks = [ask_on] * N_THREADS + [train_on]
            return sum(
                pool.map(lambda task, seed: task(seed, deadline), tasks, range(99)), Counter()
            )

    run(options.seconds / 4)  # until every thread has its memory
    before = held()
    n_calls = run(options.seconds)
    yield f"{N_THREADS} threads ask while one trains", {"differ": 0} | n_calls | grown(before)


def row(options):
    """The same thing many times."""
    X, y = table(300)
    clf = NumpyMLPBinaryClassifier(max_iter=5, random_state=0, n_jobs=2)
    stream = clone(clf).set_params(early_stopping=False)
    todo = {
        "fits of one estimator": lambda: clf.fit(X, y),
        "fits of new ones": lambda: clone(clf).fit(X, y),
        "passes of partial_fit": lambda: stream.partial_fit(X, y, classes=[0, 1]),
    }
    for name, act in todo.items():
        for _ in range(options.fits // 2):
            act()
        before = held()
        for _ in range(options.fits // 2):
            act()
        yield f"{options.fits} {name}", grown(before)


def at_once(options):
    """Fits side by side, against each alone."""
    X, y = table(1_000)
    fits = [
        NumpyMLPBinaryClassifier((100, 100), batch_size=900, max_iter=4, random_state=0),
        NumpyMLPBinaryClassifier((100, 100), batch_size=900, max_iter=30, random_state=1),
        NumpyMLPBinaryClassifier(solver="lbfgs", tol=0.01, max_iter=500, random_state=2),
        NumpyMLPBinaryClassifier(solver="sgd", dropout=0.1, max_iter=20, random_state=3),
    ]
    alone = [learnt(clone(clf).fit(X, y)) for clf in fits]

    def n_that_differ(fit_all):
        return {"differ": sum(a != learnt(b) for a, b in zip(alone, fit_all(), strict=True))}

    def in_threads(**params):
        with ThreadPoolExecutor(len(fits)) as pool, redirect_stdout(io.StringIO()):
            return list(pool.map(lambda clf: clone(clf).set_params(**params).fit(X, y), fits))

    def in_processes():
        with joblib.parallel_config("loky", n_jobs=2):
            return joblib.Parallel()(joblib.delayed(clone(clf).fit)(X, y) for clf in fits)

    for params in ({}, {"n_jobs": 2}, {"verbose": True}, {"n_jobs": 2, "verbose": True}):
        said = ", ".join(f"{name}={value}" for name, value in params.items())
        blas = blas_threads()
        found = n_that_differ(partial(in_threads, **params))
        found["BLAS threads lost"] = blas - blas_threads()
        yield f"{len(fits)} fits in threads {said}", found
    yield f"{len(fits)} fits in processes", n_that_differ(in_processes)


def blas_threads():
    """Of all BLAS libraries together."""
    return sum(info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas")


def main():
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="of asking")
    parser.add_argument("--fits", type=int, default=1_000)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"BLAS threads: {blas_threads()}")
    is_broken = False
    for part in (ask, row, at_once):
        for what, found in part(options):
            broken = [name for name in found if found[name] > MOST.get(name, np.inf)]
            is_broken |= bool(broken)
            figures = "  ".join(f"{name} {figure:,}" for name, figure in found.items())
            print(
                f"{what:<44}{figures}{'  BROKEN: ' * bool(broken)}{', '.join(broken)}", flush=True
            )
    sys.exit(is_broken)


if __name__ == "__main__":
    main()

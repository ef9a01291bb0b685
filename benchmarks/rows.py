"""A default fit of many rows: CPU seconds, log loss and peak memory, ours beside others.

    python benchmarks/rows.py --rows 10000 100000 1000000 --data FOLDER
    python benchmarks/rows.py --rows 1000000 --estimators ours LightGBM --limit 3600

Rows of 30 columns are drawn as ``drawn`` has it, 20,000 more to test on. From FOLDER, or the
environment variable SKNUMPYNET_DATA, come electricity, adult, credit_default and magic in full,
split 70/30 with random_state 1000. Estimators and preparation are those of accuracy.py;
preparation does not count.

Each fit runs on one thread of a process of its own, which reports the CPU seconds of fit and the
most memory (VmHWM of Linux) that it held beyond what it had with the table loaded. One CSV row a
fit, so that a run can be resumed; a fit that is stopped at the limit has a row without figures.
"""

import argparse
import csv
import ctypes
import json
import os
import re
import subprocess
import sys
import warnings
from itertools import product
from pathlib import Path
from time import perf_counter, process_time

import accuracy
import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

LARGEST = ["electricity", "adult", "credit_default", "magic"]
QUICK = ["ours", "LightGBM", "HistGradientBoosting", "CatBoost", "MLPClassifier"]
N_TEST = 20_000
KEY = ["data", "estimator"]
FIELDS = [*KEY, "rows", "columns", "log_loss", "auc", "cpu", "seconds", "MB", "table MB"]


# Data -------------------------------------------------------------------------------------------


def drawn(n_rows, seed):
    """30 columns, labels of 0 and 1, and the true probabilities of 1.

    Ten columns are normal, seven heavy-tailed, seven are counts, six are amounts that are mostly 0;
    six of the 30 have no effect. The log loss of the true probabilities is .40.
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 30))
    normal, heavy, counts, amounts = np.split(X, [10, 17, 24], axis=1)  # views
    counts[:] = np.floor(2 * np.exp(0.8 * counts))
    amounts[:] = np.where(amounts > 0.8, np.round(100 * np.exp(amounts)), 0)
    many, paid = np.log1p(counts), np.log1p(amounts) / 5
    one_column = (
        np.sin(2 * normal[:, 0])
        + 0.7 * normal[:, 1]
        + np.tanh(2 * normal[:, 2])
        - 0.5 * normal[:, 3] ** 2
        + 0.8 * heavy[:, 0]
        - np.abs(heavy[:, 1])
        + np.sin(3 * heavy[:, 4]) / 2
        + many[:, 0]
        + np.cos(2 * many[:, 1])
        - 0.4 * many[:, 3]
        + paid[:, 0]
    )
    two_columns = (
        normal[:, 4] * normal[:, 5]
        + np.tanh(normal[:, 6]) * heavy[:, 2]
        + normal[:, 1] * (many[:, 2] - 1)
        + normal[:, 0] * paid[:, 1]
        + np.sin(normal[:, 8] + heavy[:, 3])
        + heavy[:, 5] * (amounts[:, 2] > 0)
        + many[:, 4] * paid[:, 3] / 2
    )
    step = 2 * (normal[:, 7] > 0.7)
    p = 1 / (1 + np.exp(-0.9 * (one_column + two_columns + step)))
    heavy[:] = np.sinh(2 * heavy) * 10.0 ** np.arange(7)  # in units of their own
    return X, (rng.random(n_rows) < p).astype(int), p


def table(data, folder):
    """X, y, categorical columns, training and test rows; data is a number of rows or a name."""
    if data.isdigit():
        n_train = int(data)
        (X, y, _), (X_test, y_test, _) = drawn(n_train, seed=0), drawn(N_TEST, seed=1)
        train, test = np.split(np.arange(n_train + N_TEST), [n_train])
        return np.r_[X, X_test], np.r_[y, y_test], np.array([], int), train, test
    X, y, categorical = dict(accuracy.from_folder(folder))[data]
    rows = np.arange(len(y))
    train, test = train_test_split(rows, test_size=0.3, stratify=y, random_state=1000)
    return X, y, categorical, train, test


# Fits -------------------------------------------------------------------------------------------


def fit_once(data, name, folder):
    """One fit, in this process: a row of the CSV."""
    X, y, categorical, train, test = table(data, folder)
    estimator, X_train, X_test = accuracy.ready(name, X, categorical, train, test)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X_train[:1000], y[train[:1000]])  # imports and buffers of the libraries
        ctypes.CDLL(None).malloc_trim(0)  # what was freed is not used again unseen
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
        before, cpu, start = memory("VmRSS"), process_time(), perf_counter()
        estimator.fit(X_train, y[train])
        cpu, seconds = process_time() - cpu, perf_counter() - start
        peak = memory("VmHWM")
    proba = np.clip(estimator.predict_proba(X_test)[:, 1], 1e-7, 1 - 1e-7)
    return {
        "rows": len(train),
        "columns": X_train.shape[1],
        "log_loss": log_loss(y[test], proba),
        "auc": roc_auc_score(y[test], proba),
        "cpu": cpu,
        "seconds": seconds,
        "MB": peak - before,
        "table MB": X_train.nbytes / 2**20,
    }


def memory(kind):
    """MB of this process: VmRSS what it has now, VmHWM the most that it had."""
    return int(re.search(rf"{kind}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def in_a_process(data, name, folder, limit):
    """The same in a process of its own; no figures where it takes longer than the limit."""
    command = [sys.executable, __file__, "--fit", json.dumps([data, name]), "--data", folder or ""]
    try:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return {}
    return json.loads(done.stdout)


def run(sets, names, folder, path, limit):
    """Do what the CSV does not have yet, appending a row as soon as a fit is done."""
    done = set()
    if path.exists():
        done = set(pd.read_csv(path, dtype={"data": str})[KEY].itertuples(index=False, name=None))
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if file.tell() == 0:
            writer.writeheader()
        for data, name in product(sets, names):
            if (data, name) not in done:
                figures = in_a_process(data, name, folder, limit)
                writer.writerow({"data": data, "estimator": name} | figures)
                file.flush()
                line = "  ".join(f"{key} {figure:.4g}" for key, figure in figures.items())
                print(f"{data:>16} {name:<24}{line or f'more than {limit} s'}", flush=True)
    results = pd.read_csv(path, dtype={"data": str})
    return results[results["data"].isin(sets) & results.estimator.isin(names)]


def main():
    """Read the options, run, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--data", default=os.environ.get("SKNUMPYNET_DATA"), metavar="FOLDER")
    parser.add_argument("--estimators", nargs="+", metavar="NAME")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="of a fit and its table")
    parser.add_argument("--output", type=Path, default=Path("rows.csv"))
    parser.add_argument("--fit", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fit:
        print(json.dumps(fit_once(*options.fit, options.data)))
        return
    names = options.estimators or [name for name in QUICK if name in accuracy.ESTIMATORS]
    if unknown := set(names) - set(accuracy.ESTIMATORS):
        known = list(accuracy.ESTIMATORS)
        parser.error(f"no estimator is called {sorted(unknown)}; there are {known}")
    sets = [str(n_rows) for n_rows in options.rows] + (LARGEST if options.data else [])
    results = run(sets, names, options.data, options.output, options.limit)
    for figure in ("log_loss", "cpu", "MB"):
        print(f"\n{figure}")
        of_sets = results.pivot(index="estimator", columns="data", values=figure)
        print(of_sets.reindex(index=names, columns=sets).to_string(float_format="%.4f"))
    if options.rows:
        _, y, p = drawn(N_TEST, seed=1)
        print(f"\nlog loss of the true probabilities of what is drawn: {log_loss(y, p):.4f}")


if __name__ == "__main__":
    main()

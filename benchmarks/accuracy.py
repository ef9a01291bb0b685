"""How good are the probabilities, and what do they cost? Ours beside what else can be imported.

    python benchmarks/accuracy.py --data FOLDER
    python benchmarks/accuracy.py --budget full --estimators ours MLPClassifier
    python benchmarks/accuracy.py --raw FOLDER --budget large --output raw.csv

FOLDER (or the environment variable SKNUMPYNET_DATA) holds one .npz a data set: X with NaN where
values are missing, y of 0 and 1, cat_idx, the categorical columns. Without one, the data come from
scikit-learn and, where there is a network, from OpenML. With --raw, FOLDER holds tables as they
come, with strings, categories, dates and gaps: raw_tables.py has their protocol and estimators.

The protocol of the other data: categorical columns one-hot, a missing value being a level of its
own; numeric NaN replaced by the median of the training rows; nothing else for an estimator that
scales by itself, standardised numeric columns for one that does not; all of it learnt from the
training rows. Stratified 70/30 splits with random_state 1000 + split. Small budget: 2 splits, at
most 3,000 training rows and 6,000 test rows. Full budget: at most 20,000 rows; 5 splits below 2,000
rows, 3 below 10,000, else 1.

Each fit runs on one thread. One CSV row a fit, so that a run can be resumed. What takes more time
for less loss, "ours, 16 networks" and "ours and HistGradientBoosting" (the probabilities of both,
the second by a quarter), runs only where --estimators names it.
"""

import argparse
import csv
import os
import warnings
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
import raw_tables
from boosters import BOOSTERS
from joblib import Parallel, delayed
from raw_tables import ours, three_to_one
from sklearn.compose import ColumnTransformer
from sklearn.datasets import fetch_openml, load_breast_cancer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

OPENML = {"phoneme": 1489, "pima": 37, "spambase": 44, "magic": 1120, "adult": 1590, "german": 31}
KEY = ["budget", "data", "split", "estimator"]
FIELDS = [*KEY, "accuracy", "auc", "log_loss", "brier", "ece", "cpu", "oof"]
ONLY_IF_NAMED = ["ours, 16 networks", "ours and HistGradientBoosting"]
DRAWN = ["ours", "CatBoost", "RealMLP-TD", "LightGBM", "MLPClassifier"]  # of README.md
REFERENCES = ["MLPClassifier", "CatBoost"]  # whose CPU seconds are 1
SIDES = [  # of a point, as they are tried for its name: direction, alignment
    (1, 0, "left", "center"),
    (-1, 0, "right", "center"),
    (0.9, 0.5, "left", "bottom"),
    (0.9, -0.5, "left", "top"),
    (-0.9, 0.5, "right", "bottom"),
    (-0.9, -0.5, "right", "top"),
    (0, 1, "center", "bottom"),
    (0, -1, "center", "top"),
]
PEER = {"random_state": 0, "device": "cpu", "n_threads": 1}

ESTIMATORS = {  # name -> (make, whether numeric columns are standardised for it)
    "ours": (ours, False),
    "ours, 16 networks": (lambda: ours(n_estimators=16), False),
    "ours and HistGradientBoosting": (
        lambda: three_to_one(ours(), HistGradientBoostingClassifier(random_state=0)),
        False,
    ),
    "LogisticRegression": (lambda: LogisticRegression(max_iter=1000), True),
    "MLPClassifier": (lambda: MLPClassifier(random_state=0), True),
    "MLPClassifier, early stopping": (
        lambda: MLPClassifier(random_state=0, early_stopping=True),
        True,
    ),
    "RandomForest": (lambda: RandomForestClassifier(random_state=0), False),
    "ExtraTrees": (lambda: ExtraTreesClassifier(random_state=0), False),
    "HistGradientBoosting": (lambda: HistGradientBoostingClassifier(random_state=0), False),
}
ESTIMATORS |= {name: (make, False) for name, make in BOOSTERS.items()}
with suppress(ImportError):  # extra "bench"; its networks scale their inputs themselves
    from pytabkit import RealMLP_TD_Classifier, TabM_D_Classifier

    ESTIMATORS |= {
        "RealMLP-TD": (lambda: RealMLP_TD_Classifier(**PEER), False),
        "RealMLP-TD, cross-entropy": (
            lambda: RealMLP_TD_Classifier(**PEER, val_metric_name="cross_entropy", use_ls=False),
            False,
        ),
        "TabM": (lambda: TabM_D_Classifier(**PEER), False),
    }


# Data -------------------------------------------------------------------------------------------


def data_sets(folder):
    """Name and (X, y, categorical columns): from a folder, or without one from libraries."""
    return from_folder(folder) if folder else from_libraries()


def from_folder(folder):
    """Name -> (X, y, categorical columns) for every .npz file."""
    for path in sorted(Path(folder).glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            yield path.stem, (file["X"], file["y"].astype(int), file["cat_idx"].astype(int))


def from_libraries():
    """What scikit-learn carries, and what OpenML sends."""
    X, y = load_breast_cancer(return_X_y=True)
    yield "wdbc", (X, y, np.array([], int))
    for name, data_id in OPENML.items():
        X, y = fetch_openml(data_id=data_id, as_frame=True, return_X_y=True, parser="auto")
        categorical = np.flatnonzero([kind == "category" for kind in X.dtypes])
        codes = {column: X.iloc[:, column].cat.codes.replace(-1, np.nan) for column in categorical}
        X = X.assign(**{X.columns[column]: code for column, code in codes.items()})
        yield name, (X.to_numpy(float), (y == y.unique()[0]).astype(int).to_numpy(), categorical)


def splits(y, budget):
    """Training and test rows of every split."""
    if budget in raw_tables.BUDGETS:
        yield from raw_tables.splits(y, budget)
        return
    rows = np.arange(len(y))
    if budget == "full" and len(rows) > 20_000:
        rows, _ = train_test_split(rows, train_size=20_000, stratify=y, random_state=12345)
    n_splits = (
        2 if budget == "small" else 5 if len(rows) < 2_000 else 3 if len(rows) < 10_000 else 1
    )
    for split in range(n_splits):
        train, test = train_test_split(
            rows, test_size=0.3, stratify=y[rows], random_state=1000 + split
        )
        if budget == "small":
            train, test = np.random.default_rng(split).permutation(train)[:3_000], test[:6_000]
        yield split, train, test


def prepared(X, categorical, train, test, standardised):
    """The table as the protocol has it, for training and for testing."""
    numeric = np.setdiff1d(np.arange(X.shape[1]), categorical)
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    encode = ColumnTransformer(
        [
            ("numeric", make_pipeline(fill, StandardScaler()) if standardised else fill, numeric),
            (
                "categorical",
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                categorical,
            ),
        ]
    )
    return encode.fit_transform(X[train]), encode.transform(X[test])


# Fits -------------------------------------------------------------------------------------------


def ready(name, X, categorical, train, test):
    """An estimator and its tables for training and testing; a data frame stays as it is."""
    if isinstance(X, pd.DataFrame):
        return raw_tables.ESTIMATORS[name](), X.iloc[train], X.iloc[test]
    make, standardised = ESTIMATORS[name]
    return make(), *prepared(X, categorical, train, test, standardised)


def measure(budget, data, X, y, categorical, split, train, test, name):
    """One fit: a row of the CSV."""
    estimator, X_train, X_test = ready(name, X, categorical, train, test)
    start = process_time()
    with threadpool_limits(1), warnings.catch_warnings():  # CPU seconds must count work
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X_train, y[train])
    cpu = process_time() - start
    proba, truth = np.clip(estimator.predict_proba(X_test)[:, 1], 1e-7, 1 - 1e-7), y[test]
    return {
        "budget": budget,
        "data": data,
        "split": split,
        "estimator": name,
        "accuracy": accuracy_score(truth, proba > 0.5),
        "auc": roc_auc_score(truth, proba),
        "log_loss": log_loss(truth, proba),
        "brier": brier_score_loss(truth, proba),
        "ece": calibration_error(truth, proba),
        "cpu": cpu,
        "oof": getattr(estimator, "oof_log_loss_", np.nan),
    }


def calibration_error(truth, proba, n_bins=15):
    """Expected calibration error of the positive class over bins of equal width."""
    bins = np.minimum((proba * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(bins, proba - truth, n_bins)
    return np.abs(gaps).sum() / len(truth)


def run(sets, names, budget, path, n_jobs, n_splits=None):
    """Do what the CSV does not have yet, appending a row as soon as a fit is done."""
    done = set()
    if path.exists():
        done = set(pd.read_csv(path)[KEY].itertuples(index=False, name=None))
    jobs = [
        delayed(measure)(budget, data, X, y, categorical, split, train, test, name)
        for data, (X, y, categorical) in sets
        for split, train, test in islice(splits(y, budget), n_splits)
        for name in names
        if (budget, data, split, name) not in done
    ]
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if file.tell() == 0:
            writer.writeheader()
        for row in Parallel(n_jobs=n_jobs, return_as="generator_unordered")(jobs):
            writer.writerow(row)
            file.flush()
            print(f"{row['data']:>16} {row['split']} {row['estimator']:<30}{row['log_loss']:8.4f}")
    results = pd.read_csv(path)
    wanted = results.estimator.isin(names) & results["data"].isin([data for data, _ in sets])
    if n_splits:
        wanted &= results.split < n_splits
    return results[wanted & (results.budget == budget)]


# Reports ----------------------------------------------------------------------------------------


def report(results):
    """Print means over data sets, cost by that of the references, and log loss set by set."""
    by_set = results.groupby(["estimator", "data"]).mean(numeric_only=True)
    means = by_set.groupby("estimator").mean()[
        ["log_loss", "accuracy", "auc", "brier", "ece", "cpu"]
    ]
    for reference in means.index.intersection(REFERENCES):
        ratio = by_set.cpu.unstack("data") / by_set.cpu.loc[reference]
        means[f"cpu / {reference}"] = np.exp(np.log(ratio).mean(axis=1))
    print(f"\nmeans over {results['data'].nunique()} data sets")
    print(means.sort_values("log_loss").to_string(float_format="%.4f"))
    per_set = by_set.log_loss.unstack("estimator")[means.sort_values("log_loss").index]
    if "ours" in per_set:
        per_set["ours, out of fold"] = by_set.oof.loc["ours"]
    print("\nlog loss")
    print(per_set.to_string(float_format="%.4f"))


def draw_measured():
    """docs/accuracy.png, of what measured/accuracy.csv has."""
    from drawing import DOCS, MEASURED, draw_twins

    results = pd.read_csv(MEASURED / "accuracy.csv")
    draw_twins(partial(draw, results), DOCS / "accuracy.png")


def draw(results):
    """Mean log loss against CPU seconds, one point an estimator."""
    from drawing import OTHERS, OURS, ink, plt

    drawn = results[results.estimator.isin(DRAWN)]
    by_set = drawn.groupby(["estimator", "data"])[["log_loss", "cpu"]].mean()
    loss = by_set.log_loss.groupby("estimator").mean().sort_values()
    cpu = np.exp(np.log(by_set.cpu).groupby("estimator").mean())[loss.index]
    figure, ax = plt.subplots(figsize=(4.1, 3.6), dpi=200)  # as large as the moving picture
    for name in loss.index:
        ours = name == "ours"
        ax.plot(cpu[name], loss[name], "o", ms=11 if ours else 7, color=OURS if ours else OTHERS)
    ax.set_title("Twelve public tables, default parameters", size=10, weight="bold", loc="left")
    ax.set_xlabel("CPU seconds of a fit (cheaper to the left)", size=9.5)
    ax.set_ylabel("log loss on new rows (better downwards)", size=9.5)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.tick_params(axis="x", which="minor", length=0)
    ax.yaxis.set_major_formatter("{x:.2f}")
    ax.tick_params(labelsize=9.5)
    ax.margins(x=0.15, y=0.12)
    ax.spines[["top", "right"]].set_visible(False)
    names = ["sknumpynet" if name == "ours" else name for name in loss.index]
    add_labels(ax, names, np.c_[cpu, loss], ink())
    return figure


def add_labels(ax, names, points, colour):
    """Write each name at the first place beside its point that covers least of what is there."""
    from matplotlib.transforms import Bbox

    ax.figure.draw_without_rendering()  # constrained layout moves the axes
    taken = [Bbox.from_bounds(x - 10, y - 10, 20, 20) for x, y in ax.transData.transform(points)]
    for name, point in zip(names, points, strict=True):
        labels = [
            ax.annotate(
                name,
                point,
                (8 * dx, 8 * dy),
                textcoords="offset points",
                ha=ha,
                va=va,
                color=colour,
                size=9.5,
                weight="bold" if name == "sknumpynet" else "normal",
                in_layout=False,
            )
            for dx, dy, ha, va in SIDES
        ]
        boxes = [label.get_window_extent().padded(1) for label in labels]
        is_inside = [ax.bbox.contains(*b.min) and ax.bbox.contains(*b.max) for b in boxes]
        covered = [box.count_overlaps(taken) for box in boxes] + 9 * ~np.array(is_inside)
        taken.append(boxes[covered.argmin()])
        for label in np.delete(labels, covered.argmin()):
            label.remove()


def main():
    """Read the options, run, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("SKNUMPYNET_DATA"), metavar="FOLDER")
    parser.add_argument("--raw", metavar="FOLDER", help="tables as they come, instead of --data")
    parser.add_argument(
        "--budget",
        choices=["small", "full", "large"],
        default="small",
        help="full is one of --data, large of --raw",
    )
    parser.add_argument("--estimators", nargs="+", metavar="NAME")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only these data sets")
    parser.add_argument("--splits", type=int, help="only so many splits a set")
    parser.add_argument("--output", type=Path, default=Path("accuracy.csv"))
    parser.add_argument("--record", type=Path, help="write these results alone to this CSV")
    parser.add_argument("--n-jobs", type=int, default=1)
    options = parser.parse_args()
    if options.budget == ("full" if options.raw else "large"):
        parser.error("--raw has the budgets small and large, --data has small and full")
    budget = f"raw-{options.budget}" if options.raw else options.budget
    estimators = raw_tables.ESTIMATORS if options.raw else ESTIMATORS
    names = options.estimators or [name for name in estimators if name not in ONLY_IF_NAMED]
    if unknown := set(names) - set(estimators):
        parser.error(f"no estimator is called {sorted(unknown)}; there are {list(estimators)}")
    found = raw_tables.from_raw_folder(options.raw) if options.raw else data_sets(options.data)
    sets = [(name, data) for name, data in found if not options.sets or name in options.sets]
    results = run(sets, names, budget, options.output, options.n_jobs, options.splits)
    if results.empty:
        parser.error("no data set of these names has the rows of this budget")
    report(results)
    if options.record:
        results.to_csv(options.record, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()

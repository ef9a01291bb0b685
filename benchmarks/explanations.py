"""What explanations are worth: sums, exact Shapley values, CatBoost's contributions, time.

    python benchmarks/explanations.py                          # made tables
    python benchmarks/explanations.py --data FOLDER --raw FOLDER
    python benchmarks/explanations.py --only shapley time

The folders hold tables as ``accuracy.py`` takes them. Each table is cut to 3,000 training rows; of
the rest, 300 rows are explained, with 100 training rows as the background.

sums       largest difference of base value plus contributions from ``decision_function``, in parts
           of the range of the latter
shapley    six columns: contributions against Shapley values by all 64 sets of columns over the same
           background; rank correlation within a row (mean), correlation over all, by n_steps
additive   labels drawn from a sum of functions of single columns: contributions against these
catboost   how many of CatBoost's five leading columns (mean absolute SHAP value) lead here too
time       CPU seconds for 1,000 rows of 30 columns, and of shap's permutation explainer
"""

import argparse
import math
import os
import warnings
from time import process_time

import numpy as np
import pandas as pd
from accuracy import from_folder
from raw_tables import ESTIMATORS, from_raw_folder
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits

from sknumpynet import NumpyMLPBinaryClassifier, explain

N_TRAIN, N_EXPLAINED, N_BACKGROUND = 3_000, 300, 100
STEPS = (1, 2, 8)
SMOOTH = {
    "sin 2x": lambda x: np.sin(2 * x),
    "tanh x": np.tanh,
    "|x|": abs,
    "x^2 / 3": lambda x: x**2 / 3,
    "x": lambda x: x,
    "0": lambda x: 0 * x,
}


def made_tables():
    """Name -> (X, y, None): six columns that act together in three ways."""
    rng = np.random.default_rng(0)
    for seed in (0, 1):
        X, y = make_classification(4_000, 6, n_informative=4, class_sep=0.7, random_state=seed)
        yield f"made {seed}", (X, y, None)
    X = rng.normal(size=(4_000, 6))
    score = X[:, 0] * X[:, 1] + abs(X[:, 2]) + np.sin(2 * X[:, 3]) + rng.normal(size=4_000) / 2
    yield "product", (X, (score > np.median(score)).astype(int), None)


def tables(arguments):
    """Name -> (X, y, columns that hold codes)."""
    yield from made_tables()
    if arguments.data:
        yield from from_folder(arguments.data)
    if arguments.raw:
        yield from from_raw_folder(arguments.raw)


def rows_of(X, rows):
    """Rows of a frame or an array."""
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]


def fitted(X, y, columns=None):
    """The estimator on training rows, these rows, and rows to explain; of some columns."""
    if columns is not None:
        X = X.iloc[:, columns] if isinstance(X, pd.DataFrame) else X[:, columns]
    order = np.random.default_rng(0).permutation(len(y))
    train, others = np.split(order, [min(N_TRAIN, len(y) * 7 // 10)])
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(rows_of(X, train), y[train])
    return clf, rows_of(X, train), rows_of(X, others[:N_EXPLAINED])


def sums(arguments):
    """Print how far sums are from the log-odds."""
    worst = 0
    for name, (X, y, _) in tables(arguments):
        clf, background, rows = fitted(X, y)
        odds = clf.decision_function(rows)
        off = abs(explain(clf, rows, background).log_odds - odds).max() / np.ptp(odds)
        worst = max(worst, off)
        print(f"{name:24} {off:.1e}", flush=True)
    print(f"{'worst':24} {worst:.1e}")


def mixed(background, rows, of_rows):
    """Every row with every row of the background in the other columns: all pairs, one table."""
    n = len(background), len(rows)
    pairs = np.tile(np.arange(n[0]), n[1]), np.repeat(np.arange(n[1]), n[0])
    if not isinstance(rows, pd.DataFrame):
        return np.where(of_rows, rows[pairs[1]], background[pairs[0]])
    table = background.iloc[pairs[0]].reset_index(drop=True)
    of_row = rows.iloc[pairs[1]].reset_index(drop=True)
    return table.assign(**{name: of_row[name] for name in rows.columns[of_rows]})


def shapley_values(clf, background, rows):
    """Exact, by all sets of columns."""
    n_columns = rows.shape[1]
    sets = (np.arange(2**n_columns)[:, None] >> np.arange(n_columns)) & 1
    gain = np.array(
        [
            clf.decision_function(mixed(background, rows, chosen.astype(bool)))
            .reshape(len(rows), -1)
            .mean(axis=1)
            for chosen in sets
        ]
    )
    values = np.zeros((len(rows), n_columns))
    for column in range(n_columns):
        for number, chosen in enumerate(sets):
            if not chosen[column]:
                share = 1 / (n_columns * math.comb(n_columns - 1, chosen.sum()))
                values[:, column] += share * (gain[number + 2**column] - gain[number])
    return values


def shapley(arguments):
    """Print correlations with Shapley values."""
    print(f"{'':24}" + "".join(f"{n_steps:>4} step(s)  " for n_steps in STEPS))
    ranks, correlations = [], []
    for name, (X, y, _) in tables(arguments):
        if X.shape[1] < 6:
            continue
        clf, background, rows = fitted(X, y)
        columns = np.sort(explain(clf, rows[:50], background).order[:6])
        clf, background, rows = fitted(X, y, columns)
        background, rows = rows_of(background, slice(0, 50)), rows_of(rows, slice(0, 50))
        exact, line = shapley_values(clf, background, rows), []
        for n_steps in STEPS:
            found = explain(clf, rows, background, n_steps=n_steps).values
            by_row = [spearmanr(*pair).statistic for pair in zip(found, exact, strict=True)]
            line.append((np.nanmean(by_row), np.corrcoef(found.ravel(), exact.ravel())[0, 1]))
        ranks.append([rank for rank, _ in line])
        correlations.append([correlation for _, correlation in line])
        print(f"{name:24}" + "".join(f"{r:6.3f} {c:6.3f} " for r, c in line), flush=True)
    both = zip(np.mean(ranks, axis=0), np.mean(correlations, axis=0), strict=True)
    print(f"{'mean':24}" + "".join(f"{r:6.3f} {c:6.3f} " for r, c in both))


def additive(_arguments):
    """Print correlations with the functions of single columns that y is drawn from."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (20_000, len(SMOOTH)))
    parts = np.column_stack([f(X[:, at]) for at, f in enumerate(SMOOTH.values())])
    score = parts.sum(axis=1) - parts.sum(axis=1).mean()
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, rng.random(len(X)) < expit(3 * score))
    found, truth = explain(clf, X[:1_000], X[1_000:]), parts[:1_000]
    for at, name in enumerate(SMOOTH):
        share = f"{found.sizes[at] / found.sizes.sum():6.1%} of all contributions"
        if truth[:, at].any():
            share += f", correlation {np.corrcoef(found.values[:, at], truth[:, at])[0, 1]:.4f}"
        print(f"{name:24} {share}")


def catboost(arguments):
    """Print how many leading columns are CatBoost's."""
    from catboost import Pool

    shares = []
    for name, (X, y, _) in tables(arguments):
        clf, train, rows = fitted(X, y)
        if isinstance(X, pd.DataFrame):
            peer = ESTIMATORS["CatBoost"]()
            peer.fit(train, y[train.index])
            model, prepared = peer[-1], peer[:-1].transform(rows)
            texts = list(prepared.select_dtypes(["object", "string"]))
            pool = Pool(prepared, cat_features=texts)
        else:
            model = ESTIMATORS["CatBoost"]()[-1]
            order = np.random.default_rng(0).permutation(len(y))
            model.fit(train, y[order[: len(train)]])
            pool = Pool(rows)
        theirs = abs(model.get_feature_importance(pool, type="ShapValues")[:, :-1]).mean(axis=0)
        ours = explain(clf, rows, train).sizes
        n = min(5, len(ours))
        share = len({*np.argsort(-theirs)[:n]} & {*np.argsort(-ours)[:n]}) / n
        rank = spearmanr(theirs, ours).statistic
        shares.append((share, rank))
        print(f"{name:24} {share:.0%} of the first {n}, rank correlation {rank:.2f}", flush=True)
    share, rank = np.mean(shares, axis=0)
    print(f"{'mean':24} {share:.0%}, {rank:.2f}")


def time(_arguments):
    """Print CPU seconds."""
    X, y = make_classification(4_000, 30, n_informative=10, random_state=0)
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(X[:3_000], y[:3_000])
    for n_steps in STEPS:
        seconds = []
        for _repeat in range(3):
            start = process_time()
            explain(clf, X[3_000:], X[:3_000], n_steps=n_steps)
            seconds.append(process_time() - start)
        print(f"explain, {n_steps} step(s): {min(seconds):.2f} s")
    try:
        import shap
    except ImportError:
        print("shap is not installed")
        return
    explainer = shap.PermutationExplainer(clf.decision_function, X[:100])
    start = process_time()
    found = explainer(X[3_000:3_050])
    seconds = 20 * (process_time() - start)
    ours = explain(clf, X[3_000:3_050], X[:100]).values
    alike = np.corrcoef(found.values.ravel(), ours.ravel())[0, 1]
    print(f"shap's permutation explainer: {seconds:.0f} s (50 rows x 20); correlation {alike:.3f}")


PARTS = {part.__name__: part for part in (sums, shapley, additive, catboost, time)}


def main():
    """Run the parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", default=os.environ.get("SKNUMPYNET_DATA"), help="folder of numeric tables"
    )
    parser.add_argument("--raw", help="folder of raw tables")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in arguments.only:
            print(f"\n{name}")
            PARTS[name](arguments)


if __name__ == "__main__":
    main()

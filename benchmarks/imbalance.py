"""Few positives: is the prediction more than a constant? Ours beside MLPClassifier.

    python benchmarks/imbalance.py --data FOLDER

Of oil_spill (4 % positive) the splits of the accuracy benchmark; of adult one row in a hundred, and
as many rows as make 1 % of 3,000 positive. Prints, over some seeds, the mean log loss (what the
constant base rate would get stands first), the mean and the lowest ROC AUC, and the lowest standard
deviation of the probabilities, which is 0 for a constant.
"""

import argparse
import os
import warnings

import numpy as np
from accuracy import data_sets, prepared, splits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from sknumpynet import NumpyMLPBinaryClassifier

ESTIMATORS = {  # name -> (estimator, whether numeric columns are standardised for it)
    "ours": (NumpyMLPBinaryClassifier(), False),
    "ours, one network": (NumpyMLPBinaryClassifier(n_estimators=1), False),
    "ours, early_stopping=False": (NumpyMLPBinaryClassifier(early_stopping=False), False),
    "MLPClassifier": (MLPClassifier(), True),
    "MLPClassifier, early stopping": (MLPClassifier(early_stopping=True), True),
}


def subsamples(y):
    """Of adult: name, training and test rows."""
    rows = np.random.default_rng(0).permutation(len(y))
    test, rest = rows[:6_000], rows[6_000:]
    yield "adult, 1 % of the rows", rest[: len(y) // 100], test
    few = []
    for some, n_positive in ((rest, 30), (test, 40)):
        positive, negative = some[y[some] == 1], some[y[some] == 0]
        few.append(np.concatenate([positive[:n_positive], negative[: 99 * n_positive]]))
    yield "adult, 1 % positive", *few


def cases(sets):
    """Name, table, categorical columns, training and test rows."""
    for name, (X, y, categorical) in sets.items():
        rows = subsamples(y) if name == "adult" else splits(y, "small")
        for case, train, test in rows:
            yield (
                case if name == "adult" else f"{name}, split {case}",
                X,
                y,
                categorical,
                train,
                test,
            )


def main():
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("SKNUMPYNET_DATA"), metavar="FOLDER")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    wanted = {"oil_spill", "adult"}
    sets = {name: data for name, data in data_sets(options.data) if name in wanted}
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name, X, y, categorical, train, test in cases(sets):
        base_rate = log_loss(y[test], np.full(len(test), y[train].mean()))
        print(f"{name}: {y[train].sum()} of {len(train)} rows positive, base rate {base_rate:.4f}")
        for label, (estimator, standardised) in ESTIMATORS.items():
            X_train, X_test = prepared(X, categorical, train, test, standardised)
            results = []
            for seed in range(options.seeds):
                estimator.set_params(random_state=seed)
                with threadpool_limits(1):
                    proba = estimator.fit(X_train, y[train]).predict_proba(X_test)[:, 1]
                clipped = np.clip(proba, 1e-7, 1 - 1e-7)
                auc = roc_auc_score(y[test], proba)
                results.append((log_loss(y[test], clipped), auc, proba.std()))
            loss, auc, spread = np.transpose(results)
            print(
                f"  {label:<30} log loss {loss.mean():.4f}  AUC {auc.mean():.3f}, lowest "
                f"{auc.min():.3f}  least deviation {spread.min():.4f}"
            )


if __name__ == "__main__":
    main()

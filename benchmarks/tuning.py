"""What does a search gain on the defaults? Twenty draws, judged by three folds, on new rows.

    python benchmarks/tuning.py --data FOLDER --raw FOLDER

Tables, splits and preparation are those of the small budget of ``accuracy.py``: --data holds tables
of numbers, --raw tables as they come, and what is missing is left out. A seed is a split of the
table, the draws, the folds and the random numbers of the networks. The search sees the training
rows only; the draw of the lowest log loss over three folds is fitted to all of them, and stands
beside the defaults on the test rows. Then each value of each parameter alone, on the same rows.
"""

import argparse
import os
import warnings

import pandas as pd
from accuracy import from_folder, ready, splits
from raw_tables import from_raw_folder
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_score,
)
from threadpoolctl import threadpool_limits

NUMBERS = ["german", "phoneme", "pima"]
RAW = ["colic", "titanic", "telco", "sick"]
SPACE = {  # the default first
    "hidden_layer_sizes": [(100,), (), (50,), (200,), (100, 50)],
    "activation": ["relu", "silu", "tanh"],
    "learning_rate_init": ["auto", 0.001, 0.003, 0.01],
    "dropout": [0.0, 0.1, 0.3],
    "weight_decay": [0.0, 0.1, 0.3, 1.0],
    "n_estimators": ["auto", 4, 16],
    "numeric_bins": ["auto", 0, 4, 32],
}


def tables(options):
    """Name, columns, labels, categorical columns and budget of each table."""
    for folder, read, names, budget in [
        (options.data, from_folder, NUMBERS, "small"),
        (options.raw, from_raw_folder, RAW, "raw-small"),
    ]:
        for name, (X, y, categorical) in read(folder) if folder else ():
            if name in names:
                yield name, X, y, categorical, budget


def loss_on(test, estimator, train):
    """Log loss on the test rows, fitted to the training rows."""
    X, y = test
    return log_loss(y, estimator.fit(*train).predict_proba(X)[:, 1])


def search(clf, train, test, n_draws, seed):
    """Log losses of the defaults and of the best draw, by the folds and on the test rows."""
    folds = StratifiedKFold(3, shuffle=True, random_state=seed)
    judge = {"scoring": "neg_log_loss", "cv": folds}
    found = RandomizedSearchCV(clf, SPACE, n_iter=n_draws, random_state=seed, **judge).fit(*train)
    return {
        "defaults, folds": -cross_val_score(clf, *train, **judge).mean(),
        "best, folds": -found.best_score_,
        "defaults": loss_on(test, clone(clf), train),
        "best": loss_on(test, found.best_estimator_, train),
        "draw": {
            name: value for name, value in found.best_params_.items() if value != SPACE[name][0]
        },
    }


def alone(clf, train, test, seed):
    """Log loss on the test rows with one value of one parameter, and with other random numbers."""
    yield "another seed", loss_on(test, clone(clf).set_params(random_state=seed + 100), train)
    for name, (_, *others) in SPACE.items():
        for value in others:
            changed = clone(clf).set_params(**{name: value})
            yield f"{name}={value}", loss_on(test, changed, train)


def main():
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("SKNUMPYNET_DATA"), metavar="FOLDER")
    parser.add_argument("--raw", default=os.environ.get("SKNUMPYNET_RAW"), metavar="FOLDER")
    parser.add_argument("--draws", type=int, default=20)
    options = parser.parse_args()
    if not options.data and not options.raw:
        parser.error("give a folder of tables by --data or --raw")
    warnings.simplefilter("ignore", ConvergenceWarning)
    searches, changes = [], []
    for name, X, y, categorical, budget in tables(options):
        for seed, train, test in splits(y, budget):
            clf, X_train, X_test = ready("ours", X, categorical, train, test)
            rows = clf.set_params(random_state=seed), (X_train, y[train]), (X_test, y[test])
            searches.append({"table": name, "seed": seed, **search(*rows, options.draws, seed)})
            print(searches[-1], flush=True)
            changes += [
                {"table": name, "change": change, "gain": searches[-1]["defaults"] - loss}
                for change, loss in alone(*rows, seed)
            ]
    found = pd.DataFrame(searches)
    is_better = found["best, folds"] < found["defaults, folds"]
    found["better by folds"] = found["best"].where(is_better, found["defaults"])
    found["gain"] = found["defaults"] - found["better by folds"]
    print(found.round(4).to_string(), found.groupby("table")["gain"].agg(list), sep="\n\n")
    print("\nmeans", found.drop(columns=["table", "seed", "draw"]).mean().round(4), sep="\n")
    print("\ngain of one change", sep="\n")
    by_table = pd.DataFrame(changes).pivot_table(
        index="change", columns="table", values="gain", sort=False
    )
    print(by_table.assign(mean=by_table.mean(axis=1)).round(4).to_string())


if __name__ == "__main__":
    with threadpool_limits(1):
        main()

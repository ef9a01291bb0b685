"""Claim no more than few rows can tell: tables of 20 to 90 rows, of cells, of repeated rows.

    python benchmarks/few_rows.py --draws 30

Draws tables of 72 kinds (six rules, 3, 20 and 60 columns, 20, 40, 60 and 90 rows) and compares the
mean log loss on new rows with that of the training rows' base rate, of a random forest and of a
logistic regression.

    python benchmarks/few_rows.py --thresholds

walks the number of rows over those from which defaults do something else.

    python benchmarks/few_rows.py --cells

draws tables of few different rows, each many times, and tables oversampled or weighted.
"""

import warnings
from itertools import product

import numpy as np
from joblib import Parallel, delayed
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknumpynet import NumpyMLPBinaryClassifier

N_TEST = 2000


def drawn(rng, log_odds):
    """Labels of these log-odds."""
    return (rng.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(int)


def linear(rng, X):
    """Three columns count."""
    return drawn(rng, 2 * X[:, 0] - 1.5 * X[:, 1] + X[:, 2])


def products(rng, X):
    """The product of two columns counts, and a third column a little."""
    return drawn(rng, 3 * X[:, 0] * X[:, 1] + 0.5 * X[:, 2])


def noise(rng, X):
    """No column counts."""
    return drawn(rng, np.zeros(len(X)))


def rare(rng, X):
    """One label in eight, by two columns."""
    return drawn(rng, 1.5 * X[:, 0] + X[:, 1] - 2.8)


def tails(rng, X):
    """Columns of heavy tails, of different units; signs and sizes count."""
    y = drawn(rng, 1.5 * X[:, 0] + np.abs(X[:, 1]) - 0.8)
    X[...] = np.sinh(2 * X) * 10.0 ** (np.arange(X.shape[1]) % 5)
    return y


def discrete(rng, X):
    """Columns of two to five values, one step and one product of them."""
    n_values = 2 + np.arange(X.shape[1]) % 4
    X[...] = np.floor(n_values / (1 + np.exp(-1.7 * X)))
    return drawn(rng, 2.5 * (X[:, 0] - 0.5) + 1.5 * (X[:, 1] - 1) * (2 * X[:, 2] > 3))


RULES = {rule.__name__: rule for rule in (linear, products, noise, rare, tails, discrete)}
WIDTHS, SIZES = (3, 20, 60), (20, 40, 60, 90)
PEERS = {
    "base rate": lambda seed: DummyClassifier(),
    "ours": lambda seed: NumpyMLPBinaryClassifier(random_state=seed),
    "forest": lambda seed: RandomForestClassifier(random_state=seed),
    "linear": lambda seed: make_pipeline(StandardScaler(), LogisticRegression()),
}


def table(name, width, n_rows, seed):
    """Training rows with two labels of each class at least, and rows to test on."""
    rng = np.random.default_rng((list(RULES).index(name), width, n_rows, seed))
    while True:
        X = rng.normal(size=(n_rows + N_TEST, width))
        y = RULES[name](rng, X)
        if 2 <= y[:n_rows].sum() <= n_rows - 2:
            return X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:]


def losses(name, width, n_rows, seed, peers=PEERS):
    """Log loss of each peer on new rows."""
    X, y, X_test, y_test = table(name, width, n_rows, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = (make(seed).fit(X, y) for make in peers.values())
        return [log_loss(y_test, clf.predict_proba(X_test)) for clf in fitted]


def kinds(n_draws, n_jobs, sizes=SIZES, peers=PEERS):
    """Mean loss over the draws, of shape (rules, widths, sizes, peers)."""
    asked = list(product(RULES, WIDTHS, sizes, range(n_draws)))
    found = Parallel(n_jobs=n_jobs)(delayed(losses)(*kind, peers) for kind in asked)
    return np.reshape(found, (len(RULES), len(WIDTHS), len(sizes), n_draws, -1)).mean(axis=3)


if __name__ == "__main__":
    import sys
    import time

    n = int(sys.argv[1])
    t = time.time()
    es = {"auto": {}, "True": {"early_stopping": True}}
    peers = dict(PEERS)
    peers["True"] = lambda s: NumpyMLPBinaryClassifier(random_state=s, early_stopping=True)
    m = kinds(n, 2, peers=peers)
    print(time.time() - t)
    print(list(peers))
    print("mean", m.mean(axis=(0, 1, 2)).round(4))
    for i, s in enumerate(SIZES):
        print(s, m[:, :, i].mean(axis=(0, 1)).round(4))
    for i, r in enumerate(RULES):
        print(
            r,
            m[i].mean(axis=(0, 1)).round(4),
            "worst over base",
            (m[i] - m[i][..., :1]).max(axis=(0, 1)).round(3),
        )

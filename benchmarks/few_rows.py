"""Claim no more than few rows can tell: tables of 20 to 90 rows, of cells, of copies.

    python benchmarks/few_rows.py --draws 30

Draws tables of 72 kinds (six rules, 3, 20 and 60 columns, 20, 40, 60 and 90 rows) and compares the
mean log loss on new rows with that of the training rows' base rate, of a random forest and of a
logistic regression. With ``--thresholds`` the number of rows goes over those from which defaults do
something else; with ``--cells`` there are few different rows, each many times; with ``--copies``
rows are weighted, repeated or oversampled.
"""

import argparse
import warnings
from itertools import product

import numpy as np
from scipy.special import xlogy
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknumpynet import NotLearningWarning, NumpyMLPBinaryClassifier

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
NEAR_THRESHOLDS = (10, 15, 16, 17, 20, 31, 32, 33, 47, 48, 49, 63, 64, 65, 95, 99, 100, 101, 105)
SHAPES = ((2, 2), (2, 2, 2), (12,), (4, 3, 2), (5, 4, 3), (6, 5, 5), (20, 20))  # values of columns
TABLES = {  # name -> what is done to the rows that are drawn
    "as drawn": lambda X, y: (X, y, None),
    "a weight of 10 for all": lambda X, y: (X, y, np.full(len(y), 10)),
    "each row three times": lambda X, y: (np.repeat(X, 3, 0), np.repeat(y, 3), None),
    "positives 20 times": lambda X, y: (
        np.repeat(X, 1 + 19 * y, 0),
        np.repeat(y, 1 + 19 * y),
        None,
    ),
}
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


def losses(name, width, n_rows, seed):
    """Log loss of each peer on new rows."""
    X, y, X_test, y_test = table(name, width, n_rows, seed)
    fitted = (make(seed).fit(X, y) for make in PEERS.values())
    return [log_loss(y_test, clf.predict_proba(X_test)) for clf in fitted]


def kinds(n_draws, sizes):
    """Mean loss over the draws, of shape (rules, widths, sizes, peers)."""
    asked = product(RULES, WIDTHS, sizes, range(n_draws))
    found = [losses(*kind) for kind in asked]
    return np.reshape(found, (len(RULES), len(WIDTHS), len(sizes), n_draws, -1)).mean(axis=3)


def row(name, figures):
    """Print a row of figures, one a peer."""
    print(f"{name:<28}" + "".join(f"{figure:>12.4f}" for figure in figures), flush=True)


def few(n_draws, sizes):
    """Print the means by size and by rule, and the kind that is worst against the base rate."""
    mean = kinds(n_draws, sizes)
    print(f"{'mean log loss':<28}" + "".join(f"{name:>12}" for name in PEERS))
    row("all", mean.mean(axis=(0, 1, 2)))
    for size, of_size in zip(sizes, np.moveaxis(mean, 2, 0), strict=True):
        row(f"{size} rows", of_size.mean(axis=(0, 1)))
    for rule, of_rule in zip(RULES, mean, strict=True):
        row(rule, of_rule.mean(axis=(0, 1)))
    above = mean - mean[..., :1]
    row("most above the base rate", above.max(axis=(0, 1, 2)))
    rule, width, size = np.unravel_index(above[..., 1].argmax(), above.shape[:3])
    print(f"ours: {list(RULES)[rule]}, {WIDTHS[width]} columns, {sizes[size]} rows")


def cells(n_draws):
    """Print excess log loss where few different rows are the cells of a table.

    The cells have a probability each, drawn at random, or a label each; ours, and the base rate,
    are compared with the true probabilities.
    """
    print(f"{'excess log loss':<28}{'base rate':>12}{'ours':>12}")
    for shape, each, is_clean in product(SHAPES, (3, 10, 100), (False, True)):
        X = np.array(list(product(*map(range, shape))), float)
        excess = []
        for seed in range(n_draws):
            rng = np.random.default_rng((len(X), each, seed))
            z = rng.normal(size=len(X)) * (1000 if is_clean else 2)
            p = 1 / (1 + np.exp(-z.clip(-700, 700)))
            y = (rng.random((each, len(X))) < p).astype(int).ravel()
            if len(np.unique(y)) < 2:
                continue
            clf = NumpyMLPBinaryClassifier(random_state=seed).fit(np.tile(X, (each, 1)), y)
            told = np.array([np.full(len(X), y.mean()), clf.predict_proba(X)[:, 1]])
            best = -xlogy(p, p) - xlogy(1 - p, 1 - p)
            excess.append((-xlogy(p, told) - xlogy(1 - p, 1 - told) - best).mean(axis=1))
        kind = "clean" if is_clean else "noisy"
        row(f"{len(X)} cells of {each} rows, {kind}", np.mean(excess, axis=0))


def copies(n_draws):
    """Print what weights and copies do to the log loss on new rows, and out of fold."""
    print(f"{'linear, 20 columns, 90 rows':<28}{'new rows':>12}{'out of fold':>12}")
    for name, change in TABLES.items():
        found = []
        for seed in range(n_draws):
            X, y, X_test, y_test = table("linear", 20, 90, seed)
            X, y, weight = change(X, y)
            clf = NumpyMLPBinaryClassifier(random_state=seed).fit(X, y, weight)
            share = y.mean()  # of positives, which new rows are to have as well
            test_weight = np.where(y_test, share / y_test.mean(), (1 - share) / (1 - y_test.mean()))
            p = clf.predict_proba(X_test)
            found.append([log_loss(y_test, p, sample_weight=test_weight), clf.oof_log_loss_])
        row(name, np.mean(found, axis=0))


def main():
    """Draw, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=30, help="tables of each kind")
    parser.add_argument("--thresholds", action="store_true")
    parser.add_argument("--cells", action="store_true")
    parser.add_argument("--copies", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore", NotLearningWarning)
    if options.cells:
        cells(options.draws)
    elif options.copies:
        copies(options.draws)
    else:
        few(options.draws, NEAR_THRESHOLDS if options.thresholds else SIZES)


if __name__ == "__main__":
    main()

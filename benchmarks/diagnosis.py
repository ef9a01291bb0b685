"""Does `diagnose` name the cause, and does its remedy mend it? A zoo of failures, and the healthy.

Each failure is made on purpose, 20 seeds each. A diagnosis is right if its leading finding is that
cause. Then the remedy that the finding names is applied and the network trained again; training has
succeeded if what it takes off the loss of the base rate is no less than four fifths of what a
default fit on sound data takes off. Healthy: default fits on XOR, circles and moons, and on the
data sets of a folder; whatever is said of those is listed.
"""

import argparse
import os
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, make_circles, make_moons
from sklearn.exceptions import ConvergenceWarning

from sknumpynet import NotLearningWarning, NumpyMLPBinaryClassifier, diagnose
from sknumpynet.diagnosis.evidence import Evidence

N_SEEDS = 20


def xor(seed, n_rows=400):
    """Uniform rows in the square, and the sign of the product."""
    X = np.random.default_rng(seed).uniform(-1, 1, (n_rows, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def moons(seed, n_rows=600):
    """Two half moons."""
    return make_moons(n_rows, noise=0.2, random_state=seed)


def circles(seed):
    """A circle in another."""
    return make_circles(400, noise=0.05, factor=0.5, random_state=seed)


def cancer(seed):
    """Breast cancer, raw: a bootstrap sample without repetition."""
    X, y = load_breast_cancer(return_X_y=True)
    rows = np.random.default_rng(seed).permutation(len(y))[:400]
    return X[rows], y[rows]


TABLES = [xor, moons, cancer]


def table(seed):
    """One of the three sound ones in turn."""
    return TABLES[seed % len(TABLES)](seed)


def quietly(clf, X, y):
    """A fit; that it does not converge or learn is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", NotLearningWarning)
        return clf.fit(X, y)


def fit(X, y, seed, **params):
    """A fresh fit."""
    return quietly(NumpyMLPBinaryClassifier(random_state=seed, **params), X, y)


def gone_on(X, y, seed, change, solvers=("sgd", "adam"), **params):
    """A fit that went on from weights changed by hand, with a fresh optimizer."""
    clf = fit(X, y, seed, solver=solvers[0], max_iter=1, warm_start=True, **params)
    change(clf)
    return quietly(clf.set_params(max_iter=200, solver=solvers[1]), X, y)


def silence(clf):
    """Biases that no input overcomes."""
    clf.intercepts_[0][...] = -1e3


def saturate(clf):
    """Weights that drive every unit to its ends."""
    clf.coefs_[0][...] *= 1e3


def make_equal(clf):
    """The same weights for all units of the first layer."""
    clf.coefs_[0][...] = 0.1
    clf.intercepts_[0][...] = 0
    clf.coefs_[1][...] = 0.1


def make_positive(clf):
    """Weights between 0 and 1, as np.random.rand draws them."""
    rng = np.random.default_rng(0)
    for coef in clf.coefs_:
        coef[...] = rng.random(coef.shape)


def scaled_by(factor):
    """Every layer makes much of little, or little of much."""

    def scale(clf):
        for coef in clf.coefs_:
            coef *= factor

    return scale


# Each takes a seed and returns the fitted estimator and its data ---------------------------------


def not_scaled(seed):
    """One column of a raw table in another unit, and no scaling."""
    X, y = cancer(seed)
    X[:, 0] *= 1e4
    return fit(X, y, seed, scale_inputs=None), X, y


def constant(seed):
    """A column that never changes."""
    X, y = table(seed)
    X = np.column_stack([X, np.full(len(y), 7.0)])
    return fit(X, y, seed), X, y


def duplicate(seed):
    """A column twice."""
    X, y = table(seed)
    X = np.column_stack([X, X[:, 0]])
    return fit(X, y, seed), X, y


def sentinel(seed):
    """A tenth of the values missing, written as -999."""
    X, y = table(seed)
    X[np.random.default_rng(seed).random(X.shape) < 0.1] = -999.0
    return fit(X, y, seed), X, y


def rate_too_high(seed):
    """Steps beyond the minimum, or beyond the numbers."""
    X, y = table(seed)
    params = [{"learning_rate_init": 30.0}, {"solver": "sgd", "learning_rate_init": 1e12}][seed % 2]
    return fit(X, y, seed, **params), X, y


def rate_too_low(seed):
    """Steps too small to get anywhere."""
    X, y = table(seed)
    return fit(X, y, seed, learning_rate_init=1e-7), X, y


def stopped_too_early(seed):
    """One epoch, or no patience at all."""
    X, y = table(seed)
    return fit(X, y, seed, **[{"max_iter": 1}, {"n_iter_no_change": 1, "tol": 0.5}][seed % 2]), X, y


def dead(seed):
    """Units of relu that no row reaches."""
    X, y = table(seed)
    return gone_on(X, y, seed, silence), X, y


def saturated(seed):
    """Units at their flat ends."""
    X, y = table(seed)
    return gone_on(X, y, seed, saturate, activation=["logistic", "tanh"][seed % 2]), X, y


def vanishing(seed):
    """Eight layers of logistic, with weights that suit tanh."""
    X, y = table(seed)
    deep = {"hidden_layer_sizes": (20,) * 8, "activation": "logistic"}
    return gone_on(X, y, seed, scaled_by(0.25), ("adam", "sgd"), **deep), X, y


def exploding(seed):
    """Six layers with weights eight times too large."""
    X, y = table(seed)
    return gone_on(X, y, seed, scaled_by(8), hidden_layer_sizes=(30,) * 6), X, y


def symmetric(seed):
    """All units of a layer alike."""
    X, y = xor(seed) if seed % 2 else moons(seed)
    return gone_on(X, y, seed, make_equal, activation="tanh"), X, y


def positive(seed):
    """The network of the question: all-positive weights, plain gradient descent, XOR."""
    X, y = xor(seed)
    plain = {"solver": "sgd", "momentum": 0, "scale_inputs": None, "learning_rate_init": 0.1}
    question = {"hidden_layer_sizes": (5, 5), "activation": "logistic", "warm_start": True}
    clf = fit(X, y, seed, **plain, **question, n_estimators=1, max_iter=1, early_stopping=False)
    make_positive(clf)
    return quietly(clf.set_params(max_iter=100), X, y), X, y


def held_down(seed):
    """A penalty, or a smoothing, that leaves nothing to learn."""
    X, y = table(seed)
    return fit(X, y, seed, **[{"alpha": 1e5}, {"label_smoothing": 0.99}][seed % 2]), X, y


def featureless(seed):
    """Columns that never change."""
    X, y = table(seed)
    X = np.full_like(X, 3.0)
    return fit(X, y, seed), X, y


def linear(seed):
    """Layers of nothing but sums, where the truth is no sum."""
    X, y = xor(seed) if seed % 2 else circles(seed)
    return fit(X, y, seed, activation="identity", numeric_bins=0), X, y


def memorised(seed):
    """More weights than rows, trained to the end, none held out."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(120, 20))
    y = (3 * X[:, 0] + rng.logistic(size=120) > 0).astype(int)
    return fit(X, y, seed, early_stopping=False, n_iter_no_change=np.inf), X, y


def shuffled(seed):
    """Labels of other rows."""
    X, y = table(seed)
    y = np.random.default_rng(seed).permutation(y)
    return fit(X, y, seed), X, y


def contradicting(seed):
    """Half of the rows again, with the other label."""
    X, y = table(seed)
    rows = np.random.default_rng(seed).permutation(len(y))[: len(y) // 2]
    X, y = np.vstack([X, X[rows]]), np.append(y, 1 - y[rows])
    return fit(X, y, seed), X, y


def repeated(seed):
    """Every row three times."""
    X, y = (np.repeat(each, 3, axis=0) for each in table(seed))
    return fit(X, y, seed), X, y


def leak(seed):
    """A column that is the label with noise."""
    X, y = table(seed)
    noise = np.random.default_rng(seed).normal(size=len(y))
    X = np.column_stack([X, y + 0.01 * noise])
    return fit(X, y, seed), X, y


def rare(seed):
    """Three rows of a hundred are positive."""
    rng = np.random.default_rng(seed)
    y = (np.arange(4000) % 33 == 0).astype(int)
    X = rng.normal(size=(4000, 3)) + y[:, np.newaxis]
    return fit(X, y, seed), X, y


def uncalibrated(seed):
    """Classes weighted to be equal, where one is nine times as large."""
    rng = np.random.default_rng(seed)
    y = (np.arange(3000) % 10 == 0).astype(int)
    X = rng.normal(size=(3000, 3)) + 0.8 * y[:, np.newaxis]
    return fit(X, y, seed, class_weight="balanced"), X, y


# What a remedy that is a step does to the data ---------------------------------------------------


def without_column(X, y, finding, seed):
    """Leave the column out."""
    return np.delete(X, int(finding.where.split(",")[0].split()[1]), axis=1), y


def missing(X, y, finding, seed):
    """Make the number missing."""
    return np.where(finding.figure == X, np.nan, X), y


def sound(X, y, finding, seed):
    """The table as it was."""
    return table(seed)


def agreed(X, y, finding, seed):
    """The rows without those that contradict them."""
    return X[: 2 * len(y) // 3], y[: 2 * len(y) // 3]


def once(X, y, finding, seed):
    """Every row once."""
    first = np.unique(X, axis=0, return_index=True)[1]
    return X[first], y[first]


def same(X, y, finding, seed):
    """Nothing: the remedy is an argument."""
    return X, y


@dataclass
class Failure:
    """One of the zoo: how it is made, what finding it should lead to, what its step does."""

    make: Callable
    code: str
    step: Callable = same


ZOO = [
    Failure(not_scaled, "inputs_not_scaled"),
    Failure(constant, "constant_columns", without_column),
    Failure(duplicate, "duplicate_columns", without_column),
    Failure(sentinel, "sentinel", missing),
    Failure(rate_too_high, "rate_too_high"),
    Failure(rate_too_low, "rate_too_low"),
    Failure(stopped_too_early, "stopped_too_early"),
    Failure(dead, "dead_units"),
    Failure(saturated, "saturated_units"),
    Failure(vanishing, "vanishing_gradients"),
    Failure(exploding, "exploding_gradients"),
    Failure(symmetric, "symmetric_units"),
    Failure(positive, "similar_units"),
    Failure(held_down, "penalty_too_strong"),
    Failure(featureless, "constant_prediction", sound),
    Failure(linear, "hidden_layers_idle"),
    Failure(memorised, "overfitting"),
    Failure(shuffled, "no_signal", sound),
    Failure(contradicting, "contradicting_labels", agreed),
    Failure(repeated, "repeated_rows", once),
    Failure(leak, "leak", without_column),
    Failure(rare, "threshold_hides_rare_class"),
    Failure(uncalibrated, "uncalibrated"),
]


def is_mended(failure, clf, X, y, finding, seed):
    """Whether training succeeds once the remedy is applied."""
    X, y = failure.step(X, y, finding, seed)
    mended = quietly(clone(clf).set_params(**finding.params), X, y)
    by_default = fit(X, y, seed)
    gain, of_sound = (Evidence(each, X, y, None).gain for each in (mended, by_default))
    return gain >= of_sound - 0.2 * abs(of_sound)


def put_to_the_test(failure, seed):
    """What the leading finding was, and whether the remedy for the cause works."""
    clf, X, y = failure.make(seed)
    findings = diagnose(clf, X, y).findings
    found = [finding for finding in findings if finding.code == failure.code]
    is_right = bool(found) and is_mended(failure, clf, X, y, found[0], seed)
    return findings[0].code if findings else "nothing", is_right


def healthy(folder):
    """Name, then estimator and data of every default fit."""
    for make in (xor, circles, moons):
        for seed in range(N_SEEDS):
            X, y = make(seed)
            yield make.__name__, fit(X, y, seed), X, y
    if folder:
        from accuracy import from_folder, prepared, splits

        for name, (X, y, categorical) in from_folder(folder):
            _, train, test = next(splits(y, "small"))
            raw, _ = prepared(X, categorical, train, test, standardised=False)
            yield name, fit(raw, y[train], 0), raw, y[train]


def main():
    """Print the table of the zoo, then what is said of the healthy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("SKNUMPYNET_DATA"), metavar="FOLDER")
    options = parser.parse_args()
    print(f"{'of ' + str(N_SEEDS) + ' seeds':<28}{'named':>6}{'mended':>8}  else named")
    for failure in ZOO:
        leading, mended = zip(
            *(put_to_the_test(failure, seed) for seed in range(N_SEEDS)), strict=True
        )
        others = Counter(leading)
        named = others.pop(failure.code, 0)
        print(f"{failure.code:<28}{named:>6}{sum(mended):>8}  {dict(others) or ''}", flush=True)
    for name, clf, X, y in healthy(options.data):
        for finding in diagnose(clf, X, y).findings:
            print(f"healthy {name}: {finding}")


if __name__ == "__main__":
    main()

"""Failures made on purpose, for `diagnosis.py`: each with the finding that it should lead to.

Many follow threads in which people asked why their network does not learn. A function takes a seed
and returns the fitted estimator, the rows to show to `diagnose`, their labels and, where there are
some, weights. Parameters and tables vary with the seed.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from diagnosis_tables import (
    UNSEEN,
    any_table,
    board,
    cancer,
    circles,
    clinic,
    crossed,
    curved,
    gates,
    generators,
    hard,
    moons,
    narrow,
    noisy,
    pixels,
    rare,
    raw,
    table,
    unequal,
    xor,
)
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from sknumpynet import NotLearningWarning, NumpyMLPBinaryClassifier


def quietly(clf, X, y, sample_weight=None, **given):
    """A fit; that it does not converge or learn is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", NotLearningWarning)
        warnings.filterwarnings("ignore", "nearly every row has a level of its own")
        return clf.fit(X, y, sample_weight, **given)


def network(seed, **params):
    """An estimator that is not yet fitted."""
    return NumpyMLPBinaryClassifier(random_state=seed, **params)


def fit(X, y, seed, **params):
    """A fresh fit."""
    return quietly(network(seed, **params), X, y)


def pick(seed, *choices):
    """One of them, in turn."""
    return choices[seed % UNSEEN % len(choices)]


def fit_with(seed, *variants, of=any_table, **params):
    """A fit of sound rows with one of some settings; the estimator and its rows."""
    X, y = of(seed)
    return fit(X, y, seed, **pick(seed, *variants), **params), X, y


def stream(clf, X, y, n_pieces=8, n_passes=15):
    """Pass over the rows some times in pieces, in their order."""
    for _ in range(n_passes):
        for rows in np.array_split(np.arange(len(y)), n_pieces):
            clf.partial_fit(X[rows], y[rows], classes=[0, 1])
    return clf


def gone_on(X, y, seed, change, solvers=("sgd", "adam"), **params):
    """A fit that went on from weights changed by hand, with a fresh optimizer."""
    clf = fit(X, y, seed, solver=solvers[0], max_iter=1, warm_start=True, **params)
    change(clf)
    return quietly(clf.set_params(max_iter=200, solver=solvers[1]), X, y)


def gain(clf, X, y):
    """Fraction of the base rate's log loss that predictions remove."""
    rate = np.mean(y)
    p = clf.predict_proba(X)[:, 1].astype(float).clip(1e-7, 1 - 1e-7)  # of float32
    return 1 - log_loss(y, p) / log_loss(y, np.full(len(y), rate))


@lru_cache(maxsize=200)
def gain_of_default(sound, seed):
    """What a default fit on sound data reaches."""
    return gain(fit(*sound(seed), seed), *sound(seed + UNSEEN))


# Hands on the weights ----------------------------------------------------------------------------


def silence(clf):
    """Biases that no input overcomes."""
    clf.intercepts_[0][...] = -1e3


def saturate(clf):
    """Weights that drive every unit to its ends, and biases that keep it there."""
    clf.coefs_[0][...] *= 30
    clf.intercepts_[0][...] = 1e3


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


# Scales and columns ------------------------------------------------------------------------------


def in_another_unit(seed):
    """Breast cancer, one column in another unit."""
    X, y = cancer(seed)
    X[:, 0] *= pick(seed, 1e6, 1e7)
    return X, y


def not_scaled(seed):
    """One column of a raw table in another unit, and no scaling."""
    return fit_with(seed, {"scale_inputs": None}, of=in_another_unit)


def pixels_not_scaled(seed):
    """Pixels from 0 to 255, plain descent with the rate of a tutorial: all of one class."""
    plain = {"solver": "sgd", "learning_rate_init": pick(seed, 0.1, 0.2, 0.3)}
    return fit_with(seed, plain, of=pixels, scale_inputs=None, max_iter=40)


def dated(seed):
    """The crossed columns, small, and seconds since 1970."""
    X, y = crossed(seed)
    rng = generators(seed)[1]
    X = StandardScaler().fit_transform(X)
    return np.column_stack([X, 1.6e9 + 1e7 * rng.random(len(y))]), y


def seconds_not_scaled(seed):
    """A column of seconds since 1970, and no scaling: it only learns the bias."""
    return fit_with(seed, {"solver": "adam"}, {"solver": "sgd"}, of=dated, scale_inputs=None)


def with_constant(seed):
    """A table with a column of sevens."""
    X, y = table(seed)
    return np.column_stack([X, np.full(len(y), 7.0)]), y


def constant(seed):
    """A column that never changes."""
    return fit_with(seed, {}, of=with_constant)


def with_copy(seed):
    """A table with its first column twice."""
    X, y = table(seed)
    return np.column_stack([X, X[:, 0]]), y


def duplicate(seed):
    """A column twice."""
    return fit_with(seed, {}, of=with_copy)


def with_gaps(seed):
    """A table in which a tenth of the values are missing."""
    X, y = table(seed)
    X[generators(seed)[1].random(X.shape) < 0.1] = np.nan
    return X, y


def with_sentinels(seed):
    """That table, -999 for missing."""
    X, y = with_gaps(seed)
    return np.nan_to_num(X, nan=-999.0), y


def sentinel(seed):
    """A tenth of the values missing, written as -999."""
    return fit_with(seed, {}, of=with_sentinels)


def clinic_with_zeros(seed):
    """Patients, of some of whom the year of birth is 0, or -1."""
    X, y = clinic(seed)
    return np.nan_to_num(X, nan=pick(seed, 0.0, -1.0)), y


def zero_year(seed):
    """Years of birth of 0 or -1 for unknown."""
    return fit_with(seed, {}, of=clinic_with_zeros)


def zero_year_squeezes(seed):
    """The same, standardised: the years known become one value."""
    return fit_with(seed, {"solver": "sgd"}, {}, of=clinic_with_zeros, scale_inputs="standard")


def with_outlier(seed):
    """A table with one row typed in another unit; no such row comes later."""
    X, y = pick(seed, crossed, moons, cancer)(seed)
    if seed < UNSEEN:
        X[seed % len(y)] = 1e5 * abs(X).max(axis=0)
    return X, y


def sound_for_outlier(seed):
    """That table without the mistake."""
    return pick(seed, crossed, moons, cancer)(seed)


def outlier(seed):
    """One row a hundred thousand times too large, and columns standardised."""
    X, y = sound_for_outlier(seed)
    X[seed % len(y)] = 1e5 * abs(X).max(axis=0)
    return fit(X, y, seed, scale_inputs="standard"), X, y


def without_values(seed):
    """A table of columns that never change."""
    X, y = table(seed)
    return np.full_like(X, 3.0), y


def featureless(seed):
    """Columns that never change."""
    return fit_with(seed, {}, of=without_values)


# Settings ----------------------------------------------------------------------------------------


def rate_too_high(seed):
    """Steps beyond the minimum, or beyond the numbers."""
    huge = {"solver": "sgd", "learning_rate_init": 1e12}
    return fit_with(seed, {"learning_rate_init": 30.0}, huge)


def rate_high_for_sgd(seed):
    """A rate ten times that of the tutorial, deep layers: the loss is no number, or leaps."""
    params = {"solver": "sgd", "hidden_layer_sizes": (50, 50, 50), "max_iter": 40}
    return fit_with(seed, {"learning_rate_init": 10.0}, {"learning_rate_init": 100.0}, **params)


def rate_too_low(seed):
    """Steps too small to get anywhere."""
    return fit_with(seed, {"learning_rate_init": 1e-7})


def rate_low_for_sgd(seed):
    """Plain descent at the default of scikit-learn, or less: the loss hardly falls."""
    plain = {"solver": "sgd", "learning_rate": "constant", "max_iter": 30, "momentum": 0.0}
    return fit_with(seed, {"learning_rate_init": 3e-4}, {"learning_rate_init": 1e-4}, **plain)


def stopped_too_early(seed):
    """One epoch, or no patience at all."""
    impatient = {"n_iter_no_change": 1, "tol": 0.5}
    return fit_with(seed, {"max_iter": 1}, impatient, of=narrow, batch_size=1000)


def one_batch(seed):
    """All rows in one step, few steps: the whole table as the batch."""
    return fit_with(seed, {"max_iter": 3}, {"max_iter": 2}, of=narrow, batch_size=100_000)


def truth_table(seed):
    """The four rows of XOR, sigmoids and some hundred steps of plain descent: .5 for each."""
    plain = {"solver": "sgd", "activation": "logistic", "hidden_layer_sizes": (4,)}
    rate = {"learning_rate_init": 0.02}, {"learning_rate_init": 0.01}
    return fit_with(seed, *rate, of=gates, **plain, learning_rate="constant", max_iter=400)


def lbfgs_tolerant(seed):
    """L-BFGS, told to stop at a gradient that it begins with."""
    return fit_with(seed, {"tol": 1.0}, {"tol": 0.5}, solver="lbfgs")


def lbfgs_cut(seed):
    """L-BFGS with a few evaluations or iterations."""
    return fit_with(seed, {"max_fun": 2}, {"max_fun": 1}, {"max_iter": 1}, solver="lbfgs")


def rate_dies(seed):
    """A rate divided by a power of the rows seen: gone after the first epoch."""
    params = {"learning_rate": "invscaling", "batch_size": 1000, "max_iter": 200}
    return fit_with(seed, {"power_t": 2.0}, {"power_t": 1.5}, **params)


def rate_cut(seed):
    """An adaptive rate that is cut whenever an epoch brings less than it must."""
    params = {"learning_rate": "adaptive", "batch_size": 1000, "n_iter_no_change": 1}
    return fit_with(seed, {"tol": 0.5}, {"tol": 1.0}, of=hard, **params, max_iter=200)


def epsilon(seed):
    """Adam divides by a number far larger than its gradients."""
    return fit_with(seed, {"epsilon": 1e3}, {"epsilon": 1e5}, {"epsilon": 100.0})


def beta(seed):
    """Adam forgets at once how large gradients were, and divides by those of a single batch."""
    return fit_with(seed, {"beta_2": 0.0}, {"beta_1": 0.99, "beta_2": 0.0}, max_iter=60)


def momentum(seed):
    """Descent that never slows down."""
    params = {"solver": "sgd", "learning_rate_init": pick(seed, 3.0, 10.0, 5.0), "max_iter": 200}
    return fit_with(seed, {"momentum": 1.0}, {"momentum": 0.9999}, of=narrow, **params)


def held_down(seed):
    """A penalty, or a smoothing, that leaves nothing to learn."""
    return fit_with(seed, {"alpha": 1e5}, {"label_smoothing": 0.99})


def held_back(seed):
    """Weights that decay at once, units that are hardly ever there, gradients cut to nothing."""
    decay, drop, clip = {"weight_decay": 100.0}, {"dropout": 0.98}, {"max_grad_norm": 1e-7}
    return fit_with(seed, decay, drop, clip | {"solver": "sgd"}, hidden_layer_sizes=(20,))


def linear(seed):
    """Layers of nothing but sums, where the truth is no sum."""
    return fit_with(seed, {"activation": "identity"}, of=curved, numeric_bins=0)


def no_hidden_layer(seed):
    """A network without hidden layers, where the truth is no sum."""
    return fit_with(seed, {"hidden_layer_sizes": ()}, of=curved, numeric_bins=0)


def too_few_units(seed):
    """One unit, or two layers of one, where the truth is no sum."""
    sizes = {"hidden_layer_sizes": (1,)}, {"hidden_layer_sizes": (1, 1)}
    return fit_with(seed, *sizes, of=curved, numeric_bins=0)


def few_units_of_board(seed):
    """A chequerboard with two or three units of relu: right in little more than half."""
    sizes = {"hidden_layer_sizes": (2,)}, {"hidden_layer_sizes": 3, "n_estimators": 1}
    return fit_with(seed, *sizes, of=board, numeric_bins=0)


def unlucky(seed):
    """A small network that most starts would let learn XOR, from one that does not."""
    X, y = xor(seed)
    small = {"hidden_layer_sizes": (4,), "n_estimators": 1, "numeric_bins": 0, "max_iter": 100}
    for start in range(100 * seed, 100 * seed + 100):
        clf = fit(X, y, start, early_stopping=False, learning_rate_init=0.02, **small)
        if clf.loss_ > 0.4:
            return clf, X, y
    raise AssertionError("every start is lucky")


def deep_logistic(seed):
    """Eight to twelve layers of sigmoids, as in the textbook: the same answer for every row."""
    params = {"activation": "logistic", "hidden_layer_sizes": (20,) * pick(seed, 8, 10, 12)}
    return fit_with(seed, {"solver": "sgd"}, of=table, **params, max_iter=30)


def deep_narrow(seed):
    """Ten layers of two or three relus: most networks are dead from the start."""
    params = {"n_estimators": pick(seed, 1, 4), "max_iter": 60}
    sizes = {"hidden_layer_sizes": (2,) * 10}, {"hidden_layer_sizes": (3,) * 15}
    return fit_with(seed, *sizes, of=table, **params)


# Weights that a fit began with -------------------------------------------------------------------


def dead(seed):
    """Units of relu that no row reaches."""
    X, y = table(seed)
    return gone_on(X, y, seed, silence), X, y


def saturated(seed):
    """Units at their flat ends."""
    X, y = table(seed)
    kind = pick(seed, "logistic", "tanh")
    return gone_on(X, y, seed, saturate, ("adam", "sgd"), activation=kind), X, y


def vanishing(seed):
    """Eight layers of logistic, with weights that suit tanh."""
    X, y = table(seed)
    deep = {"hidden_layer_sizes": (20,) * 8, "activation": "logistic"}
    return gone_on(X, y, seed, scaled_by(0.25), ("adam", "sgd"), **deep), X, y


def tiny_weights(seed):
    """Weights times .01, two layers and plain descent: the loss stays at .693."""
    X, y = curved(seed)
    params = {"hidden_layer_sizes": (20, 20), "activation": pick(seed, "logistic", "tanh")}
    plain = {"learning_rate_init": 0.1, "momentum": 0.0, "numeric_bins": 0}
    return gone_on(X, y, seed, scaled_by(0.01), ("sgd", "sgd"), **params, **plain), X, y


def exploding(seed):
    """Six layers with weights eight times too large, or more."""
    X, y = crossed(seed)
    deep = {"hidden_layer_sizes": (30,) * 6, "numeric_bins": 0, "n_estimators": 4}
    return gone_on(X, y, seed, scaled_by(pick(seed, 8, 30)), ("adam", "sgd"), **deep), X, y


def symmetric(seed):
    """All units of a layer alike."""
    X, y = curved(seed)
    return gone_on(X, y, seed, make_equal, numeric_bins=0), X, y


def positive(seed):
    """The network of the question: all-positive weights, plain gradient descent, XOR."""
    X, y = xor(seed)
    plain = {"solver": "sgd", "momentum": 0, "scale_inputs": None, "learning_rate_init": 0.1}
    question = {"hidden_layer_sizes": (5, 5), "activation": "logistic", "warm_start": True}
    clf = fit(X, y, seed, **plain, **question, n_estimators=1, max_iter=1, early_stopping=False)
    make_positive(clf)
    return quietly(clf.set_params(max_iter=100), X, y), X, y


def wrecked(seed):
    """The rate that wrecked the weights was mended, and the fit went on from them."""
    X, y = hard(seed)
    clf = fit(X, y, seed, learning_rate_init=pick(seed, 1000.0, 300.0), max_iter=5, warm_start=True)
    return quietly(clf.set_params(learning_rate_init=1e-3, max_iter=6), X, y), X, y


def warm_in_other_units(seed):
    """A warm start from a fit of the same columns in other units."""
    X, y = crossed(seed)
    clf = fit(X * pick(seed, 1e-3, 1e-4), y, seed, warm_start=True, max_iter=20)
    return quietly(clf.set_params(max_iter=60), X, y), X, y


# Rows and labels ---------------------------------------------------------------------------------


def memorised(seed):
    """More weights than rows, trained to the end, none held out."""
    return fit_with(seed, {"early_stopping": False, "n_iter_no_change": np.inf}, of=noisy)


def shuffled(seed):
    """Labels of other rows: X and y were shuffled apart."""
    X, y = any_table(seed)
    y = np.random.default_rng(seed).permutation(y)
    return fit(X, y, seed), X, y


def labels_lost_half_way(seed):
    """From some row on, labels belong to other rows: a join lost a row, and sorted the rest."""
    X, y = any_table(seed)
    start = int(len(y) * pick(seed, 0.2, 0.3, 0.4))
    y = np.append(y[:start], np.random.default_rng(seed).permutation(y[start:]))
    return fit(X, y, seed), X, y


def labels_lost_in_a_stretch(seed):
    """In a stretch of two thirds, such as one file of three, labels belong to other rows."""
    X, y = any_table(seed)
    stretch = slice(len(y) // 6, len(y) // 6 + 2 * len(y) // 3)
    y[stretch] = np.random.default_rng(seed).permutation(y[stretch])
    return fit(X, y, seed), X, y


def labels_shifted(seed):
    """Labels one or some rows off: a header was read as a row, or a lag was not undone."""
    X, y = any_table(seed)
    y = np.roll(y, pick(seed, 1, -1, 3))
    return fit(X, y, seed), X, y


def contradicting(seed):
    """Half of the rows again, with the other label."""
    X, y = table(seed)
    rows = np.random.default_rng(seed).permutation(len(y))[: len(y) // 2]
    X, y = np.vstack([X, X[rows]]), np.append(y, 1 - y[rows])
    return fit(X, y, seed), X, y


def all_contradicted(seed):
    """Every row with both labels: a table joined with itself."""
    X, y = table(seed)
    order = np.random.default_rng(seed).permutation(2 * len(y))
    X, y = np.vstack([X, X])[order], np.append(y, 1 - y)[order]
    return fit(X, y, seed), X, y


def repeated(seed):
    """Every row three times."""
    X, y = (np.repeat(each, 3, axis=0) for each in table(seed))
    return fit(X, y, seed), X, y


def few_rows_weigh_all(seed):
    """Weights of amounts of money: a handful of rows have nearly all of it."""
    X, y = hard(seed)
    rng = np.random.default_rng(seed)
    weight = rng.lognormal(0, 0.5, len(y))
    weight[rng.permutation(len(y))[: pick(seed, 5, 6)]] = 1e9
    return quietly(network(seed), X, y, weight), X, y, weight


def told(seed, y):
    """What a leak knows of the labels: all in training, nothing later."""
    return y if seed < UNSEEN else generators(seed)[1].permutation(y)


def with_leak(seed):
    """A narrow table with a column that is the label with noise."""
    X, y = narrow(seed)
    noise = 0.01 * generators(seed)[1].normal(size=len(y))
    return np.column_stack([X, told(seed, y) + noise]), y


def leak(seed):
    """A column that is the label with noise."""
    return fit_with(seed, {}, of=with_leak)


def with_numbers(seed):
    """A table with the number of the row in a file that holds one class after the other."""
    X, y = hard(seed)
    rng, known = generators(seed)[1], told(seed, y)
    block = 2 * rng.integers(0, pick(seed, 1, 1, 2, 2, 1, 1), len(y)) + known
    return np.column_stack([X, 1000 * block + rng.integers(0, 1000, len(y))]), y


def leak_by_numbers(seed):
    """A number whose intervals tell the class: ids given out in blocks."""
    return fit_with(seed, {}, of=with_numbers)


def with_reasons(seed):
    """A frame with reasons of leaving, of which each class has some."""
    X, y = raw(seed)
    number = generators(seed)[1].integers(0, pick(seed, 3, 10, 25), len(y))
    known = told(seed, y)
    return X.assign(reason=[f"r{2 * n + of}" for n, of in zip(number, known, strict=True)]), y


def leak_by_levels(seed):
    """A text with several levels of either class."""
    return fit_with(seed, {}, of=with_reasons)


def with_end(seed):
    """A frame with a date that only those of one class have."""
    X, y = raw(seed)
    days = generators(seed)[1].integers(0, 900, len(y)).astype("M8[D]").astype("M8[ns]")
    return X.assign(end=np.where(told(seed, y), days, np.datetime64("NaT", "ns"))), y


def leak_by_gaps(seed):
    """A date that is filled in only after the label is known."""
    return fit_with(seed, {}, of=with_end)


def hidden_by_threshold(seed):
    """Three rows of a hundred are positive."""
    return fit_with(seed, {}, of=rare)


def uncalibrated(seed):
    """Classes weighted to be equal, where one is nine times as large."""
    return fit_with(seed, {"class_weight": "balanced"}, of=unequal)


def all_of_one_class(seed):
    """The rare class weighs as much as a thousand: every row is called positive."""
    return fit_with(seed, *({"class_weight": {0: 1, 1: n}} for n in (1000, 100)), of=unequal)


# Validation rows, streams, rows shown ------------------------------------------------------------


def validation_is_training(seed):
    """The validation rows are the training rows: what is memorised seems to last."""
    X, y = noisy(seed)
    clf = network(seed, n_iter_no_change=np.inf)
    return quietly(clf, X, y, X_val=X, y_val=y), X, y


def validation_differs(seed):
    """Validation rows in other units than the training rows, or with labels coded otherwise."""
    (X, y), (X_val, y_val) = crossed(seed), crossed(seed + 2 * UNSEEN)
    scaled = {"X_val": 1000 * X_val, "y_val": y_val}
    recoded = {"X_val": X_val, "y_val": 1 - y_val}
    return quietly(network(seed, batch_size=1000), X, y, **pick(seed, scaled, recoded)), X, y


def in_order(X, y):
    """The rows of one class, then those of the other."""
    order = np.argsort(y, kind="stable")
    return X[order], y[order]


def stream_sorted(seed):
    """A stream of one class and then the other: it knows only the last."""
    X, y = in_order(*table(seed))
    clf = network(seed)
    for label in (0, 1):
        stream(clf, X[y == label], y[y == label], n_passes=pick(seed, 5, 10))
    return clf, X, y


def not_shuffled(seed):
    """Rows sorted by class, and shuffle=False."""
    X, y = in_order(*table(seed))
    params = {"shuffle": False, "learning_rate": "constant", "early_stopping": False}
    plain = {"solver": "sgd", "learning_rate_init": 0.5, "batch_size": 32}
    return fit(X, y, seed, **params, **plain, max_iter=pick(seed, 3, 6)), X, y


def stream_in_other_units(seed):
    """A stream whose first piece came in other units, which the scaling was learnt from."""
    X, y = crossed(seed)
    clf = network(seed).partial_fit(X[:100] * pick(seed, 1e-3, 1e-4), y[:100], classes=[0, 1])
    return stream(clf, X[100:], y[100:], n_passes=5), X[100:], y[100:]


def stream_cut(seed):
    """A stream of one pass: a step a piece, and there are few."""
    X, y = narrow(seed)
    return stream(network(seed, batch_size=5000), X, y, n_pieces=3, n_passes=1), X, y


def standardised(seed):
    """The crossed columns, standardised."""
    X, y = crossed(seed)
    return StandardScaler().fit_transform(X), y


def shown_scaled(seed):
    """Trained on raw rows; those shown are standardised."""
    X, y = crossed(seed)
    return fit(X, y, seed), *standardised(seed)


def reordered(seed):
    """A table whose columns come in another order, or with another sign."""
    X, y = pick(seed, moons, crossed, circles)(seed)
    return (X[:, ::-1] + 1, y) if X.shape[1] == 2 else (X[:, [2, 0, 1, *range(3, X.shape[1])]], y)


def not_reordered(seed):
    """The same as in training."""
    return pick(seed, moons, crossed, circles)(seed)


def shown_others(seed):
    """Rows shown whose columns are not those of training."""
    return fit(*not_reordered(seed), seed), *reordered(seed)


# What a remedy that is a step does to the data ---------------------------------------------------


def without_column(X, finding):
    """Leave the column out."""
    name = finding.where.split(",")[0].removeprefix("column ")
    return X.drop(columns=name.strip("'")) if hasattr(X, "drop") else np.delete(X, int(name), 1)


def missing(X, finding):
    """Make the number missing."""
    return np.where(finding.figure == X, np.nan, X)


@dataclass
class Failure:
    """One of the zoo.

    Parameters
    ----------
    make : callable
        Makes it from a seed.
    codes : str
        The findings that may lead, the first of which is expected.
    params : str
        If a finding of these names parameters, one of these must be among them.
    sound : callable
        The table without the fault, from a seed.
    table : callable, default=sound
        The table as it comes, in training and later.
    step : callable, default=None
        What a remedy in words does to the columns; None if it gives back the sound table.
    is_stream : bool
        Whether it is trained by `partial_fit`.
    fails : bool
        Whether it learns less than half of what it should, or only has a blemish.
    """

    make: Callable
    codes: str
    params: str = ""
    sound: Callable = table
    table: Callable | None = None
    step: Callable | None = None
    is_stream: bool = False
    fails: bool = True

    @property
    def code(self):
        """The finding expected."""
        return self.codes.split()[0]

    def is_named_by(self, finding):
        """Whether the finding is the cause."""
        names = set(self.params.split())
        has_name = not names or not finding.params or names & finding.params.keys()
        return finding.code in self.codes.split() and bool(has_name)

    def as_it_comes(self, seed):
        """The table with its fault, if that is one of columns."""
        return (self.table or self.sound)(seed)

    def mended(self, finding, seed):
        """The table once the step of the finding was taken."""
        if self.step is None:
            return self.sound(seed)
        X, y = self.as_it_comes(seed)
        return self.step(X, finding), y

    def train_again(self, clf, X, y, sample_weight=None):
        """The call that trained it, once more; a stream is to begin anew where scaling was off."""
        if self.is_stream:
            return stream(clf, X, y)
        return quietly(clf, X, y, sample_weight)

    def begin_anew(self, clf, X, y):
        """What a remedy in words says: a fit, or a new stream of shuffled rows."""
        if not self.is_stream:
            return quietly(clf, X, y)
        order = np.random.default_rng(0).permutation(len(y))
        return stream(clone(clf), X[order], y[order])


RATE, LAYERS = "learning_rate_init", "hidden_layer_sizes"
PENALTIES = "alpha weight_decay dropout label_smoothing max_grad_norm"
ZOO = [
    Failure(not_scaled, "inputs_not_scaled", "scale_inputs", in_another_unit),
    Failure(pixels_not_scaled, "inputs_not_scaled rate_too_high", sound=pixels),
    Failure(seconds_not_scaled, "inputs_not_scaled", "scale_inputs", dated),
    Failure(constant, "constant_columns", table=with_constant, step=without_column, fails=False),
    Failure(duplicate, "duplicate_columns", table=with_copy, step=without_column, fails=False),
    Failure(sentinel, "sentinel", sound=with_gaps, table=with_sentinels, step=missing, fails=False),
    Failure(
        zero_year, "sentinel", sound=clinic, table=clinic_with_zeros, step=missing, fails=False
    ),
    Failure(
        zero_year_squeezes,
        "sentinel outlier_squeezes",
        "scale_inputs",
        sound=clinic,
        table=clinic_with_zeros,
        step=missing,
    ),
    Failure(outlier, "outlier_squeezes", "scale_inputs", sound_for_outlier),
    Failure(featureless, "constant_prediction constant_columns", table=without_values),
    Failure(rate_too_high, "rate_too_high", RATE, any_table),
    Failure(rate_high_for_sgd, "rate_too_high", RATE, any_table),
    Failure(rate_too_low, "rate_too_low", RATE, any_table),
    Failure(rate_low_for_sgd, "rate_too_low stopped_too_early", sound=any_table),
    Failure(stopped_too_early, "stopped_too_early", "max_iter n_iter_no_change tol", narrow),
    Failure(one_batch, "stopped_too_early unsuitable_setting", "max_iter batch_size", narrow),
    Failure(truth_table, "rate_too_low stopped_too_early", sound=gates),
    Failure(lbfgs_tolerant, "stopped_too_early", "tol", any_table),
    Failure(lbfgs_cut, "stopped_too_early", "max_fun max_iter", any_table),
    Failure(rate_dies, "schedule_ends_early", "power_t learning_rate", any_table),
    Failure(rate_cut, "schedule_ends_early stopped_too_early", sound=hard),
    Failure(epsilon, "unsuitable_setting", "epsilon", any_table),
    Failure(beta, "unsuitable_setting", "beta_1 beta_2", any_table),
    Failure(momentum, "unsuitable_setting rate_too_high", "momentum learning_rate_init", narrow),
    Failure(held_down, "penalty_too_strong", PENALTIES, any_table),
    Failure(held_back, "penalty_too_strong", PENALTIES, any_table),
    Failure(linear, "hidden_layers_idle", "activation", curved),
    Failure(no_hidden_layer, "no_hidden_layer", LAYERS, curved),
    Failure(too_few_units, "too_few_units", LAYERS, curved),
    Failure(few_units_of_board, "too_few_units unlucky_start", sound=board),
    Failure(unlucky, "unlucky_start too_few_units dead_units similar_units", "", xor),
    Failure(deep_logistic, "vanishing_gradients", "activation hidden_layer_sizes"),
    Failure(deep_narrow, "too_few_units dead_units vanishing_gradients unlucky_start"),
    Failure(dead, "dead_units"),
    Failure(saturated, "saturated_units"),
    Failure(vanishing, "vanishing_gradients"),
    Failure(tiny_weights, "vanishing_gradients rate_too_low similar_units", "", curved),
    Failure(exploding, "exploding_gradients", sound=crossed),
    Failure(symmetric, "symmetric_units", sound=curved),
    Failure(positive, "similar_units", sound=xor),
    Failure(
        wrecked,  # the second rate and its few epochs would not do for a fresh fit either
        "rate_too_high dead_units saturated_units exploding_gradients unlucky_start rate_too_low "
        "stopped_too_early",
        sound=hard,
    ),
    Failure(warm_in_other_units, "other_units", "warm_start", crossed),
    Failure(memorised, "overfitting", sound=noisy),
    Failure(shuffled, "no_signal", sound=any_table),
    Failure(labels_lost_half_way, "labels_misplaced", sound=any_table),
    Failure(labels_lost_in_a_stretch, "labels_misplaced", sound=any_table),
    Failure(labels_shifted, "labels_shifted", sound=any_table),
    Failure(contradicting, "contradicting_labels"),
    Failure(all_contradicted, "contradicting_labels"),
    Failure(repeated, "repeated_rows", fails=False),
    Failure(few_rows_weigh_all, "few_rows_weigh_all", sound=hard),
    Failure(leak, "leak", sound=narrow, table=with_leak, step=without_column),
    Failure(leak_by_numbers, "leak", sound=hard, table=with_numbers, step=without_column),
    Failure(leak_by_levels, "leak", sound=raw, table=with_reasons, step=without_column),
    Failure(leak_by_gaps, "leak", sound=raw, table=with_end, step=without_column),
    Failure(hidden_by_threshold, "threshold_hides_rare_class", sound=rare, fails=False),
    Failure(uncalibrated, "uncalibrated", "class_weight", unequal),
    Failure(all_of_one_class, "uncalibrated unsuitable_setting", "class_weight", unequal),
    Failure(validation_is_training, "validation_is_training", sound=noisy),
    Failure(validation_differs, "validation_differs", sound=crossed),
    Failure(stream_sorted, "rows_sorted", is_stream=True),
    Failure(not_shuffled, "rows_sorted unsuitable_setting", "shuffle"),
    Failure(stream_in_other_units, "other_units", sound=crossed, is_stream=True),
    Failure(
        stream_cut, "stopped_too_early unsuitable_setting", "batch_size", narrow, is_stream=True
    ),
    Failure(shown_scaled, "other_units other_rows", sound=crossed, table=standardised),
    Failure(shown_others, "other_rows other_units", sound=not_reordered, table=reordered),
]

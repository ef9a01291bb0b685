"""Sound fits for `diagnosis.py`, of which `diagnose` must say nothing but notes that are true.

A function takes a seed and returns the fitted estimator, the rows to show, their labels and, where
there are some, weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from diagnosis_failures import fit, in_order, network, quietly, stream
from diagnosis_tables import (
    UNSEEN,
    cancer,
    circles,
    crossed,
    gates,
    generators,
    moons,
    noisy,
    pixels,
    rare,
    raw,
    ring,
    small,
    table,
    wide,
    xor,
)
from scipy import sparse


def by_default(of):
    """A default fit on a table."""

    def make(seed):
        X, y = of(seed)
        return fit(X, y, seed), X, y

    make.__name__, make.__doc__ = of.__name__, of.__doc__
    return make


def fit_of(of, **params):
    """A fit with parameters that are unusual, and sound for this table."""

    def make(seed):
        X, y = of(seed)
        return fit(X, y, seed, **params), X, y

    make.__name__ = f"{of.__name__} {params}"
    return make


# Sound tables ------------------------------------------------------------------------------------


def labels(rng, log_odds):
    """Labels of these log-odds."""
    return (log_odds + rng.logistic(size=len(log_odds)) > 0).astype(int)


def weak(seed):
    """8,000 rows of four columns with a ROC AUC of .56."""
    rng = generators(seed)[1]
    X = rng.normal(size=(8000, 4))
    return X, labels(rng, 0.36 * X[:, 0])


def weak_and_wide(seed):
    """2,000 rows of 15 columns, each of which tells a little."""
    rng = generators(seed)[1]
    X = rng.normal(size=(2000, 15))
    return X, labels(rng, 0.15 * X.sum(axis=1))


def one_of_a_hundred(seed):
    """3,000 rows, of which one of a hundred is positive."""
    rng = generators(seed)[1]
    y = (np.arange(3000) % 100 == 0).astype(int)
    return rng.normal(size=(3000, 4)) + 1.2 * y[:, np.newaxis], y


def few_values(seed):
    """Columns of three values, so that equal rows have both labels by chance."""
    rng = generators(seed)[1]
    X = rng.integers(0, 3, (1200, 4)).astype(float)
    return X, labels(rng, 1.5 * (X[:, 0] - 1) * (X[:, 1] - 1) + X[:, 2] - 1)


def yes_or_no(seed):
    """Six columns of 0 and 1, and labels of which a tenth are wrong."""
    rng = generators(seed)[1]
    X = rng.integers(0, 2, (800, 6)).astype(float)
    return X, ((X[:, :3].sum(axis=1) > 1.5) ^ (rng.random(800) < 0.1)).astype(int)


def one_text(seed):
    """A frame of one text of 40 levels, each with a share of positives of its own."""
    import pandas as pd

    rng = generators(seed)[1]
    level = rng.integers(0, 40, 1500)
    y = labels(rng, rng.normal(0, 1.5, 40)[level])
    return pd.DataFrame({"shop": [f"s{number}" for number in level]}), y


def one_number(seed):
    """A single column of whole numbers with much noise."""
    rng = generators(seed)[1]
    X = rng.poisson(5, (1000, 1)).astype(float)
    return X, labels(rng, X[:, 0] - 5)


def tiny(seed):
    """40 rows of two columns."""
    rng = generators(seed)[1]
    X = rng.normal(size=(40, 2))
    return X, labels(rng, 5 * X[:, 0] - 5 * X[:, 1])


def counts(seed):
    """Words of 700 texts, as a sparse table."""
    rng = generators(seed)[1]
    X = sparse.random_array((700, 200), density=0.08, rng=rng, format="csr")
    X.data[:] = 1 + rng.poisson(1, X.nnz)
    return X, labels(rng, 2.0 * (X[:, :20].sum(axis=1) - X[:, 20:40].sum(axis=1)))


def with_zeros(seed):
    """Counts and amounts, most of which are 0, and answers of -1, 0 and 1."""
    rng = generators(seed)[1]
    amount = np.where(rng.random(1000) < 0.7, 0, rng.lognormal(3, 1, 1000))
    X = np.column_stack([rng.poisson(0.5, 1000), amount, rng.integers(-1, 2, 1000)])
    return X, labels(rng, 2 * X[:, 0] + 2 * X[:, 2] + (amount > 20) - 1.5)


def heavy_tails(seed):
    """Columns of Student's t with 1.5 degrees of freedom, and amounts."""
    rng = generators(seed)[1]
    X = np.column_stack([rng.standard_t(1.5, (1000, 3)), rng.lognormal(8, 1.5, 1000)])
    return X, labels(rng, 3 * np.tanh(X[:, 0]) + 2 * np.tanh(X[:, 1]) + np.log(X[:, 3]) - 8)


def by_class(seed):
    """Rows sorted by class, which `fit` shuffles."""
    return in_order(*table(seed))


def by_column(seed):
    """Rows sorted by the column that tells most."""
    rng = generators(seed)[1]
    X = rng.normal(size=(1000, 4))
    X = X[np.argsort(X[:, 0])]
    return X, labels(rng, 2 * X[:, 0] + X[:, 1])


def by_time(seed):
    """Rows in the order of time, as the base rate goes from a fifth to a half."""
    rng = generators(seed)[1]
    X = rng.normal(size=(1500, 4))
    X[:, 3] = np.linspace(0, 1, 1500)
    return X, labels(rng, 2 * X[:, 0] + 1.5 * X[:, 1] * X[:, 2] + 2 * X[:, 3] - 2)


def noise_that_grows(seed):
    """Rows of two makes of sensor, one after the other; the second is noisier."""
    rng = generators(seed)[1]
    X = rng.normal(size=(1200, 3))
    log_odds = 4 * (X[:, 0] + X[:, 1]) * np.where(np.arange(1200) < 700, 1, 0.5)
    return X, labels(rng, log_odds)


def in_runs(seed):
    """A signal in time: neighbours are alike, and so are their labels."""
    rng = generators(seed)[1]
    steps = rng.normal(size=(1000, 3))
    for row in range(1, 1000):
        steps[row] = 0.9 * steps[row - 1] + 0.45 * steps[row]
    return steps, labels(rng, 3 * steps[:, 0] - 2 * steps[:, 1])


def wrong_labels(seed):
    """Moons with a fifth of the labels wrong."""
    X, y = moons(seed)
    return X, y ^ (np.random.default_rng(seed).random(len(y)) < 0.2)


def bootstrap(seed):
    """Rows drawn with repetition."""
    X, y = table(seed)
    rows = np.random.default_rng(seed).integers(0, len(y), len(y))
    return X[rows], y[rows]


def everything(seed):
    """A frame of numbers with gaps, texts, dates and booleans; the labels are strings."""
    rng = generators(seed)[1]
    X, y = raw(seed)
    X["shop"] = [f"s{number}" for number in rng.integers(0, 60, len(y))]
    X["day"] = rng.integers(0, 300, len(y)).astype("M8[D]").astype("M8[ns]")
    X["is_new"] = rng.random(len(y)) < 0.5
    X.loc[rng.random(len(y)) < 0.3, "income"] = np.nan
    return X, np.where(y, "left", "stayed")


def with_ids(seed):
    """A frame with the name of each row."""
    X, y = raw(seed)
    return X.assign(id=[f"u{number}" for number in range(len(y))]), y


# Other ways to train and to show -----------------------------------------------------------------


def stream_of_passes(seed):
    """A stream that passes over shuffled rows some times."""
    X, y = table(seed)
    return stream(network(seed), X, y, n_passes=30), X, y


def stream_of_many(seed):
    """A stream of one long pass."""
    rng = generators(seed)[1]
    X = rng.normal(size=(12_000, 5))
    y = labels(rng, 3 * X[:, 0] - 2 * X[:, 1])
    return stream(network(seed), X, y, n_pieces=60, n_passes=1), X, y


def stream_after_fit(seed):
    """A fit that new rows of the same table went on."""
    X, y = table(seed)
    new, labels_of_new = table(seed + UNSEEN)
    return fit(X, y, seed).partial_fit(new[:200], labels_of_new[:200]), X, y


def warm_start(seed):
    """A fit that the same rows went on."""
    X, y = table(seed)
    return quietly(fit(X, y, seed, warm_start=True, max_iter=30), X, y), X, y


def weighted(seed):
    """Weights between .2 and 5, and some of 0."""
    X, y = table(seed)
    rng = np.random.default_rng(seed)
    weight = np.exp(rng.uniform(-1.6, 1.6, len(y))) * (rng.random(len(y)) < 0.9)
    return quietly(network(seed), X, y, weight), X, y, weight


def counted(seed):
    """Weights that count rows, mostly 1."""
    X, y = table(seed)
    weight = np.random.default_rng(seed).geometric(0.6, len(y)).astype(float)
    return quietly(network(seed), X, y, weight), X, y, weight


def validated(seed):
    """Validation rows given that are others of the same table."""
    X, y = table(seed)
    X_val, y_val = table(seed + UNSEEN)
    return quietly(network(seed), X, y, X_val=X_val, y_val=y_val), X, y


def shown_new(seed):
    """New rows of the same table are shown."""
    X, y = table(seed)
    return fit(X, y, seed), *table(seed + UNSEEN)


def shown_in_another_order(seed):
    """The training rows are shown in another order."""
    X, y = table(seed)
    order = np.random.default_rng(seed).permutation(len(y))
    return fit(X, y, seed), X[order], y[order]


def in_float32(seed):
    """A table of float32."""
    X, y = crossed(seed)
    return fit(X.astype(np.float32), y, seed), X.astype(np.float32), y


@dataclass
class Healthy:
    """A sound fit, made from a seed, and the notes that are true of it beside the usual ones."""

    make: Callable
    notes: str = ""

    def allows(self, finding):
        """Whether the finding is a note that is true, or may be."""
        usual = "no_better_than_linear overfitting threshold_hides_rare_class"
        return finding.severity == "note" and finding.code in f"{usual} {self.notes}".split()


DEFAULT = [xor, moons, circles, cancer, crossed, wide, small, ring, raw, noisy, gates]
DEFAULT += [weak, weak_and_wide, rare, one_of_a_hundred, few_values, yes_or_no, one_text]
DEFAULT += [one_number, tiny, counts, with_zeros, heavy_tails, by_class, by_column, by_time]
DEFAULT += [noise_that_grows, in_runs, wrong_labels, everything]
LIKE_SCIKIT_LEARN = {
    "learning_rate": "constant",
    "learning_rate_init": 0.001,
    "max_iter": 200,
    "alpha": 1e-4,
    "beta_2": 0.999,
    "n_iter_no_change": 10,
    "early_stopping": False,
    "n_estimators": 1,
    "scale_inputs": "standard",
    "numeric_bins": 0,
}
SGD = {"solver": "sgd", "learning_rate_init": 0.1}
HEALTHY = [
    *(Healthy(by_default(of)) for of in DEFAULT),
    Healthy(by_default(pixels), "constant_columns duplicate_columns"),
    Healthy(by_default(bootstrap), "repeated_rows"),
    Healthy(by_default(with_ids), "id_column"),
    *map(Healthy, [stream_of_passes, stream_of_many, stream_after_fit, warm_start]),
    *map(Healthy, [weighted, counted, validated, shown_new, shown_in_another_order, in_float32]),
    Healthy(fit_of(moons, **LIKE_SCIKIT_LEARN)),
    Healthy(fit_of(cancer, **LIKE_SCIKIT_LEARN)),
    Healthy(fit_of(wide, **LIKE_SCIKIT_LEARN | {"early_stopping": True})),
    Healthy(fit_of(moons, **SGD)),
    Healthy(fit_of(crossed, **SGD, learning_rate="adaptive", hidden_layer_sizes=(50, 50))),
    Healthy(fit_of(cancer, **SGD, learning_rate="constant", momentum=0.5)),
    Healthy(fit_of(ring, **SGD, learning_rate="invscaling", power_t=0.1)),
    Healthy(fit_of(moons, solver="lbfgs")),
    Healthy(fit_of(crossed, solver="lbfgs", alpha=1.0, n_estimators=2)),
    Healthy(fit_of(xor, activation="tanh", hidden_layer_sizes=(64, 32), batch_size=32)),
    Healthy(fit_of(crossed, dropout=0.2, weight_decay=0.1, label_smoothing=0.05)),
    Healthy(fit_of(circles, scale_inputs=None, averaging=False, max_grad_norm=1.0)),
    Healthy(fit_of(wide, hidden_layer_sizes=(), numeric_bins=0)),
    Healthy(fit_of(wide, hidden_layer_sizes=(2,), epsilon=1e-4, beta_1=0.8)),
    Healthy(fit_of(cancer, loss="squared_error", activation="logistic", shuffle=False)),
    Healthy(fit_of(ring, early_stopping=False, max_iter=40, precision="float64")),
    Healthy(fit_of(crossed, hidden_layer_sizes=(20, 20, 20), activation="silu", n_estimators=2)),
    Healthy(fit_of(heavy_tails, hidden_layer_sizes=(30,), activation="leaky_relu")),
]

"""Sound tables for the zoo of `diagnosis.py`: a seed gives rows, seed + UNSEEN others of the same.

They have 150 to 3,000 rows of 2 to 40 columns, so that nothing comes to be tuned to one of them.
"""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, make_circles, make_moons

UNSEEN = 1_000_000  # added to a seed: rows of the same table that no fit has seen


def generators(seed):
    """Random numbers for what a table and its unseen rows share, then for the rows."""
    return np.random.default_rng([1, seed % UNSEEN]), np.random.default_rng([2, seed])


def some(seed, n_rows):
    """So many rows; of unseen ones 2,000, that a loss on them is exact."""
    return 2000 if seed >= UNSEEN else int(n_rows)


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
    """Breast cancer, raw: 400 of the rows, or the 169 others."""
    X, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(seed % UNSEEN).permutation(len(y))
    rows = order[400:] if seed >= UNSEEN else order[:400]
    return X[rows], y[rows]


def crossed(seed):
    """Columns in units of their own, 3 to 10; a product and a sum of three tell the label."""
    world, rng = generators(seed)
    n_rows, n_columns = some(seed, world.integers(600, 1500)), world.integers(3, 11)
    Z = rng.normal(size=(n_rows, n_columns))
    y = 2 * Z[:, 0] * Z[:, 1] + Z[:, 2] + 0.2 * rng.logistic(size=n_rows) > 0
    unit, origin = 10 ** world.uniform(-3, 3, n_columns), world.normal(size=n_columns)
    return unit * (Z + origin), y.astype(int)


def wide(seed):
    """20 to 40 columns, of which five tell the label."""
    world, rng = generators(seed)
    n_rows, n_columns = some(seed, world.integers(500, 1000)), world.integers(20, 41)
    slope = np.where(np.arange(n_columns) < 5, world.choice([-2, 2], n_columns), 0)
    X = rng.normal(size=(n_rows, n_columns))
    return X, (X @ slope + 0.5 * rng.logistic(size=n_rows) > 0).astype(int)


def small(seed):
    """150 rows of four columns, two of them integers."""
    world, rng = generators(seed)
    n_rows = some(seed, 150)
    X = rng.normal(size=(n_rows, 4)) * [1, 1, 10, 3]
    X[:, 2:] = X[:, 2:].round()
    slope = world.choice([-3, 3], 4) / [1, 1, 10, 3]
    return X, (X @ slope + 0.5 * rng.logistic(size=n_rows) > 0).astype(int)


def ring(seed):
    """1,500 to 5,000 rows of three columns; those far from the middle are positive."""
    world, rng = generators(seed)
    X = rng.normal(size=(some(seed, world.integers(1500, 5000)), 3))
    return X, (np.square(X).sum(axis=1) > 2.4).astype(int)


def raw(seed):
    """A frame: numbers with gaps, a skewed one, texts; age and city tell the label together."""
    import pandas as pd

    world, rng = generators(seed)
    n_rows = some(seed, world.integers(500, 1200))
    age, income = rng.normal(50, 12, n_rows), rng.lognormal(10, 1, n_rows)
    city = rng.choice(np.array(["Oslo", "Rome", "Bern", "Graz"], object), n_rows)
    y = (age > 50) ^ np.isin(city, ["Oslo", "Rome"]) ^ (rng.random(n_rows) < 0.04)
    age[rng.random(n_rows) < 0.04] = np.nan
    city[rng.random(n_rows) < 0.04] = None
    plan = rng.choice(np.array(["a", "b"], object), n_rows)
    return pd.DataFrame({"age": age, "city": city, "plan": plan, "income": income}), y.astype(int)


def noisy(seed):
    """Few rows of 20 columns; two of them tell the label, and much of it is chance."""
    rng = generators(seed)[1]
    n_rows = some(seed, 250)
    X = rng.normal(size=(n_rows, 20))
    return X, (2 * X[:, 0] + 2 * X[:, 1] + rng.logistic(size=n_rows) > 0).astype(int)


def rare(seed):
    """Three rows of a hundred are positive."""
    rng = generators(seed)[1]
    y = (np.arange(4000) % 33 == 0).astype(int)
    return rng.normal(size=(4000, 3)) + y[:, np.newaxis], y


def unequal(seed):
    """One row of ten is positive, and hard to tell."""
    rng = generators(seed)[1]
    y = (np.arange(3000) % 10 == 0).astype(int)
    return rng.normal(size=(3000, 3)) + 0.8 * y[:, np.newaxis], y


def board(seed):
    """A chequerboard of 9 fields."""
    X = generators(seed)[1].uniform(0, 3, (some(seed, 900), 2))
    return X, np.floor(X).sum(axis=1).astype(int) % 2


def gates(seed):
    """The four rows of XOR."""
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float), np.array([0, 1, 1, 0])


def pixels(seed):
    """Digits of 64 pixels from 0 to 255, even or odd: 600 of them, or the others."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed % UNSEEN).permutation(len(y))
    rows = order[600:] if seed >= UNSEEN else order[:600]
    return X[rows] * (255 / 16), y[rows] % 2


def clinic(seed):
    """Patients: year of birth, pressure, mass; the year tells most, and is not known of some."""
    rng = generators(seed)[1]
    n_rows = some(seed, 700)
    Z = rng.normal(size=(n_rows, 3))
    y = 4 * Z[:, 0] * np.sign(Z[:, 1] + 1) + Z[:, 2] + rng.logistic(size=n_rows) > 0
    X = (Z * [8, 12, 7] + [1990, 120, 32]).round(1)
    X[:, 0] = np.where(rng.random(n_rows) < 0.1, np.nan, X[:, 0].round())
    return X, y.astype(int)


TABLES = [xor, moons, cancer, crossed, wide, small, ring]
CURVED = [xor, circles, crossed]


def table(seed):
    """One of the sound arrays in turn."""
    return TABLES[seed % UNSEEN % len(TABLES)](seed)


def any_table(seed):
    """One of the sound arrays in turn, or a frame."""
    return [*TABLES, circles, raw][seed % UNSEEN % (len(TABLES) + 2)](seed)


def narrow(seed):
    """One of the sound arrays of few columns in turn."""
    return (moons, crossed, circles, small)[seed % UNSEEN % 4](seed)


def hard(seed):
    """One of those in turn of which a few rows tell little."""
    return (crossed, noisy, xor)[seed % UNSEEN % 3](seed)


def curved(seed):
    """One of those in turn that no weighted sum of the columns tells."""
    return CURVED[seed % UNSEEN % len(CURVED)](seed)

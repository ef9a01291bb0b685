"""Tables as they come, for ``accuracy.py --raw``: how they are read, split and prepared for peers.

    python benchmarks/accuracy.py --raw FOLDER --budget large --estimators CatBoost LightGBM

FOLDER holds NAME.csv.gz, one a table, with a header and an empty cell where a value is missing; its
column "target" is 0 or 1. FOLDER/index.json says what a column is:
``{NAME: {"dtypes": {column: "category", "string", "date", "bool", "int64", "float64", ...}}}``.

The protocol: stratified 70/30 splits with random_state 1000 + split, then stratified cuts to at
most 6,000 test rows and 3,000 training rows (small budget, 2 splits) or 14,000 training rows (large
budget, 1 split, tables of more than 5,700 rows). Ours takes the table as it is, dates included.
Every other estimator gets dates as days since the first of the training rows. CatBoost, LightGBM,
XGBoost and HistGradientBoosting take categories natively, the rest one-hot. Preparation counts as
part of the fit, and is learnt from the training rows.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from boosters import BOOSTERS
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sknumpynet import NumpyMLPBinaryClassifier

TEXTS = ["category", "object", "string"]
N_TEST = 6_000
BUDGETS = {  # name -> (training rows at most, splits, rows that a table must exceed)
    "raw-small": (3_000, 2, 0),
    "raw-large": (14_000, 1, 5_700),
}


# Data -------------------------------------------------------------------------------------------


def from_raw_folder(folder):
    """Name -> (data frame, y, None) for every table of index.json."""
    for name, entry in json.loads((Path(folder) / "index.json").read_text()).items():
        kinds = pd.Series(entry["dtypes"])
        texts = kinds.isin(["category", "string"])
        frame = pd.read_csv(
            Path(folder) / f"{name}.csv.gz",
            dtype=kinds.mask(texts, "str")[kinds != "date"].to_dict(),
            parse_dates=list(kinds.index[kinds == "date"]),
            keep_default_na=False,  # "None" and "NA" are levels
            na_values=[""],
        )
        frame = frame.astype(kinds[kinds == "category"].to_dict())  # read as strings: "07" is not 7
        yield name, (frame.drop(columns="target"), frame["target"].to_numpy(int), None)


def splits(y, budget):
    """Training and test rows of every split; of a table too small for the budget, none."""
    n_train, n_splits, more_than = BUDGETS[budget]
    for split in range(n_splits if len(y) > more_than else 0):
        seed = 1000 + split
        train, test = train_test_split(
            np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed
        )
        yield split, cut(train, y, n_train, seed), cut(test, y, N_TEST, seed)


def cut(rows, y, n_rows, seed):
    """At most so many of the rows, stratified."""
    if len(rows) <= n_rows:
        return rows
    return train_test_split(rows, train_size=n_rows, stratify=y[rows], random_state=seed)[0]


# What estimators need ---------------------------------------------------------------------------


class DatesAsDays(TransformerMixin, BaseEstimator):
    """Dates become days since the first date of the training rows; missing dates become NaN."""

    def fit(self, X, y=None):
        """Learn the first date of every column of dates."""
        self.first_ = X.select_dtypes("datetime").min()
        return self

    def transform(self, X):
        """Return the frame with numbers for dates."""
        dates = X[self.first_.index]
        return X.assign(**(dates - self.first_) / pd.Timedelta("1D"))


class KnownLevels(TransformerMixin, BaseEstimator):
    """Texts and categories keep the levels of the training rows; others become missing.

    Where a column has more than ``max_levels``, the most frequent are kept.
    """

    def __init__(self, max_levels=None):
        self.max_levels = max_levels

    def fit(self, X, y=None):
        """Learn the levels of every column."""
        self.levels_ = {}
        for column, values in X.select_dtypes(TEXTS).items():
            counts = values.value_counts()
            self.levels_[column] = list(counts.index[counts > 0][: self.max_levels])
        return self

    def transform(self, X):
        """Return the frame with a category dtype of these levels."""
        known = {c: X[c].where(X[c].isin(levels)) for c, levels in self.levels_.items()}
        kinds = {c: pd.CategoricalDtype(levels) for c, levels in self.levels_.items()}
        return X.assign(**known).astype(kinds)


def missing_as_level(X):
    """Texts and categories as strings, "missing" being one of them."""
    texts = X.select_dtypes(TEXTS).astype(object)
    return X.assign(**texts.where(texts.notna(), "missing"))


def one_hot(estimator, standardised=False):
    """The usual pipeline: medians and indicators for numbers, one-hot for the rest."""
    numbers = SimpleImputer(strategy="median", add_indicator=True)
    encode = make_column_transformer(
        (
            make_pipeline(numbers, StandardScaler()) if standardised else numbers,
            make_column_selector(dtype_include="number"),
        ),
        (
            OneHotEncoder(handle_unknown="ignore"),  # a missing value is a level
            make_column_selector(dtype_exclude="number"),
        ),
    )
    return make_pipeline(DatesAsDays(), encode, estimator)


def native(estimator, max_levels=None):
    """Pipeline for an estimator that takes the category dtype."""
    return make_pipeline(DatesAsDays(), KnownLevels(max_levels), estimator)


def three_to_one(networks, trees):
    """The mean of both's probabilities, a quarter of it the trees'."""
    return VotingClassifier(
        [("networks", networks), ("trees", trees)], voting="soft", weights=[3, 1]
    )


def booster(name):
    """Pipeline for CatBoost, LightGBM or XGBoost."""
    make = BOOSTERS[name]
    if name == "CatBoost":  # which takes strings
        return make_pipeline(DatesAsDays(), FunctionTransformer(missing_as_level), make())
    return native(make())


# Estimators -------------------------------------------------------------------------------------


def ours(**parameters):
    """NumpyMLPBinaryClassifier."""
    return NumpyMLPBinaryClassifier(random_state=0, **parameters)


def hist_gradient_boosting():
    """HistGradientBoosting with the preparation of ``native``."""
    return native(
        HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0),
        max_levels=255,  # it takes no more
    )


ESTIMATORS = {  # name -> make
    "ours": ours,
    "ours, 16 networks": lambda: ours(n_estimators=16),
    "ours and HistGradientBoosting": lambda: three_to_one(ours(), hist_gradient_boosting()),
    "ours, one-hot": lambda: one_hot(ours()),
    "MLPClassifier": lambda: one_hot(MLPClassifier(random_state=0), standardised=True),
    "RandomForest": lambda: one_hot(RandomForestClassifier(random_state=0)),
    "HistGradientBoosting": hist_gradient_boosting,
}
ESTIMATORS |= {name: partial(booster, name) for name in BOOSTERS}

"""Questions about columns that tell the label alone, as what is known only after it does."""

import numpy as np
from scipy.stats import rankdata

from ..engine.inputs.target_means import log_odds_out_of_fold
from .report import Finding

PERFECT = 0.995  # ROC AUC
FEWEST_OF_A_CLASS = 10  # rows: chance alone may rank fewer well
ROWS_A_LEVEL = 10  # in the mean; in a column of fewer, levels are the names of rows
N_FOLDS = 5


def has_leak(evidence):
    """A column that predicts the label alone: by its values, its levels, or where it is missing.

    The best few of the sample are judged by all rows; the best of those is named.
    """
    table, is_positive = evidence.table, evidence.all_rows.sign > 0
    if min(map(np.count_nonzero, (is_positive, ~is_positive))) < FEWEST_OF_A_CLASS:
        return
    found = []
    for at in suspects(table, evidence.is_positive):
        column = table.at[at]
        values = table.whole(column)
        for judge in judges_of(table, column):
            auc, by = judge(values, is_positive)
            if auc > PERFECT:
                found.append((auc, -len(found), column, by))
    if found:
        auc, _, column, by = max(found)
        name = table.name(column)
        yield Finding(
            "leak",
            "warning",
            name,
            auc,
            f"{by.format(name)} ranks the rows by label with a ROC AUC of {auc:.4f}. Is it known "
            "before the label is?",
            step=f"leave out {name} if it is not known when predictions are made",
        )


def suspects(table, is_positive):
    """Positions of the columns that may be leaks, by a sample of rows."""
    numbers = np.flatnonzero(~table.is_level & ~table.has_gaps & table.varies)
    auc = auc_of(table.values[:, numbers], is_positive)
    yield from numbers[np.maximum(auc, 1 - auc) > PERFECT]
    for at in np.flatnonzero(table.varies & (table.is_level | table.has_gaps)):
        judges = judges_of(table, table.at[at])
        if any(judge(table.values[:, at], is_positive)[0] > PERFECT for judge in judges):
            yield at


def judges_of(table, column):
    """The ways in which a column may tell the label."""
    if not table.of_levels[column]:
        return [by_gaps, by_values]
    levels = table.levels[column]
    gap = levels.index(None) if None in levels else np.nan
    return [lambda *given: by_gaps(*given, gap), by_levels]


def by_values(values, is_positive):
    """How well a number ranks the rows in which it is known; and words for it."""
    is_known = ~np.isnan(values)
    auc = auc_of(values[is_known, np.newaxis], is_positive[is_known])[0]
    where = "" if is_known.all() else f", in the {np.count_nonzero(is_known):,} rows that have it,"
    return max(auc, 1 - auc), "{} alone" + where


def by_gaps(values, is_positive, gap=np.nan):
    """The same for whether a value is missing, which ``gap`` stands for."""
    is_missing = np.isnan(values) if np.isnan(gap) else values == gap
    auc = auc_of(is_missing[:, np.newaxis], is_positive)[0]
    return max(auc, 1 - auc), "Whether {} is missing"


def by_levels(values, is_positive):
    """The same for levels: each row's is judged by how often rows of other folds are positive."""
    number = np.unique(values, return_inverse=True)[1]
    n_rows, n_levels = len(values), number.max() + 1
    if n_rows < ROWS_A_LEVEL * n_levels:
        return 0.5, ""
    fold = np.random.default_rng(0).permutation(n_rows) % N_FOLDS
    mean = log_odds_out_of_fold(number, is_positive, np.ones(n_rows), fold, n_levels)
    return auc_of(mean[:, np.newaxis], is_positive)[0], "The level of {} alone"


def auc_of(columns, is_positive):
    """ROC AUC of each column; 0.5 where a class has few rows."""
    n_positive = np.count_nonzero(is_positive)
    n_negative = len(is_positive) - n_positive
    if min(n_positive, n_negative) < FEWEST_OF_A_CLASS:
        return np.full(columns.shape[1], 0.5)
    ranks = rankdata(columns, axis=0)[is_positive].sum(axis=0)
    return (ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)

"""Questions about columns that tell the label alone, as what is known only after it does."""

import numpy as np
from scipy.stats import rankdata
from sklearn.tree import DecisionTreeClassifier

from ..engine.inputs.target_means import log_odds_out_of_fold
from .report import Finding

PERFECT, PERFECT_BY_INTERVALS = 0.995, 0.99  # ROC AUC; the ends of intervals are not told exactly
FEWEST_OF_A_CLASS = 10  # rows: chance alone may rank fewer well
ROWS_A_LEVEL, ROWS_A_VALUE = 3, 10  # in the mean; in a column of fewer, levels are names of rows
ALIKE = 0.4  # of what chance has, of neighbours with another label; a leak of intervals has less
N_FOLDS, ROWS_A_LEAF = 5, 5
MOSTLY = 0.8  # of the rows


def has_leak(evidence):
    """A column that predicts the label alone: by its values, its levels, or where it is missing.

    The best few of the sample are judged by all rows; the best of those is named.
    """
    table, is_positive = evidence.table, evidence.all_rows.sign > 0
    if min(map(np.count_nonzero, (is_positive, ~is_positive))) < FEWEST_OF_A_CLASS:
        return
    found = []
    for column in suspects(evidence):
        best, by = best_of(table, column, table.whole(column), is_positive, evidence.kind)
        if best:
            found.append((best, -len(found), column, by))
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


def suspects(evidence):
    """The columns that may be leaks, by a sample of rows."""
    table, kind = evidence.table, evidence.kind[evidence.chosen]
    for at in np.flatnonzero(table.varies):
        values, column = table.values[:, at], table.at[at]
        given = table, column, values, evidence.is_positive, kind
        if is_thinned(evidence, column, values) or best_of(*given)[0]:
            yield column


def is_thinned(evidence, column, values):
    """Whether too few rows of each level are in the sample to judge them."""
    is_sampled = len(values) < evidence.n_rows and is_of_levels(evidence.table, column, values)
    return is_sampled and len(values) < ROWS_A_LEVEL * len(np.unique(values))


def best_of(table, column, values, is_positive, kind):
    """The best ROC AUC of the ways in which a column tells the label; 0 if none does; its words."""
    found = [(0, "")]
    for judge, least in judges_of(table, column, values, kind):
        auc, by = judge(values, is_positive)
        if auc > least:
            found.append((auc, by))
    return max(found, key=lambda each: each[0])


def judges_of(table, column, values, kind):
    """The ways in which a column may tell the label, each with the least ROC AUC of a leak."""

    def by_level(words, n_rows):
        return lambda *given: by_levels(*given, kind, words, n_rows)

    if not table.of_levels[column]:
        n_rows = ROWS_A_LEVEL if is_of_levels(table, column, values) else ROWS_A_VALUE
        of_value = by_level("The value of {} alone", n_rows)
        yield from ((judge, PERFECT) for judge in (by_gaps, by_values, of_value))
        yield by_intervals, PERFECT_BY_INTERVALS
        return
    levels = table.levels[column]
    gap = levels.index(None) if None in levels else np.nan
    yield lambda *given: by_gaps(*given, gap), PERFECT
    yield by_level("The level of {} alone", ROWS_A_LEVEL), PERFECT


def is_of_levels(table, column, values):
    """Whether a column holds levels, or whole numbers, which may be those of levels."""
    return table.of_levels[column] or bool((values == np.round(values)).all())


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


def by_levels(values, is_positive, kind, words, rows_a_level):
    """The same for levels: each row's is judged by how often rows of other folds are positive.

    Copies of a row are in one fold. Rows that are alone in having their level are left out.
    """
    number = np.unique(values, return_inverse=True)[1]
    n_rows, n_levels = len(values), number.max() + 1
    if n_rows < rows_a_level * n_levels:
        return 0.5, ""
    fold = np.random.default_rng(0).permutation(kind.max() + 1)[kind] % N_FOLDS
    mean = log_odds_out_of_fold(number, is_positive, np.ones(n_rows), fold, n_levels)
    cell = fold * n_levels + number
    is_told = np.bincount(number)[number] > np.bincount(cell)[cell]
    if np.count_nonzero(is_told) < MOSTLY * n_rows:
        return 0.5, ""
    where = "" if is_told.all() else ", in the rows that share theirs with others,"
    return auc_of(mean[is_told, np.newaxis], is_positive[is_told])[0], words + where


def by_intervals(values, is_positive):
    """The same for intervals of a number: a tree tells rows of values that it has not seen."""
    is_known = ~np.isnan(values)
    values, is_positive = values[is_known], is_positive[is_known]
    if not has_alike_neighbours(values, is_positive):
        return 0.5, ""
    distinct, number = np.unique(values, return_inverse=True)
    fold = (np.random.default_rng(0).permutation(len(distinct)) % N_FOLDS)[number]
    tree = DecisionTreeClassifier(min_samples_leaf=ROWS_A_LEAF, random_state=0)
    ranks = (np.searchsorted(distinct, values) + 0.0)[:, np.newaxis]  # of any unit
    told = np.empty(len(values))
    for held_out in range(N_FOLDS):
        is_held_out = fold == held_out
        others = ~is_held_out
        if is_positive[others].all() or not is_positive[others].any():
            return 0.5, ""
        tree.fit(ranks[others], is_positive[others])
        told[is_held_out] = tree.predict_proba(ranks[is_held_out])[:, 1]
    return auc_of(told[:, np.newaxis], is_positive)[0], "The interval that {} lies in"


def has_alike_neighbours(values, is_positive):
    """Whether rows with neighbouring values mostly have the same label."""
    if min(np.count_nonzero(is_positive), np.count_nonzero(~is_positive)) < FEWEST_OF_A_CLASS:
        return False
    order = np.random.default_rng(0).permutation(len(values))  # of equal values, any order
    label = is_positive[order[np.argsort(values[order], kind="stable")]]
    share = np.mean(is_positive)
    return np.mean(label[1:] != label[:-1]) < ALIKE * 2 * share * (1 - share)


def auc_of(columns, is_positive):
    """ROC AUC of each column; 0.5 where a class has few rows."""
    n_positive = np.count_nonzero(is_positive)
    n_negative = len(is_positive) - n_positive
    if min(n_positive, n_negative) < FEWEST_OF_A_CLASS:
        return np.full(columns.shape[1], 0.5)
    ranks = rankdata(columns, axis=0)[is_positive].sum(axis=0)
    return (ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)

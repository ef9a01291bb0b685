"""Questions about columns that tell the label alone, as what is known only after it does."""

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from ..engine.inputs.target_means import log_odds_out_of_fold
from .report import Finding

PERFECT = 0.995  # ROC AUC
PERFECT_BY_INTERVALS, PURE = 0.96, 0.98  # few rows do not show where an interval ends; rows within
FEWEST_OF_A_CLASS = 10  # rows: chance alone may rank fewer well
ROWS_A_LEVEL, ROWS_A_VALUE = 2.5, 10  # in the mean; in a column of fewer, levels are names of rows
ALIKE = 0.4  # of what chance has, of neighbours with another label; a leak of intervals has less
SOME_OF_A_CLASS, SLACK = 1000, 0.01  # rows that tell which columns to look at, and how well
N_FOLDS, ROWS_A_LEAF = 5, 5
FEWEST_VALUES = 20  # of a number, to speak of intervals; fewer are as levels
MOSTLY = 0.8  # of the rows


def has_leak(evidence):
    """A column that predicts the label alone: by its values, its levels, or where it is missing.

    The best few of the sample are judged by all rows; the best of those is named.
    """
    table, is_positive = evidence.table, evidence.all_rows.sign > 0
    if min(map(np.count_nonzero, (is_positive, ~is_positive))) < FEWEST_OF_A_CLASS:
        return
    found, fold = [], folds_of(evidence.kind)
    for column in suspects(evidence):
        best, by = best_of(table, column, table.whole(column), is_positive, fold)
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
    """The columns that may be leaks, by a few rows of each class."""
    table = evidence.table
    some = some_of_each_class(evidence.is_positive)
    is_positive, fold = evidence.is_positive[some], folds_of(evidence.kind[evidence.chosen][some])
    for at in np.flatnonzero(table.varies):
        values, column = table.values[some, at], table.at[at]
        may_leak = np.isnan(values).any() or are_neighbours_alike(values, is_positive)
        is_leak = may_leak and best_of(table, column, values, is_positive, fold, SLACK)[0]
        if is_leak or is_thinned(evidence, column, values):
            yield column


def some_of_each_class(is_positive):
    """Positions of some rows, drawn at random."""
    order = np.random.default_rng(0).permutation(len(is_positive))
    is_positive = is_positive[order]
    some = [order[is_positive == side][:SOME_OF_A_CLASS] for side in (False, True)]
    return np.sort(np.concatenate(some))


def folds_of(kind):
    """A fold for each row, the same for copies of a row."""
    kind = np.unique(kind, return_inverse=True)[1]
    return np.random.default_rng(0).permutation(kind.max() + 1)[kind] % N_FOLDS


def is_thinned(evidence, column, values):
    """Whether a level has too few rows among some to be judged by them, and must be by all."""
    table = evidence.table
    if not is_of_levels(table, column, values) or has_enough(values, ROWS_A_LEVEL):
        return False
    if evidence.n_rows == len(values):
        return False
    whole, is_positive = table.whole(column), evidence.all_rows.sign > 0
    return are_neighbours_alike(whole, is_positive) and has_enough(whole, ROWS_A_LEVEL)


def has_enough(values, n_rows):
    """Whether there are so many rows a value, in the mean."""
    return len(values) >= n_rows * len(np.unique(values))


def best_of(table, column, values, is_positive, fold, slack=0.0):
    """The best ROC AUC of the ways in which a column tells the label; 0 if none does; its words."""
    found = [(0, "")]
    for judge, least in judges_of(table, column, values, fold):
        auc, by = judge(values, is_positive)
        if auc > least - slack:
            found.append((auc, by))
    return max(found, key=lambda each: each[0])


def judges_of(table, column, values, fold):
    """The ways in which a column may tell the label, each with the least ROC AUC of a leak."""

    def by_level(words, n_rows):
        return lambda *given: by_levels(*given, fold, words, n_rows)

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
    return table.of_levels[column] or bool(((values == np.round(values)) | np.isnan(values)).all())


def by_values(values, is_positive):
    """How well a number ranks the rows in which it is known; and words for it."""
    is_known = ~np.isnan(values)
    auc = auc_of(values[is_known], is_positive[is_known])
    where = "" if is_known.all() else f", in the {np.count_nonzero(is_known):,} rows that have it,"
    return max(auc, 1 - auc), "{} alone" + where


def by_gaps(values, is_positive, gap=np.nan):
    """The same for whether a value is missing, which ``gap`` stands for."""
    is_missing = np.isnan(values) if np.isnan(gap) else values == gap
    auc = auc_of(is_missing, is_positive) if is_missing.any() else 0.5
    return max(auc, 1 - auc), "Whether {} is missing"


def by_levels(values, is_positive, fold, words, rows_a_level):
    """The same for levels: each row's is judged by how often rows of other folds are positive.

    Copies of a row are in one fold. Rows that are alone in having their level are left out.
    """
    if not has_enough(values, rows_a_level):
        return 0.5, ""
    number = np.unique(values, return_inverse=True)[1]
    n_rows, n_levels = len(values), number.max() + 1
    mean = log_odds_out_of_fold(number, is_positive, np.ones(n_rows), fold, n_levels)
    cell = fold * n_levels + number
    is_told = np.bincount(number)[number] > np.bincount(cell)[cell]
    if np.count_nonzero(is_told) < MOSTLY * n_rows:
        return 0.5, ""
    where = "" if is_told.all() else ", in the rows that share theirs with others,"
    return auc_of(mean[is_told], is_positive[is_told]), words + where


def by_intervals(values, is_positive):
    """The same for intervals of a number: a tree tells rows of values that it has not seen."""
    is_known = ~np.isnan(values)
    values, is_positive = values[is_known], is_positive[is_known]
    distinct, number = np.unique(values, return_inverse=True)
    if len(distinct) < FEWEST_VALUES or share_in_runs(values, is_positive) < PURE:
        return 0.5, ""
    fold = (np.random.default_rng(0).permutation(len(distinct)) % N_FOLDS)[number]
    tree = DecisionTreeClassifier(min_samples_leaf=ROWS_A_LEAF, random_state=0)
    ranks = (number + 0.0)[:, np.newaxis]  # a tree rounds numbers to float32
    told = np.empty(len(values))
    for held_out in range(N_FOLDS):
        is_held_out = fold == held_out
        others = ~is_held_out
        if is_positive[others].all() or not is_positive[others].any():
            return 0.5, ""
        tree.fit(ranks[others], is_positive[others])
        told[is_held_out] = tree.predict_proba(ranks[is_held_out])[:, 1]
    return auc_of(told, is_positive), "The interval that {} lies in"


def share_in_runs(values, is_positive):
    """Share of rows that, sorted by value, lie among as many of their label as a leaf has."""
    label = sorted_labels(values, is_positive)
    (ends,) = np.nonzero(np.append(label[1:] != label[:-1], True))
    n_rows = np.diff(ends, prepend=-1)
    return n_rows[n_rows >= ROWS_A_LEAF].sum() / len(label)


def sorted_labels(values, is_positive):
    """The labels, sorted by value; of equal values, in any order."""
    order = np.random.default_rng(0).permutation(len(values))
    return is_positive[order[np.argsort(values[order], kind="stable")]]


def are_neighbours_alike(values, is_positive):
    """Whether rows next to each other, sorted by value, mostly have the same label."""
    label, share = sorted_labels(values, is_positive), np.mean(is_positive)
    return np.mean(label[1:] != label[:-1]) < ALIKE * 2 * share * (1 - share)


def auc_of(values, is_positive):
    """ROC AUC of a column; 0.5 where a class has few rows."""
    n_positive = np.count_nonzero(is_positive)
    if min(n_positive, len(is_positive) - n_positive) < FEWEST_OF_A_CLASS:
        return 0.5
    return float(roc_auc_score(is_positive, values))

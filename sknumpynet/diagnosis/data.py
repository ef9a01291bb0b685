"""Questions about the data."""

import numpy as np
from scipy.stats import rankdata

from ..engine import folds
from .report import Finding
from .training import afresh

FEWEST_DIFFERENT = 20  # rows; fewer are the cells of a truth table, such as the four points of XOR
SENTINELS = {float(sign + "9" * digits) for sign in ("", "-") for digits in range(2, 8)}
SENTINELS |= {-1.0, -(2.0**15), 2.0**15 - 1, -(2.0**31), 2.0**31 - 1, 1e10, -1e10}


def is_scaled_badly(evidence):
    """With scale_inputs=None: columns of very different scales, or far from 0."""
    if evidence.clf.scale_inputs is not None or not evidence.varies.any():
        return
    exponent, varies = evidence.exponent, evidence.varies
    size = np.ldexp(np.sqrt(np.mean(np.square(evidence.in_reach), axis=0)), exponent)
    ratio = np.exp2(np.ptp(np.log2(evidence.in_reach[:, varies].std(axis=0)) + exponent[varies]))
    column = int(np.argmax(size))
    if not 0.03 < size[column] < 30 or ratio > 300:
        yield Finding(
            "inputs_not_scaled",
            "error" if size[column] > 100 or ratio > 1e4 or evidence.gain < 0.1 else "warning",
            evidence.name(column),
            size[column],
            f"Inputs come as they are, and {evidence.name(column)} is of size {size[column]:.3g}; "
            f"spreads of columns differ by a factor of {ratio:.3g}. Steps that suit one column are "
            "far too large or too small for another.",
            afresh(evidence.clf, scale_inputs="robust"),
        )


def has_sentinels(evidence):
    """A number that means missing: one such as -999, repeated, far from all other values."""
    for column, values in enumerate(evidence.columns.T):
        distinct = np.unique(values)
        if len(distinct) < 10:
            continue
        for extreme, rest in ((distinct[0], distinct[1:]), (distinct[-1], distinct[:-1])):
            count = np.count_nonzero(values == extreme)
            gap = abs(extreme - rest[0 if extreme < rest[0] else -1])
            if extreme in SENTINELS and count >= max(3, len(values) / 500) and gap > np.ptp(rest):
                yield Finding(
                    "sentinel",
                    "warning",
                    evidence.name(column),
                    extreme,
                    f"{evidence.name(column)} is {extreme:g} in {count} of {len(values)} rows and "
                    f"else between {rest.min():g} and {rest.max():g}: it looks like a missing "
                    "value written as a number.",
                    step=f"make {extreme:g} in {evidence.name(column)} missing and impute it, such "
                    f"as by SimpleImputer(missing_values={extreme:g}, add_indicator=True)",
                )


def has_leak(evidence):
    """A column that predicts the label alone."""
    n_positive = np.count_nonzero(evidence.is_positive)
    n_pairs = n_positive * (len(evidence.is_positive) - n_positive)
    if min(n_positive, len(evidence.is_positive) - n_positive) < 10:
        return  # chance alone may rank so few rows well
    ranks = rankdata(evidence.columns, axis=0)[evidence.is_positive].sum(axis=0)
    auc = (ranks - n_positive * (n_positive + 1) / 2) / n_pairs
    strength = np.maximum(auc, 1 - auc)
    column = int(np.argmax(strength))
    if strength[column] > 0.995:
        yield Finding(
            "leak",
            "warning",
            evidence.name(column),
            strength[column],
            f"{evidence.name(column)} alone ranks the rows by label with a ROC AUC of "
            f"{strength[column]:.4f}. Is it known before the label is?",
            step=f"leave out {evidence.name(column)} if it is not known when predictions are made",
        )


def has_repeated_rows(evidence):
    """Many rows are copies of others, more than by chance in columns of few values."""
    rows, n_rows = evidence.all_rows, evidence.n_rows
    n_different = folds.different_rows(rows.X, rows.index).max() + 1
    n_copies = n_rows - n_different
    share = n_copies / n_rows
    if share < 0.25 or n_different < FEWEST_DIFFERENT:
        return
    _, first = np.unique(evidence.kind, return_index=True)
    if share > 2 * share_by_chance(evidence.columns[first], n_different):
        yield Finding(
            "repeated_rows",
            "note",
            "",
            share,
            f"{n_copies:,} of {n_rows:,} rows are copies of others. Without groups, `fit` "
            "holds all copies of a row out together; a test set or cross-validation that parts "
            "them judges by rows that were trained on, and finds it better than it is.",
            step="where rows belong together, as those of a patient, say so by fit(..., groups=...)"
            " and split by groups; instead of copying rows of a rare class, set class_weight or "
            "give sample_weight",
        )


def share_by_chance(different, n_different):
    """Fraction of rows that equal another row by chance, because the columns have few values.

    The probability that two rows agree in a column is the fraction of pairs of different rows that
    do. For all columns it would be the product, if columns were independent; as they are not, it is
    taken to be the product to the power 2/3.

    Parameters
    ----------
    different : ndarray of shape (n, n_features)
        A sample of rows, all different.
    n_different : int
        Number of different rows in the whole table.
    """
    n, agree = len(different), 1.0
    for values in different.T:
        count = np.unique(values, return_counts=True)[1].astype(float)
        # A column of all different values alone proves little: it may number the rows.
        agree *= max((count * (count - 1)).sum() / (n * (n - 1)), 1 / n_different)
    return 1 - np.exp(-n_different * agree ** (2 / 3))


def has_contradictions(evidence):
    """The same row with both labels."""
    sides = (evidence.is_positive, ~evidence.is_positive)
    by_label = [np.bincount(evidence.kind, evidence.weight * side) for side in sides]
    # Otherwise the columns have few values, and equal rows are likely by chance.
    is_repeated = len(by_label[0]) > len(evidence.kind) / 2
    lost = np.minimum(*by_label).sum() / evidence.weight.sum()
    share = lost / min(evidence.base_rate, 1 - evidence.base_rate)
    if share > 0.2:
        yield Finding(
            "contradicting_labels",
            "error" if evidence.gain < 0.1 else "warning" if is_repeated else "note",
            "",
            lost,
            f"Rows with the same values have both labels: whatever is learnt, {lost:.1%} of the "
            f"rows will be wrong, {share:.0%} of those of the rarer class.",
            step="look for columns that tell such rows apart, or mend the labels",
        )


def has_constant_columns(evidence):
    """Columns with one value, which tell nothing."""
    (constant,) = np.nonzero(~evidence.varies)
    if len(constant):
        yield Finding(
            "constant_columns",
            "note",
            evidence.names(constant),
            len(constant),
            f"{len(constant)} column(s) have the same value in every row and tell nothing.",
            step=f"leave out {evidence.names(constant)}",
        )


def has_duplicate_columns(evidence):
    """Columns that repeat another."""
    seen, repeated = {}, []
    for column, values in enumerate(evidence.columns.T):
        if not evidence.varies[column]:
            continue
        first = seen.setdefault(np.ascontiguousarray(values).tobytes(), column)
        if first != column:
            repeated.append(column)
    if repeated:
        yield Finding(
            "duplicate_columns",
            "note",
            evidence.names(repeated),
            len(repeated),
            f"{len(repeated)} column(s) repeat another one value for value.",
            step=f"leave out {evidence.names(repeated)}",
        )

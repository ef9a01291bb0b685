"""Questions about rows that are equal: copies, and rows with both labels."""

import numpy as np
from scipy.special import chdtr

from .report import Finding

FEWEST_DIFFERENT = 20  # rows; fewer are the cells of a truth table, such as the four points of XOR
MOST_COPIES = 4  # equal rows, in the mean; more are the cells of a table


def has_repeated_rows(evidence):
    """Many rows are copies of others, more than by chance in columns of few values."""
    n_rows, share = evidence.n_rows, share_of_copies(evidence)
    if share >= 0.25:
        yield Finding(
            "repeated_rows",
            "note",
            "",
            share,
            f"{n_rows - n_different_of(evidence):,} of {n_rows:,} rows are copies of others. "
            "Without groups, `fit` "
            "holds all copies of a row out together; a test set or cross-validation that parts "
            "them judges by rows that were trained on, and finds it better than it is.",
            step="where rows belong together, as those of a patient, say so by fit(..., groups=...)"
            " and split by groups; instead of copying rows of a rare class, set class_weight or "
            "give sample_weight",
        )


def n_different_of(evidence):
    """How many different rows there are among all."""
    return int(evidence.kind.max()) + 1


def share_of_copies(evidence):
    """Fraction of all rows that are copies of others; 0 if columns of few values explain them."""
    n_different = n_different_of(evidence)
    share = (evidence.n_rows - n_different) / evidence.n_rows
    if n_different < FEWEST_DIFFERENT or not share:
        return 0.0
    _, first = np.unique(evidence.kind[evidence.chosen], return_index=True)
    by_chance = share_by_chance(evidence.table.values[first], n_different)
    return share if share > 2 * by_chance else 0.0


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
    """The same row with both labels, where that is neither chance nor honest noise."""
    kind, weight, is_positive = evidence.kind, evidence.all_weight, evidence.all_rows.sign > 0
    by_label = [np.bincount(kind, weight * side) for side in (is_positive, ~is_positive)]
    weight_lost = np.minimum(*by_label).sum()
    lost, rarer = weight_lost / weight.sum(), min(sum(of) for of in by_label)
    share = weight_lost / rarer if rarer else 0  # the base rate may be 1 but for rounding
    if share > 0.2 and (has_true_copies(evidence) or are_matched(kind, is_positive, weight)):
        yield Finding(
            "contradicting_labels",
            "error" if evidence.gain < 0.1 else "warning",
            "",
            lost,
            f"Rows with the same values have both labels: whatever is learnt, {lost:.1%} of the "
            f"rows will be wrong, {share:.0%} of those of the rarer class.",
            step="look for columns that tell such rows apart, or mend the labels",
        )


def has_true_copies(evidence):
    """Whether equal rows are copies, and not those that happen to fall into the same cell."""
    is_cell = evidence.n_rows > MOST_COPIES * n_different_of(evidence)
    return not is_cell and share_of_copies(evidence) > 0


def are_matched(kind, is_positive, weight):
    """Whether equal rows have both labels equally often, more exactly than by chance.

    Of n equal rows, each positive with probability 1/2, k are: (2 k - n)^2 / n has a mean of 1 and
    a variance of 2 - 2 / n. With other probabilities the mean is larger. Rows given again with the
    other label make it 0. Of few groups of many rows, the sum has a chi-squared distribution.
    Where weights differ they may be counts, and a row stand for many.
    """
    n, k = np.bincount(kind), np.bincount(kind, is_positive)
    n, k = n[n > 1], k[n > 1]
    if not len(n) or weight.min() < weight.max():
        return False
    below_mean = len(n) - (np.square(2 * k - n) / n).sum()
    at_most = (np.square(abs(2 * k - n) + 1) / n).sum()  # whole numbers: up to the next
    return below_mean > 4 * np.sqrt((2 - 2 / n).sum()) or chdtr(len(n), at_most) < 1e-4

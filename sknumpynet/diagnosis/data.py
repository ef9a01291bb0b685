"""Questions about the data."""

import numpy as np

from ..engine.inputs.levels import UNKNOWN
from ..fitted import columns_of, stack_of
from .evidence import in_reach, mean_of_known
from .report import Finding
from .training import afresh

MOST_COPIES = 4  # equal rows, in the mean; more are the cells of a table
SQUEEZED, FEWEST_WITHIN = 0.02, 10  # standard deviations; values in the middle half of a column
FEW_EFFECTIVE, FEW_OF_ROWS = 150, 0.03  # rows; share of all
FEWEST_DIFFERENT = 20  # rows; fewer are the cells of a truth table, such as the four points of XOR


def is_scaled_badly(evidence):
    """With scale_inputs=None: columns of very different scales, or far from 0."""
    table = evidence.table
    (columns,) = np.nonzero(~table.is_level)
    if evidence.clf.scale_inputs is not None or not table.varies[columns].any():
        return
    values, exponent = in_reach(table.values[:, columns])
    size = np.ldexp(np.sqrt(mean_of_known(np.square(values))), exponent)
    spread = np.sqrt(mean_of_known(np.square(values - mean_of_known(values))))
    spread, exponent = spread[spread > 0], exponent[spread > 0]
    ratio = np.exp2(np.ptp(np.log2(spread) + exponent)) if len(spread) else 1.0
    largest = int(np.argmax(size))
    name, size = table.name(table.at[columns[largest]]), size[largest]
    if not 0.03 < size < 30 or ratio > 300:
        yield Finding(
            "inputs_not_scaled",
            "error" if size > 100 or ratio > 1e4 or evidence.gain < 0.1 else "warning",
            name,
            size,
            f"Inputs come as they are, and {name} is of size {size:.3g}; spreads of columns differ "
            f"by a factor of {ratio:.3g}. Steps that suit one column are far too large or too "
            "small for another.",
            afresh(evidence.clf, scale_inputs="robust"),
        )


def is_constant_since_fit(evidence):
    """Columns that had several values in fit, and have one in every row given now."""
    table, changed = evidence.table, evidence.constant[0]
    if len(changed):
        yield Finding(
            "constant_since_fit",
            "warning",
            table.listed(changed),
            len(changed),
            f"{len(changed):,} column(s) that had several values in fit have the same value in "
            "every row given now.",
            step=f"look at how {table.listed(changed)} came to be filled, or give the rows of fit",
        )


def has_unknown_levels(evidence):
    """A column of which many rows have a level that fit did not see."""
    table = evidence.table
    for column in np.flatnonzero(table.of_levels):
        share = np.mean(table.whole(column) == UNKNOWN)
        if share > 0.2:
            name = table.name(column)
            yield Finding(
                "unknown_levels",
                "warning",
                name,
                share,
                f"In {share:.0%} of the rows {name} has a level that fit did not see, and says "
                "nothing.",
                step=f"spell the levels of {name} as they were in fit, or fit again with new rows",
            )


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
    other label make it 0. Where weights differ they may be counts, and a row stand for many.
    """
    n, k = np.bincount(kind), np.bincount(kind, is_positive)
    n, k = n[n > 1], k[n > 1]
    below_mean = len(n) - (np.square(2 * k - n) / n).sum()
    is_counted = weight.min() < weight.max()
    return not is_counted and below_mean > 4 * np.sqrt((2 - 2 / n).sum())


def has_constant_columns(evidence):
    """Columns with one value in every row, which tell nothing."""
    table, constant = evidence.table, evidence.constant[1]
    if len(constant):
        yield Finding(
            "constant_columns",
            "note",
            table.listed(constant),
            len(constant),
            f"{len(constant):,} column(s) have the same value in every row and tell nothing.",
            step=f"leave out {table.listed(constant)}",
        )


def has_duplicate_columns(evidence):
    """Columns that repeat another."""
    table = evidence.table
    repeated = table.repeated()
    if not repeated:
        return
    columns, (first, before) = list(repeated), next(iter(repeated.items()))
    renamed = any(table.of_levels[column] for column in columns)
    yield Finding(
        "duplicate_columns",
        "note",
        table.listed(columns),
        len(columns),
        f"{len(columns):,} column(s) repeat another one value for value"
        + (", or level for level under other names" if renamed else "")
        + f": {table.name(first)} repeats {table.name(before)}.",
        step=f"leave out {table.listed(columns)}",
    )


def has_ids(evidence):
    """A column of levels in which nearly every row has one of its own."""
    columns = columns_of(evidence.clf)
    for position, n_rows, n_levels in columns.ids_in(evidence.all_rows) if columns else ():
        name = evidence.table.name(position)
        yield Finding(
            "id_column",
            "note",
            name,
            n_levels,
            f"{name} has {n_levels:,} levels in {n_rows:,} rows: nearly every row has one of its "
            "own, and new rows will have others.",
            step=f"leave out {name}, or make of it what rows have in common",
        )


def has_squeezing_outliers(evidence):
    """Scaled by the standard deviation, which a few values make so large that the rest is alike."""
    table, clf = evidence.table, evidence.clf
    if clf.scale_inputs != "standard":
        return
    factor = stack_of(clf).encoding.scaling.factor
    found = {}
    for at in np.flatnonzero(~table.is_level & table.varies):
        column = table.at[at]
        per_unit = factor[table.place[column]]
        if 0 < squeezed(table.values[:, at], per_unit) < SQUEEZED:
            spread = squeezed(table.whole(column), per_unit)
            if 0 < spread < SQUEEZED:
                found[column] = spread
    if found:
        columns, worst = list(found), min(found, key=found.get)
        whole = table.whole(worst)
        yield Finding(
            "outlier_squeezes",
            "error" if evidence.gain < 0.1 else "warning",
            table.listed(columns),
            found[worst],
            f"The middle half of {table.name(worst)} spans {found[worst]:.2g} standard deviations, "
            f"because a few values are far out (it goes from {np.fmin.reduce(whole):.3g} to "
            f"{np.fmax.reduce(whole):.3g}): scaled by that, nearly all rows look alike.",
            afresh(clf, scale_inputs="robust"),
        )


def squeezed(values, per_unit):
    """Span of the middle half of a column, scaled; infinite if it has few different values."""
    values = np.sort(values[~np.isnan(values)])
    middle = values[len(values) // 4 : 3 * len(values) // 4 + 1]
    is_varied = np.count_nonzero(middle[1:] != middle[:-1]) >= FEWEST_WITHIN
    return (middle[-1] - middle[0]) * float(per_unit) if is_varied else np.inf


def has_heavy_rows(evidence):
    """Weights of which a few rows have nearly all; then the others are as good as not there."""
    weight, n_rows = np.sort(evidence.all_weight)[::-1], evidence.n_rows
    share = np.cumsum(weight / weight.sum())
    n_effective = 1 / np.square(weight / weight.sum()).sum()
    if n_effective < min(FEW_EFFECTIVE, FEW_OF_ROWS * n_rows):
        n_heavy = min(int(np.searchsorted(share, 0.9)) + 1, n_rows)
        limit = float(10 * np.median(weight))
        yield Finding(
            "few_rows_weigh_all",
            "error" if evidence.gain < 0.1 else "warning",
            "",
            n_effective,
            f"{n_heavy:,} of {n_rows:,} rows have {share[n_heavy - 1]:.0%} of the weight: it "
            f"learns as if from {n_effective:.0f} rows of equal weight.",
            step="if they are not meant to count for so much, limit the weights: "
            f"sample_weight = numpy.clip(sample_weight, 0, {limit:.3g})",
        )

"""Questions about the data."""

import numpy as np

from ..engine.inputs.levels import UNKNOWN
from ..fitted import columns_of
from ..remedies import Remedy
from .evidence import in_reach, mean_of_known
from .report import Finding
from .training import afresh

FEWEST_DIFFERENT = 20  # rows; fewer are the cells of a truth table, such as the four points of XOR
SENTINELS = {float(sign + "9" * digits) for sign in ("", "-") for digits in range(2, 8)}
SENTINELS |= {-1.0, -(2.0**15), 2.0**15 - 1, -(2.0**31), 2.0**31 - 1, 1e10, -1e10}


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


def has_sentinels(evidence):
    """A number that means missing: one such as -999, repeated, far from all other values."""
    table = evidence.table
    for values, column in zip(table.values.T, table.at, strict=True):
        if table.kinds[column] != "number" or table.of_levels[column]:
            continue
        for value in sentinels_in(values):
            whole = table.whole(column)
            if value not in sentinels_in(whole):
                continue
            name, rest = table.name(column), whole[whole != value]
            yield Finding(
                "sentinel",
                "warning",
                name,
                value,
                f"{name} is {value:g} in {np.count_nonzero(whole == value):,} of {len(whole):,} "
                f"rows and else between {np.fmin.reduce(rest):g} and {np.fmax.reduce(rest):g}: it "
                "looks like a missing value written as a number.",
                step=f"make {value:g} in {name} missing, as NaN, which has an input of its own: "
                + line_for_gap(table.names[column], value, evidence.container),
            )


def sentinels_in(values):
    """The numbers among a column's values that look like missing ones."""
    values = values[~np.isnan(values)]
    distinct = np.unique(values)
    if len(distinct) < 10:
        return
    for extreme, rest in ((distinct[0], distinct[1:]), (distinct[-1], distinct[:-1])):
        if extreme in SENTINELS:
            gap = abs(extreme - rest[0 if extreme < rest[0] else -1])
            count = np.count_nonzero(values == extreme)
            if count >= max(3, len(values) / 500) and gap > np.ptp(rest):
                yield extreme


def line_for_gap(name, value, container):
    """A line of code that makes a number of a column missing."""
    value = int(value)  # all of them are whole
    if container == "array":
        is_there = f"(X == {value}) & (numpy.arange(X.shape[1]) == {name})"
        return f"X = numpy.asarray(X); X = numpy.where({is_there}, numpy.nan, X)"
    if container == "sparse":
        is_there = f"(X.col == {name}) & (X.data == {value})"
        return f"X = scipy.sparse.coo_array(X, dtype=float); X.data[{is_there}] = numpy.nan"
    is_there = f"lambda column: column == {value}"
    return Remedy(f"{{}}.mask({is_there})", f"{{}}.replace({value}, None)").line([name], container)


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
    n_rows, n_different = evidence.n_rows, evidence.table.n_different()
    n_copies = n_rows - n_different
    share = n_copies / n_rows
    if share < 0.25 or n_different < FEWEST_DIFFERENT:
        return
    _, first = np.unique(evidence.kind, return_index=True)
    if share > 2 * share_by_chance(evidence.table.values[first], n_different):
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
    weight_lost = np.minimum(*by_label).sum()
    lost, rarer = weight_lost / evidence.weight.sum(), min(sum(of) for of in by_label)
    share = weight_lost / rarer if rarer else 0  # the base rate may be 1 but for rounding
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

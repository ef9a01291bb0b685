"""Questions about the data."""

import numpy as np

from ..engine.inputs.levels import UNKNOWN
from ..fitted import columns_of, stack_of
from ..parameters import is_real
from .evidence import in_reach, mean_of_known
from .report import Finding
from .sentinels import sentinels_in
from .training import afresh

SQUEEZED, FEWEST_WITHIN = 0.05, 10  # standard deviations; values in the middle half of a column
WEIGHTLESS = 0.02  # of what a class would weigh if all rows weighed the same
FEW_EFFECTIVE, FEW_OF_ROWS, MOST_WEIGHT = 150, 0.03, 0.9  # rows; share of them; of the weight


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
    found = [*columns.ids_in(evidence.all_rows)] if columns else []
    is_all = len(found) == np.count_nonzero(evidence.table.varies)
    for position, n_rows, n_levels in found:
        name, levels = evidence.table.name(position), evidence.table.levels[position]
        are_numbers = all(level is None or is_real(level) for level in levels)
        is_chosen = evidence.clf.categorical_features not in ("from_dtype", None)
        yield Finding(
            "id_column",
            "error" if is_all else "note",
            name,
            n_levels,
            f"{name} has {n_levels:,} levels in {n_rows:,} rows: nearly every row has one of its "
            "own, and new rows will have others."
            + " They are numbers, which are better read as such."
            * are_numbers,
            afresh(evidence.clf, categorical_features="from_dtype")
            if are_numbers and is_chosen
            else {},
            f"leave out {name}, or make of it what rows have in common",
        )


def has_squeezing_outliers(evidence):
    """Scaled by the standard deviation, which a few values make so large that the rest is alike."""
    table, found = evidence.table, squeezed_columns(evidence)
    if not found:
        return
    worst = min(found, key=found.get)
    whole = table.whole(worst)
    few = 5 * len(found) < len(table.names)  # then others may tell as much
    yield Finding(
        "outlier_squeezes",
        "error" if evidence.gain < 0.1 else "note" if few else "warning",
        table.listed(list(found)),
        found[worst],
        f"The middle half of {table.name(worst)} spans {found[worst]:.2g} standard deviations, "
        f"because a few values are far out (it goes from {np.fmin.reduce(whole):.3g} to "
        f"{np.fmax.reduce(whole):.3g}): scaled by that, nearly all rows look alike.",
        afresh(evidence.clf, scale_inputs="robust"),
    )


def squeezed_columns(evidence):
    """Columns of which the middle half is next to nothing as it was scaled in fit, and its span."""
    table, found = evidence.table, {}
    if evidence.clf.scale_inputs != "standard":
        return found
    factor = stack_of(evidence.clf).encoding.scaling.factor
    for at in np.flatnonzero(~table.is_level & table.varies):
        column = table.at[at]
        per_unit = float(factor[table.place[column]])
        if 0 < middle_span(table.values[:, at]) * per_unit < SQUEEZED:
            whole = table.whole(column)
            span = middle_span(whole) * per_unit
            if 0 < span < SQUEEZED and not list(sentinels_in(whole)):  # which are the cause
                found[column] = span
    return found


def middle_span(values):
    """Span of the middle half of a column; infinite if that has few different values."""
    values = np.sort(values[~np.isnan(values)])
    middle = values[len(values) // 4 : 3 * len(values) // 4 + 1]
    is_varied = np.count_nonzero(middle[1:] != middle[:-1]) >= FEWEST_WITHIN
    return middle[-1] - middle[0] if is_varied else np.inf


def has_weightless_class(evidence):
    """Weights that leave a class next to nothing, though it has many rows."""
    side, weight = evidence.all_rows.sign > 0, evidence.all_weight
    for label, rows in zip(evidence.clf.classes_.tolist(), (~side, side), strict=True):
        share, of_weight = rows.mean(), weight[rows].sum() / weight.sum()
        if of_weight < WEIGHTLESS * share:
            yield Finding(
                "class_without_weight",
                "error",
                "",
                of_weight,
                f"{share:.1%} of the rows are of the class {label!r}, and have {of_weight:.2g} of "
                "the weight: it learns to tell all rows the other class.",
                step="give sample_weight that leaves both classes their share, or leave it out",
            )


def has_heavy_rows(evidence):
    """Weights of which a few rows have nearly all; then the others are as good as not there."""
    n_rows, weight = evidence.n_rows, np.sort(evidence.all_weight)[::-1]
    share = weight / weight.sum()
    n_effective = 1 / np.square(share).sum()
    if n_effective < min(FEW_EFFECTIVE, FEW_OF_ROWS * n_rows):
        n_heavy = min(int(np.searchsorted(np.cumsum(share), MOST_WEIGHT)) + 1, n_rows)
        limit = float(10 * np.median(weight))
        yield Finding(
            "few_rows_weigh_all",
            "error" if evidence.gain < 0.1 else "warning",
            "",
            n_effective,
            f"{n_heavy:,} of {n_rows:,} row(s) have at least {MOST_WEIGHT:.0%} of the weight: it "
            f"learns as if from {n_effective:.0f} row(s) of equal weight.",
            step="if they are not meant to count for so much, limit the weights: "
            f"sample_weight = numpy.clip(sample_weight, 0, {limit:.3g})",
        )

"""The question about numbers that mean missing, such as -999, or 0 where nothing is near 0."""

import numpy as np

from ..remedies import Remedy
from .report import Finding

SENTINELS = {float(sign + "9" * digits) for sign in ("", "-") for digits in range(2, 8)}
SENTINELS |= {-(2.0**15), 2.0**15 - 1, -(2.0**31), 2.0**31 - 1, 1e10, -1e10, -1.0}
FEWEST_OTHERS = 10  # different values; fewer are a scale or a code, of which any may be an end
# Shares of the rows: enough for a usual sentinel far away; for others; more may be an honest 0.
RARE, COMMON, MOST = 1 / 500, 1 / 100, 1 / 2
N_BESIDE = 10  # values that show how densely a column's values lie at their end
TIMES_SPACING, TIMES_SPREAD = 5, 0.45


def has_sentinels(evidence):
    """A number that means missing: repeated, at the end of a column, and apart from the others."""
    table, clf = evidence.table, evidence.clf
    spoils_scale = clf.scale_inputs != "robust" and evidence.gain < 0.1
    for values, column in zip(table.values.T, table.at, strict=True):
        if table.kinds[column] != "number" or table.of_levels[column]:
            continue
        suspects = set(sentinels_in(values))
        if not suspects:
            continue
        whole = table.whole(column)
        for value in suspects.intersection(sentinels_in(whole)):
            name, rest = table.name(column), whole[whole != value]
            yield Finding(
                "sentinel",
                "error" if spoils_scale else "warning",
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
    values = np.sort(values[~np.isnan(values)])
    is_first = np.append(True, values[1:] != values[:-1])[: len(values)]
    distinct, n_rows = values[is_first], len(values)
    if len(distinct) <= FEWEST_OTHERS:
        return
    for extreme, others in ((distinct[0], distinct[1:]), (distinct[-1], distinct[-2::-1])):
        if extreme != np.round(extreme):
            continue
        first, beyond = np.searchsorted(values, extreme), np.searchsorted(values, extreme, "right")
        rest = values[beyond:] if first == 0 else values[:first]
        if beyond - first >= 3 and is_apart(extreme, others, rest, (beyond - first) / n_rows):
            yield extreme


def is_apart(extreme, others, rest, share):
    """Whether the value at an end of a column is too far from the others to be one of them.

    Parameters
    ----------
    extreme : float
    others : ndarray
        The other values, each once, from the next one on.
    rest : ndarray
        The other values, sorted, as often as they are.
    share : float
        Share of the rows that have ``extreme``.
    """
    gap, low, high, is_usual = abs(others[0] - extreme), rest[0], rest[-1], extreme in SENTINELS
    if gap > high - low and is_usual:
        return share >= RARE
    if extreme == -1 and low >= 0:  # the only negative number
        return share >= COMMON
    if not COMMON <= share <= MOST:
        return False
    if extreme != 0 and not is_usual:
        return gap > high - low
    spacing = abs(others[N_BESIDE - 1] - others[0]) / (N_BESIDE - 1)
    spread = rest[3 * len(rest) // 4] - rest[len(rest) // 4]
    return gap > TIMES_SPACING * spacing and 0 < TIMES_SPREAD * spread <= gap


def line_for_gap(name, value, container):
    """A line of code that makes a number of a column missing."""
    value = int(value)  # all of them are whole
    if container == "array":
        is_there = f"(X == {value}) & (numpy.arange(X.shape[1]) == {name})"
        return f"X = numpy.asarray(X); X = numpy.where({is_there}, numpy.nan, X)"
    if container == "sparse" and value == 0:  # which need not be stored
        rows = f"numpy.flatnonzero(X[:, [{name}]].toarray() == 0)"
        return f"X = scipy.sparse.lil_array(X, dtype=float); X[{rows}, {name}] = numpy.nan"
    if container == "sparse":
        is_there = f"(X.col == {name}) & (X.data == {value})"
        return f"X = scipy.sparse.coo_array(X, dtype=float); X.data[{is_there}] = numpy.nan"
    is_there = f"lambda column: column == {value}"
    return Remedy(f"{{}}.mask({is_there})", f"{{}}.replace({value}, None)").line([name], container)

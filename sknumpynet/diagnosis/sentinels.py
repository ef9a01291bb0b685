"""The question about numbers that mean missing, such as -999, or 0 where nothing is near 0."""

import numpy as np

from ..parameters import plain
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
    for value, columns in columns_with_sentinels(table).items():
        name, whole = table.name(columns[0]), table.whole(columns[0])
        rest = whole[whole != value]
        others = f" So are {table.listed(columns[1:])}." if len(columns) > 1 else ""
        names = [table.names[column] for column in columns]
        yield Finding(
            "sentinel",
            "error" if spoils_scale else "warning",
            table.listed(columns),
            value,
            f"{name} is {value:g} in {np.count_nonzero(whole == value):,} of {len(whole):,} "
            f"rows and else between {np.fmin.reduce(rest):g} and {np.fmax.reduce(rest):g}: it "
            f"looks like a missing value written as a number.{others}",
            step=f"make {value:g} in {table.listed(columns)} missing, as NaN, which has an input "
            f"of its own: {line_for_gap(names, value, evidence.container)}",
        )


def columns_with_sentinels(table):
    """The columns that hold each number that looks like a missing one, in all rows."""
    found = {}
    for values, column in zip(table.values.T, table.at, strict=True):
        if table.kinds[column] != "number" or table.of_levels[column]:
            continue
        suspects = set(sentinels_in(values))
        whole = table.whole(column) if suspects else values
        for value in suspects.intersection(sentinels_in(whole)):
            found.setdefault(value, []).append(int(column))
    return found


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
    if extreme == -1 and low >= 0:  # the only negative number, and more than the end of a scale
        return share >= max(COMMON, 2 * np.mean(rest == others[0]) * (1 - share))
    if not COMMON <= share <= MOST:
        return False
    if extreme != 0 and not is_usual:
        return gap > high - low
    spacing = abs(others[N_BESIDE - 1] - others[0]) / (N_BESIDE - 1)
    spread = rest[3 * len(rest) // 4] - rest[len(rest) // 4]
    return gap > TIMES_SPACING * spacing and 0 < TIMES_SPREAD * spread <= gap


def line_for_gap(names, value, container):
    """A line of code that makes a number of some columns missing."""
    value, names = int(value), [plain(name) for name in names]  # all values are whole
    if container == "array":
        is_there = f"(X == {value}) & numpy.isin(numpy.arange(X.shape[1]), {names})"
        return f"X = numpy.asarray(X); X = numpy.where({is_there}, numpy.nan, X)"
    if container == "sparse" and value == 0:  # which need not be stored
        found = f"rows, at = numpy.nonzero(X[:, {names}].toarray() == 0)"
        fill = f"{found}; X[rows, numpy.array({names})[at]] = numpy.nan"
        return f"X = scipy.sparse.lil_array(X, dtype=float); {fill}"
    if container == "sparse":
        is_there = f"numpy.isin(X.col, {names}) & (X.data == {value})"
        return f"X = scipy.sparse.coo_array(X, dtype=float); X.data[{is_there}] = numpy.nan"
    is_there = f"lambda column: column == {value}"
    return Remedy(f"{{}}.mask({is_there})", f"{{}}.replace({value}, None)").line(names, container)

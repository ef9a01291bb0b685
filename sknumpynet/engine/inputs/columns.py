"""Blocks of a table's columns, dense or sparse, measured by weighted rows.

A column of sparse data is what it stores and its zeros, as one value of the weight that is left. So
measuring it takes the time of its stored values, and comes to what it would of the dense column.
"""

import numpy as np
from scipy import sparse

BLOCK_VALUES = 1 << 22
BLOCK_COLUMNS = 1 << 10  # of sparse data: sums over more would round more


def column_blocks(X, index, weight):
    """Some columns at a time of the rows ``X[index]``, each block read once.

    Parameters
    ----------
    X : ndarray, CSR or CSC array of shape (n_rows, n_features)
    index : ndarray of int of shape (m,)
        Rising.
    weight : ndarray of shape (m,)
        Above 0.

    Yields
    ------
    block : slice
    columns : DenseColumns or SparseColumns
    """
    n_rows, n_features = X.shape
    is_whole = len(index) == n_rows
    if sparse.issparse(X):
        rows = (X if is_whole else X[index]).tocsc()
        step = min(BLOCK_COLUMNS, max(1, BLOCK_VALUES * n_features // max(1, rows.nnz)))
        for start in range(0, n_features, step):
            indptr = rows.indptr[start : start + step + 1]
            stored = slice(indptr[0], indptr[-1])
            values, places = rows.data[stored], rows.indices[stored]
            yield slice(start, start + step), SparseColumns(values, places, np.diff(indptr), weight)
        return
    step = max(1, BLOCK_VALUES // len(weight))
    for start in range(0, n_features, step):
        block = slice(start, start + step)
        # A copy in any case, to read once what may be a mapped file.
        yield block, DenseColumns(X[:, block].copy() if is_whole else X[index, block], weight)


class DenseColumns:
    """Columns as they are.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    weight : ndarray of shape (n_rows,)
    """

    def __init__(self, values, weight):
        self.values, self.weight = values, weight

    def extremes(self):
        """Smallest and largest value of each column."""
        return self.values.min(axis=0), self.values.max(axis=0)

    def quantiles(self, levels):
        """Of shape (n_levels, n_columns), see `weighted_quantiles`."""
        return weighted_quantiles(self.values, self.weight, levels)

    def median_distances(self, chosen, centers):
        """The median distance from its center, of what differs from it; 0 where nothing does.

        Parameters
        ----------
        chosen : ndarray of int
            The columns asked about.
        centers : ndarray
            Of each of these.
        """
        found = np.zeros(len(chosen), self.values.dtype)
        for place, (column, center) in enumerate(zip(chosen, centers, strict=True)):
            distance = np.abs(self.values[:, column] - center)
            (away,) = np.nonzero(distance)
            if len(away):
                distances = distance[away, np.newaxis]
                found[place] = weighted_quantiles(distances, self.weight[away], (0.5,))[0, 0]
        return found

    def mean_and_deviation(self):
        """Weighted mean and standard deviation; exactly 0 for a constant column."""
        unit = unit_of(np.abs(self.values).max(axis=0))
        values = self.values / unit
        mean = np.average(values, axis=0, weights=self.weight)
        deviation = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=self.weight))
        return mean * unit, np.where(np.ptp(values, axis=0) > 0, deviation, 0) * unit


class SparseColumns:
    """Columns as what they store, and a zero of the weight of all rows that are not stored.

    Parameters
    ----------
    values, rows : ndarray of shape (n_stored,)
        Column after column.
    n_stored : ndarray of int of shape (n_columns,)
    weight : ndarray of shape (n_rows,)
    """

    def __init__(self, values, rows, n_stored, weight):
        n_columns = len(n_stored)
        if weight.min() == weight.max():
            weight = np.ones(len(weight))
        column, stored = np.repeat(np.arange(n_columns), n_stored), weight[rows]
        rest = weight.sum() - np.bincount(column, stored, n_columns)
        (partial,) = np.nonzero(n_stored < len(weight))
        # What rounding has left of a small rest is no less than the smallest weight.
        rest = np.maximum(rest[partial], weight.min())
        column = np.append(column, partial)
        value = np.append(values, np.zeros_like(rest, values.dtype))
        order = np.lexsort((value, column))
        self.column, self.value = column[order], value[order]
        self.weight = np.append(stored, rest)[order]
        self.first = np.flatnonzero(np.diff(self.column, prepend=-1))

    def extremes(self):
        """As of `DenseColumns`."""
        return self.value[self.first], self.value[np.append(self.first[1:], len(self.value)) - 1]

    def quantiles(self, levels):
        """As of `DenseColumns`."""
        return grouped_quantiles(self.column, self.value, self.weight, levels)

    def median_distances(self, chosen, centers):
        """As of `DenseColumns`."""
        center = np.full(len(self.first), np.nan, self.value.dtype)  # of those not asked about
        center[chosen] = centers
        distance = np.abs(self.value - center[self.column])
        (away,) = np.nonzero(distance > 0)
        column, distance = self.column[away], distance[away]
        order = np.lexsort((distance, column))
        column, found = column[order], np.zeros_like(center)
        medians = grouped_quantiles(column, distance[order], self.weight[away][order], (0.5,))
        found[np.unique(column)] = medians[0]
        return found[chosen]

    def mean_and_deviation(self):
        """As of `DenseColumns`."""
        low, high = self.extremes()
        unit = unit_of(np.maximum(abs(low), abs(high)))
        total = np.add.reduceat(self.weight, self.first)

        def mean(values):
            return np.add.reduceat(values * self.weight, self.first) / total

        values = self.value / unit[self.column]
        means = mean(values)
        deviation = np.sqrt(mean((values - means[self.column]) ** 2))
        return means * unit, np.where(low < high, deviation, 0) * unit


def unit_of(largest):
    """What to divide columns by, whose squares would overflow if they were huge."""
    return np.where(largest == 0, 1, largest).astype(np.float64)


def weighted_quantiles(columns, weight, levels):
    """The values below which the given parts of the weight lie, column by column.

    A hair below the levels: where the weights add up to just a quarter, the unit they are given in
    must not decide, through rounding, which of two values is the quartile.
    """
    if weight.min() == weight.max():
        weight = None  # the same quantiles without sorting
    levels = a_hair_below(levels)
    return np.quantile(columns, levels, axis=0, weights=weight, method="inverted_cdf")


def grouped_quantiles(group, value, weight, levels):
    """`weighted_quantiles` of groups of any size, side by side.

    Parameters
    ----------
    group, value, weight : ndarray of shape (n,)
        In the order of groups and, within each, of values.
    levels : sequence of float

    Returns
    -------
    ndarray of shape (n_levels, n_groups)
        For the groups that there are.
    """
    first = np.flatnonzero(np.diff(group, prepend=-1))
    if not len(first):
        return np.empty((len(levels), 0), value.dtype)
    sizes = np.diff(first, append=len(group))
    share = weight / np.repeat(np.add.reduceat(weight, first), sizes)  # each group adds up to 1
    upto = np.cumsum(share)
    before = upto[first] - share[first]
    at = np.searchsorted(upto, before + a_hair_below(levels)[:, np.newaxis])
    return value[at.clip(first, first + sizes - 1)]


def a_hair_below(levels):
    """See `weighted_quantiles`."""
    return np.asarray(levels) * (1 - 1e-9)

"""Statistics of a table's columns, dense or sparse, over weighted rows, block by block.

A sparse column is treated as its stored values and one zero that has the weight of all other rows.
Its statistics equal those of the dense column, and take time for the stored values only. Missing
values (NaN) do not count; a column without any value counts as zeros.
"""

import numpy as np
from scipy import sparse

BLOCK_VALUES = 1 << 20
BLOCK_COLUMNS = 1 << 10  # of sparse data; sums over more columns would round more


def column_blocks(X, index, weight):
    """Yield blocks of columns of the rows ``X[index]``; each block is read once.

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
        # Always a copy, so that a mapped file is read only once.
        yield block, DenseColumns(X[:, block].copy() if is_whole else X[index, block], weight)


class DenseColumns:
    """Dense columns.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    weight : ndarray of shape (n_rows,)
    """

    def __init__(self, values, weight):
        self.values, self.weight = values, weight
        self.has_gap = np.isnan(values).any(axis=0)

    def _measured(self, measure):
        """``measure(values, weight)``, of shape (n, n_columns), over the values present."""
        if not self.has_gap.any():
            return measure(self.values, self.weight)
        is_full = ~self.has_gap
        columns = [self._present(column) for column in np.flatnonzero(self.has_gap)]
        parts = [measure(*column) for column in columns]
        if is_full.any():
            parts.append(measure(self.values[:, is_full], self.weight))
        found = np.concatenate(parts, axis=1)
        return found[:, np.argsort(np.argsort(is_full, kind="stable"))]

    def _present(self, column):
        """The values of a column that are not missing, as a column, and their weights."""
        present = ~np.isnan(self.values[:, column])
        if not present.any():
            return np.zeros((1, 1), self.values.dtype), np.ones(1)
        return self.values[present, column, np.newaxis], self.weight[present]

    def extremes(self):
        """Smallest and largest value of each column."""
        return self._measured(lambda values, _: np.stack([values.min(axis=0), values.max(axis=0)]))

    def quantiles(self, levels):
        """Of shape (n_levels, n_columns), see `weighted_quantiles`."""
        return self._measured(lambda *column: weighted_quantiles(*column, levels))

    def quantiles_beside(self, heavy, levels):
        """Quantiles over the values that are not among the heavy ones of their column.

        Parameters
        ----------
        heavy : ndarray of shape (n_heavy, n_columns)
            NaN where a column has fewer.
        levels : sequence of float

        Returns
        -------
        ndarray of shape (n_levels, n_columns)
            NaN where no value is left, or no value is heavy.
        """
        found = np.full((len(levels), heavy.shape[1]), np.nan, self.values.dtype)
        for column in np.flatnonzero(~np.isnan(heavy).all(axis=0)):
            values = self.values[:, column]
            is_left = ~(np.isnan(values) | (values == heavy[:, [column]]).any(axis=0))
            if is_left.any():
                left = values[is_left, np.newaxis]
                found[:, column] = weighted_quantiles(left, self.weight[is_left], levels)[:, 0]
        return found

    def median_distances(self, chosen, centers):
        """Median distance from the center, over the values that differ from it; 0 if none does.

        Parameters
        ----------
        chosen : ndarray of int
            Numbers of the columns.
        centers : ndarray
            The center of each chosen column.
        """
        found = np.zeros(len(chosen), self.values.dtype)
        for place, (column, center) in enumerate(zip(chosen, centers, strict=True)):
            distance = np.abs(self.values[:, column] - center)
            (away,) = np.nonzero(distance > 0)
            if len(away):
                distances = distance[away, np.newaxis]
                found[place] = weighted_quantiles(distances, self.weight[away], (0.5,))[0, 0]
        return found

    def mean_and_deviation(self):
        """Weighted mean and standard deviation; exactly 0 for a constant column."""
        return self._measured(mean_and_deviation)

    def mean_codes(self, low, width):
        """Weighted means of the codes clip((x - low) / width, 0, 1).

        Parameters
        ----------
        low, width : ndarray of shape (n_columns, n_bins)

        Returns
        -------
        ndarray of shape (n_columns, n_bins)
        """
        values, means = np.ascontiguousarray(self.values.T), np.empty(low.shape)
        present = ~np.isnan(values)
        total = np.maximum((present * self.weight).sum(axis=1), np.finfo(np.float64).tiny)
        for place in range(low.shape[1]):
            codes = (values - low[:, [place]]) / width[:, [place]]
            codes = np.where(present, codes.clip(0, 1), 0) * self.weight
            means[:, place] = codes.sum(axis=1) / total
        return means


class SparseColumns:
    """Columns as their stored values and one zero with the weight of all rows not stored.

    Parameters
    ----------
    values, rows : ndarray of shape (n_stored,)
        Stored values and their rows, column after column.
    n_stored : ndarray of int of shape (n_columns,)
    weight : ndarray of shape (n_rows,)
    """

    def __init__(self, values, rows, n_stored, weight):
        n_columns = len(n_stored)
        if weight.min() == weight.max():
            weight = np.ones(len(weight))
        column, stored = np.repeat(np.arange(n_columns), n_stored), weight[rows]
        rest = weight.sum() - np.bincount(column, stored, n_columns)
        present = ~np.isnan(values)
        self.has_gap = np.bincount(column[~present], minlength=n_columns) > 0
        if not present.all():
            column, values, stored = column[present], values[present], stored[present]
        has_value = np.bincount(column, minlength=n_columns) > 0
        (partial,) = np.nonzero((n_stored < len(weight)) | ~has_value)
        # The true rest is at least the smallest weight; rounding may have made it less.
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

    def quantiles_beside(self, heavy, levels):
        """As of `DenseColumns`."""
        found = np.full((len(levels), heavy.shape[1]), np.nan, self.value.dtype)
        is_left = ~(self.value == heavy[:, self.column]).any(axis=0)
        is_left &= ~np.isnan(heavy).all(axis=0)[self.column]
        column, value, weight = self.column[is_left], self.value[is_left], self.weight[is_left]
        found[:, np.unique(column)] = grouped_quantiles(column, value, weight, levels)
        return found

    def median_distances(self, chosen, centers):
        """As of `DenseColumns`."""
        center = np.full(len(self.first), np.nan, self.value.dtype)  # NaN for columns not chosen
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

    def mean_codes(self, low, width):
        """As of `DenseColumns`."""
        total, means = np.add.reduceat(self.weight, self.first), np.empty(low.shape)
        for place in range(low.shape[1]):
            above = self.value - low[self.column, place]
            codes = (above / width[self.column, place]).clip(0, 1)
            means[:, place] = np.add.reduceat(codes * self.weight, self.first) / total
        return means


def mean_and_deviation(values, weight):
    """`DenseColumns.mean_and_deviation` of columns without gaps."""
    unit = unit_of(np.abs(values).max(axis=0))
    values = values / unit
    mean = np.average(values, axis=0, weights=weight)
    deviation = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weight))
    return np.stack([mean, np.where(np.ptp(values, axis=0) > 0, deviation, 0)]) * unit


def unit_of(largest):
    """Divisor that brings columns to size 1, so that squares do not overflow."""
    return np.where(largest == 0, 1, largest).astype(np.float64)


def weighted_quantiles(columns, weight, levels):
    """The values below which the given parts of the weight lie, column by column.

    Taken a hair below the levels: if weights add up to exactly a quarter, rounding, which depends
    on the unit of the weights, must not decide which of two values is the quartile.
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
        Sorted by group and, within each group, by value.
    levels : sequence of float

    Returns
    -------
    ndarray of shape (n_levels, n_groups)
        Only groups that have values.
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
    """Levels slightly lower, see `weighted_quantiles`."""
    return np.asarray(levels) * (1 - 1e-9)

"""The columns of the user's table, for questions about the data.

Some rows are looked at as a whole; a finding that speaks of all rows is then confirmed on all rows,
for the few columns concerned.
"""

from hashlib import blake2b

import numpy as np
from scipy import sparse

from ..engine.batching import batches
from ..engine.folds import different_rows
from ..engine.inputs.levels import UNKNOWN
from ..fitted import user_columns
from ..parameters import plain

BLOCK_VALUES = 1 << 22


class Table:
    """The user's columns, each as a number or the number of a level.

    Target means and parts of dates are no columns of the user's, and so do not appear.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier
        As `fitted.as_fitted` makes it.
    all_rows, some_rows : Rows
        Of the same table of numbers.

    Attributes
    ----------
    names, kinds, levels
        See `fitted.UserColumns`.
    values : ndarray of float64 of shape (n_some_rows, n)
        Of some rows. Columns of a sparse table that store nothing in them are left out.
    at : ndarray of int of shape (n,)
        Which of the user's columns they are.
    is_level : ndarray of bool of shape (n,)
    """

    def __init__(self, clf, all_rows, some_rows):
        self.names, self.kinds, self.place, self.levels = user_columns(clf)
        self.X, self.index = all_rows.X, all_rows.index
        self.of_levels = np.array([levels is not None for levels in self.levels])
        some = some_rows.X[some_rows.index]
        if sparse.issparse(some):  # of numbers only
            self.at = np.unique(some.indices) if some.nnz else np.zeros(1, int)
            some = some[:, self.at].toarray()
        else:
            self.at = np.arange(len(self.names))
            some = some[:, self.place]
        self.values, self.is_level = some.astype(np.float64), self.of_levels[self.at]
        low, high = (extreme.reduce(self.values) for extreme in (np.fmin, np.fmax))
        is_missing = np.isnan(self.values)
        self.has_gaps = is_missing.any(axis=0)
        self.varies = (low < high) | (self.has_gaps & ~is_missing.all(axis=0))

    def kind_of_rows(self):
        """A number for each of all rows, from 0 on; equal rows have equal numbers."""
        X, place = self.X, self.place
        if len(place) < X.shape[1]:  # the others say the same once more
            X, place = X[:, place], np.arange(len(place))
        return numbered(X, self.index, place[self.of_levels])

    def whole(self, column):
        """The values of one of the user's columns in all rows."""
        place = self.place[column]
        if sparse.issparse(self.X):
            return self.X[:, [place]].toarray()[self.index, 0].astype(np.float64)
        return self.X[self.index, place].astype(np.float64)

    def constant(self):
        """Which of the user's columns have one value in all rows, missing being one, and which.

        Of levels unknown to fit nobody can tell whether they are one.

        Returns
        -------
        columns : ndarray of int
        values : ndarray
        """
        value, left = np.zeros(len(self.names)), np.ones(len(self.names), bool)
        value[self.at], left[self.at] = self.values[0], ~self.varies
        left &= ~(self.of_levels & (value == UNKNOWN))
        (left,) = np.nonzero(left)
        if sparse.issparse(self.X):
            left = left[self._is_same_in_sparse_rows(value)[left]]
            return left, value[left]
        n_rows = max(1, BLOCK_VALUES // max(1, len(left)))
        for rows in batches(len(self.index), n_rows):
            block = self.X[np.ix_(self.index[rows], self.place[left])]
            left = left[is_equal(block, value[left]).all(axis=0)]
        return left, value[left]

    def _is_same_in_sparse_rows(self, value):
        """Whether each column of a sparse table has this value in all rows."""
        rows, n_columns = self._sparse_rows(), len(value)
        same = rows.indices[is_equal(rows.data, value[rows.indices])]
        n_same, n_stored = (np.bincount(of, minlength=n_columns) for of in (same, rows.indices))
        return n_same == np.where(value == 0, n_stored, rows.shape[0])

    def _sparse_rows(self):
        """All rows that count, of a sparse table."""
        is_whole = len(self.index) == self.X.shape[0]
        return self.X if is_whole else self.X[self.index]

    def repeated(self):
        """Which of the user's columns repeat one before them in all rows, by that column.

        Columns of levels repeat each other if their levels are renamed one to one.

        Returns
        -------
        dict of int to int
        """
        by_sample = {}
        for column in np.flatnonzero(self.varies):
            key = digest(self.values[:, column], self.is_level[column])
            by_sample.setdefault(key, []).append(self.at[column])
        alike = sorted(at for columns in by_sample.values() if len(columns) > 1 for at in columns)
        first, repeated = {}, {}
        for column, key in zip(alike, self._digests(alike), strict=True):
            before = first.setdefault(key, column)
            if before != column:
                repeated[column] = before
        return repeated

    def _digests(self, columns):
        """A key for each of the user's columns, equal for columns equal in all rows."""
        if not sparse.issparse(self.X):
            for column in columns:
                values, is_level = self.whole(column), self.of_levels[column]
                is_known = not (is_level and (values == UNKNOWN).any())
                yield digest(values, is_level) if is_known else column
            return
        stored = self._sparse_rows()[:, columns].tocsc()
        stored.eliminate_zeros()
        stored.sort_indices()
        for start, stop in zip(stored.indptr[:-1], stored.indptr[1:], strict=True):
            rows, values = stored.indices[start:stop], stored.data[start:stop]
            yield rows.tobytes(), digest(values, is_level=False)

    def columns_at(self, places):
        """Which of the user's columns stand at these columns of the table of numbers."""
        return np.flatnonzero(np.isin(self.place, places))

    def name(self, column):
        """A column's name in messages."""
        return f"column {plain(self.names[column])!r}"

    def listed(self, columns):
        """The names of several columns; of many, the first five."""
        shown = ", ".join(self.name(column) for column in columns[:5])
        return shown + (f" and {len(columns) - 5:,} more" if len(columns) > 5 else "")


def numbered(X, index, levels):
    """`folds.different_rows`, but rows with a level unknown to fit are like no other row.

    ``levels`` are the columns that hold numbers of levels.
    """
    kind = different_rows(X, index)
    if len(levels):
        is_unknown = (X[np.ix_(index, levels)] == UNKNOWN).any(axis=1)
        kind[is_unknown] = kind.max() + 1 + np.arange(np.count_nonzero(is_unknown))
        kind = np.unique(kind, return_inverse=True)[1]
    return kind


def is_equal(values, value):
    """Where values equal others, missing ones being equal."""
    return (values == value) | (np.isnan(values) & np.isnan(value))


def digest(values, is_level):
    """A key of a column's values; of levels, whatever they are called."""
    if is_level:
        _, first, number = np.unique(values, return_index=True, return_inverse=True)
        values = np.argsort(np.argsort(first))[number]
    else:
        values = values + 0.0  # no -0.0
        values[np.isnan(values)] = np.nan  # which has several bit patterns
    return bool(is_level), blake2b(np.ascontiguousarray(values), digest_size=16).digest()

"""Deals rows to folds: a network's held-out fold is its validation rows.

Rows are dealt in units that stay together: equal rows, or the rows of a group. The units of each
class are dealt to the folds like cards: in random order, one to each fold in turn. The order is
that of a keyed hash of each row's values: random, yet a function of the seed and the values alone.
The folds therefore do not depend on the order of the rows, on whether X is dense or sparse, on the
weights, or on how often a row is given.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .streams import stream

NOBODY = -1  # the fold of rows that every network trains on
BLOCK_VALUES = 1 << 20
FEWEST_HELD = 16  # different rows of a fold, if there are twice as many in all
MOST_CELLS, ROWS_A_CELL, FEW_CELLS, FEW_VALUES = 1000, 3, 64, 4


def row_keys(X, seed, dtype=np.float32):
    """A 64-bit key for each row, a function of ``seed`` and the row's values in ``dtype``.

    Equal rows have equal keys. Each value's bits are multiplied by a random odd number of its
    column and summed modulo 2^64; 0 adds nothing, so sparse rows need only what they store.
    """
    columns = stream(seed, "folds").integers(1 << 63, size=X.shape[1], dtype=np.uint64) * 2 + 1
    if sparse.issparse(X):
        bits = _bits(X.data, dtype) * columns[X.indices]
        return sparse.csr_array((bits, X.indices, X.indptr), shape=X.shape) @ np.ones_like(columns)
    keys = np.empty(X.shape[0], dtype=np.uint64)
    step = max(1, BLOCK_VALUES // X.shape[1])
    for start in range(0, X.shape[0], step):
        keys[start : start + step] = _bits(X[start : start + step], dtype) @ columns
    return keys


def _bits(values, dtype):
    values = values.astype(dtype)  # values beyond float32 count as infinite
    values += 0  # -0.0 becomes 0.0
    values[np.isnan(values)] = np.nan  # which has many bit patterns: 0 * inf gives another
    bits = values.view(f"u{values.itemsize}").astype(np.uint64)
    if values.itemsize == 8:  # whole numbers end in zero bits, and so would products
        bits ^= bits >> np.uint64(32)
    return bits


def keys_apart(keys, is_positive, weight):
    """Keys that tell equal rows apart, so that they are dealt as if they were not equal.

    By the keys of `row_keys`, equal rows of a label come one after the other and are dealt to one
    fold each: every fold then has the same share of positive rows among them. As keys do not depend
    on the order of the rows, neither do these, which count equal rows by label and weight.

    Parameters
    ----------
    keys : ndarray of uint64 of shape (n_rows,)
    is_positive : ndarray of bool of shape (n_rows,)
    weight : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of uint64 of shape (n_rows,)

    Notes
    -----
    The bits are mixed as by splitmix64 (Steele, Lea and Flood 2014).
    """
    place = np.lexsort((weight, is_positive, keys))
    number = np.arange(len(keys), dtype=np.uint64)
    is_first = np.append(True, np.diff(keys[place]) != 0)
    number -= np.maximum.accumulate(np.where(is_first, number, np.uint64(0)))
    mixed = keys[place] + number * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    apart = np.empty_like(keys)
    apart[place] = mixed
    return apart


def different_rows(X, index):
    """Number the different rows among ``X[index]``.

    Returns
    -------
    ndarray of int of shape (len(index),)
        Equal rows have equal numbers, from 0 on.
    """
    return np.unique(row_keys(X, 0, X.dtype)[index], return_inverse=True)[1]


def kind_of_table(X, index, is_positive, kind, is_categorical=False):
    """Tell whether the different rows are the cells of a small table, and which kind of table.

    A new row of such a table equals one already in it. To hold out all rows of a cell would test
    extrapolation, which nobody needs.

    Parameters
    ----------
    X, index
        The rows ``X[index]``.
    is_positive : ndarray of bool of shape (len(index),)
    kind : ndarray of int of shape (len(index),)
        From `different_rows`.
    is_categorical : bool, default=False
        Whether all columns hold levels.

    Returns
    -------
    {"counted", "listed"} or None
        "counted": the table has at least half of all combinations of the columns' values, on
        average three rows of each, and the rows are observations, not copies: most have an equal
        row of the other class. If the table is small (at most 64 different rows and 4 values a
        column), one such row is enough. Of levels, a new row may be expected to equal old ones: one
        of the two suffices, half of all combinations or rows of both classes.
        "listed": the table is small and has all combinations, each with one label (a truth table)
        or with one row for each label (its weight may be a count). None for any other table.
    """
    _, first = np.unique(kind, return_index=True)
    if len(first) > MOST_CELLS and not is_categorical:
        return None
    rows = X[index[first]]
    if sparse.issparse(rows):  # a column that stores nothing is constant
        rows = rows[:, np.unique(rows.indices)].toarray()
    n_values = [len(np.unique(column)) for column in rows.T]
    n_combinations = np.prod(n_values, dtype=float)
    is_complete = n_combinations <= 2 * len(first)
    if not (is_complete or is_categorical):
        return None
    is_small = len(first) <= FEW_CELLS and max(n_values, default=1) <= FEW_VALUES
    has_label = [
        np.bincount(kind[of], minlength=len(first)) > 0 for of in (is_positive, ~is_positive)
    ]
    has_both = np.logical_and(*has_label)
    is_observed = has_both[kind].mean() > 0.5 or (is_small and has_both.any())
    is_observed |= is_categorical and is_complete
    if is_observed and len(kind) >= ROWS_A_CELL * len(first):
        return "counted"
    is_once = not has_both.any() or len(kind) == np.sum(has_label)
    return "listed" if is_small and is_once and n_combinations == len(first) else None


def joined_groups(groups, kind, n_folds):
    """Number the groups anew, joining those that share equal rows.

    Parameters
    ----------
    groups, kind : ndarray of int of shape (n_rows,)
        Numbers of groups; ``kind`` is from `different_rows`.
    n_folds : int

    Returns
    -------
    ndarray of int of shape (n_rows,)
        From 0 on. The groups stay unjoined if one would become larger than the largest group and
        than a fold, or if fewer groups than folds would be left: in columns of few values, equal
        rows chain all groups together.
    """
    groups = np.unique(groups, return_inverse=True)[1]
    n_groups = groups.max() + 1
    size = n_groups + kind.max() + 1
    shared = sparse.coo_array((np.ones(len(kind)), (groups, n_groups + kind)), shape=(size, size))
    joined = connected_components(shared, directed=False)[1][groups]
    joined = np.unique(joined, return_inverse=True)[1]
    most = max(np.bincount(groups).max(), len(groups) / max(n_folds, 2))
    is_small = np.bincount(joined).max() <= most and joined.max() + 1 >= n_folds
    return joined if is_small else groups


def deal(order, is_positive, unit, n_folds):
    """Give every unit of rows a fold, each class evenly.

    Parameters
    ----------
    order : ndarray of shape (n_rows,)
        Keys from `row_keys`: units are dealt in the order of their smallest key.
    is_positive : ndarray of bool of shape (n_rows,)
    unit : ndarray of int of shape (n_rows,)
        Number of each row's unit, from 0 on.
    n_folds : int

    Returns
    -------
    ndarray of int of shape (n_rows,)
        The fold of each row, from 0 on.
    """
    queue = np.concatenate(_queues(order, is_positive, unit))
    fold = np.empty(len(queue), np.min_scalar_type(-n_folds))  # int8 for 128 folds
    fold[queue] = np.arange(len(queue)) % n_folds
    return fold[unit]


def hold_out(order, is_positive, unit, fraction):
    """Give a fraction of the units of each class to fold 0 and the others to `NOBODY`.

    If a class has two units or more, at least one goes to each side. Parameters and returns are
    those of `deal`.
    """
    fold = np.full(unit.max() + 1, NOBODY, np.int8)
    for units in _queues(order, is_positive, unit):
        n_units = max(len(units), 1)
        n_held = min(max(1, round(fraction * n_units)), n_units - 1)
        # Evenly spaced: the rows of a cell are adjacent, and not all of them may be held out.
        place = np.arange(len(units))
        fold[units[(place + 1) * n_held // n_units > place * n_held // n_units]] = 0
    return fold[unit]


def _queues(order, is_positive, unit):
    """Units in dealing order, in three lists: with negative rows alone, both, positive alone."""
    n_units = unit.max() + 1
    first, last = np.full(n_units, np.iinfo(np.uint64).max), np.zeros(n_units, np.uint64)
    np.minimum.at(first, unit, order)
    np.maximum.at(last, unit, order)
    queue = np.lexsort((last, first))
    has_positive, has_negative = (
        np.bincount(unit[of], minlength=n_units) > 0 for of in (is_positive, ~is_positive)
    )
    labels = (has_positive.astype(int) - has_negative)[queue]
    return [queue[labels == of] for of in (-1, 0, 1)]

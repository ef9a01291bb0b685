"""Which rows each network holds out, to judge itself by.

The rows of each class are dealt to the folds like cards: in random order, one to each fold in turn.
The order is random and still a function of the data alone, that of a keyed hash of each row's
contents. So it does not matter in which order the rows stand, whether X is dense or sparse, or
whether a row of weight 2 is given once or twice: its two copies are dealt like two cards.
"""

import numpy as np
from scipy import sparse

from .streams import stream

NOBODY = -1  # the fold of rows that every network trains on
BLOCK_VALUES = 1 << 20


def n_copies(weight):
    """How many cards each row is: its weight where all weights are whole numbers, else 1."""
    if weight.sum() < 2**53 and np.array_equal(weight, np.floor(weight)):
        return weight.astype(np.int64)
    return np.ones(len(weight), dtype=np.int64)


def row_keys(X, seed):
    """A 64-bit number a row that depends on ``seed`` and on the row's values in float32 alone.

    Equal rows have equal keys. Each value's bits are multiplied by a random odd number of its
    column and summed modulo 2^64; 0 adds nothing, so sparse rows need only what they store. Rows
    that differ beyond float32 only, or equal rows of unequal fractional weights, are dealt in the
    order in which they stand.
    """
    columns = stream(seed, "folds").integers(1 << 63, size=X.shape[1], dtype=np.uint64) * 2 + 1
    if sparse.issparse(X):
        bits = _bits(X.data) * columns[X.indices]
        return sparse.csr_array((bits, X.indices, X.indptr), shape=X.shape) @ np.ones_like(columns)
    keys = np.empty(X.shape[0], dtype=np.uint64)
    step = max(1, BLOCK_VALUES // X.shape[1])
    for start in range(0, X.shape[0], step):
        keys[start : start + step] = _bits(X[start : start + step]) @ columns
    return keys


def _bits(values):
    with np.errstate(over="ignore"):  # a value beyond float32 counts as infinite
        single = values.astype(np.float32)
    single += 0  # -0.0 becomes 0.0
    return single.view(np.uint32).astype(np.uint64)


def deal(keys, is_positive, copies, n_folds):
    """Give every copy of every row a fold, each class evenly.

    Parameters
    ----------
    keys : ndarray of shape (n,)
        What `row_keys` gives.
    is_positive : ndarray of bool of shape (n,)
    copies : ndarray of int of shape (n,)
        What `n_copies` gives.
    n_folds : int

    Returns
    -------
    row, fold, held : ndarray of int of shape (m,)
        That ``held`` copies of ``row`` are in ``fold``; sorted by row. A row stands here once for
        every fold that has copies of it.
    """

    def n_held(first, last, n_cards, turn, fold):  # of the cards first to last, those for fold
        return (turn + last - fold) // n_folds - (turn + first - 1 - fold) // n_folds

    return _deal(keys, is_positive, copies, range(n_folds), n_held)


def hold_out(keys, is_positive, copies, fraction):
    """Give a fraction of each class's copies to fold 0 and the others to `NOBODY`.

    At least one copy of each class goes either way. Parameters and returns are those of `deal`.
    """

    def n_held(first, last, n_cards, turn, fold):
        n_cards = max(n_cards, 1)  # a class may have none
        limit = min(max(1, round(fraction * n_cards)), n_cards - 1)
        # Evenly spaced cards: equal rows lie side by side, and must not be held out all together.
        in_fold = (last + 1) * limit // n_cards - first * limit // n_cards
        return in_fold if fold == 0 else last - first + 1 - in_fold

    return _deal(keys, is_positive, copies, (0, NOBODY), n_held)


def _deal(keys, is_positive, copies, folds, n_held):
    """Lay the copies of each class side by side in the order of the keys; ask who holds them."""
    dealt, smallest = [], np.min_scalar_type(-len(folds))  # int8 for 128 folds
    turn = 0  # the second class goes on where the first has stopped, to even out the folds
    for label in (False, True):
        rows = np.flatnonzero(is_positive == label)
        rows = rows[np.argsort(keys[rows], kind="stable")]
        last = np.cumsum(copies[rows]) - 1
        first = last - copies[rows] + 1
        n_cards = copies[rows].sum()
        for fold in folds:
            held = n_held(first, last, n_cards, turn, fold)
            some = np.flatnonzero(held)
            dealt.append((rows[some], np.full(len(some), fold, smallest), held[some]))
        turn += n_cards
    row, fold, held = map(np.concatenate, zip(*dealt, strict=True))
    order = np.lexsort((fold, row))
    return row[order], fold[order], held[order]

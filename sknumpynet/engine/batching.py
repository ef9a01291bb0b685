"""The order in which an epoch visits the rows, and its division into batches."""

from itertools import pairwise

import numpy as np

from .streams import stream


def visiting_order(n_rows, shuffle, seed, epoch):
    """The order of the rows in one epoch: permuted, or as given.

    Rows are permuted, not the starts of batches: batches must differ from epoch to epoch.
    """
    if not shuffle:
        return np.arange(n_rows)
    return stream(seed, "order", epoch).permutation(n_rows)


def batches(n_rows, batch_size, start=0):
    """Slices that cover ``n_rows`` rows from ``start`` on, each of at most ``batch_size``.

    Their sizes differ by one at most. Even batches cost nothing and avoid a short last batch, which
    would be a noisy step at the full rate.
    """
    n_batches = -(-n_rows // batch_size)
    edges = [start + n_rows * i // n_batches for i in range(n_batches + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]

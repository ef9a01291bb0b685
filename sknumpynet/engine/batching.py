"""In which order the rows are visited, and in which company."""

from itertools import pairwise

import numpy as np

from .streams import stream


def visiting_order(n_rows, shuffle, seed, epoch):
    """The rows of one epoch: permuted, or as they stand.

    Rows are permuted, not the starts of batches: batches must differ from epoch to epoch.
    """
    if not shuffle:
        return np.arange(n_rows)
    return stream(seed, "order", epoch).permutation(n_rows)


def batches(n_rows, batch_size, start=0):
    """Slices that cover ``n_rows`` rows from ``start`` on, each of at most ``batch_size``.

    Their sizes differ by one at most. Sharing the rows out evenly costs nothing and avoids a short
    last batch, which would be a noisy step at the full rate.
    """
    n_batches = -(-n_rows // batch_size)
    edges = [start + n_rows * i // n_batches for i in range(n_batches + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]

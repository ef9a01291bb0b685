"""Codes for bins of numeric columns, so that a unit can react to a part of a column's range."""

from dataclasses import dataclass

import numpy as np

from .statistics import column_blocks


@dataclass(frozen=True)
class Binning:
    """Piecewise-linear codes of columns: clip((x - low) / width, 0, 1), one code a bin.

    A code is 0 while the value is below its bin, 1 once it is above, and rises in between.

    Parameters
    ----------
    source : ndarray of int of shape (n_codes,)
        The column of each code.
    low, width : ndarray of shape (n_codes,)
        Lower edge and width of its bin, in the column's unit.
    mean : ndarray of shape (n_codes,)
        Its mean over the training rows, which is the code of a missing value.

    Notes
    -----
    Gorishniy, Rubachev and Babenko (2022), section 3.1. Differs in that the codes of the outer bins
    are clipped too, so that no outlier leaves [0, 1].
    """

    source: np.ndarray
    low: np.ndarray
    width: np.ndarray
    mean: np.ndarray

    def apply(self, columns, out, scratch, is_missing=None):
        """Write the codes of dense rows to ``out``, of shape (n_codes, n_rows).

        ``is_missing`` tells which values are missing, if any are; the rest as in `Encoding.apply`.
        """
        values = columns.take(self.source, axis=0, out=scratch[: len(out)], mode="clip")
        np.subtract(values, self.low[:, np.newaxis], out=values)  # not in ``out``: in float32 a
        np.divide(values, self.width[:, np.newaxis], out=out)  # width of 1e-200 would be nothing
        out.clip(0, 1, out=out)  # the methods: np.clip takes 1 µs longer
        if is_missing is not None:
            np.copyto(out, self.mean[:, np.newaxis], where=is_missing[self.source])

    def at(self, codes, source):
        """Some of the codes, applied to columns at other positions ``source``."""
        return Binning(source, self.low[codes], self.width[codes], self.mean[codes])


def learn_binning(X, index, weight, n_bins):
    """Learn bins of equal weight, for every column that fills two or more.

    Where one value is so heavy that it takes three edges or more, it becomes one edge, and the
    other rows share the bins anew.

    Parameters
    ----------
    X, index, weight
        As in `scaling.learn_scaling`.
    n_bins : int
        Bins a column; fewer where quantiles coincide, one more for each heavy value. A column of
        two values fills one bin, whose code would only repeat the column.

    Returns
    -------
    Binning or None
        None if no column fills two bins.
    """
    codes, levels = [], np.arange(1, n_bins) / n_bins
    for block, columns in column_blocks(X, index, weight):
        edges = np.sort(bin_edges(columns, levels), axis=0).T  # NaN comes last
        width = np.diff(edges)
        is_bin = width > 0
        is_bin[(is_bin.sum(axis=1) < 2) | np.isinf(width).any(axis=1)] = False
        low = edges[:, :-1]
        mean = columns.mean_codes(low, np.where(is_bin, width, np.inf)).astype(X.dtype)
        source = block.start + np.nonzero(is_bin)[0]
        codes.append((source, *(each[is_bin] for each in (low, width, mean))))
    source, *codes = map(np.concatenate, zip(*codes, strict=True))
    return Binning(source, *codes) if len(source) else None


def bin_edges(columns, levels):
    """Edges of the bins of each column, NaN where a column has fewer, of shape (n, n_columns)."""
    low, high = columns.extremes()
    edges = np.vstack([low, columns.quantiles(levels), high])
    is_heavy = np.zeros(edges.shape, bool)
    is_heavy[2:] = (edges[2:] == edges[1:-1]) & (edges[1:-1] == edges[:-2])
    if not is_heavy.any():
        return edges
    heavy = np.where(is_heavy, edges, np.nan)
    beside = columns.quantiles_beside(heavy, levels)
    edges[1:-1] = np.where(is_heavy.any(axis=0), beside, edges[1:-1])
    return np.vstack([edges, heavy])

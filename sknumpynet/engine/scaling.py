"""Bringing the inputs to a common scale, and keeping outliers from taking over.

"robust" maps a column's median to 0 and its interquartile range to 1, then bends large values
softly into (-3, 3); "standard" maps mean and standard deviation to 0 and 1. Both are learnt with
row weights, so that a weight of 2 means the row given twice, and read the data some columns at a
time, never copying the whole.

Beside its scaled columns a table may get codes that tell numeric columns in pieces, so that one
unit can react to a part of a column's range.
"""

from dataclasses import dataclass

import numpy as np

from .columns import column_blocks

SOFT_LIMIT = 3.0
FAR = 1e9  # beyond it the bent value is 3 to the last digit, and its square still a float32


@dataclass(frozen=True)
class Binning:
    """Piecewise-linear codes of columns: clip((x - low) / width, 0, 1), one a bin.

    A code is 0 while the value is below its bin, 1 once it is above, and rises in between.

    Parameters
    ----------
    source : ndarray of int of shape (n_codes,)
        The column that each code tells a piece of.
    low, width : ndarray of shape (n_codes,)
        Where its bin begins, and how wide it is.

    Notes
    -----
    Gorishniy, Rubachev and Babenko (2022), section 3.1. Differs in that the codes of the outer bins
    are cut off too, so that no outlier gets beyond 0 and 1.
    """

    source: np.ndarray
    low: np.ndarray
    width: np.ndarray

    def apply(self, rows, out):
        """Write the codes of dense ``rows`` to ``out``, of shape (n_rows, n_codes)."""
        np.subtract(rows[:, self.source], self.low, out=out)
        out /= self.width
        out.clip(0, 1, out=out)  # the methods: np.clip takes 1 µs longer

    def at(self, codes, source):
        """Some of the codes, of values that stand in other columns."""
        return Binning(source, self.low[codes], self.width[codes])


@dataclass(frozen=True)
class Scaling:
    """z = (x - center) * factor, then z / sqrt(1 + (z / 3)^2) where ``bends``; codes after that.

    Parameters
    ----------
    center, factor : ndarray of shape (n_features,) or None
        None for no centring, no scaling. The factor of a constant column is 0.
    bends : bool
    bins : Binning, optional
        Of the columns as they come, not as they are scaled.
    """

    center: np.ndarray | None = None
    factor: np.ndarray | None = None
    bends: bool = False
    bins: Binning | None = None

    @property
    def n_codes(self):
        """How many inputs there are beside the columns themselves."""
        return 0 if self.bins is None else len(self.bins.source)

    def folded(self):
        """What is left to do once `fold_into` has changed the first layer."""
        return self if self.bends else Scaling(bins=self.bins)

    def apply(self, rows, out, scratch):
        """Write the scaled ``rows``, then their codes, to ``out``.

        Huge values may overflow on the way, to an infinity that bends to 3.

        Parameters
        ----------
        rows, scratch : ndarray of shape (n_rows, n_features)
            They may be one and the same array; ``scratch`` is overwritten.
        out : ndarray of shape (n_rows, n_features + n_codes)
        """
        if self.bins is not None:
            self.bins.apply(rows, out=out[:, rows.shape[1] :])
            out = out[:, : rows.shape[1]]
        if self.center is None:
            out[...] = rows
        else:
            np.subtract(rows, self.center, out=out)
        if self.factor is not None:
            out *= self.factor
        if self.bends:
            bend(out, scratch)

    def at(self, columns):
        """The scaling of some columns, without their codes; one may be given several times."""
        arrays = (each if each is None else each[columns] for each in (self.center, self.factor))
        return Scaling(*arrays, bends=self.bends)

    def fold_into(self, layer):
        """Change a first layer so that it computes on raw inputs what it did on scaled ones.

        Parameters
        ----------
        layer : ndarray of shape (n_estimators, n_features + n_codes + 1, fan_out)
            Overwritten. What would be beyond all numbers is the largest there is.
        """
        if self.factor is not None and not self.bends:
            weights = layer[:, : len(self.factor)]
            weights *= self.factor[:, np.newaxis]
            if self.center is not None:
                layer[:, -1] -= self.center @ weights
            np.nan_to_num(layer, copy=False)

    def unfold_from(self, layer):
        """The inverse of `fold_into`; weights of constant columns come back as 0."""
        if self.factor is not None and not self.bends:
            weights, varies = layer[:, : len(self.factor)], self.factor > 0
            if self.center is not None:
                layer[:, -1] += self.center @ weights
            weights[:, varies] /= self.factor[varies, np.newaxis]


def bend(z, scratch):
    """Z <- z / sqrt(1 + (z / 3)^2), in place: the identity near 0, never beyond 3."""
    z.clip(-FAR, FAR, out=z)
    np.multiply(z, 1 / SOFT_LIMIT, out=scratch)
    np.square(scratch, out=scratch)
    scratch += 1
    np.sqrt(scratch, out=scratch)
    z /= scratch
    z.clip(-SOFT_LIMIT, SOFT_LIMIT, out=z)  # rounding may have gone a digit beyond


def learn_scaling(kind, X, index, weight, is_stream=False):
    """The scaling of that name for these rows.

    Parameters
    ----------
    kind : {"robust", "standard"} or None
    X : ndarray or CSR array of shape (n_rows, n_features)
    index : ndarray of int of shape (m,)
        The rows of X meant, each once.
    weight : ndarray of shape (m,)
        Above 0.
    is_stream : bool, default=False
        Whether more rows will come, in which a column that is constant here may vary: then it is
        centred only, instead of left out.

    Returns
    -------
    Scaling
        Its arrays are of X's dtype.
    """
    if kind is None:
        return Scaling()
    center, spread = np.zeros((2, X.shape[1]))
    measure = _median_and_spread if kind == "robust" else _mean_and_deviation
    for block, columns in column_blocks(X, index, weight):
        center[block], spread[block] = measure(columns)
    spread = np.minimum(spread, np.finfo(X.dtype).max)  # if it overflowed: its inverse is not 0
    with np.errstate(divide="ignore"):
        factor = (1 / spread).astype(X.dtype)
    is_constant = ~np.isfinite(factor)  # or its spread is so small that it has no inverse
    factor[is_constant] = 1 if is_stream else 0
    if not is_stream:
        center[is_constant] = 0
    return Scaling(center.astype(X.dtype), factor, bends=kind == "robust")


def learn_binning(X, index, weight, n_bins):
    """Bins that hold equal shares of the weight, for every column that fills two or more.

    Parameters
    ----------
    X, index, weight
        As in `learn_scaling`.
    n_bins : int
        Bins a column; fewer where quantiles coincide. A column of two values would fill one, which
        could only repeat it.

    Returns
    -------
    Binning or None
        None if no column is told in pieces.
    """
    codes, levels = [], np.arange(1, n_bins) / n_bins
    for block, columns in column_blocks(X, index, weight):
        low, high = columns.extremes()
        edges = np.vstack([low, columns.quantiles(levels), high]).T
        width = np.diff(edges)
        is_bin = width > 0
        is_bin[(is_bin.sum(axis=1) < 2) | ~np.isfinite(width).all(axis=1)] = False
        codes.append((block.start + np.nonzero(is_bin)[0], edges[:, :-1][is_bin], width[is_bin]))
    source, low, width = map(np.concatenate, zip(*codes, strict=True))
    return Binning(source, low, width) if len(source) else None


def _median_and_spread(columns):
    """Median, and interquartile range; where that is 0, how far other values lie from the median.

    The latter is the median of the distances that are not 0: 1 for a column of zeros and ones, and
    no matter of the farthest outlier for amounts that are mostly 0.
    """
    low, median, high = columns.quantiles((0.25, 0.5, 0.75))
    spread = high - low
    (flat,) = np.nonzero(spread == 0)
    spread[flat] = columns.median_distances(flat, median[flat])
    return median, spread


def _mean_and_deviation(columns):
    return columns.mean_and_deviation()

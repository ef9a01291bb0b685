"""Bringing the inputs to a common scale, and keeping outliers from taking over.

"robust" maps a column's median to 0 and its interquartile range to 1, then bends large values
softly into (-3, 3); "standard" maps mean and standard deviation to 0 and 1. Both are learnt with
row weights, so that a weight of 2 means the row given twice, and read the data column by column,
never copying the whole. Zeros of sparse data stay zeros: they are scaled but not centred.

Beside its scaled columns a dense table may get codes that tell numeric columns in pieces, so that
one unit can react to a part of a column's range.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

SOFT_LIMIT = 3.0
FAR = 1e9  # beyond it the bent value is 3 to the last digit, and its square still a float32
BLOCK_VALUES = 1 << 22


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

        Huge values may overflow on the way, to an infinity that bends to 3: callers that have such
        rows tell NumPy to ignore it.

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

    def apply_sparse(self, rows):
        """Scale the rows of a CSR array in place; only without a center."""
        if self.factor is not None:
            rows.data *= self.factor[rows.indices]
        if self.bends:
            bend(rows.data, np.empty_like(rows.data))

    def fold_into(self, layer):
        """Change a first layer so that it computes on raw inputs what it did on scaled ones.

        Parameters
        ----------
        layer : ndarray of shape (n_estimators, n_features + n_codes + 1, fan_out)
            Overwritten. What would be beyond all numbers is the largest there is.
        """
        if self.factor is not None and not self.bends:
            weights = layer[:, : len(self.factor)]
            with np.errstate(over="ignore", invalid="ignore"):
                weights *= self.factor[:, np.newaxis]
                if self.center is not None:
                    layer[:, -1] -= self.center @ weights
            np.nan_to_num(layer, copy=False)

    def unfold_from(self, layer):
        """The inverse of `fold_into`; weights of constant columns come back as 0."""
        if self.factor is not None and not self.bends:
            weights, varies = layer[:, : len(self.factor)], self.factor > 0
            with np.errstate(over="ignore", invalid="ignore"):
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


def learn_scaling(kind, X, weight, is_stream=False):
    """The scaling of that name for these rows.

    Parameters
    ----------
    kind : {"robust", "standard"} or None
    X : ndarray or CSR array of shape (n_rows, n_features)
    weight : ndarray of shape (n_rows,)
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
    n_rows, n_features = X.shape
    center, spread = np.zeros(n_features), np.zeros(n_features)
    measure = _median_and_spread if kind == "robust" else _mean_and_deviation
    step = max(1, BLOCK_VALUES // n_rows)
    for start in range(0, n_features, step):
        block = slice(start, start + step)
        columns = X[:, block].toarray() if sparse.issparse(X) else X[:, block]
        with np.errstate(over="ignore", invalid="ignore"):
            center[block], spread[block] = measure(columns, weight)
    spread = np.minimum(spread, np.finfo(X.dtype).max)  # if it overflowed: its inverse is not 0
    with np.errstate(divide="ignore", over="ignore"):
        factor = (1 / spread).astype(X.dtype)
    is_constant = ~np.isfinite(factor)  # or its spread is so small that it has no inverse
    factor[is_constant] = 1 if is_stream else 0
    if not is_stream:
        center[is_constant] = 0
    center = None if sparse.issparse(X) else center.astype(X.dtype)
    return Scaling(center, factor, bends=kind == "robust")


def learn_binning(X, weight, n_bins):
    """Bins that hold equal shares of the weight, for every column that fills two or more.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    weight : ndarray of shape (n_rows,)
        Above 0.
    n_bins : int
        Bins a column; fewer where quantiles coincide. A column of two values would fill one, which
        could only repeat it.

    Returns
    -------
    Binning or None
        None if no column is told in pieces.
    """
    codes = []
    step = max(1, BLOCK_VALUES // X.shape[0])
    for start in range(0, X.shape[1], step):
        columns = X[:, start : start + step].copy()  # to read once what may be a mapped file
        quantiles = weighted_quantiles(columns, weight, np.arange(1, n_bins) / n_bins)
        quantiles = np.vstack([columns.min(axis=0), quantiles, columns.max(axis=0)])
        for source, edges in enumerate(map(np.unique, quantiles.T), start):
            with np.errstate(over="ignore"):
                width = np.diff(edges)
            if len(width) > 1 and np.isfinite(width).all():
                codes.append((np.full(len(width), source), edges[:-1], width))
    return Binning(*map(np.concatenate, zip(*codes, strict=True))) if codes else None


def weighted_quantiles(columns, weight, levels):
    """The values below which the given parts of the weight lie, column by column.

    A hair below the levels: where the weights add up to just a quarter, the unit they are given in
    must not decide, through rounding, which of two values is the quartile.
    """
    if weight.min() == weight.max():
        weight = None  # the same quantiles without sorting
    levels = np.asarray(levels) * (1 - 1e-9)
    return np.quantile(columns, levels, axis=0, weights=weight, method="inverted_cdf")


def _median_and_spread(columns, weight):
    """Median, and interquartile range; where that is 0, how far other values lie from the median.

    The latter is the median of the distances that are not 0: 1 for a column of zeros and ones, and
    no matter of the farthest outlier for amounts that are mostly 0.
    """
    low, median, high = weighted_quantiles(columns, weight, (0.25, 0.5, 0.75))
    spread = high - low
    for column in np.flatnonzero(spread == 0):
        distance = np.abs(columns[:, column] - median[column])
        (away,) = np.nonzero(distance)
        if len(away):
            distances = distance[away, np.newaxis]
            spread[column] = weighted_quantiles(distances, weight[away], (0.5,))[0, 0]
    return median, spread


def _mean_and_deviation(columns, weight):
    """Weighted mean and standard deviation; exactly 0 for a constant column."""
    unit = np.abs(columns).max(axis=0).astype(np.float64)  # squares of huge values would overflow
    unit[unit == 0] = 1
    columns = columns / unit
    mean = np.average(columns, axis=0, weights=weight)
    deviation = np.sqrt(np.average((columns - mean) ** 2, axis=0, weights=weight))
    return mean * unit, np.where(np.ptp(columns, axis=0) > 0, deviation, 0) * unit

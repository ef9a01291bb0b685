"""Bringing the inputs to a common scale, and keeping outliers from taking over.

"robust" maps a column's median to 0 and its interquartile range to 1, then bends large values
softly into (-3, 3); "standard" maps mean and standard deviation to 0 and 1. Both are learnt with
row weights, so that a weight of 2 means the row given twice, and read the data column by column,
never copying the whole. Zeros of sparse data stay zeros: they are scaled but not centred.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

SOFT_LIMIT = 3.0
FAR = 1e9  # beyond it the bent value is 3 to the last digit, and its square still a float32
BLOCK_VALUES = 1 << 22


@dataclass(frozen=True)
class Scaling:
    """z = (x - center) * factor, then z / sqrt(1 + (z / 3)^2) where ``bends``.

    Parameters
    ----------
    center, factor : ndarray of shape (n_features,) or None
        None for no centring, no scaling. The factor of a constant column is 0.
    bends : bool
    """

    center: np.ndarray | None = None
    factor: np.ndarray | None = None
    bends: bool = False

    def apply(self, rows, out, scratch):
        """Write the scaled ``rows`` to ``out``; all three of shape (n_rows, n_features), dense."""
        if self.center is None:
            np.copyto(out, rows, casting="same_kind")
        else:
            np.subtract(rows, self.center, out=out, casting="same_kind")
        if self.factor is not None:
            with np.errstate(over="ignore"):  # infinity bends to 3
                out *= self.factor
        if self.bends:
            bend(out, scratch)

    def apply_sparse(self, rows):
        """Scale the rows of a CSR array in place; only without a center."""
        if self.factor is not None:
            with np.errstate(over="ignore"):
                rows.data *= self.factor[rows.indices]
        if self.bends:
            bend(rows.data, np.empty_like(rows.data))

    def fold_into(self, layer):
        """Change a first layer so that it computes on raw inputs what it did on scaled ones.

        Parameters
        ----------
        layer : ndarray of shape (n_estimators, n_features + 1, fan_out)
            Overwritten.
        """
        if self.factor is not None and not self.bends:
            layer[:, :-1] *= self.factor[:, np.newaxis]
            if self.center is not None:
                layer[:, -1] -= self.center @ layer[:, :-1]

    def unfold_from(self, layer):
        """The inverse of `fold_into`; weights of constant columns come back as 0."""
        if self.factor is not None and not self.bends:
            if self.center is not None:
                layer[:, -1] += self.center @ layer[:, :-1]
            varies = self.factor > 0
            layer[:, :-1][:, varies] /= self.factor[varies, np.newaxis]


def bend(z, scratch):
    """Z <- z / sqrt(1 + (z / 3)^2), in place: the identity near 0, never beyond 3."""
    np.clip(z, -FAR, FAR, out=z)
    np.multiply(z, 1 / SOFT_LIMIT, out=scratch)
    np.square(scratch, out=scratch)
    scratch += 1
    np.sqrt(scratch, out=scratch)
    z /= scratch
    np.clip(z, -SOFT_LIMIT, SOFT_LIMIT, out=z)  # rounding may have gone a digit beyond


def learn_scaling(kind, X, weight):
    """The scaling of that name for these rows.

    Parameters
    ----------
    kind : {"robust", "standard"} or None
    X : ndarray or CSC array of shape (n_rows, n_features)
    weight : ndarray of shape (n_rows,)
        Above 0.

    Returns
    -------
    Scaling
        Its arrays are of X's dtype.
    """
    if kind is None:
        return Scaling()
    n_rows, n_features = X.shape
    center, spread = np.zeros(n_features), np.zeros(n_features)
    measure = _median_and_range if kind == "robust" else _mean_and_deviation
    step = max(1, BLOCK_VALUES // n_rows)
    for start in range(0, n_features, step):
        block = slice(start, start + step)
        columns = X[:, block].toarray() if sparse.issparse(X) else X[:, block]
        with np.errstate(over="ignore", invalid="ignore"):
            center[block], spread[block] = measure(columns, weight)
    with np.errstate(divide="ignore", over="ignore"):
        factor = (1 / spread).astype(X.dtype)
    factor[~np.isfinite(factor)] = 0  # a constant column, or one whose spread has no inverse
    center = None if sparse.issparse(X) else np.where(factor, center, 0).astype(X.dtype)
    return Scaling(center, factor, bends=kind == "robust")


def _median_and_range(columns, weight):
    """Median, and interquartile range, or half the range where that is 0."""
    # A hair below the quartiles: where the weights add up to just a quarter, the unit they are
    # given in must not decide, through rounding, which of two values is the quartile.
    quartiles = np.array([0.25, 0.5, 0.75]) * (1 - 1e-9)
    if weight.min() == weight.max():
        weight = None  # the same quantiles without sorting
    low, median, high = np.quantile(
        columns, quartiles, axis=0, weights=weight, method="inverted_cdf"
    )
    half_range = columns.max(axis=0) / 2 - columns.min(axis=0) / 2
    return median, np.where(high > low, high - low, half_range)


def _mean_and_deviation(columns, weight):
    """Weighted mean and standard deviation; exactly 0 for a constant column."""
    unit = np.abs(columns).max(axis=0).astype(np.float64)  # squares of huge values would overflow
    unit[unit == 0] = 1
    columns = columns / unit
    mean = np.average(columns, axis=0, weights=weight)
    deviation = np.sqrt(np.average((columns - mean) ** 2, axis=0, weights=weight))
    return mean * unit, np.where(np.ptp(columns, axis=0) > 0, deviation, 0) * unit

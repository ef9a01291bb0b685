"""Brings the columns to a common scale, and limits outliers.

"robust" maps a column's median to 0 and its interquartile range to 1, then bends large values
softly into (-3, 3); "standard" maps mean and standard deviation to 0 and 1. Both are learnt with
row weights, so that a weight of 2 equals the row given twice. Both read some columns at a time and
never copy the whole table.
"""

from dataclasses import dataclass

import numpy as np

from .statistics import column_blocks

SOFT_LIMIT = 3.0
FAR = 1e9  # beyond it the bent value is 3 to the last digit, and its square still a float32


@dataclass(frozen=True)
class Scaling:
    """z = (x - center) * factor, then z / sqrt(1 + (z / 3)^2) where ``bends``.

    Parameters
    ----------
    center, factor : ndarray of shape (n_features,) or None
        None for no centring or no scaling. The factor of a constant column is 0.
    bends : bool
    missing : ndarray of shape (n_features,) or float, default=0.0
        What a missing value becomes.
    """

    center: np.ndarray | None = None
    factor: np.ndarray | None = None
    bends: bool = False
    missing: np.ndarray | float = 0.0

    def folded(self):
        """The scaling still to be applied to columns after `fold_into` has changed the weights."""
        if self.bends or self.factor is None:
            return self
        return Scaling(missing=0.0 if self.center is None else self.center)

    def apply(self, columns, out, scratch, is_missing=None):
        """Write the scaled columns to ``out``, of their shape; see `Encoding.apply`."""
        if self.center is not None:
            columns = np.subtract(columns, self.center[:, np.newaxis], out=scratch)
        if self.factor is not None:
            columns = np.multiply(columns, self.factor[:, np.newaxis], out=scratch)
        if not self.bends and out.dtype != columns.dtype:
            largest = np.finfo(out.dtype).max
            columns = columns.clip(-largest, largest, out=scratch)
        out[...] = columns
        if self.bends:
            bend(out, scratch)
        if is_missing is not None:
            missing = self.missing if np.ndim(self.missing) == 0 else self.missing[:, np.newaxis]
            np.copyto(out, missing, where=is_missing)

    def at(self, columns):
        """The scaling of some columns; a column may be given several times."""
        arrays = (each if each is None else each[columns] for each in (self.center, self.factor))
        missing = self.missing if np.ndim(self.missing) == 0 else self.missing[columns]
        return Scaling(*arrays, self.bends, missing)

    def fold_into(self, layer):
        """See `Encoding.fold_into`."""
        if self.factor is not None and not self.bends:
            weights = layer[:, : len(self.factor)]
            weights *= self.factor[:, np.newaxis]
            if self.center is not None:
                layer[:, -1] -= self.center @ weights
            np.nan_to_num(layer, copy=False)

    def unfold_from(self, layer):
        """See `Encoding.unfold_from`."""
        if self.factor is not None and not self.bends:
            weights, varies = layer[:, : len(self.factor)], self.factor > 0
            if self.center is not None:
                layer[:, -1] += self.center @ weights
            weights[:, varies] /= self.factor[varies, np.newaxis]


def bend(z, scratch):
    """Z <- z / sqrt(1 + (z / 3)^2), in place: the identity near 0, within [-3, 3]."""
    z.clip(-FAR, FAR, out=z)
    np.multiply(z, 1 / SOFT_LIMIT, out=scratch)
    np.square(scratch, out=scratch)
    scratch += 1
    np.sqrt(scratch, out=scratch)
    z /= scratch
    z.clip(-SOFT_LIMIT, SOFT_LIMIT, out=z)  # rounding may exceed the limit


def learn_scaling(kind, X, index, weight, is_stream=False, n_means=0):
    """Learn the scaling ``kind`` from rows.

    Parameters
    ----------
    kind : {"robust", "standard"} or None
    X : ndarray or CSR array of shape (n_rows, n_features)
    index : ndarray of int of shape (m,)
        Numbers of the rows of X to use, each once.
    weight : ndarray of shape (m,)
        Above 0.
    is_stream : bool, default=False
        Whether more rows will come, in which a column that is constant here may vary. Such a column
        is then centred instead of set to 0.
    n_means : int, default=0
        The last columns, so many, are target means. Their spread counts as 1 at least: less is
        mostly chance, which scaling must not make large. A noise column of 3,000 levels then
        costs .0005 in log loss instead of .0013, in the mean over twelve tables.

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
    of_means = spread[X.shape[1] - n_means :]
    of_means[of_means > 0] = of_means[of_means > 0].clip(1)
    spread = np.minimum(spread, np.finfo(X.dtype).max)  # if it overflowed; so its inverse is not 0
    with np.errstate(divide="ignore"):
        factor = (1 / spread).astype(X.dtype)
    is_constant = ~np.isfinite(factor)  # or of a spread so small that its inverse overflows
    factor[is_constant] = 1 if is_stream else 0
    if not is_stream:
        center[is_constant] = 0
    return Scaling(center.astype(X.dtype), factor, bends=kind == "robust")


def _median_and_spread(columns):
    """Median and spread: the interquartile range or, where that is 0, another measure.

    The other is the median of the distances from the median that are not 0: 1 for a column of zeros
    and ones; for amounts that are mostly 0 it does not depend on the farthest outlier.
    """
    low, median, high = columns.quantiles((0.25, 0.5, 0.75))
    spread = high - low
    (flat,) = np.nonzero(spread == 0)
    spread[flat] = columns.median_distances(flat, median[flat])
    return median, spread


def _mean_and_deviation(columns):
    return columns.mean_and_deviation()

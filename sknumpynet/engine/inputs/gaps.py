"""Missing values: 0 after scaling, the mean of each code, and an input that says "is missing"."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .statistics import column_blocks


@dataclass(frozen=True)
class Gaps:
    """What stands for a missing value.

    Parameters
    ----------
    source : ndarray of int of shape (n_inputs,)
        The columns with an input that is 1 where the value is missing, else 0.
    """

    source: np.ndarray

    def apply(self, is_missing, out):
        """Write the inputs to ``out``, given which values are missing, or None for none."""
        out[...] = 0 if is_missing is None else is_missing[self.source]


def has_gaps(X):
    """Whether any value is missing. The sum alone tells, and makes no array."""
    values = X.data if sparse.issparse(X) else X
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isnan(values.sum()))


def learn_gaps(X, index, weight):
    """Learn which columns have missing values in the rows ``X[index]``; see `learn_scaling`.

    Returns
    -------
    Gaps or None
        None if no column has any.
    """
    if not has_gaps(X):
        return None
    parts = [
        block.start + np.flatnonzero(columns.has_gap)
        for block, columns in column_blocks(X, index, weight)
    ]
    source = np.concatenate(parts)
    return Gaps(source) if len(source) else None

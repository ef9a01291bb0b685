"""The encoding of a table's columns as inputs of the first layer.

Inputs are the numeric columns on a common scale, their codes, where values are missing, and the
levels of the categorical columns, in this order.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from .binning import Binning, learn_binning
from .gaps import Gaps, learn_gaps
from .levels import Levels, learn_levels
from .scaling import Scaling, learn_scaling


@dataclass(frozen=True)
class Encoding:
    """What the first layer reads of a row.

    Parameters
    ----------
    n_features : int
        Columns of the table.
    scaling : Scaling, optional
        By default the columns as they are.
    binning : Binning, optional
        Of the columns as they come, not as they are scaled.
    gaps : Gaps, optional
    levels : Levels, optional
    n_categorical : int, default=0
        Columns that hold numbers of levels: the last ones of the table. The others are numeric.
    """

    n_features: int
    scaling: Scaling = field(default_factory=Scaling)
    binning: Binning | None = None
    gaps: Gaps | None = None
    levels: Levels | None = None
    n_categorical: int = 0

    @property
    def n_numeric(self):
        """Numeric columns of the table, and inputs that they are scaled to."""
        return self.n_features - self.n_categorical

    @property
    def n_inputs(self):
        """Inputs of the first layer."""
        parts = self.binning, self.gaps, self.levels
        return self.n_numeric + sum(len(part.source) for part in parts if part is not None)

    @property
    def source(self):
        """The table's column of each input, of shape (n_inputs,)."""
        parts = [part.source for part in (self.binning, self.gaps, self.levels) if part is not None]
        return np.concatenate([np.arange(self.n_numeric), *parts])

    def names(self, columns, levels=None):
        """What each input is: "age", "age 30 to 41", "age is missing", "city = Oslo".

        Parameters
        ----------
        columns : sequence of str
            Names of the table's columns.
        levels : sequence of sequence, optional
            For each categorical column, its levels by number; None is a missing value.
        """
        names = list(columns[: self.n_numeric])
        if self.binning is not None:
            edges = zip(self.binning.source, self.binning.low, self.binning.width, strict=True)
            names += [  # + 0 so that no edge is -0
                f"{columns[at]} {low + 0:.4g} to {low + width + 0:.4g}" for at, low, width in edges
            ]
        if self.gaps is not None:
            names += [f"{columns[at]} is missing" for at in self.gaps.source]
        if self.levels is not None:
            for at, number in zip(self.levels.source, self.levels.level.astype(int), strict=True):
                level = levels[at - self.n_numeric][number]
                if isinstance(level, float) and level.is_integer():
                    level = int(level)
                names.append(f"{columns[at]} {'is missing' if level is None else f'= {level}'}")
        return names

    @property
    def repeats(self):
        """Whether inputs are made of columns given several times."""
        return self.binning is not None or self.levels is not None

    @property
    def n_scratch(self):
        """Most inputs of one kind."""
        parts = self.binning, self.levels
        return max(self.n_features, *(len(part.source) for part in parts if part is not None), 0)

    def apply(self, columns, out, scratch, has_gaps=False):
        """Write the inputs of dense rows to ``out``.

        Differences are computed in the dtype of ``scratch`` and then rounded to that of ``out``: in
        single precision a column of 1e9 and a little would lose what varies. Huge values may
        overflow on the way, to an infinity that bends to 3.

        Parameters
        ----------
        columns : ndarray of shape (n_features, n_rows)
        out : ndarray of shape (n_inputs, n_rows)
        scratch : ndarray of shape (n_scratch, n_rows)
            Overwritten; of the wider dtype of ``columns`` and ``out``.
        has_gaps : bool, default=False
            Whether values may be missing.
        """
        end = len(out)
        if self.levels is not None:
            start = end - len(self.levels.source)
            self.levels.apply(columns, out[start:], scratch)
            end = start
        columns = columns[: self.n_numeric]
        is_missing = np.isnan(columns) if has_gaps else None
        if self.gaps is not None:
            start = end - len(self.gaps.source)
            self.gaps.apply(is_missing, out[start:end])
            end = start
        if self.binning is not None:
            self.binning.apply(columns, out[self.n_numeric : end], scratch, is_missing)
            end = self.n_numeric
        self.scaling.apply(columns, out[:end], scratch[:end], is_missing)

    def folded(self):
        """What is left to be encoded once `fold_into` has changed the first layer."""
        scaling = self.scaling.folded()
        return self if scaling is self.scaling else replace(self, scaling=scaling)

    def fold_into(self, layer):
        """Change a first layer so that it computes on raw columns what it did on scaled ones.

        Parameters
        ----------
        layer : ndarray of shape (n_estimators, n_inputs + 1, fan_out)
            Overwritten. What would be beyond all numbers is the largest there is.
        """
        self.scaling.fold_into(layer)

    def unfold_from(self, layer):
        """The inverse of `fold_into`; weights of constant columns come back as 0."""
        self.scaling.unfold_from(layer)


def learn_encoding(
    rows,
    *,
    scale_inputs,
    n_bins,
    finest_bins=0,
    most_codes=None,
    n_means=0,
    n_categorical=0,
    unit=1.0,
    is_stream=False,
):
    """The encoding of these rows' columns.

    Parameters
    ----------
    rows : Rows
        Weighted training rows.
    scale_inputs : {"robust", "standard", None}
    n_bins : int
        Bins a column; 0 for none.
    finest_bins : int, default=0
        Bins a column there may be instead, as many as make half of ``most_codes``, and some more
        where values are heavy.
    most_codes : int, optional
        With more codes than that there are none.
    n_means : int, default=0
        Numeric columns that are target means, the last ones of these.
    n_categorical : int, default=0
        Columns that hold numbers of levels, the last ones.
    unit : float, default=1.0
        Weight of one observation.
    is_stream : bool, default=False
        Whether other rows will follow, in which a column may vary that is constant here.

    Returns
    -------
    Encoding
    """
    X, index, weight = rows.X, rows.index, rows.weight
    n_features, levels = X.shape[1], None
    n_numeric = n_features - n_categorical
    if n_categorical:
        levels = learn_levels(X, index, weight / unit, range(n_numeric, n_features))
        X = X[:, :n_numeric]
    scaling = learn_scaling(scale_inputs, X, index, weight, is_stream, n_means)
    binning = learn_binning(X, index, weight, n_bins) if n_bins and n_numeric else None
    if binning is not None and most_codes is not None:
        finer = min(finest_bins, most_codes // 2 // len(np.unique(binning.source)))
        if finer > n_bins:
            binning = learn_binning(X, index, weight, finer)
        elif len(binning.source) > most_codes:
            binning = None
    gaps = learn_gaps(X, index, weight)
    return Encoding(n_features, scaling, binning, gaps, levels, n_categorical)

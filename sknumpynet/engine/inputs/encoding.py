"""The encoding of a table's columns as inputs of the first layer: scaled columns, then codes."""

from dataclasses import dataclass, field, replace

from .binning import Binning, learn_binning
from .scaling import Scaling, learn_scaling


@dataclass(frozen=True)
class Encoding:
    """What the first layer reads of a row: each column scaled, then the codes of the bins.

    Parameters
    ----------
    n_features : int
        Columns of the table.
    scaling : Scaling, optional
        By default the columns as they are.
    binning : Binning, optional
        Of the columns as they come, not as they are scaled.
    """

    n_features: int
    scaling: Scaling = field(default_factory=Scaling)
    binning: Binning | None = None

    @property
    def n_inputs(self):
        """Inputs of the first layer."""
        return self.n_features + (0 if self.binning is None else len(self.binning.source))

    def names(self, columns):
        """What each input is, given the names of the columns: 'age', 'age, 30 to 41'."""
        names = list(map(str, columns))
        if self.binning is not None:
            edges = zip(self.binning.source, self.binning.low, self.binning.width, strict=True)
            names += [f"{names[at]}, {low:.4g} to {low + width:.4g}" for at, low, width in edges]
        return names

    def apply(self, rows, out, scratch):
        """Write the inputs of dense ``rows`` to ``out``.

        Huge values may overflow on the way, to an infinity that bends to 3.

        Parameters
        ----------
        rows, scratch : ndarray of shape (n_rows, n_features)
            They may be one and the same array; ``scratch`` is overwritten.
        out : ndarray of shape (n_rows, n_inputs)
        """
        if self.binning is not None:
            self.binning.apply(rows, out=out[:, self.n_features :])
            out = out[:, : self.n_features]
        self.scaling.apply(rows, out, scratch)

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


def learn_encoding(rows, *, scale_inputs, n_bins, most_codes=None, is_stream=False):
    """The encoding of these rows' columns.

    Parameters
    ----------
    rows : Rows
        Weighted training rows.
    scale_inputs : {"robust", "standard", None}
    n_bins : int
        Bins a column; 0 for none.
    most_codes : int, optional
        With more codes than that there are none.
    is_stream : bool, default=False
        Whether other rows will follow, in which a column may vary that is constant here.

    Returns
    -------
    Encoding
    """
    weighted = rows.X, rows.index, rows.weight
    scaling = learn_scaling(scale_inputs, *weighted, is_stream)
    binning = learn_binning(*weighted, n_bins) if n_bins else None
    if binning is not None and most_codes is not None and len(binning.source) > most_codes:
        binning = None
    return Encoding(rows.X.shape[1], scaling, binning)

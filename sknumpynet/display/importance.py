"""The picture of what each column is worth."""

import numpy as np

from ..arithmetic import own_arithmetic, quiet_arithmetic
from ..importance import importance
from ..parameters import check_counts
from .drawing import BAR, BLUE, begin_lines, cut


class ImportanceDisplay:
    """What each column is worth: how much the log loss rises where its values are permuted.

    From above, a bar for each column, the one that is worth most first, with a line as long as two
    standard deviations. Columns that are worth least are left out where there are too many.

    Parameters
    ----------
    importance : Importance
        What each column is worth.
    max_columns : int, default=10
        So many are drawn.

    Attributes
    ----------
    bars_ : matplotlib BarContainer
        One bar a column.
    spread_lines_ : matplotlib LineCollection
        One line a bar.
    ax_, figure_ : matplotlib Axes and Figure

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sknumpynet import NumpyMLPBinaryClassifier
    >>> from sknumpynet.display import ImportanceDisplay
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> clf = NumpyMLPBinaryClassifier().fit(X, y)
    >>> display = ImportanceDisplay.from_estimator(clf, X, y)
    """

    def __init__(self, importance, *, max_columns=10):
        self.importance, self.max_columns = importance, max_columns

    @classmethod
    @own_arithmetic
    def from_estimator(cls, estimator, X, y, *, max_columns=10, ax=None, **how):
        """Ask what each column is worth, and draw it.

        Parameters
        ----------
        estimator : NumpyMLPBinaryClassifier
            Fitted.
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows, as `importance` takes them.
        y : array-like of shape (n_samples,)
            Their labels.
        max_columns : int, default=10
            So many are drawn.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **how
            Further arguments of `importance`.

        Returns
        -------
        ImportanceDisplay
        """
        return cls(importance(estimator, X, y, **how), max_columns=max_columns).plot(ax)

    @quiet_arithmetic()
    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; best in a figure with ``layout="constrained"``. By default a new figure,
            higher the more columns there are.

        Returns
        -------
        self : ImportanceDisplay
            With the attributes that the class lists.
        """
        check_counts(max_columns=self.max_columns)
        of = self.importance
        mean, std, order = of.mean, of.std, of.order[: self.max_columns]
        ink = begin_lines(self, ax, [cut(of.columns[at]) for at in order])
        lines = np.arange(len(order))
        self.bars_ = self.ax_.barh(lines, mean[order], BAR, color=BLUE)
        ends = (mean - std)[order], (mean + std)[order]
        self.spread_lines_ = self.ax_.hlines(lines, *ends, colors=ink, lw=1.5)
        if mean[order].min(initial=0) < 0:
            self.ax_.axvline(0, color=ink, ls=":", lw=1)
        self.ax_.locator_params(axis="x", nbins=6)
        self.ax_.set_xlabel(f"log loss added by permuting\n({of.loss:.3f} without; {of.judged_on})")
        return self

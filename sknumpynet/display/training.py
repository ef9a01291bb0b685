"""The picture of the losses, epoch by epoch."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..arithmetic import quiet_arithmetic
from ..fitted import check_ours
from .drawing import BLUE, VERMILION, begin, count_along


class TrainingCurveDisplay:
    """Training and validation loss, epoch by epoch, and the epoch that each network kept.

    The parameters are the estimator's attributes of these names: ``loss_curve_`` and so on.

    Parameters
    ----------
    loss_curve : list of float or of ndarray of shape (n_networks,)
        NaN once a network had finished. With ``warm_start`` or ``partial_fit``, the epochs of
        all calls.
    validation_curve : list like loss_curve, or None
        If it is shorter, it covers the last epochs.
    best_iter : int or ndarray of shape (n_networks,)
        The epoch of the last call that was kept, from 1. 0 means the weights before that call; its
        mark stands one epoch before the call's first, at the same height.
    n_iter : int
        Epochs of the last call.

    Attributes
    ----------
    loss_lines_, validation_lines_ : list of matplotlib Line2D
        One line a network; ``validation_lines_`` is empty without a validation curve.
    best_line_ : matplotlib Line2D
        The marks of the epochs kept, one point a network.
    ax_, figure_ : matplotlib Axes and Figure

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sknumpynet import NumpyMLPBinaryClassifier
    >>> from sknumpynet.display import TrainingCurveDisplay
    >>> clf = NumpyMLPBinaryClassifier().fit(*load_breast_cancer(return_X_y=True))
    >>> display = TrainingCurveDisplay.from_estimator(clf)
    """

    def __init__(self, *, loss_curve, validation_curve=None, best_iter, n_iter):
        self.loss_curve = loss_curve
        self.validation_curve = validation_curve
        self.best_iter = best_iter
        self.n_iter = n_iter

    @classmethod
    @quiet_arithmetic()
    def from_estimator(cls, estimator, *, ax=None):
        """Draw the training of a fitted estimator.

        Parameters
        ----------
        estimator : NumpyMLPBinaryClassifier
            Fitted.
        ax : matplotlib Axes, default=None
            As in `plot`.

        Returns
        -------
        TrainingCurveDisplay
        """
        check_ours(estimator)
        check_is_fitted(estimator, "loss_curve_")
        names = ("loss_curve", "validation_curve", "best_iter", "n_iter")
        return cls(**{name: getattr(estimator, f"{name}_") for name in names}).plot(ax)

    @quiet_arithmetic()
    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        self : TrainingCurveDisplay
            With the attributes that the class lists.
        """
        ink = begin(self, ax)
        n_epochs = len(self.loss_curve)

        def draw(curve, label, style, color):
            epochs = np.arange(n_epochs - len(curve), n_epochs) + 1
            by_network = np.reshape(curve, (len(curve), -1))
            lines = self.ax_.plot(epochs, by_network, style, color=color, lw=1)
            lines[0].set_label(label)
            return lines

        self.loss_lines_ = draw(self.loss_curve, "training", "--", BLUE)
        self.validation_lines_ = []
        if self.validation_curve is not None:
            self.validation_lines_ = draw(self.validation_curve, "validation", "-", VERMILION)
        best = np.atleast_1d(self.best_iter)
        judged = self.validation_lines_ or self.loss_lines_
        from_end = np.maximum(best, 1) - 1 - self.n_iter
        losses = [line.get_ydata()[at] for line, at in zip(judged, from_end, strict=True)]
        (self.best_line_,) = self.ax_.plot(
            n_epochs - self.n_iter + best, losses, "o", color=ink, mfc="none", label="epoch kept"
        )
        self.ax_.set(xlabel="epoch", ylabel="loss")
        count_along(self.ax_.xaxis)
        self.ax_.legend()
        return self

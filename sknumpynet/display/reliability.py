"""The picture of what the probabilities are worth."""

from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from ..arithmetic import quiet_arithmetic
from ..calibration import reliability
from ..fitted import check_given_labels, check_ours
from ..validation import check_weight, naming
from .drawing import begin

LARGEST_MARK = 400  # square points: the mark of a bin that holds all rows


class ReliabilityDisplay:
    """Reliability diagram: fraction of positives against mean predicted probability, bin by bin.

    Also called calibration curve. Calibrated probabilities lie on the diagonal. The area of a mark
    is the share of the weight in its bin. scikit-learn's ``CalibrationDisplay`` takes neither
    weights nor out-of-fold probabilities.

    Parameters
    ----------
    prob_true, prob_pred, share : ndarray of shape (n_bins,)
        Fraction of positives, mean probability and share of the weight, in each bin with rows.
    log_loss : float
        Of the probabilities.
    name : str
        For the legend.
    pos_label : int, float, bool or str
        The label that the probabilities are of.

    Attributes
    ----------
    line_ : matplotlib Line2D
    marks_ : matplotlib PathCollection
    ax_, figure_ : matplotlib Axes and Figure
    """

    def __init__(self, prob_true, prob_pred, share, *, log_loss, name, pos_label):
        self.prob_true, self.prob_pred, self.share = prob_true, prob_pred, share
        self.log_loss, self.name, self.pos_label = log_loss, name, pos_label

    @classmethod
    @quiet_arithmetic()
    def from_estimator(
        cls,
        estimator,
        X=None,
        y=None,
        *,
        sample_weight=None,
        n_bins=10,
        strategy="uniform",
        name=None,
        ax=None,
    ):
        """Draw the reliability of a fitted estimator.

        Parameters
        ----------
        estimator : NumpyMLPBinaryClassifier
            Fitted; with X, any classifier of two classes.
        X : array-like or sparse matrix of shape (n_samples, n_features), default=None
            New rows. Without X, the out-of-fold probabilities of the training rows are drawn.
        y : array-like of shape (n_samples,)
            The labels of X; without X, the labels given to ``fit``.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        n_bins : int, default=10
            Bins without rows are left out.
        strategy : {'uniform', 'quantile'}, default='uniform'
            Bins of the same width, or of the same weight.
        name : str, default=None
            For the legend; by default the class of the estimator and, without X, "out of fold".
        ax : matplotlib Axes, default=None
            As in `plot`.

        Returns
        -------
        ReliabilityDisplay
        """
        from sklearn.metrics import log_loss  # here, because importing it takes 30 ms

        if y is None:
            raise ValueError(
                "y is None; give the labels of X, or without X those of the training rows, which "
                "the estimator does not keep."
            )
        with naming("y"):
            y, label = column_or_1d(y), type(estimator).__name__
        if X is None:
            proba, label = out_of_fold(estimator)[:, 1], f"{label}, out of fold"
        else:
            proba = estimator.predict_proba(X)[:, 1]
        with naming("y"):
            check_consistent_length(proba, y)
        check_given_labels(y, estimator.classes_)
        weight = check_weight(sample_weight, len(y), "sample_weight")
        pos_label = estimator.classes_[1]
        is_positive = y == pos_label
        bins = reliability(is_positive, proba, weight, n_bins, strategy)
        loss = log_loss(is_positive, proba, sample_weight=weight, labels=[False, True])
        return cls(
            *bins,
            log_loss=loss,
            name=label if name is None else name,
            pos_label=pos_label,
        ).plot(ax)

    @quiet_arithmetic()
    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default. It may hold another `ReliabilityDisplay`.

        Returns
        -------
        self : ReliabilityDisplay
            With the attributes that the class lists.
        """
        ink, diagonal = begin(self, ax), "calibrated"
        if diagonal not in self.ax_.get_legend_handles_labels()[1]:
            self.ax_.plot([0, 1], [0, 1], ":", color=ink, lw=1, label=diagonal)
        error = self.share @ abs(self.prob_true - self.prob_pred)
        label = f"{self.name}\nlog loss {self.log_loss:.3f}, calibration error {error:.3f}"
        (self.line_,) = self.ax_.plot(self.prob_pred, self.prob_true, label=label)
        self.marks_ = self.ax_.scatter(
            self.prob_pred,
            self.prob_true,
            LARGEST_MARK * self.share,
            color=self.line_.get_color(),
            alpha=0.6,
            zorder=self.line_.get_zorder(),
        )
        self.ax_.set(
            xlabel=f"mean probability of class {self.pos_label}",
            ylabel=f"fraction of class {self.pos_label}",
        )
        self.ax_.legend()
        return self


def out_of_fold(estimator):
    """The estimator's ``oof_proba_``, or an error that says how to fit so that it has one."""
    check_ours(estimator)
    check_is_fitted(estimator)
    if not hasattr(estimator, "oof_proba_"):
        raise ValueError(
            "X is None, and the estimator has no oof_proba_: that takes several networks with "
            "early stopping that held out the same folds in all of their training. Fit it so, or "
            "give X and its labels y."
        )
    return estimator.oof_proba_

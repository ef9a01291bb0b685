"""The picture of a diagnosis: what was tried, how training went, how far errors come down."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..arithmetic import own_arithmetic, quiet_arithmetic
from ..diagnosis import diagnose
from ..diagnosis.evidence import Evidence
from ..diagnosis.report import distinct_trials
from ..fitted import check_ours
from .drawing import BLUE, LARGEST_NUMBER, VERMILION, begin_panels
from .training import TrainingCurveDisplay

PANELS_HEIGHT, TRIAL_HEIGHT = 2.8, 0.35  # inches of a new figure: lower panels, a trial
BAR = 0.33  # of a trial's height; above it stand the words
FURTHEST = 1.5  # times the base rate's loss: where longer bars are cut off
MOST_LABELS = 10  # of layers
LEAST_DELTA = 1e-12  # of the largest: where smaller ones are drawn
SMALLEST_DELTA = 1e-280  # on a logarithmic scale
SPAN = 1e-2  # at least, from the largest down: no slope where sizes are nearly the same


class DiagnosisDisplay:
    """The trials of a diagnosis, the training curve, and the size of the errors layer by layer.

    Above, a bar for each trial, below its log loss and what was tried; the first is the estimator.
    Bars end at 1.5 times the base rate's loss; words that are too long for the figure end in "…".
    Below on the left, what `TrainingCurveDisplay` draws; on the right, the root mean square of
    delta over rows and units, a line a network.

    Parameters
    ----------
    trials : list of Trial
        As in `diagnosis.report.Diagnosis`; trials of equal losses are drawn once.
    delta_sizes : ndarray of shape (n_layers, n_networks)
        Root mean square of delta, the derivative of a row's loss by what its units receive. Sizes
        below 1e-12 times the largest are drawn there.
    loss_curve, validation_curve : list
        As in `TrainingCurveDisplay`.
    best_iter : int or ndarray of shape (n_networks,)
        As in `TrainingCurveDisplay`.
    n_iter : int
        Epochs of the last call.

    Attributes
    ----------
    bars_ : matplotlib BarContainer
        One bar a trial.
    texts_ : list of matplotlib Text
        The loss and the words of each trial.
    base_line_ : matplotlib Line2D or None
        The log loss of the base rate; None without trials.
    training_ : TrainingCurveDisplay
    delta_lines_ : list of matplotlib Line2D
        One line a network.
    axes_ : list of matplotlib Axes
        Of trials, training and deltas.
    ax_, figure_ : matplotlib Axes and Figure
        The first encloses all of ``axes_``.
    """

    def __init__(
        self, trials, delta_sizes, *, loss_curve, validation_curve=None, best_iter, n_iter
    ):
        self.trials, self.delta_sizes = trials, delta_sizes
        self.loss_curve, self.validation_curve = loss_curve, validation_curve
        self.best_iter, self.n_iter = best_iter, n_iter

    @classmethod
    @own_arithmetic
    def from_estimator(cls, estimator, X, y, sample_weight=None, *, diagnosis=None, ax=None):
        """Draw the diagnosis of a fitted estimator.

        Parameters
        ----------
        estimator : NumpyMLPBinaryClassifier
            Fitted.
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            The training rows.
        y : array-like of shape (n_samples,)
            Their labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights, as given to ``fit``.
        diagnosis : Diagnosis, default=None
            What `diagnose` said of this estimator and these rows, if it is known already. By
            default it is asked, which takes seconds.
        ax : matplotlib Axes, default=None
            As in `plot`.

        Returns
        -------
        DiagnosisDisplay
        """
        check_ours(estimator)
        check_is_fitted(estimator, "loss_curve_")
        delta_sizes = Evidence(estimator, X, y, sample_weight).delta_sizes
        if diagnosis is None:
            diagnosis = diagnose(estimator, X, y, sample_weight)
        names = ("loss_curve", "validation_curve", "best_iter", "n_iter")
        curves = {name: getattr(estimator, f"{name}_") for name in names}
        return cls(diagnosis.trials, delta_sizes, **curves).plot(ax)

    @quiet_arithmetic()
    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A place in a grid of subplots, which is divided into panels; best in a figure with
            ``layout="constrained"``. By default a new figure, higher the more trials there are.

        Returns
        -------
        self : DiagnosisDisplay
            With the attributes that the class lists.
        """
        tried = [*distinct_trials(self.trials)]
        height = TRIAL_HEIGHT * (len(tried) + 2 if tried else 0.5)
        place, ink = begin_panels(self, ax, PANELS_HEIGHT + height)
        grid = place.subgridspec(2, 2, height_ratios=[height, PANELS_HEIGHT])
        places = grid[0, :], grid[1, 0], grid[1, 1]
        above, left, right = self.axes_ = [self.figure_.add_subplot(at) for at in places]
        self._draw_trials(above, tried, ink)
        self.training_ = TrainingCurveDisplay(
            loss_curve=self.loss_curve,
            validation_curve=self.validation_curve,
            best_iter=self.best_iter,
            n_iter=self.n_iter,
        ).plot(left)
        left.set_title("training", fontsize="medium")
        self._draw_deltas(right)
        self.figure_.draw_without_rendering()  # only now is it known how wide the panels are
        for text in self.texts_:
            shorten(text, above.bbox.x1 - 0.5 * text.get_fontsize() * self.figure_.dpi / 72)
        return self

    def _draw_trials(self, ax, tried, ink):
        """Bars of log losses, from above in the order in which they were made."""
        losses = [trial.loss for _, trial in tried]
        colors = [VERMILION, *[BLUE] * len(losses)][: len(losses)]
        self.bars_ = ax.barh(range(len(losses)), losses, BAR, color=colors, align="edge")
        words = {"c": ink, "size": "small", "va": "bottom", "clip_on": True}
        # They interrupt the dotted line, but not the frame.
        words |= {"bbox": {"fc": ax.get_facecolor(), "ec": "none", "pad": 0}, "zorder": 2.2}
        self.texts_ = [
            ax.text(0, at, f" {trial.loss:.3f}  {what}", **words)
            for at, (what, trial) in enumerate(tried)
        ]
        self.base_line_ = None
        if not tried:
            ax.set_axis_off()
            ax.set_title("no trials were made", fontsize="medium")
            return
        ax.set_title("log loss of trials; dotted: of the base rate", fontsize="medium")
        ax.set_yticks([])
        ax.set_ylim(len(losses) - 1 + 1.3 * BAR, BAR - 1)
        prior_loss = tried[0][1].prior_loss
        self.base_line_ = ax.axvline(prior_loss, color=ink, ls=":", lw=1)
        ax.set_xlim(0, min(max(1.05 * prior_loss, *losses), FURTHEST * prior_loss))

    def _draw_deltas(self, ax):
        """Lines of the size of delta, from the first layer to the last."""
        sizes = np.minimum(np.asarray(self.delta_sizes, float), LARGEST_NUMBER)
        largest = np.nanmax(sizes, initial=0)
        layers = np.arange(len(sizes)) + 1
        shown = np.maximum(sizes, LEAST_DELTA * largest)
        self.delta_lines_ = ax.plot(layers, shown, ".-", color=BLUE, lw=1)
        if largest > SMALLEST_DELTA:
            ax.set_yscale("log")
            ax.set_ylim(min(np.nanmin(shown), SPAN * largest) / 1.5, 1.5 * largest)
        ax.set(xlabel="layer", ylabel="root mean square")
        ax.set_title("delta", fontsize="medium")
        ax.set_xticks(layers, minor=True)
        step = -(-len(layers) // MOST_LABELS)
        ax.set_xticks([*range(1, len(layers) - step + 1, step), len(layers)])


def shorten(text, right):
    """End words in "…" that reach further to the right than so many pixels."""
    words = text.get_text()
    while words and (box := text.get_window_extent()).x1 > right:
        part = max(right - box.x0, 0) / box.width
        words = words[: int(part * len(words)) - 1] if part else ""
        text.set_text(f"{words}…")

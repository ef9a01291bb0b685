"""Pictures: the training curve, the reliability of the probabilities, weights and activity.

Displays follow scikit-learn: the constructor takes the data, ``plot`` draws them and sets ``ax_``
and ``figure_``, ``from_estimator`` does both. matplotlib, the extra "plot", is imported on the
first drawing. Marks and reference lines have the colour of the axis labels, so a picture can be
read in every style, on light and on dark.
"""

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils.validation import check_is_fitted

from .arithmetic import own_arithmetic, quiet_arithmetic
from .calibration import reliability
from .engine.prediction import pass_forward
from .fitted import check_given_labels, check_ours, new_rows, stack_of, working_copy
from .validation import check_weight, naming

BLUE, VERMILION = "#1F85C7", "#D55E00"  # told apart by everybody, on white and on black
SPREAD = (0.05, 0.95)  # quantiles of a unit's activity, the ends of its bar
LAYER_HEIGHT = 1.6  # inches a layer, at least, in a new figure
LARGEST_NUMBER = 1e300  # to be drawn: matplotlib computes with multiples of it
MOST_NAMES = 24  # of inputs that stand below the weights; of more there are numbers
LONGEST_NAME, NAMES_HEIGHT = 24, 1.4  # in letters; in inches, of a new figure
LARGEST_MARK = 400  # square points: the mark of a bin that holds all rows


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


class LayersDisplay:
    """The weights of one network and the activity of its units, layer by layer.

    One row of pictures a layer. Left, its weights: one row a unit, one column an input. Right, the
    activity of its units on some rows of data: the mean, and a bar from the 5 % to the 95 %
    quantile.

    Parameters
    ----------
    coefs : list of ndarray of shape (fan_in, fan_out)
        As in the estimator's ``coefs_``, of one network.
    activity : list of ndarray of shape (n_samples, fan_out)
        Activations of the units; those of the output are log-odds.
    input_names : sequence of str, default=()
        The estimator's ``input_names_``; of more than 24 inputs the numbers are shown.

    Attributes
    ----------
    images_ : list of matplotlib AxesImage
        The weights, transposed, one image a layer.
    activity_lines_ : list of matplotlib Line2D
        The means of the activity.
    axes_ : ndarray of matplotlib Axes of shape (n_layers, 2)
    ax_, figure_ : matplotlib Axes and Figure
        The first encloses all of ``axes_``.
    """

    def __init__(self, coefs, activity, input_names=()):
        self.coefs = coefs
        self.activity = activity
        self.input_names = input_names

    @classmethod
    @own_arithmetic
    def from_estimator(cls, estimator, X, *, network=0, ax=None):
        """Draw a network of a fitted estimator.

        Parameters
        ----------
        estimator : NumpyMLPBinaryClassifier
            Fitted.
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows to compute the activity on; some hundreds suffice. All activity is held in memory.
        network : int, default=0
            Which one of the stack.
        ax : matplotlib Axes, default=None
            As in `plot`.

        Returns
        -------
        LayersDisplay
        """
        clf = working_copy(estimator, network)
        X, stack = new_rows(clf, X), stack_of(clf)
        stack = stack.with_params(stack.params[[network]])
        passed = pass_forward(stack, X, np.arange(X.shape[0]))
        coefs = [layer[0] for layer in stack.layout.weights(stack.params)]
        activity = [units[0].T for units in passed.units] + [passed.logits.T]
        return cls(coefs, activity, clf.input_names_).plot(ax)

    @quiet_arithmetic()
    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A place in a grid of subplots, which is divided into panels; best in a figure with
            ``layout="constrained"``. By default a new figure, higher the more layers there are.

        Returns
        -------
        self : LayersDisplay
            With the attributes that the class lists.
        """
        ink = begin(self, ax)
        from matplotlib.colors import LinearSegmentedColormap

        place = place_to_divide(self.ax_)
        if ax is None:
            height = max(self.figure_.get_figheight(), LAYER_HEIGHT * len(self.coefs))
            self.figure_.set_figheight(height + NAMES_HEIGHT * are_few(self.input_names))
        self.ax_.set_axis_off()
        n_units = np.array([coef.shape[1] for coef in self.coefs])
        heights = np.maximum(n_units / n_units.max(), 0.35)
        grid = place.subgridspec(len(heights), 2, width_ratios=[2, 1], height_ratios=heights)
        self.axes_ = grid.subplots(squeeze=False, sharey="row")
        colors = [BLUE, self.ax_.get_facecolor(), VERMILION]  # 0 has the colour of the background
        cmap = LinearSegmentedColormap.from_list("weights", colors)
        self.images_, self.activity_lines_ = [], []
        layers = zip(self.axes_, self.coefs, self.activity, heights, strict=True)
        for number, ((left, right), coef, activity, height) in enumerate(layers, 1):
            coef, activity = (
                array.clip(-LARGEST_NUMBER, LARGEST_NUMBER, dtype=float)
                for array in (coef, activity)
            )
            largest = abs(coef).max()
            image = left.imshow(coef.T, cmap, aspect="auto", vmin=-largest, vmax=largest)
            ticks = [-largest, 0, largest]
            self.figure_.colorbar(image, ax=left, aspect=20 * height, ticks=ticks, format="%.2g")
            left.set(ylabel=f"layer {number}", xlabel=f"unit of layer {number - 1}")
            count_along(left.xaxis)
            count_along(left.yaxis)
            units = np.arange(coef.shape[1])
            low, high = np.quantile(activity, SPREAD, axis=0)
            mean = activity.mean(axis=0)
            right.hlines(units, low, high, colors=BLUE)
            self.activity_lines_ += right.plot(mean, units, ".", color=ink)
            self.images_.append(image)
        self.axes_[0, 0].set_title("weights: units down, inputs across", fontsize="medium")
        self.axes_[0, 1].set_title("activity: mean, 5 to 95 %", fontsize="medium")
        label_inputs(self.axes_[0, 0], self.input_names)
        self.axes_[-1, 1].set_xlabel("log-odds")
        return self


def begin(display, ax):
    """Set ``ax_`` and ``figure_``, making them if need be; returns the colour of the labels.

    Raises scikit-learn's ImportError where matplotlib is missing.
    """
    check_matplotlib_support(f"{type(display).__name__}.plot")
    import matplotlib.pyplot as plt

    display.ax_ = plt.figure(layout="constrained").subplots() if ax is None else ax
    display.figure_ = display.ax_.figure
    return display.ax_.xaxis.label.get_color()


def place_to_divide(ax):
    """The place of axes in a grid of subplots, or an error if they were put there by hand."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "ax was put into its figure by itself, so its place cannot be divided into panels; "
            "give axes made by plt.subplots or figure.add_subplot."
        )
    return place


def count_along(axis):
    """Ticks at whole numbers only, even if there is just one."""
    axis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def label_inputs(ax, names):
    """Label the inputs below their weights, by name unless there are too many."""
    ax.set_xlabel("input")
    if are_few(names):
        half = LONGEST_NAME // 2
        names = [n if len(n) <= LONGEST_NAME else f"{n[:half]}...{n[-half:]}" for n in names]
        ax.set_xticks(range(len(names)), names, rotation="vertical", fontsize="small")


def are_few(names):
    """Whether there are names, and not more than can be read."""
    return 0 < len(names) <= MOST_NAMES


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

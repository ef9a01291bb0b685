"""The picture of the weights and the activity of a network's units."""

import numpy as np

from ..arithmetic import own_arithmetic, quiet_arithmetic
from ..engine.prediction import pass_forward
from ..fitted import new_rows, stack_of, working_copy
from .drawing import BLUE, LARGEST_NUMBER, VERMILION, begin_panels, count_along, cut

SPREAD = (0.05, 0.95)  # quantiles of a unit's activity, the ends of its bar
LAYER_HEIGHT = 1.6  # inches a layer, at least, in a new figure
MOST_NAMES = 24  # of inputs that stand below the weights; of more there are numbers
LONGEST_NAME, NAMES_HEIGHT = 24, 1.4  # in letters; in inches, of a new figure


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
        for_names = NAMES_HEIGHT * are_few(self.input_names)
        place, ink = begin_panels(self, ax, LAYER_HEIGHT * len(self.coefs), for_names)
        from matplotlib.colors import LinearSegmentedColormap

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


def label_inputs(ax, names):
    """Label the inputs below their weights, by name unless there are too many."""
    ax.set_xlabel("input")
    if are_few(names):
        names = [cut(name, LONGEST_NAME) for name in names]
        ax.set_xticks(range(len(names)), names, rotation="vertical", fontsize="small")


def are_few(names):
    """Whether there are names, and not more than can be read."""
    return 0 < len(names) <= MOST_NAMES

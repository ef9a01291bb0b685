"""What all displays draw with: colours, axes, ticks."""

from sklearn.utils._optional_dependencies import check_matplotlib_support

BLUE, VERMILION = "#1F85C7", "#D55E00"  # told apart by everybody, on white and on black
BAR, LONGEST = 0.6, 28  # height of a bar by that of its line, letters of a label
LINE_HEIGHT, AXES_HEIGHT = 0.34, 1.3  # inches of a new figure: a bar or strip, all else
LARGEST_NUMBER = 1e300  # to be drawn: matplotlib computes with multiples of it


def begin(display, ax):
    """Set ``ax_`` and ``figure_``, making them if need be; returns the colour of the labels.

    Raises scikit-learn's ImportError where matplotlib is missing.
    """
    check_matplotlib_support(f"{type(display).__name__}.plot")
    import matplotlib.pyplot as plt

    display.ax_ = plt.figure(layout="constrained").subplots() if ax is None else ax
    display.figure_ = display.ax_.figure
    return display.ax_.xaxis.label.get_color()


def begin_panels(display, ax, height, more=0.0):
    """`begin`, and the place of its axes, which enclose the panels and are not drawn.

    A new figure is at least so many inches high, and some more. Returns the place and the colour of
    the labels.
    """
    ink = begin(display, ax)
    place = place_to_divide(display.ax_)
    if ax is None:
        display.figure_.set_figheight(max(display.figure_.get_figheight(), height) + more)
    display.ax_.set_axis_off()
    return place, ink


def place_to_divide(ax):
    """The place of axes in a grid of subplots, or an error if they were put there by hand."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "ax was put into its figure by itself, so its place cannot be divided into panels; "
            "give axes made by plt.subplots or figure.add_subplot."
        )
    return place


def begin_lines(display, ax, labels):
    """`begin`, with a line for each label, from above; a new figure is as high as they need."""
    ink = begin(display, ax)
    if ax is None:
        display.figure_.set_figheight(LINE_HEIGHT * len(labels) + AXES_HEIGHT)
    display.ax_.set_ylim(len(labels) - 0.5, -0.5)
    display.ax_.set_yticks(range(len(labels)), labels)
    display.ax_.tick_params(axis="y", length=0)
    return ink


def cut(name, longest=LONGEST):
    """A name of no more than so many letters; of a longer one the middle is left out.

    Dollars are escaped: matplotlib reads what stands between two as mathematics.
    """
    half = longest // 2
    name = name if len(name) <= longest else f"{name[:half]}...{name[-half:]}"
    return name.replace("$", r"\$")


def count_along(axis):
    """Ticks at whole numbers only, even if there is just one."""
    axis.get_major_locator().set_params(integer=True, min_n_ticks=1)

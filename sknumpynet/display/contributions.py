"""The pictures of what columns add to the log-odds: of one row, of many, of one column."""

import numpy as np
from scipy.special import expit, logit
from scipy.stats import rankdata

from ..arithmetic import own_arithmetic, quiet_arithmetic
from ..explanation import explain
from ..parameters import check_counts
from ..validation import shortened
from .drawing import BAR, BLUE, LARGEST_NUMBER, VERMILION, begin, begin_lines, cut

PURPLE, GREY = "#A05A9C", "#808080"  # between the two others, and neither
COLOURS = "value; grey: missing or no order"
MUCH = 1e5  # log-odds, of which decimals do not matter
STRIP = 0.8  # of a line's height: the points of many rows
POINT = 12  # square points
PILES, LEAST_GAP = 110, 0.14  # piles of points side by side; a point's part of a line's height
FOR_MISSING = 0.12  # of the span of a column's values: how far on the left missing ones are
FAINT = 0.3  # opacity of bars that say how far networks differ
PROBABILITIES = [0.5, 0.1, 0.9, 0.01, 0.99, 0.3, 0.7, 0.2, 0.8, 0.03, 0.97, 0.001, 0.999]
MOST_PROBABILITIES = 8


class ContributionsDisplay:
    """What columns add to the log-odds, of one row, of many, or of one column by its value.

    - One row: from above, the background, a bar for each column, the largest first, and the row.
      Each bar begins where the one above it ends. On the right are the contributions and their
      standard deviation over the networks.
    - Several rows: a strip for each column, that of the largest mean size first, with a point for
      each row. Colours go from the lowest value of the column to the highest, by rank; levels of
      text, which have no order, and missing values are grey. Points that would cover each other are
      piled up, so a strip is thick where there are many rows.
    - One column: a point for each row at its value and contribution, with a bar as long as two
      standard deviations over the networks. Missing values have a place on the left. Of a column of
      levels, a strip for each level, that of the largest mean contribution first.

    Parameters
    ----------
    explanation : Explanation
        Of the rows to draw.
    column : str, default=None
        The one column to draw; by default all columns.
    max_columns : int, default=10
        Of more columns, or levels, the others are drawn together.

    Attributes
    ----------
    bars_ : matplotlib BarContainer or None
        Of one row: a bar a column, in the order in which they are drawn.
    ends_line_ : matplotlib Line2D or None
        Of one row: the points of the background and of the row.
    points_ : list of matplotlib PathCollection
        One a strip; of a column of numbers or dates, one in all. Empty for bars.
    spread_lines_ : matplotlib LineCollection or None
        Of a column of numbers or dates: the bars, one a point.
    ax_, figure_ : matplotlib Axes and Figure

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sknumpynet import NumpyMLPBinaryClassifier
    >>> from sknumpynet.display import ContributionsDisplay
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> clf = NumpyMLPBinaryClassifier().fit(X, y)
    >>> one_row = ContributionsDisplay.from_estimator(clf, X[:1], background=X)
    >>> by_value = ContributionsDisplay.from_estimator(clf, X, column="mean texture")
    """

    def __init__(self, explanation, *, column=None, max_columns=10):
        self.explanation, self.column, self.max_columns = explanation, column, max_columns

    @classmethod
    @own_arithmetic
    def from_estimator(
        cls, estimator, X, background=None, *, column=None, max_columns=10, ax=None, **how
    ):
        """Explain rows and draw what comes out.

        Parameters
        ----------
        estimator : NumpyMLPBinaryClassifier
            Fitted.
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            The rows; one, such as ``X[:1]``, for bars.
        background : array-like, frame or sparse matrix of shape (n, n_features), default=None
            Rows to compare them with, see `explain`.
        column : str, default=None
            The one column to draw; by default all columns.
        max_columns : int, default=10
            Of more columns, or levels, the others are drawn together.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **how
            Further arguments of `explain`.

        Returns
        -------
        ContributionsDisplay
        """
        explanation = explain(estimator, X, background, **how)
        return cls(explanation, column=column, max_columns=max_columns).plot(ax)

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
        self : ContributionsDisplay
            With the attributes that the class lists.
        """
        check_counts(max_columns=self.max_columns)
        self.bars_ = self.ends_line_ = self.spread_lines_ = None
        self.points_ = []
        if self.column is not None:
            self._draw_column(ax)
        elif len(self.explanation) == 1:
            self._draw_row(ax)
        else:
            self._draw_rows(ax)
        return self

    def _draw_row(self, ax):
        """Bars from the background's log-odds to the row's."""
        of, (order, others) = self.explanation, self._parted(self.explanation.order)
        (values,), (spread,), (result,) = bounded(of.values), of.spread, of.log_odds
        steps = [*values[order], *[values[part].sum() for part in others]]
        labels = [of.text_of(0, at) for at in order]
        labels += [left_out(part, "column") for part in others]
        numbers = [f"{signed(values[at])} ± {signed(spread[at])[1:]}" for at in order]
        numbers += [signed(values[part].sum()) for part in others]
        ends = bounded([of.base_value, result])
        labels = ["background", *labels, "this row"]
        ink = begin_lines(self, ax, [cut(label) for label in labels])
        lines, reached = np.arange(len(labels)), of.base_value + np.cumsum([0, *steps])
        self.bars_ = self.ax_.barh(
            lines[1:-1],
            steps,
            BAR,
            left=reached[:-1],
            color=[VERMILION if step > 0 else BLUE for step in steps],
        )
        self.ax_.use_sticky_edges = False
        self.ax_.vlines(reached, lines[:-1], lines[1:], colors=ink, lw=1, zorder=0.9)
        self.ax_.axvline(ends[0], color=ink, ls=":", lw=1, zorder=0.8)
        (self.ends_line_,) = self.ax_.plot(ends, lines[[0, -1]], "o", color=ink)
        right = self.ax_.secondary_yaxis("right")
        right.set_yticks(lines, [signed(ends[0]), *numbers, signed(ends[1])])
        right.tick_params(length=0)
        self.ax_.set_xlabel(f"log-odds of class {cut(str(of.pos_label))}")
        begin, end = expit(ends)
        label_probabilities(self.ax_).set_xlabel(f"probability, from {begin:.3f} to {end:.3f}")

    def _draw_rows(self, ax):
        """A strip of points a column."""
        of, (order, others) = self.explanation, self._parted(self.explanation.order)
        labels = [of.columns[at] for at in order] + [left_out(part, "column") for part in others]
        begin_lines(self, ax, [cut(label) for label in labels])
        strips = [of.values[:, at] for at in order]
        strips += [of.values[:, part].sum(axis=1) for part in others]
        ranks = [ranks_of(of.values_of(at)) for at in order] + [np.full(len(of), np.nan)] * len(
            others
        )
        self._draw_strips(strips, ranks)
        if np.isfinite(ranks).any():
            bar = self.figure_.colorbar(self.points_[0], ax=self.ax_, location="top", aspect=60)
            bar.set_ticks([0, 0.5, 1], labels=["low", COLOURS, "high"])
            bar.ax.tick_params(length=0)

    def _draw_column(self, ax):
        """The contribution of one column by its value."""
        of = self.explanation
        if self.column not in of.columns:
            names = shortened(", ".join(map(repr, of.columns)))
            raise ValueError(
                f"column={self.column!r} is not among the columns; give one of {names}."
            )
        at = of.columns.index(self.column)
        if of.values_of(at).dtype == object:
            self._draw_levels(ax, at)
        else:
            self._draw_numbers(ax, at)

    def _draw_levels(self, ax, at):
        """A strip a level, and one of the missing."""
        values, texts = self.explanation.values[:, at], self.explanation.values_of(at)
        texts = np.array(["missing" if value is None else str(value) for value in texts], object)
        names, level, counts = np.unique(texts, return_inverse=True, return_counts=True)
        frequent, others = self._parted(np.argsort(-counts, kind="stable"))
        means = np.bincount(level, values) / counts
        parts = [[one] for one in frequent[np.argsort(-means[frequent], kind="stable")]] + others
        rows = [np.isin(level, part) for part in parts]
        labels = [names[part[0]] for part in parts[: len(frequent)]]
        labels += [left_out(part, "level") for part in others]
        labels = [
            f"{cut(label)} ({some.sum():,})" for label, some in zip(labels, rows, strict=True)
        ]
        begin_lines(self, ax, labels)
        self._draw_strips([values[some] for some in rows])
        self.ax_.set_ylabel(f"{cut(self.column)} (rows)")

    def _draw_numbers(self, ax, at):
        """Points of contributions by number or date, those without one on the left."""
        ink, of = begin(self, ax), self.explanation
        values, spread = bounded(of.values[:, at]), bounded(of.spread[:, at])
        place = of.values_of(at)
        if place.dtype.kind == "M":
            place = as_dates(self.ax_.xaxis, place)
        place = bounded(place)
        is_missing = np.isnan(place)
        if is_missing.any():
            put_on_the_left(self.ax_, place, is_missing)
        ends = values - spread, values + spread
        self.spread_lines_ = self.ax_.vlines(place, *ends, colors=BLUE, alpha=FAINT, lw=1)
        self.points_ = [self.ax_.scatter(place, values, POINT, color=BLUE, linewidths=0, zorder=2)]
        self.ax_.axhline(0, color=ink, ls=":", lw=1, zorder=0.9)
        self.ax_.set_xlabel(cut(self.column))
        self.ax_.set_ylabel(self._added)

    @property
    def _added(self):
        return f"added to log-odds of class {cut(str(self.explanation.pos_label))}"

    def _draw_strips(self, strips, ranks=None):
        """Points of contributions, a strip a line; coloured by rank, where that is given."""
        from matplotlib.colors import LinearSegmentedColormap

        strips = [*map(bounded, strips)]
        span = np.ptp(np.concatenate([*strips, [0]])) or 1
        colors = LinearSegmentedColormap.from_list("values", [BLUE, PURPLE, VERMILION])
        colors = colors.with_extremes(bad=GREY)
        for line, strip in enumerate(strips):
            by = {"color": BLUE} if ranks is None else {"c": ranks[line], "cmap": colors}
            by |= {} if ranks is None else {"vmin": 0, "vmax": 1, "plotnonfinite": True}
            place = line + piled(strip / span)
            self.points_.append(self.ax_.scatter(strip, place, POINT, linewidths=0, **by))
        self.ax_.axvline(0, color=self.ax_.xaxis.label.get_color(), ls=":", lw=1)
        self.ax_.set_xlabel(self._added)

    def _parted(self, order):
        """What is drawn by itself, and what together: a list that is empty or of one array."""
        others = order[self.max_columns :]
        return order[: self.max_columns], [others] if len(others) else []


def bounded(values):
    """As far as they can be drawn."""
    return np.clip(values, -LARGEST_NUMBER, LARGEST_NUMBER)


def signed(value):
    """A contribution, or log-odds, as text."""
    return f"{value:+.2f}" if abs(value) < MUCH else f"{value:+.0e}"


def left_out(part, what):
    """What is drawn together, such as "3 other columns"."""
    return f"{len(part)} other {what}{'s' if len(part) > 1 else ''}"


def ranks_of(held):
    """Ranks of what a column holds, from 0 to 1, equal ones alike; NaN for what has no order."""
    if held.dtype == object:
        if not all(value is None or isinstance(value, bool | int) for value in held):
            return np.full(len(held), np.nan)
        held = held.astype(float)
    known = ~np.isnan(held)
    ranks, of_known = np.full(len(held), np.nan), rankdata(held[known].astype(float))
    ranks[known] = of_known - of_known.min(initial=np.inf)
    return ranks / max(np.nanmax(ranks, initial=0), 1)


def piled(x):
    """Heights of points, x from -1 to 1 and fewer than one apart, so that few cover each other.

    Points of nearly the same x are piled up around 0, from -0.4 to 0.4 at most.
    """
    _, pile, counts = np.unique(np.round(x * PILES), return_inverse=True, return_counts=True)
    order = np.argsort(pile, kind="stable")
    number = np.empty(len(x))
    number[order] = np.arange(len(x)) - np.repeat(np.cumsum(counts) - counts, counts)
    gap = min(LEAST_GAP, STRIP / max(counts.max(initial=1) - 1, 1))
    return gap * (number - (counts[pile] - 1) / 2)


def label_probabilities(ax):
    """A second axis above that of log-odds, in probabilities, as many as there is room for."""
    from matplotlib.ticker import MaxNLocator

    low, high = ax.get_xlim()
    near = MaxNLocator(MOST_PROBABILITIES // 2).tick_values(*expit([low, high])).round(4)
    shown = []
    for probability in [*PROBABILITIES, *near[(near > 0) & (near < 1)]]:
        at = logit(probability)
        room = min((abs(at - logit(other)) for other in shown), default=np.inf)
        if low <= at <= high and room > (high - low) / MOST_PROBABILITIES:
            shown.append(probability)
    above = ax.secondary_xaxis("top")
    above.set_xticks(logit(shown), [f"{probability:g}" for probability in shown])
    return above


def as_dates(axis, dates):
    """Dates as the axis has them."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    locator = AutoDateLocator(maxticks=7)
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator))
    return date2num(dates)


def put_on_the_left(ax, place, is_missing):
    """A place for missing values on the left of the others, with a tick; ``place`` is filled."""
    known = place[~is_missing]
    low, high = (known.min(), known.max()) if len(known) else (0, 0)
    place[is_missing] = left = low - FOR_MISSING * ((high - low) or 1)
    ax.update_datalim([(left, 0), (high, 0)])
    ax.autoscale_view()
    ax.set_xticks([tick for tick in ax.get_xticks() if len(known) and low <= tick <= high])
    ax.set_xticks([left], ["missing"], minor=True)

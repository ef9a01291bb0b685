"""Pictures of contributions show those of `explain`, and of importance what it is given."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import logit

from sknumpynet import explain, importance
from sknumpynet.display import ContributionsDisplay, ImportanceDisplay
from sknumpynet.explanation import Explanation
from sknumpynet.importance import Importance

mpl = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
mpl.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

rng = np.random.default_rng(0)
N_ROWS = 120
X = rng.normal(size=(N_ROWS, 3))
Y = (X[:, 0] + rng.normal(size=N_ROWS) > 0).astype(int)
AGE = np.where(np.arange(N_ROWS) % 7 > 0, 40 + 10 * X[:, 0].round(1), np.nan)
CITY = np.array(["Oslo", "Bergen", "Rome", None], object)[
    rng.choice(4, N_ROWS, p=[0.5, 0.2, 0.1, 0.2])
]
IS_NEW = X[:, 1] > 0.5
SINCE = np.datetime64("2020-01-01") + rng.integers(0, 900, N_ROWS)
SINCE[::9] = np.datetime64("NaT", "D")


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


@pytest.fixture
def raw(small):
    """An explanation of a raw table with gaps, dates, levels and booleans."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pd.DataFrame({"age": AGE, "city": CITY, "is_new": IS_NEW, "since": SINCE})
    return explain(small(numeric_bins=0).fit(table, Y), table)


def made_up(values, base=0.3, **others):
    """An explanation of these contributions."""
    values = np.asarray(values, float)
    names = [f"x{at}" for at in range(values.shape[1])]
    given = {"spread": abs(values) / 4, "data": np.arange(values.size, dtype=float)}
    given |= {"has_levels": [False] * len(names), "index": np.arange(len(values))}
    given = {"columns": names, "pos_label": 1} | given | others
    given["data"] = np.reshape(given["data"], values.shape)
    return Explanation(values, base, **given)


def labels_of(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def points_of(display):
    """Offsets of the points, strip by strip."""
    return [np.asarray(points.get_offsets()) for points in display.points_]


# One row ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_columns", [1, 2, 3, 10])
def test_bars_lead_from_the_background_to_the_decision_function(small, max_columns):
    clf = small(precision="float64").fit(X, Y)
    how = {"max_columns": max_columns, "n_background": len(X)}
    display = ContributionsDisplay.from_estimator(clf, X[5:6], X, **how)
    begins = np.array([bar.get_x() for bar in display.bars_])
    widths = np.array([bar.get_width() for bar in display.bars_])
    ends = display.ends_line_.get_xdata()
    assert_allclose(begins, ends[0] + np.cumsum([0, *widths])[:-1])
    assert_allclose(ends, [clf.decision_function(X).mean(), *clf.decision_function(X[5:6])])
    assert_allclose(begins[-1] + widths[-1], clf.decision_function(X[5:6])[0])
    values = explain(clf, X[5:6], X, n_background=len(X)).values[0]
    largest = values[np.argsort(-abs(values))][:max_columns]
    assert_allclose(widths[: len(largest)], largest)
    assert len(widths) == min(max_columns + 1, 3)
    assert display.points_ == []


def test_bars_for_and_against_differ_in_colour():
    display = ContributionsDisplay(made_up([[0.5, -0.4, 0.3, -0.2]])).plot()
    colors = [bar.get_facecolor() for bar in display.bars_]
    assert colors[0] == colors[2] != colors[1] == colors[3]


def test_columns_of_a_row_are_named_with_what_they_hold(raw):
    assert_array_equal([raw.data[9, 0] is None, raw.data[0, 3] is None], [False, True])
    display = ContributionsDisplay(raw[0]).plot()
    labels = labels_of(display.ax_.yaxis)
    assert [labels[0], labels[-1]] == ["background", "this row"]
    assert {*labels[1:-1]} == {raw.text_of(0, at) for at in range(4)}
    assert "since is missing" in labels


@pytest.mark.parametrize(
    ("max_columns", "label"), [(1, "3 other columns"), (3, "1 other column"), (4, "x2 = 2")]
)
def test_what_is_left_out_is_added_up(max_columns, label):
    values = [0.5, -0.4, 0.1, 0.3]
    display = ContributionsDisplay(made_up([values]), max_columns=max_columns).plot()
    assert labels_of(display.ax_.yaxis)[-2] == label
    left = sorted(values, key=abs, reverse=True)[max_columns:] or [0.1]
    assert_allclose([*display.bars_][-1].get_width(), sum(left), atol=1e-12)


@pytest.mark.parametrize(
    ("base", "value"), [(0, 0), (0, 1e-6), (-0.2, 0.1), (-4, 9), (-40, 900), (30, 1), (-9, -1)]
)
def test_probabilities_stand_at_their_log_odds_and_apart(base, value):
    display = ContributionsDisplay(made_up([[value]], base)).plot()
    display.figure_.canvas.draw()
    (above,) = [ax for ax in display.ax_.child_axes if "prob" in ax.get_xlabel()]
    low, high = display.ax_.get_xlim()
    places, labels = above.get_xticks(), labels_of(above.xaxis)
    assert_allclose(places, logit(np.array(labels, float)), atol=1e-6)
    assert len({*labels}) == len(labels)
    assert all(low <= place <= high for place in places)
    assert np.diff(np.sort(places)).min(initial=np.inf) > (high - low) / 9


# Several rows -----------------------------------------------------------------------------------


def test_points_are_the_contributions_and_the_largest_mean_size_is_above(raw):
    display = ContributionsDisplay(raw, max_columns=3).plot()
    order = np.argsort(-abs(raw.values).mean(axis=0))
    strips = points_of(display)
    for strip, at in zip(strips[:3], order[:3], strict=True):
        assert_array_equal(strip[:, 0], raw.values[:, at])
    assert_allclose(strips[3][:, 0], raw.values[:, order[3]])
    names = [raw.columns[at] for at in order[:3]]
    assert labels_of(display.ax_.yaxis) == [*names, "1 other column"]
    assert display.ax_.get_ylim() == (3.5, -0.5)


def test_colours_are_ranks_of_what_has_an_order_and_else_grey(raw):
    display = ContributionsDisplay(raw).plot()
    of = dict(zip(labels_of(display.ax_.yaxis), display.points_, strict=True))
    known = ~np.isnan(AGE)
    ranks = np.ma.filled(of["age"].get_array(), np.nan)
    assert_array_equal(np.isnan(ranks), ~known)
    assert (ranks[known].min(), ranks[known].max()) == (0, 1)
    higher = AGE[known][:, np.newaxis] > AGE[known]
    assert_array_equal(ranks[known][:, np.newaxis] > ranks[known], higher)
    assert_array_equal(of["is_new"].get_array(), IS_NEW)
    assert_array_equal(np.isnan(np.ma.filled(of["since"].get_array(), np.nan)), np.isnat(SINCE))
    assert np.isnan(np.ma.filled(of["city"].get_array(), np.nan)).all()
    display.figure_.canvas.draw()
    red, green, blue = of["city"].get_facecolor()[0, :3]
    assert red == green == blue


@pytest.mark.parametrize("values", [np.zeros(1000), rng.normal(size=1000), [0.1, 0.2, 0.2]])
def test_points_stay_in_their_strip_and_those_at_one_place_lie_beside_each_other(values):
    display = ContributionsDisplay(made_up(np.tile(values, (2, 1)).T)).plot()
    for line, strip in enumerate(points_of(display)):
        heights = strip[:, 1] - line
        assert abs(heights).max() <= 0.4 + 1e-9
        assert_allclose(heights.mean(), 0, atol=1e-9)
        assert len({*map(tuple, strip)}) == len(strip)


def test_without_anything_in_order_there_is_no_scale_of_colours():
    data = np.full((20, 1), "a", object)
    of_levels = ContributionsDisplay(made_up(np.ones((20, 1)), data=data, has_levels=[True])).plot()
    of_numbers = ContributionsDisplay(made_up(np.ones((20, 1)))).plot()
    assert len(of_levels.figure_.axes) == 1
    assert len(of_numbers.figure_.axes) == 2


def test_sparse_rows_and_dense_rows_look_the_same(small, every_width):
    table = np.where(abs(X) > 0.5, X, 0)
    clf = small(precision="float64").fit(table, Y)
    for column in (None, "x1"):
        dense, of_sparse = (
            ContributionsDisplay.from_estimator(clf, rows, column=column)
            for rows in (table, sparse.csr_array(table))
        )
        for one, other in zip(points_of(dense), points_of(of_sparse), strict=True):
            assert_allclose(one[:, 0], other[:, 0], atol=1e-9)


# One column -------------------------------------------------------------------------------------


def test_a_column_of_numbers_is_drawn_by_value_and_missing_ones_on_the_left(raw):
    display = ContributionsDisplay(raw, column="age").plot()
    (points,) = points_of(display)
    known = ~np.isnan(AGE)
    assert_allclose(points[known, 0], AGE[known])
    assert_array_equal(points[:, 1], raw.values[:, 0])
    assert len({*points[~known, 0]}) == 1
    assert points[~known, 0].max() < AGE[known].min()
    ends = np.array(display.spread_lines_.get_segments())[..., 1]
    spread = raw.spread[:, [0]] * [-1, 1]
    assert_allclose(ends, raw.values[:, [0]] + spread)
    display.figure_.canvas.draw()
    axis = display.ax_.xaxis
    assert [label.get_text() for label in axis.get_ticklabels(minor=True)] == ["missing"]
    assert_array_equal(axis.get_minorticklocs(), points[~known, 0][:1])
    assert axis.get_majorticklocs().min() >= AGE[known].min()


def test_a_column_of_dates_is_drawn_by_date(raw):
    display = ContributionsDisplay(raw, column="since").plot()
    known, dates = ~np.isnat(SINCE), mpl.dates.date2num(SINCE)
    assert_allclose(points_of(display)[0][known, 0], dates[known])
    display.figure_.canvas.draw()
    assert "2021" in labels_of(display.ax_.xaxis)


@pytest.mark.parametrize("max_columns", [2, 10])
def test_a_column_of_levels_is_a_strip_a_level(raw, max_columns):
    display = ContributionsDisplay(raw, column="city", max_columns=max_columns).plot()
    cities = np.array([city or "missing" for city in CITY])
    names, counts = np.unique(cities, return_counts=True)
    labels = labels_of(display.ax_.yaxis)
    by_count = names[np.argsort(-counts)][:max_columns]
    kept = {f"{name} ({(cities == name).sum()})" for name in by_count}
    others = (
        {f"2 other levels ({(~np.isin(cities, by_count)).sum()})"} if max_columns == 2 else set()
    )
    assert {*labels} == kept | others
    means = [strip[:, 0].mean() for strip in points_of(display)][: len(kept)]
    assert means == sorted(means, reverse=True)
    for label, strip in zip(labels[: len(kept)], points_of(display), strict=False):
        assert_allclose(strip[:, 0], raw.values[cities == label.split(" (")[0], 1])


def test_a_boolean_column_has_strips_of_true_and_false(raw):
    display = ContributionsDisplay(raw, column="is_new").plot()
    assert {*labels_of(display.ax_.yaxis)} == {
        f"True ({IS_NEW.sum()})",
        f"False ({(~IS_NEW).sum()})",
    }


@pytest.mark.parametrize("held", [[None] * 3, [1.0] * 3, [None, 1.0, 1.0], [1e308, -1e308, None]])
def test_columns_without_a_span_and_without_bounds_are_drawn(held):
    data = np.array(held, object)[:, np.newaxis]
    explanation = made_up([[0.1], [-0.1], [0.2]], data=data)
    for column in (None, "x0"):
        ContributionsDisplay(explanation, column=column).plot().figure_.canvas.draw()


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e308])
def test_contributions_beyond_all_bounds_are_drawn_as_far_as_can_be(value):
    explanation = made_up([[value, 0.1], [-value, 0.1], [0.2, 0.1]])
    for rows, column in [(explanation[0], None), (explanation, None), (explanation, "x0")]:
        with np.errstate(all="ignore"):
            ContributionsDisplay(rows, column=column).plot().figure_.canvas.draw()


# All --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"column": "x7"}, r"column='x7' is not among the columns; give one of 'x0', 'x1'\."),
        ({"column": 0}, r"column=0 is not among the columns; give one of 'x0', 'x1'\."),
        ({"max_columns": 0}, "max_columns=0 is not a positive int"),
    ],
)
def test_what_cannot_be_drawn_is_a_clear_error(params, message):
    with pytest.raises(ValueError, match=message):
        ContributionsDisplay(made_up(np.ones((3, 2))), **params).plot()
    assert not plt.get_fignums()


def test_a_new_figure_is_as_high_as_its_lines_need():
    heights = [
        ContributionsDisplay(made_up(np.ones((n_rows, 60))), max_columns=most)
        .plot()
        .figure_.get_figheight()
        for n_rows, most in [(1, 1), (1, 60), (9, 1), (9, 60)]
    ]
    assert_allclose(np.diff(heights)[::2], [0.34 * 58, 0.34 * 58])
    display = ContributionsDisplay(made_up(np.ones((9, 60)))).plot(plt.figure().add_subplot())
    assert display.figure_.get_figheight() == 4.8  # matplotlib's own


def test_long_names_are_cut_in_the_middle():
    columns = ["a" * 30 + "z" * 30, "short"]
    display = ContributionsDisplay(made_up([[2, 1], [2, 1]], columns=columns)).plot()
    assert labels_of(display.ax_.yaxis) == ["a" * 14 + "..." + "z" * 14, "short"]


# Importance -------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_columns", [2, 10])
def test_bars_are_the_worth_of_columns_with_their_deviations(max_columns):
    mean, std = np.array([0.01, 0.3, -0.02, 0.1]), np.array([0.01, 0.02, 0.03, 0.04])
    given = Importance(mean, std, ["a", "b", "c", "d"], 0.4567, "out of fold", [], 5)
    display = ImportanceDisplay(given, max_columns=max_columns).plot()
    order = [1, 3, 0, 2][:max_columns]
    assert labels_of(display.ax_.yaxis) == [given.columns[at] for at in order]
    assert_array_equal([bar.get_width() for bar in display.bars_], mean[order])
    ends = np.array(display.spread_lines_.get_segments())[..., 0]
    assert_allclose(ends, mean[order][:, np.newaxis] + std[order][:, np.newaxis] * [-1, 1])
    assert "0.457 without; out of fold" in display.ax_.get_xlabel()
    assert display.plot(plt.figure().add_subplot()) is display


def test_an_estimator_s_importance_is_drawn_as_it_was_asked(small):
    clf = small().fit(X, Y)
    display = ImportanceDisplay.from_estimator(clf, X, Y, n_repeats=3, random_state=1)
    asked = importance(clf, X, Y, n_repeats=3, random_state=1)
    assert_array_equal([bar.get_width() for bar in display.bars_], np.sort(asked.mean)[::-1])


def test_dollars_are_dollars(small):
    """matplotlib reads what stands between two as mathematics."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    bands = np.where(np.arange(len(Y)) % 2, "$40K_$60K", "$60K - $80K")
    explanation = explain(
        small().fit(table := pd.DataFrame({"$x_{$": AGE, "band": bands}), Y), table
    )
    for display in (
        ContributionsDisplay(explanation, column="band"),
        ContributionsDisplay(explanation),
        ContributionsDisplay(explanation[3]),
    ):
        display.plot().figure_.draw_without_rendering()

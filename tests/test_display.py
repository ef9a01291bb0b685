"""Pictures show the data that they say they show, wherever and in whatever style they are drawn."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit
from sklearn.calibration import calibration_curve
from sklearn.exceptions import NotFittedError
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknumpynet import diagnose, trace
from sknumpynet.diagnosis.report import Diagnosis
from sknumpynet.diagnosis.trials import Trial
from sknumpynet.display import (
    ContributionsDisplay,
    DiagnosisDisplay,
    ImportanceDisplay,
    LayersDisplay,
    ReliabilityDisplay,
    TrainingCurveDisplay,
)

mpl = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
mpl.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

X = np.random.default_rng(0).normal(size=(120, 3))
Y = (X[:, 0] + np.random.default_rng(1).normal(size=120) > 0).astype(int)
TRIALS = [
    Trial(what, {}, np.array([loss, loss + 0.1]), np.array([3.0, 1.0]), 0.6)
    for what, loss in [("as it is", 30.0), ("fitted anew", 0.5), ("with tol=1", 0.5), ("best", 0.1)]
]
TRIED = Diagnosis([], "", TRIALS)
DRAWERS = [
    lambda clf, **where: TrainingCurveDisplay.from_estimator(clf, **where),
    lambda clf, **where: ReliabilityDisplay.from_estimator(clf, y=Y, **where),
    lambda clf, **where: ContributionsDisplay.from_estimator(clf, X[:1], X, **where),
    lambda clf, **where: ContributionsDisplay.from_estimator(clf, X, **where),
    lambda clf, **where: ContributionsDisplay.from_estimator(clf, X, column="x1", **where),
    lambda clf, **where: ImportanceDisplay.from_estimator(clf, X, Y, **where),
    lambda clf, **where: LayersDisplay.from_estimator(clf, X, **where),
    lambda clf, **where: DiagnosisDisplay.from_estimator(clf, X, Y, diagnosis=TRIED, **where),
]
NAMES = ["training", "reliability", "one row", "rows", "column", "importance"]
NAMES += ["layers", "diagnosis"]
every_display = pytest.mark.parametrize("draw", DRAWERS, ids=NAMES)
of_panels = pytest.mark.parametrize("draw", DRAWERS[-2:], ids=NAMES[-2:])


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def are_whole(ticks):
    return all(tick == round(tick) for tick in ticks)


# Every display ----------------------------------------------------------------------------------


@every_display
def test_a_picture_goes_to_new_axes_or_where_it_is_told(small, draw):
    display = draw(small().fit(X, Y))
    assert display.figure_ is plt.gcf() is display.ax_.figure
    figure, axes = plt.subplots(1, 2, layout="constrained")
    again = display.plot(ax=axes[1])
    assert again is display
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    assert not axes[0].has_data()
    assert draw(small().fit(X, Y), ax=axes[0]).ax_ is axes[0]
    figure.canvas.draw()  # a picture that warns when it is drawn has failed


@every_display
def test_nothing_is_black_on_a_dark_background(small, draw):
    with plt.style.context("dark_background"):
        figure = draw(small().fit(X, Y)).figure_
        figure.canvas.draw()
    artists = figure.findobj(lambda a: isinstance(a, mpl.lines.Line2D | mpl.text.Text))
    colors = [mpl.colors.to_rgb(artist.get_color()) for artist in artists]
    assert colors
    assert min(map(max, colors)) > 0.7


@every_display
def test_without_matplotlib_the_error_is_scikit_learn_s(small, draw, monkeypatch):
    clf = small().fit(X, Y)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"Display.plot requires matplotlib\. You can install"):
        draw(clf)


def test_importing_displays_does_not_import_matplotlib():
    code = "import sys, sknumpynet.display; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


@every_display
def test_an_estimator_that_is_not_fitted_is_an_error(small, draw):
    with pytest.raises(NotFittedError):
        draw(small())


@every_display
def test_a_pipeline_is_asked_for_its_last_step(small, draw):
    pipe = make_pipeline(StandardScaler(), small()).fit(X, Y)
    with pytest.raises(TypeError, match=r"a Pipeline, not a NumpyMLP.*such as pipe\[-1\]"):
        draw(pipe)


@of_panels
def test_axes_that_stand_in_no_grid_cannot_be_divided(small, draw):
    ax = plt.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match="cannot be divided into panels; give axes made by"):
        draw(small().fit(X, Y), ax=ax)


@of_panels
def test_all_panels_lie_within_the_axes_given(small, draw):
    figure = plt.figure()
    left, right = figure.subplots(1, 2)
    display = draw(small().fit(X, Y), ax=right)
    places = [ax.get_position() for ax in np.ravel(display.axes_)]
    assert not right.axison
    assert min(place.x0 for place in places) >= left.get_position().x1
    assert min(place.y0 for place in places) >= left.get_position().y0 - 1e-9
    assert max(place.y1 for place in places) <= left.get_position().y1 + 1e-9


# Training ---------------------------------------------------------------------------------------


def y_data(lines):
    return np.column_stack([line.get_ydata() for line in lines])


CONVERGES = {"max_iter": 100, "tol": 0.1}


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("solver", [{}, {"solver": "lbfgs", **CONVERGES}], ids=["adam", "lbfgs"])
def test_lines_are_the_curves_and_marks_their_minima(small, solver, early_stopping, n_estimators):
    clf = small(n_estimators=n_estimators, early_stopping=early_stopping, **solver).fit(X, Y)
    display = TrainingCurveDisplay.from_estimator(clf)
    drawn = [display.loss_lines_, display.validation_lines_]
    curves = [clf.loss_curve_, clf.validation_curve_]
    assert (clf.validation_curve_ is None) != early_stopping
    for lines, curve in zip(drawn, curves if early_stopping else curves[:1], strict=False):
        assert len(lines) == n_estimators
        assert_array_equal(y_data(lines), np.reshape(curve, (-1, n_estimators)))
        assert_array_equal(lines[0].get_xdata(), np.arange(clf.n_iter_) + 1)
    judged = np.reshape(curves[early_stopping], (-1, n_estimators))
    assert_array_equal(display.best_line_.get_xdata(), np.atleast_1d(clf.best_iter_))
    assert_array_equal(display.best_line_.get_ydata(), np.nanmin(judged, axis=0))
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["training", *(["validation"] if early_stopping else []), "epoch kept"]


def test_a_line_ends_where_its_network_stopped(small):
    clf = small(max_iter=50, n_iter_no_change=2, learning_rate_init=0.3).fit(X, Y)
    lines = TrainingCurveDisplay.from_estimator(clf).loss_lines_
    n_epochs = np.isfinite(y_data(lines)).sum(axis=0)
    assert_array_equal(n_epochs, clf.best_iter_ + 2)
    assert n_epochs.min() < n_epochs.max()


def test_the_epochs_of_a_later_call_follow_those_before(small):
    clf = small(warm_start=True, early_stopping=False).fit(X, Y)
    clf.set_params(early_stopping=True, max_iter=3).fit(X, Y)
    display = TrainingCurveDisplay.from_estimator(clf)
    assert_array_equal(display.loss_lines_[0].get_xdata(), np.arange(1, 8))
    assert_array_equal(display.validation_lines_[0].get_xdata(), [5, 6, 7])
    assert_array_equal(display.best_line_.get_xdata(), 4 + clf.best_iter_)
    assert_array_equal(display.best_line_.get_ydata(), np.min(clf.validation_curve_, axis=0))


def test_after_partial_fit_the_last_piece_is_marked(small):
    clf = small()
    for piece in range(3):
        clf.partial_fit(X, Y, classes=[0, 1])
        display = TrainingCurveDisplay.from_estimator(clf)
        assert are_whole(display.ax_.get_xticks())
        marks = display.best_line_
        assert_array_equal(marks.get_xdata(), 3 * [piece + 1])
        assert_array_equal(marks.get_ydata(), clf.loss_curve_[-1])


def test_weights_that_a_call_began_with_are_marked_before_its_first_epoch():
    curve = [[0.7, 0.8], [0.5, 0.9], [0.6, 0.4]]
    first = TrainingCurveDisplay(loss_curve=curve, best_iter=[0, 3], n_iter=3).plot()
    assert_array_equal(first.best_line_.get_xydata(), [[0, 0.7], [3, 0.4]])
    later = TrainingCurveDisplay(loss_curve=curve, best_iter=[0, 2], n_iter=2).plot()
    assert_array_equal(later.best_line_.get_xydata(), [[1, 0.5], [3, 0.4]])


# Reliability ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_bins", [1, 5, 10])
@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("rows", [None, X], ids=["out of fold", "new rows"])
def test_the_bins_are_those_of_calibration_curve(small, rows, strategy, n_bins):
    clf = small().fit(X, Y)
    bins = {"n_bins": n_bins, "strategy": strategy}
    display = ReliabilityDisplay.from_estimator(clf, rows, Y, **bins)
    proba = clf.oof_proba_ if rows is None else clf.predict_proba(rows)
    prob_true, prob_pred = calibration_curve(Y, proba[:, 1], **bins)
    assert_allclose(display.line_.get_ydata(), prob_true)
    assert_allclose(display.line_.get_xdata(), prob_pred)
    assert_allclose(display.marks_.get_offsets(), np.column_stack([prob_pred, prob_true]))
    assert_allclose(display.share.sum(), 1)
    assert_allclose(display.marks_.get_sizes() / display.share, 400)


def test_the_log_loss_out_of_fold_is_the_estimator_s(small):
    clf = small().fit(X, Y)
    display = ReliabilityDisplay.from_estimator(clf, y=Y)
    assert_allclose(display.log_loss, clf.oof_log_loss_)
    label = display.line_.get_label()
    assert label.startswith(
        f"NumpyMLPBinaryClassifier, out of fold\nlog loss {display.log_loss:.3f}"
    )


def test_the_calibration_error_is_the_mean_distance_from_the_diagonal():
    bins = np.array([[0.0, 1.0], [0.1, 0.7], [0.25, 0.75]])
    display = ReliabilityDisplay(*bins, log_loss=0.5, name="by hand", pos_label="yes").plot()
    assert display.line_.get_label() == "by hand\nlog loss 0.500, calibration error 0.250"
    assert display.ax_.get_xlabel() == "mean probability of class yes"


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_a_row_of_weight_two_counts_as_two_and_of_weight_zero_as_none(small, strategy):
    clf, weight = small().fit(X, Y), np.arange(120) % 4
    repeated = np.repeat(np.arange(120), weight)
    by_weight = ReliabilityDisplay.from_estimator(
        clf, X, Y, sample_weight=weight, strategy=strategy
    )
    by_row = ReliabilityDisplay.from_estimator(clf, X[repeated], Y[repeated], strategy=strategy)
    for name in ("prob_true", "prob_pred", "share", "log_loss"):
        assert_allclose(getattr(by_weight, name), getattr(by_row, name))


def test_displays_in_the_same_axes_share_the_diagonal(small):
    names = np.array(["no", "yes"])[Y]
    display = ReliabilityDisplay.from_estimator(small().fit(X, names), y=names)
    other = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, names)
    linear = ReliabilityDisplay.from_estimator(other, X, names, name="linear", ax=display.ax_)
    labels = [text.get_text().split("\n")[0] for text in display.ax_.get_legend().get_texts()]
    assert labels == ["calibrated", "NumpyMLPBinaryClassifier, out of fold", "linear"]
    colors = [mpl.colors.to_rgb(shown.line_.get_color()) for shown in (display, linear)]
    marks = [shown.marks_.get_facecolor()[0, :3] for shown in (display, linear)]
    assert colors[0] != colors[1]
    assert_array_equal(marks, colors)
    assert display.pos_label == "yes"
    assert_allclose(display.prob_true @ display.share, (names == "yes").mean())


@pytest.mark.parametrize(
    ("params", "asked", "message"),
    [
        ({}, {}, "y is None; give the labels"),
        ({"n_estimators": 1}, {"y": Y}, "no oof_proba_: that takes several networks.*give X"),
        ({"early_stopping": False}, {"y": Y}, "no oof_proba_"),
        ({}, {"y": Y[:50]}, r"inconsistent numbers of samples: \[120, 50\]"),
        ({}, {"y": Y + 1}, "y has the unknown label 2"),
        ({}, {"y": np.full(120, None)}, "y has the dtype object and holds NoneType"),
        ({}, {"y": Y, "sample_weight": -Y}, "negative weight -1"),
        ({}, {"y": Y, "n_bins": 0}, "n_bins == 0, must be >= 1"),
        ({}, {"y": Y, "strategy": "kmeans"}, "strategy='kmeans' is not one of"),
    ],
)
def test_what_has_no_reliability_is_a_clear_error(small, params, asked, message):
    clf = small(**params).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        ReliabilityDisplay.from_estimator(clf, **asked)
    assert not plt.get_fignums()


@pytest.mark.parametrize("weight", [1e-300, 1e297])
def test_weights_of_any_unit_are_drawn_alike(small, weight):
    clf = small().fit(X, Y)
    with np.errstate(all="raise"):
        display = ReliabilityDisplay.from_estimator(clf, X, Y, sample_weight=np.full(120, weight))
    usual = ReliabilityDisplay.from_estimator(clf, X, Y)
    assert_allclose([display.share, display.prob_true], [usual.share, usual.prob_true], rtol=1e-9)
    assert_allclose(display.log_loss, usual.log_loss, rtol=1e-9)


# Layers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weight", [1, "largest", np.inf])
@pytest.mark.parametrize("active", [1, "largest", np.inf, np.nan])
def test_weights_and_activity_beyond_all_bounds_are_drawn_as_far_as_can_be(dtype, weight, active):
    numbers = {"largest": np.finfo(dtype).max}
    coef = np.outer([1, -1, 0.5], [1, -0.5]).astype(dtype) * dtype(numbers.get(weight, weight))
    activity = np.array([[1, -1], [0, 0.5]], dtype)
    activity[0] *= dtype(numbers.get(active, active))
    display = LayersDisplay([coef], [activity]).plot()
    display.figure_.canvas.draw()
    assert display.images_[0].get_clim()[1] <= 1e300


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic"])
@pytest.mark.parametrize("network", [0, 2])
def test_images_are_the_weights_and_points_the_mean_activity(small, activation, network):
    params = {"hidden_layer_sizes": (4, 5), "activation": activation, "scale_inputs": "standard"}
    clf = small(**params).fit(X, Y)
    display = LayersDisplay.from_estimator(clf, X, network=network)
    f = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "logistic": expit}[activation]
    a = X
    for layer in range(3):
        W, image = clf.coefs_[layer][network], display.images_[layer]
        assert_array_equal(image.get_array(), W.T)
        assert image.get_clim() == (-abs(W).max(), abs(W).max())
        z = a @ W + clf.intercepts_[layer][network]
        a = f(z) if layer < 2 else z
        units = np.arange(W.shape[1])
        points, bars = display.activity_lines_[layer], display.axes_[layer, 1].collections[0]
        assert_allclose(points.get_xydata(), np.column_stack([a.mean(axis=0), units]))
        ends = np.quantile(a, [0.05, 0.95], axis=0)
        assert_allclose(np.array(bars.get_segments())[..., 0].T, ends)


def test_log_odds_of_one_network_are_its_decision_function(small, table):
    clf = small(n_estimators=1, hidden_layer_sizes=()).fit(*table)
    display = LayersDisplay.from_estimator(clf, table[0])
    assert_allclose(display.activity[0][:, 0], clf.decision_function(table[0]))
    assert display.axes_.shape == (1, 2)
    assert are_whole([*display.axes_[0, 0].get_xticks(), *display.axes_[0, 0].get_yticks()])


@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
def test_sparse_rows_and_dense_rows_look_the_same(small, every_width, scale_inputs):
    clf = small(numeric_bins=3, scale_inputs=scale_inputs, precision="float64").fit(X, Y)
    dense, of_sparse = (
        LayersDisplay.from_estimator(clf, rows) for rows in (X, sparse.csr_array(X))
    )
    assert_allclose(dense.activity[0], of_sparse.activity[0])


def test_a_weight_of_zero_has_the_colour_of_the_background(small):
    with plt.style.context({"axes.facecolor": "#0d1117"}):
        image = LayersDisplay.from_estimator(small().fit(X, Y), X).images_[0]
    assert_allclose(image.to_rgba(0.0), mpl.colors.to_rgba("#0d1117"), atol=0.01)


def test_no_panel_is_too_low_to_read(small):
    display = LayersDisplay.from_estimator(small(hidden_layer_sizes=50).fit(X, Y), X)
    places = [ax.get_position() for ax in display.axes_.flat]
    assert display.axes_.shape == (2, 2)
    assert min(place.height for place in places) > 0.3 * max(place.height for place in places)


def test_a_new_figure_is_high_enough_for_many_layers(small):
    display = LayersDisplay.from_estimator(small(hidden_layer_sizes=7 * [2]).fit(X, Y), X)
    assert display.figure_.get_figheight() == 8 * 1.6
    assert LayersDisplay([X], [X]).plot().figure_.get_figheight() == 4.8  # matplotlib's own
    assert display.plot(ax=plt.figure().add_subplot()).figure_.get_figheight() == 4.8


@pytest.mark.parametrize("network", [3, -1])
def test_a_network_that_is_not_there_is_an_error(small, network):
    with pytest.raises(ValueError, match=f"network={network} is not among the 3.*from 0 to 2"):
        LayersDisplay.from_estimator(small().fit(X, Y), X, network=network)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_a_few_inputs_are_called_by_their_names(small, style):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    city = np.where(np.arange(120) % 5, np.array(["Oslo", "Rome"])[Y], None)
    table = pd.DataFrame({"age": np.where(Y, X[:, 0], np.nan), "city": city, "a" * 30 + "z": 0.0})
    clf = small(numeric_bins=0).fit(table, Y)
    with plt.style.context(style):
        display = LayersDisplay.from_estimator(clf, table)
        display.figure_.canvas.draw()
    weights = display.axes_[0, 0]
    names = [label.get_text() for label in weights.get_xticklabels()]
    short = "a" * 12 + "..." + "a" * 11 + "z"
    assert names == [short if len(name) > 24 else name for name in clf.input_names_]
    assert_array_equal(weights.get_xticks(), np.arange(len(names)))
    assert "city is missing" in names
    assert display.figure_.get_figheight() > 4.8


def test_many_inputs_have_numbers(small):
    clf = small(numeric_bins=8).fit(X, Y)
    weights = LayersDisplay.from_estimator(clf, X).axes_[0, 0]
    assert len(clf.input_names_) == 27
    assert weights.get_xlabel() == "input"
    assert "x0" not in [label.get_text() for label in weights.get_xticklabels()]


# Diagnosis --------------------------------------------------------------------------------------


def test_bars_are_the_losses_of_trials_and_equal_ones_stand_once(small):
    display = DiagnosisDisplay.from_estimator(small().fit(X, Y), X, Y, diagnosis=TRIED)
    losses = [0.75 * loss + 0.25 * (loss + 0.1) for loss in (30.0, 0.5, 0.1)]
    assert_allclose([bar.get_width() for bar in display.bars_], losses)
    assert [text.get_text().strip() for text in display.texts_] == [
        "30.025  as it is",
        "0.525  fitted anew; also with tol=1",
        "0.125  best",
    ]
    assert_array_equal(display.base_line_.get_xdata(), [0.6, 0.6])
    assert_allclose(display.axes_[0].get_xlim(), (0, 0.9))  # the first bar is cut off
    heights = [display.axes_[0].transData.transform((0, bar.get_y()))[1] for bar in display.bars_]
    assert heights == sorted(heights, reverse=True)


def test_the_diagnosis_is_asked_where_it_is_not_given(small):
    clf = small().fit(X, Y)
    weight = 1 + np.arange(120) % 3
    display = DiagnosisDisplay.from_estimator(clf, X, Y, weight)
    asked = diagnose(clf, X, Y, weight).trials
    assert len(asked) > 1
    assert [trial.what for trial in display.trials] == [trial.what for trial in asked]
    assert_array_equal([t.loss for t in display.trials], [t.loss for t in asked])


@pytest.mark.parametrize("network", [0, 2])
def test_lines_are_the_root_mean_square_of_delta(small, network):
    clf = small(hidden_layer_sizes=(4, 5), precision="float64").fit(X, Y)
    display = DiagnosisDisplay.from_estimator(clf, X, Y, diagnosis=TRIED)
    traced = [trace(clf, x, y, network=network).layers for x, y in zip(X, Y, strict=True)]
    deltas = [[layers[at].delta for layers in traced] for at in range(3)]
    line = display.delta_lines_[network]
    assert_array_equal(line.get_xdata(), [1, 2, 3])
    assert_allclose(line.get_ydata(), [np.sqrt(np.mean(np.square(of))) for of in deltas])
    assert len(display.delta_lines_) == 3


def test_the_training_panel_is_the_training_curve(small):
    clf = small().fit(X, Y)
    display = DiagnosisDisplay.from_estimator(clf, X, Y, diagnosis=TRIED)
    alone = TrainingCurveDisplay.from_estimator(clf)
    for name in ("loss_lines_", "validation_lines_"):
        assert_array_equal(*(y_data(getattr(of, name)) for of in (display.training_, alone)))
    assert display.training_.ax_ is display.axes_[1]


CURVE = {"loss_curve": [0.7, 0.6], "best_iter": 2, "n_iter": 2}


@pytest.mark.parametrize("sizes", [0, 5e-324, 1e-200, 1e300, np.inf, np.nan])
def test_deltas_of_any_size_are_drawn(sizes):
    display = DiagnosisDisplay(TRIALS, [[sizes, 0.0], [1.0, 0.0]], **CURVE).plot()
    display.figure_.canvas.draw()
    DiagnosisDisplay(TRIALS, np.full((2, 1), sizes), **CURVE).plot().figure_.canvas.draw()
    assert len(display.delta_lines_) == 2


def test_without_trials_there_are_no_bars():
    display = DiagnosisDisplay([], [[0.1], [0.2]], **CURVE).plot()
    display.figure_.canvas.draw()
    assert display.base_line_ is None
    assert len(display.bars_) == len(display.texts_) == 0
    assert display.axes_[0].get_title() == "no trials were made"
    assert not display.axes_[0].axison


def test_a_new_figure_is_high_enough_for_many_trials():
    trials = [
        Trial("with " + 300 * "a", {}, np.array([at]), np.ones(1), 0.7)
        for at in np.linspace(0.1, 0.7, 24)
    ]
    display = DiagnosisDisplay(trials, [[0.1], [0.2]], **CURVE).plot()
    display.figure_.canvas.draw()
    texts = [text.get_window_extent() for text in display.texts_]
    bars = [bar.get_window_extent() for bar in display.bars_]
    for below, above in [*zip(bars, texts, strict=True), *zip(texts[1:], bars[:-1], strict=True)]:
        assert below.y1 <= above.y0 + 1
    assert display.plot(ax=plt.figure().add_subplot()).figure_.get_figheight() == 4.8


@pytest.mark.parametrize("width", [3, 6.4, 12])
def test_words_of_trials_end_within_the_frame_and_are_whole_where_there_is_room(width):
    whats = ["as it is", f"with {', '.join(f'beta_{at}=0.9' for at in range(8))}", 300 * "a"]
    trials = [Trial(what, {}, np.array([len(what)]), np.ones(1), 0.7) for what in whats]
    figure, ax = plt.subplots(figsize=(width, 5), layout="constrained")
    display = DiagnosisDisplay(trials, [[0.1], [0.2]], **CURVE).plot(ax)
    figure.canvas.draw()
    frame, em = display.axes_[0].bbox, display.texts_[0].get_fontsize() * figure.dpi / 72
    for text, trial, what in zip(display.texts_, trials, whats, strict=True):
        end, said = text.get_window_extent().x1, text.get_text()
        whole = f" {trial.loss:.3f}  {what}"
        assert end < frame.x1
        if said != whole:
            assert said.endswith("…")
            assert whole.startswith(said[:-1])
            assert end > frame.x1 - 4 * em
    assert (display.texts_[1].get_text().endswith(whats[1])) == (width == 12)


@pytest.mark.parametrize("n_layers", [1, 2, 7, 10, 11, 25, 200])
def test_every_layer_has_a_tick_and_the_first_and_last_a_number(n_layers):
    sizes = np.geomspace(1e-3, 1, n_layers)[:, np.newaxis]
    axis = DiagnosisDisplay(TRIALS, sizes, **CURVE).plot().axes_[2].xaxis
    numbers = axis.get_majorticklocs()
    assert {*numbers, *axis.get_minorticklocs()} == {*range(1, n_layers + 1)}
    assert {1, n_layers} <= {*numbers}
    assert len(numbers) == n_layers if n_layers <= 10 else len(numbers) <= 10
    labels = [label.get_text() for label in axis.get_majorticklabels()]
    assert labels == [f"{number:.0f}" for number in numbers]


# scikit-learn's own -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_decision_boundary_display_shows_the_estimator(small, method):
    clf = small().fit(X[:, :2], Y)
    options = {"response_method": method, "grid_resolution": 5}
    display = DecisionBoundaryDisplay.from_estimator(clf, X[:, :2], **options)
    response = getattr(clf, method)(np.column_stack([display.xx0.ravel(), display.xx1.ravel()]))
    wanted = response[:, 1] if method == "predict_proba" else response
    assert_allclose(display.response.ravel(), wanted)


def test_a_decision_boundary_of_columns_with_gaps_spans_the_values_that_are_there(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pd.DataFrame(X[:, :2], columns=["a", "b"])
    table.loc[::4, "b"] = np.nan
    clf = small().fit(table, Y)
    display = DecisionBoundaryDisplay.from_estimator(
        clf, table, response_method="predict_proba", grid_resolution=5
    )
    assert display.xx1.min() <= table["b"].min()
    assert display.xx1.max() >= table["b"].max()
    grid = pd.DataFrame({"a": display.xx0.ravel(), "b": display.xx1.ravel()})
    assert_allclose(display.response.ravel(), clf.predict_proba(grid)[:, 1])

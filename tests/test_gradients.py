"""A check finds a gradient wrong where it is wrong, and only there; a trace is the formulas."""

import html
import math
import pickle
import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, ndtr
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknumpynet import check_gradients, trace
from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.differences import Checker
from sknumpynet.engine.layout import Layout
from sknumpynet.engine.losses import LOSSES
from sknumpynet.engine.network import Network

X = np.random.default_rng(0).normal(size=(120, 2))
Y = np.array(["no", "yes"])[(X[:, 0] * X[:, 1] > 0).astype(int)]
SCALINGS = ["robust", "standard", None]
BENT = [name for name, activation in ACTIVATIONS.items() if activation.has_kink]
DEEP = {"hidden_layer_sizes": (5, 5), "numeric_bins": 0}


def errors(report):
    return {(matrix.layer, matrix.name): matrix.max_error for matrix in report.matrices}


# The check --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_backpropagation_is_right_for_every_activation_and_loss(
    small, activation, loss, n_estimators
):
    params = {"activation": activation, "loss": loss, "n_estimators": n_estimators}
    report = check_gradients(small(**DEEP, **params).fit(X, Y), X, Y, network=n_estimators - 1)
    assert report.ok, report
    assert sum(m.n_checked + m.n_at_kink for m in report.matrices) == 2 * 5 + 5 + 5 * 5 + 5 + 5 + 1
    assert sum(m.n_at_kink for m in report.matrices) <= (4 if activation in BENT else 0)


@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.exceptions.NotLearningWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("alpha", [0.0, 10.0])
@pytest.mark.parametrize("scale_inputs", SCALINGS)
@pytest.mark.parametrize("bins", [0, 4])
def test_backpropagation_is_right_for_every_scaling_and_penalty(
    small, bins, scale_inputs, alpha, dtype
):
    params = {"numeric_bins": bins, "scale_inputs": scale_inputs, "alpha": alpha, "dropout": 0.3}
    weighting = {"label_smoothing": 0.1, "class_weight": {"no": 1, "yes": 3}}
    table = (X * [1, 50] + [0, 20]).astype(dtype)
    weight = np.random.default_rng(1).uniform(0, 2, len(X))
    clf = small(**params, **weighting).fit(table, Y, weight)
    assert check_gradients(clf, table, Y, weight).ok


@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.exceptions.NotLearningWarning")
@pytest.mark.parametrize("activation", ["identity", "tanh", "gelu"])
@pytest.mark.parametrize("unit", [1e-3, 1e3, 1e6])
def test_the_unit_of_columns_left_unscaled_raises_no_alarm(small, unit, activation):
    clf = small(**DEEP, activation=activation, scale_inputs=None).fit(X * unit, Y)
    report = check_gradients(clf, X * unit, Y)
    assert report.max_error < 1e-7, report


def test_what_is_not_finite_is_not_ok(small):
    clf = small(n_estimators=1, activation="identity", scale_inputs=None).fit(X, Y)
    clf.coefs_ = [100 * coef for coef in clf.coefs_]
    huge = np.where(np.arange(120)[:, np.newaxis] == 5, 1e307, X)
    report = check_gradients(clf, huge[:60], Y[:60])
    assert not report.ok
    assert report.max_error == np.inf


def test_rows_of_float32_are_checked_in_float64(small):
    table = (X * 50).astype(np.float32)
    clf = small().fit(table, Y)
    weight = np.random.default_rng(1).uniform(0, 2, len(X))
    reports = [check_gradients(clf, rows, Y, weight) for rows in (table, table.astype(float))]
    assert reports[0] == reports[1]


@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.NotLearningWarning")  # by a line
@pytest.mark.parametrize("params", [{"hidden_layer_sizes": ()}, {"solver": "lbfgs", "tol": 0.1}])
def test_a_logistic_regression_and_any_solver_can_be_checked(small, params):
    assert check_gradients(small(**{"max_iter": 100} | params).fit(X, Y), X, Y).ok


def test_it_can_be_checked_after_a_piece_of_a_stream_and_on_rows_of_one_class(small):
    clf = small().partial_fit(X[:50], Y[:50], classes=["no", "yes"])
    assert check_gradients(clf, X[Y == "no"], Y[Y == "no"]).ok


@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
@pytest.mark.parametrize("bins", [0, 3])
def test_sparse_rows_are_checked_as_the_same_rows_dense(small, every_width, scale_inputs, bins):
    table = np.where(abs(X) > 0.5, X, 0)
    clf = small(scale_inputs=scale_inputs, numeric_bins=bins).fit(sparse.csr_array(table), Y)
    of_sparse, dense = (
        errors(check_gradients(clf, rows, Y)) for rows in (sparse.csr_array(table), table)
    )
    assert of_sparse.keys() == dense.keys()
    assert max([*of_sparse.values(), *dense.values()]) < 1e-6


def test_a_step_is_as_long_on_sparse_rows_as_on_dense(small, monkeypatch):
    made = []

    class Noted(Checker):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr("sknumpynet.gradients.Checker", Noted)
    clf = small(scale_inputs=None, hidden_layer_sizes=()).fit(sparse.csr_array(X), Y)
    for rows in (sparse.csr_array(1e9 * X), 1e9 * X):
        check_gradients(clf, rows, Y)
    assert_array_equal(made[0].scale, made[1].scale)
    assert made[0].scale.min() < 1e-9


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("factor", [1.001, -1.0])
def test_a_wrong_slope_is_found_in_the_layers_below_it(small, monkeypatch, activation, factor):
    clf = small(**DEEP, activation=activation).fit(X, Y)
    right = ACTIVATIONS[activation]

    def wrong(delta, a, saved):
        right.multiply_by_slope(delta, a, saved)
        delta *= factor

    monkeypatch.setitem(ACTIVATIONS, activation, right._replace(multiply_by_slope=wrong))
    report = check_gradients(clf, X, Y)
    assert not report.ok
    assert str(report).startswith("Backpropagation against central differences: NOT ok")
    # The wrong slope comes in once below the upper hidden layer and twice below the lower one.
    wanted = {3: 0, 2: abs(factor - 1), 1: abs(factor**2 - 1)}
    for (layer, _), error in errors(report).items():
        assert_allclose(error, wanted[layer] / max(1, abs(factor) ** (3 - layer)), atol=1e-6)


def test_a_wrong_component_is_found_and_named(small, monkeypatch):
    clf = small(**DEEP, activation="tanh").fit(X, Y)
    layout = Layout((len(clf.input_names_), *DEEP["hidden_layer_sizes"], 1))
    backward = Network.backward

    def wrong(self):
        backward(self)
        layout.views(self.grad)[1][..., 2, 3] += 0.01

    monkeypatch.setattr(Network, "backward", wrong)
    report = check_gradients(clf, X, Y)
    (found,) = [matrix for matrix in report.matrices if matrix.max_error > 1e-6]
    assert (found.layer, found.name, found.where) == (2, "weights", (2, 3))
    assert "[2, 3]" in str(report)


def test_what_the_sample_of_a_large_matrix_misses_the_direction_finds(small, monkeypatch):
    clf = small(hidden_layer_sizes=200, activation="tanh").fit(X, Y)
    weights = check_gradients(clf, X, Y).matrices[0]
    assert weights.n_checked == 50 < np.prod(weights.shape)
    backward = Network.backward

    def wrong(self):
        backward(self)
        self.grad[..., 0] += 0.1  # of the first column's first weight: not drawn

    monkeypatch.setattr(Network, "backward", wrong)
    report = check_gradients(clf, X, Y)
    assert not report.ok
    assert [m.where for m in report.matrices if m.max_error > 1e-6] == ["direction"]


@pytest.mark.parametrize("activation", BENT)
def test_components_at_a_kink_are_counted_and_not_judged(small, activation):
    clf = small(n_estimators=1, activation=activation, scale_inputs=None).fit(X, Y)
    clf.intercepts_ = [np.zeros(4), clf.intercepts_[1]]
    at_kink = np.vstack([X, np.zeros((1, 2))])[-60:]
    report = check_gradients(clf, at_kink, Y[-60:])
    assert report.ok
    n_at_kink = {(m.layer, m.name): m.n_at_kink for m in report.matrices}
    assert n_at_kink[1, "biases"] == 4
    assert n_at_kink[2, "weights"] == n_at_kink[2, "biases"] == 0
    assert math.isnan(errors(report)[1, "biases"])


def test_the_weights_checked_are_those_of_scaled_inputs(small):
    clf = small(n_estimators=1, scale_inputs="standard", early_stopping=False).fit(X + 3, Y)
    mean = (X + 3).mean(axis=0)
    clf.intercepts_ = [-mean @ clf.coefs_[0], clf.intercepts_[1]]  # z is 0 in the middle
    _, biases, *_ = check_gradients(clf, [mean], ["no"]).matrices
    assert biases.n_at_kink == 4


def test_nothing_checked_is_not_ok(small):
    clf = small(n_estimators=1, hidden_layer_sizes=3).fit(X, Y)
    report = check_gradients(clf, X, Y)
    nothing = [replace(matrix, max_error=np.nan) for matrix in report.matrices]
    with np.errstate(invalid="ignore"):
        assert not replace(report, matrices=nothing).ok


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu"])
def test_slopes_of_saturated_units_are_zero_without_an_error(small, activation):
    clf = small(n_estimators=1, activation=activation, scale_inputs=None).fit(X, Y)
    clf.intercepts_ = [np.full(4, -1e4), np.array([-800.0])]
    report = check_gradients(clf, X, Y)
    assert report.ok
    assert errors(report)[1, "weights"] == 0


def test_of_many_rows_the_same_sample_is_checked_each_time(small):
    clf = small().fit(X, Y)
    first, second = check_gradients(clf, X, Y), check_gradients(clf, X, Y)
    assert first == second
    assert (first.n_rows, first.n_rows_given) == (100, 120)
    assert "100 of 120 rows, float64" in str(first)


def test_columns_of_the_table_stand_below_each_other(small):
    clf = small(**DEEP).fit(X, Y)
    table = str(check_gradients(clf, X, Y)).split("\n\n")[1].split("\n")
    assert len(table) == 1 + 6
    ends = [line.index(title) + len(title) for line, title in [(table[0], "largest error")]]
    assert all(line[ends[0]] == " " != line[ends[0] - 1] for line in table)


# The trace --------------------------------------------------------------------------------------


def namespace(**values):
    """What the formulas that a trace prints are written in."""
    functions = {name: getattr(math, name) for name in ("exp", "log", "tanh")}
    normal = {"Phi": ndtr, "phi": lambda z: math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)}
    return functions | normal | {"s": expit} | values


def by_loops(clf, layers, a, target):
    """Activations, deltas and gradients by plain loops over the printed formulas."""
    f, slope = ACTIVATIONS[clf.activation].formula, ACTIVATIONS[clf.activation].slope
    slope = slope.partition(", t = ")[0]
    activity, pre = [a], []
    for number, layer in enumerate(layers, 1):
        W, b = layer.W, layer.b
        z = [sum(W[i, j] * a[i] for i in range(len(a))) + b[j] for j in range(len(b))]
        a = [eval(f, namespace(z=of_one)) for of_one in z]
        if number == len(layers):
            a = [1 / (1 + math.exp(-z[0]))]
        pre.append(z)
        activity.append(a)
    of_output = namespace(p=a[0], t=target)
    loss, delta = (eval(formula, of_output) for formula in LOSSES[clf.loss].formulas)
    deltas, gradients = [[delta]], []
    for number in reversed(range(len(layers))):
        delta, a = deltas[0], activity[number]
        gradients.insert(0, [[of_input * of_unit for of_unit in delta] for of_input in a])
        if number:
            W = layers[number].W
            back = [sum(W[i, j] * delta[j] for j in range(len(delta))) for i in range(len(a))]
            for i, z in enumerate(pre[number - 1]):
                t = math.tanh(math.log(1 + math.exp(z)))
                back[i] *= eval(slope, namespace(z=z, a=a[i], t=t))
            deltas.insert(0, back)
    return loss, pre, activity[1:], deltas, gradients


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_trace_is_what_loops_over_its_formulas_give(small, activation, loss, smoothing):
    params = {"activation": activation, "loss": loss, "label_smoothing": smoothing}
    clf = small(**DEEP, **params).fit(X, Y)
    for label in ("no", "yes"):
        row = trace(clf, X[7], label, network=1)
        assert_allclose(row.target, smoothing / 2 if label == "no" else 1 - smoothing / 2)
        names = ("z", "a", "delta", "grad_W")
        value, *arrays = by_loops(clf, row.layers, row.a0, row.target)
        tolerance = {"rtol": 1e-4, "atol": 1e-5} if activation == "selu" else {"rtol": 1e-9}
        assert_allclose(row.loss, value, **tolerance)
        assert_allclose(row.probability, arrays[1][-1][0], **tolerance)
        for name, by_layer in zip(names, arrays, strict=True):
            for layer, by_hand in zip(row.layers, by_layer, strict=True):
                assert_allclose(getattr(layer, name), by_hand, **tolerance, err_msg=name)
        for layer in row.layers:
            assert_array_equal(layer.grad_b, layer.delta)
        by_hand = [
            sum(w * d for w, d in zip(W, arrays[2][0], strict=True)) for W in row.layers[0].W
        ]
        assert_allclose(row.grad_a0, by_hand, **tolerance)


@pytest.mark.parametrize("activation", ["logistic", "relu", "gelu"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("bins", [0, 4])
@pytest.mark.parametrize("scale_inputs", SCALINGS)
def test_a_trace_s_gradient_is_the_slope_of_predict_proba_s_loss(
    small, scale_inputs, bins, loss, activation
):
    params = {"loss": loss, "activation": activation, "numeric_bins": bins}
    params |= {"n_estimators": 1, "scale_inputs": scale_inputs, "precision": "float64"}
    clf = small(**params).fit(X, Y)
    row, h = trace(clf, X[3], "yes"), 1e-5

    def loss_now():
        p = clf.predict_proba(X[3:4])[0, 1]
        return -np.log(p) if loss == "log_loss" else (1 - p) ** 2 / 2

    def slopes(name, number):
        kept, found = getattr(clf, name)[number].copy(), []
        for place in np.ndindex(kept.shape):
            losses = []
            for move in (-h, h):
                moved = kept.copy()
                moved[place] += move
                getattr(clf, name)[number] = moved
                losses.append(loss_now())
            found.append((losses[1] - losses[0]) / (2 * h))
        getattr(clf, name)[number] = kept
        return np.reshape(found, kept.shape)

    assert_allclose(row.loss, loss_now(), rtol=1e-11)
    for number, layer in enumerate(row.layers):
        by_weight = layer.grad_W
        if number == 0 and scale_inputs == "standard":  # coefs_ take the columns unscaled
            by_weight = np.multiply.outer(np.r_[row.x, row.a0[2:]], layer.delta)
        assert_allclose(by_weight, slopes("coefs_", number), rtol=1e-6, atol=1e-9)
        assert_allclose(layer.grad_b, slopes("intercepts_", number), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("scale_inputs", ["robust", None])
def test_weights_are_the_estimator_s_and_shapes_are_those_of_the_formulas(small, scale_inputs):
    clf = small(**DEEP, scale_inputs=scale_inputs, precision="float64").fit(X, Y)
    row = trace(clf, X[0], "no", network=2)
    for layer, coef, intercept in zip(row.layers, clf.coefs_, clf.intercepts_, strict=True):
        assert_array_equal(layer.W, coef[2])
        assert_array_equal(layer.b, intercept[2])
        assert layer.grad_W.shape == layer.W.shape
        assert layer.z.shape == layer.a.shape == layer.delta.shape == layer.b.shape
    assert_array_equal(row.x, X[0])
    assert row.y == "no"
    assert_allclose(row.probability, clf.predict_proba_members(X[:1])[2, 0], rtol=1e-12)


def test_the_weighted_mean_of_traces_plus_the_penalty_is_the_gradient_of_training(small):
    params = {"alpha": 3.0, "label_smoothing": 0.1, "class_weight": {"no": 1, "yes": 4}}
    clf = small(**params, n_estimators=1, solver="sgd", momentum=0, early_stopping=False)
    clf.set_params(
        precision="float64", batch_size=200, max_iter=1, learning_rate="constant", warm_start=True
    )
    clf.fit(X, Y).set_params(learning_rate_init=1e-3)
    weight = np.where(Y == "yes", 4.0, 1.0)
    traces = [trace(clf, x, y) for x, y in zip(X, Y, strict=True)]
    before = [*clf.coefs_, *clf.intercepts_]
    before = [array.copy() for array in before]
    clf.fit(X, Y)
    if clf.best_iter_ == 0:
        pytest.fail("the step was not kept")
    for number in range(2):
        mean = np.average([t.layers[number].grad_W for t in traces], axis=0, weights=weight)
        mean += 3.0 / weight.sum() * before[number]
        assert_allclose((before[number] - clf.coefs_[number]) / 1e-3, mean, rtol=1e-9, atol=1e-10)
        mean = np.average([t.layers[number].grad_b for t in traces], axis=0, weights=weight)
        change = before[2 + number] - clf.intercepts_[number]
        assert_allclose(change / 1e-3, mean, rtol=1e-9, atol=1e-10)


def test_a_row_may_come_in_any_form(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pd.DataFrame(X, columns=["height", "width"])
    clf = small().fit(frame, Y)
    forms = [frame.iloc[4], frame.iloc[[4]], frame.astype(object).iloc[4]]
    bare = small().fit(X, Y)
    others = [X[4], X[4:5], X[4].tolist(), [X[4].tolist()], sparse.csr_array(X[4:5])]
    wanted = str(trace(bare, X[4], "no"))
    assert [str(trace(bare, form, "no")) for form in others] == 5 * [wanted]
    wanted = wanted.replace("x0", "height").replace("x1", "width")
    assert [str(trace(clf, form, "no")) for form in forms] == 3 * [wanted]


def test_a_printed_trace_shows_every_array_under_its_formula(small):
    clf = small(**DEEP, activation="logistic").fit(X, Y)
    row = trace(clf, X[0], "yes")
    printed = str(row)
    forward, backward = printed.split("\n\n")[1:]
    for part, names in ((forward, ("W", "b", "z", "a")), (backward, ("delta",))):
        for number, layer in enumerate(row.layers, 1):
            for name in names:
                array = getattr(layer, name)
                title = f"  {name}{number} "
                (start,) = [i for i, line in enumerate(part.split("\n")) if line.startswith(title)]
                line, *below = part.split("\n")[start:]
                assert line.endswith(f"  {array.shape}") or title == "  W1 "
                below = " ".join(below[: array.shape[0] if array.ndim == 2 else 1])
                shown = below.replace("[", " ").replace("]", " ").split()
                assert_allclose(np.array(shown, float), array.ravel(), rtol=1e-3)
    assert f"L = {LOSSES['log_loss'].formulas[0]}\n    {row.loss:10.4g}" in printed
    assert "  delta2 = dL/dz2 = (delta3 W3^T) * f'(z2), f'(z) = a * (1 - a)  (5,)" in backward
    assert "  dW1 = dL/dW1 = a0^T delta1  (2, 5)" in backward


def test_of_large_arrays_the_ends_are_printed(small):
    printed = str(trace(small(hidden_layer_sizes=300).fit(X, Y), X[0], "yes"))
    assert len(printed.split("\n")) < 110
    assert max(map(len, printed.split("\n"))) <= 100
    assert "(300, 1)" in printed
    assert "-0 " not in printed


# Raw tables --------------------------------------------------------------------------------------


def raw_table(pd):
    """Gaps, texts, booleans, dates, and a column of many levels, which has target means."""
    rng = np.random.default_rng(0)
    number, city = np.arange(120), np.array(["Oslo", "Rome"])[rng.integers(0, 2, 120)]
    columns = {
        "age": np.where(number % 7, X[:, 0], np.nan),
        "city": np.where(number % 5, city, None),
        "shop": [f"s{number}" for number in rng.integers(0, 30, 120)],
        "is_new": X[:, 1] > 0,
        "when": pd.date_range("2020-01-01", periods=120, freq="7h"),
    }
    return pd.DataFrame(columns)


@pytest.mark.parametrize("params", [{}, DEEP, {"scale_inputs": "standard"}, {"scale_inputs": None}])
def test_backpropagation_is_right_on_raw_tables(small, params):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = raw_table(pd)
    clf = small(**params, activation="tanh").fit(table, Y)
    report = check_gradients(clf, table, Y)
    assert report.ok, report
    assert report.layer_sizes[0] == len(clf.input_names_)
    assert check_gradients(clf, table[:30], Y[:30]).ok


@pytest.mark.parametrize("scale_inputs", SCALINGS)
@pytest.mark.parametrize("bins", [0, 3])
def test_sparse_rows_with_gaps_are_read_as_the_same_rows_dense(
    small, every_width, scale_inputs, bins
):
    table = np.where(abs(X) > 0.5, 5 + X, 0)
    table[::4, 0] = table[::9, 1] = np.nan
    rows = sparse.csr_array(table)
    clf = small(scale_inputs=scale_inputs, numeric_bins=bins, activation="tanh").fit(rows, Y)
    assert check_gradients(clf, rows, Y).ok
    assert check_gradients(clf, table, Y).ok
    assert str(trace(clf, rows[:1], Y[0])) == str(trace(clf, table[0], Y[0]))


@pytest.mark.parametrize("at", [0, 3, 5, 7, 35])
def test_a_row_of_several_types_may_come_in_any_form(small, at):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = raw_table(pd)
    clf = small(precision="float64").fit(table, Y)
    forms = [table.iloc[at], table[at : at + 1], table.iloc[[at]], table.astype(object).iloc[at]]
    traces = [trace(clf, form, Y[at]) for form in forms]
    assert len({str(row) for row in traces}) == 1
    proba = clf.predict_proba_members(table[at : at + 1])[0, 0]
    assert_allclose(traces[0].probability, proba, rtol=1e-12)
    x = dict(zip(traces[0].column_names, traces[0].x, strict=True))
    assert list(x) == list(table.columns)
    assert x["city"] == (table["city"][at] if at % 5 else None)
    assert x["age"] == (table["age"][at] if at % 7 else None)
    assert (x["shop"], x["is_new"]) == (table["shop"][at], table["is_new"][at])
    assert x["when"] == table["when"][at]


def test_a_row_of_polars_may_be_a_frame_or_a_tuple(small):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    ages, cities = [None, *X[1:, 0].tolist()], ["Oslo", None, "Rome"] * 40
    table = pl.DataFrame({"age": ages, "city": cities})
    clf = small().fit(table, Y)
    for at in range(3):
        wanted = str(trace(clf, table[at : at + 1], Y[at]))
        assert str(trace(clf, table[at], Y[at])) == wanted
    bare = small().fit(list(map(list, table.rows())), Y)
    assert trace(bare, table.row(1), "no").x[1] is None


def test_a_trace_of_a_raw_table_prints_columns_and_inputs_by_name(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = raw_table(pd)
    clf = small(numeric_bins=0).fit(table, Y)
    row = trace(clf, table.iloc[5].replace({table["shop"][5]: "s99"}), "no")
    given, inputs = str(row).partition("  W1 ")[0].split("  a0 = ")
    assert "None  city" in given
    assert "missing or unknown to fit  shop" in given
    assert "2020-01-02T11:00:00  when" in given
    assert "1  city is missing" in inputs
    assert "= Oslo" not in inputs
    n_zero = np.count_nonzero(row.a0 == 0)
    assert f"as inputs, {n_zero} that are 0 left out  ({len(row.a0)},)" in inputs
    assert list(row.input_names) == list(clf.input_names_)


def test_a_plain_table_prints_its_row_as_an_array(small):
    printed = str(trace(small(numeric_bins=0).fit(X, Y), X[0], "yes"))
    assert "  a0 = x scaled  (2,)\n    [" in printed
    printed = str(trace(small(numeric_bins=0, scale_inputs=None).fit(X, Y), X[0], "yes"))
    assert "  a0 = x  (2,)\n    [" in printed


# Both -------------------------------------------------------------------------------------------

LOOKS = [
    lambda clf, **of: check_gradients(clf, X, Y, **of),
    lambda clf, **of: trace(clf, X[0], "no", **of),
]
either = pytest.mark.parametrize("look", LOOKS, ids=["check", "trace"])


@either
@pytest.mark.parametrize("given", [{}, {"class_weight": "balanced"}])
def test_the_estimator_stays_as_it_is(small, look, given):
    clf = small(**given).fit(X, Y)
    for array in clf.coefs_:
        array.setflags(write=False)
    before, attributes = pickle.dumps(clf), dict(vars(clf))
    look(clf)
    assert pickle.dumps(clf) == before
    assert vars(clf).keys() == attributes.keys()
    assert all(vars(clf)[name] is value for name, value in attributes.items())


@either
def test_parameters_set_since_the_fit_do_not_change_the_network(small, look):
    clf = small(**DEEP, activation="tanh").fit(X, Y)
    before = look(clf)
    clf.set_params(activation="relu", hidden_layer_sizes=7, n_estimators=1, dropout=0.5)
    assert str(look(clf)) == str(before)


@either
@pytest.mark.parametrize("network", [3, -1])
def test_a_network_that_is_not_there_is_an_error(small, look, network):
    with pytest.raises(ValueError, match=f"network={network} is not among the 3.*from 0 to 2"):
        look(small().fit(X, Y), network=network)


@either
def test_an_estimator_that_cannot_be_looked_into_is_an_error(small, look):
    with pytest.raises(NotFittedError):
        look(small())
    with pytest.raises(TypeError, match=r"a Pipeline, not a NumpyMLP.*such as pipe\[-1\]"):
        look(make_pipeline(StandardScaler(), small()).fit(X, Y))


@pytest.mark.parametrize(
    ("rows", "labels", "weight", "message"),
    [
        (X[:, :1], Y, None, "X has 1 features, but NumpyMLPBinaryClassifier is expecting 2"),
        (X, np.where(Y == "no", "maybe", Y), None, "y has the unknown label 'maybe'"),
        (X[:50], Y, None, "inconsistent numbers of samples"),
        (X * np.inf, Y, None, "contains infinity"),
        (X, Y, np.zeros(120), "every weight is zero"),
        (X, Y, -np.ones(120), "negative weight"),
    ],
)
def test_rows_that_fit_would_not_take_are_not_checked(small, rows, labels, weight, message):
    with pytest.raises(ValueError, match=message):
        check_gradients(small().fit(X, Y), rows, labels, weight)


@pytest.mark.parametrize(
    ("row", "label", "message"),
    [
        (X[0, :1], "no", "X has 1 features"),
        (X[:2], "no", r"x has 2 rows; give one, such as X\[:1\]"),
        (X[0], "maybe", "y has the unknown label 'maybe'"),
        (X[0], ["no", "yes"], r"y has the shape \(2,\); give the label of the one row"),
        (X[0], None, "Unknown label type"),
        (X[0] * np.inf, "no", "contains infinity"),
    ],
)
def test_a_row_that_does_not_fit_is_not_traced(small, row, label, message):
    with pytest.raises(ValueError, match=message):
        trace(small().fit(X, Y), row, label)


# Matrices of one's own, in place of an estimator ------------------------------------------------


def plain_network(small, loss):
    """An estimator without scaling, and its matrices as (units, inputs) with columns of biases."""
    clf = small(**DEEP, n_estimators=1, activation="tanh", loss=loss, scale_inputs=None).fit(X, Y)
    return clf, ([W.T for W in clf.coefs_], [b[:, np.newaxis] for b in clf.intercepts_])


@pytest.mark.parametrize("loss", LOSSES)
def test_matrices_are_traced_and_checked_as_the_estimator_that_has_them(small, loss):
    clf, matrices = plain_network(small, loss)
    of_clf = trace(clf, X[3], "yes")
    of_matrices = trace(matrices, X[3], 1, activation="tanh", loss=loss)
    for one, other in zip(of_clf.layers, of_matrices.layers, strict=True):
        for name in ("W", "b", "z", "a", "delta", "grad_W", "grad_b"):
            assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)
    printed = str(of_clf).partition("\n\n")[2]
    for formula in LOSSES[loss].formulas:  # the labels of matrices are 0 and 1: no t is needed
        printed = printed.replace(f"= {formula}", "= " + re.sub(r"\bt\b", "y", formula))
    assert str(of_matrices).partition("\n\n")[2] == printed
    labels = (Y == "yes").astype(int)
    checked = check_gradients(matrices, X.T, labels, activation="tanh", loss=loss)
    assert checked.ok
    tables = (str(check).split("\n\n")[1] for check in (checked, check_gradients(clf, X, Y)))
    assert len({*tables}) == 1


def test_of_matrices_no_stack_and_no_scaling_is_spoken_of(small):
    of_rows = [np.ones((2, 5)), np.ones((5, 1))]
    of_columns, biases = [W.T for W in of_rows], [np.ones((5, 1)), np.ones((1, 1))]
    for pair, taken in [
        ((of_rows, None), "weights as (inputs, units), as in X @ W; no biases"),
        (
            (of_columns, biases),
            "weights as (units, inputs), as in W @ x; biases as columns; shown as (inputs, units)",
        ),
    ]:
        row, check = trace(pair, X[0], True), check_gradients(pair, X, Y == "yes")
        assert (row.network, check.network, row.is_scaled) == (None, None, False)
        for printed in (str(row), html.unescape(row._repr_html_())):
            assert "Network 2-5-1, y = 1" in printed
            assert f"Taken: {taken}." in printed
            assert "a0 = x" in printed
            assert "scaled" not in printed
        for printed in (str(check), html.unescape(check._repr_html_())):
            assert "2-5-1, 100 of 120 rows, float64" in printed
            assert "compare_gradients judges yours" in printed
            assert "network 0" not in printed
    clf = small(**DEEP).fit(X, Y)
    assert str(trace(clf, X[0], "no")).startswith("Network 0 (2-5-5-1), y = 'no', t = 0\n\n")
    assert "compare_gradients" not in str(check_gradients(clf, X, Y))


@pytest.mark.parametrize(
    ("look", "message"),
    [
        (lambda pair: trace(pair, X[:2], [0, 1]), r"x has 2 rows; give one, such as X\[:1\]"),
        (lambda pair: trace(pair[0], X[0], 1), r"a pair \(weights, biases\) .* but 3 came"),
        (lambda pair: trace(pair, X[0], "yes"), "y has the labels 'yes'; give 0 and 1"),
        (lambda pair: check_gradients(pair, X[:, :1], Y), r"X has the shape \(120, 1\)"),
        (lambda pair: check_gradients(pair, X, Y, np.ones(120)), "sample_weight is for an estim"),
    ],
)
def test_matrices_that_do_not_fit_are_an_error(small, look, message):
    with pytest.raises(ValueError, match=message):
        look(plain_network(small, "log_loss")[1])


@pytest.mark.parametrize("look", [trace, check_gradients])
def test_what_is_meant_for_the_other_kind_of_network_is_refused(small, look):
    clf, pair = plain_network(small, "log_loss")
    rows = (X[0], Y[0]) if look is trace else (X, Y)
    with pytest.raises(ValueError, match="network is for an estimator; leave it out for matrices"):
        look(pair, *rows, network=1)
    for given in ({"activation": "tanh"}, {"loss": "squared_error"}):
        with pytest.raises(ValueError, match="is for matrices; leave it out for an estimator"):
            look(clf, *rows, **given)


def test_a_notebook_shows_every_formula_with_its_numbers(small):
    clf, _ = plain_network(small, "log_loss")
    traced = trace(clf, X[3], "yes")
    page = html.unescape(traced._repr_html_())
    lines = [line.strip() for line in str(traced).split("\n") if line.strip()]
    assert all(line in page for line in lines)
    report = check_gradients(clf, X, Y)
    page = html.unescape(report._repr_html_())
    assert report.headline in page
    assert all(cell in page for matrix in report.matrices for cell in matrix.cells)

"""Contributions add up to the log-odds, and are what they are said to be."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, logit

from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.contributions import Background, backward, forward, logarithmic_mean, secants
from sknumpynet.engine.inputs import sparse as sparse_inputs
from sknumpynet.engine.inputs.binning import Binning
from sknumpynet.engine.inputs.encoding import Encoding
from sknumpynet.engine.inputs.gaps import Gaps
from sknumpynet.engine.inputs.levels import Levels
from sknumpynet.engine.inputs.reading import Reader
from sknumpynet.engine.inputs.scaling import Scaling
from sknumpynet.engine.layout import Layout
from sknumpynet.engine.network import Network
from sknumpynet.engine.prediction import log_odds, predict_logits
from sknumpynet.engine.stack import Stack

# Three columns of numbers, the second with codes and gaps, and one of levels.
ENCODING = Encoding(
    4,
    Scaling(np.array([0.5, 0.0, -1.0]), np.array([2.0, 1.0, 0.5]), bends=True),
    Binning(np.array([1, 1, 1]), np.array([-2.0, -1, 0]), np.ones(3), np.array([0.9, 0.6, 0.2])),
    Gaps(np.array([1])),
    Levels(np.array([3, 3]), np.array([0.0, 2])),
    n_categorical=1,
)
EVERY_COLUMN = np.arange(4)


def make_rows(rng, n_rows=6):
    X = np.column_stack([rng.normal(size=(n_rows, 3)), rng.integers(-1, 4, n_rows)])
    X[::3, 1] = np.nan
    return X


def make_stack(rng, hidden=(5, 3), n_networks=3, activation="tanh", encoding=ENCODING):
    layout = Layout((len(encoding.source), *hidden, 1))
    params = rng.normal(size=(n_networks, layout.n_params))
    return Stack(layout, activation, encoding, params)


def explained(stack, X, background, n_steps=1, column=EVERY_COLUMN, dtype=float):
    judge = Background(stack, background, column, dtype)
    return judge, judge.contributions(X, np.arange(X.shape[0]), n_steps)


def odds_of(stack, X):
    return log_odds(predict_logits(stack, X))


@pytest.mark.parametrize("n_steps", [1, 3])
@pytest.mark.parametrize("n_networks", [1, 3])
@pytest.mark.parametrize("hidden", [(), (5,), (5, 1, 3)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_contributions_and_the_base_add_up_to_the_log_odds(activation, hidden, n_networks, n_steps):
    rng = np.random.default_rng(0)
    stack = make_stack(rng, hidden, n_networks, activation)
    X, others = make_rows(rng), make_rows(rng, 5)
    X[0] = others[0]  # no way at all
    judge, found = explained(stack, X, others, n_steps)
    assert_allclose(judge.base, odds_of(stack, others).mean(), rtol=1e-12)
    assert_allclose(judge.base + found.values.sum(axis=1), odds_of(stack, X), atol=1e-6)


@pytest.mark.parametrize("size", [1e-2, 1.0, 50.0])
def test_they_add_up_where_networks_are_far_apart_or_saturated(size):
    rng = np.random.default_rng(1)
    stack = make_stack(rng, (5,), activation="relu")
    stack.params[...] *= size
    X, others = make_rows(rng), make_rows(rng, 5)
    judge, found = explained(stack, X, others)
    odds = odds_of(stack, X)
    assert_allclose(judge.base + found.values.sum(axis=1), odds, atol=1e-8 * max(1, size**2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_float32_log_odds_add_up_beyond_its_own_probabilities(dtype):
    """The log-odds are cut off at 86 if they are of float32 themselves, else at 707."""
    stack = make_stack(np.random.default_rng(1), (5,), activation="relu")
    alike = np.array([[25], [30], [35]]) * stack.params[:1]
    stack = stack.with_params(alike.astype(np.float32))
    X, others = make_rows(np.random.default_rng(2)), make_rows(np.random.default_rng(3), 5)
    judge, found = explained(stack, X, others, dtype=dtype)
    odds = log_odds(predict_logits(stack, X, dtype=dtype))
    assert abs(odds).max() > {np.float32: 80, np.float64: 200}[dtype]
    assert_allclose(judge.base + found.values.sum(axis=1), odds, rtol=1e-4)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_between_equal_ends_the_slope_is_the_gradient(activation):
    rng = np.random.default_rng(2)
    stack = make_stack(rng, activation=activation)
    inputs = Reader(stack.encoding, float).read(make_rows(rng), slice(0, 6))
    network = Network(stack, 6, np.empty_like(stack.params))
    network.forward(inputs)
    network.slope[...] = 1
    network.backward()
    z = (inputs.T @ stack.layers[0])[:, :, np.newaxis]
    passed = forward(stack, z)
    slopes = backward(stack, passed, passed, np.ones_like(passed.logits))[:, :, 0]
    by_inputs = stack.layers[0][:, :-1] @ slopes.swapaxes(1, 2)
    assert_allclose(by_inputs, network.input_gradient(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_with_many_steps_they_are_integrated_gradients(activation):
    """The integral by 400 nodes, of differences of the log-odds by each input."""
    rng = np.random.default_rng(3)
    stack, h = make_stack(rng, activation=activation), 1e-6
    x, other = make_rows(rng, 1), make_rows(rng, 1)
    read = Reader(stack.encoding, float)
    end, begin = (read.read(row, slice(0, 1))[:-1].copy() for row in (x, other))

    def odds(inputs):
        rows = np.vstack([inputs, np.ones((1, inputs.shape[1]))])
        return logit(expit(Network(stack, rows.shape[1]).forward(rows)).mean(axis=0))

    at = begin + (np.arange(400) + 0.5) / 400 * (end - begin)
    by_input = np.empty(len(end))
    for number in range(len(end)):
        step = h * (np.arange(len(end)) == number)[:, np.newaxis]
        by_input[number] = ((odds(at + step) - odds(at - step)) / (2 * h)).mean()
    by_input *= (end - begin)[:, 0]
    by_column = np.bincount(stack.encoding.source, by_input)
    assert_allclose(explained(stack, x, other, 400)[1].values[0], by_column, atol=1e-3)


@pytest.mark.parametrize("a_now", [0.5, 0.5000001])
def test_where_the_ends_are_one_the_slope_is_that_of_the_activation(a_now):
    """The activations may differ in the last digit for all that."""
    z = np.zeros((1, 1, 1, 1))
    assert secants("logistic", z, z, np.full_like(z, 0.5), np.full_like(z, a_now)) == 0.25


@pytest.mark.parametrize("ratio", [1e-200, 0.1, 1 - 1e-6, 1 - 1e-12, 1.0, 1 + 1e-9, 3.0])
def test_the_logarithmic_mean_lies_between_the_others(ratio):
    """Between the geometric and the arithmetic one; of equal numbers all three are the same."""
    a, b = np.array([0.3]), np.array([0.3 * ratio])
    mean = logarithmic_mean(a, b)
    assert np.sqrt(a * b) * (1 - 1e-9) <= mean <= (a + b) / 2 * (1 + 1e-9)


def test_of_a_network_without_hidden_units_they_are_weights_times_differences():
    rng = np.random.default_rng(4)
    stack = make_stack(rng, (), n_networks=1)
    X, others = make_rows(rng), make_rows(rng, 5)
    reader = Reader(stack.encoding, float)
    mean = reader.read(others, slice(0, 5))[:-1].mean(axis=1)
    by_input = (reader.read(X, slice(0, 6))[:-1].T - mean) * stack.layers[0][0, :-1, 0]
    by_column = [np.bincount(stack.encoding.source, row) for row in by_input]
    assert_allclose(explained(stack, X, others)[1].values, by_column, atol=1e-12)


def test_of_a_sum_of_functions_of_a_column_each_they_are_these_functions():
    """Each hidden unit reads one column; what the column adds is what its units add."""
    rng = np.random.default_rng(10)
    stack = make_stack(rng, (8,), n_networks=1)
    of_unit = np.arange(8) % 4
    first, last = stack.layers
    first[:, :-1][:, stack.encoding.source[:, np.newaxis] != of_unit] = 0
    X, others = make_rows(rng), make_rows(rng, 5)
    read = Reader(stack.encoding, float)

    def added(rows):
        a = np.tanh(read.read(rows, slice(0, len(rows))).T @ first[0]) * last[0, :-1, 0]
        return np.column_stack([a[:, of_unit == column].sum(axis=1) for column in EVERY_COLUMN])

    exact = added(X) - added(others).mean(axis=0)
    assert_allclose(explained(stack, X, others)[1].values, exact, atol=1e-7)


def test_a_column_that_is_as_in_the_background_contributes_nothing():
    rng = np.random.default_rng(5)
    X, others = make_rows(rng), make_rows(rng, 5)
    for column in EVERY_COLUMN:
        X[:, column] = others[:, column] = others[0, column]
        found = explained(make_stack(rng), X, others)[1]
        assert_array_equal(found.values[:, column], 0)
        assert_array_equal(found.spread[:, column], 0)


def test_a_column_without_inputs_contributes_nothing():
    """As one of rare levels only."""
    rng = np.random.default_rng(11)
    stack, X, others = make_stack(rng), make_rows(rng), make_rows(rng, 5)
    apart = explained(stack, X, others)[1].values
    found = explained(stack, X, others, column=np.array([1, 2, 4, 5]))[1]
    assert_array_equal(found.values[:, [0, 3]], 0)
    assert_allclose(found.values[:, [1, 2, 4, 5]], apart, atol=1e-13)


def test_columns_of_the_table_that_belong_together_are_added_up():
    rng = np.random.default_rng(6)
    stack, X, others = make_stack(rng), make_rows(rng), make_rows(rng, 5)
    apart = explained(stack, X, others)[1].values
    joint = explained(stack, X, others, column=np.array([1, 0, 1, 0]))[1].values
    sums = np.column_stack([apart[:, 1] + apart[:, 3], apart[:, 0] + apart[:, 2]])
    assert_allclose(joint, sums, atol=1e-13)


def test_the_spread_is_that_of_networks_each_alone():
    """Exactly so where all have the same weight: where their logits are alike at all ends."""
    rng = np.random.default_rng(7)
    stack = make_stack(rng, (5,), n_networks=2, activation="identity")
    stack.params[...] /= 1e4
    X, others = make_rows(rng), make_rows(rng, 5)
    alone = [explained(stack.with_params(stack.params[[at]]), X, others)[1].values for at in (0, 1)]
    found = explained(stack, X, others)[1]
    assert_allclose(found.spread, np.std(alone, axis=0), rtol=1e-3, atol=1e-9)
    assert_array_equal(explained(stack.with_params(stack.params[:1]), X, others)[1].spread, 0)


@pytest.mark.parametrize("is_wide", [False, True])
def test_sparse_rows_contribute_what_dense_ones_do(is_wide, monkeypatch):
    monkeypatch.setattr(sparse_inputs, "WIDE", 1 if is_wide else 256)
    rng = np.random.default_rng(8)
    scaling = Scaling(np.array([0.5, 0.0, 90.0]), np.array([2.0, 1.0, 0.5]), bends=True)
    bins = Binning(np.array([1, 1]), np.array([-2.0, 0]), np.full(2, 2.0), np.array([0.9, 0.2]))
    stack = make_stack(rng, encoding=Encoding(3, scaling, bins, Gaps(np.array([1]))))
    X, others = (make_rows(rng, n)[:, :3] * rng.integers(0, 2, (n, 3)) for n in (6, 5))
    dense = explained(stack, X, others, column=np.arange(3))[1]
    sparsely = explained(stack, *map(sparse.csr_array, (X, others)), column=np.arange(3))[1]
    assert_allclose(sparsely.values, dense.values, atol=1e-12)
    assert_allclose(sparsely.spread, dense.spread, atol=1e-12)


@pytest.mark.parametrize(("block", "parts"), [(1, 1 << 24), (70, 1 << 24), (70, 1), (1000, 1)])
def test_blocks_of_rows_and_of_columns_do_not_matter(block, parts, monkeypatch):
    rng = np.random.default_rng(9)
    stack, X, others = make_stack(rng), make_rows(rng), make_rows(rng, 5)
    whole = explained(stack, X, others, 2)[1]
    monkeypatch.setattr("sknumpynet.engine.contributions.BLOCK_VALUES", block)
    monkeypatch.setattr("sknumpynet.engine.contributions.MOST_PARTS", parts)
    in_blocks = explained(stack, X, others, 2)[1]
    assert_allclose(in_blocks.values, whole.values, atol=1e-13)
    assert_allclose(in_blocks.spread, whole.spread, atol=1e-13)

"""Weights start with the variance that their activation asks for; each network draws its own."""

import numpy as np
import pytest
from formulas import FORMULAS
from numpy.testing import assert_allclose, assert_array_equal

from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.initializers import initial_params, relative_rates
from sknumpynet.engine.layout import Layout

LAYOUT = Layout((300, 400, 100, 1))


def glorot(fan_in, fan_out):
    return 2 / (fan_in + fan_out)


def variance_of(activation, fan_in, fan_out):
    facts = ACTIVATIONS[activation]
    fan = (fan_in + fan_out) / 2 if facts.is_symmetric else fan_in
    return facts.weight_variance / fan


OF_PAPERS = {  # of equal fans, where all papers divide by the same
    "identity": 1, "tanh": 1, "logistic": 4**2,  # whose slope at 0 is 1 / 4
    "relu": 2, "leaky_relu": 2, "elu": 1.5, "selu": 1, "gelu": 2, "silu": 2, "mish": 2,
}  # fmt: skip


@pytest.mark.parametrize("activation", OF_PAPERS)
def test_variances_are_those_of_the_papers(activation):
    assert variance_of(activation, 300, 300) == OF_PAPERS[activation] / 300


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_variances_keep_signals_at_one_size(activation):
    """Glorot and Bengio (2010) near 0, where symmetric units are linear; He et al. (2015) else."""
    facts, h = ACTIVATIONS[activation], 1e-5
    if facts.is_symmetric:
        slope = np.diff(FORMULAS[activation](np.array([-h, h])))[0] / (2 * h)
        assert_allclose(facts.weight_variance * slope**2, 1, rtol=1e-4)
        return
    z = np.linspace(-12, 12, 10_001)
    density = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    assert 0.7 < facts.weight_variance * density @ FORMULAS[activation](z) ** 2 < 1.01


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_symmetric_is_what_is_turned_round_with_z(activation):
    a = FORMULAS[activation](np.linspace(-3, 3, 13))
    is_turned_round = np.allclose(a + a[::-1], 2 * a[6])
    assert ACTIVATIONS[activation].is_symmetric == is_turned_round


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_weights_are_uniform_with_the_variance_of_their_activation(activation):
    params = initial_params(LAYOUT, activation, 0, range(2), np.float64)
    *hidden, output = LAYOUT.weights(params)
    for weights in (*hidden, output):
        of_layer = "identity" if weights is output else activation
        expected = variance_of(of_layer, *weights.shape[1:])
        bound, n = np.sqrt(3 * expected), weights.size  # of the uniform law of that variance
        assert 1 - 20 / n < abs(weights).max() / bound <= 1
        assert abs(weights.mean()) < 5 * np.sqrt(expected / n)
        assert_allclose(weights.var(), expected, rtol=5 * np.sqrt(0.8 / n))  # five deviations


@pytest.mark.parametrize("sizes", [(0, 1), (0, 4, 1)])
def test_without_inputs_there_are_biases_all_the_same(sizes):
    layout = Layout(sizes)
    for activation in ACTIVATIONS:
        params = initial_params(layout, activation, 0, [0], np.float64)
        assert_array_equal(layout.views(params)[0], np.zeros((1, 1, sizes[1])))
        assert np.isfinite(relative_rates(layout, activation)).all()


def test_without_hidden_layers_the_output_is_all_there_is():
    layout = Layout((500, 1))
    for activation in ACTIVATIONS:
        weights = initial_params(layout, activation, 0, [0], np.float64)[0, :-1]
        assert 0.95 < abs(weights).max() / np.sqrt(3 * glorot(500, 1)) <= 1


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_biases_start_at_zero(activation):
    layers = LAYOUT.views(initial_params(LAYOUT, activation, 0, range(3), np.float64))
    assert not any(layer[:, -1].any() for layer in layers)


def test_a_network_draws_the_same_in_any_company():
    stack = initial_params(LAYOUT, "relu", 5, range(4), np.float64)
    for networks in ([2], [3, 0], [1, 2, 3]):
        assert_array_equal(initial_params(LAYOUT, "relu", 5, networks, np.float64), stack[networks])


def test_single_precision_is_double_precision_rounded():
    double, single = (
        initial_params(LAYOUT, "tanh", 0, [0, 1], t) for t in (np.float64, np.float32)
    )
    assert_array_equal(single, double.astype(np.float32), strict=True)


def test_no_two_networks_seeds_or_layers_start_alike():
    layout = Layout((4, 4, 4, 1))
    drawn = []
    for seed in range(3):
        params = initial_params(layout, "relu", seed, range(3), np.float64)
        drawn += [weights[k].tobytes() for weights in layout.weights(params) for k in range(3)]
    assert len(set(drawn)) == 3 * 3 * 3


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_rate_is_the_deviation_that_its_layer_started_with(activation):
    layers = LAYOUT.views(relative_rates(LAYOUT, activation)[np.newaxis])
    for layer, of_layer in zip(layers, [activation] * 2 + ["identity"], strict=True):
        fan_in, fan_out = layer.shape[1] - 1, layer.shape[2]
        assert_allclose(
            layer, np.sqrt(variance_of(of_layer, fan_in, fan_out)), rtol=1e-15
        )  # biases too

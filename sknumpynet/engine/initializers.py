"""Initial weights, and learning rates relative to their size.

Weights are uniform with mean 0. Their variance depends on the activation, and keeps signals at one
size through the layers (`activations` has the sources). Biases start at 0. Equal weights would
keep the units of a layer equal for ever; weights that are all positive would saturate logistic
units at once.
"""

import numpy as np

from .activations import ACTIVATIONS
from .streams import stream

# Adam's change of a weight per step, in deviations of the initial weights: of the weights that are
# kept, and of those of which an average is kept, which is calmer.
RELATIVE_RATE, RELATIVE_RATE_AVERAGED = 0.03, 0.05


def weight_deviations(layout, activation):
    """Standard deviation of the initial weights, layer by layer; the output layer is linear."""
    hidden, output = ACTIVATIONS[activation], ACTIVATIONS["identity"]
    units = [hidden] * (len(layout.shapes) - 1) + [output]
    deviations = []
    for unit, fan_in, fan_out in zip(
        units, layout.layer_sizes[:-1], layout.layer_sizes[1:], strict=True
    ):
        fan = (fan_in + fan_out) / 2 if unit.is_symmetric else fan_in
        # Without inputs, when all levels are rare, only biases are left.
        deviations.append(np.sqrt(unit.weight_variance / max(fan, 1)))
    return deviations


def initial_params(layout, activation, seed, networks, dtype):
    """Initial parameters for some networks of a stack.

    Parameters
    ----------
    layout : Layout
    activation : str
    seed : int
    networks : sequence of int
        Their numbers; each network has a random stream of its own.
    dtype : dtype

    Returns
    -------
    ndarray of shape (len(networks), n_params)
    """
    params = np.zeros((len(networks), layout.n_params), dtype=dtype)
    layers, deviations = layout.weights(params), weight_deviations(layout, activation)
    for position, network in enumerate(networks):
        rng = stream(seed, "weights", network)
        for layer, deviation in zip(layers, deviations, strict=True):
            bound = np.sqrt(3) * deviation  # uniform(-b, b) has variance b^2 / 3
            layer[position] = rng.uniform(-bound, bound, layer.shape[1:])
    return params


def relative_rates(layout, activation):
    """A rate for every parameter: the deviation of its layer's initial weights.

    A step of Adam then changes the weights of every layer by the same fraction of their initial
    size, whether the layer has five units or five hundred, logistic units (whose weights start four
    times as large) or rectified ones.

    Parameters
    ----------
    layout : Layout
    activation : str

    Returns
    -------
    ndarray of shape (n_params,)
    """
    rates = np.empty((1, layout.n_params))
    layers = layout.views(rates)
    for layer, deviation in zip(layers, weight_deviations(layout, activation), strict=True):
        layer[...] = deviation
    return rates[0]


def start_at_base_rate(stack, rows):
    """Set the last bias, 0 so far, to the log-odds of each network's training rows.

    Training from 0 does not reach the base rate of a rare class: 1.5e-4 where that is 1e-7.

    Parameters
    ----------
    stack : Stack
        Its params are overwritten.
    rows : Rows
    """
    last = stack.layers[-1]
    sides = rows.weight * (rows.sign < 0), rows.weight * (rows.sign > 0)
    for network in range(len(stack)):
        totals = [side.sum(where=rows.trains(network)) for side in sides]
        if not all(totals):  # it holds out the only row of a class
            totals = [side.sum() for side in sides]
        if all(totals):  # not if the data have one class only
            last[network, -1] += np.log(totals[1]) - np.log(totals[0])  # the ratio may overflow

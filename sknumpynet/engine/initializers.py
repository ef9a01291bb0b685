"""The weights that training starts from, and how far a step may move them.

Weights are uniform with mean 0, and with the variance that keeps signals of one size through the
layers for the activation at hand (`activations` has the sources); biases start at 0. All-equal
weights would keep the units of a layer equal for ever, all-positive ones saturate logistic units at
once.
"""

import numpy as np

from .activations import ACTIVATIONS
from .streams import stream

RELATIVE_RATE = 0.03  # of Adam: the change a step, in deviations of the initial weights


def weight_deviations(layout, activation):
    """Standard deviation of the initial weights, layer by layer; the output layer is linear."""
    hidden, output = ACTIVATIONS[activation], ACTIVATIONS["identity"]
    units = [hidden] * (len(layout.shapes) - 1) + [output]
    deviations = []
    for unit, fan_in, fan_out in zip(
        units, layout.layer_sizes[:-1], layout.layer_sizes[1:], strict=True
    ):
        fan = (fan_in + fan_out) / 2 if unit.is_symmetric else fan_in
        deviations.append(np.sqrt(unit.weight_variance / fan))
    return deviations


def initial_params(layout, activation, seed, networks, dtype):
    """Initial parameters for some networks of a stack.

    Parameters
    ----------
    layout : Layout
    activation : str
    seed : int
    networks : sequence of int
        Their numbers: each has a random stream of its own.
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

    A step of Adam then changes the weights of every layer by the same part of what they started as,
    be it of five units or five hundred, of logistic units (which start four times as large) or of
    rectified ones.

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
    """Make the last bias, 0 so far, the log-odds of the rows that each network trains on.

    From 0 it does not get as far as a rare class asks for: to 1.5e-4 where that is 1e-7.

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
        if all(totals):  # not so in a piece of one class
            last[network, -1] += np.log(totals[1]) - np.log(totals[0])  # one may be nearly all

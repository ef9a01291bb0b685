"""The weights that training starts from.

Uniform with mean 0, and with the variance that keeps signals of one size through the layers for the
activation at hand (`activations` has the sources); biases start at 0. All-equal weights would keep
the units of a layer equal for ever, all-positive ones saturate logistic units at once.
"""

import numpy as np

from .activations import ACTIVATIONS
from .streams import stream


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
    hidden, output = ACTIVATIONS[activation], ACTIVATIONS["identity"]
    layers = layout.weights(params)
    for row, network in enumerate(networks):
        rng = stream(seed, "weights", network)
        for layer in layers:
            fan_in, fan_out = layer.shape[1:]
            unit = output if layer is layers[-1] else hidden
            fan = (fan_in + fan_out) / 2 if unit.is_symmetric else fan_in
            bound = np.sqrt(3 * unit.weight_variance / fan)  # uniform(-b, b) has variance b^2 / 3
            layer[row] = rng.uniform(-bound, bound, (fan_in, fan_out))
    return params

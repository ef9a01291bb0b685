"""Both passes written out in NumPy, with a mistake or two in them.

The engine has the right gradients; here are those that a mistaken program gets. Rows are rows: a
layer has weights W (fan_in, fan_out), z = a W + b, and delta, dLoss/dz of each row's own loss. A
mistake changes one of five steps:

    bias    b                     -> the biases that the forward pass adds
    bend    name                  -> the name of the activation that it applies
    error   z, p, t               -> what stands for p - t at the output
    slope   passed, layer         -> the slope of a layer's activation
    back    passed, layer, rate   -> what comes back from the layers above, before the slope
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from ..engine.activations import ACTIVATIONS, applied, slope


@dataclass
class Passed:
    """What the passes leave: of layer l, counted from 0, inputs a[l], z[l] and delta[l].

    Parameters
    ----------
    network : OwnNetwork
    a : list of ndarray
        X, then the activations of all layers; the last are the probabilities.
    z, delta : list of ndarray
    names : list of str
        Activations of the layers; that of the output is the logistic function.
    penalty : float, default=0.0
        Which multiple of the weights is added to their gradient, where one may be.
    """

    network: object
    a: list
    z: list
    delta: list
    names: list
    penalty: float = 0.0

    @property
    def n_rows(self):
        """Rows of the data."""
        return len(self.a[0])

    def slope(self, layer):
        """The right slope of a layer's activation."""
        return bent(self.names[layer], self.z[layer])[1]

    def mean_gradient(self, layer):
        """The gradient of a layer's weights, by these passes."""
        return self.a[layer].T @ self.delta[layer] / self.n_rows


class Slip(NamedTuple):
    """A mistake made at some layers.

    Parameters
    ----------
    mistake : Mistake
    layers : tuple of int
        Counted from 0.
    rate : float, default=0.0
        Of an update, where the mistake is one.
    """

    mistake: object
    layers: tuple
    rate: float = 0.0


def bent(name, z):
    """An activation and its slope at z."""
    a, saved = applied(name, z[np.newaxis])  # of one network
    return a[0].copy(), slope(name, a, saved)[0]


def slope_formula(name, a):
    """The formula of a slope that is one of a, whatever a is; NaN if it needs z besides."""
    saved = np.full((ACTIVATIONS[name].n_saved, 1, *a.shape), np.nan)
    return slope(name, a[np.newaxis].copy(), saved)[0]


def run(network, slips=()):
    """The passes of all rows, with these mistakes."""

    def of(step, layer):
        """The change of that step at that layer, and its rate; None if it is done right."""
        for mistake, layers, rate in slips:
            if mistake.step == step and layer in layers:
                return mistake.change, rate
        return None, 0.0

    last, z, a = len(network.weights) - 1, [], [network.X]
    names = [network.activation] * last + ["logistic"]
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        change, _ = of("bias", layer)
        z.append(a[-1] @ W + (change(b) if change else b))
        if layer < last:
            change, _ = of("bend", layer)
            names[layer] = change(names[layer]) if change else names[layer]
            a.append(bent(names[layer], z[-1])[0])
    a.append(expit(z[-1]))
    passed = Passed(network, a, z, [None] * (last + 1), names)
    passed.delta[last] = delta_of_output(passed, of("error", last)[0], of("slope", last)[0])
    for layer in reversed(range(last)):
        (back, rate), (bend, _) = of("back", layer), of("slope", layer)
        above = back(passed, layer, rate) if back else from_above(passed, layer)
        passed.delta[layer] = above * (bend(passed, layer) if bend else passed.slope(layer))
    return passed


def delta_of_output(passed, error, change):
    """dLoss/dp times dp/dz; of the log loss, where the second cancels, without dividing."""
    last, t = len(passed.z) - 1, passed.network.t
    z, p = passed.z[last], passed.a[-1]
    delta, right = error(z, p, t) if error else p - t, p * (1 - p)
    if passed.network.loss == "squared_error":
        return delta * (change(passed, last) if change else right)
    with np.errstate(divide="ignore"):  # as the program with this mistake would divide
        return delta * (change(passed, last) / right) if change else delta


def from_above(passed, layer):
    """delta of the layer above by way of its weights."""
    return passed.delta[layer + 1] @ passed.network.weights[layer + 1].T

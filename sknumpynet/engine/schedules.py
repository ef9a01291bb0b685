"""How the learning rate changes as training goes on.

A schedule is a function of the step: ``schedule(step, rows_seen) -> factor`` of the initial
rate. "adaptive" is constant here; what adapts it is progress, which `stopping` judges.
"""

import math
from functools import partial

import numpy as np


def constant(step, rows_seen):
    """Always 1."""
    return 1.0


def cosine(step, rows_seen, *, n_steps):
    """Half a cosine wave from 1 to 0 over ``n_steps`` (Loshchilov and Hutter 2017, no restart)."""
    return 0.5 * (1 + math.cos(math.pi * min(step / n_steps, 1)))


def invscaling(step, rows_seen, *, power_t):
    """1 / (rows_seen + 1)^power_t, rows counted in whole epochs as scikit-learn's MLP does."""
    return (rows_seen + 1.0) ** -power_t


def make_schedule(name, *, n_steps, power_t):
    """The schedule of that name."""
    if name == "cosine":
        return partial(cosine, n_steps=n_steps)
    if name == "invscaling":
        return partial(invscaling, power_t=power_t)
    return constant


def fan_in_rates(layout, highest):
    """A rate for every parameter: 1 / fan_in of its layer, but at most ``highest``.

    A unit's pre-activation then changes by about the same in one Adam step whatever its number of
    inputs, so that one rule serves five units and five hundred.

    Parameters
    ----------
    layout : Layout
    highest : float

    Returns
    -------
    ndarray of float64 of shape (n_params,)

    Notes
    -----
    The rate of hidden layers under Adam in Yang et al. (2021), table 3; they keep the rate of the
    first layer constant, which serves comparisons across widths but not across tables.
    """
    rates = np.empty((1, layout.n_params))
    for layer in layout.views(rates):
        layer[...] = min(highest, 1 / (layer.shape[1] - 1))
    return rates[0]

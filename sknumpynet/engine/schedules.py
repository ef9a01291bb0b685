"""Learning rate schedules.

A schedule is a function of the step: ``schedule(step, rows_seen) -> factor`` of the initial
rate. "adaptive" is constant here; `stopping` lowers the rate of a network that makes no progress.
"""

import math
from functools import partial


def constant(step, rows_seen, **_):
    """Always 1."""
    return 1.0


def cosine(step, rows_seen, *, n_steps, **_):
    """Half a cosine wave from 1 to 0 over ``n_steps`` (Loshchilov and Hutter 2017, no restart)."""
    return 0.5 * (1 + math.cos(math.pi * min(step / n_steps, 1)))


def invscaling(step, rows_seen, *, power_t, **_):
    """1 / (rows_seen + 1)^power_t, rows counted in whole epochs as scikit-learn's MLP does."""
    return (rows_seen + 1.0) ** -power_t


SCHEDULES = {
    "cosine": cosine,
    "constant": constant,
    "invscaling": invscaling,
    "adaptive": constant,
}


def ends(name):
    """Whether the rate of that schedule has come to 0 after the last step."""
    return SCHEDULES[name](1, 1, n_steps=1, power_t=1.0) < 1e-9


def make_schedule(name, *, n_steps, power_t):
    """The schedule of that name; each uses the settings that it needs."""
    return partial(SCHEDULES[name], n_steps=n_steps, power_t=power_t)

"""The losses, computed from the logit z, never from the probability.

With p = 1 / (1 + exp(-z)), log(p) is -inf from z = -745 on and wrong in its last digits long
before. Both losses are therefore written in the log-odds t against the true label, t = -z for a
positive row and t = z for a negative one. q = 1 / (1 + exp(-t)) is the probability of the false
label, and neither loss ever subtracts nearly equal numbers.

Label smoothing by e moves the label from 0 and 1 to e / 2 and 1 - e / 2 (Szegedy et al. 2016,
section 7, for two classes).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit


class Loss(NamedTuple):
    """A row of the table.

    Parameters
    ----------
    value, slope : callable
        ``value(against, smoothing, out)`` writes the loss in nats, ``slope`` its derivative by
        ``against``, the log-odds t above; ``smoothing`` is e. ``against`` is only read.
    formulas : tuple of str
        L and dL/dz of target t and probability p, as Python has them.
    """

    value: Callable
    slope: Callable
    formulas: tuple[str, str]


def value_of_log_loss(against, smoothing, out):
    """Binary cross-entropy, log(1 + exp(t)) - t e / 2."""
    np.logaddexp(0, against, out=out)
    if smoothing:
        out -= against * (smoothing / 2)


def slope_of_log_loss(against, smoothing, out):
    """q - e / 2, in one or two calls of NumPy: a small network spends its time on calls."""
    expit(against, out=out)
    if smoothing:
        out -= smoothing / 2


def value_of_squared_error(against, smoothing, out):
    """Half the squared difference of probability and label, (q - e / 2)^2 / 2."""
    slope_of_log_loss(against, smoothing, out)
    np.square(out, out=out)
    out *= 0.5


def slope_of_squared_error(against, smoothing, out):
    """(q - e / 2) q (1 - q).

    The logistic's own slope q (1 - q) is one factor more than in `slope_of_log_loss`, so a network
    that is confidently wrong learns slowly from this loss.
    """
    slope_of_log_loss(against, smoothing, out)
    out *= expit(against)
    out *= expit(-against)  # 1 - q, computed without rounding where q is nearly 1


LOSSES = {
    "log_loss": Loss(
        value_of_log_loss, slope_of_log_loss, ("-t * log(p) - (1 - t) * log(1 - p)", "p - t")
    ),
    "squared_error": Loss(
        value_of_squared_error, slope_of_squared_error, ("(p - t)**2 / 2", "(p - t) * p * (1 - p)")
    ),
}

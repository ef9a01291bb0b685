"""The losses, computed from the logit z, never from the probability.

With p = 1 / (1 + exp(-z)), log(p) is -inf from z = -745 on and wrong in its last digits long
before. Both losses are therefore written in the margin m = z for a positive row and m = -z for a
negative one, the log-odds of the true label. 1 / (1 + exp(-m)) is the probability of the true
label, and neither loss ever subtracts nearly equal numbers.

Label smoothing by e moves the label from 0 and 1 to e / 2 and 1 - e / 2 (Szegedy et al. 2016,
section 7, for two classes).
"""

import numpy as np
from scipy.special import expit


def log_loss(margin, smoothing, value, slope):
    """Binary cross-entropy: value = log(1 + exp(-m)) + m e / 2, slope = e / 2 - 1 / (1 + exp(m)).

    Parameters
    ----------
    margin : ndarray
        Log-odds of the true label, natural logarithm.
    smoothing : float
        e above.
    value, slope : ndarray of margin's shape
        Overwritten by the loss in nats and by its derivative by the margin.

    Notes
    -----
    Only four calls of NumPy, because a small network spends its time on calls.
    """
    np.negative(margin, out=slope)
    np.logaddexp(0, slope, out=value)
    expit(slope, out=slope)
    np.subtract(smoothing / 2, slope, out=slope)
    if smoothing:
        value += margin * (smoothing / 2)


def squared_error(margin, smoothing, value, slope):
    """Half the squared difference of probability and label, q = 1 / (1 + exp(m)).

        value = (q - e / 2)^2 / 2 ;  slope = (e / 2 - q) q (1 - q)

    Parameters are those of `log_loss`. Its slope has the logistic's own slope q (1 - q) as one more
    factor, so a network that is confidently wrong learns slowly from this loss.
    """
    np.negative(margin, out=value)
    expit(value, out=value)
    expit(margin, out=slope)  # 1 - q, computed without rounding where q is nearly 1
    slope *= value
    np.subtract(smoothing / 2, value, out=value)
    slope *= value
    np.square(value, out=value)
    value *= 0.5


LOSSES = {"log_loss": log_loss, "squared_error": squared_error}
FORMULAS = {  # L and dL/dz of target t and probability p, as Python has them
    "log_loss": ("-t * log(p) - (1 - t) * log(1 - p)", "p - t"),
    "squared_error": ("(p - t)**2 / 2", "(p - t) * p * (1 - p)"),
}

"""Every activation as its formula, written apart from the library and good for any z."""

from math import e, erfc, pi, sqrt

import numpy as np

# Klambauer et al. (2017), equation 14: the fixed point of mean 0 and variance 1.
TAIL = erfc(sqrt(1 / 2)) * sqrt(e)
SELU_ALPHA = sqrt(2 / pi) / (1 - TAIL)
SELU_SCALE = (1 - TAIL) * sqrt(2 * pi)
SELU_SCALE /= sqrt(2 * erfc(sqrt(2)) * e**2 + pi * TAIL**2 - 2 * (2 + pi) * TAIL + pi + 2)


def logistic(z):
    return np.where(z < 0, np.exp(-abs(z)), 1) / (1 + np.exp(-abs(z)))


def tanh_of_softplus(z):
    u = np.exp(-abs(z))  # tanh(log(1 + x)) = (x^2 + 2 x) / (x^2 + 2 x + 2), x = exp(z)
    above, more = np.where(z < 0, u**2 + 2 * u, 1 + 2 * u), np.where(z < 0, 2, 2 * u**2)
    return above / (above + more)


FORMULAS = {
    "identity": lambda z: z,
    "logistic": logistic,
    "tanh": lambda z: -np.sign(z) * np.expm1(-2 * abs(z)) / (1 + np.exp(-2 * abs(z))),
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z / 100),
    "elu": lambda z: np.where(z > 0, z, np.expm1(-abs(z))),
    "selu": lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(-abs(z))),
    "gelu": lambda z: z * np.vectorize(erfc)(-np.asarray(z, float) / sqrt(2)) / 2,
    "silu": lambda z: z * logistic(z),
    "mish": lambda z: z * tanh_of_softplus(z),
}

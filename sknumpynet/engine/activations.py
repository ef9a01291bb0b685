"""Activation functions: what a hidden unit makes of its pre-activation z.

An activation is two functions that work in place. ``apply(z, saved)`` turns z into a. Later, when
nobody needs a any more, ``multiply_by_slope(delta, a, saved)`` multiplies delta by da/dz and may
destroy a and saved on the way, which is how backpropagation runs without allocating. Most slopes
follow from a itself; the others ask for ``n_saved`` arrays of z's shape to keep more in. These
hold zeros before the first pass.

To add one, write the two functions and enter them in `ACTIVATIONS` with the facts of `Activation`;
the tests go over the table.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit, ndtr

LEAK = 0.01  # slope of leaky_relu below 0 (Maas, Hannun and Ng 2013)
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al. 2017, section 2


class Activation(NamedTuple):
    """A row of the table; see the module's docstring for the two functions.

    Parameters
    ----------
    apply, multiply_by_slope : callable
    formula, slope : str
        f(z) and f'(z) as Python has them, of z and a = f(z); s is the logistic function, Phi and
        phi are distribution and density of the normal one.
    weight_variance : float
        Variance of initial weights times (fan_in + fan_out) / 2 where ``is_symmetric``, times
        fan_in otherwise.
    is_symmetric : bool, default=False
    n_saved : int, default=0
    has_kink : bool, default=False
        Whether slope or curvature jumps where z is 0.
    limits : tuple of float, optional
        What a comes near to for large -z and z, where the slope is 0, if it does at both ends.
    """

    apply: Callable
    multiply_by_slope: Callable
    formula: str
    slope: str
    weight_variance: float
    is_symmetric: bool = False
    n_saved: int = 0
    has_kink: bool = False
    limits: tuple[float, float] | None = None


def applied(name, z):
    """a in an array of its own, and what its slope needs besides."""
    activation, a = ACTIVATIONS[name], z.copy()
    saved = np.zeros((activation.n_saved, *z.shape), z.dtype)
    activation.apply(a, saved)
    return a, saved


def slope(name, a, saved):
    """da/dz in an array of its own, of what `applied` gives; a and saved may be destroyed."""
    slope = np.ones_like(a)
    ACTIVATIONS[name].multiply_by_slope(slope, a, saved)
    return slope


def apply_identity(z, saved):
    """a = z."""


def multiply_by_identity_slope(delta, a, saved):
    """da/dz = 1."""


def apply_logistic(z, saved):
    """a = 1 / (1 + exp(-z)), for large arrays as (1 + tanh(z / 2)) / 2.

    NumPy's tanh runs on vector units, expit does not: 25 against 112 µs for 128 x 256 in float32;
    for the 160 values of a tiny layer one call to expit is the faster, 0.8 against 2.3 µs.
    """
    if z[0].size <= 1024:  # of one network: a stack must compute what the network alone does
        expit(z, out=z)
    else:
        z *= 0.5
        np.tanh(z, out=z)
        z *= 0.5
        z += 0.5


def multiply_by_logistic_slope(delta, a, saved):
    """da/dz = a (1 - a), as delta a - delta a a: NumPy is slow with numbers, 0.4 µs a call."""
    delta *= a
    a *= delta
    delta -= a


def apply_tanh(z, saved):
    """a = tanh(z)."""
    np.tanh(z, out=z)


def multiply_by_tanh_slope(delta, a, saved):
    """da/dz = 1 - a^2, as delta - delta a a."""
    np.square(a, out=a)
    a *= delta
    delta -= a


def apply_relu(z, saved):
    """a = max(z, 0).

    With the array of zeros that it finds, for NumPy compares with a number one by one: 13 against
    4 µs for 128 x 256 in float32.
    """
    np.maximum(z, saved[0], out=z)


def multiply_by_relu_slope(delta, a, saved):
    """da/dz = 1 where a > 0, else 0."""
    np.greater(a, 0, out=a)  # a product with 0 and 1: 9 µs for 128 x 256, a masked copy 100
    delta *= a


def apply_leaky_relu(z, saved):
    """a = z where z > 0, else LEAK z."""
    np.multiply(z, LEAK, out=saved[0])
    np.maximum(z, saved[0], out=z)


def multiply_by_leaky_relu_slope(delta, a, saved):
    """da/dz = 1 where a > 0, else LEAK."""
    np.greater(a, 0, out=a)
    a *= 1 - LEAK
    a += LEAK
    delta *= a


def apply_elu(z, saved):
    """a = z where z > 0, else exp(z) - 1 (Clevert, Unterthiner and Hochreiter 2016, alpha 1)."""
    np.minimum(z, 0, out=saved[0])
    np.expm1(saved[0], out=saved[0])
    np.maximum(z, saved[0], out=z)  # exp(z) - 1 is never below z


def multiply_by_elu_slope(delta, a, saved):
    """da/dz = 1 where a > 0, else a + 1."""
    np.minimum(a, 0, out=a)
    a += 1
    delta *= a


def apply_selu(z, saved):
    """a = s z where z > 0, else s alpha (exp(z) - 1)."""
    np.minimum(z, 0, out=saved[0])
    np.expm1(saved[0], out=saved[0])
    saved[0] *= SELU_ALPHA
    np.maximum(z, 0, out=z)
    z += saved[0]
    z *= SELU_SCALE


def multiply_by_selu_slope(delta, a, saved):
    """da/dz = s where a > 0, else a + s alpha."""
    np.greater(a, 0, out=saved[0])
    saved[0] *= SELU_SCALE * (1 - SELU_ALPHA)
    np.minimum(a, 0, out=a)
    a += SELU_SCALE * SELU_ALPHA
    a += saved[0]
    delta *= a


def apply_gelu(z, saved):
    """a = z Phi(z), Phi the normal distribution function (Hendrycks and Gimpel 2016)."""
    saved[0][...] = z
    ndtr(z, out=z)
    z *= saved[0]


def multiply_by_gelu_slope(delta, a, saved):
    """da/dz = Phi(z) + z phi(z)."""
    z = saved[0]
    np.square(z, out=a)
    a *= -0.5
    np.exp(a, out=a)
    a *= z
    a *= 1 / np.sqrt(2 * np.pi)
    ndtr(z, out=z)
    a += z
    delta *= a


def apply_silu(z, saved):
    """a = z s(z), s the logistic function (Elfwing, Uchibe and Doya 2018)."""
    saved[0][...] = z
    apply_logistic(z, saved)
    z *= saved[0]


def multiply_by_silu_slope(delta, a, saved):
    """da/dz = s + a (1 - s) = 1 - (1 - s)(1 - a)."""
    rest = saved[0]
    np.negative(rest, out=rest)
    apply_logistic(rest, saved)
    np.subtract(1, a, out=a)
    a *= rest
    np.subtract(1, a, out=a)
    delta *= a


def apply_mish(z, saved):
    """a = z t, t = tanh(log(1 + exp(z))) (Misra 2020)."""
    saved[0][...] = z
    np.logaddexp(0, z, out=z)
    np.tanh(z, out=z)
    saved[1][...] = z
    z *= saved[0]


def multiply_by_mish_slope(delta, a, saved):
    """da/dz = t + z s(z) (1 - t^2), s the logistic function."""
    z, t = saved
    a[...] = z
    apply_logistic(a, saved)
    a *= z
    np.square(t, out=z)
    np.subtract(1, z, out=z)
    a *= z
    a += t
    delta *= a


# Variances: He et al. 2015 for the relu family; Klambauer et al. 2017 for selu; Glorot and Bengio
# 2010 for the symmetric ones, times 16 for logistic, whose slope at 0 is 1/4.
# fmt: off
ACTIVATIONS = {
    "identity": Activation(
        apply_identity, multiply_by_identity_slope, "z", "1", 1, is_symmetric=True),
    "logistic": Activation(
        apply_logistic, multiply_by_logistic_slope, "1 / (1 + exp(-z))", "a * (1 - a)", 16,
        is_symmetric=True, limits=(0.0, 1.0)),
    "tanh": Activation(
        apply_tanh, multiply_by_tanh_slope, "tanh(z)", "1 - a**2", 1,
        is_symmetric=True, limits=(-1.0, 1.0)),
    "relu": Activation(
        apply_relu, multiply_by_relu_slope, "max(z, 0)", "1 if z > 0 else 0", 2,
        n_saved=1, has_kink=True),
    "leaky_relu": Activation(
        apply_leaky_relu, multiply_by_leaky_relu_slope,
        "z if z > 0 else 0.01 * z", "1 if z > 0 else 0.01", 2, n_saved=1, has_kink=True),
    "elu": Activation(
        apply_elu, multiply_by_elu_slope,
        "z if z > 0 else exp(z) - 1", "1 if z > 0 else exp(z)", 1.5, n_saved=1, has_kink=True),
    "selu": Activation(
        apply_selu, multiply_by_selu_slope, "1.0507 * z if z > 0 else 1.7581 * (exp(z) - 1)",
        "1.0507 if z > 0 else 1.7581 * exp(z)", 1, n_saved=1, has_kink=True),
    "gelu": Activation(
        apply_gelu, multiply_by_gelu_slope, "z * Phi(z)", "Phi(z) + z * phi(z)", 2, n_saved=1),
    "silu": Activation(
        apply_silu, multiply_by_silu_slope, "z * s(z)", "s(z) + a * (1 - s(z))", 2, n_saved=1),
    "mish": Activation(
        apply_mish, multiply_by_mish_slope, "z * tanh(log(1 + exp(z)))",
        "t + z * s(z) * (1 - t**2), t = tanh(log(1 + exp(z)))", 2, n_saved=2),
}
# fmt: on

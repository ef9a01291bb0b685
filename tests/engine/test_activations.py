"""Each activation is its formula, and its slope the derivative of that, wherever z may lie.

All run as the network runs them: in place, on an array's rows but the last, which is not theirs.
"""

import numpy as np
import pytest
from formulas import FORMULAS
from numpy.testing import assert_allclose, assert_array_equal

from sknumpynet.engine.activations import ACTIVATIONS

# logistic takes two routes, parted at 1024 values of one network.
SHAPES = {"small": (3, 12, 40), "large": (2, 26, 40)}
FAR = np.outer((1, -1), (1e4, 1e3, 100, 30, 1e-2)).ravel()

every_activation = pytest.mark.parametrize("name", ACTIVATIONS)
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def points(shape, dtype):
    """Pre-activations near and far, none within 0.005 of the kink at 0."""
    z = np.random.default_rng(0).normal(scale=4, size=shape)
    z = np.copysign(np.maximum(abs(z), 0.005), z)
    z.flat[: FAR.size] = FAR
    return z.astype(dtype)


def forward(name, z):
    units = np.full((z.shape[0], z.shape[1] + 1, z.shape[2]), 7, z.dtype)
    units[:, :-1] = z
    saved = np.zeros((ACTIVATIONS[name].n_saved, *z.shape), z.dtype)
    ACTIVATIONS[name].apply(units[:, :-1], saved)
    return units, saved


def value(name, z):
    units, _ = forward(name, z)
    assert (units[:, -1] == 7).all()
    return units[:, :-1]


def times_slope(name, z, delta):
    units, saved = forward(name, z)
    delta = delta.astype(z.dtype)
    ACTIVATIONS[name].multiply_by_slope(delta, units[:, :-1], saved)
    assert (units[:, -1] == 7).all()
    return delta


def test_every_activation_has_a_formula():
    assert set(FORMULAS) == set(ACTIVATIONS)


@every_activation
@every_shape
@every_dtype
def test_an_activation_is_its_formula(name, shape, dtype):
    z = points(shape, dtype)
    z.flat[-1] = 0
    exact = FORMULAS[name](z.astype(np.longdouble))
    precision = np.finfo(dtype)
    error = 1e-12 * abs(exact) if dtype is np.float64 else 1e-6 * abs(exact)
    error = error + precision.tiny  # what is smaller may vanish
    if shape is SHAPES["large"] and name in ("logistic", "silu"):
        error += precision.eps * np.maximum(abs(z), 1)  # (1 + tanh) / 2 is exact to a unit of 1
    assert (abs(value(name, z) - exact) <= error).all()


@every_activation
@every_shape
@every_dtype
def test_the_slope_is_the_derivative(name, shape, dtype):
    z = points(shape, dtype)
    near = z.astype(float)
    h = 1e-5 * np.maximum(abs(near), 1)
    run = (near + h) - (near - h)
    rise = value(name, near + h) - value(name, near - h)
    delta = np.random.default_rng(1).choice((-2.0, 0.5, 3.0), size=shape)
    # In float32, some roundings of 6e-8, each times |z| up to 16: 1 - a is subtracted from 1.
    precision = (
        {"rtol": 1e-6, "atol": 1e-9} if dtype is np.float64 else {"rtol": 1e-5, "atol": 4e-6}
    )
    assert_allclose(times_slope(name, z, delta), delta * rise / run, **precision)


@every_activation
@every_shape
@every_dtype
def test_a_network_of_a_stack_computes_what_it_does_alone(name, shape, dtype):
    z, delta = points(shape, dtype), np.ones(shape)
    for alone in (slice(0, 1), slice(1, 2)):
        assert_array_equal(value(name, z)[alone], value(name, z[alone]))
        slope = times_slope(name, z[alone], delta[alone])
        assert_array_equal(times_slope(name, z, delta)[alone], slope)


@every_activation
@every_dtype
def test_at_the_kink_the_slope_is_one_between_the_sides(name, dtype):
    z = np.array([[[-1e-8, 0, 1e-8]]], dtype)
    left, at_kink, right = times_slope(name, z, np.ones(z.shape)).ravel()
    assert min(left, right) - 1e-6 <= at_kink <= max(left, right) + 1e-6


@every_activation
@every_shape
@every_dtype
def test_very_large_inputs_give_finite_values_and_slopes(name, shape, dtype):
    z = np.linspace(-1e4, 1e4, np.prod(shape)).reshape(shape).astype(dtype)
    assert np.isfinite(value(name, z)).all()
    assert np.isfinite(times_slope(name, z, np.ones(shape))).all()


@every_activation
@every_shape
def test_a_pass_leaves_nothing_in_saved_that_changes_the_next(name, shape):
    units, saved = forward(name, points(shape, np.float64))
    ACTIVATIONS[name].multiply_by_slope(np.ones(shape), units[:, :-1], saved)
    z, delta = points(shape, np.float64)[:, ::-1].copy(), np.ones(shape)
    expected = value(name, z), times_slope(name, z, delta)
    ACTIVATIONS[name].apply(z, saved)
    assert_array_equal(z, expected[0])
    ACTIVATIONS[name].multiply_by_slope(delta, z, saved)
    assert_array_equal(delta, expected[1])


@every_activation
def test_limits_are_those_of_far_away_where_both_ends_are_flat(name):
    ends = np.array([[[-1e4, 1e4]]])
    apply, facts = ACTIVATIONS[name].apply, ACTIVATIONS[name]
    a, beyond = ends.copy(), 2 * ends
    for z in (a, beyond):
        apply(z, np.zeros((facts.n_saved, *z.shape)))
    assert (facts.limits is not None) == bool((a == beyond).all())
    if facts.limits is not None:
        assert_array_equal(a[0, 0], facts.limits)


@every_activation
def test_a_kink_is_a_jump_of_slope_or_curvature_at_0(name):
    h = 1e-3
    f = FORMULAS[name](np.arange(-2, 3) * h)
    slopes = np.diff(f)[[1, 2]] / h
    curvatures = np.diff(f, 2)[[0, 2]] / h**2
    jumps = abs(np.diff(slopes)) > 0.1 or abs(np.diff(curvatures)) > 0.1
    assert ACTIVATIONS[name].has_kink == bool(jumps)

"""Both losses are their definition in the probability, computed with 400 digits, at any margin."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknumpynet.engine.losses import LOSSES

NEAR = (0, 1e-9, 1e-4, 0.1, 0.5, 1, 2, 5, 10, 17, 20, 36, 40, 80, 100)
FAR = (300, 340, 360, 700, 745, 800, 1e4)
MARGINS = np.outer((1, -1), NEAR + FAR).ravel()

every_loss = pytest.mark.parametrize("name", LOSSES)
every_smoothing = pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])


def run(name, margin, smoothing):
    margin = np.asarray(margin)
    kept, value, slope = margin.copy(), np.full_like(margin, np.nan), np.full_like(margin, np.nan)
    LOSSES[name](margin, smoothing, value, slope)
    assert (margin == kept).all()
    return value, slope


def definition(name, margin, smoothing):
    """Value and slope from the probability p of the true label, whose label is y = 1 - e / 2."""
    with localcontext() as context:
        context.prec = 400
        m, rest = Decimal(float(margin)), Decimal(smoothing) / 2
        p, q = 1 / (1 + (-m).exp()), 1 / (1 + m.exp())  # q = 1 - p, which could round to 0
        if name == "log_loss":
            value = -(1 - rest) * p.ln() - (rest * q.ln() if rest else 0)
            slope = p - (1 - rest)
        else:
            value = (p - (1 - rest)) ** 2 / 2
            slope = (p - (1 - rest)) * p * q
        return float(value), float(slope)


def test_every_loss_has_a_definition():
    assert set(LOSSES) == {"log_loss", "squared_error"}


@every_loss
@every_smoothing
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_a_loss_is_its_definition(name, smoothing, dtype, rtol):
    margin = MARGINS.astype(dtype)
    expected = np.array([definition(name, m, smoothing) for m in margin]).T
    # Absolutely, what is below the smallest normal number; all else relatively.
    assert_allclose(run(name, margin, smoothing), expected, rtol=rtol, atol=np.finfo(dtype).tiny)


@every_loss
@every_smoothing
def test_the_slope_is_the_derivative_of_the_value(name, smoothing):
    margin, h = np.linspace(-12, 12, 101), 1e-4
    ahead, behind = (run(name, margin + step, smoothing)[0] for step in (h, -h))
    slope = run(name, margin, smoothing)[1]
    assert_allclose(slope, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-9)


@every_loss
@pytest.mark.parametrize("smoothing", [1e-3, 0.1, 0.5])
def test_a_smoothed_loss_is_least_where_the_probability_is_the_label(name, smoothing):
    best = np.log((1 - smoothing / 2) / (smoothing / 2))
    value, slope = run(name, best + np.linspace(-1, 1, 21), smoothing)
    assert value.argmin() == 10
    assert (slope[:10] < 0).all()
    assert (slope[11:] > 0).all()


@every_loss
def test_without_smoothing_more_margin_is_always_better(name):
    value, slope = run(name, np.linspace(-30, 300, 331), 0.0)
    assert (np.diff(value) < 0).all()
    assert (slope < 0).all()


@every_loss
@every_smoothing
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_margin_gives_a_warning_or_an_infinite_loss(name, smoothing, dtype):
    margin = np.concatenate([np.linspace(-1e4, 1e4, 2001), (-1e30, 1e30)]).astype(dtype)
    assert np.isfinite(run(name, margin, smoothing)).all()

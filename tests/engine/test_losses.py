"""Both losses are their definition in the probability, computed with 400 digits, at any logit."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknumpynet.engine.losses import LOSSES

NEAR = (0, 1e-9, 1e-4, 0.1, 0.5, 1, 2, 5, 10, 17, 20, 36, 40, 80, 100)
FAR = (300, 340, 360, 700, 745, 800, 1e4)
LOG_ODDS = np.outer((1, -1), NEAR + FAR).ravel()

every_loss = pytest.mark.parametrize("name", LOSSES)
every_smoothing = pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])


def run(name, against, smoothing):
    """Value and slope at log-odds against the true label."""
    against = np.asarray(against)
    kept = against.copy()
    value, slope = np.full((2, *against.shape), np.nan, against.dtype)
    LOSSES[name].value(against, smoothing, value)
    LOSSES[name].slope(against, smoothing, slope)
    assert (against == kept).all()
    return value, slope


def definition(name, against, smoothing):
    """Value and slope from the probability q of the false label, whose label is e / 2."""
    with localcontext() as context:
        context.prec = 400
        t, rest = Decimal(float(against)), Decimal(smoothing) / 2
        q, p = 1 / (1 + (-t).exp()), 1 / (1 + t.exp())  # p = 1 - q, which could round to 0
        if name == "log_loss":
            value = -(1 - rest) * p.ln() - (rest * q.ln() if rest else 0)
            slope = q - rest
        else:
            value = (q - rest) ** 2 / 2
            slope = (q - rest) * p * q
        return float(value), float(slope)


def test_every_loss_has_a_definition():
    assert set(LOSSES) == {"log_loss", "squared_error"}


@every_loss
@every_smoothing
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_a_loss_is_its_definition(name, smoothing, dtype, rtol):
    against = LOG_ODDS.astype(dtype)
    expected = np.array([definition(name, t, smoothing) for t in against]).T
    # Absolutely, what is below the smallest normal number; all else relatively.
    assert_allclose(run(name, against, smoothing), expected, rtol=rtol, atol=np.finfo(dtype).tiny)


@every_loss
@every_smoothing
def test_the_slope_is_the_derivative_of_the_value(name, smoothing):
    against, h = np.linspace(-12, 12, 101), 1e-4
    ahead, behind = (run(name, against + step, smoothing)[0] for step in (h, -h))
    slope = run(name, against, smoothing)[1]
    assert_allclose(slope, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-9)


@every_loss
@pytest.mark.parametrize("smoothing", [1e-3, 0.1, 0.5])
def test_a_smoothed_loss_is_least_where_the_probability_is_the_label(name, smoothing):
    best = np.log((smoothing / 2) / (1 - smoothing / 2))
    value, slope = run(name, best + np.linspace(-1, 1, 21), smoothing)
    assert value.argmin() == 10
    assert (slope[:10] < 0).all()
    assert (slope[11:] > 0).all()


@every_loss
def test_without_smoothing_more_against_the_label_is_always_worse(name):
    value, slope = run(name, np.linspace(-300, 30, 331), 0.0)
    assert (np.diff(value) > 0).all()
    assert (slope > 0).all()


@every_loss
@every_smoothing
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_logit_gives_a_warning_or_an_infinite_loss(name, smoothing, dtype):
    against = np.concatenate([np.linspace(-1e4, 1e4, 2001), (-1e30, 1e30)]).astype(dtype)
    assert np.isfinite(run(name, against, smoothing)).all()

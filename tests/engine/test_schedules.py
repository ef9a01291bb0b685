"""Schedules have the shape that their names promise; "invscaling" is scikit-learn's."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sknumpynet.engine.schedules import SCHEDULES, ends, make_schedule


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_begins_at_one(name):
    assert make_schedule(name, n_steps=10, power_t=0.5)(0, 0) == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_what_ends_has_no_rate_left_after_its_last_step_and_all_others_have(name):
    schedule = make_schedule(name, n_steps=10, power_t=0.5)
    assert ends(name) == (abs(schedule(10, 480)) < 1e-12)
    assert abs(schedule(9, 432)) > 1e-12


@pytest.mark.parametrize("name", ["constant", "adaptive"])
def test_a_constant_rate_knows_no_time(name):
    schedule = make_schedule(name, n_steps=10, power_t=0.5)
    assert {schedule(step, 7 * step) for step in range(20)} == {1}


@pytest.mark.parametrize("n_steps", [1, 2, 7, 100])
def test_cosine_is_the_squared_cosine_of_a_quarter_turn(n_steps):
    schedule = make_schedule("cosine", n_steps=n_steps, power_t=0.5)
    steps = np.arange(n_steps + 1)
    factors = np.array([schedule(step, 3 * step) for step in steps])
    assert_allclose(factors, np.cos(np.pi / 2 * steps / n_steps) ** 2, atol=1e-15)
    assert (np.diff(factors) < 0).all()


def test_cosine_stays_at_zero_after_its_end():
    schedule = make_schedule("cosine", n_steps=8, power_t=0.5)
    assert_allclose([schedule(step, 0) for step in (8, 9, 16, 1000)], 0, atol=1e-15)


@pytest.mark.parametrize("power_t", [0.5, 0.9])
def test_invscaling_is_that_of_scikit_learn(power_t):
    model = MLPClassifier(
        (2,), solver="sgd", learning_rate="invscaling", power_t=power_t, max_iter=3, random_state=0
    )
    with pytest.warns(ConvergenceWarning):
        model.fit(np.arange(10.0)[:, np.newaxis], np.arange(10) % 2)
    schedule = make_schedule("invscaling", n_steps=3, power_t=power_t)
    rate = model.learning_rate_init * schedule(3, rows_seen=3 * 10)
    assert_allclose(rate, model._optimizer.learning_rate, rtol=1e-14)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_can_be_pickled(name):
    schedule = make_schedule(name, n_steps=10, power_t=0.5)
    assert pickle.loads(pickle.dumps(schedule))(3, 60) == schedule(3, 60)

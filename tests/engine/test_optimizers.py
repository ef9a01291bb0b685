"""Optimizers reach their closed forms, whatever the blocks, the stack and the interruptions."""

import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from stacks import PLAN

from sknumpynet.engine import optimizers
from sknumpynet.engine.optimizers import OPTIMIZERS, SGD, Adam, make_optimizer

SETTINGS = replace(PLAN, momentum=0.7, beta_1=0.8, beta_2=0.95, epsilon=0.05)
KINDS = {name: partial(make_optimizer, name, plan=SETTINGS) for name in OPTIMIZERS}
KINDS["momentum"] = lambda params: SGD(params, momentum=0.7, nesterovs_momentum=False)
every_kind = pytest.mark.parametrize("kind", KINDS)


def problem(n_steps=6, shape=(3, 5), dtype=np.float64):
    """Parameters, a gradient a step, a rate a step."""
    rng = np.random.default_rng(0)
    grads = rng.normal(size=(n_steps, *shape)).astype(dtype)
    return rng.normal(size=shape).astype(dtype), grads, rng.uniform(0.01, 0.1, n_steps).tolist()


def follow(optimizer, params, grads, rates, relative_rate=None):
    """Where the parameters are after every step; ``params`` themselves stay."""
    params, path = params.copy(), []
    for grad, rate in zip(grads, rates, strict=True):
        optimizer.step(params, grad.copy(), rate, relative_rate)
        path.append(params.copy())
    return np.array(path)


def remembered(factor, n_steps):
    """Of element [t, i] = factor^(t - i): how much of step i is left at step t."""
    age = np.subtract.outer(np.arange(n_steps), np.arange(n_steps))
    return np.where(age >= 0, float(factor) ** np.maximum(age, 0), 0)


def steps_of_adam(grads, rates, plan):
    moments = []
    for beta, power in ((plan.beta_1, grads), (plan.beta_2, grads**2)):
        share = remembered(beta, len(grads))
        moments.append(np.tensordot(share / share.sum(axis=1, keepdims=True), power, 1))
    return moments[0] / (np.sqrt(moments[1]) + plan.epsilon) * rates


def steps_of_sgd(grads, rates, plan):
    pull, share = rates * grads, remembered(plan.momentum, len(grads))
    if plan.nesterovs_momentum:  # looks one step ahead, with what is left of each gradient then
        return plan.momentum * np.tensordot(share, pull, 1) + pull
    return np.tensordot(share, pull, 1)


CLOSED_FORMS = {  # all steps at once, from all gradients; not the recurrence written again
    "adam": steps_of_adam,
    "sgd": steps_of_sgd,
}


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize(("beta_1", "beta_2"), [(0.9, 0.999), (0.5, 0.9), (0, 0.9), (0.9, 0)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_after_t_steps_is_its_closed_form(name, beta_1, beta_2, nesterov):
    plan = replace(SETTINGS, beta_1=beta_1, beta_2=beta_2, nesterovs_momentum=nesterov)
    params, grads, rates = problem(n_steps=12)
    steps = CLOSED_FORMS[name](grads, np.reshape(rates, (-1, 1, 1)), plan)
    path = follow(make_optimizer(name, params, plan), params, grads, rates)
    assert_allclose(path, params - steps.cumsum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_adaptive_is_what_takes_no_longer_steps_for_longer_gradients(name):
    params, grads, rates = problem()
    plan = replace(SETTINGS, epsilon=1e-30)
    moved, moved_by_longer = (
        follow(make_optimizer(name, params, plan), params, by * grads, rates)[-1] - params
        for by in (1, 1000)
    )
    assert OPTIMIZERS[name].is_adaptive == np.allclose(moved, moved_by_longer)


def test_adams_first_step_is_the_rate_whatever_the_gradient():
    params, grads, _ = problem(n_steps=1)
    optimizer = Adam(params, beta_1=0.9, beta_2=0.999, epsilon=1e-30)
    path = follow(optimizer, params, grads * 1e6, [0.03])
    assert_allclose(path[0], params - 0.03 * np.sign(grads[0]), rtol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.9])
def test_momentum_lets_every_gradient_act_on(momentum):
    params, grads, rates = problem(n_steps=12)
    pull = grads * np.reshape(rates, (-1, 1, 1))
    reach = remembered(momentum, len(grads)).cumsum(axis=0)  # a geometric sum for each gradient
    path = follow(SGD(params, momentum=momentum, nesterovs_momentum=False), params, grads, rates)
    assert_allclose(path, params - np.tensordot(reach, pull, 1), rtol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.9])
def test_nesterovs_momentum_is_the_textbook_pair_of_sequences(momentum):
    start, rate = np.random.default_rng(0).normal(size=(2, 5)), 0.1
    curvature = np.linspace(0.5, 4, 5)
    params, optimizer = start.copy(), SGD(start, momentum=momentum, nesterovs_momentum=True)
    y, x = start, start  # y <- x - rate f'(x) ;  x <- y + momentum (y - y before)
    for _ in range(12):
        optimizer.step(params, curvature * params, rate)
        before, y = y, x - rate * curvature * x
        x = y + momentum * (y - before)
        assert_allclose(params, x, rtol=1e-12)


@pytest.mark.parametrize("nesterov", [False, True])
def test_a_constant_slope_drives_momentum_to_its_terminal_velocity(nesterov):
    params = np.zeros((1, 2))
    optimizer = SGD(params, momentum=0.5, nesterovs_momentum=nesterov)
    path = follow(optimizer, params, np.full((60, 1, 2), 3.0), [0.1] * 60)
    assert_allclose(path[-1] - path[-2], -0.1 * 3 / (1 - 0.5), rtol=1e-12)


@pytest.mark.parametrize("nesterov", [False, True])
def test_without_momentum_sgd_is_plain_descent(nesterov):
    params, grads, rates = problem()
    path = follow(SGD(params, momentum=0.0, nesterovs_momentum=nesterov), params, grads, rates)
    steps = grads * np.reshape(rates, (-1, 1, 1))
    assert_allclose(path, params - steps.cumsum(axis=0), rtol=1e-12)


RATES = {
    "none": None,
    "for all": np.array(0.03),
    "per network": np.array([[0.03], [0.01], [0.1]]),
    "per parameter": np.linspace(0.01, 0.1, 5),
    "per both": np.linspace(0.01, 0.1, 15).reshape(3, 5),
}
every_rate = pytest.mark.parametrize("rate", RATES.values(), ids=RATES)


@every_kind
@every_rate
def test_every_parameter_follows_its_own_rate(kind, rate):
    params, grads, rates = problem()
    path = follow(KINDS[kind](params), params, grads, rates, rate)
    for at, own in np.ndenumerate(np.broadcast_to(1 if rate is None else rate, params.shape)):
        start, pull = params[at].reshape(1, 1), grads[:, *at].reshape(-1, 1, 1)
        alone = follow(KINDS[kind](start), start, pull, np.multiply(rates, own))
        assert_allclose(path[:, *at], alone[:, 0, 0], rtol=1e-13)


@every_kind
@every_rate
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("block", [1, 2, 5])
def test_blocks_change_nothing(kind, rate, dtype, block, monkeypatch):
    params, grads, rates = problem(dtype=dtype)
    rate = rate if rate is None else rate.astype(dtype)
    whole = follow(KINDS[kind](params), params, grads, rates, rate)
    monkeypatch.setattr(optimizers, "BLOCK", block)
    assert_array_equal(follow(KINDS[kind](params), params, grads, rates, rate), whole, strict=True)


@every_kind
def test_many_parameters_are_each_updated_once(kind):
    shape = (2, optimizers.BLOCK + 3)
    params, grads = np.zeros(shape), np.ones((3, *shape))
    path = follow(KINDS[kind](params), params, grads, [0.1] * 3)
    few = np.zeros((1, 1))
    expected = follow(KINDS[kind](few), few, np.ones((3, 1, 1)), [0.1] * 3)
    assert_array_equal(path, np.broadcast_to(expected, path.shape))


@every_kind
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_state_stays_where_it_is(kind, dtype):
    params, grads, rates = problem(dtype=dtype)
    optimizer = KINDS[kind](params)
    states = dict(optimizer.state)
    follow(optimizer, params, grads, rates)
    for name, state in states.items():
        assert optimizer.state[name] is state
        assert state.any()
        assert state.dtype == dtype


@every_kind
def test_to_pickle_half_way_changes_nothing(kind):
    params, grads, rates = problem()
    whole = follow(KINDS[kind](params), params, grads, rates)
    optimizer = KINDS[kind](params)
    half_way = follow(optimizer, params, grads[:3], rates[:3])[-1]
    again = pickle.loads(pickle.dumps(optimizer))
    assert_array_equal(follow(again, half_way, grads[3:], rates[3:]), whole[3:])


@every_kind
def test_state_kept_elsewhere_is_gone_on_from_and_left_alone(kind):
    params, grads, rates = problem()
    whole = follow(KINDS[kind](params), params, grads, rates)
    optimizer, again = KINDS[kind](params), KINDS[kind](params)
    half_way = follow(optimizer, params, grads[:3], rates[:3])[-1]
    kept = {name: state.copy() for name, state in optimizer.state.items()}
    again.resume(optimizer.n_steps, kept)
    assert_array_equal(follow(again, half_way, grads[3:], rates[3:]), whole[3:])
    assert_equal(kept, optimizer.state)


@every_kind
def test_state_beyond_single_precision_is_infinite(kind):
    optimizer = KINDS[kind](np.zeros((2, 3), np.float32))
    optimizer.resume(1, {name: np.full((2, 3), 1e300) for name in optimizer.state})
    assert all(np.isinf(state).all() for state in optimizer.state.values())


def test_an_epsilon_below_single_precision_makes_no_step_of_no_gradient():
    params = np.ones((2, 3), np.float32)
    optimizer = Adam(params, beta_1=0.8, beta_2=0.95, epsilon=1e-300)
    optimizer.step(params, np.zeros_like(params), 0.1)
    assert_array_equal(params, 1)


@every_kind
def test_networks_taken_out_of_the_stack_go_on_as_in_it(kind):
    params, grads, rates = problem()
    whole = follow(KINDS[kind](params), params, grads, rates)
    optimizer = KINDS[kind](params)
    follow(optimizer, params, grads[:3], rates[:3])
    for networks in ([0], [2, 0], [True, False, True]):
        path = follow(
            optimizer.take(np.array(networks)), whole[2, networks], grads[3:, networks], rates[3:]
        )
        assert_array_equal(path, whole[3:, networks])


@every_kind
def test_what_is_put_back_goes_on_as_if_never_taken(kind):
    params, grads, rates = problem()
    whole = follow(KINDS[kind](params), params, grads, rates)
    optimizer, networks = KINDS[kind](params), np.array([2, 0])
    follow(optimizer, params, grads[:2], rates[:2])
    first, second = optimizer.take(networks), optimizer.take(np.array([1]))
    follow(first, whole[1, networks], grads[2:4, networks], rates[2:4])
    follow(second, whole[1, [1]], grads[2:4, [1]], rates[2:4])
    optimizer.put(networks, first)
    optimizer.put(np.array([1]), second)
    assert_array_equal(follow(optimizer, whole[3], grads[4:], rates[4:]), whole[4:])


@every_kind
def test_a_network_that_stays_behind_keeps_its_state(kind):
    params, grads, rates = problem()
    optimizer = KINDS[kind](params)
    follow(optimizer, params, grads[:3], rates[:3])
    before = {name: state[1].copy() for name, state in optimizer.state.items()}
    networks = np.array([0, 2])
    taken = optimizer.take(networks)
    follow(taken, params[networks], grads[3:, networks], rates[3:])
    optimizer.put(networks, taken)
    assert optimizer.n_steps == taken.n_steps == len(grads)
    for name, state in before.items():
        assert_array_equal(optimizer.state[name][1], state)


@every_kind
def test_parts_joined_are_the_whole(kind):
    params, grads, rates = problem()
    whole = follow(KINDS[kind](params), params, grads, rates)
    parts = [slice(0, 1), slice(1, 3)]
    halves = [KINDS[kind](params[part]) for part in parts]
    for half, part in zip(halves, parts, strict=True):
        follow(half, params[part], grads[:3, part], rates[:3])
    joined = halves[0].join(halves)
    assert_array_equal(follow(joined, whole[2], grads[3:], rates[3:]), whole[3:])
    assert halves[0].n_steps == 3  # the parts are as they were


def test_the_steps_of_joined_parts_are_those_of_the_longest():
    params, grads, rates = problem()
    short, long = KINDS["adam"](params), KINDS["adam"](params)
    follow(short, params, grads[:2], rates[:2])
    follow(long, params, grads, rates)
    assert short.join([short, long]).n_steps == len(grads)

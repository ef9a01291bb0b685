"""The loop of training against loops written by hand."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from stacks import GRADIENT_DESCENT, PLAN, make, places_after_epochs, run, value_and_grad

from sknumpynet.engine.batching import visiting_order
from sknumpynet.engine.epochs import average_in, clip_norm, epochs
from sknumpynet.engine.objective import Objective
from sknumpynet.engine.optimizers import OPTIMIZERS, SGD, Adam


def logistic_regression_by_hand(params, problem, steps):
    """Gradient descent without momentum; ``steps`` are pairs of rate and rows. Losses, params."""
    X, sign, alpha = problem.rows.X, problem.rows.sign, problem.alpha
    inputs, params, losses = np.column_stack([X, np.ones(len(X))]), params.copy(), []
    for rate, rows in steps:
        W = params * [1, 1, 1, 0]
        margin = sign[rows] * (inputs[rows] @ params)
        losses.append(np.log1p(np.exp(-margin)).mean() + alpha / 2 / len(X) * W @ W)
        slope = -sign[rows] / (1 + np.exp(margin)) / len(rows)
        params -= rate * (inputs[rows].T @ slope + alpha / len(X) * W)
    return np.array(losses), params


RATES = {  # of the step, the number of steps and the rows seen before the epoch
    "constant": lambda step, n_steps, n_seen: 0.5,
    "cosine": lambda step, n_steps, n_seen: 0.5 * (1 + np.cos(np.pi * step / n_steps)) / 2,
    "invscaling": lambda step, n_steps, n_seen: 0.5 / (n_seen + 1) ** 0.3,
}


@pytest.mark.parametrize("learning_rate", RATES)
@pytest.mark.parametrize("batch_size", [12, 48])
@pytest.mark.parametrize("shuffle", [False, True])
def test_gradient_descent_is_the_loop_written_by_hand(learning_rate, batch_size, shuffle):
    params, problem = make((), n_networks=2, alpha=0.7)
    plan = replace(PLAN, **GRADIENT_DESCENT, learning_rate=learning_rate, power_t=0.3)
    plan = replace(plan, learning_rate_init=0.5, batch_size=batch_size, shuffle=shuffle, max_iter=6)
    orders = [visiting_order(48, shuffle, plan.seed, epoch) for epoch in range(6)]
    batches = np.reshape(orders, (-1, batch_size))
    n_steps, per_epoch = len(batches), 48 // batch_size
    rates = [RATES[learning_rate](t, n_steps, t // per_epoch * 48) for t in range(n_steps)]
    trained = run(problem, params, plan, keeps_best=False)
    for k in range(2):
        steps = zip(rates, batches, strict=True)
        losses, by_hand = logistic_regression_by_hand(params[k], problem, steps)
        assert_allclose(trained.stack.params[k], by_hand, rtol=1e-11)
        assert_allclose(trained.loss_curve[:, k], losses.reshape(6, -1).mean(axis=1), rtol=1e-12)


def test_adaptive_divides_the_rate_by_five_when_patience_is_lost_and_stops_below_a_millionth():
    params, problem = make(())
    # Nothing but the first epoch is progress, so patience is lost every second epoch.
    plan = replace(PLAN, **GRADIENT_DESCENT, learning_rate="adaptive", tol=1e9, max_iter=100)
    plan = replace(plan, learning_rate_init=0.1, batch_size=48, n_iter_no_change=2)
    rates = [0.1, *np.repeat(0.1 / 5.0 ** np.arange(8), 2)]  # 0.1 / 5^8 < 1e-6
    losses, by_hand = logistic_regression_by_hand(
        params[0], problem, [(rate, np.arange(48)) for rate in rates]
    )
    trained = run(problem, params, plan, keeps_best=False)
    assert_allclose(trained.loss_curve[:, 0], losses, rtol=1e-12)
    assert_allclose(trained.stack.params[0], by_hand, rtol=1e-11)
    assert trained.has_finished.all()


def test_cosine_comes_to_rest():
    params, problem = make()
    plan = replace(PLAN, learning_rate="cosine", max_iter=50)
    places = places_after_epochs(Objective(problem, [0]), params, plan)
    lengths = np.linalg.norm(np.diff(places, axis=0), axis=(1, 2))
    assert len(lengths) == 50
    assert lengths[-1] < lengths[0] / 100


def test_the_plan_makes_the_optimizer_it_describes():
    params, _ = make()
    plan = replace(
        PLAN, momentum=0.1, nesterovs_momentum=False, beta_1=0.2, beta_2=0.3, epsilon=0.4
    )
    sgd = SGD(params, momentum=0.1, nesterovs_momentum=False)
    adam = Adam(params, beta_1=0.2, beta_2=0.3, epsilon=0.4)
    for name, by_hand in {"sgd": sgd, "adam": adam}.items():
        made = replace(plan, solver=name).make_optimizer(params)
        assert type(made) is type(by_hand)
        assert_equal(vars(made), vars(by_hand))
    assert replace(plan, solver="lbfgs").make_optimizer(params) is None


@pytest.mark.parametrize("relative_rate", [None, np.linspace(0.5, 2, 21)], ids=["one", "each"])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_weight_decay_shrinks_weights_by_rate_times_decay_and_spares_biases(solver, relative_rate):
    params, problem = make(n_networks=2)
    # All rows are positive and held for it by so much that the gradient is 0 to the last bit.
    problem = replace(problem, rows=replace(problem.rows, sign=np.ones(48)))
    params[:, -1] = 1000
    plan = replace(PLAN, solver=solver, weight_decay=0.1, relative_rate=relative_rate, max_iter=3)
    trained = run(problem, params, replace(plan, learning_rate="cosine"), keeps_best=False)
    rates = (
        0.05
        * (1 + np.cos(np.pi * np.arange(12) / 12))
        / 2
        * np.reshape(1 if relative_rate is None else relative_rate, (-1, 1))
    )
    shrunk = params * np.prod(1 - 0.1 * rates, axis=1)
    is_weight = problem.stack.layout.is_weight == 1
    assert_allclose(trained.stack.params[:, is_weight], shrunk[:, is_weight], rtol=1e-14)
    assert_array_equal(trained.stack.params[:, ~is_weight], params[:, ~is_weight])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping_shortens_what_is_too_long_and_turns_nothing(dtype):
    rng = np.random.default_rng(0)
    grad = (rng.normal(size=(5, 30)) * [[0], [1e-30], [0.01], [10], [1e15]]).astype(dtype)
    clipped = grad.copy()
    clip_norm(clipped, 0.5)
    assert_array_equal(clipped[:3], grad[:3])
    length = np.linalg.norm(grad[3:].astype(np.float64), axis=1, keepdims=True)
    assert_allclose(clipped[3:], 0.5 * grad[3:] / length, rtol=10 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("limit", [np.inf, 1e300, 1e39])
def test_a_limit_beyond_all_gradients_changes_nothing(dtype, limit):
    grad = (np.random.default_rng(0).normal(size=(3, 30)) * [[0], [1e-30], [1e15]]).astype(dtype)
    clipped = grad.copy()
    clip_norm(clipped, limit)
    assert_array_equal(clipped, grad)


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e30), (np.float64, 1e200)])
def test_a_gradient_whose_square_is_beyond_all_numbers_is_clipped_and_the_others_as_alone(
    dtype, size
):
    grad = (np.random.default_rng(0).normal(size=(3, 30)) * [[1], [size], [1]]).astype(dtype)
    grad[2, 5] = np.nan  # a network that has diverged
    alone, clipped = grad[:1].copy(), grad.copy()
    clip_norm(alone, 0.5)
    clip_norm(clipped, 0.5)
    assert_array_equal(clipped[0], alone[0])
    assert_allclose(np.linalg.norm(clipped[1]), 0.5, rtol=10 * np.finfo(dtype).eps)
    assert np.isnan(clipped[2]).all()


def test_weight_decay_and_rate_may_each_be_beyond_single_precision():
    params, problem = make(n_networks=2)
    params, rows = params.astype(np.float32), problem.rows
    rows = replace(rows, X=rows.X.astype(np.float32), sign=rows.sign.astype(np.float32))
    problem = replace(problem, rows=rows)
    plan = replace(PLAN, solver="sgd", weight_decay=1e-200, learning_rate_init=0.1, max_iter=1)
    moved = run(problem, params, plan)
    assert_array_equal(
        moved.stack.params, run(problem, params, replace(plan, weight_decay=0.0)).stack.params
    )
    plan = replace(plan, weight_decay=1e200, learning_rate_init=1e-200)
    trained = run(problem, params, plan, keeps_best=False).stack.params
    is_weight = problem.stack.layout.is_weight == 1
    assert_allclose(trained[:, is_weight], 0, atol=1e-6)
    assert_allclose(trained[:, ~is_weight], params[:, ~is_weight], atol=1e-6)


def test_a_clipped_step_is_as_long_as_the_norm_allows():
    params, problem = make()
    plan = replace(PLAN, **GRADIENT_DESCENT, max_grad_norm=1e-3, batch_size=48, max_iter=1)
    moved = run(problem, params, plan).stack.params - params
    _, grad = value_and_grad(problem, params)
    direction = -grad / np.linalg.norm(grad)
    assert_allclose(moved, 0.05 * 1e-3 * direction, rtol=1e-8, atol=1e-16)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_the_loss_of_a_full_batch_is_the_objective_before_the_step(solver, dropout):
    params, problem = make(n_networks=2, has_folds=True, alpha=0.7, dropout=dropout)
    plan, objective = replace(PLAN, solver=solver, batch_size=48), Objective(problem, [0, 1])
    same, grad, before = Objective(problem, [0, 1]), np.empty_like(params), params.copy()
    optimizer = plan.make_optimizer(params)
    for epoch in epochs(objective, params, optimizer, plan, n_passes=7):
        n_passed = 7 + epoch.number - 1
        same.visit(visiting_order(48, True, plan.seed, n_passed), n_passed)
        assert_allclose(epoch.loss, same.value_and_grad(before, slice(0, 48), grad), rtol=1e-12)
        assert_array_equal(epoch.validation, same.validation(params)[0])
        before = params.copy()
    assert epoch.number == plan.max_iter


# The average of the weights ----------------------------------------------------------------------


def weights_of_average(n_steps):
    """Of the params after each step: w_i = c_i prod_(j > i) (1 - c_j), c_t = 10 / (t + 9)."""
    c = 10 / (np.arange(1, n_steps + 1) + 9)
    return c * np.append(np.cumprod(1 - c[:0:-1])[::-1], 1)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-5)])
@pytest.mark.parametrize("n_steps", [1, 2, 7, 300])
def test_the_average_after_t_steps_is_its_closed_form(n_steps, dtype, rtol):
    path = np.random.default_rng(0).normal(3, size=(n_steps, 2, 5)).astype(dtype)
    average, scratch = np.full((2, 5), 7, dtype), np.empty((2, 5), dtype)  # the start is forgotten
    for step, params in enumerate(path, start=1):
        kept = params.copy()
        average_in(average, params, step, scratch)
        assert_array_equal(params, kept)
    weight = weights_of_average(n_steps)
    assert_allclose(weight.sum(), 1, rtol=1e-12)
    assert_allclose(average, np.tensordot(weight, path.astype(float), 1), rtol=rtol)
    assert average.dtype == dtype


def test_half_of_the_average_is_of_the_last_steps():
    weight = weights_of_average(1000)
    assert (np.diff(weight) > 0).all()
    assert_allclose(weight[930:].sum(), 0.5, atol=0.02)


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_after_every_epoch_the_average_is_that_of_all_steps_so_far(solver):
    """And the steps are those without it."""
    params, problem = make(n_networks=2, has_folds=True, dropout=0.2)
    plan = replace(PLAN, solver=solver, max_iter=6)
    make_optimizer, path = plan.make_optimizer, []
    optimizer = make_optimizer(params)
    step = optimizer.step

    def recorded(params, *args):
        step(params, *args)
        path.append(params.copy())

    optimizer.step = recorded
    plain, average = params.copy(), np.full_like(params, np.pi)
    objective, judge = Objective(problem, [0, 1]), Objective(problem, [0, 1])
    without = epochs(Objective(problem, [0, 1]), plain, make_optimizer(plain), plan)
    for epoch in epochs(objective, params, optimizer, plan, average=average):
        assert_array_equal(epoch.loss, next(without).loss)
        assert_array_equal(params, plain)
        assert_allclose(average, np.tensordot(weights_of_average(len(path)), path, 1), rtol=1e-10)
        assert_array_equal(epoch[2:], judge.validation(average))
    assert len(path) == 6 * 4

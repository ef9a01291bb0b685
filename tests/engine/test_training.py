"""Training against loops written by hand, against scikit-learn, and against itself in parts."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sknumpynet.engine.batching import visiting_order
from sknumpynet.engine.layout import Layout
from sknumpynet.engine.objective import Objective, Problem, Rows
from sknumpynet.engine.optimizers import SGD, Adam
from sknumpynet.engine.scaling import Scaling
from sknumpynet.engine.training import Plan, clip_norm, epochs, join, train

PLAN = Plan(
    solver="adam",
    learning_rate="constant",
    learning_rate_init=0.05,
    power_t=0.5,
    momentum=0.9,
    nesterovs_momentum=True,
    beta_1=0.9,
    beta_2=0.999,
    epsilon=1e-8,
    weight_decay=0.0,
    max_grad_norm=None,
    batch_size=12,
    shuffle=True,
    max_iter=20,
    max_fun=1000,
    tol=1e-4,
    n_iter_no_change=np.inf,
    seed=3,
)
GRADIENT_DESCENT = {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False}


def make(hidden=(4,), *, n_networks=1, n_rows=48, has_folds=False, activation="tanh", **settings):
    """Params of a stack, and noisy labels that it cannot but overfit."""
    rng = np.random.default_rng(0)
    layout = Layout((3, *hidden, 1))
    params = rng.normal(size=(n_networks, layout.n_params))
    X = rng.normal(size=(n_rows, 3))
    sign = np.where(X[:, 0] + rng.logistic(size=n_rows) > 0, 1.0, -1.0)
    fold = np.arange(n_rows) % 5 if has_folds else None
    rows = Rows(X, np.arange(n_rows), sign, np.ones(n_rows), fold)
    return params, Problem(layout, activation, Scaling(), rows, **settings)


def run(problem, params, plan, networks=None, optimizer=None, **settings):
    """Train some networks of the stack from these params, which are left as they are."""
    networks = np.arange(len(params)) if networks is None else networks
    params = params[networks].copy()
    optimizer = optimizer or plan.make_optimizer(params)
    return train(Objective(problem, networks), params, optimizer, plan, **settings)


def value_and_grad(problem, params):
    grad = np.empty_like(params)
    objective = Objective(problem, np.arange(len(params)))
    return objective.value_and_grad(params, slice(0, len(problem.rows.index)), grad), grad


def places_after_epochs(objective, params, plan):
    """The params at the start and after every epoch."""
    params = params.copy()
    places = [params.copy()]
    for _ in epochs(objective, params, plan.make_optimizer(params), plan):
        places.append(params.copy())
    return np.array(places)


# A stack is its networks -------------------------------------------------------------------------

LEAVING = {"n_iter_no_change": 3, "tol": 1e-3, "max_iter": 60, "learning_rate_init": 0.1}
STACKS = {
    "adam": (LEAVING | {"learning_rate": "cosine"}, {"dropout": 0.2}),
    "sgd": (LEAVING | {"solver": "sgd", "learning_rate": "invscaling"}, {"dropout": 0.2}),
    "adaptive": (LEAVING | {"solver": "sgd", "learning_rate": "adaptive"}, {}),
    "lbfgs": (LEAVING | {"solver": "lbfgs"}, {"alpha": 0.1}),
    "decayed": (LEAVING | {"weight_decay": 0.5, "relative_rate": np.linspace(0.1, 2, 21)}, {}),
    "clipped": (LEAVING | {"max_grad_norm": 0.1}, {}),
    # Arrays so large that NumPy cuts sums, or the engine its work, into pieces.
    "wide": (
        LEAVING
        | {"max_grad_norm": 0.1, "max_iter": 5, "relative_rate": np.linspace(0.5, 2, 10_001)},
        {"hidden": (2000,), "activation": "relu", "alpha": 1.0},
    ),
    "logistic": (LEAVING, {"hidden": (30,), "activation": "logistic"}),
}


def make_stack(name):
    """A stack of five, the last of which diverges at once."""
    changes, settings = STACKS[name]
    params, problem = make(n_networks=5, has_folds=True, **settings)
    params[4] = 1.7e308 * np.sign(params[4])
    return params, problem, replace(PLAN, **changes)


@pytest.mark.parametrize("name", STACKS)
def test_a_network_of_a_stack_equals_that_network_trained_alone(name):
    params, problem, plan = make_stack(name)
    stack = run(problem, params, plan)
    lengths = (~np.isnan(stack.validation_curve)).sum(axis=0)
    assert name == "wide" or len(set(lengths[:4])) > 1  # they leave one by one
    assert_array_equal(stack.has_diverged, [False] * 4 + [True])
    for k in range(5):
        alone = run(problem, params, plan, [k])
        for field in ("params", "best_epoch", "best_score", "has_diverged", "has_finished"):
            assert_array_equal(getattr(alone, field)[0], getattr(stack, field)[k])
        for field in ("loss_curve", "validation_curve"):
            curve, rest = np.split(getattr(stack, field)[:, k], [len(alone.loss_curve)])
            assert_array_equal(curve, getattr(alone, field)[:, 0])
            assert np.isnan(rest).all()


@pytest.mark.parametrize("name", STACKS)
def test_parts_trained_apart_and_joined_equal_the_whole(name):
    params, problem, plan = make_stack(name)
    whole = run(problem, params, plan)
    joined = join([run(problem, params, plan, part) for part in ([0, 1], [2], [3, 4])])
    for field in fields(whole):
        one, other = getattr(whole, field.name), getattr(joined, field.name)
        if field.name == "optimizer" and one is not None:
            assert type(one) is type(other)
            assert_equal(vars(one), vars(other))
        else:
            assert_array_equal(one, other)


# Steps -------------------------------------------------------------------------------------------


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
        assert_allclose(trained.params[k], by_hand, rtol=1e-11)
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
    assert_allclose(trained.params[0], by_hand, rtol=1e-11)
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
    sgd = SGD(params, momentum=0.1, nesterov=False)
    adam = Adam(params, beta_1=0.2, beta_2=0.3, epsilon=0.4)
    for name, by_hand in {"sgd": sgd, "adam": adam}.items():
        made = replace(plan, solver=name).make_optimizer(params)
        assert type(made) is type(by_hand)
        assert_equal(vars(made), vars(by_hand))
    assert replace(plan, solver="lbfgs").make_optimizer(params) is None


@pytest.mark.parametrize("relative_rate", [None, np.linspace(0.5, 2, 21)], ids=["one", "each"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
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
    is_weight = problem.layout.is_weight == 1
    assert_allclose(trained.params[:, is_weight], shrunk[:, is_weight], rtol=1e-14)
    assert_array_equal(trained.params[:, ~is_weight], params[:, ~is_weight])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping_shortens_what_is_too_long_and_turns_nothing(dtype):
    rng = np.random.default_rng(0)
    grad = (rng.normal(size=(5, 30)) * [[0], [1e-30], [0.01], [10], [1e15]]).astype(dtype)
    clipped = grad.copy()
    clip_norm(clipped, 0.5)
    assert_array_equal(clipped[:3], grad[:3])
    length = np.linalg.norm(grad[3:].astype(np.float64), axis=1, keepdims=True)
    assert_allclose(clipped[3:], 0.5 * grad[3:] / length, rtol=10 * np.finfo(dtype).eps)


def test_a_clipped_step_is_as_long_as_the_norm_allows():
    params, problem = make()
    plan = replace(PLAN, **GRADIENT_DESCENT, max_grad_norm=1e-3, batch_size=48, max_iter=1)
    moved = run(problem, params, plan).params - params
    _, grad = value_and_grad(problem, params)
    direction = -grad / np.linalg.norm(grad)
    assert_allclose(moved, 0.05 * 1e-3 * direction, rtol=1e-8, atol=1e-16)


# Records -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_the_loss_of_a_full_batch_is_the_objective_before_the_step(solver, dropout):
    params, problem = make(n_networks=2, has_folds=True, alpha=0.7, dropout=dropout)
    plan, objective = replace(PLAN, solver=solver, batch_size=48), Objective(problem, [0, 1])
    same, grad, before = Objective(problem, [0, 1]), np.empty_like(params), params.copy()
    optimizer = plan.make_optimizer(params)
    for epoch in epochs(objective, params, optimizer, plan, n_passes=7):
        n_passed = 7 + epoch.number - 1
        same.visit(visiting_order(48, True, plan.seed, n_passed), n_passed)
        assert_allclose(epoch.loss, same.value_and_grad(before, slice(0, 48), grad), rtol=1e-12)
        assert_array_equal(epoch.validation, same.validation_loss(params))
        before = params.copy()
    assert epoch.number == plan.max_iter


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_the_report_is_the_curves_row_by_row(solver):
    params, problem = make(n_networks=5, has_folds=True)
    curves = {"loss": [], "validation": []}

    def report(networks, epoch):
        for name, entries in curves.items():
            entries += zip(
                [epoch.number] * len(networks), networks, getattr(epoch, name), strict=True
            )

    trained = run(problem, params, replace(PLAN, **LEAVING | {"solver": solver}), report=report)
    for name, entries in curves.items():
        curve = getattr(trained, f"{name}_curve")
        assert len(entries) == np.isfinite(curve).sum()
        assert_array_equal(
            [value for *_, value in entries], [curve[e - 1, k] for e, k, _ in entries]
        )


# The best epoch, and the last --------------------------------------------------------------------


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_the_best_epoch_is_the_lowest_of_its_curve_and_its_params_are_kept(solver, has_folds):
    params, problem = make((8,), n_networks=5, has_folds=has_folds)
    plan = replace(PLAN, solver=solver, learning_rate_init=0.2)
    trained = run(problem, params, plan)
    curve = trained.validation_curve if has_folds else trained.loss_curve
    assert_array_equal(trained.best_epoch, np.nanargmin(curve, axis=0) + 1)
    assert_array_equal(trained.best_score, np.nanmin(curve, axis=0))
    objective = Objective(problem, np.arange(5))
    if has_folds:
        assert_array_equal(objective.validation_loss(trained.params), trained.best_score)
        assert (trained.best_epoch < plan.max_iter).any()
    elif solver == "lbfgs":
        assert_array_equal(value_and_grad(problem, trained.params)[0], trained.best_score)
    if solver != "lbfgs":
        places = places_after_epochs(objective, params, plan)
        assert_array_equal(trained.params, places[trained.best_epoch, np.arange(5)])


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_without_the_best_kept_the_params_are_the_last_epochs(solver):
    params, problem = make((8,), n_networks=5, has_folds=True)
    trained = run(problem, params, replace(PLAN, solver=solver), keeps_best=False)
    last = [curve[~np.isnan(curve)][-1] for curve in trained.validation_curve.T]
    assert_array_equal(Objective(problem, np.arange(5)).validation_loss(trained.params), last)


@pytest.mark.parametrize("patience", [1, 2, 5])
@pytest.mark.parametrize(
    ("solver", "has_folds"), [("adam", False), ("adam", True), ("sgd", True), ("lbfgs", True)]
)
def test_a_network_stops_after_patience_epochs_without_progress_and_not_before(
    solver, has_folds, patience
):
    params, problem = make((8,), n_networks=5, has_folds=has_folds)
    plan = replace(PLAN, solver=solver, n_iter_no_change=patience, max_iter=400, tol=1e-3)
    trained = run(problem, params, plan)
    curves = trained.validation_curve if has_folds else trained.loss_curve
    for curve in curves.T:
        scores = curve[~np.isnan(curve)]
        best_before = np.minimum.accumulate([np.inf, *scores[:-1]])
        progress = "".join(np.where(scores < best_before - plan.tol, "+", "-"))
        assert progress.index("-" * patience) == len(progress) - patience
    assert trained.has_finished.all()


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_network_cut_off_by_max_iter_has_not_finished(solver):
    params, problem = make()
    trained = run(problem, params, replace(PLAN, solver=solver, max_iter=2))
    assert len(trained.loss_curve) == 2
    assert not trained.has_finished.any()


@pytest.mark.parametrize("learning_rate", ["constant", "invscaling"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_two_runs_handed_over_are_one_run_of_twice_the_epochs(solver, learning_rate):
    params, problem = make(n_networks=2, dropout=0.2)
    plan = replace(PLAN, solver=solver, learning_rate=learning_rate, max_iter=10)
    whole = run(problem, params, plan, keeps_best=False)
    half = replace(plan, max_iter=5)
    first = run(problem, params, half, keeps_best=False)
    handed_over = {"optimizer": first.optimizer, "n_passes": 5, "n_seen": 5 * 48}
    second = run(problem, first.params, half, keeps_best=False, **handed_over)
    assert_array_equal(second.params, whole.params)
    assert_array_equal([*first.loss_curve, *second.loss_curve], whole.loss_curve)


# L-BFGS ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.1, 10.0])
@pytest.mark.parametrize("n_networks", [1, 3])
def test_lbfgs_without_hidden_layers_is_logistic_regression(n_networks, alpha, is_weighted):
    params, problem = make((), n_networks=n_networks, n_rows=200, alpha=alpha)
    rows = problem.rows
    weight = np.random.default_rng(1).uniform(0, 3, 200) if is_weighted else rows.weight
    problem = replace(problem, rows=replace(rows, weight=weight))
    trained = run(problem, params, replace(PLAN, solver="lbfgs", tol=1e-9, max_iter=1000))
    peer = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=1000)
    peer.fit(rows.X, rows.sign, sample_weight=weight)
    theirs = [*peer.coef_[0], *peer.intercept_]
    assert_allclose(trained.params, [theirs] * n_networks, rtol=0, atol=1e-6)
    assert trained.has_finished.all()


def test_patience_ends_lbfgs_only_where_rows_are_held_out():
    params, problem = make((8,))
    plan = replace(PLAN, solver="lbfgs", tol=0.01, max_iter=1000)
    patient, impatient = [run(problem, params, replace(plan, n_iter_no_change=n)) for n in (9e9, 1)]
    assert (np.diff(patient.loss_curve[:, 0]) > -0.01).any()
    assert_array_equal(impatient.loss_curve, patient.loss_curve)
    assert impatient.has_finished.all()


def test_lbfgs_ends_unfinished_when_max_fun_is_spent():
    params, problem = make((8,))
    plan = replace(PLAN, solver="lbfgs", tol=0.0, max_iter=1000)
    short, long = [run(problem, params, replace(plan, max_fun=n)) for n in (20, 1000)]
    assert len(short.loss_curve) <= 20 < len(long.loss_curve)
    assert not short.has_finished.any()


# Edges -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_start_that_cannot_be_bettered_still_makes_an_epoch(solver, has_folds):
    params, problem = make(has_folds=has_folds)
    rows = replace(problem.rows, X=np.zeros((48, 3)), sign=np.resize([1.0, -1.0], 48))
    rows = replace(rows, fold=np.arange(48) // 2 % 5 if has_folds else None)
    plan = replace(PLAN, solver=solver, batch_size=48, n_iter_no_change=1, max_iter=9)
    trained = run(replace(problem, rows=rows), 0 * params, plan)
    assert_allclose(trained.best_score, np.log(2))
    assert_array_equal(trained.best_epoch, [1])
    assert_array_equal(trained.params, 0 * params)
    assert trained.has_finished.all()


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_diverging_rate_ends_with_finite_params_and_says_so(solver, dtype, has_folds):
    settings = {"activation": "identity", "alpha": 1.0, "has_folds": has_folds}
    params, problem = make((5, 4), n_networks=2, **settings)
    rows = problem.rows
    rows = replace(rows, X=rows.X.astype(dtype), sign=rows.sign.astype(dtype))
    # The penalty alone multiplies weights by -2e8 a step of SGD; a step of Adam is the rate, and
    # three layers make it overflow.
    rate = 1e10 if solver == "sgd" else float(np.finfo(dtype).max) ** 0.6
    plan = replace(PLAN, solver=solver, learning_rate_init=rate, max_iter=100)
    trained = run(replace(problem, rows=rows), params.astype(dtype), plan)
    assert trained.has_diverged.all()
    assert trained.has_finished.all()
    assert trained.params.dtype == dtype
    assert np.isfinite(trained.params).all()


def test_a_last_step_beyond_the_numbers_is_not_kept():
    params, problem = make(())
    problem = replace(problem, rows=replace(problem.rows, X=1e6 * problem.rows.X))
    plan = replace(PLAN, solver="sgd", learning_rate_init=1e308, batch_size=48, max_iter=1)
    trained = run(problem, params, plan)
    assert np.isfinite(trained.loss_curve).all()  # of the params before the step
    assert_array_equal(trained.params, params)
    assert trained.has_diverged.all()


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_start_beyond_the_numbers_is_kept_and_said_to_have_diverged(solver, has_folds):
    params, problem = make(has_folds=has_folds, activation="relu")
    params *= 1e300
    trained = run(problem, params, replace(PLAN, solver=solver))
    assert_array_equal(trained.params, params)
    assert_array_equal(trained.has_diverged, [True])
    assert_array_equal(trained.best_epoch, [0])


@pytest.mark.parametrize("to_csr", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_training_writes_to_no_rows(solver, to_csr):
    params, problem = make(n_networks=2, has_folds=True)
    rows = replace(problem.rows, X=to_csr(problem.rows.X))
    values = rows.X.data if sparse.issparse(rows.X) else rows.X
    arrays = [values, rows.index, rows.sign, rows.weight, rows.fold]
    before = [array.copy() for array in arrays]
    problem = replace(problem, rows=rows, scaling=Scaling(None, np.full(3, 2.0), bends=True))
    run(problem, params, replace(PLAN, solver=solver))
    for array, copy in zip(arrays, before, strict=True):
        assert_array_equal(array, copy)

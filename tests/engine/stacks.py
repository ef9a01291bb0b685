"""What the tests of training train: small stacks, plans, and short cuts to run them."""

from dataclasses import replace

import numpy as np

from sknumpynet.engine.epochs import Plan, epochs
from sknumpynet.engine.inputs.encoding import Encoding
from sknumpynet.engine.layout import Layout
from sknumpynet.engine.objective import Objective, Problem, Rows
from sknumpynet.engine.stack import Stack
from sknumpynet.engine.training import train

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
    return params, Problem(Stack(layout, activation, Encoding(3), params), rows, **settings)


def with_scaling(problem, scaling):
    stack = problem.stack
    return replace(problem, stack=replace(stack, encoding=replace(stack.encoding, scaling=scaling)))


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

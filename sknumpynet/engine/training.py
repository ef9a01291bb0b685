"""Training: a generator of epochs, what consumes it, and L-BFGS.

`epochs` is the loop that everyone who learns backpropagation should read; `train` follows it,
keeps the best epoch of each network and lets networks leave the stack when they have finished.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import optimize

from .batching import batches, visiting_order
from .optimizers import SGD, Adam, Optimizer
from .schedules import make_schedule
from .stopping import Stopping


@dataclass(frozen=True)
class Plan:
    """How to minimise: the names are those of the estimator's parameters.

    ``relative_rate`` multiplies the learning rate; of shape (n_params,), parameter by parameter.
    """

    solver: str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    momentum: float
    nesterovs_momentum: bool
    beta_1: float
    beta_2: float
    epsilon: float
    weight_decay: float
    max_grad_norm: float | None
    batch_size: int
    shuffle: bool
    max_iter: int
    max_fun: int
    tol: float
    n_iter_no_change: float
    seed: int
    relative_rate: np.ndarray | None = None

    def make_optimizer(self, params):
        """A fresh optimizer for these parameters; None for L-BFGS, which brings its own."""
        if self.solver == "sgd":
            return SGD(params, momentum=self.momentum, nesterov=self.nesterovs_momentum)
        if self.solver == "adam":
            return Adam(params, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)
        return None


class Epoch(NamedTuple):
    """What one epoch came to, for the networks that were running."""

    number: int  # from 1, within this fit
    loss: np.ndarray  # mean of the objective over the epoch's batches, each before its step
    validation: np.ndarray | None


def epochs(objective, params, optimizer, plan, *, start=0, n_passes=0, n_seen=0, rate_factor=None):
    """Train, yielding an `Epoch` after every pass over the rows.

    Parameters
    ----------
    objective : Objective
    params : ndarray of shape (n_networks, n_params)
        Changed in place.
    optimizer : SGD or Adam
    plan : Plan
    start : int, default=0
        Epochs already done in this fit.
    n_passes, n_seen : int, default=0
        Passes over data made before this fit, which keep the random streams going, and the rows
        seen in them, which keep the schedule going.
    rate_factor : ndarray of shape (n_networks, 1), optional
        Multiplies the learning rate, network by network.
    """
    n_rows = len(objective.problem.rows.index)
    slices = batches(n_rows, plan.batch_size)
    schedule = make_schedule(
        plan.learning_rate, n_steps=plan.max_iter * len(slices), power_t=plan.power_t
    )
    grad = np.empty_like(params)
    relative_rate = relative_to([plan.relative_rate, rate_factor], params.dtype)
    if plan.weight_decay:
        shrinking = plan.weight_decay * objective.problem.layout.is_weight
        shrinking = relative_to([shrinking, relative_rate], params.dtype)
        scratch = np.empty_like(params)
    for epoch in range(start, plan.max_iter):
        n_passed = n_passes + epoch
        objective.visit(visiting_order(n_rows, plan.shuffle, plan.seed, n_passed), n_passed)
        loss = np.zeros(len(params))
        for step, rows in enumerate(slices, start=epoch * len(slices)):
            loss += objective.value_and_grad(params, rows, grad)
            learning_rate = plan.learning_rate_init * schedule(step, n_seen + epoch * n_rows)
            if plan.max_grad_norm is not None:
                clip_norm(grad, plan.max_grad_norm)
            if plan.weight_decay:
                np.multiply(params, shrinking, out=scratch)
                scratch *= learning_rate
                params -= scratch
            optimizer.step(params, grad, learning_rate, relative_rate)
        loss /= len(slices)
        yield Epoch(epoch + 1, loss, objective.validation_loss(params))


def relative_to(rates, dtype):
    """The product of those rates that there are; None where there are none."""
    rates = [rate for rate in rates if rate is not None]
    return np.asarray(math.prod(rates), dtype) if rates else None


def clip_norm(grad, max_norm):
    """Scale each network's gradient down to a length of at most ``max_norm``, in place.

    Pascanu, Mikolov and Bengio (2013), algorithm 1.
    """
    norm = np.sqrt([np.vdot(of_one, of_one) for of_one in grad])
    grad *= (max_norm / np.maximum(norm, max_norm))[:, np.newaxis].astype(grad.dtype)


@dataclass
class Trained:
    """What came of training a stack."""

    params: np.ndarray
    optimizer: SGD | Adam | None
    loss_curve: np.ndarray  # (n_epochs, n_networks), NaN once a network has finished
    validation_curve: np.ndarray | None
    best_epoch: np.ndarray
    best_score: np.ndarray
    last_loss: np.ndarray
    has_diverged: np.ndarray
    has_finished: np.ndarray  # on its own account, before max_iter


def train(
    objective, params, optimizer, plan, *, n_passes=0, n_seen=0, keeps_best=True, report=None
):
    """Train every network of a stack until it has finished; keep its best epoch.

    Without rows held out, an epoch is judged by its training loss.

    Parameters
    ----------
    objective : Objective
    params : ndarray of shape (n_networks, n_params)
        The start. Only read, like the optimizer's state: a worker may get them read-only.
    optimizer : SGD, Adam or None
        To go on with; None for a fresh one.
    plan : Plan
    n_passes, n_seen : int, default=0
        Passes over data made before this fit, and rows seen in them.
    keeps_best : bool, default=True
        Whether to return each network's best epoch or its last; the start where it has diverged.
    report : callable, optional
        Called with the positions of the networks that were running, and their `Epoch`.

    Returns
    -------
    Trained
    """
    stopping = Stopping(
        params,
        tol=plan.tol,
        patience=plan.n_iter_no_change,
        adaptive_from=plan.learning_rate_init if plan.learning_rate == "adaptive" else None,
    )
    start, start_optimizer = params, optimizer
    params = start.copy()
    if optimizer is None:
        optimizer = plan.make_optimizer(params)
    else:
        optimizer = optimizer.take(np.arange(len(params)))
    curves = {"loss": [], "validation": []}
    last_loss = np.full(len(params), np.nan)

    def judge(networks, epoch, params):
        has_validation = epoch.validation is not None
        for name, curve in curves.items():
            if name == "loss" or has_validation:
                while len(curve) < epoch.number:
                    curve.append(np.full(len(stopping.is_running), np.nan))
                curve[epoch.number - 1][networks] = getattr(epoch, name)
        last_loss[networks] = epoch.loss
        if report:
            report(networks, epoch)
        score = epoch.validation if has_validation else epoch.loss
        return stopping.update(networks, epoch.number, score, params)

    with np.errstate(over="ignore", invalid="ignore"):  # divergence is for stopping to notice
        if plan.solver == "lbfgs":
            has_finished = minimize_lbfgs(objective, params, plan, judge)
        else:
            descend(objective, params, optimizer, plan, n_passes, n_seen, stopping, judge)
            has_finished = ~stopping.is_running
        if keeps_best and not curves["validation"]:
            fall_back(objective, stopping, start, curves["loss"][0])
    if not keeps_best and stopping.has_diverged.any():
        diverged = np.flatnonzero(stopping.has_diverged)
        params[diverged] = start[diverged]
        if optimizer is not None:
            begun = start_optimizer or plan.make_optimizer(start)
            optimizer.put(diverged, begun.take(diverged))
    return Trained(
        stopping.best_params if keeps_best else params,
        optimizer,
        np.array(curves["loss"]),
        np.array(curves["validation"]) if curves["validation"] else None,
        stopping.best_epoch,
        stopping.best_score,
        last_loss,
        stopping.has_diverged,
        has_finished,
    )


def fall_back(objective, stopping, start, first_loss):
    """Keep the start where even the best epoch is worse.

    A training loss is that of the weights before each step, so a step that ruined a network may
    stand to the credit of its best epoch. It takes a forward pass to see.
    """
    kept = objective.value(stopping.best_params)
    if (kept < first_loss).all():
        return
    first = objective.value(start)
    worse = ~(kept <= first)
    stopping.best_params[worse], stopping.best_score[worse] = start[worse], first[worse]
    stopping.best_epoch[worse] = 0


def join(parts):
    """The outcome of a whole stack from the outcomes of its parts, trained apart."""
    if len(parts) == 1:
        return parts[0]
    n_epochs = max(len(part.loss_curve) for part in parts)

    def side_by_side(name):
        curves = [getattr(part, name) for part in parts]
        if curves[0] is None:
            return None
        missing = [((0, n_epochs - len(curve)), (0, 0)) for curve in curves]
        return np.hstack(
            [np.pad(c, m, constant_values=np.nan) for c, m in zip(curves, missing, strict=True)]
        )

    def in_a_row(name):
        return np.concatenate([getattr(part, name) for part in parts])

    return Trained(
        in_a_row("params"),
        parts[0].optimizer and Optimizer.join([part.optimizer for part in parts]),
        side_by_side("loss_curve"),
        side_by_side("validation_curve"),
        *map(in_a_row, ("best_epoch", "best_score", "last_loss", "has_diverged", "has_finished")),
    )


def descend(objective, params, optimizer, plan, n_passes, n_seen, stopping, judge):
    """Run `epochs` on the networks still running, anew with fewer when some have finished.

    Those that have finished move to the back of the arrays meanwhile, so that those still running
    are one piece of them and nothing need be copied.
    """
    order, n_running, n_done = np.arange(len(params)), len(params), 0
    arrays = [params, *optimizer.state.values()]
    while n_running and n_done < plan.max_iter:
        running, front = order[:n_running], slice(n_running)
        some_params, some_optimizer = params[front], optimizer.take(front)
        for epoch in epochs(
            objective.of(running),
            some_params,
            some_optimizer,
            plan,
            start=n_done,
            n_passes=n_passes,
            n_seen=n_seen,
            rate_factor=stopping.rate_factor[running] if stopping.adaptive_from else None,
        ):
            n_done = epoch.number
            if judge(running, epoch, some_params):
                break
        optimizer.n_steps = some_optimizer.n_steps
        has_finished = ~stopping.is_running[running]
        rearranged = np.argsort(has_finished, kind="stable")
        for array in [order, *arrays]:
            array[front] = array[front][rearranged]
        n_running -= has_finished.sum()
    for array in arrays:
        array[order] = array.copy()


def minimize_lbfgs(objective, params, plan, judge):
    """Minimise over all rows at once with L-BFGS (SciPy's L-BFGS-B), one network at a time.

    Parameters are those of `train`. An epoch is an iteration; patience ends a run only where rows
    are held out, for L-BFGS knows by itself when a training loss has converged.

    Returns
    -------
    ndarray of bool of shape (n_networks,)
        Whether each has finished before ``max_iter`` and ``max_fun``.
    """
    return np.array(
        [
            _minimize_one(
                objective.of([network]), params[network], plan, partial(judge, np.array([network]))
            )
            for network in range(len(params))
        ]
    )


def _minimize_one(objective, start, plan, judge):
    """`minimize_lbfgs` for a stack of one; ``start``, of shape (n_params,), is overwritten."""
    params, grad = np.empty((2, 1, len(start)), start.dtype)
    n_iter = 0

    def value_and_grad(x):
        params[0] = x
        all_rows = slice(0, len(objective.problem.rows.index))
        value = objective.value_and_grad(params, all_rows, grad)
        return float(value[0]), grad[0].astype(np.float64)

    def has_lost_patience(result):
        nonlocal n_iter
        n_iter += 1
        params = result.x.astype(start.dtype)[np.newaxis]
        epoch = Epoch(n_iter, np.array([result.fun]), objective.validation_loss(params))
        return judge(epoch, params) and epoch.validation is not None

    def after_iteration(intermediate_result):  # SciPy goes by the argument's name
        if has_lost_patience(intermediate_result):
            raise StopIteration

    result = optimize.minimize(
        value_and_grad,
        start.astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        callback=after_iteration,
        options={
            "maxiter": plan.max_iter,
            "maxfun": plan.max_fun,
            "gtol": plan.tol,
            "ftol": 64 * np.finfo(np.float64).eps,  # as scikit-learn's LogisticRegression
        },
    )
    if n_iter == 0:  # the start was a minimum
        has_lost_patience(result)
    start[...] = result.x
    return result.success or result.status == 99  # 99: stopped by patience

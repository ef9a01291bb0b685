"""The loop of training: epochs of batches, each batch a step of the optimizer.

Everyone who learns backpropagation should read `epochs`. It only trains and reports; its consumer
in `training` decides when to stop and which epoch to keep.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .batching import batches, visiting_order
from .optimizers import OPTIMIZERS, make_optimizer
from .schedules import make_schedule


@dataclass(frozen=True)
class Plan:
    """How to minimise; most fields are named like the estimator's parameters.

    ``relative_rate``, of shape (n_params,), multiplies the learning rate of each parameter.
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
    averaging: bool = False

    def make_optimizer(self, params):
        """A fresh optimizer for these parameters; None for L-BFGS, which brings its own."""
        return make_optimizer(self.solver, params, self) if self.solver in OPTIMIZERS else None


AVERAGING = 9.0  # the eta of `average_in`: about the last tenth of the steps counts


class Epoch(NamedTuple):
    """Losses of one epoch, of the networks that were running."""

    number: int  # from 1, within this fit
    loss: np.ndarray  # mean of the objective over the epoch's batches, each before its step
    validation: np.ndarray | None  # log loss on validation rows
    accuracy: np.ndarray | None  # on validation rows
    score: np.ndarray | None  # on validation rows; epochs are compared by it


def epochs(
    objective,
    params,
    optimizer,
    plan,
    *,
    start=0,
    n_passes=0,
    n_seen=0,
    rate_factor=None,
    average=None,
):
    """Train, yielding an `Epoch` after every pass over the rows.

    Parameters
    ----------
    objective : Objective
    params : ndarray of shape (n_networks, n_params)
        Changed in place.
    optimizer : Optimizer
    plan : Plan
    start : int, default=0
        Epochs already done in this fit.
    n_passes, n_seen : int, default=0
        Passes over data made before this fit, from which the random streams continue, and the rows
        seen in them, from which the schedule continues.
    rate_factor : ndarray of shape (n_networks, 1), optional
        Multiplies the learning rate, network by network.
    average : ndarray of params' shape, optional
        Changed in place to the average of the params after each step, see `average_in`; validation
        rows then judge it instead of the params.
    """
    n_rows = len(objective.problem.rows.index)
    slices = batches(n_rows, plan.batch_size)
    schedule = make_schedule(
        plan.learning_rate, n_steps=plan.max_iter * len(slices), power_t=plan.power_t
    )
    grad = np.empty_like(params)
    relative_rate = relative_to([plan.relative_rate, rate_factor], params.dtype)
    scratch = np.empty_like(params)
    if plan.weight_decay:
        is_weight = objective.problem.stack.layout.is_weight
        shrinking = relative_to([is_weight, relative_rate], params.dtype)
    for epoch in range(start, plan.max_iter):
        n_passed = n_passes + epoch
        objective.visit(visiting_order(n_rows, plan.shuffle, plan.seed, n_passed), n_passed)
        gradients = objective.gradients(params, slices, grad)
        for step, _ in enumerate(gradients, start=epoch * len(slices)):
            learning_rate = plan.learning_rate_init * schedule(step, n_seen + epoch * n_rows)
            if plan.max_grad_norm is not None:
                clip_norm(grad, plan.max_grad_norm)
            if plan.weight_decay:
                np.multiply(params, shrinking, out=scratch)
                scratch *= learning_rate * plan.weight_decay  # either alone may be beyond float32
                params -= scratch
            optimizer.step(params, grad, learning_rate, relative_rate)
            if average is not None:
                average_in(average, params, step + 1, scratch)
        judged = params if average is None else average
        yield Epoch(epoch + 1, objective.mean_loss, *objective.validation(judged))


def average_in(average, params, n_steps, scratch):
    """Move the average of the params towards those after step ``n_steps``, from 1, in place.

        average += (params - average) * (eta + 1) / (n_steps + eta)

    The params after step i then have a weight that grows like i^eta, and the first ones none.

    Notes
    -----
    The polynomial-decay average of Shamir and Zhang (2013, section 4).
    """
    np.subtract(params, average, out=scratch)
    scratch *= (AVERAGING + 1) / (n_steps + AVERAGING)
    average += scratch


def relative_to(rates, dtype):
    """The product of the rates that are not None; None if all are."""
    rates = [rate for rate in rates if rate is not None]
    return np.asarray(math.prod(rates), dtype) if rates else None


def clip_norm(grad, max_norm):
    """Scale each network's gradient down to a length of at most ``max_norm``, in place.

    Pascanu, Mikolov and Bengio (2013), algorithm 1.
    """
    norm = np.sqrt([np.vdot(of_one, of_one) for of_one in grad], dtype=np.float64)
    for one in np.flatnonzero(~np.isfinite(norm)):  # maybe only its square overflowed
        largest = np.abs(grad[one]).max().astype(np.float64)
        norm[one] = largest * np.linalg.norm(grad[one] / largest)
    factor = np.minimum(max_norm / np.maximum(norm, np.finfo(np.float64).tiny), 1)
    grad *= factor[:, np.newaxis].astype(grad.dtype)

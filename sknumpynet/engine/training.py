"""Trains a stack: consumes the epochs and decides which to keep.

`train` runs the networks epoch by epoch, keeps each network's best epoch, and takes networks out of
the running stack when they have finished; `join` combines parts trained by several workers.
"""

import copy
from dataclasses import dataclass

import numpy as np

from .epochs import epochs
from .lbfgs import minimize_lbfgs
from .optimizers import Optimizer
from .stack import Stack
from .stopping import Stopping, best_of_training, best_so_far

VALIDATION = ("validation", "accuracy")  # fields of an Epoch that are None without validation rows


@dataclass
class Trained:
    """Result of training a stack."""

    stack: Stack
    optimizer: Optimizer | None
    loss_curve: np.ndarray  # (n_epochs, n_networks), NaN once a network has finished
    validation_curve: np.ndarray | None
    accuracy_curve: np.ndarray | None  # on validation rows
    best_epoch: np.ndarray
    best_score: np.ndarray
    last_loss: np.ndarray
    has_diverged: np.ndarray
    has_finished: np.ndarray  # before max_iter
    was_interrupted: bool


def train(
    objective, params, optimizer, plan, *, n_passes=0, n_seen=0, keeps_best=True, observers=()
):
    """Train every network of a stack until it has finished; keep its best epoch.

    Without validation rows, epochs are compared by their training loss, and `best_of_training`
    decides at the end. An interrupt ends training with the best epoch so far, or with the present
    weights if no epoch has ended.

    Parameters
    ----------
    objective : Objective
    params : ndarray of shape (n_networks, n_params)
        The start. It and the optimizer's state are only read: a worker may get them read-only.
    optimizer : SGD, Adam or None
        From ``plan.make_optimizer``, or with the state of earlier training, which continues.
    plan : Plan
    n_passes, n_seen : int, default=0
        Passes over data made before this fit, and rows seen in them.
    keeps_best : bool, default=True
        Whether to return each network's best epoch. If False, its last, or the start where it has
        diverged.
    observers : sequence, optional
        ``begin(so_far)`` of each is called before an epoch, by L-BFGS before every evaluation.
        ``end(networks, epoch, so_far)`` is called after an epoch with the positions of the running
        networks, which stop if it returns True. ``so_far()`` returns a copy of what this function
        would return now, without the optimizer.

    Returns
    -------
    Trained

    Raises
    ------
    KeyboardInterrupt
        Unless ``keeps_best``.
    """
    course = Course(objective, params, plan, keeps_best, observers)
    if optimizer and optimizer.n_steps:
        running = optimizer.take(course.order)
    else:  # a new one: zeros take no memory until written to, a copy would
        running = plan.make_optimizer(course.params)
    try:
        if plan.solver == "lbfgs":
            has_finished = minimize_lbfgs(course)
        else:
            descend(course, running, n_passes, n_seen)
            has_finished = ~course.stopping.is_running
        if not keeps_best and course.stopping.has_diverged.any():
            diverged = np.flatnonzero(course.stopping.has_diverged)
            course.last[diverged] = params[diverged]
            if optimizer is not None:
                running.put(diverged, optimizer.take(diverged))
        return course.outcome(running, has_finished)
    except KeyboardInterrupt:
        if not keeps_best:
            raise
        # Without the optimizer: its arrays may be half rearranged.
        return course.outcome(None, ~course.stopping.is_running, was_interrupted=True)


class Course:
    """State of training: parameters, curves, the best epochs so far, observers.

    Parameters
    ----------
    objective, start, plan, keeps_best, observers
        As in `train`; ``start`` is its ``params``.

    Attributes
    ----------
    params : ndarray of shape (n_networks, n_params)
        The parameters in training.
    average : ndarray of shape (n_networks, n_params) or None
        Their average over the steps, if the plan says so; then this is judged and kept. Never with
        L-BFGS, which takes no steps from batches.
    order : ndarray of int of shape (n_networks,)
        The number of the network at each position of ``params``.
    stopping : Stopping
    """

    def __init__(self, objective, start, plan, keeps_best, observers):
        self.objective, self.start, self.plan = objective, start, plan
        self.keeps_best, self.observers = keeps_best, observers
        knows_when = plan.solver == "lbfgs" and not objective.has_validation  # it has converged
        self.stopping = Stopping(
            start,
            tol=plan.tol,
            patience=np.inf if knows_when else plan.n_iter_no_change,
            adaptive_from=plan.learning_rate_init if plan.learning_rate == "adaptive" else None,
        )
        self.params, self.order = start.copy(), np.arange(len(start))
        self.average = start.copy() if plan.averaging and plan.solver != "lbfgs" else None
        self.curves = {name: [] for name in ("loss", *VALIDATION[: 2 * objective.has_validation])}
        self.last_loss = np.full(len(start), np.nan)

    def begin(self):
        """Tell the observers that an epoch, or an evaluation by L-BFGS, begins."""
        for observer in self.observers:
            observer.begin(self.so_far)

    def judge(self, networks, epoch, params):
        """Record an epoch of the running networks; whether one has stopped or changed its rate."""
        for name, curve in self.curves.items():
            while len(curve) < epoch.number:
                curve.append(np.full(len(self.start), np.nan))
            curve[epoch.number - 1][networks] = getattr(epoch, name)
        self.last_loss[networks] = epoch.loss
        score = epoch.score if self.objective.has_validation else epoch.loss
        has_changed = self.stopping.update(networks, epoch.number, score, params)
        requests = [observer.end(networks, epoch, self.so_far) for observer in self.observers]
        if any(requests):
            self.stopping.is_running[networks] = False
            return True
        return has_changed

    @property
    def last(self):
        """What is judged after an epoch."""
        return self.params if self.average is None else self.average

    def so_far(self):
        """A copy of what `train` would return now, without the optimizer."""
        return copy.deepcopy(self.outcome(None, ~self.stopping.is_running))

    def outcome(self, optimizer, has_finished, was_interrupted=False):
        """The result that `train` returns."""
        stopping, n_epochs = self.stopping, min(map(len, self.curves.values()))
        curves = {
            name: np.reshape(curve[:n_epochs], (-1, len(self.start)))
            for name, curve in self.curves.items()
        }
        if was_interrupted:
            kept = best_so_far(stopping, self.last)
        elif self.objective.has_validation or not n_epochs or not self.keeps_best:
            kept = stopping.best_params, stopping.best_score, stopping.best_epoch
        else:
            last = self.last[np.argsort(self.order)]
            kept = best_of_training(self.objective, stopping, self.start, last, curves["loss"])
        best_params, best_score, best_epoch = kept
        if self.objective.has_validation and n_epochs:  # the loss of the epoch, not its score
            loss = curves["validation"][best_epoch - 1, np.arange(len(self.start))]
            best_score = np.where(best_epoch, loss, best_score)
        params = best_params if self.keeps_best else self.last
        return Trained(
            stack=self.objective.problem.stack.with_params(params),
            optimizer=optimizer,
            loss_curve=curves["loss"],
            validation_curve=curves.get("validation"),
            accuracy_curve=curves.get("accuracy"),
            best_epoch=best_epoch,
            best_score=best_score,
            last_loss=self.last_loss,
            has_diverged=stopping.has_diverged,
            has_finished=has_finished,
            was_interrupted=was_interrupted,
        )


def join(parts):
    """Combine the results of parts of a stack, trained apart, into that of the whole stack."""
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

    optimizers = [part.optimizer for part in parts]
    curves = ("loss_curve", "validation_curve", "accuracy_curve")
    by_network = ("best_epoch", "best_score", "last_loss", "has_diverged", "has_finished")
    return Trained(
        stack=parts[0].stack.with_params(np.concatenate([part.stack.params for part in parts])),
        optimizer=Optimizer.join(optimizers) if all(optimizers) else None,
        **{name: side_by_side(name) for name in curves},
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in by_network},
        was_interrupted=any(part.was_interrupted for part in parts),
    )


def descend(course, optimizer, n_passes, n_seen):
    """Run `epochs` on the running networks, and start it again with fewer when some have finished.

    Finished networks move to the back of the arrays meanwhile, so that the running ones are one
    slice, a view. ``course.order`` is the number of the network at each position.
    """
    plan, stopping, order = course.plan, course.stopping, course.order
    n_running, n_done = len(order), 0
    arrays = [course.params, *optimizer.state.values()]
    if course.average is not None:
        arrays.append(course.average)
    while n_running and n_done < plan.max_iter:
        running, front = order[:n_running], slice(n_running)
        some_params, some_optimizer = course.params[front], optimizer.take(front)
        training = epochs(
            course.objective.of(running),
            some_params,
            some_optimizer,
            plan,
            start=n_done,
            n_passes=n_passes,
            n_seen=n_seen,
            rate_factor=stopping.rate_factor[running] if stopping.adaptive_from else None,
            average=None if course.average is None else course.average[front],
        )
        has_changed = False
        while n_done < plan.max_iter and not has_changed:
            course.begin()
            epoch = next(training)
            n_done = epoch.number
            has_changed = course.judge(running, epoch, course.last[front])
        optimizer.n_steps = some_optimizer.n_steps
        has_finished = ~stopping.is_running[running]
        rearranged = np.argsort(has_finished, kind="stable")
        if has_finished.any():
            for array in [order, *arrays]:
                array[front] = array[front][rearranged]
        n_running -= has_finished.sum()
    if not np.array_equal(order, np.arange(len(order))):
        for array in arrays:
            array[order] = array.copy()
        order[...] = np.arange(len(order))

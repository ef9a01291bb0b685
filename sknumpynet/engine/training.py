"""Training a stack: what consumes the epochs, and L-BFGS.

`train` follows the networks from epoch to epoch, keeps the best one of each, and lets networks
leave the stack when they have finished; `join` puts parts trained by several workers together.
"""

import copy
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from .epochs import Epoch, epochs
from .network import BLOCK_ROWS
from .optimizers import SGD, Adam, Optimizer
from .stopping import Stopping

HELD_OUT = ("validation", "accuracy")  # of an epoch: what is None without rows held out


@dataclass
class Trained:
    """What came of training a stack."""

    params: np.ndarray
    optimizer: SGD | Adam | None
    loss_curve: np.ndarray  # (n_epochs, n_networks), NaN once a network has finished
    validation_curve: np.ndarray | None
    accuracy_curve: np.ndarray | None  # on the same rows
    best_epoch: np.ndarray
    best_score: np.ndarray
    last_loss: np.ndarray
    has_diverged: np.ndarray
    has_finished: np.ndarray  # on its own account, before max_iter
    was_interrupted: bool


def train(
    objective, params, optimizer, plan, *, n_passes=0, n_seen=0, keeps_best=True, observers=()
):
    """Train every network of a stack until it has finished; keep its best epoch.

    Without rows held out, an epoch is judged by its training loss, and `best_of_training` has the
    last word. An interrupt ends training with the best epoch so far, or with what the first epoch
    had come to.

    Parameters
    ----------
    objective : Objective
    params : ndarray of shape (n_networks, n_params)
        The start. Only read, like the optimizer's state: a worker may get them read-only.
    optimizer : SGD, Adam or None
        As ``plan.make_optimizer`` gives it, perhaps to go on with.
    plan : Plan
    n_passes, n_seen : int, default=0
        Passes over data made before this fit, and rows seen in them.
    keeps_best : bool, default=True
        Whether to return each network's best epoch or its last; the start where it has diverged.
    observers : sequence, optional
        Each with ``begin(so_far)``, called before an epoch, by L-BFGS before every evaluation, and
        ``end(networks, epoch, so_far)``, called after it with the positions of the networks that
        were running: those stop where it returns True. ``so_far()`` is a copy of what this
        function would return if it ended there, but for the optimizer.

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
    else:  # no copy of zeros, which take no memory before they are written to
        running = plan.make_optimizer(course.params)
    try:
        if plan.solver == "lbfgs":
            has_finished = minimize_lbfgs(course)
        else:
            descend(course, running, n_passes, n_seen)
            has_finished = ~course.stopping.is_running
        if not keeps_best and course.stopping.has_diverged.any():
            diverged = np.flatnonzero(course.stopping.has_diverged)
            course.params[diverged] = params[diverged]
            if optimizer is not None:
                running.put(diverged, optimizer.take(diverged))
        return course.outcome(running, has_finished)
    except KeyboardInterrupt:
        if not keeps_best:
            raise
        # Without the optimizer: its arrays may be half rearranged.
        return course.outcome(None, ~course.stopping.is_running, was_interrupted=True)


class Course:
    """Training under way: who watches, what is kept, what it would come to if it ended now.

    Parameters
    ----------
    objective, start, plan, keeps_best, observers
        As in `train`, ``start`` being its ``params``.

    Attributes
    ----------
    params : ndarray of shape (n_networks, n_params)
        What is trained.
    order : ndarray of int of shape (n_networks,)
        Whose params stand where.
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
        self.curves = {name: [] for name in ("loss", *HELD_OUT[: 2 * objective.has_validation])}
        self.last_loss = np.full(len(start), np.nan)

    def begin(self):
        """Tell the observers of an epoch, or of an evaluation by L-BFGS."""
        for observer in self.observers:
            observer.begin(self.so_far)

    def judge(self, networks, epoch, params):
        """Follow the running networks through an epoch; whether one has stopped or changed rate."""
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

    def so_far(self):
        """A copy of what `train` would return now, but for the optimizer."""
        return copy.deepcopy(self.outcome(None, ~self.stopping.is_running))

    def outcome(self, optimizer, has_finished, was_interrupted=False):
        """What `train` returns."""
        stopping, n_epochs = self.stopping, min(map(len, self.curves.values()))
        curves = {
            name: np.reshape(curve[:n_epochs], (-1, len(self.start)))
            for name, curve in self.curves.items()
        }
        if was_interrupted:
            kept = best_so_far(stopping, self.params)
        elif self.objective.has_validation or not n_epochs or not self.keeps_best:
            kept = stopping.best_params, stopping.best_score, stopping.best_epoch
        else:
            last = self.params[np.argsort(self.order)]
            kept = best_of_training(self.objective, stopping, self.start, last, curves["loss"])
        best_params, best_score, best_epoch = kept
        if self.objective.has_validation and n_epochs:  # the loss of the epoch, not its score
            loss = curves["validation"][best_epoch - 1, np.arange(len(self.start))]
            best_score = np.where(best_epoch, loss, best_score)
        return Trained(
            best_params if self.keeps_best else self.params,
            optimizer,
            *(curves.get(name) for name in ("loss", *HELD_OUT)),
            best_epoch,
            best_score,
            self.last_loss,
            stopping.has_diverged,
            has_finished,
            was_interrupted,
        )


def best_so_far(stopping, params):
    """The best epoch, or what the first one had come to; that has no score.

    Returns
    -------
    params, score, epoch : ndarray, first axis n_networks
    """
    if not stopping.best_epoch.any():
        stopping.best_params = np.where(
            np.isfinite(params).all(axis=1, keepdims=True), params, stopping.best_params
        )
    score = np.where(stopping.best_epoch, stopping.best_score, np.nan)
    return stopping.best_params, score, stopping.best_epoch


def best_of_training(objective, stopping, start, last, loss_curve):
    """Where no rows are held out: the best epoch, or the last or the start if those are better.

    A training loss is that of the weights before each step, so what an epoch of low loss ended with
    need not be good: the objective decides. The start is kept only by networks whose loss has not
    fallen. Where the best epoch is the last, some rows do, if they show a gain over the start: to
    ask all takes a third of an epoch.

    Returns
    -------
    params, score, epoch : ndarray, first axis n_networks
        The score is the lowest loss of an epoch, or that of the start where this is kept.
    """
    n_epochs = (~np.isnan(loss_curve)).sum(axis=0)
    if (stopping.best_epoch == n_epochs).all():
        sample = slice(None, None, -(-len(objective.problem.rows.index) // BLOCK_ROWS))
        kept, first = (objective.value(params, sample) for params in (stopping.best_params, start))
        if (kept < first).all():
            return stopping.best_params, stopping.best_score, stopping.best_epoch
    value = np.full((3, len(start)), np.inf)
    candidates = np.array([stopping.best_params, last, start])

    def judge(which):
        found = objective.value(candidates[which])
        value[which] = np.where(np.isfinite(found), found, np.inf)

    judge(0)
    if (stopping.best_epoch != n_epochs).any():
        judge(1)
    has_fallen = value.min(axis=0) < loss_curve[0]
    if not has_fallen.all():
        judge(2)
        value[2, has_fallen] = np.inf
    which = value.argmin(axis=0)
    score = np.where(which == 2, value[2], stopping.best_score)
    epoch = np.choose(which, [stopping.best_epoch, n_epochs, 0])
    return candidates[which, np.arange(len(start))], score, epoch


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

    optimizers = [part.optimizer for part in parts]
    return Trained(
        in_a_row("params"),
        Optimizer.join(optimizers) if all(optimizers) else None,
        side_by_side("loss_curve"),
        side_by_side("validation_curve"),
        side_by_side("accuracy_curve"),
        *map(in_a_row, ("best_epoch", "best_score", "last_loss", "has_diverged", "has_finished")),
        any(part.was_interrupted for part in parts),
    )


def descend(course, optimizer, n_passes, n_seen):
    """Run `epochs` on the networks still running, anew with fewer when some have finished.

    Those that have finished move to the back of the arrays meanwhile, so that those still running
    are one piece of them and nothing need be copied; ``course.order`` says which stands where.
    """
    plan, stopping, order = course.plan, course.stopping, course.order
    n_running, n_done = len(order), 0
    arrays = [course.params, *optimizer.state.values()]
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
        )
        has_changed = False
        while n_done < plan.max_iter and not has_changed:
            course.begin()
            epoch = next(training)
            n_done = epoch.number
            has_changed = course.judge(running, epoch, some_params)
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


def minimize_lbfgs(course):
    """Minimise over all rows at once with L-BFGS (SciPy's L-BFGS-B), one network at a time.

    An epoch is an iteration.

    Returns
    -------
    ndarray of bool of shape (n_networks,)
        Whether each has finished before ``max_iter`` and ``max_fun``.
    """
    return np.array([_minimize_one(course, network) for network in course.order])


def _minimize_one(course, network):
    """`minimize_lbfgs` for one network of the stack."""
    objective, plan = course.objective.of([network]), course.plan
    trained = course.params[network]
    params, grad = np.empty((2, 1, len(trained)), trained.dtype)
    n_iter, failures = 0, []

    def value_and_grad(x):
        course.begin()
        params[0] = x
        all_rows = slice(0, len(objective.problem.rows.index))
        value = objective.value_and_grad(params, all_rows, grad)
        return float(value[0]), grad[0].astype(np.float64)

    def is_last(result):
        nonlocal n_iter
        n_iter += 1
        params = result.x.astype(trained.dtype)[np.newaxis]
        epoch = Epoch(n_iter, np.array([result.fun]), *objective.validation(params))
        return course.judge(np.array([network]), epoch, params)

    def after_iteration(intermediate_result):  # SciPy goes by the argument's name
        try:
            ends = is_last(intermediate_result)
        except StopIteration as failure:  # of an observer, which SciPy would take for our wish
            failures.append(failure)
            raise
        if ends:
            raise StopIteration

    result = optimize.minimize(
        value_and_grad,
        trained.astype(np.float64),
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
    if failures:
        raise failures[0]
    if n_iter == 0:  # the start was a minimum
        is_last(result)
    trained[...] = result.x
    return result.success or result.status == 99  # 99: it was the last by our judgement

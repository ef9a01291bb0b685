"""Observers of training: scikit-learn's callbacks, and the lines that ``verbose`` prints.

An observer has two methods. Training calls ``begin(so_far)`` before each epoch, L-BFGS before every
evaluation of the loss, and ``end(networks, epoch, so_far)`` after each epoch; ``end`` returns True
to stop training. ``so_far()`` computes what training would return if it ended now.
"""

import os
from functools import wraps
from math import prod
from threading import Lock

from .parameters import is_auto

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9: everything works, without callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Replaces scikit-learn's class; it has no ``set_callbacks``."""

    def with_callbacks(method):
        """Add as many frames as scikit-learn's does, so that warnings point to the caller."""

        @wraps(method)
        def unwatched(*args, **kwargs):
            return method(*args, **kwargs)

        return unwatched


PRINTING = Lock()  # workers print in parallel, and text streams are not thread-safe


def forget_who_prints():
    """After a fork, replace the lock: a thread that does not exist here may hold it."""
    global PRINTING
    PRINTING = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_who_prints)


class EpochTasks:
    """Calls the callbacks as a fit and each of its epochs begins and ends, on errors too.

    A context manager to be entered for the fit, within scikit-learn's ``with_callbacks``.

    Parameters
    ----------
    estimator : estimator with callbacks set
    n_epochs : int or None
        The largest number of epochs; None if it is not known yet.
    X, y, sample_weight
        As given to ``fit``.

    Attributes
    ----------
    attributes : callable
        Turns what ``so_far()`` returns into fitted attributes; set it before the first epoch.
    has_stopped : bool
        Whether a callback has asked to stop.
    """

    def __init__(self, estimator, n_epochs, X, y, sample_weight):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.about = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.fit = estimator._init_callback_context(max_subtasks=n_epochs)
        self.epoch = None
        self.attributes, self.has_stopped = None, False

    def __enter__(self):
        try:
            self.fit.call_on_fit_task_begin(**self.about)
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def __exit__(self, error, *_):
        try:
            if self.epoch is not None:
                self.epoch.call_on_fit_task_end(**self.about)
        finally:
            state = {} if error is None else None
            self.fit.call_on_fit_task_end(**self.about, reconstruction_attributes=state)

    def begin(self, so_far):
        """Begin the task of an epoch, if none is under way."""
        if self.epoch is None:
            self.epoch = self.fit.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(
                **self.about, reconstruction_attributes=lambda: self.attributes(so_far())
            )

    def end(self, networks, epoch, so_far):
        """End the task of the epoch; returns whether a callback asks to stop."""
        task, self.epoch = self.epoch, None
        self.has_stopped = task.call_on_fit_task_end(
            **self.about, reconstruction_attributes=lambda: self.attributes(so_far())
        )
        return self.has_stopped


def epoch_tasks(estimator, X, y, sample_weight):
    """The `EpochTasks` of a fit; None where no callbacks are set."""
    if not hasattr(estimator, "_skl_callbacks"):
        return None
    factors = [estimator.max_iter] + [estimator.n_estimators] * (estimator.solver == "lbfgs")
    is_known = not any(map(is_auto, factors))  # else it takes the rows to decide
    n_epochs = prod(map(int, factors)) if is_known else None
    return EpochTasks(estimator, n_epochs, X, y, sample_weight)


def observers_of(tasks, params):
    """A function that makes the observers of some networks: tasks and a printer, if asked for."""

    def observers(networks):
        if tasks:
            yield tasks
        if params.verbose:
            yield EpochPrinter(params.verbose, networks, params.n_estimators)

    return observers


class EpochPrinter:
    """Prints a line every so many epochs: means over the networks that were running."""

    def __init__(self, every, networks, n_estimators):
        self.every, self.networks, self.n_estimators = int(every), networks, n_estimators

    def begin(self, so_far):
        """Nothing to print yet."""

    def end(self, networks, epoch, so_far):
        """Print the line; it names the running networks, unless all are running."""
        if epoch.number % self.every:
            return
        line = f"epoch {epoch.number:>5}  loss {epoch.loss.mean():>10.6f}"
        if epoch.validation is not None:
            line += f"  validation {epoch.validation.mean():>10.6f}"
        if len(networks) < self.n_estimators:
            line += "  networks " + ", ".join(map(str, self.networks[networks]))
        with PRINTING:
            print(line)

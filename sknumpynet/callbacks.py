"""Who watches training: scikit-learn's callbacks, and the lines that ``verbose`` prints.

An observer has two methods. ``begin(so_far)`` is called before an epoch, for L-BFGS before every
evaluation of the loss; ``end(networks, epoch, so_far)`` after it, and asks by True to stop.
``so_far()`` is what training would return if it ended here: made when somebody asks for it.
"""

import os
from functools import wraps
from threading import Lock

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9: everything works, without callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """In the place of scikit-learn's; without ``set_callbacks``."""

    def with_callbacks(method):
        """Wrap it like scikit-learn's, so that warnings find the caller as many frames away."""

        @wraps(method)
        def unwatched(*args, **kwargs):
            return method(*args, **kwargs)

        return unwatched


PRINTING = Lock()  # workers print at once, and text streams are not made for several threads


def forget_who_prints():
    """After a fork: it may be held by a thread that does not exist here."""
    global PRINTING
    PRINTING = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_who_prints)


class EpochTasks:
    """Tells callbacks of a fit and of its epochs: tasks that begin, and end come what may.

    To be entered for the fit, within scikit-learn's ``with_callbacks``.

    Parameters
    ----------
    estimator : estimator with callbacks set
    n_epochs : int
        The most there can be.
    X, y, sample_weight
        As they came to ``fit``.

    Attributes
    ----------
    attributes : callable
        Makes fitted attributes of what ``so_far()`` returns; to be set before the first epoch.
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
        """End it; whether a callback asks to stop."""
        task, self.epoch = self.epoch, None
        self.has_stopped = task.call_on_fit_task_end(
            **self.about, reconstruction_attributes=lambda: self.attributes(so_far())
        )
        return self.has_stopped


class EpochPrinter:
    """Prints a line every so many epochs: means over the networks that were running."""

    def __init__(self, every, networks, n_estimators):
        self.every, self.networks, self.n_estimators = int(every), networks, n_estimators

    def begin(self, so_far):
        """Nothing to print yet."""

    def end(self, networks, epoch, so_far):
        """Print a line; it says which networks it is about, unless it is all."""
        if epoch.number % self.every:
            return
        line = f"epoch {epoch.number:>5}  loss {epoch.loss.mean():>10.6f}"
        if epoch.validation is not None:
            line += f"  validation {epoch.validation.mean():>10.6f}"
        if len(networks) < self.n_estimators:
            line += "  networks " + ", ".join(map(str, self.networks[networks]))
        with PRINTING:
            print(line)

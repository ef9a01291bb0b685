"""Splits a stack over joblib workers, and collects what an interrupted fit has."""

from concurrent.futures import Future
from functools import partial
from itertools import pairwise

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from .arithmetic import own_arithmetic
from .engine.objective import Objective
from .engine.training import join, train


def train_stack(problem, optimizer, plan, *, n_jobs, keeps_best, observers, **course):
    """`train` by several workers, each a part of the stack; the result does not depend on them.

    Parameters
    ----------
    problem, optimizer, plan, keeps_best, **course
        What `train` needs; the problem is made an objective for each part.
    n_jobs : int or None
        Workers, through joblib: threads, unless its configuration says otherwise.
    observers : callable
        Makes the observers of a part from the positions of its networks.

    Returns
    -------
    Trained

    Raises
    ------
    KeyboardInterrupt
        Where nothing is kept of what was trained: unless ``keeps_best``, and if the workers are
        processes.
    """
    params = problem.stack.params
    n_workers = min(effective_n_jobs(n_jobs), len(params))
    edges = np.linspace(0, len(params), n_workers + 1).astype(int)
    handover = Handover(n_workers)
    parts = [
        partial(
            train_part,
            Objective(problem, networks := np.arange(start, stop)),
            params[start:stop],
            optimizer and optimizer.take(slice(start, stop)),
            plan,
            keeps_best=keeps_best,
            observers=(*observers(networks), handover),
            **course,
        )
        for start, stop in pairwise(edges)
    ]
    if n_workers == 1:  # not through joblib, whose generators let no StopIteration out
        return parts[0]()
    try:  # joblib's own: that of scikit-learn sets warning filters in threads, which share them
        trained = Parallel(n_jobs=n_workers, prefer="threads")(
            # In one piece: Dask scatters large arguments, and loses them with their worker.
            delayed(partial(handover.run, number, part))()
            for number, part in enumerate(parts)
        )
    except KeyboardInterrupt:
        if not keeps_best:
            raise
        trained = handover.collect()
    finally:
        handover.is_over = True
    return join(trained)


class Handover:
    """Where workers that share memory leave what they have trained, if the fit is interrupted.

    An interrupt reaches the main thread alone. As an observer this makes the others end with the
    epoch they are in, instead of going on unseen.
    """

    def __init__(self, n_workers):
        self.n_workers, self.is_over = n_workers, False
        self.trained = [Future() for _ in range(n_workers)]

    def __reduce__(self):  # a copy in another process, which nobody waits for
        return Handover, (self.n_workers,)

    def begin(self, so_far):
        """Nothing to do."""

    def end(self, networks, epoch, so_far):
        """Whether to end here."""
        return self.is_over

    def run(self, number, part):
        """Train a part, and leave here what came of it."""
        result = self.trained[number]
        result.set_running_or_notify_cancel()
        try:
            trained = part()
        except BaseException as error:
            result.set_exception(error)
            raise
        result.set_result(trained)
        return trained

    def collect(self):
        """Wait for the workers and take what they have; KeyboardInterrupt if one has not begun."""
        self.is_over = True
        if not all(part.running() or part.done() for part in self.trained):
            raise KeyboardInterrupt
        trained = [part.result() for part in self.trained]
        trained[0].was_interrupted = True
        return trained


@own_arithmetic
def train_part(*args, **kwargs):
    """`train`, perhaps in another thread or process, which has not the settings of the fit's."""
    return train(*args, **kwargs)

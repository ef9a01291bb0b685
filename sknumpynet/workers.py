"""Who trains which part of a stack: workers, their BLAS threads, what is left when interrupted."""

from concurrent.futures import Future
from contextlib import nullcontext
from functools import cache, partial
from itertools import pairwise
from threading import Event, Lock

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from threadpoolctl import ThreadpoolController

from .engine.network import BLOCK_ROWS
from .engine.objective import Objective
from .engine.training import join, train

SMALL_PRODUCT = 1 << 26  # multiplications up to which a second BLAS thread costs more than it does


def train_stack(problem, params, optimizer, plan, *, n_jobs, keeps_best, observers, **course):
    """`train` by several workers, each a part of the stack; the result does not depend on them.

    Parameters
    ----------
    problem, params, optimizer, plan, keeps_best, **course
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
    n_workers = min(effective_n_jobs(n_jobs), len(params))
    edges = np.linspace(0, len(params), n_workers + 1).astype(int)
    handover = Handover(n_workers)
    with blas_threads(problem.layout, plan.batch_size, len(params)):
        try:  # joblib's own: that of scikit-learn sets warning filters in threads, which share them
            trained = Parallel(n_jobs=n_workers, prefer="threads")(
                # In one piece: Dask scatters large arguments, and loses them with their worker.
                delayed(
                    partial(
                        train_part,
                        handover,
                        part,
                        Objective(problem, networks := np.arange(start, stop)),
                        params[start:stop],
                        optimizer and optimizer.take(slice(start, stop)),
                        plan,
                        keeps_best=keeps_best,
                        observers=(*observers(networks), handover),
                        **course,
                    )
                )()
                for part, (start, stop) in enumerate(pairwise(edges))
            )
        except KeyboardInterrupt:
            if not keeps_best:
                raise
            trained = handover.collect()
        finally:
            handover.is_over.set()
    return join(trained)


class Handover:
    """Where workers that share memory leave what they have trained, if the fit is interrupted.

    An interrupt reaches the main thread alone. As an observer this makes the others end with the
    epoch they are in, instead of going on unseen.
    """

    def __init__(self, n_workers):
        self.n_workers, self.is_over = n_workers, Event()
        self.trained = [Future() for _ in range(n_workers)]

    def __reduce__(self):  # a copy in another process, which nobody waits for
        return Handover, (self.n_workers,)

    def begin(self, so_far):
        """Nothing to do."""

    def end(self, networks, epoch, so_far):
        """Whether to end here."""
        return self.is_over.is_set()

    def collect(self):
        """Wait for the workers and take what they have; KeyboardInterrupt if one has not begun."""
        self.is_over.set()
        if not all(part.running() or part.done() for part in self.trained):
            raise KeyboardInterrupt
        trained = [part.result() for part in self.trained]
        trained[0].was_interrupted = True
        return trained


def train_part(handover, part, objective, params, optimizer, plan, **course):
    """`train`, perhaps in another process, whose BLAS has not the limits of the one that fits."""
    result = handover.trained[part]
    result.set_running_or_notify_cancel()
    try:
        with blas_threads(objective.problem.layout, plan.batch_size, handover.n_workers):
            trained = train(objective, params, optimizer, plan, **course)
    except BaseException as error:
        result.set_exception(error)
        raise
    result.set_result(trained)
    return trained


def blas_threads(layout, batch_size, n_parts):
    """Hold BLAS to one thread where a stack may be shared out, or products are small.

    Its threads round otherwise, so to leave a stack to them would make it depend on the workers.
    Threads that wait for each other take far longer where another program is busy: a fit of 570
    rows 2 to 20 times, eight products of 25 million multiplications 256 ms instead of 5.
    """
    largest = max(rows * columns for rows, columns in layout.shapes)
    is_large = largest * min(batch_size, BLOCK_ROWS) > SMALL_PRODUCT
    return nullcontext() if is_large and n_parts == 1 else ONE_BLAS_THREAD


class OneBlasThread:
    """To be entered: BLAS keeps to one thread until all who have entered have left.

    The limit is the process's. Fits that overlap must not each set it and put it back: the first to
    end would lift it from the others, the last would leave it behind.
    """

    def __init__(self):
        self.lock, self.n_inside = Lock(), 0

    def __enter__(self):
        with self.lock:
            if self.n_inside == 0:
                self.limit = blas_controller().limit(limits=1, user_api="blas")
                let_go()
            self.n_inside += 1

    def __exit__(self, *error):
        with self.lock:
            self.n_inside -= 1
            if self.n_inside == 0:
                self.limit.restore_original_limits()
                let_go()


def let_go():
    """Let other threads set limits, too: threadpoolctl 3.8 leaves that to the one who has."""
    with blas_controller().select(prefix=[]).limit(limits=None):  # of no library
        pass


ONE_BLAS_THREAD = OneBlasThread()


@cache
def blas_controller():
    """The BLAS libraries loaded; looking for them takes 3 ms, as long as a small fit."""
    return ThreadpoolController().select(user_api="blas")

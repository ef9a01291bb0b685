"""Limits BLAS to one thread while the networks compute, and restores its threads in any case.

The number of BLAS threads belongs to the process. Calls that overlap must not each set and restore
it: the first to end would lift the limit from the others, the last would leave it behind. So there
is one limit: the first call to enter notes the number of threads, the last to leave restores it.

Python lets interrupts and other threads in after a call and at each turn of a loop. The code that
enters and leaves the limit therefore has neither: an iterator assigned to a slice calls functions
of C one after the other, so that either all of it is done or nothing.
"""

import ctypes
import os
from contextvars import copy_context
from functools import cache, wraps
from itertools import product, repeat
from operator import call
from threading import Lock, get_ident

from threadpoolctl import ThreadpoolController

NAMES = {  # the functions that get and set the number of threads
    "openblas": ("openblas_get_num_threads", "openblas_set_num_threads"),
    "mkl": ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    "blis": ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
    "flexiblas": ("flexiblas_get_num_threads", "flexiblas_set_num_threads"),
}
AFFIXES = list(product(("", "scipy_"), ("", "64_", "_64")))  # of names in wheels' OpenBLAS


class Limit:
    """The limit in force: the calls that need it, and the number of threads before the first call.

    Attributes
    ----------
    lock : Lock
        For Python without the GIL. With the GIL, no thread is ever stopped while it holds the lock.
    inside : dict
        The thread of each call under way.
    before : list of int
        Number of threads before the limit, one a library.
    """

    def __init__(self):
        self.lock, self.inside, self.before = Lock(), {}, []

    def forget_other_threads(self):
        """After a fork: the parent's threads, one of which may hold the lock, do not exist here."""
        here, was_in_force = get_ident(), bool(self.inside)
        self.lock = Lock()
        self.inside = {me: thread for me, thread in self.inside.items() if thread == here}
        if was_in_force and not self.inside:
            list(map(call, blas_functions()[1], self.before))


LIMIT = Limit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LIMIT.forget_other_threads)


def one_blas_thread(function):
    """Decorate a function: BLAS keeps to one thread until all such calls under way have ended.

    With more threads BLAS rounds differently, so results would depend on what else computes. And
    its threads wait for each other, far longer where another program is busy: a fit of 570 rows
    takes 2 to 20 times as long, eight products of 25 million multiplications 256 ms instead of 5.

    If something else has changed the number meanwhile, it stays changed. The function runs in a
    copy of the context, so an interrupt cannot leave NumPy's error handling (`numpy.errstate`)
    changed either.
    """

    @wraps(function)
    def limited(*args, **kwargs):
        counts, limits = blas_functions()
        # Nothing to limit: 15 of the 360 µs that a prediction of one row takes.
        if not LIMIT.inside and all(count() == 1 for count in counts):
            return copy_context().run(function, *args, **kwargs)
        me, thread, context = object(), get_ident(), copy_context()
        counting, limiting = map(call, counts), map(call, limits, repeat(1))
        recounting, restoring = map(call, counts), map(call, limits, LIMIT.before)
        limited_to, now, done = [1] * len(counts), [], []
        try:
            with LIMIT.lock:  # no call and no loop in here, nor before it in `finally`
                if not LIMIT.inside:
                    LIMIT.before[:] = counting
                LIMIT.inside[me] = thread
                done[:] = limiting
            return context.run(function, *args, **kwargs)
        finally:
            with LIMIT.lock:
                if me in LIMIT.inside:
                    del LIMIT.inside[me]
                    now[:] = recounting
                    if not LIMIT.inside and now == limited_to:
                        done[:] = restoring

    return limited


@cache
def blas_functions():
    """The functions that get the number of threads, and those that set it, one a library.

    Looking for the libraries takes 3 ms, as long as a small fit. The functions keep the GIL.
    """
    found = []
    for library in ThreadpoolController().select(user_api="blas").lib_controllers:
        loaded = ctypes.PyDLL(library.filepath)
        for prefix, suffix in AFFIXES:
            names = [prefix + name + suffix for name in NAMES.get(library.internal_api, ())]
            if names and all(hasattr(loaded, name) for name in names):
                found.append([getattr(loaded, name) for name in names])
                break
    return [count for count, _ in found], [limit for _, limit in found]

"""What NumPy does about numbers beyond its range, for all that the package computes.

Whoever calls may have told NumPy to raise errors of underflow or overflow. Here both are part of
the work: small numbers become 0, divergence is for training to notice. A division by zero is no
part of it, and stays a warning.
"""

from functools import partial

import numpy as np

from .blas import one_blas_thread

# To be called; a context manager and a decorator. 1 µs each time.
quiet_arithmetic = partial(
    np.errstate, over="ignore", under="ignore", invalid="ignore", divide="warn"
)


def own_arithmetic(function):
    """Decorate a function: quiet, and by one BLAS thread, whatever the process is set to."""
    return one_blas_thread(quiet_arithmetic()(function))

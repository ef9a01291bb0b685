"""How NumPy treats underflow, overflow and division by zero in everything the package computes.

The caller may have set NumPy to raise errors on underflow or overflow. The package expects both:
numbers too small become 0, and training itself notices divergence. It never divides by zero on
purpose, so that stays a warning.
"""

from functools import partial

import numpy as np

from .blas import one_blas_thread

# Call it: quiet_arithmetic() is a context manager and a decorator. Each entry takes 1 µs.
quiet_arithmetic = partial(
    np.errstate, over="ignore", under="ignore", invalid="ignore", divide="warn"
)


def own_arithmetic(function):
    """Decorate a function: quiet, on one BLAS thread, whatever the settings of the process."""
    return one_blas_thread(quiet_arithmetic()(function))

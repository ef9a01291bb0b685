"""Random streams, each named by its use.

A stream depends on the seed and its name alone. So nothing has to be stored to continue training
later, a network draws the same numbers in a stack as alone, and any worker can train it.
"""

import numpy as np

USES = ("order", "weights", "dropout", "folds", "permutation")


def stream(seed, use, *which):
    """The generator for one use.

    Parameters
    ----------
    seed : int
        Seed of the whole fit.
    use : str
        One of `USES`.
    *which : int
        Numbers that distinguish streams of the same use, such as the epoch and the network.
    """
    return np.random.default_rng((seed, USES.index(use), *which))

"""Where random numbers come from: streams named by what they decide.

A stream depends on its name alone, so nothing has to be stored to go on with training later, a
network of a stack sees what it would see alone, and it does not matter which worker trains it.
"""

import numpy as np

USES = ("order", "weights", "dropout", "folds")


def stream(seed, use, *which):
    """The generator for one use.

    Parameters
    ----------
    seed : int
        What the whole fit was seeded with.
    use : str
        One of `USES`.
    *which : int
        The epoch, the network: whatever tells this choice from its like.
    """
    return np.random.default_rng((seed, USES.index(use), *which))

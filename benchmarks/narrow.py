"""Do five logistic units a layer learn? Counts the seeds with which the 2-5-5-1 network does.

    python benchmarks/narrow.py --seeds 30

A run counts where the training accuracy is .98 at least, 1 on the four XOR points.
"""

import argparse
import warnings

import numpy as np
from sklearn.datasets import make_circles, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sknumpynet import NumpyMLPBinaryClassifier

SHAPE = {"hidden_layer_sizes": (5, 5), "activation": "logistic"}
ESTIMATORS = {
    "NumpyMLPBinaryClassifier": NumpyMLPBinaryClassifier(**SHAPE),
    "the same, n_estimators=1": NumpyMLPBinaryClassifier(**SHAPE, n_estimators=1),
    "MLPClassifier": MLPClassifier(**SHAPE),
}


def xor(seed):
    """400 uniform rows in the square, the sign of the product."""
    X = np.random.default_rng(seed).uniform(-1, 1, (400, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


SETS = {  # name -> (rows and labels for a seed, accuracy wanted)
    "XOR": (xor, 0.98),
    "circles": (lambda s: make_circles(400, noise=0.05, factor=0.5, random_state=s), 0.98),
    "moons": (lambda s: make_moons(400, noise=0.05, random_state=s), 0.98),
    "four points": (lambda s: (np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), [0, 1, 1, 0]), 1.0),
}


def main():
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=30)
    n_seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore", ConvergenceWarning)  # MLPClassifier's, in any case
    print(f"{'of ' + str(n_seeds) + ' seeds':<28}" + "".join(f"{name:>13}" for name in SETS))
    for name, estimator in ESTIMATORS.items():
        counts = []
        for make, wanted in SETS.values():
            fits = ((estimator.set_params(random_state=s), *make(s)) for s in range(n_seeds))
            counts.append(sum(clf.fit(X, y).score(X, y) >= wanted for clf, X, y in fits))
        print(f"{name:<28}" + "".join(f"{count:>13}" for count in counts))


if __name__ == "__main__":
    main()

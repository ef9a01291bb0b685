"""A cheap model, to ask what could be learnt: ridge regression on random units of relu.

One decomposition answers for many sets of labels at once, such as those one row further on. It sees
curves and products of a few columns as well as sums. Rahimi and Recht (2008).
"""

import numpy as np
from sklearn.preprocessing import StandardScaler

N_UNITS, MOST_LINEAR = 200, 200
FURTHEST = 3.0  # of a standardised value
RIDGE = 0.3  # added to the variance of each feature


def predicted_by_others(inputs, targets, n_folds=3):
    """Predictions of each row by a model of the other folds' rows.

    Parameters
    ----------
    inputs : ndarray of shape (n_rows, n_inputs)
        Without gaps.
    targets : ndarray of shape (n_rows, n_targets)
        Of mean 0; NaN, where a row has none, counts as 0.
    n_folds : int, default=3

    Returns
    -------
    ndarray of shape (n_rows, n_targets)
    """
    features, known = random_features(inputs), np.nan_to_num(targets)
    fold, predicted = np.arange(len(features)) % n_folds, np.empty(known.shape)
    for held in range(n_folds):
        of_others, is_held = features[fold != held], fold == held
        gram = of_others.T @ of_others
        gram[np.diag_indices_from(gram)] += RIDGE * len(of_others)
        weights = np.linalg.solve(gram, of_others.T @ known[fold != held])
        predicted[is_held] = features[is_held] @ weights
    return predicted


def random_features(inputs):
    """The inputs, if they are not too many, and random units of them, all standardised."""
    rng = np.random.default_rng(0)
    inputs = StandardScaler().fit_transform(inputs).clip(-FURTHEST, FURTHEST)
    weights = rng.normal(size=(inputs.shape[1], N_UNITS)) / np.sqrt(max(inputs.shape[1], 1))
    units = np.maximum(inputs @ weights + rng.normal(size=N_UNITS), 0)
    linear = inputs if inputs.shape[1] <= MOST_LINEAR else inputs[:, :0]
    return StandardScaler().fit_transform(np.hstack([linear, units]))

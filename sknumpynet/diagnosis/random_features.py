"""A cheap model, to ask what could be learnt: ridge regression on random units of relu.

One fit answers for many sets of labels at once, such as those one row further on. It sees curves
and products of a few columns as well as sums. Rahimi and Recht (2008).
"""

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

N_UNITS, MOST_LINEAR = 200, 200
FURTHEST = 3.0  # of a standardised value
RIDGE = 0.3  # added to the variance of each feature
N_FOLDS = 3
FEWEST_FOLDED = 30  # rows; fewer say nothing of what can be learnt


def told_by(inputs, labels):
    """The correlation of labels with what the other folds' rows predict, by name.

    Parameters
    ----------
    inputs : ndarray of shape (n_rows, n_inputs)
        Without gaps.
    labels : dict of ndarray of shape (n_rows,)
        Numbers; NaN where a row has none.

    Returns
    -------
    dict of float
        0 for too few rows.
    """
    if len(inputs) < FEWEST_FOLDED:
        return dict.fromkeys(labels, 0.0)
    targets = np.array([*labels.values()]).T
    predicted = cross_val_predict(
        Ridge(RIDGE * len(inputs) * (1 - 1 / N_FOLDS)),
        random_features(inputs),
        np.nan_to_num(targets),
        cv=KFold(N_FOLDS),
    )
    pairs = zip(np.reshape(predicted, targets.shape).T, targets.T, strict=True)
    return {name: correlation(*pair) for name, pair in zip(labels, pairs, strict=True)}


def random_features(inputs):
    """The inputs, if they are not too many, and random units of them, all standardised."""
    rng = np.random.default_rng(0)
    inputs = StandardScaler().fit_transform(inputs).clip(-FURTHEST, FURTHEST)
    weights = rng.normal(size=(inputs.shape[1], N_UNITS)) / np.sqrt(max(inputs.shape[1], 1))
    units = np.maximum(inputs @ weights + rng.normal(size=N_UNITS), 0)
    linear = inputs if inputs.shape[1] <= MOST_LINEAR else inputs[:, :0]
    return StandardScaler().fit_transform(np.hstack([linear, units]))


def correlation(predicted, target):
    """Of a prediction and a target, where that is known; 0 if one of them does not vary."""
    is_known = ~np.isnan(target)
    predicted, target = predicted[is_known], target[is_known]
    if len(target) < FEWEST_FOLDED or not (np.ptp(predicted) > 0 and np.ptp(target) > 0):
        return 0.0
    return float(np.corrcoef(predicted, target)[0, 1])

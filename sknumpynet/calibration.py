"""Bins of probabilities: how often the rows of each are positive, and how often they should be."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from .engine.inputs.statistics import weighted_quantiles


def reliability(is_positive, proba, weight, n_bins, strategy):
    """Fraction of positives, mean probability and share of the weight, in each bin with rows.

    scikit-learn's ``calibration_curve``, with weights.

    Parameters
    ----------
    is_positive : ndarray of bool of shape (n_samples,)
    proba, weight : ndarray of float of shape (n_samples,)
    n_bins : int
    strategy : {"uniform", "quantile"}

    Returns
    -------
    tuple of three ndarray
        One entry for each bin that is not empty.
    """
    check_scalar(n_bins, "n_bins", Integral, min_val=1)
    edges = np.arange(1, n_bins) / n_bins
    if strategy == "quantile":
        edges = weighted_quantiles(proba[:, np.newaxis], weight, edges)[:, 0]
    elif strategy != "uniform":
        raise ValueError(
            f"strategy={strategy!r} is not one of 'uniform', 'quantile'; take 'uniform' for bins "
            "of the same width, 'quantile' for bins of the same weight."
        )
    bins = np.searchsorted(edges, proba)
    total, positive, predicted = (
        np.bincount(bins, weight * of_row, n_bins) for of_row in (1, is_positive, proba)
    )
    held = total > 0
    return positive[held] / total[held], predicted[held] / total[held], total[held] / weight.sum()

"""Checks that all share who read a fitted estimator: pictures, diagnosis, gradients, traces."""

from copy import copy

from sklearn.utils.validation import check_is_fitted

from .classifier import NumpyMLPBinaryClassifier


def check_ours(estimator):
    """Raise TypeError for an estimator that has not what only this package's has."""
    if not isinstance(estimator, NumpyMLPBinaryClassifier):
        raise TypeError(
            f"estimator is a {type(estimator).__name__}, not a NumpyMLPBinaryClassifier; of a "
            "pipeline give the last step, such as pipe[-1], and X as it comes to it."
        )


def check_network(network, n_networks):
    """Raise ValueError if there is no network of that number."""
    if network not in range(n_networks):
        raise ValueError(
            f"network={network!r} is not among the {n_networks} network(s) of this estimator; "
            f"give an int from 0 to {n_networks - 1}."
        )


def working_copy(clf, network):
    """A copy to work with, once it is certain that there is such a network."""
    check_ours(clf)
    check_is_fitted(clf, "coefs_")
    clf = copy(clf)
    check_network(network, len(clf._stacked_params()))
    return clf

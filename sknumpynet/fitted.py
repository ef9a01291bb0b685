"""The one door for all who read a fitted estimator: pictures, diagnosis, gradients, traces, ONNX.

They speak of the networks as they were fitted, whatever ``set_params`` has changed since. So what
they get is a copy whose parameters are those of the last fit.
"""

from sklearn.utils.validation import check_is_fitted

from .classifier import NumpyMLPBinaryClassifier, rows_that_count, twin
from .parameters import check_parameters, is_int, plain_parameters
from .validation import check_known, check_labels, check_weight, naming


def check_ours(estimator):
    """Raise TypeError for an estimator that has not what only this package's has."""
    if not isinstance(estimator, NumpyMLPBinaryClassifier):
        raise TypeError(
            f"estimator is a {type(estimator).__name__}, not a NumpyMLPBinaryClassifier; of a "
            "pipeline give the last step, such as pipe[-1], and X as it comes to it."
        )


def check_network(network, n_networks):
    """Raise ValueError if there is no network of that number."""
    if not is_int(network) or network not in range(n_networks):
        raise ValueError(
            f"network={network!r} is not among the {n_networks} network(s) of this estimator; "
            f"give an int from 0 to {n_networks - 1}."
        )


def as_fitted(estimator):
    """A copy to read, whose parameters are those that it was fitted with, in Python's own types.

    It shares its arrays with the estimator. Sizes are those of ``coefs_``, which may have been put
    in; files of version 0.1.0 hold few parameters, so today's stand in for the others.
    """
    check_ours(estimator)
    check_is_fitted(estimator, "coefs_")
    clf = twin(estimator, dict(vars(estimator)))
    params, (_, *hidden, _) = clf._stacked_params(), clf._fitted_layout().layer_sizes
    sizes = {"hidden_layer_sizes": tuple(hidden), "n_estimators": len(params)}
    built_with = plain_parameters(clf) | clf._built_with | sizes
    check_parameters(built_with)
    vars(clf).update(built_with)
    return clf


def working_copy(estimator, network):
    """A copy as `as_fitted` makes it, once it is certain that there is such a network."""
    clf = as_fitted(estimator)
    check_network(network, clf.n_estimators)
    return clf


def check_given_labels(y, classes):
    """Raise ValueError or TypeError for labels y that are none, or not among the classes."""
    with naming("y"):
        check_labels(y)
        check_known(y, classes, "y")


def training_rows(clf, X, y, sample_weight):
    """The rows that count, with their weights of training.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier
        As `as_fitted` makes it.
    X, y, sample_weight
        As ``fit`` takes them, but y may be of one class.

    Returns
    -------
    rows : Rows
        Their weights are times ``class_weight``, as it was worked out in the fit.
    weight : ndarray
        Their weights without that.
    """
    X, y = clf._check_rows(X, y, reset=False)
    check_given_labels(y, clf.classes_)
    weight = weighted = check_weight(sample_weight, len(y), "sample_weight")
    is_positive = y == clf.classes_[1]
    if clf.class_weight is not None and hasattr(clf, "_class_factors"):
        weighted = weight * clf._class_factors[is_positive.astype(int)]
        weighted = check_weight(weighted, len(y), "sample_weight times class_weight")
    rows = rows_that_count(X, is_positive, weighted)
    return rows, weight[rows.index]

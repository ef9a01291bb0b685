"""The one door for readers of a fitted estimator: pictures, diagnosis, gradients, traces, ONNX.

Readers describe the networks as they were fitted, whatever ``set_params`` has changed since. So
they get a copy whose parameters are those of the last fit.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .all_or_nothing import twin
from .classifier import NumpyMLPBinaryClassifier, last_fit
from .columns import IN_PARTS, shown_name
from .engine.inputs.levels import UNKNOWN
from .engine.prediction import out_of_fold
from .parameters import check_parameters, is_int, plain_parameters
from .rows import (
    Units,
    checksum_of_folds,
    hold_out,
    learn_target_means,
    table_and_labels,
    weighted_rows,
)
from .tables import read_table
from .training_setup import make_problem
from .validation import check_groups, check_known, check_labels, check_weight, naming


class UserColumns(NamedTuple):
    """The columns of the table that came to fit, and where the table of numbers has them.

    Parameters
    ----------
    names : sequence of str or int
        A name, or the position of a column without one.
    kinds : sequence of str
        What each held in fit, see `column_values.kind_of_values`.
    place : ndarray of int of shape (n_columns,)
        The column of the table of numbers that holds the number or the level; of a kind in parts,
        such as a date, the first of them.
    levels : sequence of list or None
        Its levels by number, where it has levels.
    """

    names: list
    kinds: list
    place: np.ndarray
    levels: list


def check_ours(estimator):
    """Raise TypeError for an estimator of another package."""
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
    in; files of version 0.1.0 hold few parameters, so today's stand in for the others. An attribute
    more, ``judged_on``, says what judged the epochs, see `training_setup.what_judges`.
    """
    check_ours(estimator)
    check_is_fitted(estimator, "coefs_")
    clf = twin(estimator, dict(vars(estimator)))
    fit = last_fit(clf)
    _, *hidden, _ = fit.stack.layout.layer_sizes
    sizes = {"hidden_layer_sizes": tuple(hidden), "n_estimators": len(fit.stack)}
    parameters = vars(plain_parameters(clf)) | {"judged_on": None} | fit.parameters | sizes
    check_parameters(parameters)
    vars(clf).update(parameters)
    return clf


def stack_of(clf):
    """The networks of a fitted estimator, folded: they compute on raw columns as far as can be."""
    return last_fit(clf).stack


def is_as_trained(clf):
    """Whether the networks are those of the last fit, and none were put in their place since."""
    return last_fit(clf).is_as_trained


def columns_of(clf):
    """How the columns of raw tables become numbers; None for an estimator of numbers only."""
    return last_fit(clf).columns


def new_rows(clf, X, name="X"):
    """X as a table of the columns that a fitted estimator knows."""
    return read_table(clf, columns_of(clf), X, name=name)


def user_columns(clf):
    """The columns of the table that came to fit: those that readers speak of."""
    fit = last_fit(clf)
    if fit.columns is None:
        n_columns = fit.stack.encoding.n_features
        names = list(getattr(clf, "feature_names_in_", range(n_columns)))
        kinds, levels = ["number"] * n_columns, [None] * n_columns
        return UserColumns(names, kinds, np.arange(n_columns), levels)
    columns = fit.columns.columns
    first = [column.parts[0] for column in columns]
    return UserColumns(
        [column.name for column in columns],
        [column.kind for column in columns],
        np.array([fit.columns.place[at, part.name] for at, part in enumerate(first)]),
        [part.levels for part in first],
    )


def names_of_columns(clf):
    """The names of the user's columns, as names of inputs speak of them."""
    return list(map(shown_name, user_columns(clf).names))


def places_of_inputs(clf):
    """The position of the user's column that each column of the table of numbers is made of."""
    fit = last_fit(clf)
    if fit.columns is None:
        return np.arange(fit.stack.encoding.n_features)
    return fit.columns.positions


def values_of_rows(clf, X):
    """What the user's columns hold in rows of the table of numbers.

    Returns
    -------
    ndarray or CSR array of shape (n_rows, n_columns)
        A copy: of numbers; of a raw table, of objects, None where one is missing.
    """
    fit = last_fit(clf)
    if fit.columns is None:
        return X.copy()
    table, values = user_columns(clf), np.empty((len(X), len(fit.columns.columns)), object)
    # Where fit saw none missing, that is a level unknown to it as well.
    described = zip(fit.columns.columns, table.levels, table.place, strict=True)
    for position, (column, levels, at) in enumerate(described):
        for row, value in enumerate(X[:, at].tolist()):
            if np.isnan(value):
                value = None
            elif levels is not None:
                unknown = f"{'a level' if None in levels else 'missing or'} unknown to fit"
                value = unknown if value == UNKNOWN else levels[int(value)]
            elif column.kind in IN_PARTS:
                value = IN_PARTS[column.kind].shown(value, column.first)
            values[row, position] = value
    return values


def problem_of(clf, rows):
    """The function that an estimator minimised, on these rows and at its weights of now.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier
        As `as_fitted` makes it.
    rows : Rows
        Its stack is of their dtype.

    Returns
    -------
    Problem
    """
    fit = last_fit(clf)
    return make_problem(clf, fit.stack.unfolded(rows.sign.dtype), rows, fit.seed)


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
        Their weights are times ``class_weight``, as it was worked out in the fit. Their target
        means are those of training, if these are the rows of the fit, else those of prediction.
    weight : ndarray
        Their weights without that.
    """
    rows, weight = rows_without_means(clf, X, y, sample_weight)
    fit = last_fit(clf)
    if has_means(fit) and not takes_means_of_training(fit, rows):
        rows = replace(rows, X=read_table(clf, fit.columns, X, order="C"))
    return rows, weight


def judged_rows(clf, X, y, sample_weight, groups):
    """The rows that count, dealt to the folds of the fit if they are its rows.

    They are if they are dealt as they were then, and the networks that held them out say the same
    of them. So they must come in the same order, with the same labels and groups; and each network
    must have held the same fold out in all of its training.

    Parameters
    ----------
    clf, X, y, sample_weight
        As in `training_rows`.
    groups : array-like or None
        As ``fit`` takes them.

    Returns
    -------
    Rows
        With a fold each, and the target means of training. Else without folds, and with the target
        means of prediction.
    """
    rows, _ = rows_without_means(clf, X, y, sample_weight)
    fit, groups = last_fit(clf), check_groups(groups, rows.X.shape[0])
    if fit.dealing is not None and fit.is_as_trained:
        units = Units.of(rows, fit.columns, fit.seed)
        try:
            dealt, _ = hold_out(rows, units, groups, clf, classes=clf.classes_)
        except ValueError:  # too few rows or groups for so many folds
            dealt = rows
        if checksum_of_folds(dealt) == fit.dealing:
            learn_target_means(fit.columns, rows, units, groups, fit.stack.encoding)
            if has_probabilities_of_fit(clf, dealt):  # a few other rows may be dealt alike
                return dealt
    if has_means(fit):
        rows = replace(rows, X=new_rows(clf, X))
    return rows


def has_probabilities_of_fit(clf, rows):
    """Whether the out-of-fold probabilities of rows are those that the fit has left."""
    left = getattr(clf, "oof_proba_", None)  # none where it was interrupted
    if left is None or len(left) != rows.X.shape[0]:
        return False
    proba, _ = out_of_fold(stack_of(clf), rows)
    return np.allclose(proba[rows.index], left[rows.index], rtol=1e-3, atol=1e-6)


def rows_without_means(clf, X, y, sample_weight):
    """What `training_rows` gives, but target means are 0."""
    fit = last_fit(clf)
    table, y = table_and_labels(
        X, y, lambda X: read_table(clf, fit.columns, X, order="C", writes_means=False)
    )
    check_given_labels(y, clf.classes_)
    weight = check_weight(sample_weight, len(y), "sample_weight")
    rows = weighted_rows(table, y == clf.classes_[1], weight, fit.class_factors)
    return rows, weight[rows.index]


def has_means(fit):
    """Whether there are target means in the table of numbers, of a `LastFit`."""
    return fit.columns is not None and len(fit.columns.means) > 0


def takes_means_of_training(fit, rows):
    """Write target means as training has them, out of fold, if these are the rows of the fit.

    They are if all target means come out as they did then. Folds do not depend on the rows' order;
    if the fit had groups, they are other folds than then.

    Parameters
    ----------
    fit : LastFit
    rows : Rows
        Their target means are 0, and are overwritten.

    Returns
    -------
    bool
    """
    if abs(rows.sign.sum()) == len(rows.sign):  # one class
        return False
    units = Units.of(rows, fit.columns, fit.seed)
    learnt = learn_target_means(fit.columns, rows, units, None, fit.stack.encoding)
    pairs = zip(learnt.means, fit.columns.means, strict=True)
    return all(np.allclose(now.means, then.means, 1e-6, 1e-9) for (_, now), (_, then) in pairs)

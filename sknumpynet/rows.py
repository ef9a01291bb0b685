"""Turns the arguments of fit into `Rows`: labels, weights, validation rows, folds."""

from dataclasses import replace
from typing import NamedTuple
from zlib import crc32

import numpy as np
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from .engine import folds
from .engine.inputs.levels import learn_levels
from .engine.inputs.target_means import N_FOLDS
from .engine.objective import Rows
from .tables import read_table
from .validation import (
    check_both_count,
    check_complete,
    check_known,
    check_labels,
    check_weight,
    naming,
    shortened,
    two_classes,
)


class Units(NamedTuple):
    """Which rows are held out together, and in which order.

    Parameters
    ----------
    kind : ndarray of int of shape (n_rows,)
        A number for each row; equal rows have equal numbers, see `folds.different_rows`.
    table : {"counted", "listed"} or None
        See `folds.kind_of_table`.
    order : ndarray of shape (n_rows,)
        Keys, see `folds.row_keys`.
    """

    kind: np.ndarray
    table: str | None
    order: np.ndarray

    @classmethod
    def of(cls, rows, columns, seed):
        """Those of a table whose target means are not written yet."""
        kind = folds.different_rows(rows.X, rows.index)
        is_categorical = columns is not None and not columns.numbers
        table = folds.kind_of_table(rows.X, rows.index, rows.sign > 0, kind, is_categorical)
        return cls(kind, table, folds.row_keys(rows.X, seed)[rows.index])

    @property
    def n_different(self):
        """Different rows."""
        return self.kind.max() + 1

    @property
    def observed(self):
        """A number for each observation: copies of a row are one, unless rows are counts."""
        return np.arange(len(self.kind)) if self.table == "counted" else self.kind

    @property
    def n_observed(self):
        """Observations."""
        return self.observed.max() + 1

    def weight_of_one(self, rows):
        """The weight of one observation, in the mean."""
        return rows.weight.sum() / self.n_observed


def table_and_labels(X, y, read):
    """X as C-contiguous floats or canonical CSR, by ``read``, and y as a column of labels."""
    with naming("y"):
        if y is None:
            raise ValueError(
                "fit requires y to be passed, but the target y is None; give a label a row."
            )
        check_complete(y)
        y = column_or_1d(y, warn=True)
        assert_all_finite(y, input_name="y")
        check_labels(y)
        check_classification_targets(y)
    X = read(X)
    with naming("X and y"):
        check_consistent_length(X, y)
    return X, y


def stream_classes(y, classes, known):
    """The two labels of a stream.

    Parameters
    ----------
    y : ndarray
    classes : array-like or None
        As they came to ``partial_fit``.
    known : ndarray or None
        Those of earlier calls.
    """
    if classes is None and known is None:
        raise ValueError(
            "classes must be passed on the first call to partial_fit; give both labels, "
            "such as classes=[0, 1]."
        )
    with naming("classes"):
        given = None if classes is None else np.unique(column_or_1d(classes))
        known = two_classes(given, "classes") if known is None else known
    if given is not None and not np.array_equal(given, known):
        raise ValueError(
            f"classes={shortened(repr(classes))} differs from the classes of earlier calls, "
            f"{known}; leave it out, or begin anew with fit or a clone."
        )
    return known


def training_rows(X, y, sample_weight, classes, class_weight, *, is_piece=False, goes_on=False):
    """The rows of positive weight.

    Parameters
    ----------
    X, y
        As `table_and_labels` gives them.
    sample_weight : array-like or None
    classes : ndarray of shape (2,)
    class_weight : dict, "balanced" or None
    is_piece : bool, default=False
        Whether rows of one class will do.
    goes_on : bool, default=False
        Whether no row of positive weight will do.

    Returns
    -------
    rows : Rows
    class_factors : ndarray of shape (2,) or None
        What their weights were multiplied by, class by class.
    """
    if is_piece and class_weight == "balanced":
        raise ValueError(
            "class_weight='balanced' counts all rows, and partial_fit sees a piece; give a "
            "dict, such as {0: 1, 1: 5}."
        )
    check_known(y, classes, "y")
    weight = check_weight(sample_weight, len(y), "sample_weight", may_be_zero=goes_on)
    is_positive, factors = y == classes[1], None
    if not is_piece:
        check_both_count(is_positive, weight, classes)
    if class_weight is not None:
        with naming("class_weight"):
            factors = compute_class_weight(class_weight, classes=classes, y=y, sample_weight=weight)
    rows = weighted_rows(X, is_positive, weight, factors, may_be_zero=goes_on)
    if not is_piece:
        check_both_count(rows.sign > 0, rows.weight, classes)
    return rows, factors


def weighted_rows(X, is_positive, weight, factors, name="sample_weight", may_be_zero=False):
    """The rows of positive weight, their weights multiplied by the factor of their class."""
    if factors is not None:
        weight = weight * factors[is_positive.astype(int)]
        weight = check_weight(weight, len(weight), f"{name} times class_weight", may_be_zero)
    return Rows.counted(X, is_positive, weight)


def validation_rows(estimator, columns, X_val, y_val, sample_weight_val, classes, factors, dtype):
    """The validation rows given to fit; None where none were.

    Parameters
    ----------
    estimator : NumpyMLPBinaryClassifier
    columns : Columns or None
        As `tables.learn_table` gave them.
    X_val, y_val, sample_weight_val
        As they came to ``fit``.
    classes : ndarray of shape (2,)
    factors : ndarray of shape (2,) or None
        Class weights.
    dtype : dtype
        Of the training rows.
    """
    if X_val is None:
        if y_val is not None or sample_weight_val is not None:
            raise ValueError("y_val or sample_weight_val came without X_val; give X_val too.")
        return None
    if y_val is None:
        raise ValueError("X_val came without y_val; give the labels of its rows too.")
    if not estimator.early_stopping:
        raise ValueError(
            "X_val came with early_stopping=False, which would not look at it; set "
            "early_stopping='auto', or leave X_val out."
        )
    X_val = read_table(estimator, columns, X_val, name="X_val", dtype=dtype)
    with naming("y_val"):
        check_complete(y_val, "y_val")
        y_val = column_or_1d(y_val)
        check_labels(y_val, "y_val")
        check_consistent_length(X_val, y_val)
        check_known(y_val, classes, "y_val")
    weight = check_weight(sample_weight_val, len(y_val), "sample_weight_val")
    return weighted_rows(X_val, y_val == classes[1], weight, factors, "sample_weight_val")


def learn_target_means(columns, rows, units, groups, encoding=None):
    """The columns with their target means, which are written to the rows' table as well.

    Parameters
    ----------
    columns : Columns or None
        None for a table of numbers, which has none.
    rows : Rows
    units : Units
    groups : ndarray of int or None
        Of all rows that came, by number.
    encoding : Encoding, optional
        Of networks that go on; its levels have inputs. By default those that will be learnt do.

    Returns
    -------
    Columns or None
    """
    if columns is None or not columns.means:
        return columns
    weight = rows.weight / units.weight_of_one(rows)
    if encoding is None:
        inputs = learn_levels(rows.X, rows.index, weight, columns.of_levels)
    else:
        inputs = encoding.levels
    unit, order, is_positive = units.observed, units.order, rows.sign > 0
    if groups is not None:
        unit = folds.joined_groups(groups[rows.index], units.kind, N_FOLDS)
    elif units.table == "counted":  # else the other folds would tell what is in a row's own
        order = folds.keys_apart(order, is_positive, rows.weight)
    fold = folds.deal(order, is_positive, unit, min(N_FOLDS, unit.max() + 1))
    return columns.learn_means(rows, weight, fold, inputs)


def hold_out(rows, units, groups, params, *, classes):
    """Deal the rows to the folds that the networks hold out.

    Parameters
    ----------
    rows : Rows
    units : Units
    groups : ndarray of int or None
        Of all rows that came, by number.
    params : namespace
        The estimator's parameters.
    classes : ndarray of shape (2,)

    Returns
    -------
    rows : Rows
        With a fold each, or without folds where no rows are to be held out.
    n_judging : ndarray of int of shape (n_folds,) or None
        Different rows in each fold, where "auto" is to mind how few they are.
    """
    if not params.early_stopping:
        return rows, None
    is_auto, n_folds = params.early_stopping == "auto", params.n_estimators
    is_positive, kind = rows.sign > 0, units.kind
    if groups is not None:
        unit = folds.joined_groups(groups[rows.index], kind, n_folds)
        check_enough(unit.max() + 1, max(n_folds, 2), "group", params)
    else:
        if units.table == "listed" and is_auto:
            return rows, None
        kind = unit = units.observed
        if is_auto and n_folds > 1:
            n_folds = min(n_folds, max(2, (unit.max() + 1) // folds.FEWEST_HELD))
        check_enough(len(kind), n_folds, "row", params)
    n_units = unit.max() + 1
    if n_units < 2:
        return rows, None
    n_folds = min(n_folds, n_units)  # where rows are equal, several networks hold out the same
    if not is_auto:
        check_classes_can_be_held_out(rows, classes)
    if n_folds > 1:
        fold = folds.deal(units.order, is_positive, unit, n_folds)
    else:
        fold = folds.hold_out(units.order, is_positive, unit, params.validation_fraction)
    n_judging = np.array([len(np.unique(kind[fold == of])) for of in range(n_folds)])
    if not n_judging.all():  # a row of each class
        return rows, None
    return replace(rows, fold=fold), n_judging if is_auto else None


def checksum_of_folds(rows):
    """CRC-32 of which rows are dealt to which folds; None where there are no folds."""
    return None if rows.fold is None else crc32(rows.index.tobytes() + rows.fold.tobytes())


def check_enough(n_given, least, what, params):
    """Raise ValueError if there are fewer rows or groups than folds."""
    if n_given < least:
        raise ValueError(
            f"each of n_estimators={params.n_estimators} network(s) holds out a fold of its own, "
            f"but there are {n_given} {what}s of positive weight; give more {what}s, fewer "
            "networks, or set early_stopping=False."
        )


def check_classes_can_be_held_out(rows, classes):
    """Raise ValueError for a class of one row: it cannot be both trained on and held out."""
    per_class = [rows.weight[rows.sign == sign].sum() for sign in (-1, 1)]
    if min(per_class) < 2 * rows.weight.min():
        raise ValueError(
            "early_stopping=True holds rows of each class out, but class "
            f"{classes.tolist()[np.argmin(per_class)]!r} has one row only; give more rows, or "
            "set early_stopping='auto'."
        )

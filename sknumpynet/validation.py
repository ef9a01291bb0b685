"""Checks of labels, groups and weights that scikit-learn does not make.

Each raises ValueError that says what was given, what is wanted and what to do; none changes its
input.
"""

import re
from contextlib import contextmanager
from decimal import Decimal
from numbers import Number, Real

import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target

MOST_LABELS = 20  # listed in a message
SMALLEST_TOTAL = 1e-300  # of weights; the largest is its inverse. float64 can compute with both


def canonical(X):
    """Sparse rows with duplicate entries summed, dense rows as they are; the input is unchanged."""
    if sparse.issparse(X) and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


@contextmanager
def naming(name):
    """Make any error raised within name the argument, and print no array."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        text = re.sub(r":\s+array=.*?\.\n", ". ", str(error), flags=re.DOTALL)  # as scikit-learn
        text = re.sub(r"\n\[.*", "", text, flags=re.DOTALL)
        is_named = re.search(rf"\b{name}\b", text)
        if is_named and text == str(error):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(text if is_named else f"{name}: {shortened(text, 1000)}") from error


def shortened(text, most=500):
    """The beginning of a long text, so that no message prints a whole column."""
    return text if len(text) <= most else f"{text[:most]}..."


def check_labels(y, name="y"):
    """Raise ValueError for labels that are objects other than text."""
    if y.dtype != object:
        return
    kinds = sorted({type(label).__name__ for label in y if not isinstance(label, str)})
    if kinds:
        raise ValueError(
            f"Unknown label type: {name} has the dtype object and holds {', '.join(kinds)}; leave "
            "out rows without a label, and give the others one type, such as by y.astype(int) or "
            "y.astype(str)."
        )


def check_complete(y, name="y"):
    """Raise ValueError for labels that are missing: None, NaN, NA, NaT or masked."""
    if getattr(getattr(y, "dtype", None), "kind", "") == "T":
        raise ValueError(f"{name} has NumPy's StringDType as its dtype; give {name}.astype(str).")
    gaps = missing_labels(y)
    if len(gaps):
        is_masked = isinstance(y, np.ma.MaskedArray)
        what = "masked values" if is_masked else "NaN or None"
        keep = f"~numpy.ma.getmaskarray({name})" if is_masked else f"pandas.notna({name})"
        raise ValueError(
            f"Input {name} contains {what}: {len(gaps)} of {len(y)} rows have no label, the first "
            f"at position {gaps[0]}. Leave them out, such as by keep = {keep}, then {name}[keep] "
            "and the same rows of X."
        )


def missing_labels(y):
    """Positions of the labels that are missing."""
    if isinstance(y, np.ma.MaskedArray):
        return np.flatnonzero(np.ma.getmaskarray(y))
    values = y
    if not isinstance(y, list | tuple):
        values = np.asarray(y)
        if values.dtype.kind in "fcmM":
            return np.flatnonzero(values != values)
        if values.dtype.kind != "O" or not values.ndim:
            return []
        values = values.ravel()
    return [position for position, label in enumerate(values) if is_missing(label)]


def is_missing(label):
    """Whether a label is None, pandas' NA or NaT, or NaN."""
    if label is None or type(label).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(label, Decimal):
        return label.is_nan()  # a signaling one cannot be compared
    return isinstance(label, Number | np.generic) and bool(np.all(label != label))


def two_classes(y, name="y"):
    """The two labels of y, sorted."""
    with naming(name):
        kind = type_of_target(y, input_name=name, raise_unknown=True)
    classes = np.unique(y)
    if kind != "binary":
        remedy = " Use OneVsRestClassifier around this estimator."
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {kind}: {name} "
            f"has {len(classes)} classes: {listed(classes)}."
            f"{written_in_two_ways(classes, name) or remedy}"
        )
    if len(classes) < 2:
        only = f"one class only, {classes.tolist()[0]!r}" if len(classes) else "no class"
        raise ValueError(f"{name} has {only}; give rows of two classes to tell apart.")
    return classes


def listed(labels):
    """Labels as they are written in code; of many, the first twenty."""
    labels = labels.tolist()
    shown = ", ".join(shortened(repr(label), 100) for label in labels[:MOST_LABELS])
    more = len(labels) - MOST_LABELS
    return f"{shown} and {more} more" if more > 0 else shown


def written_in_two_ways(labels, name):
    """A hint if some labels differ only by blanks, case or a final dot; else an empty string."""
    spellings = {}
    for label in labels.tolist():
        if isinstance(label, str):
            spellings.setdefault(label.strip(" .\t\r\n").casefold(), []).append(label)
    twice = [alike for alike in spellings.values() if len(alike) > 1]
    if not twice:
        return ""
    as_one = f"{name} = [label.strip(' .').lower() for label in {name}]"
    return (
        f" {' and '.join(map(repr, twice[0]))} look like one class written in two ways: labels "
        f"that differ by blanks, case or a final dot become one by {as_one}."
    )


def check_both_count(is_positive, weight, classes):
    """Raise ValueError if all rows of a class have weight 0."""
    for positive, label in enumerate(classes.tolist()):
        if not weight[is_positive == positive].any():
            raise ValueError(
                f"class {label!r} has only rows of weight zero; give some of its rows a "
                "sample_weight and a class_weight above 0."
            )


def check_known(y, classes, name):
    """Raise ValueError for labels that are not among the classes."""
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        labels = "label" if len(unknown) == 1 else "labels"
        hint = written_in_two_ways(np.array([*classes.tolist(), *unknown.tolist()], object), name)
        raise ValueError(
            f"{name} has the unknown {labels} {listed(unknown)}; the classes are {classes}.{hint}"
        )


def check_groups(groups, n_rows):
    """The number of each row's group, from 0 on; None where there are no groups."""
    if groups is None:
        return None
    with naming("groups"):
        groups = check_array(groups, ensure_2d=False, dtype=None, input_name="groups")
        if groups.shape != (n_rows,):
            raise ValueError(
                f"groups has the shape {groups.shape}, but X has {n_rows} rows; give one group a "
                "row."
            )
        try:
            return np.unique(groups, return_inverse=True)[1]
        except TypeError as error:  # text beside numbers
            raise TypeError(
                f"groups cannot be sorted, {error}; give them one type, such as by "
                "[str(group) for group in groups]."
            ) from error


def check_weight(weight, n_rows, name, may_be_zero=False):
    """Row weights as float64, one a row; None means 1 for all, a number that weight for all."""
    if weight is None:
        return np.ones(n_rows)
    if np.ma.is_masked(weight):
        raise ValueError(
            f"{name} has {np.ma.count_masked(weight)} masked weights; give every row one, such as "
            f"by {name}.filled(0), which leaves rows out."
        )
    with naming(name):
        if isinstance(weight, Real):
            weight = np.full(n_rows, float(weight))
        weight = check_array(
            weight, ensure_2d=False, ensure_min_samples=0, dtype=np.float64, input_name=name
        )
    if weight.shape != (n_rows,):
        raise ValueError(
            f"{name} has the shape {weight.shape}, but X has {n_rows} rows; give one weight a row."
        )
    if (weight < 0).any():
        raise ValueError(
            f"{name} has the negative weight {weight.min()}; give weights >= 0, 0 leaves a row out."
        )
    if not may_be_zero and not weight.any():
        raise ValueError(f"{name}: every weight is zero; give some rows a weight above 0.")
    total = weight.sum()
    if total and not SMALLEST_TOTAL <= total <= 1 / SMALLEST_TOTAL:
        total = f"{total:g}".replace("inf", "infinity")
        raise ValueError(f"{name} sums to {total}; divide it by its mean.")
    return weight

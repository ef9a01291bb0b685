"""What data the estimator takes: checks that scikit-learn's own leave open.

Each raises ValueError with what came, what was wanted and what to do, and leaves its input alone.
"""

import re
from contextlib import contextmanager
from numbers import Real
from reprlib import repr as shortened

import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target

SMALLEST_TOTAL = 1e-300  # of weights, whose inverse is the largest: both are in reach of arithmetic


def canonical(X):
    """Sparse rows with each value in one entry, dense ones as they are; the input unchanged."""
    if sparse.issparse(X) and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


@contextmanager
def columns_named(X):
    """Where X cannot be read as numbers, the error says in which columns and what to do."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # of the sum that looks for NaN
            yield
    except (TypeError, ValueError, OverflowError) as error:
        reasons = columns_without_numbers(X)
        if not reasons:
            raise
        columns, reason = shortened(list(reasons)), next(iter(reasons.values()))
        kind = TypeError if isinstance(reason, TypeError) else ValueError
        raise kind(
            f"X holds no numbers in the columns {columns}: {reason}. Encode categories, such as by "
            "make_pipeline(make_column_transformer((OneHotEncoder(handle_unknown='ignore'), "
            f"{columns}), remainder='passthrough'), NumpyMLPBinaryClassifier()); make dates "
            "numbers, such as days since the first."
        ) from error


@contextmanager
def naming(name):
    """An error that does not say which argument it is about says so."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except (TypeError, ValueError, OverflowError) as error:
        if re.search(rf"\b{name}\b", str(error)):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}: {error}") from error


def columns_without_numbers(X):
    """Names, or positions, of columns that cannot be read as numbers, each with the reason."""
    is_frame = hasattr(X, "columns")
    if not is_frame:
        if getattr(getattr(X, "dtype", None), "kind", "O") not in "OSU":
            return {}
        X = np.asarray(X, dtype=object)
    elif len(set(X.columns)) < len(X.columns):  # scikit-learn says so
        return {}
    reasons = {}
    for name in X.columns if is_frame else range(X.shape[1] if X.ndim == 2 else 0):
        try:
            column = check_array(
                X[name] if is_frame else X[:, name],
                dtype=None,
                order="C",  # of a strided column NumPy tells the first bad value or the last
                ensure_all_finite=False,
                ensure_2d=False,
                ensure_min_samples=0,
            )
            if column.dtype.kind in "mM":
                raise TypeError(f"{column.dtype} is not a number")
            column.astype(float)
        except (TypeError, ValueError, OverflowError) as reason:
            reasons[name] = reason
    return reasons


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


def two_classes(y, name="y"):
    """The two labels of y, sorted."""
    with naming(name):
        kind = type_of_target(y, input_name=name, raise_unknown=True)
    classes = np.unique(y)
    if kind != "binary":
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {kind}: {name} "
            f"has {len(classes)} classes. Use OneVsRestClassifier around this estimator."
        )
    if len(classes) < 2:
        only = f"one class only, {classes.tolist()[0]!r}" if len(classes) else "no class"
        raise ValueError(f"{name} has {only}; give rows of two classes to tell apart.")
    return classes


def check_both_count(is_positive, weight, classes):
    """Raise ValueError if only rows of one class have a weight above 0."""
    for positive, label in enumerate(classes.tolist()):
        if not weight[is_positive == positive].any():
            raise ValueError(
                f"class {label!r} has only rows of weight zero; give some of its rows a "
                "sample_weight and a class_weight above 0."
            )


def check_known(y, classes, name):
    """Raise ValueError for labels that are not among the classes."""
    unknown = np.setdiff1d(y, classes).tolist()
    if unknown:
        raise ValueError(f"{name} has the unknown label {unknown[0]!r}; the classes are {classes}.")


def check_weight(weight, n_rows, name, may_be_zero=False):
    """Row weights as float64, one a row; None is 1 for all, a number is that for all."""
    if weight is None:
        return np.ones(n_rows)
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
    with np.errstate(over="ignore"):
        total = weight.sum()
    if total and not SMALLEST_TOTAL <= total <= 1 / SMALLEST_TOTAL:
        total = f"{total:g}".replace("inf", "infinity")
        raise ValueError(f"{name} sums to {total}; divide it by its mean.")
    return weight

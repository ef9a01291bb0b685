"""X must be a table of numbers, none missing. Else the error names the columns and a remedy.

Frames of pandas, polars and pyarrow are read without importing these. Columns without a name are
named by position. Messages list all columns concerned, so that a remedy can be copied, and print no
values.
"""

import datetime
import re
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from numbers import Number

import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from .validation import canonical, naming, shortened

NO_TABLES = (type(None), Number, str, bytes, bytearray, Mapping, Set, Iterator)
DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
DATE_TYPES = re.compile("date|time|period|duration", re.IGNORECASE)  # in a dtype as printed
BLOCK_VALUES = 1 << 22


def read_table(estimator, X, *, name="X", reset=False, order=None, dtype=(np.float64, np.float32)):
    """X as an array of floats or a canonical CSR array, with its columns checked.

    Parameters
    ----------
    estimator : NumpyMLPBinaryClassifier
    X : array-like or sparse matrix of shape (n_samples, n_features)
    name : str, default="X"
        Name of X in errors.
    reset : bool, default=False
        Whether to set the estimator's ``n_features_in_`` and names from X, not compare with them.
    order : {"C"} or None, default=None
    dtype : dtype or tuple of dtype
        Allowed dtypes; an X of another is converted to the first.
    """
    with naming(name), columns_named(X):
        X = validate_data(estimator, X, reset=reset, accept_sparse="csr", dtype=dtype, order=order)
        return canonical(X)


@contextmanager
def columns_named(X):
    """If X cannot be read as a table of numbers, make the error say in which columns and why."""
    with naming("X"):
        check_is_table(X)
        check_holds_no_dates(X)
        try:
            yield
        except (TypeError, ValueError, OverflowError) as error:
            if told := what_is_wrong(X, error):
                raise told from error
            raise


def check_is_table(X):
    """Raise TypeError or ValueError for X that scikit-learn misreads or refuses without advice."""
    fields = getattr(getattr(X, "dtype", None), "names", None)
    if isinstance(X, NO_TABLES) or fields:
        kind = "a structured array" if fields else f"of type {type(X).__name__}"
        has_names = fields or isinstance(X, Mapping)
        raise TypeError(
            f"X is {kind}, not a table of rows and columns; give an array, a frame, a sparse "
            f"matrix or a list of rows{', such as pandas.DataFrame(X)' if has_names else ''}."
        )
    if np.ma.is_masked(X) and X.ndim == 2:
        where = in_rows(np.ma.getmaskarray(X).sum(axis=0), range(X.shape[1]), len(X))
        raise ValueError(
            f"X is masked in {where}; {HOW_TO_FILL}, with X.filled(numpy.nan) in the place of X."
        )


def check_holds_no_dates(X):
    """Raise TypeError for dates and times: NumPy would turn them, even NaT, into numbers."""
    columns = date_columns(X)
    if columns:
        raise TypeError(
            f"X holds no numbers in the columns {columns}: they are dates or times. Make them days "
            "since the first in the training rows, the same for new rows, such as by "
            f"{days_since_first(X, columns)}."
        )


def what_is_wrong(X, error):
    """An error that says more about X than the given one; None if there is none."""
    if reasons := columns_without_numbers(X):
        columns, reason = list(reasons), next(iter(reasons.values()))
        kind = TypeError if isinstance(reason, TypeError) else ValueError
        reason = shortened(str(reason)).rstrip(".")
        return kind(
            f"X holds no numbers in the columns {columns}: {reason}. Encode "
            "categories, such as by make_pipeline(make_column_transformer((OneHotEncoder("
            f"handle_unknown='ignore'), {columns}), remainder='passthrough'), "
            "NumpyMLPBinaryClassifier()); make dates numbers, such as days since the first."
        )
    if re.search("contains (NaN|infinity)", str(error)):
        return ValueError(what_is_not_finite(X, "float32" if "float32" in str(error) else "float"))
    if isinstance(X, list | tuple):
        lengths = {len(row) for row in X if hasattr(row, "__len__")}
        if len(lengths) > 1:
            return ValueError(
                f"the rows of X have from {min(lengths)} to {max(lengths)} values; give each row a "
                "value for every column."
            )
    return None


# Columns ------------------------------------------------------------------------------------------


def names_of(X):
    """The names of a frame's columns; None if X is no frame."""
    names = getattr(X, "column_names", None)  # pyarrow, whose columns are the data
    return list(getattr(X, "columns", ())) or None if names is None else list(names)


def columns_of(X):
    """The name or position and the values of every column; empty if X has no columns."""
    names = names_of(X)
    if names is None:
        X = X if isinstance(X, np.ndarray) else np.asarray(X, dtype=object)
        names = range(X.shape[1] if X.ndim == 2 else 0)
        return [(position, X[:, position]) for position in names]
    by_position = hasattr(X, "iloc")
    return [(name, X.iloc[:, i] if by_position else X[name]) for i, name in enumerate(names)]


def date_columns(X):
    """Names or positions of the columns that hold dates, times or lengths of time."""
    is_array = isinstance(X, np.ndarray)
    if sparse.issparse(X) or (is_array and X.dtype.kind not in "mMO"):
        return []
    names = names_of(X)
    if names is None:
        if not any(issubclass(kind, DATES) for kind in types_of_values(X)):
            return []
        return [name for name, column in columns_of(X) if has_dates(column)]
    types = X.schema.types if hasattr(X, "column_names") else list(X.dtypes)
    dates = {kind for kind in set(types) if DATE_TYPES.match(str(kind))}
    objects = {kind for kind in set(types) if str(kind) == "object"}
    if not dates and not objects:
        return []
    return [
        name
        for (name, column), kind in zip(columns_of(X), types, strict=True)
        if kind in dates or (kind in objects and has_dates(column))
    ]


def types_of_values(X):
    """The types of the values of an array, or of a list of rows."""
    dtype = getattr(X, "dtype", None)
    if isinstance(dtype, np.dtype):
        return set(map(type, np.asarray(X).flat)) if dtype.kind == "O" else {dtype.type}
    found = set()
    for row in X if isinstance(X, list | tuple) else ():
        if isinstance(row, list | tuple | np.ndarray):
            is_typed = isinstance(row, np.ndarray) and row.dtype != object
            found.update([row.dtype.type] if is_typed else map(type, row))
    return found


def has_dates(column):
    """Whether a column holds dates or times, by its dtype or as objects."""
    is_typed = isinstance(column, np.ndarray) and column.dtype != object
    kinds = [column.dtype.type] if is_typed else set(map(type, column))
    return any(issubclass(kind, DATES) for kind in kinds)


def days_since_first(X, columns):
    """A line of code that turns the dates in these columns into numbers."""
    day = "numpy.timedelta64(1, 'D')"
    if hasattr(X, "iloc"):
        days = f"lambda date: (date.infer_objects() - date.min()) / {day}"
        return f"X[{columns}] = X[{columns}].apply({days})"
    if hasattr(X, "with_columns"):
        dates = f"polars.col({columns})"
        return f"X = X.with_columns(({dates} - {dates}.min()).dt.total_seconds() / 86400)"
    if isinstance(X, np.ndarray) and X.dtype != object:
        return f"X = (X - X.min(axis=0)) / {day}"
    frame = "X.to_pandas()" if hasattr(X, "to_pandas") else "pandas.DataFrame(X)"
    return f"X = {frame}, then X[column] = (X[column] - X[column].min()) / {day}"


def columns_without_numbers(X):
    """Names, or positions, of columns that cannot be read as numbers, each with the reason."""
    names = names_of(X)
    if names is None and getattr(getattr(X, "dtype", None), "kind", "O") not in "OSUT":
        return {}
    if names is not None and len(set(names)) < len(names):  # scikit-learn raises its own error
        return {}
    reasons = {}
    for name, column in columns_of(X):
        try:
            check_array(
                column,
                dtype=None,
                order="C",  # for a strided column NumPy may name the first bad value or the last
                ensure_all_finite=False,
                ensure_2d=False,
                ensure_min_samples=0,
            ).astype(float)
        except (TypeError, ValueError, OverflowError) as reason:
            reasons[name] = reason
    return reasons


# Gaps ---------------------------------------------------------------------------------------------

HOW_TO_FILL = (
    "fill the gaps, such as by make_pipeline(SimpleImputer(add_indicator=True), "
    "NumpyMLPBinaryClassifier())"
)


def what_is_not_finite(X, dtype):
    """The message: which columns hold NaN, infinity or values too large, and what to do."""
    names, largest = names_of(X), np.finfo(dtype).max
    numbers = check_array(
        X, accept_sparse="csr", dtype=(np.float64, np.float32), ensure_all_finite=False
    )
    n_rows, n_columns = numbers.shape
    names = range(n_columns) if names is None else names
    n_missing = count_by_column(numbers, np.isnan)
    n_infinite = count_by_column(numbers, lambda values: np.abs(values) > largest)
    told = []
    if n_missing.any():
        told.append(f"Input X contains NaN in {in_rows(n_missing, names, n_rows)}; {HOW_TO_FILL}")
        empty = np.flatnonzero(n_missing == n_rows)
        if len(empty):
            call = f"numpy.delete(X, {empty.tolist()}, axis=1)"
            if names_of(X):
                keyword = "columns=" * hasattr(X, "iloc")
                call = f"X.drop({keyword}{[names[i] for i in empty]})"
            told[-1] += f"; leave out the columns that hold nothing, by X = {call}"
    if n_infinite.any():
        what = "infinity" if dtype == "float" else "infinity or a value too large for float32"
        told.append(
            f"Input X contains {what} in {in_rows(n_infinite, names, n_rows)}; if that means very "
            f"much, give a number, such as by numpy.clip(X, -1e9, 1e9), else make it a gap and "
            f"{HOW_TO_FILL}"
        )
    return ". ".join(told) + "."


def count_by_column(X, is_counted):
    """The number of values in each column for which ``is_counted``, read some rows at a time."""
    n_rows, n_columns = X.shape
    if sparse.issparse(X):
        return np.bincount(X.indices[is_counted(X.data)], minlength=n_columns)
    total, step = np.zeros(n_columns, int), max(1, BLOCK_VALUES // n_columns)
    for start in range(0, n_rows, step):
        total += is_counted(X[start : start + step]).sum(axis=0)
    return total


def in_rows(counts, names, n_rows):
    """The columns with a count above 0, each with its number of rows, as text."""
    found = np.flatnonzero(counts)
    listed = ", ".join(f"{names[i]!r} ({counts[i]} of {n_rows} rows)" for i in found)
    return f"the column {listed}" if len(found) == 1 else f"{len(found)} columns: {listed}"

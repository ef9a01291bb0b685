"""X as it comes, frame, array, list or sparse matrix, becomes a table of numbers.

Frames of pandas, polars and pyarrow are read through narwhals. A table that holds nothing but
numbers is read in place, NaN being a missing value; of any other, `columns` makes numbers, column
by column. Errors list all columns concerned, so that a remedy can be copied, and print no values
of numbers.
"""

from collections.abc import Iterator, Mapping, Set
from numbers import Number

import narwhals as nw
import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from .columns import columns_of_numbers, learn_columns
from .parameters import is_int
from .validation import canonical, check_weight, naming

NO_TABLES = (type(None), Number, str, bytes, bytearray, Mapping, Set, Iterator)
FLOATS = (np.float64, np.float32)
BLOCK_VALUES = 1 << 22


def learn_table(estimator, X, sample_weight=None, *, is_stream=False):
    """X as a table of numbers, and how its columns become numbers.

    Sets the estimator's ``n_features_in_`` and, where X has names, ``feature_names_in_``.

    Parameters
    ----------
    estimator : NumpyMLPBinaryClassifier
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,) or None
        Rows of weight 0 teach nothing.
    is_stream : bool, default=False
        Whether other rows will follow.

    Returns
    -------
    X : ndarray or CSR array
        C-contiguous or canonical. Its target means are 0.
    columns : Columns or None
        None for a table of numbers only.
    """
    with naming("X"):
        chosen = estimator.categorical_features
        is_told = not isinstance(chosen, str) and chosen is not None
        given = as_columns(X) if is_told else given_columns(X)
        if given is None:
            return numbers_of(estimator, X, reset=True), None
        check_shape(estimator, X, given, reset=True)
        weight = check_weight(sample_weight, given.n_rows, "sample_weight", may_be_zero=True)
        if not weight.any():
            weight = np.ones(given.n_rows)
        if is_told:
            chosen = positions_of(chosen, given)
        else:
            chosen = set() if chosen is None else None
        columns = learn_columns(given, weight, chosen, has_means=not is_stream)
        table = columns.read(given, has_means=False)
        check_is_finite(table, columns)
        return table, columns if columns.is_raw else None


def read_table(estimator, columns, X, *, name="X", order=None, dtype=FLOATS, has_means=True):
    """X as a table of numbers, of the columns that the estimator knows.

    Parameters
    ----------
    estimator : NumpyMLPBinaryClassifier
    columns : Columns or None
        As `learn_table` gave them.
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
    name : str, default="X"
        Name of X in errors.
    order : {"C"} or None, default=None
    dtype : dtype or tuple of dtype
        Allowed dtypes of a table of numbers only; an X of another is converted to the first.
    has_means : bool, default=True
        Whether to write target means; else they are 0.
    """
    with naming(name):
        given = given_columns(X) if columns is None else as_columns(X)
        if given is None:
            return numbers_of(estimator, X, order=order, dtype=dtype)
        check_shape(estimator, X, given)
        columns = columns or columns_of_numbers(given.names, dtype)
        table = columns.read(given, has_means)
        check_is_finite(table, columns)
        return table


def numbers_of(estimator, X, *, reset=False, order="C", dtype=FLOATS):
    """A table that holds numbers only, as floats or a canonical CSR array."""
    try:
        X = validate_data(
            estimator,
            X,
            reset=reset,
            accept_sparse="csr",
            dtype=dtype,
            order=order,
            ensure_all_finite="allow-nan",
        )
    except (TypeError, ValueError, OverflowError) as error:
        if told := what_is_wrong(X, error):
            raise told from error
        raise
    return canonical(X)


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
            f"X is masked in {where}; give X.filled(numpy.nan), in which they are missing."
        )


def check_shape(estimator, X, given, reset=False):
    """Raise ValueError for names or a number of columns that the estimator does not know."""
    check_array(np.broadcast_to(0.0, (given.n_rows, len(given.names))))
    validate_data(estimator, X, reset=reset, skip_check_array=True)


def what_is_wrong(X, error):
    """An error that says more about X than the given one; None if there is none."""
    if "contains infinity" in str(error):
        numbers = check_array(X, accept_sparse="csr", dtype=FLOATS, ensure_all_finite=False)
        names = names_of(X) or range(numbers.shape[1])
        return infinite(numbers, names, "float32" if "float32" in str(error) else "float64")
    if isinstance(X, list | tuple):
        lengths = {len(row) for row in X if hasattr(row, "__len__")}
        if len(lengths) > 1:
            return ValueError(
                f"the rows of X have from {min(lengths)} to {max(lengths)} values; give each row a "
                "value for every column."
            )
    return None


# Columns of a raw table ---------------------------------------------------------------------------


class GivenColumns:
    """The columns of a raw table, one at a time.

    Parameters
    ----------
    table : narwhals.DataFrame or ndarray of object of shape (n_rows, n_columns)

    Attributes
    ----------
    names : list
        Names of a frame's columns; else their positions.
    is_categorical : list of bool
        Whether a column's type says that it is categorical.
    container : {"pandas", "polars", "array"}
    """

    def __init__(self, table):
        self.table, (self.n_rows, n_columns) = table, table.shape
        self.container, self.names = "array", list(range(n_columns))
        self.is_categorical = [False] * n_columns
        if isinstance(table, nw.DataFrame):
            self.container = "polars" if table.implementation.is_polars() else "pandas"
            self.names = list(table.columns)
            self.is_categorical = [
                isinstance(kind, nw.Categorical | nw.Enum) for kind in table.schema.values()
            ]

    def values(self, position):
        """The values of a column, one a row."""
        if isinstance(self.table, np.ndarray):
            return self.table[:, position]
        column = self.table[:, position]
        if column.dtype in (nw.Int128, nw.UInt128):
            column = column.cast(nw.Float64)
        if self.is_categorical[position] and column.null_count() == self.n_rows:
            return np.full(self.n_rows, None)  # pyarrow has no array of no level
        if isinstance(column.dtype, nw.Datetime) and column.dtype.time_zone:
            column = column.dt.replace_time_zone(None)  # the time on the clock there
        if column.dtype.is_nested():
            raise TypeError(
                f"X: the column {self.names[position]!r} holds {column.dtype}; make numbers or "
                "text of it, or leave it out."
            )
        return column.to_numpy()


def given_columns(X):
    """The columns of a raw table; None for a table of numbers, which is read as a whole."""
    dtype = getattr(X, "dtype", None)
    if sparse.issparse(X) or (isinstance(dtype, np.dtype) and dtype.kind in "fiubc"):
        return None
    if nw.dependencies.is_into_dataframe(X):
        frame = frame_of(X)
        if all(map(is_numeric, frame.schema.values())) or is_sparse_frame(X):
            return None
        return GivenColumns(frame)
    try:
        array = np.asarray(X)
    except (TypeError, ValueError):  # such as of rows of several lengths
        return None
    return None if array.dtype.kind in "fiubc" else as_columns(X)


def as_columns(X):
    """The columns of any table, to be read one by one."""
    if sparse.issparse(X):
        raise ValueError(
            "X is sparse, and categorical_features names columns of it; give a dense array or a "
            "frame."
        )
    if nw.dependencies.is_into_dataframe(X):
        return GivenColumns(frame_of(X))
    array = X if isinstance(X, np.ndarray) else np.asarray(X, object)
    return GivenColumns(check_array(array, dtype=None, ensure_all_finite=False))


def frame_of(X):
    """A frame as narwhals reads it."""
    names = names_of(X)
    if twice := sorted({str(name) for name in names if names.count(name) > 1}):
        raise ValueError(
            f"X has several columns of the same name, {twice}; name each differently, such as by "
            "X.columns = range(X.shape[1])."
        )
    return nw.from_native(X, eager_only=True)


def is_numeric(kind):
    """Whether a narwhals type is one of numbers that NumPy has."""
    return kind.is_numeric() and not isinstance(kind, nw.Decimal | nw.Int128 | nw.UInt128)


def is_sparse_frame(X):
    """Whether it is a frame of pandas that scikit-learn reads as a sparse matrix."""
    return hasattr(X, "sparse") and all(str(kind).startswith("Sparse") for kind in X.dtypes)


def names_of(X):
    """The names of a frame's columns; None if X is no frame."""
    names = getattr(X, "column_names", None)  # pyarrow, whose columns are the data
    return list(getattr(X, "columns", ())) or None if names is None else list(names)


def positions_of(chosen, given):
    """The positions that ``categorical_features`` names, as a set."""
    advice = (
        "give 'from_dtype', None, or a list of columns by name or position, or a mask, such as "
        f"categorical_features={list(given.names[:2])}."
    )
    listed = list(chosen)
    if listed and all(isinstance(each, bool | np.bool_) for each in listed):
        if len(listed) != len(given.names):
            raise ValueError(
                f"categorical_features is a mask of {len(listed)} values, but X has "
                f"{len(given.names)} columns; {advice}"
            )
        return set(np.flatnonzero(listed).tolist())
    unknown = [each for each in listed if not is_known(each, given)]
    if unknown:
        raise ValueError(
            f"categorical_features names {unknown}, which X does not have among its "
            f"{len(given.names)} columns; {advice}"
        )
    return {int(each) if is_int(each) else given.names.index(each) for each in listed}


def is_known(column, given):
    """Whether a column is given by a position or a name that there is."""
    if is_int(column):
        return 0 <= column < len(given.names)
    return given.container != "array" and column in given.names


# Numbers that are none ----------------------------------------------------------------------------


def check_is_finite(table, columns):
    """Raise ValueError for infinite values in a table that `columns` has read."""
    if not np.isfinite(np.nansum(table)) and np.isinf(table).any():
        raise infinite(table, columns.names(), "float64")


def infinite(numbers, names, dtype):
    """The error: which columns hold infinity or values too large, and what to do."""
    largest = np.finfo(dtype).max
    counts = count_by_column(numbers, lambda values: np.abs(values) > largest)
    what = "infinity" if dtype == "float64" else "infinity or a value too large for float32"
    return ValueError(
        f"Input X contains {what} in {in_rows(counts, names, numbers.shape[0])}; if that means "
        "very much, give a number, such as by numpy.clip(X, -1e9, 1e9), else make it missing, "
        "such as by numpy.where(numpy.isinf(X), numpy.nan, X)."
    )


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

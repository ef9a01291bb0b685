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
from .remedies import CLIPPED
from .validation import canonical, check_weight, naming

NO_TABLES = (type(None), Number, str, bytes, bytearray, Mapping, Set, Iterator)
FLOATS = (np.float64, np.float32)
BLOCK_VALUES = 1 << 20
CLIPPED_WHOLE = {  # how infinite values become large ones where all columns are numeric
    "numbers": "X = numpy.clip(X, -1e9, 1e9)",
    "sparse": "X = X.tocsr(); X.data = X.data.clip(-1e9, 1e9)",
}


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
    chosen = estimator.categorical_features
    with naming("X"):
        given = given_columns(X, is_raw=chosen is not None and not isinstance(chosen, str))
        if given is None:
            return numbers_of(estimator, X, reset=True), None
        check_columns(estimator, X, given, reset=True)
    weight = check_weight(sample_weight, given.n_rows, "sample_weight", may_be_zero=True)
    if not weight.any():
        weight = np.ones(given.n_rows)
    categorical = positions_of(chosen, given)
    with naming("X"):
        columns = learn_columns(given, weight, categorical, has_means=not is_stream)
        table = columns.read(given, writes_means=False)
        check_is_finite(table, columns, given)
    return table, columns if columns.is_raw else None


def read_table(estimator, columns, X, *, name="X", order=None, dtype=FLOATS, writes_means=True):
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
    writes_means : bool, default=True
        Whether to write target means; else they are 0.
    """
    with naming(name):
        given = given_columns(X, is_raw=columns is not None)
        if given is None:
            return numbers_of(estimator, X, order=order, dtype=dtype)
        check_columns(estimator, X, given)
        columns = columns or columns_of_numbers(given.names, dtype)
        table = columns.read(given, writes_means)
        check_is_finite(table, columns, given)
        return table


def numbers_of(estimator, X, *, reset=False, order="C", dtype=FLOATS):
    """A table that holds numbers only, as floats or a canonical CSR array."""
    allowed = {"accept_sparse": "csr", "ensure_all_finite": "allow-nan"}
    return canonical(checked(estimator, X, reset=reset, dtype=dtype, order=order, **allowed))


def check_columns(estimator, X, given, reset=False):
    """Raise ValueError for names or a number of columns that the estimator does not know."""
    check_array(np.zeros((min(given.n_rows, 1), len(given.names))))
    checked(estimator, X, reset=reset, skip_check_array=True)


def checked(estimator, X, **how):
    """What scikit-learn's `validate_data` makes of X; its errors say what to do."""
    try:
        return validate_data(estimator, X, **how)
    except (TypeError, ValueError, OverflowError) as error:
        if told := what_is_wrong(estimator, X, error):
            raise told from error
        raise


def what_is_wrong(estimator, X, error):
    """An error that says more about X than the given one; None if there is none."""
    text = str(error)
    if "contains infinity" in text:
        numbers = check_array(X, accept_sparse="csr", dtype=FLOATS, ensure_all_finite=False)
        names = names_of(X) or range(numbers.shape[1])
        container = "sparse" if sparse.issparse(X) else container_of(X).replace("array", "numbers")
        return infinite(numbers, names, "float32" if "float32" in text else "float64", container)
    if text.startswith("The feature names should match"):
        known, names = estimator.feature_names_in_.tolist(), names_of(X)
        if set(known) <= set(names):
            call = f"X.select({known})" if container_of(X) == "pyarrow" else f"X[{known}]"
            return ValueError(f"{text}Give the columns of fit, by X = {call}.")
    if "Complex data not supported" in text:
        return ValueError(
            "Complex data not supported; give real numbers, such as by "
            "X = numpy.hstack([X.real, X.imag])."
        )
    return None


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
    if hasattr(X, "collect_schema") and not hasattr(X, "shape"):
        raise TypeError("X is a lazy frame, of which the rows are not known yet; give X.collect().")
    if np.ma.is_masked(X) and X.ndim == 2:
        where = in_rows(np.ma.getmaskarray(X).sum(axis=0), range(X.shape[1]), len(X))
        raise ValueError(
            f"X is masked in {where}; make what is masked missing, by "
            "X = numpy.where(numpy.ma.getmaskarray(X), None, X)."
        )
    if isinstance(X, list | tuple):
        lengths = {len(row) for row in X if hasattr(row, "__len__")}
        if len(lengths) > 1:
            raise ValueError(
                f"the rows of X have from {min(lengths)} to {max(lengths)} values; give each row a "
                "value for every column."
            )


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
    container : {"pandas", "polars", "pyarrow", "array"}
    """

    def __init__(self, table):
        self.table, (self.n_rows, n_columns) = table, table.shape
        self.container, self.names = "array", list(range(n_columns))
        self.is_categorical = [False] * n_columns
        if isinstance(table, nw.DataFrame):
            self.container = container_of(table.to_native())
            self.names = list(table.columns)
            self.is_categorical = [
                isinstance(kind, nw.Categorical | nw.Enum) for kind in table.schema.values()
            ]

    def values(self, position):
        """The values of a column, one a row."""
        if isinstance(self.table, np.ndarray):
            return self.table[:, position]
        column = self.table[:, position]
        if self.is_categorical[position] and column.null_count() == self.n_rows:
            return np.full(self.n_rows, None)  # pyarrow has no array of no level
        is_category = self.is_categorical[position] and self.container == "polars"
        if column.dtype == nw.String or is_category:
            # An array of polars may be one of NumPy's text: each as wide as the longest.
            return np.array([*column.to_list(), None], object)[:-1]
        if isinstance(column.dtype, nw.Datetime) and column.dtype.time_zone:
            column = column.dt.replace_time_zone(None)  # the time on the clock there
        if column.dtype in (nw.Int128, nw.UInt128):
            column = column.cast(nw.Float64)  # NumPy has none of so many bits
        has_no_type = column.dtype == nw.Unknown and column.null_count() == self.n_rows
        if has_no_type or column.dtype.is_nested():
            values = np.empty(self.n_rows, object)
            for row, value in enumerate(column.to_list()):
                values[row] = value
            return values
        return column.to_numpy()


def given_columns(X, is_raw=False):
    """The columns of a raw table; None for a table of numbers, which is read as a whole.

    Parameters
    ----------
    X : array-like, frame or sparse matrix
    is_raw : bool, default=False
        Whether a table of numbers is to be read column by column as well.
    """
    check_is_table(X)
    if sparse.issparse(X):
        if is_raw:
            raise ValueError(
                "X is sparse, and some of its columns are no numbers but categories or dates; "
                "give a dense table, such as by X = X.toarray()."
            )
        return None
    if nw.dependencies.is_into_dataframe(X):
        frame = frame_of(X)
        kinds = frame.schema.values()
        are_numbers = (kinds and all(map(is_numeric, kinds))) or is_sparse_frame(X)
        return None if are_numbers and not is_raw else GivenColumns(frame)
    array = X if isinstance(X, np.ndarray) else np.asarray(X)
    if array.dtype.kind in "fiubc" and not is_raw:
        return None
    if array.dtype.kind == "U" and not isinstance(X, np.ndarray):
        array = np.asarray(X, object)  # numbers beside text stay numbers
    return GivenColumns(check_array(array, dtype=None, ensure_all_finite=False))


def frame_of(X):
    """A frame as narwhals reads it."""
    names = names_of(X) or []
    if twice := sorted({str(name) for name in names if names.count(name) > 1}):
        raise ValueError(
            f"X has several columns of the same name, {twice}; name each differently, such as by "
            "X.columns = range(X.shape[1])."
        )
    return nw.from_native(X, eager_only=True)


def container_of(X):
    """What X is, where it is no sparse matrix: "pandas", "polars", "pyarrow" or "array"."""
    if nw.dependencies.is_polars_dataframe(X):
        return "polars"
    if nw.dependencies.is_pyarrow_table(X):
        return "pyarrow"
    return "pandas" if nw.dependencies.is_into_dataframe(X) else "array"


def is_numeric(kind):
    """Whether a narwhals type is one of numbers that NumPy has."""
    return kind.is_numeric() and not isinstance(kind, nw.Decimal | nw.Int128 | nw.UInt128)


def is_sparse_frame(X):
    """Whether it is a frame of pandas that scikit-learn reads as a sparse matrix."""
    kinds = list(X.dtypes) if hasattr(X, "sparse") else []
    return bool(kinds) and all(getattr(kind, "fill_value", None) == 0 for kind in kinds)


def names_of(X):
    """The names of a frame's columns; None if X is no frame."""
    names = getattr(X, "column_names", None)  # pyarrow, whose columns are the data
    return list(getattr(X, "columns", ())) or None if names is None else list(names)


def positions_of(chosen, given):
    """The positions that ``categorical_features`` names, as a set; None if types are to tell."""
    if isinstance(chosen, str):
        return None
    listed = [] if chosen is None else list(chosen)
    advice = (
        "give 'from_dtype', None, or a list of columns by name or position, or a mask, such as "
        f"categorical_features={given.names[:2]}."
    )
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


def check_is_finite(table, columns, given):
    """Raise ValueError for infinite values in a table that `columns` has read from `given`."""
    if count_by_column(table, np.isinf).any():
        names = [given.names[at] for at, _ in columns.numbers]
        raise infinite(table[:, : len(names)], names, columns.dtype, given.container)


def infinite(numbers, names, dtype, container):
    """The error: which columns of X hold infinity or values too large, and what to do."""
    largest = np.finfo(dtype).max
    counts = count_by_column(numbers, lambda values: np.abs(values) > largest)
    what = "infinity" if dtype == "float64" else "infinity or a value too large for float32"
    if container in CLIPPED_WHOLE:
        line = CLIPPED_WHOLE[container]
    else:
        line = CLIPPED.line([names[at] for at in np.flatnonzero(counts)], container)
    return ValueError(
        f"Input X contains {what} in {in_rows(counts, names, numbers.shape[0])}; if that means "
        f"very much, make it a number, such as by {line}, else make it missing."
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

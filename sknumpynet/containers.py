"""What X comes in: frames of pandas, polars and pyarrow, arrays, lists, sparse matrices.

It says whether X holds numbers only, and hands over the columns of any other table, one at a time.
Frames are read through narwhals.
"""

from collections.abc import Iterator, Mapping, Set
from numbers import Number

import narwhals as nw
import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from .remedies import in_rows

NO_TABLES = (type(None), Number, str, bytes, bytearray, Mapping, Set, Iterator)


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
    container : {"pandas", "polars", "polars with objects", "pyarrow", "array"}
    """

    def __init__(self, table):
        self.table, (self.n_rows, n_columns) = table, table.shape
        self.container, self.names = "array", list(range(n_columns))
        self.is_categorical = [False] * n_columns
        if isinstance(table, nw.DataFrame):
            self.container = container_of(table.to_native())
            if self.container == "polars" and nw.Object() in table.schema.values():
                self.container = "polars with objects"  # which it casts to nothing
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
        if self.is_categorical[position] and self.container == "pandas":
            native = column.to_native()
            if hasattr(native, "cat"):  # each level as one object, not one a row
                levels = np.array([*native.cat.categories, None, (None,)], object)[:-1]
                return levels[native.cat.codes.to_numpy()]
        if column.dtype == nw.String or self.is_categorical[position]:
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


def check_is_table(X):
    """Raise TypeError or ValueError for X that scikit-learn misreads or refuses without advice."""
    fields = getattr(getattr(X, "dtype", None), "names", None)
    are_dicts = isinstance(X, list | tuple) and len(X) > 0 and isinstance(X[0], Mapping)
    if isinstance(X, NO_TABLES) or fields or are_dicts:
        kind = "a structured array" if fields else f"of type {type(X).__name__}"
        kind = "a list of dicts" if are_dicts else kind
        has_names = fields or are_dicts or isinstance(X, Mapping)
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

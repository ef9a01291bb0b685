"""X as it comes, frame, array, list or sparse matrix, becomes a table of numbers.

A table that holds nothing but numbers is read in place, NaN being a missing value; of any other,
`containers` hands the columns over one by one, and `columns` makes numbers of them. Errors list all
columns concerned, so that a remedy can be copied, and print no values of numbers.
"""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from .columns import columns_of_numbers, learn_columns
from .containers import container_of, given_columns, names_of
from .parameters import is_int
from .remedies import CLIPPED, in_rows
from .validation import canonical, check_weight, naming

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
    if columns is None and dtype is FLOATS and is_read_as_it_is(estimator, X):
        return X
    with naming(name):
        given = given_columns(X, is_raw=columns is not None)
        if given is None:
            return numbers_of(estimator, X, order=order, dtype=dtype)
        check_columns(estimator, X, given)
        columns = columns or columns_of_numbers(given.names, dtype)
        table = columns.read(given, writes_means)
        check_is_finite(table, columns, given)
        return table


def is_read_as_it_is(estimator, X):
    """Whether X is an array that all checks would let pass, and return.

    They take 100 µs, two thirds of the time that one network needs for a row.
    """
    return (
        type(X) is np.ndarray
        and X.dtype in FLOATS
        and X.flags.c_contiguous
        and X.ndim == 2
        and len(X) > 0
        and X.shape[1] == estimator.n_features_in_
        and not hasattr(estimator, "feature_names_in_")
        and bool(np.fmin.reduce(X, axis=None) > -np.inf)  # these skip missing values
        and bool(np.fmax.reduce(X, axis=None) < np.inf)
    )


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

"""What is no table of numbers is an error that names the argument, the columns and a way out."""

import datetime
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

N_ROWS = 60
rng = np.random.default_rng(0)
VALUES = rng.normal(size=(N_ROWS, 3))
y = np.arange(N_ROWS) % 2
DAYS = np.arange(N_ROWS).astype("M8[D]").astype("M8[s]")[:, np.newaxis] + np.array([0, 40], "m8[D]")
WORDS = np.array([["no", "yes"]])[[0] * N_ROWS]
STRUCTURED = np.zeros(N_ROWS, [("a", float), ("b", float)])


def with_value(value, *places):
    changed = VALUES.copy()
    for place in places:
        changed[place] = value
    return changed


def each(cell):
    """A column of objects."""
    return np.array([[cell]] * N_ROWS, dtype=object).reshape(N_ROWS, 1)


@pytest.fixture(params=["fit", "partial_fit", "predict", "X_val"])
def use(request, small):
    """Hand X to an estimator in one of the ways there are."""

    def fit(X):
        small().fit(X, y)

    def partial_fit(X):
        small().partial_fit(X, y, [0, 1])

    def predict(X):
        small().fit(VALUES, y).predict(X)

    def judge(X):
        small().fit(VALUES, y, X_val=X, y_val=y)

    ways = {"fit": fit, "partial_fit": partial_fit, "predict": predict, "X_val": judge}
    return ways[request.param]


NO_TABLES = {
    "dict": ({"a": VALUES[:, 0]}, "X is of type dict, not a table .*pandas.DataFrame"),
    "set": ({1.0, 2.0}, "X is of type set, not a table"),
    "generator": ((row for row in VALUES), "X is of type generator, not a table"),
    "bytes": (b"abc", "X is of type bytes, not a table"),
    "text": ("abc", "X is of type str, not a table"),
    "None": (None, "X is of type NoneType, not a table"),
    "number": (5.0, "X is of type float, not a table"),
    "structured": (STRUCTURED, "X is a structured array, .*pandas.DataFrame"),
    "one column": (VALUES[:, 0], "X: Expected 2D array, got 1D array instead. Reshape"),
    "three axes": (VALUES[np.newaxis], "X: Found array with dim 3"),
    "complex": (VALUES * 1j, "X: Complex data not supported$"),
    "uneven rows": ([[1.0] * (1 + i % 3) for i in y], "the rows of X have from 1 to 2 values"),
    "void": (np.zeros((N_ROWS, 2), "V4"), "X: "),
    "words": (WORDS, r"X holds no numbers in the columns \[0, 1\]: could not convert"),
    "words of NumPy": (WORDS.astype(np.dtypes.StringDType()), r"no numbers in .* \[0, 1\]"),
    "bytes in cells": (WORDS.astype("S"), r"no numbers in the columns \[0, 1\]"),
    "masked": (
        np.ma.masked_array(VALUES, mask=VALUES > 2),
        r"X is masked in the column 1 \(1 of 60 rows\); fill .*filled",
    ),
    "NaN": (with_value(np.nan, (3, 1)), r"X contains NaN in the column 1 \(1 of 60 rows\); fill"),
    "NaN in CSR": (
        sparse.csr_array(with_value(np.nan, (3, 1), (slice(5), 2))),
        r"NaN in 2 columns: 1 \(1 of 60 rows\), 2 \(5 of 60 rows\); fill",
    ),
    "infinity": (
        with_value(-np.inf, (3, 1)),
        r"X contains infinity in the column 1 \(1 of 60 rows\); .*clip",
    ),
    "both": (
        with_value(np.inf, (3, 1)) + with_value(np.nan, (4, 2)),
        r"X contains NaN in the column 2 .*X contains infinity in the column 1 ",
    ),
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_what_is_no_table_of_numbers_is_an_error_that_names_x_and_prints_no_values(use, kind):
    X, match = NO_TABLES[kind]
    if X is None and use.__name__ == "judge":
        pytest.skip("without X_val, y_val is what is wrong")
    with pytest.raises((TypeError, ValueError), match=rf"(?s){match}") as raised:
        use(X)
    text = str(raised.value)
    assert len(text) < 800
    assert len(re.findall(r"\d\.\d", text)) < 3


@pytest.mark.parametrize("size", ["columns", "rows"])
def test_columns_are_all_named_and_values_are_not_printed(small, size):
    X = np.full((30, 300) if size == "columns" else (3000, 3), "no number", dtype=object)
    with pytest.raises(ValueError, match="holds no numbers") as raised:
        small().fit(X, np.arange(len(X)) % 2)
    assert str(list(range(X.shape[1]))) in str(raised.value)
    assert str(raised.value).count("no number'") < 2


# Dates --------------------------------------------------------------------------------------------

DATES = {
    "dates": DAYS,
    "lengths of time": DAYS - DAYS[0],
    "lists": DAYS.astype("M8[D]").tolist(),
    "lists of NumPy's": [list(row) for row in DAYS],
    "lists of arrays": list(DAYS),
    "datetime": each(datetime.datetime(2020, 1, 1)),
    "date": each(datetime.date(2020, 1, 1)),
    "timedelta": each(datetime.timedelta(1)),
    "NumPy's in objects": np.array([[day] * 2 for day in DAYS[:, 0]], dtype=object),
    "NumPy's lengths in objects": np.array([[np.timedelta64(1, "D")] * 2] * N_ROWS, dtype=object),
    "beside numbers": np.hstack([VALUES[:, :1].astype(object), each(np.datetime64("2020"))]),
}


@pytest.mark.parametrize("kind", DATES)
@pytest.mark.parametrize("is_missing", [True, False])
def test_dates_are_an_error_that_names_the_columns_missing_or_not(use, kind, is_missing):
    X = DATES[kind]
    if is_missing and isinstance(X, np.ndarray) and X.dtype != object:
        X = X.copy()
        X[3, 0] = "NaT"
    elif is_missing:
        X = [[np.datetime64("NaT", "s"), *list(row)[1:]] for row in X]
    with pytest.raises(TypeError, match=r"no numbers in the columns \[[01, ]+\]: they are dates"):
        use(X)


@pytest.mark.parametrize("kind", ["datetime64[ns]", "timedelta64[s]", "zoned", "objects", "mixed"])
def test_dates_of_a_frame_are_refused_and_the_advice_works(use, small, kind):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pd.DataFrame(DAYS, columns=["a", "b"])
    if kind == "timedelta64[s]":
        X = X - X.min()
    elif kind == "zoned":
        X = X.apply(lambda days: days.dt.tz_localize("UTC"))
    elif kind == "objects":
        X = X.astype(object)
    elif kind == "mixed":
        X = X.assign(c=VALUES[:, 0])
    with pytest.raises(TypeError, match=r"columns \['a', 'b'\]: they are dates or") as raised:
        use(X)
    exec(re.search(r"such as by (.*)\.$", str(raised.value))[1], {"X": X, "numpy": np})
    assert_array_equal(X["a"].astype(float), np.arange(N_ROWS))
    small().fit(X, y)


def test_dates_of_a_polars_frame_are_refused_and_the_advice_works(use, small):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    X = pl.DataFrame(
        {
            "a": DAYS[:, 0].astype("M8[ms]"),
            "b": DAYS[:, 1].astype("M8[D]").tolist(),
            "c": VALUES[:, 0],
        }
    )
    with pytest.raises(TypeError, match=r"columns \['a', 'b'\]: they are dates or") as raised:
        use(X)
    names = {"X": X, "polars": pl}
    exec(re.search(r"such as by (.*)\.$", str(raised.value))[1], names)
    assert_array_equal(names["X"]["a"].to_numpy(), np.arange(N_ROWS))
    small().fit(names["X"], y)


def test_the_advice_for_an_array_of_dates_works(small):
    with pytest.raises(TypeError, match="dates or times") as raised:
        small().fit(DAYS, y)
    names = {"X": DAYS, "numpy": np}
    exec(re.search(r"such as by (.*)\.$", str(raised.value))[1], names)
    assert_array_equal(names["X"][:, 1], np.arange(N_ROWS))
    small().fit(names["X"], y)


# Frames -------------------------------------------------------------------------------------------


def test_columns_that_hold_nothing_are_left_out_by_the_advice(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X = with_value(np.nan, (slice(None), 1), (3, 2))
    for table in (pd.DataFrame(X, columns=["a", "b", "c"]), X):
        with pytest.raises(ValueError, match="contains NaN in 2 columns") as raised:
            small().fit(table, y)
        names = {"X": table, "numpy": np}
        exec(re.search(r"hold nothing, by (.*)\.$", str(raised.value))[1], names)
        assert names["X"].shape[1] == 2


def test_a_frame_with_two_columns_of_one_name_is_an_error_that_says_so(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    pytest.importorskip("sklearn.callback", reason="older versions of scikit-learn take it")
    for values in (VALUES, VALUES.astype(str) + "x"):
        with pytest.raises(ValueError, match=r"(?s)X: .*unique column names.*'a'"):
            small().fit(pd.DataFrame(values, columns=["a", "a", "b"]), y)


def test_a_table_of_pyarrow_is_read_by_its_names(small):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    X = pa.table({"a": VALUES[:, 0], "b": VALUES[:, 1]})
    assert_array_equal(
        small().fit(X, y).predict_proba(X),
        small().fit(VALUES[:, :2], y).predict_proba(VALUES[:, :2]),
    )
    for column, match in [
        (pa.array(["x"] * N_ROWS), r"no numbers in the columns \['c'\]"),
        (pa.array([None, *VALUES[1:, 0]]), r"NaN in the column 'c' \(1 of 60 rows\)"),
        (pa.array(DAYS[:, 0]), r"columns \['c'\]: they are dates .*to_pandas"),
    ]:
        with pytest.raises((TypeError, ValueError), match=match):
            small().fit(X.append_column("c", column), y)

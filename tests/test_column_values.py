"""What the values of a column are, by the types of the values."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from mending import fit_mended, lines
from numpy.testing import assert_array_equal

from sknumpynet.column_values import as_levels, is_gap, kind_of_values

NAT, NAN = np.datetime64("NaT", "s"), float("nan")
ZONE = datetime.timezone(datetime.timedelta(hours=5))
y = np.arange(60) % 2


def objects(values):
    column = np.empty(len(values), object)
    for row, value in enumerate(values):
        column[row] = value
    return column


COLUMNS = {
    "ints": ([3, None, -1], "number", [3, NAN, -1]),
    "floats": ([0.5, NAN, np.float32(2)], "number", [0.5, NAN, 2]),
    "decimals": ([Decimal("0.1"), Decimal("NaN")], "number", [0.1, NAN]),
    "fractions": ([Fraction(1, 4), 2], "number", [0.25, 2]),
    "beyond floats": ([10**400, None], "number", [np.inf, NAN]),
    "booleans and numbers": ([True, 0, np.True_, 2.5], "number", [1, 0, 1, 2.5]),
    "booleans": ([True, None, np.False_], "flag", [True, None, False]),
    "text": (["a", None, np.str_("b"), ""], "text", ["a", None, "b", ""]),
    "durations": ([datetime.timedelta(1.5), None], "number", [1.5, NAN]),
    "NumPy's durations": (
        [np.timedelta64(36, "h"), np.timedelta64("NaT", "s")],
        "number",
        [1.5, NAN],
    ),
    "times": ([datetime.time(6, 30, 36), None], "number", [6.51, NAN]),
    "dates": ([datetime.date(2020, 1, 2), None], "date", ["2020-01-02", "NaT"]),
    "moments": (
        [datetime.datetime(2020, 1, 2, 3, tzinfo=ZONE), np.datetime64("1999"), NAT],
        "date",
        ["2020-01-02T03", "1999-01-01T00", "NaT"],
    ),
    "numbers and text": ([1, "a", None], "mixed", [1, "a", None]),
    "lists": ([[1], None], "object", [[1], None]),
    "dates and text": ([datetime.date(2020, 1, 2), "a"], "object", None),
    "nothing": ([None, NAN, NAT], "nothing", [None, None, None]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_objects_are_of_the_kind_that_all_of_them_are(name):
    given, kind, expected = COLUMNS[name]
    column = objects(given)
    found, values = kind_of_values(column)
    assert found == kind
    if expected is not None:
        dtype = {"number": float, "date": "M8[us]"}.get(kind)
        assert_array_equal(values, np.array(expected, dtype) if dtype else objects(expected))
    assert all(value is same for value, same in zip(column, given, strict=True))


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        *((dtype, "number") for dtype in ("i1", "u8", "f2", "f4", "f8", "m8[s]")),
        *(("?", "flag"), ("M8[ns]", "date"), ("M8[D]", "date"), ("U3", "text"), ("T", "text")),
        *(("S3", "object"), ("c8", "object"), ("V2", "object")),
    ],
)
def test_arrays_are_of_the_kind_of_their_dtype(dtype, kind):
    assert kind_of_values(np.zeros(3, int).astype(dtype))[0] == kind


def test_float32_stays_so():
    assert kind_of_values(np.ones(3, "f4"))[1].dtype == np.float32


def test_levels_are_texts_where_values_are_no_levels_themselves():
    days = np.array(["2020-01-01", "2020-01-01T06:00", "NaT"], "M8[us]")
    texts = ["2020-01-01", "2020-01-01T06:00:00.000000", None]
    assert as_levels(days, are_texts=True).tolist() == texts
    mixed = objects([1.0, 1, 1.5, "1", True, None])
    assert as_levels(mixed, are_texts=True).tolist() == ["1", "1", "1.5", "1", "True", None]
    assert as_levels(np.array([1.5, NAN]), are_texts=False).tolist() == [1.5, None]
    assert is_gap(mixed).tolist() == [False] * 5 + [True]


REFUSED = {
    "list": ([1], [2, 3]),
    "dict": ({"a": 1},),
    "set": ({1},),
    "tuple": ((1, 2),),
    "ndarray": (np.ones(2),),
    "bytes": (b"a", b"b"),
    "complex": (1j, 2 + 1j),
    "object": (object(),),
    "dict, int": ({1: 2}, 3),
}


@pytest.mark.parametrize("container", ["pandas", "array"])
@pytest.mark.parametrize("kind", REFUSED)
def test_other_objects_are_refused_and_the_line_mends_it(small, container, kind):
    values = objects([*(list(REFUSED[kind]) * 60)[:59], None])
    X = np.column_stack([np.arange(60).astype(object), objects([None] * 60)])
    X[:, 1] = values
    if container == "pandas":
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        X = pd.DataFrame(X, columns=["row", "what"])
    name = 1 if container == "array" else "what"
    match = f"the column {name!r} holds values of type {kind}; an argument must be a string, a num"
    with pytest.raises(TypeError, match=match) as raised:
        small().fit(X, y)
    (line,) = lines(raised.value)
    clf = fit_mended(line, small, X, y)
    assert clf.n_features_in_ == (2 if kind in ("bytes", "complex") else 1)


MIXED = {
    "numbers mixed with text": ([1, 2.5, "many"], {"= 1", "= 2.5", "= many"}),
    "dates mixed with text": ([datetime.date(2020, 1, 2), "never"], {"= 2020-01-02", "= never"}),
}


@pytest.mark.parametrize("container", ["pandas", "array"])
@pytest.mark.parametrize("kind", MIXED)
def test_a_mixture_is_refused_and_each_of_the_lines_mends_it(small, container, kind):
    values, levels = MIXED[kind]
    X = np.column_stack([np.arange(60).astype(object), objects((values * 60)[:60])])
    if container == "pandas":
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        X = pd.DataFrame(X, columns=["row", "what"])
    with pytest.raises(ValueError, match=f"holds {kind}, such as '(many|never)'; make") as raised:
        small().fit(X, y)
    to_one_kind, to_category = lines(raised.value)
    name = "x1" if container == "array" else "what"
    inputs = fit_mended(to_one_kind, small, X, y).input_names_
    assert inputs[1].startswith(name) or "days" in inputs[1]
    assert any("is missing" in each for each in inputs)
    inputs = fit_mended(to_category, small, X, y).input_names_
    assert {f"{name} {level}" for level in levels} < {*inputs}


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("list", "List"), ("list", "Array"), ("dict", "Struct"), ("bytes", "Binary")],
)
def test_nested_columns_of_polars_are_refused_and_the_line_mends_it(small, kind, dtype):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    values = {
        "List": pl.Series([[1], [2, 3]] * 30),
        "Array": pl.Series([[1, 2]] * 60, dtype=pl.Array(pl.Int64, 2)),
        "Struct": pl.Series([{"a": 1}] * 60),
        "Binary": pl.Series([b"a", b"b"] * 30),
    }
    X = pl.DataFrame({"row": range(60), "what": values[dtype]})
    with pytest.raises(TypeError, match=f"the column 'what' holds values of type {kind}") as raised:
        small().fit(X, y)
    (line,) = lines(raised.value)
    fit_mended(line, small, X, y)


@pytest.mark.parametrize("kind", ["Period", "Interval", "arrow list", "arrow binary"])
def test_other_columns_of_pandas_are_refused_and_the_line_mends_it(small, kind):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    if "arrow" in kind:
        pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        of, value = (pa.list_(pa.int64()), [1]) if "list" in kind else (pa.binary(), b"a")
        values = pd.Series([value] * 60, dtype=pd.ArrowDtype(of))
    elif kind == "Period":
        values = pd.period_range("2020-01", periods=60, freq="M")
    else:
        values = pd.arrays.IntervalArray.from_breaks(list(range(6)))[np.arange(60) % 5]
    X = pd.DataFrame({"row": np.arange(60), "what": values})
    with pytest.raises(TypeError, match="the column 'what' holds values of type") as raised:
        small().fit(X, y)
    (line,) = lines(raised.value)
    names = fit_mended(line, small, X, y).input_names_.tolist()
    assert kind not in ("Period", "Interval") or {"what, days", "what = (0, 1]"} & {*names}

"""Columns of raw tables to be drawn by `fuzz`, and the frames, arrays and lists that hold them.

A column is named by its values, perhaps its gaps, and perhaps a type of pandas or polars, such as
"cities with gaps: category". Where values cannot be of the type they stay Python objects.
"""

import datetime
import decimal
import uuid
import zoneinfo
from decimal import Decimal
from fractions import Fraction

import numpy as np
from scipy import sparse

try:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
except ImportError:
    pd = pl = pa = None

# Values -------------------------------------------------------------------------------------------

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
START = datetime.datetime(2019, 12, 30, 22, 15)


def objects(values):
    """A one-dimensional array of objects, be they lists."""
    array = np.empty(len(values), object)
    for at, value in enumerate(values):
        array[at] = value
    return array


def among(*options):
    """Each row one of these objects."""
    return lambda rng, n: objects([options[at] for at in rng.integers(len(options), size=n)])


def each(make, largest=400):
    """What is made of an int in each row."""
    return lambda rng, n: objects([make(int(i)) for i in rng.integers(largest, size=n)])


def after(days, kind="D"):
    return lambda rng, n: rng.integers(*days, size=n).astype(f"M8[{kind}]")


VALUES = {
    "cities": among("Oslo", "Rome", "Lima"),
    "many cities": lambda rng, n: objects([f"city {i}" for i in rng.geometric(0.1, n)]),
    "one level": among("same"), "two levels": among("no", "yes"),
    "ids": each("id {}".format, 10**9), "long text": each(lambda i: "x" * 10**4 + str(i % 3)),
    "empty text": among("", " ", "a"), "nothing but blanks": among("", " ", "\t"),
    "unicode": among("é", "e\u0301", "日本", "\0", "🙂", "İ", "\n"),
    "surrogates": among("\ud800", "\udfff", "a"), "bytes": among(b"a", b"b"),
    "numbers as text": among("1", "2.5", "1e3"), "money": among("$1,200", "$ 3", "12%"),
    "dates as text": among("2020-01-01", "2021-12-31"), "nan as text": among("nan", "None", "<NA>"),
    "text that looks like a name": among("x0", "column 1", "missing", "other"),
    "braces": among("{}", "{0}", "%s", "a'b", 'a"b'),
    "NumPy's text": among(np.str_("a"), np.str_("b")), "uuids": each(lambda i: uuid.UUID(int=i)),
    "bools": among(True, False), "NumPy's bools": lambda rng, n: rng.random(n) < 0.3,
    "ints": lambda rng, n: rng.integers(-3, 5, n), "codes": lambda rng, n: rng.integers(30, size=n),
    "uint64": lambda rng, n: rng.integers(2**63, 2**64 - 1, n, dtype=np.uint64),
    "numbers of all types": among(1, 2.5, np.int8(3), np.float32(0.5), Fraction(1, 3), Decimal(2)),
    "huge ints": among(10**400, 2**70, 1), "large ints": among(2**53, 2**53 + 1, 2**63),
    "decimals": each(lambda i: Decimal(i) / 8), "fractions": each(lambda i: Fraction(i, 7)),
    "odd decimals": among(Decimal("NaN"), Decimal("sNaN"), Decimal(1)),
    "infinite decimals": among(Decimal("Infinity"), Decimal("1e999"), Decimal(1)),
    "complex objects": among(1j, 2 + 1j), "infinity in objects": among(np.inf, 1.0),
    "days": after((10_000, 20_000)), "seconds": after((0, 2**31), "s"),
    "nanoseconds": after((0, 2**62), "ns"), "months": after((0, 600), "M"),
    "years from 1 to 9999": after((-719_162, 2_932_896)), "far years": after((-(2**40), 2**40)),
    "years beyond all": after((-(2**62), 2**62), "Y"), "one day": after((17_000, 17_001)),
    "durations": lambda rng, n: rng.integers(-(10**6), 10**6, n).astype("m8[s]"),
    "long durations": lambda rng, n: rng.integers(-(2**62), 2**62, n).astype("m8[D]"),
    "date objects": each(lambda i: START.date() + datetime.timedelta(i)),
    "datetime objects": each(lambda i: START + datetime.timedelta(i, 60 * i)),
    "zoned": each(lambda i: (START + datetime.timedelta(i)).replace(tzinfo=OSLO)),
    "zones mixed": among(START, START.replace(tzinfo=OSLO), START.replace(tzinfo=datetime.UTC)),
    "dates mixed": among(START, START.date(), np.datetime64("2020"), np.datetime64(1, "s")),
    "first and last date": among(datetime.date.min, datetime.date.max),
    "time objects": each(lambda i: datetime.time(i % 24, i % 60)),
    "timedelta objects": each(datetime.timedelta),
    "durations mixed": among(datetime.timedelta(1), np.timedelta64(3, "h")),
    "months of duration": among(np.timedelta64(1, "M"), np.timedelta64(2, "Y")),
    "numbers and text": among(1, 2.5, "a"), "numbers and bools": among(1, 2.5, True),
    "text and bools": among("a", True), "text and dates": among("a", START),
    "dates and numbers": among(START, 3), "dates and durations": among(START, START - START),
    "lists": each(lambda i: [i]), "tuples": each(lambda i: (i, 1)), "dicts": among({}, {"a": 1}),
    "sets": among({1}, frozenset()), "arrays": among(np.arange(2), np.zeros(2)),
    "scalar arrays": among(np.array(1.0), np.array(2.0)), "classes": among(int, str),
    "nothing": among(None), "NaN only": among(np.nan), "NaT only": among(np.datetime64("NaT", "s")),
}  # fmt: skip
if pd:
    VALUES |= {
        "timestamps": each(lambda i: pd.Timestamp(START) + pd.Timedelta(i, "D")),
        "zoned timestamps": each(lambda i: pd.Timestamp(START, tz=OSLO) + pd.Timedelta(i, "D")),
        "periods": each(lambda i: pd.Period(START, "M") + i),
        "intervals": each(lambda i: pd.Interval(i % 4, i % 4 + 1)),
        "gaps of all kinds": among(None, np.nan, pd.NA, pd.NaT), "NA only": among(pd.NA),
    }  # fmt: skip


def with_gaps(rng, values, share=0.3):
    """A share of the values missing, in one of the ways that there are."""
    missing = rng.random(len(values)) < share
    gap = rng.integers(4 if pd else 2)
    if values.dtype.kind in "fmM":
        values[missing] = "NaT" if values.dtype.kind in "mM" else np.nan
        return values
    values = values.astype(object)
    values[missing] = [None, np.nan, *((pd.NA, pd.NaT) if pd else ())][gap]
    return values


GAPS = {
    "with gaps": with_gaps,
    "mostly gaps": lambda rng, values: with_gaps(rng, values, 0.95),
    "all gaps": lambda rng, values: with_gaps(rng, values, 2),
}

# Types --------------------------------------------------------------------------------------------


def ordered(values):
    return pd.Series(pd.Categorical(values, ordered=True))


def with_unused_levels(values):
    """Half the levels of the rows, and some of no row."""
    known = pd.Series(values).dropna().unique()
    others = ["no row", "nor this"] if len(known) and isinstance(known[0], str) else []
    return pd.Series(pd.Categorical(values, [*known[::-1][: len(known) // 2 + 1], *others]))


def in_intervals(values):
    return pd.Series(pd.cut(values.astype(float), 3))


PANDAS = {
    name: lambda values, dtype=name: pd.Series(values).astype(dtype)
    for name in [
        "object", "str", "string", "string[pyarrow]", "category", "boolean", "bool", "Int64",
        "UInt8", "Float32", "float32", "float16", "datetime64[s]", "datetime64[ms]",
        "datetime64[ns]", "datetime64[ns, Europe/Oslo]", "datetime64[s, UTC]", "timedelta64[ms]",
        "timedelta64[ns]", "period[M]", "period[D]", "Sparse", "Sparse[float]", "Sparse[int]",
        "int64[pyarrow]", "double[pyarrow]", "bool[pyarrow]", "date32[day][pyarrow]",
        "timestamp[us][pyarrow]", "duration[s][pyarrow]", "decimal128(20, 4)[pyarrow]",
        "time64[us][pyarrow]",
    ]
} | {"ordered": ordered, "unused": with_unused_levels, "cut": in_intervals}  # fmt: skip
POLARS = {}
if pl:
    POLARS = {
        "category": pl.Categorical(), "String": pl.String(), "Boolean": pl.Boolean(),
        "Int8": pl.Int8(), "UInt64": pl.UInt64(), "Float32": pl.Float32(), "Date": pl.Date(),
        "Datetime": pl.Datetime("ms"), "Datetime of Oslo": pl.Datetime("us", "Europe/Oslo"),
        "Duration": pl.Duration("ns"), "Time": pl.Time(), "Object": pl.Object(),
        "Binary": pl.Binary(), "Null": pl.Null(), "Int128": pl.Int128(),
        "List": pl.List(pl.Int64()), "Array": pl.Array(pl.Int64(), 1),
        "Enum": pl.Enum(["Oslo", "Rome", "Lima", "no", "yes", "no row"]),
        "Struct": pl.Struct({"a": pl.Int64()}),
    }  # fmt: skip
TYPES = sorted({*PANDAS, *POLARS})
CANNOT = (ValueError, TypeError, OverflowError, AttributeError, RuntimeError, AssertionError)
CANNOT += (decimal.InvalidOperation, KeyError, IndexError)
if pl:
    CANNOT += (pl.exceptions.PolarsError, pl.exceptions.PanicException, pa.ArrowException)


def in_pandas(values, kind):
    for change in (PANDAS.get(kind), pd.Series):
        try:
            return change(values)
        except CANNOT:
            continue
    return pd.Series(objects(list(values)), dtype=object)


def is_nothing_in_polars(value):
    """Whether polars has no such value, or panics at it."""
    if isinstance(value, Decimal):
        return not value.is_finite()
    return value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def in_polars(values, kind):
    try:
        values = values.tolist()
    except OverflowError:  # of durations
        values = list(values)
    values = [None if is_nothing_in_polars(value) else value for value in values]
    for dtype in (POLARS.get(kind), None):
        try:
            return pl.Series(values, dtype=dtype, strict=dtype is None)
        except CANNOT:
            continue
    return pl.Series(values, dtype=pl.Object)


# Tables -------------------------------------------------------------------------------------------


def names_of(columns):
    return [f"column {at}" for at in range(len(columns))]


def odd_names(columns):
    return ["", "{}", "日本", *names_of(columns)]


def pandas_frame(columns, names=None):
    given = dict(enumerate(in_pandas(*column) for column in columns))
    X = pd.DataFrame(given, index=None if columns else range(5))
    return X.set_axis((names or names_of(columns))[: len(columns)], axis=1)


def polars_frame(columns):
    given = [in_polars(*column) for column in columns]
    return pl.DataFrame(dict(zip(names_of(columns), given, strict=True)))


def object_array(columns):
    """Rows of Python objects."""
    n_rows = len(columns[0][0]) if columns else 5
    X = np.empty((n_rows, len(columns)), object)
    for at, (values, _) in enumerate(columns):
        X[:, at] = values if values.dtype.kind in "OmM" else values.astype(object)
    return X


def floats(columns):
    """An array of what can be a number, NaN for all else."""
    X = np.full((len(columns[0][0]) if columns else 5, len(columns)), np.nan)
    for at, (values, _) in enumerate(columns):
        if values.dtype.kind in "fiub":
            X[:, at] = values
    return X


def arrow_table(columns):
    frame = polars_frame(columns)
    return frame.with_columns(pl.col(pl.Int128).cast(pl.Float64)).to_arrow()


def changed(change, frame):
    return lambda columns: change(frame(columns))


FRAMES = {"object array": object_array, "rows in lists": lambda of: object_array(of).tolist()}
FRAMES |= {
    "floats with NaN": floats, "floats in CSR": changed(sparse.csr_array, floats),
    "text array": lambda columns: np.vectorize(str, otypes="U")(object_array(columns)),
    "masked objects": changed(np.ma.masked_array, object_array),
}  # fmt: skip
if pd:
    FRAMES |= {
        "pandas": pandas_frame, "polars": polars_frame, "arrow": arrow_table,
        "object frame": changed(lambda X: X.astype(object), pandas_frame),
        "odd index": changed(lambda X: X.set_axis(["row"] * len(X)), pandas_frame),
        "last row first": changed(lambda X: X[::-1], pandas_frame),
        "numbers as names": lambda columns: pandas_frame(columns, list(range(len(columns)))),
        "mixed names": lambda columns: pandas_frame(columns, [0, *names_of(columns)[1:]]),
        "odd names": lambda columns: pandas_frame(columns, odd_names(columns)),
    }  # fmt: skip
OTHERS = {}  # in which a table is not what it was in fit
if pd:
    OTHERS = {
        "another order": changed(lambda X: X[X.columns[::-1]], pandas_frame),
        "another order in polars": changed(lambda X: X[X.columns[::-1]], polars_frame),
        "one more": changed(lambda X: X.assign(more=1), pandas_frame),
        "one less": changed(lambda X: X[X.columns[:-1]], pandas_frame),
        "renamed": changed(lambda X: X.add_suffix("!"), pandas_frame),
        "a name twice": changed(lambda X: X.rename(columns=lambda _: "a"), pandas_frame),
        "levels of names": changed(lambda X: pd.concat({"a": X}, axis=1), pandas_frame),
        "lazy": changed(lambda X: X.lazy(), polars_frame),
        "a series": lambda columns: in_pandas(*columns[0]) if columns else None,
    }  # fmt: skip
TABLES = FRAMES | OTHERS


def column(name, rng, n_rows, numbers):
    """The values of a column, and its type or None; ``numbers`` are more ``VALUES``."""
    name, _, kind = (name or "normal").partition(": ")
    values, gaps = name, None
    for gap in GAPS:
        if name.endswith(f" {gap}"):
            values, gaps = name.removesuffix(f" {gap}"), gap
            break
    values = np.array((VALUES | numbers)[values](rng, n_rows))
    return (GAPS[gaps](rng, values) if gaps else values), kind or None


def some_of(X, rows):
    """Some rows of a table."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if isinstance(X, list):
        return [X[row] for row in np.arange(len(X))[rows]]
    return X.take(np.arange(len(X))[rows]) if hasattr(X, "column_names") else X[rows]


def draw_column(pick, values, gaps=0.4, types=0.5):
    """The name of a column of these values; ``pick(options, chance)`` gives one or None."""
    gap, kind = pick(GAPS, gaps), pick(TYPES, types)
    return values + (f" {gap}" if gap else "") + (f": {kind}" if kind else "")


def simpler(name):
    """Names of columns a little simpler."""
    values, _, kind = name.partition(": ")
    if kind:
        yield values
    for gap in GAPS:
        if values.endswith(f" {gap}"):
            yield values.removesuffix(f" {gap}") + (f": {kind}" if kind else "")

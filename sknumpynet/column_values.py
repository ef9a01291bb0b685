"""What the values of one column of a raw table are: numbers, dates or levels, or what they lack.

A column comes as an array, with one value a row, from a frame or from an array of objects. Refusals
name the column, say what it holds, and give a call that mends it.
"""

import datetime
import re
from decimal import Decimal
from numbers import Number, Real

import numpy as np

from .validation import is_missing, shortened

DAY = np.timedelta64(1, "D")
DATES = (datetime.date, np.datetime64)
DURATIONS = (datetime.timedelta, np.timedelta64)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PLACEHOLDERS = {"", "?", "-", "--", ".", "na", "n/a", "nan", "null", "none", "missing", "unknown"}
MANY_LEVELS, NEARLY_ALL = 20, 0.95  # a text column of as many, of which so many read as numbers
SPELLINGS = {  # of numbers: what to take out, and the decimal comma
    "plain": (re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.I), ""),
    "decimal comma": (re.compile(r"[-+]?(\d+|\d{1,3}([.' \xa0]\d{3})+),\d*"), r"[.' \xa0]"),
    "marked": (
        re.compile(r"[-+(]?\s*[$€£¥]?\s*[-+]?(\d+|\d{1,3}([,' _\xa0]\d{3})+)(\.\d*)?\s*[%$€£¥)]?"),
        r"[$€£¥%,' _\xa0]",
    ),
}
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}([T ].*)?")


def kind_of_values(name, values, is_categorical):
    """What a column holds, and its values in one form.

    Parameters
    ----------
    name : str or int
    values : ndarray of shape (n_rows,)
    is_categorical : bool or None
        Whether its values are to be levels; None if they decide themselves.

    Returns
    -------
    kind : {"number", "date", "text", "code", "object", "nothing"}
        "text", "code" and "object" are levels: strings, numbers or booleans, and others, which
        become strings. "nothing" is a column in which all is missing.
    values : ndarray of shape (n_rows,)
        float64 or float32 with NaN, datetime64[us] with NaT, or objects with None where a value is
        missing.
    """
    if values.ndim != 1 or values.dtype.kind in "cVS":
        raise TypeError(f"{of(name)} holds {what(values)}; {LEAVE_OUT}.")
    if values.dtype.kind in "UT":
        values = values.astype(object)
    if values.dtype.kind == "O":
        values, kind = values_of_objects(name, values, is_categorical)
    else:
        kind = {"M": "date", "m": "duration", "b": "flag"}.get(values.dtype.kind, "number")
    if kind == "nothing":
        return kind, np.full(len(values), np.nan)
    if kind == "duration":
        return "number", values / DAY
    is_level = kind in ("text", "object", "flag") if is_categorical is None else is_categorical
    if kind == "date" and not is_level:
        return kind, values.astype("datetime64[us]")
    if is_level:
        return as_levels(kind, values)
    if kind in ("text", "object"):
        raise ValueError(
            f"{of(name)} holds text, and categorical_features does not name it; give "
            "categorical_features='from_dtype', or name it there."
        )
    return "number", values if values.dtype in (np.float64, np.float32) else values.astype(float)


def as_levels(kind, values):
    """Kind and values of a column of levels; see `kind_of_values`."""
    if values.dtype != object:
        missing = values != values
        values = (values.astype(str) if kind == "date" else values).astype(object)
        values[missing] = None
    if kind == "date":
        kind = "text"
    return {"number": "code", "flag": "code"}.get(kind, kind), values


def values_of_objects(name, values, is_categorical):
    """Values in one form, and kind, of an array of objects; "flag" are booleans."""
    missing = missing_values(values)
    types = set(map(type, values[~missing]))

    def are(kinds):
        return all(issubclass(kind, kinds) for kind in types)

    if not types:
        return values, "nothing"
    if are(str) or (is_categorical and not are((Number, *DATES, *DURATIONS))):
        levels = values.copy()
        levels[missing] = None
        if are(str):
            return levels, "text"
        levels[~missing] = [str(level) for level in values[~missing]]
        return levels, "object"
    if are(bool | np.bool_):
        levels = values.copy()
        levels[missing] = None
        return levels, "flag"
    if are(Real | Decimal) and np.timedelta64 not in types:  # which NumPy counts as an integer
        numbers = np.full(len(values), np.nan)
        numbers[~missing] = [to_number(number) for number in values[~missing]]
        return numbers, "number"
    if are(DATES):
        return dates_of(values, missing), "date"
    if are(DURATIONS):
        durations = np.full(len(values), np.timedelta64("NaT"), "timedelta64[us]")
        durations[~missing] = values[~missing].astype("timedelta64[us]")
        return durations, "duration"
    if are(datetime.time):
        hours = np.full(len(values), np.nan)
        hours[~missing] = [
            time.hour + time.minute / 60 + time.second / 3600 for time in values[~missing]
        ]
        return hours, "number"
    if any(issubclass(kind, str) for kind in types) and are((str, Real, Decimal)):
        raise ValueError(
            f"{of(name)} holds numbers mixed with text, such as {examples(values, str)}; make it "
            "numbers, such as by pandas.to_numeric(X[column], errors='coerce'), which makes text a "
            "gap, or text, by X[column].astype(str)."
        )
    raise TypeError(f"{of(name)} holds {what(values[~missing])}; {LEAVE_OUT}.")


LEAVE_OUT = (
    "an argument must be a string, a number or a date: make it one, such as by X[column].astype(str), "
    "or leave the column out"
)


def to_number(value):
    """A real number as Python's float; infinity where it is too large, which is told later."""
    try:
        return float(value)
    except OverflowError:
        return np.inf


def dates_of(values, missing):
    """datetime64[us] of dates; of those with a time zone, the time on the clock there."""
    dates = np.full(len(values), np.datetime64("NaT"), "datetime64[us]")
    dates[~missing] = [
        date.replace(tzinfo=None) if getattr(date, "tzinfo", None) else date
        for date in values[~missing]
    ]
    return dates


def missing_values(values):
    """Which of some objects are missing: None, NaN, NA, NaT."""
    is_text = np.fromiter((type(value) is str for value in values), bool, len(values))
    missing = ~is_text
    missing[missing] = [is_missing(value) for value in values[~is_text]]
    return missing


def of(name):
    """A column in a message."""
    return f"X: the column {name!r}"


def what(values):
    """What a column holds, in a message."""
    if values.dtype != object:
        kind = {"c": "complex numbers", "S": "bytes"}.get(values.dtype.kind)
        return kind or f"values of dtype {values.dtype}"
    kinds = sorted({type(value).__name__ for value in values})
    return f"values of type {', '.join(kinds)}"


def examples(values, kind):
    """Some of the values of a type, in a message."""
    found = dict.fromkeys(value for value in values if isinstance(value, kind))
    return ", ".join(shortened(repr(value), 40) for value in list(found)[:3])


# Text that should not be text -------------------------------------------------------------------


def check_is_text(name, levels, container):
    """Raise ValueError for text that reads as numbers or dates.

    Parameters
    ----------
    name : str or int
    levels : list of str
        All different ones.
    container : {"pandas", "polars", "array"}
        For the call that mends it.
    """
    told = [level for level in levels if level.strip().casefold() not in PLACEHOLDERS]
    if not told:
        return
    if all(DATE.fullmatch(level.strip()) for level in told):
        raise ValueError(
            f"{of(name)} holds dates as text, such as {told[0]!r}; make them dates by "
            f"{call_for_dates(name, container)}, or {call_for_levels(name, container)}."
        )
    spelling = {level: spelling_of(level.strip()) for level in told}
    n_numbers = sum(map(bool, spelling.values()))
    is_nearly = len(told) >= MANY_LEVELS and n_numbers >= NEARLY_ALL * len(told)
    if n_numbers < len(told) and not is_nearly:
        return
    others = [level for level in levels if not spelling.get(level)]
    few = f", beside {', '.join(map(repr, others[:3]))}" if others else ""
    first = next(level for level in told if spelling[level])
    found = set(spelling.values()) - {None}
    style = next(style for style in ("marked", "decimal comma", "plain") if style in found)
    raise ValueError(
        f"{of(name)} holds numbers as text, such as {first!r}{few}; make them numbers by "
        f"{call_for_numbers(name, style, container)}, or, if they only name something, "
        f"{call_for_levels(name, container)}."
    )


def spelling_of(text):
    """The name of the spelling in which a text is a number; None if it is none."""
    return next((name for name, (form, _) in SPELLINGS.items() if form.fullmatch(text)), None)


def call_for_numbers(name, style, container):
    """A line of code that makes a column of text numbers; what is none becomes a gap."""
    taken_out = SPELLINGS[style][1]
    if container == "polars":
        column = f"polars.col({name!r})"
        column += f".str.replace_all(r{taken_out!r}, '')".replace("\\\\", "\\") * bool(taken_out)
        column += ".str.replace(',', '.')" * (style == "decimal comma")
        return f"X = X.with_columns({column}.str.strip_chars().cast(polars.Float64, strict=False))"
    column = f"X[{name!r}]"
    column += f".str.replace(r{taken_out!r}, '', regex=True)".replace("\\\\", "\\") * bool(
        taken_out
    )
    column += ".str.replace(',', '.')" * (style == "decimal comma")
    call = f"X[{name!r}] = pandas.to_numeric({column}, errors='coerce')"
    return call if container == "pandas" else f"X = pandas.DataFrame(X); {call}"


def call_for_dates(name, container):
    """A line of code that makes a column of text dates."""
    if container == "polars":
        return f"X = X.with_columns(polars.col({name!r}).str.to_datetime())"
    call = f"X[{name!r}] = pandas.to_datetime(X[{name!r}])"
    return call if container == "pandas" else f"X = pandas.DataFrame(X); {call}"


def call_for_levels(name, container):
    """A line of code that makes a column of text a column of levels."""
    if container == "polars":
        return f"a category by X = X.with_columns(polars.col({name!r}).cast(polars.Categorical))"
    if container == "pandas":
        return f"a category by X[{name!r}] = X[{name!r}].astype('category')"
    return f"a category by categorical_features=[{name!r}]"

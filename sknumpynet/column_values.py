"""What the values of one column of a raw table are: numbers, dates or levels.

A column comes as an array, with one value a row, from a frame or from an array of objects.
"""

import datetime
from collections.abc import Callable
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from .remedies import AS_KIND, CATEGORY, LEFT_OUT, OF_TYPE, OTHERS_MISSING, Fault
from .validation import is_missing, shortened

DAY = np.timedelta64(1, "D")
KINDS = {"b": "flag", "i": "number", "u": "number", "f": "number", "M": "date", "m": "duration"}
TYPES = {  # of objects, by kind
    "text": str,
    "flag": bool | np.bool_,
    "duration": datetime.timedelta | np.timedelta64,  # before numbers: NumPy's are ints
    "number": Real | Decimal | np.bool_,
    "date": datetime.date | np.datetime64,
    "time": datetime.time,
    "mixed": str | Real | Decimal | np.bool_,
}


class Form(NamedTuple):
    """The array that objects of a kind become: dtype, mark for missing, one object as a value."""

    dtype: type | str
    missing: Any
    of_one: Callable


def kind_of_values(values):
    """What a column holds, and its values in one form.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)

    Returns
    -------
    kind : {"number", "flag", "date", "text", "mixed", "object", "nothing"}
        "flag" are booleans, "mixed" numbers and text, "object" all else; "nothing" is objects all
        of which are missing. Durations are numbers, of days, and times of day, of hours.
    values : ndarray of shape (n_rows,)
        In the form of `FORMS`: numbers with NaN, datetime64[us] with NaT, or objects with None
        where a value is missing.
    """
    kind = KINDS.get(values.dtype.kind)
    if kind is None:
        values = values.astype(object)
        missing = missing_values(values)
        kind = kind_of_types(set(map(type, values[~missing])))
        values = in_one_form(kind, values, missing)
    if kind == "date":
        values = values.astype(FORMS[kind].dtype)
    elif kind == "duration":
        values = values / DAY
    return "number" if kind in ("duration", "time") else kind, values


def missing_values(values):
    """Which of some objects are missing: None, NaN, NA, NaT."""
    is_text = np.fromiter((type(value) is str for value in values), bool, len(values))
    missing = ~is_text
    missing[missing] = [is_missing(value) for value in values[~is_text]]
    return missing


def kind_of_types(types):
    """The kind of a column of objects of these types."""
    if not types:
        return "nothing"
    of_all = (kind for kind, allowed in TYPES.items() if all(issubclass(t, allowed) for t in types))
    kind = next(of_all, "object")
    # NumPy's durations are ints by type, but no numbers without their unit.
    return kind if kind == "duration" or np.timedelta64 not in types else "object"


def in_one_form(kind, values, missing):
    """Objects of one kind as an array of that kind."""
    if kind not in FORMS:
        values = values.copy()
        values[missing] = None
        return values
    form = FORMS[kind]
    formed = np.full(len(values), form.missing, form.dtype)
    formed[~missing] = [form.of_one(value) for value in values[~missing]]
    return formed


def without_zone(date):
    """A date; of one with a time zone, the time on the clock there."""
    return date.replace(tzinfo=None) if getattr(date, "tzinfo", None) else date


def to_float(value):
    """A real number as Python's float; infinity where it is too large, which is told later."""
    try:
        return float(value)
    except OverflowError:
        return np.inf


def to_hours(time):
    """The hours of a time of day."""
    return time.hour + time.minute / 60 + (time.second + time.microsecond / 1e6) / 3600


FORMS = {  # of other kinds objects stay as they are, with None where one is missing
    "number": Form(float, np.nan, to_float),
    "time": Form(float, np.nan, to_hours),
    "duration": Form("timedelta64[us]", np.timedelta64("NaT", "us"), lambda duration: duration),
    "date": Form("datetime64[us]", np.datetime64("NaT", "us"), without_zone),
}


def is_gap(values):
    """Which of some values are missing; they are as `kind_of_values` gives them."""
    if values.dtype != object:
        return values != values
    return np.fromiter((value is None for value in values), bool, len(values))


def as_levels(values, are_texts):
    """Values as `kind_of_values` gives them, as levels, None where one is missing.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
    are_texts : bool
        Whether levels are what values are as text; else they are numbers, booleans or texts.
    """
    missing, levels = is_gap(values), values.astype(object)
    if are_texts:
        levels[:] = [as_text(value) for value in values]
    levels[missing] = None
    return levels


def as_text(value):
    """A value as text; whole numbers and midnights are written without a fraction."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).removesuffix("T00:00:00.000000")


def fault_of_objects(values):
    """What is wrong with objects that are neither numbers nor text nor dates."""
    known = [value for value in values if value is not None]
    types = sorted({type(value).__name__ for value in known})
    texts = dict.fromkeys(value for value in known if isinstance(value, str))
    such_as = f", such as {', '.join(shortened(repr(text), 40) for text in list(texts)[:3])}"
    if texts and all(isinstance(value, TYPES["mixed"]) for value in known):
        numbers = AS_KIND["number"], ", or a category by ", CATEGORY, OTHERS_MISSING
        advice = ("make them numbers by ", *numbers)
        return Fault("numbers mixed with text", advice, such_as)
    if all(isinstance(value, TYPES["date"] | str) for value in known):
        dates = AS_KIND["date"], ", or a category by ", CATEGORY, OTHERS_MISSING
        advice = ("make them dates by ", *dates)
        return Fault("dates mixed with text", advice, such_as)
    advice = "an argument must be a string, a number or a date: "
    if len(types) == 1 and (remedy := OF_TYPE.get(types[0])):
        advice = (f"{advice}make it one, such as by ", remedy)
    else:
        advice = (f"{advice}make it one, or leave it out by ", LEFT_OUT)
    return Fault(f"values of type {', '.join(types)}", advice, error=TypeError)

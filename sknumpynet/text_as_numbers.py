"""Text that should not be text: numbers and dates that were read as such.

As levels they would teach next to nothing. So a column of them is refused, with a line that makes
them what they are.
"""

import re
from datetime import datetime

from .remedies import CATEGORY, POLARS_TEXT, Fault, Remedy

GAPS = {"", "?", "-", "--", ".", "na", "n/a", "nan", "null", "none", "missing", "unknown"}
MANY_LEVELS, NEARLY_ALL = 20, 0.95  # of so many levels, such a share of numbers is enough
CODE = re.compile(r"0\d+")  # such as of a place: no number is written so
BLANKS = " \xa0\u202f"


def spelling(groups, point):
    """Numbers with thousands in groups, a decimal point, and a sign of money or per cent."""
    whole = rf"(\d+|[1-9]\d{{0,2}}([{groups}]\d{{3}})+)?"
    signs = rf"[$€£¥]?[{BLANKS}]?[-+]?[$€£¥]?[{BLANKS}]?"
    return re.compile(rf"(?=.*\d){signs}{whole}({point}\d*)?[{BLANKS}]?[%$€£¥]?")


def taken_out(characters):
    """An expression that takes characters out of a column, for pandas and for polars."""
    wanted = repr(f"[{characters}]")
    return f".str.replace({wanted}, '', regex=True)", f".str.replace_all({wanted}, '')"


def to_numbers(characters="", has_comma=False):
    """The remedy for numbers with these characters in them."""
    pandas, polars = taken_out(characters) if characters else ("", "")
    comma = ".str.replace(',', '.')" if has_comma else ""
    return Remedy(
        f"pandas.to_numeric({{}}{pandas}{comma}, errors='coerce')",
        f"{{}}{polars}{comma}.str.strip_chars().cast(polars.Float64, strict=False)",
    )


SPELLINGS = (  # "1,234" is read as 1234 where all of the column can be
    (re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE), to_numbers()),
    (spelling(f",'{BLANKS}", r"\."), to_numbers(f"$€£¥%,'{BLANKS}")),
    (spelling(f".'{BLANKS}", ","), to_numbers(f"$€£¥%.'{BLANKS}", has_comma=True)),
)
MAYBE_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ].*)?")
DAYS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
)
TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M:%S %p")
TIMES += ("T%H:%M", "T%H:%M:%S", "T%H:%M:%S.%f", "T%H:%M:%SZ", "T%H:%M:%S.%fZ")


def fault_of_text(levels):
    """What is wrong with a column of text: that it reads as numbers or dates; else None.

    Parameters
    ----------
    levels : list of str
        All different ones.
    """
    told = [level.strip() for level in levels if level.strip().casefold() not in GAPS]
    if not told or any(map(CODE.fullmatch, told)):
        return None
    if written := date_format(told):
        remedy = Remedy(
            f"pandas.to_datetime({{}}, format={written!r}, errors='coerce')",
            f"{{}}.str.to_datetime({written.replace('.%f', '%.f')!r}, strict=False)",
        )
        order = order_of_days(told, written)
        advice = ("make them dates by ", remedy, ", or a category by ", CATEGORY, order)
        return Fault("dates as text", advice, f", such as {told[0]!r}")
    for form, remedy in SPELLINGS:
        others = [level for level in told if not form.fullmatch(level)]
        if others and (len(told) < MANY_LEVELS or len(others) > (1 - NEARLY_ALL) * len(told)):
            continue
        number = next(level for level in told if level not in others)
        others += [level for level in levels if level.strip().casefold() in GAPS]
        beside = f" beside {', '.join(map(repr, others[:3]))}" if others else ""
        only = ", or, if they only name something, a category by "
        advice = ("make them numbers by ", remedy, only, CATEGORY)
        return Fault("numbers as text", advice, f", such as {number!r}{beside}")
    return None


def date_format(texts):
    """The format in which all of these texts are dates, as `datetime.strptime` has it, or None."""
    if not MAYBE_DATE.fullmatch(texts[0]):
        return None
    formats = (day + time for day in DAYS for time in TIMES)
    return next((each for each in formats if all(is_date(text, each) for text in texts)), None)


def order_of_days(texts, written):
    """What to say of days and months, where a format with the day first would fit as well."""
    day_first = f"%d{written[2]}%m{written[5:]}"
    if written.startswith("%m") and all(is_date(text, day_first) for text in texts):
        return f". This takes the month first; where the day is first, write {day_first!r} in it"
    return ""


def advice_for(levels, kind):
    """How text in new rows becomes what it was in fit, with the spelling of its values heard.

    Parameters
    ----------
    levels : iterable of str
        All different ones.
    kind : {"number", "date", "text", "flag"}
        What the column held in fit.

    Returns
    -------
    tuple of str and Remedy
        Empty if the values are not written as numbers or dates are.
    """
    fault = fault_of_text(list(levels))
    if fault is None or fault.holds != f"{kind}s as text":
        return ()
    _, remedy, _, _, *order = fault.advice
    of_text = Remedy(
        remedy.pandas.replace("{}", "{}.astype(object)", 1),
        remedy.polars.replace("{}", POLARS_TEXT, 1),
    )
    return of_text, *order


def is_date(text, written):
    """Whether a text is a date in that format."""
    try:
        return bool(datetime.strptime(text, written))
    except ValueError:
        return False

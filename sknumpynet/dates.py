"""What becomes of a date: numbers and levels."""

import numpy as np

from .column_values import DAY

NUMBERS, LEVELS = ["days", "day of month"], ["month", "weekday"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def learn_dates(values):
    """The first day, in days since 1970, and the names of the parts that are numbers and levels.

    Parameters
    ----------
    values : ndarray of datetime64[us]
    """
    known = values[~np.isnat(values)]
    days = known.astype("datetime64[D]")
    first = int(days.min().astype(int)) if len(days) else 0
    return first, NUMBERS, [*LEVELS, "hour"] if (known != days).any() else LEVELS


def date_part(name, values, first):
    """A part of each date: a number, NaN where it is missing, or a level, then None.

    Parameters
    ----------
    name : {"days", "day of month", "month", "weekday", "hour"}
    values : ndarray of datetime64[us]
    first : int
        The day from which "days" counts, in days since 1970.
    """
    day = values.astype("datetime64[D]")
    if name == "days":
        return (values - np.datetime64(first, "D")) / DAY
    if name == "day of month":
        since = (day - values.astype("datetime64[M]")).astype(float) + 1
        return np.where(np.isnat(values), np.nan, since)
    if name == "month":
        number = values.astype("datetime64[M]").astype(int) % 12 + 1
    elif name == "weekday":
        number = np.array(WEEKDAYS, object)[(day.astype(int) + 3) % 7]
    else:
        number = (values - day).astype("timedelta64[h]").astype(int)
    levels = number.astype(object)
    levels[np.isnat(values)] = None
    return levels


def shown_date(days, first):
    """The date that stands so many days behind the first one, to the second."""
    return np.datetime64(first, "D") + np.timedelta64(round(days * 86_400), "s")

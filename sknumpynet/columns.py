"""How the columns of a raw table become numbers: learnt in fit, applied to new rows.

A table of numbers has, in this order: numbers, with NaN where one is missing; the target means of
columns of many levels; numbers of levels, -1 for an unknown level. A date becomes several of these.
"""

from copy import deepcopy
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from .column_values import DAY, WEEKDAYS, check_is_text, kind_of_values
from .engine.inputs.target_means import (
    MANY,
    log_odds_of_levels,
    log_odds_out_of_fold,
)

LEVELS = ("text", "code", "object")  # kinds of a categorical column


@dataclass
class Part:
    """What a column of a raw table gives: a number or a level for each row.

    Parameters
    ----------
    name : str
        Of the part: empty for the column itself, "month" for one of a date.
    levels : list or None
        By number, the most frequent first; None among them is a missing value. None for numbers.
    means : ndarray of shape (n_levels + 1,) or None
        Target mean of each level, and of the unknown one, where the part has target means.
    """

    name: str
    levels: list | None = None
    means: np.ndarray | None = None

    def __post_init__(self):
        self.number_of = {level: at for at, level in enumerate(self.levels or ())}


@dataclass
class Column:
    """A column of a raw table.

    Parameters
    ----------
    name : str or int
        As it stands in the table, or its position.
    kind : str
        See `column_values.kind_of_values`. A column in which all was missing in fit says nothing of
        later rows either, whatever they hold.
    parts : list of Part
    first : int, default=0
        For dates: the day from which days are counted, in days since 1970.
    """

    name: str | int
    kind: str
    parts: list
    first: int = 0

    def values(self, name, values):
        """The values of a part, of values as `kind_of_values` gives them."""
        if not name:
            return values
        day = values.astype("datetime64[D]")
        if name == "days":
            return (values - np.datetime64(self.first, "D")) / DAY
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


@dataclass
class Columns:
    """The columns of a raw table, and where their parts stand in the table of numbers.

    Parameters
    ----------
    columns : list of Column
    dtype : {"float64", "float32"}
        Of the table of numbers.
    """

    columns: list
    dtype: str

    def __post_init__(self):
        parts = [(at, part) for at, column in enumerate(self.columns) for part in column.parts]
        self.numbers = [of for of in parts if of[1].levels is None]
        self.levels = [of for of in parts if of[1].levels is not None]
        self.means = [of for of in self.levels if of[1].means is not None]
        n_before = len(self.numbers) + len(self.means)
        self.place = {(at, part.name): place for place, (at, part) in enumerate(self.numbers)}
        self.place |= {
            (at, part.name): place for place, (at, part) in enumerate(self.levels, n_before)
        }
        self.n_features = n_before + len(self.levels)

    @property
    def is_raw(self):
        """Whether any column is other than numbers."""
        return any(column.kind != "number" for column in self.columns)

    def names(self):
        """The name of each column of the table of numbers."""

        def names(parts):
            return [name_of(self.columns[at], part) for at, part in parts]

        means = [f"{name}, target mean" for name in names(self.means)]
        return [*names(self.numbers), *means, *names(self.levels)]

    def levels_by_number(self):
        """The levels of each categorical column of the table of numbers."""
        return [part.levels for _, part in self.levels]

    def read(self, given, has_means=True):
        """The table of numbers of these rows.

        Parameters
        ----------
        given : GivenColumns
        has_means : bool, default=True
            Whether to write target means; else they are 0.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        X = np.empty((given.n_rows, self.n_features), self.dtype)
        for position, column in enumerate(self.columns):
            values = self._values(column, given, position)
            for part in column.parts:
                of_part, at = column.values(part.name, values), self.place[position, part.name]
                if part.levels is not None:
                    numbers = map(part.number_of.get, of_part, repeat(-1))
                    of_part = np.fromiter(numbers, X.dtype, given.n_rows)
                X[:, at] = of_part
        for at, part, levels in self._means_in(X):
            X[:, at] = part.means[levels] if has_means else 0
        return X

    def _means_in(self, X):
        """For each target mean: its column, its part, and the numbers of the rows' levels."""
        for at, (position, part) in enumerate(self.means, len(self.numbers)):
            yield at, part, X[:, self.place[position, part.name]].astype(np.intp)

    def _values(self, column, given, position):
        """The values of a column, if it is of the kind that it was of in fit."""
        if column.kind == "nothing":
            return all_missing(column.kind, given.n_rows)
        values, is_level = given.values(position), column.kind in LEVELS
        if values.dtype.kind == "b" and not is_level:
            values = values.astype(float)
        kind, values = kind_of_values(column.name, values, is_level or None)
        if kind == "nothing":
            return all_missing(column.kind, len(values))
        if column.kind == "object" and kind in LEVELS:
            return np.array([None if v is None else str(v) for v in values], object)
        if kind != column.kind:
            wanted = WANTED[column.kind]
            raise ValueError(
                f"X: the column {column.name!r} holds {HOLDS[kind]}, but held {HOLDS[column.kind]} "
                f"in fit; give it as it was then, such as by {wanted.format(column.name)}."
            )
        return values

    def learn_means(self, rows, weight, fold):
        """Learn the target means, and write them to the table that the rows are of.

        Parameters
        ----------
        rows : Rows
            Of a table as `read` gives it, whose target means are overwritten. These rows have the
            mean of the other folds, all other rows of the table that of all folds.
        weight : ndarray of shape (len(rows.index),)
            1 for an observation.
        fold : ndarray of int of shape (len(rows.index),)

        Returns
        -------
        Columns
        """
        learnt, is_positive = deepcopy(self), rows.sign > 0
        for at, part, levels in learnt._means_in(rows.X):
            seen = levels[rows.index], is_positive, weight
            part.means = log_odds_of_levels(*seen, len(part.levels))
            rows.X[:, at] = part.means[levels]
            rows.X[rows.index, at] = log_odds_out_of_fold(*seen, fold, len(part.levels))
        return learnt


HOLDS = {
    "number": "numbers",
    "date": "dates",
    "text": "text",
    "code": "numbers or booleans",
    "object": "levels",
}
WANTED = {
    "number": "pandas.to_numeric(X[{0!r}], errors='coerce')",
    "date": "pandas.to_datetime(X[{0!r}])",
    "text": "X[{0!r}].astype(str)",
    "code": "pandas.to_numeric(X[{0!r}], errors='coerce')",
    "object": "X[{0!r}].astype('category')",
}


def all_missing(kind, n_rows):
    """Values of a column of that kind in which all is missing."""
    if kind in LEVELS:
        return np.full(n_rows, None)
    return np.full(n_rows, np.datetime64("NaT") if kind == "date" else np.nan)


def name_of(column, part):
    """A part of a column, as readers speak of it."""
    name = f"x{column.name}" if isinstance(column.name, int) else column.name
    return f"{name}, {part.name}" if part.name else str(name)


def columns_from(plain):
    """The inverse of `dataclasses.asdict`."""
    columns = [
        Column(**{**column, "parts": [Part(**part) for part in column["parts"]]})
        for column in plain["columns"]
    ]
    return Columns(columns, plain["dtype"])


def columns_of_numbers(names, dtype):
    """The columns of a table of numbers; ``dtype`` is one, or several of which the first counts."""
    columns = [Column(name, "number", [Part("")]) for name in names]
    return Columns(columns, np.dtype(dtype[0] if isinstance(dtype, tuple) else dtype).name)


def learn_columns(given, weight, chosen, has_means):
    """Learn how the columns of a table become numbers, from the rows of positive weight.

    Parameters
    ----------
    given : GivenColumns
    weight : ndarray of shape (n_rows,)
    chosen : set of int or None
        Positions of the categorical columns; None if their types tell.
    has_means : bool
        Whether columns of many levels have target means.

    Returns
    -------
    Columns
    """
    counts, columns, is_single = weight > 0, [], []
    for position, name in enumerate(given.names):
        is_categorical = given.is_categorical[position] or None
        if chosen is not None:
            is_categorical = position in chosen
        kind, values = kind_of_values(name, given.values(position), is_categorical)
        if kind in LEVELS and all(level is None for level in values[counts]):
            kind = "nothing"
        column = Column(name, kind, [])
        if kind in ("number", "nothing"):
            is_single.append(values.dtype == np.float32)
            column.parts.append(Part(""))
        elif kind == "date":
            learn_date(column, values, counts)
        names = [""] if kind in LEVELS else DATE_LEVELS if kind == "date" else []
        if kind == "date" and has_times(values[counts]):
            names = [*names, "hour"]
        for part in names:
            levels = levels_by_weight(column.values(part, values), weight)
            if kind == "text" and is_categorical is None:
                check_is_text(name, [level for level in levels if level], given.container)
            means = np.zeros(len(levels) + 1) if has_means and len(levels) > MANY else None
            column.parts.append(Part(part, levels, means))
        columns.append(column)
    return Columns(columns, "float32" if is_single and all(is_single) else "float64")


DATE_LEVELS = ["month", "weekday"]


def learn_date(column, dates, counts):
    """Learn the first day, and add the numbers that a date becomes."""
    known = dates[counts & ~np.isnat(dates)]
    if len(known):
        column.first = int(known.min().astype("datetime64[D]").astype(int))
    column.parts += [Part("days"), Part("day of month")]


def has_times(dates):
    """Whether any date has a time of day."""
    known = dates[~np.isnat(dates)]
    return bool((known != known.astype("datetime64[D]")).any())


def levels_by_weight(values, weight):
    """The different values of rows of positive weight, the heaviest first, then by name."""
    number_of = {}
    numbers = [number_of.setdefault(value, len(number_of)) for value in values]
    total = np.bincount(numbers, weight)
    share = np.round(total / total.sum(), 9)  # so that rounding decides no order

    def place(level):
        is_text, is_gap = isinstance(level, str), level is None
        return -share[number_of[level]], is_gap, is_text, "" if is_gap else level

    return sorted((level for level, at in number_of.items() if total[at] > 0), key=place)

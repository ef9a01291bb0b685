"""How the columns of a raw table become numbers: learnt in fit, applied to new rows.

A table of numbers has, in this order: numbers, with NaN where one is missing; the target means of
columns of many levels; numbers of levels, -1 for an unknown level. A date becomes several of these.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import NamedTuple

import numpy as np

from .column_values import FORMS, as_levels, fault_of_objects, is_gap, kind_of_values
from .dates import date_part, learn_dates, shown_date
from .engine.inputs.levels import UNKNOWN
from .engine.inputs.target_means import MANY, learn_target_means
from .parameters import is_int, plain
from .remedies import ALL_MISSING, AS_KIND, OTHERS_MISSING, Fault, error_of
from .text_as_numbers import advice_for, fault_of_text

NEARLY_ALL = 0.9  # of the rows have a level of their own: the column is an id
HOLDS = {"number": "numbers", "flag": "booleans", "date": "dates", "text": "text"}  # in errors
LIKE = {  # kinds that a column of another kind takes in new rows
    "number": ("flag",),
    "flag": ("number",),
    "object": ("text", "mixed"),
    "mixed": ("text", "number", "flag"),
}
NOT_NAMED = Fault(
    "text, and categorical_features leaves it out",
    ("give categorical_features='from_dtype', or name all columns there that are categories",),
)


class InParts(NamedTuple):
    """How a kind of column becomes several numbers and levels.

    Parameters
    ----------
    learn : callable
        Of the values of training rows: what parts are counted from, an int, and the names of the
        parts that are numbers and of those that are levels. The first number stands for the column
        where readers take one value of it.
    part : callable
        Of a part's name, values and what parts are counted from: a number for each row, NaN where
        it is missing, or a level, then None.
    shown : callable
        Of the first number and what parts are counted from: the value, as readers show it.
    such_as : str
        A number that is made of a column ``{}``, in pandas.
    """

    learn: Callable
    part: Callable
    shown: Callable
    such_as: str


IN_PARTS = {"date": InParts(learn_dates, date_part, shown_date, "{}.dt.year")}


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
        See `column_values.kind_of_values`. Nothing is known of a column that holds "nothing": new
        rows miss it, whatever they hold.
    is_categorical : bool
        Whether its values are levels.
    parts : list of Part, optional
    first : int, default=0
        What parts are counted from; of dates the first day, in days since 1970.
    """

    name: str | int
    kind: str
    is_categorical: bool
    parts: list = field(default_factory=list)
    first: int = 0

    def takes(self, kind):
        """Whether values of that kind are such as it held in fit."""
        return kind == self.kind or kind in LIKE.get(self.kind, ())

    def fault(self, kind, values):
        """What is wrong with new rows' values, as `kind_of_values` gives them; None if nothing."""
        if self.takes(kind) or self.kind == "nothing" or is_gap(values).all():
            return None
        held, advice = HOLDS.get(self.kind, "categories"), "give what it held then, such as by "
        remedy = (AS_KIND.get(self.kind, AS_KIND["text"]),)
        if kind == "object":
            advice, remedy = "give what it held then, or make it missing by ", (ALL_MISSING,)
        elif kind in ("text", "mixed") and self.kind in AS_KIND.keys() - {"text"}:
            remedy = (*remedy, OTHERS_MISSING)
        if kind == "text":
            # a line that does not know how "$12" or "31/12/2020" is written makes it missing
            levels = dict.fromkeys(value for value in values if value is not None)
            remedy = advice_for(levels, self.kind) or remedy
        holds = HOLDS[kind] if kind in HOLDS else fault_of_objects(values).holds
        return Fault(f"{holds}, but held {held} in fit", (advice, *remedy))

    def in_form(self, kind, values):
        """Values that have no fault as numbers, dates or levels."""
        if self.is_categorical:
            return as_levels(values, are_texts=self.kind not in ("number", "flag", "text"))
        if self.takes(kind) and kind != "nothing":
            return values
        return np.full(len(values), FORMS.get(self.kind, FORMS["number"]).missing)

    def of_part(self, name, values):
        """The values of a part, of values as `in_form` gives them."""
        return IN_PARTS[self.kind].part(name, values, self.first) if name else values


@dataclass
class Columns:
    """The columns of a raw table, and where their parts stand in the table of numbers.

    Parameters
    ----------
    columns : list of Column
    dtype : {"float64", "float32"}
        Of the table of numbers.

    Attributes
    ----------
    numbers, levels, means : list of (position, Part)
        The parts that are numbers, that are levels, and those of the latter that have target means,
        each with the position of its column.
    place : dict of (position, name of the part) to int
        The column of the table of numbers that holds the number, or that of the level.
    of_levels : range
        The columns of the table of numbers that hold numbers of levels.
    n_features : int
        Columns of the table of numbers.
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
        self.of_levels = range(n_before, self.n_features)

    @property
    def positions(self):
        """The position of the column that each one of the table of numbers is made of."""
        return np.array([at for at, _ in (*self.numbers, *self.means, *self.levels)])

    @property
    def is_raw(self):
        """Whether any column is other than a numeric one."""
        return any(each.is_categorical or each.kind != "number" for each in self.columns)

    def names(self):
        """The name of each column of the table of numbers."""

        def names(parts):
            named = ((shown_name(self.columns[at].name), part.name) for at, part in parts)
            return [f"{name}, {of_part}" if of_part else name for name, of_part in named]

        means = [f"{name}, target mean" for name in names(self.means)]
        return [*names(self.numbers), *means, *names(self.levels)]

    def levels_by_number(self):
        """The levels of each categorical column of the table of numbers."""
        return [part.levels for _, part in self.levels]

    def ids_in(self, rows):
        """Categorical columns in which nearly every row has a level of its own.

        Parameters
        ----------
        rows : Rows
            Of a table as `read` gives it. Missing and unknown levels count for nothing.

        Yields
        ------
        position, n_rows, n_levels : int
            Of the column; rows that know their level; different ones of these.
        """
        for position, part in self.levels:
            numbers = rows.X[rows.index, self.place[position, part.name]]
            present = numbers[(numbers >= 0) & (numbers != part.number_of.get(None, UNKNOWN))]
            n_rows, n_levels = len(present), len(np.unique(present))
            if self.columns[position].is_categorical and n_levels > max(MANY, NEARLY_ALL * n_rows):
                yield position, n_rows, n_levels

    def read(self, given, writes_means=True):
        """The table of numbers of these rows.

        Parameters
        ----------
        given : GivenColumns
        writes_means : bool, default=True
            Whether to write target means; else they are 0.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        X, faults = np.empty((given.n_rows, self.n_features), self.dtype), []
        for position, column in enumerate(self.columns):
            kind, values = kind_of_values(given.values(position))
            if fault := column.fault(kind, values):
                faults.append((column.name, given.names[position], fault))
                continue
            values = column.in_form(kind, values)
            for part in column.parts:
                of_part = column.of_part(part.name, values)
                if part.levels is not None:
                    numbers = map(part.number_of.get, of_part, repeat(UNKNOWN))
                    of_part = np.fromiter(numbers, X.dtype, given.n_rows)
                X[:, self.place[position, part.name]] = of_part
        if faults:
            raise error_of(faults, given.container)
        for at, of_levels, part in self._means():
            X[:, at] = part.means[X[:, of_levels].astype(np.intp)] if writes_means else 0
        return X

    def write_base_rates(self, X):
        """Write the base rate as the target means of all rows of a table as `read` gives it."""
        for at, _, part in self._means():
            X[:, at] = part.means[-1]

    def _means(self):
        """For each target mean: its column, that of the numbers of its levels, and its part."""
        for at, (position, part) in enumerate(self.means, len(self.numbers)):
            yield at, self.place[position, part.name], part

    def learn_means(self, rows, weight, fold, inputs):
        """Learn the target means, and write them to the table that the rows are of.

        Parameters
        ----------
        rows : Rows
            Of a table as `read` gives it, whose target means are overwritten. These rows have the
            mean of the other folds, all other rows of the table that of all folds.
        weight : ndarray of shape (len(rows.index),)
            1 for an observation.
        fold : ndarray of int of shape (len(rows.index),)
        inputs : Levels or None
            The levels that have an input of their own.

        Returns
        -------
        Columns
        """
        learnt, is_positive = self._copied(), rows.sign > 0
        for at, of_levels, part in learnt._means():
            levels = rows.X[:, of_levels].astype(np.intp)
            with_input = np.array([], int) if inputs is None else inputs.of(of_levels)
            seen = levels[rows.index], is_positive, weight, fold
            part.means, of_rows = learn_target_means(*seen, len(part.levels), with_input)
            rows.X[:, at] = part.means[levels]
            rows.X[rows.index, at] = of_rows
        return learnt

    def _copied(self):
        """A copy that may learn other target means; it shares the levels."""
        columns = [
            replace(column, parts=[copy(part) for part in column.parts]) for column in self.columns
        ]
        return Columns(columns, self.dtype)


def shown_name(name):
    """A column's name as readers speak of it; the position of one without is x0, x1 and so on."""
    return f"x{name}" if is_int(name) else str(name)


def columns_from(state):
    """The inverse of `dataclasses.asdict`."""
    columns = [
        Column(**{**column, "parts": [Part(**part) for part in column["parts"]]})
        for column in state["columns"]
    ]
    return Columns(columns, state["dtype"])


def columns_of_numbers(names, dtype):
    """The columns of a table of numbers; ``dtype`` is one, or several of which the first counts."""
    columns = [Column(name, "number", False, [Part("")]) for name in names]
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
    columns, faults, is_single = [], [], []
    for position, name in enumerate(given.names):
        kind, values = kind_of_values(given.values(position))
        if is_gap(values)[weight > 0].all():
            kind = "nothing"
        is_told = given.is_categorical[position] or chosen is not None
        is_categorical = given.is_categorical[position] or kind in ("text", "flag")
        if chosen is not None:
            is_categorical = position in chosen
        column, fault = Column(name, kind, is_categorical and kind != "nothing"), None
        if not is_categorical and kind in ("text", "mixed", "object"):
            fault = NOT_NAMED if kind == "text" else fault_of_objects(values)
        else:
            learn_column(column, column.in_form(kind, values), weight, has_means)
            if kind == "text" and not is_told:
                fault = fault_of_text(
                    [level for level in column.parts[0].levels if level is not None]
                )
        if fault:
            faults.append((name, name, fault))
        columns.append(column)
        if not column.is_categorical:
            is_single.append(values.dtype == np.float32)
    if faults:
        raise error_of(faults, given.container)
    return Columns(columns, "float32" if is_single and all(is_single) else "float64")


def learn_column(column, values, weight, has_means):
    """Learn the parts of a column, of values as `Column.in_form` gives them."""
    of_levels = [""] if column.is_categorical else []
    of_numbers = [] if column.is_categorical else [""]
    if column.kind in IN_PARTS and not column.is_categorical:
        column.first, of_numbers, of_levels = IN_PARTS[column.kind].learn(values[weight > 0])
    column.parts += map(Part, of_numbers)
    for name in of_levels:
        levels = levels_by_weight(column.of_part(name, values), weight)
        means = np.zeros(len(levels) + 1) if has_means and len(levels) > MANY else None
        column.parts.append(Part(name, levels, means))


def levels_by_weight(values, weight):
    """The different values of rows of positive weight, the heaviest first, then by name."""
    number_of = {}
    numbers = [number_of.setdefault(value, len(number_of)) for value in values]
    total = np.bincount(numbers, weight)
    share = np.round(total / total.sum(), 9)  # so that rounding decides no order

    def place(level):
        return -share[number_of[level]], level is None, "" if level is None else level

    known = (level for level, at in number_of.items() if total[at] > 0)
    return list(map(plain, sorted(known, key=place)))

"""What is wrong with columns of X, as errors say it, and lines of code that mend it.

The lines run as they are printed. Columns that lack the same are told of together, all of them.
"""

from typing import NamedTuple

import numpy as np

AS_PANDAS = {  # how each container becomes a frame of pandas, before a line for that
    "pandas": "",
    "pyarrow": "X = X.to_pandas(); ",
    "polars with objects": "X = X.to_pandas(); ",
    "array": "X = pandas.DataFrame(X); ",
}
BOOLEANS = {"true": True, "false": False}


class Remedy(NamedTuple):
    """What a column ``{}`` is replaced by: an expression of pandas, and one of polars."""

    pandas: str
    polars: str

    def line(self, names, container):
        """The line of code that does so.

        Parameters
        ----------
        names : list
            Of the columns, as X has them.
        container : {"pandas", "polars", "polars with objects", "pyarrow", "array"}
            What X is.
        """
        if self == CATEGORY and container == "array":
            return f"categorical_features={names}"
        if container == "polars":
            if self == LEFT_OUT:
                return f"X = X.drop({names})"
            column = f"polars.col({names if len(names) > 1 else repr(names[0])})"
            return f"X = X.with_columns({self.polars.replace('{}', column, 1)})"
        before = AS_PANDAS[container]
        if self == LEFT_OUT:
            return f"{before}X = X.drop(columns={names})"
        if len(names) == 1:
            column = f"X[{names[0]!r}]"
            return f"{before}{column} = {self.pandas.replace('{}', column, 1)}"
        expression = self.pandas.replace("{}", "column", 1)
        return f"{before}X[{names}] = X[{names}].apply(lambda column: {expression})"


LEFT_OUT = Remedy("", "")
CATEGORY = Remedy("{}.astype('category')", "{}.cast(polars.Categorical)")
CLIPPED = Remedy("{}.clip(-1e9, 1e9)", "{}.clip(-1e9, 1e9)")
ALL_MISSING = Remedy("None", "polars.when(False).then({})")
POLARS_TEXT = "{}.cast(polars.String)"
AS_KIND = {  # what is not of that kind becomes a gap
    "number": Remedy(
        "pandas.to_numeric({}.astype(object), errors='coerce')",
        f"{POLARS_TEXT}.cast(polars.Float64, strict=False)",
    ),
    "date": Remedy(
        "pandas.to_datetime({}.astype(str), errors='coerce', format='ISO8601')",
        f"{POLARS_TEXT}.str.to_datetime('%Y-%m-%d', strict=False)",
    ),
    "text": Remedy("{}.map(str, na_action='ignore')", POLARS_TEXT),
    "flag": Remedy(
        f"{{}}.astype(str).str.lower().map({BOOLEANS})",
        f"{POLARS_TEXT}.str.to_lowercase().replace_strict({BOOLEANS}, default=None)",
    ),
}
OTHERS_MISSING = ". Text that it cannot read becomes missing"  # said of a line of AS_KIND
OF_TYPE = {  # of objects that can be made what is read
    "bytes": Remedy("{}.map(bytes.decode, na_action='ignore')", POLARS_TEXT),
    "complex": Remedy("{}.map(lambda value: value.real, na_action='ignore')", ""),
    "Interval": CATEGORY,
    "Period": Remedy("{}.dt.to_timestamp()", ""),
}


class Fault(NamedTuple):
    """What is wrong with a column.

    Parameters
    ----------
    holds : str
        What it holds, such as "numbers as text".
    advice : tuple of str and Remedy
        How to mend it; one text, but for the lines.
    such_as : str, default=""
        Values, in words.
    error : type, default=ValueError
    """

    holds: str
    advice: tuple
    such_as: str = ""
    error: type = ValueError


def error_of(faults, container):
    """The error for columns that cannot be read.

    It tells of the first, and of all others that are the same but for their values.

    Parameters
    ----------
    faults : list of (name, key, Fault)
        Names of columns, as they were in fit and as X has them.
    container : str
        See `Remedy.line`.
    """
    first = faults[0][2]
    same = [of for of in faults if of[2]._replace(such_as="") == first._replace(such_as="")]
    names, keys = [name for name, _, _ in same], [key for _, key, _ in same]
    columns = (
        f"the column {names[0]!r} holds"
        if len(names) == 1
        else f"{len(names)} columns, {names}, hold"
    )
    advice = "".join(
        part.line(keys, container) if isinstance(part, Remedy) else part for part in first.advice
    )
    return first.error(f"X: {columns} {first.holds}{first.such_as}; {advice}.")


def in_rows(counts, names, n_rows):
    """The columns with a count above 0, each with its number of rows, as text."""
    found = np.flatnonzero(counts)
    listed = ", ".join(f"{names[i]!r} ({counts[i]} of {n_rows} rows)" for i in found)
    return f"the column {listed}" if len(found) == 1 else f"{len(found)} columns: {listed}"

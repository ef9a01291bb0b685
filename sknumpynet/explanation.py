"""Why a row has its probability: what each column adds to the log-odds.

`explain` compares rows with those of a background, see `engine.contributions`.
"""

from dataclasses import dataclass, replace
from html import escape

import numpy as np
from scipy import sparse
from scipy.special import expit

from .arithmetic import own_arithmetic
from .engine.batching import batches
from .engine.contributions import Background
from .fitted import (
    as_fitted,
    names_of_columns,
    new_rows,
    places_of_inputs,
    stack_of,
    user_columns,
    values_of_rows,
)
from .html import html_table
from .parameters import check_counts, is_int
from .validation import shortened

FEWEST_ROWS = 20  # of X to be compared with one another
BLOCK_ROWS = 1000
DAYS_OF_A_YEAR = 365.2425
LARGEST_WHOLE = 1e15  # that is written digit by digit
SHOWN = 10  # columns of a row, or rows of a table, that are printed


@dataclass(frozen=True, eq=False)
class Explanation:
    """What the columns of rows contribute to their log-odds, see `explain`.

    ``explanation[3]`` and ``explanation[:10]`` are explanations of some of the rows. Printed, that
    of one row is a list of its columns, the largest contribution first; that of several is a list
    of the columns with their mean sizes.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Contributions, in log-odds. Above 0 speaks for ``pos_label``.
    base_value : float
        Mean log-odds of the background. With the values of a row it adds up to that row's
        ``decision_function``.
    spread : ndarray of shape (n_rows, n_columns)
        Standard deviation of the contributions over the networks: how far these agree on them.
    data : ndarray or CSR array of shape (n_rows, n_columns)
        What the columns hold; None where a value is missing in a raw table.
    columns : list of str
        Names of the columns; x0, x1 and so on where they have none.
    pos_label : int, float, bool or str
        The label whose log-odds these are.
    has_levels : list of bool
        Which columns hold levels, rather than numbers or dates.
    index : pandas.Index or ndarray of shape (n_rows,)
        Names of the rows, where X was a frame of pandas, else their numbers.
    """

    values: np.ndarray
    base_value: float
    spread: np.ndarray
    data: np.ndarray
    columns: list
    pos_label: object
    has_levels: list
    index: object

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        if is_int(rows):
            if rows not in range(-len(self), len(self)):
                raise IndexError(f"row {rows} of {len(self)}; they are counted from 0.")
            rows = slice(rows, rows + 1 or None)
        elif isinstance(rows, tuple | str):
            raise IndexError(
                f"{rows!r} is no row; of rows give numbers, a slice or a mask, of a column see "
                f"explanation.to_frame()[{self.columns[0]!r}]."
            )
        return replace(
            self,
            values=self.values[rows],
            spread=self.spread[rows],
            data=self.data[rows],
            index=self.index[rows],
        )

    @property
    def log_odds(self):
        """The base value and all contributions, row by row: ``decision_function``."""
        return self.base_value + self.values.sum(axis=1)

    @property
    def sizes(self):
        """Mean absolute contribution of each column."""
        return abs(self.values).sum(axis=0) / max(len(self), 1)

    @property
    def order(self):
        """Positions of the columns, that of the largest mean absolute contribution first."""
        return np.argsort(-self.sizes, kind="stable")

    def text_of(self, row, column):
        """A column and what it holds in a row.

        Parameters
        ----------
        row, column : int
            Their positions.

        Returns
        -------
        str
            Such as "age = 35" or "age is missing".
        """
        value = self.data[row, column]
        is_missing = value is None or (isinstance(value, float | np.floating) and np.isnan(value))
        name = self.columns[column]
        return f"{name} is missing" if is_missing else f"{name} = {value_in_short(value)}"

    def values_of(self, column):
        """What a column holds, row by row: numbers, dates or levels; NaN, NaT, None where missing.

        Parameters
        ----------
        column : int
            Its position.

        Returns
        -------
        ndarray of shape (n_rows,)
            Of float64, of datetime64 or of objects. Those of another kind are as they are shown.
        """
        values = self.data[:, [column]]
        values = (values.toarray() if sparse.issparse(values) else values)[:, 0]
        if values.dtype != object or self.has_levels[column]:
            return values
        if any(isinstance(value, np.datetime64) for value in values):
            return values.astype("datetime64[s]")
        are_numbers = all(value is None or isinstance(value, float) for value in values)
        return values.astype(float) if are_numbers else values

    def to_frame(self):
        """The contributions as a DataFrame.

        Returns
        -------
        pandas.DataFrame
            A line a row, a column a column, with the index of X.
        """
        import pandas

        return pandas.DataFrame(self.values, self.index, self.columns)

    def to_shap(self):
        """The contributions as a ``shap.Explanation``, for ``shap.plots`` to draw.

        Returns
        -------
        shap.Explanation
            Of a raw table it holds what those can draw: dates are years, such as 2021.45, and
            levels text, "missing" where there is none.

        Raises
        ------
        ImportError
            Without shap, the extra "explain".
        """
        try:
            from shap import Explanation as Shap
        except ImportError as error:
            raise ImportError("to_shap needs shap; install it: pip install shap.") from error
        return Shap(
            self.values,
            base_values=np.full(len(self), self.base_value),
            data=np.column_stack([for_shap(self.values_of(at)) for at in range(len(self.columns))]),
            feature_names=list(self.columns),
        )

    def __str__(self):
        title, _, cells = self._table()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                text.ljust(width) if at == len(cells[0]) - 1 else text.rjust(width)
                for at, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        ]
        return "\n".join([title, *(f"  {line}" for line in lines)])

    def _repr_html_(self):
        title, names, cells = self._table()
        return f"<p>{escape(title)}</p>{html_table(names, cells)}"

    def _table(self):
        """A title, names of columns and lines of texts."""
        order, others = self.order[:SHOWN], self.order[SHOWN:]
        if len(self) == 1:
            odds, (values,), (spread,) = self.log_odds[0], self.values, self.spread
            title = (
                f"{self.pos_label}: log-odds {odds:.2f} (probability {expit(odds):.3f}), "
                f"of the background {self.base_value:.2f} ({expit(self.base_value):.3f})"
            )
            rest = f"{len(others)} other column{'s' * (len(others) > 1)}"
            texts = [*(self.text_of(0, at) for at in order), rest]
            parts = [values[at] for at in order] + [values[others].sum()]
            cells = {"contribution": [signed(part) for part in parts]}
            if self.spread.any():  # there are several networks
                cells["networks differ by"] = [f"±{spread[at]:.2f}" for at in order] + [""]
            lines = [*zip(*cells.values(), texts, strict=True)]
            return title, (*cells, "column"), lines[: len(order) + bool(len(others))]
        title = f"{self.pos_label}: mean absolute contribution to the log-odds of {len(self)} rows"
        cells = [(f"{self.sizes[at]:.2f}", self.columns[at]) for at in order]
        if len(others):
            cells.append(
                (f"{self.sizes[others].max():.2f}", f"at most, each of {len(others)} more")
            )
        return title, ("mean size", "column"), cells


def for_shap(values):
    """What a column holds, as shap draws it."""
    if values.dtype.kind == "M":
        days = (values - np.datetime64(0, "D")) / np.timedelta64(1, "D")
        return 1970 + days / DAYS_OF_A_YEAR
    if values.dtype == object:
        return np.array(["missing" if value is None else str(value) for value in values], object)
    return values


def signed(contribution):
    """With two digits; nothing is +0.00, not -0.00."""
    return f"{np.round(contribution, 2) + 0:+.2f}"


def value_in_short(value):
    """A value of the table."""
    if isinstance(value, float | np.floating):
        is_whole = value == np.rint(value) and abs(value) < LARGEST_WHOLE
        return f"{value:.0f}" if is_whole else f"{value:.6g}"
    if isinstance(value, np.datetime64):
        return str(value).removesuffix("T00:00:00").replace("T", " ")
    return shortened(str(value))


@own_arithmetic
def explain(clf, X, background=None, *, n_background=100, n_steps=2, verbose=False):
    """Say what each column of each row adds to its log-odds: integrated gradients.

        contribution of a column = mean over background rows b of the sum over its inputs j of
                                   (e_x - e_b)_j * mean of dF/de_j on the line from e_b to e_x

    F is the log-odds of the mean probability of the networks and e the inputs of their first layer:
    scaled numbers, their codes, whether they are missing, levels, target means. All inputs that are
    made of a column count for that column.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier
        Fitted.
    X : array-like, frame or sparse matrix of shape (n_rows, n_columns)
        The rows to explain.
    background : array-like, frame or sparse matrix of shape (n, n_columns), default=None
        Rows to compare them with, such as the training rows: contributions say how a row differs
        from these. By default they are those of X, and the rows are compared with one another.
    n_background : int, default=100
        If there are more rows to compare with, so many are drawn: always the same.
    n_steps : int, default=2
        Steps in which each line is cut. The sums are exact with any number; the more, the nearer
        the contributions are to integrated gradients, from which 2 differ by 1 or 2 %.
    verbose : bool, default=False
        Whether to print a line for every 1,000 rows.

    Returns
    -------
    Explanation
        Of all rows of X, in their order.

    Raises
    ------
    NotFittedError
    ValueError
        For columns that the estimator does not know, or too few rows without a background.

    Notes
    -----
    The contributions of a row and the base value add up to ``decision_function`` (completeness). A
    column on which no network depends gets 0, and so does one whose value is that of all background
    rows (sensitivity); columns that all networks treat alike get the same where they hold the same
    (symmetry). That only the function matters, not how it is computed (implementation invariance),
    holds for many steps. Between two rows the lines lead through inputs that no row has, as with
    any method that leaves one column at its value and not another.

    A contribution says what the networks made of a value, not what would happen if it changed in
    the world.

    Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks" (2017); Erion et al.,
    "Improving performance of deep learning models with axiomatic attribution priors and expected
    gradients" (2021). Differs from them in that slopes are secants of steps (Shrikumar, Greenside
    and Kundaje, "Learning important features through propagating activation differences", 2017,
    section 3.5.1) and that background rows are not drawn anew for each row.

    Examples
    --------
    >>> import numpy as np
    >>> from sknumpynet import NumpyMLPBinaryClassifier, explain
    >>> X = np.random.default_rng(0).normal(size=(400, 3))
    >>> clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, X[:, 0] - 2 * X[:, 1] > 0)
    >>> explanation = explain(clf, X[:5], background=X)
    >>> bool(abs(explanation.log_odds - clf.decision_function(X[:5])).max() < 1e-4)
    True
    >>> [explanation.columns[at] for at in explanation.order]
    ['x1', 'x0', 'x2']
    """
    check_counts(n_background=n_background, n_steps=n_steps)
    clf = as_fitted(clf)
    if len(getattr(X, "shape", "of a list")) == 1:
        raise ValueError(
            "X has one dimension; give rows of a table, of one row explain(clf, X.iloc[[3]]) or "
            "explain(clf, X[3:4])."
        )
    rows = new_rows(clf, X)
    others = rows_to_compare_with(clf, rows, background)
    chosen = np.arange(others.shape[0])
    if len(chosen) > n_background:
        chosen = np.sort(np.random.default_rng(0).choice(len(chosen), n_background, replace=False))
    stack = stack_of(clf).unfolded(np.dtype(clf.precision))
    dtype = np.result_type(rows.dtype, stack_of(clf).params.dtype)  # as decision_function has it
    judge = Background(stack, others[chosen], places_of_inputs(clf), dtype)
    check_computable("X" if background is None else "background", chosen[~judge.is_computable])
    n_rows, parts = rows.shape[0], []
    for some in batches(n_rows, BLOCK_ROWS):
        parts.append(judge.contributions(rows, np.arange(some.start, some.stop), n_steps))
        if verbose:
            print(f"explained {some.stop:,} of {n_rows:,} rows")
    values, spread = map(np.concatenate, zip(*parts, strict=True))
    check_computable("X", np.flatnonzero(~np.isfinite(values).all(axis=1)))
    return Explanation(
        values,
        float(judge.base),
        spread,
        values_of_rows(clf, rows),
        names_of_columns(clf),
        clf.classes_[1:].tolist()[0],
        [levels is not None for levels in user_columns(clf).levels],
        X.index if hasattr(X, "iloc") else np.arange(n_rows),
    )


def rows_to_compare_with(clf, rows, background):
    """The background as a table of numbers, by default the rows themselves if there are enough."""
    if background is not None:
        return new_rows(clf, background, "background")
    if rows.shape[0] < FEWEST_ROWS:
        raise ValueError(
            f"X has {rows.shape[0]} row(s), too few to be compared with one another; give "
            "rows to compare with, such as explain(clf, X, background=X_train)."
        )
    return rows


def check_computable(name, rows):
    """Raise ValueError for rows in which numbers overflow on the way."""
    if len(rows):
        raise ValueError(
            f"{name} has {len(rows)} row(s) with values so large, or networks with weights so "
            f"large, that their products are no numbers: row(s) {shortened(str(rows.tolist()))}, "
            "counted from 0; leave them out, or fit with scale_inputs='robust'."
        )

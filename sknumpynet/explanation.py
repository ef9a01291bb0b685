"""Why a row has its probability: what each column adds to the log-odds.

`explain` compares rows with those of a background, see `engine.contributions`.
"""

from dataclasses import dataclass
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
    values_of_rows,
)
from .html import html_table
from .parameters import is_int
from .validation import shortened

FEWEST_ROWS = 20  # of X to be compared with one another
BLOCK_ROWS = 1000
DAYS_OF_A_YEAR = 365.2425
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
    """

    values: np.ndarray
    base_value: float
    spread: np.ndarray
    data: np.ndarray
    columns: list
    pos_label: object

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        if is_int(rows):
            if rows not in range(-len(self), len(self)):
                raise IndexError(f"row {rows} of {len(self)}; they are counted from 0.")
            rows = slice(rows, rows + 1 or None)
        return Explanation(
            self.values[rows],
            self.base_value,
            self.spread[rows],
            self.data[rows],
            self.columns,
            self.pos_label,
        )

    @property
    def log_odds(self):
        """The base value and all contributions, row by row: ``decision_function``."""
        return self.base_value + self.values.sum(axis=1)

    @property
    def sizes(self):
        """Mean absolute contribution of each column."""
        return abs(self.values).mean(axis=0)

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
        return f"{name} is missing" if is_missing else f"{name} = {shown(value)}"

    def held(self, column):
        """What a column holds, row by row: numbers, dates or levels; NaN, NaT, None where missing.

        Parameters
        ----------
        column : int
            Its position.

        Returns
        -------
        ndarray of shape (n_rows,)
            Of float64, of datetime64 or of objects.
        """
        values = self.data[:, [column]]
        values = (values.toarray() if sparse.issparse(values) else values)[:, 0]
        kinds = {type(value) for value in values if value is not None}
        if values.dtype != object or kinds <= {float}:
            return values.astype(float)
        return values.astype("datetime64[s]") if kinds == {np.datetime64} else values

    def to_frame(self):
        """The contributions as a DataFrame.

        Returns
        -------
        pandas.DataFrame
            A line a row, a column a column.
        """
        import pandas

        return pandas.DataFrame(self.values, columns=self.columns)

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
            data=np.column_stack([for_shap(self.held(at)) for at in range(len(self.columns))]),
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
            cells = [
                (f"{values[at]:+.2f}", f"±{spread[at]:.2f}", self.text_of(0, at)) for at in order
            ]
            if len(others):
                cells.append((f"{values[others].sum():+.2f}", "", f"{len(others)} other columns"))
            return title, ("contribution", "networks differ by", "column"), cells
        title = f"{self.pos_label}: mean absolute contribution to the log-odds of {len(self)} rows"
        cells = [(f"{self.sizes[at]:.2f}", self.columns[at]) for at in order]
        if len(others):
            cells.append((f"{self.sizes[others].max():.2f}", f"at most, {len(others)} others each"))
        return title, ("mean size", "column"), cells


def for_shap(held):
    """What a column holds, as shap draws it."""
    if held.dtype.kind == "M":
        days = (held - np.datetime64(0, "D")) / np.timedelta64(1, "D")
        return 1970 + days / DAYS_OF_A_YEAR
    if held.dtype == object:
        return np.array(["missing" if value is None else str(value) for value in held], object)
    return held


def shown(value):
    """A value of the table in short."""
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, np.datetime64):
        return str(value).removesuffix("T00:00:00")
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
    rows = new_rows(clf, X)
    if background is None:
        others = rows
        if rows.shape[0] < FEWEST_ROWS:
            raise ValueError(
                f"X has {rows.shape[0]} row(s), too few to be compared with one another; give "
                "rows to compare with, such as explain(clf, X, background=X_train)."
            )
    else:
        others = new_rows(clf, background)
    stack = stack_of(clf).unfolded(np.dtype(clf.precision))
    chosen = np.arange(others.shape[0])
    if len(chosen) > n_background:
        chosen = np.sort(np.random.default_rng(0).choice(len(chosen), n_background, replace=False))
    names = names_of_columns(clf)
    judge = Background(stack, others[chosen], places_of_inputs(clf))
    n_rows, parts = rows.shape[0], []
    for some in batches(n_rows, BLOCK_ROWS):
        parts.append(judge.contributions(rows, np.arange(some.start, some.stop), n_steps))
        if verbose:
            print(f"explained {some.stop:,} of {n_rows:,} rows")
    values, spread = map(np.concatenate, zip(*parts, strict=True))
    return Explanation(
        values,
        float(judge.base),
        spread,
        values_of_rows(clf, rows),
        names,
        clf.classes_[1:].tolist()[0],
    )


def check_counts(**counts):
    """Raise ValueError for one that is no positive int."""
    for name, value in counts.items():
        if not is_int(value) or value < 1:
            raise ValueError(f"{name}={value!r} is not a positive int; give one, such as 10.")

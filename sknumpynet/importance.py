"""What each column of the table is worth: the log loss with its values permuted.

`importance` judges every row by the networks that held it out, see `engine.permutation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

import numpy as np

from .arithmetic import own_arithmetic
from .engine.permutation import permuted_losses
from .fitted import (
    as_fitted,
    judged_rows,
    names_of_columns,
    places_of_inputs,
    stack_of,
    user_columns,
)
from .html import html_table
from .likeness import cramers_v, few_values, groups_alike
from .parameters import check_counts, is_int
from .training_setup import draw_seed
from .validation import shortened

SHOWN = 20  # columns that are printed
MOST_COMPARED = 200  # columns with one another, those of the largest means
SAMPLE_ROWS = 2000  # in which they are
JUDGED_ON = {
    "out of fold": "out of fold, each row judged by the networks that held it out",
    "new rows": "judged by all networks, as rows that none of them was trained on",
}


class Alike(NamedTuple):
    """Columns that tell much the same, and what they are worth together.

    Parameters
    ----------
    columns : list of str
    association : float
        The lowest bias-corrected Cramér's V of any two of them, see `importance`.
    each, mean, std : list of float, float, float
        What the log loss gains when the values of one alone are permuted, and of all together.
    """

    columns: list
    association: float
    each: list
    mean: float
    std: float

    def __str__(self):
        return (
            f"{in_a_sentence(self.columns)} tell much the same (Cramer's V {self.association:.2f} "
            "or more), so each stands in for the others: permuted alone they are worth "
            f"{in_a_sentence([f'{mean:.4f}' for mean in self.each])}, together {self.mean:.4f} "
            f"±{self.std:.4f}."
        )


@dataclass(frozen=True, eq=False)
class Importance:
    """What the columns are worth, see `importance`. Printed, it is a list, the largest first.

    Parameters
    ----------
    mean, std : ndarray of shape (n_columns,)
        What the log loss gains when the values of a column are permuted, in nats a row: mean and
        standard deviation over the permutations.
    columns : list of str
        Names of the columns, x0, x1 and so on where they have none; then those of ``together``.
    loss : float
        Weighted mean log loss with nothing permuted.
    judged_on : {"out of fold", "new rows"}
        Which rows these are, see `importance`.
    alike : list of Alike
        Groups of columns that tell much the same.
    n_repeats : int
        Permutations.
    """

    mean: np.ndarray
    std: np.ndarray
    columns: list
    loss: float
    judged_on: str
    alike: list
    n_repeats: int

    @property
    def order(self):
        """Positions of the columns, that of the largest mean first."""
        return np.argsort(-self.mean, kind="stable")

    def to_frame(self):
        """The figures as a pandas DataFrame: a line a column, in the order of the table."""
        import pandas

        return pandas.DataFrame({"mean": self.mean, "std": self.std}, index=self.columns)

    def __str__(self):
        lines = [f"  {mean:>8} {std:>7}  {name}" for mean, std, name in self._cells()]
        return "\n".join([self._title(), *lines, *map(str, self.alike)])

    def _repr_html_(self):
        table = html_table(("gain of the loss", "deviation", "column"), self._cells())
        alike = "".join(f"<p>{escape(str(group))}</p>" for group in self.alike)
        return f"<p>{escape(self._title())}</p>{table}{alike}"

    def _title(self):
        return (
            f"Log loss {self.loss:.4f}, {JUDGED_ON[self.judged_on]}.\n"
            f"Permuting a column adds (mean and deviation of {self.n_repeats}):"
        )

    def _cells(self):
        order, others = self.order[:SHOWN], self.order[SHOWN:]
        std = [f"±{std:.4f}" if self.n_repeats > 1 else "" for std in self.std]
        cells = [(f"{self.mean[at]:.4f}", std[at], self.columns[at]) for at in order]
        if len(others):
            most = f"{self.mean[others].max():.4f}"
            cells.append((most, "at most", f"each of {len(others)} more"))
        return cells


def in_a_sentence(texts):
    """Texts in a sentence."""
    *others, last = texts
    return f"{', '.join(others)} and {last}"


@own_arithmetic
def importance(
    clf, X, y, sample_weight=None, *, groups=None, n_repeats=5, together=None, random_state=0
):
    """Say what each column is worth: the log loss that is gained when its values are permuted.

        importance of a column = mean log loss with its values permuted among the rows
                                 - mean log loss

    in nats a row. All that is made of a column goes with it: its number, its levels, its target
    means, the parts of a date. Permuting takes away what a column tells and leaves its distribution
    as it is.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier
        Fitted.
    X, y, sample_weight, groups
        As they were given to ``fit``, or of other rows, which need no groups.
    n_repeats : int, default=5
        Permutations.
    together : dict of str to list of str or int, default=None
        Columns that are permuted together, by name or position, such as
        ``{"address": ["street", "city"]}``: lines of their own, besides those of all columns.
    random_state : int, RandomState instance or None, default=0
        Determines the permutations, which are the same for all columns.

    Returns
    -------
    Importance

    Raises
    ------
    NotFittedError
    ValueError
        For columns that the estimator does not know, or labels.

    Notes
    -----
    No test set is needed. Where X, y and groups are those of the fit, in the same order, and the
    fit has left ``oof_proba_``, each row is judged by the networks that held it out, and values are
    permuted among the rows that these judge: ``judged_on`` is "out of fold", and the loss is
    ``oof_log_loss_``. Any other rows are judged by the mean probability of all networks:
    ``judged_on`` is "new rows". Training rows in another order, some of them, or those of a fit
    that has left no ``oof_proba_``, are such other rows too, and look better than new ones would.

    Losses are weighted by ``sample_weight`` times ``class_weight``, as in training; values are
    permuted whatever the weights of the rows. Of very many rows they are permuted within parts,
    drawn at random, so that no array has more than 16 million numbers: parts of 20,970 rows for all
    of the eight default networks.

    Permuting one column leaves what others tell. So groups of columns that tell much the same are
    permuted together as well, see ``alike``. These are columns any two of which have a
    bias-corrected Cramér's V (Bergsma 2013) of at least .45 in a sample of 2,000 rows: numbers are
    cut at their deciles, of levels the most frequent are taken. Two normal columns have that V
    where they correlate by .91; if both measure one thing, they are worth twice as much together as
    the sum of each alone. Only the 200 columns of the largest means are compared.

    A column is worth what the networks make of it, not what it could be worth, or does in the
    world. Values that no row has together arise when correlated columns are permuted one by one.

    Breiman, "Random forests" (2001), section 10. Differs from it in that the loss is the log loss,
    and that it is repeated.

    Examples
    --------
    >>> import numpy as np
    >>> from sknumpynet import NumpyMLPBinaryClassifier, importance
    >>> X = np.random.default_rng(0).normal(size=(400, 3))
    >>> y = X[:, 0] - 2 * X[:, 1] > 0
    >>> clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, y)
    >>> worth = importance(clf, X, y)
    >>> worth.judged_on
    'out of fold'
    >>> [worth.columns[at] for at in worth.order]
    ['x1', 'x0', 'x2']
    """
    check_counts(n_repeats=n_repeats)
    clf, seed = as_fitted(clf), draw_seed(random_state)
    names = names_of_columns(clf)
    together = checked_together(together, names, user_columns(clf).names)
    rows = judged_rows(clf, X, y, sample_weight, groups)
    if len(rows.index) < 2:
        raise ValueError(
            f"X has {len(rows.index)} row(s) of positive weight, and values are permuted among "
            "rows; give many, such as those of the fit: importance(clf, X_train, y_train)."
        )
    folded = stack_of(clf)
    stack, least = folded.unfolded(np.dtype(clf.precision)), np.finfo(rows.X.dtype).tiny
    if rows.fold is None:  # probabilities are kept from 0, as those of `out_of_fold` are by tiny
        least = np.finfo(np.result_type(rows.X.dtype, folded.params.dtype)).eps

    def gains(columns):
        about = places_of_inputs(clf), columns, n_repeats, seed, -np.log(least)
        loss, losses = permuted_losses(stack, rows, *about)
        return loss, losses.mean(axis=1) - loss, losses.std(axis=1)

    loss, mean, std = gains([[at] for at in range(len(names))] + list(together.values()))
    found, alike = alike_in(clf, rows, mean[: len(names)]), []
    if found:
        _, of_all, deviations = gains([columns for columns, _ in found])
        figures = zip(found, of_all.tolist(), deviations.tolist(), strict=True)
        alike = [
            Alike([names[at] for at in columns], V, mean[columns].tolist(), *of_both)
            for (columns, V), *of_both in figures
        ]
    judged_on = "new rows" if rows.fold is None else "out of fold"
    return Importance(mean, std, names + list(together), float(loss), judged_on, alike, n_repeats)


def checked_together(together, names, own):
    """The groups as positions of columns, by name.

    Parameters
    ----------
    together : dict or None
        As it came.
    names : list of str
        Of the columns, as they are printed.
    own : list of str or int
        As the table has them. Where columns are named by numbers, a number is a name.

    Raises
    ------
    ValueError
        For one that is no list of known columns, or is called like a column.
    """
    call = f"give lists of columns by name, such as together={{'both': {names[:2]}}}."
    if together is not None and not isinstance(together, Mapping):
        raise ValueError(f"together={shortened(repr(together))} is not a dict; {call}")
    groups, positions = {}, range(len(names))
    place_of = dict(zip(names, positions, strict=True)) | dict(zip(own, positions, strict=True))
    if not any(map(is_int, own)):
        place_of |= dict(zip(positions, positions, strict=True))
    for group, columns in (together or {}).items():
        if not isinstance(columns, list | tuple) or not columns:
            raise ValueError(f"together[{group!r}]={columns!r} is not a list of columns; {call}")
        unknown = [each for each in columns if each not in place_of]
        if unknown:
            raise ValueError(
                f"together[{group!r}] names {unknown}, which the estimator does not know among its "
                f"{len(names)} columns; {call}"
            )
        if group in names:
            raise ValueError(
                f"together names a group {group!r}, as a column is named; give it another name."
            )
        places = [place_of[each] for each in columns]
        if len(set(places)) < len(places):
            raise ValueError(f"together[{group!r}]={columns!r} names a column twice; {call}")
        groups[group] = places
    return groups


def alike_in(clf, rows, worth):
    """Groups of columns that tell much the same in a sample of rows.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier
    rows : Rows
    worth : ndarray of shape (n_columns,)
        Of many columns those that are worth most are compared.

    Returns
    -------
    list of (list of int, float)
        Positions of columns, and the lowest V of any two of them.
    """
    table = user_columns(clf)
    compared = np.sort(np.argsort(-worth, kind="stable")[:MOST_COMPARED])
    n_rows = len(rows.index)
    index = rows.index[np.random.default_rng(0).permutation(n_rows)[:SAMPLE_ROWS]]
    values = rows.X[index][:, table.place[compared]]
    values = values if isinstance(values, np.ndarray) else values.toarray()
    V = cramers_v(
        [
            few_values(column, table.levels[at] is not None)
            for at, column in zip(compared, values.T, strict=True)
        ]
    )
    groups = groups_alike(V)
    return [(compared[group].tolist(), float(V[np.ix_(group, group)].min())) for group in groups]

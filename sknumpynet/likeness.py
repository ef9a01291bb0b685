"""Columns that tell much the same: Cramér's V of their values, cut into few.

With n_ab the rows that hold value a of one column and b of another, n_a and n_b those that hold
either, and r and k the numbers of values,

    phi^2 = sum of n_ab^2 / (n_a n_b) - 1 ,   V^2 = phi^2 / min(r - 1, k - 1)

lies between 0, for columns that are independent, and 1, where one tells the other. In few rows
independent columns would be above 0, so phi^2 is lowered by (r - 1) (k - 1) / (n - 1), and r by
(r - 1)^2 / (n - 1), and k likewise. Bergsma (2013), "A bias-correction for Cramér's V and
Tschuprow's T".
"""

import numpy as np

MOST_VALUES = 10  # of a column
LEAST = 0.45  # of columns that tell much the same: normal ones that correlate by .91


def few_values(values, is_level):
    """A number from 0 on for each value: of levels, of numbers as they are, or of their tenths.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Missing ones are one value more.
    is_level : bool
        Whether they are numbers of levels, of which the most frequent are taken.
    """
    known, number, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(known) <= MOST_VALUES:
        return number
    if is_level:
        place = np.argsort(np.argsort(-counts, kind="stable"))
        return np.minimum(place, MOST_VALUES - 1)[number]
    edges = np.nanquantile(values, np.arange(1, MOST_VALUES) / MOST_VALUES)
    tenth = np.searchsorted(edges, values, side="right")
    tenth[np.isnan(values)] = MOST_VALUES
    return np.unique(tenth, return_inverse=True)[1]


def cramers_v(columns):
    """Bias-corrected Cramér's V of each pair of columns.

    Parameters
    ----------
    columns : list of ndarray of int of shape (n_rows,)
        As `few_values` gives them.

    Returns
    -------
    ndarray of shape (n_columns, n_columns)
        0 for a constant column.
    """
    n_rows, n_values = len(columns[0]), np.array([column.max() + 1 for column in columns])
    first = np.cumsum(n_values) - n_values
    holds = np.zeros((n_rows, n_values.sum()), np.float32)
    for column, start in zip(columns, first, strict=True):
        holds[np.arange(n_rows), start + column] = 1
    together = (holds.T @ holds).astype(float)
    share = together**2 / np.outer(np.diag(together), np.diag(together))
    phi = np.add.reduceat(np.add.reduceat(share, first, axis=0), first, axis=1) - 1
    free, others = n_values - 1, max(n_rows - 1, 1)
    phi = np.maximum(phi - np.outer(free, free) / others, 0)
    free = free - free**2 / others
    least = np.minimum.outer(free, free)
    return np.sqrt(phi / np.where(least > 0, least, np.inf)).clip(max=1)


def groups_alike(V, least=LEAST):
    """Groups of columns, any two of which have a V of at least that: complete linkage.

    Returns
    -------
    list of list of int
        Of two columns or more, in ascending order.
    """
    group_of = [[at] for at in range(len(V))]
    pairs = np.argwhere(np.triu(least <= V, 1))
    for a, b in pairs[np.argsort(-V[tuple(pairs.T)], kind="stable")]:
        ours, theirs = group_of[a], group_of[b]
        if ours is not theirs and V[np.ix_(ours, theirs)].min() >= least:
            ours += theirs
            for each in theirs:
                group_of[each] = ours
    return [sorted(group) for at, group in enumerate(group_of) if at == min(group) and group[1:]]

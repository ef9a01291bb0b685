"""Questions about the order of the rows: sorted by class, or in one unit and then in another."""

import numpy as np
from scipy.stats import rankdata

from ..training_setup import rows_per_step
from .random_features import correlation
from .report import Finding
from .training import afresh

N_BLOCKS, LEAP = 12, 8.0  # of the rows, for units that change; by which factor
FEWEST = 20  # rows of a block
IN_ORDER = 0.99  # correlation of the ranks of a column in a row and the row before


def has_changed_unit(evidence):
    """A number whose unit seems to change from some row on: its spread leaps."""
    table = evidence.table
    for at in np.flatnonzero(~table.is_level & table.varies):
        leap = leap_in(table.values[:, at])
        if leap:
            column, row = table.at[at], evidence.rows.index[leap[0]]
            yield Finding(
                "unit_changes",
                "error" if evidence.gain < 0.1 else "warning",
                table.name(column),
                leap[1],
                f"From about row {row:,} on, {table.name(column)} is {leap[1]:.3g} times as spread "
                "out as before, as if its unit changed.",
                step=f"bring {table.name(column)} to one unit in all rows",
            )


def leap_in(values):
    """Where the spread of a column leaps, and by which factor; None where it does not.

    Within the rows before and after, the spreads of their blocks must be alike: those of a column
    by which rows are sorted grow from block to block. A median far from 0 must leap as they do: in
    one unit values may spread more from some row on.
    """
    blocks = [block[~np.isnan(block)] for block in np.array_split(values, N_BLOCKS)]
    if min(map(len, blocks)) < FEWEST:
        return None
    quartiles = np.array([np.quantile(block, (0.25, 0.75)) for block in blocks])
    span = quartiles[:, 1] - quartiles[:, 0]
    if not span.all():
        return None
    size, middle = np.log(span), quartiles.mean(axis=1)
    for cut in range(2, N_BLOCKS - 1):
        before, after = size[:cut], size[cut:]
        leap = after.mean() - before.mean()
        is_sharp = abs(leap) > max(np.log(LEAP), 3 * (np.ptp(before) + np.ptp(after)))
        low, high = (abs(np.median(part)) for part in (middle[:cut], middle[cut:]))
        is_central = max(low / span[0], high / span[-1]) < 1
        if is_sharp and (is_central or abs(np.log(high / low) - leap) < 1):
            return cut * len(values) // N_BLOCKS, float(np.exp(leap))
    return None


def is_sorted(evidence):
    """Rows sorted by class, or by a column, in a training that takes them in the order given."""
    clf = evidence.clf
    is_stream = clf.judged_on == "stream"
    is_one_batch = rows_per_step(clf.batch_size, evidence.all_rows) >= evidence.n_rows
    if not is_stream and (clf.shuffle or is_one_batch or clf.solver == "lbfgs"):
        return
    by, falls_short = sorted_by(evidence), evidence.simple_gain > max(evidence.gain, 0) + 0.1
    if by is None or not (falls_short or (evidence.lags and leans_to_the_last(evidence))):
        return
    yield Finding(
        "rows_sorted",
        "error" if evidence.gain < 0.1 else "warning",
        by,
        evidence.gain,
        f"The rows come in order of {by or 'their labels'}, at least in long runs, and training "
        "took them as they come: while it sees rows of one kind it forgets the others. Only "
        f"{max(evidence.gain, 0):.1%} of the base rate's loss is gone.",
        {} if is_stream else afresh(clf, shuffle=True),
        "begin the stream anew with rows in random order, such as by "
        "X, y = sklearn.utils.shuffle(X, y, random_state=0)"
        if is_stream
        else "",
    )


def sorted_by(evidence):
    """The column that rows are sorted by, "" for the labels; None if they are in no order."""
    sign, share = evidence.all_rows.sign, evidence.base_rate
    by_chance = share**2 + (1 - share) ** 2
    if np.mean(sign[1:] == sign[:-1]) - by_chance > 0.5 * (1 - by_chance):
        return ""
    table = evidence.table
    for column in np.flatnonzero(~table.is_level & table.varies & ~table.has_gaps):
        values = rankdata(table.values[:, column])
        if abs(correlation(values[1:], values[:-1])) > IN_ORDER:
            return table.name(table.at[column])
    return None


def leans_to_the_last(evidence):
    """Whether predictions lean to the class that came last."""
    lean = np.average(evidence.probability - evidence.is_positive, weights=evidence.trained_weight)
    return evidence.all_rows.sign[-1] * lean > 0.1

"""Questions about the order of the rows: labels that belong to other rows, rows sorted by class.

A prediction promises a loss: its entropy, to which the loss comes where probabilities are
calibrated, in any stretch of rows sorted in whatever way. Where labels belong to other rows, the
loss is above the promise, and the ranks are those of chance.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import entr, logit
from scipy.stats import rankdata

from ..training_setup import rows_per_step
from .evidence import SHIFTS, correlation
from .report import Finding
from .training import afresh

CHANCE = 5.0  # standard errors, for what is looked for in many places
FALL = 2.6  # of a random walk that comes back to 0; one walk in 10,000 falls farther
FEWEST = 20  # rows of each class in a stretch that is judged, and outside it
N_BLOCKS, LEAP = 12, 8.0  # of the rows, for units that change; by which factor
CLOSE = 0.05  # part of the rows by which the end of a stretch may miss the first or the last
IN_ORDER = 0.99  # correlation of the ranks of a column in a row and the row before


class Stretch(NamedTuple):
    """Consecutive rows of the sample, and how well their labels are told there and elsewhere.

    Parameters
    ----------
    rows : slice
    name : str
        In row numbers of the table, from 0.
    ranks, ranks_elsewhere : float
        AUC: 0.5 is chance.
    by_chance : float
        Standard error of the two together.
    loss, prior : float
        Log loss, and that of the stretch's own base rate.
    promise, promise_elsewhere : float
        How far the entropy of the predictions is below the loss of the base rate.
    """

    rows: slice
    name: str
    ranks: float
    ranks_elsewhere: float
    by_chance: float
    loss: float
    prior: float
    promise: float
    promise_elsewhere: float


def has_misplaced_labels(evidence):
    """A stretch of rows whose labels are those of other rows, or of the other class."""
    rows = worst_stretch(evidence)
    stretch = judged(evidence, rows) if rows else None
    if stretch is None or not is_broken(stretch):
        return
    shift = slip_in(evidence, stretch)
    if shift is not None:
        yield shifted(evidence, *shift, stretch)
        return
    is_turned = stretch.ranks < 0.5 - max(0.15, CHANCE * stretch.by_chance)
    why, step = (
        ("the two classes are exchanged there", f"exchange the two labels {stretch.name}")
        if is_turned
        else (
            "labels there belong to other rows, as of a join that lost its place",
            f"join X and y again by a key that both have, or leave out the rows {stretch.name}",
        )
    )
    yield Finding(
        "labels_misplaced",
        "error",
        stretch.name,
        stretch.ranks,
        f"{stretch.name.capitalize()}, the log loss is {stretch.loss:.3g}, above the base rate's "
        f"{stretch.prior:.3g}, and predictions rank the labels at an AUC of {stretch.ranks:.2f}, "
        f"elsewhere of {stretch.ranks_elsewhere:.2f}: {why}.",
        step=step,
    )


def worst_stretch(evidence):
    """The rows of the sample in which predictions fall short most, if not by chance; or None.

    What the labels exceed the promised loss by is summed up along the rows, less its mean. Where
    this walk falls farthest, the loss is highest.
    """
    p = kept_from_ends(evidence.probability)
    kept = (evidence.is_positive - p) * logit(p)  # entropy less log loss
    walk = np.append(0, np.cumsum(kept - kept.mean()))
    n_rows, size = len(p), kept.std() * np.sqrt(len(p))
    highest = np.maximum.accumulate(walk)
    stop = int(np.argmax(highest - walk))
    if not highest[stop] - walk[stop] > FALL * size:
        return None
    start = int(np.argmax(walk[: stop + 1]))
    start = start if start > CLOSE * n_rows else 0
    return slice(start, stop if stop < (1 - CLOSE) * n_rows else n_rows)


def judged(evidence, rows):
    """A `Stretch` of these rows; None if it, or what is outside it, has too few of a class."""
    is_in, is_positive = np.zeros(len(evidence.is_positive), bool), evidence.is_positive
    is_in[rows] = True
    counts = np.array(
        [np.sum(of & who) for of in (is_in, ~is_in) for who in (is_positive, ~is_positive)]
    )
    if counts.min() < FEWEST:
        return None
    p, labels = kept_from_ends(evidence.probability), is_positive[is_in]
    prior, promise = promised(p[is_in], labels)
    return Stretch(
        rows,
        name_of(evidence, rows),
        area(p[is_in], labels),
        area(p[~is_in], is_positive[~is_in]),
        np.sqrt((1 / counts).sum() / 12),
        -np.log(np.where(labels, p[is_in], 1 - p[is_in])).mean(),
        prior,
        promise,
        promised(p[~is_in], is_positive[~is_in])[1],
    )


def kept_from_ends(p):
    """Probabilities whose logarithms are numbers, in float64."""
    return p.astype(np.float64).clip(1e-6, 1 - 1e-6)


def promised(p, is_positive):
    """The loss of the base rate, and how far below it the entropy of predictions is."""
    rate = is_positive.mean()
    prior = entr(rate) + entr(1 - rate)
    return prior, prior - (entr(p) + entr(1 - p)).mean()


def is_broken(stretch):
    """Whether predictions promise as much in a stretch as elsewhere, and keep it only elsewhere.

    Where the labels cannot be told, but are those of the rows, predictions promise little.
    """
    lead = stretch.ranks_elsewhere - stretch.ranks
    return (
        stretch.ranks < 0.5 + max(0.05, 3 * stretch.by_chance)
        and lead > max(0.15, CHANCE * stretch.by_chance)
        and stretch.promise > 0.5 * stretch.promise_elsewhere
        and stretch.loss - stretch.prior > max(0.4 * stretch.promise, 0)
    )


def slip_in(evidence, stretch):
    """The shift at which a stretch's labels go with its predictions, and both AUC; or None."""
    some, found = evidence.rows.take(stretch.rows), []
    for shift in SHIFTS[1:-1]:
        sign = evidence.signs_of_others(some, shift)
        found.append((area(evidence.probability[stretch.rows], sign > 0), shift))
    ranks, shift = max(found, key=lambda pair: pair[0])
    least = max((0.5 + stretch.ranks_elsewhere) / 2, 0.5 + CHANCE * stretch.by_chance)
    return (shift, ranks, stretch.ranks) if ranks > least else None


def has_shifted_labels(evidence):
    """Labels that the columns tell only if they are read some rows further on, or backwards."""
    if evidence.gain > 0.1:
        return
    told = evidence.told_by_columns
    shift = max(told, key=told.get)
    by_chance = CHANCE / np.sqrt(len(evidence.few_positions))
    is_clear = told[shift] > max(0.25, by_chance) and told[shift] - max(told[0], 0) > 0.15
    if is_clear and not is_earlier_label(evidence, shift):
        yield shifted(evidence, shift, told[shift], told[0])


def has_turned_labels(evidence):
    """Labels that the columns tell only if the classes are exchanged from some row on."""
    if evidence.gain > 0.1:
        return
    told, as_given = evidence.told_if_turned, max(evidence.told_by_columns[0], 0)
    part = max(told, key=told.get)
    by_chance = CHANCE / np.sqrt(len(evidence.few_positions))
    if told[part] > max(0.25, by_chance) and told[part] - as_given > 0.15:
        row = row_number(evidence, part)
        yield Finding(
            "labels_misplaced",
            "error",
            f"from about row {row:,}",
            told[part],
            f"From about row {row:,} on, the two classes are exchanged: with the labels turned "
            f"there the columns tell them (correlation with a simple model's prediction "
            f"{told[part]:.2f}), as given they do not ({as_given:.2f}).",
            step=f"look at how labels were written from about row {row:,} on, and exchange them",
        )


def has_one_sound_part(evidence):
    """Labels that the columns tell in one part of the rows, and in no other."""
    if evidence.gain > 0.1:
        return
    told, n_rows = np.array(evidence.told_by_part).T
    best = int(np.nanargmax(np.append(told, -1.0)))
    others = np.delete(told, best) if best < len(told) else told
    if best == len(told) or not (told[best] > max(0.4, CHANCE / np.sqrt(n_rows[best]))):
        return
    if np.isnan(others).any() or not (others < told[best] / 3).all():
        return
    first, last = (row_number(evidence, at / len(told)) for at in (best, best + 1))
    yield Finding(
        "labels_misplaced",
        "error",
        f"outside of rows {first:,} to {last:,}",
        told[best],
        f"Within the rows {first:,} to {last:,} the columns tell the labels (correlation with a "
        f"simple model's prediction {told[best]:.2f}), elsewhere they do not (at most "
        f"{others.max():.2f}): labels there belong to other rows, as of a join that lost its "
        "place.",
        step="join X and y again by a key that both have, or leave those rows out",
    )


def row_number(evidence, part):
    """The number, in the table, of the row before which this part of the rows lies."""
    index = evidence.all_rows.index  # rows without weight are not among them
    return index[min(int(part * len(index)), len(index) - 1)]


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


def is_earlier_label(evidence, shift):
    """Whether a column holds the labels of these other rows, as a lag of a time series does."""
    labels = evidence.signs_of_others(evidence.few, shift)
    labels = np.nan_to_num(labels - np.nanmean(labels))
    inputs = evidence.linear_inputs - evidence.linear_inputs.mean(axis=0)
    length = np.sqrt(np.square(inputs).sum(axis=0) * np.square(labels).sum())
    return (abs(labels @ inputs) > 0.9 * np.maximum(length, 1e-300)).any()


def shifted(evidence, shift, figure, as_given, stretch=None):
    """The finding that labels belong to rows some places off."""
    rows = "X.iloc" if evidence.container == "pandas" else "X"
    if shift == "reversed":
        where, line = "from the last row to the first", "y = numpy.asarray(y)[::-1]"
    else:
        size = abs(shift)
        where = f"{size} row{'s' * (size > 1)} {'below' if shift > 0 else 'above'}"
        above, below = f"[:-{size}]", f"[{size}:]"
        of_X, of_y = (above, below) if shift > 0 else (below, above)
        line = f"X, y = {rows}{of_X}, numpy.asarray(y){of_y}"
    whose = f"the rows {stretch.name}" if stretch else "the rows"
    measure = (
        "AUC of the predictions" if stretch else "correlation with a simple model's prediction"
    )
    return Finding(
        "labels_shifted",
        "error",
        stretch.name if stretch else "",
        figure,
        f"The labels of {whose} are told by the columns if they are read {where} "
        f"({measure}: {figure:.2f}), and not as they are given ({as_given:.2f}): they slipped.",
        step=f"give {whose} their own labels, by {line}"
        + (" of those rows, or join X and y again by a key" if stretch else ""),
    )


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


def area(p, is_positive):
    """Area under the ROC curve: how often a positive row has the higher probability."""
    n_positive = np.count_nonzero(is_positive)
    n_pairs = n_positive * (len(p) - n_positive)
    above = rankdata(p)[is_positive].sum() - n_positive * (n_positive + 1) / 2
    return above / n_pairs if n_pairs else 0.5


def name_of(evidence, rows):
    """A stretch in words, by row numbers of the table, which count from 0."""
    index, n_rows = evidence.rows.index, len(evidence.rows.index)
    first, last = index[rows.start], index[rows.stop - 1]
    if rows.stop == n_rows:
        return f"from row {first:,} to the last"
    return f"from {'the first row' if rows.start == 0 else f'row {first:,}'} to row {last:,}"

"""Questions about labels that belong to other rows.

A prediction promises a loss: its entropy, to which the loss comes where probabilities are
calibrated, in any stretch of rows sorted in whatever way. Where labels belong to other rows, the
loss is above the promise, and the ranks are those of chance.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import entr, logit

from .evidence import SHIFTS
from .leaks import auc_of
from .random_features import FEWEST_FOLDED, told_by
from .report import Finding

CHANCE = 5.0  # standard errors, for what is looked for in many places
FALL = 2.6  # of a random walk that comes back to 0; one walk in 10,000 falls farther
FEWEST = 20  # rows of each class in a stretch that is judged, and outside it
CLOSE = 0.05  # part of the rows by which the end of a stretch may miss the first or the last
TURNS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # parts of the rows from which classes are exchanged
N_PARTS = 5  # of the rows, each asked alone


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
        auc_of(p[is_in], labels),
        auc_of(p[~is_in], is_positive[~is_in]),
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
        found.append((auc_of(evidence.probability[stretch.rows], sign > 0), shift))
    ranks, shift = max(found, key=lambda pair: pair[0])
    least = max((0.5 + stretch.ranks_elsewhere) / 2, 0.5 + CHANCE * stretch.by_chance)
    return (shift, ranks, stretch.ranks) if ranks > least else None


def has_shifted_labels(evidence):
    """Labels that the columns tell only if they are read some rows further on, or backwards."""
    if evidence.gain > 0.1:
        return
    told = evidence.told_by_columns
    shift = max(told, key=told.get)
    if is_told(evidence, told[shift]) and not is_earlier_label(evidence, shift):
        yield shifted(evidence, shift, told[shift], told[0])


def has_turned_labels(evidence):
    """Labels that the columns tell only if the classes are exchanged from some row on."""
    if evidence.gain > 0.1:
        return
    told, as_given = told_if_turned(evidence), evidence.told_by_columns[0]
    part = max(told, key=told.get)
    if is_told(evidence, told[part]):
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


def is_told(evidence, told):
    """Whether a simple model tells labels that were changed so, and not as they are given."""
    by_chance = CHANCE / np.sqrt(len(evidence.few_positions))
    return told > max(0.25, by_chance) and told - max(evidence.told_by_columns[0], 0) > 0.15


def place_of_few(evidence):
    """Where each of the few rows stands among all, from 0 to 1."""
    return np.searchsorted(evidence.all_rows.index, evidence.few.index) / evidence.n_rows


def told_if_turned(evidence):
    """What the columns tell of labels whose classes are exchanged from a part of the rows on."""
    place, sign = place_of_few(evidence), evidence.few.sign
    labels = {part: np.where(place < part, sign, -sign) for part in TURNS}
    return told_by(evidence.linear_inputs, labels)


def told_by_part(evidence):
    """What the columns tell within each part of the rows alone, and how many rows those are.

    NaN where a part has few rows of a class.
    """
    parts = (place_of_few(evidence) * N_PARTS).astype(int)
    for part in range(N_PARTS):
        rows = np.flatnonzero(parts == part)
        sign = evidence.few.sign[rows]
        if min(np.sum(sign > 0), np.sum(sign < 0)) < FEWEST_FOLDED // 2:
            yield np.nan, len(rows)
        else:
            yield told_by(evidence.linear_inputs[rows], {part: sign})[part], len(rows)


def has_one_sound_part(evidence):
    """Labels that the columns tell in one part of the rows, and in no other."""
    if evidence.gain > 0.1:
        return
    told, n_rows = np.array([*told_by_part(evidence)]).T
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


def name_of(evidence, rows):
    """A stretch in words, by row numbers of the table, which count from 0."""
    index, n_rows = evidence.rows.index, len(evidence.rows.index)
    first, last = index[rows.start], index[rows.stop - 1]
    if rows.stop == n_rows:
        return f"from row {first:,} to the last"
    return f"from {'the first row' if rows.start == 0 else f'row {first:,}'} to row {last:,}"

"""Questions about the rows of training: their units, whether these are they, what judged them."""

import numpy as np

from ..engine.inputs.scaling import learn_scaling
from ..engine.losses import LOSSES
from ..engine.prediction import predict_logits
from ..fitted import is_as_trained, stack_of
from .report import Finding

FAR = 10.0  # spreads of a column: its median now, from the center of its scaling
WIDE, NARROW = 5.0, 0.3  # median distance from the median, and range, in spreads of its scaling
SCREENED = 500  # rows in which columns are looked at, before all rows of suspects are
FEWEST_VALUES = 10  # of a column; fewer say nothing of its unit
SURE = 5.0  # standard errors
LEARNT = 0.9  # of the base rate's loss, below which training ended well
SAME = 1e-5  # by how much, relatively, a loss computed in float32 may differ from itself
COMPARED = 3  # networks; so many must agree that the first or last rows are the validation rows


def are_unfamiliar(evidence):
    """Rows in other units than those of training, or otherwise not those of training."""
    columns = moved_columns(evidence)
    yield from other_units(evidence, columns) if columns else other_rows(evidence)


def other_units(evidence, columns):
    """Columns that were scaled as if they were in another unit."""
    scaling = stack_of(evidence.clf).encoding.scaling
    clf, table = evidence.clf, evidence.table
    if clf.judged_on == "stream":
        who = "the stream was begun with rows in other units or of another time"
        params, step = {}, "begin the stream anew, with a first piece that is like all later ones"
    elif clf.warm_start:
        who = "the networks were begun on rows in other units, and keep the scaling of those"
        params, step = {"warm_start": False}, ""
    else:
        who = "the rows given now are in other units than those of fit"
        params, step = {}, "give the rows of fit, or rows in their units"
    name, (at, now) = table.name(columns[0]), (table.place[columns[0]], table.whole(columns[0]))
    center = 0.0 if scaling.center is None else scaling.center[at]
    yield Finding(
        "other_units",
        "error" if evidence.lags or is_ruined(evidence) else "warning",
        table.listed(columns),
        len(columns),
        f"{name} is scaled as if its values were about {center:.3g}, give or take "
        f"{1 / scaling.factor[at]:.3g}, but they lie between {np.fmin.reduce(now):.3g} and "
        f"{np.fmax.reduce(now):.3g}, half of them below {np.nanmedian(now):.3g}"
        + (f", and {len(columns) - 1:,} column(s) more are like it" if len(columns) > 1 else "")
        + f": {who}.",
        params,
        step,
    )


def is_ruined(evidence):
    """Whether the networks are worse than the base rate on the rows given now."""
    return evidence.training_loss.mean() > evidence.prior_loss


def moved_columns(evidence):
    """The user's columns that lie far from where their scaling has them, in all rows."""
    table, scaling = evidence.table, stack_of(evidence.clf).encoding.scaling
    is_number = np.array([kind == "number" for kind in table.kinds]) & ~table.of_levels
    (some,) = np.nonzero(is_number[table.at] & table.varies)
    if scaling.factor is None or not len(some):
        return []
    columns = table.at[some]
    values = table.values[np.ix_(evidence.few_positions[:SCREENED], some)]
    suspects = columns[is_moved(values, scaling.at(table.place[columns]))]
    return [column for column in suspects.tolist() if is_moved_for_sure(evidence, column)]


def is_moved(values, scaling):
    """Whether each of several columns lies far from the center of its scaling, or is far wider.

    Or far narrower; but after a stream a column that was constant in its first piece has the
    factor 1, which says nothing.
    """
    factor, center = scaling.factor, 0 if scaling.center is None else scaling.center
    scaled = (values - center) * factor
    middle = median_of_known(scaled)
    distance = median_of_known(abs(scaled - middle))
    extent = np.fmax.reduce(scaled) - np.fmin.reduce(scaled)
    is_narrow = (extent < NARROW) & (factor != 1)
    return (factor > 0) & ((abs(middle) > FAR) | (distance > WIDE) | is_narrow)


def is_moved_for_sure(evidence, column):
    """Whether a column is far from its scaling in all rows, which teach quite another one."""
    rows, table = evidence.all_rows, evidence.table
    values, place = table.whole(column), table.place[[column]]
    then = stack_of(evidence.clf).encoding.scaling.at(place)
    if not is_moved(values[:, np.newaxis], then)[0] or len(np.unique(values)) < FEWEST_VALUES:
        return False
    now = learn_scaling(evidence.clf.scale_inputs, rows.X[:, place], rows.index, rows.weight)
    ratio = then.factor[0] / now.factor[0] if now.factor[0] else 0.0
    center = 0 if then.center is None else then.center[0]
    offset = abs(now.center[0] - center) * then.factor[0]
    return bool(offset > FAR or not 1 / WIDE < ratio < WIDE)


def median_of_known(values):
    """The median of each column's values that are not missing; NaN where all are."""
    values = np.sort(values, axis=0)  # NaN last
    n_known = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    return values[n_known // 2, np.arange(values.shape[1])]


def other_rows(evidence):
    """The networks are far worse on these rows than they were in training."""
    clf, prior = evidence.clf, evidence.prior_loss
    if clf.judged_on == "stream" or not is_as_trained(clf):
        return
    loss = losses_of_few(evidence)
    now = np.average(loss, weights=evidence.trained_weight[evidence.few_positions])
    ended = loss_at_end(evidence)
    is_far = now - ended > 0.1 * prior + SURE * np.sqrt(2) * error_of_mean(evidence, loss)
    if not (is_far and ended < LEARNT * prior):  # wild networks may be worse on rows of theirs
        return
    n_then = clf.t_ // max(clf.n_iter_, 1)
    is_fresh = len(clf.loss_curve_) == clf.n_iter_
    how_many = f", which were {n_then:,}," if is_fresh and n_then != evidence.n_rows else ""
    yield Finding(
        "other_rows",
        "error",
        "",
        now,
        f"On these {evidence.n_rows:,} rows the networks have a loss of {now:.3g}, and ended "
        f"training with {ended:.3g}: these are not the rows of training{how_many} or not their "
        "labels, and what training says of itself does not hold for them.",
        step="give the rows and labels that fit was given; if they are new rows, they come from "
        "another source or time: train on such rows too",
    )


def losses_of_few(evidence):
    """The training loss of a few rows without penalty, mean over the networks."""
    clf, value = evidence.clf, np.empty(evidence.passed.logits.shape)
    against = (-evidence.passed.logits * evidence.few.sign).astype(np.float64)
    name = "log_loss" if clf.judged_on == "held out" else clf.loss
    smoothing = 0.0 if clf.judged_on == "held out" else clf.label_smoothing
    LOSSES[name].value(against, smoothing, value)
    return value.mean(axis=0)


def loss_at_end(evidence):
    """Loss on held-out rows, else training loss of the epochs kept; the mean over the networks.

    Of validation rows given to fit nobody knows how they relate to the training rows. The training
    loss is measured before each step, so the epoch after the one kept counts as well.
    """
    if evidence.clf.judged_on == "held out":
        return evidence.judged_loss if evidence.judged_loss is not None else np.nan
    curve, best = evidence.loss_curve, np.atleast_1d(evidence.clf.best_iter_)
    networks, last = np.arange(curve.shape[1]), len(curve) - 1
    around = [curve[(best - 1 + at).clip(0, last), networks] for at in (0, 1)]
    return np.where(best > 0, np.fmax(*around), np.nan).mean()


def error_of_mean(evidence, loss):
    """Standard error of the weighted mean loss of a few rows."""
    weight = evidence.trained_weight[evidence.few_positions]
    return loss.std() * np.sqrt(np.square(weight / weight.sum()).sum())


def has_trained_on_validation(evidence):
    """The validation rows given to fit are the training rows, or the first or last of them."""
    if evidence.clf.judged_on != "given" or evidence.judged_loss is None:
        return
    best = validation_loss_kept(evidence)
    if not np.isfinite(best).all() or best.mean() > 2 * evidence.training_loss.mean() + SAME:
        return
    which = rows_of_loss(evidence, best)
    if which is None:
        return
    yield Finding(
        "validation_is_training",
        "warning",
        "",
        best.mean(),
        f"The validation loss, {best.mean():.4g}, is to the last digit the loss on {which} "
        "given now: the validation rows are training rows. They cannot tell when to stop, and what "
        "they say of new rows is too good.",
        step="leave X_val out, then every network holds out rows of its own; or give rows as "
        "X_val that are not in X",
    )


def validation_loss_kept(evidence):
    """The validation loss of each network's epoch kept; NaN if none was."""
    curve, best = evidence.validation_curve, np.atleast_1d(evidence.clf.best_iter_)
    kept = curve[(best - 1).clip(0, len(curve) - 1), np.arange(curve.shape[1])]
    return np.where(best > 0, kept, np.nan)


def rows_of_loss(evidence, loss):
    """Which rows have this loss by each network: all, the first or the last; None if none have."""
    rows, stack, loss = evidence.all_rows, evidence.stack, loss[:COMPARED, np.newaxis]
    logits = predict_logits(stack.with_params(stack.params[:COMPARED]), rows.X, rows.index)
    of_row = np.logaddexp(0, -logits * rows.sign).astype(np.float64)
    for weight in (rows.weight, np.ones(len(rows.weight))):
        for which, turn in (("first", 1), ("last", -1)):
            total, size = (of_row * weight)[:, ::turn].cumsum(axis=1), weight[::turn].cumsum()
            is_same = (abs(total / size - loss) < SAME * loss + 1e-9).all(axis=0)
            if is_same[-1]:
                return f"the {len(weight):,} rows"
            if is_same.any() and len(loss) == COMPARED:
                return f"the {which} {np.flatnonzero(is_same)[-1] + 1:,} of the rows"
    return None


def has_other_validation(evidence):
    """The validation rows given to fit are unlike the training rows from the first epochs on."""
    clf, prior, gain = evidence.clf, evidence.prior_loss, evidence.gain
    if clf.judged_on != "given" or evidence.judged_loss is None:
        return
    now = evidence.training_loss.mean()
    gap, begun = evidence.judged_loss - now, evidence.validation_curve[0] - evidence.loss_curve[0]
    is_early = gap > 0.35 * prior and np.median(begun) > 0.2 * prior
    is_useless = gain < 0.03 and gap > 0.2 * prior
    # Noise is learnt by heart, but a simple model does not tell its labels out of fold.
    if not ((is_early or is_useless) and evidence.simple_gain > max(gain, 0) + 0.1):
        return
    yield Finding(
        "validation_differs",
        "error" if gain < 0.1 else "warning",
        "",
        gap,
        f"The log loss is {evidence.judged_loss:.3g} on the validation rows given to fit, and "
        f"{now:.3g} on the training rows; the base rate has {prior:.3g}. What can be told of the "
        "training rows does not hold for these: their columns, units or labels differ.",
        step="compare X_val and y_val with X and y, column by column; leave them out, or split "
        "them off by train_test_split",
    )

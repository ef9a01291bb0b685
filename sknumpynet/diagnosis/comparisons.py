"""Questions that trials answer where no symptom does.

A fresh fit, a stream in random order, codes as levels, more units: what learns more than the
estimator did says what stood in its way. What is behind the defaults, the base rate or a logistic
regression, and has no known cause, is said to be so.
"""

import numpy as np

from ..parameters import plain
from .report import Finding
from .settings import helps
from .training import afresh
from .trials import MARGIN, N_ERRORS, NETWORKS, PART, severity_of

LARGER = {"hidden_layer_sizes": (256, 256)}
FINER = {"numeric_bins": 32}
MOST_CODES = 4  # columns that may hold codes and are tried one by one
CLOSE = 0.9  # of what the defaults take off the base rate's loss; less is worth a note


def was_begun_badly(evidence):
    """A fresh fit with the same parameters learns much more."""
    trials, clf = evidence.trials, evidence.clf
    if trials is None or trials.is_stream:
        return
    if not trials.as_set.beats(trials.own):
        return
    params = {"warm_start": False} if clf.warm_start else {}
    if not params and clf.n_estimators < NETWORKS:
        params = {"n_estimators": "auto"}
        if "hidden_layer_sizes" in trials.changed:
            params["hidden_layer_sizes"] = trials.defaults["hidden_layer_sizes"]
    after = trials.run(params)
    yield Finding(
        "unlucky_start",
        severity_of(trials.own, after),
        "",
        after.loss,
        "Fitted anew with the same parameters it learns more: what holds it back is not in the "
        "parameters alone, but in how its networks began or in what they were shown.",
        params,
        "call fit again, with another random_state",
        trials.told(after, trials.own),
    )


def has_streamed_badly(evidence):
    """A fit learns much more than the stream did; perhaps a stream in random order would, too."""
    trials = evidence.trials
    if trials is None or not trials.is_stream:
        return
    after = trials.best
    if not after.beats(trials.own):
        return
    severity = severity_of(trials.own, after)
    if helps(trials.as_set, trials.own, after):
        code, after = "rows_sorted", trials.as_set
        sentence = (
            "A stream of as many rows in random order learns: pieces came in an order that made "
            "the networks forget, or began with rows unlike the others."
        )
        step = (
            "shuffle the rows before they are cut into pieces, X, y = sklearn.utils.shuffle(X, y)"
        )
    else:
        code = "stopped_too_early"
        sentence = (
            "A fit to the same rows learns, and a stream of as many pieces does not, in random "
            "order either: each step of partial_fit is small, and there were too few."
        )
        step = "pass over the rows several times by partial_fit, or call fit on all of them"
    yield Finding(
        code, severity, "", after.loss, sentence, {}, step, trials.told(after, trials.own)
    )


def needs_more(evidence):
    """Larger layers or finer bins learn where the defaults do not."""
    trials = evidence.trials
    if trials is None or trials.is_stream or trials.own.gain > 0.1 or trials.default.gain > 0.1:
        return
    defaults = {name: trials.defaults[name] for name in trials.changed}
    for more in filter(trials.is_affordable, (LARGER, FINER)):
        after = trials.run(defaults | more)
        if after.beats(trials.own):
            yield Finding(
                "too_few_units",
                "error",
                "",
                after.loss,
                "What tells the classes apart is finer than these units can follow: more of them "
                "learn it.",
                afresh(evidence.clf, **(defaults | more)),
                tried=trials.told(after, trials.own),
            )
            return


def has_codes_as_numbers(evidence):
    """Whole numbers that are the names of levels: told apart as levels, they tell the label."""
    trials, table = evidence.trials, evidence.table
    if trials is None or trials.is_stream:
        return
    at = trials.rows.like_codes()
    if len(at) > 1 and len(at) <= MOST_CODES:
        at = [one for one in at if trials.with_levels([one]).beats(trials.best, part=1.0)]
    if not at:
        return
    after = trials.with_levels(at)
    if not after.beats(trials.own) or not after.beats(trials.best):
        return
    codes = table.columns_at(at)
    chosen = sorted({*np.flatnonzero(table.of_levels), *codes})
    columns = [plain(table.names[column]) for column in chosen]
    yield Finding(
        "codes_as_numbers",
        severity_of(trials.own, after),
        table.listed(codes),
        after.loss,
        f"{table.listed(codes)} hold whole numbers that repeat, and tell more of the labels if "
        "each is a level of its own: they are codes, whose order means little.",
        afresh(evidence.clf, categorical_features=columns),
        tried=trials.told(after, trials.own),
    )


def is_behind_the_defaults(evidence):
    """Learns well, and a fit with the defaults learns more."""
    trials = evidence.trials
    if trials is None or trials.is_stream or not trials.default.beats(trials.own, part=CLOSE):
        return
    yield Finding(
        "defaults_learn_more",
        "note",
        ", ".join(trials.changed),
        trials.default.loss,
        f"It learns, but with the defaults of {', '.join(trials.changed) or 'all parameters'} "
        "there is more to learn.",
        step="compare it with NumpyMLPBinaryClassifier()",
        tried=trials.told(trials.default, trials.own),
    )


def is_unexplained(evidence):
    """Far behind what can be learnt, or behind the base rate, and no cause was found."""
    behind = list(what_is_ahead(evidence))
    if not behind:
        return
    ruled_out = "" if evidence.trials is None else ruled_out_by(evidence.trials)
    yield Finding(
        "unexplained",
        "error",
        "",
        evidence.loss,
        f"Its log loss is {evidence.loss:.3f}: {', and '.join(behind)}. No cause was found."
        + ruled_out,
        step="call diagnose with trials=True"
        if not evidence.may_try
        else "give more rows, or columns that have to do with the labels; look at the rows of the "
        "highest losses",
    )


def what_is_ahead(evidence):
    """What does better on these rows, in words."""
    prior, error, trials = evidence.prior_loss, evidence.gained_by_row[1], evidence.trials
    if trials is not None and trials.fails:
        yield (
            f"on {len(trials.rows):,} rows a fit with the defaults has {trials.best.loss:.3f} "
            f"where this one has {trials.own.loss:.3f}"
        )
    elif trials is not None and trials.as_set.beats(trials.base_rate):
        return  # one network alone is judged by so few rows that its own loss tells little
    if not evidence.loss <= prior - N_ERRORS * error:  # nor is NaN cleared
        yield f"the base rate alone has {prior:.3f}, which is no worse, as far as the rows can tell"
    linear_gain = 1 - evidence.linear_loss / prior
    is_behind = evidence.gain < PART * linear_gain - 3 * error / prior
    if is_behind and linear_gain > MARGIN:
        yield f"a logistic regression has {evidence.linear_loss:.3f}"


def ruled_out_by(trials):
    """What was tried without success, in words."""
    whats = [trial.what for trial in trials.made[1:] if not trial.beats(trials.own)]
    return f" Tried, and no better: {'; '.join(whats)}." if whats else ""

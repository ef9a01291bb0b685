"""What trials make of findings: remedies that help stay, and what nobody explains is said as such.

A finding's remedy is tried where it is a change of parameters. The last questions are asked if no
other error was found: `diagnose` must never clear what has not learnt what can be learnt.
"""

from dataclasses import replace

import numpy as np

from ..fitted import is_as_trained
from ..parameters import plain
from .report import Finding
from .settings import helps
from .training import FIT_AGAIN, afresh
from .trials import MARGIN, N_ERRORS, NETWORKS, PART, severity_of, worse_of

SLIGHT = {"margin": 0.01, "part": 1.0}  # what a remedy must bring a fit that has not failed
ABOUT_THE_COURSE = (
    "stopped_too_early", "other_units", "rows_sorted", "validation_differs", "symmetric_units",
    "saturated_units", "similar_units",
)  # fmt: skip
ABOUT_SETTINGS = (  # with which a fresh fit would not learn, either
    "rate_too_high", "rate_too_low", "stopped_too_early", "penalty_too_strong",
    "hidden_layers_idle", "inputs_not_scaled", "outlier_squeezes",
)  # fmt: skip
EFFECTS = ("constant_prediction", "uncalibrated")  # of whatever holds training back
SIMPLER = ("no_better_than_linear", "overfitting")  # notes that need no better loss
LARGER = {"hidden_layer_sizes": (256, 256)}
FINER = {"numeric_bins": 32}
MOST_CODES = 4  # columns that may hold codes and are tried one by one
CLOSE = 0.9  # of what the defaults take off the base rate's loss; less is worth a note


def tried(evidence, findings):
    """The findings, each with what its remedy brought; without those of no use."""
    for finding in findings:
        params = finding.params.keys() & evidence.trials.defaults.keys()
        if not params:
            yield from with_fresh_fit(evidence, finding)
        elif finding.severity == "note":
            yield from tried_on_note(evidence, finding)
        else:
            yield from tried_on_failure(evidence, finding)


def with_fresh_fit(evidence, finding):
    """A finding about how training went, with what a fresh fit to these rows brings.

    Others have nothing that can be tried. Training that was broken off, and would bring no more, is
    no finding.
    """
    trials = evidence.trials
    if finding.code not in ABOUT_THE_COURSE:
        yield finding
    elif trials.as_set.beats(trials.own):
        yield replace(
            finding,
            severity=severity_of(trials.own, trials.as_set),
            params=afresh(evidence.clf),
            tried=told(evidence, trials.as_set, trials.own),
        )
    elif finding.code != "stopped_too_early" or trials.fails:
        yield finding


def tried_on_note(evidence, finding):
    """A note, if its remedy is of use, or leads to a simpler model that is no worse."""
    trials = evidence.trials
    if finding.code == "overfitting" and trials.is_in_sample:
        yield finding
        return
    after, before = trials.run(finding.params), trials.as_set
    is_simpler = finding.code in SIMPLER and not before.beats(after, **SLIGHT)
    if is_simpler or after.beats(before, **SLIGHT):
        yield replace(finding, tried=told(evidence, after, before))


def told_better(findings):
    """The findings without what another says better.

    That is a setting that an error about the networks themselves names as well, and effects of
    an error whose remedy helps.
    """
    if any(finding.severity == "error" and finding.tried for finding in findings):
        findings = [finding for finding in findings if finding.code not in EFFECTS]
    errors = [finding for finding in findings if finding.severity == "error"]
    for finding in findings:
        names = named_by(finding)
        is_rate = finding.code in ("rate_too_low", "rate_too_high") and names == {"solver"}
        others = [named_by(error) for error in errors if error.code != finding.code]
        is_general = is_rate or finding.code == "unsuitable_setting"
        if not (is_general and any(names <= more for more in others)):
            yield finding


def named_by(finding):
    """The parameters that a finding's remedy sets, but for the start afresh."""
    return finding.params.keys() - {"warm_start"}


def tried_on_failure(evidence, finding):
    """An error or warning with what its remedy brought; a note if it brought nothing."""
    trials = evidence.trials
    if finding.code in ABOUT_SETTINGS:
        if trials.as_set_learns:
            return
    elif not trials.can_tell:
        yield finding
        return
    elif trials.as_set_learns and begins_otherwise(evidence.clf):
        params, words = afresh(evidence.clf), told(evidence, trials.as_set, trials.own)
        yield replace(finding, params=params, step=FIT_AGAIN, tried=words)
        return
    after = trials.run(finding.params)
    before = worse_of(trials.own, trials.as_set) if trials.fails else trials.as_set
    if trials.fails:
        is_of_use = helps(after, before, trials.default)
    else:
        is_of_use = after.beats(trials.own, **SLIGHT) or after.beats(trials.as_set, **SLIGHT)
    if is_of_use:
        params = afresh(evidence.clf, **finding.params)  # as the trial, which went on from nothing
        yield replace(finding, params=params, tried=told(evidence, after, before))
    elif trials.fails:
        step = f"none: to {finding.remedy} was tried, and the log loss was {after.loss:.3f} then"
        yield replace(finding, severity="note", params={}, step=step)


def begins_otherwise(clf):
    """Whether the next fit, begun afresh, differs from the last, with the same random_state too."""
    return clf.warm_start or clf.judged_on == "stream" or not is_as_trained(clf)


def told(evidence, after, before):
    """What a remedy brought, in words."""
    n_rows = evidence.trials.n_rows
    return f"Tried on {n_rows:,} rows: log loss {before.loss:.3f} -> {after.loss:.3f}"


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
        told(evidence, after, trials.own),
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
        code, severity, "", after.loss, sentence, {}, step, told(evidence, after, trials.own)
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
                tried=told(evidence, after, trials.own),
            )
            return


def has_codes_as_numbers(evidence):
    """Whole numbers that are the names of levels: told apart as levels, they tell the label."""
    trials, table = evidence.trials, evidence.table
    if trials is None or trials.is_stream:
        return
    at = trials.like_codes()
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
        tried=told(evidence, after, trials.own),
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
        tried=told(evidence, trials.default, trials.own),
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
            f"on {trials.n_rows:,} rows a fit with the defaults has {trials.best.loss:.3f} where "
            f"this one has {trials.own.loss:.3f}"
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

"""What trials make of findings: remedies that help stay, those of no use become notes or go."""

from dataclasses import replace

from ..fitted import is_as_trained
from .settings import helps
from .training import FIT_AGAIN, afresh
from .trials import severity_of, worse_of

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
            tried=trials.told(trials.as_set, trials.own),
        )
    elif finding.code != "stopped_too_early" or trials.fails:
        yield finding


def tried_on_note(evidence, finding):
    """A note, if its remedy is of use, or leads to a simpler model that is no worse."""
    trials = evidence.trials
    if finding.code == "overfitting" and not trials.rows.is_held_out:
        yield finding
        return
    after, before = trials.run(finding.params), trials.as_set
    is_simpler = finding.code in SIMPLER and not before.beats(after, **SLIGHT)
    if is_simpler or after.beats(before, **SLIGHT):
        yield replace(finding, tried=trials.told(after, before))


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
        params, words = afresh(evidence.clf), trials.told(trials.as_set, trials.own)
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
        yield replace(finding, params=params, tried=trials.told(after, before))
    elif trials.fails:
        step = f"none: to {finding.remedy} was tried, and the log loss was {after.loss:.3f} then"
        yield replace(finding, severity="note", params={}, step=step)


def begins_otherwise(clf):
    """Whether the next fit, begun afresh, differs from the last, with the same random_state too."""
    return clf.warm_start or clf.judged_on == "stream" or not is_as_trained(clf)

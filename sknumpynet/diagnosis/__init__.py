"""Diagnosis of a fitted estimator: why it learns, or why not. It changes nothing.

`diagnose` gathers evidence once (``evidence``) and passes it to a list of questions: functions of
the evidence that yield findings (``report``). `CAUSES` is in the order of cause and effect: the
data, the set-up and course of training, the hidden units, the predictions. The leading finding is
the first of those with the highest severity. Then remedies are tried (``verdict``). The questions
in `IF_NO_ERROR` are asked only if nothing explains yet that too little is learnt, those in
`IF_NO_CAUSE` only if no cause was found.

To add a finding, write such a function and enter it where its cause belongs.
"""

from ..arithmetic import own_arithmetic
from . import (
    comparisons,
    copies,
    data,
    history,
    labels,
    leaks,
    order,
    outcome,
    sentinels,
    settings,
    training,
    units,
    verdict,
)
from .evidence import Evidence
from .report import SEVERITIES, Diagnosis

CAUSES = [
    copies.has_contradictions,
    history.are_unfamiliar,
    labels.has_shifted_labels,
    order.has_changed_unit,
    order.is_sorted,
    history.has_other_validation,
    history.has_trained_on_validation,
    data.is_scaled_badly,
    sentinels.has_sentinels,
    data.has_squeezing_outliers,
    data.has_heavy_rows,
    data.has_weightless_class,
    leaks.has_leak,
    data.is_constant_since_fit,
    data.has_unknown_levels,
    data.has_ids,
    copies.has_repeated_rows,
    units.has_uneven_gradients,
    settings.holds_back,
    comparisons.has_streamed_badly,
    training.is_rate_too_high,
    training.is_held_down,
    units.has_symmetric_units,
    units.has_dead_units,
    units.has_saturated_units,
    units.has_similar_units,
    training.is_unfinished,
    training.is_linear,
    outcome.is_constant,
    labels.has_misplaced_labels,
    labels.has_turned_labels,
    labels.has_one_sound_part,
    outcome.has_memorised,
    outcome.is_uncalibrated,
    outcome.is_hidden_by_threshold,
    data.has_constant_columns,
    data.has_duplicate_columns,
]
# Warnings that are no reason not to learn.
SYMPTOMS = ("uncalibrated", "sentinel", "leak", "constant_since_fit", "unknown_levels")
IF_NO_CAUSE = [outcome.is_as_linear, comparisons.is_behind_the_defaults]
IF_NO_ERROR = [
    comparisons.was_begun_badly,
    comparisons.has_codes_as_numbers,
    comparisons.needs_more,
    outcome.has_no_signal,
    comparisons.is_unexplained,
]


@own_arithmetic
def diagnose(clf, X, y, sample_weight=None, *, trials=True):
    """Say why a fitted estimator learns, or why not.

    Where it can, it tries what it says: small fits to a sample of the rows compare the estimator
    with the default parameters, find the parameter that holds training back, and show what each
    remedy brings.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier
        Fitted, by `fit` or some calls of `partial_fit`. It is not changed. Remedies refer to the
        parameters that it was fitted with, not to those set since.
    X : array-like, frame or sparse matrix of shape (n_samples, n_features)
        The training rows. Of many rows a seeded sample is used, but what is said of all rows is
        true of all. If the rows are in the same order
        as in `fit`, out-of-fold probabilities are used, else those of all networks.
    y : array-like of shape (n_samples,)
        Their labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Their weights, as given to ``fit``.
    trials : bool, default=True
        Whether to make small fits. Without them it takes less than a second of most tables, names
        no parameter that has no symptom of its own, and has tried no remedy.

    Returns
    -------
    Diagnosis
        Print it, or show it in a notebook; programs use ``findings``, ``trials`` and
        ``to_frame()``.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is none of these estimators, such as a pipeline, of which the last step is wanted.
    ValueError
        If the rows do not fit the estimator, a label is unknown, or all labels are the same.

    See Also
    --------
    sknumpynet.display.DiagnosisDisplay : Draws trials, training curve and gradients.

    Notes
    -----
    A trial is a fit of 2 or 4 networks to at most 2,000 rows, judged by its log loss on rows held
    out of it, the same for all trials. One trial beats another if its lead, row by row, is more
    than 2.5 standard errors and 2 % of the base rate's loss, and if the other takes less than
    70 % as much off that loss.

    1. If a fit with the defaults does not beat the estimator, its parameters are not to blame, and
       the questions about table, labels and networks decide.
    2. If it does, some of the parameters that differ from the defaults are put back, halves first,
       then ever smaller parts and what they leave, until no part of those that remain is enough
       alone. This is ddmin of Zeller and Hildebrandt (2002), which minimises what makes a
       program fail. Ours differs in three things: a subset is judged by its loss, and is enough
       if that takes 80 % as much off the base rate's as the defaults do; of parameters that would
       each do, a fixed order decides; and the search ends when the trials have taken about five
       seconds, by an estimate from their work and not by the clock. Then it is asked whether
       another parameter must be as it is for the culprit to do harm.
    3. Every remedy that sets parameters is tried. One that does not help is not recommended.
    4. If the estimator is behind the defaults, the base rate or a logistic regression and nothing
       explains it, an error says so, with what was tried.

    Everything is seeded: the same estimator and rows give the same diagnosis.

    References
    ----------
    A. Zeller and R. Hildebrandt (2002). Simplifying and isolating failure-inducing input. IEEE
    Transactions on Software Engineering 28, 183-200.

    Examples
    --------
    >>> import numpy as np
    >>> from sknumpynet import NumpyMLPBinaryClassifier, diagnose
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2))
    >>> y = (X[:, 0] * X[:, 1] > 0).astype(int)
    >>> clf = NumpyMLPBinaryClassifier(max_iter=1, random_state=0).fit(X, y)
    >>> diagnosis = diagnose(clf, X, y)
    >>> print(diagnosis.findings[0].code, diagnosis.findings[0].remedy, sep=": ")
    stopped_too_early: set max_iter='auto'
    """
    evidence = Evidence(clf, X, y, sample_weight, may_try=trials)
    findings = [finding for question in CAUSES for finding in question(evidence)]
    if evidence.trials is not None:
        findings = [*verdict.tried(evidence, findings)]
    for question in IF_NO_ERROR:
        if not any(explains(finding, evidence) for finding in findings):
            findings += question(evidence)
    findings = [*verdict.told_better(findings)]
    if all(finding.severity == "note" or finding.code in SYMPTOMS for finding in findings):
        found = [finding for question in IF_NO_CAUSE for finding in question(evidence)]
        findings += found if evidence.trials is None else verdict.tried(evidence, found)
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))  # stable: causes first
    made = [] if evidence.trials is None else evidence.trials.made
    return Diagnosis([*distinct(findings)], evidence.summary, made)


def explains(finding, evidence):
    """Whether a finding says why too little is learnt; effects do not, where more can be learnt."""
    if finding.code in ("no_signal", "few_rows_weigh_all"):
        return True
    more_is_learnable = evidence.trials is not None and evidence.trials.can_tell
    if more_is_learnable and finding.code in verdict.EFFECTS:
        return False
    return finding.severity == "error" or (finding.severity == "warning" and bool(finding.tried))


def distinct(findings):
    """The findings, but the first only of each code and place; of remedies, of each code."""
    known = set()
    for finding in findings:
        name = finding.code, finding.where if not finding.params else ""
        if name not in known:
            known.add(name)
            yield finding

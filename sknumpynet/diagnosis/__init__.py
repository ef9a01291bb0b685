"""Why it learns, or why not: reads a fitted estimator and its data, changes nothing.

`diagnose` gathers evidence once (``evidence``) and puts it to a row of questions. Each is a
function of the evidence that yields findings (``report``). The order of `CAUSES` is that of cause
and effect: the data, how training was set up and went, what became of the units, what came out. Of
the findings of the highest severity the first is the leading one. What is said of the columns as a
whole is asked only where no other cause was found.

To add a finding, write such a function and enter it where its cause belongs.
"""

from ..arithmetic import own_arithmetic
from .data import (
    has_constant_columns,
    has_contradictions,
    has_duplicate_columns,
    has_leak,
    has_repeated_rows,
    has_sentinels,
    is_scaled_badly,
)
from .evidence import Evidence
from .outcome import (
    has_memorised,
    has_no_signal,
    is_as_linear,
    is_constant,
    is_hidden_by_threshold,
    is_uncalibrated,
)
from .report import SEVERITIES, Diagnosis
from .training import is_held_down, is_linear, is_rate_too_high, is_unfinished
from .units import (
    has_dead_units,
    has_saturated_units,
    has_similar_units,
    has_symmetric_units,
    has_uneven_gradients,
)

CAUSES = [
    is_scaled_badly,
    has_sentinels,
    has_leak,
    has_repeated_rows,
    is_rate_too_high,
    is_held_down,
    has_symmetric_units,
    has_uneven_gradients,
    has_dead_units,
    has_saturated_units,
    has_similar_units,
    is_unfinished,
    is_linear,
    is_constant,
    has_contradictions,
    has_memorised,
    is_uncalibrated,
    is_hidden_by_threshold,
    has_constant_columns,
    has_duplicate_columns,
]
SYMPTOMS = ("uncalibrated", "sentinel", "leak")  # warnings that are no reason not to learn
IF_NO_CAUSE = [has_no_signal, is_as_linear]


@own_arithmetic
def diagnose(clf, X, y, sample_weight=None):
    """Say why a fitted estimator learns, or why not.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier
        Fitted, by `fit` or some calls of `partial_fit`. It is only read, and so are remedies:
        they change the parameters that it was fitted with, whatever has been set since.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        The rows it was trained on. Of many rows a seeded sample is looked at. Out-of-fold
        probabilities are used where the rows stand as in `fit`, else those of all networks.
    y : array-like of shape (n_samples,)
        Their labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Their weights, as they came to ``fit``.

    Returns
    -------
    Diagnosis
        To be printed, or shown in a notebook; ``findings`` and ``to_frame()`` for programs.

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
    stopped_too_early: set max_iter=200
    """
    evidence = Evidence(clf, X, y, sample_weight)
    findings = [finding for question in CAUSES for finding in question(evidence)]
    if all(finding.severity == "note" or finding.code in SYMPTOMS for finding in findings):
        findings += [finding for question in IF_NO_CAUSE for finding in question(evidence)]
    summary = evidence.summary
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))  # stable: causes first
    return Diagnosis(findings, summary)

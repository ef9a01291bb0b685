"""Findings and diagnoses, printed, as HTML or as a frame."""

from dataclasses import dataclass, field
from html import escape

from ..html import html_table
from .words import PLAIN

SEVERITIES = ("error", "warning", "note")  # error: why it does not learn; note: good to know
LONGEST_PLACE = 60  # letters of a place that are read in passing
NOTHING = "Nothing stands in its way."


@dataclass(frozen=True)
class Finding:
    """One thing that `diagnose` found.

    Parameters
    ----------
    code : str
        Its name, such as 'dead_units'.
    severity : {'error', 'warning', 'note'}
        Its importance.
    where : str
        The layer or column concerned; '' for all.
    figure : float
        The number that the finding rests on.
    sentence : str
        The finding in words, with the number.
    params : dict
        The remedy, as constructor arguments.
    step : str
        The remedy in words, if it is not an argument.
    tried : str
        What the remedy brought in a trial, in words; '' if it was not tried.
    """

    code: str
    severity: str
    where: str
    figure: float
    sentence: str
    params: dict = field(default_factory=dict)
    step: str = ""
    tried: str = ""

    @property
    def plain(self):
        """What it means, in a sentence without figures."""
        sentence = PLAIN.get(self.code, self.sentence)
        is_short = 0 < len(self.where) <= LONGEST_PLACE
        return f"{sentence.removesuffix('.')} ({self.where})." if is_short else sentence

    @property
    def remedy(self):
        """The remedy in words."""
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"set {arguments}" if arguments else self.step

    def __str__(self):
        where = f" ({self.where})" if self.where else ""
        lines = f"{self.severity}: {self.code}{where}", self.sentence, f"Remedy: {self.remedy}."
        return "\n  ".join([*lines, *([f"{self.tried}."] if self.tried else [])])


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found, the leading finding first.

    Parameters
    ----------
    findings : list of Finding
        Errors first, then warnings and notes; a cause before its effects.
    summary : str
        The log loss beside that of the base rate, in a line.
    trials : list of Trial
        The small fits that were made on a sample of the rows, after the estimator itself; each has
        ``what``, ``params``, ``loss``, ``prior_loss`` and ``gain``.
    """

    findings: list
    summary: str
    trials: list = field(default_factory=list)

    @property
    def headline(self):
        """The leading finding in plain words."""
        if not self.findings:
            return NOTHING
        leading = self.findings[0]
        return f"Good to know: {leading.plain}" if leading.severity == "note" else leading.plain

    @property
    def is_healthy(self):
        """Whether there are no findings, or notes only."""
        return all(finding.severity == "note" for finding in self.findings)

    def __str__(self):
        parts = [f"{self.headline}\n{self.summary}", *map(str, self.findings)]
        tried = [*distinct_trials(self.trials)]
        if tried and self.is_healthy:
            parts.append(in_a_line(tried))
        elif tried:
            lines = [f"{trial.loss:8.3f}  {what}" for what, trial in tried]
            parts.append("\n".join([f"{about(self.trials)}:", *lines]))
        return "\n\n".join(parts)

    def _repr_html_(self):
        parts = [f"<p><strong>{escape(self.headline)}</strong><br>{escape(self.summary)}</p>"]
        if self.findings:
            names = ("", "finding", "where", "what", "remedy", "tried")
            cells = [
                (f.severity, f.code, f.where, f.sentence, f.remedy, f.tried) for f in self.findings
            ]
            parts.append(html_table(names, cells))
        tried = [*distinct_trials(self.trials)]
        if tried and self.is_healthy:
            parts.append(f"<p>{escape(in_a_line(tried))}</p>")
        elif tried:
            cells = [(what, f"{trial.loss:.3f}", f"{trial.gain:.0%}") for what, trial in tried]
            table = html_table(("trial", "log loss", "of the base rate's gone"), cells)
            parts.append(f"<p>{escape(about(self.trials))}:</p>{table}")
        return "".join(parts)

    def to_frame(self):
        """Return the findings as a frame.

        Returns
        -------
        pandas.DataFrame
            One row a finding.
        """
        import pandas as pd

        columns = ["severity", "code", "where", "figure", "sentence", "remedy", "tried"]
        rows = [[getattr(finding, name) for name in columns] for finding in self.findings]
        return pd.DataFrame(rows, columns=columns)

    def trials_to_frame(self):
        """Return the trials as a frame.

        Returns
        -------
        pandas.DataFrame
            One row a trial, in the order in which they were made; the first is the estimator.
        """
        import pandas as pd

        columns = ["what", "params", "loss", "prior_loss", "gain"]
        rows = [[getattr(trial, name) for name in columns] for trial in self.trials]
        return pd.DataFrame(rows, columns=columns)


def distinct_trials(trials):
    """Pairs of words and trial; trials with the same loss of every row are one pair.

    Such as a fit with all parameters as they are, and one with a parameter that changes nothing.
    """
    alike = {}
    for trial in trials:
        alike.setdefault(trial.losses.tobytes(), []).append(trial)
    for same in alike.values():
        whats = dict.fromkeys(trial.what for trial in same)
        yield "; also ".join(whats), same[0]


def about(trials):
    """What the figures of trials are."""
    judged, prior_loss = trials[0].losses, trials[0].prior_loss
    return (
        f"Trials (small fits), log loss on {len(judged):,} rows; "
        f"the base rate alone has {prior_loss:.3f}"
    )


def in_a_line(tried):
    """The trials, short."""
    return f"Trials: log loss {', '.join(f'{trial.loss:.3f} {what}' for what, trial in tried)}."

"""Findings and diagnoses, printed, as HTML or as a frame."""

from dataclasses import dataclass, field
from html import escape

SEVERITIES = ("error", "warning", "note")  # error: why it does not learn; note: good to know
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
        ``what``, ``loss`` and ``gain``.
    """

    findings: list
    summary: str
    trials: list = field(default_factory=list)

    def __str__(self):
        table = [f"{trial.loss:8.3f}  {trial.what}" for trial in self.trials]
        heading = "Tried on some rows, log loss on those held out:"
        tried = ["\n".join([heading, *table])] if table else []
        return "\n\n".join([self.summary, *map(str, self.findings or [NOTHING]), *tried])

    def _repr_html_(self):
        if not self.findings:
            return f"<p>{escape(self.summary)}</p><p>{NOTHING}</p>"
        head = "".join(f"<th>{name}</th>" for name in ("", "finding", "where", "what", "remedy"))
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in cells) + "</tr>"
            for cells in (
                (f.severity, f.code, f.where, f.sentence, f.remedy) for f in self.findings
            )
        )
        return f"<p>{escape(self.summary)}</p><table><tr>{head}</tr>{rows}</table>"

    def to_frame(self):
        """Return the findings as a frame.

        Returns
        -------
        pandas.DataFrame
            One row a finding.
        """
        import pandas as pd

        columns = ["severity", "code", "where", "figure", "sentence", "remedy"]
        rows = [[getattr(finding, name) for name in columns] for finding in self.findings]
        return pd.DataFrame(rows, columns=columns)

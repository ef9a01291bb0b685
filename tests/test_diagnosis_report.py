"""The report of a diagnosis: the leading finding first, each trial once, the same as HTML."""

import importlib
import inspect
import pkgutil
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import sknumpynet.diagnosis
from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.diagnosis.report import Diagnosis, Finding
from sknumpynet.diagnosis.settings import CODES
from sknumpynet.diagnosis.trials import Trial
from sknumpynet.diagnosis.words import PLAIN, in_words

ROOT = Path(__file__).parents[1]
FINDING = Finding("rate_too_low", "error", "", 0.1, "It is.", {"alpha": 0.0}, tried="It helps")
NOTE = Finding("id_column", "note", "column 'no'", 9.0, "9 levels.", step="leave it out")
DEFAULTS = NumpyMLPBinaryClassifier().get_params()


def trial(what, *losses, **params):
    return Trial(what, params, np.array(losses), np.ones(len(losses)), 0.7)


TRIALS = [
    trial("as it is", 0.6, 0.7),
    trial("fitted anew as it is set", 0.5, 0.7),
    trial("with tol=0.1", 0.5, 0.7, tol=0.1),
    trial("with alpha=0.0 <<", 0.1, 0.2, alpha=0.0),
]
LINES = [
    "   0.650  as it is",
    "   0.600  fitted anew as it is set; also with tol=0.1",
    "   0.150  with alpha=0.0 <<",
]


def test_a_finding_says_what_where_and_what_to_do():
    finding = Finding("some_code", "warning", "layer 1", 0.5, "It is so.", {"alpha": 0.0})
    assert str(finding) == "warning: some_code (layer 1)\n  It is so.\n  Remedy: set alpha=0.0."
    assert str(FINDING).endswith("\n  Remedy: set alpha=0.0.\n  It helps.")


@pytest.mark.parametrize(
    ("findings", "headline"),
    [
        ([], "Nothing stands in its way."),
        ([FINDING, NOTE], PLAIN["rate_too_low"]),
        ([NOTE], f"Good to know: {PLAIN['id_column'][:-1]} (column 'no')."),
        ([Finding("a_new_code", "error", "", 0.0, "It is so.")], "It is so."),
        ([Finding("leak", "error", "column 'a', " * 9, 1.0, "So.")], PLAIN["leak"]),
    ],
    ids=["none", "error", "note", "unknown code", "long place"],
)
def test_the_leading_finding_comes_first_in_plain_words(findings, headline):
    diagnosis = Diagnosis(findings, "Log loss.")
    assert str(diagnosis).split("\n")[:2] == [headline, "Log loss."]
    assert text_of(diagnosis._repr_html_())[:2] == [headline, "Log loss."]
    assert str(diagnosis).endswith(str(findings[-1]) if findings else "Log loss.")


@pytest.mark.parametrize("severity", ["error", "warning"])
def test_trials_are_a_table_in_which_equal_ones_stand_once(severity):
    finding = replace(FINDING, severity=severity)
    printed = str(Diagnosis([finding], "Log loss.", TRIALS)).split("\n\n")[-1].split("\n")
    assert printed[0] == "Trials (small fits), log loss on 2 rows; the base rate alone has 0.700:"
    assert printed[1:] == LINES


@pytest.mark.parametrize("findings", [[], [NOTE]])
def test_trials_of_a_healthy_fit_are_a_line(findings):
    line = (
        "Trials: log loss 0.650 as it is, 0.600 fitted anew as it is set; also with tol=0.1, "
        "0.150 with alpha=0.0 <<."
    )
    diagnosis = Diagnosis(findings, "Log loss.", TRIALS)
    assert str(diagnosis).split("\n\n")[-1] == line
    assert text_of(diagnosis._repr_html_())[-1] == line


class Texts(HTMLParser):
    """The texts of a page, and whether every element is closed in its turn."""

    def __init__(self):
        super().__init__()
        self.open, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag == self.open.pop()

    def handle_data(self, data):
        self.texts.append(data)


def text_of(html):
    parser = Texts()
    parser.feed(html)
    assert parser.open == []
    return parser.texts


def test_the_page_of_a_diagnosis_says_all_that_is_printed():
    html = Diagnosis([FINDING, NOTE], "Log loss.", TRIALS)._repr_html_()
    texts = text_of(html)
    for said in ("It is.", "set alpha=0.0", "It helps", "9 levels.", "leave it out"):
        assert said in texts
    assert texts[-9:] == [part for line in zip(*table_cells(), strict=True) for part in line]


def table_cells():
    figures, whats = zip(*(line.strip().split("  ") for line in LINES), strict=True)
    return whats, figures, [f"{1 - float(figure) / 0.7:.0%}" for figure in figures]


def test_a_page_has_the_colours_of_the_notebook():
    html = Diagnosis([FINDING, NOTE], "Log loss.", TRIALS)._repr_html_()
    assert not re.search(r"color|background|#[0-9a-f]{3}", html)


def test_frames_have_a_row_a_finding_and_a_row_a_trial():
    pytest.importorskip("pandas", reason="pandas is not installed")
    diagnosis = Diagnosis([FINDING, NOTE], "Log loss.", TRIALS)
    assert diagnosis.to_frame()["tried"].tolist() == ["It helps", ""]
    frame = diagnosis.trials_to_frame()
    assert frame["what"].tolist() == [trial.what for trial in TRIALS]
    assert frame["params"].tolist() == [{}, {}, {"tol": 0.1}, {"alpha": 0.0}]
    np.testing.assert_allclose(frame["gain"], 1 - frame["loss"] / frame["prior_loss"])
    assert list(Diagnosis([], "").trials_to_frame()) == list(frame)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (["tol"], "with tol=0.0001"),
        ({"tol": 1.0, "beta_1": 0.5}, "with tol=1.0, beta_1=0.5"),
        ({"tol": 1 / 3, "alpha": 0.0}, "with tol=0.3333, alpha=0.0"),
        (["tol", "beta_1", "loss", "alpha"], "with the defaults of tol, beta_1, loss, alpha"),
        (
            ["tol", "beta_1", "loss", "alpha", "power_t"],
            "with the defaults of tol, beta_1, loss, alpha, ... (5 parameters)",
        ),
    ],
)
def test_many_parameters_are_told_in_a_few_words(params, words):
    if isinstance(params, list):
        params = {name: DEFAULTS[name] for name in params}
    assert in_words(params, DEFAULTS) == words


def test_what_differs_from_the_defaults_is_told_with_its_value():
    params = {name: DEFAULTS[name] for name in ("tol", "beta_1", "loss")} | {"alpha": 9.0}
    assert in_words(params, DEFAULTS) == "with alpha=9.0, the defaults of tol, beta_1, loss"


def read_text(*files):
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


PACKAGE = sknumpynet.diagnosis
SOURCE = read_text(*Path(PACKAGE.__file__).parent.glob("*.py"))
FINDINGS = sorted({*re.findall(r'Finding\(\s*"(\w+)"', SOURCE), *CODES.values(), *PLAIN})
PLACES = ["benchmarks/diagnosis_failures.py"]
PLACES += [f"tests/test_diagnosis{part}.py" for part in ("", "_history", "_trials")]
MADE = read_text(*(ROOT / place for place in PLACES))
ON_THE_PAGE = dict(
    re.findall(r"^\| `(\w+)` \| (.*) \|$", read_text(ROOT / "docs" / "diagnosis.md"), flags=re.M)
)
every_finding = pytest.mark.parametrize("code", FINDINGS)


@every_finding
def test_a_finding_has_plain_words(code):
    assert code in PLAIN


@every_finding
def test_a_finding_stands_in_the_table_of_the_pages(code):
    assert ON_THE_PAGE[code] == PLAIN[code]


@every_finding
def test_a_finding_is_made_on_purpose_in_the_zoo_or_in_a_test(code):
    assert re.search(rf'"([\w ]+ )?{code}( [\w ]+)?"', MADE)


def test_pages_have_no_other_findings():
    assert len(FINDINGS) > 40
    assert ON_THE_PAGE.keys() <= set(FINDINGS)


def questions():
    """Generators of findings from the evidence alone, which nobody else calls."""
    for module in pkgutil.iter_modules(PACKAGE.__path__, f"{PACKAGE.__name__}."):
        for name, thing in vars(importlib.import_module(module.name)).items():
            is_here = inspect.isgeneratorfunction(thing) and thing.__module__ == module.name
            if is_here and [*inspect.signature(thing).parameters] == ["evidence"]:
                used = len(re.findall(rf"\b{name}\(evidence", SOURCE))
                if used == 1:  # its definition
                    yield thing


@pytest.mark.parametrize("question", [*questions()], ids=lambda question: question.__name__)
def test_a_question_is_asked(question):
    assert question in [*PACKAGE.CAUSES, *PACKAGE.IF_NO_CAUSE, *PACKAGE.IF_NO_ERROR]

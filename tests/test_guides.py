"""The guides of docs/architecture.md: whoever follows one touches what it names, and nothing else.

A copy of the sources gets, by each guide, an addition that is whole, and for each step one that
lacks it. They enter together, so that one run of pytest tries them all: what a guide calls a test
of a step must pass for what is whole, and fail for what lacks that step.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from additions import ADDITIONS, OF_THEIR_OWN, what_may_lack, without

ROOT = Path(__file__).parents[1]
FOLDERS = ("sknumpynet", "tests", "benchmarks", "docs")
SOURCES = {
    file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
    for folder in FOLDERS
    for file in sorted((ROOT / folder).rglob("*"))
    if file.suffix in (".py", ".md")
}
PAGE = SOURCES["docs/architecture.md"]
GUIDES = dict(re.findall(r"^## (To \w+ .*)\n((?:(?!^## ).*\n)*)", PAGE, flags=re.MULTILINE))
# What else is tried of those that are whole: all that a table is for, and a failure of the zoo.
MORE = ["test_new_rows_must_hold", "test_a_column_may_be_all_missing", "test_the_leading_finding"]


def quoted(text):
    """What stands in backquotes, but for what has still to be given a name."""
    return [name for name in re.findall(r"`([^`]+)`", text) if "NAME" not in name]


def path_of(name):
    """A file that a guide names, in the project or in the package; None if there is none."""
    return next((path for path in (name, f"sknumpynet/{name}") if path in SOURCES), None)


def steps_of(guide):
    return re.split(r"^\d+\. ", GUIDES[guide], flags=re.MULTILINE)


def named_by(guide):
    return [name for name in quoted(GUIDES[guide]) if name.startswith("test_")]


def test_the_map_of_the_page_has_every_file_and_folder_of_the_package():
    of_package = {name.split("/")[1] for name in SOURCES if name.startswith("sknumpynet/")}
    on_map = re.findall(r"[\w.]+(?:\.py|(?=/))", PAGE.partition("```text\n")[2].partition("```")[0])
    assert set(on_map) - {"sknumpynet"} == of_package - {"__init__.py"}


@pytest.mark.parametrize("guide", GUIDES)
def test_what_a_guide_names_is_there(guide):
    everything = "\n".join(SOURCES.values()).replace(PAGE, "")
    for name in quoted(GUIDES[guide]):
        if name.endswith((".py", ".md")):
            assert path_of(name), name
        elif name.isupper():
            assert re.search(rf"^{name}\b.* = ", everything, flags=re.MULTILINE), name
        elif name.startswith("test_"):
            assert f"def {name}(" in everything, name
        else:
            last = re.findall(r"\w+", name.partition("(")[0])[-1]
            assert re.search(rf"\b{last}\b", everything) or (ROOT / name).exists(), name


@pytest.mark.parametrize("guide", GUIDES)
def test_a_table_stands_in_the_file_that_a_guide_says(guide):
    text = " ".join(GUIDES[guide].split())
    for table, file in re.findall(r"`([A-Z_]+)` (?:of|in) `([^`]+\.py)`", text):
        assert re.search(rf"^{table}\b.* = ", SOURCES[path_of(file)], flags=re.MULTILINE), table


def test_each_guide_but_these_is_followed():
    followed = {guide for guide, _ in ADDITIONS.values()}
    assert {guide for guide in GUIDES if guide not in followed} == {
        "To add a schedule",
        "To add a kind of input",
        "To change what a file holds",
        "To add a known mistake",
    }


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_touches_what_its_guide_names_and_no_more(name):
    guide, places = ADDITIONS[name]
    touched = [(place.file, place.name) for place in places]
    steps = [set(quoted(step)) | set(re.findall(r"\w+", step)) for step in steps_of(guide)]
    assert [place for place in touched if not any(step.issuperset(place) for step in steps)] == []


# What becomes of what joins -----------------------------------------------------------------------


def add_all(root):
    """Write all additions into a copy; the last one written stands first in a table."""
    for name, (_, places) in ADDITIONS.items():
        for lacks in [*what_may_lack(name), ""]:
            for place in places:
                if not lacks or place.lacks != lacks:
                    file = root / path_of(place.file)
                    source = file.read_text(encoding="utf-8")
                    file.write_text(place.write(source, without(name, lacks)), encoding="utf-8")
    for name, text in OF_THEIR_OWN.items():
        (root / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The outcomes of tests of additions, as (outcome, test, names of its case), and the output."""
    root = tmp_path_factory.mktemp("joined")
    left_out = shutil.ignore_patterns("__pycache__", "*.png", "persisted", "_build")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", root)
    add_all(root)
    named = [test for guide, _ in ADDITIONS.values() for test in named_by(guide)]
    files = [
        name
        for name, text in SOURCES.items()
        if any(f"def {test}" in text for test in (*named, *MORE))
    ]
    of_additions = f"({' or '.join(ADDITIONS)}) and ({' or '.join(named)})"
    of_whole = f"({' or '.join(ADDITIONS)}) and ({' or '.join(MORE)}) and not without"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rA", "--tb=short", "-p", "no:cacheprovider"),
            *("-k", f"({of_additions}) or ({of_whole}) or journey", "tests/journeys.py", *files),
        ],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    lines = re.findall(
        r"^(PASSED|FAILED) \S+::(\w+)(?:\[(\S+)\])?", done.stdout, flags=re.MULTILINE
    )
    assert lines, done.stdout + done.stderr
    return [(how, test, re.findall(r"\w+", case)) for how, test, case in lines], done.stdout


def outcomes(run, name):
    """Tests that passed for an addition, and those that failed."""
    passed, failed = (
        {test for how, test, names in run[0] if how == kind and name in names}
        for kind in ("PASSED", "FAILED")
    )
    return passed - failed, failed


@pytest.mark.parametrize("name", ADDITIONS)
def test_what_is_whole_passes_every_test_that_its_guide_names(name, run):
    passed, failed = outcomes(run, name)
    assert not failed, run[1]
    expected = set(named_by(ADDITIONS[name][0]))
    if find_spec("skl2onnx") is None:
        expected -= {test for test in expected if f"def {test}(" in SOURCES["tests/test_onnx.py"]}
    assert expected <= passed, run[1]


@pytest.mark.parametrize(
    ("name", "lacks"), [(name, lacks) for name in ADDITIONS for lacks in what_may_lack(name)]
)
def test_a_step_left_out_fails_a_test_that_the_guide_names(name, lacks, run):
    if lacks == "onnx":
        pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    _, failed = outcomes(run, without(name, lacks))
    assert failed, run[1]
    assert failed <= set(named_by(ADDITIONS[name][0]))


def test_what_joins_goes_wherever_everything_goes(run):
    journeys = {test: how for how, test, _ in run[0] if "journey" in test}
    assert set(journeys.values()) == {"PASSED"}, run[1]
    assert len(journeys) == 4 + (find_spec("skl2onnx") is not None)

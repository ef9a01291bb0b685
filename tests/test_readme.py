"""What README.md, the pages of docs/ and docstrings show must run, and so must the demo."""

import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sknumpynet

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
PYTHON = re.compile(r"^```python\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
PRINTED = re.compile(r"# -> (.*)$|^#    (.*)$", flags=re.MULTILINE)  # as a page says it is


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs_and_prints_what_it_says(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace = {"__name__": "page"}
    for block in PYTHON.findall(page.read_text(encoding="utf-8")):
        try:
            exec(compile(block, page.name, "exec"), namespace)
        except ImportError as error:  # by the page, or by scikit-learn for it
            missing = error if isinstance(error, ModuleNotFoundError) else error.__cause__
            if not isinstance(missing, ModuleNotFoundError):
                raise
            pytest.skip(f"{missing.name} is not installed")
        said = ["".join(line) for line in PRINTED.findall(block)]
        printed = capsys.readouterr().out.splitlines()
        assert said in ([], printed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_within_the_project_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\"]+)\"", text)
    local = [path for pair in targets for path in pair if path and "://" not in path]
    assert [path for path in local if not (page.parent / path).exists()] == []


NEEDS = dict.fromkeys(
    [f"sknumpynet.display.{name}" for name in ("training", "contributions", "importance")],
    "matplotlib",
)
NEEDS |= dict.fromkeys(["sknumpynet.onnx", "sknumpynet.onnx_inputs"], "skl2onnx")
MODULES = [m.name for m in pkgutil.walk_packages(sknumpynet.__path__, "sknumpynet.")]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_the_examples_of_docstrings_run(name, monkeypatch):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"{NEEDS[name]} is not installed")
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_demo_compares_with_mlp_classifier_and_learns_xor():
    # Another process, from another folder: what is installed, not what lies in the checkout.
    command = [sys.executable, "-W", "error", "-m", "sknumpynet"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    rows = [line.split() for line in run.stdout.splitlines() if line.lstrip().startswith("Numpy")]
    breast_cancer, xor = (float(row[-5]) for row in rows)  # accuracy
    assert breast_cancer > 0.93
    assert xor > 0.95
    assert run.stdout.count("MLPClassifier()") == 2

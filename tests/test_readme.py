"""What README.md shows must run, and so must the demo it promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_python_of_the_readme_runs(block, capsys):
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out


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

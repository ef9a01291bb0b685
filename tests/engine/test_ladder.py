"""The engine's modules stand on rungs; its own docstring says which, its imports must agree."""

import ast
import re
import sys
from pathlib import Path

import pytest

import sknumpynet.engine

FILES = sorted(Path(sknumpynet.engine.__file__).parent.rglob("*.py"))
MODULES = [file for file in FILES if file.stem != "__init__"]
LIBRARIES = {"numpy", "scipy", *sys.stdlib_module_names}


def rungs():
    """Module -> rung, from the numbered list in the engine's docstring."""
    rung, found = -1, {}
    for line in sknumpynet.engine.__doc__.splitlines():
        if numbered := re.match(r"(\d+)\. ", line):
            rung = int(numbered[1])
        if rung >= 0:
            found |= dict.fromkeys(re.findall(r"``(\w+)``", line), rung)
    return found


def imports(file):
    """Names of the sibling modules that a file imports, and of everything from elsewhere."""
    siblings, others = set(), set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            others |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            siblings |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            others.add("." * node.level + (node.module or "").split(".")[0])
    return siblings, others


def test_every_module_is_on_a_rung():
    assert sorted(rungs()) == [file.stem for file in MODULES]
    assert sorted(set(rungs().values())) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_module_imports_only_from_lower_rungs(file):
    own = rungs().get(file.stem, -1)  # the package itself is below all its modules
    above = {name for name in imports(file)[0] if rungs().get(name, own) >= own}
    assert not above


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_engine_needs_nothing_but_numpy_and_scipy(file):
    assert imports(file)[1] <= LIBRARIES


def test_the_imports_read_are_those_that_stand_there():
    training = next(file for file in MODULES if file.stem == "training")
    siblings, others = imports(training)
    assert {"epochs", "optimizers", "stopping"} <= siblings
    assert {"numpy", "scipy"} <= others

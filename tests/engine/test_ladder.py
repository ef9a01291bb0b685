"""The engine's modules stand on rungs; its own docstring says which, its imports must agree."""

import ast
import re
import sys
from pathlib import Path

import pytest

import sknumpynet.engine

ROOT = Path(sknumpynet.engine.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
LIBRARIES = {"numpy", "scipy", *sys.stdlib_module_names}


def name_of(file):
    """Dotted, from the engine on: "network", "inputs.scaling"; of a package its own."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in FILES if file.stem != "__init__"}


def rungs():
    """Module -> rung, from the numbered list in the engine's docstring."""
    rung, found = -1, {}
    for line in sknumpynet.engine.__doc__.splitlines():
        if numbered := re.match(r"(\d+)\. ", line):
            rung = int(numbered[1])
        if rung >= 0:
            found |= dict.fromkeys(re.findall(r"``([\w.]+)``", line), rung)
    return found


def imports(file):
    """Names of the engine's modules that a file imports, and of everything from elsewhere."""
    within, others = set(), set()
    package = ["engine", *file.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            others |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            others.add(node.module.split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level]
            for name in [node.module] if node.module else [alias.name for alias in node.names]:
                (within if start else others).add(".".join([*start[1:], name]))
    return within, others


def test_every_module_is_on_a_rung():
    assert sorted(rungs()) == sorted(MODULES)
    assert sorted(set(rungs().values())) == list(range(max(rungs().values()) + 1))


def test_the_table_of_the_docs_has_the_same_rungs():
    rows = re.findall(r"^\| (\d+) \| `([\w.]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {module: int(rung) for rung, module in rows} == rungs()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_module_imports_only_from_lower_rungs(file):
    own = rungs().get(name_of(file), -1)  # a package itself is below all its modules
    above = {name for name in imports(file)[0] if rungs().get(name, own) >= own}
    assert not above


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_engine_needs_nothing_but_numpy_and_scipy(file):
    assert imports(file)[1] <= LIBRARIES


def test_the_imports_read_are_those_that_stand_there():
    within, others = imports(MODULES["training"])
    assert {"epochs", "optimizers", "stopping", "lbfgs"} <= within
    assert {"numpy", "copy"} <= others
    assert {"inputs.statistics"} <= imports(MODULES["inputs.scaling"])[0]
    assert {"inputs.sparse", "activations"} <= imports(MODULES["network"])[0]

"""The rules of the house, read from the sources: names, sizes, one place for one thing."""

import ast
import re
from pathlib import Path

import pytest

import sknumpynet

ROOT = Path(sknumpynet.__file__).parent
FILES = {str(file.relative_to(ROOT)): file for file in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in FILES.items()}
PUBLIC = {"_replace", "_asdict", "_fields"}  # of a named tuple
OF_SCIKIT_LEARN = {"_get_params_html", "_init_callback_context", "_optional_dependencies"}
every_file = pytest.mark.parametrize("name", FILES)


def is_private(name):
    return re.fullmatch(r"_[^_].*", name) is not None


def private_names_used(tree):
    """Private attributes and imported names, whoever they are of."""
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            used |= {alias.name for alias in node.names} | set((node.module or "").split("."))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "setattr"):
            used |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return {name for name in used if isinstance(name, str) and is_private(name)}


def names_defined(tree):
    """Functions, classes, and what is assigned to, as a name or as an attribute."""
    defined = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            defined.add(node.id if isinstance(node, ast.Name) else node.attr)
    return defined


@every_file
def test_no_private_name_crosses_a_file(name):
    theirs = private_names_used(TREES[name]) - names_defined(TREES[name])
    assert theirs - PUBLIC - OF_SCIKIT_LEARN - {"_version"} == set()  # that module is for all


def test_a_private_name_of_another_file_would_be_found():
    tree = ast.parse("from .other import _name\nclf._seed\ngetattr(clf, '_stack')\nclf._own = 1")
    assert private_names_used(tree) - names_defined(tree) == {"_name", "_seed", "_stack"}


def lines_of_docstrings(tree):
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    return {
        id(node): node.body[0].end_lineno - node.body[0].lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, kinds) and ast.get_docstring(node) is not None
    }


@every_file
def test_no_file_is_too_long_to_be_read_at_once(name):
    n_lines = len(FILES[name].read_text(encoding="utf-8").splitlines())
    if name == "classifier.py":
        assert n_lines <= 650
        assert sum(lines_of_docstrings(TREES[name]).values()) > n_lines / 2
    else:
        assert n_lines <= 450


@every_file
def test_a_function_of_more_than_40_lines_says_why(name):
    docstrings, lines = lines_of_docstrings(TREES[name]), FILES[name].read_text().splitlines()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.FunctionDef):
            n_lines = node.end_lineno - node.lineno + 1 - docstrings.get(id(node), 0)
            assert n_lines <= 40 or "# long, because" in lines[node.lineno - 1], node.name


@pytest.mark.parametrize(
    ("call", "home"),
    [
        ("validate_data", "tables.py"),
        ("compute_class_weight", "rows.py"),
        ("check_random_state", "training_setup.py"),
        ("learn_scaling", "engine/inputs/encoding.py"),
    ],
)
def test_what_is_done_once_is_done_in_one_place(call, home):
    places = [
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == call
    ]
    assert places == [home]


def test_fit_raises_its_warnings_in_one_place():
    """The other place is that of a file that another version has written."""
    places = [
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "warnings.warn"
    ]
    assert places == ["all_or_nothing.py", "persistence.py"]


def test_readers_come_in_by_one_door():
    """Of the modules that read a fitted estimator, none but `fitted` asks the estimator's."""
    readers = ["display.py", "gradients.py", "tracing.py", "onnx.py"]
    readers += [name for name in FILES if name.startswith("diagnosis/")]
    for name in readers:
        imported = {
            alias.name
            for node in ast.walk(TREES[name])
            if isinstance(node, ast.ImportFrom) and node.module == "classifier"
            for alias in node.names
        }
        assert imported <= {"NumpyMLPBinaryClassifier"}, name  # the class, to register it

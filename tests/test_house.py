"""The rules of the house, read from the sources: names, sizes, one place for one thing."""

import ast
import re
from pathlib import Path

import pytest

import sknumpynet

ROOT = Path(sknumpynet.__file__).parent
FILES = {file.relative_to(ROOT).as_posix(): file for file in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in FILES.items()}
OF_OTHERS = {"_replace", "_init_callback_context", "_skl_callbacks", "_get_params_html"}
OF_OTHERS |= {"_optional_dependencies"}  # all of scikit-learn, but for the first, of named tuples
FOR_ALL = {"_version"}  # the one module whose name begins so
every_file = pytest.mark.parametrize("name", FILES)


def is_private(name):
    return isinstance(name, str) and re.fullmatch(r"_[^_].*", name) is not None


def private_names_of_others(tree):
    """Private names that are imported, and private attributes of what is not defined there.

    ``self._name`` and ``cls._name`` are a class's own, and so is ``estimator._name`` in the file
    whose classes have it.
    """
    own = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("self", "cls")
    }
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            used.add(node.attr)
        if isinstance(node, ast.Call):
            by_name = getattr(node.func, "id", "") in ("getattr", "setattr", "hasattr", "delattr")
            used |= {arg.value for arg in node.args if by_name and isinstance(arg, ast.Constant)}
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            imported |= {alias.name for alias in node.names} | {*(node.module or "").split(".")}
    return set(filter(is_private, (used - own) | imported)) - OF_OTHERS - FOR_ALL


@every_file
def test_no_private_name_crosses_a_file(name):
    assert private_names_of_others(TREES[name]) == set()


@every_file
def test_a_private_name_has_one_home(name):
    """Whatever two files call alike, each uses its own."""
    mine = {node.attr for node in ast.walk(TREES[name]) if isinstance(node, ast.Attribute)}
    of_self = {
        node.attr
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self"
    }
    if name != "classifier.py":  # which alone reads an estimator that is not ``self``
        assert set(filter(is_private, mine - of_self)) <= OF_OTHERS


def test_a_private_name_of_another_file_would_be_found():
    tree = ast.parse("from .other import _name\nclf._seed\nhasattr(clf, '_stack')\nclf._own = 1")
    assert private_names_of_others(tree) == {"_name", "_seed", "_stack", "_own"}


def calls(of):
    """The file of every call of that name, be it a module's attribute."""
    return [
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == of
    ]


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
        assert n_lines <= 720
        assert sum(lines_of_docstrings(TREES[name]).values()) > 0.45 * n_lines
    else:
        assert n_lines <= 450


@every_file
def test_a_function_of_more_than_40_lines_says_why(name):
    docstrings, lines = (
        lines_of_docstrings(TREES[name]),
        FILES[name].read_text(encoding="utf-8").splitlines(),
    )
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.FunctionDef):
            n_lines = node.end_lineno - node.lineno + 1 - docstrings.get(id(node), 0)
            assert n_lines <= 40 or "# long, because" in lines[node.lineno - 1], node.name


@pytest.mark.parametrize(
    ("call", "homes"),
    [
        ("validate_data", ["tables.py"]),
        ("compute_class_weight", ["rows.py"]),
        ("check_random_state", ["training_setup.py"]),
        # The diagnosis compares the scaling of the fit with that of the rows given now.
        ("learn_scaling", ["diagnosis/history.py", "engine/inputs/encoding.py"]),
    ],
)
def test_what_is_done_once_is_done_in_one_place(call, homes):
    assert calls(call) == homes


def test_fit_raises_its_warnings_in_one_place():
    """The other place is that of a file that another version has written."""
    assert calls("warn") == ["all_or_nothing.py", "persistence.py"]


def test_readers_come_in_by_one_door():
    """No module that reads a fitted estimator imports more of its module than the class."""
    readers = ["gradients.py", "tracing.py", "onnx.py", "onnx_inputs.py"]
    readers += [name for name in FILES if name.startswith(("diagnosis/", "display/"))]
    for name in readers:
        imported = {
            alias.name
            for node in ast.walk(TREES[name])
            if isinstance(node, ast.ImportFrom) and node.module == "classifier"
            for alias in node.names
        }
        assert imported <= {"NumpyMLPBinaryClassifier"}, name  # the class, to register it

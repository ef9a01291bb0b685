"""Public docstrings are complete, by the rules of numpydoc."""

import importlib
import inspect
import re

import pytest

import sknumpynet

SIDE = {
    "diagnosis.report": ["Diagnosis", "Finding"],
    "diagnosis.trials": ["Trial"],
    "explanation": ["Explanation"],
    "gradients": ["GradientCheck", "MatrixCheck"],
    "own_matrices.report": ["GradientComparison", "GradientVerdict", "Fault"],
    "tracing": ["Trace", "TracedLayer"],
    "display": [
        "TrainingCurveDisplay",
        "ReliabilityDisplay",
        "LayersDisplay",
        "DiagnosisDisplay",
        "ContributionsDisplay",
        "ImportanceDisplay",
    ],
}
# Not asked for: an extended summary, an example and a list of what to see also in every method;
# the type of what is returned without its name, where scikit-learn writes `self : type`.
OPTIONAL = {"ES01", "EX01", "SA01", "RT02"}


def public():
    """Dotted names of all there is in the API, methods included."""
    for name in sknumpynet.__all__:
        yield from with_methods("sknumpynet", name)
    for module, names in SIDE.items():
        for name in names:
            yield from with_methods(f"sknumpynet.{module}", name)


def with_methods(module, name):
    yield f"{module}.{name}"
    thing = getattr(importlib.import_module(module), name)
    if inspect.isclass(thing):
        own = [key for key in vars(thing) if callable(getattr(thing, key))]
        for method in own:
            if not method.startswith(("_", "set_")):  # set_fit_request: scikit-learn's text
                yield f"{module}.{name}.{method}"


@pytest.mark.parametrize("name", list(public()))
def test_a_public_docstring_is_complete(name):
    validate = pytest.importorskip("numpydoc.validate", reason="numpydoc is not installed").validate
    assert [error for error in validate(name)["errors"] if error[0] not in OPTIONAL] == []


@pytest.mark.parametrize("name", inspect.signature(sknumpynet.NumpyMLPBinaryClassifier).parameters)
def test_a_parameter_stands_in_one_group(name):
    """Of the block in the estimator's docstring, of which the API page makes a table."""
    docstring = inspect.getdoc(sknumpynet.NumpyMLPBinaryClassifier)
    block = docstring.split("by what they decide::\n\n")[1].split("\n\n")[0]
    assert re.findall(r"\w+(?=,|$)", block, re.MULTILINE).count(name) == 1

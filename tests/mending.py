"""Lines of code in messages, run as they are printed."""

import copy
import re

import numpy as np
import pytest

LINE = re.compile(r"\bby ((?:X\b|categorical_features=).*?)(?=, or|, else|\.$|\.\s)")


def lines(error):
    """The lines of code that an error gives."""
    return LINE.findall(str(error))


def mended(line, X):
    """X after the line, which changes a copy."""
    names = {"X": copy.deepcopy(X), "numpy": np}
    for name in ("pandas", "polars"):
        if f"{name}." in line:
            names[name] = pytest.importorskip(name, reason=f"{name} is not installed")
    exec(line, names)
    return names["X"]


def fit_mended(line, make, X, y, **params):
    """Fit what a line makes of X, or with the parameter that it gives."""
    if line.startswith("categorical_features="):
        return make(**params, **eval(f"dict({line})")).fit(X, y)
    return make(**params).fit(mended(line, X), y)

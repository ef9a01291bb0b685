"""Lines that mend columns, in every container."""

import numpy as np
import pytest
from mending import mended

from sknumpynet.remedies import CATEGORY, CLIPPED, LEFT_OUT, Fault, Remedy, error_of

TWICE = Remedy("{} * 2", "{} * 2")


@pytest.mark.parametrize("names", [["a"], ["a", "it's"]])
@pytest.mark.parametrize("container", ["pandas", "polars", "pyarrow", "array"])
def test_a_line_changes_the_columns_that_it_names_and_no_other(container, names):
    keys = [{"a": 0, "it's": 2}[name] for name in names]
    if container == "array":
        X, names = np.arange(12.0).reshape(4, 3), keys
    else:
        module = pytest.importorskip(container, reason=f"{container} is not installed")
        make = module.table if container == "pyarrow" else module.DataFrame
        X = make(dict(zip(["a", "b", "it's"], np.arange(12.0).reshape(4, 3).T, strict=True)))
    expected = np.arange(12.0).reshape(4, 3)
    expected[:, keys] *= 2
    line = TWICE.line(names, container)
    np.testing.assert_array_equal(np.asarray(mended(line, X)), expected)
    left = mended(LEFT_OUT.line(names, container), X)
    np.testing.assert_array_equal(np.asarray(left), np.delete(expected, keys, axis=1))
    clipped = mended(CLIPPED.line(names, container), X)
    np.testing.assert_array_equal(np.asarray(clipped), np.arange(12.0).reshape(4, 3))


def test_a_category_of_an_array_is_a_parameter():
    assert CATEGORY.line([0, 3], "array") == "categorical_features=[0, 3]"


def test_an_error_tells_of_all_columns_of_the_first_fault_and_of_no_other():
    advice = ("double them by ", TWICE, ", or not")
    first, second = (Fault("halves", advice, f", such as {half}") for half in (0.5, 1.5))
    other = Fault("thirds", advice, error=TypeError)
    faults = [("age", 0, first), ("city", 1, other), ("pay", 2, second)]
    error = error_of(faults, "polars")
    assert type(error) is ValueError
    assert str(error) == (
        "X: 2 columns, ['age', 'pay'], hold halves, such as 0.5; "
        "double them by X = X.with_columns(polars.col([0, 2]) * 2), or not."
    )
    error = error_of(faults[1:], "pandas")
    assert type(error) is TypeError
    assert (
        str(error) == "X: the column 'city' holds thirds; double them by X[1] = X[1] * 2, or not."
    )

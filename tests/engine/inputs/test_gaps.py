"""A column has an input that says "is missing" if training rows miss some of its values."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from tables import ones, table

from sknumpynet.engine.inputs import statistics
from sknumpynet.engine.inputs.gaps import has_gaps, learn_gaps

every_container = pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])


def with_gaps(*columns):
    X = table()
    X[7, list(columns)] = np.nan
    return X


@every_container
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_only_a_missing_value_is_a_gap(container, dtype):
    X = table(dtype=dtype)
    X[0] = np.finfo(dtype).max, np.finfo(dtype).max, np.inf, 0
    assert not has_gaps(container(X))
    for column in range(4):
        X[-1] = 1
        X[-1, column] = np.nan
        assert has_gaps(container(X))


@every_container
def test_columns_that_miss_values_in_training_have_an_input(container):
    X = with_gaps(1, 3)
    X[8, 2] = np.nan  # not among the rows below
    index = np.delete(np.arange(len(X)), 8)
    gaps = learn_gaps(container(X), index, np.ones(len(index)))
    assert_array_equal(gaps.source, [1, 3])
    for none in (table(), with_gaps(1)):
        index = np.delete(np.arange(len(X)), 7)
        assert learn_gaps(container(none), index, np.ones(len(index))) is None


@every_container
def test_blocks_of_columns_change_no_gaps(container, monkeypatch):
    X = container(with_gaps(0, 1, 3))
    for values in (1, 2 * 41):
        monkeypatch.setattr(statistics, "BLOCK_VALUES", values)
        assert_array_equal(learn_gaps(X, np.arange(41), ones(X)).source, [0, 1, 3])


def test_numbers_too_large_to_be_added_up_are_no_gaps():
    X = np.finfo(float).max * np.repeat([[1.0], [-1], [1], [-1]], 64, axis=0)
    assert learn_gaps(X, np.arange(len(X)), ones(X)) is None


def test_an_input_is_1_where_the_value_is_missing():
    gaps = learn_gaps(with_gaps(1, 3), np.arange(41), np.ones(41))
    is_missing = np.array([[True, False, True, True], [False, True, False, False]])
    out = np.full((2, 2), np.nan)
    gaps.apply(is_missing.T, out)
    assert_array_equal(out, [[0, 1], [1, 0]])
    gaps.apply(None, out)
    assert_array_equal(out, 0)

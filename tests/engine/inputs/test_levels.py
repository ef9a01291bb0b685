"""Frequent levels have an input each; all others, and unknown ones, are all zeros."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from tables import law

from sknumpynet.engine.inputs.levels import FEWEST_ROWS, MOST_LEVELS, learn_levels

numbers = st.lists(
    st.tuples(st.integers(-1, 5), st.integers(-1, 40), st.integers(1, 4)), min_size=1, max_size=200
)


def learn(X, weight=None, first=0):
    X = np.asarray(X, float)
    weight = np.ones(len(X)) if weight is None else weight
    return learn_levels(X, np.arange(len(X)), weight, range(first, X.shape[1]))


def of_counts(counts):
    """A column in which each level has so many rows."""
    return np.repeat(np.arange(len(counts)), counts)[:, np.newaxis]


def pairs(levels):
    """Which levels of which columns have an input, in order."""
    return [] if levels is None else list(zip(levels.source.tolist(), levels.level, strict=True))


def apply(levels, rows):
    """The inputs of rows, a row each."""
    out = np.full((len(levels.source), len(rows)), np.nan)
    levels.apply(np.asarray(rows, float).T, out, np.empty_like(out))
    return out.T


@law
@given(rows=numbers)
def test_the_most_frequent_levels_of_enough_rows_have_an_input(rows):
    *columns, weight = zip(*rows, strict=True)
    expected = []
    for at, column in enumerate(columns):
        count = dict.fromkeys(column, 0)
        for level, times in zip(column, weight, strict=True):
            count[level] += times
        often = [level for level in count if level >= 0 and count[level] >= 3]
        often = sorted(often, key=lambda level: (-count[level], level))[:30]
        expected += [(at, level) for level in sorted(often)]
    assert pairs(learn(np.transpose(columns), np.array(weight, float))) == expected


def test_levels_are_30_a_column_at_most_and_of_three_rows_at_least():
    assert (MOST_LEVELS, FEWEST_ROWS) == (30, 3)
    assert pairs(learn(of_counts([3] * 31))) == [(0, level) for level in range(30)]
    assert pairs(learn(of_counts([3] * 30 + [4]))) == [(0, level) for level in [*range(29), 30]]
    many = pairs(learn(of_counts([4, 3, 5, 3] * 50)))  # of those of 5 rows the first ones
    assert many == [(0, level) for level in range(2, 122, 4)]
    assert pairs(learn(of_counts([5, 2, 3]))) == [(0, 0), (0, 2)]
    assert learn(of_counts([2, 2, 1])) is None
    assert learn(-np.ones((9, 1))) is None


@law
@given(rows=numbers)
def test_a_row_of_weight_w_is_w_rows(rows):
    *columns, weight = map(np.array, zip(*rows, strict=True))
    X = np.column_stack(columns)
    repeated = np.repeat(X, weight, axis=0)
    assert pairs(learn(X, weight.astype(float))) == pairs(learn(repeated))


def test_rounding_takes_no_level_of_three_rows():
    """Ten rows of three tenths add up to a hair less."""
    X, weight = np.repeat(of_counts([1, 1]), 10, axis=0), np.repeat([0.3, 0.29], 10)
    assert np.cumsum(weight[:10])[-1] < 3
    assert pairs(learn(X, weight)) == [(0, 0)]


def test_rounding_decides_no_tie():
    """Two levels of equal weight, added up in another order: the lower number comes first."""
    X, weight = of_counts([9] * 29 + [3, 3]), np.ones(29 * 9 + 6)
    for order in ([0.1, 0.2, 3.3], [3.3, 0.2, 0.1], [0.2, 3.3, 0.1]):
        for others in ([0.1, 0.2, 3.3], [3.3, 0.2, 0.1], [0.2, 3.3, 0.1]):
            weight[-6:] = order + others
            assert pairs(learn(X, weight))[-1] == (0, 29)


@law
@given(rows=numbers, later=st.lists(st.integers(-1, 60), min_size=1))
def test_an_input_is_1_where_the_row_has_the_level(rows, later):
    X = np.array(rows, float)
    if (levels := learn(X)) is None:
        return
    new = np.column_stack([later] * 3)
    inputs = apply(levels, new)
    assert_array_equal(
        inputs, [[float(row[at] == level) for at, level in pairs(levels)] for row in new]
    )
    assert not inputs[new[:, 0] < 0].any()


def test_only_the_rows_and_columns_asked_for_are_counted():
    X = np.column_stack([np.zeros(8), np.arange(8) % 2, np.zeros(8)])
    index = np.array([0, 2, 4, 5, 7])
    levels = learn_levels(X, index, np.ones(5), range(1, 3))
    assert pairs(levels) == [(1, 0), (2, 0)]
    assert pairs(learn_levels(X, index, np.array([1, 1, 1, 1, 2.0]), range(1, 2))) == [
        (1, 0),
        (1, 1),
    ]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_levels_are_of_the_dtype_of_the_rows(dtype):
    X = of_counts([3, 3]).astype(dtype)
    assert learn_levels(X, np.arange(6), np.ones(6), range(1)).level.dtype == dtype


def test_rows_are_only_read():
    X, weight = of_counts([3, 4]).astype(float), np.ones(7)
    kept = X.copy()
    for array in (X, weight):
        array.setflags(write=False)
    apply(learn(X, weight), X)
    assert_array_equal(X, kept)

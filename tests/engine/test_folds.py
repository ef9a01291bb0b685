"""Rows are dealt to the folds evenly, by what is in them and not by where or how they stand."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from sknumpynet.engine import folds
from sknumpynet.engine.folds import (
    NOBODY,
    deal,
    different_rows,
    hold_out,
    joined_groups,
    keys_apart,
    kind_of_table,
    row_keys,
)

DEALS = {"deal": partial(deal, n_folds=4), "hold_out": partial(hold_out, fraction=0.3)}
every_deal = pytest.mark.parametrize("dealing", DEALS.values(), ids=DEALS)
law = settings(deadline=None, derandomize=True, database=None)

rows_of_a_table = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans(), st.integers(1, 4)),
    min_size=1,
    max_size=30,
)  # few values, so that rows are equal often; a label; how often


def table(n_rows=60, n_features=3):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features)).astype(np.float32).astype(float)
    return X, rng.random(n_rows) < 0.4


def as_arrays(rows):
    *columns, is_positive, times = (np.array(column) for column in zip(*rows, strict=True))
    return np.column_stack(columns).astype(float), is_positive, times


def everything(X):
    return different_rows(X, np.arange(len(X)))


def folds_of(dealing, X, is_positive, seed=0):
    """Which fold the rows of these contents are in: one, whatever their label."""
    fold = dealing(row_keys(X, seed), is_positive, everything(X))
    found = {}
    for row, number in zip(map(tuple, X.tolist()), fold.tolist(), strict=True):
        assert found.setdefault(row, number) == number
    return found


# Dealing ------------------------------------------------------------------------------------------


@law
@given(rows=rows_of_a_table, n_folds=st.integers(2, 6))
def test_equal_rows_are_in_one_fold_and_the_folds_are_even(rows, n_folds):
    X, is_positive, _ = as_arrays(rows)
    found = folds_of(partial(deal, n_folds=n_folds), X, is_positive)
    assert set(found.values()) <= set(range(n_folds))
    assert np.ptp(np.bincount(list(found.values()), minlength=n_folds)) <= 1
    labels = {}
    for row, label in zip(map(tuple, X.tolist()), is_positive.tolist(), strict=True):
        labels.setdefault(row, set()).add(label)
    for of_class in ({True}, {False}):
        dealt = [found[row] for row in found if labels[row] == of_class]
        assert np.ptp(np.bincount(dealt, minlength=n_folds)) <= 1


@law
@given(rows=rows_of_a_table, fraction=st.floats(0.01, 0.99))
def test_what_is_held_out_is_that_fraction_of_each_class(rows, fraction):
    X, is_positive, _ = as_arrays(rows)
    found = folds_of(partial(hold_out, fraction=fraction), X, is_positive)
    assert set(found.values()) <= {0, NOBODY}
    assert NOBODY < 0  # the number of no network
    labels = {}
    for row, label in zip(map(tuple, X.tolist()), is_positive.tolist(), strict=True):
        labels.setdefault(row, set()).add(label)
    for of_kind in ({True}, {False}, {True, False}):
        dealt = [found[row] for row in found if labels[row] == of_kind]
        n_out = dealt.count(0)
        if len(dealt) > 1:
            assert 1 <= n_out <= len(dealt) - 1
            assert abs(n_out - fraction * len(dealt)) <= 1
        else:
            assert n_out == 0  # an only row is for learning


@every_deal
@law
@given(rows=rows_of_a_table)
def test_it_does_not_matter_how_often_a_row_is_given(dealing, rows):
    X, is_positive, times = as_arrays(rows)
    repeated = [np.repeat(array, times, axis=0) for array in (X, is_positive)]
    assert folds_of(dealing, *repeated) == folds_of(dealing, X, is_positive)


@every_deal
@law
@given(rows=rows_of_a_table, seed=st.integers(0, 2**31 - 2), data=st.data())
def test_the_order_of_the_rows_does_not_matter(dealing, rows, seed, data):
    other = data.draw(st.permutations(rows))
    expected = folds_of(dealing, *as_arrays(rows)[:2], seed)
    assert folds_of(dealing, *as_arrays(other)[:2], seed) == expected


@every_deal
@law
@given(
    rows=rows_of_a_table,
    seed=st.integers(0, 99),
    names=st.permutations(range(12)),
    data=st.data(),
)
def test_neither_the_order_of_rows_nor_the_numbers_of_groups_matter(
    dealing, rows, seed, names, data
):
    (X, is_positive, _), order = as_arrays(rows), data.draw(st.permutations(range(len(rows))))
    X = np.column_stack([np.arange(len(X)) // 3, X])  # no two groups have the same rows
    group = np.arange(len(X)) // 3
    fold = dealing(row_keys(X, seed), is_positive, group)
    renamed = np.unique(np.array(names)[group], return_inverse=True)[1][order]
    other = dealing(row_keys(X, seed)[order], is_positive[order], renamed)
    assert_array_equal(other, fold[order])
    assert all(len(set(fold[group == number])) == 1 for number in group)


@every_deal
def test_another_seed_gives_another_deal(dealing):
    deals = [folds_of(dealing, *table(), seed) for seed in range(5)]
    assert all(first != second for i, first in enumerate(deals) for second in deals[:i])


# Keys ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
def test_dense_and_sparse_rows_have_the_same_keys(container, dtype):
    X, _ = table()
    X[np.random.default_rng(1).random(X.shape) < 0.5] = 0
    stored = container(np.where(X == 0, 1, X))  # every value stands in it, the zeros too
    stored.data[stored.data == 1] = np.tile((0.0, -0.0), X.size)[: (X == 0).sum()]
    negative_zeros = np.where(X == 0, -0.0, X)
    dense = [X, negative_zeros, X.astype(np.float32), negative_zeros.astype(np.float32)]
    dense.append(np.asfortranarray(X))
    compressed = [container(X), container(X.astype(np.float32)), stored]
    for array in [*dense, *(rows.data for rows in compressed)]:
        array.setflags(write=False)
    keys = row_keys(X, 0, dtype)
    for same in dense + compressed:
        assert_array_equal(row_keys(same, 0, dtype), keys, strict=True)
    assert stored.nnz == X.size


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_a_missing_value_is_one_value_whatever_its_bits(container, dtype):
    bits = np.array([0x7FF8 << 48, 0xFFF8 << 48, (0x7FF8 << 48) + 12345], np.uint64)
    X = np.column_stack([bits.view(float), np.ones(3)])
    assert len(np.unique(row_keys(container(X), 0, dtype))) == 1
    assert_array_equal(different_rows(container(X), np.arange(3)), 0)
    X[:, 0] = 1
    assert row_keys(X, 0, dtype)[0] not in row_keys(container(np.full((1, 2), np.nan)), 0, dtype)


def test_a_column_of_zeros_adds_nothing_to_the_keys_of_sparse_rows_either():
    X, _ = table()
    X[:, -1] = 0
    assert_array_equal(row_keys(sparse.csr_array(X), 0), row_keys(X, 0), strict=True)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(
    "make",
    {
        "normal": lambda rng: rng.normal(size=(2000, 3)),
        "whole numbers": lambda rng: rng.integers(0, 1 << 20, (2000, 3)).astype(float),
        "beyond float32": lambda rng: 1e9 + np.arange(2000.0)[:, np.newaxis] * [1, 2, 4],
        "huge": lambda rng: 1e300 * (1 + rng.random((2000, 3))),
        "tiny": lambda rng: 1e-300 * (1 + rng.random((2000, 3))),
        "powers of two": lambda rng: np.exp2(rng.integers(-500, 500, (2000, 6))),
    }.values(),
)
def test_rows_are_told_apart(make, container):
    X = make(np.random.default_rng(0))
    X = np.vstack([X, X[:, ::-1]])  # the same values in other columns
    _, expected = np.unique(X, axis=0, return_inverse=True)
    pairs = np.column_stack([different_rows(container(X), np.arange(len(X))), expected])
    assert len(np.unique(pairs, axis=0)) == expected.max() + 1 == pairs[:, 0].max() + 1


@law
@given(rows=rows_of_a_table, dtype=st.sampled_from(["float32", "float64"]), data=st.data())
def test_equal_rows_have_equal_numbers(rows, dtype, data):
    X = as_arrays(rows)[0].astype(dtype)
    index = np.array(data.draw(st.lists(st.integers(0, len(X) - 1), min_size=1)))
    found = different_rows(X, index)
    assert set(found) == set(range(found.max() + 1))
    for some, other in zip(*np.triu_indices(len(index), 1), strict=True):
        assert (found[some] == found[other]) == (X[index[some]] == X[index[other]]).all()


def test_blocks_of_rows_change_nothing(monkeypatch):
    X, _ = table()
    whole = row_keys(X, 0)
    for values in (1, 3, 7, 50):
        monkeypatch.setattr(folds, "BLOCK_VALUES", values)
        assert_array_equal(row_keys(X[::-1], 0), whole[::-1])


@pytest.mark.parametrize("container", [np.array, sparse.csr_array])
def test_values_beyond_single_precision_are_rows_like_any(container):
    X, is_positive = table()
    X[::2] *= 1e300
    keys = row_keys(container(X), 0)
    assert keys.dtype == np.uint64
    fold = deal(keys, is_positive, everything(X), 4)
    assert_array_equal(np.bincount(fold), 15)


# Cells --------------------------------------------------------------------------------------------


def grid(*n_values):
    """All combinations."""
    return (
        np.stack(np.meshgrid(*map(np.arange, n_values)), axis=-1).reshape(-1, len(n_values)) * 1.0
    )


def told(X, y, container=np.asarray):
    index = np.arange(len(X))
    return kind_of_table(container(X), index, y, different_rows(container(X), index))


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("n_values", [(2, 2), (2, 2, 2), (4,), (4, 4), (2,) * 6])
def test_a_truth_table_is_listed_and_its_repetition_counted(n_values, container):
    X = np.column_stack([grid(*n_values), np.full(np.prod(n_values), 7.0)])
    y = np.arange(len(X)) % 3 == 1
    assert told(X, y, container) == "listed"
    assert told(np.tile(X, (2, 1)), np.tile(y, 2), container) == "listed"
    assert told(np.tile(X, (3, 1)), np.tile(y, 3), container) == "listed"
    assert told(np.tile(X, (3, 1)), np.arange(3 * len(X)) < len(X) + 1, container) == "counted"


@pytest.mark.parametrize(
    ("X", "times"),
    {
        "a combination is missing": (grid(2, 2, 2)[1:], 1),
        "too many values of a column": (grid(5, 2), 1),
        "one column of many values": (grid(9), 1),
        "too many cells": (grid(65), 9),
        "rows of two columns, three times each": (np.random.default_rng(0).normal(size=(9, 2)), 3),
        "less than half of all combinations": (grid(4, 4)[::3], 5),
        "less than three rows a cell": (grid(9), 2),
    }.values(),
)
def test_other_tables_have_no_cells(X, times):
    assert told(np.tile(X, (times, 1)), np.tile(np.arange(len(X)) % 2 == 0, times)) is None


@pytest.mark.parametrize("n_values", [(12,), (6, 5, 5), (2, 2)])
def test_rows_with_equals_of_the_other_class_are_counted(n_values):
    X = np.tile(grid(*n_values), (3, 1))
    cell, is_first = np.arange(len(X)) % (len(X) // 3), np.arange(len(X)) < len(X) // 3
    for part, expected in ((0.6, "counted"), (0.4, "counted" if max(n_values) <= 4 else None)):
        assert told(X, is_first & (cell < part * len(X) / 3)) == expected


def test_a_row_for_each_label_of_a_cell_is_listed():
    X = np.vstack([grid(2, 2), grid(2, 2)[:3]])
    assert told(X, np.arange(7) < 4) == "listed"
    assert told(np.vstack([X, X[:1]]), np.arange(8) % 7 < 4) is None


@law
@given(data=st.data(), n_rows=st.integers(1, 12))
def test_groups_that_share_rows_are_one(data, n_rows):
    """As walking from row to row of equal group or contents finds them."""
    of_row = st.lists(st.integers(0, 9), min_size=n_rows, max_size=n_rows)
    groups, kind = (np.unique(data.draw(of_row), return_inverse=True)[1] for _ in range(2))
    reached = (groups[:, np.newaxis] == groups) | (kind[:, np.newaxis] == kind)
    for _ in range(n_rows):
        reached = reached @ reached
    largest = max(np.bincount(groups).max(), n_rows / 2)
    expected = reached if reached.sum(axis=1).max() <= largest else groups[:, np.newaxis] == groups
    joined = joined_groups(groups, kind, 2)
    assert_array_equal(joined[:, np.newaxis] == joined, expected)
    assert set(joined) == set(range(joined.max() + 1))


def test_a_table_with_contradictions_is_no_truth_table():
    X = np.tile(grid(2, 2), (2, 1))
    assert told(X, np.array([0, 1, 1, 0] * 2) == 1) == "listed"
    assert told(X, np.array([0, 1, 1, 0, 0, 1, 1, 1]) == 1) is None


def test_groups_stay_apart_where_joined_ones_would_be_fewer_than_folds():
    groups, kind = np.array([0, 0, 0, 0, 1, 2]), np.array([0, 1, 2, 3, 4, 4])
    assert_array_equal(joined_groups(groups, kind, 2), [0, 0, 0, 0, 1, 1])
    assert_array_equal(joined_groups(groups, kind, 3), groups)


def test_keys_apart_are_those_of_rows_that_differ():
    rng = np.random.default_rng(0)
    keys = np.array([5, 2**63 + 7], np.uint64)[rng.integers(0, 2, 40)]
    is_positive, weight = rng.random(40) < 0.4, rng.integers(1, 3, 40).astype(float)
    apart, order = keys_apart(keys, is_positive, weight), rng.permutation(40)
    of_order = keys_apart(keys[order], is_positive[order], weight[order])
    assert len(np.unique(apart)) == 40

    def listed(keys_now, apart_now, which):
        told = zip(keys_now, is_positive[which], weight[which], apart_now, strict=True)
        return sorted(map(tuple, np.array(list(told), object)))

    assert listed(keys, apart, np.arange(40)) == listed(keys[order], of_order, order)


def test_equal_rows_whose_keys_are_apart_are_dealt_at_random():
    """Dealt one after the other, each fold would have five positive rows of each kind."""
    kind = np.repeat(np.arange(50, dtype=np.uint64), 80)
    is_positive = np.tile(np.arange(80) < 40, 50)
    fold = deal(keys_apart(kind, is_positive, np.ones(4000)), is_positive, np.arange(4000), 8)
    counts = np.bincount(kind[is_positive].astype(int) * 8 + fold[is_positive])
    assert 4 < counts.var() < 5  # of 40 rows in 8 folds at random, 40 / 8 * 7 / 8


@pytest.mark.parametrize("n_copies", [1, 3])
def test_levels_are_cells_whether_or_not_equal_rows_have_both_labels(n_copies):
    """Of numbers, rows that repeat with one label are copies."""
    cells = np.array([[a, b] for a in range(40) for b in range(3)], float)
    X = cells.repeat(n_copies, axis=0)
    y, index = X[:, 0] % 2 > 0, np.arange(len(X))
    kind = different_rows(X, index)
    assert kind_of_table(X, index, y, kind) is None
    expected = "counted" if n_copies == 3 else None
    assert kind_of_table(X, index, y, kind, is_categorical=True) == expected


def test_levels_of_few_combinations_are_cells_where_equal_rows_have_both_labels():
    X = np.repeat([[a, a % 5] for a in range(40)], 6, axis=0).astype(float)
    index, y = np.arange(len(X)), np.arange(len(X)) % 2 > 0
    kind = different_rows(X, index)
    assert kind_of_table(X, index, y, kind) is None
    assert kind_of_table(X, index, y, kind, is_categorical=True) == "counted"
    assert kind_of_table(X, index, X[:, 0] > 9, kind, is_categorical=True) is None

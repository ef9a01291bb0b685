"""Rows are dealt to the folds evenly, by what is in them and not by where or how they stand."""

from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from sknumpynet.engine import folds
from sknumpynet.engine.folds import NOBODY, deal, hold_out, n_copies, row_keys

DEALS = {"deal": partial(deal, n_folds=4), "hold_out": partial(hold_out, fraction=0.3)}
every_deal = pytest.mark.parametrize("dealing", DEALS.values(), ids=DEALS)
law = settings(deadline=None, derandomize=True, database=None)

rows_of_a_table = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans(), st.integers(0, 4)),
    min_size=1,
    max_size=30,
)  # few values, so that rows are equal often; a label; a weight


def table(n_rows=60, n_features=3):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features)).astype(np.float32).astype(float)
    return X, rng.random(n_rows) < 0.4, rng.integers(1, 4, n_rows).astype(float)


def as_arrays(rows):
    *columns, is_positive, weight = (np.array(column) for column in zip(*rows, strict=True))
    return np.column_stack(columns).astype(float), is_positive, weight.astype(float)


def classes(is_positive):
    """Which rows are of each class."""
    return ~is_positive, is_positive


def holders(dealing, X, is_positive, weight, seed=0):
    """How many copies of a row of these contents are in which fold."""
    row, fold, held = dealing(row_keys(X, seed), is_positive, n_copies(weight))
    found = Counter()
    for r, f, h in zip(row.tolist(), fold.tolist(), held.tolist(), strict=True):
        found[tuple(X[r].tolist()), bool(is_positive[r]), f] += h
    return found


@law
@given(rows=rows_of_a_table, n_folds=st.integers(1, 6))
def test_every_copy_is_in_one_fold_and_the_folds_are_even(rows, n_folds):
    X, is_positive, weight = as_arrays(rows)
    row, fold, held = deal(row_keys(X, 0), is_positive, n_copies(weight), n_folds)
    assert_array_equal(np.bincount(row, held, minlength=len(X)), weight)
    assert (held > 0).all()
    pairs = list(zip(row, fold, strict=True))
    assert pairs == sorted(set(pairs))
    sizes = [np.bincount(fold[of], held[of], minlength=n_folds) for of in classes(is_positive[row])]
    assert all(np.ptp(size) <= 1 for size in [*sizes, sizes[0] + sizes[1]])
    assert len(sizes[0]) == len(sizes[1]) == n_folds


@law
@given(rows=rows_of_a_table, fraction=st.floats(0.01, 0.99))
def test_what_is_held_out_is_that_fraction_of_each_class(rows, fraction):
    X, is_positive, weight = as_arrays(rows)
    row, fold, held = hold_out(row_keys(X, 0), is_positive, n_copies(weight), fraction)
    assert_array_equal(np.bincount(row, held, minlength=len(X)), weight)
    assert (held > 0).all()
    assert set(fold.tolist()) <= {0, NOBODY}
    assert NOBODY < 0  # the number of no network
    for of_class in classes(is_positive[row]):
        n_cards, n_out = held[of_class].sum(), held[of_class & (fold == 0)].sum()
        if n_cards > 1:
            assert 1 <= n_out <= n_cards - 1
            assert abs(n_out - fraction * n_cards) <= 1
        else:
            assert n_out == 0  # an only row is for learning


@every_deal
@law
@given(rows=rows_of_a_table)
def test_weights_of_whole_numbers_are_copies(dealing, rows):
    X, is_positive, weight = as_arrays(rows)
    times = weight.astype(int)
    repeated = [np.repeat(array, times, axis=0) for array in (X, is_positive)]
    ones = np.ones(times.sum())
    assert holders(dealing, X, is_positive, weight) == holders(dealing, *repeated, ones)


@every_deal
@law
@given(rows=rows_of_a_table, seed=st.integers(0, 2**31 - 2), data=st.data())
def test_the_order_of_the_rows_does_not_matter(dealing, rows, seed, data):
    other = data.draw(st.permutations(rows))
    assert holders(dealing, *as_arrays(rows), seed) == holders(dealing, *as_arrays(other), seed)


@every_deal
def test_another_seed_gives_another_deal(dealing):
    deals = [holders(dealing, *table(), seed) for seed in range(5)]
    assert all(first != second for i, first in enumerate(deals) for second in deals[:i])


def test_rows_of_weights_that_are_not_whole_stay_whole():
    X, is_positive, weight = table()
    weight[3] = 0.5
    row, _, held = deal(row_keys(X, 0), is_positive, n_copies(weight), 4)
    assert_array_equal(row, np.arange(len(X)))
    assert_array_equal(held, 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_a_weight_of_a_whole_number_is_that_many_copies(dtype):
    copies = np.array([0, 1, 5, 1000])
    assert_array_equal(n_copies(copies.astype(dtype)), copies, strict=True)


@pytest.mark.parametrize("weight", [[1, 2.5], [0.1, 0.2], [2.0**53, 1], [1e300, 1]])
def test_weights_that_cannot_be_counted_are_one_copy_each(weight):
    assert_array_equal(n_copies(np.array(weight)), np.array([1, 1]), strict=True)


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
def test_dense_and_sparse_rows_have_the_same_keys(container):
    X, *_ = table()
    X[np.random.default_rng(1).random(X.shape) < 0.5] = 0
    stored = container(np.where(X == 0, 1, X))  # every value stands in it, the zeros too
    stored.data[stored.data == 1] = np.tile((0.0, -0.0), X.size)[: (X == 0).sum()]
    negative_zeros = np.where(X == 0, -0.0, X)
    dense = [X, negative_zeros, X.astype(np.float32), negative_zeros.astype(np.float32)]
    dense.append(np.asfortranarray(X))
    compressed = [container(X), container(X.astype(np.float32)), stored]
    for array in [*dense, *(rows.data for rows in compressed)]:
        array.setflags(write=False)
    keys = row_keys(X, 0)
    for same in dense + compressed:
        assert_array_equal(row_keys(same, 0), keys, strict=True)
    assert stored.nnz == X.size


def test_a_column_of_zeros_adds_nothing_to_the_keys_of_sparse_rows_either():
    X, *_ = table()
    X[:, -1] = 0
    assert_array_equal(row_keys(sparse.csr_array(X), 0), row_keys(X, 0), strict=True)


def test_rows_are_told_apart():
    X, *_ = table(n_rows=2000)
    X[1000:] = X[:1000, ::-1]  # the same values in other columns
    assert len(np.unique(row_keys(X, 0))) == len(X)


def test_blocks_of_rows_change_nothing(monkeypatch):
    X, *_ = table()
    whole = row_keys(X, 0)
    for values in (1, 3, 7, 50):
        monkeypatch.setattr(folds, "BLOCK_VALUES", values)
        assert_array_equal(row_keys(X[::-1], 0), whole[::-1])


def test_equal_rows_are_dealt_in_the_order_in_which_they_stand():
    X, n_folds = np.ones((1000, 3)), 4
    row, fold, _ = deal(row_keys(X, 0), np.ones(1000, bool), n_copies(np.ones(1000)), n_folds)
    assert_array_equal(row, np.arange(1000))
    assert (np.diff(fold) % n_folds == 1).all()


@pytest.mark.parametrize("container", [np.array, sparse.csr_array])
def test_values_beyond_single_precision_are_rows_like_any(container):
    X, is_positive, weight = table()
    X[::2] *= 1e300
    keys = row_keys(container(X), 0)
    assert keys.dtype == np.uint64
    row, _, held = deal(keys, is_positive, n_copies(weight), 4)
    assert_array_equal(np.bincount(row, held), weight)

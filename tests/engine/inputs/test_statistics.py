"""Sparse columns are measured as the dense ones they stand for, and dense ones as their copies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sknumpynet.engine.inputs import statistics
from sknumpynet.engine.inputs.statistics import column_blocks

law = settings(deadline=None, derandomize=True, database=None)


@st.composite
def weighted_tables(draw):
    """A table with zeros of both signs, whole and other weights, and the rows that count."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows, n_columns = draw(st.integers(1, 60)), draw(st.integers(1, 6))
    X = rng.normal(size=(n_rows, n_columns)) * 10.0 ** rng.integers(-3, 4, n_columns)
    X = np.where(rng.random(n_columns) < 0.3, X.round() / 2, X)
    X = np.where(rng.random(n_columns) < 0.3, abs(X), X) + (rng.random(n_columns) < 0.2) * 1000
    X *= rng.random(X.shape) < rng.choice([0.02, 0.3, 0.7, 1], n_columns)
    kinds = [np.ones(n_rows), rng.integers(1, 4, n_rows), rng.exponential(size=n_rows) + 1e-3]
    weight = kinds[draw(st.integers(0, 2))].astype(float)
    index = np.flatnonzero(rng.random(n_rows) < draw(st.sampled_from([0.5, 2])))
    index = index if len(index) else np.array([0])
    return X.astype(draw(st.sampled_from([np.float32, np.float64]))), index, weight[index]


def some_stored_zeros(X):
    """CSR with a third of the zeros stored."""
    csr = sparse.csr_array((X != 0) | (np.arange(X.size).reshape(X.shape) % 3 == 0), dtype=X.dtype)
    rows = np.repeat(np.arange(X.shape[0]), np.diff(csr.indptr))
    csr.data[:] = X[rows, csr.indices]
    return csr


def measured(X, index, weight):
    """All that there is to know, over all blocks."""
    found = []
    for block, some in column_blocks(X, index, weight):
        median = some.quantiles((0.5,))[0]
        chosen = np.arange(block.start % 2, len(median), 2)
        distances = np.zeros_like(median)
        distances[chosen] = some.median_distances(chosen, median[chosen])
        quantiles = some.quantiles((0, 0.1, 0.25, 1 / 3, 0.75, 0.99))
        beside = some.quantiles_beside(np.array([median, np.full_like(median, np.nan)]), (0.1, 0.5))
        exact = *some.extremes(), *quantiles, *beside, distances
        low, width = np.array([exact[0], median]), np.array([np.ones_like(median), median + 1])
        codes = some.mean_codes(low.T, abs(width).T + 0.1)
        found.append((*exact, codes, *some.mean_and_deviation()))
    *exact, codes, mean, deviation = map(np.concatenate, zip(*found, strict=True))
    return np.array(exact), codes, mean, deviation


def assert_measured_alike(some, others, size):
    """Bit for bit what is picked among values; what is summed to rounding, in units of ``size``."""
    assert_array_equal(some[0], others[0])
    assert some[0].dtype == others[0].dtype
    assert_allclose(some[1], others[1], atol=1e-5 if some[0].dtype == np.float32 else 1e-13)
    assert (abs(some[2] - others[2]) <= 1e-14 * size).all()
    assert (abs(some[3] - others[3]) <= 1e-10 * size).all()


def with_gaps(X, seed):
    """Some columns whole, some with gaps, some empty."""
    rng = np.random.default_rng(seed)
    missing = rng.random(X.shape) < rng.choice([0, 0.1, 0.6, 1], X.shape[1])
    return np.where(missing, np.nan, X).astype(X.dtype)


@law
@given(table=weighted_tables(), more=st.sampled_from([np.asarray, lambda X: np.repeat(X, 700, 1)]))
def test_sparse_columns_are_the_dense_ones(table, more):
    X, index, weight = table
    X = more(X)
    dense = measured(X, index, weight)
    for container in (sparse.csr_array, sparse.csc_array, some_stored_zeros):
        assert_measured_alike(measured(container(X), index, weight), dense, abs(X).max(axis=0))
    assert dense[0].dtype == X.dtype


@law
@given(table=weighted_tables(), seed=st.integers(0, 99))
def test_sparse_columns_with_stored_gaps_are_the_dense_ones(table, seed):
    X, index, weight = table
    X = with_gaps(X, seed)
    dense, size = measured(X, index, weight), np.nan_to_num(abs(X)).max(axis=0)
    for container in (sparse.csr_array, sparse.csc_array, some_stored_zeros):
        assert_measured_alike(measured(container(X), index, weight), dense, size)


@pytest.mark.parametrize("container", [np.asarray, sparse.csc_array])
@law
@given(table=weighted_tables(), seed=st.integers(0, 99))
def test_a_column_with_gaps_is_the_column_without_these_rows(container, table, seed):
    """A column of nothing but gaps is one of zeros."""
    X, index, weight = table
    X = with_gaps(X, seed)
    found = measured(container(X), index, weight)
    chosen = found[0].shape[0] - 1  # distances are measured in every second column
    for at, column in enumerate(X[index].T):
        present = ~np.isnan(column)
        values, of = column[present, np.newaxis], weight[present]
        if not present.any():
            values, of = np.zeros((1, 1), X.dtype), np.ones(1)
        alone = measured(values, np.arange(len(of)), of)
        some = [np.take(found[0], [at], axis=1), *(each[[at]] for each in found[1:])]
        if at % 2:
            alone[0][chosen] = 0
        assert_measured_alike(some, alone, np.abs(values).max())


@pytest.mark.parametrize("container", [np.asarray, sparse.csc_array])
def test_columns_tell_whether_they_have_gaps_in_the_rows_that_count(container):
    X = np.zeros((6, 4))
    X[0, 1] = X[3, 2] = X[4, 2] = np.nan
    ((_, some),) = column_blocks(container(X), np.arange(1, 6), np.ones(5))
    assert_array_equal(some.has_gap, [False, False, True, False])


def test_a_column_of_one_value_deviates_by_exactly_0():
    X = np.full((7, 3), 0.1) * (1, 0, 1e200)
    for table in (X, sparse.csr_array(X)):
        assert_array_equal(measured(table, np.arange(7), np.linspace(0.1, 2, 7))[3], 0)


def test_weights_that_rounding_leaves_nothing_of_still_count():
    """The stored row outweighs the zeros to the last digit, and they are there all the same."""
    X, weight = np.array([[5.0], [0], [0]]), np.array([1e20, 1, 1])
    for table in (X, sparse.csr_array(X)):
        ((_, some),) = column_blocks(table, np.arange(3), weight)
        assert_array_equal(some.extremes(), [[0], [5]])
        assert_array_equal(some.median_distances(np.array([0]), np.array([5.0])), 5)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_mapped_file_is_read_once_a_column_and_never_as_a_whole(monkeypatch, is_whole):
    class Counting(np.ndarray):
        """An array that counts the values that are taken from it."""

        def __getitem__(self, key):
            taken = np.ndarray.__getitem__(self, key).view(np.ndarray)
            sizes.append(taken.size)
            return taken

    sizes, X = [], np.random.default_rng(0).normal(size=(40, 9)).view(Counting)
    index = np.arange(40 if is_whole else 30)
    monkeypatch.setattr(statistics, "BLOCK_VALUES", 2 * len(index))
    for _, some in column_blocks(X, index, np.linspace(1, 2, len(index))):
        some.mean_and_deviation()
        some.quantiles((0.5,))
    assert sum(sizes) == 9 * len(index)
    assert max(sizes) <= 2 * len(index)


def test_blocks_of_sparse_columns_change_nothing(monkeypatch):
    X = np.random.default_rng(0).normal(size=(20, 7)).round()
    table, index, weight = sparse.csr_array(X), np.arange(20), np.linspace(0.1, 2, 20)
    whole = measured(table, index, weight)
    for name, size in (("BLOCK_VALUES", 1), ("BLOCK_VALUES", 40), ("BLOCK_COLUMNS", 3)):
        with monkeypatch.context() as patched:
            patched.setattr(statistics, name, size)
            for one, other in zip(measured(table, index, weight), whole, strict=True):
                assert_allclose(one, other, rtol=1e-13)

"""Bins hold equal shares of the weight; a code rises across its bin and is flat outside."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from scipy import sparse
from tables import arrays, law, ones, table, weighted_rows

from sknumpynet.engine.inputs import statistics
from sknumpynet.engine.inputs.binning import learn_binning

every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def learn_codes(X, weight, n_bins):
    return learn_binning(X, np.arange(X.shape[0]), weight, n_bins)


def codes(bins, rows, is_missing=None):
    """The codes of rows, a row each."""
    out = np.empty((len(bins.source), len(rows)), rows.dtype)
    scratch = np.empty((max(out.shape[0], rows.shape[1]), len(rows)), rows.dtype)
    bins.apply(rows.T, out, scratch, None if is_missing is None else is_missing.T)
    return out.T


def assert_same(bins, others):
    """Equal bins; means up to the order of summation."""
    for name in ("source", "low", "width"):
        assert_array_equal(getattr(bins, name), getattr(others, name), err_msg=name)
    eps = np.finfo(others.mean.dtype).eps
    assert_allclose(bins.mean, others.mean, rtol=8 * eps, atol=8 * eps)
    assert bins.mean.dtype == others.mean.dtype


@every_dtype
def test_a_code_rises_from_0_to_1_across_its_bin_and_is_flat_outside(dtype):
    x = np.random.default_rng(0).lognormal(size=400).astype(dtype)[:, np.newaxis]
    bins = learn_codes(x, ones(x), 8)
    edges = np.append(bins.low, bins.low[-1] + bins.width[-1])
    at = np.linspace(-1, x.max() + 1, 1001, dtype=dtype)
    expected = [np.interp(at, edges[i : i + 2], [0, 1]) for i in range(8)]
    eps = np.finfo(dtype).eps
    assert_allclose(codes(bins, at[:, np.newaxis]).T, expected, atol=50 * eps / bins.width.min())


def test_the_bins_of_a_column_meet_and_hold_equal_shares_of_its_rows():
    x = np.random.default_rng(0).normal(size=(800, 1))
    bins = learn_codes(x, ones(x), 8)
    high = bins.low + bins.width
    assert_allclose(high[:-1], bins.low[1:])
    assert bins.low[0] == x.min()
    assert_allclose(high[-1], x.max())
    assert_array_equal(np.bincount(np.searchsorted(bins.low[1:], x[:, 0])), 100)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_blocks_of_columns_change_no_bins(container, monkeypatch):
    X = container(table())
    whole = learn_codes(X, ones(X), 8)
    for values in (1, 2 * 41):
        monkeypatch.setattr(statistics, "BLOCK_VALUES", values)
        assert_equal(vars(learn_codes(X, ones(X), 8)), vars(whole))


def test_columns_that_fill_fewer_than_two_bins_have_no_codes():
    rng = np.random.default_rng(0)
    columns = [np.full(400, 3.0), np.arange(400) % 2, rng.normal(size=400)]
    bins = learn_codes(np.column_stack(columns), np.ones(400), 8)
    assert_array_equal(np.bincount(bins.source, minlength=3), [0, 0, 8])
    assert learn_codes(np.column_stack(columns[:2]), np.ones(400), 8) is None


@pytest.mark.parametrize("container", [np.asarray, sparse.csc_array])
@pytest.mark.parametrize("heavy", [0.0, 2.0])
def test_a_heavy_value_is_one_edge_and_the_other_rows_share_the_bins(container, heavy):
    rest = np.linspace(-1, 5, 25)  # 2 is not among them
    column = np.append(np.full(60, heavy), rest[rest != heavy])[:, np.newaxis]
    bins = learn_codes(container(column), np.ones(len(column)), 4)
    alone = learn_codes(rest[rest != heavy, np.newaxis], np.ones(sum(rest != heavy)), 4)
    edges, of_rest = (np.append(b.low, b.low[-1] + b.width[-1]) for b in (bins, alone))
    assert_allclose(edges, np.unique(np.append(of_rest, heavy)))


def test_a_value_of_two_edges_is_not_heavy():
    column = np.repeat([0.0, 1, 2, 3, 4], [1, 2, 3, 1, 1])[:, np.newaxis]  # quartiles 1, 2, 2
    bins = learn_codes(column, np.ones(8), 4)
    assert_array_equal(bins.low, [0, 1, 2])


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("heavy", [0, 0.5])
def test_weights_decide_the_bins_beside_a_heavy_value(container, heavy):
    """And a column beside it keeps its own."""
    rng = np.random.default_rng(0)
    others, plain, weight = rng.normal(size=80), rng.normal(size=400), rng.uniform(0.5, 2, 400)
    X = np.column_stack([np.append(others, np.full(320, heavy)), plain])
    bins = learn_codes(container(X), weight, 8)
    order = np.argsort(others)
    share = np.cumsum(weight[:80][order]) / weight[:80].sum()
    quantiles = others[order][np.searchsorted(share, np.arange(1, 8) / 8)]
    edges = np.unique([others.min(), *quantiles, heavy, others.max()])
    of = bins.source == 0
    assert_array_equal(bins.low[of], edges[:-1])
    assert_array_equal(bins.width[of], np.diff(edges))
    assert_same(bins.at(~of, np.zeros(8, int)), learn_codes(plain[:, np.newaxis], weight, 8))


@law
@given(rows=weighted_rows)
def test_bins_count_a_row_of_weight_w_w_times(rows):
    X, weight = arrays(rows)
    weighted = learn_codes(X, weight, 4)
    twice = X.repeat(weight.astype(int), axis=0)
    repeated = learn_codes(twice, ones(twice), 4)
    assert (weighted is None) == (repeated is None)
    if weighted is not None:
        assert_same(weighted, repeated)


def test_codes_of_huge_and_tiny_columns_are_finite():
    X = table() * 1e300
    X[3, 2] = 1.7e308
    bins = learn_codes(X, ones(X), 8)
    far = np.array([[-1.7e308] * 4, [1.7e308] * 4])
    assert_array_equal(codes(bins, far), [[0] * len(bins.source), [1] * len(bins.source)])


def test_a_column_whose_bins_are_wider_than_numbers_reach_has_no_codes():
    X = np.finfo(float).max * np.repeat([-1, 0.9, 1], 10)[:, np.newaxis]
    assert learn_codes(X, ones(X), 8) is None


@every_dtype
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_array])
def test_sparse_columns_are_told_in_pieces_like_dense_ones(dtype, container):
    X, weight = table(dtype=dtype), np.linspace(0.1, 2, 41)
    assert_same(learn_codes(container(X), weight, 4), learn_codes(X, weight, 4))


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_an_index_is_the_table_of_these_rows(container):
    X, index = table(), np.arange(1, 41, 3)
    weight = np.linspace(0.1, 2, len(index))
    some = learn_binning(container(X), index, weight, 4)
    assert_same(some, learn_codes(X[index], weight, 4))


@every_dtype
def test_a_missing_value_has_the_mean_of_each_code(dtype):
    X, weight = table(dtype=dtype), np.linspace(0.1, 2, 41)
    X[::3, 1] = X[1, 2] = np.nan
    missing = np.isnan(X)
    bins = learn_codes(X, weight, 4)
    out = codes(bins, X, missing)
    for code, column in zip(out.T, bins.source, strict=True):
        gaps = missing[:, column]
        mean = np.average(code[~gaps].astype(float), weights=weight[~gaps])
        assert_allclose(code[gaps], mean, rtol=20 * np.finfo(dtype).eps)
    without = codes(bins, X)
    assert_array_equal(out[~missing[:, bins.source]], without[~missing[:, bins.source]])


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_a_column_with_gaps_has_the_bins_of_the_rows_without(container):
    X, weight = table(), np.linspace(0.1, 2, 41)
    X[::3, 1] = X[:, 2] = np.nan
    bins, present = learn_codes(container(X), weight, 4), ~np.isnan(X[:, 1])
    alone = learn_codes(container(X[present, 1, np.newaxis]), weight[present], 4)
    of = np.flatnonzero(bins.source == 1)
    assert_same(bins.at(of, np.zeros(len(of), int)), alone)
    assert 2 not in bins.source

"""Scaling puts columns on one scale, by weighted rows, whatever their size; it can be folded in."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from tables import arrays, law, ones, table, weighted_rows

from sknumpynet.engine.inputs import statistics
from sknumpynet.engine.inputs.scaling import Scaling, bend, learn_scaling

KINDS = ("robust", "standard")
every_kind = pytest.mark.parametrize("kind", KINDS)
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def learn(kind, X, weight, **params):
    return learn_scaling(kind, X, np.arange(X.shape[0]), weight, **params)


def apply(scaling, rows, is_missing=None):
    """The scaled rows, as rows."""
    out, scratch = np.empty_like(rows.T), np.empty_like(rows.T)
    scaling.apply(rows.T, out, scratch, None if is_missing is None else is_missing.T)
    return out.T


def straight(scaling, rows):
    """Scaled, but not bent."""
    return apply(replace(scaling, bends=False), rows)


def assert_same(kind, first, second):
    """Equal medians and ranges; means and deviations up to the order of summation."""
    precision = {"rtol": 0} if kind == "robust" else {"rtol": 1e-9, "atol": 1e-12}
    assert_allclose(first.center, second.center, **precision)
    assert_allclose(first.factor, second.factor, **precision)


@every_kind
@law
@given(rows=weighted_rows)
def test_a_weight_of_a_whole_number_is_the_row_that_many_times(kind, rows):
    X, weight = arrays(rows)
    repeated = np.repeat(X, weight.astype(int), axis=0)
    assert_same(kind, learn(kind, X, weight), learn(kind, repeated, ones(repeated)))


@every_kind
@law
@given(rows=weighted_rows, unit=st.sampled_from([0.1, 1 / 3, 3, 7e-5, 1e5]))
def test_only_the_proportions_of_weights_matter(kind, rows, unit):
    X, weight = arrays(rows)
    assert_same(kind, learn(kind, X, weight), learn(kind, X, weight * unit))


@every_dtype
@pytest.mark.parametrize("n_rows", [5, 41, 100])
def test_robust_puts_the_median_at_0_and_the_quartiles_1_apart(n_rows, dtype):
    X = np.random.default_rng(0).standard_t(1, size=(n_rows, 3)).astype(dtype)
    z = np.sort(straight(learn("robust", X, ones(X)), X), axis=0)
    low, median, high = (z[int(np.ceil(n_rows * q / 4)) - 1] for q in (1, 2, 3))
    assert_array_equal(median, 0)
    assert_allclose(high - low, 1, rtol=4 * np.finfo(dtype).eps)


def test_robust_takes_the_median_distance_of_what_differs_where_the_quartiles_are_one():
    X = np.array([[0.0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [-2], [4], [1e9]])
    assert_array_equal(learn("robust", X, ones(X)).factor, 1 / 4)
    ones_and_zeros = np.arange(50)[:, np.newaxis] % 7 == 0
    assert_array_equal(learn("robust", ones_and_zeros * 1.0, np.ones(50)).factor, 1)


@every_dtype
def test_standard_puts_the_mean_at_0_and_the_deviation_at_1(dtype):
    X = np.random.default_rng(0).normal(5, (1, 20, 0.3), size=(50, 3)).astype(dtype)
    weight = np.random.default_rng(1).uniform(0.1, 3, 50)
    z = straight(learn("standard", X, weight), X).astype(float)
    share = weight / weight.sum()
    tolerance = 100 * np.finfo(dtype).eps
    assert_allclose(share @ z, 0, atol=tolerance)
    assert_allclose(share @ z**2, 1, rtol=tolerance)
    plain = learn("standard", X, ones(X))
    assert_allclose(plain.center, X.mean(axis=0, dtype=float), rtol=tolerance)
    assert_allclose(plain.factor, 1 / X.std(axis=0, dtype=float), rtol=tolerance)


@every_kind
@every_dtype
@pytest.mark.parametrize("constant", [0, 0.1, -1e-30, 1e30])
def test_a_constant_column_is_0_whatever_comes_later(kind, dtype, constant):
    X = np.full((7, 1), constant, dtype)
    learnt = learn(kind, X, np.linspace(0.1, 2, 7))
    later = np.array([[constant], [0], [1e-3], [-1e35]], dtype)
    assert_array_equal(apply(learnt, later), 0)


@every_kind
@pytest.mark.parametrize("constant", [0, 0.1])
def test_in_a_stream_a_column_that_is_constant_so_far_is_centred_only(kind, constant):
    X = table()
    X[:, 0] = constant
    learnt, plain = (learn(kind, X, ones(X), is_stream=more) for more in (True, False))
    assert_allclose(straight(learnt, X + 0.5)[:, 0], 0.5)
    for name in ("center", "factor"):
        assert_array_equal(getattr(learnt, name)[1:], getattr(plain, name)[1:])


@every_dtype
def test_what_is_bent_rises_and_never_gets_beyond_3(dtype):
    z = np.append(np.geomspace(1e-6, 1e30, 20_000), np.finfo(dtype).max)
    z = np.concatenate([-z[::-1], [0], z]).astype(dtype)
    bent, kept = z.copy(), z.astype(np.longdouble)
    bend(bent, np.empty_like(bent))
    assert_allclose(bent, kept / np.hypot(1, kept / 3), rtol=8 * np.finfo(dtype).eps)
    assert (np.diff(bent) >= -8 * np.finfo(dtype).eps).all()  # as far as rounding lets it
    assert (np.diff(bent[abs(z) < 100][::100]) > 0).all()
    assert_array_equal(bent, -bent[::-1])
    assert abs(bent).max() <= 3


def test_only_robust_bends():
    X = table()
    for kind, bends in (("robust", True), ("standard", False), (None, False)):
        learnt = learn(kind, X, ones(X))
        difference = abs(apply(learnt, X * 100) - straight(learnt, X * 100)).max()
        assert bool(difference) == learnt.bends == bends


def test_no_scaling_is_the_identity():
    X = table()
    assert_array_equal(apply(learn(None, X, ones(X)), X), X)


def linear(layer, rows):
    return rows @ layer[:, :-1] + layer[:, -1:]


@pytest.mark.parametrize("is_sparse", [False, True])
def test_a_folded_layer_computes_on_raw_rows_what_it_did_on_scaled_ones(is_sparse):
    X = table()
    learnt = learn("standard", sparse.csc_array(X) if is_sparse else X, ones(X))
    layer = np.random.default_rng(1).normal(size=(3, 5, 6))
    expected = linear(layer, apply(learnt, X))
    learnt.fold_into(layer)
    assert_allclose(linear(layer, X), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_to_unfold_is_the_inverse_of_to_fold(is_sparse):
    X = table()
    learnt = learn("standard", sparse.csc_array(X) if is_sparse else X, ones(X))
    layer = np.random.default_rng(1).normal(size=(3, 5, 6))
    expected = layer.copy()
    expected[:, 0] = 0  # the constant column's weights are forgotten
    learnt.fold_into(layer)
    learnt.unfold_from(layer)
    assert_allclose(layer, expected, rtol=1e-10, atol=1e-12)


def test_what_folding_takes_beyond_the_numbers_is_the_largest_there_is():
    layer, most = np.array([[[1e20, -1e20], [0.0, 0.0]]]), np.finfo(float).max
    Scaling(np.array([1.0]), np.array([1e300])).fold_into(layer)
    assert_array_equal(layer, [[[most, -most], [-most, most]]])


def test_unfolding_beyond_the_numbers_gives_infinities():
    layer = np.array([[[1e308], [-1e308], [0.0]]])
    Scaling(np.full(2, 1e10), np.full(2, 1e-300)).unfold_from(layer)
    assert_array_equal(layer[:, :-1], [[[np.inf], [-np.inf]]])


@pytest.mark.parametrize("kind", ["robust", None])
def test_what_cannot_or_need_not_be_folded_leaves_the_layer_alone(kind):
    learnt = learn(kind, table(), np.ones(41))
    layer = np.random.default_rng(1).normal(size=(3, 5, 6))
    kept = layer.copy()
    learnt.fold_into(layer)
    assert_array_equal(layer, kept)
    learnt.unfold_from(layer)
    assert_array_equal(layer, kept)


@every_kind
@every_dtype
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_array])
def test_sparse_columns_are_scaled_like_dense_ones(kind, dtype, container):
    X, weight = table(dtype=dtype), np.linspace(0.1, 2, 41)
    assert_same(kind, learn(kind, container(X), weight), learn(kind, X, weight))


@every_kind
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_an_index_is_the_table_of_these_rows(kind, container):
    X, index = table(), np.arange(1, 41, 3)
    weight = np.linspace(0.1, 2, len(index))
    some, alone = learn_scaling(kind, container(X), index, weight), learn(kind, X[index], weight)
    assert_same(kind, some, alone)


@every_kind
@every_dtype
def test_the_arrays_are_of_the_dtype_of_the_rows(kind, dtype):
    learnt = learn(kind, table(dtype=dtype), np.linspace(0.1, 2, 41))
    assert learnt.center.dtype == learnt.factor.dtype == dtype


@every_kind
def test_rows_are_only_read(kind):
    X, weight = table(), np.linspace(0.1, 2, 41)
    kept = X.copy()
    for array in (X, weight):
        array.setflags(write=False)
    apply(learn(kind, X, weight), X)
    compressed = sparse.csr_array(X)
    for part in (compressed.data, compressed.indices, compressed.indptr):
        part.setflags(write=False)
    learn(kind, compressed, weight)
    assert_array_equal(X, kept)


@every_kind
@pytest.mark.parametrize("container", [np.asarray, sparse.csc_array])
def test_blocks_of_columns_change_nothing(kind, container, monkeypatch):
    X, weight = container(table()), np.linspace(0.1, 2, 41)
    whole = learn(kind, X, weight)
    for values in (1, 2 * 41, 3 * 41):
        monkeypatch.setattr(statistics, "BLOCK_VALUES", values)
        blocks = learn(kind, X, weight)
        assert_allclose(blocks.factor, whole.factor, rtol=1e-13)
        assert_allclose(blocks.center, whole.center, rtol=1e-13)


NORMAL = np.random.default_rng(0).normal(size=50)
EXTREMES = {
    "huge": (NORMAL * 1e300, NORMAL * 1e37),
    "tiny": (NORMAL * 1e-300, NORMAL * 1e-37),
    "denormal": (NORMAL * 1e-310, NORMAL * 1e-40),
    "one far off": (np.append(NORMAL * 1e-10, 1e300), np.append(NORMAL * 1e-5, 1e37)),
}


@every_kind
@every_dtype
@pytest.mark.parametrize("columns", EXTREMES.values(), ids=EXTREMES)
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_extreme_columns_come_out_finite(kind, dtype, columns, container):
    X = columns[dtype is np.float32].astype(dtype)[:, np.newaxis]
    learnt = learn(kind, container(X), ones(X))
    assert np.isfinite(apply(learnt, X)).all()


@every_dtype
def test_values_as_far_apart_as_numbers_reach_are_told_apart(dtype):
    X = np.finfo(dtype).max * np.sign(NORMAL).astype(dtype)[:, np.newaxis]
    learnt = learn("robust", X, ones(X))
    z = apply(learnt, X)
    assert np.isfinite(z).all()
    assert z[X < 0].max() < z[X > 0].min()


@every_kind
@every_dtype
def test_a_huge_or_tiny_column_is_scaled_like_any_other(kind, dtype):
    X = NORMAL[:, np.newaxis].astype(dtype)
    expected = apply(learn(kind, X, ones(X)), X)
    for exponent in (-100, 100):
        other = X * dtype(2) ** exponent
        assert_array_equal(apply(learn(kind, other, ones(X)), other), expected)


def test_the_default_is_no_scaling():
    assert Scaling() == learn(None, table(), np.ones(41))


@pytest.mark.parametrize("kind", [*KINDS, None])
@every_dtype
def test_a_missing_value_is_0_whatever_the_column(kind, dtype):
    X = table(dtype=dtype)
    X[::3, 1] = X[:, 2] = np.nan
    missing = np.isnan(X)
    learnt = learn(kind, X, np.linspace(0.1, 2, 41))
    out = apply(learnt, X, missing)
    assert_array_equal(out[missing], 0)
    expected = apply(learnt, X)
    assert_array_equal(out[~missing], expected[~missing])


@pytest.mark.parametrize("is_sparse", [False, True])
def test_a_missing_value_adds_nothing_to_a_folded_layer(is_sparse):
    X = table()
    X[::3, 1] = np.nan
    learnt = learn("standard", sparse.csc_array(X) if is_sparse else X, ones(X))
    layer = np.random.default_rng(1).normal(size=(3, 5, 6))
    expected = linear(layer, np.nan_to_num(apply(learnt, X)))
    learnt.fold_into(layer)
    out = apply(learnt.folded(), X, np.isnan(X))
    assert_allclose(linear(layer, out), expected, rtol=1e-9, atol=1e-9)


@every_kind
def test_some_columns_are_scaled_as_within_the_table(kind):
    X, at = table(), np.array([2, 1, 2])
    X[::3, 1] = np.nan
    learnt = learn(kind, X, ones(X))
    for scaling in (learnt, learnt.folded()):
        some = apply(scaling.at(at), X[:, at], np.isnan(X[:, at]))
        assert_array_equal(some, apply(scaling, X, np.isnan(X))[:, at])


@every_kind
def test_the_spread_of_target_means_counts_as_1_at_least(kind):
    X = np.random.default_rng(0).normal(size=(99, 4)) * (0.1, 0.1, 3, 0)
    plain, of_means = learn(kind, X, ones(X)), learn(kind, X, ones(X), n_means=3)
    assert_array_equal(of_means.center, plain.center)
    assert_array_equal(of_means.factor, [plain.factor[0], 1, plain.factor[2], 0])

"""Sparse rows become the inputs that dense ones do, and their gradients those of dense products."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sknumpynet.engine.inputs.binning import Binning, learn_binning
from sknumpynet.engine.inputs.encoding import Encoding
from sknumpynet.engine.inputs.gaps import learn_gaps
from sknumpynet.engine.inputs.scaling import Scaling, learn_scaling
from sknumpynet.engine.inputs.sparse import FAR, SparseGradient, SparseInputs, multiply

every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])
every_kind = pytest.mark.parametrize("kind", ["robust", "standard", None])
every_number_of_bins = pytest.mark.parametrize("n_bins", [0, 4])


def table(dtype=np.float64):
    """Columns of every kind: words, numbers far from zero with and without gaps, signs, zeros."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 7)).round(2)
    X[:, 0] *= rng.random(50) < 0.1
    X[:, 1] = 2000 + 5 * X[:, 1]
    X[:, 2] = (1e6 + X[:, 2]) * (np.arange(50) != 7)
    X[:, 3] = X[:, 3].round() * (rng.random(50) < 0.7)
    X[:, 4] = 0
    X[:, 5] = 7.1
    X[::9] = 0  # empty rows
    return X.astype(dtype)


def with_gaps(X):
    """Gaps in columns of words, of numbers far from zero and of nothing else."""
    X = X.copy()
    X[3:8, 0] = X[::5, 1] = X[7:9, 2] = X[::4, 3] = X[:, 4] = np.nan
    return X


def learnt(kind, X, n_bins):
    rows = np.arange(len(X)), np.ones(len(X))
    binning = learn_binning(X, *rows, n_bins) if n_bins else None
    return Encoding(X.shape[1], learn_scaling(kind, X, *rows), binning, learn_gaps(X, *rows))


def dense_inputs(encoding, X):
    """The inputs of rows, a row each."""
    out, scratch = (np.empty((n, len(X)), X.dtype) for n in (encoding.n_inputs, encoding.n_scratch))
    encoding.apply(X.T, out, scratch, has_gaps=True)
    return out.T


def read(encoding, X):
    return SparseInputs(encoding, X.dtype).read(sparse.csr_array(X))


@every_kind
@every_dtype
@every_number_of_bins
@pytest.mark.parametrize("of", [table(), with_gaps(table())], ids=["whole", "gaps"])
def test_what_is_added_and_the_base_are_the_dense_inputs(kind, dtype, n_bins, of):
    X = of.astype(dtype)
    encoding = learnt(kind, X, n_bins)
    inputs = read(encoding, X).toarray()
    eps = np.finfo(dtype).eps
    size = np.maximum(1, abs(np.nan_to_num(X))) if kind is None else 4 * FAR
    size = np.hstack([np.broadcast_to(size, X.shape), np.full((50, encoding.n_inputs - 7), 4)])
    assert (abs(inputs[:-1] + inputs[-1] - dense_inputs(encoding, X)) <= eps * size).all()
    assert inputs.dtype == dtype


@pytest.mark.parametrize("bends", [True, False])
def test_scaled_but_not_centred_zeros_stay_zeros(bends):
    """As the files of 0.1.0 have it that were fitted on sparse tables."""
    X = table()
    encoding = Encoding(7, Scaling(None, np.array([2.0, 0, 1e-3, 1, 1, 0, 3]), bends))
    inputs = read(encoding, X)
    assert_array_equal(inputs.toarray()[:-1], dense_inputs(encoding, X))
    assert_array_equal(inputs.toarray()[-1], 0)


@every_kind
def test_words_are_as_sparse_as_before(kind):
    X = np.zeros((40, 300))
    X[np.arange(300) % 40, np.arange(300)] = 1
    inputs = read(learnt(kind, X, 4), X)
    assert inputs[:-1].nnz == 300
    assert inputs[-1:].nnz == (300 if kind == "standard" else 0)


def test_a_base_far_from_zero_takes_no_digits():
    """Added to, 1e6 deviations would leave two digits of a float32."""
    X = np.float32(1e6) + np.arange(64, dtype=np.float32)[:, np.newaxis] % 5
    encoding = learnt("standard", X, 0)
    inputs = read(encoding, X).toarray()
    assert_array_equal(inputs[:-1], dense_inputs(encoding, X))
    assert_array_equal(inputs[-1], 0)


@every_kind
@every_number_of_bins
@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_zeros_of_any_unit_are_read_in_single_precision_as_dense_ones_are(kind, n_bins, unit):
    X = unit * table()
    encoding = learnt(kind, X, n_bins)
    added = SparseInputs(encoding, np.float32).read(sparse.csr_array(X)).toarray()
    expected, scratch = (
        np.empty((encoding.n_inputs, len(X)), np.float32),
        np.empty((encoding.n_scratch, len(X))),
    )
    encoding.apply(X.T, expected, scratch)
    assert added.dtype == np.float32
    assert_allclose(added[:-1] + added[-1], expected.T, rtol=1e-6, atol=1e-6)


def test_codes_above_and_below_zero_are_told_apart():
    low, width = np.array([-2.0, -1, 0]), np.array([1.0, 1, 2])
    bins = Binning(np.array([1, 1, 1]), low, width, mean=np.zeros(3))
    rows = sparse.csr_array(np.array([[0.0, 0], [3, -1.5], [0, 1]]))
    inputs = SparseInputs(Encoding(2, binning=bins), np.float64).read(rows).toarray()
    assert_array_equal(inputs[-1], [0, 0, 1, 1, 0])
    exact = [[0, 0, 1, 1, 0], [3, -1.5, 0.5, 0, 0], [0, 1, 1, 1, 0.5]]
    assert_array_equal(inputs[:-1] + inputs[-1], exact)


@every_kind
@every_number_of_bins
@pytest.mark.parametrize("of", [table(), with_gaps(table())], ids=["whole", "gaps"])
def test_products_are_those_of_the_dense_inputs(kind, n_bins, of):
    X, rng = of * (1, 1, 1e-6, 1, 1, 1, 1), np.random.default_rng(1)
    encoding = learnt(kind, X, n_bins)
    rows, dense = read(encoding, X), dense_inputs(encoding, X)
    W, b, delta = rng.normal(size=(dense.shape[1], 3)), rng.normal(size=3), rng.normal(size=(3, 50))
    z, grad = np.empty((3, 50)), np.full((dense.shape[1] + 1, 3), np.nan)
    multiply(rows, W, b, out=z)
    assert_allclose(z, (dense @ W + b).T, rtol=1e-12, atol=1e-10)
    SparseGradient(rows).write(delta, out=grad)
    ones = np.ones((50, 1))
    assert_allclose(grad, np.hstack([dense, ones]).T @ delta.T, rtol=1e-12, atol=1e-10)


@every_kind
@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize("has_some", [False, True])
def test_gaps_of_new_rows_are_read_in_columns_without_an_input_for_them(kind, is_folded, has_some):
    X, gaps_of_one = table(), table()
    gaps_of_one[3, 3] = np.nan
    encoding = learnt(kind, gaps_of_one if has_some else X, 4)
    encoding = encoding.folded() if is_folded else encoding
    assert (encoding.gaps is not None) == has_some
    new = with_gaps(X)
    inputs, dense = read(encoding, new).toarray(), dense_inputs(encoding, new)
    assert np.isfinite(dense).all()
    assert_allclose(inputs[:-1] + inputs[-1], dense, rtol=1e-14, atol=1e-14)


def test_a_gap_of_a_column_far_from_zero_stays_a_gap():
    """Such columns are stored in full: with their zeros, and with their gaps."""
    X = 1e6 + np.arange(64.0)[:, np.newaxis] % 5
    X[::7] = np.nan
    X[1] = 0
    encoding = learnt("standard", X, 0)
    inputs = read(encoding, X).toarray()
    assert_array_equal(inputs[:-1], dense_inputs(encoding, X))
    assert_array_equal(inputs[:-1][::7], [[0, 1]] * 10)
    assert_array_equal(inputs[-1], 0)


def test_rows_without_values_are_the_base():
    X = table()
    encoding = learnt("robust", X, 4)
    empty = SparseInputs(encoding, np.float64).read(sparse.csr_array((3, 7))).toarray()
    assert_array_equal(empty[:-1], 0)
    assert_array_equal(empty[-1], dense_inputs(encoding, np.zeros((1, 7)))[0])

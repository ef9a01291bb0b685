"""A reader gives the encoded inputs of the rows asked for, whatever it has read before."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from tables import ones, table

from sknumpynet.engine.inputs import reading
from sknumpynet.engine.inputs import sparse as sparse_inputs
from sknumpynet.engine.inputs.encoding import Encoding, learn_encoding
from sknumpynet.engine.inputs.reading import Reader
from sknumpynet.engine.objective import Rows

SETTINGS = {
    "as it is": {"scale_inputs": None, "n_bins": 0},
    "scaled": {"scale_inputs": "robust", "n_bins": 0},
    "coded": {"scale_inputs": "standard", "n_bins": 4},
    "levels": {"scale_inputs": "robust", "n_bins": 4, "n_categorical": 1},
}
INDICES = (slice(0, 41), slice(3, 9), np.array([5, 0, 40, 5]), np.array([7]), np.arange(2, 9))
CONTAINERS = (np.ascontiguousarray, np.asfortranarray, sparse.csr_array)

every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])
every_encoding = pytest.mark.parametrize("kind", SETTINGS)
every_container = pytest.mark.parametrize("container", CONTAINERS)


def make(dtype=np.float64):
    """The last column may be read as numbers of levels."""
    return np.hstack([table(dtype=dtype), np.arange(41)[:, np.newaxis] % 3]).astype(dtype)


def learn(X, kind="coded"):
    rows = Rows.counted(X, np.arange(len(X)) % 2 == 0, ones(X))
    return learn_encoding(rows, **SETTINGS[kind])


def encoded(encoding, rows, dtype, has_gaps=True):
    """The inputs of dense rows, and ones below."""
    out = np.ones((encoding.n_inputs + 1, len(rows)), dtype)
    scratch = np.empty((encoding.n_scratch, len(rows)), rows.dtype)
    encoding.apply(rows.T, out[:-1], scratch, has_gaps)
    return out


def dense(inputs):
    """What was read, features first."""
    if not sparse.issparse(inputs):
        return inputs
    *added, base = inputs.toarray()
    return np.transpose(added) + base[:, np.newaxis]


@every_dtype
@every_encoding
@every_container
@pytest.mark.parametrize("index", INDICES, ids=str)
def test_the_inputs_are_the_encoded_rows_and_a_row_of_ones(index, container, kind, dtype):
    X = make(dtype)
    X[::4, 1] = np.nan
    encoding = learn(X, kind)
    inputs = Reader(encoding, dtype).read(container(X), index)
    assert_array_equal(inputs, encoded(encoding, X[index], dtype), strict=True)


@every_encoding
@every_container
def test_what_was_read_before_changes_nothing(container, kind):
    X, other = make(), make()[::-1].copy()
    encoding, gaps = learn(X, kind), other.copy()
    gaps[::3, 1] = np.nan
    reader = Reader(encoding, np.float64)
    tables = {id(dense): (dense, container(dense)) for dense in (X, other, gaps)}
    single = (gaps.astype(np.float32), container(gaps.astype(np.float32)))
    for dense, given in (*tables.values(), single, *reversed(tables.values())):
        for index in INDICES[::-1] + INDICES:  # larger after smaller, and smaller after larger
            fresh = Reader(encoding, np.float64).read(given, index)
            assert_array_equal(reader.read(given, index), fresh, strict=True)
            assert np.isfinite(fresh).all()
            assert_allclose(fresh, encoded(encoding, dense[index].astype(float), float))


@every_container
def test_the_arrays_are_kept(container):
    X = make()
    reader, given = Reader(learn(X, "levels"), np.float64), container(X)
    rooms = []
    for index in (np.arange(41), np.arange(5), np.arange(41)):
        inputs = reader.read(given, index)
        assert inputs.flags.c_contiguous
        rooms.append(inputs.ctypes.data)
    assert len(set(rooms)) == 1


def test_a_table_is_searched_for_gaps_once(monkeypatch):
    searched, X, other = [], make(), make()
    monkeypatch.setattr(reading, "has_gaps", lambda X: searched.append(X))
    reader = Reader(learn(X), np.float64)
    for given in (X, X, other, other, X):
        reader.read(given, slice(0, 3))
    assert list(map(id, searched)) == [id(X), id(other), id(X)]


@every_container
@pytest.mark.parametrize("wide", [1, 256])
@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
def test_a_column_far_from_zero_keeps_its_digits_in_single_inputs(
    scale_inputs, wide, container, monkeypatch
):
    """1e9 and 1e9 + 30 are the same number in single precision."""
    monkeypatch.setattr(sparse_inputs, "WIDE", wide)
    noise = np.random.default_rng(0).normal(size=(200, 1))
    X = np.hstack([1e9 + noise, noise])
    rows = Rows.counted(X, noise[:, 0] > 0, ones(X))
    encoding = learn_encoding(rows, scale_inputs=scale_inputs, n_bins=4)
    inputs = dense(Reader(encoding, np.float32).read(container(X), np.arange(200)))
    of_far, of_near = ([at, *range(2 + 4 * at, 6 + 4 * at)] for at in (0, 1))
    assert inputs.dtype == np.float32
    # The column itself is rounded to 1e-7, and a bin as narrow as a half.
    assert_allclose(inputs[of_far], inputs[of_near], rtol=0, atol=2e-6)


@pytest.mark.parametrize("kind", ["scaled", "coded"])
@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_wide_sparse_rows_of_any_unit_are_the_dense_ones_in_single_inputs(unit, kind, monkeypatch):
    amounts = np.arange(41) * (np.arange(41) % 3 > 0)  # whose median is not 0
    X = unit * amounts[:, np.newaxis]
    encoding = learn(X, kind)
    expected = Reader(encoding, np.float32).read(sparse.csr_array(X), slice(0, 41))
    monkeypatch.setattr(sparse_inputs, "WIDE", 1)
    inputs = Reader(encoding, np.float32).read(sparse.csr_array(X), slice(0, 41))
    assert inputs.dtype == np.float32
    assert_allclose(dense(inputs), expected[:-1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["as it is", "scaled", "coded"])  # levels are never sparse
@every_container
@pytest.mark.parametrize("wide", [1, 256])
def test_single_rows_are_read_as_double_ones_of_these_values(wide, container, kind, monkeypatch):
    monkeypatch.setattr(sparse_inputs, "WIDE", wide)
    X = make()
    encoding, single = learn(X, kind), X.astype(np.float32)
    inputs, expected = (
        dense(Reader(encoding, np.float64).read(container(rows), slice(0, 41)))
        for rows in (single, single.astype(np.float64))
    )
    assert_array_equal(inputs, expected, strict=True)


def test_values_beyond_single_precision_are_the_largest_there_is():
    X, most = np.array([[1e300, -1e300, 1.0]]), np.finfo(np.float32).max
    inputs = Reader(Encoding(3), np.float32).read(X, slice(0, 1))
    assert_array_equal(inputs[:, 0], [most, -most, 1, 1])


@pytest.mark.parametrize("n_columns", [sparse_inputs.WIDE - 1, sparse_inputs.WIDE])
@pytest.mark.parametrize("kind", ["as it is", "scaled"])
def test_sparse_rows_stay_sparse_in_wide_tables_and_need_no_dense_arrays(n_columns, kind):
    X = np.zeros((9, n_columns))
    X[np.arange(n_columns) % 9, np.arange(n_columns)] = 1
    encoding = learn(X, kind)
    reader = Reader(encoding, np.float64)
    inputs = reader.read(sparse.csr_array(X), slice(0, 7))
    assert sparse.issparse(inputs) == (not reader.room) == (n_columns == sparse_inputs.WIDE)
    expected = encoded(encoding, X[:7], np.float64)
    assert_array_equal(dense(inputs)[: encoding.n_inputs], expected[:-1])

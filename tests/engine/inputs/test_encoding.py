"""An encoding is its scaled columns, then its codes; it folds what a first layer can do."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from tables import ones, table

from sknumpynet.engine.inputs.binning import Binning
from sknumpynet.engine.inputs.encoding import Encoding, learn_encoding
from sknumpynet.engine.inputs.scaling import Scaling
from sknumpynet.engine.objective import Rows

every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])
every_kind = pytest.mark.parametrize("kind", ["robust", "standard", None])


def learn(kind="robust", n_bins=4, **settings):
    X = table()
    rows = Rows.counted(X, np.arange(len(X)) % 2 == 0, ones(X))
    return learn_encoding(rows, scale_inputs=kind, n_bins=n_bins, **settings)


def inputs(encoding, X, has_gaps=False):
    """The inputs of rows, a row each."""
    out, scratch = (
        np.full((n, len(X)), np.nan, X.dtype) for n in (encoding.n_inputs, encoding.n_scratch)
    )
    encoding.apply(X.T, out, scratch, has_gaps)
    return out.T


def scaled(encoding, numbers):
    out = np.empty_like(numbers.T)
    encoding.scaling.apply(numbers.T, out, np.empty_like(out))
    return out.T


def codes_of(encoding, numbers):
    out = np.empty((len(encoding.binning.source), len(numbers)), numbers.dtype)
    encoding.binning.apply(numbers.T, out, np.empty_like(out))
    return out.T


def raw_table(dtype=np.float64):
    """Gaps in columns 1 and 3, none but gaps in column 4; columns 5 and 6 are numbers of levels."""
    rng, X = np.random.default_rng(2), table(n_features=4, dtype=dtype)
    X[rng.random(X.shape) < (0, 0.3, 0, 0.3)] = np.nan
    levels = np.column_stack([np.arange(41) % 3, np.where(np.arange(41) < 3, 3, -1)])
    return np.hstack([X, np.full((41, 1), np.nan), levels]).astype(dtype)


def learn_raw(kind="robust", dtype=np.float64, **settings):
    X = raw_table(dtype)
    rows = Rows.counted(X, np.arange(len(X)) % 2 == 0, np.linspace(0.5, 2, len(X)))
    settings = {"scale_inputs": kind, "n_bins": 4, "n_categorical": 2, "unit": 1.25} | settings
    return learn_encoding(rows, **settings)


@every_kind
def test_the_inputs_are_the_scaled_columns_then_the_codes(kind):
    X, encoding = table(), learn(kind)
    assert_array_equal(inputs(encoding, X), np.hstack([scaled(encoding, X), codes_of(encoding, X)]))


@pytest.mark.parametrize("order", "CF")
def test_columns_are_only_read(order):
    for X, encoding, has_gaps in ((table(), learn(), False), (raw_table(), learn_raw(), True)):
        rows = np.array(X, order=order)
        rows.setflags(write=False)
        assert_array_equal(inputs(encoding, rows, has_gaps), inputs(encoding, X, has_gaps))


def test_scratch_has_room_for_the_most_inputs_of_one_kind():
    assert Encoding(4).n_scratch == 4
    encoding = learn(n_bins=8)
    assert encoding.n_scratch == len(encoding.binning.source) > 4
    X = (np.arange(30) % 3)[:, np.newaxis].astype(float)
    rows = Rows.counted(X, np.arange(30) % 2 == 0, np.ones(30))
    of_levels = learn_encoding(rows, scale_inputs="robust", n_bins=4, n_categorical=1)
    assert of_levels.n_scratch == 3


@every_dtype
@every_kind
def test_the_inputs_of_a_raw_table_stand_part_after_part(kind, dtype):
    X, encoding = raw_table(dtype), learn_raw(kind, dtype)
    numbers, missing = X[:, :5], np.isnan(X[:, :5])
    n_codes = len(encoding.binning.source)
    found = inputs(encoding, X, has_gaps=True)
    first, codes, gaps, levels = np.split(found, np.cumsum([5, n_codes, 3]), axis=1)
    assert_array_equal(first, np.where(missing, 0, scaled(encoding, numbers)))
    is_missing, mean = missing[:, encoding.binning.source], encoding.binning.mean
    assert_array_equal(codes, np.where(is_missing, mean, codes_of(encoding, numbers)))
    assert_array_equal(gaps, missing[:, [1, 3, 4]])
    assert_array_equal(levels, np.column_stack([X[:, 5] == 0, X[:, 5] == 1, X[:, 5] == 2]))
    assert found.dtype == dtype


@every_dtype
def test_a_missing_value_has_the_mean_codes_of_the_rows_that_have_one(dtype):
    X, encoding, weight = raw_table(dtype), learn_raw(dtype=dtype), np.linspace(0.5, 2, 41)
    codes = inputs(encoding, X, has_gaps=True)[:, 5 : 5 + len(encoding.binning.source)]
    eps = np.finfo(dtype).eps
    for code, column in zip(codes.T, encoding.binning.source, strict=True):
        missing = np.isnan(X[:, column])
        mean = np.average(code[~missing].astype(float), weights=weight[~missing])
        assert_allclose(code[missing], mean, rtol=20 * eps)
    assert {1, 3} <= set(encoding.binning.source)
    assert 4 not in encoding.binning.source


def test_the_rows_without_gaps_decide_scale_and_bins():
    X = raw_table()
    encoding = learn_raw("standard")
    for column in (1, 3):
        present = ~np.isnan(X[:, column])
        X_present, weight = X[present, column, np.newaxis], np.linspace(0.5, 2, 41)[present]
        rows = Rows.counted(X_present, np.arange(len(weight)) > 9, weight)
        alone = learn_encoding(rows, scale_inputs="standard", n_bins=4)
        assert_allclose(encoding.scaling.center[column], alone.scaling.center[0], rtol=1e-13)
        assert_allclose(encoding.scaling.factor[column], alone.scaling.factor[0], rtol=1e-13)
        of = encoding.binning.source == column
        for name in ("low", "width"):
            assert_array_equal(getattr(encoding.binning, name)[of], getattr(alone.binning, name))
        assert_allclose(encoding.binning.mean[of], alone.binning.mean, rtol=1e-13)


def test_a_batch_without_gaps_need_not_be_searched_for_them():
    X, encoding = raw_table(), learn_raw()
    X[np.isnan(X)] = 0.5
    assert_array_equal(inputs(encoding, X), inputs(encoding, X, has_gaps=True))


def test_gaps_have_an_input_only_where_training_rows_miss_some():
    assert learn().gaps is None
    assert_array_equal(learn_raw().gaps.source, [1, 3, 4])
    X, encoding = table(), learn()
    X[2] = np.nan
    found = inputs(encoding, X, has_gaps=True)
    assert_array_equal(found[2], [0, 0, 0, 0, *encoding.binning.mean])


def test_the_weight_of_an_observation_decides_which_levels_are_frequent():
    assert learn_raw(unit=1.25).levels.source.tolist() == [5, 5, 5]
    assert learn_raw(unit=0.5).levels.source.tolist() == [5, 5, 5, 6]
    assert learn_raw(unit=99).levels is None


def test_a_table_of_levels_only_has_no_numbers_to_encode():
    X = (np.arange(30) % 3)[:, np.newaxis].astype(float)
    rows = Rows.counted(X, np.arange(30) % 2 == 0, np.ones(30))
    encoding = learn_encoding(rows, scale_inputs="robust", n_bins=4, n_categorical=1)
    assert encoding.n_inputs == 3
    assert_array_equal(inputs(encoding, X), np.tile(np.eye(3), (10, 1)))


def test_with_more_codes_than_asked_for_there_are_none():
    n_codes = len(learn().binning.source)
    assert learn(most_codes=n_codes).n_inputs == 4 + n_codes
    assert learn(most_codes=n_codes - 1).n_inputs == learn(n_bins=0).n_inputs == 4


@pytest.mark.parametrize("n_bins", [0, 4])
@every_kind
def test_what_is_left_of_a_folded_encoding_is_what_a_layer_cannot_do(kind, n_bins):
    encoding = learn(kind, n_bins)
    left = encoding
    if kind == "standard":
        left = replace(encoding, scaling=Scaling(missing=encoding.scaling.center))
    assert_equal(asdict(encoding.folded()), asdict(left))


every_table = pytest.mark.parametrize(("make", "learn"), [(table, learn), (raw_table, learn_raw)])


@every_table
@every_kind
def test_a_folded_layer_computes_on_raw_columns_what_it_did_on_encoded_ones(kind, make, learn):
    X, encoding = make(), learn(kind)
    layer = np.random.default_rng(1).normal(size=(3, encoding.n_inputs + 1, 6))
    expected = inputs(encoding, X, has_gaps=True) @ layer[:, :-1] + layer[:, -1:]
    encoding.fold_into(layer)
    z = inputs(encoding.folded(), X, has_gaps=True) @ layer[:, :-1] + layer[:, -1:]
    assert_allclose(z, expected, rtol=1e-9, atol=1e-9)


@every_table
@every_kind
def test_to_unfold_is_the_inverse_of_to_fold(kind, make, learn):
    encoding = learn(kind)
    layer = np.random.default_rng(1).normal(size=(3, encoding.n_inputs + 1, 6))
    expected = layer.copy()
    if kind == "standard":  # the weights of constant columns are forgotten
        expected[:, np.flatnonzero(encoding.scaling.factor == 0)] = 0
    encoding.fold_into(layer)
    encoding.unfold_from(layer)
    assert_allclose(layer, expected, rtol=1e-10, atol=1e-12)


def test_inputs_are_named_by_column_and_bin():
    encoding = learn()
    names = encoding.names(["a", "b", "c", "d"])
    assert len(names) == encoding.n_inputs
    assert names[:4] == ["a", "b", "c", "d"]
    low, width = encoding.binning.low[0], encoding.binning.width[0]
    assert names[4] == f"b {low:.4g} to {low + width:.4g}"


def test_no_edge_is_named_minus_zero():
    binning = Binning(np.zeros(2, int), np.array([-0.0, -1]), np.array([1.0, 1]), np.zeros(2))
    assert Encoding(1, binning=binning).names(["a"]) == ["a", "a 0 to 1", "a -1 to 0"]


def test_inputs_of_gaps_and_levels_are_named_by_column_and_level():
    columns = ["a", "age", "c", "d", "e", "city", "code"]
    names = learn_raw(unit=0.5).names(columns, [["Oslo", None, "Rome"], [1, 2, 3, 7.0]])
    assert names[:5] == columns[:5]
    assert names[-7:] == [
        *("age is missing", "d is missing", "e is missing"),
        *("city = Oslo", "city is missing", "city = Rome", "code = 7"),
    ]
    assert learn_raw(unit=0.5).names(columns, [[1.5, 2, True], [0] * 4])[-4] == "city = 1.5"


def test_an_encoding_of_its_parts_is_the_encoding():
    encoding, X = learn(), table()
    plain = asdict(encoding)
    binning = type(encoding.binning)(**plain["binning"])
    again = Encoding(plain["n_features"], Scaling(**plain["scaling"]), binning)
    assert_array_equal(inputs(again, X), inputs(encoding, X))

"""An encoding is its scaled columns, then its codes; it folds what a first layer can do."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from tables import ones, table

from sknumpynet.engine.inputs.encoding import Encoding, learn_encoding
from sknumpynet.engine.inputs.scaling import Scaling
from sknumpynet.engine.objective import Rows

every_kind = pytest.mark.parametrize("kind", ["robust", "standard", None])


def learn(kind="robust", n_bins=4, **settings):
    X = table()
    rows = Rows.counted(X, np.arange(len(X)) % 2 == 0, ones(X))
    return learn_encoding(rows, scale_inputs=kind, n_bins=n_bins, **settings)


def inputs(encoding, X):
    out = np.empty((len(X), encoding.n_inputs), X.dtype)
    encoding.apply(X, out, np.empty_like(X))
    return out


@every_kind
def test_the_inputs_are_the_scaled_columns_then_the_codes(kind):
    X, encoding = table(), learn(kind)
    scaled, codes = np.empty_like(X), np.empty((len(X), len(encoding.binning.source)))
    encoding.scaling.apply(X, scaled, np.empty_like(X))
    encoding.binning.apply(X, codes)
    assert_array_equal(inputs(encoding, X), np.hstack([scaled, codes]))


def test_rows_may_be_their_own_scratch():
    X, encoding = table(), learn()
    rows, out = X.copy(), np.empty((len(X), encoding.n_inputs))
    encoding.apply(rows, out, rows)
    assert_array_equal(out, inputs(encoding, X))


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


@every_kind
def test_a_folded_layer_computes_on_raw_columns_what_it_did_on_encoded_ones(kind):
    X, encoding = table(), learn(kind)
    layer = np.random.default_rng(1).normal(size=(3, encoding.n_inputs + 1, 6))
    expected = inputs(encoding, X) @ layer[:, :-1] + layer[:, -1:]
    encoding.fold_into(layer)
    z = inputs(encoding.folded(), X) @ layer[:, :-1] + layer[:, -1:]
    assert_allclose(z, expected, rtol=1e-9, atol=1e-9)


@every_kind
def test_to_unfold_is_the_inverse_of_to_fold(kind):
    encoding = learn(kind)
    layer = np.random.default_rng(1).normal(size=(3, encoding.n_inputs + 1, 6))
    expected = layer.copy()
    if kind == "standard":
        expected[:, 0] = 0  # the constant column's weights are forgotten
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


def test_an_encoding_of_its_parts_is_the_encoding():
    encoding, X = learn(), table()
    plain = asdict(encoding)
    binning = type(encoding.binning)(**plain["binning"])
    again = Encoding(plain["n_features"], Scaling(**plain["scaling"]), binning)
    assert_array_equal(inputs(again, X), inputs(encoding, X))

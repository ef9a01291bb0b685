"""The layers are views that tile the array of parameters, each matrix with its biases last."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknumpynet.engine.layout import Layout

SIZES = [(3, 1), (2, 5, 5, 1), (1, 1, 1), (4, 7, 2, 1)]


def numbered(layout, n_estimators=3):
    """Parameters that are all different."""
    return np.arange(n_estimators * layout.n_params, dtype=float).reshape(n_estimators, -1)


@pytest.fixture(params=SIZES, ids=str)
def layout(request):
    return Layout(request.param)


def test_a_network_has_a_weight_for_each_pair_of_units_and_a_bias_for_each_unit():
    assert Layout((2, 5, 5, 1)).n_params == (10 + 5) + (25 + 5) + (5 + 1)
    assert Layout((30, 1)).n_params == 31
    assert Layout((2, 5, 3, 1)).shapes == [(3, 5), (6, 3), (4, 1)]


def test_views_tile_the_parameters_in_order(layout):
    params = numbered(layout)
    pieces = [layer.reshape(len(params), -1) for layer in layout.views(params)]
    assert_array_equal(np.hstack(pieces), params)
    assert [layer.shape[1:] for layer in layout.views(params)] == layout.shapes


@pytest.mark.parametrize("networks", [slice(None), slice(1, 2), slice(None, None, 2)])
def test_to_write_to_a_view_is_to_write_to_the_parameters(layout, networks):
    params = numbered(layout)
    untouched = np.delete(params, np.arange(3)[networks], axis=0)
    for layer in layout.views(params[networks]):
        layer[...] = -1
    assert (params[networks] == -1).all()
    assert_array_equal(np.delete(params, np.arange(3)[networks], axis=0), untouched)


def test_weights_are_the_views_without_their_last_row(layout):
    params = numbered(layout)
    for weight, layer in zip(layout.weights(params), layout.views(params), strict=True):
        assert_array_equal(weight, layer[:, :-1])
        assert np.shares_memory(weight, params)


def test_is_weight_marks_what_weights_reaches(layout):
    params = np.zeros((2, layout.n_params))
    for weight in layout.weights(params):
        weight += 1
    assert_array_equal(params, [layout.is_weight] * 2)
    assert layout.is_weight.sum() == layout.n_params - sum(layout.layer_sizes[1:])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pack_is_the_inverse_of_views(layout, dtype):
    params = numbered(layout).astype(dtype)
    layers = layout.views(params)
    packed = layout.pack([layer[:, :-1] for layer in layers], [layer[:, -1] for layer in layers])
    assert_array_equal(packed, params, strict=True)
    assert not np.shares_memory(packed, params)


def test_pack_refuses_too_few_layers():
    with pytest.raises(ValueError, match="shorter"):
        Layout((2, 5, 1)).pack([np.ones((1, 2, 5))], [np.ones((1, 5))])


def test_layouts_are_values(layout):
    again = pickle.loads(pickle.dumps(layout))
    assert again == layout == Layout(layout.layer_sizes)
    assert hash(again) == hash(layout)
    assert layout != Layout((*layout.layer_sizes, 1))

"""A stack folded and unfolded computes the same; its layers are views of its params."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from stacks import make, with_scaling

from sknumpynet.engine.inputs.scaling import Scaling
from sknumpynet.engine.prediction import predict_logits

CENTER, FACTOR = np.array([0.5, 100.0, -2.0]), np.array([2.0, 0.5, 3.0])
SCALINGS = {
    "none": Scaling(),
    "standard": Scaling(CENTER, FACTOR),
    "robust": Scaling(CENTER, FACTOR, bends=True),
}
every_scaling = pytest.mark.parametrize("scaling", SCALINGS.values(), ids=SCALINGS)


def stack_of(scaling, n_networks=3):
    _, problem = make(n_networks=n_networks)
    return with_scaling(problem, scaling).stack, problem.rows.X


@every_scaling
def test_folded_or_not_it_computes_the_same(scaling):
    stack, X = stack_of(scaling)
    expected, before = predict_logits(stack, X), stack.params.copy()
    folded = stack.folded()
    assert_allclose(predict_logits(folded, X), expected, rtol=1e-9, atol=1e-9)
    again = folded.unfolded(np.float64)
    assert_allclose(again.params, before, rtol=1e-10, atol=1e-12)
    assert_allclose(predict_logits(again, X), expected, rtol=1e-9, atol=1e-9)
    assert_array_equal(stack.params, before)


@every_scaling
def test_to_unfold_what_is_unfolded_copies_it(scaling):
    stack, _ = stack_of(scaling)
    copy = stack.unfolded(np.float32)
    assert copy.params.dtype == np.float32
    assert_array_equal(copy.params, stack.params.astype(np.float32))
    assert not np.shares_memory(copy.params, stack.params)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_scaling
def test_folded_params_are_as_exact_as_the_columns_they_multiply(scaling, dtype):
    if scaling.factor is not None:
        scaling = replace(scaling, center=CENTER.astype(dtype), factor=FACTOR.astype(dtype))
    stack = stack_of(scaling)[0].unfolded(np.float32)
    folds = scaling.factor is not None and not scaling.bends
    folded = stack.folded()
    assert folded.params.dtype == (dtype if folds else np.float32)
    assert (folded.params is stack.params) != folds
    again = folded.unfolded(np.float32).params
    assert again.dtype == np.float32
    if dtype == "float64":
        assert_array_equal(again, stack.params)


def test_a_weight_beyond_float32_is_the_largest_there():
    stack, _ = stack_of(Scaling())
    stack.params[0, :3] = 1e300, -1e300, 1e-300
    largest = np.finfo(np.float32).max
    assert_array_equal(stack.unfolded(np.float32).params[0, :3], [largest, -largest, 0])


@pytest.mark.parametrize("n_networks", [1, 3])
def test_coefs_and_intercepts_are_views_of_the_params(n_networks):
    stack, _ = stack_of(Scaling(), n_networks)
    coefs, intercepts = stack.coefs_and_intercepts()
    axis = () if n_networks == 1 else (3,)
    assert [coef.shape for coef in coefs] == [(*axis, 3, 4), (*axis, 4, 1)]
    assert [intercept.shape for intercept in intercepts] == [(*axis, 4), (*axis, 1)]
    for array in coefs + intercepts:
        array[...] = 7
    assert_array_equal(stack.params, 7)


def test_other_params_make_another_stack_of_the_same_encoding():
    stack, _ = stack_of(SCALINGS["robust"])
    other = stack.with_params(stack.params[[1]])
    assert (len(other), len(stack)) == (1, 3)
    assert other.encoding is stack.encoding
    assert vars(replace(other, params=stack.params)) == vars(stack)

"""Predictions of a stack: log-odds of mean probabilities, out of fold, and workspaces kept."""

import gc
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from stacks import make

from sknumpynet.engine.inputs import reading
from sknumpynet.engine.network import BLOCK_ROWS, Network
from sknumpynet.engine.prediction import (
    KEPT,
    log_odds,
    logit_range,
    out_of_fold,
    predict_logits,
    probabilities,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_networks", [1, 5])
def test_log_odds_are_those_of_the_mean_probability(n_networks, dtype):
    logits = np.random.default_rng(0).normal(scale=4, size=(n_networks, 200)).astype(dtype)
    p = (1 / (1 + np.exp(-logits.astype(np.longdouble)))).mean(axis=0)
    odds = log_odds(logits.copy())
    assert odds.dtype == dtype
    assert_allclose(odds, np.log(p / (1 - p)), rtol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_probability_is_0_or_1(dtype):
    low, high = logit_range(np.dtype(dtype))
    assert np.exp(dtype(low)) >= np.finfo(dtype).tiny
    assert high == -low
    p = probabilities(np.array([-np.inf, -1e30, 0, 1e30, np.inf], dtype))
    assert p.dtype == dtype
    assert ((p > 0) & (p < 1)).all()
    assert_array_equal(p[2], [0.5, 0.5])


def test_out_of_fold_is_by_the_networks_that_held_a_row_out():
    _, problem = make(n_networks=5, has_folds=True)
    stack, rows = problem.stack, replace(problem.rows, index=np.arange(48)[::-1])
    rows = rows.take(np.arange(40))  # the first eight rows of X have weight 0
    proba, log_loss = out_of_fold(stack, rows)
    of_each = 1 / (1 + np.exp(-predict_logits(stack, rows.X)))
    expected = of_each.mean(axis=0)
    expected[rows.index] = of_each[rows.fold, rows.index]
    assert_allclose(proba, np.column_stack([1 - expected, expected]), rtol=1e-12)
    of_truth = np.where(rows.sign > 0, expected[rows.index], 1 - expected[rows.index])
    assert_allclose(log_loss, -np.log(of_truth).mean())


def test_a_kept_workspace_computes_with_the_params_of_now():
    _, problem = make(n_networks=3)
    stack, x = problem.stack, problem.rows.X[:1]
    predict_logits(stack, x)
    reader, network = KEPT[stack]
    stack.params[...] *= 2
    fresh = replace(stack, params=stack.params.copy())
    assert_array_equal(predict_logits(stack, x), predict_logits(fresh, x))
    assert KEPT[stack] == (reader, network)
    many = predict_logits(stack, problem.rows.X)
    assert KEPT[stack] == (reader, network)
    assert_allclose(predict_logits(stack, x), many[:, :1], rtol=1e-12)


def test_a_row_that_loses_a_value_between_predictions_is_read_anew():
    _, problem = make(n_networks=3)
    stack, x = problem.stack, problem.rows.X[:1].copy()
    for value in (1.0, np.nan, 2.0):
        x[0, 1] = value
        assert_array_equal(predict_logits(stack, x), predict_logits(replace(stack), x.copy()))


def test_a_workspace_is_kept_as_long_as_its_stack():
    _, problem = make()
    stack = replace(problem.stack)
    predict_logits(stack, problem.rows.X[:1])
    n_kept = len(KEPT)
    del stack
    gc.collect()
    assert len(KEPT) == n_kept - 1


def test_a_prediction_amid_another_computes_in_a_workspace_of_its_own(monkeypatch):
    _, problem = make(n_networks=3)
    stack, first, second = problem.stack, problem.rows.X[:1], problem.rows.X[1:2]
    expected = predict_logits(stack, first), predict_logits(stack, second)
    forward, amid = Network.forward, []

    def interrupted(network, inputs):
        if not amid:
            amid.append(None)
            amid[0] = predict_logits(stack, second)
        return forward(network, inputs)

    monkeypatch.setattr(Network, "forward", interrupted)
    assert_array_equal(predict_logits(stack, first), expected[0])
    assert_array_equal(amid[0], expected[1])


def test_many_rows_are_searched_for_gaps_once(monkeypatch):
    """And not for each block, or for each size of block."""
    stack, searched = make()[1].stack, []
    monkeypatch.setattr(reading, "has_gaps", lambda X: searched.append(X))
    predict_logits(stack, np.ones((20 * BLOCK_ROWS - 10, 3)))
    assert len(searched) == 1

"""L-BFGS finds what scikit-learn finds, and ends as it is told to."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from stacks import PLAN, make, run


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.1, 10.0])
@pytest.mark.parametrize("n_networks", [1, 3])
def test_lbfgs_without_hidden_layers_is_logistic_regression(n_networks, alpha, is_weighted):
    params, problem = make((), n_networks=n_networks, n_rows=200, alpha=alpha)
    rows = problem.rows
    weight = np.random.default_rng(1).uniform(0, 3, 200) if is_weighted else rows.weight
    problem = replace(problem, rows=replace(rows, weight=weight))
    trained = run(problem, params, replace(PLAN, solver="lbfgs", tol=1e-9, max_iter=1000))
    peer = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=1000)
    peer.fit(rows.X, rows.sign, sample_weight=weight)
    theirs = [*peer.coef_[0], *peer.intercept_]
    assert_allclose(trained.stack.params, [theirs] * n_networks, rtol=0, atol=1e-6)
    assert trained.has_finished.all()


def test_patience_ends_lbfgs_only_where_rows_are_held_out():
    params, problem = make((8,))
    plan = replace(PLAN, solver="lbfgs", tol=0.01, max_iter=1000)
    patient, impatient = [run(problem, params, replace(plan, n_iter_no_change=n)) for n in (9e9, 1)]
    assert (np.diff(patient.loss_curve[:, 0]) > -0.01).any()
    assert_array_equal(impatient.loss_curve, patient.loss_curve)
    assert impatient.has_finished.all()


def test_lbfgs_ends_unfinished_when_max_fun_is_spent():
    params, problem = make((8,))
    plan = replace(PLAN, solver="lbfgs", tol=0.0, max_iter=1000)
    short, long = [run(problem, params, replace(plan, max_fun=n)) for n in (20, 1000)]
    assert len(short.loss_curve) <= 20 < len(long.loss_curve)
    assert not short.has_finished.any()

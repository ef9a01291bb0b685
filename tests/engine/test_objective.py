"""The objective against its formula and against differences; the laws of weights and batches."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from formulas import FORMULAS
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.metrics import accuracy_score, log_loss
from stacks import with_scaling

from sknumpynet.engine import objective as objective_module
from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.batching import batches
from sknumpynet.engine.inputs import sparse as sparse_inputs
from sknumpynet.engine.inputs.encoding import Encoding
from sknumpynet.engine.inputs.reading import Reader
from sknumpynet.engine.inputs.scaling import Scaling
from sknumpynet.engine.layout import Layout
from sknumpynet.engine.losses import LOSSES
from sknumpynet.engine.network import BLOCK_ROWS
from sknumpynet.engine.objective import Objective, Problem, Rows
from sknumpynet.engine.stack import Stack

BENT = {name for name, activation in ACTIVATIONS.items() if activation.has_kink}
SEED = 18  # leaves the relu units alive
MARGIN = 0.05  # how far from a kink the rows drawn keep


def pre_activations(layout, params, X, activation):
    """Those of every layer, (n_networks, n_rows, n_units) each, from the formulas."""
    layers, start, a = [], 0, X
    for fan_in, fan_out in pairwise(layout.layer_sizes):
        stop = start + fan_in * fan_out
        W = params[:, start:stop].reshape(-1, fan_in, fan_out)
        start = stop + fan_out
        layers.append(a @ W + params[:, np.newaxis, stop:start])
        a = FORMULAS[activation](layers[-1])
    return layers


def far_from_kinks(layout, params, X, activation):
    far = np.ones(len(X), bool)
    if activation in BENT:
        for z in pre_activations(layout, params, X, activation)[:-1]:
            far &= (abs(z) > MARGIN).all(axis=(0, 2))
    return far


def make(
    hidden=(4, 3), *, activation="tanh", n_networks=1, n_rows=12, dtype=np.float64, **settings
):
    """Params of a stack and a problem of weighted rows, in an order that is not X's."""
    rng = np.random.default_rng(SEED)
    layout = Layout((3, *hidden, 1))
    params = rng.normal(size=(n_networks, layout.n_params)).astype(dtype)
    X = rng.normal(size=(20 * n_rows, 3)).astype(dtype)
    X = X[far_from_kinks(layout, params, X, activation)][: n_rows + 3]
    index = rng.permutation(len(X))[:n_rows]
    assert len(index) == n_rows
    sign = rng.choice([-1, 1], n_rows).astype(dtype)
    rows = Rows(X, index, sign, rng.uniform(0.5, 2, n_rows))
    return params, Problem(Stack(layout, activation, Encoding(3), params), rows, **settings)


def evaluate(objective, params, rows=None):
    """The value and the gradient, over all rows unless told."""
    rows = slice(0, len(objective.problem.rows.index)) if rows is None else rows
    grad = np.full_like(params, np.nan)
    return objective.value_and_grad(params, rows, grad), grad


def evaluate_all(problem, params):
    return evaluate(Objective(problem, np.arange(len(params))), params)


def with_rows(problem, **changes):
    return replace(problem, rows=replace(problem.rows, **changes))


# The gradient ------------------------------------------------------------------------------------


def differences(problem, params, network=0, step=1e-3):
    """Slopes of the value of one network, component by component, by the five-point rule.

    All displaced copies are one stack, each with the folds and streams of the network.
    """
    moves = step * np.array([-2, -1, 1, 2])
    copies = (params + moves[:, np.newaxis, np.newaxis] * np.eye(params.shape[1])).reshape(
        -1, params.shape[1]
    )
    assert (signs_of(problem, copies) == signs_of(problem, params)).all()
    value, _ = evaluate(Objective(problem, np.full(len(copies), network)), copies)
    return np.array([1, -8, 8, -1]) @ value.reshape(4, -1) / (12 * step)


def signs_of(problem, params):
    """On which side of the kinks the hidden units stand."""
    if problem.stack.activation not in BENT:
        return np.ones(1)
    X = problem.rows.X[problem.rows.index]
    hidden = pre_activations(problem.stack.layout, params, X, problem.stack.activation)[:-1]
    return np.concatenate([z > 0 for z in hidden] or [np.ones(1)], axis=-1)


def assert_gradient_is_the_difference(problem, params, network=0):
    value, grad = evaluate(Objective(problem, [network]), params)
    # Values are known to some roundings, so their quotient by the step (1e-3) is to a thousand
    # times as much; beyond that the comparison is relative, component by component.
    atol = 2e4 * np.finfo(np.float64).eps * max(1, value[0])
    assert_allclose(grad[0], differences(problem, params, network), rtol=1e-6, atol=atol)


@pytest.mark.parametrize("hidden", [(), (4,), (4, 3), (4, 3, 2)])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_is_the_difference_quotient(activation, loss, hidden):
    params, problem = make(hidden, activation=activation, loss=loss)
    assert_gradient_is_the_difference(problem, params)


def as_float64(problem):
    rows = problem.rows
    return with_rows(problem, X=rows.X.astype(np.float64), sign=rows.sign.astype(np.float64))


@pytest.mark.parametrize("hidden", [(), (4,), (4, 3), (4, 3, 2)])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_float32_gradient_is_the_float64_gradient_to_rounding(activation, loss, hidden):
    params, problem = make(hidden, activation=activation, loss=loss, dtype=np.float32)
    _, grad = evaluate_all(problem, params)
    objective, n_rows = Objective(as_float64(problem), [0]), len(problem.rows.index)
    exact = [
        evaluate(objective, params.astype(np.float64), slice(i, i + 1))[1] for i in range(n_rows)
    ]
    assert grad.dtype == np.float32
    # Sums of at most 5 terms in 4 layers, there and back, then one of 12 rows: some 40 roundings of
    # half an eps, each of it relative to what the rows contribute before they cancel out.
    tolerance = 20 * np.finfo(np.float32).eps * np.abs(exact).mean(axis=0)
    assert (abs(grad - np.mean(exact, axis=0)) <= tolerance).all()


CENTER, FACTOR = np.array([0.5, -1.0, 0.2]), np.array([2.0, 0.0, 3.0])
VARIATIONS = {
    "plain": {},
    "penalty": {"alpha": 0.7},
    "smoothed": {"label_smoothing": 0.2},
    "standard": {"scaling": Scaling(CENTER, FACTOR)},
    "robust": {"scaling": Scaling(CENTER, FACTOR, bends=True)},
    "folds": {"fold": lambda rows: np.arange(len(rows.index)) % 4 - 1},
    "sparse": {"X": lambda rows: sparse.csr_array(rows.X)},
}
VARIATIONS["sparse, scaled"] = VARIATIONS["sparse"] | {"scaling": Scaling(None, FACTOR, bends=True)}
VARIATIONS["sparse, centred"] = VARIATIONS["sparse"] | VARIATIONS["robust"]
VARIATIONS["all"] = {name: value for part in VARIATIONS.values() for name, value in part.items()}


@pytest.fixture(autouse=True)
def sparse_rows_stay_sparse(monkeypatch):
    """As those of wide tables do."""
    monkeypatch.setattr(sparse_inputs, "WIDE", 1)


def vary(problem, variation):
    changes = VARIATIONS[variation]
    of_rows = {name: change(problem.rows) for name, change in changes.items() if callable(change)}
    of_all = {name: change for name, change in changes.items() if not callable(change)}
    problem = with_scaling(problem, of_all.pop("scaling", Scaling()))
    return with_rows(replace(problem, **of_all), **of_rows)


@pytest.mark.parametrize("n_rows", [12, 2 * BLOCK_ROWS + 100])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("variation", VARIATIONS)
def test_gradient_is_the_difference_quotient_of_every_variation(variation, dropout, n_rows):
    hidden = (4, 3) if n_rows < BLOCK_ROWS else (2,)
    params, problem = make(hidden, n_rows=n_rows, dropout=dropout)
    assert_gradient_is_the_difference(vary(problem, variation), params, network=1)


# The value ---------------------------------------------------------------------------------------


def scaled_inputs(problem, rows):
    X = rows.X.toarray() if sparse.issparse(rows.X) else rows.X
    center, factor = problem.stack.encoding.scaling.center, problem.stack.encoding.scaling.factor
    z = X[rows.index].astype(np.longdouble) - (0 if center is None else center)
    z = z * (1 if factor is None else factor)
    return z / np.sqrt(1 + (z / 3) ** 2) if problem.stack.encoding.scaling.bends else z


def probabilities(problem, params, rows):
    X, layout = scaled_inputs(problem, rows), problem.stack.layout
    z = pre_activations(layout, params.astype(np.longdouble), X, problem.stack.activation)[-1]
    return 1 / (1 + np.exp(-z[..., 0]))


def value_by_hand(problem, params, networks):
    """Labels and probabilities, no logits: for each network, in extended precision."""
    rows, e = problem.rows, problem.label_smoothing
    p = probabilities(problem, params, rows)
    label = np.where(rows.sign > 0, 1 - e / 2, e / 2)
    if problem.loss == "log_loss":
        loss = -label * np.log(p) - (1 - label) * np.log1p(-p)
    else:
        loss = (p - label) ** 2 / 2
    trains = np.ones(loss.shape) if rows.fold is None else rows.fold != networks[:, np.newaxis]
    weight = rows.weight * trains
    penalty = problem.alpha / 2 * (problem.stack.layout.is_weight * params**2).sum(axis=1)
    return ((weight * loss).sum(axis=1) + penalty) / weight.sum(axis=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [12, 2 * BLOCK_ROWS + 100])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("variation", VARIATIONS)
def test_value_is_the_weighted_mean_loss_plus_the_penalty(variation, loss, n_rows, dtype):
    params, problem = make(n_networks=3, n_rows=n_rows, dtype=dtype, loss=loss)
    problem = vary(problem, variation)
    value, _ = evaluate_all(problem, params)
    assert value.dtype == np.float64
    by_hand = value_by_hand(problem, params, np.arange(3)).astype(np.float64)
    assert_allclose(value, by_hand, rtol=20 * np.finfo(dtype).eps)


def test_by_default_the_value_is_the_log_loss_alone():
    params, problem = make()
    rows = problem.rows
    p = probabilities(problem, params, rows)[0].astype(np.float64)
    expected = log_loss(rows.sign > 0, p, sample_weight=rows.weight)
    assert_allclose(evaluate_all(problem, params)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("rows", [slice(0, 12), slice(3, 7)], ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_value_alone_is_that_which_comes_with_the_gradient(loss, rows):
    params, problem = make(n_networks=2, loss=loss, alpha=0.7, label_smoothing=0.1)
    problem = replace(problem, rows=replace(problem.rows, weight=np.full(12, 2.0)))
    objective = Objective(problem, [0, 1])
    objective.visit(np.random.default_rng(0).permutation(12))
    value, _ = evaluate(objective, params, rows)
    assert_allclose(objective.value(params, rows), value, rtol=1e-13)
    if rows.stop == 12:
        assert_allclose(objective.value(params), value, rtol=1e-13)


@pytest.mark.parametrize("rows", [slice(0, 12), slice(3, 5)], ids=str)
def test_penalty_is_that_of_all_rows_for_every_batch_and_spares_the_biases(rows):
    params, problem = make(n_networks=2)
    params[:, problem.stack.layout.is_weight == 0] *= 100
    problem, alpha = vary(problem, "folds"), 0.7
    weight, fold = problem.rows.weight, problem.rows.fold
    strength = alpha / np.array([[weight[fold != network].sum()] for network in range(2)])
    value, grad = evaluate(Objective(problem, [0, 1]), params, rows)
    with_penalty, its_grad = evaluate(
        Objective(replace(problem, alpha=alpha), [0, 1]), params, rows
    )
    W = params * problem.stack.layout.is_weight
    assert_allclose(with_penalty - value, (strength * W**2 / 2).sum(axis=1), rtol=1e-13)
    assert_allclose(its_grad - grad, strength * W, rtol=1e-13, atol=1e-14)


# Weights, batches, order -------------------------------------------------------------------------


def assert_same_problem(one, other, params):
    """That values, gradients and validation losses are equal to rounding."""
    networks = np.arange(len(params))
    for a, b in zip(evaluate_all(one, params), evaluate_all(other, params), strict=True):
        assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    losses = [Objective(p, networks).validation(params)[0] for p in (one, other)]
    assert_allclose(*losses, rtol=1e-12)


def make_folded(**settings):
    """Three networks, whose folds are fixed by the rows of X."""
    params, problem = make(n_networks=3, n_rows=30, alpha=0.7, **settings)
    return params, with_rows(problem, fold=problem.rows.index % 4 - 1)


def test_a_row_of_weight_zero_is_left_out():
    params, problem = make_folded()
    weighs = np.arange(30) % 5 > 0
    zeros = with_rows(problem, weight=problem.rows.weight * weighs)
    left_out = replace(problem, rows=problem.rows.take(np.flatnonzero(weighs)))
    assert_same_problem(zeros, left_out, params)


def test_a_row_of_weight_two_is_the_row_twice():
    params, problem = make_folded()
    twice = np.array([3, 4, 17])
    heavy = problem.rows.weight.copy()
    heavy[twice] *= 2
    given_twice = replace(problem, rows=problem.rows.take(np.r_[np.arange(30), twice]))
    assert_same_problem(with_rows(problem, weight=heavy), given_twice, params)


def test_the_order_of_the_rows_does_not_matter():
    params, problem = make_folded()
    order = np.random.default_rng(0).permutation(30)
    assert_same_problem(problem, replace(problem, rows=problem.rows.take(order)), params)
    objective = Objective(problem, np.arange(3))
    objective.visit(order)
    for a, b in zip(evaluate(objective, params), evaluate_all(problem, params), strict=True):
        assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_batches_are_counted_in_the_order_visited():
    params, problem = make_folded()
    objective, order = Objective(problem, np.arange(3)), np.random.default_rng(0).permutation(30)
    objective.visit(order)
    as_visited = Objective(replace(problem, rows=problem.rows.take(order)), np.arange(3))
    for rows in (slice(0, 7), slice(7, 19)):
        batch, same = evaluate(objective, params, rows), evaluate(as_visited, params, rows)
        for a, b in zip(batch, same, strict=True):
            assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cuts", [(0, 5, 6, 15, 30), (0, 1, 2 * BLOCK_ROWS, 5 * BLOCK_ROWS)])
def test_the_estimates_of_batches_average_to_the_whole(cuts):
    n_rows = cuts[-1]
    params, problem = make((2,), n_networks=2, n_rows=n_rows, alpha=0.7)
    objective = Objective(vary(problem, "folds"), [0, 1])
    value, grad = evaluate(objective, params)
    objective.visit(np.random.default_rng(0).permutation(n_rows))
    batches = [slice(start, stop) for start, stop in pairwise(cuts)]
    values, grads = zip(*[evaluate(objective, params, rows) for rows in batches], strict=True)
    sizes = np.diff(cuts)
    assert_allclose(np.average(values, axis=0, weights=sizes), value, rtol=1e-12)
    assert_allclose(np.average(grads, axis=0, weights=sizes), grad, rtol=1e-12, atol=1e-14)


def test_other_params_are_read_and_another_grad_is_written_to_when_they_come():
    params, problem = make(n_networks=2)
    objective, other = Objective(problem, [0, 1]), params + 1
    one_grad, other_grad = np.empty((2, *params.shape))
    for at, grad in ((params, one_grad), (other, one_grad), (other, other_grad)):
        value = objective.value_and_grad(at, slice(0, 12), grad)
        for found, expected in zip((value, grad), evaluate_all(problem, at), strict=True):
            assert_array_equal(found, expected)


# Batch after batch -------------------------------------------------------------------------------

SIZES = {  # rows and the most of a batch: alike, or of sizes that differ by one
    "one by one": (100, 1),
    "alike": (98, 7),
    "differing": (100, 7),
    "nearly a block": (2 * BLOCK_ROWS - 1, BLOCK_ROWS),
    "a block and more": (2 * BLOCK_ROWS + 1, BLOCK_ROWS + 1),
    "pieces": (5 * BLOCK_ROWS, 2 * BLOCK_ROWS + 100),
}


def make_batches(n_rows, batch_size, variation="plain", **settings):
    params, problem = make((4, 3), n_networks=3, n_rows=n_rows, **settings)
    objective = Objective(vary(problem, variation), np.array([2, 0, 1]))
    objective.visit(np.random.default_rng(1).permutation(n_rows), epoch=5)
    return params, objective, batches(n_rows, batch_size)


def descend(objective, params, slices):
    """The gradients on the way down, the params at its end and the mean loss."""
    params, grad, on_the_way = params.copy(), np.full_like(params, np.nan), []
    for _ in objective.gradients(params, slices, grad):
        on_the_way.append(grad.copy())
        params -= 0.1 * grad  # which the next batch sees
    return np.array(on_the_way), params, objective.mean_loss


def assert_same_way(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert_allclose(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("variation", ["plain", "penalty", "folds", "sparse", "all"])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_gradients_are_those_of_one_batch_after_the_other(sizes, variation, dropout):
    params, objective, slices = make_batches(*sizes, variation, dropout=dropout)
    found = descend(objective, params, slices)
    _, alone, _ = make_batches(*sizes, variation, dropout=dropout)
    grads, values, grad, params = [], [], np.empty_like(params), params.copy()
    for rows in slices:
        values.append(alone.value_and_grad(params, rows, grad))
        grads.append(grad.copy())
        params -= 0.1 * grad
    assert_same_way(found, (grads, params, np.mean(values, axis=0)))
    assert found[2].dtype == np.float64


@pytest.mark.parametrize("variation", ["plain", "all"])
@pytest.mark.parametrize("limits", [(1 << 16, 1), (1 << 16, 5), (1 << 16, 30), (1, 1024), (60, 24)])
def test_how_many_rows_are_read_at_once_changes_nothing(limits, variation, monkeypatch):
    params, objective, slices = make_batches(100, 7, variation)
    expected = descend(objective, params, slices)
    for name, limit in zip(("BLOCK_VALUES", "BLOCK_ROWS"), limits, strict=True):
        monkeypatch.setattr(objective_module, name, limit)
    _, other, _ = make_batches(100, 7, variation)
    assert_same_way(descend(other, params, slices), expected)


@pytest.mark.parametrize(
    ("sizes", "values", "n_reads", "most"),
    [
        ((100, 7), 1 << 16, 1, 100),
        ((100, 7), 4 * 24, 5, 20),  # three batches of 6 or 7 rows of 4 inputs
        ((100, 7), 1, 15, 7),
        ((4096, 4), 1 << 16, 6, 816),  # at most 1024, and as if all batches had one row more
        ((4096, 1000), 1 << 16, 5, 820),
        ((4096, 4096), 1 << 16, 4, 1024),
    ],
    ids=str,
)
def test_several_small_batches_are_read_at_once(sizes, values, n_reads, most, monkeypatch):
    monkeypatch.setattr(objective_module, "BLOCK_VALUES", values)
    params, objective, slices = make_batches(*sizes)
    read, n_rows = Reader.read, []

    def counted(reader, X, index):
        n_rows.append(len(index))
        return read(reader, X, index)

    monkeypatch.setattr(Reader, "read", counted)
    descend(objective, params, slices)
    assert (len(n_rows), max(n_rows), sum(n_rows)) == (n_reads, most, sizes[0])


@pytest.mark.parametrize("cause", ["weight", "fold"])
def test_a_batch_of_weight_zero_is_harmless(cause):
    params, problem = make()
    nothing = {"weight": 1.0 * (np.arange(12) >= 5), "fold": np.where(np.arange(12) < 5, 0, -1)}
    value, grad = evaluate(
        Objective(with_rows(problem, **{cause: nothing[cause]}), [0]), params, slice(0, 5)
    )
    assert_array_equal(value, [0])
    assert_array_equal(grad, np.zeros_like(params))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_held_out_may_outweigh_the_others_by_more_than_there_are_numbers(dtype):
    params, problem = make(n_networks=2, dtype=dtype)
    weight = np.full(12, 1e-300)
    weight[0] = 1e300
    heavy = with_rows(problem, weight=weight, fold=np.array([0, *[-1] * 10, 1]))
    value, grad = evaluate_all(heavy, params)
    assert np.isfinite(value).all()
    assert np.isfinite(grad).all()
    only = evaluate(Objective(with_rows(problem, weight=1.0 * (weight > 1)), [1]), params[1:])
    assert_allclose(value[1], only[0][0], rtol=1e-6)


# Stacks, streams, validation ---------------------------------------------------------------------


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize(
    ("hidden", "n_rows"),
    # As activations are computed by other means where arrays are large, and sums cut into pieces.
    [((4, 3), 60), ((8,), 100), ((3000,), 3), ((3,), BLOCK_ROWS + 500)],
)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_of_a_stack_is_the_network_alone(activation, hidden, n_rows, dropout):
    settings = {"dropout": dropout, "alpha": 0.7, "dtype": np.float32}
    params, problem = make(hidden, n_networks=4, **settings)
    rng = np.random.default_rng(0)
    index, weight = rng.integers(12, size=n_rows), rng.uniform(0.5, 2, n_rows)
    sign, fold = problem.rows.sign[index % 12], np.arange(n_rows) % 3
    rows = Rows(problem.rows.X, index, sign, weight, fold)
    stack = replace(problem.stack, activation=activation)
    problem = replace(problem, stack=stack, rows=rows, validation=rows.take(np.arange(3)))
    stack = Objective(problem, np.array([2, 0, 1, 5]))
    values, grads = evaluate(stack, params)
    losses = stack.validation(params)[0]
    for k in range(4):
        alone, own = stack.of([k]), params[k : k + 1].copy()
        value, grad = evaluate(alone, own)
        assert_array_equal(value, values[k : k + 1])
        assert_array_equal(grad, grads[k : k + 1])
        assert_array_equal(alone.validation(own)[0], losses[k : k + 1])


def test_dropout_is_drawn_anew_for_every_epoch_and_network_and_never_for_validation():
    params, problem = make_folded(dropout=0.4)
    params[:] = params[0]
    problem = with_rows(problem, fold=np.repeat([0, 9], 15))  # none of them of networks 1 to 3
    objective = Objective(problem, np.array([1, 2, 3]))
    drawn = [evaluate(objective, params)[0]]
    for epoch in (1, 1, 0):
        objective.visit(np.arange(30), epoch)
        drawn.append(evaluate(objective, params)[0])
    assert_array_equal(drawn[1], drawn[2])
    assert_array_equal(drawn[0], drawn[3])
    assert len(np.unique(drawn)) == 6
    judged = [Objective(p, [0, 0, 0]) for p in (problem, replace(problem, dropout=0.0))]
    assert_array_equal(*[objective.validation(params)[0] for objective in judged])


@pytest.mark.parametrize("source", ["folds", "validation"])
@pytest.mark.parametrize("variation", ["plain", "penalty", "smoothed", "robust", "sparse"])
@pytest.mark.parametrize("loss", LOSSES)
def test_validation_is_log_loss_and_accuracy_on_the_rows_held_out(loss, variation, source):
    params, problem = make_folded(loss=loss)
    problem = vary(problem, variation)
    held = [problem.rows.take(np.flatnonzero(problem.rows.fold == k)) for k in range(3)]
    if source == "validation":
        _, other = make(n_rows=20)
        problem, held = replace(problem, validation=other.rows), [other.rows] * 3
    losses, accuracies = [], []
    for k, rows in enumerate(held):
        p = probabilities(problem, params[k : k + 1], rows)[0].astype(np.float64)
        losses.append(log_loss(rows.sign, p, sample_weight=rows.weight, labels=[-1, 1]))
        accuracies.append(accuracy_score(rows.sign > 0, p > 0.5, sample_weight=rows.weight))
    found = Objective(problem, np.arange(3)).validation(params)
    assert_allclose(found, [losses, accuracies, losses], rtol=1e-12)


def test_few_held_out_rows_are_doubted_by_how_far_probabilities_are_from_the_base_rate():
    params, problem = make_folded()
    n_judging = np.array([4, 10, 16])
    rate = np.average(problem.rows.sign > 0, weights=problem.rows.weight)
    doubts = []
    for network in range(3):
        rows = problem.rows.take(np.flatnonzero(~problem.rows.trains(network)))
        p = probabilities(problem, params[[network]], rows)[0].astype(np.float64)
        away = np.average((p - rate) ** 2, weights=rows.weight) / (rate * (1 - rate))
        doubts.append(np.clip(16 / n_judging[network] - 1, 0, 1) * away)
    problem = replace(problem, n_judging=n_judging)
    loss, _, score = Objective(problem, np.arange(3)).validation(params)
    assert_allclose(score - loss, doubts, rtol=1e-9, atol=1e-15)


def test_where_there_are_fewer_folds_than_networks_several_hold_out_the_same():
    params, problem = make_folded()
    params = np.tile(params, (2, 1))
    found = Objective(problem, np.arange(6)).validation(params)
    assert_array_equal(found[:, :3], found[:, 3:])
    for network in range(6):
        assert_array_equal(problem.rows.trains(network), problem.rows.fold != network % 3)


def test_without_rows_held_out_there_is_no_validation_loss():
    params, problem = make()
    assert Objective(problem, [0]).validation(params)[0] is None


def test_nothing_but_the_gradient_is_written_to():
    params, problem = make_folded(dropout=0.4)
    arrays = [
        params,
        *(vars(problem.rows)[name] for name in ("X", "index", "sign", "weight", "fold")),
    ]
    for array in arrays:
        array.setflags(write=False)
    objective = Objective(problem, np.arange(3))
    evaluate(objective, params)
    objective.validation(params)


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("has_rows", [False, True])
def test_there_is_validation_where_rows_are_held_out_or_given(has_folds, has_rows):
    params, problem = make_folded() if has_folds else make()
    problem = replace(problem, validation=problem.rows if has_rows else None)
    objective = Objective(problem, np.arange(len(params)))
    assert objective.has_validation == (has_folds or has_rows)
    assert (objective.validation(params)[0] is not None) == objective.has_validation

"""The passes of a stack against the formulas written row by row, unit by unit."""

import math
import tracemalloc
from itertools import product

import numpy as np
import pytest
from formulas import FORMULAS
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.inputs import sparse as sparse_inputs
from sknumpynet.engine.inputs.encoding import Encoding
from sknumpynet.engine.inputs.reading import Reader
from sknumpynet.engine.inputs.scaling import Scaling
from sknumpynet.engine.layout import Layout
from sknumpynet.engine.network import BLOCK_ROWS, Network
from sknumpynet.engine.prediction import predict_logits
from sknumpynet.engine.stack import Stack

SCALINGS = {
    "none": Scaling(),
    "factor": Scaling(factor=np.array([2.0, 0.0, 0.5])),
    "bent": Scaling(factor=np.array([2.0, 0.0, 3.0]), bends=True),
    "robust": Scaling(np.array([0.5, 1.0, -2.0]), np.array([2.0, 0.0, 3.0]), bends=True),
    "standard": Scaling(np.array([0.5, 100.0, -2.0]), np.array([2.0, 0.5, 3.0])),
}


def csr_kept(X):
    """CSR as a wide table is read, see `wide_from_one_column_on`."""
    return sparse.csr_array(X)


@pytest.fixture(autouse=True)
def wide_from_one_column_on(request, monkeypatch):
    """Where `csr_kept` makes the rows, they stay sparse."""
    params = getattr(request.node, "callspec", None)
    if params and any(value is csr_kept for value in params.params.values()):
        monkeypatch.setattr(sparse_inputs, "WIDE", 1)


every_container = pytest.mark.parametrize("to_csr", [np.asarray, sparse.csr_array, csr_kept])


def make_stack(rng, hidden=(4, 3), n_networks=2, dtype=np.float64):
    """A layout of 3 inputs, its params, and the same weights and biases apart."""
    layout = Layout((3, *hidden, 1))
    coefs = [rng.normal(size=(n_networks, m - 1, n)).astype(dtype) for m, n in layout.shapes]
    intercepts = [rng.normal(size=(n_networks, n)).astype(dtype) for _, n in layout.shapes]
    return layout, layout.pack(coefs, intercepts), coefs, intercepts


def make_rows(rng, n_rows=7, dtype=np.float64):
    X = rng.normal(size=(n_rows, 3)).astype(dtype)
    X[rng.random(X.shape) < 0.3] = 0
    return X


def stacked(layout, activation, params, scaling=SCALINGS["none"]):
    return Stack(layout, activation, Encoding(layout.layer_sizes[0], scaling), params)


def scaled(row, scaling):
    center = np.zeros(3) if scaling.center is None else scaling.center
    factor = np.ones(3) if scaling.factor is None else scaling.factor
    z = [(x - c) * f for x, c, f in zip(row, center, factor, strict=True)]
    return [x / math.sqrt(1 + (x / 3) ** 2) for x in z] if scaling.bends else z


def logit_by_hand(coefs, intercepts, formula, row):
    a = row
    for layer, (W, b) in enumerate(zip(coefs, intercepts, strict=True)):
        z = [math.fsum([*(a * W[:, unit]), b[unit]]) for unit in range(len(b))]
        a = np.array([formula(value) for value in z]) if layer < len(coefs) - 1 else z
    return a[0]


def logits_by_hand(coefs, intercepts, activation, X, scaling=SCALINGS["none"]):
    networks = zip(zip(*coefs, strict=True), zip(*intercepts, strict=True), strict=True)
    return [
        [logit_by_hand(W, b, FORMULAS[activation], scaled(row, scaling)) for row in X]
        for W, b in networks
    ]


def one_pass(layout, activation, params, X, scaling=SCALINGS["none"], index=None):
    index = slice(0, X.shape[0]) if index is None else index
    n_rows = X[index].shape[0]
    stack = stacked(layout, activation, params, scaling)
    return Network(stack, n_rows).forward(read(stack, X, index)).copy()


def read(stack, X, index=slice(None)):
    return Reader(stack.to_apply, stack.params.dtype).read(X, index)


@pytest.mark.parametrize("n_networks", [1, 3])
@pytest.mark.parametrize("hidden", [(), (4,), (4, 3), (2, 5, 3)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_logits_are_the_formula_row_by_row(activation, hidden, n_networks):
    rng = np.random.default_rng(0)
    layout, params, coefs, intercepts = make_stack(rng, hidden, n_networks)
    X = make_rows(rng)
    logits = predict_logits(stacked(layout, activation, params), X)
    by_hand = logits_by_hand(coefs, intercepts, activation, X)
    assert_allclose(logits, by_hand, rtol=1e-12, atol=1e-13)


@every_container
@pytest.mark.parametrize("scaling", SCALINGS.values(), ids=SCALINGS)
@pytest.mark.parametrize("hidden", [(), (4, 3)])
def test_rows_are_read_scaled_be_they_dense_or_sparse(hidden, scaling, to_csr):
    rng = np.random.default_rng(1)
    layout, params, coefs, intercepts = make_stack(rng, hidden)
    X = make_rows(rng)
    logits = one_pass(layout, "tanh", params, to_csr(X), scaling)
    by_hand = logits_by_hand(coefs, intercepts, "tanh", X, scaling)
    assert_allclose(logits, by_hand, rtol=1e-12, atol=1e-13)


@every_container
@pytest.mark.parametrize("scaling", SCALINGS.values(), ids=SCALINGS)
def test_slices_and_index_arrays_read_the_same_rows(scaling, to_csr):
    rng = np.random.default_rng(2)
    layout, params, *_ = make_stack(rng)
    X = make_rows(rng, 12)
    index = np.array([5, 0, 5, 11, 3])
    by_index = one_pass(layout, "relu", params, to_csr(X), scaling, index)
    assert_array_equal(by_index, one_pass(layout, "relu", params, to_csr(X[index]), scaling))
    by_slice = one_pass(layout, "relu", params, to_csr(X), scaling, slice(2, 9))
    by_index = one_pass(layout, "relu", params, to_csr(X), scaling, np.arange(2, 9))
    assert_array_equal(by_slice, by_index)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_rows_logit_does_not_depend_on_its_company(activation):
    rng = np.random.default_rng(3)
    layout, params, *_ = make_stack(rng)
    X = make_rows(rng, 2 * BLOCK_ROWS + 101)  # blocks of two sizes
    in_blocks = predict_logits(stacked(layout, activation, params), X)
    close = {"rtol": 1e-12, "atol": 1e-13}
    assert_allclose(in_blocks, one_pass(layout, activation, params, X), **close)
    some = rng.permutation(len(X))[:20]
    alone = [one_pass(layout, activation, params, X[[row]])[:, 0] for row in some]
    assert_allclose(in_blocks[:, some], np.transpose(alone), **close)


@every_container
def test_an_index_chooses_the_rows_to_predict(to_csr):
    rng = np.random.default_rng(4)
    layout, params, *_ = make_stack(rng)
    X = make_rows(rng, 3 * BLOCK_ROWS)
    index = rng.integers(len(X), size=BLOCK_ROWS + 100)
    chosen = predict_logits(stacked(layout, "tanh", params), to_csr(X), index)
    of_all = predict_logits(stacked(layout, "tanh", params), to_csr(X))
    assert_allclose(chosen, of_all[:, index], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("scaling", ["none", "factor", "robust"])
@every_container
@pytest.mark.parametrize("index", [None, np.array([3, 1])], ids=["all", "some"])
@pytest.mark.parametrize("x_dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_are_computed_as_the_params_are_and_given_as_the_wider_of_both(
    x_dtype, dtype, index, to_csr, scaling
):
    rng = np.random.default_rng(5)
    layout, params, *_ = make_stack(rng, dtype=dtype)
    X = make_rows(rng, dtype=x_dtype)
    arrays = [getattr(SCALINGS[scaling], name) for name in ("center", "factor")]
    arrays = [None if array is None else array.astype(dtype) for array in arrays]
    scale = Scaling(*arrays, bends=SCALINGS[scaling].bends)
    logits = predict_logits(stacked(layout, "tanh", params, scale), to_csr(X), index)
    assert logits.dtype == np.result_type(x_dtype, dtype)
    rows, double = slice(None) if index is None else index, np.float64
    exact = one_pass(layout, "tanh", params.astype(double), X.astype(double)[rows], scale)
    # Three layers of sums of five terms of size 1: some twenty roundings.
    assert_allclose(logits, exact, rtol=0, atol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("scaling", SCALINGS.values(), ids=SCALINGS)
@pytest.mark.parametrize("index", [slice(0, 7), slice(2, 5), np.arange(7)], ids=str)
@every_container
def test_x_is_never_written_to(index, scaling, to_csr):
    rng = np.random.default_rng(6)
    layout, params, *_ = make_stack(rng)
    X = to_csr(make_rows(rng))
    for part in [X.data, X.indices, X.indptr] if sparse.issparse(X) else [X]:
        part.setflags(write=False)
    before = X.copy()
    n_rows, grad = len(np.arange(7)[index]), np.empty_like(params)
    stack = stacked(layout, "tanh", params, scaling)
    network = Network(stack, n_rows, grad)
    network.forward(read(stack, X, index))
    network.slope[...] = 1
    network.backward()
    assert_array_equal(abs(X - before).sum(), 0)


def test_single_precision_is_not_predicted_in_double():
    rng = np.random.default_rng(13)
    layout, params, *_ = make_stack(rng, dtype=np.float32)
    X = make_rows(rng, dtype=np.float32)
    by_pass = one_pass(layout, "tanh", params, X)
    assert_array_equal(predict_logits(stacked(layout, "tanh", params), X), by_pass, strict=True)


def test_of_inputs_beyond_all_measure_nothing_is_known():
    layout, params, *_ = make_stack(np.random.default_rng(12))
    X = np.full((5, 3), 1e308)  # sums overflow, and infinities of both signs meet
    assert np.isnan(predict_logits(stacked(layout, "identity", params), X)).any()


@pytest.mark.parametrize("n_networks", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_arrays_of_a_workspace_are_of_the_dtype_of_the_params(dtype, n_networks):
    rng = np.random.default_rng(11)
    layout, params, *_ = make_stack(rng, n_networks=n_networks, dtype=dtype)
    network = Network(stacked(layout, "mish", params), 7, np.empty_like(params), 0.4)
    arrays = [network.slope, network.logits]
    arrays += [*network.a, *network.z, *network.units, *network.saved, *network.delta]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert {array.dtype for array in network.is_kept} == {np.dtype(bool)}  # a quarter of float32


# The backward pass -------------------------------------------------------------------------------


def training_stack(rng, activation="mish", hidden=(4, 3), n_networks=2, dropout=0.0, n_rows=7):
    """A stack, its workspace for training and its grad."""
    layout, params, *_ = make_stack(rng, hidden, n_networks)
    stack, grad = stacked(layout, activation, params), np.empty_like(params)
    return stack, Network(stack, n_rows, grad, dropout), grad


def run_backward(network, inputs, cost, seeds):
    """To the gradient of the sum over rows of cost times logit, network by network."""
    network.forward(inputs, streams(seeds))
    network.slope[...] = cost
    network.backward()


def differences(network, params, inputs, cost, seeds, step=1e-5):
    slopes = np.empty_like(params)
    for j in range(params.shape[1]):
        before, sums = params[:, j].copy(), []
        for sign in (1, -1):
            params[:, j] = before + sign * step
            logits = network.forward(inputs, streams(seeds))
            sums.append((logits * cost).sum(axis=1))
        params[:, j] = before
        slopes[:, j] = (sums[0] - sums[1]) / (2 * step)
    return slopes


@every_container
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("n_networks", [1, 2])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_backward_is_the_derivative_of_forward_with_the_same_units_dropped(
    activation, n_networks, dropout, to_csr
):
    rng = np.random.default_rng(7)
    hidden = (4, 2, 1, 3)  # products with one column and with one row among them
    stack, network, grad = training_stack(rng, activation, hidden, n_networks, dropout)
    X, cost, seeds = make_rows(rng), rng.normal(size=(n_networks, 7)), (1, 2)[:n_networks]
    inputs = read(stack, to_csr(X))
    slopes = differences(network, stack.params, inputs, cost, seeds)
    run_backward(network, inputs, cost, seeds)
    # Sums of size 10 are known to 1e-15 each, so their quotient by the step to 1e-9.
    assert_allclose(grad, slopes, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("n_networks", [1, 2])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_by_the_inputs_is_their_slope(activation, n_networks):
    rng = np.random.default_rng(15)
    stack, network, _ = training_stack(rng, activation, (4, 1, 3), n_networks)
    inputs, cost, h = read(stack, make_rows(rng)), rng.normal(size=(n_networks, 7)), 1e-5
    inputs[:-1] += 0.1  # off the kinks
    run_backward(network, inputs, cost, seeds=())
    slopes = np.empty((n_networks, *inputs[:-1].shape))
    for at in range(len(inputs) - 1):
        step = h * (np.arange(len(inputs)) == at)[:, np.newaxis]
        ends = [cost * network.forward(inputs + side * step) for side in (1, -1)]
        slopes[:, at] = (ends[0] - ends[1]) / (2 * h)
    run_backward(network, inputs, cost, seeds=())
    assert_allclose(network.input_gradient(), slopes, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kinds", ["dense dense", "sparse sparse", "dense sparse", "sparse dense"])
def test_a_workspace_keeps_nothing_of_the_pass_before(kinds, monkeypatch):
    monkeypatch.setattr(sparse_inputs, "WIDE", 1)
    rng = np.random.default_rng(8)
    stack, network, grad = training_stack(rng, dropout=0.4)
    cost = rng.normal(size=(2, 7))
    for kind in kinds.split():
        X = {"dense": np.asarray, "sparse": sparse.csr_array}[kind](make_rows(rng))
        _, fresh, fresh_grad = training_stack(np.random.default_rng(8), dropout=0.4)
        for workspace in (network, fresh):
            run_backward(workspace, read(stack, X), cost, seeds=(1, 2))
        assert_array_equal(grad, fresh_grad)


def test_a_part_of_what_was_read_is_read_alone():
    """As the batches of a block are: views of columns, which are not contiguous."""
    rng = np.random.default_rng(14)
    stack, network, grad = training_stack(rng)
    X, cost = make_rows(rng, 30), rng.normal(size=(2, 7))
    block = read(stack, X)
    for rows in (slice(0, 7), slice(11, 18)):
        run_backward(network, read(stack, X[rows]), cost, seeds=())
        alone = network.logits.copy(), grad.copy()
        run_backward(network, block[:, rows], cost, seeds=())
        for found, expected in zip((network.logits, grad), alone, strict=True):
            assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_pass_makes_no_array_that_grows_with_the_rows(activation, dropout):
    """What it takes is NumPy's buffers, of 8192 numbers at most."""
    peaks = []
    for n_rows in (20_000, 40_000):
        rng = np.random.default_rng(15)
        stack, network, _ = training_stack(rng, activation, dropout=dropout, n_rows=n_rows)
        inputs = read(stack, make_rows(rng, n_rows))
        run_backward(network, inputs, 1.0, seeds=(1, 2))
        tracemalloc.start()
        try:
            run_backward(network, inputs, 1.0, seeds=(1, 2))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert abs(np.diff(peaks)) < 1000  # bytes


# Dropout -----------------------------------------------------------------------------------------


def kept_units(hidden, dropout, n_rows, seeds, dtype=np.float64):
    """Logits of units that all put out 1, the last hidden layer's weighted 1, 2, 4 and so on."""
    layout = Layout((1, *hidden, 1))
    params = np.zeros((2, layout.n_params), dtype)
    for layer in layout.weights(params):
        layer[...] = 1
    layout.weights(params)[-1][..., 0] = 2.0 ** np.arange(hidden[-1])
    grad = np.empty_like(params)
    stack = stacked(layout, "identity", params)
    network = Network(stack, n_rows, grad, dropout)
    return network.forward(read(stack, np.ones((n_rows, 1), dtype)), streams(seeds))


def streams(seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def assert_frequent(is_so, probability):
    """That the frequency is within five standard deviations of the probability."""
    deviation = np.sqrt(probability * (1 - probability) / is_so.size)
    assert abs(is_so.mean() - probability) < 5 * deviation


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kept_units_make_up_for_the_dropped_and_all_are_drawn_apart(dtype):
    dropout = 0.3
    logits = kept_units((3,), dropout, 20_000, seeds=(1, 2), dtype=dtype)
    codes = np.round(logits * (1 - dropout)).astype(int)  # bit j: unit j was kept
    assert_allclose(logits, codes / (1 - dropout), rtol=4 * np.finfo(dtype).eps)
    for first, second in product(range(8), repeat=2):
        n_kept = first.bit_count() + second.bit_count()
        together = (codes[0] == first) & (codes[1] == second)
        assert_frequent(together, (1 - dropout) ** n_kept * dropout ** (6 - n_kept))


def test_layers_are_dropped_apart():
    logits = kept_units((1, 1), 0.3, 20_000, seeds=(1, 2))
    values, codes = np.unique(logits.round(12), return_inverse=True)
    assert_allclose(values, [0, 1 / 0.7**2])
    assert_frequent(codes == 1, 0.7**2)  # so that the logit is 1 on average


@pytest.mark.parametrize("seeds", [(), (1, 2)])
def test_nothing_is_dropped_without_dropout(seeds):
    assert_array_equal(kept_units((3,), 0.0, 10, seeds), np.full((2, 10), 7.0))


def test_units_cannot_be_dropped_without_a_stream_for_each_network():
    with pytest.raises(ValueError, match="shorter"):
        kept_units((3,), 0.3, 10, seeds=(1,))


def test_each_network_draws_from_its_own_stream():
    one_way = kept_units((3,), 0.3, 50, seeds=(1, 2))
    assert_array_equal(one_way[::-1], kept_units((3,), 0.3, 50, seeds=(2, 1)))

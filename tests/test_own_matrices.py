"""Own gradients are judged by the right ones, whatever way the matrices lie; mistakes are named."""

import importlib
import re
import sys
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtr

from sknumpynet import check_gradients, compare_gradients, trace
from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.losses import LOSSES
from sknumpynet.own_matrices.mistakes import FACTORS, MISTAKES, SCALED, WAYS
from sknumpynet.own_matrices.notation import Notation
from sknumpynet.own_matrices.reading import read_network

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SIZES = [(2, 1), (2, 5, 1), (2, 5, 5, 1), (3, 3, 3, 1), (4, 2, 6, 3, 1)]
BIASES = {
    "vectors": lambda b: b,
    "columns": lambda b: b[:, np.newaxis],
    "rows": lambda b: b[np.newaxis],
    "none": lambda b: None,
}


def load_zoo():
    """The mistakes of the benchmark, which makes each in many more networks."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("own_matrices")
    finally:
        sys.path.remove(str(BENCHMARKS))


zoo = load_zoo()


def network(sizes, n_rows=8, seed=0):
    """Weights (inputs, units), biases, rows and labels."""
    rng = np.random.default_rng(seed)
    W = [rng.normal(size=shape) for shape in pairwise(sizes)]
    b = [rng.normal(size=size) for size in sizes[1:]]
    y = np.arange(n_rows) % 3 % 2
    return W, b, rng.normal(size=(n_rows, sizes[0])), y


def codes(comparison):
    return {fault.code for verdict in comparison.verdicts for fault in verdict.faults}


# The right gradients ----------------------------------------------------------------------------


def mean_loss(W, b, X, y, activation, loss):
    a = X.T[np.newaxis]
    for number, (weights, biases) in enumerate(zip(W, b, strict=True), 1):
        a = weights.T @ a + biases[:, np.newaxis]
        if number < len(W):
            ACTIVATIONS[activation].apply(a, np.zeros((ACTIVATIONS[activation].n_saved, *a.shape)))
    p = 1 / (1 + np.exp(-a[0, 0]))
    if loss == "squared_error":
        return ((p - y) ** 2 / 2).mean()
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_right_gradients_are_the_differences_of_the_mean_loss(activation, loss):
    W, b, X, y = network((2, 5, 4, 1))
    right = compare_gradients(W, b, X, y, activation=activation, loss=loss)
    assert_allclose(right.loss, mean_loss(W, b, X, y, activation, loss), rtol=1e-12)
    for array, gradient in zip([*W, *b], [*right.weights, *right.biases], strict=True):
        for place, value in np.ndenumerate(array):
            around = []
            for array[place] in (value - 1e-6, value + 1e-6):
                around.append(mean_loss(W, b, X, y, activation, loss))
            array[place] = value
            assert_allclose((around[1] - around[0]) / 2e-6, gradient[place], atol=1e-8)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("way", BIASES)
def test_every_orientation_gives_the_same_gradients_as_the_matrices_lie(sizes, way):
    W, b, X, y = network(sizes)
    plain = compare_gradients(W, None if way == "none" else b, X, y)
    sides = [product([False, True], repeat=len(W)), [(False,) * len(W), (True,) * len(W)]]
    for turned in sides[len(set(sizes)) < len(sizes)]:  # a square one is taken as the others are
        mine = [w.T if turn else w for w, turn in zip(W, turned, strict=True)]
        for data, labels in product((X, X.T), (y, y[:, np.newaxis], y[np.newaxis], y == 1)):
            given = mine, [BIASES[way](v) for v in b], data, labels
            result = compare_gradients(*given)
            for right, turn, gradient in zip(plain.weights, turned, result.weights, strict=True):
                assert_allclose(gradient, right.T if turn else right, rtol=1e-12)
            for right, gradient in zip(plain.biases, result.biases, strict=True):
                assert_allclose(gradient, BIASES[way](right), rtol=1e-12) if way != "none" else None
            again = compare_gradients(*given, (result.weights, result.biases))
            assert again.is_right, again


def test_it_is_said_how_matrices_were_taken():
    W, b, X, y = network((2, 5, 5, 1))
    taken = compare_gradients(W, b, X, y).taken
    assert taken == (
        "weights as (inputs, units), as in X @ W (square and so like the others: W2); "
        "biases as vectors; X as (rows, columns)"
    )
    columns = [v[:, np.newaxis] for v in b]
    taken = compare_gradients([w.T for w in W], columns, X.T, np.where(y, "yes", "no")).taken
    assert taken == (
        "weights as (units, inputs), as in W @ x (square and so like the others: W2); "
        "biases as columns; X as (columns, rows); y = 'yes' as 1, 'no' as 0"
    )
    taken = compare_gradients([W[0], W[1], W[2].T], [None, b[1], b[2]], X, y).taken
    assert "of layer 1 as (inputs, units), as in X @ W, of layer 2" in taken
    assert "(square and so an assumption: W2)" in taken
    assert "biases of layer 1 none, of layer 2 as vectors" in taken
    assert "of layer 2 as (inputs, units)" in taken
    taken = compare_gradients([W[0], W[1], W[2].T], columns, X, y).taken
    assert "of layer 2 as (units, inputs)" in taken


def test_weights_of_the_output_may_be_a_vector_and_its_bias_a_number():
    W, b, X, y = network((2, 5, 1))
    right = compare_gradients(W, b, X, y)
    mine = compare_gradients([W[0], W[1][:, 0]], [b[0], float(b[1][0])], X, y)
    assert_array_equal(mine.weights[1], right.weights[1][:, 0])
    assert mine.biases[1].shape == ()
    given = [W[0], W[1][:, 0]], [b[0], float(b[1][0])], X, y, (mine.weights, mine.biases)
    assert compare_gradients(*given).is_right


@pytest.mark.parametrize("is_turned", [False, True])
def test_square_data_are_taken_as_the_gradients_have_them(is_turned):
    W, b, X, y = network((5, 3, 1), n_rows=5)
    wide = np.column_stack([X, X])  # not square, so that there is no doubt
    twice = compare_gradients([np.vstack([W[0], 0 * W[0]]), W[1]], b, wide, y)
    mine = [twice.weights[0][:5], twice.weights[1]], twice.biases
    result = compare_gradients(W, b, X.T if is_turned else X, y, mine)
    assert result.is_right
    assert ("X, which is square, as (columns, rows)" in result.taken) == is_turned


def test_square_data_without_gradients_are_taken_as_the_biases_are():
    W, b, X, y = network((5, 3, 1), n_rows=5)
    right = compare_gradients(W, b, X, y)
    assert "X, which is square, as (rows, columns)" in right.taken
    turned = compare_gradients(W, [v[:, np.newaxis] for v in b], X.T, y)
    assert "X, which is square, as (columns, rows)" in turned.taken
    assert_allclose(turned.weights[0], right.weights[0], rtol=1e-12)


def test_nothing_that_is_given_is_changed():
    W, b, X, y = network((2, 5, 1))
    mine = [w + 1 for w in W], [v + 1 for v in b]
    before = [array.copy() for array in (*W, *b, X, y, *mine[0], *mine[1])]
    result = compare_gradients(W, b, X, y, mine)
    result.weights[0][:] = 7
    for array, was in zip((*W, *b, X, y, *mine[0], *mine[1]), before, strict=True):
        assert_array_equal(array, was)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"weights": [np.ones((2, 5)), np.ones((4, 1))]},
            r"weights\[0\], of layer 1, has .*\(2, 5",
        ),
        (
            {"weights": [np.ones((2, 5)), np.ones((5, 2))]},
            r"weights\[1\], of layer 2, .* one output",
        ),
        ({"weights": np.ones((2, 5))}, r"weights is one array of shape \(2, 5\)"),
        ({"weights": []}, "weights is empty"),
        ({"weights": {"W1": np.ones((2, 5))}}, r"weights is of type dict; .* such as \[W1, W2\]"),
        ({"biases": []}, r"biases is empty; .* such as \[b1, b2\], or None if there are none"),
        ({"biases": 0}, "biases is of type int; .* or None if there are none"),
        ({"weights": [np.ones((2, 5)), ["a"] * 5]}, r"weights\[1\] is no array of numbers"),
        ({"biases": [np.ones(4), 0]}, r"biases\[0\], of layer 1, has the shape \(4,\), .* 5 unit"),
        ({"biases": [np.ones(5)]}, r"biases has 1 layer\(s\) and weights 2"),
        ({"X": np.ones((8, 3))}, r"X has the shape \(8, 3\), but y has 8 .* \(8, 2\)"),
        ({"X": np.full((8, 2), np.nan)}, "X has values that are not finite; give numbers"),
        (
            {"weights": [np.full((2, 5), np.nan), np.ones((5, 1))]},
            r"weights\[0\] has values that are not finite; give the weights .* of an earlier step",
        ),
        ({"y": np.arange(8)}, "y has the labels 0, 1, 2"),
        ({"y": np.zeros((4, 2))}, r"y has the shape \(4, 2\)"),
        ({"activation": "sigmoid"}, "activation='sigmoid' is not known; .* 'logistic'"),
        ({"activation": ["tanh", "logistic"]}, r"activation=\['tanh', 'logistic'\] is not known"),
        ({"loss": "bce"}, "loss='bce' is not known; .* 'log_loss'"),
        ({"gradients": [np.ones((2, 5))]}, r"gradients has 1 array\(s\) of weights"),
        ({"gradients": [None, None]}, "gradients has none"),
        (
            {"gradients": {1: np.ones((2, 5))}},
            r"gradients is of type dict; .* such as \[dW1, dW2\]",
        ),
        (
            {"gradients": [np.ones((5, 1)), np.ones((2, 5))]},
            r"\(5, 1\), \(2, 5\), .* by gradients\[::-1\]",
        ),
        (
            {"gradients": (None, [np.ones(1), np.ones(5)])},
            r"\(1,\), \(5,\), .* by gradients\[1\]\[::-1\]",
        ),
        (
            {"gradients": [(np.ones((2, 5)), np.ones(5)), (np.ones((5, 1)), None)]},
            r"gradients comes as pairs .* \(\[W for W, _ in pairs\], \[b for _, b in pairs\]\)",
        ),
        ({"gradients": ([np.ones((2, 5)), None], 5)}, "gradients of the biases is of type int"),
        ({"gradients": (None, [])}, "gradients of the biases is empty"),
        (
            {"gradients": ([np.ones(5), np.ones(1)], [np.ones((2, 5)), np.ones((5, 1))])},
            "the gradient of the weights of layer 1 is no array of numbers",
        ),
        ({"gradients": ((), ())}, "gradients of the weights is empty"),
        (
            {"gradients": ([np.ones((2, 5)), None], {"b1": 0})},
            r"gradients of the biases is of type dict; .* \[db1, db2\]",
        ),
        (
            {"gradients": [np.ones((2, 5), np.float16), None]},
            "weights of layer 1 is in float16, .*; give float64",
        ),
    ],
)
def test_an_error_says_what_came_and_what_was_wanted(change, message):
    W, b, X, y = network((2, 5, 1))
    given = {"weights": W, "biases": b, "X": X, "y": y} | change
    with pytest.raises(ValueError, match=message):
        compare_gradients(**given)


@pytest.mark.parametrize("of_inputs", [0, 1])
@pytest.mark.parametrize("at", [0, -1])
def test_biases_within_the_weights_are_asked_for_apart(of_inputs, at):
    """Taken as they are, these chain too: as 3-5-6-1, the second matrix turned."""
    W, b, X, y = network((2, 5, 5, 1))
    within = [np.insert(w, len(w) if at else 0, v, axis=0) for w, v in zip(W, b, strict=True)]
    given = [w.T if of_inputs else w for w in within]
    row = "W[:, {}]" if of_inputs else "W[{}]"
    kept, bias = (row.format(each) for each in ((":-1", "-1") if at else ("1:", "0")))
    message = re.escape(f"weights [{kept} for W in weights] and biases [{bias} for W in weights]")
    with pytest.raises(ValueError, match=f"one input more than the layer below.*{message}"):
        compare_gradients(given, None, np.insert(X, 2 if at else 0, 1, axis=1), y)
    apart = [w[:-1] for w in within] if at else [w[1:] for w in within]
    assert compare_gradients(apart, b, X, y).layer_sizes == (2, 5, 5, 1)


def test_transposed_gradients_are_not_taken_for_those_of_other_layers():
    W, b, X, y = network((1, 5, 1))
    mine = [gradient.T for gradient in compare_gradients(W, b, X, y).weights]
    assert codes(compare_gradients(W, b, X, y, mine)) == {"transposed"}


# What is said of gradients ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", zoo.ZOO)
def test_a_mistake_of_a_learner_is_named(kind):
    """In 4 networks of the benchmark, of which one may be such that another fits too."""
    expected, fits = zoo.ZOO[kind]
    rng, said = np.random.default_rng(1), []
    while len(said) < 4:
        case = zoo.drawn(rng)
        program = (zoo.by_products, zoo.row_by_row)[len(said) % 2]
        found = zoo.said_of(case, kind, program) if fits(case) else None
        if found is not None:
            said.append(found)
    assert said.count(set(expected)) >= (4 if kind == "right" else 3), said


def test_every_row_of_the_tables_is_in_the_zoo():
    known = {row.code for row in (*MISTAKES, *WAYS, *FACTORS)} - {""} | {SCALED, "wrong"}
    rare = {
        *("slope_added", "weights_missing", "slope_of_layer_above", "slope_of_layer_below"),
        *("slope_at_zero", "input_of_other_layer"),
    }
    assert {code for expected, _ in zoo.ZOO.values() for code in expected} == known - rare


def passes(W, b, X):
    """a and z of a logistic network."""
    a, z = [X], []
    for weights, biases in zip(W, b, strict=True):
        z.append(a[-1] @ weights + biases)
        a.append(1 / (1 + np.exp(-z[-1])))
    return a, z


def deltas(W, a, of_output, slopes=None, sent_back=None):
    """delta of all layers, from that of the output."""
    slopes, delta = slopes or [units * (1 - units) for units in a[1:]], [of_output]
    for layer in reversed(range(len(W) - 1)):
        back = delta[0] @ W[layer + 1].T if sent_back is None else sent_back(layer, delta[0])
        delta.insert(0, back * slopes[layer])
    return delta


def gradients(W, b, X, y, slopes=None, sent_back=None):
    """Of a logistic network and the log loss, with other slopes or weights on the way back."""
    a, _ = passes(W, b, X)
    delta = deltas(W, a, a[-1] - y[:, np.newaxis], slopes, sent_back)
    of_W = [units.T @ d / len(X) for units, d in zip(a, delta, strict=False)]
    return of_W, [d.mean(axis=0) for d in delta]


@pytest.mark.parametrize(
    ("code", "slopes", "sent_back"),
    [
        ("slope_added", lambda a: [(u * (1 - u)) ** 2 for u in a[1:]], None),
        ("slope_of_layer_above", lambda a: [u * (1 - u) for u in a[2:]], None),
        (
            "slope_of_layer_below",
            lambda a: [a[1] * (1 - a[1]), a[1] * (1 - a[1])],
            None,
        ),
        ("weights_missing", lambda a: [u * (1 - u) for u in a[1:]], lambda layer, delta: delta),
    ],
)
def test_rarer_mistakes_are_named(code, slopes, sent_back):
    W, b, X, y = network((3, 4, 4, 1))
    mine = gradients(W, b, X, y, slopes(passes(W, b, X)[0]), sent_back)
    assert codes(compare_gradients(W, b, X, y, mine)) == {code}


def test_the_input_of_another_layer_is_named():
    W, b, X, y = network((4, 4, 4, 1))
    a, _ = passes(W, b, X)
    of_W, _ = gradients(W, b, X, y)
    delta3 = a[3] - y[:, np.newaxis]
    of_W[1] = X.T @ ((delta3 @ W[2].T) * a[2] * (1 - a[2])) / len(X)
    result = compare_gradients(W, b, X, y, of_W)
    assert [verdict.code for verdict in result.verdicts] == [
        "right",
        "input_of_other_layer",
        "right",
    ]


def test_a_slope_of_1_at_the_kink_is_no_fault_but_is_said():
    W, b, X, y = network((2, 5, 1))
    X[:4] = 0
    b[0][:] = 0
    z = X @ W[0] + b[0]
    delta2 = 1 / (1 + np.exp(-(np.maximum(z, 0) @ W[1] + b[1]))) - y[:, np.newaxis]
    delta1 = (delta2 @ W[1].T) * (z >= 0)
    mine = [None, None], [delta1.mean(axis=0), delta2.mean(axis=0)]
    result = compare_gradients(W, b, X, y, mine, activation="relu")
    assert [verdict.code for verdict in result.verdicts] == ["right", "slope_at_zero"]


def test_the_entry_that_differs_most_is_shown_with_both_numbers():
    W, b, X, y = network((2, 5, 5, 1))
    right = compare_gradients([w.T for w in W], b, X, y)
    mine = [gradient.copy() for gradient in right.weights]
    mine[1][3, 2] += 0.5
    mine[1][1, 1] -= 0.1
    result = compare_gradients([w.T for w in W], b, X, y, (mine, right.biases))
    verdict = next(verdict for verdict in result.verdicts if verdict.code != "right")
    assert (verdict.layer, verdict.name, verdict.code) == (2, "weights", "wrong")
    assert verdict.place == (3, 2)
    assert verdict.right == pytest.approx(right.weights[1][3, 2], rel=1e-12)
    assert verdict.theirs == pytest.approx(verdict.right + 0.5)
    assert verdict.ratio == pytest.approx(verdict.theirs / verdict.right)
    assert "the fault is between it and dW2" in verdict.sentence


def test_the_first_layer_from_the_output_that_no_mistake_explains_is_said():
    W, b, X, y = network((2, 5, 5, 1))
    mine = compare_gradients(W, b, X, y).weights
    rng = np.random.default_rng(5)
    mine[0], mine[1] = rng.normal(size=(2, 5)), rng.normal(size=(5, 5))
    result = compare_gradients(W, b, X, y, mine)
    assert [verdict.code for verdict in result.verdicts] == ["right", "wrong", "wrong"]
    assert result.verdicts[1].sentence == (
        "layer 3 is right, so the fault is between delta3 and dW2"
    )
    assert result.verdicts[1].remedy == "delta2 = (delta3 @ W3.T) * a2 * (1 - a2)"
    assert "layers above" in result.verdicts[2].sentence


@pytest.mark.parametrize("n_rows", [1, 49, 98, 103])
def test_a_mistake_is_named_for_any_number_of_rows(n_rows):
    """1 / n * n need not be 1; and for one row many a mistake is a factor."""
    W, b, X, y = network((2, 5, 1), n_rows)
    a, z = passes(W, b, X)
    mine = gradients(W, b, X, y, [v * (1 - v) for v in z])
    assert codes(compare_gradients(W, b, X, y, mine)) == {"slope_of_z"}
    p = a[-1]
    delta = deltas(W, a, (p - y[:, np.newaxis]) * p * (1 - p))
    mine = [units.T @ d / n_rows for units, d in zip(a, delta, strict=False)]
    assert codes(compare_gradients(W, b, X, y, mine)) == {"output_slope_added"}


def test_a_sentence_names_the_layer_at_which_the_mistake_acts():
    W, b, X, y = network((2, 5, 4, 1))
    _, z = passes(W, b, X)
    mine = gradients(W, b, X, y, [v * (1 - v) for v in z])
    result = compare_gradients(W, b, X, y, mine)
    for verdict, layer in zip(result.verdicts[2:], (2, 2, 1, 1), strict=True):
        assert f"applied to z{layer}" in verdict.sentence
        assert verdict.remedy.startswith(f"delta{layer} = ")
    without = [b[0], 0 * b[1], b[2]]
    mine = gradients(W, without, X, y)
    result = compare_gradients(W, b, X, y, mine)
    assert {verdict.sentence for verdict in result.verdicts} == {"the forward pass does not add b2"}
    assert {verdict.remedy for verdict in result.verdicts} == {"z2 = a1 @ W2 + b2"}


def test_of_two_mistakes_a_gradient_is_told_those_that_concern_it():
    W, b, X, y = network((2, 5, 1))
    a, z = passes(W, b, X)
    p, slopes = a[-1], [v * (1 - v) for v in z]
    delta = deltas(W, a, (p - y[:, np.newaxis]) * p * (1 - p), slopes)
    mine = [units.T @ d / len(X) for units, d in zip(a, delta, strict=False)]
    top, bottom = compare_gradients(W, b, X, y, mine).verdicts
    assert top.code == "output_slope_added"
    assert {fault.code for fault in bottom.faults} == {"output_slope_added", "slope_of_z"}


@pytest.mark.parametrize("rate", [0.01, 0.3, 2.0])
def test_the_rate_of_weights_updated_too_early_is_found(rate):
    W, b, X, y = network((2, 5, 5, 1))
    a, _ = passes(W, b, X)

    def through_updated(layer, delta):
        return delta @ (W[layer + 1] - rate * a[layer + 1].T @ delta / len(X)).T

    mine = gradients(W, b, X, y, sent_back=through_updated)
    result = compare_gradients(W, b, X, y, mine)
    assert codes(result) == {"weights_updated"}
    assert f"a rate of {rate:.4g} fits" in result.verdicts[-1].sentence


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_is_no_mistake(dtype):
    given = [[array.astype(dtype) for array in arrays] for arrays in network((2, 5, 5, 1))[:2]]
    X, y = (array.astype(dtype) for array in network((2, 5, 5, 1))[2:])
    mine = gradients(*given, X, y)
    assert mine[0][0].dtype == dtype
    assert compare_gradients(*given, X, y, mine).is_right
    mine[0][0][0] *= dtype(1 + 1e-5)  # a hundred times the rounding of single precision
    assert compare_gradients(*given, X, y, mine).is_right == (dtype == np.float32)
    mine[0][0][0] *= dtype(1.001)
    assert codes(compare_gradients(*given, X, y, mine)) == {"wrong"}


def test_a_slope_that_is_rounded_away_is_no_mistake():
    W, b, X, _ = network((2, 5, 1))
    b[1][:] = 45  # 1 - p is 0 in a program, 1e-20 in truth
    mine = [0 * w for w in W], [0 * v for v in b]
    right = compare_gradients(W, b, X, np.ones(8), loss="squared_error")
    assert right.biases[1][0] != 0
    for given in (mine, (right.weights, right.biases)):
        assert compare_gradients(W, b, X, np.ones(8), given, loss="squared_error").is_right


def test_gradients_of_other_shapes_and_of_no_numbers_are_wrong():
    W, b, X, y = network((2, 5, 1))
    mine = [np.full((2, 5), np.nan), np.ones((3, 3))]
    result = compare_gradients(W, b, X, y, mine)
    top, bottom = result.verdicts
    assert top.sentence == "dW2 has the shape (3, 3), not (5, 1)"
    assert (top.theirs, top.right, top.place) == (None, None, None)
    assert bottom.sentence == "dW1 has values that are not finite"


def test_gradients_that_are_not_there_yet_are_passed_over():
    W, b, X, y = network((2, 5, 1))
    right = compare_gradients(W, b, X, y)
    for mine, names in [
        ([None, right.weights[1]], ["dW2"]),
        (([None, right.weights[1]], [None, right.biases[1]]), ["dW2", "db2"]),
        ((None, right.biases), ["db2", "db1"]),
        ((right.weights, None), ["dW2", "dW1"]),
    ]:
        result = compare_gradients(W, b, X, y, mine)
        assert [verdict.gradient for verdict in result.verdicts] == names
        assert result.is_right
        assert result.headline == "Right, as far as given."
    assert not right.is_right
    assert right.headline == "These are the right gradients."


def test_a_vector_of_weights_beside_a_column_of_biases_is_no_pair_by_layer():
    (W1, W2), (b1, b2), X, y = network((2, 5, 1))
    odd = [W1, W2.ravel()], [b1[:, np.newaxis], b2]
    right = compare_gradients([W1, W2], [b1, b2], X, y)
    (dW1, dW2), (db1, db2) = right.weights, right.biases
    assert trace(odd, X[0], 1).probability == trace(([W1, W2], [b1, b2]), X[0], 1).probability
    mine = [dW1, dW2.ravel()], [db1[:, np.newaxis], db2]
    assert compare_gradients(*odd, X, y, mine).is_right
    for call in (trace, check_gradients):
        with pytest.raises(ValueError, match="comes as pairs"):
            call([(W1, b1), (W2, b2)], X[:1], y[:1])
    with pytest.raises(ValueError, match="comes as pairs"):
        compare_gradients([W1, W2], [b1, b2], X, y, zip(right.weights, right.biases, strict=True))


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_one_number_that_is_not_finite_hides_no_other_mistake(value):
    W, b, X, y = network((2, 5, 1))
    mine = [100 * gradient for gradient in compare_gradients(W, b, X, y).weights]
    mine[0][0, 0] = value
    result = compare_gradients(W, b, X, y, mine)
    assert all(verdict.faults for verdict in result.verdicts)


def test_half_precision_of_what_is_given_makes_no_wrong_gradient_right():
    W, b, X, y = network((2, 5, 1))
    X = X.astype(np.float16)
    right = compare_gradients(W, b, X, y)
    assert compare_gradients(W, b, X, y, right.weights).is_right
    first, last = right.weights
    assert not compare_gradients(W, b, X, y, [1.001 * first, last]).is_right


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", [list, iter, tuple, dict.values, "objects"])
@pytest.mark.parametrize("of_biases", BIASES)
def test_halves_are_told_from_layers_by_their_shapes(sizes, kind, of_biases):
    W, b, X, y = network(sizes)
    right = compare_gradients(W, b, X, y)

    def half(arrays):
        if kind == "objects":
            return np.array([*arrays, None], object)[:-1]
        return kind(dict(enumerate(arrays)) if kind is dict.values else arrays)

    biases = [None if of_biases == "none" else BIASES[of_biases](each) for each in right.biases]
    for mine in [
        (half(right.weights), None),
        (half(right.weights), half(biases)),
        *([(None, half(biases))] if of_biases != "none" else []),
        half(right.weights),
    ]:
        assert compare_gradients(W, b, X, y, mine).is_right


# What is shown ----------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "mish"])
@pytest.mark.parametrize("way", ["rows", "columns", "mixed"])
def test_the_lines_that_are_shown_compute_the_right_gradients(way, activation, loss):
    W, b, X, y = network((2, 5, 4, 1))
    turned = {"rows": (0, 0, 0), "columns": (1, 1, 1), "mixed": (1, 0, 0)}[way]
    W = [w.T if turn else w for w, turn in zip(W, turned, strict=True)]
    if way == "columns":
        b, X = [v[:, np.newaxis] for v in b], X.T
    right = compare_gradients(W, b, X, y, activation=activation, loss=loss)
    notation = Notation(read_network(W, b, X, y, activation, loss))
    names = {f"W{at}": w for at, w in enumerate(W, 1)} | {f"b{at}": v for at, v in enumerate(b, 1)}
    names |= {"np": np, "X": X, "n": len(y), "y": y if way == "columns" else y[:, np.newaxis]}
    names |= {"s": lambda z: 1 / (1 + np.exp(-z)), "Phi": ndtr}
    names["phi"] = lambda z: np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    lines = [notation.line(what, layer) for layer in (0, 1) for what in ("z", "a")]
    lines += [notation.line("z", 2), "p = 1 / (1 + np.exp(-z3))"]
    lines += [notation.line(what, at) for at in (2, 1, 0) for what in ("delta", "dW", "db")]
    exec("\n".join(lines), names)
    for at in range(3):
        atol = 1e-4 if activation == "selu" else 1e-12  # its formula has five digits
        assert_allclose(names[f"dW{at + 1}"], right.weights[at], atol=atol)
        assert_allclose(names[f"db{at + 1}"], right.biases[at], atol=atol)


def test_a_page_and_a_terminal_show_the_verdicts_and_the_right_line():
    W, b, X, y = network((2, 5, 1))
    _, z = passes(W, b, X)
    mine = gradients(W, b, X, y, [v * (1 - v) for v in z])
    result = compare_gradients(W, b, X, y, mine)
    for shown in (str(result), result._repr_html_()):
        assert "Wrong in a known way: slope_of_z." in shown
        assert "delta1 = (delta2 @ W2.T) * a1 * (1 - a1)" in shown
        for verdict in result.verdicts:
            assert all(cell in shown for cell in verdict.cells)
    columns = [v[:, np.newaxis] for v in b]
    labels = np.where(y, "a label", "another")
    for shown in (result, compare_gradients(W, columns, X, labels, mine)):
        assert max(map(len, str(shown).split("\n"))) < 100
    right = compare_gradients(W, b, X, y)
    assert "dW1  (2, 5)" in str(right)
    assert "dW1  (2, 5)" in right._repr_html_()

"""The two systems this project began from, recomputed by loops over rows, units and inputs.

Nothing here uses arrays: a layer is a list of units, a unit its list of weights and its bias.
"""

from math import exp, log

import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from sknumpynet import NumpyMLPBinaryClassifier

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
THREE_ROWS = [[0.3, -1.2], [-0.7, 0.4], [1.1, 0.9]], [0, 1, 1]
CUT_OFF = "ignore:.*had not converged:sklearn.exceptions.ConvergenceWarning"


def plain(batch_size, **params):
    """What both systems share."""
    return NumpyMLPBinaryClassifier(
        (5, 5),
        activation="logistic",
        solver="sgd",
        learning_rate="constant",
        momentum=0,
        n_estimators=1,
        scale_inputs=None,
        alpha=0,
        early_stopping=False,
        batch_size=batch_size,
        random_state=0,
        **params,
    )


def units(clf):
    """The fitted network as layers of units."""
    return [
        [(coef[:, j].tolist(), float(biases[j])) for j in range(len(biases))]
        for coef, biases in zip(clf.coefs_, clf.intercepts_, strict=True)
    ]


def initial_units(clf, X, y):
    """The network before its first update: after one that is too small to change a digit."""
    return units(clone(clf).set_params(max_iter=1, learning_rate_init=1e-300).fit(X, y))


def outputs(network, row):
    """What each layer puts out, the row itself first."""
    layers = [row]
    for layer in network:
        layers.append([])
        for weights, bias in layer:
            z = bias
            for weight, value in zip(weights, layers[-2], strict=True):
                z += weight * value
            layers[-1].append(1 / (1 + exp(-z)))
    return layers


def gradient(network, row, label, last_delta):
    """d cost / d bias and d cost / d weights of every unit, for one row."""
    layers = outputs(network, row)
    deltas = [[last_delta(layers[-1][0], label)]]
    for above in range(len(network) - 1, 0, -1):
        deltas.insert(0, [])
        for j, output in enumerate(layers[above]):
            back = 0.0
            for (weights, _), delta in zip(network[above], deltas[1], strict=True):
                back += weights[j] * delta
            deltas[0].append(back * output * (1 - output))
    return [
        [([delta * value for value in layers[i]], delta) for delta in deltas[i]]
        for i in range(len(network))
    ]


def updated(network, rows, labels, rate, last_delta):
    """The network after one step down the mean gradient of some rows."""
    gradients = [gradient(network, row, y, last_delta) for row, y in zip(rows, labels, strict=True)]

    def step(value, slopes):
        return value - rate * sum(slopes) / len(rows)

    return [
        [
            (
                [step(w, [g[i][j][0][k] for g in gradients]) for k, w in enumerate(weights)],
                step(bias, [g[i][j][1] for g in gradients]),
            )
            for j, (weights, bias) in enumerate(layer)
        ]
        for i, layer in enumerate(network)
    ]


def assert_same(network, expected):
    for layer, expected_layer in zip(network, expected, strict=True):
        for (weights, bias), (expected_weights, expected_bias) in zip(
            layer, expected_layer, strict=True
        ):
            assert_allclose([*weights, bias], [*expected_weights, expected_bias], 0, 1e-12)


@pytest.mark.filterwarnings(CUT_OFF)
@pytest.mark.parametrize(("X", "y"), [XOR, THREE_ROWS])
def test_the_question_s_network_takes_three_steps_down_the_cross_entropy(X, y):
    clf = plain(len(X), learning_rate_init=0.5, max_iter=3)
    network, costs = initial_units(clf, X, y), []
    for _ in range(3):
        probabilities = [outputs(network, row)[-1][0] for row in X]
        pairs = zip(probabilities, y, strict=True)
        costs.append(sum(-log(p if label else 1 - p) for p, label in pairs) / len(X))
        network = updated(network, X, y, 0.5, last_delta=lambda p, label: p - label)
    clf.fit(X, y)
    assert_same(units(clf), network)
    assert_allclose(clf.loss_curve_, costs, 0, 1e-12)


@pytest.mark.parametrize("rate", [0.1, 2.0])
def test_the_answer_s_network_takes_one_step_a_row_down_the_squared_error(rate):
    X, y = THREE_ROWS
    clf = plain(1, loss="squared_error", learning_rate_init=rate, max_iter=1, shuffle=False)
    network, costs = initial_units(clf, X, y), []
    for row, label in zip(X, y, strict=True):
        costs.append((outputs(network, row)[-1][0] - label) ** 2 / 2)
        network = updated(
            network, [row], [label], rate, lambda output, y: (output - y) * output * (1 - output)
        )
    clf.fit(X, y)
    assert_same(units(clf), network)
    assert_allclose(clf.loss_curve_, [sum(costs) / 3], 0, 1e-12)


@pytest.mark.filterwarnings(CUT_OFF)
@pytest.mark.parametrize(
    ("verbose", "reported"),
    [(100, [100, 200, 300]), (True, range(1, 301)), (1, range(1, 301)), (0, []), (False, [])],
)
def test_verbose_prints_the_cost_every_so_many_epochs(capsys, verbose, reported):
    clf = plain(4, verbose=verbose, max_iter=300, n_iter_no_change=300).fit(*XOR)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["epoch", str(epoch), "loss", f"{clf.loss_curve_[epoch - 1]:.6f}"] for epoch in reported
    ]
    assert len({len(line) for line in lines}) <= 1

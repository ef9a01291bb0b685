"""Known mistakes, in three tables. To add one, add a row.

`MISTAKES` change a pass, and with it the gradients of all layers below. `WAYS` are what becomes of
a layer's inputs and delta, right ones or not: they concern one matrix. `FACTORS` multiply one.

In a sentence, {l} is the number of the layer, {above} and {below} those of its neighbours, {letter}
is W or b.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from ..engine.activations import ACTIVATIONS
from .passes import bent, from_above, slope_formula


class Mistake(NamedTuple):
    """A mistake in a pass.

    Parameters
    ----------
    code, sentence : str
    line : {'z', 'a', 'delta'}
        Which line of the program is the remedy.
    step : str
        Which step of `passes.run` it changes.
    change : callable
        What the step is instead.
    at : {'hidden', 'output', 'all'}
        Layers at which it is made.
    in_pairs : bool, default=True
        Whether it is tried together with others.
    """

    code: str
    sentence: str
    line: str
    step: str
    change: Callable
    at: str = "hidden"
    in_pairs: bool = True


def slope_of_z(passed, layer):
    """The formula of the slope, which wants a, with z in it."""
    return slope_formula(passed.names[layer], passed.z[layer])


def slope_of_a(passed, layer):
    """The slope as a function of z, with a in it."""
    return bent(passed.names[layer], passed.a[layer + 1])[1]


def slope_twice(passed, layer):
    """The slope, squared."""
    return passed.slope(layer) ** 2


def no_slope(passed, layer):
    """1."""
    return np.ones_like(passed.z[layer])


def slope_on_other_side(passed, layer):
    """That of a kink, 1 where it must be 0."""
    return bent(passed.names[layer], -passed.z[layer])[1]


def slope_at_zero(passed, layer):
    """That of a kink; at the kink itself that from the right."""
    z = passed.z[layer]
    return bent(passed.names[layer], np.where(z == 0, np.finfo(float).tiny, z))[1]


def slope_of_layer_above(passed, layer):
    """The slope at z of the next layer."""
    return passed.slope(layer + 1)


def slope_of_layer_below(passed, layer):
    """The slope at z of the layer before; of the first layer there is none."""
    return passed.slope(layer - 1) if layer else np.nan


def other_slope_of_a(other, passed, layer):
    """The formula of another activation's slope."""
    return slope_formula(other, passed.a[layer + 1])


def other_slope(other, passed, layer):
    """The slope of another activation at z."""
    return bent(other, passed.z[layer])[1]


def by_updated_weights(passed, layer, rate):
    """What comes back through the weights after their step of gradient descent."""
    step = rate * passed.mean_gradient(layer + 1)
    return passed.delta[layer + 1] @ (passed.network.weights[layer + 1] - step).T


def by_untransposed_weights(passed, layer, rate):
    """What comes back through square weights as they are."""
    W = passed.network.weights[layer + 1]
    is_square = W.shape[0] == W.shape[1]
    return passed.delta[layer + 1] @ W if is_square else from_above(passed, layer)


def from_two_above(passed, layer, rate):
    """What came back to the layer above, as if it had come to this one."""
    return from_above(passed, min(layer + 1, len(passed.z) - 2))


def without_weights(passed, layer, rate):
    """delta of the layer above, not multiplied by its weights."""
    return passed.delta[layer + 1]


def other_activation(other, name):
    """Another activation, whatever was said."""
    return other


# fmt: off
MISTAKES = [
    Mistake(
        "slope_of_z", "the slope's formula {slope} is applied to z{l}; it wants a{l}",
        "delta", "slope", slope_of_z, "all"),
    Mistake(
        "slope_of_a", "the slope, a function of z, is applied to a{l}, which has been through the "
        "activation already", "delta", "slope", slope_of_a, "all"),
    Mistake(
        "hidden_slope_missing", "delta{l} is not multiplied by the slope of the hidden units",
        "delta", "slope", no_slope),
    Mistake(
        "output_slope_added", "delta{l} has the slope p * (1 - p) once too often",
        "delta", "error", lambda z, p, t: (p - t) * p * (1 - p), "output"),
    Mistake(
        "output_slope_missing", "delta{l} lacks the slope of the output, p * (1 - p)",
        "delta", "slope", no_slope, "output"),
    Mistake(
        "slope_added", "delta{l} is multiplied by the slope of the hidden units twice",
        "delta", "slope", slope_twice),
    Mistake(
        "bias_left_out", "the forward pass does not add b{l}",
        "z", "bias", np.zeros_like, "all"),
    Mistake(
        "weights_updated", "delta{l} is computed with W{above} after its update (a rate of "
        "{rate:.4g} fits); compute every delta first, then update",
        "delta", "back", by_updated_weights),
    Mistake(
        "slope_on_other_side", "the slope is that of -z{l}: where z{l} > 0 it must be 1",
        "delta", "slope", slope_on_other_side),
    Mistake(
        "weights_not_turned", "delta{above} comes back through W{above} as it is, not through its "
        "transpose", "delta", "back", by_untransposed_weights),
    Mistake(
        "delta_of_other_layer", "delta{l} comes from the layer two above, not from the next",
        "delta", "back", from_two_above),
    Mistake(
        "weights_missing", "delta{above} comes back without W{above}",
        "delta", "back", without_weights),
    Mistake(
        "half_of_cross_entropy", "delta{l} has the rows of label 1 only: the term "
        "-(1 - y) * log(1 - p) is missing",
        "delta", "error", lambda z, p, t: -t * (1 - p), "output"),
    Mistake(
        "z_for_p", "the error is z{l} - y: the sigmoid is missing at the output",
        "delta", "error", lambda z, p, t: z - t, "output"),
    Mistake(
        "class_for_p", "the error is that of the predicted class, 0 or 1, not of the probability p",
        "delta", "error", lambda z, p, t: (p > 0.5) - t, "output"),
    Mistake(
        "slope_of_layer_above", "the slope in delta{l} is that of layer {above}",
        "delta", "slope", slope_of_layer_above, in_pairs=False),
    Mistake(
        "slope_of_layer_below", "the slope in delta{l} is that of layer {below}",
        "delta", "slope", slope_of_layer_below, in_pairs=False),
    Mistake(
        "slope_at_zero", "the slope at z{l} = 0 is taken as 1; here it is 0: both are in use, and "
        "this is no fault", "delta", "slope", slope_at_zero, in_pairs=False),
    *(Mistake(
        "other_activation", f"your code seems to use {name}: by that, this is right",
        "a", "bend", partial(other_activation, name), in_pairs=False) for name in ACTIVATIONS),
    *(Mistake(
        "other_slope", f"the slope is that of {name}", "delta", "slope",
        partial(change, name), in_pairs=False)
      for name in ACTIVATIONS for change in (other_slope_of_a, other_slope)),
]
# fmt: on
FITTED = "weights_updated"  # the one whose rate is found by least squares


class Way(NamedTuple):
    """What becomes of a layer's inputs and delta.

    Parameters
    ----------
    code, sentence : str
        Empty for the right one.
    of_weights, of_biases : callable or None
        Functions of `passes.Passed` and the layer, for the one or the other gradient.
    """

    code: str
    sentence: str
    of_weights: Callable | None
    of_biases: Callable | None


def weights_of_row(passed, layer):
    """The last row's gradient."""
    return passed.a[layer][-1:].T @ passed.delta[layer][-1:]


def by_output(passed, layer):
    """The layer's own activations instead of its inputs."""
    return passed.a[layer + 1].T @ passed.delta[layer] / passed.n_rows


def by_z(passed, layer):
    """The inputs before their activation; of the first layer they have none."""
    inputs = passed.z[layer - 1] if layer else passed.a[0] * np.nan
    return inputs.T @ passed.delta[layer] / passed.n_rows


def by_inputs_below(passed, layer):
    """The inputs of the layer below; of the first layer there is none."""
    inputs = passed.a[layer - 1] if layer else passed.a[0] * np.nan
    return inputs.T @ passed.delta[layer] / passed.n_rows


def by_delta_of(above, passed, layer):
    """The delta of another layer; NaN where there is none."""
    if not 0 <= layer + above < len(passed.z):
        return np.full((1, 1), np.nan)
    return passed.a[layer].T @ passed.delta[layer + above] / passed.n_rows


def biases_by_delta_of(above, passed, layer):
    """The same, of the biases."""
    if not 0 <= layer + above < len(passed.z):
        return np.full(1, np.nan)
    return passed.delta[layer + above].mean(axis=0)


def with_penalty(passed, layer):
    """The gradient plus a multiple of the weights."""
    return passed.mean_gradient(layer) + passed.penalty * passed.network.weights[layer]


def by_all_labels(passed, layer):
    """At the output, p of each row less the label of every row; its (n, n) numbers not made."""
    if layer + 2 < len(passed.a):
        return np.full((1, 1), np.nan)
    p, t = passed.a[-1], passed.network.t
    slope = p * (1 - p) if passed.network.loss == "squared_error" else np.ones_like(p)
    a = passed.a[layer]
    return (a.T @ (p * slope) - (a.T @ slope) @ t.T) / passed.n_rows


def biases_by_all_labels(passed, layer):
    """The same, of the bias."""
    if layer + 2 < len(passed.a):
        return np.full(1, np.nan)
    p, t = passed.a[-1][:, 0], passed.network.t[:, 0]
    slope = p * (1 - p) if passed.network.loss == "squared_error" else np.ones_like(p)
    return (p * slope).mean() - slope.mean() * t


def mean_of_delta(passed, layer):
    """The gradient of the biases."""
    return passed.delta[layer].mean(axis=0)


# fmt: off
WAYS = [
    Way("", "", lambda passed, layer: passed.mean_gradient(layer), mean_of_delta),
    Way(
        "transposed", "dW{l} is transposed",
        lambda passed, layer: passed.mean_gradient(layer).T, None),
    Way(
        "zeros", "d{letter}{l} is 0 throughout",
        lambda passed, layer: np.zeros_like(passed.network.weights[layer]),
        lambda passed, layer: np.zeros_like(passed.network.biases[layer])),
    Way(
        "not_summed", "db{l} is not summed over the rows",
        None, lambda passed, layer: passed.delta[layer] / passed.n_rows),
    Way(
        "not_summed", "db{l} is not summed over the rows",
        None, lambda passed, layer: passed.delta[layer]),
    Way(
        "last_row", "d{letter}{l} is that of the last row alone",
        weights_of_row, lambda passed, layer: passed.delta[layer][-1]),
    Way(
        "last_row", "d{letter}{l} is that of the last row alone",
        lambda passed, layer: weights_of_row(passed, layer) / passed.n_rows,
        lambda passed, layer: passed.delta[layer][-1] / passed.n_rows),
    Way(
        "summed_over_units", "db{l} is one number, for it is summed over the units too",
        None, lambda passed, layer: passed.delta[layer].sum() / passed.n_rows),
    Way(
        "summed_over_units", "db{l} is one number, for it is averaged over the units too",
        None, lambda passed, layer: passed.delta[layer].mean()),
    Way(
        "summed_over_units", "every number of db{l} is the same, the sum over the units",
        None, lambda passed, layer: np.full(passed.delta[layer].shape[1],
                                            passed.delta[layer].sum() / passed.n_rows)),
    Way(
        "wrong_axis", "db{l} is summed over the units, not over the rows",
        None, lambda passed, layer: passed.delta[layer].sum(axis=1)),
    Way(
        "wrong_axis", "db{l} is averaged over the units, not over the rows",
        None, lambda passed, layer: passed.delta[layer].mean(axis=1)),
    Way("own_output", "dW{l} has a{l}, the layer's output, in place of {a}, its input",
        by_output, None),
    Way("z_for_a", "dW{l} has z{below} in place of a{below}", by_z, None),
    Way("input_of_other_layer", "dW{l} has the input of layer {below} in place of {a}",
        by_inputs_below, None),
    Way(
        "penalty", "dW{l} has {penalty:.4g} * W{l} added: a penalty, which the loss has not",
        with_penalty, None),
    Way(
        "labels_broadcast", "p - y is a matrix of all rows by all rows, for y has another shape "
        "than p; take y.reshape(p.shape)",
        by_all_labels, biases_by_all_labels),
    Way("delta_of_other_layer", "d{letter}{l} has delta{above} in place of delta{l}",
        partial(by_delta_of, 1), partial(biases_by_delta_of, 1)),
    Way("delta_of_other_layer", "d{letter}{l} has delta{below} in place of delta{l}",
        partial(by_delta_of, -1), partial(biases_by_delta_of, -1)),
]


class Factor(NamedTuple):
    """A factor by which a gradient may be off: a function of the network, and words."""

    code: str
    sentence: str
    value: Callable


FACTORS = [
    Factor("sign", "the sign of d{letter}{l} is turned round", lambda network: -1),
    Factor(
        "not_divided", "d{letter}{l} is the sum over the rows, not divided by their number, {n}",
        lambda network: len(network.X)),
    Factor(
        "divided_twice", "d{letter}{l} is divided by the number of rows, {n}, twice",
        lambda network: 1 / len(network.X)),
    Factor(
        "twice", "d{letter}{l} is twice the right one: in (p - y)**2 / 2 the factor 2 cancels",
        lambda network: 2),
    Factor("half", "d{letter}{l} is half the right one", lambda network: 1 / 2),
    Factor(
        "divided_by_columns",
        "d{letter}{l} is divided by the number of columns, {columns}, not by that of rows, {n}",
        lambda network: len(network.X) / network.X.shape[1]),
]
# fmt: on
SCALED = "scaled"
OF_SCALED = "all gradients are the right ones times {factor:.4g}; a rate, perhaps"

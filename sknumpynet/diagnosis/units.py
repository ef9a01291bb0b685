"""Questions about the units of the hidden layers."""

import numpy as np

from ..engine.activations import ACTIVATIONS
from .report import Finding
from .training import FIT_AGAIN, afresh, begun_anew

MOST_UNITS = 100  # of a layer, compared with one another
VANISHED, EXPLODED = 1e-2, 1e2  # size of delta in the first layer, relative to that in the last


def has_symmetric_units(evidence):
    """Units of a layer that are copies of one another."""
    for number, layer in enumerate(evidence.stack.layers[:-1], start=1):
        units = layer.swapaxes(1, 2).reshape(-1, layer.shape[1])
        n_networks, n_units = layer.shape[0], layer.shape[2]
        if n_units == 1:
            continue
        length = np.abs(units).max(axis=1, keepdims=True)
        rounded = np.round(units / np.where(length > 0, length, 1), 5).reshape(
            n_networks, n_units, -1
        )
        # As bytes: NumPy compares rows as records, and makes a TypeError of an interrupt there.
        distinct = sum(len(set(map(bytes, of_one + 0.0))) for of_one in rounded)  # no -0
        part = 1 - distinct / (n_networks * n_units)
        if part >= 0.5:
            yield Finding(
                "symmetric_units",
                "error",
                f"layer {number}",
                part,
                f"{part:.0%} of the units of layer {number} have the weights of another: they "
                "compute the same and get the same gradient, so they will never differ.",
                afresh(evidence.clf),
                FIT_AGAIN,
            )


def has_uneven_gradients(evidence):
    """Deltas that vanish or explode on their way from the last layer to the first.

    It compares the deltas of single rows. Their means, the gradients of the biases, are 0 in a
    layer whose bias is at its best, as the output's is once it predicts the base rate.
    """
    if len(evidence.layout.layer_sizes) < 4 or not evidence.lags:
        return
    sizes = evidence.delta_sizes
    if not (np.isfinite(sizes).all() and sizes[-1].all()):
        return
    ratio = np.median(sizes[0] / sizes[-1])
    kind = "vanishing" if ratio < VANISHED else "exploding" if ratio > EXPLODED else None
    # Dead units pass nothing on, either; that is no matter of depth.
    fades = kind == "vanishing" and not any(has_dead_units(evidence))
    # Where there is nothing to learn, weights fade, and deltas with them: an effect.
    if kind == "exploding" or (fades and evidence.could_learn_more):
        yield Finding(
            f"{kind}_gradients",
            "error" if evidence.gain < 0.1 else "warning",
            "layer 1",
            ratio,
            f"What reaches the first layer of the gradient is {ratio:.2g} times what the last one "
            f"gets: through {len(sizes)} layers of {evidence.activation} it "
            f"{'fades away' if kind == 'vanishing' else 'grows without bound'}.",
            begun_anew(evidence.clf, activation="relu", hidden_layer_sizes=(100,)),
        )


def has_dead_units(evidence):
    """Units of relu that are 0 on every row."""
    if evidence.activation != "relu" or not evidence.has_signal:
        return
    for number, units in enumerate(evidence.passed.units, start=1):
        part = (units.max(axis=2) <= 0).mean()
        if part >= 0.5:
            yield Finding(
                "dead_units",
                "error" if evidence.gain < 0.1 else "warning" if part > 0.9 else "note",
                f"layer {number}",
                part,
                f"{part:.0%} of the units of layer {number} are 0 on every row looked at: no "
                "gradient reaches them any more.",
                begun_anew(evidence.clf, activation="leaky_relu"),
            )


def has_saturated_units(evidence):
    """Units at the flat ends of their activation on nearly every row."""
    limits = ACTIVATIONS[evidence.activation].limits
    if limits is None or not evidence.has_signal:
        return
    low, high = limits
    for number, units in enumerate(evidence.passed.units, start=1):
        at_end = np.minimum(units - low, high - units) < 0.005 * (high - low)
        part = (at_end.mean(axis=2) > 0.95).mean()
        if part >= 0.5:
            yield Finding(
                "saturated_units",
                "error" if evidence.gain < 0.1 else "warning",
                f"layer {number}",
                part,
                f"{part:.0%} of the units of layer {number} are at {low:g} or {high:g} on nearly "
                "every row, where their slope is nearly 0.",
                begun_anew(evidence.clf, scale_inputs="robust"),
                FIT_AGAIN,
            )


def has_similar_units(evidence):
    """Units of a layer rise and fall together, and little was learnt."""
    if evidence.gain > 0.1 or not evidence.has_signal:
        return
    for number, units in enumerate(evidence.passed.units, start=1):
        some = units[:, :MOST_UNITS].astype(np.float64)
        if some.shape[1] < 2:
            continue
        some -= some.mean(axis=2, keepdims=True)
        length = np.sqrt(np.square(some).sum(axis=2, keepdims=True))
        some /= np.where(length > 0, length, 1)
        pairs = np.triu_indices(some.shape[1], 1)
        alike = np.median(abs(some @ some.swapaxes(1, 2))[:, *pairs])
        if alike > 0.8:
            yield Finding(
                "similar_units",
                "error",
                f"layer {number}",
                alike,
                f"The units of layer {number} rise and fall together (median correlation "
                f"{alike:.2f}), as of weights of one sign: all of them say what one would.",
                begun_anew(evidence.clf),
                FIT_AGAIN,
            )

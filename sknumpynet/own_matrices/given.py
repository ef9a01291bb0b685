"""Reads the gradients that somebody's own code got."""

from collections.abc import Iterator, ValuesView

import numpy as np

from .reading import as_list, check_is_not_by_layer, floats, shape_of


def read_gradients(gradients, network):
    """The arrays that are given, by layer (from 0) and name, in the orientation of the formulas.

    Parameters
    ----------
    gradients : sequence
        Of the weights, or a pair: of the weights, of the biases. None for one that is not given.
    network : OwnNetwork

    Returns
    -------
    dict
        (layer, 'weights' or 'biases') -> ndarray, of any shape.
    """
    n_layers = len(network.weights)
    gradients = as_list(gradients, "gradients", "[dW1, dW2] or ([dW1, dW2], [db1, db2])")
    check_is_not_by_layer(gradients, "gradients")
    gradients = [list(each) if is_list(each) else each for each in gradients]
    has_halves, given = are_halves(gradients, network), {}
    halves = gradients if has_halves else (gradients, None)
    for name, such_as, at in (("weights", "[dW1, dW2]", 0), ("biases", "[db1, db2]", 1)):
        if halves[at] is None:
            continue
        arrays = as_list(halves[at], f"gradients of the {name}", such_as)
        if len(arrays) != n_layers:
            raise ValueError(
                f"gradients has {len(arrays)} array(s) of {name}, but the network has {n_layers} "
                "layer(s); give ([dW1, dW2], [db1, db2]) or [dW1, dW2], None for one you do not "
                "have."
            )
        half = f"gradients[{at}]" if has_halves else "gradients"
        check_order(arrays, [of_layer[at] for of_layer in network.shapes], half)
        for layer, array in enumerate(arrays):
            if array is not None:
                given[layer, name] = read_gradient(array, network, layer, name)
    if not given:
        raise ValueError("gradients has none; give one at least, or leave the argument out.")
    return dict(sorted(given.items(), reverse=True))  # from the output down, weights first


def is_list(arrays):
    """Whether it is arrays rather than one; some can be read only once, and are looked at twice."""
    is_of_objects = isinstance(arrays, np.ndarray) and arrays.dtype.kind == "O"
    return is_of_objects or isinstance(arrays, list | tuple | Iterator | ValuesView)


def check_order(arrays, shapes, half):
    """Raise ValueError for gradients that come from the last layer to the first."""
    theirs = [shape_of(array) for array in arrays]
    is_turned = theirs == [shape[::-1] for shape in shapes if shape is not None]
    if theirs == shapes[::-1] != shapes and not is_turned:
        raise ValueError(
            f"{half} has the shapes {', '.join(map(str, theirs))}, those of the layers from the "
            f"last to the first; give it from the first on, by {half}[::-1]."
        )


def are_halves(gradients, network):
    """Whether two things are the gradients of weights and of biases, not those of two layers."""
    if len(gradients) != 2:
        return False
    first, second = gradients
    if len(network.weights) != 2:
        return not any(isinstance(half, np.ndarray) for half in gradients)
    shapes = [of_weights for of_weights, _ in network.shapes]
    if first is None:
        return second is not None and shape_of(second) not in (shapes[1], shapes[1][::-1])
    if not isinstance(first, list):
        return False
    return not first or any(each is None or len(shape_of(each) or ()) > 1 for each in first)


def read_gradient(array, network, layer, name):
    """A gradient as a matrix (fan_in, fan_out), as biases, or of another shape that it has."""
    what = f"the gradient of the {name} of layer {layer + 1}"
    if getattr(array, "dtype", None) == np.float16:
        raise ValueError(f"{what} is in float16, whose three digits tell too little; give float64.")
    array = floats(array, what)
    shape_of_weights, shape_of_biases = network.shapes[layer]
    if name == "weights":
        if len(shape_of_weights) == 1 and array.shape == shape_of_weights:
            return array[:, np.newaxis]
        return array.T if network.is_transposed[layer] else array
    if shape_of_biases is None:
        raise ValueError(f"{what} is given, but the layer has no biases; give these, 0 maybe.")
    n_rows, n_units = len(network.X), network.weights[layer].shape[1]
    if array.size == n_units or 1 in array.shape:
        return array.ravel()
    is_by_unit = array.shape == (n_units, n_rows) and (network.has_columns or n_units != n_rows)
    return array.T if is_by_unit else array

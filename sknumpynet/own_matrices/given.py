"""Reads the gradients that somebody's own code got."""

import numpy as np

from .reading import as_list, floats


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
    of_weights, of_biases = gradients if is_pair(gradients) else (gradients, None)
    given = {}
    for name, arrays in (("weights", of_weights), ("biases", of_biases)):
        if arrays is None:
            continue
        if len(arrays) != n_layers:
            raise ValueError(
                f"gradients has {len(arrays)} array(s) of {name}, but the network has {n_layers} "
                "layer(s); give ([dW1, dW2], [db1, db2]) or [dW1, dW2], None for one you do not "
                "have."
            )
        check_order(arrays, [of_layer[name == "biases"] for of_layer in network.shapes])
        for layer, array in enumerate(arrays):
            if array is not None:
                given[layer, name] = read_gradient(array, network, layer, name)
    if not given:
        raise ValueError("gradients has none; give one at least, or leave the argument out.")
    return dict(sorted(given.items(), reverse=True))  # from the output down, weights first


def check_order(arrays, shapes):
    """Raise ValueError for gradients that come from the last layer to the first."""
    theirs = [np.shape(array) for array in arrays]
    is_turned = theirs == [shape[::-1] for shape in shapes if shape is not None]
    if theirs == shapes[::-1] != shapes and not is_turned:
        raise ValueError(
            f"gradients have the shapes {', '.join(map(str, theirs))}, those of the layers from "
            "the last to the first; give them from the first on, as by gradients[::-1]."
        )


def is_pair(gradients):
    """Whether there are two lists, rather than one of two matrices."""
    if len(gradients) != 2:
        return False
    if gradients[0] is None:  # the weights of all layers, or of the first
        return isinstance(gradients[1], list | tuple) and np.ndim(next(iter(gradients[1]))) < 2
    is_list = isinstance(gradients[0], list | tuple)
    return is_list and any(array is None or np.ndim(array) > 1 for array in gradients[0])


def read_gradient(array, network, layer, name):
    """A gradient as a matrix (fan_in, fan_out), as biases, or of another shape that it has."""
    what = f"the gradient of the {name} of layer {layer + 1}"
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

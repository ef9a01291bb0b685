"""Arrays put into coefs_ and intercepts_ become the stack that everything computes with."""

from operator import is_

import numpy as np

from .engine.layout import Layout
from .engine.stack import Stack


def are_identical(lists, others):
    """Whether these lists hold the very arrays that those hold."""
    return all(
        isinstance(arrays, list) and len(arrays) == len(known) and all(map(is_, arrays, known))
        for arrays, known in zip(lists, others, strict=True)
    )


def networks_in(coefs, intercepts, activation, encoding):
    """The networks with these weights and biases, into which the scaling is folded.

    Parameters
    ----------
    coefs : sequence of array-like of shape (n_estimators, fan_in, fan_out) or (fan_in, fan_out)
    intercepts : sequence of array-like of shape (n_estimators, fan_out) or (fan_out,)
    activation : str
    encoding : Encoding
        Of the inputs.

    Returns
    -------
    Stack
        Its params are copies: float32 if all arrays are, or float16; else float64.

    Raises
    ------
    ValueError
        For what is no stack of networks of so many inputs and one output.
    """
    coefs, intercepts = numbers(coefs, "coefs_", 2), numbers(intercepts, "intercepts_", 1)
    if len(coefs) != len(intercepts) or not coefs:
        raise ValueError(
            f"coefs_ has {len(coefs)} layer(s) and intercepts_ {len(intercepts)}; give a matrix "
            "and the biases for each layer, the output's too."
        )
    sizes, last = [encoding.n_inputs], len(coefs) - 1
    for layer, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
        # Biases cannot be transposed: they say how many units there are.
        sizes.append(intercept.shape[-1] if layer < last else 1)
        check_weights(layer, coef, *sizes[-2:], is_last=layer == last)
    check_biases(last, intercepts[last])
    n_networks = {
        f"{name}[{layer}]": len(array)
        for name, arrays in (("coefs_", coefs), ("intercepts_", intercepts))
        for layer, array in enumerate(arrays)
    }
    if len(set(n_networks.values())) > 1 or 0 in n_networks.values():
        raise ValueError(
            "coefs_ and intercepts_ are not of one stack: their first axes count "
            f"{', '.join(f'{n} network(s) in {name}' for name, n in n_networks.items())}; give the "
            "same networks, one at least, of every layer."
        )
    is_single = all(array.dtype in (np.float16, np.float32) for array in coefs + intercepts)
    dtype, layout = np.float32 if is_single else np.float64, Layout(tuple(sizes))
    params = layout.pack([coef.astype(dtype) for coef in coefs], intercepts)
    return Stack(layout, activation, encoding, params, is_folded=True)


def numbers(arrays, name, n_axes):
    """The arrays with a first axis for the networks, though there be one."""
    try:
        arrays = [np.asarray(array) for array in arrays]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} is no list of arrays of numbers ({error}); give one array a layer."
        ) from error
    stacks = []
    for layer, array in enumerate(arrays):
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{name}[{layer}] is of dtype {array.dtype}; give an array of floats.")
        if array.ndim not in (n_axes, n_axes + 1):
            raise ValueError(
                f"{name}[{layer}] has the shape {array.shape}; give {n_axes} axes, or "
                f"{n_axes + 1} with one of networks in front."
            )
        stacks.append(array if array.ndim > n_axes else array[np.newaxis])
    return stacks


def check_weights(layer, coef, n_inputs, n_units, is_last):
    """Raise ValueError unless a layer has a weight of each input for each unit."""
    if coef.shape[1:] == (n_inputs, n_units):
        return
    name, units = f"coefs_[{layer}]", f"the {n_units} unit(s) of intercepts_[{layer}]"
    advice = "give a row for each input and a column for each unit"
    if coef.shape[:0:-1] == (n_inputs, n_units):
        transposed = f"{name}.T" if len(coef) == 1 else f"np.swapaxes({name}, -1, -2)"
        advice += f": it looks like the transpose, so give {transposed}"
    raise ValueError(
        f"{name} has the shape {shown(coef.shape)}, but "
        f"{shown((len(coef), n_inputs, n_units))} is wanted, for {n_inputs} input(s) and "
        f"{'the one output' if is_last else units}; {advice}."
    )


def check_biases(layer, intercept):
    """Raise ValueError unless the last layer has one bias."""
    if intercept.shape[1:] != (1,):
        raise ValueError(
            f"intercepts_[{layer}] has the shape {shown(intercept.shape)}, but "
            f"{shown((len(intercept), 1))} is wanted, for the one output; give one bias."
        )


def shown(shape):
    """As it stands in the list: without the first axis where there is one network."""
    return shape if shape[0] > 1 else shape[1:]

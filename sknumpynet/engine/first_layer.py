"""The first layer of a stack, column by column: which inputs and which weights are a column's."""

from typing import NamedTuple

import numpy as np

from .inputs.reading import Reader
from .inputs.sparse import multiply


class ReadRows(NamedTuple):
    """Rows as inputs, those of a column side by side, dense or CSC, and their pre-activations."""

    inputs: np.ndarray
    z: np.ndarray  # of the first layer, of shape (n_networks, n_rows, n_units)

    def dense(self, inputs, rows=slice(None)):
        """Some of the inputs of some rows, of shape (n_inputs, n_rows)."""
        if isinstance(self.inputs, np.ndarray):
            return self.inputs[inputs, rows]
        return self.inputs[rows, inputs].toarray().T


class FirstLayer:
    """The first layer of a stack, its inputs in the order of the columns that they are made of.

    Parameters
    ----------
    stack : Stack
        Not folded, so that its inputs are of one scale.
    column : ndarray of int of shape (n_features,)
        For which column each one of the table counts.

    Attributes
    ----------
    W : ndarray of shape (n_networks, n_inputs, n_units)
        The weights, in that order.
    n_columns : int
    """

    def __init__(self, stack, column):
        self.stack, self.reader = stack, Reader(stack.encoding, stack.params.dtype)
        of_input, self.n_columns = column[stack.encoding.source], column.max() + 1
        self.order = np.argsort(of_input, kind="stable")
        self.edges = np.searchsorted(of_input[self.order], np.arange(self.n_columns + 1))
        self.W = stack.layers[0][:, self.order]

    def inputs_of(self, column):
        """The inputs made of a column; there may be none."""
        return slice(*self.edges[column : column + 2])

    def inputs_of_all(self, columns):
        """The inputs made of several columns, one after the other."""
        inputs = np.arange(len(self.order))
        return np.concatenate([inputs[self.inputs_of(column)] for column in columns])

    def by_column(self, of_inputs):
        """Sums over the inputs of each column, of an array whose last axis is the inputs."""
        sums = np.zeros((*of_inputs.shape[:-1], self.n_columns), of_inputs.dtype)
        (has_inputs,) = np.nonzero(np.diff(self.edges))
        sums[..., has_inputs] = np.add.reduceat(of_inputs, self.edges[has_inputs], axis=-1)
        return sums

    def read(self, X, index):
        """The rows ``X[index]``, see `ReadRows`."""
        inputs, layer = self.reader.read(X, index), self.stack.layers[0]
        if isinstance(inputs, np.ndarray):
            return ReadRows(inputs[self.order], inputs.T @ layer)
        z = np.empty((len(layer), layer.shape[2], len(index)), layer.dtype)
        for W, out in zip(layer, z, strict=True):
            multiply(inputs, W[:-1], W[-1], out=out)
        z = np.ascontiguousarray(z.swapaxes(1, 2))
        return ReadRows(
            inputs[:-1].tocsc()[:, self.order], z
        )  # the base of sparse rows cancels out

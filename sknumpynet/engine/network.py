"""Forward and backward pass: the mathematics and nothing else.

For a layer with weights W (its last row the biases) and inputs a (their last row all 1):

    forward     z = W^T a                       a' = f(z)
    backward    dLoss/dW = a delta^T            delta' = (W without biases) delta * f'(z')

where delta is dLoss/dz, a' belongs to the layer above and delta' to the layer below. The axes of
a, z and delta are the networks of the stack, the features, the rows of data:

    W      (n_estimators, fan_in + 1, fan_out)
    a      (n_estimators, fan_in + 1, n_rows)
    z      (n_estimators, fan_out, n_rows)
    delta  (n_estimators, fan_out, n_rows)

With features before rows, the ones are one contiguous piece and the rest another, so the bias needs
neither an addition nor a sum: 29 µs a step instead of 49 for the 2-5-5-1 network at 32 rows.
"""

from typing import NamedTuple

import numpy as np

from .activations import ACTIVATIONS
from .inputs.gaps import has_gaps
from .inputs.sparse import SparseGradient, SparseInputs, multiply, stays_sparse

BLOCK_ROWS = 1024  # most rows of one pass, in training too: more would not fit into the cache


class Layer(NamedTuple):
    """The arrays that one layer's matrix products read and write, in the notation above.

    They are views made once, because making them takes as long as the products of a small network.
    They have three dimensions, or two for a stack of one.
    """

    a: np.ndarray | None  # None for the first layer until it reads dense rows
    W: np.ndarray  # without biases
    W_t: np.ndarray
    z: np.ndarray
    delta: np.ndarray | None  # this and the rest only for training
    delta_t: np.ndarray | None
    grad: np.ndarray | None

    @classmethod
    def of(cls, a, W, z, delta, grad):
        """The layer with all weights W."""
        delta_t = None if delta is None else delta.swapaxes(-2, -1)
        return cls(a, W[..., :-1, :], W.swapaxes(-2, -1), z, delta, delta_t, grad)


class Network:
    """The arrays in which a stack does its passes, for one number of rows.

    Parameters
    ----------
    stack : Stack
        Every pass reads its params anew: a change of them takes effect with the next pass.
    n_rows : int
    grad : ndarray of params' shape, optional
        Overwritten by the backward pass, which needs it.
    dropout : float, default=0.0
        Fraction of the hidden units silenced in a training pass; the others are scaled by
        1 / (1 - dropout) (Srivastava et al. 2014, inverted).

    Attributes
    ----------
    slope : ndarray of shape (n_estimators, n_rows)
        dLoss/dlogit; the caller fills it between the passes.
    """

    def __init__(self, stack, n_rows, grad=None, dropout=0.0):
        n_estimators, dtype = len(stack), stack.params.dtype
        self.params, self.grad, self.dtype = stack.params, grad, dtype
        self.activation, self.encoding = ACTIVATIONS[stack.activation], stack.to_apply
        self.n_rows, self.dropout = n_rows, dropout
        self.inputs = self.sparse_inputs = self.sparse_rows = None  # made when first read
        self.table = None  # the one read last, and whether it has gaps
        a = [
            np.empty((n_estimators, size + 1, n_rows), dtype)
            for size in stack.layout.layer_sizes[1:-1]
        ]
        for ones in a:
            ones[..., -1, :] = 1
        self.units = [units[:, :-1] for units in a]
        self.saved = [
            np.empty((self.activation.n_saved, *units.shape), dtype) for units in self.units
        ]
        z = [*self.units, np.empty((n_estimators, 1, n_rows), dtype)]
        self.logits = z[-1][:, 0]
        gradients = self.delta = [None] * len(z)
        if grad is not None:
            gradients, self.delta = stack.layout.views(grad), [np.empty_like(units) for units in z]
            self.slope = self.delta[-1][:, 0]
            self.loss, self.weight = np.empty((2, n_estimators, n_rows), dtype)  # for the objective
            self.is_kept = [np.empty(units.shape, bool) for units in self.units if dropout]
        # Plain matrices where there is one network: np.dot is 0.5 to 1 µs faster than matmul.
        self.multiply, one = (np.dot, 0) if n_estimators == 1 else (np.matmul, slice(None))
        a = [None, *(units[one] for units in a)]
        layers = zip(stack.layers, z, self.delta, gradients, strict=True)
        self.layers = [
            Layer.of(x, *(array if array is None else array[one] for array in of_layer))
            for x, of_layer in zip(a, layers, strict=True)
        ]

    def read(self, X, index):
        """Encode the rows ``X[index]`` as inputs of the next pass.

        ``index`` is a slice or an array of int. Sparse rows of wide tables stay sparse.
        """
        if not stays_sparse(X):
            self._read_dense(X, index)
            return
        if self.sparse_inputs is None:
            self.sparse_inputs = SparseInputs(self.encoding, self.dtype)
        self.sparse_rows = self.sparse_inputs.read(X[index])

    def _read_dense(self, X, index):
        if self.inputs is None:
            self.inputs = np.empty((self.n_rows, self.encoding.n_inputs + 1), self.dtype)
            self.inputs[:, -1] = 1  # after the rows of data
            self.scratch = np.empty((self.n_rows, X.shape[1]), self.dtype)
            self.layers[0] = self.layers[0]._replace(a=self.inputs.T)
        self.sparse_rows = None
        if X is not self.table:  # to look for gaps batch by batch would take 2 µs a step
            self.table, self.has_gaps = X, has_gaps(X)
        if not isinstance(X, np.ndarray):
            rows = X[index].toarray(out=self.scratch if X.dtype == self.dtype else None)
        elif isinstance(index, slice) or X.dtype != self.dtype:
            rows = X[index]
        else:  # the method: np.take takes 1 µs longer
            rows = X.take(index, axis=0, out=self.scratch, mode="clip")
        self.encoding.apply(rows, self.inputs[:, :-1], self.scratch, self.has_gaps)

    def forward(self, streams=None):
        """Logits of the rows read.

        Parameters
        ----------
        streams : list of Generator, optional
            One generator a network; if given, dropout is on.

        Returns
        -------
        ndarray of shape (n_estimators, n_rows)
            An array of the workspace, not a copy.
        """
        for number, layer in enumerate(self.layers):
            if number == 0 and self.sparse_rows is not None:
                for W, W_t, z in zip(*map(stacked, (layer.W, layer.W_t, layer.z)), strict=True):
                    multiply(self.sparse_rows, W, W_t[:, -1], out=z)
            else:
                self.multiply(layer.W_t, layer.a, layer.z)
            if number < len(self.units):
                self.activation.apply(self.units[number], self.saved[number])
                if streams and self.dropout:
                    self._drop(number, streams)
        return self.logits

    def backward(self):
        """Gradient of the loss whose derivative by the logits is in ``slope``.

        Writes to the ``grad`` of the constructor. Needs a forward pass right before, whose
        activations it overwrites.
        """
        for number in reversed(range(len(self.layers))):
            layer = self.layers[number]
            if number == 0 and self.sparse_rows is not None:
                gradient = SparseGradient(self.sparse_rows)
                for delta, grad in zip(*map(stacked, (layer.delta, layer.grad)), strict=True):
                    gradient.write(delta, out=grad)
            else:
                self.multiply(layer.a, layer.delta_t, layer.grad)
            if number == 0:
                return
            below, delta = number - 1, self.delta[number - 1]
            is_outer = layer.W.shape[-1] == 1  # then a product takes 39 µs for 128 x 256, this 10
            multiply = np.multiply if is_outer else self.multiply
            multiply(layer.W, layer.delta, self.layers[below].delta)
            if self.dropout:
                delta *= self.is_kept[below]
                delta *= 1 / (1 - self.dropout)
                self.units[below] *= 1 - self.dropout  # the activations before dropout
            self.activation.multiply_by_slope(delta, self.units[below], self.saved[below])

    def _drop(self, number, streams):
        a, uniform = self.units[number], self.delta[number]  # delta is free until the backward pass
        for network, rng in enumerate(streams):
            rng.random(dtype=uniform.dtype, out=uniform[network])
        np.greater_equal(uniform, self.dropout, out=self.is_kept[number])
        a *= self.is_kept[number]
        a *= 1 / (1 - self.dropout)


def stacked(matrices):
    """The matrices with the axis of networks, also for a stack of one."""
    return matrices if matrices.ndim == 3 else matrices[np.newaxis]

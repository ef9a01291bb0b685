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

from functools import partial

import numpy as np

from .activations import ACTIVATIONS
from .inputs.sparse import SparseGradient, multiply

BLOCK_ROWS = 1024  # most rows of one pass, in training too: more would not fit into the cache


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
        n_networks, dtype, sizes = len(stack), stack.params.dtype, stack.layout.layer_sizes[1:-1]
        self.params, self.grad, self.dtype = stack.params, grad, dtype
        self.activation, self.n_rows, self.dropout = ACTIVATIONS[stack.activation], n_rows, dropout
        self.a = [np.empty((n_networks, size + 1, n_rows), dtype) for size in sizes]
        for ones in self.a:
            ones[..., -1, :] = 1
        self.units = [a[:, :-1] for a in self.a]
        self.saved = [
            np.zeros((self.activation.n_saved, *units.shape), dtype) for units in self.units
        ]
        self.z = [*self.units, np.empty((n_networks, 1, n_rows), dtype)]
        self.logits = self.z[-1][:, 0]
        # Plain matrices where there is one network: np.dot is 0.5 µs faster than matmul. The first
        # layer needs matmul all the same: of a batch that is a slice of what was read at once,
        # np.dot makes a copy, whose product may differ in the last bit.
        self.multiply, self.which = (np.dot, 0) if n_networks == 1 else (np.matmul, slice(None))
        self._plan_forward(stack)
        if grad is not None:
            self.delta = [np.empty_like(z) for z in self.z]
            self.slope = self.delta[-1][:, 0]
            self.is_kept = [np.empty(units.shape, bool) for units in self.units if dropout]
            self._plan_backward(stack)

    # A pass is the product of the first layer and a list of calls, made once: to look their arrays
    # up, or to make views of them, takes as long as the products of a small network.

    def _plan_forward(self, stack):
        self.W, *above = stack.layers
        self.W_t, self.first_z = self.W.swapaxes(1, 2)[self.which], self.z[0][self.which]
        self.calls_forward = []
        for number, W in enumerate(above):
            units, saved = self.units[number], self.saved[number]
            self.calls_forward += [
                partial(self.activation.apply, units, saved),
                *([partial(self._drop, number)] if self.dropout else []),
                self._product(W.swapaxes(1, 2), self.a[number], self.z[number + 1]),
            ]

    def _plan_backward(self, stack):
        gradients, self.calls_backward = stack.layout.views(self.grad), []
        for below, W in reversed([*enumerate(stack.layers[1:])]):
            a, delta, delta_above = self.a[below], self.delta[below], self.delta[below + 1]
            units, saved = self.units[below], self.saved[below]
            self.calls_backward += [
                self._product(a, delta_above.swapaxes(1, 2), gradients[below + 1]),
                self._product(W[:, :-1], delta_above, delta),
                *([partial(self._undrop, below)] if self.dropout else []),
                partial(self.activation.multiply_by_slope, delta, units, saved),
            ]
        self.first_grad = gradients[0]
        self.first_delta_t, self.first_grad_out = (
            array[self.which] for array in (self.delta[0].swapaxes(1, 2), self.first_grad)
        )

    def _product(self, left, right, out):
        """The call that writes ``left @ right`` to ``out``."""
        is_outer = left.shape[-1] == 1  # then a product takes 39 µs for 128 x 256, this 10
        multiply = np.multiply if is_outer else self.multiply
        return partial(multiply, left[self.which], right[self.which], out[self.which])

    def forward(self, inputs, streams=()):
        """Logits of rows.

        Parameters
        ----------
        inputs : ndarray of shape (n_inputs + 1, n_rows), or CSR array
            As `Reader.read` gives them, in the dtype of the params.
        streams : list of Generator
            One a network; needed, and used, where units are dropped only.

        Returns
        -------
        ndarray of shape (n_estimators, n_rows)
            An array of the workspace, not a copy.
        """
        self.inputs, self.streams = inputs, streams
        if isinstance(inputs, np.ndarray):
            np.matmul(self.W_t, inputs, self.first_z)
        else:
            for W, z in zip(self.W, self.z[0], strict=True):
                multiply(inputs, W[:-1], W[-1], out=z)
        return self.forward_from_z()

    def forward_from_z(self):
        """What `forward` returns, of the pre-activations that stand in ``z[0]``."""
        for call in self.calls_forward:
            call()
        return self.logits

    def backward(self):
        """Gradient of the loss whose derivative by the logits is in ``slope``.

        Writes to the ``grad`` of the constructor. Needs a forward pass right before, whose
        activations it overwrites.
        """
        for call in self.calls_backward:
            call()
        if isinstance(self.inputs, np.ndarray):
            np.matmul(self.inputs, self.first_delta_t, self.first_grad_out)
        else:
            gradient = SparseGradient(self.inputs)
            for delta, grad in zip(self.delta[0], self.first_grad, strict=True):
                gradient.write(delta, out=grad)

    def input_gradient(self):
        """Gradient of the loss by the inputs, W delta, after a backward pass.

        Returns
        -------
        ndarray of shape (n_estimators, n_inputs, n_rows)
        """
        return self.W[:, :-1] @ self.delta[0]

    def _drop(self, number):
        """Silence units."""
        a, uniform = self.units[number], self.delta[number]  # delta is free until the backward pass
        for network, rng in zip(uniform, self.streams, strict=True):
            rng.random(dtype=uniform.dtype, out=network)
        np.greater_equal(uniform, self.dropout, out=self.is_kept[number])
        a *= self.is_kept[number]
        a *= 1 / (1 - self.dropout)

    def _undrop(self, number):
        """Let the silenced units pass nothing back, and restore the others."""
        self.delta[number] *= self.is_kept[number]
        self.delta[number] *= 1 / (1 - self.dropout)
        self.units[number] *= 1 - self.dropout  # the activations before dropout

"""Forward and backward pass: the mathematics and nothing else.

For a layer with weights W (its last row the biases) and inputs a (their last row all 1):

    forward     z = W^T a                       a' = f(z)
    backward    dLoss/dW = a delta^T            delta' = (W without biases) delta * f'(z')

where delta is dLoss/dz, a' belongs to the layer above and delta' to the layer below. Arrays have
features first, one column a row of data, and in front of that the networks of the stack:

    W      (n_estimators, fan_in + 1, fan_out)
    a      (n_estimators, fan_in + 1, n_rows)
    z      (n_estimators, fan_out, n_rows)
    delta  (n_estimators, fan_out, n_rows)

With features first, the row of ones is one contiguous piece and the rest another, so the bias needs
neither an addition nor a sum: 29 µs a step instead of 49 for the 2-5-5-1 network at 32 rows.
"""

import numpy as np
from scipy import sparse

from .activations import ACTIVATIONS
from .batching import batches

BLOCK_ROWS = 1024  # rows of one pass at most, in training too: more would leave the cache


class Network:
    """The workspace of a stack for one number of rows; all passes happen in these arrays.

    Parameters
    ----------
    layout : Layout
    activation : str
    n_estimators : int
        Networks of the stack.
    n_rows : int
    dtype : dtype
    dropout : float, default=0.0
        Part of the hidden units silenced in a training pass, the others scaled by
        1 / (1 - dropout) (Srivastava et al. 2014, inverted).
    """

    def __init__(self, layout, activation, n_estimators, n_rows, dtype, dropout=0.0):
        n_inputs, *hidden = layout.layer_sizes[:-1]
        self.activation = ACTIVATIONS[activation]
        self.dropout = dropout
        self.inputs = np.ones((n_rows, n_inputs + 1), dtype)  # rows of data, then a 1
        self.scratch = np.empty(n_rows * n_inputs, dtype)
        self.a = [self.inputs.T]
        self.a += [np.ones((n_estimators, size + 1, n_rows), dtype) for size in hidden]
        self.logits = np.empty((n_estimators, 1, n_rows), dtype)
        self.delta = [np.empty((n_estimators, size, n_rows), dtype) for size in [*hidden, 1]]
        self.loss = np.empty((n_estimators, n_rows), dtype)  # for whoever judges the logits
        kept = self.activation.n_saved
        self.saved = [np.empty((kept, n_estimators, size, n_rows), dtype) for size in hidden]
        self.is_kept = [np.empty(a[:, :-1].shape, bool) for a in self.a[1:] if dropout]

    def read(self, X, index, scaling):
        """Take the rows ``X[index]``, scaled, as inputs of the next pass.

        ``index`` is a slice or an array of int. Sparse rows stay sparse unless they are centred or
        get codes.
        """
        self.a[0], inputs = self.inputs.T, self.inputs[:, :-1]
        if sparse.issparse(X) and scaling.center is None and scaling.bins is None:
            self.a[0] = X[index]
            scaling.apply_sparse(self.a[0])
            return
        scratch = self.scratch[: len(inputs) * X.shape[1]].reshape(len(inputs), X.shape[1])
        if sparse.issparse(X):
            rows = X[index].toarray()
        elif isinstance(index, slice) or X.dtype != inputs.dtype:
            rows = X[index]
        else:
            rows = np.take(X, index, axis=0, out=scratch, mode="clip")
        scaling.apply(rows, out=inputs, scratch=scratch)

    def forward(self, W, streams=None):
        """Logits of the rows read.

        Parameters
        ----------
        W : list of ndarray
            The layers, as ``Layout.views`` gives them.
        streams : list of Generator, optional
            One a network; with them, dropout is on.

        Returns
        -------
        ndarray of shape (n_estimators, n_rows)
            A view of the workspace.
        """
        for layer, units in enumerate(self.a[1:]):
            z = units[:, :-1]
            multiply_forward(W[layer], self.a[layer], out=z)
            self.activation.apply(z, self.saved[layer])
            if streams and self.dropout:
                self._drop(layer, z, streams)
        multiply_forward(W[-1], self.a[-1], out=self.logits)
        return self.logits[:, 0]

    def backward(self, W, grad):
        """Gradient by W of the loss whose derivative by the logits stands in ``self.delta[-1]``.

        Parameters
        ----------
        W : list of ndarray
            Those of the forward pass, which must come right before: this pass destroys what the
            forward pass left.
        grad : list of ndarray
            Overwritten; shaped like W.
        """
        for layer in reversed(range(len(W))):
            multiply_gradient(self.a[layer], self.delta[layer], out=grad[layer])
            if layer == 0:
                return
            a, delta = self.a[layer][:, :-1], self.delta[layer - 1]
            multiply_backward(W[layer][:, :-1], self.delta[layer], out=delta)
            if self.dropout:
                delta *= self.is_kept[layer - 1]
                delta *= 1 / (1 - self.dropout)
                a *= 1 - self.dropout  # what the slope was taken at
            self.activation.multiply_by_slope(delta, a, self.saved[layer - 1])

    def _drop(self, layer, a, streams):
        uniform = self.delta[layer]  # free until the backward pass
        for network, rng in enumerate(streams):
            rng.random(dtype=uniform.dtype, out=uniform[network])
        np.greater_equal(uniform, self.dropout, out=self.is_kept[layer])
        a *= self.is_kept[layer]
        a *= 1 / (1 - self.dropout)


def multiply_forward(W, a, out):
    """Z = W^T a."""
    if sparse.issparse(a):
        for weights, z in zip(W, out, strict=True):
            z[...] = (a @ weights[:-1]).T
            z += weights[-1][:, np.newaxis]
    else:
        np.matmul(W.swapaxes(1, 2), a, out=out)


def multiply_backward(W, delta, out):
    """Delta' = W delta, still without the slope."""
    if delta.shape[1] == 1:
        np.multiply(W, delta, out=out)  # an outer product: 10 against 39 µs for 128 x 256
    else:
        np.matmul(W, delta, out=out)


def multiply_gradient(a, delta, out):
    """dLoss/dW = a delta^T."""
    if sparse.issparse(a):
        for d, gradient in zip(delta, out, strict=True):
            gradient[:-1] = a.T @ d.T
            gradient[-1] = d.sum(axis=1)
    else:
        np.matmul(a, delta.swapaxes(1, 2), out=out)


def predict_logits(layout, activation, params, X, scaling, index=None):
    """Logits of all networks for all rows, some rows at a time.

    Parameters
    ----------
    layout : Layout
    activation : str
    params : ndarray of shape (n_estimators, n_params)
    X : ndarray or CSR array of shape (n_rows, n_features)
    scaling : Scaling
    index : ndarray of int, optional
        The rows of X to take; all by default.

    Returns
    -------
    ndarray of shape (n_estimators, n_rows)
    """
    dtype = np.result_type(X.dtype, params.dtype)
    W = layout.views(params.astype(dtype, copy=False))
    n_rows = X.shape[0] if index is None else len(index)
    logits = np.empty((len(params), n_rows), dtype)
    network = None
    for rows in batches(n_rows, BLOCK_ROWS):
        size = rows.stop - rows.start
        if network is None or network.logits.shape[2] != size:
            network = Network(layout, activation, len(params), size, dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # of inputs beyond all measure
            network.read(X, rows if index is None else index[rows], scaling)
            logits[:, rows] = network.forward(W)
    return logits

"""The positions of each layer's weights in the one array of parameters.

A layer with ``fan_in`` inputs and ``fan_out`` units is a matrix of ``fan_in + 1`` rows: the last
row is the bias, the weight of an input that is always 1. All matrices of a network lie one after
the other in a flat vector, so whatever works on parameters (optimizers, snapshots, L-BFGS, gradient
checks) handles one array and knows no layers.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Layout:
    """The shape of a network, from ``n_features`` inputs to its one output.

    Parameters
    ----------
    layer_sizes : tuple of int
        Units per layer, the inputs first, the output last: the 2-5-5-1 network is
        ``(2, 5, 5, 1)``.
    """

    layer_sizes: tuple[int, ...]

    # No cached_property: before Python 3.12 it has a lock, and a child forked while another thread
    # holds it would wait for ever.

    @property
    def shapes(self):
        """The shape (fan_in + 1, fan_out) of each layer; the last row holds the biases."""
        return [(fan_in + 1, fan_out) for fan_in, fan_out in pairwise(self.layer_sizes)]

    @property
    def n_params(self):
        """Number of weights and biases of one network."""
        return sum(rows * columns for rows, columns in self.shapes)

    def views(self, params):
        """The layers of a stack, without copying.

        Parameters
        ----------
        params : ndarray of shape (n_estimators, n_params)

        Returns
        -------
        list of ndarray of shape (n_estimators, fan_in + 1, fan_out)
            Writing to them writes to ``params``.
        """
        layers, start = [], 0
        for rows, columns in self.shapes:
            stop = start + rows * columns
            layers.append(params[:, start:stop].reshape(-1, rows, columns))
            start = stop
        return layers

    def weights(self, params):
        """The same views without the rows of biases; penalties and decay act on these."""
        return [layer[:, :-1] for layer in self.views(params)]

    @property
    def is_weight(self):
        """Of shape (n_params,): 1 for a weight, 0 for a bias."""
        mask = np.zeros((1, self.n_params), dtype=np.int8)
        for layer in self.weights(mask):
            layer[...] = 1
        return mask[0]

    def pack(self, coefs, intercepts):
        """The inverse of `views`: a new params array from matrices and biases, layer by layer."""
        params = np.empty((len(coefs[0]), self.n_params), dtype=coefs[0].dtype)
        for layer, coef, intercept in zip(self.views(params), coefs, intercepts, strict=True):
            layer[:, :-1] = coef
            layer[:, -1] = intercept
        return params

"""The log loss when values of columns are permuted among the rows.

Held-out rows are judged by the networks that held them out, and the values are permuted among the
rows that the same networks judge; where nothing is held out, all networks judge all rows.

The pre-activations of the first layer are a sum over columns. So for a row i that gets the values
of row j in column c, with e the inputs made of c and W_c their weights,

    z' = z + W_c^T (e_j - e_i)

and only the layers above are computed anew, of the rows in which something has changed.

Breiman (2001), "Random forests", section 10, where each tree judges the rows that it was not
trained on.
"""

import numpy as np

from .batching import batches
from .first_layer import FirstLayer
from .inputs.sparse import stays_sparse
from .network import Network
from .prediction import log_odds
from .streams import stream

MOST_VALUES = 1 << 24  # of an array: the rows are dealt to parts, and permuted within each
BLOCK_VALUES = 1 << 17  # of the first layer's units, for as many rows as are computed at once


def permuted_losses(stack, rows, column, groups, n_repeats, seed, largest=np.inf):
    """Weighted mean log loss of rows as they are, and with values permuted among them.

    Parameters
    ----------
    stack : Stack
        Not folded.
    rows : Rows
        With a fold each, or without folds.
    column : ndarray of int of shape (n_features,)
        As in `FirstLayer`.
    groups : list of list of int
        Numbers of columns. Those of a group get the values of one other row; all groups get them
        by the same permutations.
    n_repeats : int
    seed : int
    largest : float, optional
        Log loss of a row beyond which it counts as this.

    Returns
    -------
    loss : float
    losses : ndarray of shape (len(groups), n_repeats)
    """
    weight = rows.weight / rows.weight.sum()
    loss, losses = 0.0, np.zeros((len(groups), n_repeats))
    for number, (networks, judged) in enumerate(judges(stack, rows)):
        first = FirstLayer(stack.with_params(stack.params[networks]), column)
        draw = stream(seed, "permutation", number)
        of_groups = [*map(first.inputs_of_all, groups)]
        most = max(MOST_VALUES // values_of_a_row(first, rows.X, of_groups), 2)
        judged = draw.permutation(judged)  # so that each part is like the whole
        for some in batches(len(judged), most):
            part = judged[some]
            judge = Part(first, rows.take(part), weight[part], largest)
            loss += judge.loss @ judge.weight
            orders = [draw.permutation(len(part)) for _ in range(n_repeats)]
            for of_group, inputs in zip(losses, of_groups, strict=True):
                of_group += judge.permuted(inputs, orders)
    return loss, losses


def judges(stack, rows):
    """Pairs of networks and the positions of the rows that these judge together."""
    networks = np.arange(len(stack))
    if rows.fold is None:
        return [(networks, np.arange(len(rows.index)))]
    of_fold = [np.flatnonzero(rows.fold == fold) for fold in range(rows.fold.max() + 1)]
    return [
        (networks[rows.fold_of(networks) == fold], judged) for fold, judged in enumerate(of_fold)
    ]


def values_of_a_row(first, X, of_groups):
    """The values that arrays hold of a row, in the largest one."""
    n_networks, n_inputs, n_units = first.W.shape
    n_read = 1 if stays_sparse(X) else n_inputs
    return max(n_networks * n_units, n_read, *map(len, of_groups))


class Part:
    """Rows that are permuted among one another, and the log loss of each as it is.

    Parameters
    ----------
    first : FirstLayer
        Of the networks that judge them.
    rows : Rows
    weight : ndarray of shape (n_rows,)
    largest : float
    """

    def __init__(self, first, rows, weight, largest):
        self.first, self.weight, self.largest = first, weight, largest
        self.sign, self.networks = rows.sign.astype(float), {}
        self.rows = first.read(rows.X, rows.index)
        n_networks, n_rows, n_units = self.rows.z.shape
        self.n_block = max(BLOCK_VALUES // (n_networks * n_units), 1)
        blocks = batches(n_rows, self.n_block)
        self.all = [(some, np.ascontiguousarray(self._z(some))) for some in blocks]
        self.loss = np.concatenate([self._losses(*block) for block in self.all])

    def permuted(self, inputs, orders):
        """Weighted sums of the losses, with some inputs of the rows in another order.

        Parameters
        ----------
        inputs : ndarray of int
        orders : list of ndarray of int of shape (n_rows,)

        Returns
        -------
        list of float
        """
        values, W_t = self.rows.dense(inputs), self.first.W[:, inputs].swapaxes(1, 2)
        sums = []
        for order in orders:
            change, losses = values[:, order] - values, self.loss.copy()
            for at, z in self._blocks(change.any(axis=0)):
                losses[at] = self._losses(at, z, W_t, change[:, at])
            sums.append(losses @ self.weight)
        return sums

    def _z(self, rows):
        """Pre-activations of some rows, of shape (n_networks, n_units, n_rows)."""
        return self.rows.z[:, rows].swapaxes(1, 2)

    def _blocks(self, is_changed):
        """The rows to compute anew, some at a time, with their z: all, or those changed if few."""
        (changed,) = np.nonzero(is_changed)
        if 2 * len(changed) > len(is_changed):
            return self.all
        blocks = [changed[at : at + self.n_block] for at in range(0, len(changed), self.n_block)]
        # Some come twice, so that blocks are of few sizes.
        blocks = [np.resize(block, 1 << (len(block) - 1).bit_length()) for block in blocks]
        return [(block, self._z(block)) for block in blocks]

    def _losses(self, rows, z, W_t=None, change=None):
        """Log losses of some rows, as they are or with some inputs changed."""
        network = self._network(z.shape[2])
        if change is None:
            network.z[0][...] = z
        else:
            np.matmul(W_t, change, out=network.z[0])
            network.z[0] += z
        logits = network.forward_from_z().astype(float)
        logits[np.isnan(logits)] = 0  # infinity less infinity
        return np.logaddexp(0, -self.sign[rows] * log_odds(logits)).clip(max=self.largest)

    def _network(self, n_rows):
        """The `Network` for so many rows."""
        if n_rows not in self.networks:
            self.networks[n_rows] = Network(self.first.stack, n_rows)
        return self.networks[n_rows]

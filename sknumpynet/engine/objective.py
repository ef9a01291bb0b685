"""The objective that training minimises, for each network.

    sum_i w_i loss_i / sum_i w_i  +  alpha / (2 sum_i w_i) * sum of squared weights (no biases)

over the rows i that the network trains on. The weights are normalised over all rows, never over a
batch, so that a batch's gradient is an unbiased estimate of the whole one, and a batch of weight 0
changes nothing.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from .batching import batches
from .inputs.reading import Reader
from .inputs.sparse import stays_sparse
from .losses import LOSSES
from .network import BLOCK_ROWS, Network
from .prediction import predict_logits
from .stack import Stack
from .streams import stream

BLOCK_VALUES = 1 << 16  # most inputs that are read at once for several batches
ENOUGH = 16  # different validation rows whose loss is used as it is
SMALLEST_VARIANCE = 1e-9  # of labels: one class may have nearly all the weight


@dataclass(frozen=True)
class Rows:
    """Weighted rows of data.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
        Read batch by batch.
    index : ndarray of int of shape (m,)
        Numbers of the rows in X.
    sign : ndarray of shape (m,)
        1 for the positive class, -1 for the other, of the dtype to train in.
    weight : ndarray of shape (m,)
    fold : ndarray of int of shape (m,), optional
        From 0 on. Network k of a stack holds out fold k, or k modulo the number of folds if there
        are fewer folds than networks. No network holds out a negative fold.
    """

    X: np.ndarray
    index: np.ndarray
    sign: np.ndarray
    weight: np.ndarray
    fold: np.ndarray | None = None

    def trains(self, network):
        """Whether each row is a training row of that network, not in its held-out fold."""
        if self.fold is None:
            return np.ones(len(self.index), bool)
        return self.fold != self.fold_of(network)

    def fold_of(self, network):
        """The held-out fold of a network, or of each of several."""
        return network % (int(self.fold.max()) + 1)

    @classmethod
    def counted(cls, X, is_positive, weight):
        """The rows of positive weight, to compute with in the dtype of X."""
        index = np.flatnonzero(weight)
        sign = np.where(is_positive[index], 1, -1).astype(X.dtype)
        return cls(X, index, sign, weight[index])

    def in_dtype(self, dtype):
        """The same rows, to compute with in that dtype."""
        return replace(self, sign=self.sign.astype(dtype))

    def take(self, chosen):
        """The rows at these positions, in that order."""
        fold = None if self.fold is None else self.fold[chosen]
        return Rows(self.X, self.index[chosen], self.sign[chosen], self.weight[chosen], fold)


@dataclass(frozen=True)
class Problem:
    """All that defines the objective, except the choice of networks.

    Parameters
    ----------
    stack : Stack
        The networks; training starts from its params.
    rows : Rows
        Training rows. The held-out fold of a network, if any, is its validation rows.
    validation : Rows, optional
        Validation rows of all networks, instead of held-out folds.
    loss : str, default="log_loss"
    alpha, label_smoothing, dropout : float, default=0.0
    seed : int, default=0
        Seeds dropout.
    n_judging : ndarray of int of shape (n_folds,), optional
        Number of different rows in each fold, if the score is to allow for small folds.
    """

    stack: Stack
    rows: Rows
    validation: Rows | None = None
    loss: str = "log_loss"
    alpha: float = 0.0
    label_smoothing: float = 0.0
    dropout: float = 0.0
    seed: int = 0
    n_judging: np.ndarray | None = None


class Block(NamedTuple):
    """Rows that are read at once, for one or more batches; the arrays are by network and row."""

    start: int  # position of the first row in the order of visiting
    inputs: np.ndarray
    opposite: np.ndarray  # -1 for a positive row, 1 for a negative one; of shape (n_rows,)
    share: np.ndarray  # what the row weighs in the mean of its batch
    pull: np.ndarray  # share times opposite: from the slope by the log-odds t to that by the logit
    against: np.ndarray  # t, see `losses`, as the passes leave it


class Objective:
    """The objective, for some networks of a stack side by side.

    Parameters
    ----------
    problem : Problem
    networks : ndarray of int
        Numbers of the networks in the whole stack; they decide folds and random streams.

    Attributes
    ----------
    total_weight : ndarray of shape (n_networks,)
        Sum of the weights of each network's training rows.
    mean_loss : ndarray of float64 of shape (n_networks,)
        Of the batches of the last `gradients`, the objective of each before its step.
    """

    def __init__(self, problem, networks):
        self.problem, self.networks = problem, np.asarray(networks)
        self._loss = LOSSES[problem.loss]
        self._reader = Reader(problem.stack.to_apply, problem.rows.sign.dtype)
        self._workspaces = {}
        self._piece_grad = np.empty(
            (len(self.networks), problem.stack.layout.n_params), problem.rows.sign.dtype
        )
        weight, fold = problem.rows.weight, problem.rows.fold
        if fold is None:
            self._held = []
            self.total_weight = np.full(len(self.networks), weight.sum(dtype=np.float64))
        else:
            self._held = [np.flatnonzero(~problem.rows.trains(k)) for k in self.networks]
            # Not total less held-out: a held-out row may outweigh all others to the last digit.
            self.total_weight = np.array(
                [weight.sum(where=problem.rows.trains(k), dtype=np.float64) for k in self.networks]
            )
            own = problem.rows.fold_of(self.networks)
            self._own_fold = own[:, np.newaxis]
            n_judging = problem.n_judging
            self._n_judging = [None] * len(own) if n_judging is None else n_judging[own]
        self._base_rate = np.average(problem.rows.sign > 0, weights=weight)
        n_rows, dtype = len(problem.rows.index), problem.rows.sign.dtype
        # The ratio of weights may even exceed the largest float: keep all products below that.
        least = n_rows * max(2 * weight.max() / np.finfo(dtype).max, np.finfo(np.float64).tiny)
        self._unit = (n_rows / np.maximum(self.total_weight, least))[:, np.newaxis]
        self.visit(np.arange(n_rows))

    def of(self, positions):
        """The objective of some of these networks."""
        return Objective(self.problem, self.networks[positions])

    def visit(self, order, epoch=0):
        """Set the order of rows for `gradients`, and start an epoch's dropout streams."""
        self._rows = self.problem.rows.take(order)
        self._streams = [
            stream(self.problem.seed, "dropout", epoch, network)
            for network in (self.networks if self.problem.dropout else ())
        ]

    def gradients(self, params, slices, grad):
        """Estimate the gradient from one batch of rows after the other.

        The rows of several small batches are read at once, and their losses computed at once from
        what the passes leave: a small network spends its time on calls.

        Parameters
        ----------
        params : ndarray of shape (n_networks, n_params)
            May change from batch to batch.
        slices : list of slice
            The batches: positions in the order set by `visit`. Their sizes differ by one at most.
        grad : ndarray of shape (n_networks, n_params)
            Overwritten by the gradient of each batch; over all rows the estimate is exact.

        Yields
        ------
        None
            Once a batch. ``mean_loss`` is set at the end.
        """
        total, size = np.zeros(len(params)), slices[0].stop - slices[0].start
        rows_at_once = min(BLOCK_ROWS, BLOCK_VALUES // (self.problem.stack.encoding.n_inputs + 1))
        at_once = 1 if stays_sparse(self.problem.rows.X) else max(1, rows_at_once // (size + 1))
        for first in range(0, len(slices), at_once):
            some = slices[first : first + at_once]
            if size < BLOCK_ROWS:
                block = self._read(some)
                for rows in some:
                    self._pass(params, block, rows, grad)
                    if self.problem.alpha:
                        total += self._add_penalty(params, grad)
                    yield
                total += self._losses(block)
            else:
                total += self._pass_in_pieces(params, *some, grad)
                if self.problem.alpha:
                    total += self._add_penalty(params, grad)
                yield
        self.mean_loss = total / len(slices)

    def value_and_grad(self, params, rows, grad):
        """Estimate the objective and its gradient from one slice of rows; see `gradients`."""
        for _ in self.gradients(params, [rows], grad):
            pass
        return self.mean_loss

    def _read(self, slices, n_rows=None):
        """Read the rows of batches, which lie one after the other, or a piece of one of n_rows."""
        rows = slice(slices[0].start, slices[-1].stop)
        lengths = [batch.stop - batch.start for batch in slices]
        size = np.repeat(n_rows or lengths, lengths)  # of each row's batch
        opposite, weight = -self._rows.sign[rows], self._rows.weight[rows]
        share = np.empty((len(self.networks), len(size)), opposite.dtype)
        np.multiply(weight, self._unit / size, out=share)
        if self._rows.fold is not None:
            share *= self._rows.fold[rows] != self._own_fold
        inputs = self._reader.read(self.problem.rows.X, self._rows.index[rows])
        pull, against = share * opposite, np.empty_like(share)
        return Block(rows.start, inputs, opposite, share, pull, against)

    def _pass(self, params, block, rows, grad):
        """Both passes of some rows of a block."""
        network = self._workspace(rows.stop - rows.start, params, grad)
        here, inputs = slice(rows.start - block.start, rows.stop - block.start), block.inputs
        if isinstance(inputs, np.ndarray):
            inputs = inputs[:, here]
        against = block.against[:, here]
        np.multiply(network.forward(inputs, self._streams), block.opposite[here], out=against)
        self._loss.slope(against, self.problem.label_smoothing, network.slope)
        network.slope *= block.pull[:, here]
        network.backward()

    def _losses(self, block):
        """The sum of the losses of a block's batches."""
        loss = np.empty_like(block.against)
        self._loss.value(block.against, self.problem.label_smoothing, loss)
        return np.vecdot(loss, block.share, dtype=np.float64)

    def _pass_in_pieces(self, params, rows, grad):
        """Both passes of a batch that is too large for one; returns its loss."""
        loss, n_rows = np.zeros(len(params)), rows.stop - rows.start
        grad[...] = 0
        for piece in batches(n_rows, BLOCK_ROWS, rows.start):
            block = self._read([piece], n_rows)
            self._pass(params, block, piece, self._piece_grad)
            loss += self._losses(block)
            grad += self._piece_grad
        return loss

    def _workspace(self, n_rows, params, grad):
        """The network for ``n_rows`` rows, reused while params and grad are the same arrays."""
        network = self._workspaces.get(n_rows)
        if network is None or network.params is not params or network.grad is not grad:
            stack = self.problem.stack.with_params(params)
            network = self._workspaces[n_rows] = Network(stack, n_rows, grad, self.problem.dropout)
        return network

    def _add_penalty(self, params, grad):
        """Add the penalty's gradient to ``grad``; return the penalty."""
        layout, penalty = self.problem.stack.layout, np.zeros(len(self.networks))
        strength = (self.problem.alpha / self.total_weight)[:, np.newaxis, np.newaxis]
        for weights, weights_grad in zip(layout.weights(params), layout.weights(grad), strict=True):
            weights_grad += (strength * weights).astype(weights.dtype, copy=False)
            penalty += [np.vdot(of_one, of_one) for of_one in weights]
        return penalty * strength[:, 0, 0] / 2

    def value(self, params, rows=None):
        """The objective alone, without dropout, of shape (n_networks,).

        On all rows, held-out folds included, or estimated from a slice of the order set by `visit`.
        """
        rows = self.problem.rows if rows is None else self._rows.take(rows)
        logits = self._logits(params, rows)
        value = self._mean_loss(logits, rows, self._loss, self.problem.label_smoothing)
        if self.problem.alpha:
            weights = self.problem.stack.layout.weights(params)
            squares = [np.square(of_layer, dtype=np.float64) for of_layer in weights]
            total = sum(square.sum(axis=(1, 2)) for square in squares)
            value += self.problem.alpha / (2 * self.total_weight) * total
        return value

    @property
    def has_validation(self):
        """Whether there are validation rows."""
        return bool(self._held) or self.problem.validation is not None

    def validation(self, params):
        """Evaluate the networks on validation rows: each held-out fold, or rows given for all.

        Returns
        -------
        loss, accuracy : ndarray of shape (n_networks,)
            Weighted means.
        score : ndarray of shape (n_networks,)
            The score by which epochs are compared: the loss or, for a held-out fold of n different
            rows, with p the probability and r the base rate, ::

                loss + clip(16 / n - 1, 0, 1) * mean((p - r)^2) / (r (1 - r))

            if ``n_judging`` gives n. On few rows some epoch is good by chance, so an epoch must
            gain the more, the farther its probabilities are from the base rate.

        All three are None without validation rows.
        """
        if self.problem.validation is not None:
            return self._judge(params, self.problem.validation)
        if not self._held:
            return None, None, None
        judged = [
            self._judge(params[[i]], self.problem.rows.take(held), n)
            for i, (held, n) in enumerate(zip(self._held, self._n_judging, strict=True))
        ]
        return np.hstack(judged)

    def _judge(self, params, rows, n_judging=None):
        logits = self._logits(params, rows)
        is_right = (logits > 0) == (rows.sign > 0)
        accuracy = np.average(is_right, axis=1, weights=rows.weight)
        doubt = 0.0
        if n_judging is not None and n_judging < ENOUGH:
            rate = self._base_rate
            away = np.average((expit(logits) - rate) ** 2, axis=1, weights=rows.weight)
            doubt = (
                min(1, ENOUGH / n_judging - 1) * away / max(rate * (1 - rate), SMALLEST_VARIANCE)
            )
        loss = self._mean_loss(logits, rows, LOSSES["log_loss"])
        return np.array([loss, accuracy, loss + doubt])

    def _logits(self, params, rows):
        stack = self.problem.stack.with_params(params)
        return predict_logits(stack, rows.X, rows.index, params.dtype)

    def _mean_loss(self, logits, rows, loss, smoothing=0.0):
        """Weighted mean loss over the rows; overwrites the logits."""
        against = np.multiply(logits, -rows.sign, out=logits)
        value = np.empty_like(against)
        loss.value(against, smoothing, value)
        return np.average(value, axis=1, weights=rows.weight)

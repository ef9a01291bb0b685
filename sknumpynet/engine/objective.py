"""The objective that training minimises, for each network.

    sum_i w_i loss_i / sum_i w_i  +  alpha / (2 sum_i w_i) * sum of squared weights (no biases)

over the rows i that the network trains on. The weights are normalised over all rows, never over a
batch, so that a batch's gradient is an unbiased estimate of the whole one, and a batch of weight 0
changes nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from .batching import batches
from .losses import LOSSES, log_loss
from .network import BLOCK_ROWS, Network
from .prediction import predict_logits
from .stack import Stack
from .streams import stream

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
    """

    def __init__(self, problem, networks):
        self.problem, self.networks = problem, np.asarray(networks)
        self._loss = LOSSES[problem.loss]
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
        """Set the order of rows for `value_and_grad`, and start an epoch's dropout streams."""
        self._rows = self.problem.rows.take(order)
        self._streams = [
            stream(self.problem.seed, "dropout", epoch, network)
            for network in (self.networks if self.problem.dropout else ())
        ]

    def value_and_grad(self, params, rows, grad):
        """Estimate the objective and its gradient from some of the rows.

        Parameters
        ----------
        params : ndarray of shape (n_networks, n_params)
        rows : slice
            Positions in the order set by `visit`; over all rows the estimate is exact.
        grad : ndarray of shape (n_networks, n_params)
            Overwritten.

        Returns
        -------
        ndarray of float64 of shape (n_networks,)
        """
        n_rows = rows.stop - rows.start
        scale = self._unit / n_rows
        if n_rows <= BLOCK_ROWS:
            value = self._accumulate(params, rows, scale, grad)
        else:
            value = np.zeros(len(params))
            grad[...] = 0
            for piece in batches(n_rows, BLOCK_ROWS, rows.start):
                value += self._accumulate(params, piece, scale, self._piece_grad)
                grad += self._piece_grad
        if self.problem.alpha:
            value += self._add_penalty(params, grad)
        return value

    def _accumulate(self, params, rows, scale, grad):
        """Loss and gradient of some rows; each network's weights are multiplied by scale."""
        network = self._workspace(rows.stop - rows.start, params, grad)
        network.read(self.problem.rows.X, self._rows.index[rows])
        sign = self._rows.sign[rows]
        margin = network.forward(self._streams)
        margin *= sign
        loss, slope, weight = network.loss, network.slope, network.weight
        self._loss(margin, self.problem.label_smoothing, loss, slope)
        np.multiply(self._rows.weight[rows], scale, out=weight)
        if self._rows.fold is not None:
            weight *= self._rows.fold[rows] != self._own_fold
        value = np.vecdot(loss, weight, dtype=np.float64)
        weight *= sign  # from d/dmargin to d/dlogit
        slope *= weight
        network.backward()
        return value

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
        loss = self._mean_loss(logits, rows, log_loss)
        return np.array([loss, accuracy, loss + doubt])

    def _logits(self, params, rows):
        stack = self.problem.stack.with_params(params)
        return predict_logits(stack, rows.X, rows.index, params.dtype)

    def _mean_loss(self, logits, rows, loss, smoothing=0.0):
        """Weighted mean loss over the rows; overwrites the logits."""
        margin = np.multiply(logits, rows.sign, out=logits)
        value = np.empty_like(margin)
        loss(margin, smoothing, value, slope=np.empty_like(margin))
        return np.average(value, axis=1, weights=rows.weight)

"""What training minimises, network by network.

    sum_i w_i loss_i / sum_i w_i  +  alpha / (2 sum_i w_i) * sum of squared weights (no biases)

over the rows i that the network trains on. The weights are normalised over all rows, never over a
batch: a batch's gradient is an unbiased estimate of the whole, and a batch of weight 0 does
nothing.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .batching import batches
from .losses import LOSSES, log_loss
from .network import BLOCK_ROWS, Network
from .prediction import predict_logits
from .stack import Stack
from .streams import stream

ENOUGH = 16  # different validation rows that a loss is trusted on
SMALLEST_VARIANCE = 1e-9  # of labels: one class may weigh nearly all


@dataclass(frozen=True)
class Rows:
    """Weighted rows of data.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
        Read batch by batch.
    index : ndarray of int of shape (m,)
        The rows of X meant.
    sign : ndarray of shape (m,)
        1 for the positive class, -1 for the other.
    weight : ndarray of shape (m,)
    fold : ndarray of int of shape (m,), optional
        From 0 on. Network k of a stack holds out fold k, k modulo their number if there are fewer
        folds than networks; a negative fold is held out by none.
    """

    X: np.ndarray
    index: np.ndarray
    sign: np.ndarray
    weight: np.ndarray
    fold: np.ndarray | None = None

    def trains(self, network):
        """Whether each row trains that network, rather than being held out by it."""
        if self.fold is None:
            return np.ones(len(self.index), bool)
        return self.fold != self.fold_of(network)

    def fold_of(self, network):
        """The fold that a network, or each of several, holds out."""
        return network % (int(self.fold.max()) + 1)

    @classmethod
    def counted(cls, X, is_positive, weight):
        """The rows of positive weight."""
        index = np.flatnonzero(weight)
        sign = np.where(is_positive[index], 1, -1).astype(X.dtype)
        return cls(X, index, sign, weight[index])

    def take(self, chosen):
        """Some of the rows, by position or in another order."""
        fold = None if self.fold is None else self.fold[chosen]
        return Rows(self.X, self.index[chosen], self.sign[chosen], self.weight[chosen], fold)


@dataclass(frozen=True)
class Problem:
    """All that defines the function to minimise, but for the networks it is asked of.

    Parameters
    ----------
    stack : Stack
        The networks; training begins with its params.
    rows : Rows
        Training rows. Those that a network holds out, if any, are its validation rows.
    validation : Rows, optional
        Validation rows for all networks instead.
    loss : str, default="log_loss"
    alpha, label_smoothing, dropout : float, default=0.0
    seed : int, default=0
        For dropout.
    n_judging : ndarray of int of shape (n_folds,), optional
        Different rows in each fold, where few of them are to be doubted.
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
    """The function to minimise, for some networks of a stack side by side.

    Parameters
    ----------
    problem : Problem
    networks : ndarray of int
        Their numbers in the whole stack: they decide folds and random streams.

    Attributes
    ----------
    total_weight : ndarray of shape (n_networks,)
        Sum of the weights that each network trains on.
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
            # Not a difference: a row held out may outweigh all others to the last digit.
            self.total_weight = np.array(
                [weight.sum(where=problem.rows.trains(k), dtype=np.float64) for k in self.networks]
            )
            own = problem.rows.fold_of(self.networks)
            self._own_fold = own[:, np.newaxis]
            n_judging = problem.n_judging
            self._n_judging = [None] * len(own) if n_judging is None else n_judging[own]
        self._base_rate = np.average(problem.rows.sign > 0, weights=weight)
        n_rows, dtype = len(problem.rows.index), problem.rows.sign.dtype
        # It may even do so by more than there are numbers: keep all products below the largest.
        least = n_rows * max(2 * weight.max() / np.finfo(dtype).max, np.finfo(np.float64).tiny)
        self._unit = (n_rows / np.maximum(self.total_weight, least))[:, np.newaxis]
        self.visit(np.arange(n_rows))

    def of(self, positions):
        """The objective of some of these networks."""
        return Objective(self.problem, self.networks[positions])

    def visit(self, order, epoch=0):
        """Set the order in which `value_and_grad` counts rows, and begin an epoch's randomness."""
        self._rows = self.problem.rows.take(order)
        self._streams = [
            stream(self.problem.seed, "dropout", epoch, network)
            for network in (self.networks if self.problem.dropout else ())
        ]

    def value_and_grad(self, params, rows, grad):
        """The objective and its gradient, as estimated from some of the rows.

        Parameters
        ----------
        params : ndarray of shape (n_networks, n_params)
        rows : slice
            Of the order set by `visit`; over all rows the estimate is exact.
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
        """Loss and gradient of some rows, the weights of each network times scale."""
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
        """The network for so many rows, kept as long as the same arrays come again."""
        network = self._workspaces.get(n_rows)
        if network is None or network.params is not params or network.grad is not grad:
            stack = self.problem.stack.with_params(params)
            network = self._workspaces[n_rows] = Network(stack, n_rows, grad, self.problem.dropout)
        return network

    def _add_penalty(self, params, grad):
        """Add the penalty's gradient to ``grad``; the penalty."""
        layout, penalty = self.problem.stack.layout, np.zeros(len(self.networks))
        strength = (self.problem.alpha / self.total_weight)[:, np.newaxis, np.newaxis]
        for weights, weights_grad in zip(layout.weights(params), layout.weights(grad), strict=True):
            weights_grad += (strength * weights).astype(weights.dtype, copy=False)
            penalty += [np.vdot(of_one, of_one) for of_one in weights]
        return penalty * strength[:, 0, 0] / 2

    def value(self, params, rows=None):
        """The objective alone, without dropout, of shape (n_networks,).

        On all rows, or as estimated from a slice of the order set by `visit`; held-out rows count.
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
        """How good the networks are on validation rows: held out by each, or given for all.

        Returns
        -------
        loss, accuracy : ndarray of shape (n_networks,)
            Weighted means.
        score : ndarray of shape (n_networks,)
            What epochs are compared by: the loss or, for held-out folds of n different rows, ::

                loss + clip(16 / n - 1, 0, 1) * mean((p - r)^2) / (r (1 - r)),  r the base rate

            where ``n_judging`` says n. Of few rows some epoch is right by chance, so it asks them
            for more the farther it goes from the base rate.

        None in the place of each where there are no such rows.
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
        return predict_logits(self.problem.stack.with_params(params), rows.X, rows.index)

    def _mean_loss(self, logits, rows, loss, smoothing=0.0):
        """Mean over the rows; the logits are overwritten."""
        margin = np.multiply(logits, rows.sign, out=logits)
        value = np.empty_like(margin)
        loss(margin, smoothing, value, slope=np.empty_like(margin))
        return np.average(value, axis=1, weights=rows.weight)

"""What each column of a row adds to its log-odds: integrated gradients, by secants.

Row x is compared with each of several background rows b. Between them the inputs of the first layer
go the straight line e(t) = e_b + t (e_x - e_b), and input j contributes

    (e_x - e_b)_j * mean over t from 0 to 1 of dF/de_j(e(t))

in the mean over b, where F is the log-odds of the mean probability of the networks. What the inputs
of a column (its number, its codes, whether it is missing, its levels) contribute is added up.

The line is cut into a few steps. On a step from t to t', a function f of one number, such as an
activation, has the secant slope (f(z(t')) - f(z(t))) / (z(t') - z(t)) for its derivative. So what F
gains on a step is the sum of what its inputs contribute to it: exactly, however few the steps are.

Two facts make it cheap. First, the pre-activations of the first layer go a straight line too,
z(t) = z_b + t (z_x - z_b), so the first layer's product is made once a row. Second, with W the
weights of the first layer and delta the slope by z, column c contributes

    sum over j in c of e_j (W delta)_j = (sum over j in c of e_j W_j) delta

so of the background rows one vector a column is enough, what the column gives to z.

Sundararajan, Taly and Yan (2017), integrated gradients; Erion et al. (2021), their mean over a
background, with drawn points instead of steps; Shrikumar, Greenside and Kundaje (2017), section
3.5.1, the secants of a single step, there called the rescale rule.
"""

from itertools import pairwise
from math import isqrt
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from .activations import applied, slope
from .batching import batches
from .first_layer import FirstLayer
from .folds import row_keys
from .prediction import log_odds, logit_range

BLOCK_VALUES = 1 << 17  # of all networks' units, for pairs of rows: ten times as many take five
# times as long each, for they do not stay in the cache
MOST_PARTS = 1 << 24  # values of `Background._give` at once
MOST_ROWS, FEWEST_ROWS = 256, 16  # of each network, for `mean_sizes`
MOST_READ = 1 << 19  # values of their inputs, but for the fewest rows


class Contributions(NamedTuple):
    """What the columns of rows contribute to their log-odds.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    spread : ndarray of shape (n_rows, n_columns)
        Standard deviation, over the networks, of what contributes to the logit of each.
    """

    values: np.ndarray
    spread: np.ndarray


class Background:
    """Rows that others are compared with.

    Parameters
    ----------
    stack, column
        As in `FirstLayer`.
    X : ndarray or CSR array of shape (n, n_features)
    dtype : dtype
        Of the log-odds that are explained: it decides beyond which they are cut off.

    Attributes
    ----------
    base : float
        Mean log-odds of the rows.
    is_computable : ndarray of bool of shape (n,)
        Rows whose values do not overflow on the way. One that does makes all contributions NaN.
    """

    def __init__(self, stack, X, column, dtype):
        self.stack, self.first, self.dtype = stack, FirstLayer(stack, column), dtype
        rows, self.n_rows = self.first.read(X, np.arange(X.shape[0])), X.shape[0]
        # Inputs count from those of the first row, so that equal columns contribute exactly 0.
        inputs = rows.dense(slice(None))
        self.reference = inputs[:, :1].copy()
        self.rows = rows._replace(inputs=inputs - self.reference)
        self.is_computable = np.isfinite(self.rows.z).all(axis=(0, 2))
        n_units = max(stack.layout.layer_sizes[1:])
        self.block = max(1, isqrt(BLOCK_VALUES // (len(stack) * n_units)))
        self.pieces = batches(self.n_rows, self.block)
        self.passed = [forward(stack, self.rows.z[:, np.newaxis, piece]) for piece in self.pieces]
        odds = np.concatenate(
            [log_odds(passed.logits[:, 0, :, 0].astype(dtype)) for passed in self.passed]
        )
        self.base = odds.mean(dtype=float)
        n_values = self.block * self.rows.z[:, 0].size
        self.columns = batches(self.first.n_columns, max(1, MOST_PARTS // n_values))
        self.parts = None  # made once, or, where there are many columns, for each block of rows
        if self.rows.z.size * self.first.n_columns <= MOST_PARTS:
            self.parts = [self._give(piece, self.columns[0]) for piece in self.pieces]

    def contributions(self, X, index, n_steps):
        """What the columns of the rows ``X[index]`` contribute.

        Parameters
        ----------
        X : ndarray or CSR array of shape (n_rows, n_features)
        index : ndarray of int
        n_steps : int
            Steps from a row of the background to a row.

        Returns
        -------
        Contributions
        """
        rows = self.first.read(X, index)
        values, spread = np.empty((2, len(index), self.first.n_columns))
        for some in batches(len(index), self.block):
            z, inputs = rows.z[:, some, np.newaxis], rows.dense(slice(None), some)
            of_some = self._of_rows(z, inputs - self.reference, n_steps)
            values[some], spread[some] = of_some
        return Contributions(values, spread)

    def _of_rows(self, z, inputs, n_steps):
        """Contributions of the columns of some rows, and their spread over the networks.

        Parameters
        ----------
        z : ndarray of shape (n_networks, n_rows, 1, n_units)
        inputs : ndarray of shape (n_inputs, n_rows)
        """
        n_networks, n_rows, _, n_units = z.shape
        of_background = np.zeros((n_networks, n_rows, self.first.n_columns), z.dtype)
        total = np.zeros((n_networks, n_rows, n_units), z.dtype)
        weight = np.zeros((n_networks, n_rows, 1), z.dtype)
        for at, passed in enumerate(self.passed):
            slopes, by_logit = self._slopes(passed, z, n_steps)
            weight += by_logit.sum(axis=2)
            total += slopes.sum(axis=2)
            slopes = slopes.reshape(n_networks, n_rows, -1)
            for columns in self.columns:
                parts = self._give(self.pieces[at], columns) if not self.parts else self.parts[at]
                of_background[..., columns] += slopes @ parts.swapaxes(1, 2)
        by_input = total @ self.first.W.swapaxes(1, 2)
        by_input *= inputs.T
        of_networks = self.first.by_column(by_input) - of_background
        values = of_networks.sum(axis=0) / self.n_rows
        weight[weight == 0] = 1  # a network that is sure all the way contributes nothing
        of_networks /= weight
        return values, of_networks.std(axis=0)

    def _slopes(self, before, z, n_steps):
        """Mean slopes of F on the lines from some rows of the background to some rows.

        Parameters
        ----------
        before : Passed
            Of the background.
        z : ndarray of shape (n_networks, n_rows, 1, n_units)

        Returns
        -------
        slopes : ndarray of shape (n_networks, n_rows, n_background, n_units)
            By z.
        by_logit : ndarray of shape (n_networks, n_rows, n_background, 1)
            By the logit of each network.
        """
        begin = before.z[0]
        way, slopes, of_logits = z - begin, 0, 0
        for step in range(1, n_steps + 1):
            now = forward(self.stack, z if step == n_steps else begin + way * (step / n_steps))
            by_logit = slope_of_log_odds(before.logits, now.logits, self.dtype) / n_steps
            slopes = slopes + backward(self.stack, before, now, by_logit)
            of_logits, before = of_logits + by_logit, now
        return slopes, of_logits

    def _give(self, piece, columns):
        """What some columns of some rows of the background give to z.

        Returns
        -------
        ndarray of shape (n_networks, n_columns, n_background * n_units)
        """
        edges = self.first.edges[columns.start : columns.stop + 1]
        W, n_rows = self.first.W[:, edges[0] : edges[-1]], piece.stop - piece.start
        inputs = self.rows.inputs[edges[0] : edges[-1], piece]
        n_networks, _, n_units = W.shape
        parts = np.empty((n_networks, len(edges) - 1, n_rows, n_units), W.dtype)
        if (np.diff(edges) == 1).all():
            np.multiply(inputs[..., np.newaxis], W[:, :, np.newaxis], out=parts)
        else:
            for at, (first, last) in enumerate(pairwise(edges - edges[0])):
                np.matmul(inputs[first:last].T, W[:, first:last], out=parts[:, at])
        return parts.reshape(n_networks, len(edges) - 1, -1)


def mean_sizes(stack, rows, keys, column):
    """Mean absolute contribution of each column to the logits of the networks, in one step.

    Each network is asked about the rows that it held out, or about all where none were. They are
    compared with one row, their mean: e_b is the mean of their inputs.

    Parameters
    ----------
    stack, column
        As in `FirstLayer`.
    rows : Rows
    keys : ndarray of uint64 of shape (n_rows,)
        From `folds.row_keys`. Of many different rows those of the smallest keys are asked about,
        `MOST_ROWS` or fewer if there are many inputs; copies of a row count as its weight.

    Returns
    -------
    ndarray of shape (n_columns,)
    """
    sizes = np.zeros(column.max() + 1)
    most = max(min(MOST_ROWS, MOST_READ // max(stack.encoding.n_inputs, 1)), FEWEST_ROWS)
    for network in range(len(stack)):
        held = np.flatnonzero(~rows.trains(network)) if rows.fold is not None else slice(None)
        alone, some = stack.with_params(stack.params[[network]]), rows.take(held)
        chosen, weight = different(some, keys[held], most)
        rows_of_one = some.X, some.index[chosen], weight.astype(stack.params.dtype)
        sizes += sizes_of_rows(FirstLayer(alone, column), *rows_of_one)
    return sizes / len(stack)


def different(rows, keys, most):
    """Positions of different rows, at most so many, and shares of the weight of each.

    Rows of equal keys may have different target means. Which one speaks for them is a matter of
    these, not of the order of the rows.
    """
    number = np.unique(keys, return_inverse=True)[1]
    (chosen,) = np.nonzero(number < most)
    chosen = chosen[np.lexsort((row_keys(rows.X[rows.index[chosen]], 0), number[chosen]))]
    first = np.unique(number[chosen], return_index=True)[1]
    weight = np.bincount(number[chosen], rows.weight[chosen])
    return chosen[first], weight / weight.sum()


def sizes_of_rows(first, X, index, weight):
    """Weighted mean absolute contribution of each column to one network's logit."""
    rows = first.read(X, index)
    inputs = rows.dense(slice(None))
    middle, z = inputs @ weight, rows.z[:, :, np.newaxis]
    mean = np.tensordot(weight, z, (0, 1))[:, np.newaxis]
    before, now = forward(first.stack, mean), forward(first.stack, z)
    slopes = backward(first.stack, before, now, np.ones_like(now.logits))[0, :, 0]
    of_inputs = slopes @ first.W[0].T
    of_inputs *= (inputs - middle[:, np.newaxis]).T
    return weight @ abs(first.by_column(of_inputs))


class Passed(NamedTuple):
    """A forward pass: pre-activations of all layers, the logits last, and activations.

    Each of shape (n_networks, n_rows, n_background, n_units), or with 1 for either number of rows.
    """

    z: list
    a: list

    @property
    def logits(self):
        """What the last layer gives, of one unit."""
        return self.z[-1]


def forward(stack, z):
    """Pass forward from the pre-activations of the first layer, and keep those of all layers.

    `Network` has units before rows and overwrites z. Here units come last, so that a row and a
    background meet in pieces of n_units, not of one.
    """
    passed = Passed([z], [])
    for layer in stack.layers[1:]:
        passed.a.append(applied(stack.activation, passed.z[-1])[0])
        z = passed.a[-1] @ layer[:, np.newaxis, :-1]
        z += layer[:, np.newaxis, -1:]
        passed.z.append(z)
    return passed


def backward(stack, before, now, delta):
    """Slopes by the pre-activations of the first layer, between two passes, of those by logit."""
    for number in reversed(range(len(now.a))):
        W_t = stack.layers[number + 1][:, np.newaxis, :-1].swapaxes(2, 3)
        ends = before.z[number], now.z[number], before.a[number], now.a[number]
        secant = secants(stack.activation, *ends)
        if delta.shape[-1] == 1:  # an outer product
            secant *= W_t
            secant *= delta
        else:
            secant *= delta @ W_t
        delta = secant
    return delta


def secants(activation, z, z_now, a, a_now):
    """Slope of the activation between z and z_now; where they are too near, in the middle."""
    away, secant = z_now - z, a_now - a
    with np.errstate(divide="ignore", invalid="ignore"):
        secant /= away
    is_near = np.abs(away, out=away) < np.sqrt(np.finfo(away.dtype).eps)
    near = np.flatnonzero(is_near)  # of four axes at once it takes ten times as long
    if len(near):
        near = np.unravel_index(near, away.shape)
        middle = sum(np.broadcast_to(end, away.shape)[near] for end in (z, z_now)) / 2
        secant[near] = slope(activation, *applied(activation, middle))
    return secant


def slope_of_log_odds(logits, logits_now, dtype):
    """Slopes of F by the logits between two passes.

    F = log(sum of p) - log(sum of q), q = 1 - p. A logarithm's secant slope is one divided by the
    logarithmic mean of the ends, and p's and q's are alike but for the sign. Logits are cut
    off where `log_odds` of this dtype does.
    """
    if len(logits) == 1:
        return np.ones_like(logits_now - logits)
    away, total = logits_now - logits, 0
    is_near = abs(away) < np.sqrt(np.finfo(away.dtype).eps)
    away[is_near] = 1
    limits = logit_range(np.dtype(dtype))
    logits, logits_now = logits.astype(dtype), logits_now.astype(dtype)
    logits, logits_now = (each.clip(*limits) for each in (logits, logits_now))
    for sign in (1, -1):
        p, p_now = expit(sign * logits), expit(sign * logits_now)
        secant = sign * (p_now - p) / away
        np.copyto(secant, p * (1 - p), where=is_near)
        total = total + secant / logarithmic_mean(p.sum(axis=0), p_now.sum(axis=0))
    return total.astype(away.dtype)


def logarithmic_mean(a, b):
    """(b - a) / (log b - log a) of positive numbers; their mean where they are equal."""
    ratio = np.log(b / a)
    is_near = abs(ratio) < np.sqrt(np.finfo(ratio.dtype).eps)
    ratio[is_near] = 1
    return np.where(is_near, (a + b) / 2, (b - a) / ratio)

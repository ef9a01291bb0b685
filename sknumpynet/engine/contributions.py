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

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from .activations import ACTIVATIONS
from .batching import batches
from .folds import row_keys
from .inputs.reading import Reader
from .inputs.sparse import multiply
from .prediction import log_odds, logit_range

BLOCK_PAIRS = 1000  # pairs of a row and one of the background at a time
MOST_PARTS = 1 << 24  # values of `Background._parts` at once
MOST_ROWS, FEWEST_ROWS = 256, 16  # of each network, for `mean_sizes`
MOST_READ = 1 << 19  # values of their inputs, but for the fewest rows


class Contributions(NamedTuple):
    """What the columns of rows contribute to their log-odds.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    spread : ndarray of shape (n_rows, n_columns)
        Standard deviation over the networks, each of which gets the weight that the others have.
    """

    values: np.ndarray
    spread: np.ndarray


class Rows(NamedTuple):
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
        For which column each one of the table counts; all numbers from 0 on.

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
        if len(has_inputs):
            sums[..., has_inputs] = np.add.reduceat(of_inputs, self.edges[has_inputs], axis=-1)
        return sums

    def read(self, X, index):
        """The rows ``X[index]``, see `Rows`."""
        inputs, layer = self.reader.read(X, index), self.stack.layers[0]
        if isinstance(inputs, np.ndarray):
            return Rows(inputs[self.order], inputs.T @ layer)
        z = np.empty((len(layer), layer.shape[2], len(index)), layer.dtype)
        for W, out in zip(layer, z, strict=True):
            multiply(inputs, W[:-1], W[-1], out=out)
        z = np.ascontiguousarray(z.swapaxes(1, 2))
        return Rows(inputs[:-1].tocsc()[:, self.order], z)  # the base of sparse rows cancels out


class Background:
    """Rows that others are compared with.

    Parameters
    ----------
    stack, column
        As in `FirstLayer`.
    X : ndarray or CSR array of shape (n, n_features)

    Attributes
    ----------
    base : float
        Mean log-odds of the rows.
    """

    def __init__(self, stack, X, column):
        self.stack, self.first = stack, FirstLayer(stack, column)
        self.rows, self.n_rows = self.first.read(X, np.arange(X.shape[0])), X.shape[0]
        begin = np.ascontiguousarray(self.rows.z.swapaxes(1, 2)[:, np.newaxis])
        self.passed = forward(stack, begin)
        self.base = log_odds(self.passed.logits[:, 0, 0].astype(float)).mean()
        self.pieces = batches(self.first.n_columns, max(1, MOST_PARTS // self.rows.z.size))
        self.kept = self._parts(self.pieces[0]) if len(self.pieces) == 1 else None

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
        for some in batches(len(index), max(1, BLOCK_PAIRS // self.n_rows)):
            slopes = self._slopes(rows.z[:, some, :, np.newaxis], n_steps)
            values[some], spread[some] = self._by_column(rows.dense(slice(None), some), *slopes)
        return Contributions(values, spread)

    def _slopes(self, z, n_steps):
        """Mean slopes by z on the lines from every row of the background to some rows.

        Parameters
        ----------
        z : ndarray of shape (n_networks, n_rows, n_units, 1)

        Returns
        -------
        slopes : ndarray of shape (n_networks, n_rows, n_units, n_background)
        weight : ndarray of shape (n_networks, n_rows)
            Mean slope by the logit of each network.
        """
        begin, before = self.passed.z[0], self.passed
        way, total, weight = z - begin, 0, 0
        for step in range(1, n_steps + 1):
            at = z if step == n_steps else begin + way * (step / n_steps)
            now = forward(self.stack, at)
            by_logit = slope_of_log_odds(before.logits, now.logits)
            weight = weight + by_logit.mean(axis=(2, 3))
            slopes = backward(self.stack, before, now, by_logit)
            slopes += total
            total, before = slopes, now
        total /= n_steps
        return total, weight / n_steps

    def _by_column(self, inputs, slopes, weight):
        """Contributions of the columns of some rows, and their spread over the networks."""
        n_networks, n_rows = weight.shape
        by_input = slopes.mean(axis=-1) @ self.first.W.swapaxes(1, 2)
        by_input *= inputs.T
        of_networks = self.first.by_column(by_input)
        slopes = slopes.reshape(n_networks, n_rows, -1)
        for piece in self.pieces:
            parts = self._parts(piece) if self.kept is None else self.kept
            of_networks[..., piece] -= slopes @ parts
        values = of_networks.sum(axis=0)
        of_networks /= weight[..., np.newaxis]
        return values, of_networks.std(axis=0)

    def _parts(self, piece):
        """What columns of the background's rows give to z, divided by the number of rows.

        Returns
        -------
        ndarray of shape (n_networks, n_units * n_background, n_columns)
        """
        columns = range(piece.start, piece.stop)
        W = self.first.W
        parts = np.empty((len(W), W.shape[2], self.n_rows, len(columns)), W.dtype)
        for at, column in enumerate(columns):
            inputs = self.first.inputs_of(column)
            parts[..., at] = W[:, inputs].swapaxes(1, 2) @ self.rows.dense(inputs)
        parts /= self.n_rows
        return parts.reshape(len(parts), -1, len(columns))


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
    middle, z = inputs @ weight, rows.z.swapaxes(1, 2)[:, np.newaxis]
    before, now = forward(first.stack, z @ weight[:, np.newaxis]), forward(first.stack, z)
    slopes = backward(first.stack, before, now, np.ones_like(now.logits))[0, 0].T
    of_inputs = slopes @ first.W[0].T
    of_inputs *= (inputs - middle[:, np.newaxis]).T
    return weight @ abs(first.by_column(of_inputs))


class Passed(NamedTuple):
    """A forward pass: pre-activations of all layers, the logits last, and activations.

    Each of shape (n_networks, n_rows, n_units, n_background), or with 1 for either number of rows.
    """

    z: list
    a: list

    @property
    def logits(self):
        """What the last layer gives, of one unit."""
        return self.z[-1]


def forward(stack, z):
    """Pass forward from the pre-activations of the first layer."""
    passed = Passed([z], [])
    for layer in stack.layers[1:]:
        passed.a.append(activations(stack, passed.z[-1])[0])
        z = layer[:, np.newaxis, :-1].swapaxes(2, 3) @ passed.a[-1]
        z += layer[:, np.newaxis, -1:].swapaxes(2, 3)
        passed.z.append(z)
    return passed


def activations(stack, z):
    """a, and what the slope at a needs."""
    activation, a = ACTIVATIONS[stack.activation], z.copy()
    saved = np.zeros((activation.n_saved, *z.shape), z.dtype)
    activation.apply(a, saved)
    return a, saved


def backward(stack, before, now, delta):
    """Slopes by the pre-activations of the first layer, between two passes, of those by logit."""
    for number in reversed(range(len(now.a))):
        W = stack.layers[number + 1][:, np.newaxis, :-1]
        slope = secants(stack, before.z[number], now.z[number], before.a[number], now.a[number])
        if W.shape[-1] == 1:  # an outer product
            slope *= W
            slope *= delta
        else:
            slope *= W @ delta
        delta = slope
    return delta


def secants(stack, z, z_now, a, a_now):
    """Slope of the activation between z and z_now; where they are too near, in the middle."""
    dz = z_now - z
    slope = a_now - a
    is_near = abs(dz) < np.sqrt(np.finfo(dz.dtype).eps)
    if not is_near.any():
        slope /= dz
        return slope
    np.copyto(dz, 1, where=is_near)
    slope /= dz
    middle = (np.broadcast_to(z, dz.shape)[is_near] + np.broadcast_to(z_now, dz.shape)[is_near]) / 2
    of_middle = np.ones_like(middle)
    ACTIVATIONS[stack.activation].multiply_by_slope(of_middle, *activations(stack, middle))
    slope[is_near] = of_middle
    return slope


def slope_of_log_odds(logits, logits_now):
    """Slopes of F by the logits between two passes.

    F = log(sum of p) - log(sum of q), q = 1 - p. A logarithm's secant slope is one divided by the
    logarithmic mean of the ends, and p's and q's are alike but for the sign.
    """
    if len(logits) == 1:
        return np.ones_like(logits_now - logits)
    slope = 0
    limits = logit_range(logits.dtype)
    logits, logits_now = (each.clip(*limits) for each in (logits, logits_now))
    away, middle = logits_now - logits, (logits_now + logits) / 2
    is_near = abs(away) < np.sqrt(np.finfo(away.dtype).eps)
    away[is_near] = 1
    for sign in (1, -1):
        p, p_now = expit(sign * logits), expit(sign * logits_now)
        secant = sign * (p_now - p) / away
        np.copyto(secant, expit(middle) * expit(-middle), where=is_near)
        slope = slope + secant / logarithmic_mean(p.sum(axis=0), p_now.sum(axis=0))
    return slope


def logarithmic_mean(a, b):
    """(b - a) / (log b - log a) of positive numbers; a where they are equal."""
    ratio = np.log(b / a)
    is_near = abs(ratio) < np.sqrt(np.finfo(ratio.dtype).eps)
    ratio[is_near] = 1
    return np.where(is_near, (a + b) / 2, (b - a) / ratio)

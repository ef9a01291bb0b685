"""Predictions of a stack: logits, log-odds, probabilities, out-of-fold probabilities."""

from functools import cache
from weakref import WeakKeyDictionary

import numpy as np
from scipy.special import expit

from .batching import batches
from .inputs.reading import Reader
from .network import BLOCK_ROWS, Network

# Workspaces for one row, as long as their stacks live: to make one is a tenth of a prediction. Who
# predicts takes it out, so that no other thread or signal handler computes in it meanwhile.
KEPT = WeakKeyDictionary()


def pass_forward(stack, X, index):
    """The `Network` after a forward pass of the rows ``X[index]``, all at once."""
    passed = Network(stack, len(index))
    passed.forward(Reader(stack.to_apply, stack.params.dtype).read(X, index))
    return passed


def predict_logits(stack, X, index=None, dtype=None):
    """Logits of all networks for all rows, some rows at a time, computed in the stack's dtype.

    Parameters
    ----------
    stack : Stack
    X : ndarray or CSR array of shape (n_rows, n_features)
    index : ndarray of int, optional
        The rows of X to take; all by default.
    dtype : dtype, optional
        Of the logits; by default the more exact one of X and the stack.

    Returns
    -------
    ndarray of shape (n_networks, n_rows)
    """
    dtype = dtype or np.result_type(X.dtype, stack.params.dtype)
    n_rows = X.shape[0] if index is None else len(index)
    logits = np.empty((len(stack), n_rows), dtype)
    kept = KEPT.pop(stack, None) if n_rows == 1 else None
    reader, network = kept or (Reader(stack.to_apply, stack.params.dtype), None)
    for rows in batches(n_rows, BLOCK_ROWS):
        size = rows.stop - rows.start
        if network is None or network.n_rows != size:
            network = Network(stack, size)
        inputs = reader.read(X, rows if index is None else index[rows])
        logits[:, rows] = network.forward(inputs)
    if n_rows == 1:
        reader.table = None  # its values may change before it comes again
        KEPT[stack] = reader, network
    return logits


def logits_to_trust(stack, X, index=None):
    """`predict_logits`, but 0 for infinity less infinity: no evidence for either class."""
    logits = predict_logits(stack, X, index)
    logits[np.isnan(logits)] = 0
    return logits


def log_odds(logits):
    """Log-odds of the mean probability over the networks, of shape (n_rows,).

    Parameters
    ----------
    logits : ndarray of shape (n_networks, n_rows)
        Overwritten.
    """
    if len(logits) == 1:
        largest = np.finfo(logits.dtype).max
        odds = logits[0].clip(-largest, largest)
    else:
        logits.clip(*logit_range(logits.dtype), out=logits)
        odds = np.log(expit(logits).sum(axis=0)) - np.log(expit(-logits).sum(axis=0))
    odds[abs(odds) <= np.finfo(odds.dtype).eps] = 0  # as good as a tie
    return odds


@cache
def logit_range(dtype):
    """Logits whose probabilities, both of them, are above 0."""
    limit = -np.log(np.finfo(dtype).tiny) - 1
    return -limit, limit


def probabilities(log_odds):
    """Both probabilities on a new last axis, kept from being rounded to 0 and 1."""
    limit = -np.log(np.finfo(log_odds.dtype).eps)
    both = np.empty((*log_odds.shape, 2), log_odds.dtype)
    log_odds.clip(-limit, limit, out=both[..., 1])
    np.negative(both[..., 1], out=both[..., 0])
    return expit(both, out=both)


def out_of_fold(stack, rows):
    """Probabilities of the training rows by the networks that did not train on them.

    Parameters
    ----------
    stack : Stack
    rows : Rows
        With a fold each.

    Returns
    -------
    proba : ndarray of shape (n_rows_of_X, 2)
        Rows of weight 0, on which no network trained, have the mean of all.
    log_loss : float
        Weighted mean over the rows.
    """
    total = np.zeros((rows.X.shape[0], 2))
    for network in range(len(stack)):
        held = rows.index[~rows.trains(network)]
        alone = stack.with_params(stack.params[[network]])
        logits = logits_to_trust(alone, rows.X, held)[0]
        total[held] += expit(np.column_stack([-logits, logits]))
    left_out = np.flatnonzero(total.sum(axis=1) == 0)
    if len(left_out):
        logits = logits_to_trust(stack, rows.X, left_out)
        total[left_out] = expit(np.stack([-logits, logits], axis=2)).mean(axis=0)
    total /= total.sum(axis=1, keepdims=True)
    of_truth = total[rows.index, (rows.sign > 0).astype(int)]
    tiny = np.finfo(rows.X.dtype).tiny
    log_loss = -np.average(np.log(np.maximum(of_truth, tiny)), weights=rows.weight)
    return total.astype(rows.X.dtype), log_loss

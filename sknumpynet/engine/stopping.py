"""Which epoch of each network to keep, and when a network has finished.

Each network's epochs are compared by that network's own score (a loss: lower is better), so that it
stops when it would have stopped alone.
"""

import numpy as np

from .network import BLOCK_ROWS

RATE_DIVISOR, LOWEST_RATE = 5.0, 1e-6  # "adaptive", as in scikit-learn's MLP


class Stopping:
    """Best parameters and remaining patience of each network.

    Parameters
    ----------
    params : ndarray of shape (n_estimators, n_params)
        The initial parameters; kept if no epoch has a finite score.
    tol : float
        A score counts as progress when it is lower than the best by more than this.
    patience : int or inf
        Epochs without progress after which a network stops.
    adaptive_from : float, optional
        The initial learning rate, if it is to be adapted. When patience is lost, the rate is then
        divided by 5, and a network stops once its rate is down to 1e-6.

    Attributes
    ----------
    best_params, best_score, best_epoch : ndarray, first axis n_estimators
    is_running : ndarray of bool of shape (n_estimators,)
    has_diverged : ndarray of bool of shape (n_estimators,)
        Networks whose loss or parameters stopped being finite.
    rate_factor : ndarray of shape (n_estimators, 1)
    """

    def __init__(self, params, *, tol, patience, adaptive_from=None):
        n_estimators = len(params)
        self.tol, self.patience, self.adaptive_from = tol, patience, adaptive_from
        self.best_params = params.copy()
        self.best_score = np.full(n_estimators, np.inf)
        self.best_epoch = np.zeros(n_estimators, int)
        self.is_running = np.ones(n_estimators, bool)
        self.has_diverged = np.zeros(n_estimators, bool)
        self.rate_factor = np.ones((n_estimators, 1))
        self._n_stale = np.zeros(n_estimators, int)

    def update(self, networks, epoch, score, params):
        """Compare an epoch with the best so far, and stop networks without progress.

        Parameters
        ----------
        networks : ndarray of int
            Numbers of the running networks, the rows of ``score`` and ``params``.
        epoch : int
            From 1.
        score : ndarray of shape (len(networks),)
        params : ndarray of shape (len(networks), n_params)

        Returns
        -------
        bool
            Whether a network has stopped or changed its rate.
        """
        # Network by network here and below: copying a stack of wide layers takes long.
        is_finite = np.array([np.isfinite(of_one).all() for of_one in params], bool)
        is_sound = np.isfinite(score) & is_finite
        score = np.where(is_sound, score, np.inf)
        progress = score < self.best_score[networks] - self.tol
        is_best = score < self.best_score[networks]
        better = networks[is_best]
        for network, position in zip(better, np.flatnonzero(is_best), strict=True):
            self.best_params[network] = params[position]  # first: an interrupted fit keeps them
        self.best_score[better] = score[is_best]
        self.best_epoch[better] = epoch
        self._n_stale[networks] = np.where(progress, 0, self._n_stale[networks] + 1)

        self.has_diverged[networks] = ~is_sound
        impatient = networks[self._n_stale[networks] >= self.patience]
        if self.adaptive_from is not None:
            self.rate_factor[impatient] /= RATE_DIVISOR
            self._n_stale[impatient] = 0
            rate = self.adaptive_from * self.rate_factor[impatient, 0]
            self.is_running[impatient] = rate > LOWEST_RATE
        else:
            self.is_running[impatient] = False
        self.is_running[networks] &= is_sound
        return bool(len(impatient)) or not is_sound.all()


def best_so_far(stopping, params):
    """The best epoch, or the weights within the first epoch, which have no score.

    Returns
    -------
    params, score, epoch : ndarray, first axis n_networks
    """
    if not stopping.best_epoch.any():
        stopping.best_params = np.where(
            np.isfinite(params).all(axis=1, keepdims=True), params, stopping.best_params
        )
    score = np.where(stopping.best_epoch, stopping.best_score, np.nan)
    return stopping.best_params, score, stopping.best_epoch


def best_of_training(objective, stopping, start, last, loss_curve):
    """Without validation rows: the best epoch, or the last or the start if those are better.

    An epoch's training loss is measured before each step, so the weights at the end of an epoch of
    low loss need not be good. The objective is therefore computed for each candidate. Networks keep
    the start only if their loss has not fallen. If the best epoch is the last, a sample of the rows
    suffices, provided that it shows a gain over the start: all rows take a third of an epoch.

    Returns
    -------
    params, score, epoch : ndarray, first axis n_networks
        The score is the lowest loss of an epoch, or the loss of the start if that is kept.
    """
    n_epochs = (~np.isnan(loss_curve)).sum(axis=0)
    if (stopping.best_epoch == n_epochs).all():
        sample = slice(None, None, -(-len(objective.problem.rows.index) // BLOCK_ROWS))
        kept, first = (objective.value(params, sample) for params in (stopping.best_params, start))
        if (kept < first).all():
            return stopping.best_params, stopping.best_score, stopping.best_epoch
    value = np.full((3, len(start)), np.inf)
    candidates = np.array([stopping.best_params, last, start])

    def judge(which):
        found = objective.value(candidates[which])
        value[which] = np.where(np.isfinite(found), found, np.inf)

    judge(0)
    if (stopping.best_epoch != n_epochs).any():
        judge(1)
    has_fallen = value.min(axis=0) < loss_curve[0]
    if not has_fallen.all():
        judge(2)
        value[2, has_fallen] = np.inf
    which = value.argmin(axis=0)
    score = np.where(which == 2, value[2], stopping.best_score)
    epoch = np.choose(which, [stopping.best_epoch, n_epochs, 0])
    return candidates[which, np.arange(len(start))], score, epoch

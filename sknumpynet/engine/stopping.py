"""Which epoch of each network to keep, and when a network has finished.

The networks of a stack are judged one by one, each by its own score (a loss: lower is better), so
that a network stops when it would have stopped alone.
"""

import numpy as np

RATE_DIVISOR, LOWEST_RATE = 5.0, 1e-6  # "adaptive", as in scikit-learn's MLP


class Stopping:
    """Best parameters so far, and patience.

    Parameters
    ----------
    params : ndarray of shape (n_estimators, n_params)
        Where training starts; kept should no epoch have a finite score.
    tol : float
        A score counts as progress when it is lower than the best by more than this.
    patience : int or inf
        Epochs without progress after which a network stops.
    adaptive_from : float, optional
        The initial learning rate where it is to be adapted: then lost patience divides the rate by
        5, and a network stops once its rate is down to 1e-6.

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
        """Judge an epoch.

        Parameters
        ----------
        networks : ndarray of int
            The running networks, which ``score`` and ``params`` are about.
        epoch : int
            From 1.
        score : ndarray of shape (len(networks),)
        params : ndarray of shape (len(networks), n_params)

        Returns
        -------
        bool
            Whether a network has stopped or changed its rate.
        """
        # Network by network here and below: of a stack of wide layers, copies take long.
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

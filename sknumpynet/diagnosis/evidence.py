"""The evidence for a diagnosis, computed from a fitted estimator and its data."""

import warnings

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..containers import container_of
from ..engine.inputs.reading import Reader
from ..engine.losses import LOSSES
from ..engine.network import Network
from ..engine.objective import Objective
from ..engine.prediction import logits_to_trust, pass_forward
from ..fitted import as_fitted, is_as_trained, problem_of, stack_of, training_rows
from .random_features import told_by
from .sample import have_both_labels
from .table import Table
from .trials import TINY, Trials, mean_and_error

# Limits of the sample: values and rows of the table, rows passed through the networks.
MOST_VALUES, MOST_ROWS, PASSED_ROWS = 2_000_000, 20_000, 2_000
CHANGED = 0.1  # of the base rate's loss, by which rows of training are not worse than others
BACKWARD_ROWS = 500  # in float64
SHIFTS = (0, 1, -1, 2, -2, 3, -3, "reversed")  # rows by which labels may have slipped
ROUNDING = 1e-4  # of probabilities in float32, or computed in another batch


class lazily:  # noqa: N801
    """functools.cached_property without the lock that it has before Python 3.12.

    A child forked while another thread holds that lock would wait for ever.
    """

    def __init__(self, method):
        self.method, self.__doc__ = method, method.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, evidence, owner=None):
        vars(evidence)[self.name] = value = self.method(evidence)
        return value


class Evidence:
    """Figures that the questions read; the costly ones are computed on first use."""

    def __init__(self, clf, X, y, sample_weight, may_try=False):
        self.may_try = may_try
        self.clf = clf = as_fitted(clf)
        self.layout, self.activation = stack_of(clf).layout, clf.activation
        rows, weight = training_rows(clf, X, y, sample_weight)
        is_positive = rows.sign > 0
        if is_positive.all() or not is_positive.any():
            only = clf.classes_.tolist()[int(is_positive[0])]
            raise ValueError(f"y has rows of one class only, {only!r}; give rows of both.")
        self.all_rows, self.n_rows = rows, len(rows.index)
        n_rows = min(MOST_ROWS, max(200, MOST_VALUES // rows.X.shape[1]))
        rng, chosen = np.random.default_rng(0), slice(None)
        if self.n_rows > n_rows:
            order = rng.permutation(self.n_rows)
            order = order[np.argsort(rows.sign[order], kind="stable")]  # both labels stay in
            chosen = np.sort(order[np.linspace(0, self.n_rows - 1, n_rows).astype(int)])
            rows = rows.take(chosen)
        self.chosen, self.all_weight = chosen, weight
        self.few_positions = rng.permutation(len(rows.index))[:PASSED_ROWS]
        self.rows, self.few = rows, rows.take(self.few_positions)
        self.is_positive, self.weight = rows.sign > 0, weight[chosen]
        self.trained_weight = rows.weight
        self.table = Table(clf, self.all_rows, rows)
        self.container = "sparse" if sparse.issparse(X) else container_of(X)  # for lines of code

    @lazily
    def kind(self):
        """A number for each of all rows, from 0 on; equal rows have equal numbers."""
        return self.table.kind_of_rows()

    @lazily
    def constant(self):
        """Columns with one value in all rows: those that had several in fit, and the others."""
        columns, values = self.table.constant()
        has_changed = self._varied_in_fit(columns, values)
        return columns[has_changed], columns[~has_changed]

    def _varied_in_fit(self, columns, values):
        """Whether columns had several values in fit that have this one now; False if unknown."""
        levels, scaling = self.table.levels, stack_of(self.clf).encoding.scaling
        varied = np.array([len(levels[column] or ()) > 1 for column in columns], bool)
        if scaling.factor is None:
            return varied
        numbers = np.flatnonzero(~self.table.of_levels[columns])
        place = self.table.place[columns[numbers]]
        # Files of version 0.1.0 scale sparse rows about 0.
        center = 0 if scaling.center is None else scaling.center[place]
        factor = scaling.factor[place]
        # After a stream, the factor of a column that was constant in its first piece is 1.
        is_told = (factor != 1) | (self.clf.n_iter_ > 1) | (values[numbers] != center)
        varied[numbers] = (factor != 0) & is_told
        return varied

    @property
    def has_signal(self):
        """Whether any column of the sample has more than one value."""
        return self.table.varies.any()

    @property
    def base_rate(self):
        """Base rate: share of the weight in the positive class."""
        return np.average(self.is_positive, weights=self.weight)

    @property
    def prior_loss(self):
        """Log loss of predicting the base rate for every row, with the weights of training."""
        rate = np.average(self.is_positive, weights=self.trained_weight)
        p = np.array([rate, 1 - rate])
        return max(-(p * np.log(p.clip(1e-300))).sum(), TINY)  # one class may weigh nearly all

    @lazily
    def out_of_fold(self):
        """Probability of the positive class for the sample, out of fold; None if it is not known.

        For rows in another order than in the fit, ``oof_proba_`` belongs to other rows. It then
        lies outside the range of the networks' probabilities for some row, and is not used.
        """
        oof = getattr(self.clf, "oof_proba_", ())
        if len(oof) != self.rows.X.shape[0]:
            return None
        z, some = self.passed.logits, oof[self.few.index, 1]
        p = expit(np.where(np.isnan(z), 0, z))
        is_known = (abs(some - some.clip(p.min(axis=0), p.max(axis=0))) < ROUNDING).all()
        return oof[self.rows.index, 1] if is_known else None

    @lazily
    def probability(self):
        """Probability of the positive class for the sample; out of fold if that is known."""
        if self.out_of_fold is not None:
            return self.out_of_fold
        return expit(logits_to_trust(stack_of(self.clf), self.rows.X, self.rows.index)).mean(axis=0)

    @property
    def few_members(self):
        """The same for the few rows, by each network alone: of shape (n_networks or 1, n_few)."""
        if self.out_of_fold is not None:
            return self.out_of_fold[np.newaxis, self.few_positions]
        logits = self.passed.logits
        return expit(np.where(np.isnan(logits), 0, logits))

    @lazily
    def judged_loss(self):
        """Log loss on validation rows; None if there were none, or other networks were put in."""
        if not is_as_trained(self.clf):
            return None
        if hasattr(self.clf, "oof_log_loss_"):
            return self.clf.oof_log_loss_
        is_known = getattr(self.clf, "validation_curve_", None) and np.isfinite(self.clf.best_loss_)
        return self.clf.best_loss_ if is_known else None

    @lazily
    def training_loss(self):
        """Log loss of each network on the sample, of shape (n_networks,)."""
        margin = self.passed.logits * self.few.sign
        weight = self.trained_weight[self.few_positions]
        return np.average(np.logaddexp(0, -margin), axis=1, weights=weight)

    @property
    def is_judged(self):
        """Whether the loss on validation rows tells of these networks and rows.

        It does not if the networks were changed by hand, or the rows are not those of the fit: then
        they are worse on these rows, most of which they trained on, than on validation rows.
        """
        if self.judged_loss is None:
            return False
        return self.training_loss.mean() < self.judged_loss + CHANGED * self.prior_loss

    @property
    def loss(self):
        """Log loss on validation rows, or on the rows given if that tells nothing of them."""
        return self.judged_loss if self.is_judged else self.training_loss.mean()

    @property
    def gain(self):
        """Fraction of the base rate's log loss that the estimator has removed."""
        return 1 - self.loss / self.prior_loss

    @lazily
    def linear_inputs(self):
        """Inputs of a logistic regression for a few rows, without gaps, within [-1, 1].

        Numbers, the mean where one is missing; whether a number is missing; one input for each
        frequent level.
        """
        encoding, parts = stack_of(self.clf).encoding, []
        numbers = self.table.values[self.few_positions]
        if encoding.n_categorical:
            table = self.few.X[self.few.index]
            numbers = table[:, : encoding.n_numeric].astype(np.float64)
            if encoding.levels is not None:
                inputs = np.empty((len(encoding.levels.source), len(table)))
                encoding.levels.apply(table.T, inputs, np.empty_like(inputs, table.dtype))
                parts.append(inputs.T)
        is_missing, numbers = np.isnan(numbers), in_reach(numbers)[0]
        numbers = np.where(is_missing, mean_of_known(numbers), numbers)
        return np.hstack([numbers, is_missing[:, is_missing.any(axis=0)], *parts])

    @lazily
    def linear_probability(self):
        """Out-of-fold probabilities of a logistic regression on a few rows; None for too few."""
        few = self.few_positions
        if min(np.bincount(self.is_positive[few], minlength=2)) < 10:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return cross_val_predict(
                make_pipeline(StandardScaler(), LogisticRegression()),
                self.linear_inputs,
                self.is_positive[few],
                method="predict_proba",
                cv=3,
            )[:, 1]

    @lazily
    def linear_loss(self):
        """Its log loss; inf for too few rows."""
        if self.linear_probability is None:
            return np.inf
        few = self.few_positions
        return log_loss(
            self.is_positive[few], self.linear_probability, sample_weight=self.trained_weight[few]
        )

    @lazily
    def lags(self):
        """Whether next to nothing is learnt, or less than a logistic regression learns."""
        return self.gain < 0.1 or self.loss > self.linear_loss + 0.02 * self.prior_loss

    @lazily
    def simple_gain(self):
        """About the gain of a simple model, cross-validated; the better one of two."""
        return max(max(self.told_by_columns[0], 0) ** 2, 1 - self.linear_loss / self.prior_loss)

    @property
    def could_learn_more(self):
        """Whether a simple model tells clearly more of the labels than the estimator has learnt."""
        return self.simple_gain > max(self.gain, 0) + 0.03

    @property
    def summary(self):
        """The log loss beside that of the base rate, in a line."""
        which = "held out" if self.is_judged else "given"
        return (
            f"Log loss {self.loss:.4f} on rows {which}; the base rate {self.base_rate:.3f} alone "
            f"has {self.prior_loss:.4f}."
        )

    @lazily
    def trials(self):
        """Small fits to compare with; None if there are to be none, or nothing to fit."""
        can_try = self.has_signal and have_both_labels(self.few)
        return Trials(self) if self.may_try and can_try else None

    @lazily
    def gained_by_row(self):
        """How far log losses are below the base rate's: their mean, and its standard error."""
        rate = np.average(self.is_positive, weights=self.trained_weight)
        p, y = self.probability, self.is_positive
        of_truth, of_prior = (np.where(y, of, 1 - of).clip(1e-12) for of in (p, rate))
        return mean_and_error(np.log(of_truth / of_prior), self.trained_weight)

    @lazily
    def stack(self):
        """All networks, on encoded inputs."""
        return stack_of(self.clf).unfolded(self.rows.X.dtype)

    @lazily
    def passed(self):
        """The networks after a forward pass over a few rows."""
        return pass_forward(self.stack, self.rows.X, self.few.index)

    @lazily
    def gradients(self):
        """Gradient of the objective on the sample: (n_networks, fan_in + 1, fan_out) a layer."""
        problem = problem_of(self.clf, self.few)
        params, objective = problem.stack.params, Objective(problem, np.arange(len(problem.stack)))
        grad = np.empty_like(params)
        objective.value_and_grad(params, slice(0, len(self.few.index)), grad)
        return self.layout.views(grad)

    @lazily
    def delta_sizes(self):
        """Size of dLoss/dz over a few rows, of shape (n_layers, n_networks).

        The root mean square over rows and units. It does not vanish, as the mean over rows does,
        where the output predicts the base rate. In float64, for what fades through many layers.
        """
        rows, clf = self.few.take(slice(BACKWARD_ROWS)), self.clf
        stack = stack_of(clf).unfolded(np.float64)
        passed = Network(stack, len(rows.index), np.empty_like(stack.params))
        inputs = Reader(stack.to_apply, np.float64).read(rows.X, rows.index)
        against = -rows.sign * passed.forward(inputs)
        LOSSES[clf.loss].slope(against, clf.label_smoothing, passed.slope)
        passed.slope *= -rows.sign
        passed.backward()
        return np.sqrt([np.square(delta).mean(axis=(1, 2)) for delta in passed.delta])

    def signs_of_others(self, rows, shift):
        """The signs of the labels so many rows further on, or in reversed order; NaN beyond."""
        place, n_rows = np.searchsorted(self.all_rows.index, rows.index), self.n_rows
        other = n_rows - 1 - place if shift == "reversed" else place + shift
        is_there = (other >= 0) & (other < n_rows)
        return np.where(is_there, self.all_rows.sign[other % n_rows], np.nan)

    @lazily
    def told_by_columns(self):
        """What the columns tell a cheap model of labels, by the shift of the labels.

        The correlation of label and cross-validated prediction, for the label ``shift`` rows
        further on, and, as "reversed", for labels read from the last to the first.
        """
        labels = {shift: self.signs_of_others(self.few, shift) for shift in SHIFTS}
        return told_by(self.linear_inputs, labels)

    def _of_last_call(self, curve):
        """The last call's epochs, from a curve of all calls; (n_epochs, n_networks)."""
        if not curve:  # interrupted in the first epoch
            return self.training_loss[np.newaxis]
        n_epochs = self.clf.n_iter_ if self.clf.n_iter_ > 1 else len(curve)
        epochs = np.reshape(curve[-n_epochs:], (n_epochs, -1))
        if self.clf.n_iter_ == 1:  # after a fit in which networks had finished
            is_whole = np.isfinite(epochs).all(axis=1)
            is_whole[-1] = True
            epochs = epochs[is_whole]
        return epochs

    @lazily
    def loss_curve(self):
        """Training loss, epoch by epoch."""
        return self._of_last_call(self.clf.loss_curve_)

    @lazily
    def validation_curve(self):
        """Validation loss, epoch by epoch; there must have been validation rows."""
        return self._of_last_call(self.clf.validation_curve_)

    @lazily
    def fall_at_end(self):
        """Fall of the loss in the last epoch, as a fraction of the prior loss; median network.

        The validation loss, if there is one: 0 for a network whose best epoch was an earlier one.
        """
        clf, is_judged = self.clf, self.judged_loss is not None
        curve = self.validation_curve if is_judged else self.loss_curve
        n_epochs, networks = np.isfinite(curve).sum(axis=0), np.arange(curve.shape[1])
        last, before = (curve[np.maximum(n_epochs - back, 0), networks] for back in (1, 2))
        if len(curve) == 1:
            before = self.prior_loss
            if not is_judged:  # the training loss is that of the weights before the epoch
                last = self.training_loss
        fall = (before - last) / self.prior_loss
        if is_judged:
            n_epochs = np.minimum(n_epochs, clf.n_iter_)
            fall = np.where(np.atleast_1d(clf.best_iter_) >= n_epochs, fall, 0)
        return float(np.median(fall))


def in_reach(values):
    """Columns divided exactly by a power of two, so that squares do not overflow; its exponents."""
    exponent = np.frexp(np.fmax.reduce(abs(values)))[1]
    return np.ldexp(values, -exponent), exponent


def mean_of_known(values):
    """The mean of each column's values that are not missing; 0 where all are."""
    is_known = ~np.isnan(values)
    return np.where(is_known, values, 0).sum(axis=0) / np.maximum(is_known.sum(axis=0), 1)

"""Trials: small fits on a sample of the rows, which tell what holds an estimator back.

The same rows are held out of every trial, and trials are compared row by row, so that few rows
tell much. Losses are log losses on those rows. Everything is seeded: the same data give the same
trials.
"""

import warnings
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np

from ..classifier import NumpyMLPBinaryClassifier
from ..engine.layout import Layout
from ..training_setup import decide_course, rows_per_step
from .sample import Sample, inputs_of
from .words import in_words

NETWORKS, WIDE, NETWORKS_IF_WIDE = 4, 16, 2  # networks of a trial, by columns
STEP, MULTIPLIED = 4e-5, 1.2e10  # seconds of a layer's step; multiplications in a second
LONGEST, IN_ALL = 1.0, 5.0  # seconds of a trial, and of all, by that estimate
USUAL_EPOCHS = 30
N_ERRORS = 2.5  # standard errors that may be chance
TINY = np.finfo(np.float64).tiny
FAILING = 0.5  # of what a better fit takes off the base rate's loss
MARGIN, PART = 0.02, 0.7  # of the base rate's loss, and of what the better one takes off it
# They do not belong to how one network learns, or stand for something in trials.
NOT_TRIED = {
    "random_state", "verbose", "warm_start", "n_jobs", "n_estimators", "class_weight",
    "categorical_features", "precision",
}  # fmt: skip
# A stream has no epochs to choose from, and no end.
NOT_OF_STREAMS = {
    "max_iter", "tol", "n_iter_no_change", "early_stopping", "validation_fraction", "averaging",
    "max_fun",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Trial:
    """A small fit and how well it does on the rows held out of it.

    Parameters
    ----------
    what : str
        What was tried, in words.
    params : dict
        The parameters changed from those of the estimator.
    losses, weight : ndarray of shape (n_judged,)
        Log loss and weight of each row that it is judged by.
    prior_loss : float
        Log loss of the base rate on these rows.
    """

    what: str
    params: dict
    losses: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)
    prior_loss: float

    @property
    def loss(self):
        """Mean log loss on the rows held out."""
        return float(np.average(self.losses, weights=self.weight))

    @property
    def gain(self):
        """Fraction of the base rate's log loss that is gone."""
        return 1 - self.loss / self.prior_loss

    def beats(self, other, margin=MARGIN, part=PART, n_errors=N_ERRORS):
        """Whether it has learnt much more: beyond chance, and beyond a part of the prior loss.

        By the differences row by row, whose mean must exceed some standard errors. The other must
        also have taken less than a part of what this one took off the base rate's loss; one that
        took nothing off it beats none.

        Parameters
        ----------
        other : Trial
            On the same rows.
        margin : float, default=0.02
            Least mean difference, as a fraction of the base rate's loss.
        part : float, default=0.7
            The part of this trial's gain that the other must not have.
        n_errors : float, default=2.5
            Standard errors that may be chance.

        Returns
        -------
        bool
            False also where the lead may be chance.
        """
        if self.gain <= 0 or other.gain >= part * self.gain:
            return False
        mean, error = mean_and_error(other.losses - self.losses, self.weight)
        return bool(mean > max(margin * self.prior_loss, n_errors * error))


class Trials:
    """The trials of a diagnosis, each made when it is first asked for.

    Parameters
    ----------
    evidence : Evidence

    Attributes
    ----------
    made : list of Trial
        In the order in which they were made; the first is the estimator as it is.
    rows : Sample
    changed : dict
        The parameters that differ from the defaults, as they are set.
    """

    def __init__(self, evidence):
        self.clf, self.evidence = evidence.clf, evidence
        self.rows = rows = Sample(evidence)
        self.known, self.made, self.is_cut, self.seconds = {}, [], False, 0.0
        self.is_stream = self.clf.judged_on == "stream"
        self.as_set_params, self.defaults = self._parameters()
        self.changed = {
            name: value
            for name, value in self.as_set_params.items()
            if value != self.defaults[name]
        }
        self.base_rate = self._judged_base_rate()
        self.own = self._judged("as it is", {}, evidence.few_members[:, rows.chosen[rows.judged]])

    def _parameters(self):
        """The parameters of the estimator that can be tried, "auto" where it was, and defaults."""
        clf, evidence = self.clf, self.evidence
        default = NumpyMLPBinaryClassifier().get_params()
        left_out = NOT_TRIED | (NOT_OF_STREAMS if self.is_stream else set())
        names = [name for name in default if name not in left_out]
        found = SimpleNamespace(**{name: getattr(clf, name) for name in default})
        autos = [name for name in ("max_iter", "n_iter_no_change", "averaging") if name in names]
        for name in autos:
            setattr(found, name, "auto")
        decide_course(found, evidence.all_rows, clf.judged_on, self.is_stream)
        params = {name: getattr(clf, name) for name in names}
        for name in autos:
            if getattr(found, name) == params[name]:
                params[name] = "auto"
        if clf.warm_start and params.get("max_iter", "auto") != "auto":  # of all calls together
            params["max_iter"] = max(clf.max_iter, round(clf.t_ / evidence.n_rows))
        return params, {name: default[name] for name in names}

    @property
    def as_set(self):
        """A fresh fit with the parameters as they are."""
        return self.run({}, "fitted anew as it is set")

    @property
    def default(self):
        """A fresh fit with the defaults."""
        return self.run({name: self.defaults[name] for name in self.changed}, "with the defaults")

    @property
    def best(self):
        """A fresh `fit` with the defaults, of a stream as well."""
        return self.fit_default() if self.is_stream else self.default

    @property
    def fails(self):
        """Whether a fresh fit with the defaults learns much more than the estimator did.

        If nobody has judged it yet on rows that it did not train on, a fresh fit as it is set does.
        """
        both = self.own, self.as_set  # which are judged apart: together less will do
        if self.best.beats(self.own) or all(self.best.beats(of, n_errors=2.0) for of in both):
            return True
        is_judged = self.evidence.judged_loss is not None
        return not is_judged and self.best.beats(self.as_set) and not self.is_cut

    @property
    def can_tell(self):
        """Whether any fit to so few rows learns, so that trials can be compared."""
        return self.best.beats(self.base_rate) or self.as_set.beats(self.base_rate)

    @property
    def as_set_learns(self):
        """Whether a fresh fit as it is set learns what the estimator did not."""
        return self.as_set.beats(self.own) and not self.default.beats(self.as_set)

    @property
    def is_exhausted(self):
        """Whether trials took as long as they may, by an estimate that is the same anywhere."""
        return self.seconds > IN_ALL

    def is_affordable(self, params):
        """Whether there is time for a fit with the defaults but for these parameters."""
        clf = NumpyMLPBinaryClassifier(**(self.defaults | params), n_estimators=NETWORKS)
        seconds = self._seconds_of_epoch(clf, self.rows.X, self.rows.y)
        return self.seconds + USUAL_EPOCHS * seconds < IN_ALL

    def run(self, params, what=""):
        """The trial with these parameters instead of those of the estimator.

        Parameters
        ----------
        params : dict
            Those that are not tried are ignored.
        what : str, optional
            In words; by default the parameters.
        """
        params = {name: value for name, value in params.items() if name in self.defaults}
        return self._run(self.as_set_params | params, params, what, is_stream=self.is_stream)

    def fit_default(self):
        """A fit with the defaults, for estimators that were trained by `partial_fit` as well."""
        return self._run(self.defaults, {}, "fitted with the defaults", is_stream=False)

    def told(self, after, before):
        """What a remedy brought, in words."""
        n_rows = len(self.rows)
        return f"Tried on {n_rows:,} rows: log loss {before.loss:.3f} -> {after.loss:.3f}"

    def with_levels(self, columns):
        """A fit with the defaults that takes these columns of the sample as categorical."""
        mask = self.rows.categorical.copy()
        mask[columns] = True
        what = "with codes as levels"
        return self._run(self.defaults | {"categorical_features": mask}, {}, what, is_stream=False)

    def _run(self, settings, params, what, is_stream):
        key = repr(sorted(settings.items())) + str(is_stream)
        if key not in self.known:
            what = what or in_words(params, self.defaults)
            parts = [self._probability(settings, *fold, is_stream) for fold in self.rows.folds]
            p = np.concatenate(parts, axis=1)
            self.known[key] = self._judged(what, params, p)
        return self.known[key]

    def _judged(self, what, params, p):
        """A trial of what each network says of the rows held out; its losses are their means."""
        y = self.rows.y[self.rows.judged]
        of_truth = np.where(y, p, 1 - p).astype(np.float64)
        losses = -np.log(of_truth.clip(1e-12)).mean(axis=0)
        self.made.append(replace(self.base_rate, what=what, params=params, losses=losses))
        return self.made[-1]

    def _judged_base_rate(self):
        """The trial of which all others take the weights: the base rate for every row."""
        rows, judged = self.rows, self.rows.judged
        y, weight = rows.y[judged], rows.weight[judged]
        rate = np.average(rows.y, weights=rows.weight)
        losses = -np.log(np.where(y, rate, 1 - rate).clip(1e-300))
        # Where one class weighs nearly all, not 0, by which gains are divided.
        prior_loss = float(max(np.average(losses, weights=weight), TINY))
        return Trial("the base rate", {}, losses, weight, prior_loss)

    def _probability(self, settings, train, held, is_stream):
        """What each network of a fit says of the rows held out of it."""
        rows = self.rows
        n_networks = NETWORKS if self.rows.X.shape[1] <= WIDE else NETWORKS_IF_WIDE
        if self.clf.n_estimators == 1 and settings.get("validation_fraction", 0.1) != 0.1:
            n_networks = 1  # of several networks it says nothing
        levels = {"categorical_features": rows.categorical} if rows.categorical.any() else {}
        more = {"n_estimators": n_networks, "random_state": 0}
        clf = NumpyMLPBinaryClassifier(**(levels | settings | more))
        weight = self.share(clf, train)
        X, y = rows.X[train], rows.y[train]
        train_it = self._stream if is_stream else self._fit
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                train_it(clf, X, y, weight)
            except ValueError:  # such as too few rows for early_stopping=True: nothing is learnt
                return np.full((1, len(held)), np.average(y, weights=weight))
        return clf.predict_proba_members(rows.X[held])

    def share(self, clf, train):
        """Weights of rows of a trial; a penalty is set against the sum of all rows' weights."""
        weight = self.rows.weight[train]
        share = weight.sum() / self.evidence.all_rows.weight.sum()
        clf.set_params(alpha=float(clf.alpha * share))
        return weight

    def _fit(self, clf, X, y, weight):
        """A fit of bounded work."""
        seconds = self._seconds_of_epoch(clf, X, y)
        most = max(1, int(LONGEST / len(self.rows.folds) / seconds))
        is_long = clf.max_iter != "auto" and clf.max_iter > most
        if clf.max_iter == "auto":  # which ends by itself, but not soon if an epoch takes seconds
            most = max(1, int(IN_ALL / seconds))
            is_long = most < USUAL_EPOCHS
        if is_long:
            self.is_cut = True
            clf.set_params(max_iter=most)
        clf.fit(X, y, weight)
        self.seconds += clf.n_iter_ * seconds

    def _seconds_of_epoch(self, clf, X, y):
        """About how long an epoch takes."""
        rows = SimpleNamespace(index=np.arange(len(y)), X=X)
        n_steps = -(-len(y) // min(rows_per_step(clf.batch_size, rows), len(y)))
        sizes = np.atleast_1d(np.array(clf.hidden_layer_sizes, int))
        layout = Layout((inputs_of(X.shape[1], clf.numeric_bins), *sizes, 1))
        n_multiplied = 6 * len(y) * layout.n_params * clf.n_estimators
        return n_steps * (len(sizes) + 1) * STEP + n_multiplied / MULTIPLIED

    def _stream(self, clf, X, y, weight):
        """As many rows as the estimator has seen, in pieces as large, in random order."""
        n_pieces = len(self.clf.loss_curve_)
        size = int(np.clip(self.clf.t_ // n_pieces, 1, len(y)))
        seconds = self._seconds_of_epoch(clf, X[:size], y[:size])
        n_pieces = max(1, min(n_pieces, int(LONGEST / len(self.rows.folds) / seconds)))
        rng, left = np.random.default_rng(0), np.zeros(0, int)
        for _ in range(n_pieces):
            while len(left) < size:
                left = np.append(left, rng.permutation(len(y)))
            piece, left = left[:size], left[size:]
            clf.partial_fit(X[piece], y[piece], [False, True], weight[piece])
            self.seconds += self._seconds_of_epoch(clf, X[piece], y[piece])


def mean_and_error(values, weight):
    """The weighted mean of what was found row by row, and its standard error."""
    weight = weight / weight.sum()
    mean = weight @ values
    return mean, np.sqrt(np.square(weight * (values - mean)).sum())


def severity_of(before, after):
    """Of a finding: an error, where less than half of what can be learnt was learnt."""
    return "error" if before.gain < FAILING * after.gain else "warning"


def worse_of(*trials):
    """The trial of the highest loss."""
    return max(trials, key=lambda trial: trial.loss)

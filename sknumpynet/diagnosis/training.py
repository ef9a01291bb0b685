"""Questions about the set-up and the course of training."""

import numpy as np

from ..engine.initializers import RELATIVE_RATE, relative_rates
from ..engine.optimizers import is_adaptive, settings_of
from ..training_setup import rows_per_step
from .report import Finding

FIT_AGAIN = "call fit again, which draws the networks anew and learns the scaling from all rows"


def is_rate_too_high(evidence):
    """The training loss rises, leaps or stops being finite."""
    clf, curve = evidence.clf, evidence.loss_curve
    if clf.solver == "lbfgs":
        return
    rate = clf.learning_rate_init
    if not np.isfinite(curve[0]).all() or np.isinf(curve).any():
        yield Finding(
            "rate_too_high",
            "error",
            "",
            np.inf,
            f"The training loss stopped being a number: the steps of learning_rate_init={rate!r} "
            "lead out of all bounds.",
            afresh(clf, learning_rate_init="auto"),
        )
        return
    relative = relative_rate(evidence) if is_adaptive(clf.solver) else None
    if rate == "auto" or (relative is not None and relative < 3):
        return
    begun, leap = np.median(curve[0]) / evidence.prior_loss, leap_of(evidence)
    is_one_batch = rows_per_step(clf.batch_size, evidence.all_rows) >= evidence.n_rows
    if leap > 2 or (begun > 3 and not is_one_batch) or (relative or 0) > 30:
        yield Finding(
            "rate_too_high",
            "error" if evidence.gain < 0.3 else "warning",
            "",
            max(begun, leap),
            f"learning_rate_init={rate!r} makes steps that leap over the minimum: the loss of the "
            f"first epoch is {begun:.3g} times that of the base rate"
            + (f", and rises to {leap:.3g} times where it began." if leap > 1.01 else "."),
            afresh(clf, learning_rate_init="auto"),
        )


def is_unfinished(evidence):
    """Too low a rate, too few epochs or too little patience.

    The loss (the validation loss, if there is one) was still falling at the end; or the best epoch
    was the last that `max_iter` allowed, and little was learnt.
    """
    clf, fallen, relative = evidence.clf, evidence.fall_at_end, relative_rate(evidence)
    severity = "error" if evidence.gain < 0.1 else "warning"
    is_cut = clf.n_iter_ >= clf.max_iter
    if leap_of(evidence) > 1.5:
        relative = None  # the gradient may be small now, but was too large before
    if relative is not None and relative < 0.03 and (evidence.lags or fallen > 0.02):
        yield Finding(
            "rate_too_low",
            severity,
            "",
            relative,
            f"learning_rate_init={clf.learning_rate_init!r} is {relative:.2g} times what suits "
            f"these layers: after {clf.n_iter_} epoch(s) {max(evidence.gain, 0):.1%} of the base "
            "rate's loss is gone.",
            {"learning_rate_init": "auto", "solver": "adam"}
            if is_adaptive(clf.solver) is False
            else {"learning_rate_init": "auto"},
        )
    elif fallen > 0.02 or (is_cut and fallen > 0 and evidence.lags):
        longer = {"max_iter": max(200, 10 * clf.max_iter)} if is_cut else more_patience(clf)
        longer = {} if clf.judged_on == "stream" else longer  # which has neither
        yield Finding(
            "stopped_too_early",
            severity,
            "",
            fallen,
            f"Training ended after {clf.n_iter_} epoch(s), of which the last still took "
            f"{fallen:.1%} of the base rate's loss off.",
            longer,
            # Interrupted, stopped by a callback, or trained by partial_fit.
            step="" if longer else "call fit again to its end, or partial_fit with more rows",
        )


def more_patience(clf):
    """Parameters for more patience; empty if lack of patience did not stop the networks."""
    return ({"n_iter_no_change": 6} if clf.n_iter_no_change < 6 else {}) | (
        {"tol": 1e-4} if clf.tol > 1e-4 else {}
    )


def is_held_down(evidence):
    """A penalty, or a limit of the steps, is so strong that little is learnt."""
    clf = evidence.clf
    strength = {
        "alpha": clf.alpha / evidence.all_rows.weight.sum(),
        "weight_decay": clf.weight_decay / 100,
        "dropout": clf.dropout / 10,
        "label_smoothing": clf.label_smoothing / 10,
        "max_grad_norm": 1e-5 / clf.max_grad_norm if clf.max_grad_norm else 0,
    }
    strongest = max(strength, key=strength.get)
    if strength[strongest] > 0.05 and evidence.lags:
        value = getattr(clf, strongest)
        yield Finding(
            "penalty_too_strong",
            "error" if evidence.gain < 0.1 else "warning",
            "",
            value,
            f"{strongest}={value:g} outweighs what the rows have to say: {evidence.gain:.1%} of "
            "the base rate's loss is gone.",
            afresh(clf, **{strongest: None if strongest == "max_grad_norm" else 0.0}),
        )


def is_linear(evidence):
    """Hidden layers compute only what a logistic regression could."""
    clf = evidence.clf
    if len(evidence.layout.layer_sizes) > 2 and evidence.activation == "identity":
        yield Finding(
            "hidden_layers_idle",
            "error" if evidence.gain < 0.1 else "warning",
            "",
            evidence.gain,
            "activation='identity' makes layer upon layer one linear function: this is a logistic "
            "regression, whatever its hidden layers.",
            afresh(clf, activation="relu"),
        )


def relative_rate(evidence):
    """The learning rate relative to that of 'auto'; None for 'auto' itself and for L-BFGS.

    For SGD and whatever is no more adaptive: the size of its step with the present gradient,
    relative to the size of Adam's step at the rate of 'auto'.
    """
    clf = evidence.clf
    suitable = RELATIVE_RATE * np.median(relative_rates(evidence.layout, evidence.activation))
    if clf.learning_rate_init == "auto" or clf.solver == "lbfgs":
        return None
    if is_adaptive(clf.solver):
        return clf.learning_rate_init / suitable
    size = np.sqrt(np.mean([np.mean(np.square(layer)) for layer in evidence.gradients]))
    n_steps = clf.t_ / rows_per_step(clf.batch_size, evidence.all_rows)
    momentum = clf.momentum if "momentum" in settings_of(clf.solver) else 0
    added_up = 1 / max(1 - momentum, 1 / max(n_steps, 1))  # with a momentum of 1, all steps
    return clf.learning_rate_init * size * added_up / suitable


def leap_of(evidence):
    """Highest training loss, relative to the larger of the first and the prior; median network."""
    start = np.maximum(evidence.loss_curve[0], evidence.prior_loss)
    return np.median(np.fmax.reduce(evidence.loss_curve) / start)


def afresh(clf, **params):
    """Those of these arguments that change something, and warm_start=False if it is set.

    The next fit must start afresh.
    """
    changed = {name: value for name, value in params.items() if getattr(clf, name) != value}
    return changed | ({"warm_start": False} if clf.warm_start else {})


def begun_anew(clf, **params):
    """These arguments, and those for a fresh start at a suitable rate."""
    if is_adaptive(clf.solver) is False:
        params["solver"] = "adam"  # whose steps do not shrink with the gradient
    return afresh(clf, **params, learning_rate_init="auto")

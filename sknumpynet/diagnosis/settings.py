"""Which parameters hold training back: found by trials, one change after the other.

If the defaults learn much more than the parameters as they are, some of the changed ones are put
back, until the fewest are known that must be (Zeller and Hildebrandt 2002, "Simplifying and
isolating failure-inducing input": ddmin; theirs isolates by outcomes of tests, ours by losses).
"""

import numpy as np

from ..engine.optimizers import is_adaptive
from .report import Finding
from .training import afresh, is_rate_too_high, relative_rate
from .trials import severity_of, worse_of
from .units import has_uneven_gradients

ENOUGH = 0.8  # of what the best takes off the base rate's loss: the rest is put down to chance
LIKELY = 1.5  # standard errors, once it is known that the defaults learn more
CODES = {
    "learning_rate": "schedule_ends_early",
    "power_t": "schedule_ends_early",
    "max_iter": "stopped_too_early",
    "tol": "stopped_too_early",
    "n_iter_no_change": "stopped_too_early",
    "max_fun": "stopped_too_early",
    "alpha": "penalty_too_strong",
    "weight_decay": "penalty_too_strong",
    "dropout": "penalty_too_strong",
    "label_smoothing": "penalty_too_strong",
    "max_grad_norm": "penalty_too_strong",
    "early_stopping": "overfitting",
}
# Where either of two would do, the first is put back: the finer knob before the choice it belongs
# to, and what is rarely meant before what is often meant.
ORDER = [
    "power_t", "max_fun", "tol", "epsilon", "beta_1", "beta_2", "momentum", "max_grad_norm",
    "label_smoothing", "dropout", "weight_decay", "alpha", "learning_rate_init", "solver",
    "n_iter_no_change", "max_iter", "shuffle", "validation_fraction", "nesterovs_momentum",
    "batch_size", "hidden_layer_sizes", "activation", "scale_inputs", "learning_rate", "loss",
    "numeric_bins", "averaging", "early_stopping",
]  # fmt: skip


def holds_back(evidence):
    """Parameters that hold training back, and what is learnt once they are put back."""
    trials = evidence.trials
    if trials is None or not (trials.changed and trials.fails):
        return
    if not trials.default.beats(trials.as_set, n_errors=LIKELY):
        return
    names = culprits(trials)
    params = {name: trials.defaults[name] for name in names}
    after = trials.run(params)
    if not helps(after, trials.as_set, trials.default):
        return
    code = code_of(evidence, names)
    if code is None:
        return
    partners = partners_of(trials, names)
    yield Finding(
        code,
        severity_of(worse_of(trials.own, trials.as_set), trials.best),
        ", ".join([*names, *partners]),
        after.loss,
        sentence(trials, names, partners),
        afresh(evidence.clf, **params),
    )


def helps(after, before, best):
    """Whether a trial has learnt more than the one before, and nearly as much as the best."""
    return after.loss < before.loss and after.gain >= ENOUGH * best.gain


def culprits(trials):
    """The fewest parameters found that must be put back, in the order of `ORDER`."""

    def works(names):
        return helps(
            trials.run({name: trials.defaults[name] for name in names}),
            trials.as_set,
            trials.default,
        )

    needed, n_parts = sorted(trials.changed, key=ORDER.index), 2
    while len(needed) > 1 and not trials.is_exhausted:
        parts = np.array_split(needed, min(n_parts, len(needed)))
        others = [[name for name in needed if name not in part] for part in parts]
        found = next((part for part in map(list, parts) if works(part)), None)
        if found is not None:
            needed, n_parts = found, 2
        elif len(parts) > 2 and (found := next(filter(works, others), None)) is not None:
            needed, n_parts = found, max(n_parts - 1, 2)
        elif n_parts >= len(needed):
            break
        else:
            n_parts *= 2
    return [str(name) for name in needed]


def partners_of(trials, names):
    """A changed parameter without which the culprits would do no harm, if there is one."""
    kept = {name: trials.defaults[name] for name in trials.changed if name not in names}
    if len(names) > 1 or not kept or harms(trials, kept):
        return []
    for name in kept:
        if trials.is_exhausted:
            break
        if harms(trials, {other: kept[other] for other in kept if other != name}):
            return [name]
    return []


def harms(trials, params):
    """Whether it still learns far less than the defaults with these parameters put back."""
    return not helps(trials.run(params), trials.as_set, trials.default)


def code_of(evidence, names):
    """The code for parameters that hold training back; None if another question says it better."""
    clf, name = evidence.clf, names[0]
    is_of_solver = is_adaptive(clf.solver) is False and "solver" in names
    if "learning_rate_init" in names or (is_of_solver and clf.learning_rate_init != "auto"):
        return "rate_too_high" if is_rate_high(evidence) else "rate_too_low"
    if name == "scale_inputs":
        return "inputs_not_scaled" if clf.scale_inputs is None else "outlier_squeezes"
    if name in ("activation", "hidden_layer_sizes") and any(has_uneven_gradients(evidence)):
        return None
    if name == "activation":
        is_idle = clf.activation == "identity"
        return "hidden_layers_idle" if is_idle else "unsuitable_setting"
    if name == "hidden_layer_sizes":
        sizes = np.atleast_1d(np.array(clf.hidden_layer_sizes, int))
        if not len(sizes):
            return "no_hidden_layer"
        is_narrow = sizes.min() < (20 if len(sizes) < 3 else 5)
        return "too_few_units" if is_narrow else "unsuitable_setting"
    return CODES.get(name, "unsuitable_setting")


def is_rate_high(evidence):
    """Whether a lower rate learns more than a higher one."""
    clf, trials = evidence.clf, evidence.trials
    relative = relative_rate(evidence)
    if is_adaptive(clf.solver) and relative is not None:
        return relative > 1
    if any(is_rate_too_high(evidence)):
        return True
    low, high = (
        trials.run({"learning_rate_init": clf.learning_rate_init * by}) for by in (1 / 30, 30)
    )
    return low.loss < high.loss


def sentence(trials, names, partners):
    """What holds it back, in a sentence."""
    settings = trials.as_set_params
    told = [f"{name}={settings[name]!r}" for name in names]
    told = " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
    if partners:
        told += f", together with {partners[0]}={settings[partners[0]]!r},"
    verb = "hold" if len(names) > 1 else "holds"
    return (
        f"{told} {verb} training back: with all else as it is set, the default"
        f"{'s learn' if len(names) > 1 else ' learns'}."
    )

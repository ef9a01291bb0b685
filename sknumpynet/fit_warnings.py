"""The warnings of fit. Each function yields messages with their categories, and raises none."""

import numpy as np
from scipy.special import xlog1py, xlogy
from sklearn.exceptions import ConvergenceWarning

from .engine.optimizers import is_adaptive, settings_of
from .engine.schedules import ends
from .exceptions import NotLearningWarning

LEARNT = 0.98  # of the base rate's loss: what lies above may be chance, of few rows
RUINED = 1.0  # nats a row above the base rate; a network as it was drawn is less than that
CHANCE = 10  # nats over all validation rows that may be chance; labels at random gain 0
SUSPECTS = [  # name, whether a value may keep a network from learning, and what to set instead
    ("scale_inputs", lambda v, _: v is None, "robust"),
    ("epsilon", lambda v, p: v > 1e-3 and "epsilon" in settings_of(p.solver), 1e-8),
    ("beta_1", lambda v, p: v > 0.99 and "beta_1" in settings_of(p.solver), 0.9),
    ("momentum", lambda v, p: v > 0.99 and "momentum" in settings_of(p.solver), 0.9),
    ("max_grad_norm", lambda v, p: v is not None and v < 1e-3, None),
    ("learning_rate_init", lambda v, p: v != "auto" and not 1e-4 <= v <= 0.3, "auto"),
    ("power_t", lambda v, p: v > 0.5 and p.learning_rate == "invscaling", 0.5),
    ("label_smoothing", lambda v, _: v > 0.5, 0.0),
    ("dropout", lambda v, _: v > 0.8, 0.0),
    ("weight_decay", lambda v, _: v > 1, 0.0),
    ("alpha", lambda v, _: v > 10, 0.0),
    ("activation", lambda v, _: v == "identity", "relu"),
    ("hidden_layer_sizes", lambda v, _: np.size(v) == 0 or np.min(v) < 4, (100,)),
    ("tol", lambda v, _: v > 0.01, 1e-4),
    ("max_fun", lambda v, p: v < 20 and p.solver == "lbfgs", 15000),
    ("max_iter", lambda v, _: v < 5, "auto"),
    ("validation_fraction", lambda v, p: v > 0.7 and p.n_estimators == 1, 0.1),
    ("learning_rate_init", lambda v, p: v != "auto" and is_adaptive(p.solver) is False, "auto"),
    ("solver", lambda v, _: is_adaptive(v) is False, "adam"),
    # From here on, values that were changed at all.
    ("learning_rate_init", lambda v, _: v != "auto", "auto"),
    ("alpha", lambda v, _: v > 0, 0.0),
    ("weight_decay", lambda v, _: v > 0, 0.0),
    ("dropout", lambda v, _: v > 0, 0.0),
    ("label_smoothing", lambda v, _: v > 0, 0.0),
]
FEWEST_ROWS = 100  # below, a fit that ends no better than the base rate is no surprise


def ended_badly(params, plan, trained):
    """Networks that diverged, were interrupted or were cut off.

    Parameters
    ----------
    params : namespace
        The estimator's parameters.
    plan : Plan
    trained : Trained
    """
    n_networks = f"of {params.n_estimators} networks" if params.n_estimators > 1 else "network"
    if n_diverged := trained.has_diverged.sum():
        yield (
            f"{n_diverged} {n_networks} diverged: loss or weights were no longer finite. The "
            "best weights before that are kept. Lower learning_rate_init (it is "
            f"{params.learning_rate_init!r}), scale the inputs, or set max_grad_norm=1.0.",
            ConvergenceWarning,
        )
    if trained.was_interrupted:
        n_waiting = (trained.best_epoch == 0).sum()
        few = f" ({n_waiting} {n_networks} had ended none)" if n_waiting else ""
        yield from interrupted(len(trained.loss_curve), few)
        return
    n_cut_off = (~trained.has_finished).sum()
    ends_by_itself = plan.solver != "lbfgs" and ends(plan.learning_rate)
    if n_cut_off and plan.max_iter > 1 and not ends_by_itself:
        yield (
            f"{n_cut_off} {n_networks} had not converged after max_iter={plan.max_iter}; "
            "give a larger max_iter or a larger tol.",
            ConvergenceWarning,
        )


def like_ids(columns, rows):
    """Categorical columns in which nearly every row has a level of its own.

    Parameters
    ----------
    columns : Columns or None
    rows : Rows
        Training rows.
    """
    found = [
        f"{columns.columns[at].name!r} ({n_levels} levels in {n_rows} rows)"
        for at, n_rows, n_levels in (columns.ids_in(rows) if columns else ())
    ]
    if found:
        yield (
            f"nearly every row has a level of its own in {', '.join(found)}: such a column names "
            "rows and teaches nothing about new ones. Leave it out, or make numbers of it.",
            UserWarning,
        )


def interrupted(n_epochs, few=""):
    """An interrupt from the keyboard; ``few`` tells of networks that had ended no epoch."""
    yield (
        f"fit was interrupted after {n_epochs} epochs{few}; the best weights so far are "
        "kept. To go on from them, set warm_start=True and call fit again.",
        UserWarning,
    )


def nothing_learnt(params, rows, validation, trained):
    """A fit that is far worse than the base rate, or has ended no better.

    Parameters
    ----------
    params : namespace
    rows : Rows
        Training rows.
    validation : Rows or None
        Validation rows given to fit.
    trained : Trained
    """
    has_validation = trained.validation_curve is not None
    is_log_loss = params.loss == "log_loss" and not (
        params.alpha or params.label_smoothing or params.dropout
    )
    if not (has_validation or is_log_loss) or trained.has_diverged.any():
        return  # the score is no log loss, or it has been told
    scored = validation or rows
    rate = np.average(rows.sign > 0, weights=rows.weight)
    share = np.average(scored.sign > 0, weights=scored.weight)
    prior = -xlogy(share, rate) - xlog1py(1 - share, -rate)  # one class may weigh nearly all
    loss, gain = trained.best_score.mean(), (1 - LEARNT) * prior
    chance = CHANCE * (scored.weight.max() / scored.weight.sum())
    if has_validation:
        gain = min(gain, chance)
    is_ruined = loss - prior > max(RUINED, chance)
    has_ended = len(rows.index) >= FEWEST_ROWS and trained.has_finished.all()
    if is_ruined or (has_ended and loss >= prior - gain):
        yield (
            f"nothing was learnt: the log loss {'on rows held out ' * has_validation}is "
            f"{loss:.4g}, and {prior:z.4g} for predicting the base rate of {rate:.3f}. The "
            f"first suspect: {first_suspect(params)}. sknumpynet.diagnose(clf, X, y) tells more.",
            NotLearningWarning,
        )


def first_suspect(params):
    """The likeliest reason that nothing was learnt, and what to do about it.

    `diagnose` tries what is only guessed here.
    """
    for name, is_suspect, sound in SUSPECTS:
        if is_suspect(getattr(params, name), params):
            return f"{name}={getattr(params, name)!r}; set {name}={sound!r}"
    return "the columns may have nothing to do with the labels"

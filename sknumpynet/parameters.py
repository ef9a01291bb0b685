"""One table of the values that each constructor parameter allows.

scikit-learn keeps its own tables of constraints in a private module; this one also says what to
use instead. As scikit-learn asks, fit calls `check_parameters`, never the constructor.
"""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from .engine.activations import ACTIVATIONS
from .engine.losses import LOSSES
from .engine.optimizers import OPTIMIZERS
from .engine.schedules import SCHEDULES
from .validation import shortened


class Rule(NamedTuple):
    """A test of a value, the allowed values in words, and advice for a value that fails."""

    allows: Callable[[Any], bool]
    wanted: str
    advice: str


def is_int(value):
    """Whether it is a whole number, also of NumPy, but not True, False or a timedelta."""
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_ | np.timedelta64)


def check_counts(**counts):
    """Raise ValueError for one that is no positive int."""
    for name, value in counts.items():
        if not is_int(value) or value < 1:
            raise ValueError(f"{name}={value!r} is not a positive int; give one, such as 10.")


def is_real(value):
    """Whether it is a finite or infinite number, but not True, False, NaN or a timedelta."""
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_ | np.timedelta64)
    return is_number and value == value


def is_listed(value):
    """Whether it is a sequence or an array with an axis at least: of NumPy, pandas, polars."""
    is_sequence = isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)
    return is_sequence or (hasattr(value, "__array__") and np.ndim(value) > 0)


def plain(value):
    """A parameter in Python's own types: float64 arithmetic, and no types to trust in a file."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if is_listed(value):
        return tuple(map(plain, value))
    if is_int(value):
        return int(value)
    return to_float(value) if is_real(value) else value


def plain_parameters(estimator):
    """All parameters as attributes, in Python's own types, but for ``random_state``.

    ``random_state`` is not needed once training has begun; a generator would advance, or be stored
    twice.
    """
    return SimpleNamespace(**{name: plain(getattr(estimator, name)) for name in RULES})


def to_float(value):
    """A real number as Python's float; NaN for an int too large for a float."""
    try:
        return float(value)
    except OverflowError:
        return np.nan


def flag_or_auto(advice):
    """A rule for True and False that may be left to be decided."""
    is_flag = flag(advice).allows
    return Rule(lambda v: is_auto(v) or is_flag(v), "True, False or 'auto'", advice)


def one_of(names, advice):
    """A rule for a choice among names."""
    names = list(names)
    wanted = "one of " + ", ".join(map(repr, names))
    return Rule(lambda v: isinstance(v, str | None) and v in names, wanted, advice)


def number(test, wanted, advice):
    """A rule for a real number."""
    return Rule(lambda v: is_real(v) and test(to_float(v)), wanted, advice)


def not_negative(advice):
    """A rule for a finite number from 0 on."""
    return number(lambda v: 0 <= v < np.inf, "a finite number >= 0", advice)


def part(advice):
    """A rule for a part of a whole."""
    return number(lambda v: 0 <= v < 1, "a number in [0, 1)", advice)


def is_auto(value):
    """The word "auto"."""
    return isinstance(value, str) and value == "auto"


def whole(advice):
    """A rule for a positive int."""
    return Rule(lambda v: is_int(v) and v >= 1, "a positive int", advice)


def whole_or_auto(advice):
    """A rule for a positive int that may be left to be decided."""
    wanted = "a positive int or 'auto'"
    return Rule(lambda v: is_auto(v) or (is_int(v) and v >= 1), wanted, advice)


def flag(advice):
    """A rule for True and False."""
    return Rule(lambda v: isinstance(v, bool | np.bool_), "True or False", advice)


def are_layer_sizes(value):
    """A positive int, or a sequence of them, possibly empty."""
    return all(is_int(size) and size >= 1 for size in (value if is_listed(value) else [value]))


def are_columns(value):
    """Whether it is "from_dtype", None, or a list of names, of positions, or of True and False."""
    if value is None or isinstance(value, str):
        return value is None or value == "from_dtype"
    if not is_listed(value) or getattr(value, "ndim", 1) != 1:
        return False
    listed = list(value)
    return any(
        all(of_kind(column) for column in listed)
        for of_kind in (
            is_int,
            lambda c: isinstance(c, str),
            lambda c: isinstance(c, bool | np.bool_),
        )
    )


def is_class_weight(value):
    """None, "balanced" or a dict of finite weights, none negative."""
    if isinstance(value, dict):
        return all(is_real(weight) and 0 <= to_float(weight) < np.inf for weight in value.values())
    return value is None or (isinstance(value, str) and value == "balanced")


RULES = {
    "hidden_layer_sizes": Rule(
        are_layer_sizes,
        "a positive int or a sequence of positive ints",
        "give the units of each hidden layer, such as (64, 32), or () for none",
    ),
    "activation": one_of(ACTIVATIONS, "'relu' is a good first choice"),
    "loss": one_of(LOSSES, "'log_loss' is the one for probabilities"),
    "solver": one_of((*OPTIMIZERS, "lbfgs"), "'adam' is a good first choice"),
    "alpha": not_negative("give a penalty such as 1e-4, or 0"),
    "weight_decay": not_negative("give a decay such as 0.1, or 0"),
    "batch_size": whole_or_auto("give the rows per step, such as 128"),
    "learning_rate": one_of(
        SCHEDULES, "this is the schedule; the rate itself is learning_rate_init"
    ),
    "learning_rate_init": Rule(
        lambda v: is_auto(v) or (is_real(v) and 0 < to_float(v) < np.inf),
        "a finite number > 0 or 'auto'",
        "give the rate of the first step, such as 1e-3",
    ),
    "power_t": not_negative("0.5 is usual"),
    "momentum": number(lambda v: 0 <= v <= 1, "a number in [0, 1]", "0.9 is usual"),
    "nesterovs_momentum": flag("it chooses the form of momentum"),
    "beta_1": part("0.9 is usual"),
    "beta_2": part("0.999 is usual"),
    "epsilon": number(lambda v: 0 < v < np.inf, "a finite number > 0", "1e-8 is usual"),
    "max_iter": whole_or_auto("give the most epochs to train for, such as 100"),
    "max_fun": whole("give the most evaluations for lbfgs, such as 15000"),
    "tol": not_negative("1e-4 is usual; 0 counts any progress"),
    "n_iter_no_change": Rule(
        lambda v: is_auto(v) or (is_real(v) and v >= 1 and (is_int(v) or v == np.inf)),
        "a positive int, inf or 'auto'",
        "give the epochs without progress after which to stop, such as 10",
    ),
    "shuffle": flag("it chooses whether rows are visited in a new order each epoch"),
    "verbose": Rule(
        lambda v: isinstance(v, bool | np.bool_) or (is_int(v) and v >= 0),
        "True, False or an int >= 0",
        "give the epochs between two reports, or 0 for none",
    ),
    "warm_start": flag("it chooses whether fit goes on from the last fit"),
    "early_stopping": flag_or_auto("'auto' holds rows out when there are enough of them"),
    "validation_fraction": part("give the part of the rows to hold out, as 0.1"),
    "n_estimators": whole_or_auto("give the number of networks trained side by side, such as 8"),
    "scale_inputs": one_of(
        ("robust", "standard", None), "'robust' is safe for any table, None for data in [-1, 1]"
    ),
    "numeric_bins": Rule(
        lambda v: is_auto(v) or (is_int(v) and (v == 0 or 2 <= v <= 1 << 16)),
        "0, an int from 2 to 65536 or 'auto'",
        "give the bins of each numeric column, such as 8, or 0 for none",
    ),
    "categorical_features": Rule(
        are_columns,
        "'from_dtype', None, or a list or mask of columns",
        "give the columns that hold categories by name or position, such as ['city'], or [0, 3]",
    ),
    "averaging": flag_or_auto("'auto' averages for adam where rows are held out or given"),
    "precision": one_of(
        ("auto", "float32", "float64"), "'float32' takes less time, 'float64' rounds less"
    ),
    "dropout": part("give the part of the units to silence, as 0.1"),
    "label_smoothing": part("give a small number such as 0.05, or 0"),
    "max_grad_norm": Rule(
        lambda v: v is None or (is_real(v) and to_float(v) > 0),
        "a number > 0 or None",
        "give the greatest length of a gradient, such as 1.0",
    ),
    "class_weight": Rule(
        is_class_weight,
        "None, 'balanced' or a dict of finite weights >= 0",
        "give a weight for each label, such as {0: 1, 1: 5}",
    ),
    "n_jobs": Rule(
        lambda v: v is None or (is_int(v) and v != 0),
        "None or an int other than 0",
        "give the number of workers, or -1 for all processors",
    ),
}


def check_parameters(params):
    """Raise ValueError for the first parameter that breaks its rule.

    Parameters
    ----------
    params : dict
        Values by name. A subclass may have others besides, and some may be absent.
    """
    for name, rule in RULES.items():
        if name in params and not rule.allows(params[name]):
            came = shortened(repr(params[name]))
            raise ValueError(f"{name}={came} is not {rule.wanted}; {rule.advice}.")


def check_has_partial_fit(estimator):
    """Raise AttributeError for parameters that stand for the whole of a fit; else True."""
    if str(estimator.solver) == "lbfgs":  # whatever it is: check_parameters will say so
        raise AttributeError(
            f"partial_fit needs solver={' or '.join(map(repr, OPTIMIZERS))}; 'lbfgs' looks at all "
            "rows at once."
        )
    if isinstance(estimator.early_stopping, bool | np.bool_) and estimator.early_stopping:
        raise AttributeError(
            "partial_fit does not support early_stopping=True, having no epochs to choose "
            "from; set early_stopping='auto' or call fit."
        )
    return True

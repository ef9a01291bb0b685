"""The training setup that the parameters describe, in the engine's terms: stack, plan, problem."""

import numpy as np
from sklearn.utils import check_random_state

from .engine.epochs import Plan
from .engine.initializers import (
    RELATIVE_RATE,
    RELATIVE_RATE_AVERAGED,
    initial_params,
    relative_rates,
)
from .engine.inputs.encoding import learn_encoding
from .engine.layout import Layout
from .engine.objective import Problem
from .engine.optimizers import is_adaptive
from .engine.schedules import ends
from .engine.stack import Stack
from .validation import naming

BINS, MOST_CODES, FEWEST_BINNED = 8, 512, 100  # of numeric_bins="auto", the last different rows
FINEST_BINS, FEWEST_FINE = 16, 2_000  # likewise, as many as make half of the most codes
FEWEST_SINGLE = 100  # different rows from which precision="auto" is float32
NETWORKS, MANY_ROWS, NETWORKS_OF_MANY = 8, 50_000, 4  # n_estimators="auto", and from when on less
STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 12_000, 3, 200  # of max_iter="auto"
PATIENCE, PATIENCE_STEPS, LEAST_PATIENCE = 6, (60, 1_000), 2  # of n_iter_no_change="auto"; epochs
FULL_BATCH = 64  # rows up to which batch_size="auto" is all of them
LARGEST_BATCH, VERY_WIDE = 256, 8192  # of batch_size="auto", and columns from which it is that
BUILT_WITH = (
    "activation",
    "scale_inputs",
    "numeric_bins",
    "categorical_features",
)  # fixed once networks are fitted


def draw_seed(random_state):
    """The seed of all random streams of a fit."""
    with naming("random_state"):
        generator = check_random_state(random_state)
    return int(generator.randint(np.iinfo(np.int32).max))


def decide_shape(params, rows, units, is_stream=False):
    """Decide, in place, how many networks "auto" is for these rows, and which precision.

    Neither weights nor copies of rows may change them, so observations and different rows count.
    """
    if params.n_estimators == "auto":  # of a stream, nobody knows how many rows will come
        are_many = units.n_observed > MANY_ROWS and not is_stream
        params.n_estimators = NETWORKS_OF_MANY if are_many else NETWORKS
    if params.precision == "auto":
        is_long = units.n_different >= FEWEST_SINGLE and params.solver != "lbfgs"
        is_single = is_long or rows.X.dtype == np.float32
        params.precision = "float32" if is_single else "float64"


def keep_shape(params, stack, built_with):
    """Decide, in place, that "auto" is what the networks have that training goes on with."""
    if params.n_estimators == "auto":
        params.n_estimators = len(stack)
    if params.precision == "auto":  # their params may be more exact, with the scaling folded in
        params.precision = built_with["precision"]


def decide_course(params, rows, validation, is_stream):
    """Decide, in place, how many epochs and which patience "auto" is, and whether it averages.

    What is judged after each epoch is to have had some steps, and not too many, be there few rows
    or a million.
    """
    if params.averaging == "auto":
        has_validation = validation is not None or rows.fold is not None
        params.averaging = has_validation and bool(is_adaptive(params.solver))
    params.averaging &= not is_stream and params.solver != "lbfgs"
    n_epochs, patience = MOST_EPOCHS, PATIENCE
    if params.solver != "lbfgs":
        n_steps = -(-len(rows.index) // rows_per_step(params.batch_size, rows))
        n_epochs = min(max(STEPS // n_steps, FEWEST_EPOCHS), MOST_EPOCHS)
        least, most = (-(-of_steps // n_steps) for of_steps in PATIENCE_STEPS)
        patience = max(least, min(PATIENCE, most), LEAST_PATIENCE)
    if params.max_iter == "auto":
        params.max_iter = n_epochs
    if params.n_iter_no_change == "auto":
        params.n_iter_no_change = patience


def what_judges(rows, validation, is_stream):
    """Which rows judge the epochs: "given" or "held out"; None, or "stream" for a `partial_fit`."""
    if is_stream:
        return "stream"
    return "given" if validation is not None else None if rows.fold is None else "held out"


def make_layout(params, encoding):
    """The layer sizes that the parameters ask for, on these inputs."""
    sizes = params.hidden_layer_sizes
    hidden = (sizes,) if isinstance(sizes, int) else sizes
    return Layout((encoding.n_inputs, *hidden, 1))


def make_stack(params, rows, units, columns, seed, is_stream=False):
    """Networks as they are drawn, on the encoding learnt from these rows.

    Parameters
    ----------
    params : namespace
        The estimator's parameters, as `plain_parameters` gives them and `decide_shape` leaves them.
    rows : Rows
    units : Units
        Of these rows.
    columns : Columns or None
        As `tables.learn_table` gave them.
    seed : int
    is_stream : bool, default=False
        Whether other rows will follow.

    Returns
    -------
    Stack
        Folded.
    """
    n_bins, is_auto = params.numeric_bins, params.numeric_bins == "auto"
    if is_auto:
        is_binned = params.scale_inputs == "robust" and units.n_different >= FEWEST_BINNED
        n_bins = BINS if is_binned else 0
    encoding = learn_encoding(
        rows,
        scale_inputs=params.scale_inputs,
        n_bins=n_bins,
        finest_bins=FINEST_BINS if is_auto and units.n_different >= FEWEST_FINE else n_bins,
        most_codes=MOST_CODES if is_auto else None,
        n_means=0 if columns is None else len(columns.means),
        n_categorical=0 if columns is None else len(columns.levels),
        unit=units.weight_of_one(rows),
        is_stream=is_stream,
    )
    layout, networks = make_layout(params, encoding), range(params.n_estimators)
    if networks.stop * layout.n_params > np.iinfo(np.intp).max // 8:
        raise ValueError(
            "hidden_layer_sizes and n_estimators ask for more parameters than any array can "
            "hold; give fewer units or networks."
        )
    drawn = initial_params(layout, params.activation, seed, networks, params.precision)
    return Stack(layout, params.activation, encoding, drawn).folded()


def check_continuation(params, stack, built_with, classes, known_classes):
    """Raise ValueError for going on with networks of another shape, or for other labels.

    Parameters
    ----------
    params : namespace
        Today's parameters.
    stack : Stack
    built_with : dict
        Parameters that the stack was fitted with.
    classes, known_classes : ndarray of shape (2,)
        Labels of today, and those that the stack tells apart.
    """
    shape = (params.n_estimators, *make_layout(params, stack.encoding).layer_sizes)
    fitted = (len(stack), *stack.layout.layer_sizes)
    if shape != fitted:
        raise ValueError(
            f"cannot go on with {describe(fitted)}: the parameters now ask for "
            f"{describe(shape)}; set them back, or set warm_start=False and call fit."
        )
    for name in BUILT_WITH:
        value, now = built_with[name], getattr(params, name)
        if now != value:
            raise ValueError(
                f"cannot go on with {name}={now!r}: the networks were built "
                f"with {name}={value!r}; set it back, or set warm_start=False and call fit."
            )
    if not np.array_equal(classes, known_classes):
        raise ValueError(
            f"cannot go on with the classes {classes}: the networks were trained to tell "
            f"{known_classes} apart; set warm_start=False to begin anew."
        )


def describe(shape):
    """A stack in words."""
    n_estimators, *sizes = shape
    return f"{n_estimators} network(s) of layers {'-'.join(map(str, sizes))}"


def make_plan(params, stack, rows, seed, is_stream=False):
    """How to minimise: the parameters of the same names, with the rest of "auto" decided."""
    names = Plan.__annotations__.keys() & vars(params).keys()
    settings = {name: getattr(params, name) for name in names}
    settings["batch_size"] = min(rows_per_step(params.batch_size, rows), len(rows.index))
    if params.learning_rate_init == "auto":
        rate = RELATIVE_RATE_AVERAGED if params.averaging else RELATIVE_RATE
        settings["learning_rate_init"] = rate
        settings["relative_rate"] = relative_rates(stack.layout, stack.activation)
    if is_stream:
        settings["max_iter"] = 1
        if ends(params.learning_rate):  # a stream knows no last step
            settings["learning_rate"] = "constant"
    return Plan(**settings, seed=seed)


def make_optimizer(plan, params, kept):
    """The optimizer of a plan, with the state that `plain_optimizer` kept of the same solver.

    Not with one of networks of another size, in whose place others were put.
    """
    optimizer, state = plan.make_optimizer(params), kept.get("state", {})
    is_of_size = all(array.shape == params.shape for array in state.values())
    if kept["solver"] == plan.solver and is_of_size:
        optimizer.resume(kept["n_steps"], state)
    return optimizer


def plain_optimizer(optimizer, parameters):
    """An optimizer as plain values and arrays, so that a file of it needs no trust."""
    if optimizer is None:
        return {"solver": None}
    kept = {"n_steps": optimizer.n_steps, "state": optimizer.state}
    return {"solver": parameters["solver"], **kept}


def rows_per_step(batch_size, rows):
    """Rows of a batch as ``batch_size`` asks for them; there may be fewer."""
    if batch_size != "auto":
        return batch_size
    n_rows, n_features = len(rows.index), rows.X.shape[1]
    if n_rows <= FULL_BATCH:
        return n_rows
    is_very_wide = n_features >= VERY_WIDE  # then a step is the optimizer's, mostly
    return LARGEST_BATCH if is_very_wide else min(LARGEST_BATCH, max(FULL_BATCH, n_rows // 30))


def make_problem(params, stack, rows, seed, validation=None, n_judging=None):
    """What to minimise on these rows.

    Parameters
    ----------
    params : namespace
    stack : Stack
        Where training begins; unfolded.
    rows, validation, n_judging
        As in `Problem`.
    seed : int
    """
    settings = {name: getattr(params, name) for name in ("loss", "alpha", "label_smoothing")}
    settings["dropout"] = 0.0 if params.solver == "lbfgs" else params.dropout
    return Problem(stack, rows, validation, seed=seed, n_judging=n_judging, **settings)

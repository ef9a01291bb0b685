"""The public attributes that tell how training went."""

import numpy as np

from .columns import shown_name
from .engine.contributions import mean_sizes
from .engine.folds import row_keys


def attributes_of(trained, n_rows, before):
    """Attributes by name, as the estimator's docstring lists them.

    Parameters
    ----------
    trained : Trained
    n_rows : int
        Training rows.
    before : dict
        The attributes so far: curves and counts go on from them.
    """
    alone, n_epochs = len(trained.stack) == 1, len(trained.loss_curve)
    curves = {
        "loss_curve_": trained.loss_curve,
        "validation_curve_": trained.validation_curve,
        "validation_scores_": trained.accuracy_curve,
    }
    for name, curve in curves.items():
        if curve is not None:
            new = curve[:, 0].tolist() if alone else list(curve)
            curves[name] = (before.get(name) or []) + new
    scores = curves["validation_scores_"]
    return curves | {
        "best_validation_score_": float(np.fmax.reduce(scores).mean()) if scores else None,
        "loss_": float(np.mean(trained.last_loss)),
        "best_loss_": float(trained.best_score.mean()),
        "best_iter_": int(trained.best_epoch[0]) if alone else trained.best_epoch,
        "n_iter_": n_epochs,
        "t_": before["t_"] + n_epochs * n_rows,
    }


def importances(stack, rows, validation, units, columns):
    """Mean absolute contributions of the columns, as shares: ``feature_importances_``.

    Parameters
    ----------
    stack : Stack
        As it was trained, folded or not.
    rows : Rows
        Training rows. Each network is asked about those that it held out; where none are, about
        the validation rows given to fit, else about the training rows.
    validation : Rows or None
    units : Units
        Of the training rows.
    columns : Columns or None
        Of a raw table.

    Returns
    -------
    ndarray of shape (n_columns,)
        All 0 where nothing contributes.
    """
    stack, keys = stack.unfolded(rows.sign.dtype), units.order
    if validation is not None:
        rows, keys = validation, row_keys(validation.X, 0)[validation.index]
    column = np.arange(rows.X.shape[1]) if columns is None else columns.positions
    sizes = mean_sizes(stack, rows, keys, column)
    sizes[~np.isfinite(sizes)] = 0  # of a network that has diverged
    return sizes / (sizes.sum() or 1)


def names_of_inputs(encoding, columns, names):
    """What each input of the first layer is.

    Parameters
    ----------
    encoding : Encoding
    columns : Columns or None
        Of a raw table.
    names : sequence of str or None
        Of the columns of a table of numbers.
    """
    if columns is not None:
        return np.array(encoding.names(columns.names(), columns.levels_by_number()))
    names = range(encoding.n_features) if names is None else names
    return np.array(encoding.names(list(map(shown_name, names))))


def forget(state, kept):
    """Delete the fitted attributes of a state, but for these."""
    for name in [name for name in state if name.endswith("_") and name not in kept]:
        del state[name]

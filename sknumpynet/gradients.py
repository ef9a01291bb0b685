"""Backpropagation checked against differences, on the user's own data and fitted weights.

`check_gradients` tests whether the gradient that training follows is that of the objective.
It computes in float64, without dropout, and changes nothing.
"""

from dataclasses import dataclass, replace
from html import escape
from math import prod

import numpy as np

from .arithmetic import own_arithmetic
from .engine.differences import MOST_COMPONENTS, TOLERANCE, Checker
from .engine.objective import Rows
from .fitted import problem_of, training_rows, working_copy
from .html import html_table
from .own_matrices.reading import are_matrices, read_pair

HEADINGS = (
    "layer",
    "matrix ",
    "shape       ",
    "checked      ",
    "at a kink",
    "largest error",
    "where",
)
MOST_ROWS = 100  # of a check: more would take longer and find no more


@dataclass(frozen=True)
class MatrixCheck:
    """Result of the check for the weights or the biases of one layer.

    Parameters
    ----------
    layer : int
        From 1; the last is the output.
    name : {'weights', 'biases'}
        What the matrix holds.
    shape : tuple of int
        Of the matrix.
    max_error : float
        Largest relative error; NaN if every component and direction was at a kink.
    where : tuple of int, or 'direction'
        Index of the component with that error; 'direction' if it is the error of the slope along a
        random direction over the whole matrix.
    n_checked : int
        Components compared one by one.
    n_at_kink : int
        Components and directions left out, because the objective has no derivative there.
    """

    layer: int
    name: str
    shape: tuple[int, ...]
    max_error: float
    where: tuple[int, ...] | str
    n_checked: int
    n_at_kink: int

    @property
    def cells(self):
        """The row of the table, as text."""
        where = self.where if isinstance(self.where, str) else list(self.where)
        return (
            str(self.layer),
            self.name,
            " x ".join(map(str, self.shape)),
            f"{self.n_checked} of {prod(self.shape)}",
            str(self.n_at_kink),
            f"{self.max_error:.1e}",
            str(where),
        )


@dataclass(frozen=True)
class GradientCheck:
    """How far backpropagation is from differences of the objective.

    Printed, it is a table.

    Parameters
    ----------
    matrices : list of MatrixCheck
        Weights and biases, from the first layer on.
    network : int or None
        Which one of the stack; None of matrices, which are no stack.
    layer_sizes : tuple of int
        Inputs, hidden units, 1.
    n_rows, n_rows_given : int
        Rows checked, and rows of positive weight from which they were drawn.
    tolerance : float
        Largest relative error that a correct gradient can have.
    """

    matrices: list[MatrixCheck]
    network: int | None
    layer_sizes: tuple[int, ...]
    n_rows: int
    n_rows_given: int
    tolerance: float = TOLERANCE

    @property
    def max_error(self):
        """Largest relative error of all; NaN if nothing could be checked."""
        return float(np.fmax.reduce([matrix.max_error for matrix in self.matrices]))

    @property
    def ok(self):
        """Whether the largest relative error is within the tolerance."""
        return self.max_error <= self.tolerance

    @property
    def headline(self):
        """The result in a line."""
        return f"Backpropagation against central differences: {'ok' if self.ok else 'NOT ok'}"

    def _about(self):
        """Lines: what was checked, and how far it is off."""
        sizes = "-".join(map(str, self.layer_sizes))
        which = sizes if self.network is None else f"network {self.network} ({sizes})"
        return [
            f"{which}, {self.n_rows} of {self.n_rows_given} rows, float64",
            f"largest relative error {self.max_error:.1e}, tolerance {self.tolerance:.0e}",
        ]

    def _notes(self):
        """Lines: what has to be known of the table."""
        if self.network is None:
            yield "These gradients are this package's own; compare_gradients judges yours."
        if any(prod(matrix.shape) > MOST_COMPONENTS for matrix in self.matrices):
            yield f"Above {MOST_COMPONENTS} components: a sample, and a random direction."

    def __str__(self):
        layout = "{:>5}  {:<7}  {:<12}  {:<13}  {:>9}  {:>13}  {}"
        table = [layout.format(*matrix.cells) for matrix in self.matrices]
        lines = [self.headline, *self._about(), "", "  ".join(HEADINGS), *table]
        return "\n".join([*lines, *(line for note in self._notes() for line in ("", note))])

    def _repr_html_(self):
        about = "<br>".join(map(escape, self._about()))
        names = [heading.strip() for heading in HEADINGS]
        table = html_table(names, [matrix.cells for matrix in self.matrices])
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes())
        return f"<p><strong>{escape(self.headline)}</strong><br>{about}</p>{table}{notes}"


@own_arithmetic
def check_gradients(
    clf, X, y, sample_weight=None, *, network=0, activation="logistic", loss="log_loss"
):
    """Compare backpropagation with differences of the objective, for a fitted estimator.

    The derivative by a weight w is compared with ::

        (8 (F(w + h) - F(w - h)) - (F(w + 2h) - F(w - 2h))) / 12h

    F is the estimator's objective on these rows, at its present weights: with its loss,
    activation, scaling, codes, label smoothing, class weights and penalty, but without dropout and
    without held-out folds.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier, or pair (weights, biases)
        Fitted, also by a single ``partial_fit``; it is not changed. Or matrices of your own, as
        `compare_gradients` takes them.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Of many rows, a seeded sample is checked.
    y : array-like of shape (n_samples,)
        Labels among ``clf.classes_``; one class alone suffices.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, as ``fit`` takes them; not where matrices are given.
    network : int, default=0
        Which one of the stack.
    activation : str, default="logistic"
        Of the hidden units, where matrices are given; an estimator has its own.
    loss : {"log_loss", "squared_error"}, default="log_loss"
        Where matrices are given.

    Returns
    -------
    GradientCheck
        Printed, it shows the largest relative error of each matrix; ``ok`` if all are small.

    Raises
    ------
    NotFittedError
    ValueError
        For rows, labels or weights that ``fit`` would refuse, for a network that does not exist,
        and for matrices that do not fit each other.

    Notes
    -----
    Everything is computed in float64, also for an estimator trained in float32: differences of
    float32 values would have only two or three digits.

    Of more than 100 rows, 100 are drawn. Of a matrix of more than 50 components, 50 are drawn, and
    the slope along one random direction over the whole matrix is compared too. The draws are the
    same each time; to check other rows, give only those.

    The relative error is the difference of the two slopes, divided by the larger of them. If both
    are so small that rounding of F would show, it is divided by the size where that begins; with
    log-odds of many millions the check therefore shows little. The error of the five-point rule
    falls with the fourth power of h, and h is 1e-4 for inputs up to 1, less in proportion for
    larger ones. It and rounding stay well below the tolerance of 1e-6, while a wrong formula is off
    by 1e-2 and more.

    Activations of the relu family have a kink, or a jump of curvature, at 0. If a unit crosses 0 on
    some row between the points, their difference is no derivative. It is then computed again with a
    hundredth of h. If the unit still crosses 0, as on the kink itself, the component is counted as
    being at a kink and left out.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sknumpynet import NumpyMLPBinaryClassifier, check_gradients
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = NumpyMLPBinaryClassifier((5, 5), random_state=0).fit(X, y)
    >>> report = check_gradients(clf, X, y)
    >>> report.ok
    True
    >>> [(m.layer, m.name, m.shape) for m in report.matrices][-2:]
    [(3, 'weights', (5, 1)), (3, 'biases', (1,))]
    """
    rng = np.random.default_rng(0)
    meant = {"network": network, "activation": activation, "loss": loss}
    if are_matrices(clf, **meant, sample_weight=sample_weight):
        problem = read_pair(clf, X, y, activation, loss).problem
        given, network = problem.rows, None
        problem = replace(problem, rows=drawn(given, rng))
    else:
        clf = working_copy(clf, network)
        given, _ = training_rows(clf, X, y, sample_weight)
        problem = replace(problem_of(clf, drawn(given, rng)), dropout=0.0)
    layout, checker = problem.stack.layout, Checker(problem, network or 0)
    matrices = []
    for layer, places in enumerate(layout.views(np.arange(layout.n_params)[np.newaxis]), 1):
        for name, of_name in (("weights", places[0, :-1]), ("biases", places[0, -1])):
            if of_name.size:  # there are no inputs if all levels are rare
                matrices.append(MatrixCheck(layer=layer, name=name, **checker.check(of_name, rng)))
    return GradientCheck(
        matrices=matrices,
        network=network,
        layer_sizes=layout.layer_sizes,
        n_rows=len(problem.rows.index),
        n_rows_given=len(given.index),
    )


def drawn(rows, rng):
    """A copy of rows alone, of many a sample, dense or sparse, in float64."""
    rows = rows.take(rng.permutation(len(rows.index))[:MOST_ROWS])
    X = rows.X[rows.index].astype(np.float64)
    return Rows(X, np.arange(X.shape[0]), rows.sign.astype(np.float64), rows.weight)

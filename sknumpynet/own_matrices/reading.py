"""Reads weight matrices, biases and data as somebody's own code has them.

A matrix may be (inputs, units) or (units, inputs): which of the two follows from the shapes, from
the one output down. A square matrix is taken as the others are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..engine.activations import ACTIVATIONS
from ..engine.inputs.encoding import Encoding
from ..engine.layout import Layout
from ..engine.losses import LOSSES
from ..engine.objective import Objective, Problem, Rows
from ..engine.stack import Stack
from ..validation import check_complete, listed

DATA = ("(rows, columns)", "(columns, rows)")
ORIENTATIONS = ("(inputs, units), as in X @ W", "(units, inputs), as in W @ x")


@dataclass(frozen=True, eq=False)
class OwnNetwork:
    """A network read from matrices, in the order that the formulas have, and its data.

    Parameters
    ----------
    weights : list of ndarray of shape (fan_in, fan_out)
    biases : list of ndarray of shape (fan_out,)
        0 where there are none.
    X : ndarray of shape (n_rows, n_inputs)
    t : ndarray of shape (n_rows, 1)
        1 for the positive class, 0 for the other.
    activation, loss : str
    is_transposed : list of bool
        Of each matrix, whether it came as (units, inputs).
    shapes : list of pairs of tuple
        As weights and biases came, None for biases that there are not.
    is_turned : bool
        Whether the data came with a row of data in each column.
    ways : tuple of str
        How weights, biases, X and, where there is something to say, labels were taken.
    tolerance : float
        Of gradients computed in the arithmetic of these arrays, relative to the largest.
    """

    weights: list
    biases: list
    X: np.ndarray
    t: np.ndarray
    activation: str
    loss: str
    is_transposed: list
    shapes: list
    is_turned: bool
    ways: tuple
    tolerance: float

    @property
    def sizes(self):
        """Inputs, hidden units, 1."""
        return (len(self.weights[0]), *(W.shape[1] for W in self.weights))

    @property
    def taken(self):
        """How all was taken, in words."""
        return "; ".join(self.ways)

    def readings(self):
        """The network, and if X is square also the one with X turned round."""
        if self.X.shape[0] != self.X.shape[1] or len(self.X) == 1:
            return [self]
        weights, biases, _, *labels = self.ways
        way = f"X, which is square, as {DATA[not self.is_turned]}: so your gradients have it"
        turned = replace(
            self,
            X=np.ascontiguousarray(self.X.T),
            is_turned=not self.is_turned,
            ways=(weights, biases, way, *labels),
        )
        return [self, turned]

    @property
    def has_columns(self):
        """Whether a row of the data is a column where lines of code are shown."""
        return self.is_turned or 2 * sum(self.is_transposed) > len(self.is_transposed)

    @property
    def problem(self):
        """The mean loss of these rows, as the engine has it."""
        layout = Layout(self.sizes)
        params = layout.pack([W[np.newaxis] for W in self.weights], self.biases)
        stack = Stack(layout, self.activation, Encoding(self.sizes[0]), params)
        rows = Rows.counted(self.X, self.t[:, 0] > 0, np.ones(len(self.X)))
        return Problem(stack, rows, loss=self.loss)

    def gradients(self):
        """The loss and, by the engine, its gradients: matrices like ``weights`` and ``biases``."""
        problem = self.problem
        grad = np.empty_like(problem.stack.params)
        objective = Objective(problem, np.zeros(1, int))
        loss = objective.value_and_grad(problem.stack.params, slice(0, len(self.X)), grad)
        of_weights, of_biases = problem.stack.with_params(grad).coefs_and_intercepts()
        return float(loss[0]), of_weights, of_biases

    def as_given(self, of_weights, of_biases):
        """Two lists, in the shapes in which the matrices came; None where biases are None."""
        weights, biases = [], []
        for W, b, is_transposed, (of_W, of_b) in zip(
            of_weights, of_biases, self.is_transposed, self.shapes, strict=True
        ):
            weights.append((W.T if is_transposed else W).reshape(of_W).copy())
            biases.append(None if of_b is None else b.reshape(of_b).copy())
        return weights, biases


def read_network(weights, biases, X, y, activation, loss):
    """Matrices, data and names as an `OwnNetwork`.

    Parameters
    ----------
    weights, biases, X, y, activation, loss
        As `compare_gradients` takes them.

    Returns
    -------
    OwnNetwork

    Raises
    ------
    ValueError
        For shapes that do not chain, unknown names and what is no number.
    """
    for name, given, known in (("activation", activation, ACTIVATIONS), ("loss", loss, LOSSES)):
        if given not in [*known]:  # a list, for one of another type may have no hash
            raise ValueError(
                f"{name}={given!r} is not known; give one of {', '.join(known)}. The sigmoid is "
                "'logistic', binary cross-entropy is 'log_loss'."
            )
    matrices, vectors = read_lists(weights, biases)
    check_no_bias_within([W.shape for W in matrices])
    orientations, sizes = read_shapes([W.shape for W in matrices])
    for layer, (b, n_units) in enumerate(zip(vectors, sizes[1:], strict=True)):
        check_biases(b, layer, n_units)
    t, of_labels = read_labels(y)
    ways = ways_of(vectors)
    has_columns = "as columns" in ways
    rows, of_rows, is_turned = read_rows(numbers(X, "X"), len(t), sizes[0], has_columns)
    is_transposed, of_weights = oriented(orientations, matrices, is_turned or has_columns)
    return OwnNetwork(
        weights=[
            (W.T if turned else W).reshape(sizes[layer : layer + 2]).astype(np.float64)
            for layer, (W, turned) in enumerate(zip(matrices, is_transposed, strict=True))
        ],
        biases=[
            np.zeros(n_units) if b is None else b.ravel().astype(np.float64)
            for b, n_units in zip(vectors, sizes[1:], strict=True)
        ],
        X=rows.astype(np.float64),
        t=t[:, np.newaxis],
        activation=activation,
        loss=loss,
        is_transposed=is_transposed,
        shapes=[
            (W.shape, None if b is None else b.shape)
            for W, b in zip(matrices, vectors, strict=True)
        ],
        is_turned=is_turned,
        ways=(of_weights, by_layer(ways, "biases"), of_rows, *of_labels),
        tolerance=tolerance_of([*matrices, rows]),
    )


def are_matrices(clf, *, network, activation, loss, sample_weight=None):
    """Whether matrices stand where an estimator might.

    Raises
    ------
    ValueError
        For an argument that is meant for the other.
    """
    is_pair = isinstance(clf, list | tuple)
    if is_pair:
        where = "an estimator; leave it out for matrices"
        others = {"network": network != 0, "sample_weight": sample_weight is not None}
    else:
        where = "matrices; leave it out for an estimator, which has its own"
        others = {"activation": activation != "logistic", "loss": loss != "log_loss"}
    for name, is_given in others.items():
        if is_given:
            raise ValueError(f"{name} is for {where}.")
    return is_pair


def read_pair(pair, X, y, activation, loss):
    """`read_network` of a pair (weights, biases), where an estimator might stand."""
    check_is_not_by_layer(pair, "the network")
    if len(pair) != 2:
        raise ValueError(
            f"a pair (weights, biases) or a fitted estimator is wanted, but {len(pair)} came; give "
            "([W1, W2], [b1, b2])."
        )
    return read_network(*pair, X, y, activation, loss)


def read_lists(weights, biases):
    """The matrices and the biases, None where there are none, of each layer."""
    weights, are_none = as_list(weights, "weights", "[W1, W2]"), biases is None
    such_as = "[b1, b2], or None if there are none"
    biases = [None] * len(weights) if are_none else as_list(biases, "biases", such_as)
    if len(biases) != len(weights):
        raise ValueError(
            f"biases has {len(biases)} layer(s) and weights {len(weights)}; give the biases of "
            "every layer, None for a layer without."
        )
    matrices = [numbers(W, f"weights[{at}]") for at, W in enumerate(weights)]
    vectors = [None if b is None else numbers(b, f"biases[{at}]") for at, b in enumerate(biases)]
    return matrices, vectors


def as_list(arrays, name, such_as):
    """The arrays as a list or a tuple, one a layer."""
    came = None
    if isinstance(arrays, np.ndarray) and arrays.dtype != object and arrays.ndim < 3:
        came = f"one array of shape {arrays.shape}"
    elif isinstance(arrays, Mapping | str) or not isinstance(arrays, Iterable):
        came = f"of type {type(arrays).__name__}"  # a dict may have its layers in any order
    elif not isinstance(arrays, list | tuple):
        arrays = list(arrays)
    if came or not arrays:
        raise ValueError(
            f"{name} is {came or 'empty'}; give a list, one for each layer from the first on, such "
            f"as {such_as}."
        )
    return arrays


def shape_of(array):
    """Its shape; None if it is not one array of numbers."""
    try:
        return np.shape(array)
    except ValueError:
        return None


def check_is_not_by_layer(arrays, name):
    """Raise ValueError for pairs of a matrix and a vector, one a layer.

    Of two layers they could be read as weights and biases, of another network. A tuple of lists is
    what is wanted: a vector of weights beside a column of biases looks like such pairs.
    """
    if isinstance(arrays, tuple) and all(isinstance(half, list) for half in arrays):
        return
    are_pairs = all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in arrays)
    if are_pairs and all(
        len(shape_of(W) or ()) == 2 and (b is None or len(shape_of(b) or (0, 0)) < 2)
        for W, b in arrays
    ):
        raise ValueError(
            f"{name} comes as pairs (W, b), one a layer; give weights and biases apart: "
            "([W for W, _ in pairs], [b for _, b in pairs])."
        )


def floats(array, name):
    """An array of floats; in single precision if it came so, of float16 the values."""
    try:
        array = np.asarray(array)
        is_kept = array.dtype.kind == "f" and array.itemsize > 2
        return array if is_kept else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is no array of numbers ({error}); give one.") from error


def numbers(array, name):
    """An array of finite floats."""
    array = floats(array, name)
    if not np.isfinite(array).all():
        remedy = "numbers" if name == "X" else "the weights and biases of an earlier step"
        raise ValueError(f"{name} has values that are not finite; give {remedy}.")
    return array


def tolerance_of(arrays):
    """How far right gradients may be off: those of single precision have fewer digits."""
    return max(1e-6, max(200 * float(np.finfo(array.dtype).eps) for array in arrays))


def check_no_bias_within(shapes):
    """Raise ValueError where each matrix has one input more than the layer below has units.

    Such matrices may chain all the same, one turned and the next not, as another network.
    """
    if len(shapes) < 2 or any(len(shape) != 2 for shape in shapes):
        return
    for of_inputs, row in ((0, "W[{}]"), (1, "W[:, {}]")):
        units = [shape[1 - of_inputs] for shape in shapes]
        inputs = [shape[of_inputs] for shape in shapes]
        if units[-1] == 1 and inputs[1:] == [size + 1 for size in units[:-1]]:
            ways = [
                f"weights [{row.format(kept)} for W in weights] and biases [{row.format(bias)} for "
                f"W in weights] if it comes {place}"
                for place, kept, bias in (("last", ":-1", "-1"), ("first", "1:", "0"))
            ]
            raise ValueError(
                f"weights have the shapes {', '.join(map(str, shapes))}: each has one input more "
                f"than the layer below has units. If that is the bias, give it apart: {ways[0]}, "
                f"{ways[1]}; and X without the column of ones. If it is not, give all matrices in "
                "the same orientation."
            )


def read_shapes(shapes):
    """Whether each matrix is transposed, None if the shape does not say; and the sizes of layers.

    The last layer has one unit; the inputs of a layer are the units of the one below.
    """
    orientations, sizes = [], [1]
    for at in reversed(range(len(shapes))):
        shape, wanted = shapes[at], sizes[0]
        is_last = at == len(shapes) - 1
        if is_last and len(shape) == 1:
            shape, orientation = (shape[0], 1), None
        elif len(shape) != 2 or wanted not in shape:
            what = "the one output, whose sigmoid is the probability"
            if not is_last:
                what = f"the {wanted} inputs of weights[{at + 1}], of shape {shapes[at + 1]}"
            raise ValueError(
                f"weights[{at}], of layer {at + 1}, has the shape {shape}, but its units must be "
                f"{what}; give it with {wanted} as the one or the other of two sizes."
            )
        else:
            orientation = None if shape[0] == shape[1] else shape[1] != wanted
        orientations.insert(0, orientation)
        sizes.insert(0, shape[1] if orientation else shape[0])
    return orientations, sizes


def check_biases(b, at, n_units):
    """Raise ValueError unless there is one for each unit, or none at all."""
    fits = {(n_units,), (n_units, 1), (1, n_units), *([()] if n_units == 1 else [])}
    if b is not None and b.shape not in fits:
        raise ValueError(
            f"biases[{at}], of layer {at + 1}, has the shape {b.shape}, but the layer has "
            f"{n_units} unit(s); give it as ({n_units},), ({n_units}, 1) or (1, {n_units})."
        )


def ways_of(biases):
    """How the biases of each layer came, in words."""
    ways = [way_of(b) for b in biases]
    others = [way for way in ways if way not in (None, "none")]
    return [way or (others or ["as columns"])[0] for way in ways]


def way_of(b):
    """How biases came, in words; None for a matrix of one number."""
    if b is None:
        return "none"
    if b.ndim < 2:
        return "as vectors"
    return None if b.size == 1 else "as columns" if b.shape[1] == 1 else "as rows"


def read_rows(X, n_rows, n_inputs, has_columns):
    """X as rows, what it was taken as, and whether its columns were the rows.

    A square one is taken as the biases are: columns of these are added to columns of data.
    """
    if X.ndim == 1 and n_rows == 1:
        X = X[np.newaxis]
    if X.shape not in {(n_rows, n_inputs), (n_inputs, n_rows)}:
        raise ValueError(
            f"X has the shape {X.shape}, but y has {n_rows} label(s) and layer 1 takes {n_inputs} "
            f"input(s); give X of shape ({n_rows}, {n_inputs}) or its transpose."
        )
    is_square = n_rows == n_inputs > 1
    is_turned = has_columns if is_square else X.shape != (n_rows, n_inputs)
    way = f"X{', which is square,' if is_square else ''} as {DATA[is_turned]}"
    return X.T if is_turned else X, way, is_turned


def read_labels(y):
    """Labels as 0 and 1, and a list of words about them, empty if there is nothing to say."""
    y = np.asarray(y)
    if y.size == 0 or y.size != max(y.shape, default=1):
        raise ValueError(f"y has the shape {y.shape}; give one label a row, of shape (n,).")
    y = y.ravel()
    check_complete(y)
    labels = np.unique(y)
    if labels.dtype.kind in "biuf" and np.isin(labels, (0, 1)).all():
        return y.astype(np.float64), []
    if len(labels) != 2:
        raise ValueError(
            f"y has the labels {listed(labels)}; give 0 and 1, or two labels, of which the second "
            "in order is 1."
        )
    no, yes = labels.tolist()
    return (y == labels[1]).astype(np.float64), [f"y = {yes!r} as 1, {no!r} as 0"]


def oriented(orientations, matrices, looks_transposed):
    """Whether each matrix is transposed, and how they were taken, in words."""
    known = [orientation for orientation in orientations if orientation is not None]
    others = looks_transposed if 2 * sum(known) == len(known) else 2 * sum(known) > len(known)
    is_transposed = [
        W.ndim == 2 and bool(others if orientation is None else orientation)
        for W, orientation in zip(matrices, orientations, strict=True)
    ]
    words = by_layer([ORIENTATIONS[turned] for turned in is_transposed], "weights", "as ")
    unsaid = [
        str(at)
        for at, (W, orientation) in enumerate(zip(matrices, orientations, strict=True), 1)
        if orientation is None and W.size > W.shape[0]
    ]
    if unsaid:
        assumed = "like the others" if len(set(known)) == 1 else "an assumption"
        words += f" (square and so {assumed}: W{', W'.join(unsaid)})"
    return is_transposed, words


def by_layer(ways, name, lead=""):
    """As in "weights as A", or "weights of layer 1 as A, of layer 2 as B"."""
    if len(set(ways)) == 1:
        return f"{name} {lead}{ways[0]}" if ways[0] != "none" else f"no {name}"
    return f"{name} " + ", ".join(f"of layer {at} {lead}{way}" for at, way in enumerate(ways, 1))

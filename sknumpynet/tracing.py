"""Forward and backward pass of one row, number by number, to compare with a calculation by hand.

`trace` computes in float64, without dropout, and changes nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import dedent, fill

import numpy as np
from scipy import sparse
from scipy.special import expit

from .arithmetic import own_arithmetic
from .engine.activations import ACTIVATIONS
from .engine.inputs.reading import Reader
from .engine.losses import LOSSES
from .engine.network import Network
from .fitted import (
    check_given_labels,
    names_of_columns,
    new_rows,
    stack_of,
    values_of_rows,
    working_copy,
)
from .html import html_table
from .own_matrices.reading import are_matrices, read_pair

MOST_LINES = 24  # of a list of names
WIDTH = 92  # of a line in a terminal


@dataclass(frozen=True, eq=False)
class TracedLayer:
    """One layer of a `Trace`: weights, activations and gradients.

    Parameters
    ----------
    W : ndarray of shape (fan_in, fan_out)
        Weights; those of the first layer apply to the inputs a0, scaled or not.
    b : ndarray of shape (fan_out,)
        Biases.
    z, a, delta : ndarray of shape (fan_out,)
        Pre-activation, activation, dL/dz. The activation of the last layer is the probability.
    grad_W : ndarray of shape (fan_in, fan_out)
        Gradient of the loss by W, dL/dW.
    grad_b : ndarray of shape (fan_out,)
        Gradient of the loss by b, dL/db.
    """

    W: np.ndarray
    b: np.ndarray
    z: np.ndarray
    a: np.ndarray
    delta: np.ndarray
    grad_W: np.ndarray  # noqa: N815
    grad_b: np.ndarray


@dataclass(frozen=True, eq=False)
class Trace:
    """Forward and backward pass of one row, see `trace`; printed, it shows all numbers.

    Parameters
    ----------
    x : ndarray of shape (n_features,)
        The row as given: numbers, or, of a raw table, objects, None where one is missing.
    a0 : ndarray of shape (n_inputs,)
        Inputs of the first layer: the numbers, scaled if the estimator does, their codes of
        ``numeric_bins``, which are missing, and the levels. Of matrices, x.
    y : object
        The label.
    target : float
        The label as 0 or 1, moved by ``label_smoothing``.
    layers : list of TracedLayer
        From the first hidden layer to the output.
    probability : float
        Probability of ``classes_[1]`` by this network.
    loss : float
        Loss of this row, without the penalty.
    grad_a0 : ndarray of shape (n_inputs,)
        Gradient of the loss by the inputs, dL/da0.
    network : int or None
        Which one of the stack; None of matrices, which are no stack.
    activation, loss_name : str
        As the estimator has them.
    column_names, input_names : sequence of str
        Of ``x`` and ``a0``.
    is_scaled : bool
        Whether the numbers in ``a0`` are scaled.
    taken : str
        How matrices were taken, and whether they are shown otherwise, in words; empty of an
        estimator.
    """

    x: np.ndarray
    a0: np.ndarray
    y: object
    target: float
    layers: list[TracedLayer]
    probability: float
    loss: float
    grad_a0: np.ndarray
    network: int | None
    activation: str
    loss_name: str
    column_names: Sequence[str] = ()
    input_names: Sequence[str] = ()
    is_scaled: bool = True
    taken: str = ""

    @property
    def headline(self):
        """The network, the label and, where it may be another number, the target."""
        sizes = "-".join(str(len(a)) for a in (self.a0, *(layer.a for layer in self.layers)))
        if self.network is None:
            return f"Network {sizes}, y = {self.target:g}"
        return f"Network {self.network} ({sizes}), y = {self.y!r}, t = {self.target:g}"

    def _about(self):
        """Lines: how matrices were taken; none of an estimator."""
        return [fill(f"Taken: {self.taken}.", WIDTH)] if self.taken else []

    def __str__(self):
        forward = [line for block in self._forward() for line in block]
        backward = [line for block in self._backward() for line in block]
        lines = [self.headline, *self._about(), "", "forward", *forward, "", "backward", *backward]
        return "\n".join(lines)

    def _repr_html_(self):
        about = "".join(f"<br>{escape(line)}" for line in self._about())
        parts = [f"<p><strong>{escape(self.headline)}</strong>{about}</p>"]
        for name, blocks in (("forward", self._forward()), ("backward", self._backward())):
            cells = [(title.strip(), dedent("\n".join(numbers))) for title, *numbers in blocks]
            parts.append(html_table((name, "numbers"), cells, is_code=True))
        return "".join(parts)

    # A block is a list of lines: a formula with its shape, then the numbers.

    def _forward(self):
        yield from self._row_and_inputs()
        for number, layer in enumerate(self.layers, 1):
            yield shown(f"W{number}", layer.W)
            yield shown(f"b{number}", layer.b)
            yield shown(f"z{number} = a{number - 1} W{number} + b{number}", layer.z)
            f = ACTIVATIONS[self.activation].formula
            is_last = number == len(self.layers)
            apply = f"p = 1 / (1 + exp(-z{number}))" if is_last else f"f(z{number}), f(z) = {f}"
            yield shown(f"a{number} = {apply}", layer.a)
        yield shown(f"L = {self._formulas[0]}", np.float64(self.loss))

    def _backward(self):
        for number in range(len(self.layers), 0, -1):
            layer, above = self.layers[number - 1], number + 1
            slope = ACTIVATIONS[self.activation].slope
            back = f"(delta{above} W{above}^T) * f'(z{number}), f'(z) = {slope}"
            formula = self._formulas[1] if above > len(self.layers) else back
            yield shown(f"delta{number} = dL/dz{number} = {formula}", layer.delta)
            yield shown(f"dW{number} = dL/dW{number} = a{number - 1}^T delta{number}", layer.grad_W)
            yield shown(f"db{number} = dL/db{number} = delta{number}", layer.grad_b)
        yield self._gradient_of_inputs()

    @property
    def _formulas(self):
        """The loss and its slope; of matrices, whose labels are 0 and 1, of y instead of t."""
        formulas = LOSSES[self.loss_name].formulas
        is_own = self.network is None
        return [re.sub(r"\bt\b", "y", formula) for formula in formulas] if is_own else formulas

    def _row_and_inputs(self):
        """Blocks: the row and the inputs; by name, unless they are columns without any."""
        if self._are_columns:
            inputs = "a0 = x scaled" if self.is_scaled else "a0 = x"
            return shown("x, the row", self.x), shown(inputs, self.a0)
        by_name = listed("x, the row", self.x, self.column_names)
        return by_name, listed("a0 = x as inputs", self.a0, self.input_names)

    def _gradient_of_inputs(self):
        title = "dL/da0 = delta1 W1^T"
        if self._are_columns:
            return shown(title, self.grad_a0)
        return listed(title, self.grad_a0, self.input_names)

    @property
    def _are_columns(self):
        """Whether the inputs are the columns, and these have no names."""
        return list(self.input_names) == [f"x{at}" for at in range(len(self.x))]


def listed(title, values, names):
    """Lines: a title with a shape, then a value and its name each; of many, those that are not 0.

    Of still more only the ends.
    """
    texts = [number(value) for value in values]
    width = max(map(len, texts), default=0)  # of no input if all levels are rare
    lines = [
        f"    {text:>{width}}  {name}"
        for text, name in zip(texts, names, strict=True)
        if len(texts) <= MOST_LINES or text.strip() != "0"
    ]
    if len(lines) < len(values):
        title += f", {len(values) - len(lines)} that are 0 left out"
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES // 2], "    ...", *lines[-MOST_LINES // 2 :]]
    return [f"  {title}  ({len(values)},)", *lines]


def number(value):
    """A number as it is printed, without -0; another value as text."""
    return f"{value + 0.0:10.4g}" if isinstance(value, float) else str(value)


def shown(title, array):
    """Lines: a formula with its shape, then the numbers; only the ends of large arrays."""
    numbers = np.array2string(
        array,
        max_line_width=WIDTH,
        threshold=60,
        edgeitems=3,
        formatter={"float_kind": number},
    )
    shape = f"  {array.shape}" if array.ndim else ""
    return [f"  {title}{shape}", *(f"    {line}" for line in numbers.split("\n"))]


@own_arithmetic
def trace(clf, x, y, *, network=0, activation="logistic", loss="log_loss"):
    """Follow one row forward and backward through a network of a fitted estimator.

    The row is a row, and the weights of a unit of layer l are a column of W_l ::

        a_0 = x scaled ;  z_l = a_(l-1) W_l + b_l ;  a_l = f(z_l) ;  p = 1 / (1 + exp(-z_L))
        delta_L = dL/dz_L ;  delta_l = (delta_(l+1) W_(l+1)^T) * f'(z_l)
        dW_l = dL/dW_l = a_(l-1)^T delta_l ;  db_l = dL/db_l = delta_l

    a_0 is x itself with ``scale_inputs=None`` and where matrices are given. The target t is 1 for
    ``classes_[1]`` and 0 for the other class; ``label_smoothing`` e moves these to 1 - e / 2 and
    e / 2. delta_L is p - t for the log loss L = -t log(p) - (1 - t) log(1 - p), and
    (p - t) p (1 - p) for the squared error L = (p - t)^2 / 2.

    Parameters
    ----------
    clf : NumpyMLPBinaryClassifier, or pair (weights, biases)
        Fitted; it is not changed. Or matrices of your own, as `compare_gradients` takes them.
    x : array-like of shape (n_features,) or (1, n_features)
        One row; of a frame, ``X.iloc[3]`` or ``X[3:4]``.
    y : int, float, bool or str
        Its label, one of ``clf.classes_``; 0 or 1 where matrices are given.
    network : int, default=0
        Which one of the stack; the estimator's probability is the mean over all of them.
    activation : str, default="logistic"
        Of the hidden units, where matrices are given; an estimator has its own.
    loss : {"log_loss", "squared_error"}, default="log_loss"
        Where matrices are given.

    Returns
    -------
    Trace
        Printed, it shows every array with its formula and shape; its attributes are the arrays, in
        float64.

    Raises
    ------
    NotFittedError
    ValueError
        For a row, a label or a network that does not fit the estimator; for matrices that do not
        fit each other.

    Notes
    -----
    L is the loss of one row alone. Training minimises its weighted mean over the rows plus
    ``alpha / (2 * sum of weights)`` times the sum of squared weights. Its gradient is therefore the
    weighted mean of the rows' dL/dW plus ``alpha / (sum of weights) * W``; nothing is added to
    dL/db.

    W and b are the parameters that training changes. They equal the estimator's ``coefs_`` and
    ``intercepts_``, except in the first layer with ``scale_inputs='standard'``, where ``coefs_``
    and ``intercepts_`` have the scaling folded in.

    Examples
    --------
    >>> import numpy as np
    >>> from sknumpynet import NumpyMLPBinaryClassifier, trace
    >>> X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), [0, 1, 1, 0]
    >>> clf = NumpyMLPBinaryClassifier(2, "tanh", n_estimators=1, scale_inputs=None, max_iter=1)
    >>> clf = clf.fit(X, y)
    >>> clf.coefs_ = [np.array([[1.0, -1], [1, 0.5]]), np.array([[2.0], [1]])]
    >>> clf.intercepts_ = [np.array([-0.5, 0]), np.array([-1.0])]
    >>> row = trace(clf, [1, 0], 1)
    >>> print(str(row).partition("backward")[2])
    <BLANKLINE>
      delta2 = dL/dz2 = p - t  (1,)
        [   -0.6979]
      dW2 = dL/dW2 = a1^T delta2  (2, 1)
        [[   -0.3225]
         [    0.5315]]
      db2 = dL/db2 = delta2  (1,)
        [   -0.6979]
      delta1 = dL/dz1 = (delta2 W2^T) * f'(z1), f'(z) = 1 - a**2  (2,)
        [    -1.098    -0.2931]
      dW1 = dL/dW1 = a0^T delta1  (2, 2)
        [[    -1.098    -0.2931]
         [         0          0]]
      db1 = dL/db1 = delta1  (2,)
        [    -1.098    -0.2931]
      dL/da0 = delta1 W1^T  (2,)
        [   -0.8046     -1.244]
    >>> round(row.probability - row.target, 4)
    -0.6979
    """
    if are_matrices(clf, network=network, activation=activation, loss=loss):
        return trace_of_matrices(clf, x, y, activation, loss)
    clf = working_copy(clf, network)
    row, y = one_row(clf, x), np.atleast_1d(y)
    if y.shape != (1,):
        raise ValueError(f"y has the shape {y.shape}; give the label of the one row.")
    check_given_labels(y, clf.classes_)
    stack = stack_of(clf).unfolded(np.float64)
    stack = stack.with_params(stack.params[[network]])
    return Trace(
        x=values_of_rows(clf, row)[0],
        y=y.tolist()[0],
        network=network,
        column_names=names_of_columns(clf),
        input_names=clf.input_names_,
        is_scaled=clf.scale_inputs is not None,
        **followed(stack, row, y[0] == clf.classes_[1], clf.label_smoothing, clf.loss),
    )


def trace_of_matrices(pair, x, y, activation, loss):
    """The trace of a row through somebody's own matrices."""
    own = read_pair(pair, x, y, activation, loss)
    if len(own.X) != 1:
        raise ValueError(f"x has {len(own.X)} rows; give one, such as X[:1].")
    shown_as = ["shown as (inputs, units)"] if any(own.is_transposed) else []
    names = [f"x{at}" for at in range(own.sizes[0])]
    label = np.asarray(y).ravel().tolist()[0]
    return Trace(
        x=own.X[0],
        y=label,
        network=None,
        column_names=names,
        input_names=names,
        is_scaled=False,
        taken="; ".join([*own.ways[:2], *shown_as]),
        **followed(own.problem.stack, own.X, own.t[0, 0] > 0, 0.0, loss),
    )


def followed(stack, row, is_positive, smoothing, loss_name):
    """What a `Trace` has of the passes of one row, of a stack of one network."""
    grad = np.empty_like(stack.params)
    passed = Network(stack, 1, grad)
    inputs = Reader(stack.to_apply, np.float64).read(row, slice(None))
    sign = 1 if is_positive else -1
    against, loss = -sign * passed.forward(inputs), np.empty((1, 1))
    # The activations overwrote z in place, so compute it again.
    read = [inputs, *(a[0] for a in passed.a)]
    z = [(W[0].T @ a)[:, 0] for W, a in zip(stack.layers, read, strict=True)]
    a = [*(units[0, :, 0].copy() for units in passed.units), expit(z[-1])]
    LOSSES[loss_name].value(against, smoothing, loss)
    LOSSES[loss_name].slope(against, smoothing, passed.slope)
    passed.slope *= -sign
    passed.backward()
    return {
        "a0": inputs[:-1, 0],
        "target": (1 + sign * (1 - smoothing)) / 2,
        "layers": traced_layers(stack, z, a, passed, grad),
        "probability": float(a[-1][0]),
        "loss": float(loss[0, 0]),
        "grad_a0": passed.input_gradient()[0, :, 0],
        "activation": stack.activation,
        "loss_name": loss_name,
    }


def traced_layers(stack, z, a, passed, grad):
    """A `TracedLayer` for each layer of one network, after the backward pass."""
    gradients = stack.layout.views(grad)
    return [
        TracedLayer(
            W=W[0, :-1],
            b=W[0, -1],
            z=of_z,
            a=of_a,
            delta=delta[0, :, 0],
            grad_W=of_W[0, :-1],
            grad_b=of_W[0, -1],
        )
        for W, of_z, of_a, delta, of_W in zip(
            stack.layers, z, a, passed.delta, gradients, strict=True
        )
    ]


def one_row(clf, x):
    """A checked row of a table of numbers, of shape (1, n_features), dense and in float64."""
    if hasattr(x, "iloc") and x.ndim == 1:
        x = x.map(plain).to_frame().T
    elif isinstance(x, np.ndarray) and x.ndim == 1:
        x = x.reshape(1, -1)
    elif isinstance(x, list | tuple) and not any(map(has_values, x)):
        x = [list(x)]
    x = new_rows(clf, x)
    if x.shape[0] != 1:
        raise ValueError(f"x has {x.shape[0]} rows; give one, such as X[:1].")
    return (x.toarray() if sparse.issparse(x) else x).astype(np.float64)


def plain(value):
    """A value of a row of several types: a boolean of NumPy's as one of Python's."""
    return bool(value) if isinstance(value, np.bool_) else value


def has_values(value):
    """Whether a row's value is itself a row."""
    return isinstance(value, list | tuple | np.ndarray) and np.ndim(value) > 0

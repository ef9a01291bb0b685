"""Somebody's own matrices: the right gradients, and what is wrong with theirs.

`compare_gradients` reads the matrices in whatever orientation they have (``reading``, ``given``)
and computes the right gradients by the engine. Where given ones differ, it tries known mistakes
(``mistakes``), in passes written out in NumPy (``passes``), until the gradients come out
(``search``). ``verdicts`` puts it into words and lines of code (``notation``), which ``report``
prints.
"""

from dataclasses import replace

from ..arithmetic import own_arithmetic
from .given import read_gradients
from .reading import read_network, tolerance_of
from .report import GradientComparison
from .search import reconstruct
from .verdicts import Teller


@own_arithmetic
def compare_gradients(
    weights, biases, X, y, gradients=None, *, activation="logistic", loss="log_loss"
):
    """Say what is wrong with the gradients that your own network computes.

    For a network written by hand, with one output, whose sigmoid is the probability p of label 1.
    Of two layers, with a row of data in each row of X, and ``*`` number by number::

        a1 = f(X W1 + b1) ;  p = 1 / (1 + exp(-(a1 W2 + b2)))
        delta2 = p - y            for the log loss -y log(p) - (1 - y) log(1 - p)
        delta2 = (p - y) p (1 - p)  for the squared error (p - y)^2 / 2
        delta1 = (delta2 W2^T) * f'(z1)
        dW1 = X^T delta1 / n ;  db1 = mean of delta1 over the n rows ; the same of layer 2

    Parameters
    ----------
    weights : list of array-like of shape (inputs, units) or (units, inputs)
        A matrix for each layer, the output's too. Which of the two shapes it has follows from the
        layers above it; a square matrix is taken as the others are.
    biases : list of array-like of shape (units,), (units, 1) or (1, units), or None
        None if there are none; None in the list for a layer without.
    X : array-like of shape (rows, columns)
        The data as the first layer gets them; also transposed, if only that fits. If X is square,
        as the gradients have it, or else transposed if biases come as columns.
    y : array-like of shape (rows,), (rows, 1) or (1, rows)
        Labels: 0 and 1, booleans, or two others, of which the second in order is 1.
    gradients : list of array-like, or pair of such lists, default=None
        Of the weights, or of the weights and of the biases, for the mean loss of the rows, shaped
        as the matrices. None in a list for one that you do not have yet.
    activation : str, default="logistic"
        Of the hidden units, a name that `NumpyMLPBinaryClassifier` takes.
    loss : {"log_loss", "squared_error"}, default="log_loss"
        The loss of a row.

    Returns
    -------
    GradientComparison
        Printed, it says of each gradient whether it is right, wrong, or wrong in a known way, with
        your number, the right one and the right line of code. ``weights`` and ``biases`` are the
        right gradients; without ``gradients`` they are all it says.

    Raises
    ------
    ValueError
        For shapes that do not chain, saying at which layer; for what is no number; for names and
        labels that are not known.

    See Also
    --------
    trace : Follows one row forward and back through a fitted network.
    check_gradients : Compares backpropagation with differences, for a fitted estimator.

    Notes
    -----
    The right gradients are the engine's, in float64. If yours differ from them by more than 1e-6
    of a matrix's largest number (2e-5 if anything is in single precision), known mistakes are
    made on purpose in a second program, one by one and then two at a time (not if rows times units
    are more than 200,000), until its gradients are yours. The fewest mistakes that do are what is
    said. So a verdict is no guess from a symptom: the mistake gives the very numbers. Where two
    mistakes give the same numbers, as they may for one row or one hidden unit, one of them is
    named.

    Examples
    --------
    >>> import numpy as np
    >>> from sknumpynet import compare_gradients
    >>> X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    >>> W1, W2 = np.array([[1.0, -1, 2], [1, 0.5, -1]]), np.array([[2.0], [1], [-1]])
    >>> b1, b2 = np.array([-0.5, 0, 1]), np.array([-1.0])
    >>> z1 = X @ W1 + b1
    >>> a1 = 1 / (1 + np.exp(-z1))
    >>> delta2 = 1 / (1 + np.exp(-(a1 @ W2 + b2))) - y
    >>> delta1 = (delta2 @ W2.T) * z1 * (1 - z1)
    >>> mine = [X.T @ delta1 / 4, a1.T @ delta2 / 4]
    >>> print(compare_gradients([W1, W2], [b1, b2], X, y, mine))
    Wrong in a known way: slope_of_z.
    2-3-1, logistic, log_loss 0.6768, 4 rows
    Taken: weights as (inputs, units), as in X @ W; biases as vectors; X as (rows, columns).
    <BLANKLINE>
    gradient  verdict     yours     right      ratio  at
    dW2       right       -0.01318  -0.01318   1      [0, 0]
    dW1       slope_of_z  -0.6455   -0.007122  90.63  [0, 2]
    <BLANKLINE>
    slope_of_z (dW1): the slope's formula a1 * (1 - a1) is applied to z1; it wants a1.
      Right: delta1 = (delta2 @ W2.T) * a1 * (1 - a1)
    """
    network, verdicts = read_network(weights, biases, X, y, activation, loss), []
    if gradients is not None:
        network, verdicts = judged(network, gradients)
    value, of_weights, of_biases = network.gradients()
    of_weights, of_biases = network.as_given(of_weights, of_biases)
    return GradientComparison(
        verdicts=verdicts,
        weights=of_weights,
        biases=of_biases,
        loss=value,
        taken=network.taken,
        layer_sizes=network.sizes,
        n_rows=len(network.X),
        activation=activation,
        loss_name=loss,
    )


def judged(network, gradients):
    """The network, as it explains the gradients best, and the verdicts."""
    found = []
    for reading in network.readings():
        theirs = read_gradients(gradients, reading)
        tolerance = max(reading.tolerance, tolerance_of(theirs.values()))
        found.append(reconstruct(replace(reading, tolerance=tolerance), theirs))
    reconstruction, judge = min(found, key=lambda pair: pair[0].cost)
    teller = Teller(judge, reconstruction)
    keys = sorted(judge.theirs, key=lambda key: (-key[0], key[1] == "biases"))
    return judge.network, [teller.verdict(*key) for key in keys]

"""Lines of code for a network, in the orientation in which somebody has its matrices."""

import re

from ..engine.activations import ACTIVATIONS
from ..engine.losses import LOSSES


class Notation:
    """The right lines of a program, layer by layer.

    Parameters
    ----------
    network : OwnNetwork
    """

    def __init__(self, network):
        self.network, self.last = network, len(network.weights) - 1

    def inputs(self, layer):
        """Name of a layer's inputs; layers are counted from 0 here, from 1 in the lines."""
        return f"a{layer}" if layer else "X"

    def line(self, what, layer):
        """The line that computes z, a, delta, dW or db of a layer."""
        return f"{what}{layer + 1} = {getattr(self, f'of_{what}')(layer)}"

    def of_z(self, layer):
        """Pre-activations."""
        W, turned = f"W{layer + 1}", self.network.is_transposed[layer]
        if self.network.has_columns:
            product = f"{W if turned else f'{W}.T'} @ {self.inputs(layer)}"
        else:
            product = f"{self.inputs(layer)} @ {f'{W}.T' if turned else W}"
        return f"{product} + b{layer + 1}"

    def of_a(self, layer):
        """Activations."""
        return numpy_of(ACTIVATIONS[self.network.activation].formula, layer)

    def slope(self, layer):
        """The slope of a layer, as a factor."""
        if layer == self.last:
            return "p * (1 - p)"
        slope = numpy_of(ACTIVATIONS[self.network.activation].slope, layer)
        is_product = re.fullmatch(r"[\w.]+ \* \(.*\)|np\.where\(.*\)|\d+", slope)
        return slope if is_product else f"({slope})"

    def of_delta(self, layer):
        """Derivative of the loss by z."""
        if layer == self.last:
            return LOSSES[self.network.loss].formulas[1].replace("t", "y")
        above = layer + 2
        W, delta, turned = f"W{above}", f"delta{above}", self.network.is_transposed[layer + 1]
        if self.network.has_columns:
            back = f"{f'{W}.T' if turned else W} @ {delta}"
        else:
            back = f"{delta} @ {W if turned else f'{W}.T'}"
        return f"({back}) * {self.slope(layer)}"

    def of_dW(self, layer):  # noqa: N802
        """Gradient by the weights."""
        delta, a = f"delta{layer + 1}", self.inputs(layer)
        left, right = (delta, a) if self.network.is_transposed[layer] else (a, delta)
        if self.network.has_columns:
            return f"{left} @ {right}.T / n"
        return f"{left}.T @ {right} / n"

    def of_db(self, layer):
        """Gradient by the biases."""
        axis = 1 if self.network.has_columns else 0
        keeps = ", keepdims=True" if len(self.network.shapes[layer][1] or ()) == 2 else ""
        return f"delta{layer + 1}.sum(axis={axis}{keeps}) / n"


def numpy_of(formula, layer):
    """A formula of z and a as NumPy has it, of the arrays of a layer."""
    condition = re.fullmatch(r"(.*) if (.*) else (.*)", formula)
    if condition:
        formula = "np.where({1}, {0}, {2})".format(*condition.groups())
    formula = re.sub(r"\b(exp|tanh|log)\(", r"np.\1(", formula)
    formula = re.sub(r"\bmax\(", "np.maximum(", formula)
    return re.sub(r"\b([za])\b", rf"\g<1>{layer + 1}", formula)

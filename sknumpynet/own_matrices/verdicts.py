"""A reconstruction in words: a verdict for each matrix, from the output down."""

import numpy as np

from .mistakes import FACTORS, OF_SCALED, SCALED
from .notation import Notation
from .report import WRONG, Fault, GradientVerdict

GRADIENTS = {"weights": "dW", "biases": "db"}
OF_FACTOR = {factor.code: factor.sentence for factor in FACTORS}


class Teller:
    """Puts into words what was found.

    Parameters
    ----------
    judge : search.Judge
    reconstruction : search.Reconstruction
    """

    def __init__(self, judge, reconstruction):
        self.judge, self.reconstruction, self.network = judge, reconstruction, judge.network
        self.notation, self.last = Notation(judge.network), len(judge.network.weights) - 1
        self.right = {key for key in judge.theirs if judge.is_right(key)}

    def verdict(self, layer, name):
        """The verdict of one matrix."""
        key, faults = (layer, name), ()
        if key not in self.right:
            is_known = key in self.reconstruction.of_matrix
            faults = tuple(self.known(*key)) if is_known else (self.unknown(*key),)
        return GradientVerdict(layer + 1, name, faults, *self.numbers(*key))

    def numbers(self, layer, name):
        """The number given, the right one and their place, where they differ most."""
        theirs, right = self.judge.theirs[layer, name], self.judge.right[layer, name]
        if theirs.shape != right.shape:
            return None, None, None
        turned = name == "weights" and self.network.is_transposed[layer]
        shape = self.network.shapes[layer][name == "biases"]
        theirs, right = ((array.T if turned else array).reshape(shape) for array in (theirs, right))
        apart = np.nan_to_num(abs(theirs - right), nan=np.inf)
        place = tuple(map(int, np.unravel_index(apart.argmax(), shape)))
        return float(theirs[place]), float(right[place]), place

    def known(self, layer, name):
        """The faults of a gradient that mistakes give."""
        way, factors = self.reconstruction.of_matrix[layer, name]
        for slip in self.judge.relevant(self.reconstruction, (layer, name)):
            # The mistake that acts here: at this layer, or the nearest above it.
            at = min((at for at in slip.layers if at >= layer), default=max(slip.layers))
            sentence = self.filled(slip.mistake.sentence, at, name, rate=slip.rate)
            yield Fault(slip.mistake.code, sentence, self.notation.line(slip.mistake.line, at))
        own = self.notation.line(GRADIENTS[name], layer)
        if way.code:
            yield Fault(
                way.code,
                self.filled(way.sentence, layer, name, penalty=self.reconstruction.penalty),
                own,
            )
        for code in factors:
            sentence = OF_SCALED if code == SCALED else OF_FACTOR[code]
            sentence = self.filled(sentence, layer, name, factor=self.reconstruction.factor)
            is_turned = code == "sign" and self.is_everywhere(code)
            yield Fault(
                code, sentence, self.notation.line("delta", self.last) if is_turned else own
            )

    def is_everywhere(self, code):
        """Whether a factor is in every gradient."""
        return all(code in factors for _, factors in self.reconstruction.of_matrix.values())

    def filled(self, sentence, layer, name, **more):
        """A sentence with the names of arrays of a layer."""
        return sentence.format(
            l=layer + 1,
            above=layer + 2,
            below=layer,
            letter="W" if name == "weights" else "b",
            a=self.notation.inputs(layer),
            slope=self.notation.slope(layer),
            n=len(self.network.X),
            columns=self.network.X.shape[1],
            **more,
        )

    def unknown(self, layer, name):
        """The fault of a gradient that no known mistake gives, and where to look for it."""
        theirs, own = self.judge.theirs[layer, name], GRADIENTS[name]
        number, above = layer + 1, layer + 2
        product, delta = (self.notation.line(what, layer) for what in (own, "delta"))
        unexplained = self.judge.theirs.keys() - self.right - self.reconstruction.of_matrix.keys()
        other = layer, "biases" if name == "weights" else "weights"
        if theirs.shape != self.judge.right[layer, name].shape:
            return Fault(WRONG, f"{own}{number} has the shape {self.shapes(layer, name)}", product)
        if not np.isfinite(theirs).all():
            return Fault(WRONG, f"{own}{number} has values that are not finite", product)
        if other in self.judge.theirs.keys() - unexplained:
            here = f"{GRADIENTS[other[1]]}{number}"
            sentence = f"delta{number} gives {here}, so the fault is between it and {own}{number}"
            return Fault(WRONG, sentence, product)
        if any(at > layer for at, _ in unexplained):
            return Fault(WRONG, "it depends on the layers above: mend these first", "")
        if layer == self.last:
            sentence = f"the fault is in delta{number}, or before it in the forward pass"
        else:
            sentence = (
                f"layer {above} is {self.state(layer + 1)}, so the fault is between delta{above} "
                f"and {own}{number}"
            )
        return Fault(WRONG, sentence, delta)

    def state(self, layer):
        """Whether a layer's gradients are right, or wrong in a known way."""
        of_layer = {key for key in self.judge.theirs if key[0] == layer}
        return "right" if of_layer <= self.right else "explained"

    def shapes(self, layer, name):
        """The shape that a gradient has and the one that it ought to have, in words."""
        turned = name == "weights" and self.network.is_transposed[layer]
        shape, wanted = self.judge.theirs[layer, name].shape, self.network.shapes[layer]
        return f"{shape[::-1] if turned else shape}, not {wanted[name == 'biases']}"

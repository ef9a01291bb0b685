"""What `compare_gradients` says: a verdict for each matrix."""

from dataclasses import dataclass
from html import escape
from textwrap import fill
from typing import NamedTuple

import numpy as np

from ..html import html_table

WIDTH = 92  # of a line in a terminal
RIGHT, WRONG = "right", "wrong"


class Fault(NamedTuple):
    """What is wrong with a gradient.

    Parameters
    ----------
    code : str
        'wrong', or the name of the mistake that gives this gradient, such as 'slope_of_z'.
    sentence : str
        The mistake in words.
    remedy : str
        The right line of code, in the orientation of the matrices; '' where none is known.
    """

    code: str
    sentence: str
    remedy: str


@dataclass(frozen=True)
class GradientVerdict:
    """What is said of the gradient of the weights or the biases of one layer.

    Parameters
    ----------
    layer : int
        From 1; the last is the output.
    name : {'weights', 'biases'}
        Of which the gradient is.
    faults : tuple of Fault
        The mistakes that give this gradient, each with ``code``, ``sentence`` and ``remedy``;
        empty if it is right.
    theirs, right : float or None
        The number given and the right one, where they differ most; None if the shapes differ.
    place : tuple of int or None
        Where that is.
    """

    layer: int
    name: str
    faults: tuple[Fault, ...]
    theirs: float | None
    right: float | None
    place: tuple[int, ...] | None

    @property
    def code(self):
        """'right', 'wrong' or the name of the mistake; several are joined by " and "."""
        return " and ".join(fault.code for fault in self.faults) or RIGHT

    @property
    def sentence(self):
        """The mistakes in words; '' if there is none."""
        return "; ".join(fault.sentence for fault in self.faults)

    @property
    def remedy(self):
        """The right lines of code."""
        return "; ".join(dict.fromkeys(fault.remedy for fault in self.faults if fault.remedy))

    @property
    def ratio(self):
        """The number given divided by the right one; None if there is none, or that is 0."""
        return self.theirs / self.right if self.right else None

    @property
    def gradient(self):
        """What it is called, such as dW2."""
        return f"d{'W' if self.name == 'weights' else 'b'}{self.layer}"

    @property
    def cells(self):
        """Gradient, code, both numbers, their ratio and place, as text."""
        numbers = (
            "" if number is None else f"{number + 0:.4g}"
            for number in (self.theirs, self.right, self.ratio)
        )
        place = "" if self.place is None else str(list(self.place))
        return self.gradient, self.code, *numbers, place


HEADINGS = ("gradient", "verdict", "yours", "right", "ratio", "at")


@dataclass(frozen=True, eq=False)
class GradientComparison:
    """Somebody's gradients beside the right ones, see `compare_gradients`; printed, it is a table.

    Parameters
    ----------
    verdicts : list of GradientVerdict
        From the output down, as backpropagation goes. Empty if no gradients were given.
    weights, biases : list of ndarray
        The right gradients, each in the shape in which the matrix came; None for biases that there
        are not.
    loss : float
        Mean loss of the rows.
    taken : str
        How matrices and data were taken, in words.
    layer_sizes : tuple of int
        Inputs, hidden units, 1.
    n_rows : int
        Rows of the data.
    activation, loss_name : str
        As they were given.
    """

    verdicts: list[GradientVerdict]
    weights: list
    biases: list
    loss: float
    taken: str
    layer_sizes: tuple[int, ...]
    n_rows: int
    activation: str
    loss_name: str

    @property
    def is_right(self):
        """Whether all gradients that were given are right; False if there were none."""
        return bool(self.verdicts) and all(verdict.code == RIGHT for verdict in self.verdicts)

    @property
    def headline(self):
        """The result in a sentence."""
        if not self.verdicts:
            return "These are the right gradients."
        if self.is_right:
            there = [array for array in (*self.weights, *self.biases) if array is not None]
            is_whole = len(self.verdicts) == len(there)
            return "Right, all of them." if is_whole else "Right, as far as given."
        wrong = [verdict.gradient for verdict in self.verdicts if verdict.code == WRONG]
        known = f"Wrong in a known way: {', '.join(c for c in self._faults() if c != WRONG)}."
        if not wrong:
            return known
        first = (
            f"{wrong[0]} is the first gradient, from the output down, that no known mistake gives"
        )
        return f"Wrong: {first}." if len(self._faults()) == 1 else f"{known} And {first}."

    def _about(self):
        """Lines: the network, and how it was taken."""
        sizes = "-".join(map(str, self.layer_sizes))
        rows = f"{self.n_rows:,} row{'s' if self.n_rows > 1 else ''}"
        return [
            f"{sizes}, {self.activation}, {self.loss_name} {self.loss:.4g}, {rows}",
            f"Taken: {self.taken}.",
        ]

    def _faults(self):
        """Each mistake's code -> pairs of a gradient's name and the fault, from the output down."""
        found = {}
        for verdict in self.verdicts:
            for fault in verdict.faults:
                found.setdefault(fault.code, []).append((verdict.gradient, fault))
        return found

    def _said(self):
        """Sentence and remedy of each mistake, where it is seen first."""
        said = {}
        for code, places in self._faults().items():
            for gradient, fault in places:
                which = code, fault.sentence if code == WRONG else ""
                said.setdefault(which, (fault, []))[1].append(gradient)
        for fault, gradients in said.values():
            yield f"{fault.code} ({', '.join(gradients)}): {fault.sentence}.", fault.remedy

    def __str__(self):
        lines = [fill(line, WIDTH) for line in (self.headline, *self._about())]
        if not self.verdicts:
            return "\n".join([*lines, *self._gradients()])
        rows = [HEADINGS, *(verdict.cells for verdict in self.verdicts)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines += [""] + ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in rows]
        for sentence, remedy in self._said():
            lines += ["", fill(sentence, WIDTH), *([f"  Right: {remedy}"] if remedy else [])]
        return "\n".join(lines)

    def _gradients(self):
        """Lines: the right gradients, from the output down."""
        for layer in reversed(range(len(self.weights))):
            for name, arrays in (("dW", self.weights), ("db", self.biases)):
                if arrays[layer] is not None:
                    yield f"{name}{layer + 1}  {arrays[layer].shape}"
                    text = np.array2string(arrays[layer], precision=4, threshold=60)
                    yield from (f"  {line}" for line in text.split("\n"))

    def _repr_html_(self):
        about = "<br>".join(map(escape, self._about()))
        parts = [f"<p><strong>{escape(self.headline)}</strong><br>{about}</p>"]
        if not self.verdicts:
            return "".join([*parts, f"<pre>{escape(chr(10).join(self._gradients()))}</pre>"])
        parts.append(html_table(HEADINGS, [verdict.cells for verdict in self.verdicts]))
        for sentence, remedy in self._said():
            code = f"<br>Right: <code>{escape(remedy)}</code>" if remedy else ""
            parts.append(f"<p>{escape(sentence)}{code}</p>")
        return "".join(parts)

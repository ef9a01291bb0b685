"""Compares a gradient with differences of its objective, by parameter and along directions."""

import numpy as np
from scipy import sparse

from .activations import ACTIVATIONS
from .objective import Objective
from .prediction import pass_forward

MOST_COMPONENTS = 50  # of a matrix, checked one by one
STEPS = (1e-4, 1e-6)  # the second where a unit crosses its kink within the first
MOVES = np.array([-2, -1, 1, 2])
FIVE_POINT = np.array([1, -8, 8, -1]) / 12
ROUNDINGS = 20 * np.finfo(np.float64).eps  # relative error of the objective
TOLERANCE = 1e-6
BLOCK_VALUES = 1 << 20  # of displaced parameters or units at once: 8 MB


class Checker:
    """The objective of one network around its parameters, and its gradient there.

    Parameters
    ----------
    problem : Problem
        Without folds and dropout. The gradient is computed as in training, for the whole stack at
        once.
    network : int
    """

    def __init__(self, problem, network):
        params, X, layout = problem.stack.params, problem.rows.X, problem.stack.layout
        self.problem, self.params = problem, params[network]
        self.X = X.toarray() if sparse.issparse(X) else X  # dense, to measure the inputs
        grad = np.empty_like(params)
        objective, n_rows = Objective(problem, np.arange(len(params))), len(problem.rows.index)
        value = objective.value_and_grad(params, slice(0, n_rows), grad)[network]
        passed = self._passed(params[[network]])
        self.grad, size = grad[network], max(1, value, abs(passed.logits).max())
        self.rounding = ROUNDINGS * size
        has_kinks = ACTIVATIONS[problem.stack.activation].has_kink and passed.units
        self.sides = sides_of_kinks(passed) if has_kinks else None
        read = [passed.inputs[:-1], *(units[0] for units in passed.units)]
        self.scale = np.ones_like(params[:1])  # so that a step moves the layer's z by h at most
        for of_layer, inputs in zip(layout.views(self.scale), read, strict=True):
            of_layer[0, :-1] /= np.maximum(1, abs(inputs).max(axis=1))[:, np.newaxis]
        self.scale = self.scale[0]
        n_values = max(len(self.params), n_rows * sum(layout.layer_sizes))
        self.n_at_once = max(1, BLOCK_VALUES // (len(MOVES) * n_values))

    def _passed(self, params):
        """The network after a forward pass of the rows, with these params."""
        return pass_forward(self.problem.stack.with_params(params), self.X, self.problem.rows.index)

    def check(self, places, rng):
        """Check the gradient by the parameters at ``places``, an array of their matrix's shape.

        Returns
        -------
        dict
            The fields of `gradients.MatrixCheck`, except layer and name.
        """
        chosen = np.arange(places.size)
        if places.size > MOST_COMPONENTS:
            chosen = np.sort(rng.choice(chosen, MOST_COMPONENTS, replace=False))
        parts = [(place, self.scale[place]) for place in places.ravel()[chosen, np.newaxis]]
        if places.size > MOST_COMPONENTS:
            amounts = rng.normal(size=places.size) / np.sqrt(places.size)
            parts.append((places.ravel(), amounts * self.scale[places.ravel()]))
        error = self._errors(parts)
        at_kink = np.isnan(error)
        n_checked = len(chosen) - int(at_kink[: len(chosen)].sum())
        worst = 0 if at_kink.all() else int(np.nanargmax(error))
        where = "direction"
        if worst < len(chosen):
            where = tuple(map(int, np.unravel_index(chosen[worst], places.shape)))
        return {
            "shape": places.shape,
            "max_error": float(error[worst]),
            "where": where,
            "n_checked": n_checked,
            "n_at_kink": int(at_kink.sum()),
        }

    def _errors(self, parts):
        """Relative errors of the slopes along directions, each given as places and amounts.

        NaN at a kink, infinity where gradient or objective is not finite.
        """
        exact = np.array([self.grad[places] @ amounts for places, amounts in parts])
        error, left = np.full(len(parts), np.nan), np.arange(len(parts))
        for step in STEPS:
            slope, crosses = self._differences([parts[i] for i in left], step)
            here = exact[left]
            floor = self.rounding / (step * TOLERANCE)
            size = np.maximum(np.maximum(abs(here), abs(slope)), floor)
            found = np.nan_to_num(abs(here - slope) / size, nan=np.inf)
            error[left] = np.where(crosses, np.nan, found)
            left = left[crosses]
            if not len(left):
                break
        return error

    def _differences(self, parts, step):
        """Slopes by the five-point rule, and whether a unit crosses its kink between the points."""
        slopes, crosses = [], []
        for start in range(0, len(parts), self.n_at_once):
            some = parts[start : start + self.n_at_once]
            displaced = np.tile(self.params, (len(some), len(MOVES), 1))
            for copies, (places, amounts) in zip(displaced, some, strict=True):
                copies[:, places] += step * MOVES[:, np.newaxis] * amounts
            stack = displaced.reshape(-1, len(self.params))
            value = Objective(self.problem, np.zeros(len(stack), int)).value(stack)
            slopes.append(value.reshape(len(some), -1) @ FIVE_POINT / step)
            if self.sides is None:
                crosses.append(np.zeros(len(some), bool))
            else:  # the outer points suffice: z is nearly linear over so short a step
                outer = displaced[:, [0, -1]].reshape(-1, len(self.params))
                changes = sides_of_kinks(self._passed(outer)) != self.sides
                crosses.append(changes.reshape(len(some), -1).any(axis=1))
        return np.concatenate(slopes), np.concatenate(crosses)


def sides_of_kinks(passed):
    """Whether each hidden unit is above 0 for each row, of shape (n_networks, units times rows)."""
    return np.concatenate([units.reshape(len(units), -1) > 0 for units in passed.units], axis=1)

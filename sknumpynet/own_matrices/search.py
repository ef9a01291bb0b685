"""Finds the simplest reconstruction of gradients: the fewest mistakes that give them.

A reconstruction is a list of slips in the passes, and for each matrix what was made of them (a way)
and factors. Candidates are computed, those with fewer slips first, and compared; one mistake that
gives all matrices is better than several.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .mistakes import FACTORS, FITTED, MISTAKES, SCALED, WAYS
from .passes import Slip, run

COST_OF_SCALED = 1.5  # a factor that means nothing explains less than a mistake
COST_OF_UNEXPLAINED = 100
FEWEST_NUMBERS = 3  # that a factor which means nothing must explain
MOST_FOR_PAIRS = 200_000  # rows times units: with more, two slips at once would take long
NEGLIGIBLE = 1e-13  # of the largest gradient of all
NEARLY = 0.999  # squared cosine of arrays that are compared number by number
ROUNDING = 1e-15  # of a probability near 1, and so of a gradient, times the largest input


@dataclass(frozen=True)
class Reconstruction:
    """Slips, and the way and factors of each matrix that they explain.

    Parameters
    ----------
    slips : tuple of Slip
    of_matrix : dict
        (layer, name) -> (way, factors) where explained; factors is a tuple of codes.
    cost : float
        Number of mistakes.
    factor, penalty : float
        What the codes "scaled" and "penalty" stand for.
    """

    slips: tuple
    of_matrix: dict
    cost: float
    factor: float
    penalty: float


class Judge:
    """Compares candidates with the gradients of somebody's code.

    Parameters
    ----------
    network : OwnNetwork
    theirs : dict
        (layer, name) -> array, in the orientation of the formulas.
    """

    def __init__(self, network, theirs):
        self.network, self.theirs = network, theirs
        self.factors = known_factors(network)
        self.values = np.array([value for value, _ in self.factors])
        right = run(network)
        self.right = {key: candidate(right, WAYS[0], *key) for key in theirs}
        largest = max(abs(array).max() for array in self.right.values())
        self.negligible = max(NEGLIGIBLE * largest, ROUNDING * max(1, abs(network.X).max()))

    def are_alike(self, theirs, other):
        """Whether two arrays are equal but for rounding; none is that is not finite."""
        if theirs.shape != other.shape:
            return False
        sizes = abs(theirs).max(), abs(other).max()
        allowed = self.network.tolerance * max(sizes) + self.negligible
        return bool(np.isfinite(sizes).all() and abs(theirs - other).max() <= allowed)

    def factors_between(self, theirs, other, factor):
        """Codes of the factor by which an array is another, or None."""
        if theirs.shape != other.shape or not self.may_be_parallel(theirs, other):
            return None
        nearest = abs(self.values - ratio(theirs, other)).argmin()  # the first of equals
        if self.are_alike(theirs, self.values[nearest] * other):
            return self.factors[nearest][1]
        return (SCALED,) if self.are_alike(theirs, factor * other) else None

    def may_be_parallel(self, theirs, other):
        """Whether two arrays may be multiples; most are not, and three products tell."""
        theirs, other = theirs.ravel(), other.ravel()
        square, product, square_of_other = theirs @ theirs, theirs @ other, other @ other
        if not np.isfinite(square_of_other):
            return False
        is_small = min(square, square_of_other) <= theirs.size * (100 * self.negligible) ** 2
        return is_small or product * product >= NEARLY * square * square_of_other

    def fit(self, passed):
        """What is free: the factor common to all matrices, the multiple of the weights added.

        1 and 0 where so few numbers are given that something would always fit.
        """
        pairs = [
            (array, candidate(passed, WAYS[0], *key), passed.network.weights[key[0]])
            for key, array in self.theirs.items()
        ]
        alike = [(one.ravel(), ours.ravel()) for one, ours, _ in pairs if one.shape == ours.shape]
        if sum(len(one) for one, _ in alike) < FEWEST_NUMBERS:
            return 1.0
        rest = [
            ((one - ours).ravel(), W.ravel())
            for one, ours, W in pairs
            if one.shape == ours.shape == W.shape
        ]
        if rest:
            passed.penalty = ratio(*map(np.concatenate, zip(*rest, strict=True)))
        return ratio(*map(np.concatenate, zip(*alike, strict=True)))

    def reconstruct(self, slips, limit):
        """The reconstruction by these slips with the fewest ways and factors.

        None as soon as its cost is sure to reach the limit.
        """
        passed, options, n_unexplained, least = run(self.network, slips), {}, 0, 0
        factor = self.fit(passed)
        for key, array in self.theirs.items():
            options[key] = [*self.options(passed, key, array, factor)]
            n_unexplained += not options[key]
            least = max(least, min((cost_of(codes_of(*o)) for o in options[key]), default=0))
            if len(slips) + COST_OF_UNEXPLAINED * n_unexplained + least >= limit:
                return None
        of_matrix, chosen = choose(options)
        cost = len(slips) + COST_OF_UNEXPLAINED * n_unexplained + cost_of(chosen)
        return Reconstruction(slips, of_matrix, cost, factor, passed.penalty)

    def options(self, passed, key, array, factor):
        """Pairs of a way and factors that give a gradient; that without any mistake alone."""
        for way in WAYS:
            other = candidate(passed, way, *key)
            codes = None if other is None else self.factors_between(array, other, factor)
            if codes is not None:
                yield way, codes
            if codes == () and not way.code:
                break

    def is_right(self, key):
        """Whether the gradient of a matrix is the right one."""
        return self.are_alike(self.theirs[key], self.right[key])

    def relevant(self, reconstruction, key):
        """The slips of a reconstruction without which a gradient would be another."""
        way, codes = reconstruction.of_matrix[key]
        for slips in [(), *((slip,) for slip in reconstruction.slips)]:
            passed = run(self.network, slips)
            passed.penalty = reconstruction.penalty
            other = candidate(passed, way, *key)
            if self.factors_between(self.theirs[key], other, reconstruction.factor) == codes:
                return slips
        return reconstruction.slips


def known_factors(network):
    """Pairs of a factor and its codes, the simpler first: none, one, two; each factor once."""
    singles = [(factor.value(network), (factor.code,)) for factor in FACTORS]
    pairs = [
        (one * other, code + code_of_other)
        for (one, code), (other, code_of_other) in combinations(singles, 2)
    ]
    known = []
    for value, codes in [(1.0, ()), *singles, *pairs]:
        if not any(np.isclose(value, other, rtol=1e-9, atol=0) for other, _ in known):
            known.append((value, codes))
    return known


def candidate(passed, way, layer, name):
    """The gradient that a way makes of the passes; None if it is of the other kind."""
    compute = way.of_weights if name == "weights" else way.of_biases
    if compute is None:
        return None
    try:
        array = np.asarray(compute(passed, layer))
    except ValueError:  # where sizes do not fit
        return None
    return array.ravel() if name == "biases" and 1 in array.shape else array


def choose(options):
    """Of the ways and factors of each matrix those that together are the fewest mistakes."""
    of_matrix, chosen = {}, frozenset()
    while True:
        for key, some in options.items():
            for way, codes in some:
                if key not in of_matrix and codes_of(way, codes) <= chosen:
                    of_matrix[key] = way, codes
        left = [some for key, some in options.items() if key not in of_matrix and some]
        if not left:
            return of_matrix, chosen
        count = {}
        for some in left:
            for codes in dict.fromkeys(codes_of(*option) for option in some):
                count[codes] = count.get(codes, 0) + 1 / cost_of(codes - chosen)
        chosen |= max(count, key=count.get)  # the first of equals, in the order of the tables


def cost_of(codes):
    """The number of mistakes."""
    return sum(COST_OF_SCALED if code == SCALED else 1 for code in codes)


def codes_of(way, factors):
    """The mistakes of an option."""
    return frozenset([way.code] if way.code else []) | frozenset(factors)


def reconstruct(network, theirs):
    """The simplest `Reconstruction` of gradients, and the right ones.

    Parameters
    ----------
    network : OwnNetwork
    theirs : dict
        (layer, name) -> array.
    """
    judge, best, limit = Judge(network, theirs), None, np.inf
    is_large = len(network.X) * sum(network.sizes) > MOST_FOR_PAIRS
    for slips in candidates(len(network.weights) - 1):
        if limit <= len(slips) or (is_large and len(slips) > 1):
            break
        try:
            found = judge.reconstruct(fitted(judge, slips), limit)
        except ValueError:  # a mistake that these sizes do not allow
            continue
        if found is not None and found.cost < limit:
            best, limit = found, found.cost
    return best, judge


def candidates(last):
    """Tuples of slips: none, one at all of its layers, one at some, two."""
    yield ()
    singles = [Slip(m, layers) for m in MISTAKES for layers in wide(m, last)]
    yield from ((slip,) for slip in singles)
    for mistake in MISTAKES:
        alone = range(last + (mistake.at == "all")) if mistake.at != "output" else []
        for layer in alone:
            if (layer,) not in wide(mistake, last):
                yield (Slip(mistake, (layer,)),)
    paired = [slip for slip in singles if slip.mistake.in_pairs]
    for one, other in combinations(paired, 2):
        is_same = one.mistake.step == other.mistake.step and {*one.layers} & {*other.layers}
        if one.mistake.code != other.mistake.code and not is_same:
            yield (one, other)


def wide(mistake, last):
    """The sets of layers at which a mistake is made throughout."""
    hidden, output = tuple(range(last)), (last,)
    sets = {"hidden": [hidden], "output": [output], "all": [hidden, hidden + output]}[mistake.at]
    return [layers for layers in sets if layers]


def fitted(judge, slips):
    """The slips, with the rate of an update found from the layer below the output.

    Its gradient is linear in the rate: theirs = factor * (g0 + rate (g1 - g0)).
    """
    for at, slip in enumerate(slips):
        if slip.mistake.code == FITTED:
            layer = max(slip.layers)
            theirs = judge.theirs.get((layer, "weights"))
            with_rates = [
                run(judge.network, (*slips[:at], slip._replace(rate=rate), *slips[at + 1 :]))
                for rate in (0.0, 1.0)
            ]
            g0, g1 = (passed.mean_gradient(layer) for passed in with_rates)
            if theirs is None or theirs.shape != g0.shape:
                break
            change, factor = g1 - g0, factor_of_top(judge, with_rates[0], layer + 1)
            square = (change * change).sum()
            if square > 0 and factor:
                rate = float((change * (theirs / factor - g0)).sum() / square)
                return (*slips[:at], slip._replace(rate=rate), *slips[at + 1 :])
    return slips


def factor_of_top(judge, passed, layer):
    """The factor by which the weights' gradient of a layer is off, else 1."""
    theirs, ours = judge.theirs.get((layer, "weights")), passed.mean_gradient(layer)
    return 1.0 if theirs is None or theirs.shape != ours.shape else ratio(theirs, ours)


def ratio(theirs, ours):
    """The factor that brings an array nearest to another, by least squares; 1 if it is 0."""
    ours = ours.ravel()
    square = ours @ ours
    return float(theirs.ravel() @ ours / square) if square > 0 else 1.0

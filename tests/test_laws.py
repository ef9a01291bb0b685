"""Laws of the estimator, on tables and parameters that Hypothesis draws.

    pytest tests/test_laws.py                                  # some examples, always the same
    pytest tests/test_laws.py --hypothesis-profile=thorough    # 2,000 a law, others every time

Most laws hold bit for bit. Those that change the order of a sum hold to rounding, on tables that
are `well_posed`.
"""

import copy
import io
import pickle
from itertools import count
from typing import NamedTuple

import joblib
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from learnt import PREDICTIONS, assert_learnt_the_same
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.inputs import sparse as sparse_inputs
from sknumpynet.engine.network import Network
from sknumpynet.engine.objective import Objective
from sknumpynet.engine.optimizers import Optimizer
from sknumpynet.fitted import stack_of

pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{message}:{category}")
    for message, category in [  # few epochs, inputs of any size, labels drawn at random
        (".*had not converged", "sklearn.exceptions.ConvergenceWarning"),
        (".*networks? diverged", "sklearn.exceptions.ConvergenceWarning"),
        ("nothing was learnt", "sknumpynet.NotLearningWarning"),
    ]
]
law = settings(max_examples=20) if settings.default.max_examples == 100 else settings()

FULL_BATCH = 10**6  # a batch larger than the data is all of it

# Tables -------------------------------------------------------------------------------------------

COLUMNS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "integers": lambda rng, n: rng.integers(-2, 3, n),
    "binary": lambda rng, n: rng.integers(0, 2, n),
    "constant": lambda rng, n: np.full(n, 7.1),
    "mostly zero": lambda rng, n: rng.normal(size=n) * (rng.random(n) < 0.3),  # 0.0 and -0.0
    "tailed": lambda rng, n: rng.standard_cauchy(n),
    "far from zero": lambda rng, n: 1000 + rng.normal(size=n),
    "huge": lambda rng, n: 1e30 * rng.normal(size=n),
    "tiny": lambda rng, n: 1e-30 * rng.normal(size=n),
    "gaps": lambda rng, n: np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
    "nothing": lambda rng, n: np.full(n, np.nan),
}
OF_ONE_SIZE = ["normal", "integers", "binary", "constant", "mostly zero", "gaps", "nothing"]
NOT_HUGE_NOR_TINY = [*OF_ONE_SIZE, "tailed", "far from zero"]


class Table(NamedTuple):
    """A table in few words: those of a failing test case are enough to make it again."""

    columns: tuple
    n_rows: int
    seed: int
    dtype: str = "float64"

    @property
    def data(self):
        """X; labels 0 and 1 that go by the first column, two of each first; weights."""
        rng = np.random.default_rng(self.seed)
        X = np.column_stack([COLUMNS[name](rng, self.n_rows) for name in self.columns])
        rank = X[:, 0].argsort().argsort() / self.n_rows
        y = (rank + rng.normal(size=self.n_rows) / 4 > rng.uniform(0.2, 0.8)).astype(int)
        y[:4] = 0, 0, 1, 1
        return X.astype(self.dtype), y, 0.1 + rng.random(self.n_rows)

    @property
    def counts(self):
        """Weights that are whole numbers, from 0 to 6."""
        counts = np.random.default_rng(self.seed).integers(0, 6, self.n_rows)
        counts[:4] += 1
        return counts

    @property
    def judges(self):
        """Other rows of the same kind, for `fit` to judge by."""
        names = "X_val", "y_val", "sample_weight_val"
        return dict(zip(names, self._replace(seed=self.seed + 1).data, strict=True))


def tables(columns=tuple(COLUMNS), *, first=None, dtypes=("float64", "float32"), n_rows=None):
    """Tables of one to five columns of some kinds, the first of the kind ``first`` if given."""
    if n_rows is None:  # "auto" does something from 100 rows on
        n_rows = st.integers(8, 60) | st.integers(100, 120)
    kinds = st.lists(st.sampled_from(columns), min_size=first is None, max_size=4)
    kinds = kinds.map(lambda some: (*some,) if first is None else (first, *some))
    return st.builds(Table, kinds, n_rows, st.integers(0, 2**32 - 2), st.sampled_from(dtypes))


# Parameters ---------------------------------------------------------------------------------------

SMOOTH = [name for name, activation in ACTIVATIONS.items() if not activation.has_kink]
CHOICES = {  # the first of each is what small() gives
    "hidden_layer_sizes": [(4,), (), (1,), (3, 2)],
    "activation": ["relu", *sorted(set(ACTIVATIONS) - {"relu"})],
    "loss": ["log_loss", "squared_error"],
    "solver": ["adam", "sgd", "lbfgs"],
    "alpha": [0.0, 0.5],
    "weight_decay": [0.0, 0.1],
    "batch_size": ["auto", 5, 16, FULL_BATCH],
    "learning_rate": ["cosine", "constant", "invscaling", "adaptive"],
    "learning_rate_init": ["auto", 0.01, 0.3],
    "max_iter": [4, 1, 8],
    "shuffle": [True, False],
    "random_state": [0, 1, 2, 3],
    "tol": [1e-4, 0.0, 0.1],
    "epsilon": [1e-8, 1e-3],
    "momentum": [0.9, 0.0],
    "nesterovs_momentum": [True, False],
    "early_stopping": ["auto", True, False],
    "validation_fraction": [0.1, 0.4],
    "n_iter_no_change": [6, 1, 2],
    "n_estimators": [3, 1, 2],
    "scale_inputs": ["robust", "standard", None],
    "numeric_bins": ["auto", 0, 3],
    "precision": ["auto", "float64", "float32"],
    "dropout": [0.0, 0.3],
    "label_smoothing": [0.0, 0.2],
    "max_grad_norm": [None, 0.1],
    "class_weight": [None, "balanced", {0: 1, 1: 3}],
}
SCALED = {"scale_inputs": ["robust", "standard"]}
NO_FOLDS = {"early_stopping": [False, "auto"]}  # "auto" with judges
PASSES = {  # what partial_fit takes
    "solver": ["adam", "sgd"],
    "early_stopping": ["auto", False],
    "class_weight": [None, {0: 1, 1: 3}],
}
SAME_SUMS = {  # in whatever order the rows come, and whether they are weighted or repeated
    "batch_size": [FULL_BATCH],
    "dropout": [0.0],
    "learning_rate": ["cosine", "constant", "adaptive"],  # "invscaling" counts rows as they stand
}

FEW_STEPS = {"batch_size": ["auto", 16, FULL_BATCH]}  # each makes more of a difference in rounding


def parameters(**choices):
    """What to give to `small`, but for what it gives itself; ``choices`` replace those above."""

    def short(params):
        return {name: value for name, value in params.items() if value != CHOICES[name][0]}

    of_each = {name: st.sampled_from(values) for name, values in (CHOICES | choices).items()}
    return st.fixed_dictionaries(of_each).map(short)


def cases(**choices):
    """Any table, and parameters."""
    return st.tuples(tables(), parameters(**choices))


def well_posed(**choices):
    """Tables and parameters with which a difference in the last digit stays one.

    Inputs are of one size, or scaled to be. A hundred steps of Adam as long as the weights are
    chaos: they turn 1e-16 into 1e-9. Where a gradient should be 0, as in a network of dead units,
    Adam with its usual epsilon would make steps of what rounding leaves of it. L-BFGS ends before
    it gets no further: rounding would decide after which iteration that is. So it would of the
    epoch after which a network stops whose loss stands still, were any fall of it progress.
    """
    choices = {"tol": [1e-4, 0.1], "precision": ["float64"]} | choices
    choices |= {"epsilon": [1e-3], "learning_rate_init": ["auto", 0.01, 0.1]}
    plain = {"first": "normal", "dtypes": ["float64"]}
    drawn = st.tuples(tables(OF_ONE_SIZE, **plain), parameters(**choices))
    if scaled := [how for how in (CHOICES | choices)["scale_inputs"] if how]:
        drawn |= st.tuples(tables(**plain), parameters(**choices | {"scale_inputs": scaled}))
    return drawn.filter(
        lambda case: case[1].get("solver") != "lbfgs" or case[1].get("max_iter") != 8
    )


def nearly(clf):
    """The tolerance to rounding; L-BFGS divides by differences of gradients, which lose digits."""
    return {"rtol": 1e-6, "atol": 1e-8} if clf.solver == "lbfgs" else {"rtol": 1e-9, "atol": 1e-11}


def judges(table, params):
    """Rows to judge by, unless early_stopping=False forbids them."""
    return {} if params.get("early_stopping") is False else table.judges


def assert_trained_alike(clf, X, other, other_X, **tolerance):
    """To rounding, in the last call."""
    tolerance = nearly(clf) | tolerance
    assert_allclose(clf.predict_proba(X), other.predict_proba(other_X), **tolerance)
    for name in ("loss_curve_", "validation_curve_"):
        mine, theirs = getattr(clf, name), getattr(other, name)
        assert (mine is None) == (theirs is None)
        if mine is not None:
            last = slice(-clf.n_iter_, None)
            assert_allclose(mine[last], theirs[last], **tolerance)


def assert_predicted_alike(clf, some, others):
    """To rounding in the largest of them: small log-odds can be the difference of large terms."""
    eps = np.finfo(clf.coefs_[0].dtype).eps  # that of the layers, whatever the table is of
    assert_allclose(some, others, rtol=1e4 * eps, atol=1e3 * eps * max(1, abs(others).max()))


def begun(clf, X, y):
    """The estimator with the weights that its fit would begin with, ready to go on from them."""
    other_solver = "sgd" if clf.solver == "adam" else "adam"  # whose state ours does not take up
    start = clone(clf).set_params(solver=other_solver, learning_rate_init=1e-300, max_iter=1)
    start.set_params(early_stopping=False).fit(X, y)
    return start.set_params(**clf.get_params() | {"warm_start": True})


def networks(clf):
    """Each network as an estimator of its own, whose log-odds are its logits."""
    for network in range(clf.n_estimators):
        one = copy.copy(clf)
        if clf.n_estimators > 1:
            one.coefs_ = [coef[network] for coef in clf.coefs_]
            one.intercepts_ = [bias[network] for bias in clf.intercepts_]
        yield one


def by_network(clf, curve):
    """A curve of shape (n_epochs, n_estimators)."""
    return np.reshape(curve, (-1, clf.n_estimators))


# Weights ------------------------------------------------------------------------------------------


@law
@given(case=well_posed(**SAME_SUMS))
def test_a_weight_counts_rows(small, case):
    table, params = case
    (X, y, _), times = table.data, table.counts
    weighted = small(**params).fit(X, y, times)
    repeated = small(**params).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    assert_trained_alike(weighted, X, repeated, X)
    assert hasattr(weighted, "oof_proba_") == hasattr(repeated, "oof_proba_")
    if hasattr(weighted, "oof_proba_"):
        of_copies = np.repeat(weighted.oof_proba_, times, axis=0)
        assert_allclose(repeated.oof_proba_, of_copies, **nearly(weighted))


@law
@given(
    case=well_posed(**SAME_SUMS),
    seed=st.integers(0, 99),
    share=st.sampled_from([0.1, 0.5, 1]),
    container=st.sampled_from([np.asarray, sparse.csr_array]),
)
def test_oversampled_rows_are_weighted_rows(small, case, seed, share, container):
    """The copies stand anywhere in the table."""
    table, params = case
    X, y, _ = table.data
    rng = np.random.default_rng(seed)
    times = np.where(rng.random(len(y)) < share, 7, 1)
    order = rng.permutation(times.sum())
    X, y = X[np.repeat(np.arange(len(y)), times)], np.repeat(y, times)
    first = np.cumsum(times) - times
    weighted = small(**params).fit(container(X[first]), y[first], times)
    repeated = small(**params).fit(container(X[order]), y[order])
    assert_trained_alike(weighted, container(X), repeated, container(X))


@law
@given(case=well_posed(**FEW_STEPS), unit=st.integers(2, 1000), ratio=st.sampled_from([1, 5]))
def test_whole_weights_are_no_counts_but_ratios(small, case, unit, ratio):
    """One weight for all is none; 5 and 25 are 1 and 5."""
    table, params = case
    X, y, _ = table.data
    weight = np.where(y, ratio, 1)
    clf = small(**params).fit(X, y, None if ratio == 1 else weight)
    in_units = params | {"alpha": params.get("alpha", 0) * unit}  # set against the weights
    assert_trained_alike(small(**in_units).fit(X, y, weight * unit), X, clf, X)


@law
@given(case=cases(), seed=st.integers(0, 99), is_whole=st.booleans())
def test_rows_of_weight_zero_are_left_out_of_every_batch(small, case, seed, is_whole):
    table, params = case
    X, y, weight = table.data
    counts = np.random.default_rng(seed).random(len(y)) < 0.7
    counts[:4] = True
    weight = np.ceil(weight) if is_whole else weight
    far_off = np.where(counts[:, np.newaxis], X, 1e9).astype(X.dtype)
    weighted = small(**params).fit(far_off, y, weight * counts)
    if hasattr(weighted, "oof_proba_"):
        weighted.oof_proba_ = weighted.oof_proba_[counts]
    left_out = small(**params).fit(X[counts], y[counts], weight[counts])
    assert_learnt_the_same(weighted, left_out)


@law
@given(case=well_posed(**FEW_STEPS), unit=st.floats(1e-9, 1e9))
def test_only_the_ratios_of_weights_matter(small, case, unit):
    table, params = case
    X, y, weight = table.data
    in_units = params | {"alpha": params.get("alpha", 0) * unit}  # alpha is set against the weights
    clf, other = small(**params).fit(X, y, weight), small(**in_units).fit(X, y, weight * unit)
    assert_trained_alike(other, X, clf, X)
    assert_trained_alike(small(**in_units).fit(X, y, unit), X, small(**params).fit(X, y), X)


@law
@given(case=well_posed(numeric_bins=[0, 3], **SAME_SUMS | NO_FOLDS))
def test_a_table_given_twice_is_the_table(small, case):
    table, params = case
    X, y, weight = table.data
    once = small(**params).fit(X, y, weight, **judges(table, params))
    twice = small(**params | {"alpha": 2 * params.get("alpha", 0)})
    twice.fit(np.tile(X, (2, 1)), np.tile(y, 2), np.tile(weight, 2), **judges(table, params))
    assert_trained_alike(twice, X, once, X)


# Order --------------------------------------------------------------------------------------------


@law
@given(case=well_posed(**SAME_SUMS), seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(small, case, seed):
    table, params = case
    X, y, weight = table.data
    order = np.random.default_rng(seed).permutation(len(y))
    clf = small(**params).fit(X, y, weight)
    other = small(**params).fit(X[order], y[order], weight[order])
    assert_trained_alike(other, X, clf, X)
    assert hasattr(clf, "oof_proba_") == hasattr(other, "oof_proba_")
    if hasattr(clf, "oof_proba_"):
        assert_allclose(other.oof_proba_, clf.oof_proba_[order], **nearly(clf))


@law
@given(case=well_posed(**NO_FOLDS), seed=st.integers(0, 99))
def test_the_order_of_the_columns_does_not_matter(small, case, seed):
    """Once the first weights are in that order too; folds go by a key of the columns in theirs."""
    table, params = case
    (X, y, weight), val = table.data, judges(table, params)
    order = np.random.default_rng(seed).permutation(X.shape[1])
    clf, other = (begun(small(**params), each, y) for each in (X, X[:, order]))
    inputs = order
    for part in (stack_of(clf).encoding.binning, stack_of(clf).encoding.gaps):
        if part is not None:
            of_each = [np.flatnonzero(part.source == column) for column in order]
            inputs = np.concatenate([inputs, *(len(inputs) + some for some in of_each)])
    other.coefs_ = [clf.coefs_[0][..., inputs, :], *clf.coefs_[1:]]
    other.intercepts_ = clf.intercepts_
    clf.fit(X, y, weight, **val)
    if val:
        val["X_val"] = val["X_val"][:, order]
    other.fit(X[:, order], y, weight, **val)
    assert_trained_alike(other, X[:, order], clf, X)


@law
@given(case=cases(**NO_FOLDS) | cases(n_estimators=[1]))
def test_swapping_the_labels_mirrors_the_probabilities(small, case):
    """Once the last weights are mirrored too.

    Several networks are dealt the rows of the first class before those of the second: their folds
    have no mirror.
    """
    table, params = case
    X, y, weight = table.data
    val = table.judges if params.get("early_stopping", "auto") == "auto" else {}
    swapped = params.copy()
    if isinstance(params.get("class_weight"), dict):
        swapped["class_weight"] = {0: 3, 1: 1}
    clf, other = begun(small(**params), X, y), begun(small(**swapped), X, 1 - y)
    other.coefs_ = [*clf.coefs_[:-1], -clf.coefs_[-1]]
    other.intercepts_ = [*clf.intercepts_[:-1], -clf.intercepts_[-1]]
    clf.fit(X, y, weight, **val)
    if val:
        val["y_val"] = 1 - val["y_val"]
    other.fit(X, 1 - y, weight, **val)
    assert_array_equal(other.predict_proba(X), clf.predict_proba(X)[:, ::-1])
    assert_array_equal(other.decision_function(X), -clf.decision_function(X))
    for name in ("loss_curve_", "validation_curve_"):
        if getattr(clf, name) is not None:
            n_epochs = clf.n_iter_  # the one before was no mirror
            assert_array_equal(getattr(other, name)[-n_epochs:], getattr(clf, name)[-n_epochs:])


# Units --------------------------------------------------------------------------------------------


@law
@given(
    table=tables(NOT_HUGE_NOR_TINY),
    params=parameters(**SCALED | NO_FOLDS),
    exponents=st.lists(st.integers(-40, 40), min_size=5, max_size=5),
    container=st.sampled_from([np.asarray, sparse.csr_array]),
)
def test_a_unit_of_a_power_of_two_changes_no_digit(small, table, params, exponents, container):
    """Folds go by a key of the values in their unit."""
    (X, y, weight), val = table.data, judges(table, params)
    units = np.exp2(exponents[: len(table.columns)]).astype(table.dtype)
    X, in_units = container(X), container(X * units)
    clf = small(**params).fit(X, y, weight, **val)
    if val:
        val["X_val"] = val["X_val"] * units
    other = small(**params).fit(in_units, y, weight, **val)
    assert_array_equal(other.loss_curve_, clf.loss_curve_)
    assert_array_equal(other.validation_curve_, clf.validation_curve_)
    assert_array_equal(other.predict_proba(in_units), clf.predict_proba(X))


@law
@given(
    case=well_posed(**SCALED | NO_FOLDS),
    units=st.lists(st.floats(1e-6, 1e6), min_size=5, max_size=5),
    zeros=st.lists(st.integers(-9, 9), min_size=5, max_size=5),
)
def test_unit_and_zero_of_a_column_do_not_matter(small, case, units, zeros):
    table, params = case
    (X, y, weight), val = table.data, judges(table, params)
    zero = np.median(np.nan_to_num(abs(X)), axis=0) * zeros[: X.shape[1]]

    def in_units(X):
        return (X + zero) * units[: X.shape[1]]

    clf = small(**params).fit(X, y, weight, **val)
    if val:
        val["X_val"] = in_units(val["X_val"])
    other = small(**params).fit(in_units(X), y, weight, **val)
    assert_trained_alike(other, in_units(X), clf, X, rtol=1e-7)  # to be moved costs digits


# The stack ----------------------------------------------------------------------------------------


@law
@given(case=cases(**NO_FOLDS), n_networks=st.integers(1, 2))
def test_the_first_networks_of_a_stack_equal_a_stack_of_these(small, case, n_networks):
    table, params = case
    (X, y, weight), val = table.data, judges(table, params)
    stack = small(**params | {"n_estimators": 3}).fit(X, y, weight, **val)
    few = small(**params | {"n_estimators": n_networks}).fit(X, y, weight, **val)
    first = slice(n_networks)
    for name in ("coefs_", "intercepts_"):
        for of_stack, of_few in zip(getattr(stack, name), getattr(few, name), strict=True):
            assert_array_equal(of_stack[first].ravel(), of_few.ravel())
    assert_array_equal(stack.best_iter_[first], few.best_iter_)
    for name in ("loss_curve_", "validation_curve_"):
        if getattr(few, name) is not None:
            of_stack = np.array(getattr(stack, name))[: few.n_iter_, first]
            assert_array_equal(of_stack, by_network(few, getattr(few, name)))
    assert_array_equal(stack.predict_proba_members(X)[first], few.predict_proba_members(X))


@law
@example(  # its networks end after 8, 4 and 5 epochs
    case=(
        Table(("normal",) * 3, 60, 2),
        {"early_stopping": True, "n_iter_no_change": 1, "max_iter": 8, "batch_size": 16},
    ),
    n_jobs=5,
)
@given(case=cases(), n_jobs=st.sampled_from([2, 5, -1]))
def test_the_number_of_workers_does_not_matter(small, case, n_jobs):
    table, params = case
    clf = small(**params, warm_start=True)
    of_workers = small(**params, warm_start=True, n_jobs=n_jobs)
    for _ in range(2):  # to go on takes the optimizer along
        clf.fit(*table.data)
        of_workers.fit(*table.data)
        assert_learnt_the_same(of_workers, clf)


@law
@given(case=cases())
def test_the_probability_is_the_mean_over_the_networks(small, case):
    table, params = case
    (X, y, weight), eps = table.data, np.finfo(table.dtype).eps
    clf = small(**params).fit(X, y, weight)
    members = clf.predict_proba_members(X)
    of_each = [one.predict_proba_members(X)[0] for one in networks(clf)]
    assert_array_equal(members, of_each)
    # Members near 1 are rounded by eps / 2, and so is each step of their mean.
    mean, tolerance = members.mean(axis=0), {"rtol": 100 * eps, "atol": 2 * eps}
    assert_allclose(clf.predict_proba(X), np.column_stack([1 - mean, mean]), **tolerance)
    assert_allclose(expit(clf.decision_function(X)), mean, **tolerance)


# Fitting again, and going on ----------------------------------------------------------------------


@law
@given(case=cases(), earlier=cases(class_weight=[None, "balanced"]))
def test_refit_forgets(small, case, earlier):
    (table, params), (other, other_params) = case, earlier
    X, y, weight = other.data
    clf = small(**other_params).fit(X, np.where(y, "no", "yes"), weight)
    X, y, weight = table.data
    clf.set_params(**small(**params).get_params()).fit(X, y)
    assert_learnt_the_same(clf, small(**params).fit(X, y))


STEADY = PASSES | {"tol": [0.0], "learning_rate": ["constant", "invscaling", "adaptive"]}


@law
@given(
    case=well_posed(**STEADY | {"scale_inputs": ["robust", None]})
    | well_posed(**STEADY | {"scale_inputs": ["standard"], "alpha": [0.0]})
)
def test_passes_one_by_one_equal_epochs_of_fit(small, case):
    """Where "standard" finds a column constant, fit begins with weights of 0 for it.

    A stream does not, for there may come other values. That shows in the penalty of alpha only.
    """
    table, params = case
    X, y, weight = table.data
    params = params | {"n_iter_no_change": np.inf}
    fitted = small(**params | {"early_stopping": False}).fit(X, y, weight)
    streamed = small(**params)
    for _ in range(fitted.n_iter_):
        streamed.partial_fit(X, y, [1, 0], weight)
    # "standard" is folded into the weights after every pass, which costs a digit.
    tolerance = nearly(fitted) if fitted.scale_inputs == "standard" else {"rtol": 0}
    assert_allclose(streamed.loss_curve_, fitted.loss_curve_, **tolerance)
    assert streamed.t_ == fitted.t_
    is_last = np.atleast_1d(fitted.best_iter_) == fitted.n_iter_  # fit keeps the best
    assert_allclose(
        streamed.predict_proba_members(X)[is_last],
        fitted.predict_proba_members(X)[is_last],
        **tolerance,
    )


@law
@given(
    table=tables(OF_ONE_SIZE),
    params=parameters(
        **PASSES
        | {"learning_rate": ["constant", "adaptive"], "scale_inputs": [None], "numeric_bins": [0]}
        | {"alpha": [0.0], "class_weight": [None], "dropout": [0.0], "shuffle": [False]}
    ),
    n_pieces=st.integers(1, 4),
)
def test_pieces_one_by_one_equal_batches_of_fit(small, table, params, n_pieces):
    """Where nothing is measured by the data as a whole: no scaling, no weights, no penalty."""
    size = table.n_rows // n_pieces
    X, y, _ = (part[: size * n_pieces] for part in table.data)
    by_class = np.argsort(y, kind="stable")  # a piece may have one class only
    X, y, params = X[by_class], y[by_class], params | {"batch_size": size}
    streamed = small(**params).partial_fit(X, y, [0, 1])  # for it is the whole that sets the start
    fitted = copy.deepcopy(streamed).set_params(warm_start=True, early_stopping=False, max_iter=1)
    fitted.fit(X, y)
    for start in range(0, len(y), size):
        piece = slice(start, start + size)
        streamed.partial_fit(X[piece], y[piece])
    of_pieces = np.mean(streamed.loss_curve_[1:], axis=0)
    assert_allclose(of_pieces, fitted.loss_curve_[1], rtol=1e-12)
    is_last = np.atleast_1d(fitted.best_iter_) == 1  # fit keeps the start if that is better
    of_both = [clf.predict_proba_members(X)[is_last] for clf in (streamed, fitted)]
    assert_array_equal(*of_both)


def through_joblib(clf):
    file = io.BytesIO()
    joblib.dump(clf, file)
    return joblib.load(file)


COPIES = {
    f"pickle protocol {p}": lambda clf, p=p: pickle.loads(pickle.dumps(clf, protocol=p))
    for p in (0, 2, 4, 5)
} | {"copy": copy.copy, "deepcopy": copy.deepcopy, "joblib": through_joblib}


@law
@given(
    case=cases() | cases(**PASSES),
    copied=st.sampled_from(sorted(COPIES)),
    goes_on=st.sampled_from(["fit", "partial_fit"]),
)
def test_a_copy_predicts_the_same_and_goes_on_the_same(small, case, copied, goes_on):
    table, params = case
    X, y, weight = table.data
    clf = small(**params, warm_start=True).fit(X, y, weight)
    if not hasattr(clf, "partial_fit") or clf.class_weight == "balanced":
        goes_on = "fit"
    twin = COPIES[copied](clf)
    assert_learnt_the_same(twin, clf)
    before = clf.predict_proba_members(X)
    assert_array_equal(twin.predict_proba_members(X), before)
    for _ in range(2):
        getattr(twin, goes_on)(X, y, sample_weight=weight)
    assert_array_equal(clf.predict_proba_members(X), before)
    for _ in range(2):
        getattr(clf, goes_on)(X, y, sample_weight=weight)
    assert_learnt_the_same(twin, clf)
    after = clf.predict_proba_members(X)
    assert_array_equal(twin.predict_proba_members(X), after)
    twin.coefs_[0][...] = 0
    assert_array_equal(clf.predict_proba_members(X), after)


@law
@given(case=cases())
def test_a_clone_fits_the_same(small, case):
    table, params = case
    clf = small(**params)
    given_ = clf.get_params()
    assert given_ | params == given_
    clf.fit(*table.data)
    assert clf.get_params() == given_
    for new in (clone(clf), NumpyMLPBinaryClassifier().set_params(**given_)):
        assert vars(new) == given_
        assert_learnt_the_same(new.fit(*table.data), clf)


@law
@given(case=cases(), seed=st.integers(0, 2**32 - 1))
def test_a_seed_and_its_random_state_are_the_same(small, case, seed):
    table, params = case
    clf, other = (
        small(**params | {"random_state": state}).fit(*table.data)
        for state in (seed, np.random.RandomState(seed))
    )
    assert_learnt_the_same(clf, other)


@law
@given(case=cases(), more=st.integers(0, 10**9))
def test_a_batch_larger_than_the_data_is_the_whole_data(small, case, more):
    table, params = case
    clf, other = (
        small(**params | {"batch_size": size}).fit(*table.data)
        for size in (table.n_rows, table.n_rows + more)
    )
    assert_learnt_the_same(clf, other)


# What X and y may be ------------------------------------------------------------------------------

SPARSE = {
    f"{form}_{kind}": getattr(sparse, f"{form}_{kind}")
    for form in ("csr", "csc", "coo")
    for kind in ("array", "matrix")
}
every_container = st.sampled_from(sorted(SPARSE))


every_width = st.sampled_from([1, sparse_inputs.WIDE])  # whether few columns are many


@law
@given(
    case=well_posed(**FEW_STEPS),
    container=every_container,
    wide=every_width,
    is_given=st.booleans(),
)
def test_a_table_is_the_same_dense_and_sparse(small, case, container, wide, is_given):
    table, params = case
    X, y, weight = table.data
    more = judges(table, params) if is_given else {}
    convert = SPARSE[container]
    sparse_more = more | ({"X_val": convert(more["X_val"])} if more else {})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sparse_inputs, "WIDE", wide)
        clf = small(**params).fit(convert(X), y, weight, **sparse_more)
        dense = small(**params).fit(X, y, weight, **more)
        assert_learnt_the_same(clf, dense, **nearly(clf))
        for name in PREDICTIONS:
            assert_predicted_alike(clf, getattr(clf, name)(convert(X)), getattr(clf, name)(X))


@law
@given(case=well_posed(**PASSES), wide=every_width, kinds=st.permutations("dds"))
def test_pieces_may_be_dense_and_sparse(small, case, wide, kinds):
    table, params = case
    X, y, weight = table.data
    mixed, dense = small(**params), small(**params)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sparse_inputs, "WIDE", wide)
        for kind in kinds:
            piece = X if kind == "d" else sparse.csr_array(X)
            mixed.partial_fit(piece, y, [0, 1], weight)
            dense.partial_fit(X, y, [0, 1], weight)
        assert_learnt_the_same(mixed, dense, **nearly(dense))


@law
@given(case=cases(), container=every_container, wide=every_width)
def test_the_container_of_sparse_rows_does_not_matter(small, case, container, wide):
    table, params = case
    X, y, weight = table.data
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sparse_inputs, "WIDE", wide)
        csr, other = (
            small(**params).fit(each, y, weight)
            for each in (sparse.csr_array(X), SPARSE[container](X))
        )
        assert_learnt_the_same(other, csr)
        for name in PREDICTIONS:
            predict = getattr(csr, name)
            assert_array_equal(predict(SPARSE[container](X)), predict(sparse.csr_array(X)))


@law
@given(
    case=well_posed(solver=["adam", "sgd"], precision=["auto"])
    | well_posed(solver=["lbfgs"], max_iter=[1, 2], activation=SMOOTH, precision=["auto"])
)
def test_float32_stays_float32_and_is_near_float64(small, case):
    """Of its seven digits, a column far from zero takes three; the line search of L-BFGS the rest.

    From its third iteration on, L-BFGS can enlarge a difference a thousand times in each: 2e-8 in
    the loss, then 4e-6, then 3e-3. Where there is a kink, it may take another way altogether.
    """
    table, params = case
    X, y, weight = table._replace(dtype="float32").data
    clf = small(**params).fit(X, y, weight)
    for array in [*clf.coefs_, *clf.intercepts_, getattr(clf, "oof_proba_", X)]:
        assert array.dtype == np.float32
    for name in PREDICTIONS:
        assert getattr(clf, name)(X).dtype == np.float32
    for of_table, precision in ("single", "auto"), ("double", "float32"), ("single", "float64"):
        of_dtype = X if of_table == "single" else X.astype(float)
        clf = small(**params | {"dropout": 0.0, "precision": precision}).fit(of_dtype, y, weight)
        double = clone(clf).set_params(precision="float64").fit(X.astype(float), y, weight)
        assert_allclose(clf.predict_proba(of_dtype), double.predict_proba(X), atol=5e-4)


@law
@given(case=cases(), kind=st.sampled_from(["C", "F", "csr"]), n_jobs=st.sampled_from([None, 2]))
def test_memory_maps_equal_arrays(small, tmp_path_factory, case, kind, n_jobs):
    table, params = case
    params = params | {"n_jobs": n_jobs}
    folder = tmp_path_factory.mktemp("maps")

    def mapped(array):
        if sparse.issparse(array):
            parts = tuple(map(mapped, (array.data, array.indices, array.indptr)))
            return sparse.csr_array(parts, shape=array.shape)
        file = folder / f"{len(list(folder.iterdir()))}.npy"
        np.save(file, array)
        return np.load(file, mmap_mode="r")

    X, y, weight = table.data
    X = sparse.csr_array(X) if kind == "csr" else X.astype(X.dtype, order=kind)
    arrays = [X, y, weight]
    maps, val = list(map(mapped, arrays)), judges(table, params)
    for more, same in ({}, {}), (val, {name: mapped(array) for name, array in val.items()}):
        clf, other = small(**params).fit(*maps, **same), small(**params).fit(*arrays, **more)
        assert_learnt_the_same(clf, other)
    assert_array_equal(clf.predict_proba(maps[0]), other.predict_proba(X))


@law
@given(case=cases())
def test_a_frame_equals_its_array(small, case):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table, params = case
    names = [f"x{number}" for number in range(len(table.columns))]
    X, y, weight = table.data
    clf = small(**params).fit(pd.DataFrame(X, columns=names), pd.Series(y), pd.Series(weight))
    assert clf.feature_names_in_.tolist() == names
    del clf.feature_names_in_
    assert_learnt_the_same(clf, small(**params).fit(*table.data))


CONTAINERS = {
    "list": np.ndarray.tolist,
    "int": lambda X: X.astype(int),
    "uint8": lambda X: X.astype(np.uint8),
    "bool": lambda X: X.astype(bool),
    "object": lambda X: X.astype(object),
    "float16": lambda X: X.astype(np.float16),
    "Fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
}


@law
@given(case=cases(), container=st.sampled_from(sorted(CONTAINERS)))
def test_numbers_in_any_container_equal_an_array_of_float64(small, case, container):
    table, params = case
    X, y, weight = table.data
    X = (np.median(X, axis=0) < X).astype(float)
    in_container = CONTAINERS[container](X)
    clf = small(**params).fit(in_container, y.tolist(), weight.tolist())
    expected = small(**params).fit(X, y, weight)
    assert_learnt_the_same(clf, expected)
    assert clf.predict_proba(in_container).dtype == np.float64
    assert_array_equal(clf.predict_proba(in_container), expected.predict_proba(X))


PAIRS_OF_LABELS = st.one_of(
    st.lists(labels, min_size=2, max_size=2, unique=True).map(sorted)
    for labels in (
        st.integers(-(2**63), 2**63 - 1),
        st.integers(-(2**53), 2**53).map(float),
        st.integers(0, 255).map(np.uint8),
        st.booleans(),
        st.text(st.characters(exclude_characters="\0"), max_size=4),  # NumPy ends text there
    )
).map(np.array)


@law
@given(case=cases(class_weight=[None, "balanced"]), labels=PAIRS_OF_LABELS)
def test_labels_may_be_anything_and_come_back(small, case, labels):
    table, params = case
    (X, y, _), val = table.data, judges(table, params)
    clf, expected = small(**params), small(**params)
    for more in ({}, val):
        expected.fit(X, y, **more)
        clf.fit(X, labels[y], **more | ({"y_val": labels[val["y_val"]]} if more else {}))
        assert_array_equal(clf.classes_, labels)
        assert clf.classes_.dtype == labels.dtype
        predicted = clf.predict(X)
        assert predicted.dtype == labels.dtype
        assert_array_equal(predicted, labels[expected.predict(X)])
        clf.classes_ = expected.classes_
        assert_learnt_the_same(clf, expected)
    if hasattr(clf, "partial_fit") and clf.class_weight is None:
        streamed = small(**params).partial_fit(X, labels[y], classes=labels[::-1])
        assert_array_equal(streamed.classes_, labels)
        streamed.classes_ = expected.classes_
        assert_learnt_the_same(streamed, small(**params).partial_fit(X, y, [0, 1]))


@law
@given(case=cases(), container=st.sampled_from(["C", "F", *sorted(SPARSE)]))
def test_input_is_never_written_to(small, case, container):
    table, params = case
    given_ = dict(zip(["X", "y", "sample_weight"], table.data, strict=True)) | table.judges
    for name in ("X", "X_val"):
        convert = SPARSE.get(container, lambda X: X.copy(order=container))
        given_[name] = convert(given_[name])
    arrays = []
    for value in given_.values():
        parts = vars(value).values() if sparse.issparse(value) else [value]
        arrays += [part for part in parts if isinstance(part, np.ndarray)]
    for array in arrays:
        array.setflags(write=False)
    before = [array.tobytes() for array in arrays]
    X, y, weight, *_ = given_.values()
    clf = small(**params).fit(X, y, weight)
    if clf.early_stopping:
        clf.fit(**given_)
    if hasattr(clf, "partial_fit") and clf.class_weight != "balanced":
        clf.partial_fit(X, y, sample_weight=weight)
    for name in PREDICTIONS:
        getattr(clf, name)(X)
    assert [array.tobytes() for array in arrays] == before


# Curves -------------------------------------------------------------------------------------------


def objective(clf, X, y, weight):
    """What each network minimises, by its formula."""
    sign, e = np.where(y, 1, -1), clf.label_smoothing
    if clf.class_weight:
        weight = weight * np.where(y, clf.class_weight[1], clf.class_weight[0])
    values = []
    for one in networks(clf):
        margin = sign * one.decision_function(X)
        loss = np.logaddexp(0, -margin) + e / 2 * margin
        if clf.loss == "squared_error":
            loss = (expit(-margin) - e / 2) ** 2 / 2
        penalty = clf.alpha / (2 * weight.sum()) * sum((coef**2).sum() for coef in one.coefs_)
        values.append(np.average(loss, weights=weight) + penalty)
    return values


@law
@given(
    case=well_posed(
        **PASSES | {"batch_size": [FULL_BATCH], "dropout": [0.0], "scale_inputs": ["robust", None]}
    )
)
def test_with_the_full_batch_the_loss_curve_is_the_objective(small, case):
    """The weights that "standard" is folded into are not those that are penalised."""
    table, params = case
    X, y, weight = table.data
    clf = small(**params).partial_fit(X, y, [0, 1], weight)
    for _ in range(3):
        expected = objective(clf, X, y, weight)
        clf.partial_fit(X, y, sample_weight=weight)
        assert_allclose(by_network(clf, clf.loss_curve_)[-1], expected, rtol=1e-10)


@law
@given(
    case=well_posed(
        solver=["lbfgs"],
        early_stopping=[False],
        class_weight=[None, {0: 1, 1: 3}],
        scale_inputs=["robust", None],
    )
)
def test_the_loss_curve_of_lbfgs_is_the_objective_after_each_iteration(small, case):
    table, params = case
    X, y, weight = table.data
    clf = small(**params).fit(X, y, weight)
    kept = by_network(clf, clf.loss_curve_)[np.subtract(clf.best_iter_, 1), range(clf.n_estimators)]
    assert_allclose(kept, objective(clf, X, y, weight), rtol=1e-10)


@law
@given(
    table=tables(dtypes=["float64"]),
    params=parameters(
        early_stopping=["auto", True], class_weight=[None, {0: 1, 1: 3}], precision=["float64"]
    ),
    as_X=st.sampled_from([np.asarray, sparse.csr_array]),
    as_X_val=st.sampled_from([np.asarray, sparse.csr_matrix]),
)
def test_the_epoch_kept_is_the_best_by_log_loss_on_the_rows_given(
    small, table, params, as_X, as_X_val
):
    val = table.judges
    X_val, sign = val["X_val"], np.where(val["y_val"], 1, -1)
    val["X_val"] = as_X_val(X_val)
    X, y, weight = table.data
    clf = small(**params).fit(as_X(X), y, weight, **val)
    weight = val["sample_weight_val"] * np.where(sign > 0, 3 if clf.class_weight else 1, 1)
    curve, best = by_network(clf, clf.validation_curve_), np.atleast_1d(clf.best_iter_)
    for network, one in enumerate(networks(clf)):
        scores = curve[:, network]
        if not np.isfinite(scores).any():  # it diverged at once
            assert best[network] == 0
            continue
        assert best[network] == np.nanargmin(scores) + 1
        loss = np.logaddexp(0, -sign * one.decision_function(X_val))
        assert_allclose(
            scores.min(where=~np.isnan(scores), initial=np.inf),
            np.average(loss, weights=weight),
            rtol=1e-9,
        )
    if best.all():
        assert_allclose(clf.best_loss_, np.nanmin(curve, axis=0).mean(), rtol=1e-12)


# Folds --------------------------------------------------------------------------------------------


def roles(clf, X, y):
    """Which rows judge and which train each network, both of shape (n_rows, n_estimators).

    A row that trains moves the training loss when its weight grows, a row that judges the
    validation loss. The networks stay as they are, for the rate is next to nothing, and no two
    rows cost the same; the weights are not whole numbers, so that each row is one row.
    """
    still = {"learning_rate_init": 1e-300, "max_iter": 1, "warm_start": True, "shuffle": False}
    raw = {"activation": "identity", "scale_inputs": None, "numeric_bins": 0, "dropout": 0.0}
    clf = clone(clf).set_params(**still, **raw)

    def losses(weight):
        clf.fit(X, y, weight)
        return np.array([clf.validation_curve_[-1], clf.loss_curve_[-1]]).reshape(2, -1)

    weight = np.full(len(y), 1.5)
    losses(weight)  # the start depends on the weights
    before = losses(weight)
    moved = [losses(weight + 0.5 * (np.arange(len(y)) == row)) != before for row in range(len(y))]
    return np.array(moved).swapaxes(0, 1)


FEW_ROWS = tables(OF_ONE_SIZE, first="normal", dtypes=["float64"], n_rows=st.integers(8, 16))
HOLDING_OUT = PASSES | {"early_stopping": [True]}  # "balanced" weights of some move those of all


@law
@given(table=FEW_ROWS, params=parameters(**HOLDING_OUT, n_estimators=[2, 3]))
def test_every_row_judges_one_network_and_trains_the_others(small, table, params):
    X, y, _ = table.data
    clf = small(**params).fit(X, y)
    judges, trains = roles(clf, X, y)
    assert_array_equal(judges.sum(axis=1), 1)
    assert_array_equal(trains, ~judges)
    for rows in (y == 0, y == 1, y >= 0):
        assert np.ptp(judges[rows].sum(axis=0)) <= 1  # each class is shared out evenly, and both

    of_each = np.transpose([one.decision_function(X) for one in networks(clf)])
    by_its_judge = of_each[judges]
    proba = expit(np.column_stack([-by_its_judge, by_its_judge]))
    assert_allclose(clf.oof_proba_, proba, rtol=1e-10)
    loss = np.logaddexp(0, np.where(y, -1, 1) * by_its_judge)
    weight = np.where(y, 3, 1) if clf.class_weight else 1
    for network, best in enumerate(clf.best_iter_):
        mean = np.average(loss, weights=judges[:, network] * weight)
        assert_allclose(clf.validation_curve_[best - 1][network], mean, rtol=1e-10)


@law
@given(
    table=FEW_ROWS,
    params=parameters(**HOLDING_OUT, n_estimators=[1]),
    fraction=st.floats(0.001, 0.999),
)
def test_one_network_holds_out_a_fraction_of_each_class(small, table, params, fraction):
    X, y, _ = table.data
    clf = small(**params | {"validation_fraction": fraction}).fit(X, y)
    judges, trains = roles(clf, X, y)
    assert_array_equal(trains, ~judges)
    for label in (0, 1):
        n_rows = (y == label).sum()
        expected = np.clip(round(fraction * n_rows), 1, n_rows - 1)
        assert judges[y == label].sum() == expected
    assert not hasattr(clf, "oof_proba_")


# Predicting ---------------------------------------------------------------------------------------


@law
@given(case=cases(), size=st.sampled_from([1, 1e3, 1e30]))
def test_answers_are_in_the_order_of_the_log_odds(small, case, size):
    table, params = case
    clf = small(**params).fit(*table.data)
    X = (table.data[0].astype(float) * size).clip(-1e37, 1e37).astype(table.dtype)
    log_odds, proba, eps = clf.decision_function(X), clf.predict_proba(X), np.finfo(X.dtype).eps
    assert_array_equal(clf.predict(X), log_odds > 0)
    assert_array_equal(clf.predict(X), proba.argmax(axis=1))
    assert (proba > 0).all()
    assert (proba < 1).all()
    assert_allclose(proba.sum(axis=1), 1, rtol=2 * eps)
    assert np.isfinite(clf.predict_log_proba(X)).all()
    assert (np.diff(proba[log_odds.argsort(), 1]) >= -eps).all()  # expit may err in the last digit


@law
@given(
    case=cases(),
    seed=st.integers(0, 99),
    container=st.sampled_from([np.asarray, sparse.csr_array]),
)
def test_a_row_is_predicted_alike_in_any_company(small, case, seed, container):
    table, params = case
    (X, y, weight), rng = table.data, np.random.default_rng(seed)
    clf = small(**params).fit(container(X), y, weight)
    many = X[rng.integers(len(y), size=1100)]  # more than are predicted at a time
    some = rng.integers(1100, size=rng.integers(1, 30))
    for name in PREDICTIONS:
        predict = getattr(clf, name)
        of_many, of_some = predict(container(many)), predict(container(many[some]))
        axis = int(name == "predict_proba_members")
        assert_predicted_alike(clf, of_some, of_many.take(some, axis))


# Failing ------------------------------------------------------------------------------------------

BAD_DATA = {
    "infinity": lambda X, y, weight: (np.vstack([np.full_like(X[:1], np.inf), X[1:]]), y, weight),
    "missing label": lambda X, y, weight: (X, np.where(np.arange(len(y)), y, np.nan), weight),
    "label": lambda X, y, weight: (X, y + (np.arange(len(y)) == 0) * 2, weight),
    "weight": lambda X, y, weight: (X, y, weight - weight.mean()),
    "length": lambda X, y, weight: (X, y, weight[1:]),
}
BREAKS = [  # and at which call
    (Network, "backward", 1),
    (Network, "backward", 4),
    (Objective, "validation", 1),
    (Objective, "validation", 3),
    (Optimizer, "step", 3),
    (NumpyMLPBinaryClassifier, "_expose_out_of_fold", 1),  # when all is done
]


@law
@given(
    call=st.tuples(st.just("fit"), cases()) | st.tuples(st.just("partial_fit"), cases(**PASSES)),
    fault=st.sampled_from([*BAD_DATA, *BREAKS]),
)
def test_training_that_fails_changes_nothing(small, call, fault):
    method, (table, params) = call
    classes = {"classes": [0, 1]} if method == "partial_fit" else {}
    X, y, weight = BAD_DATA[fault](*table.data) if fault in BAD_DATA else table.data
    unfitted, fitted = small(**params), small(**params).fit(*table.data)
    goes_on = copy.deepcopy(fitted).set_params(warm_start=True)
    for clf in (unfitted, fitted, goes_on):
        before = pickle.dumps(vars(clf))
        with pytest.MonkeyPatch.context() as patched:
            if fault in BREAKS:
                owner, name, at = fault
                patched.setattr(owner, name, breaking(getattr(owner, name), at))
            try:
                getattr(clf, method)(X, y, sample_weight=weight, **classes)
            except (ValueError, MemoryError):
                assert pickle.dumps(vars(clf)) == before
            else:
                assert fault in BREAKS  # it was over before it came to that


def breaking(function, at):
    """The function, which fails at a call of that number."""
    calls = count(1)

    def broken(*args, **kwargs):
        if next(calls) == at:
            raise MemoryError("broken off")
        return function(*args, **kwargs)

    return broken

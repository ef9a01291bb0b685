"""Code written for scikit-learn's MLPClassifier runs on ours and means the same.

Faults of MLPClassifier that ours has not are tested where their subject is:
docs/mlp_classifier.md names the tests.
"""

import inspect
import re
from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier

from sknumpynet import NumpyMLPBinaryClassifier

ROOT = Path(__file__).parents[1]
GUIDE, FAULTS = (
    (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("migration.md", "mlp_classifier.md")
)
ONE_PLAIN_NETWORK = {"n_estimators": 1, "scale_inputs": None}

every_solver = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
pytestmark = [  # few epochs are enough here
    pytest.mark.filterwarnings(f"ignore:{message}:sklearn.exceptions.ConvergenceWarning")
    for message in (
        "Stochastic Optimizer. Maximum iterations",
        "lbfgs failed to converge",
        ".*had not converged",
    )
]


# Names -------------------------------------------------------------------------------------------


def public(estimator):
    """Names of what an estimator has: parameters, methods, attributes."""
    return {name for name in dir(estimator) if name[0] != "_" and hasattr(estimator, name)}


def shape(value):
    """Of an array or a number, or of each array of a list."""
    return [np.shape(each) for each in value] if isinstance(value, list) else np.shape(value)


@every_solver
@pytest.mark.parametrize("early_stopping", [True, False])
def test_what_a_fitted_mlp_classifier_has_ours_has(table, solver, early_stopping):
    params = {"solver": solver, "early_stopping": early_stopping, "random_state": 0}
    theirs = MLPClassifier((4,), **params, max_iter=2)
    clf = NumpyMLPBinaryClassifier(**theirs.fit(*table).get_params(), **ONE_PLAIN_NETWORK)
    clf.fit(*table)
    is_there_to_fail = early_stopping and solver != "lbfgs"
    absent = {"partial_fit"} if is_there_to_fail else set()
    assert public(theirs) - public(clf) == absent
    for name in {name for name in vars(theirs) if name.endswith("_")}:
        assert shape(getattr(clf, name)) == shape(getattr(theirs, name)), name


@pytest.mark.parametrize("name", ["fit", "predict", "predict_proba", "predict_log_proba", "score"])
def test_methods_take_the_same_arguments_in_the_same_places(name):
    theirs, ours = (
        list(inspect.signature(getattr(estimator, name)).parameters)
        for estimator in (MLPClassifier, NumpyMLPBinaryClassifier)
    )
    assert ours[: len(theirs)] == theirs


@every_solver
@pytest.mark.parametrize("n_estimators", [1, 3])
def test_validation_scores_are_accuracies_on_the_rows_that_judge(
    small, table, solver, n_estimators
):
    X, y = table
    weight = np.random.default_rng(0).random(20)
    clf = small(solver=solver, n_estimators=n_estimators, max_iter=12, warm_start=True)
    clf.fit(X, y, X_val=X[:20], y_val=y[:20], sample_weight_val=weight)
    scores = np.reshape(clf.validation_scores_, (-1, n_estimators))
    for network, p in enumerate(clf.predict_proba_members(X[:20])):
        of_kept = scores[np.atleast_1d(clf.best_iter_)[network] - 1, network]
        assert_allclose(of_kept, np.average((p > 0.5) == y[:20], weights=weight))
    assert np.nanmin(scores) < np.nanmax(scores)
    assert_allclose(clf.best_validation_score_, np.nanmax(scores, axis=0).mean())
    assert isinstance(clf.validation_scores_[0], float if n_estimators == 1 else np.ndarray)
    clf.fit(X, y, X_val=X[:20], y_val=y[:20])
    assert len(clf.validation_scores_) == len(clf.validation_curve_) > len(scores)
    clf.set_params(early_stopping=False).fit(X, y)
    assert clf.validation_scores_ is clf.best_validation_score_ is None


# Steps -------------------------------------------------------------------------------------------


SAME_MEANING = [
    {"activation": "identity"},
    {"activation": "logistic"},
    {"activation": "tanh"},
    {"activation": "relu"},
    {"hidden_layer_sizes": ()},
    {"beta_1": 0.5, "beta_2": 0.7},
    {"solver": "sgd"},
    {"solver": "sgd", "nesterovs_momentum": False},
    {"solver": "sgd", "momentum": 0},
    {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    {"solver": "sgd", "learning_rate": "adaptive"},
    {"solver": "lbfgs"},
]
OF_EQUAL_ROWS = {"batch_size": 20, "shuffle": False, "alpha": 0}  # with alpha, theirs differs


@pytest.mark.parametrize(
    ("params", "is_weighted"),
    [(params, is_weighted) for params in SAME_MEANING for is_weighted in (False, True)]
    + [(OF_EQUAL_ROWS | {"solver": solver}, False) for solver in ("adam", "sgd")],
    ids=str,
)
def test_from_the_same_start_the_steps_are_those_of_mlp_classifier(table, params, is_weighted):
    rows = (*table, np.random.default_rng(0).random(60)) if is_weighted else table
    params = {
        "hidden_layer_sizes": (5, 4),
        "solver": "adam",
        "alpha": 0.5,
        "batch_size": 60,
        "learning_rate_init": 0.01,
        "epsilon": 1e-20,  # added to what is not yet corrected for its bias by theirs
        "max_iter": 5,
        "random_state": 0,
    } | params
    theirs = MLPClassifier(**params)
    clf = NumpyMLPBinaryClassifier(**theirs.get_params(), **ONE_PLAIN_NETWORK)
    still = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1, "warm_start": True}
    start = clone(clf).set_params(**still).fit(*rows)
    theirs.set_params(**still).fit(*rows)
    theirs.coefs_, theirs.intercepts_ = start.coefs_, start.intercepts_
    theirs.t_, theirs.loss_curve_ = 0, []
    theirs.set_params(**params).fit(*rows)
    clf.fit(*rows)
    for ours, expected in zip(
        clf.coefs_ + clf.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)
    assert_allclose(clf.loss_, theirs.loss_, rtol=1e-12)
    assert_allclose(clf.predict_proba(table[0]), theirs.predict_proba(table[0]), rtol=1e-9)
    assert clf.n_iter_ == clf.best_iter_ == theirs.n_iter_ == 5
    assert clf.loss_curve_[-1] < clf.loss_curve_[0]
    if params["solver"] != "lbfgs":
        assert_allclose(clf.loss_curve_, theirs.loss_curve_, rtol=1e-12)
        assert clf.t_ == theirs.t_


# docs/migration.md -------------------------------------------------------------------------------


def names_in(column, page=GUIDE):
    """Of the tables: whatever stands in backquotes in that column."""
    rows = [line.split("|") for line in page.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row[column])}


@every_solver
def test_the_guide_lists_all_that_mlp_classifier_has(table, solver):
    theirs = MLPClassifier(solver=solver, early_stopping=solver == "adam", max_iter=2)
    assert public(theirs.fit(*table)) <= names_in(1)


def test_the_guide_lists_the_defaults_that_differ():
    theirs, ours = (
        {name: p.default for name, p in inspect.signature(estimator).parameters.items()}
        for estimator in (MLPClassifier, NumpyMLPBinaryClassifier)
    )
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \| `(.+?)` \|", GUIDE, flags=re.MULTILINE)
    listed = {name: (literal_eval(old), literal_eval(new)) for name, old, new in rows}
    assert listed == {
        name: (default, ours[name]) for name, default in theirs.items() if ours[name] != default
    }


def test_the_tests_that_the_guide_names_are_there():
    named = set(re.findall(r"`(test_\w+)`", FAULTS)) - names_in(1, FAULTS)  # there, scikit-learn's
    source = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    assert named
    assert {name for name in named if f"def {name}(" not in source} == set()

"""The estimator inside scikit-learn's tools: pipelines, searches, cross-validation, calibration."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:200], y[:200]


def test_a_grid_search_finds_the_same_on_one_worker_and_on_two(small, cancer):
    step = "numpymlpbinaryclassifier"
    search = GridSearchCV(
        make_pipeline(StandardScaler(), small(max_iter=5)),
        {
            f"{step}__hidden_layer_sizes": [(4,), (4, 3)],
            f"{step}__alpha": [1e-4, 10.0],
            f"{step}__activation": ["relu", "tanh"],
        },
        scoring="neg_log_loss",
        cv=3,
        n_jobs=1,
    ).fit(*cancer)
    scores = {k: v for k, v in search.cv_results_.items() if k.endswith("_score")}
    assert len(set(scores["mean_test_score"])) == 8  # every parameter got through
    search.set_params(n_jobs=2).fit(*cancer)
    for name, values in scores.items():
        np.testing.assert_array_equal(search.cv_results_[name], values)
    best = scores["mean_test_score"].argmax()
    assert search.best_params_ == search.cv_results_["params"][best]


def test_cross_validation_is_the_fits_it_consists_of(small, cancer):
    X, y = cancer
    folds = StratifiedKFold(3)
    by_hand = [small().fit(X[a], y[a]).score(X[b], y[b]) for a, b in folds.split(X, y)]
    np.testing.assert_array_equal(cross_val_score(small(), X, y, cv=folds), by_hand)


def test_calibration_mends_probabilities_that_are_too_sure(small, cancer):
    X, y = cancer
    rng = np.random.default_rng(0)
    y = np.where(rng.random(len(y)) < 0.3, 1 - y, y)
    too_sure = small(hidden_layer_sizes=(50,), max_iter=100, early_stopping=False, n_estimators=1)
    calibrated = CalibratedClassifierCV(too_sure, cv=3)

    def badness(clf):
        return brier_score_loss(y, cross_val_predict(clf, X, y, cv=3, method="predict_proba")[:, 1])

    assert badness(calibrated) < badness(too_sure)

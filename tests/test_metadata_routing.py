"""Weights and validation data on their way through pipelines, searches and cross-validation."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

X, y = load_breast_cancer(return_X_y=True)
X, X_VAL, y, y_val = X[:400], X[400:], y[:400], y[400:]
rng = np.random.default_rng(0)
WEIGHT, WEIGHT_VAL = rng.random(400), rng.random(169)
FOLDS = StratifiedKFold(2)


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def weighted(clf):
    """Asks for weights in training and in scoring."""
    return clf.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)


def judged(clf):
    """Asks for rows to judge by, in a pipeline that transforms them like X."""
    clf.set_fit_request(X_val=True, y_val=True, sample_weight_val=True)
    return Pipeline([("scale", StandardScaler()), ("net", clf)], transform_input=["X_val"])


def assert_same(clf, expected, rows=X):
    assert_array_equal(clf.predict_proba(rows), expected.predict_proba(rows))


def assert_differ(clf, other, rows=X):
    """What was passed is not only routed but heard."""
    assert abs(clf.predict_proba(rows) - other.predict_proba(rows)).max() > 1e-3


# Weights ----------------------------------------------------------------------------------------


def test_weights_reach_a_step_by_its_name_without_routing(small):
    pipeline = make_pipeline(StandardScaler(), small())
    pipeline.fit(X, y, numpymlpbinaryclassifier__sample_weight=WEIGHT)
    scaled = StandardScaler().fit_transform(X)
    assert_same(pipeline[-1], small().fit(scaled, y, WEIGHT), scaled)
    assert_differ(pipeline[-1], small().fit(scaled, y), scaled)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("for_scaler", [True, False])
def test_weights_reach_the_steps_that_ask_for_them(small, for_scaler):
    scaler = StandardScaler().set_fit_request(sample_weight=for_scaler)
    pipeline = make_pipeline(scaler, weighted(small())).fit(X, y, sample_weight=WEIGHT)
    scaled = StandardScaler().fit_transform(X, sample_weight=WEIGHT if for_scaler else None)
    by_hand = small().fit(scaled, y, WEIGHT)
    assert_same(pipeline[-1], by_hand, scaled)
    assert_differ(pipeline[-1], small().fit(scaled, y), scaled)
    score = pipeline.score(X, y, sample_weight=WEIGHT)
    assert score == by_hand.score(scaled, y, WEIGHT)
    assert score != by_hand.score(scaled, y)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("metadata", ["sample_weight", "X_val", "sample_weight_val"])
def test_what_nobody_asked_for_is_an_error_not_lost(small, metadata):
    with pytest.raises(UnsetMetadataPassedError, match=rf"\[{metadata}\] are passed but"):
        Pipeline([("net", small())]).fit(X, y, **{metadata: WEIGHT})
    small().fit(X, y, WEIGHT, X_val=X_VAL, y_val=y_val)  # whom one tells oneself need not ask


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_weights_reach_every_fit_and_score_of_a_search(small, scoring):
    scorer = scoring and get_scorer(scoring).set_score_request(sample_weight=True)
    alphas = [0.0, 100.0]
    search = GridSearchCV(weighted(small()), {"alpha": alphas}, cv=FOLDS, scoring=scorer)
    search.fit(X, y, sample_weight=WEIGHT)
    for fold, (train, test) in enumerate(FOLDS.split(X, y)):
        for alpha, score in zip(alphas, search.cv_results_[f"split{fold}_test_score"], strict=True):
            clf = weighted(small(alpha=alpha)).fit(X[train], y[train], WEIGHT[train])
            scores = scorer or type(clf).score
            assert score == scores(clf, X[test], y[test], sample_weight=WEIGHT[test])
    assert_same(search, small(**search.best_params_).fit(X, y, WEIGHT))
    assert_differ(search, small(**search.best_params_).fit(X, y))


@pytest.mark.usefixtures("routing")
def test_weights_reach_every_fit_and_score_of_cross_validation(small):
    weights = {"sample_weight": WEIGHT}
    found = cross_validate(weighted(small()), X, y, params=weights, cv=FOLDS, return_estimator=True)
    proba = cross_val_predict(
        weighted(small()), X, y, params=weights, cv=FOLDS, method="predict_proba"
    )
    for fold, (train, test) in enumerate(FOLDS.split(X, y)):
        by_hand = small().fit(X[train], y[train], WEIGHT[train])
        assert_same(found["estimator"][fold], by_hand)
        assert found["test_score"][fold] == by_hand.score(X[test], y[test], WEIGHT[test])
        assert_array_equal(proba[test], by_hand.predict_proba(X[test]))


# Rows to judge by -------------------------------------------------------------------------------


def test_rows_to_judge_by_reach_a_step_as_they_are_without_routing(small):
    pipeline = make_pipeline(StandardScaler(), small())
    scaler = StandardScaler().fit(X)
    pipeline.fit(
        X,
        y,
        numpymlpbinaryclassifier__X_val=scaler.transform(X_VAL),
        numpymlpbinaryclassifier__y_val=y_val,
    )
    by_hand = small().fit(scaler.transform(X), y, X_val=scaler.transform(X_VAL), y_val=y_val)
    assert_array_equal(pipeline[-1].validation_curve_, by_hand.validation_curve_)


@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.NotLearningWarning")  # other rows
@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_rows_to_judge_by_pass_the_steps_before(small, solver):
    pipeline = judged(small(solver=solver, max_iter=10))
    pipeline.fit(X, y, X_val=X_VAL, y_val=y_val, sample_weight_val=WEIGHT_VAL)
    scaler, plain = StandardScaler().fit(X), small(solver=solver, max_iter=10)
    scaled = scaler.transform(X)
    judge = {"X_val": scaler.transform(X_VAL), "y_val": y_val, "sample_weight_val": WEIGHT_VAL}
    by_hand = clone(plain).fit(scaled, y, **judge)
    assert_array_equal(pipeline[-1].validation_curve_, by_hand.validation_curve_)
    assert_same(pipeline[-1], by_hand, scaled)
    for other in ({"X_val": X_VAL}, {"sample_weight_val": None}):
        curve = clone(plain).fit(scaled, y, **judge | other).validation_curve_
        assert abs(curve[0] - by_hand.validation_curve_[0]).min() > 1e-4


@pytest.mark.usefixtures("routing")
def test_rows_to_judge_by_reach_every_fit_of_a_search(small):
    alphas = [0.0, 100.0]
    search = GridSearchCV(judged(small()), {"net__alpha": alphas}, cv=FOLDS)
    search.fit(X, y, X_val=X_VAL, y_val=y_val, sample_weight_val=WEIGHT_VAL)

    def by_hand(rows, alpha):
        scaler, clf = StandardScaler().fit(X[rows]), small(alpha=alpha)
        judge = {"X_val": scaler.transform(X_VAL), "y_val": y_val, "sample_weight_val": WEIGHT_VAL}
        return make_pipeline(scaler, clf.fit(scaler.transform(X[rows]), y[rows], **judge))

    for fold, (train, test) in enumerate(FOLDS.split(X, y)):
        for alpha, score in zip(alphas, search.cv_results_[f"split{fold}_test_score"], strict=True):
            assert score == by_hand(train, alpha).score(X[test], y[test])
    assert_same(search, by_hand(slice(None), search.best_params_["net__alpha"]))


# Pieces -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("routing")
def test_weights_reach_partial_fit(small):
    clf = small().set_partial_fit_request(sample_weight=True)
    several = MultiOutputClassifier(clf)
    expected = small()
    for piece in (slice(0, 200), slice(200, 400)):
        several.partial_fit(
            X[piece], y[piece, np.newaxis], classes=[[0, 1]], sample_weight=WEIGHT[piece]
        )
        expected.partial_fit(X[piece], y[piece], [0, 1], WEIGHT[piece])
    assert_same(several.estimators_[0], expected)
    assert_differ(
        expected, small().partial_fit(X[:200], y[:200], [0, 1]).partial_fit(X[200:], y[200:])
    )


@pytest.mark.usefixtures("routing")
def test_classes_reach_partial_fit(small):
    clf = small().set_partial_fit_request(classes=True, sample_weight=True)
    pieces = MethodMapping().add(caller="fit", callee="partial_fit")
    router = MetadataRouter(owner="stream").add(clf=clf, method_mapping=pieces)
    metadata = {"classes": [0, 1], "sample_weight": WEIGHT}
    routed = router.route_params(caller="fit", params=metadata)["clf"]["partial_fit"]
    assert routed == metadata
    assert_same(clf.partial_fit(X, y, **routed), small().partial_fit(X, y, **metadata))


# Groups -----------------------------------------------------------------------------------------

GROUPS = np.arange(400) // 8


@pytest.mark.usefixtures("routing")
def test_groups_reach_a_step_of_a_pipeline(small):
    clf = small().set_fit_request(groups=True)
    pipeline = make_pipeline(StandardScaler(), clf).fit(X, y, groups=GROUPS)
    scaled = StandardScaler().fit_transform(X)
    assert_same(pipeline[-1], small().fit(scaled, y, groups=GROUPS), scaled)
    assert_differ(pipeline[-1], small().fit(scaled, y), scaled)


@pytest.mark.usefixtures("routing")
def test_a_search_splits_by_the_groups_that_its_estimators_hold_out_by(small):
    clf = small().set_fit_request(groups=True)
    search = GridSearchCV(clf, {"alpha": [0, 1]}, cv=GroupKFold(2)).fit(X, y, groups=GROUPS)
    best = small(**search.best_params_)
    assert_same(search, clone(best).fit(X, y, groups=GROUPS))
    scores = [
        clone(best).fit(X[train], y[train], groups=GROUPS[train]).score(X[test], y[test])
        for train, test in GroupKFold(2).split(X, y, GROUPS)
    ]
    assert search.cv_results_["mean_test_score"][search.best_index_] == np.mean(scores)


@pytest.mark.usefixtures("routing")
def test_groups_that_nobody_asked_for_are_an_error(small):
    with pytest.raises(UnsetMetadataPassedError, match="groups"):
        make_pipeline(StandardScaler(), small()).fit(X, y, groups=GROUPS)

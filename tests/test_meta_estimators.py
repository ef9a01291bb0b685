"""The estimator inside scikit-learn's meta-estimators and inspection tools, on real data."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFE, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import (
    HalvingGridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    train_test_split,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.semi_supervised import SelfTrainingClassifier

TWO_FOLDS = StratifiedKFold(2)


@pytest.fixture(scope="module")
def cancer():
    return load_breast_cancer(return_X_y=True)


@pytest.fixture(scope="module")
def with_noise(cancer):
    """Two columns that tell the classes apart, and two that do not."""
    X, y = cancer
    return np.column_stack([X[:, [20, 24]], np.random.default_rng(0).normal(size=(569, 2))]), y


# Several estimators -----------------------------------------------------------------------------


def test_self_training_labels_rows_rightly_and_beats_the_start(small):
    X, y = load_digits(return_X_y=True)
    X, y = X[np.isin(y, [1, 8])], y[np.isin(y, [1, 8])]
    clf, scores = small(hidden_layer_sizes=(16,), max_iter=60, early_stopping=False), []
    for seed in range(4):
        X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=seed)
        first = np.concatenate([np.flatnonzero(y_train == digit)[:5] for digit in (1, 8)])
        given = np.full(len(y_train), -1)
        given[first] = y_train[first]
        start = clone(clf).fit(X_train[first], y_train[first])
        trained = SelfTrainingClassifier(clf, threshold=0.7, max_iter=1).fit(X_train, given)
        labelled = trained.transduction_ != -1
        assert labelled.sum() > 200
        assert (trained.transduction_ == y_train)[labelled].mean() > 0.9
        scores.append([start.score(X_test, y_test), trained.score(X_test, y_test)])
        by_hand = clone(clf).fit(X_train[labelled], trained.transduction_[labelled])
        assert_array_equal(trained.predict_proba(X_test), by_hand.predict_proba(X_test))
    before, after = np.mean(scores, axis=0)
    assert after > before + 0.01


def test_bagging_is_the_same_on_any_number_of_workers_and_the_mean_of_its_members(small, cancer):
    X, y = cancer
    bagging = BaggingClassifier(small(), n_estimators=3, max_features=0.5, random_state=0)
    alone = clone(bagging).fit(X, y)
    with joblib.parallel_config("threading"):
        shared = bagging.set_params(n_jobs=2).fit(X, y)
        proba = shared.predict_proba(X)
    assert_array_equal(proba, alone.predict_proba(X))
    members = [
        clf.predict_proba(X[:, columns])
        for clf, columns in zip(alone.estimators_, alone.estimators_features_, strict=True)
    ]
    assert_allclose(alone.predict_proba(X), np.mean(members, axis=0), rtol=1e-12)
    assert abs(members[0] - members[1]).max() > 0.01


def test_boosting_gives_the_rows_that_were_wrong_more_weight(small, cancer):
    X, y = cancer
    boosting = AdaBoostClassifier(small(early_stopping=False), n_estimators=2, random_state=0)
    first, second = boosting.fit(X, y).estimators_
    weight = np.where(first.predict(X) == y, 1.0, np.exp(boosting.estimator_weights_[0]))
    by_hand = clone(second).fit(X, y, sample_weight=weight)
    assert_allclose(second.predict_proba(X), by_hand.predict_proba(X), rtol=1e-8)
    plain = clone(second).fit(X, y)
    assert abs(second.predict_proba(X) - plain.predict_proba(X)).max() > 0.01


def test_stacking_takes_it_as_base_and_as_final_estimator(small, cancer):
    X, y = cancer
    stacking = StackingClassifier([("net", small()), ("bayes", GaussianNB())], small(), cv=3)
    stacking.fit(X, y)
    folds = StratifiedKFold(3)
    out_of_fold, whole = (
        np.column_stack([answers(clf)[:, 1] for clf in (small(), GaussianNB())])
        for answers in (
            lambda clf: cross_val_predict(clf, X, y, cv=folds, method="predict_proba"),
            lambda clf: clf.fit(X, y).predict_proba(X),
        )
    )
    by_hand = small().fit(out_of_fold, y)
    assert_array_equal(stacking.predict_proba(X), by_hand.predict_proba(whole))


def test_a_soft_vote_is_the_mean_probability(small, cancer):
    X, y = cancer
    voting = VotingClassifier([("a", small()), ("b", small(solver="sgd"))], voting="soft")
    voting.set_params(weights=[3, 1]).fit(X, y)
    first, second = (clf.fit(X, y).predict_proba(X) for clf in (small(), small(solver="sgd")))
    assert_allclose(voting.predict_proba(X), (3 * first + second) / 4, rtol=1e-12)


@pytest.mark.parametrize("wrapper", [OneVsRestClassifier, OneVsOneClassifier])
def test_three_classes_are_several_binary_problems(small, wrapper):
    X, y = load_iris(return_X_y=True)
    clf = wrapper(small(max_iter=30)).fit(X, y)
    assert clf.score(X, y) > 0.9
    rows = y < 2 if wrapper is OneVsOneClassifier else y >= 0
    label = y == (1 if wrapper is OneVsOneClassifier else 0)
    by_hand = small(max_iter=30).fit(X[rows], label[rows])
    assert_array_equal(clf.estimators_[0].predict_proba(X), by_hand.predict_proba(X))


def test_several_outputs_are_several_binary_problems(small, cancer):
    X, y = cancer
    Y = np.column_stack([y, X[:, 0] > 15])
    alone = [small().fit(X, column).predict(X) for column in Y.T]
    assert_array_equal(MultiOutputClassifier(small()).fit(X, Y).predict(X).T, alone)
    chained = small().fit(np.column_stack([X, Y[:, 0]]), Y[:, 1])
    by_hand = chained.predict(np.column_stack([X, alone[0]]))
    assert_array_equal(ClassifierChain(small()).fit(X, Y).predict(X)[:, 1], by_hand)


# Probabilities and thresholds -------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba", "decision_function"])
def test_out_of_fold_answers_are_those_of_fits_by_hand(small, cancer, method):
    X, y = cancer
    answers = cross_val_predict(small(), X, y, cv=TWO_FOLDS, method=method)
    for train, test in TWO_FOLDS.split(X, y):
        by_hand = getattr(small().fit(X[train], y[train]), method)(X[test])
        assert_array_equal(answers[test], by_hand)


def test_a_frozen_estimator_is_calibrated_without_being_fitted_again(small, cancer):
    X, y = cancer
    clf = small().fit(X[:300], y[:300])
    before = clf.predict_proba(X)
    calibrated = CalibratedClassifierCV(FrozenEstimator(clf)).fit(X[300:], y[300:])
    assert_array_equal(clf.predict_proba(X), before)
    order = np.argsort(before[:, 1])
    assert (np.diff(calibrated.predict_proba(X)[order, 1]) >= 0).all()
    raw, mended = (log_loss(y[300:], p[300:]) for p in (before, calibrated.predict_proba(X)))
    assert mended < raw - 0.1


def test_a_tuned_threshold_is_where_the_score_is_best(small, cancer):
    X, y = cancer
    tuned = TunedThresholdClassifierCV(
        small(class_weight={0: 1, 1: 9}),  # so that half is no good threshold
        scoring="balanced_accuracy",
        store_cv_results=True,
        random_state=0,
    ).fit(X, y)
    assert tuned.best_threshold_ > 0.5
    assert tuned.best_score_ == tuned.cv_results_["scores"].max()
    plain = tuned.estimator_.predict_proba(X)[:, 1]
    assert_array_equal(tuned.predict(X), plain >= tuned.best_threshold_)
    scores = [balanced_accuracy_score(y, labels) for labels in (tuned.predict(X), plain > 0.5)]
    assert scores[0] > scores[1] + 0.02


# Searches and curves ----------------------------------------------------------------------------


def test_halving_by_rows_ends_with_the_best_fitted_to_all(small, cancer):
    X, y = cancer
    grid = {"hidden_layer_sizes": [1, 2, 4, 8], "activation": ["relu", "tanh"]}
    search = HalvingGridSearchCV(small(), grid, cv=TWO_FOLDS, random_state=0).fit(X, y)
    assert search.n_candidates_ == [8, 3, 1][: search.n_iterations_]
    assert search.n_resources_ == sorted(set(search.n_resources_))
    best = small(**search.best_params_).fit(X, y)
    assert_array_equal(search.predict_proba(X), best.predict_proba(X))


def test_halving_by_epochs_gives_each_round_its_max_iter(small, cancer):
    X, y = cancer
    search = HalvingGridSearchCV(
        small(),
        {"hidden_layer_sizes": [1, 2, 4]},
        resource="max_iter",
        max_resources=9,
        cv=TWO_FOLDS,
        random_state=0,
    ).fit(X, y)
    results = search.cv_results_
    assert search.n_resources_ == [3, 9]
    assert search.best_estimator_.n_iter_ == 9
    for round_, candidate, score in zip(
        results["iter"], results["params"], results["mean_test_score"], strict=True
    ):
        assert candidate["max_iter"] == search.n_resources_[round_]
        assert score == cross_val_score(small(**candidate), X, y, cv=TWO_FOLDS).mean()


def test_a_validation_curve_is_the_fits_it_consists_of(small, cancer):
    X, y = cancer
    _, scores = validation_curve(
        small(), X, y, param_name="alpha", param_range=[0.0, 1e3], cv=TWO_FOLDS
    )
    for alpha, row in zip([0.0, 1e3], scores, strict=True):
        assert_array_equal(row, cross_val_score(small(alpha=alpha), X, y, cv=TWO_FOLDS))
    assert scores[0].mean() > scores[1].mean()


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_learning_curve_is_the_fits_it_consists_of(small, cancer, in_pieces):
    X, y = cancer
    sizes, _, scores = learning_curve(
        small(), X, y, train_sizes=[60, 280], cv=TWO_FOLDS, exploit_incremental_learning=in_pieces
    )
    for fold, (train, test) in enumerate(TWO_FOLDS.split(X, y)):
        clf = small()
        for size, before, row in zip(sizes, [0, 60], scores, strict=True):
            if in_pieces:
                piece = train[before:size]
                clf.partial_fit(X[piece], y[piece], classes=[0, 1])
            else:
                clf.fit(X[train[:size]], y[train[:size]])
            assert row[fold] == clf.score(X[test], y[test])


# Inspection -------------------------------------------------------------------------------------


@pytest.mark.filterwarnings(
    "ignore:nothing was learnt:sknumpynet.NotLearningWarning"
)  # from noise alone
@pytest.mark.parametrize(
    "selector",
    [
        lambda clf: RFE(
            clf,
            n_features_to_select=2,
            importance_getter=lambda fitted: abs(fitted.coefs_[0]).sum(axis=(0, 2)),
        ),
        lambda clf: SequentialFeatureSelector(
            clf, n_features_to_select=2, cv=TWO_FOLDS, scoring="neg_log_loss"
        ),
    ],
)
def test_selectors_find_the_columns_that_tell_the_classes_apart(small, with_noise, selector):
    clf = small(max_iter=30, numeric_bins=0)
    chosen = selector(clf).fit(*with_noise).get_support()
    assert chosen.tolist() == [True, True, False, False]


def test_permuting_a_column_that_tells_the_classes_apart_costs_most(small, with_noise):
    clf = small(max_iter=30).fit(*with_noise)
    cost = permutation_importance(
        clf, *with_noise, scoring="neg_log_loss", n_repeats=3, random_state=0
    ).importances_mean
    assert cost[:2].min() > 10 * abs(cost[2:]).max()


@pytest.mark.parametrize("response_method", ["predict_proba", "decision_function"])
def test_dependence_on_a_column_is_the_mean_answer_with_that_column_set(
    small, with_noise, response_method
):
    X, y = with_noise
    clf = small(max_iter=30).fit(X, y)
    found = partial_dependence(clf, X, [0], response_method=response_method, grid_resolution=9)
    for value, average in zip(found["grid_values"][0], found["average"][0], strict=True):
        changed = X.copy()
        changed[:, 0] = value
        answers = getattr(clf, response_method)(changed)
        expected = answers[:, 1] if response_method == "predict_proba" else answers
        assert average == pytest.approx(expected.mean(), rel=1e-12)
    assert (np.diff(found["average"][0]) < 0).all()  # the larger the radius, the less benign


def test_dependence_by_recursion_is_for_trees(small, with_noise):
    clf = small().fit(*with_noise)
    with pytest.raises(ValueError, match="Try using method='brute'"):
        partial_dependence(clf, with_noise[0], [0], method="recursion")

"""Rows as fit takes them: class weights, folds of rows held out, groups, validation rows."""

from itertools import islice, product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import log_loss

from sknumpynet import NotLearningWarning, NumpyMLPBinaryClassifier
from sknumpynet.engine import folds

every_solver = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
with_and_without_folds = pytest.mark.parametrize("early_stopping", [True, False])
# Few epochs are enough here.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*had not converged:sklearn.exceptions.ConvergenceWarning"
)

# Weights ----------------------------------------------------------------------------------------


@with_and_without_folds
def test_class_weight_multiplies_sample_weight(small, table, early_stopping):
    X, y = table
    clf = small(early_stopping=early_stopping, class_weight={"a": 0.3, "b": 2.5})
    weight = np.random.default_rng(0).random(60)
    by_class = clone(clf).fit(X, np.where(y, "b", "a"), weight)
    by_row = clf.set_params(class_weight=None).fit(X, y, weight * np.where(y, 2.5, 0.3))
    assert_allclose(by_class.predict_proba(X), by_row.predict_proba(X), rtol=1e-10)


@pytest.mark.parametrize("weighted", [True, False])
def test_balanced_gives_both_classes_half_of_the_weight(small, table, weighted):
    X, y = table
    weight = np.random.default_rng(0).random(60) if weighted else np.ones(60)
    weight[:20] *= y[:20]
    half = {label: weight.sum() / 2 / weight[y == label].sum() for label in (0, 1)}
    balanced = small(class_weight="balanced").fit(X, y, weight)
    by_dict = small(class_weight=half).fit(X, y, weight)
    assert_allclose(balanced.predict_proba(X), by_dict.predict_proba(X), rtol=1e-10)


# Holding out ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("n_rows", [4, 9, 20, 60, 110])
@pytest.mark.parametrize("n_positive", [1, 2])
@pytest.mark.parametrize("doubled", [True, False])
def test_auto_holds_out_of_few_rows_too(small, n_rows, n_positive, n_estimators, doubled):
    y = np.arange(n_rows) < n_positive
    X = np.random.default_rng(0).normal(size=(len(y), 2))
    weight = None
    if doubled:  # rows of weight 0 do not count
        X, y = np.vstack([X, X + 1]), np.concatenate([y, y])
        weight = np.repeat([1, 0], len(X) // 2)
    clf = small(max_iter=1, n_estimators=n_estimators).fit(X, y, weight)
    assert clf.validation_curve_ is not None
    assert hasattr(clf, "oof_proba_") == (n_estimators > 1)


@pytest.mark.parametrize("early_stopping", ["auto", True])
def test_an_only_row_of_a_class_is_held_out_by_auto_alone(small, early_stopping):
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) == 3
    clf = small(early_stopping=early_stopping)
    if early_stopping == "auto":
        assert np.isfinite(clf.fit(X, y).oof_log_loss_)
    else:
        with pytest.raises(ValueError, match=r"class .*True.* has one row only"):
            clf.fit(X, y)


@pytest.mark.parametrize("n_rows", [20, 40, 60, 200])
def test_folds_of_auto_have_16_rows_where_there_are_twice_as_many(small, monkeypatch, n_rows):
    dealt = []
    deal = folds.deal
    monkeypatch.setattr(folds, "deal", lambda *args: dealt.append(deal(*args)) or dealt[0])
    X = np.random.default_rng(0).normal(size=(n_rows, 2))
    small(n_estimators=8, max_iter=1).fit(X, X[:, 0] > 0)
    sizes = np.bincount(dealt[0])
    assert len(sizes) == min(8, max(2, n_rows // 16))
    assert np.ptp(sizes) <= 1


@pytest.mark.parametrize("early_stopping", ["auto", True])
def test_equal_rows_are_out_of_fold_together(small, early_stopping):
    """By a network that has seen a copy, the label, drawn at random, would be known."""
    rng = np.random.default_rng(0)
    X, y = np.repeat(rng.normal(size=(60, 5)), 3, axis=0), np.repeat(rng.random(60) < 0.5, 3)
    clf = small(hidden_layer_sizes=(50,), max_iter=200, early_stopping=early_stopping)
    with pytest.warns(NotLearningWarning):
        clf.fit(X, y)
    assert_array_equal(clf.oof_proba_[::3], clf.oof_proba_[1::3])


def test_xor_is_learnt_from_four_points_however_often_they_stand_there():
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    for times in (1, 2, 3, 30):
        clf = NumpyMLPBinaryClassifier((8,), n_estimators=4, random_state=0)
        clf.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
        assert_array_equal(clf.predict(X), y)
        assert clf.validation_curve_ is None


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("n_columns", [2, 3])
def test_every_truth_table_is_learnt(n_columns, times):
    X = np.array(list(product([0, 1], repeat=n_columns)))
    for y in islice(product([0, 1], repeat=len(X)), 1, 2 ** len(X) - 1, 1 + (n_columns - 2) * 15):
        clf = NumpyMLPBinaryClassifier(n_estimators=4, random_state=0)
        clf.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
        assert_array_equal(clf.predict(X), y)


def test_cells_whose_counts_are_weights_have_the_probabilities_of_the_counts():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 2)
    y, counts = np.arange(8) < 4, np.array([45, 5, 10, 40, 5, 45, 40, 10])
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, y, counts)
    assert_allclose(clf.predict_proba(X[:4])[:, 1], counts[:4] / 50, atol=0.1)


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("early_stopping", ["auto", True])
@pytest.mark.parametrize("make", [np.asarray, lambda groups: [f"patient {g}" for g in groups]])
def test_rows_of_a_group_are_held_out_together(small, n_estimators, early_stopping, make):
    """By a network that has seen another row of the group, its label, at random, would be known."""
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat(np.arange(40), 5))
    X = rng.normal(size=(40, 5))[groups] + 0.01 * rng.normal(size=(200, 5))
    y = rng.random(40)[groups] < 0.5
    clf = small(
        hidden_layer_sizes=(50,),
        max_iter=200,
        n_estimators=n_estimators,
        validation_fraction=0.3,
        early_stopping=early_stopping,
    )
    assert clf.fit(X, y).best_loss_ < 0.3
    with pytest.warns(NotLearningWarning):
        clf.fit(X, y, groups=make(groups))


def test_groups_of_rows_of_weight_zero_do_not_count(small):
    rng = np.random.default_rng(0)
    X, groups = rng.normal(size=(60, 3)), np.arange(60) // 6
    clf, weight = small(), (groups > 2) * 1.0
    clf.fit(X, X[:, 0] > 0, weight, groups=groups)
    other = small().fit(X[groups > 2], X[groups > 2, 0] > 0, groups=groups[groups > 2])
    assert_array_equal(clf.predict_proba(X), other.predict_proba(X))
    with pytest.raises(ValueError, match=r"n_estimators=3 network.* 2 groups of positive weight"):
        clf.fit(X, X[:, 0] > 0, (groups > 7) * 1.0, groups=groups)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            np.zeros(60),
            "there are 1 groups of positive weight; give more groups",
        ),
        (np.arange(60) // 30, "n_estimators=3 network.* there are 2 groups"),
        (np.arange(59), r"groups has the shape \(59,\), but X has 60 rows; give one group a row"),
        (np.arange(60.0) / [[1]], r"groups has the shape \(1, 60\)"),
        (np.full(60, np.nan), "groups contains NaN"),
        (3, "groups"),
        (
            np.array(["a", 1] * 30, object),
            r"groups cannot be sorted.*give them one type, such as by \[str",
        ),
    ],
)
def test_groups_that_cannot_be_used(small, table, groups, message):
    for early_stopping in ("auto", True):
        clf = small(early_stopping=early_stopping)
        with pytest.raises((ValueError, TypeError), match=message):
            clf.fit(*table, groups=groups)
        assert not hasattr(clf, "coefs_")


def test_out_of_fold_log_loss_is_the_weighted_log_loss_of_out_of_fold_probabilities(small, table):
    X, y = table
    weight = np.random.default_rng(0).random(60) * (np.arange(60) % 4 > 0)
    clf = small(early_stopping=True, class_weight={0: 1, 1: 3}).fit(X, y, weight)
    expected = log_loss(y, clf.oof_proba_, sample_weight=weight * np.where(y, 3, 1))
    assert_allclose(clf.oof_log_loss_, expected, rtol=1e-12)
    unused = weight == 0  # for these rows all networks are out of fold
    assert_allclose(clf.oof_proba_[unused], clf.predict_proba(X[unused]), rtol=1e-12)


def test_out_of_fold_probabilities_go_when_training_goes_on(small, table):
    clf = small(early_stopping=True).fit(*table)
    clf.set_params(early_stopping="auto").partial_fit(*table)
    assert not hasattr(clf, "oof_proba_")
    assert not hasattr(clf, "oof_log_loss_")


def test_rows_given_to_judge_by_are_used_instead_of_folds(small, table):
    clf = small(early_stopping=True).fit(*table)
    clf.fit(*table, X_val=table[0][:9], y_val=table[1][:9])
    assert not hasattr(clf, "oof_proba_")
    assert not hasattr(clf, "oof_log_loss_")
    without = small(early_stopping=False).fit(*table)
    assert_array_equal(clf.loss_curve_[0], without.loss_curve_[0])  # all rows train


def test_a_row_given_to_judge_by_may_be_single_and_of_one_class(small, table):
    X, y = table
    clf = small().fit(X, y, X_val=X[:1], y_val=y[:1])
    assert len(clf.validation_curve_) == 4


def test_a_row_does_not_move_the_start_of_the_network_that_it_judges(small, table):
    X, y = table
    clf = small(early_stopping=True, learning_rate_init=1e-300, max_iter=1)

    def biases(weight):
        return clf.fit(X, y, weight).intercepts_[-1][:, 0]

    weight = np.full(60, 1.5)  # no whole numbers, so that each row is one row
    moved = [biases(weight + (np.arange(60) == row)) != biases(weight) for row in range(20)]
    assert_array_equal(np.sum(moved, axis=1), 2)  # of three networks


@every_solver
@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rare", [0, 1])
def test_a_class_of_one_in_ten_million_gets_that_probability(
    small, table, solver, early_stopping, dtype, rare
):
    X, y = table[0].astype(dtype), table[1]
    weight = np.where(y == rare, 1e-7, 1)
    params = {"max_iter": 100, "tol": 0.1} if solver == "lbfgs" else {}
    clf = small(solver=solver, early_stopping=early_stopping, **params).fit(X, y, weight)
    expected = np.average(y == rare, weights=weight)
    p = np.average(clf.predict_proba(X)[:, rare], weights=weight)
    assert expected / 2 < p < 2 * expected
    assert (clf.predict_proba(X) > 0).all()


@pytest.mark.parametrize("n_estimators", [1, 8])
@pytest.mark.parametrize("early_stopping", ["auto", True, False])
def test_one_positive_row_in_a_hundred_is_not_answered_by_a_constant(early_stopping, n_estimators):
    rng, clf = np.random.default_rng(0), NumpyMLPBinaryClassifier(random_state=0)
    clf.set_params(early_stopping=early_stopping, n_estimators=n_estimators)
    y = (np.arange(4000) % 100 == 0).astype(int)
    X = rng.normal(size=(4000, 4)) + 2 * y[:, np.newaxis]
    proba = clf.fit(X[:2000], y[:2000]).predict_proba(X[2000:])
    assert log_loss(y[2000:], proba) < log_loss(y[2000:], np.full(2000, 0.01)) / 2


@pytest.mark.parametrize("n_values", [1, 2])
def test_fewer_different_rows_than_networks_are_shared(small, n_values):
    X, y = np.arange(12.0)[:, np.newaxis] % n_values, np.arange(12) // 2 % 2
    clf = small(early_stopping=True).fit(np.hstack([X, X * 7]), y, np.full(12, 2))
    assert np.isfinite(clf.predict_proba(np.hstack([X, X * 7]))).all()

"""Subclasses whose constructor names fewer parameters, or more, work like the class itself."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils.validation import check_is_fitted

from sknumpynet import NumpyMLPBinaryClassifier, check_gradients, diagnose, trace


class Preset(NumpyMLPBinaryClassifier):
    """Fewer parameters, and one of its own."""

    def __init__(self, cost=1.0, random_state=None):
        super().__init__((4,), max_iter=4, n_estimators=3, random_state=random_state)
        self.cost = cost


class Forgetful(NumpyMLPBinaryClassifier):
    """Does not call the constructor of the class."""

    def __init__(self, cost=1.0, max_iter=4, random_state=0):
        self.cost = cost
        self.max_iter = max_iter
        self.random_state = random_state


class WithLambda(NumpyMLPBinaryClassifier):
    """One more parameter, which looks like an attribute that is learnt."""

    def __init__(self, lambda_=1.0, *, max_iter=4, random_state=0):
        super().__init__((4,), max_iter=max_iter, n_estimators=3, random_state=random_state)
        self.lambda_ = lambda_


class Learned(NumpyMLPBinaryClassifier):
    """A parameter of the class is a property here."""

    def __init__(self, size=4, random_state=0):
        super().__init__(max_iter=4, n_estimators=3, random_state=random_state)
        self.size = size

    @property
    def hidden_layer_sizes(self):
        return (self.size,)

    @hidden_layer_sizes.setter
    def hidden_layer_sizes(self, value):
        pass


every_subclass = pytest.mark.parametrize("make", [Preset, Forgetful, WithLambda, Learned])


@every_subclass
def test_a_subclass_learns_what_the_class_does_with_the_same_parameters(make, table):
    clf, base = make(random_state=0), NumpyMLPBinaryClassifier()
    params = {name: getattr(clf, name) for name in base.get_params()}
    expected = base.set_params(**params).fit(*table)
    for _ in range(2):
        clf.fit(*table)
        assert_array_equal(clf.predict_proba(table[0]), expected.predict_proba(table[0]))
    assert_array_equal(
        clf.partial_fit(*table).predict_proba(table[0]),
        expected.partial_fit(*table).predict_proba(table[0]),
    )


@every_subclass
def test_all_that_is_done_with_an_estimator_works_with_a_subclass(make, table):
    X, y = table
    (own, *_) = make().get_params()
    clf = clone(make().set_params(**{own: 2})).fit(X, y)
    assert clf.get_params()[own] == 2
    assert getattr(pickle.loads(pickle.dumps(clf)), own) == 2
    assert_array_equal(pickle.loads(pickle.dumps(clf)).predict(X), clf.predict(X))
    assert own in clf._repr_html_()
    assert make.__name__ in repr(clf)
    search = GridSearchCV(make(), {own: [1, 3]}, cv=2, error_score="raise").fit(X, y)
    assert own in search.best_params_
    (
        str(diagnose(clf, X, y, trials=False)),
        str(check_gradients(clf, X, y)),
        str(trace(clf, X[0], y[0])),
    )


def test_a_parameter_that_a_subclass_does_not_name_is_checked(table):
    clf = Preset()
    clf.alpha = -1
    with pytest.raises(ValueError, match="alpha=-1 is not a finite number"):
        clf.fit(*table)


def test_a_parameter_that_ends_in_an_underscore_is_not_forgotten_and_makes_nothing_fitted(table):
    clf = WithLambda(5.0)
    with pytest.raises(NotFittedError):
        check_is_fitted(clf)
    assert clf.fit(*table).fit(*table).lambda_ == 5.0
    check_is_fitted(clf)
    clf.set_params(max_iter=-1)
    with pytest.raises(ValueError, match="max_iter"):
        clf.fit(*table)
    assert clf.lambda_ == 5.0


def test_the_class_itself_has_the_defaults_of_its_constructor():
    assert NumpyMLPBinaryClassifier.max_iter == NumpyMLPBinaryClassifier().max_iter
    assert np.isscalar(NumpyMLPBinaryClassifier.alpha)

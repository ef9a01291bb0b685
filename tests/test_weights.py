"""What stands in coefs_ and intercepts_ is what is used, or an error says why it cannot be."""

import pickle
from copy import copy
from itertools import product

import numpy as np
import pytest
from learnt import PREDICTIONS
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit

from sknumpynet import check_gradients, diagnose, trace
from sknumpynet.engine.optimizers import OPTIMIZERS

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 4))
Y = (X[:, 0] > 0).astype(int)


def fitted(small, n_estimators=3, hidden_layer_sizes=(6, 6, 6)):
    stack = {"n_estimators": n_estimators, "hidden_layer_sizes": hidden_layer_sizes}
    return small(**stack, scale_inputs=None, activation="tanh", numeric_bins=0).fit(X, Y)


def by_hand(clf, X=X):
    """What each network says, from nothing but coefs_ and intercepts_."""
    a = X
    for layer, (coef, intercept) in enumerate(zip(clf.coefs_, clf.intercepts_, strict=True)):
        a = a @ np.asarray(coef, float) + np.asarray(intercept, float)[..., np.newaxis, :]
        a = np.tanh(a) if layer < len(clf.coefs_) - 1 else a
    return expit(a[..., 0]).reshape(-1, len(X))


# Used -------------------------------------------------------------------------------------------


def layers_swapped(clf):
    clf.coefs_[1], clf.coefs_[2] = clf.coefs_[2], clf.coefs_[1]


def units_reversed(clf):
    clf.coefs_ = [coef[..., ::-1] if i == 1 else coef for i, coef in enumerate(clf.coefs_)]


def a_layer_transposed(clf):
    clf.coefs_[1] = np.swapaxes(clf.coefs_[1], -1, -2)  # a square one: nobody can tell


def a_layer_taken_out(clf):
    del clf.coefs_[1], clf.intercepts_[1]


def units_left_out(clf):
    clf.coefs_[0], clf.coefs_[1] = clf.coefs_[0][..., :4], clf.coefs_[1][..., :4, :]
    clf.intercepts_[0] = clf.intercepts_[0][..., :4]


def networks_reversed(clf):
    clf.coefs_ = [coef[::-1] for coef in clf.coefs_]
    clf.intercepts_ = [intercept[::-1] for intercept in clf.intercepts_]


def two_networks_kept(clf):
    clf.coefs_, clf.intercepts_ = (
        [a[:2] for a in arrays] for arrays in (clf.coefs_, clf.intercepts_)
    )


def one_network_kept(clf):
    clf.coefs_, clf.intercepts_ = (
        [a[1] for a in arrays] for arrays in (clf.coefs_, clf.intercepts_)
    )


def lists_of_lists(clf):
    clf.coefs_ = tuple((2 * coef).tolist() for coef in clf.coefs_)


def whole_numbers(clf):
    clf.coefs_ = [(3 * coef).astype(int) for coef in clf.coefs_]


def half_precision(clf):
    clf.intercepts_ = [(9 * intercept).astype(np.float16) for intercept in clf.intercepts_]


OF_ANY = [
    layers_swapped,
    units_reversed,
    a_layer_transposed,
    a_layer_taken_out,
    units_left_out,
    lists_of_lists,
    whole_numbers,
    half_precision,
]
OF_SEVERAL = [networks_reversed, two_networks_kept, one_network_kept]


@pytest.mark.parametrize(
    ("put_in", "n_estimators"),
    [*product(OF_ANY, [1, 3]), *product(OF_SEVERAL, [3])],
)
def test_what_stands_there_is_used_and_stays(small, put_in, n_estimators):
    clf = fitted(small, n_estimators)
    before = clf.predict_proba(X)
    put_in(clf)
    state = vars(clf).copy()
    lists = list(clf.coefs_), list(clf.intercepts_)
    expected = by_hand(clf)
    assert_allclose(clf.predict_proba_members(X), expected, rtol=1e-9)
    assert (clf.predict_proba(X) != before).any()
    assert_allclose(trace(clf, X[0], Y[0]).probability, expected[0, 0], rtol=1e-9)
    assert check_gradients(clf, X, Y).ok
    assert str(diagnose(clf, X, Y, trials=False))
    for other in (pickle.loads(pickle.dumps(clf)), copy(clf)):
        for name in PREDICTIONS:
            assert_array_equal(getattr(other, name)(X), getattr(clf, name)(X))
    assert all(vars(clf)[name] is value for name, value in state.items())
    for arrays, were in zip((clf.coefs_, clf.intercepts_), lists, strict=True):
        assert all(array is was for array, was in zip(arrays, were, strict=True))


def test_arrays_written_to_after_they_were_put_in_count(small):
    clf = fitted(small)
    clf.coefs_ = [coef.copy() for coef in clf.coefs_]
    clf.predict_proba(X)
    clf.coefs_[0][...] *= -2
    assert_allclose(clf.predict_proba_members(X), by_hand(clf), rtol=1e-9)


def test_training_goes_on_from_what_stands_there(small):
    clf = fitted(small).set_params(learning_rate_init=1e-300, max_iter=1)
    layers_swapped(clf)
    expected = by_hand(clf)
    clf.partial_fit(X, Y)
    assert_allclose(clf.predict_proba_members(X), expected, rtol=1e-9)


# Refused ----------------------------------------------------------------------------------------


def the_other_way_round(clf):
    clf.coefs_[0] = np.swapaxes(clf.coefs_[0], -1, -2).copy()


def an_input_more(clf):
    clf.coefs_[0] = np.concatenate([clf.coefs_[0], clf.coefs_[0][..., :1, :]], axis=-2)


def a_unit_more(clf):
    clf.coefs_[1] = np.concatenate([clf.coefs_[1], clf.coefs_[1][..., :1]], axis=-1)


def a_bias_less(clf):
    clf.intercepts_[1] = clf.intercepts_[1][..., 1:]


def no_output(clf):
    clf.coefs_, clf.intercepts_ = clf.coefs_[:-1], clf.intercepts_[:-1]


def two_outputs(clf):
    clf.coefs_[-1] = np.concatenate([clf.coefs_[-1]] * 2, axis=-1)


def two_biases_of_the_output(clf):
    clf.intercepts_[-1] = np.concatenate([clf.intercepts_[-1]] * 2, axis=-1)


def a_matrix_less(clf):
    clf.coefs_ = clf.coefs_[:-1]


def the_last_matrix_among_the_biases(clf):
    clf.intercepts_.insert(0, clf.coefs_.pop())


def no_layers(clf):
    clf.coefs_, clf.intercepts_ = [], []


def nothing(clf):
    clf.coefs_ = None


def fewer_networks_of_a_layer(clf):
    clf.coefs_[1] = clf.coefs_[1][:2]


def no_networks(clf):
    clf.coefs_, clf.intercepts_ = (
        [a[:0] for a in arrays] for arrays in (clf.coefs_, clf.intercepts_)
    )


def complex_numbers(clf):
    clf.coefs_[2] = clf.coefs_[2] * 1j


def objects(clf):
    clf.intercepts_[0] = clf.intercepts_[0].astype(object)


def words(clf):
    clf.coefs_[0] = clf.coefs_[0].astype(str)


def a_sparse_matrix(clf):
    clf.coefs_[0] = sparse.csr_array(np.eye(6))


def a_vector(clf):
    clf.coefs_[0] = np.arange(6.0)


def ragged_rows(clf):
    clf.coefs_[0] = [[1, 2], [3]]


WRONG = [
    (the_other_way_round, r"coefs_\[0\] has the shape \(3, 6, 4\), but \(3, 4, 6\) is wanted, for "
     r"4 input\(s\) and the 6 unit\(s\) of intercepts_\[0\];.*transpose.*swapaxes\(coefs_\[0\]"),
    (an_input_more, r"coefs_\[0\] has the shape \(3, 5, 6\), but \(3, 4, 6\) is wanted"),
    (a_unit_more, r"coefs_\[1\] has the shape \(3, 6, 7\), but \(3, 6, 6\)"),
    (a_bias_less, r"coefs_\[1\] has the shape .* the 5 unit\(s\) of intercepts_\[1\]"),
    (no_output, r"coefs_\[2\] has the shape \(3, 6, 6\), but \(3, 6, 1\) .* the one output"),
    (two_outputs, r"coefs_\[3\] has the shape \(3, 6, 2\), but \(3, 6, 1\) .* the one output"),
    (two_biases_of_the_output, r"intercepts_\[3\] has the shape \(3, 2\), but \(3, 1\)"),
    (a_matrix_less, r"coefs_ has 3 layer\(s\) and intercepts_ 4"),
    (the_last_matrix_among_the_biases, r"intercepts_\[0\] has the shape \(3, 6, 1\); give 1 axes"),
    (no_layers, r"coefs_ has 0 layer\(s\)"),
    (nothing, r"coefs_ is no list of arrays"),
    (fewer_networks_of_a_layer, r"3 network\(s\) in coefs_\[0\], 2 network\(s\) in coefs_\[1\]"),
    (no_networks, r"0 network\(s\) in coefs_\[0\].*one at least"),
    (complex_numbers, r"coefs_\[2\] is of dtype complex128; give an array of floats"),
    (objects, r"intercepts_\[0\] is of dtype object"),
    (words, r"coefs_\[0\] is of dtype <U"),
    (a_sparse_matrix, r"coefs_\[0\] is of dtype object"),
    (a_vector, r"coefs_\[0\] has the shape \(6,\); give 2 axes"),
    (ragged_rows, r"coefs_ is no list of arrays of numbers \(.*inhomogeneous"),
]  # fmt: skip


@pytest.mark.parametrize(("put_in", "match"), WRONG)
def test_what_is_no_stack_of_these_inputs_is_refused_on_use(small, put_in, match):
    clf = fitted(small)
    put_in(clf)
    for use in [*(getattr(clf, name) for name in PREDICTIONS), clf.predict]:
        with pytest.raises(ValueError, match=match):
            use(X)
    with pytest.raises(ValueError, match=match):
        clf.partial_fit(X, Y)


def test_of_one_network_the_transpose_is_a_word_away(small):
    clf = fitted(small, n_estimators=1)
    wrong = clf.coefs_[0].T.copy()
    clf.coefs_[0] = wrong
    with pytest.raises(ValueError, match=r"\(6, 4\), but \(4, 6\) is .* so give coefs_\[0\]\.T\."):
        clf.predict(X)
    clf.coefs_[0] = clf.coefs_[0].T
    assert_allclose(clf.predict_proba_members(X), by_hand(clf), rtol=1e-9)


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_networks_of_another_size_are_trained_on_without_the_old_ones_momentum(
    small, table, solver
):
    X, y = table
    clf, other = (
        small(solver=solver, hidden_layer_sizes=size, early_stopping="auto").partial_fit(
            X, y, [0, 1]
        )
        for size in (4, 7)
    )
    clf.coefs_, clf.intercepts_ = other.coefs_, other.intercepts_
    with pytest.raises(ValueError, match="cannot go on with 3 network"):
        clf.partial_fit(X, y)
    clf.set_params(hidden_layer_sizes=7).partial_fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()
    assert clf.coefs_[0].shape == other.coefs_[0].shape

"""A row's target mean is that of the other folds' rows; in prediction it is that of all rows."""

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tables import law

from sknumpynet.engine.inputs.target_means import (
    learn_target_means,
    log_odds_of_levels,
    log_odds_out_of_fold,
)

N_LEVELS = 4
SURE = [(0, True, 1, 0), (0, False, 1, 1)]  # a row of each class, in two folds
rows_of_levels = st.lists(
    st.tuples(st.integers(-1, N_LEVELS - 1), st.booleans(), st.integers(1, 5), st.integers(0, 3)),
    max_size=30,
).map(lambda rows: SURE + rows)


def arrays(rows):
    """Levels, labels, weights and folds."""
    levels, is_positive, weight, fold = map(np.array, zip(*rows, strict=True))
    return levels, is_positive, weight.astype(float), fold


def log_odds(rows, others):
    """By the formula, in fractions: of all ``rows`` the base rate, of ``others`` the level's."""
    of_all = sum(weight for *_, weight, _ in rows)
    base_rate = Fraction(sum(weight for _, positive, weight, _ in rows if positive), of_all)
    n_positive = sum(weight for _, positive, weight, _ in others if positive)
    rate = (n_positive + 10 * base_rate) / (sum(weight for *_, weight, _ in others) + 10)
    return math.log(rate / (1 - rate))


@law
@given(rows=rows_of_levels)
def test_the_mean_of_a_row_is_that_of_its_level_in_the_other_folds(rows):
    found = log_odds_out_of_fold(*arrays(rows), N_LEVELS)
    assert found.shape == (len(rows),)
    for (level, *_, fold), mean in zip(rows, found, strict=True):
        others = [row for row in rows if row[0] == level >= 0 and row[3] != fold]
        assert_allclose(mean, log_odds(rows, others), atol=2e-9)


@law
@given(rows=rows_of_levels)
def test_in_prediction_the_mean_of_a_level_is_that_of_all_its_rows(rows):
    found = log_odds_of_levels(*arrays(rows)[:3], N_LEVELS)
    assert found.shape == (N_LEVELS + 1,)
    for level, mean in enumerate(found):  # no row is of the last one, the unknown level
        expected = log_odds(rows, [row for row in rows if row[0] == level])
        assert_allclose(mean, expected, atol=2e-9)


@law
@given(rows=rows_of_levels, with_input=st.sets(st.integers(0, N_LEVELS - 1)))
def test_a_level_with_an_input_has_the_base_rate(rows, with_input):
    levels, *_ = given_ = arrays(rows)
    often = np.array(sorted(with_input), int)
    of_levels, of_rows = learn_target_means(*given_, N_LEVELS, often)
    plain, by_fold = (
        log_odds_of_levels(*given_[:3], N_LEVELS),
        log_odds_out_of_fold(*given_, N_LEVELS),
    )
    is_often = [level in with_input for level in range(N_LEVELS + 1)]
    assert_array_equal(of_levels, np.where(is_often, plain[-1], plain))
    assert_array_equal(of_rows, np.where(np.take(is_often, levels), plain[-1], by_fold))


@law
@given(rows=rows_of_levels)
def test_a_row_of_weight_w_is_w_rows(rows):
    levels, is_positive, weight, fold = arrays(rows)
    times = weight.astype(int)
    repeated = [np.repeat(each, times) for each in (levels, is_positive, np.ones(len(rows)), fold)]
    tolerance = {"rtol": 0, "atol": 2e-9}
    assert_allclose(
        log_odds_of_levels(levels, is_positive, weight, N_LEVELS),
        log_odds_of_levels(*repeated[:3], N_LEVELS),
        **tolerance,
    )
    assert_allclose(
        np.repeat(log_odds_out_of_fold(levels, is_positive, weight, fold, N_LEVELS), times),
        log_odds_out_of_fold(*repeated, N_LEVELS),
        **tolerance,
    )


def test_a_level_of_one_fold_has_the_base_rate_there():
    levels, is_positive = (
        np.array([0, 0, 0, 1, 1, 1]),
        np.array([True, True, True, False, True, False]),
    )
    fold = np.array([1, 1, 1, 0, 1, 2])
    found = log_odds_out_of_fold(levels, is_positive, np.ones(6), fold, 2)
    assert_allclose(found[:3], math.log(2), atol=2e-9)
    assert (found[3:] != found[0]).all()


def test_rounding_tells_no_levels_apart():
    """All but one have the same rows, in every order, and in several folds."""
    same = [(0.1, True), (0.2, False), (3.3, True), (0.7, False), (1 / 3, True), (0.9, True)]
    weight, is_positive = np.array(list(permutations(same))).reshape(-1, 2).T
    levels, fold = np.repeat(np.arange(720), 6), np.repeat(np.arange(720) % 7, 6)
    other = np.arange(len(levels), len(levels) + 9)
    rows = [np.append(levels, other * 0 + 720), np.append(is_positive > 0, other < 0)]
    rows.append(np.append(weight, other * 0 + 100))
    assert len(set(log_odds_of_levels(*rows, 721)[:720])) == 1
    twice, fold = [np.tile(each, 2) for each in rows], np.append(fold, other * 0)
    means = log_odds_out_of_fold(*twice, np.append(fold, fold + 7), 721)
    assert len(set(means[twice[0] < 720])) == 1


def test_rows_are_only_read():
    given_ = arrays([*SURE, (-1, True, 2, 1), (2, False, 3, 0)])
    for array in given_:
        array.setflags(write=False)
    kept = [array.copy() for array in given_]
    log_odds_out_of_fold(*given_, N_LEVELS)
    log_odds_of_levels(*given_[:3], N_LEVELS)
    for array, before in zip(given_, kept, strict=True):
        assert_array_equal(array, before)

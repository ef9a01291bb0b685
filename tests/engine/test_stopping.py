"""Every network keeps its best epoch and stops by its own scores, as if it were alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sknumpynet.engine.stopping import Stopping

law = settings(deadline=None, derandomize=True, database=None)
score = st.integers(-1, 30).map(lambda quarters: quarters / 4 if quarters >= 0 else np.nan)
stacks_of_scores = st.integers(1, 4).flatmap(
    lambda k: st.lists(st.lists(score, min_size=k, max_size=k), min_size=1, max_size=20)
)


def parameters(epoch, networks):
    """What the networks' parameters are in an epoch: numbers that tell where they come from."""
    return epoch + np.array([[0.25, 0.5]]) * np.ones((len(networks), 1))


def play(scores, **options):
    """Feed scores, an epoch a row, to those still running; the epochs each network ran."""
    scores = np.array(scores, float)
    n_networks = scores.shape[1]
    stopping = Stopping(parameters(0, range(n_networks)), **options)
    lived = np.zeros(n_networks, int)
    for epoch, row in enumerate(scores, start=1):
        running = np.flatnonzero(stopping.is_running)
        params = parameters(epoch, running)
        stopping.update(running, epoch, row[running], params)
        params[...] = -1  # training goes on in the same array
        lived[running] += 1
    return stopping, lived


@pytest.mark.parametrize("patience", [1, 2, 7])
@pytest.mark.parametrize("best", [1, 4])
def test_a_network_stops_after_patience_epochs_without_progress(patience, best):
    scores = [10 - min(epoch, best) for epoch in range(1, 30)]
    stopping, lived = play(np.transpose([scores]), tol=0, patience=patience)
    assert lived == best + patience
    assert stopping.best_epoch == best
    assert not stopping.has_diverged


@pytest.mark.parametrize(("stride", "n_epochs"), [(0.125, 6), (0.25, 6), (0.375, 30)])
def test_to_creep_down_by_tol_or_less_is_no_progress_but_still_better(stride, n_epochs):
    scores = -stride * np.arange(30)[:, np.newaxis]
    stopping, lived = play(scores, tol=0.25, patience=5)
    assert lived == stopping.best_epoch == n_epochs


def test_a_network_of_endless_patience_never_stops():
    stopping, lived = play(np.ones((50, 1)), tol=0, patience=np.inf)
    assert stopping.is_running
    assert lived == 50


@law
@given(scores=stacks_of_scores, tol=st.sampled_from([0, 0.5, 2]), patience=st.integers(1, 5))
def test_progress_is_a_score_below_all_earlier_ones_by_more_than_tol(scores, tol, patience):
    stopping, lived = play(scores, tol=tol, patience=patience)
    for network, own in enumerate(np.array(scores, float).T):
        n = lived[network]
        finite = np.isfinite(own[:n])
        best_before = np.minimum.accumulate(np.append(np.inf, np.where(finite, own[:n], np.inf)))
        progress = np.flatnonzero(own[:n] < best_before[:-1] - tol) + 1
        silence = np.diff(np.concatenate([[0], progress, [n]]))
        assert (silence[:-1] <= patience).all()  # it went on while it could
        has_stopped = silence[-1] == patience or not finite.all()
        assert has_stopped or (n == len(own) and silence[-1] < patience)
        assert stopping.is_running[network] == (not has_stopped)
        assert finite[:-1].all()
        assert stopping.has_diverged[network] == (not finite.all())


@law
@given(scores=stacks_of_scores, tol=st.sampled_from([0, 0.5, 2]), patience=st.integers(1, 5))
def test_the_best_epoch_is_the_first_of_the_lowest_score(scores, tol, patience):
    stopping, lived = play(scores, tol=tol, patience=patience)
    for network, own in enumerate(np.array(scores, float).T):
        own = own[: lived[network]]
        finite = own[np.isfinite(own)]
        best = finite.argmin() + 1 if len(finite) else 0  # 0: where it started
        assert stopping.best_epoch[network] == best
        assert stopping.best_score[network] == (finite.min() if len(finite) else np.inf)
        assert_array_equal(stopping.best_params[network], parameters(best, [network])[0])


@law
@given(
    scores=stacks_of_scores,
    tol=st.sampled_from([0, 0.5]),
    patience=st.integers(1, 5),
    adaptive_from=st.sampled_from([None, 1e-3]),
)
def test_a_network_of_a_stack_is_judged_as_if_alone(scores, tol, patience, adaptive_from):
    options = {"tol": tol, "patience": patience, "adaptive_from": adaptive_from}
    stack, lived = play(scores, **options)
    for network, own in enumerate(np.transpose(scores)):
        alone, lived_alone = play(own[:, np.newaxis], **options)
        assert lived[network] == lived_alone
        for name in ("best_params", "best_score", "best_epoch", "is_running", "has_diverged"):
            assert_array_equal(getattr(stack, name)[network], getattr(alone, name)[0])
        assert stack.rate_factor[network] == alone.rate_factor[0]


@pytest.mark.parametrize("broken", ["score", "params"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("adaptive_from", [None, 0.1])
def test_what_is_not_finite_ends_a_network_and_is_not_kept(broken, value, adaptive_from):
    stopping = Stopping(np.zeros((2, 3)), tol=0, patience=5, adaptive_from=adaptive_from)
    both = np.arange(2)
    assert not stopping.update(both, 1, np.array([3.0, 3.0]), np.ones((2, 3)))
    score, params = np.array([1.0, 2.0]), np.full((2, 3), 2.0)
    (score if broken == "score" else params[:, 1])[0] = value
    assert stopping.update(both, 2, score, params)
    assert_array_equal(stopping.is_running, [False, True])
    assert_array_equal(stopping.has_diverged, [True, False])
    assert_array_equal(stopping.best_epoch, [1, 2])
    assert_array_equal(stopping.best_score, [3, 2])
    assert_array_equal(stopping.best_params, [[1, 1, 1], [2, 2, 2]])


def test_the_start_is_kept_by_value_where_no_epoch_is_sound():
    start = np.ones((1, 3))
    stopping = Stopping(start, tol=0, patience=5)
    start[...] = 7
    stopping.update(np.arange(1), 1, np.array([np.nan]), start)
    assert_array_equal(stopping.best_params, np.ones((1, 3)))
    assert stopping.best_epoch == 0


def test_update_says_when_the_set_of_running_networks_changes():
    stopping = Stopping(np.zeros((2, 1)), tol=0, patience=2)
    running, said = np.arange(2), []
    for epoch, scores in enumerate([(5, 5), (4, 5), (3, 5), (3, None), (3, None)], start=1):
        score = np.array(scores, float)[running]
        said.append(stopping.update(running, epoch, score, np.zeros((len(running), 1))))
        running = np.flatnonzero(stopping.is_running)
    assert said == [False, False, True, False, True]


@pytest.mark.parametrize("patience", [1, 3])
def test_an_adaptive_rate_is_divided_by_5_and_stops_at_a_millionth(patience):
    rates = []
    stopping = Stopping(np.zeros((2, 1)), tol=0, patience=patience, adaptive_from=1e-3)
    running, epoch = np.arange(2), 0
    while 0 in running:
        epoch += 1
        score = np.array([1.0, -epoch])[running]  # the other network makes progress all the time
        changed = stopping.update(running, epoch, score, np.zeros((len(running), 1)))
        rates.append(1e-3 * stopping.rate_factor[0, 0])
        assert changed == (len(rates) > 1 and rates[-1] != rates[-2])
        running = np.flatnonzero(stopping.is_running)
    n_divided = 5  # 2e-4, 4e-5, 8e-6, 1.6e-6, 3.2e-7: the first not above 1e-6
    assert epoch == 1 + n_divided * patience
    assert_allclose(rates[::patience], 1e-3 / 5.0 ** np.arange(n_divided + 1), rtol=1e-12)
    assert_array_equal(stopping.is_running, [False, True])
    assert stopping.rate_factor[1] == 1

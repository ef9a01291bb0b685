"""An epoch visits each row once, in batches as even as they can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sknumpynet.engine.batching import batches, visiting_order


@settings(deadline=None, derandomize=True, database=None)
@given(n_rows=st.integers(1, 3000), batch_size=st.integers(1, 4000), start=st.integers(0, 50))
def test_batches_cover_each_row_once_and_are_even(n_rows, batch_size, start):
    slices = batches(n_rows, batch_size, start)
    covered = np.concatenate([np.arange(start + n_rows)[rows] for rows in slices])
    assert_array_equal(covered, range(start, start + n_rows))
    sizes = [rows.stop - rows.start for rows in slices]
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    assert (len(slices) - 1) * batch_size < n_rows  # no more batches than it takes


@pytest.mark.parametrize("n_rows", [1, 2, 100])
def test_the_order_is_a_permutation(n_rows):
    order = visiting_order(n_rows, True, seed=0, epoch=3)
    assert_array_equal(np.sort(order), np.arange(n_rows))


def test_rows_keep_their_places_when_not_shuffled():
    for epoch in range(3):
        assert_array_equal(visiting_order(7, False, seed=0, epoch=epoch), np.arange(7))


def test_each_epoch_and_each_seed_has_an_order_of_its_own():
    orders = {
        visiting_order(50, True, seed, epoch).tobytes() for seed in range(3) for epoch in range(4)
    }
    assert len(orders) == 12


def test_the_same_seed_and_epoch_give_the_same_order():
    first, second = (visiting_order(50, True, seed=5, epoch=2) for _ in range(2))
    assert_array_equal(first, second)


def test_batches_hold_other_rows_each_epoch():
    first, second = (visiting_order(60, True, seed=0, epoch=epoch) for epoch in (0, 1))
    company = [{frozenset(order[rows]) for rows in batches(60, 6)} for order in (first, second)]
    assert not company[0] & company[1]

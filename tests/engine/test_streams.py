"""A stream of random numbers depends on its name, on all of it, and on nothing else."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknumpynet.engine.streams import USES, stream


def start_of(*name):
    return tuple(stream(*name).integers(1 << 63, size=2).tolist())


def test_a_stream_is_the_same_whenever_it_is_asked_for():
    first = stream(7, "dropout", 2, 5)
    values = first.random(10)
    stream(7, "order", 1).random(3)
    assert_array_equal(stream(7, "dropout", 2, 5).random(10), values)


def test_streams_of_different_names_differ():
    n = range(4)
    names = [("folds",)]
    names += [(use, i) for use, i in product(("order", "weights", "permutation"), n)]
    names += [("dropout", i, j) for i, j in product(n, n)]
    names = [(seed, *name) for seed, name in product((0, 1, 2, 2**31 - 2), names)]
    assert {name[1] for name in names} == set(USES)
    assert len({start_of(*name) for name in names}) == len(names)


def test_numpys_global_state_is_neither_read_nor_moved():
    starts = set()
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        starts.add(start_of(3, "order", 0))
        assert np.random.random() == np.random.RandomState(seed).random()  # noqa: NPY002
    assert len(starts) == 1


def test_an_unknown_use_is_an_error():
    with pytest.raises(ValueError, match="not in tuple"):
        stream(0, "naps")

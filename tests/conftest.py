"""Data small enough to train on in milliseconds, and the estimator to train on it."""

import faulthandler
import os

import numpy as np
import pytest
from blas import blas_threads, set_blas_threads
from hypothesis import settings

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.engine.inputs import sparse as sparse_inputs

# The quick one is Hypothesis's hundred examples, the same in every run; the laws that fit take
# fewer of them. A profile named on the command line is loaded after this file.
settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile("quick")


def pytest_configure(config):
    """Keep the standard error that pytest captures while tests run."""
    config.real_stderr = os.fdopen(os.dup(2), "w")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """End the run, and say where it stood, if a test takes 10 minutes: that is no test but a wait.

    The thorough profile has twenty times as many examples, and as much time.
    """
    bound = 6 * settings().max_examples
    faulthandler.dump_traceback_later(bound, exit=True, file=item.config.real_stderr)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def table():
    """60 rows of 3 columns and labels 0 and 1; read-only, as all input is to the estimator."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)) * [1, 2, 0.5] + [0, 1, 0]
    y = (X[:, 0] * X[:, 2] + 0.2 * rng.normal(size=60) > 0).astype(int)
    X.setflags(write=False)
    y.setflags(write=False)
    return X, y


@pytest.fixture(params=["narrow", "wide"])
def every_width(request, monkeypatch):
    """Sparse tables of few columns are read as narrow ones are, then as wide ones."""
    if request.param == "wide":
        monkeypatch.setattr(sparse_inputs, "WIDE", 1)


@pytest.fixture(scope="session")
def small():
    """Make the estimator with three tiny networks, few epochs and a seed, unless told otherwise."""

    def make(**params):
        tiny = {"hidden_layer_sizes": (4,), "max_iter": 4, "n_estimators": 3, "random_state": 0}
        return NumpyMLPBinaryClassifier(**tiny | params)

    return make


@pytest.fixture
def two_blas_threads():
    """How many threads each BLAS library has: two, whatever the environment says."""
    before = blas_threads()
    set_blas_threads(2)
    yield blas_threads()
    set_blas_threads(max(before))

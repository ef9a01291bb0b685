"""What a user has told NumPy about underflow and overflow does not reach into the package."""

import pickle
import threading
import time

import numpy as np
import pytest
from joblib import parallel_config
from scipy import sparse

from sknumpynet import check_gradients, diagnose, trace
from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.optimizers import OPTIMIZERS

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore::sknumpynet.exceptions.NotLearningWarning",
)
PREDICTIONS = [
    "decision_function",
    "predict_proba",
    "predict_log_proba",
    "predict",
    "predict_proba_members",
]


@pytest.fixture(params=["raise", "call"])
def errors(request):
    """NumPy's errors of all kinds are raised, or handed to a function that raises."""

    def fail(kind, flag):
        raise AssertionError(kind)

    with np.errstate(all=request.param, call=fail):
        yield


SCALINGS = ["robust", "standard", None]


def rows(dtype, scale_inputs):
    X = np.random.default_rng(0).normal(size=(130, 4))
    X[0] *= 1e-30  # whose square is nothing in float32
    X = (X * (1e3 if scale_inputs is None else 1)).astype(dtype)
    return X, X[:, 0] > 0


def by_turns():
    """Every pair of activation, solver, scaling and dtype; of their combinations a sixth."""
    kinds = [(scale, dtype) for dtype in (np.float32, np.float64) for scale in SCALINGS]
    for at, activation in enumerate(ACTIVATIONS):
        for turn, solver in enumerate([*OPTIMIZERS, "lbfgs"]):
            yield solver, activation, *kinds[(at + 2 * turn) % len(kinds)]


@pytest.mark.parametrize(("solver", "activation", "scale_inputs", "dtype"), [*by_turns()])
def test_every_public_call_works_where_numpy_raises_errors(
    errors, small, solver, activation, scale_inputs, dtype
):
    X, y = rows(dtype, scale_inputs)
    params = {"solver": solver, "activation": activation, "scale_inputs": scale_inputs}
    clf = small(**params, max_iter=15).fit(X, y, np.geomspace(1e-300, 1, 130))
    if solver != "lbfgs":
        clf.partial_fit(X, y)
    clf = pickle.loads(pickle.dumps(clf))
    for name in PREDICTIONS:
        getattr(clf, name)(X)
    (
        str(diagnose(clf, X, y, trials=False)),
        str(check_gradients(clf, X, y)),
        str(trace(clf, X[0], y[0])),
    )


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_tables_of_any_size_work_where_numpy_raises_errors(errors, small, table, size):
    X, y = table[0] * size, table[1]
    for rows in (X, sparse.csr_array(X)):
        clf = small(early_stopping=True).fit(rows, y, X_val=rows, y_val=y)
        clf.predict_proba(rows)
        clf.fit(rows, y, 1e-250 * np.ones(60)).predict_proba(rows)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_workers_work_where_numpy_raises_errors(errors, small, backend):
    X, y = rows(np.float32, "robust")
    with parallel_config(backend):
        small(n_jobs=2, max_iter=15).fit(X, y).predict_proba(X)


def test_pictures_work_where_numpy_raises_errors(errors, small):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed").use("agg")
    from matplotlib import pyplot as plt

    from sknumpynet.display import LayersDisplay, ReliabilityDisplay, TrainingCurveDisplay

    X, y = rows(np.float32, "robust")
    clf = small(activation="gelu").fit(X, y)
    for display in (
        TrainingCurveDisplay.from_estimator(clf),
        ReliabilityDisplay.from_estimator(clf, X, y),
        LayersDisplay.from_estimator(clf, X),
    ):
        display.plot()
    plt.close("all")


def test_what_the_user_has_told_numpy_holds_again_after_a_call(errors, small, table):
    before = np.geterr()
    clf = small().fit(*table)
    clf.predict(table[0])
    with pytest.raises(ValueError, match="X"):
        clf.predict(table[0][:, :1])
    assert np.geterr() == before


def test_a_call_in_one_thread_does_not_change_what_numpy_does_in_another(small, table):
    clf, found, is_over = small().fit(*table), [], threading.Event()

    def look():
        with np.errstate(all="raise"):
            while not is_over.is_set():
                found.append(np.geterr()["under"])
                time.sleep(0)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    for _ in range(50):
        clf.predict(table[0])
    is_over.set()
    thread.join(timeout=60)
    assert set(found) == {"raise"}

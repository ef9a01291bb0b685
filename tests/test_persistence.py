"""What a file of the estimator holds, who can read it, and what if it is old or damaged."""

import pickle
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from learnt import PREDICTIONS, assert_learnt_the_same
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import InconsistentVersionWarning

import sknumpynet

TYPE = "sknumpynet.classifier.NumpyMLPBinaryClassifier"
OLD_FILES = sorted(Path(__file__).parent.joinpath("persisted").glob("*.pkl"))


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
def test_a_copy_through_skops_predicts_the_same_and_goes_on_the_same(
    small, table, n_estimators, solver, scale_inputs
):
    io = pytest.importorskip("skops.io", reason="skops is not installed")
    X, y = table
    clf = small(n_estimators=n_estimators, solver=solver, scale_inputs=scale_inputs)
    clf.set_params(hidden_layer_sizes=(4, 3), numeric_bins=3 if solver == "sgd" else 0).fit(X, y)
    twin = io.loads(io.dumps(clf), trusted=[TYPE])
    for name in PREDICTIONS:
        assert_array_equal(getattr(twin, name)(X), getattr(clf, name)(X))
    before = clf.predict_proba(X)
    twin.partial_fit(X, y)
    assert_array_equal(clf.predict_proba(X), before)
    assert_learnt_the_same(twin, clf.partial_fit(X, y))


def test_a_pickle_holds_the_weights_once(small, table):
    clf = small(solver="lbfgs", hidden_layer_sizes=(300, 100), max_iter=1).fit(*table)
    n_bytes = sum(array.nbytes for array in [*clf.coefs_, *clf.intercepts_])
    assert len(pickle.dumps(clf)) < 1.5 * n_bytes


@pytest.mark.parametrize("length", np.linspace(0, 0.999, 20))
def test_a_file_cut_short_cannot_be_read(small, table, length):
    file = pickle.dumps(small().fit(*table))
    with pytest.raises((EOFError, pickle.UnpicklingError)):
        pickle.loads(file[: int(length * len(file))])


@pytest.mark.parametrize("labels", [[0, 1], ["no", "yes"]], ids=str)
@pytest.mark.parametrize("protocol", [2, 5])
def test_a_file_with_a_changed_byte_is_an_error_or_predicts_the_same(
    small, table, protocol, labels
):
    X, y = table[0], np.take(labels, table[1])
    clf = small(numeric_bins=3, max_iter=1).fit(X, y)
    file, rng, n_refused = pickle.dumps(clf, protocol=protocol), np.random.default_rng(0), 0
    proba, predicted = clf.predict_proba(X), clf.predict(X)
    for position in rng.permutation(len(file))[:400]:
        altered = bytearray(file)
        altered[position] ^= 1 << rng.integers(8)
        try:
            twin = pickle._loads(altered)  # in Python: in C a wrong number can fill the memory
            answers = twin.predict_proba(X), twin.predict(X)
        except Exception:
            n_refused += 1
        else:
            assert_array_equal(answers[0], proba)
            assert_array_equal(answers[1], predicted)
    assert n_refused > 100


def test_a_changed_weight_is_an_error_that_says_what_to_do(small, table):
    state = small().fit(*table).__getstate__()
    state["coefs_"] = [coef + 1e-15 for coef in state["coefs_"]]
    with pytest.raises(ValueError, match=r"damaged or altered.*another copy"):
        small().__setstate__(state)


def test_a_file_mapped_to_memory_predicts_and_goes_on(small, table, tmp_path):
    X, y = table
    clf = small().fit(X, y)
    joblib.dump(clf, tmp_path / "clf.joblib")
    twin = joblib.load(tmp_path / "clf.joblib", mmap_mode="r")
    assert_array_equal(twin.predict_proba(X), clf.predict_proba(X))
    assert_learnt_the_same(twin.partial_fit(X, y), clf.partial_fit(X, y))


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("is_fitted", [True, False])
def test_skops_needs_trust_in_the_estimator_alone(small, table, solver, is_fitted):
    io = pytest.importorskip("skops.io", reason="skops is not installed")
    clf = small(solver=solver, numeric_bins=3, max_iter=100, tol=0.1)
    file = io.dumps(clf.fit(*table) if is_fitted else clf)
    assert io.get_untrusted_types(data=file) == [TYPE]


@pytest.mark.parametrize("is_fitted", [True, False])
def test_a_file_of_another_version_is_a_warning(small, table, is_fitted, monkeypatch):
    clf = small().fit(*table) if is_fitted else small()
    with monkeypatch.context() as patch:
        patch.setattr("sknumpynet.classifier.__version__", "0.0.7")
        file = pickle.dumps(clf)
    match = (
        f"NumpyMLPBinaryClassifier from version 0.0.7 when using version {sknumpynet.__version__}"
    )
    with pytest.warns(InconsistentVersionWarning, match=match):
        pickle.loads(file)


@pytest.mark.parametrize("file", OLD_FILES, ids=lambda file: file.stem)
def test_a_file_of_every_version_can_be_read(file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        clf, X, y, proba, later = pickle.loads(file.read_bytes())
    assert_allclose(clf.predict_proba(X), proba, rtol=1e-12)
    assert_allclose(clf.partial_fit(X, y).predict_proba(X), later, rtol=1e-9)


def test_there_is_a_file_of_this_version():
    assert sknumpynet.__version__ in {file.stem for file in OLD_FILES}

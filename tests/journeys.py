"""What has joined by `additions.py` goes wherever all else goes; run by `test_guides.py`, there."""

import ipaddress
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknumpynet import (
    NumpyMLPBinaryClassifier,
    check_gradients,
    compare_gradients,
    diagnose,
    explain,
    trace,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 3))
y = (X[:, 0] * X[:, 1] > 0).astype(int)


def fitted(X, **params):
    few = {"max_iter": 5, "n_estimators": 2, "random_state": 0}
    return NumpyMLPBinaryClassifier((8,), **few | params).fit(X, y)


def kept_in_a_file(clf, X):
    again = pickle.loads(pickle.dumps(clf))
    assert_array_equal(again.predict_proba(X), clf.predict_proba(X))
    assert_array_equal(again.input_names_, clf.input_names_)
    return again


def test_journey_of_an_activation():
    clf = kept_in_a_file(fitted(X, activation="softsign"), X)
    assert check_gradients(clf, X, y).ok
    assert "f(z) = z / (1 + abs(z))" in str(trace(clf, X[0], y[0]))
    assert diagnose(clf, X, y).trials
    W, b = [rng.normal(size=(3, 4)), rng.normal(size=(4, 1))], [np.zeros(4), np.zeros(1)]
    right = compare_gradients(W, b, X, y, activation="softsign")
    wrong = [np.array(right.weights[0]), 2 * np.array(right.weights[1])]
    own = compare_gradients(W, b, X, y, wrong, activation="softsign")
    assert not own.is_right


def test_journey_of_an_optimizer_and_its_setting():
    params = {"solver": "rmsprop", "warm_start": True}
    clf, other = (fitted(X, **params, square_decay=decay) for decay in (0.5, 0.9))
    assert (clf.coefs_[0] != other.coefs_[0]).any()
    assert clf.loss_curve_[-1].mean() < clf.loss_curve_[0].mean()
    again = kept_in_a_file(clf, X)
    assert_array_equal(again.fit(X, y).coefs_[0], clf.fit(X, y).coefs_[0])  # goes on as it would
    clf.partial_fit(X, y)
    assert diagnose(clf, X, y, trials=False)
    with pytest.raises(ValueError, match="square_decay=2 is not a number in"):
        fitted(X, square_decay=2)


def addresses():
    table = X[:, :2].astype(object)
    table[:, 1] = [ipaddress.ip_address(2**24 * (1 + row % 5) + row) for row in range(len(X))]
    table[::9, 1] = None
    return table


def test_journey_of_a_kind_of_column():
    table = addresses()
    clf = kept_in_a_file(fitted(table), table)
    assert {"x1, network = 1", "x1, number", "x1, number is missing"} <= set(clf.input_names_)
    assert "2.0.0.1" in str(trace(clf, table[1], y[1]))
    explained = explain(clf, table[:5], table)
    assert explained.text_of(1, 1) == "x1 = 2.0.0.1"
    assert explained.values_of(1).tolist()[:2] == [None, "2.0.0.1"]
    assert diagnose(clf, table, y, trials=False)


def test_journey_of_a_finding():
    rows = X.copy()
    rows[::3] = len("rows_of_one_number")
    found = diagnose(fitted(rows), rows, y, trials=False)
    assert "rows_of_one_number" in [finding.code for finding in found.findings]


def test_journey_to_onnx():
    skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    from sknumpynet.onnx import input_types

    clf = fitted(X, activation="softsign")
    graph = skl2onnx.to_onnx(clf, X[:1], options={"zipmap": False}).SerializeToString()
    _, proba = onnxruntime.InferenceSession(graph).run(None, {"X": X})
    assert_allclose(proba, clf.predict_proba(X), atol=1e-6)
    with pytest.raises(ValueError, match=r"\[1\] hold addresses.* by X\[1\]\.map\(int\), or"):
        input_types(fitted(addresses()))

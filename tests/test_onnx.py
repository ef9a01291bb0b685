"""The converted estimator, run by onnxruntime, says what the estimator says."""

import sys
from importlib import import_module

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknumpynet.engine.activations import ACTIVATIONS

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

converter = import_module("sknumpynet.onnx")

TOLERANCE = {np.float32: 1e-6, np.float64: 1e-14}
# onnxruntime has erf in float32 only.
GELU_TOLERANCE = {np.float32: 1e-6, np.float64: 1e-7}


def session(model, X, target_opset=None, **options):
    """What onnxruntime makes of the model, for inputs like X."""
    options = {id(model): {"zipmap": False} | options}
    graph = skl2onnx.to_onnx(model, X[:1], target_opset=target_opset, options=options)
    onnx.checker.check_model(graph, full_check=True)
    return onnxruntime.InferenceSession(graph.SerializeToString())


def run(model, X, **options):
    return session(model, X, **options).run(None, {"X": X})


def agree(clf, X, atol):
    """The labels and probabilities of both are the same."""
    label, probability = run(clf, X)
    expected = clf.predict_proba(X)
    assert probability.dtype == X.dtype
    assert_allclose(probability, expected, rtol=0, atol=atol)
    is_clear = abs(expected[:, 1] - 0.5) > 1e-6
    assert_array_equal(label[is_clear], clf.predict(X)[is_clear])


def steep(clf):
    """The same networks with first weights so large that units leave the middle of their range."""
    clf.coefs_ = [clf.coefs_[0] * 10, *clf.coefs_[1:]]
    return clf


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_scaling_and_stack(small, table, activation, scale_inputs, n_estimators):
    X, y = table
    params = {"activation": activation, "scale_inputs": scale_inputs, "n_estimators": n_estimators}
    clf = steep(small(**params, hidden_layer_sizes=(4, 3), numeric_bins=2).fit(X, y))
    for dtype, atol in (GELU_TOLERANCE if activation == "gelu" else TOLERANCE).items():
        agree(clf, X.astype(dtype), atol)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_activation_is_that_of_the_engine_far_out_too(name, dtype):
    z = np.concatenate([np.linspace(-100, 100, 401), np.linspace(-1, 1, 101)]).astype(dtype)
    op = converter.Operators(skl2onnx.get_latest_tested_opset_version(), dtype)
    graph = op.Identity(converter.ACTIVATIONS[name](op, "z"), output_names=["a"]).to_onnx({"z": z})
    (a,) = onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"z": z})
    activation, expected = ACTIVATIONS[name], z[np.newaxis].copy()
    activation.apply(expected, np.empty((activation.n_saved, 1, z.size), dtype))
    tolerance = (GELU_TOLERANCE if name == "gelu" else TOLERANCE)[dtype]
    assert_allclose(a, expected[0], rtol=2 * tolerance, atol=2 * tolerance)


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("numeric_bins", [0, 4])
@pytest.mark.parametrize("hidden_layer_sizes", [(), (5,), (5, 4, 3)])
def test_every_depth_with_and_without_codes(
    small, table, hidden_layer_sizes, numeric_bins, n_estimators
):
    X, y = table
    params = {"hidden_layer_sizes": hidden_layer_sizes, "n_estimators": n_estimators}
    clf = small(**params, numeric_bins=numeric_bins).fit(X, y)
    agree(clf, X.astype(np.float32), 1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
def test_a_raw_table_of_many_scales_is_as_exact_as_float32_allows(small, scale_inputs, dtype):
    X, y = load_breast_cancer(return_X_y=True)
    params = {"scale_inputs": scale_inputs, "hidden_layer_sizes": (20,), "max_iter": 20}
    clf = small(**params).fit(X.astype(dtype), y)
    X = X.astype(np.float32)
    probability = run(clf, X)[1]
    for arrays in (clf.coefs_, clf.intercepts_):  # the same numbers, to compute with in float64
        arrays[:] = [array.astype(np.float64) for array in arrays]
    assert_allclose(probability, clf.predict_proba(X.astype(np.float64)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("numeric_bins", [0, 4])
@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
def test_columns_far_from_zero_agree_in_float32(small, table, scale_inputs, numeric_bins):
    X, y = table
    X = X + np.array([1e6, 0, -1e5])
    clf = small(scale_inputs=scale_inputs, numeric_bins=numeric_bins, max_iter=50).fit(X, y)
    assert np.ptp(clf.predict_proba(X)[:, 1]) > 0.2
    agree(clf, X.astype(np.float32), 1e-6)


def test_outliers_bend_without_overflow(small, table):
    X, y = table
    clf = small().fit(X, y)
    agree(clf, np.array([[3e38, -3e38, 1e30], [-1e20, 1e10, 0]], np.float32), 1e-6)
    agree(clf, np.array([[1e200, -1e308, 1e160]]), 1e-14)


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("scale_inputs", ["standard", None])
def test_infinity_less_infinity_is_no_evidence(small, table, scale_inputs, n_estimators):
    X, y = table
    clf = steep(small(scale_inputs=scale_inputs, n_estimators=n_estimators).fit(X, y))
    far = np.finfo(float).max * np.sign(X)
    label, probability = run(clf, far)
    assert (clf.predict_proba_members(far) == 0.5).any()
    assert_allclose(probability, clf.predict_proba(far), rtol=0, atol=1e-14)
    assert_array_equal(label, clf.predict(far))


@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
def test_networks_fitted_on_sparse_rows_take_dense_ones(small, table, every_width, scale_inputs):
    X, y = np.where(abs(table[0]) > 0.5, table[0], 0), table[1]
    clf = small(scale_inputs=scale_inputs, numeric_bins=3).fit(sparse.csr_array(X), y)
    agree(clf, X.astype(np.float32), 1e-6)


@pytest.mark.parametrize("dtype", [np.int64, bool])
def test_whole_numbers_and_booleans_are_inputs_too(small, table, dtype):
    X, y = table
    X = np.round(X).astype(dtype)
    clf = small(numeric_bins=2).fit(X, y)
    assert_allclose(run(clf, X)[1], clf.predict_proba(X), rtol=0, atol=1e-6)


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("steepness", [1, 1e3])
def test_raw_scores_are_the_decision_function(small, table, steepness, dtype, n_estimators):
    X, y = table
    clf = small(n_estimators=n_estimators).fit(X, y)
    clf.coefs_ = [coef * steepness for coef in clf.coefs_]
    X = X.astype(dtype)
    scores = run(clf, X, raw_scores=True)[1]
    assert_array_equal(scores[:, 0], -scores[:, 1])
    assert_allclose(scores[:, 1], clf.decision_function(X), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n_estimators", [1, 3])
def test_probabilities_of_extreme_logits_are_neither_0_nor_1(small, table, n_estimators):
    X, y = table
    clf = small(n_estimators=n_estimators).fit(X, y)
    clf.coefs_ = [coef * 1e3 for coef in clf.coefs_]
    for dtype in (np.float32, np.float64):
        probability = run(clf, X.astype(dtype))[1]
        eps = np.finfo(dtype).eps
        assert_array_equal([probability.min(), probability.max()], [eps, 1 - eps])


def test_a_tie_is_the_first_class(small, table):
    X, y = table
    clf = small().fit(X, y)
    clf.coefs_ = [0 * coef for coef in clf.coefs_]
    clf.intercepts_ = [0 * intercept for intercept in clf.intercepts_]
    label, probability = run(clf, X)
    assert not label.any()
    assert (probability == 0.5).all()


@pytest.mark.parametrize(
    "classes",
    [
        np.array(["yes", "no"]),
        np.array(["ä", "bcd"], object),
        [False, True],
        [-7, 1 << 40],
        [1.0, 2.0],
    ],
    ids=str,
)
def test_labels_are_the_classes(small, table, classes):
    X, y = table
    clf = small(max_iter=50).fit(X, np.asarray(classes)[y])
    predicted = clf.predict(X)
    assert len(set(predicted)) == 2
    assert_array_equal(run(clf, X)[0], predicted)
    assert_array_equal(run(clf, X, nocl=True)[0], predicted == clf.classes_[1])
    label, maps = run(clf, X.astype(np.float32), zipmap=True)  # no dicts of float64 in ONNX
    assert_array_equal(label, predicted)
    assert list(maps[0]) == clf.classes_.tolist()
    label, *columns = run(clf, X, zipmap="columns")
    assert_array_equal(label, predicted)
    assert_allclose(np.transpose(columns), clf.predict_proba(X), rtol=1e-12)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 2**63], np.uint64),
        np.array(["2020", "2021"], "M8[D]"),
        np.array([1, 2], "m8[D]"),
    ],
    ids=str,
)
def test_labels_that_onnx_cannot_hold_are_an_error_and_may_be_left_out(small, table, labels):
    X, y = table
    clf = small().fit(X, labels[y])
    with pytest.raises(ValueError, match=r"the labels .* are neither text nor whole .*'nocl'"):
        session(clf, X)
    assert_array_equal(run(clf, X, nocl=True)[0], clf.predict(X) == labels[1])


@pytest.mark.parametrize("dtype", [np.uint64, ">i4", np.int8, "g"])
def test_whole_numbers_within_64_bits_are_labels(small, table, dtype):
    X, y = table
    labels = np.array([5, 100 if np.dtype(dtype).itemsize < 8 else 2**62], dtype)
    clf = small(max_iter=50).fit(X, labels[y])
    assert_array_equal(run(clf, X)[0], clf.predict(X).astype(np.int64))


def test_rows_come_in_any_number(small, table):
    X, y = table
    clf = small().fit(X, y)
    ready = session(clf, X)
    for n_rows in (0, 1, 7, 60):
        label, probability = ready.run(None, {"X": X[:n_rows]})
        assert label.shape == (n_rows,)
        assert_allclose(probability, clf.predict_proba(X)[:n_rows], rtol=1e-12)


@pytest.mark.parametrize("target_opset", [9, 10, 11, 12, 13, 17, 18, 20, 22, {"": 15}])
def test_every_opset_from_the_lowest_on(small, table, target_opset):
    X, y = table
    clf = small(activation="gelu", numeric_bins=2).fit(X, y)
    for dtype in (np.float32, np.float64):
        rows = X.astype(dtype)
        ready = session(clf, rows, target_opset)
        expected = clf.predict_proba(rows)
        assert_allclose(ready.run(None, {"X": rows})[1], expected, rtol=0, atol=1e-6)


def test_a_lower_opset_is_refused(small, table):
    X, y = table
    with pytest.raises(ValueError, match=r"target_opset=8 lacks .* give 9 or more"):
        session(small().fit(X, y), X, target_opset=8)


def test_a_pipeline_with_standard_scaler(small):
    X, y = load_breast_cancer(return_X_y=True)
    pipe = make_pipeline(StandardScaler(), small(max_iter=20)).fit(X, y)
    agree(pipe, X.astype(np.float32), 1e-5)


@pytest.mark.parametrize("sparse_threshold", [0.0, 1.0])
def test_a_pipeline_with_column_transformer_on_a_frame(small, sparse_threshold):
    pytest.importorskip("pandas", reason="pandas is not installed")
    frame, y = load_breast_cancer(return_X_y=True, as_frame=True)
    frame = frame.astype(np.float32).rename(columns=lambda name: name.replace(" ", "_"))
    area = frame["mean_area"]
    frame["size"] = np.select([area < 450, area < 700], ["small", "medium"], "large")
    columns = make_column_transformer(
        (StandardScaler(), list(frame.columns[:10])),
        (OneHotEncoder(handle_unknown="ignore"), ["size"]),
        ("passthrough", list(frame.columns[10:12])),
        sparse_threshold=sparse_threshold,
    )
    pipe = make_pipeline(columns, small(max_iter=20)).fit(frame, y)
    feeds = {name: frame[[name]].to_numpy() for name in frame}
    feeds["size"] = feeds["size"].astype(object)
    label, probability = session(pipe, frame).run(None, feeds)
    assert_allclose(probability, pipe.predict_proba(frame), rtol=0, atol=1e-5)
    assert_array_equal(label, pipe.predict(frame))


def test_without_skl2onnx_the_error_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "sknumpynet.onnx")
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r'pip install "sknumpynet\[onnx\]"'):
        import_module("sknumpynet.onnx")


@pytest.mark.parametrize("activation", ["relu", "elu", "tanh"])
@pytest.mark.parametrize("scale_inputs", ["robust", None])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_a_row_with_a_gap_no_probability_is_told(small, table, dtype, scale_inputs, activation):
    X, y = table
    clf = small(activation=activation, scale_inputs=scale_inputs, numeric_bins=2).fit(X, y)
    some = X[:3].astype(dtype)
    some[1, 2] = np.nan
    told = run(clf, some)[1]
    assert np.isnan(told[1]).all()
    assert_allclose(told[[0, 2]], clf.predict_proba(some[[0, 2]]), atol=1e-6)

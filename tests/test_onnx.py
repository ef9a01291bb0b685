"""The converted estimator, run by onnxruntime, says what the estimator says."""

import sys
from importlib import import_module

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
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
    activation.apply(expected, np.zeros((activation.n_saved, 1, z.size), dtype))
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


# Missing values of tables of numbers --------------------------------------------------------------


def with_gaps(X, columns=slice(None)):
    """A third of the values of some columns are missing, of the first row all."""
    X, is_gap = X.copy(), np.random.default_rng(1).random(X.shape) < 1 / 3
    is_gap[0] = True
    X[:, columns] = np.where(is_gap, np.nan, X)[:, columns]
    return X


@pytest.mark.parametrize("numeric_bins", [0, 4])
@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
@pytest.mark.parametrize("in_training", [(0, 1, 2), (1,), ()], ids=str)
def test_gaps_in_training_and_prediction(small, table, in_training, scale_inputs, numeric_bins):
    X, y = table[0] + [0, 9, 0], table[1]
    clf = small(scale_inputs=scale_inputs, numeric_bins=numeric_bins)
    clf.fit(with_gaps(X, list(in_training)), y)
    for dtype, atol in TOLERANCE.items():
        agree(clf, with_gaps(X).astype(dtype), atol)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gaps_with_every_activation(small, table, activation):
    X, y = with_gaps(table[0]), table[1]
    clf = steep(small(activation=activation, numeric_bins=2).fit(X, y))
    for dtype, atol in (GELU_TOLERANCE if activation == "gelu" else TOLERANCE).items():
        agree(clf, X.astype(dtype), atol)


@pytest.mark.parametrize("zipmap", [True, "columns"])
def test_rows_of_float64_may_have_dicts_of_probabilities(small, table, zipmap):
    X, y = table
    clf = small().fit(X, y)
    _, *told = run(clf, X, zipmap=zipmap)
    told = [list(of_row.values()) for of_row in told[0]] if zipmap is True else np.transpose(told)
    assert_allclose(told, clf.predict_proba(X), rtol=0, atol=1e-6)


# Raw tables ---------------------------------------------------------------------------------------

N_TRAINING = 200
DTYPE_OF_TYPE = {"Float": np.float32, "Double": np.float64, "Int64": np.int64, "Boolean": bool}


@pytest.fixture(scope="module")
def pd():
    return pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.fixture(scope="module")
def raw(pd):
    """A frame with a column of every kind, and labels; the last rows are to be predicted.

    These have levels that are unknown to the others, and gaps where the others have none.
    """
    rng, n_rows = np.random.default_rng(0), N_TRAINING + 100
    words = np.array(["Oslo", "Åre", "Bergen", "n a n", "Vik"], object)[rng.integers(0, 5, n_rows)]
    person = np.array([f"p{i}" for i in rng.integers(0, 30, n_rows)], object)
    amount = rng.normal(size=n_rows) * 10 + 100
    frame = pd.DataFrame(
        {
            "amount": amount,
            "city": pd.Series(words).where(rng.random(n_rows) < 0.8, None),
            "count": rng.integers(0, 9, n_rows),
            "share": pd.Series(rng.random(n_rows)).where(rng.random(n_rows) < 0.8),
            "person": person,
            "is new": rng.random(n_rows) < 0.5,
            "was new": pd.Series(rng.random(n_rows) < 0.5, dtype="boolean"),
            "grade": pd.Categorical(rng.integers(-2, 40, n_rows)),
            "part": pd.Categorical(np.round(rng.random(n_rows), 1)),
            "size": pd.cut(amount, [0.0, 95.0, 105.0, 200.0]),
            "shirt": pd.Categorical(np.array(["S", "M", ""], object)[rng.integers(0, 3, n_rows)]),
        }
    )
    y = (amount + 9 * frame["share"].fillna(1) + 9 * (words == "Vik") > 105).astype(int).to_numpy()
    frame.loc[::3, "was new"] = pd.NA
    frame.loc[::4, "part"] = np.nan
    frame["count"] = frame["count"].astype(float)
    new = frame.index[N_TRAINING:]
    for column in ("amount", "count", "person", "size", "shirt"):
        frame.loc[rng.choice(new, 20), column] = None
    for column, level in {"city": "Rome", "person": "none of them"}.items():
        frame.loc[rng.choice(new, 20), column] = level
    frame["grade"] = frame["grade"].cat.add_categories([1234])
    frame["part"] = frame["part"].cat.add_categories([0.55])
    frame.loc[rng.choice(new, 20), "grade"] = 1234
    frame.loc[rng.choice(new, 20), "part"] = 0.55
    return frame, y


def name_of_type(kind):
    return type(kind).__name__.removesuffix("TensorType")


def feeds(types, frame):
    """The columns as onnxruntime takes them."""
    columns = {}
    for name, kind in types:
        column = frame[name]
        if name_of_type(kind) == "String":
            level = column.astype(object)
            columns[name] = level.where(level.isna(), level.astype(str)).to_numpy()[:, np.newaxis]
        else:
            missing = {"na_value": np.nan} if column.isna().any() else {}
            columns[name] = column.to_numpy(DTYPE_OF_TYPE[name_of_type(kind)], **missing)
            columns[name] = columns[name][:, np.newaxis]
    return columns


def run_on_frame(model, types, frame, target_opset=None, **options):
    options = {id(model): {"zipmap": False} | options}
    graph = skl2onnx.convert_sklearn(
        model, initial_types=types, target_opset=target_opset, options=options
    )
    ready = onnxruntime.InferenceSession(graph.SerializeToString())
    inputs = [given.name for given in ready.get_inputs()]
    return ready.run(None, dict(zip(inputs, feeds(types, frame).values(), strict=True)))


def agree_on_frame(model, types, frame, atol=1e-6, **more):
    label, probability = run_on_frame(model, types, frame, **more)
    expected = model.predict_proba(frame)
    assert_allclose(probability, expected, rtol=0, atol=atol)
    is_clear = abs(expected[:, 1] - 0.5) > 1e-6
    assert_array_equal(label[is_clear], model.predict(frame)[is_clear])
    return probability


def fitted(clf, raw, columns=slice(None)):
    """Fitted to the first rows of some columns, with weights that tell levels apart."""
    frame, y = raw
    return steep(clf.fit(frame.loc[: N_TRAINING - 1, columns], y[:N_TRAINING]))


@pytest.mark.filterwarnings("ignore::sknumpynet.exceptions.NotLearningWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("numeric_bins", [0, 4])
@pytest.mark.parametrize("scale_inputs", ["robust", "standard", None])
def test_a_raw_table_of_every_kind_of_column(small, raw, scale_inputs, numeric_bins, dtype):
    frame, _ = raw
    clf = fitted(small(scale_inputs=scale_inputs, numeric_bins=numeric_bins), raw)
    told = agree_on_frame(clf, converter.input_types(clf, dtype), frame, 1e-5)
    assert told.dtype == dtype  # that of the first column
    assert np.ptp(told) > 0.3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "column", ["amount", "city", "share", "person", "is new", "was new", "grade", "part", "size"]
)
def test_a_raw_table_of_one_column(small, raw, column, dtype):
    frame, _ = raw
    clf = fitted(small(n_estimators=1), raw, [column, "shirt"])
    types = converter.input_types(clf, dtype)
    told = agree_on_frame(clf, types, frame[[column, "shirt"]], 1e-5)
    assert len(np.unique(told)) > 4


def test_types_of_inputs_are_those_of_the_columns(small, raw):
    frame, y = raw
    types = converter.input_types(small().fit(frame[:N_TRAINING], y[:N_TRAINING]))
    assert {name: name_of_type(kind) for name, kind in types} == {
        "amount": "Float",
        "city": "String",
        "count": "Float",
        "share": "Float",
        "person": "String",
        "is new": "Boolean",
        "was new": "Float",
        "grade": "Int64",
        "part": "Float",
        "size": "String",
        "shirt": "String",
    }
    assert all(kind.shape == [None, 1] for _, kind in types)


def test_a_table_of_numbers_is_one_input(small, table):
    X, y = table
    clf = small().fit(X, y)
    for dtype, name in ((np.float32, "Float"), (np.float64, "Double")):
        ((given, kind),) = converter.input_types(clf, dtype)
        assert (given, name_of_type(kind), kind.shape) == ("X", name, [None, 3])
        graph = skl2onnx.to_onnx(
            clf, initial_types=[(given, kind)], options={id(clf): {"zipmap": False}}
        )
        ready, rows = onnxruntime.InferenceSession(graph.SerializeToString()), X.astype(dtype)
        assert_allclose(ready.run(None, {"X": rows})[1], clf.predict_proba(rows), atol=1e-6)


def test_a_frame_of_numbers_may_be_one_input_a_column(small, raw):
    frame, y = raw[0][["amount", "share"]], raw[1]
    clf = small(precision="float64").fit(frame, y)
    kind = skl2onnx.common.data_types.DoubleTensorType
    types = [(name, kind([None, 1])) for name in ("share", "amount")]  # in any order
    agree_on_frame(clf, types, frame, 1e-12)


@pytest.mark.parametrize("spelling", ["", "nan", "None", "<NA>", None, np.nan])
def test_a_missing_string_is_an_empty_one_or_what_it_is_read_as(small, raw, spelling):
    frame = raw[0][["city", "amount"]]
    clf = fitted(small(), raw, ["city", "amount"])
    types = converter.input_types(clf)
    given = frame.assign(city=frame["city"].astype(object).where(frame["city"].notna(), spelling))
    assert_allclose(run_on_frame(clf, types, given)[1], clf.predict_proba(frame), atol=1e-5)


def test_an_empty_string_that_is_a_level_is_that_level(small, raw):
    frame = raw[0][["shirt", "amount"]].dropna()
    clf = fitted(small(), raw, ["shirt", "amount"])
    assert (frame["shirt"] == "").any()
    agree_on_frame(clf, converter.input_types(clf), frame)


LEVELS = {
    "whole": [1.0, 2.0, 70.0],
    "whole, some missing": [1, 2, 1 << 40, None],
    "near": [(1 << 24), (1 << 24) + 1, 5],
    "near, some missing": [(1 << 24), (1 << 24) + 1, None],
    "large": [(1 << 62) + 1, (1 << 62) + 2, -(1 << 63)],
    "fractions": [0.1, 0.5, 2.0],
    "fractions, some missing": [0.1, -0.5, None],
    "larger than whole numbers": [1e30, -1e20, 1.0],
    "infinite": [np.inf, -np.inf, 0.0],
    "booleans": [True, False],
    "booleans, some missing": [True, False, None],
}
SMALLEST_TYPE = {
    "whole": "Int64",
    "whole, some missing": "Float",
    "near": "Int64",
    "near, some missing": "Double",
    "large": "Int64",
    "fractions": "Float",
    "fractions, some missing": "Float",
    "larger than whole numbers": "Float",
    "infinite": "Float",
    "booleans": "Boolean",
    "booleans, some missing": "Float",
}
UNKNOWN = [3, 0.3, 2.5, (1 << 24) + 2, 1e18, -1e25, None]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("levels", LEVELS)
def test_levels_that_are_numbers_are_looked_up(small, pd, levels, dtype):
    values = LEVELS[levels]
    column = pd.Series(values * 20, dtype=object if None in values else None)
    y = np.arange(len(column)) % len(values) % 2
    frame = pd.DataFrame({"code": column, "amount": np.linspace(0, 1, len(column))})
    clf = steep(small(categorical_features=["code"], max_iter=20).fit(frame, y))
    types = converter.input_types(clf, dtype)
    name = name_of_type(types[0][1])
    float_name = {np.float32: "Float", np.float64: "Double"}[dtype]
    assert name == SMALLEST_TYPE[levels].replace("Float", float_name)
    new = pd.DataFrame({"code": column[: len(values)], "amount": 0.5})
    if name in ("Float", "Double"):
        if name == "Float":
            new["code"] = new["code"].astype(np.float32).astype(object)
        new = pd.concat([new, pd.DataFrame({"code": UNKNOWN, "amount": 0.5}, dtype=object)])
        new["amount"] = new["amount"].astype(float)
    exact = pd.Series([*values, *UNKNOWN][: len(new)], dtype=object).astype(new["code"].dtype)
    expected = clf.predict_proba(new.assign(code=exact.to_numpy()))
    told = run_on_frame(clf, types, new)[1]
    assert len(np.unique(np.round(told, 6), axis=0)) >= len(values)
    assert_allclose(told, expected, rtol=0, atol=1e-5)


def test_levels_that_float32_does_not_tell_apart_are_refused_as_float32(small, pd):
    frame = pd.DataFrame({"code": np.array([1 << 24, (1 << 24) + 1] * 20), "amount": 1.0})
    clf = small(categorical_features=["code"]).fit(frame, [0, 1] * 20)
    types = converter.input_types(clf)
    types[0] = ("code", skl2onnx.common.data_types.FloatTensorType([None, 1]))
    with pytest.raises(ValueError, match=r"'code' is a FloatTensorType, but float32 does not tell"):
        skl2onnx.to_onnx(clf, initial_types=types)


@pytest.mark.parametrize("target_opset", [9, 10, 11, 13, 15, 18, 22])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_raw_table_in_every_opset(small, raw, target_opset, dtype):
    clf = fitted(small(), raw)
    types = converter.input_types(clf, dtype)
    agree_on_frame(clf, types, raw[0], 1e-5, target_opset=target_opset)


def test_a_table_of_levels_only(small, raw):
    clf = fitted(small(), raw, ["city", "grade"])
    agree_on_frame(clf, converter.input_types(clf), raw[0][["city", "grade"]])


def test_columns_of_float32_are_read_as_such_whatever_the_input(small, raw):
    frame, y = raw[0][["amount", "shirt"]][:N_TRAINING].copy(), raw[1][:N_TRAINING]
    frame["amount"] += 1e6  # float32 keeps it to 0.06
    clf = steep(small(max_iter=50).fit(frame.astype({"amount": np.float32}), y))
    told = agree_on_frame(clf, converter.input_types(clf, np.float64), frame, 1e-5)
    assert np.ptp(told) > 0.5


def test_columns_without_names_have_their_positions(small, raw):
    columns = ["amount", "city", "was new"]
    X, y = raw[0][columns].astype(object).to_numpy(), raw[1]
    clf = small().fit(X, y)
    types = converter.input_types(clf)
    assert [name for name, _ in types] == ["x0", "x1", "x2"]
    frame = raw[0][columns].set_axis(["x0", "x1", "x2"], axis=1)
    told = run_on_frame(clf, types, frame)[1]
    assert_allclose(told, clf.predict_proba(X), rtol=0, atol=1e-6)


def test_skl2onnx_guesses_the_types_of_a_frame_without_gaps(small, raw):
    frame, y = raw[0][["amount", "city", "is new", "grade"]][:N_TRAINING], raw[1][:N_TRAINING]
    frame = frame.assign(city=frame["city"].fillna("Oslo").astype(object)).astype({"grade": int})
    clf = small(categorical_features=["city", "is new", "grade"]).fit(frame, y)
    graph = skl2onnx.to_onnx(clf, frame[:1], options={id(clf): {"zipmap": False}})
    ready = onnxruntime.InferenceSession(graph.SerializeToString())
    given = {name.replace(" ", "_"): frame[[name]].to_numpy() for name in frame}
    assert_allclose(ready.run(None, given)[1], clf.predict_proba(frame), atol=1e-12)


@pytest.mark.parametrize("options", [{"zipmap": True}, {"zipmap": "columns"}, {"raw_scores": True}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_options_are_those_of_tables_of_numbers(small, raw, dtype, options):
    frame = raw[0][["amount", "city"]]
    clf = fitted(small(), raw, ["amount", "city"])
    _, *told = run_on_frame(clf, converter.input_types(clf, dtype), frame, **options)
    if options.get("zipmap") is True:
        told = [[of_row[1] for of_row in told[0]]]
    told = told[-1][:, 1] if "raw_scores" in options else told[-1]
    expected = clf.decision_function(frame)
    if "zipmap" in options:
        expected = clf.predict_proba(frame)[:, 1]
    assert_allclose(told, expected, rtol=1e-4, atol=1e-5)


def test_a_pipeline_and_a_search_that_pass_the_frame_on(small, raw):
    frame, y = raw
    pipe = make_pipeline(small()).fit(frame[:N_TRAINING], y[:N_TRAINING])
    agree_on_frame(pipe, converter.input_types(pipe[-1]), frame)
    search = GridSearchCV(small(), {"alpha": [1e-3]}, cv=2).fit(frame[:N_TRAINING], y[:N_TRAINING])
    agree_on_frame(search, converter.input_types(search.best_estimator_), frame)


def test_dates_are_refused_before_conversion(small, raw, pd):
    frame = raw[0][["amount"]].assign(
        born=pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(len(raw[0])), "D")
    )
    clf = small().fit(frame, raw[1])
    refused = r"the columns \['born'\] hold dates, .* fit on .* X\['born'\]\.dt\.year, or leave"
    with pytest.raises(ValueError, match=refused):
        converter.input_types(clf)
    number = skl2onnx.common.data_types.FloatTensorType([None, 1])
    with pytest.raises(ValueError, match=refused):
        skl2onnx.to_onnx(clf, initial_types=[("amount", number), ("born", number)])


def test_inputs_that_are_not_the_columns_are_refused(small, raw):
    columns = ["city", "amount", "is new"]
    clf = fitted(small(), raw, columns)
    types = converter.input_types(clf)
    city, amount, is_new = types

    def refused(initial_types, match):
        with pytest.raises(ValueError, match=rf"{match}.*input_types\(estimator\)"):
            skl2onnx.to_onnx(clf, initial_types=initial_types)

    refused(types[:2], r"inputs are \['city', 'amount'\], but the columns in fit were \['city', ")
    refused([("town", city[1]), *types[1:]], r"inputs are \['town', 'amount', 'is new'\]")
    refused([("city", amount[1]), *types[1:]], "'city' is a FloatTensorType, .* held text in fit")
    refused([city, ("amount", city[1]), is_new], "'amount' is a StringTensorType, .* held numbers")
    refused([city, amount, ("is new", city[1])], "'is new' is a StringTensorType, .* or booleans")


def test_a_step_that_makes_one_input_of_the_columns_is_refused(small, raw):
    frame, y = raw[0][["city", "shirt"]][:N_TRAINING], raw[1][:N_TRAINING]
    frame = frame.astype(object).fillna("")
    pipe = make_pipeline(make_column_transformer(("passthrough", ["city", "shirt"])), small())
    with pytest.raises(ValueError, match=r"\['x0', 'x1'\].* no step before the estimator"):
        skl2onnx.to_onnx(pipe.fit(frame, y), frame[:1])

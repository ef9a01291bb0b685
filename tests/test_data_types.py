"""Tables and labels in the types that people have them in: real data in frames, sparse, as text."""

from decimal import Decimal

import numpy as np
import pytest
from mending import fit_mended, lines
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder


@pytest.fixture(scope="module")
def pd():
    return pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.fixture(scope="module")
def pl():
    return pytest.importorskip("polars", reason="polars is not installed")


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:200, :6], y[:200]


@pytest.fixture(scope="module")
def names():
    return load_breast_cancer().feature_names[:6].tolist()


@pytest.fixture(scope="module")
def frame(pd, cancer, names):
    return pd.DataFrame(cancer[0], columns=names)


def polars_frame(pl, X, names):
    return pl.DataFrame(dict(zip(names, X.T, strict=True)))


def assert_fits_the_same(make, X, y, other_X, other_y):
    """Fit to two tables, with the same answers bit for bit; the second estimator."""
    expected, clf = make().fit(X, y), make().fit(other_X, other_y)
    assert_array_equal(clf.oof_proba_, expected.oof_proba_)
    assert_array_equal(clf.predict_proba(other_X), expected.predict_proba(X))
    return clf


# Frames -----------------------------------------------------------------------------------------


MIXED = ["Int64", "float32", "uint8", "object", "Float64", "int16"]
NUMBERS = {
    "float64": lambda frame: frame,
    "float32": lambda frame: frame.astype("float32"),
    "int": lambda frame: frame.round().astype(int),
    "Float64": lambda frame: frame.astype("Float64"),
    "Int64": lambda frame: frame.round().astype("Int64"),
    "Sparse": lambda frame: frame.astype("Sparse[float]"),
    "float16": lambda frame: frame.astype("float16"),
    "Decimal": lambda frame: frame.map(Decimal),
    "object": lambda frame: frame.astype(object),
    "mixed": lambda frame: frame.round().astype(dict(zip(frame, MIXED, strict=True))),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_frame_equals_its_array_and_keeps_its_names(small, cancer, frame, kind):
    X, y = NUMBERS[kind](frame), cancer[1]
    array = X.astype("float32" if kind == "float32" else float).to_numpy()
    clf = assert_fits_the_same(small, array, y, X, y)
    assert clf.predict_proba(X).dtype == array.dtype
    assert clf.feature_names_in_.tolist() == frame.columns.tolist()


def test_a_polars_frame_equals_its_array_and_keeps_its_names(small, pl, cancer, names):
    X, y = cancer
    clf = assert_fits_the_same(small, X, y, polars_frame(pl, X, names), pl.Series(y))
    assert clf.feature_names_in_.tolist() == names
    rounded = polars_frame(pl, X.round(), names)
    kinds = [pl.Int16, pl.Int128, pl.Decimal(20, 3), pl.Float32, pl.UInt64, pl.Duration("us")]
    of_all_sorts = rounded.cast(dict(zip(names, kinds, strict=True)))
    microseconds = np.array([1, 1, 1, 1, 1, 86_400_000_000])
    assert_fits_the_same(small, X.round() / microseconds, y, of_all_sorts, y)


def test_rows_are_matched_by_position_not_by_index(small, pd, cancer, frame):
    X, y = cancer
    weight = np.random.default_rng(0).random(200)
    backwards = np.arange(200)[::-1]
    clf = small().fit(
        frame.set_axis(backwards),
        pd.Series(y),
        pd.Series(weight, index=backwards),
        X_val=frame,
        y_val=pd.Series(y, index=backwards),
        sample_weight_val=pd.Series(weight),
    )
    expected = small().fit(X, y, weight, X_val=X, y_val=y, sample_weight_val=weight)
    assert_array_equal(clf.validation_curve_, expected.validation_curve_)
    assert_array_equal(clf.predict_proba(frame), expected.predict_proba(X))


@pytest.mark.parametrize("library", ["pd", "pl"])
@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ([1, 0, 2, 3, 4, 5], "must be in the same order"),
        ([0, 1, 2, 3, 4], "now missing:\n- mean compactness"),
        ([0, 1, 2, 3, 4, 5, 6], "unseen at fit time:\n- extra"),
    ],
)
def test_columns_of_other_names_or_order_are_an_error(
    small, cancer, names, library, columns, match, request
):
    X, y = np.column_stack([cancer[0], cancer[1]]), cancer[1]
    DataFrame = request.getfixturevalue(library).DataFrame
    known, wrong = (
        DataFrame({[*names, "extra"][column]: X[:, column] for column in some})
        for some in (range(6), columns)
    )
    clf = small(warm_start=True).fit(known, y)
    before = clf.predict_proba(known)
    for try_it in (
        lambda: clf.predict_proba(wrong),
        lambda: clf.fit(wrong, y),
        lambda: clf.partial_fit(wrong, y),
        lambda: clf.fit(known, y, X_val=wrong, y_val=y),
    ):
        with pytest.raises(ValueError, match=match):
            try_it()
    assert_array_equal(clf.predict_proba(known), before)


def test_an_array_for_a_frame_is_a_warning_and_read_in_order(small, cancer, frame):
    X, y = cancer
    clf = small().fit(frame, y)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        proba = clf.predict_proba(X)
    assert_array_equal(proba, clf.predict_proba(frame))


# Missing ----------------------------------------------------------------------------------------


MISSING = {
    "float64": lambda pd, X: pd.DataFrame(X),
    "float32": lambda pd, X: pd.DataFrame(X.astype("float32")),
    "Float64": lambda pd, X: pd.DataFrame(X).astype("Float64"),
    "Int64": lambda pd, X: pd.DataFrame(X.round()).astype("Int64"),
    "pyarrow": lambda pd, X: pd.DataFrame(X).astype("Float64").astype("double[pyarrow]"),
    "Sparse": lambda pd, X: pd.DataFrame(X).astype("Sparse[float]"),
    "None": lambda pd, X: pd.DataFrame(X).astype(object).replace(np.nan, None),
    "NA": lambda pd, X: pd.DataFrame(X).astype(object).where(~np.isnan(X), pd.NA),
    "Decimal": lambda pd, X: pd.DataFrame(X).map(Decimal),
    "list": lambda pd, X: [[None if value != value else value for value in row] for row in X],
    "sparse": lambda pd, X: sparse.csr_array(X),
}


@pytest.mark.parametrize("kind", MISSING)
def test_missing_numbers_are_those_of_an_array(small, pd, cancer, holed, kind):
    if kind == "pyarrow":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    X, y = MISSING[kind](pd, holed), cancer[1]
    array = holed.round() if kind == "Int64" else holed
    array = array.astype("float32") if kind == "float32" else array
    expected = small().fit(array, y)
    clf = small().fit(X, y)
    same = assert_allclose if kind in ("sparse", "Sparse") else assert_array_equal
    same(clf.predict_proba(X), expected.predict_proba(array))
    same(expected.predict_proba(X), expected.predict_proba(array))
    judged = [small().fit(table, y, X_val=table, y_val=y) for table in (array, X)]
    same(judged[1].validation_curve_, judged[0].validation_curve_)


@pytest.fixture(scope="module")
def holed(cancer):
    gaps = np.random.default_rng(0).random(cancer[0].shape) < 0.1
    return np.where(gaps, np.nan, cancer[0])


def test_nulls_of_polars_are_missing(small, pl, cancer, holed, names):
    X, y = polars_frame(pl, holed, names), cancer[1]
    assert_fits_the_same(small, holed, y, X, y)
    assert_fits_the_same(small, holed, y, X.fill_nan(None), y)


def test_gaps_of_a_column_that_had_none_are_predicted(small, cancer, holed):
    X, y = cancer
    clf = small().fit(X, y)
    assert not [name for name in clf.input_names_ if "missing" in name]
    assert np.isfinite(clf.predict_proba(holed)).all()
    assert np.isfinite(clf.predict_proba(np.full((3, 6), np.nan))).all()


# Categories -------------------------------------------------------------------------------------


def sizes(X):
    """A column of text that goes with the first column, with gaps."""
    size = np.array(["large", "medium", "small"])[np.digitize(-X[:, 0], [-16, -12])].astype(object)
    size[::9] = None
    return size


TEXTS = [
    *(("pd", dtype) for dtype in ("object", "str", "string", "category", "string[pyarrow]")),
    *(("pl", dtype) for dtype in ("String", "Categorical", "Enum")),
]


def column_of(module, values, dtype):
    """A series; text of a type that pandas or polars has."""
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    kind = getattr(module, dtype, dtype)
    return module.Series(
        values, dtype=kind(["large", "medium", "small"]) if dtype == "Enum" else kind
    )


@pytest.mark.parametrize(("library", "dtype"), TEXTS)
def test_text_and_categories_are_the_same_in_any_type(
    small, cancer, names, library, dtype, request
):
    X, y = cancer
    module, size = request.getfixturevalue(library), sizes(X)
    columns = dict(zip(names, X.T, strict=True))
    table = module.DataFrame(columns | {"size": column_of(module, size.tolist(), dtype)})
    array = np.column_stack([X.astype(object), size])
    clf, expected = small().fit(table, y), small().fit(array, y)
    assert clf.input_names_.tolist()[-4:] == [
        *(f"size = {level}" for level in ("medium", "small", "large")),
        "size is missing",
    ]
    assert_array_equal(clf.oof_proba_, expected.oof_proba_)
    assert_array_equal(clf.predict_proba(table), expected.predict_proba(array))
    judged = small().fit(table, y, X_val=table, y_val=y)
    as_array = small().fit(array, y, X_val=array, y_val=y)
    assert_array_equal(judged.validation_curve_, as_array.validation_curve_)
    assert_array_equal(
        small().partial_fit(table, y, [0, 1]).predict_proba(table),
        small().partial_fit(array, y, [0, 1]).predict_proba(array),
    )


FLAGS = [
    *(("pd", dtype) for dtype in ("bool", "boolean", "object", "category", "bool[pyarrow]")),
    ("pl", "Boolean"),
]


@pytest.mark.parametrize(("library", "dtype"), FLAGS)
def test_booleans_are_levels_and_may_be_0_and_1_at_predict(small, cancer, library, dtype, request):
    X, y = cancer
    module, is_large = request.getfixturevalue(library), X[:, 0] > 14
    flags = is_large.astype(object)
    if dtype != "bool":
        flags[::9] = None
    table = module.DataFrame({"a": X[:, 1], "flag": column_of(module, flags.tolist(), dtype)})
    array = np.column_stack([X[:, 1].astype(object), flags])
    clf = small().fit(table, y)
    assert "flag = True" in clf.input_names_
    assert ("flag is missing" in clf.input_names_) is (dtype != "bool")
    proba = clf.predict_proba(table)
    assert_array_equal(small().fit(array, y).predict_proba(array), proba)
    numbers = module.DataFrame(
        {"a": X[:, 1], "flag": [None if flag is None else int(flag) for flag in flags]}
    )
    assert_array_equal(clf.predict_proba(numbers), proba)


def test_categories_of_numbers_dates_and_intervals_are_levels(small, pd, cancer):
    X, y = cancer
    frame = pd.DataFrame(
        {
            "number": pd.Categorical(X[:, 1].round() % 3),
            "date": pd.Categorical(pd.to_datetime("2020-01-01") + pd.to_timedelta(y, unit="D")),
            "interval": pd.cut(X[:, 0], [0, 12, 16, 40]),
            "mixed": pd.Categorical(pd.Series(["a", 1, 2.5, None] * 50, dtype=object)),
        }
    )
    clf = small().fit(frame, y)
    assert {
        *("number = 0", "number = 1", "date = 2020-01-01", "date = 2020-01-02"),
        *("interval = (12, 16]", "mixed = a", "mixed = 1", "mixed = 2.5", "mixed is missing"),
    } < {*clf.input_names_}
    as_text = frame.assign(interval=frame["interval"].astype(str))
    assert_array_equal(clf.predict_proba(as_text), clf.predict_proba(frame))
    some = frame.assign(mixed=pd.Categorical([1] * 200))
    assert_array_equal(clf.predict_proba(some), clf.predict_proba(frame.assign(mixed=["1"] * 200)))


def test_columns_of_many_types_at_once(small, pd, cancer, frame):
    days = pd.Series(pd.date_range("2020-01-01", periods=200))
    X = frame.assign(day=days, zoned=days.dt.tz_localize("UTC"), gap=days - days[0])
    X = X.assign(size=sizes(cancer[0]), other=["x" * 10**6] * 200, nothing=None)
    clf = small().fit(X, cancer[1])
    proba = clf.predict_proba(X)
    assert_array_equal(clf.predict_proba(X.assign(nothing="something")), proba)
    assert_array_equal(clf.predict_proba(X.assign(gap=np.arange(200))), proba)
    months = X.assign(day=days.dt.to_period("M"), size=days.dt.to_period("M"))
    with pytest.raises(TypeError, match=r"2 columns, \['day', 'size'\], hold .*Period") as raised:
        small().fit(months, cancer[1])
    (line,) = lines(raised.value)
    assert "day, days" in fit_mended(line, small, months, cancer[1]).input_names_


@pytest.mark.parametrize("dtype", [float, object])
def test_an_error_about_something_else_names_no_columns(small, frame, dtype):
    with pytest.raises(ValueError, match=r"^X: Found array with 0 sample\(s\)"):
        small().fit(frame[:0].astype(dtype), [])


@pytest.mark.parametrize("transform_output", ["default", "pandas", "polars"])
def test_text_encoded_before_is_the_table_encoded_by_hand(
    small, pd, cancer, names, transform_output, request
):
    if transform_output == "polars":
        request.getfixturevalue("pl")
    X, y = cancer
    size = np.where(X[:, 0] > 14, "large", np.where(X[:, 0] > 12, "medium", "small"))
    frame = pd.DataFrame(X[:, 1:], columns=names[1:]).assign(size=pd.Categorical(size))
    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    columns = make_column_transformer((encoder, ["size"]), remainder=MinMaxScaler())
    with config_context(transform_output=transform_output):
        pipeline = make_pipeline(columns, small()).fit(frame, y)
        proba = pipeline.predict_proba(frame)
        unknown = pipeline.predict_proba(frame.assign(size="huge"))
    one_hot = size[:, np.newaxis] == ["large", "medium", "small"]
    scaled = MinMaxScaler().fit_transform(X[:, 1:])
    by_hand = small().fit(np.column_stack([one_hot, scaled]), y)
    assert_array_equal(proba, by_hand.predict_proba(np.column_stack([one_hot, scaled])))
    assert_array_equal(unknown, by_hand.predict_proba(np.column_stack([0 * one_hot, scaled])))
    if transform_output != "default":
        arrived = pipeline[-1].feature_names_in_.tolist()
        assert arrived[:3] == [f"onehotencoder__size_{kind}" for kind in np.unique(size)]
        assert arrived[3:] == [f"remainder__{name}" for name in names[1:]]


# Sparse -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "container",
    [
        sparse.csr_matrix,
        sparse.csc_matrix,
        sparse.csc_array,
        sparse.coo_matrix,
        sparse.lil_array,
        lambda X: sparse.csr_array(X.astype(np.int8)),
        lambda X: sparse.csr_array(X > 0),
        lambda X: wide_indices(sparse.csr_array(X)),
        lambda X: wide_indices(sparse.csc_array(X)),
    ],
)
def test_sparse_containers_equal_one_another(small, container):
    X, y = load_digits(n_class=2, return_X_y=True)
    other = container(X)
    csr = sparse.csr_array(X > 0 if other.dtype == bool else X, dtype=float)
    clf = assert_fits_the_same(small, csr, y, other, y)
    judged = [small().fit(table, y, X_val=table, y_val=y) for table in (csr, other)]
    assert_array_equal(judged[1].validation_curve_, judged[0].validation_curve_)
    assert clf.score(other, y) > 0.9


def wide_indices(X):
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


# Labels -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "labels", "comes_back_as"),
    [
        ("object", ["no", "yes"], str),
        ("str", ["no", "yes"], str),
        ("string", ["no", "yes"], str),
        ("category", ["no", "yes"], str),
        ("category", [3, 7], int),
        ("int8", [-1, 1], int),
        ("bool", [False, True], bool),
        ("boolean", [False, True], float),  # as scikit-learn reads nullable numbers
        ("Int64", [3, 7], float),
    ],
)
def test_labels_of_a_series_may_be_anything_and_come_back(
    small, pd, cancer, dtype, labels, comes_back_as
):
    X, y = cancer
    series = pd.Series(np.array(labels)[y]).astype(dtype)
    clf = assert_fits_the_same(small, X, y, X, series)
    assert clf.classes_.tolist() == labels
    predicted = clf.predict(X)
    assert predicted.tolist() == [labels[i] for i in small().fit(X, y).predict(X)]
    assert {type(label) for label in predicted.tolist()} == {comes_back_as}
    assert clf.score(X, series) == small().fit(X, y).score(X, y)
    judged = small().fit(X, series, X_val=X, y_val=series)
    expected = small().fit(X, y, X_val=X, y_val=y)
    assert_array_equal(judged.validation_curve_, expected.validation_curve_)
    streamed = small().partial_fit(X, series, classes=series.unique())
    expected = small().partial_fit(X, y, classes=[0, 1])
    assert_array_equal(streamed.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("dtype", ["String", "Categorical", "Boolean", "UInt8"])
def test_labels_of_a_polars_series_come_back(small, pl, cancer, dtype):
    X, y = cancer
    is_text = dtype in ("String", "Categorical")
    labels = ["no", "yes"] if is_text else [False, True] if dtype == "Boolean" else [0, 200]
    series = pl.Series(np.array(labels)[y].tolist(), dtype=getattr(pl, dtype))
    clf = assert_fits_the_same(small, X, y, X, series)
    assert clf.classes_.tolist() == labels
    assert {type(label) for label in clf.predict(X).tolist()} == {type(labels[0])}


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True]])
def test_labels_may_be_a_list(small, cancer, labels):
    X, y = cancer
    clf = assert_fits_the_same(small, X, y, X, [labels[i] for i in y])
    assert clf.classes_.tolist() == labels


@pytest.mark.parametrize(
    ("labels", "kind"), [([0, 1], "int"), ([False, True], "bool"), ([b"no", b"yes"], "bytes")]
)
def test_objects_as_labels_are_an_error_that_says_what_they_are(small, cancer, labels, kind):
    X, y = cancer
    objects = np.array(labels, dtype=object)[y]
    match = f"dtype object and holds {kind}; leave out rows without a label.*astype"
    with pytest.raises(ValueError, match=match):
        small().fit(X, objects)
    with pytest.raises(ValueError, match=f"y_val has the {match}"):
        small().fit(X, y, X_val=X, y_val=objects)


@pytest.mark.parametrize("method", ["fit", "predict"])
def test_a_series_is_refused_in_scikit_learn_s_words(small, pd, method):
    X, y = pd.DataFrame({"a": np.arange(20.0)}), np.arange(20) % 2
    clf = small(early_stopping=False).fit(X.to_numpy(), y)
    with pytest.raises(ValueError, match=r"2-dimensional container|2D array"):
        getattr(clf, method)(*((X["a"], y) if method == "fit" else (X["a"],)))

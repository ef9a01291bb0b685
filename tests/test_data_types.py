"""Tables and labels in the types that people have them in: real data in frames, sparse, as text."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.impute import SimpleImputer
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


MIXED = ["Int64", "float32", "category", "object", "Float64", "int16"]
NUMBERS = {
    "float64": lambda frame: frame,
    "float32": lambda frame: frame.astype("float32"),
    "int": lambda frame: frame.round().astype(int),
    "bool": lambda frame: frame > frame.median(),
    "Float64": lambda frame: frame.astype("Float64"),
    "Int64": lambda frame: frame.round().astype("Int64"),
    "boolean": lambda frame: (frame > frame.median()).astype("boolean"),
    "category of numbers": lambda frame: frame.round().astype("category"),
    "object": lambda frame: frame.astype(object),
    "mixed": lambda frame: frame.round().astype(dict(zip(frame, MIXED, strict=True))),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_frame_equals_its_array_and_keeps_its_names(small, cancer, frame, kind):
    X, y = NUMBERS[kind](frame), cancer[1]
    array = X.astype("float32" if kind == "float32" else float).to_numpy()
    clf = assert_fits_the_same(small, array, y, X, y)
    assert clf.coefs_[0].dtype == array.dtype
    assert clf.feature_names_in_.tolist() == frame.columns.tolist()


def test_a_polars_frame_equals_its_array_and_keeps_its_names(small, pl, cancer, names):
    X, y = cancer
    clf = assert_fits_the_same(small, X, y, polars_frame(pl, X, names), pl.Series(y))
    assert clf.feature_names_in_.tolist() == names
    whole = polars_frame(pl, X, names).cast(dict.fromkeys(names[:3], pl.Int16))
    of_all_sorts = whole.with_columns(pl.col(names[3]) > 500)
    assert_fits_the_same(small, of_all_sorts.cast(pl.Float64).to_numpy(), y, of_all_sorts, y)


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


# Missing and not a number -----------------------------------------------------------------------


MISSING = {
    "float64": lambda pd, X: pd.DataFrame(X),
    "Float64": lambda pd, X: pd.DataFrame(X).astype("Float64"),
    "Int64": lambda pd, X: pd.DataFrame(X).round().astype("Int64"),
    "boolean": lambda pd, X: pd.DataFrame(X).where(np.isnan(X), X > 20).astype("boolean"),
    "object": lambda pd, X: pd.DataFrame(X).astype(object).replace(np.nan, None),
}


@pytest.mark.parametrize("kind", MISSING)
def test_missing_values_are_an_error_that_names_the_remedy_and_the_remedy_works(
    small, pd, cancer, kind
):
    y = cancer[1]
    holed = np.where(np.random.default_rng(0).random((200, 6)) < 0.1, np.nan, cancer[0])
    X, whole = MISSING[kind](pd, holed), MISSING[kind](pd, cancer[0])
    clf = small().fit(whole, y)
    gaps = np.isnan(holed).sum(axis=0)
    where = [f"{name!r} ({n} of 200 rows)" for name, n in zip(X, gaps, strict=True)]
    match = re.escape(
        f"X contains NaN in 6 columns: {', '.join(where)}; fill the gaps, such as by "
    )
    for try_it in (
        lambda: small().fit(X, y),
        lambda: clf.predict(X),
        lambda: clf.fit(whole, y, X_val=X, y_val=y),
    ):
        with pytest.raises(ValueError, match=match) as raised:
            try_it()
    names = {"SimpleImputer": SimpleImputer, "make_pipeline": make_pipeline}
    call = re.search(r"such as by (.*)\.$", str(raised.value))[1]
    eval(call, names | {"NumpyMLPBinaryClassifier": small}).fit(X, y).predict(X)
    pipeline = make_pipeline(SimpleImputer(), small()).fit(X, y)
    imputed = SimpleImputer().fit_transform(X.astype(float).to_numpy())
    assert_array_equal(pipeline.predict_proba(X), small().fit(imputed, y).predict_proba(imputed))


def test_nulls_of_polars_are_an_error_that_names_the_remedy(small, pl, cancer, names):
    X, y = polars_frame(pl, *[cancer[0], names]), cancer[1]
    holed = X.with_columns(pl.when(pl.col(names[0]) < 20).then(pl.col(names[0])))
    with pytest.raises(ValueError, match=r"X contains NaN in the column 'mean radius' \(.*Imputer"):
        small().fit(holed, y)
    with pytest.raises(ValueError, match="X contains NaN"):
        small().fit(X, y).predict(holed)


def sizes(X):
    """A column of text that goes with the first column."""
    return np.array(["large", "medium", "small"])[np.digitize(-X[:, 0], [-16, -12])]


def assert_refused_with_a_remedy_that_works(make, X, y, numbers, column):
    """X has text in a column where numbers has numbers."""
    clf = make().fit(numbers, y)
    match = rf"no numbers in the columns \[{column!r}\]: could not convert string to float.*large"
    for try_it in (
        lambda: clf.predict(X),
        lambda: clf.fit(numbers, y, X_val=X, y_val=y),
        lambda: make().partial_fit(X, y, [0, 1]),
        lambda: make().fit(X, y),
    ):
        with pytest.raises(ValueError, match=match) as raised:
            try_it()
    (remedy,) = re.findall(r"make_pipeline\(.*\)", str(raised.value).split(";")[0])
    pipeline = eval(remedy, globals() | {"NumpyMLPBinaryClassifier": make})
    assert pipeline.fit(X, y).score(X, y) > 0.7


@pytest.mark.parametrize(
    ("library", "dtype"),
    [
        *(("pd", dtype) for dtype in ("object", "str", "string", "category")),
        *(("pl", dtype) for dtype in ("String", "Categorical")),
    ],
)
def test_text_is_an_error_that_names_the_column_and_a_remedy_that_works(
    small, cancer, names, library, dtype, request
):
    X, y = cancer
    module = request.getfixturevalue(library)
    text = module.Series(sizes(X).tolist(), dtype=getattr(module, dtype, dtype))
    with_text, numbers = (
        module.DataFrame(dict(zip([*names, "size"], [*X.T, last], strict=True)))
        for last in (text, y)
    )
    assert_refused_with_a_remedy_that_works(small, with_text, y, numbers, "size")


@pytest.mark.parametrize("container", [np.asarray, np.ndarray.tolist])
def test_text_without_names_is_an_error_that_says_where(small, cancer, container):
    X, y = cancer
    with_text = container(np.column_stack([X.astype(object), sizes(X)]))
    numbers = np.column_stack([X, y])
    assert_refused_with_a_remedy_that_works(small, with_text, y, numbers, 6)


def test_every_column_that_holds_no_numbers_is_named(small, pd, cancer, frame):
    days = pd.Series(pd.date_range("2020-01-01", periods=200))
    zoned, months, gaps = days.dt.tz_localize("UTC"), days.dt.to_period("M"), days - days[0]
    X = frame.assign(day=days, zoned=zoned, month=months, gap=gaps, size=sizes(cancer[0]))
    message = r"\['day', 'zoned', 'month', 'gap'\]: they are dates or times. Make .* for new rows"
    with pytest.raises(TypeError, match=message):
        small().fit(X, cancer[1])
    with pytest.raises(TypeError, match=r"\['gap'\]: they are dates or times"):
        small().fit(frame.assign(gap=gaps), cancer[1])
    X = frame.assign(size=sizes(cancer[0]), other=["x" * 10**6] * 200)
    with pytest.raises(ValueError, match=r"\['size', 'other'\]: could not convert") as raised:
        small().fit(X, cancer[1])
    assert len(str(raised.value)) < 2000


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
    size = sizes(X)
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

"""X in every container: read alike, or an error that names the argument, the columns, a way out."""

import copy
import datetime
import pickle
import re

import numpy as np
import pytest
from mending import fit_mended, lines, mended
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.utils.validation import validate_data

from sknumpynet.tables import is_read_as_it_is

N_ROWS = 60
rng = np.random.default_rng(0)
VALUES = rng.normal(size=(N_ROWS, 3))
y = np.arange(N_ROWS) % 2
SECONDS = np.arange(N_ROWS).astype("M8[D]").astype("M8[s]")[:, np.newaxis]
DAYS = SECONDS + np.array([0, 40], "m8[D]")
WORDS = np.array([["no", "yes"]])[[0] * N_ROWS]
STRUCTURED = np.zeros(N_ROWS, [("a", float), ("b", float)])


def with_value(value, *places):
    changed = VALUES.copy()
    for place in places:
        changed[place] = value
    return changed


@pytest.fixture(params=["fit", "partial_fit", "predict", "X_val"])
def use(request, small):
    """Hand X to an estimator in one of the ways there are."""

    def fit(X):
        small().fit(X, y)

    def partial_fit(X):
        small().partial_fit(X, y, [0, 1])

    def predict(X):
        small().fit(VALUES, y).predict(X)

    def judge(X):
        small().fit(VALUES, y, X_val=X, y_val=y)

    ways = {"fit": fit, "partial_fit": partial_fit, "predict": predict, "X_val": judge}
    return ways[request.param]


# No tables ----------------------------------------------------------------------------------------


NO_TABLES = {
    "dict": ({"a": VALUES[:, 0]}, "X is of type dict, not a table .*pandas.DataFrame"),
    "list of dicts": (
        [{"a": 1.0}] * N_ROWS,
        "X is a list of dicts, not a table .*pandas.DataFrame",
    ),
    "set": ({1.0, 2.0}, "X is of type set, not a table"),
    "generator": ((row for row in VALUES), "X is of type generator, not a table"),
    "bytes": (b"abc", "X is of type bytes, not a table"),
    "text": ("abc", "X is of type str, not a table"),
    "number": (5.0, "X is of type float, not a table"),
    "structured": (STRUCTURED, "X is a structured array, .*pandas.DataFrame"),
    "one column": (VALUES[:, 0], "Expected 2D array, got 1D array instead. Reshape"),
    "one column of text": (WORDS[:, 0], "Expected 2D array, got 1D array instead. Reshape"),
    "three axes": (VALUES[np.newaxis], "Found array with dim 3"),
    "three axes of text": (WORDS[np.newaxis], "Found array with dim 3"),
    "complex": (VALUES * 1j, "Complex data not supported; give real numbers"),
    "uneven rows": ([[1.0] * (1 + i % 3) for i in y], "the rows of X have from 1 to 2 values"),
    "uneven text": ([["a"] * (1 + i % 3) for i in y], "the rows of X have from 1 to 2 values"),
    "no rows of text": (WORDS[:0], r"Found array with 0 sample\(s\)"),
    "masked": (
        np.ma.masked_array(VALUES, mask=VALUES > 2),
        r"X is masked in the column 1 \(1 of 60 rows\); make what is masked missing",
    ),
    "infinity": (
        with_value(-np.inf, (3, 1)),
        r"X contains infinity in the column 1 \(1 of 60 rows\); .*clip",
    ),
    "infinity in two columns": (
        sparse.csr_array(with_value(np.inf, (3, 1), (slice(5), 2))),
        r"infinity in 2 columns: 1 \(1 of 60 rows\), 2 \(5 of 60 rows\); .*clip",
    ),
    "infinity beside a gap": (
        with_value(np.inf, (3, 1)) + with_value(np.nan, (4, 2)),
        "X contains infinity in the column 1 ",
    ),
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_what_is_no_table_is_an_error_that_names_x_and_prints_no_values(use, kind):
    X, match = NO_TABLES[kind]
    with pytest.raises((TypeError, ValueError), match=rf"(?s){match}") as raised:
        use(X)
    text = str(raised.value)
    assert text.startswith("X_val: ") if use.__name__ == "judge" else re.search(r"\bX\b", text)
    assert len(text) < 800
    assert len(re.findall(r"\d\.\d", text)) < 3


@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict"])
def test_none_is_no_table(small, method):
    clf = small().fit(VALUES, y)
    arguments = {"fit": [y], "partial_fit": [y], "predict": []}[method]
    with pytest.raises(TypeError, match="X is of type NoneType, not a table"):
        getattr(clf, method)(None, *arguments)


def test_a_lazy_frame_is_an_error_that_says_how_to_collect_it(use):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(TypeError, match=r"X is a lazy frame.*give X\.collect\(\)"):
        use(pl.DataFrame(VALUES).lazy())


@pytest.mark.parametrize("dtype", [float, int, object, str])
def test_what_is_masked_is_missing_after_the_line(small, dtype):
    X = VALUES[:, :1].astype(dtype) if dtype is not str else np.array([["no"], ["yes"]])[y]
    X = np.ma.masked_array(np.hstack([X, VALUES[:, 1:].astype(X.dtype)]), VALUES > 1)
    if dtype is str:
        X = X[:, :1]
    with pytest.raises(ValueError, match="X is masked in ") as raised:
        small().fit(X, y)
    (line,) = lines(raised.value)
    filled = mended(line, X)
    gaps = [[value is None for value in row] for row in filled]
    assert_array_equal(gaps, np.ma.getmaskarray(X))
    assert "x0 is missing" in small().fit(filled, y).input_names_


INFINITE = with_value(np.inf, (3, 1), (slice(5), 2))


@pytest.mark.parametrize(
    "container",
    [
        *("array", "list", "sparse", "objects", "words beside"),
        *("pandas", "pandas and words", "pandas objects", "polars", "polars and words"),
    ],
)
def test_infinite_values_are_large_after_the_line(small, container):
    library = container.split()[0]
    words = WORDS[:, :1].astype(object)
    objects = INFINITE.astype(object)
    objects[7, 2] = None
    if library in ("pandas", "polars"):
        module = pytest.importorskip(library, reason=f"{library} is not installed")
        X = module.DataFrame(dict(zip("abc", INFINITE.T, strict=True)))
        if "words" in container:
            w = module.Series("w", words[:, 0].tolist()) if library == "polars" else words[:, 0]
            X = X.with_columns(w) if library == "polars" else X.assign(w=w)
        if "objects" in container:
            X = X.astype(object)
            X.loc[7, "a"] = None
    else:
        X = {
            "array": INFINITE,
            "list": INFINITE.tolist(),
            "sparse": sparse.csc_array(INFINITE),
            "objects": objects,
            "words beside": np.hstack([objects, words]),
        }[container]
    with pytest.raises(ValueError, match="contains infinity in 2 columns: ") as raised:
        small().fit(X, y)
    (line,) = lines(raised.value)
    fit_mended(line, small, X, y)


def test_values_too_large_for_float32_are_named_where_that_is_what_is_read(small):
    for X_val in (with_value(1e39, (3, 2)), with_value(1e39, (3, 2)).astype(object)):
        with pytest.raises(ValueError, match="too large for float32 in the column 2 ") as raised:
            small().fit(VALUES.astype("float32"), y, X_val=X_val, y_val=y)
        assert len(lines(raised.value)) == 1


@pytest.mark.parametrize("dtype", [float, np.float32, "words"])
def test_large_values_are_no_infinity_though_their_sum_is(small, dtype):
    largest = np.finfo(float if dtype == "words" else dtype).max
    X = np.full((N_ROWS, 2), largest, float if dtype == "words" else dtype)
    if dtype == "words":
        X = np.hstack([X.astype(object), WORDS])
    small(numeric_bins=0, max_iter=1, scale_inputs="robust").fit(X, y)


# Arrays of floats, which need no checks ----------------------------------------------------------

TO_CHECK = {
    "big-endian": VALUES.astype(VALUES.dtype.newbyteorder(">")),
    "whole": VALUES.astype(int),
    "half": VALUES.astype(np.float16),
    "long": VALUES.astype("g"),
    "complex": VALUES.astype(complex),
    "object": VALUES.astype(object),
    "Fortran order": np.asfortranarray(VALUES),
    "every other row": VALUES[::2],
    "a row": VALUES[0],
    "three axes": VALUES[np.newaxis],
    "no rows": VALUES[:0],
    "two columns": VALUES[:, :2].copy(),
    "infinite": with_value(np.inf, (0, 0)),
    "less than all": with_value(-np.inf, (0, 0)),
    "infinite and missing": with_value(np.inf, (0, 0)) + with_value(np.nan, (1, 0)),
    "infinities that cancel": with_value(np.inf, (0, 0)) + with_value(-np.inf, (1, 0)),
    "masked": np.ma.masked_array(VALUES, VALUES > 0),
    "list": VALUES.tolist(),
    "sparse": sparse.csr_array(VALUES),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [1, N_ROWS])
@pytest.mark.parametrize("value", [0, np.nan, np.finfo(np.float32).max])
def test_an_array_that_passes_all_checks_is_read_as_it_is(small, value, n_rows, dtype):
    X = with_value(value, (0, 0), (0, 1))[:n_rows].astype(dtype)
    clf = small().fit(VALUES, y)
    assert is_read_as_it_is(clf, X)
    how = {"accept_sparse": "csr", "ensure_all_finite": "allow-nan", "order": "C"}
    assert validate_data(clf, X, reset=False, dtype=[np.float64, np.float32], **how) is X


@pytest.mark.parametrize("kind", TO_CHECK)
def test_anything_else_is_checked(small, kind):
    assert not is_read_as_it_is(small().fit(VALUES, y), TO_CHECK[kind])


def test_an_array_is_checked_where_columns_have_names(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    clf = small().fit(pd.DataFrame(VALUES, columns=["a", "b", "c"]), y)
    assert not is_read_as_it_is(clf, VALUES)


# Dates in every container -------------------------------------------------------------------------

LENGTHS = DAYS - DAYS[0]
DATES = {
    "days": DAYS.astype("M8[D]"),
    "lists": DAYS.astype("M8[D]").tolist(),
    "lists of NumPy's": [list(row) for row in DAYS],
    "lists of arrays": list(DAYS),
    "datetime": DAYS.astype("M8[us]").astype(object),
    "date": DAYS.astype("M8[D]").astype(object),
    "NumPy's in objects": np.array([list(row) for row in DAYS] + [[None] * 2], object)[:-1],
}


@pytest.mark.parametrize("kind", DATES)
@pytest.mark.parametrize("is_missing", [True, False])
def test_dates_are_the_same_in_any_container(small, kind, is_missing):
    X, expected = copy.deepcopy(DATES[kind]), DAYS.copy()
    if is_missing:
        expected[3, 0] = "NaT"
        if isinstance(X, list):
            X[3] = [np.datetime64("NaT", "s"), X[3][1]]
        else:
            X[3, 0] = None
    fits = [small().fit(table, y) for table in (expected, X)]
    assert_array_equal(fits[0].input_names_, fits[1].input_names_)
    proba = fits[0].predict_proba(expected)
    assert_array_equal(fits[1].predict_proba(X), proba)
    assert_array_equal(fits[0].predict_proba(X), proba)
    assert ("x0, days is missing" in fits[1].input_names_) is is_missing


@pytest.mark.parametrize("kind", ["array", "timedelta", "NumPy's", "frame"])
def test_durations_are_numbers_of_days(small, kind):
    X = LENGTHS.copy()
    X[3, 0] = "NaT"
    days = LENGTHS / np.timedelta64(1, "D")
    days[3, 0] = np.nan
    if kind == "timedelta":
        X = X.astype("m8[us]").astype(object)
    elif kind == "NumPy's":
        X = np.array([list(row) for row in X] + [[None] * 2], object)[:-1]
    elif kind == "frame":
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        X = pd.DataFrame(X, columns=["a", "b"])
    assert_array_equal(small().fit(X, y).predict_proba(X), small().fit(days, y).predict_proba(days))


def test_times_of_day_are_numbers_of_hours(small):
    hours = rng.integers(0, 24, (N_ROWS, 1)) + 0.5
    times = [[datetime.time(int(hour), 30)] for hour in hours[:, 0]]
    proba = small().fit(hours, y).predict_proba(hours)
    assert_array_equal(small().fit(times, y).predict_proba(times), proba)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_dates_of_a_frame_are_those_on_the_clock_there(small, library, zone):
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    clock = DAYS + np.arange(N_ROWS)[:, np.newaxis].astype("m8[h]")
    clock = clock + np.timedelta64(60, "D")  # no hour of a change of the clock
    X = module.DataFrame(dict(zip("ab", clock.astype("M8[us]").T, strict=True)))
    if zone and library == "pandas":
        X = X.apply(lambda dates: dates.dt.tz_localize(zone))
    elif zone:
        X = X.with_columns(module.all().dt.replace_time_zone(zone))
    expected = small().fit(clock, y)
    clf = small().fit(X, y)
    assert_array_equal(clf.predict_proba(X), expected.predict_proba(clock))
    assert "a, hour = 1" in clf.input_names_


def test_dates_beyond_nanoseconds_are_read(small):
    early, late = datetime.date(1, 1, 1), datetime.date(9999, 12, 31)
    month = [datetime.timedelta(int(row % 30)) for row in range(N_ROWS)]
    X = [[late - day if label else early + day] for label, day in zip(y, month, strict=True)]
    clf = small().fit(X, y)
    assert {"x0, month = 1", "x0, month = 12", "x0, weekday = Monday"} < {*clf.input_names_}
    assert np.isfinite(clf.predict_proba(X)).all()


# Frames -------------------------------------------------------------------------------------------


def test_a_frame_with_two_columns_of_one_name_is_an_error_and_the_line_mends_it(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    for values in (VALUES, VALUES.astype(object), np.hstack([WORDS, WORDS[:, :1]])):
        X = pd.DataFrame(values, columns=["a", "a", "b"])
        with pytest.raises(ValueError, match=r"X has several columns of .*name, \['a'\]") as raised:
            small().fit(X, y)
        (line,) = lines(raised.value)
        assert mended(line, X).columns.is_unique


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("columns", [["b", "a", "c"], ["a", "b", "c", "extra"]])
def test_columns_in_another_order_or_too_many_are_put_right_by_the_line(small, library, columns):
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    make = module.table if library == "pyarrow" else module.DataFrame
    data = {"a": VALUES[:, 0], "b": WORDS[:, 0].tolist(), "c": VALUES[:, 1], "extra": VALUES[:, 2]}
    X = make({name: data[name] for name in "abc"})
    wrong = make({name: data[name] for name in columns})
    clf = small().fit(X, y)
    with pytest.raises(ValueError, match="The feature names should match") as raised:
        clf.predict_proba(wrong)
    (line,) = lines(raised.value)
    assert_array_equal(clf.predict_proba(mended(line, wrong)), clf.predict_proba(X))


@pytest.mark.parametrize("columns", [["a", "b"], ["a", "b", "d"]])
def test_columns_missing_or_renamed_are_scikit_learn_s_error(small, columns):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pd.DataFrame(VALUES, columns=[*"abc"]).assign(b=WORDS[:, 0])
    wrong = pd.DataFrame(VALUES[:, : len(columns)], columns=columns).assign(b=WORDS[:, 0])
    with pytest.raises(ValueError, match=r"(?s)yet now missing:\n- c") as raised:
        small().fit(X, y).predict(wrong)
    assert lines(raised.value) == []


def test_a_frame_without_columns_is_an_error_that_says_so(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    with pytest.raises(ValueError, match=r"X: Found array with 0 feature\(s\)"):
        small().fit(pd.DataFrame(index=range(N_ROWS)), y)


@pytest.mark.parametrize("kind", ["array", "list", "frame without names"])
def test_a_raw_table_without_names_is_read_by_position(small, kind):
    X = np.hstack([VALUES[:, :1].astype(object), np.array([["u"], ["v"]])[y], DAYS[:, :1]])
    clf = small().fit(X, y)
    other = X.tolist() if kind == "list" else X.copy()
    if kind == "frame without names":
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        other = pd.DataFrame(X)
    assert_array_equal(clf.predict_proba(other), clf.predict_proba(X))
    refit = small().fit(other, y)
    assert_array_equal(refit.input_names_, clf.input_names_)
    assert_array_equal(refit.predict_proba(X), clf.predict_proba(X))


def test_numbers_beside_text_stay_numbers_in_a_list_of_lists(small):
    X = [[value, "uv"[label]] for value, label in zip(VALUES[:, 0].tolist(), y, strict=True)]
    names = small().fit(X, y).input_names_.tolist()
    assert names == ["x0", "x1 = u", "x1 = v"]


def test_a_frame_at_fit_and_an_array_at_predict_is_a_warning_and_read_in_order(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pd.DataFrame(VALUES, columns=[*"abc"]).assign(b=WORDS[0][y], c=DAYS[:, 0])
    clf = small().fit(X, y)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        proba = clf.predict_proba(X.to_numpy())
    assert_array_equal(proba, clf.predict_proba(X))
    wrong = X[["b", "a", "c"]].to_numpy()
    with (
        pytest.warns(UserWarning, match="valid feature names"),
        pytest.raises(ValueError, match="the column 'a' holds text, but held numbers") as raised,
    ):
        clf.predict_proba(wrong)
    (line,) = lines(raised.value)
    assert mended(line, wrong)[0].isna().all()


def test_a_table_of_pyarrow_is_read_by_its_names(small):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pl = pytest.importorskip("polars", reason="polars is not installed")
    X, array = pa.table({"a": VALUES[:, 0], "b": [None, *VALUES[1:, 1]]}), VALUES[:, :2].copy()
    array[0, 1] = np.nan
    proba = small().fit(array, y).predict_proba(array)
    assert_array_equal(small().fit(X, y).predict_proba(X), proba)
    X = X.append_column("c", pa.array(WORDS[0][y])).append_column("d", pa.array(DAYS[:, 0]))
    frame = pl.from_arrow(X)
    proba = small().fit(X, y).predict_proba(X)
    assert_array_equal(proba, small().fit(frame, y).predict_proba(frame))
    for name, column, match in [
        ("e", pa.array(["$1", "$2"] * 30), "numbers as text"),
        ("f", pa.array([[1], [2]] * 30), "values of type list"),
        ("g", pa.array([np.inf, 1.0] * 30), "infinity"),
    ]:
        bad = X.append_column(name, column)
        with pytest.raises((TypeError, ValueError), match=f"{match}|'{name}'") as raised:
            small().fit(bad, y)
        for line in lines(raised.value):
            fit_mended(line, small, bad, y)


# categorical_features -----------------------------------------------------------------------------

CODES = np.column_stack([np.arange(N_ROWS) % 7, VALUES[:, 0], np.arange(N_ROWS) % 3])
CITY = [f"city = {code}" for code in range(7)]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["city"], {"city"}),
        ([0, 2], {"city", "kind"}),
        (np.array([2]), {"kind"}),
        ((0,), {"city"}),
        ([True, False, True], {"city", "kind"}),
        (np.array([False, False, True]), {"kind"}),
        ([], set()),
        ([False, False, False], set()),
        (None, set()),
        ("from_dtype", set()),
    ],
)
@pytest.mark.parametrize("library", ["pandas", "polars", None])
def test_codes_are_categories_by_name_position_or_mask(small, library, chosen, expected):
    X, names = CODES, ["x0", "x1", "x2"]
    if library:
        module = pytest.importorskip(library, reason=f"{library} is not installed")
        names = ["city", "number", "kind"]
        X = module.DataFrame(dict(zip(names, CODES.T, strict=True)))
    elif expected == {"city"}:
        chosen = [0]
    clf = small(categorical_features=chosen).fit(X, y)
    inputs = clf.input_names_.tolist()
    is_chosen = [name in expected for name in ["city", "number", "kind"]]
    for name, is_categorical, n_levels in zip(names, is_chosen, (7, 0, 3), strict=True):
        assert (name in inputs) is not is_categorical
        levels = [each for each in inputs if each.startswith(f"{name} = ")]
        assert levels == [f"{name} = {code}" for code in range(n_levels)] * is_categorical
    assert len(clf.predict(X)) == N_ROWS


@pytest.mark.parametrize(
    ("chosen", "match"),
    [
        ([-1], r"names \[-1\], which X does not have among its 3 columns; give"),
        ([3], r"names \[3\], which"),
        (["town", "city"], r"names \['town'\], which .* such as categorical_features=\['city',"),
        ([True], "is a mask of 1 values, but X has 3 columns; give"),
    ],
)
def test_columns_that_are_not_there_are_an_error_with_a_list_to_paste(small, chosen, match):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pd.DataFrame(CODES, columns=["city", "number", "kind"])
    with pytest.raises(ValueError, match=f"categorical_features {match}") as raised:
        small(categorical_features=chosen).fit(X, y)
    call = re.search(r"such as (categorical_features=.*)\.$", str(raised.value))[1]
    with pytest.warns(UserWarning, match="level of its own in 'number'"):
        small(**eval(f"dict({call})")).fit(X, y)


def test_names_without_a_frame_are_an_error(small):
    with pytest.raises(ValueError, match=r"names \['city'\].*categorical_features=\[0, 1\]"):
        small(categorical_features=["city"]).fit(CODES, y)


def test_a_sparse_table_of_categories_is_an_error_and_the_line_mends_it(small):
    X = sparse.csr_array(CODES)
    with pytest.raises(ValueError, match="X is sparse, and some of its columns") as raised:
        small(categorical_features=[0]).fit(X, y)
    (line,) = lines(raised.value)
    clf = fit_mended(line, small, X, y, categorical_features=[0])
    with pytest.raises(ValueError, match="X is sparse, and some of its columns"):
        clf.predict(X)


@pytest.mark.parametrize("chosen", [["city"], ["city", "kind"], [2], [True, False, True]])
def test_an_index_or_a_series_of_columns_is_what_its_list_is(small, chosen):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pd.DataFrame(CODES, columns=["city", "number", "kind"])
    as_list = small(categorical_features=chosen).fit(X, y)
    for kind in (pd.Index, pd.Series, pd.array):
        clf = small(categorical_features=kind(chosen)).fit(X, y)
        assert clf.input_names_.tolist() == as_list.input_names_.tolist()
        assert pickle.loads(pickle.dumps(clf)).predict(X).tolist() == clf.predict(X).tolist()


def test_text_that_categorical_features_leaves_out_is_an_error(small):
    X = np.hstack([WORDS.astype(object), VALUES])
    for chosen, match in [
        (None, r"2 columns, \[0, 1\], hold text, and categorical_features leaves it out"),
        ([1], "the column 0 holds text, and categorical_features leaves it out"),
    ]:
        with pytest.raises(ValueError, match=match) as raised:
            small(categorical_features=chosen).fit(X, y)
        (call,) = re.findall(r"give (categorical_features='\w+')", str(raised.value))
        small(**eval(f"dict({call})")).fit(X, y)


def test_booleans_that_categorical_features_leaves_out_are_numbers(small):
    flags = np.column_stack([VALUES[:, 0] > 0, VALUES[:, 1] > 0])
    as_objects = np.hstack([flags.astype(object), VALUES.astype(object)])
    numbers = np.hstack([flags, VALUES])
    clf = small(categorical_features=None).fit(as_objects, y)
    expected = small().fit(numbers, y)
    assert_array_equal(clf.predict_proba(as_objects), expected.predict_proba(numbers))


# What fit promises --------------------------------------------------------------------------------


def test_the_input_is_not_touched_and_a_failed_fit_leaves_all_as_it_was(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pd.DataFrame(
        {"n": VALUES[:, 0], "w": WORDS[0][y], "d": DAYS[:, 0], "f": VALUES[:, 1] > 0, "g": None}
    )
    before = X.copy()
    clf = small().fit(X, y)
    proba = clf.predict_proba(X)
    pd.testing.assert_frame_equal(X, before)
    for bad in (X.assign(w=[f"${value:.2f}" for value in VALUES[:, 0]]), X.assign(n=[[1]] * 60)):
        with pytest.raises((TypeError, ValueError)):
            clf.fit(bad, y)
        with pytest.raises((TypeError, ValueError)):
            clf.predict(bad.assign(n=WORDS[0][y]))
    assert_array_equal(clf.predict_proba(X), proba)


@pytest.mark.parametrize("n_rows", [1, 2])
def test_a_few_rows_are_predicted_as_they_are_among_many(small, n_rows):
    X = np.hstack([VALUES.astype(object), WORDS[0][y][:, np.newaxis], DAYS.astype(object)])
    clf = small().fit(X, y)
    assert_array_equal(clf.predict(X[:n_rows]), clf.predict(X)[:n_rows])
    np.testing.assert_allclose(clf.predict_proba(X[:n_rows]), clf.predict_proba(X)[:n_rows])


@pytest.mark.parametrize(
    ("levels", "warns"),
    [
        ([f"id {row}" for row in range(N_ROWS)], "60 levels in 60 rows"),
        ([f"id {row % 55}" for row in range(N_ROWS)], "55 levels in 60 rows"),
        ([f"id {row % 54}" for row in range(N_ROWS)], None),  # 90 %
        ([f"id {row}" if row < 21 else None for row in range(N_ROWS)], "21 levels in 21 rows"),
        ([f"id {row}" if row < 20 else None for row in range(N_ROWS)], None),
    ],
)
def test_a_level_for_nearly_every_row_is_a_warning(small, recwarn, levels, warns):
    X = np.column_stack([np.array(levels, object), VALUES.astype(object)])
    small().fit(X, y)
    assert len(recwarn) == bool(warns)
    if warns:
        assert f"level of its own in 0 ({warns})" in str(recwarn[0].message)
        assert recwarn[0].category is UserWarning
        assert recwarn[0].filename == __file__


def test_dates_numbers_and_rows_of_weight_0_are_no_ids(small, recwarn):
    X = np.column_stack([np.array([f"id {row}" for row in range(N_ROWS)], object), DAYS, VALUES])
    small().fit(X[:, 1:], y)
    small().fit(X, y, np.arange(N_ROWS) < 20)
    assert not recwarn.list

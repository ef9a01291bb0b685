"""Columns of a raw table as numbers: what is learnt, and what new rows may hold (`columns.py`)."""

import datetime
from dataclasses import asdict

import numpy as np
import pytest
from mending import lines, mended
from numpy.testing import assert_allclose, assert_array_equal

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.column_values import FORMS, TYPES
from sknumpynet.columns import HOLDS as SAID_TO_HOLD
from sknumpynet.columns import IN_PARTS, columns_from, learn_columns
from sknumpynet.containers import given_columns
from sknumpynet.engine.objective import Rows
from sknumpynet.remedies import AS_KIND
from sknumpynet.rows import Units, learn_target_means
from sknumpynet.tables import learn_table

N_ROWS = 60
rng = np.random.default_rng(0)
y = np.arange(N_ROWS) % 2
WORDS = np.array(["u", "v", "w"], object)[np.arange(N_ROWS) % 3]


def learn(X, weight=None, chosen=None, has_means=False):
    given = given_columns(X, is_raw=True)
    weight = np.ones(given.n_rows) if weight is None else np.asarray(weight, float)
    return learn_columns(given, weight, chosen, has_means), given


def column(*values):
    return np.array([[value] for value in values], object)


# What is learnt -----------------------------------------------------------------------------------


def test_a_date_is_what_the_calendar_says():
    moments = [
        datetime.datetime(1969, 2, 1) + datetime.timedelta(hours=int(hours))
        for hours in rng.integers(0, 10**6, 200)
    ]
    columns, given = learn(column(*moments, None))
    table = columns.read(given)
    first = min(moments).replace(hour=0)
    days = [(moment - first) / datetime.timedelta(1) for moment in moments]
    assert_allclose(table[:-1, 0], days)
    assert_array_equal(table[:-1, 1], [moment.day for moment in moments])
    assert_array_equal(table[-1, :2], [np.nan, np.nan])
    assert columns.names() == [
        *("x0, days", "x0, day of month", "x0, month", "x0, weekday", "x0, hour")
    ]
    month, weekday, hour = (
        [levels[int(number)] for number in table[:, at]]
        for at, levels in enumerate(columns.levels_by_number(), 2)
    )
    assert month == [*(moment.month for moment in moments), None]
    assert weekday == [*(moment.strftime("%A") for moment in moments), None]
    assert hour == [*(moment.hour for moment in moments), None]


def test_days_before_the_first_are_negative_and_times_after_days_alone_are_fractions():
    columns, _ = learn(column(datetime.date(2020, 1, 5), datetime.date(2020, 1, 6)))
    assert len(columns.names()) == 4  # no hour
    new = column(datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 5, 6))
    assert_array_equal(columns.read(given_columns(new))[:, 0], [-4, 0.25])


def test_dates_of_weight_0_do_not_count_for_the_first():
    X = column(
        datetime.datetime(2019, 1, 1, 5), datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)
    )
    columns, given = learn(X, [0, 1, 1])
    assert_array_equal(columns.read(given)[:, 0], [-365 + 5 / 24, 0, 1])
    assert len(columns.names()) == 4


def test_the_heaviest_level_is_first_then_the_name_counts():
    columns, given = learn(column("b", "c", "a", "c", None, "d"), [1, 1, 1, 1, 1, 0])
    assert columns.levels_by_number() == [["c", "a", "b", None]]
    assert_array_equal(columns.read(given)[:, 0], [2, 0, 1, 0, 3, -1])
    new = given_columns(column("e", "a", None, ""))
    assert_array_equal(columns.read(new)[:, 0], [-1, 1, 3, -1])


def test_a_level_of_weight_2_is_the_level_twice():
    words = rng.choice(["a", "b", "c", "d"], 30)
    weight = rng.integers(0, 4, 30)
    columns, _ = learn(column(*words), weight)
    repeated, _ = learn(column(*np.repeat(words, weight)))
    assert columns.levels_by_number() == repeated.levels_by_number()
    assert columns.levels_by_number() == learn(column(*words), weight * 0.3)[0].levels_by_number()


def test_means_stand_between_numbers_and_levels():
    many = [f"level {row % 21}" for row in range(N_ROWS)]
    few = [f"level {row % 20}" for row in range(N_ROWS)]
    X = np.array([many, rng.normal(size=N_ROWS), few], object).T
    columns, _ = learn(X, has_means=True)
    assert columns.names() == ["x1", "x0, target mean", "x0", "x2"]
    assert learn(X)[0].names() == ["x1", "x0", "x2"]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["f4", "f4"], "float32"),
        (["f4", "f8"], "float64"),
        (["f4", "O"], "float32"),
        (["f4", "M8[us]"], "float64"),
        (["O"], "float64"),
        (["f4", "i4"], "float64"),
    ],
)
def test_a_table_is_float32_if_all_its_numbers_are(kinds, expected):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    data = {
        str(at): ["u", "v"] * 3 if kind == "O" else np.arange(6).astype(kind)
        for at, kind in enumerate(kinds)
    }
    columns, given = learn(pd.DataFrame(data))
    assert columns.dtype == expected
    assert columns.read(given).dtype == expected


def test_columns_are_the_same_after_they_were_plain():
    X = np.array([WORDS, rng.normal(size=N_ROWS), [datetime.date(2020, 1, 1)] * N_ROWS], object).T
    X[3] = None
    columns, given = learn(X)
    again = columns_from(asdict(columns))
    assert again == columns
    assert_array_equal(again.read(given), columns.read(given))
    for level in (level for levels in columns.levels_by_number() for level in levels):
        assert type(level) in (str, int, type(None))


def test_levels_are_of_python_s_own_types():
    X = np.array([[np.str_("a"), np.True_, np.int64(3)]] * 4, object)
    columns, _ = learn(X, chosen={0, 1, 2})
    kinds = [type(level) for (level,) in columns.levels_by_number()]
    assert kinds[:2] == [str, bool]
    assert kinds[2] in (int, float)


# What new rows may hold ---------------------------------------------------------------------------

COLUMNS = {
    "number": rng.normal(size=N_ROWS).tolist(),
    "flag": (rng.random(N_ROWS) > 0.5).tolist(),
    "text": np.array(["red", "blue"], object)[y].tolist(),
    "date": [datetime.datetime(2020, 1, 1) + datetime.timedelta(row) for row in range(N_ROWS)],
    "mixed": [1, "a"] * 30,
    "list": [[1], [2]] * 30,
}
HELD = {"number": "numbers", "flag": "booleans", "text": "text", "date": "dates"}
HOLDS = HELD | {"mixed": "numbers mixed with text", "list": "values of type list"}
ALIKE = {("number", "flag"), ("flag", "number")}


@pytest.mark.parametrize("kind", sorted({*SAID_TO_HOLD, *IN_PARTS}))
def test_a_kind_of_column_is_known_wherever_kinds_are_told_apart(kind):
    assert kind in TYPES
    assert kind in FORMS or kind in ("flag", "text")
    assert kind in SAID_TO_HOLD
    assert kind in AS_KIND


@pytest.mark.parametrize("kind", IN_PARTS)
def test_a_kind_of_column_is_tried_in_every_container(kind):
    assert HELD[kind] == SAID_TO_HOLD[kind]
    assert kind in COLUMNS


def table_of(container, values, words=WORDS):
    if container == "array":
        X = np.empty((len(values), 2), object)
        X[:, 0], X[:, 1] = words[: len(values)], None
        for row, value in enumerate(values):
            X[row, 1] = value
        return X
    module = pytest.importorskip(container, reason=f"{container} is not installed")
    if container == "polars" and len(set(map(type, values))) > 1:
        values = module.Series(values, dtype=module.Object)
    return module.DataFrame({"word": words[: len(values)].tolist(), "what": values})


@pytest.mark.parametrize("container", ["pandas", "polars", "array"])
@pytest.mark.parametrize("fitted", HELD)
@pytest.mark.parametrize("given", COLUMNS)
def test_new_rows_must_hold_what_those_of_fit_held(small, container, fitted, given):
    clf = small().fit(table_of(container, COLUMNS[fitted]), y)
    X = table_of(container, COLUMNS[given])
    if fitted == given or (fitted, given) in ALIKE:
        assert np.isfinite(clf.predict_proba(X)).all()
        return
    name = 1 if container == "array" else "what"
    match = f"the column {name!r} holds {HOLDS[given]}, but held {HELD[fitted]} in fit; give what"
    with pytest.raises(ValueError, match=match) as raised:
        clf.predict(X)
    (line,) = lines(raised.value)
    assert np.isfinite(clf.predict_proba(mended(line, X))).all()
    with pytest.raises(ValueError, match=f"X_val: {match}|X: {match}"):
        clf.fit(table_of(container, COLUMNS[fitted]), y, X_val=X, y_val=y)


def test_all_columns_of_the_same_fault_are_named_and_mended_by_one_line(small):
    X = np.column_stack([WORDS, WORDS, rng.normal(size=N_ROWS), WORDS])
    clf = small().fit(X, y)
    wrong = X.copy()
    wrong[:, [0, 1, 3]] = 1.5
    with pytest.raises(ValueError, match=r"3 columns, \[0, 1, 3\], hold numbers, but") as raised:
        clf.predict(wrong)
    (line,) = lines(raised.value)
    clf.predict(mended(line, wrong))


def test_intervals_take_text_but_no_numbers(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    values = np.arange(N_ROWS) / 20
    X = pd.DataFrame({"what": pd.cut(values, [-1, 1, 2, 3])})
    clf = small().fit(X, y)
    assert_array_equal(clf.predict_proba(X.astype(str)), clf.predict_proba(X))
    with pytest.raises(ValueError, match="holds numbers, but held categories in fit"):
        clf.predict(pd.DataFrame({"what": values}))


MISSING = [None, float("nan"), np.datetime64("NaT", "s")]


@pytest.mark.parametrize("container", ["pandas", "polars", "array"])
@pytest.mark.parametrize("fitted", HELD)
def test_a_column_may_be_all_missing_at_predict(small, container, fitted):
    values = COLUMNS[fitted].copy()
    values[::5] = [None] * len(values[::5])
    X = table_of(container, values)
    clf = small().fit(X, y)
    row = clf.predict_proba(X)[:1]
    for missing in MISSING[:1] if container == "polars" else MISSING:
        gap = table_of(container, [missing])
        assert_allclose(clf.predict_proba(gap), row)
    if container == "pandas":
        for dtype in ("float64", "Float64", "datetime64[ns]", "string", "category", "boolean"):
            gap = table_of(container, [None]).astype({"what": dtype})
            assert_allclose(clf.predict_proba(gap), row)


@pytest.mark.parametrize("kind", COLUMNS)
def test_of_a_column_that_was_all_missing_nothing_is_known(small, kind):
    clf = small().fit(table_of("array", [None] * N_ROWS), y)
    proba = clf.predict_proba(table_of("array", [None] * N_ROWS))
    assert_array_equal(clf.predict_proba(table_of("array", COLUMNS[kind])), proba)


def test_numbers_fitted_alone_take_booleans_and_gaps_but_no_text(small):
    numbers = np.column_stack([rng.normal(size=N_ROWS), y])
    clf = small().fit(numbers, y)
    given = numbers.astype(object)
    given[:, 1] = y.astype(bool)
    assert_array_equal(clf.predict_proba(given), clf.predict_proba(numbers))
    given[:, 1] = None
    gaps = numbers.copy()
    gaps[:, 1] = np.nan
    assert_array_equal(clf.predict_proba(given), clf.predict_proba(gaps))
    with pytest.raises(ValueError, match="the column 1 holds text, but held numbers"):
        clf.predict(np.column_stack([y.astype(object), WORDS]))


def test_levels_with_an_input_have_no_target_mean_though_other_rows_follow(small):
    """Which levels have inputs was settled by the first fit, not by what is frequent now."""
    numbers = rng.permutation(np.repeat(np.arange(40), [20] * 30 + [2] * 10))
    labels = np.arange(620) % 3 == 0
    X, reversed_ = (
        column(*(f"level {number:02d}" for number in of)) for of in (numbers, 39 - numbers)
    )
    clf = small(warm_start=True).fit(X, labels)
    with_input = {name.partition(" = ")[2] for name in clf.input_names_ if " = " in name}
    assert len(with_input) == 30
    clf.fit(reversed_, labels)
    ((_, part),) = clf._columns.means
    assert set(np.array(part.levels)[part.means[:-1] == part.means[-1]]) == with_input


@pytest.mark.parametrize("sizes", [(4,), (40,), (8, 2), (8, 3)])
@pytest.mark.parametrize("early_stopping", ["auto", False])
def test_few_different_rows_of_levels_are_learnt_though_labels_are_clean(
    small, sizes, early_stopping
):
    """Copies count as one row elsewhere, and no level would have three."""
    numbers = np.indices(sizes).reshape(len(sizes), -1).repeat(20, axis=1)
    X = np.array([[f"level {number}" for number in row] for row in numbers.T], object)
    labels = numbers[0] * 7 % 5 % 2
    clf = small(hidden_layer_sizes=(32,), max_iter=100, early_stopping=early_stopping)
    assert clf.fit(X, labels).score(X, labels) == 1


def test_levels_within_levels_have_inputs_though_equal_rows_are_few(small):
    rng = np.random.default_rng(0)
    city = rng.integers(0, 40, 2000)
    X = np.array([[f"city {number}", f"land {number % 5}"] for number in city], object)
    labels = rng.random(2000) < np.linspace(0.1, 0.9, 40)[city]
    clf = small(max_iter=30).fit(X, labels)
    assert sum(name.startswith("x0 = ") for name in clf.input_names_) == 30
    assert clf.oof_log_loss_ < 0.6


def test_folds_of_target_means_do_not_share_out_equal_rows_evenly():
    """Each level has as many rows of either label; dealt evenly, all folds would say so."""
    numbers = np.repeat(np.arange(40), 32)
    X = np.array([[f"level {number}"] for number in numbers], object)
    clf = NumpyMLPBinaryClassifier(max_iter=1)
    table, columns = learn_table(clf, X)
    rows = Rows.counted(table, np.arange(len(X)) % 2 > 0, np.ones(len(X)))
    learn_target_means(columns, rows, Units.of(rows, columns, 0), None)
    assert np.ptp(table[:, 0]) > 0.1

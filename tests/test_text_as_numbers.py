"""Text that reads as numbers or dates is refused, and the lines make it what it is."""

import datetime

import numpy as np
import pytest
from mending import fit_mended, lines, mended
from numpy.testing import assert_allclose

from sknumpynet.text_as_numbers import fault_of_text

N_ROWS = 60
rng = np.random.default_rng(0)
NUMBERS = np.round(np.exp(rng.normal(7, 2, N_ROWS)), 2)
y = np.arange(N_ROWS) % 2
EUROPEAN = str.maketrans(",.", ".,")
SPELLINGS = {  # how numbers are written, and which numbers
    "plain": (lambda number: f"{number:.2f}", NUMBERS),
    "blanks around": (lambda number: f"  {number:.2f} ", NUMBERS),
    "whole": (lambda number: f"{number:.0f}", NUMBERS.round()),
    "signs": (lambda number: f"{number:+.2f}", NUMBERS),
    "exponents": (lambda number: f"{number:.8E}", NUMBERS),
    "no zero before the point": (lambda number: f"{number:.2f}"[1:], (NUMBERS % 1).round(2)),
    "thousands": (lambda number: f"{number:,.2f}", NUMBERS),
    "whole thousands": (lambda number: f"{number:,.0f}", 1000 * NUMBERS.round()),
    "dollars": (lambda number: f"${number:.2f}", NUMBERS),
    "losses in dollars": (lambda number: f"-${-number:,.2f}", -NUMBERS),
    "pounds": (lambda number: f"£{number:,.0f}", NUMBERS.round()),
    "per cent": (lambda number: f"{number:.1f}%", NUMBERS.round(1)),
    "per cent with a blank": (lambda number: f"{number:.1f} %", NUMBERS.round(1)),
    "decimal comma": (lambda number: f"{number:.2f}".translate(EUROPEAN), NUMBERS),
    "three digits after the comma": (lambda share: f"{share:.3f}".translate(EUROPEAN), NUMBERS % 1),
    "German": (lambda number: f"{number:,.2f}".translate(EUROPEAN), NUMBERS),
    "French": (lambda number: f"{number:,.2f} €".translate({44: "\u202f", 46: ","}), NUMBERS),
    "Swiss": (lambda number: f"{number:,.2f}".replace(",", "'"), NUMBERS),
}
GAPS = ["", " ", "?", "-", "NA", "n/a", "None", "unknown"]


def table_of(container, texts):
    """A table with a column of texts, the column's name, and how its values are had."""
    if container == "array":
        return np.column_stack([np.array(texts, object), np.arange(len(texts))]), 0
    if container == "list":
        return [[text, row] for row, text in enumerate(texts)], 0
    module = pytest.importorskip(container, reason=f"{container} is not installed")
    make = module.table if container == "pyarrow" else module.DataFrame
    return make({"the column": texts, "row": np.arange(len(texts))}), "the column"


every_container = pytest.mark.parametrize(
    "container", ["pandas", "polars", "pyarrow", "array", "list"]
)


@every_container
@pytest.mark.parametrize("gap", [None, "", " ", "?"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_numbers_as_text_are_refused_and_the_line_makes_them_numbers(small, container, name, gap):
    written, expected = SPELLINGS[name]
    texts, expected = list(map(written, expected)), expected.copy()
    if gap is not None:
        texts[::9], expected[::9] = [gap] * len(texts[::9]), np.nan
    X, column = table_of(container, texts)
    with pytest.raises(ValueError, match=f"the column {column!r} holds numbers as text") as raised:
        small().fit(X, y)
    assert (f" beside {gap!r};" in str(raised.value)) is (gap is not None)
    line = lines(raised.value)[0]
    assert_allclose(np.asarray(mended(line, X)[column], float), expected, rtol=1e-8)
    fit_mended(line, small, X, y)


@every_container
def test_what_only_names_something_is_a_category_by_the_other_line(small, container):
    X, column = table_of(container, ["10001", "94110", "60601"] * 20)
    with pytest.raises(ValueError, match="numbers as text") as raised:
        small().fit(X, y)
    clf = fit_mended(lines(raised.value)[1], small, X, y)
    name = f"x{column}" if column == 0 else column
    assert {f"{name} = 10001", f"{name} = 60601", f"{name} = 94110"} < {*clf.input_names_}


DATES = [
    *("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y-%m-%d %H:%M"),
    *("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y %I:%M:%S %p"),
]


@every_container
@pytest.mark.parametrize("gap", [None, "", "?"])
@pytest.mark.parametrize("written", DATES)
def test_dates_as_text_are_refused_and_the_line_makes_them_dates(small, container, written, gap):
    days = [datetime.datetime(2020, 1, 15) + datetime.timedelta(row) for row in range(N_ROWS)]
    texts = [day.strftime(written) for day in days]
    if gap is not None:
        texts[::9] = [gap] * len(texts[::9])
    X, column = table_of(container, texts)
    with pytest.raises(ValueError, match=f"column {column!r} holds dates as text") as raised:
        small().fit(X, y)
    to_dates, _ = lines(raised.value)
    dates = np.asarray(mended(to_dates, X)[column], "M8[us]")
    expected = np.array(days, "M8[us]")
    if gap is not None:
        expected[::9] = "NaT"
    np.testing.assert_array_equal(dates, expected)
    fit_mended(to_dates, small, X, y)


@every_container
@pytest.mark.parametrize("day_first", ["%d/%m/%Y", "%d-%m-%Y %H:%M"])
def test_where_the_day_may_be_first_or_the_month_both_formats_are_told(small, container, day_first):
    days = [datetime.datetime(2020 + row // 12, 1 + row % 12, 1) for row in range(N_ROWS)]
    X, _ = table_of(container, [day.strftime(day_first) for day in days])
    with pytest.raises(ValueError, match=f"where the day is first, write '{day_first}' in it"):
        small().fit(X, y)
    X, _ = table_of(container, [day.replace(day=13).strftime(day_first) for day in days])
    with pytest.raises(ValueError, match=day_first) as raised:
        small().fit(X, y)
    assert "month first" not in str(raised.value)


@every_container
@pytest.mark.parametrize("name", ["dollars", "per cent", "French", "plain"])
def test_numbers_as_text_in_new_rows_become_the_same_numbers(small, container, name):
    written, numbers = SPELLINGS[name]
    X, _ = table_of(container, [float(number) for number in numbers])
    clf = small().fit(X, y)
    texts, _ = table_of(container, list(map(written, numbers)))
    with pytest.raises(ValueError, match="holds text, but held numbers in fit") as raised:
        clf.predict(texts)
    (line,) = lines(raised.value)
    given = np.asarray(texts, object) if container == "list" else texts
    assert_allclose(clf.predict_proba(mended(line, given)), clf.predict_proba(X), atol=1e-6)


@every_container
@pytest.mark.parametrize("written", ["%d.%m.%Y", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ"])
def test_dates_as_text_in_new_rows_become_the_same_dates(small, container, written):
    days = [datetime.datetime(2020, 1, 15) + datetime.timedelta(row) for row in range(N_ROWS)]
    X, _ = table_of(container, days)
    clf = small().fit(X, y)
    texts, _ = table_of(container, [day.strftime(written) for day in days])
    with pytest.raises(ValueError, match="holds text, but held dates in fit") as raised:
        clf.predict(texts)
    (line,) = lines(raised.value)
    given = np.asarray(texts, object) if container == "list" else texts
    np.testing.assert_array_equal(clf.predict_proba(mended(line, given)), clf.predict_proba(X))


@pytest.mark.parametrize("text", ["abc", "12 kg"])
def test_a_line_that_makes_text_missing_says_so(small, text):
    X, _ = table_of("array", NUMBERS.tolist())
    clf = small().fit(X, y)
    for column in ([text] * N_ROWS, [text, *NUMBERS[1:].tolist()]):
        new, _ = table_of("array", column)
        with pytest.raises(ValueError, match=r"Text that it cannot read becomes missing\.$"):
            clf.predict(new)


NAMES = {
    "units": ["12 kg", "13 kg"],
    "postcodes": ["02139", "10001", "94110"],
    "zeros before": ["001", "002", "010"],
    "addresses": ["10.0.0.1", "192.168.0.1"],
    "versions": ["1.2", "1.2.3"],
    "times": ["12:30", "08:15"],
    "open ends": ["0", "1", "2", "3+"],
    "ranges": ["18-24", "25-34"],
    "telephones": ["555-1234", "555-9876"],
    "inches": ['5"', '6"'],
    "words": ["low", "high"],
    "days of no one form": ["2020-01-31", "31/01/2020"],
    "no days": ["2020-13-45", "2020-99-99"],
    "gaps alone": GAPS,
    "nothing": [],
    "infinity": ["inf", "-inf"],
    "a sign": ["$", "%", "+"],
    "letters of numbers": ["e5", "1e"],
}


@pytest.mark.parametrize("kind", NAMES)
def test_what_only_looks_like_numbers_is_text(small, kind):
    assert fault_of_text(NAMES[kind]) is None
    if NAMES[kind]:
        X = np.array([[NAMES[kind][row % len(NAMES[kind])], row] for row in range(N_ROWS)], object)
        assert {name.split(" = ")[0] for name in small().fit(X, y).input_names_} == {"x0", "x1"}


def test_of_many_levels_nearly_all_make_numbers():
    numbers = [f"{number / 7:.3f}" for number in range(1, 96)]
    strange = [f"<{number}" for number in range(6)]
    assert (
        fault_of_text(numbers + strange[:5]).such_as == ", such as '0.143' beside '<0', '<1', '<2'"
    )
    assert fault_of_text(numbers + strange) is None
    assert fault_of_text(numbers[:18] + strange[:1]) is None  # few levels
    assert fault_of_text(numbers[:19] + strange[:1]) is not None


def test_a_category_may_hold_numbers_as_text(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pd.DataFrame({"a": pd.Categorical(["$1", "$2"] * 30), "row": np.arange(60)})
    assert small().fit(X, y).input_names_.tolist() == ["row", "a = $1", "a = $2"]
    array = X.to_numpy()
    expected = small(categorical_features=[0]).fit(array, y)
    np.testing.assert_array_equal(small().fit(X, y).predict_proba(X), expected.predict_proba(array))


def test_rows_of_weight_0_are_no_reason_to_refuse(small):
    X = np.array([["low" if row < 40 else "$12", row] for row in range(N_ROWS)], object)
    X[::2, 0] = "high"
    small().fit(X, y, np.arange(N_ROWS) < 40)


@pytest.mark.parametrize("container", ["pandas", "polars", "array"])
def test_columns_of_one_spelling_are_mended_by_one_line(small, container):
    dollars = [f"${number:,.2f}" for number in NUMBERS]
    shares = [f"{number % 100:.1f}%" for number in NUMBERS]
    if container == "array":
        X, names = np.array([dollars, NUMBERS, shares], object).T, [0, 2]
    else:
        module = pytest.importorskip(container, reason=f"{container} is not installed")
        X, names = module.DataFrame({"a": dollars, "b": NUMBERS, "c": shares}), ["a", "c"]
    with pytest.raises(ValueError, match="hold numbers as text, such as ") as raised:
        small().fit(X, y)
    assert f"2 columns, {names}, hold" in str(raised.value)
    fit_mended(lines(raised.value)[0], small, X, y)


def test_two_hundred_columns_are_all_named(small):
    X = np.full((30, 300), "$1", dtype=object)
    with pytest.raises(ValueError, match="300 columns") as raised:
        small().fit(X, np.arange(30) % 2)
    assert str(list(range(300))) in str(raised.value)

"""Laws of the estimator on raw tables: gaps, texts, categories, dates.

    pytest tests/test_laws_of_raw_tables.py                                # some examples
    pytest tests/test_laws_of_raw_tables.py --hypothesis-profile=thorough  # 2,000 a law

As in `test_laws`, most laws hold bit for bit, and those that change the order of a sum to rounding.
"""

import copy
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from learnt import PREDICTIONS, assert_learnt_the_same
from numpy.testing import assert_allclose, assert_array_equal
from test_laws import (
    COPIES,
    FEW_STEPS,
    FULL_BATCH,
    NO_FOLDS,
    PASSES,
    SAME_SUMS,
    SCALED,
    Table,
    assert_predicted_alike,
    assert_trained_alike,
    begun,
    by_network,
    law,
    nearly,
    parameters,
    pytestmark,  # noqa: F401, the same warnings are no news
)

from sknumpynet import explain
from sknumpynet.fitted import as_fitted, stack_of

pd = pytest.importorskip("pandas", reason="pandas is not installed")

# Raw tables ---------------------------------------------------------------------------------------

MANY = [f"place {number}" for number in range(24)]
DAY_ZERO = np.datetime64("2024-02-25T00:00:00", "us")


def some_of(levels, gap=0.1):
    """A column of some levels, the first ones more often, and of gaps."""

    def draw(rng, n_rows):
        values = np.array([*levels, None], object)
        share = np.append((1 - gap) * np.arange(len(levels), 0, -1.0), 0)
        share[-1] = gap / (1 - gap) * share.sum()
        return values[rng.choice(len(values), n_rows, p=share / share.sum())]

    return draw


def many(rng, n_rows):
    """A column of more than 20 levels, which therefore has a target mean."""
    values = some_of(MANY)(rng, n_rows)
    values[: len(MANY)] = rng.permutation(MANY)
    return values


def days(rng, n_rows):
    """Days over some months, with gaps."""
    dates = DAY_ZERO + rng.integers(0, 200, n_rows).astype("timedelta64[D]")
    return np.where(rng.random(n_rows) < 0.1, np.datetime64("NaT", "s"), dates)


def times(rng, n_rows):
    """With times of day, whose hours are more than 20 levels."""
    return days(rng, n_rows) + rng.integers(0, 24, n_rows).astype("timedelta64[h]")


def with_gaps(draw):
    return lambda rng, n: np.where(rng.random(n) < 0.2, np.nan, draw(rng, n))


COLUMNS = {
    "number": lambda rng, n: rng.normal(size=n),
    "gaps": with_gaps(lambda rng, n: rng.normal(size=n)),
    "whole": with_gaps(lambda rng, n: rng.integers(-2, 4, n)),
    "text": some_of(["red", "green", "blue", "rare", "rarer"]),
    "category": some_of(["small", "large", "larger"]),
    "flag": some_of([True, False]),
    "many": many,
    "days": days,
    "times": times,
}
FEW_LEVELS = [name for name in COLUMNS if name not in ("many", "times")]


class RawTable(NamedTuple):
    """A raw table in few words; the first column is of numbers without gaps."""

    kinds: tuple
    n_rows: int
    seed: int

    @property
    def columns(self):
        """Arrays by name: floats with NaN, dates with NaT, objects with None."""
        rng = np.random.default_rng(self.seed)
        return {
            f"{kind} {at}": COLUMNS[kind](rng, self.n_rows)
            for at, kind in enumerate(("number", *self.kinds))
        }

    @property
    def data(self):
        """The columns, labels that go by the first of them and by levels, and weights."""
        rng, columns = np.random.default_rng(self.seed + 1), self.columns
        score = columns["number 0"] + rng.normal(size=self.n_rows) / 2
        for values in columns.values():
            if values.dtype == object:
                score += np.array([len(str(value)) % 3 for value in values])
        y = (score > np.median(score)).astype(int)
        y[:4] = 0, 0, 1, 1
        return columns, y, 0.1 + rng.random(self.n_rows)

    counts = Table.counts

    @property
    def judges(self):
        """Other rows of the same kind, for `fit` to judge by, some of unknown levels."""
        columns, y, weight = self._replace(seed=self.seed + 2).data
        for name, values in columns.items():
            if values.dtype == object and not name.startswith("flag"):
                values[::7] = "unheard of"
        return {"X_val": frame(columns), "y_val": y, "sample_weight_val": weight}


def raw_tables(kinds=tuple(COLUMNS), n_rows=None, n_columns=4):
    n_rows = st.integers(40, 60) | st.integers(100, 120) if n_rows is None else n_rows
    some = st.lists(st.sampled_from(kinds), min_size=1, max_size=n_columns).map(tuple)
    return st.builds(RawTable, some, n_rows, st.integers(0, 2**32 - 4))


def cases(kinds=tuple(COLUMNS), **choices):
    """Any raw table, and parameters."""
    return st.tuples(raw_tables(kinds), parameters(**choices))


def well_posed(kinds=tuple(COLUMNS), **choices):
    """Tables and parameters with which a difference in the last digit stays one, see `test_laws`.

    "standard" and None leave days since the first as large as they are, or folded into weights.
    """
    choices |= {"epsilon": [1e-3], "learning_rate_init": ["auto", 0.01, 0.1]}
    return cases(kinds, **{"scale_inputs": ["robust"]} | choices).filter(
        lambda case: case[1].get("solver") != "lbfgs"
    )


def judges(table, params):
    """Rows to judge by, unless early_stopping=False forbids them."""
    return {} if params.get("early_stopping") is False else table.judges


def taken(columns, rows):
    return {name: values[rows] for name, values in columns.items()}


def frame(columns, levels=None):
    """A frame of pandas. Columns named so are of dtype category, of all or of these levels."""

    def series(name, values):
        if not name.startswith("category"):
            return values
        declared = levels or ["small", "large", "larger", "unused", "unheard of"]
        return pd.Categorical(values, categories=declared)

    return pd.DataFrame({name: series(name, values) for name, values in columns.items()})


def polars_frame(columns):
    pl = pytest.importorskip("polars", reason="polars is not installed")

    def series(name, values):
        values = pl.Series(name, values.tolist() if values.dtype == object else values)
        return values.cast(pl.Categorical) if name.startswith("category") else values

    return pl.DataFrame([series(*column) for column in columns.items()])


def object_array(columns):
    return np.column_stack([values.astype(object) for values in columns.values()])


def exactness(clf):
    """The tolerance to rounding of the arithmetic that it trains in."""
    is_single = clf.coefs_[0].dtype == np.float32
    return {"rtol": 2e-3, "atol": 2e-4} if is_single else nearly(clf)


def assert_learnt_alike(clf, X, other, other_X):
    """To rounding."""
    assert_array_equal(clf.input_names_, other.input_names_)
    assert_trained_alike(clf, X, other, other_X, **exactness(clf))


# Weights ------------------------------------------------------------------------------------------


@law
@given(case=well_posed(**SAME_SUMS))
def test_a_weight_counts_rows(small, case):
    table, params = case
    (columns, y, _), times = table.data, table.counts
    X, rows = frame(columns), np.repeat(np.arange(len(y)), times)
    weighted = small(**params).fit(X, y, times)
    repeated = small(**params).fit(frame(taken(columns, rows)), y[rows])
    assert_learnt_alike(weighted, X, repeated, X)
    if hasattr(weighted, "oof_proba_"):
        of_copies = np.repeat(weighted.oof_proba_, times, axis=0)
        assert_allclose(repeated.oof_proba_, of_copies, **exactness(weighted))


@law
@given(case=well_posed(**FEW_STEPS), unit=st.integers(2, 1000), ratio=st.sampled_from([1, 5]))
def test_whole_weights_are_no_counts_but_ratios(small, case, unit, ratio):
    """One weight for all is none; 5 and 25 are 1 and 5."""
    table, params = case
    columns, y, _ = table.data
    X, weight = frame(columns), np.where(y, ratio, 1)
    clf = small(**params).fit(X, y, None if ratio == 1 else weight)
    in_units = params | {"alpha": params.get("alpha", 0) * unit}  # set against the weights
    assert_learnt_alike(small(**in_units).fit(X, y, weight * unit), X, clf, X)


@law
@given(case=well_posed(numeric_bins=[0, 3], **SAME_SUMS | NO_FOLDS))
def test_a_table_given_twice_is_the_table(small, case):
    table, params = case
    (columns, y, weight), val = table.data, judges(table, params)
    X, rows = frame(columns), np.tile(np.arange(len(y)), 2)
    once = small(**params).fit(X, y, weight, **val)
    twice = small(**params | {"alpha": 2 * params.get("alpha", 0)})
    twice.fit(frame(taken(columns, rows)), y[rows], weight[rows], **val)
    assert_learnt_alike(twice, X, once, X)


@law
@given(case=cases(), seed=st.integers(0, 99))
def test_rows_of_weight_zero_teach_nothing(small, case, seed):
    """Their levels stay unknown, their dates begin no count, and their values fill no gap."""
    table, params = case
    columns, y, weight = table.data
    counts = np.random.default_rng(seed).random(len(y)) < 0.7
    counts[:4] = True
    far_off = {"f": 1e9, "M": np.datetime64("1999-12-31T23:00", "us"), "O": "unheard of"}
    elsewhere = {
        name: np.where(
            counts, values, True if name.startswith("flag") else far_off[values.dtype.kind]
        )
        for name, values in columns.items()
    }
    weighted = small(**params).fit(frame(elsewhere), y, weight * counts)
    if hasattr(weighted, "oof_proba_"):
        weighted.oof_proba_ = weighted.oof_proba_[counts]
    left_out = small(**params).fit(frame(taken(columns, counts)), y[counts], weight[counts])
    assert_learnt_the_same(weighted, left_out)
    X = frame(elsewhere)
    assert_array_equal(weighted.predict_proba(X), left_out.predict_proba(X))


@law
@given(table=raw_tables(n_rows=st.integers(90, 110)), more=st.integers(1, 40))
def test_neither_weights_nor_copies_change_the_arithmetic(small, table, more):
    """Of a table of many rows it is float32, and a stream stays as it began."""
    columns, y, _ = table._replace(kinds=(*table.kinds, "text")).data
    rows = np.append(np.arange(len(y)), np.arange(more))
    left_out = np.append(np.ones(len(y)), np.zeros(more))
    cases = [(slice(None), np.bincount(rows)), (rows, None), (rows, left_out)]
    for some, weight in cases:
        X = frame(taken(columns, some))
        fitted = small().fit(X, y[some], weight)
        streamed = small().partial_fit(X, y[some], [0, 1], weight)
        first = streamed.coefs_[0].dtype
        streamed.partial_fit(X[:9], y[:9])
        assert first == streamed.coefs_[0].dtype == fitted.coefs_[0].dtype
        assert (first == np.float32) == (len(y) >= 100)


# Order and names ----------------------------------------------------------------------------------


@law
@given(case=well_posed(**SAME_SUMS), seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(small, case, seed):
    table, params = case
    columns, y, weight = table.data
    order = np.random.default_rng(seed).permutation(len(y))
    X = frame(columns)
    clf = small(**params).fit(X, y, weight)
    other = small(**params).fit(X.iloc[order], y[order], weight[order])
    assert_learnt_alike(other, X, clf, X)
    assert hasattr(clf, "oof_proba_") == hasattr(other, "oof_proba_")
    if hasattr(clf, "oof_proba_"):
        assert_allclose(other.oof_proba_, clf.oof_proba_[order], **exactness(clf))


@law
@given(case=well_posed(FEW_LEVELS, **NO_FOLDS), seed=st.integers(0, 99))
def test_the_order_of_the_columns_does_not_matter(small, case, seed):
    """Once the first weights are in that order too; folds go by a key of the columns in theirs.

    So do the folds of target means.
    """
    table, params = case
    (columns, y, weight), val = table.data, judges(table, params)
    X = frame(columns)
    names = list(X.columns[np.random.default_rng(seed).permutation(X.shape[1])])
    clf, other = (begun(small(**params), each, y) for each in (X, X[names]))
    mine, theirs = (np.argsort(each.input_names_, kind="stable") for each in (clf, other))
    assert_array_equal(clf.input_names_[mine], other.input_names_[theirs])
    weights = np.empty_like(clf.coefs_[0])
    weights[..., theirs, :] = clf.coefs_[0][..., mine, :]
    other.coefs_, other.intercepts_ = [weights, *clf.coefs_[1:]], clf.intercepts_
    clf.fit(X, y, weight, **val)
    if val:
        val["X_val"] = val["X_val"][names]
    other.fit(X[names], y, weight, **val)
    assert_trained_alike(other, X[names], clf, X, **exactness(clf))


@law
@given(case=cases())
def test_the_names_of_the_columns_do_not_matter(small, case):
    table, params = case
    columns, y, weight = table.data
    X = frame(columns)
    renamed = X.set_axis([f"c{9 - at}" for at in range(X.shape[1])], axis=1)
    clf = small(**params).fit(X, y, weight)
    other = small(**params).fit(renamed, y, weight)
    assert_learnt_the_same(other, clf, but=("feature_names_in_", "input_names_"))
    assert_array_equal(other.predict_proba(renamed), clf.predict_proba(X))
    for old, new in zip(X.columns, renamed.columns, strict=True):
        expected = [name.replace(old, new, 1) for name in clf.input_names_ if name.startswith(old)]
        assert [name for name in other.input_names_ if name.startswith(new)] == expected


@law
@given(case=cases(), seed=st.integers(0, 99))
def test_the_names_of_the_levels_do_not_matter(small, case, seed):
    """Where no two levels are equally heavy, as then their names decide which comes first."""
    table, params = case
    (columns, y, weight), rng = table.data, np.random.default_rng(seed)
    weight = weight + rng.random(len(y)) / 9
    new_names = {}
    for level in {
        level for values in columns.values() if values.dtype == object for level in values
    }:
        if isinstance(level, str):
            new_names[level] = f"{rng.integers(1 << 40):x} {level[::-1]}"
    renamed = {
        name: np.array([new_names.get(value, value) for value in values], object)
        if values.dtype == object
        else values
        for name, values in columns.items()
    }
    X, other_X = frame(columns), frame(renamed, levels=sorted(new_names.values()))
    clf = small(**params).fit(X, y, weight)
    other = small(**params).fit(other_X, y, weight)
    assert_learnt_the_same(other, clf, but=["input_names_"])
    assert_array_equal(other.predict_proba(other_X), clf.predict_proba(X))


@law
@given(
    case=cases(["category", "gaps", "many"]),
    levels=st.permutations(["small", "large", "larger", "unused", "unheard of", "more"]),
)
def test_order_and_unused_levels_of_a_category_do_not_matter(small, case, levels):
    table, params = case
    columns, y, weight = table.data
    X, other_X = frame(columns), frame(columns, levels)
    clf, other = small(**params).fit(X, y, weight), small(**params).fit(other_X, y, weight)
    assert_learnt_the_same(other, clf)
    assert_array_equal(clf.predict_proba(other_X), clf.predict_proba(X))


@law
@given(case=cases())
def test_the_container_does_not_matter(small, case):
    """But to the names: those of an array's columns are their positions."""
    table, params = case
    columns, y, weight = table.data
    X = frame(columns)
    clf = small(**params).fit(X, y, weight)
    for convert in (polars_frame, object_array):
        other_X = convert(columns)
        other = small(**params).fit(other_X, y, weight)
        for name in PREDICTIONS:
            assert_array_equal(getattr(other, name)(other_X), getattr(clf, name)(X))
        if convert is object_array:
            other.feature_names_in_ = clf.feature_names_in_
            for at, name in enumerate(X.columns):
                other.input_names_ = [of.replace(f"x{at}", name, 1) for of in other.input_names_]
        else:
            assert_array_equal(clf.predict_proba(other_X), clf.predict_proba(X))
        assert_learnt_the_same(other, clf)


@law
@given(case=cases(["gaps", "text", "many", "category", "flag"]))
def test_float32_stays_float32_and_is_near_float64(small, case):
    table, params = case
    params = params | {"solver": "adam", "dropout": 0.0, "max_iter": 2, "epsilon": 1e-3}
    params["precision"] = "auto"
    columns, y, weight = table.data
    X = frame(columns)
    numbers = X.select_dtypes("float64").columns
    X_single = X.astype(dict.fromkeys(numbers, np.float32))
    single = small(**params).fit(X_single, y, weight)
    for array in [*single.coefs_, *single.intercepts_, single.predict_proba(X_single)]:
        assert array.dtype == np.float32
    rounded = X_single.astype(dict.fromkeys(numbers, float))
    double = small(**params | {"precision": "float64"}).fit(rounded, y, weight)
    assert_allclose(single.predict_proba(X_single), double.predict_proba(rounded), atol=5e-4)


# The stack ----------------------------------------------------------------------------------------


# Batches of a few rows in float32, that are slices of what is read at once.
IN_SLICES = (
    RawTable(("number",), 40, 0),
    {
        "hidden_layer_sizes": (),
        "batch_size": 5,
        "precision": "float32",
        "early_stopping": False,
    },
)


@law
@given(case=cases(), n_jobs=st.sampled_from([2, 5, -1]))
@example(case=IN_SLICES, n_jobs=2)
def test_the_number_of_workers_does_not_matter(small, case, n_jobs):
    table, params = case
    columns, y, weight = table.data
    X = frame(columns)
    clf, of_workers = (
        small(**params, warm_start=True),
        small(**params, warm_start=True, n_jobs=n_jobs),
    )
    for _ in range(2):  # to go on takes the optimizer along
        clf.fit(X, y, weight)
        of_workers.fit(X, y, weight)
        assert_learnt_the_same(of_workers, clf)


@law
@given(case=cases(**NO_FOLDS), n_networks=st.integers(1, 2))
@example(case=IN_SLICES, n_networks=1)
def test_the_first_networks_of_a_stack_equal_a_stack_of_these(small, case, n_networks):
    table, params = case
    (columns, y, weight), val = table.data, judges(table, params)
    X, first = frame(columns), slice(n_networks)
    stack = small(**params | {"n_estimators": 3}).fit(X, y, weight, **val)
    few = small(**params | {"n_estimators": n_networks}).fit(X, y, weight, **val)
    assert_array_equal(stack.predict_proba_members(X)[first], few.predict_proba_members(X))
    assert_array_equal(stack.best_iter_[first], few.best_iter_)
    of_stack = np.array(stack.loss_curve_)[: few.n_iter_, first]
    assert_array_equal(of_stack, by_network(few, few.loss_curve_))


# What reads a fitted estimator --------------------------------------------------------------------


@law
@given(case=cases() | cases(**PASSES), n_steps=st.integers(1, 3))
def test_contributions_and_the_base_value_add_up_to_the_log_odds(small, case, n_steps):
    table, params = case
    columns, y, weight = table.data
    X, new = frame(columns), table.judges["X_val"]
    before = new.copy()
    clf = small(**params).fit(X, y, weight)
    explanation = explain(clf, new, X, n_steps=n_steps)
    odds = clf.decision_function(new)
    is_double = as_fitted(clf).precision == "float64"  # coefs_ may be so by their scaling alone
    size = abs(odds).max() + abs(explanation.values).sum(axis=1).max() + 1
    assert_allclose(explanation.log_odds, odds, atol=(1e-6 if is_double else 1e-5) * size)
    assert explanation.columns == list(new.columns)
    pd.testing.assert_frame_equal(new, before)


# Fitting again, and going on ----------------------------------------------------------------------


@law
@given(case=cases(), earlier=cases(), are_raw=st.sampled_from([(1, 1), (1, 0), (0, 1)]))
def test_refit_forgets(small, case, earlier, are_raw):
    """Raw tables and tables of numbers."""
    clf = small()
    for (table, params), is_raw in zip((earlier, case), are_raw, strict=True):
        columns, y, weight = table.data
        X = frame(columns) if is_raw else columns["number 0"][:, np.newaxis]
        clf.set_params(**small(**params).get_params()).fit(X, y, weight)
    fresh = small(**params).fit(X, y, weight)
    assert_learnt_the_same(clf, fresh)
    assert_array_equal(clf.predict_proba(X), fresh.predict_proba(X))


@law
@given(
    case=cases() | cases(**PASSES),
    copied=st.sampled_from(sorted(COPIES)),
    goes_on=st.sampled_from(["fit", "partial_fit"]),
)
def test_a_copy_predicts_the_same_and_goes_on_the_same(small, case, copied, goes_on):
    table, params = case
    columns, y, weight = table.data
    X, new = frame(columns), table.judges["X_val"]
    clf = small(**params, warm_start=True).fit(X, y, weight)
    if not hasattr(clf, "partial_fit") or clf.class_weight == "balanced":
        goes_on = "fit"
    twin = COPIES[copied](clf)
    assert_learnt_the_same(twin, clf)
    before = clf.predict_proba_members(new)
    assert_array_equal(twin.predict_proba_members(new), before)
    flipped = 1 - y  # so that target means change
    getattr(twin, goes_on)(X, flipped, sample_weight=weight)
    assert_array_equal(clf.predict_proba_members(new), before)
    getattr(clf, goes_on)(X, flipped, sample_weight=weight)
    assert_learnt_the_same(twin, clf)
    assert_array_equal(twin.predict_proba_members(new), clf.predict_proba_members(new))


def unheard_of(columns, name):
    """The columns with a third of the texts renamed."""
    changed = {key: values.copy() for key, values in columns.items()}
    for key, values in changed.items():
        if key.startswith(("text", "many")):
            values[::3] = name
    return changed


@law
@given(
    case=cases(["text", "many", "gaps"], **PASSES), method=st.sampled_from(["fit", "partial_fit"])
)
def test_levels_that_came_later_are_unknown(small, case, method):
    """In pieces of a stream, and where a fit goes on: no matter what they are, or how often."""
    table, params = case
    columns, y, weight = table.data
    X = frame(columns)
    clf = small(**params, warm_start=True)
    clf.partial_fit(X, y, [0, 1], weight) if method == "partial_fit" else clf.fit(X, y, weight)
    other, names = copy.deepcopy(clf), clf.input_names_
    for one, name in ((clf, "new"), (other, "newer")):
        getattr(one, method)(frame(unheard_of(columns, name)), y, sample_weight=weight)
        assert_array_equal(one.input_names_, names)
    assert_learnt_the_same(clf, other)
    assert_array_equal(clf.predict_proba(X), other.predict_proba(X))
    is_stream = method == "partial_fit"
    assert any("target mean" in name for name in names) == (
        any(kind == "many" for kind in table.kinds) and not is_stream
    )


# Input and output ---------------------------------------------------------------------------------


@law
@given(case=cases(), convert=st.sampled_from([frame, polars_frame, object_array]))
def test_input_is_never_written_to(small, case, convert):
    table, params = case
    columns, y, weight = table.data
    arrays = [*columns.values(), y, weight]
    before = [array.copy() for array in arrays]
    X = convert(columns)
    kept = X.clone() if convert is polars_frame else X.copy()
    for array in [*arrays, *([X] if convert is object_array else [])]:
        array.setflags(write=False)
    clf = small(**params).fit(X, y, weight)
    if hasattr(clf, "partial_fit") and clf.class_weight != "balanced":
        clf.partial_fit(X, y, sample_weight=weight)
    for name in PREDICTIONS:
        getattr(clf, name)(X)
    for array, copied in zip(arrays, before, strict=True):
        assert_array_equal(array, copied)
    if convert is object_array:
        assert all(one is other for one, other in zip(X.ravel(), kept.ravel(), strict=True))
    else:
        assert X.equals(kept)


@law
@given(case=cases(), seed=st.integers(0, 99))
def test_a_row_is_predicted_alike_in_any_company(small, case, seed):
    table, params = case
    (columns, y, weight), rng = table.data, np.random.default_rng(seed)
    clf = small(**params).fit(frame(columns), y, weight)
    new = table.judges["X_val"]
    many = new.iloc[rng.integers(len(new), size=1100)]  # more than are predicted at a time
    some = rng.integers(1100, size=rng.integers(1, 9))
    for name in PREDICTIONS:
        predict = getattr(clf, name)
        of_many, of_some = predict(many), predict(many.iloc[some])
        axis = int(name == "predict_proba_members")
        assert_predicted_alike(clf, of_some, of_many.take(some, axis))


@law
@given(case=cases(), name=st.sampled_from(PREDICTIONS))
def test_levels_that_are_unknown_are_all_predicted_alike(small, case, name):
    table, params = case
    columns, y, weight = table.data
    clf = small(**params).fit(frame(columns), y, weight)
    new, newer = (frame(unheard_of(columns, name)) for name in ("new", "newer"))
    assert_array_equal(getattr(clf, name)(new), getattr(clf, name)(newer))


@law
@given(case=cases(["text", "category", "flag", "times", "gaps"]))
def test_what_was_missing_throughout_says_nothing_later(small, case):
    """Whatever kind of column it turns out to be."""
    table, params = case
    columns, y, weight = table.data
    X = frame(columns)
    clf = small(**params).fit(X.assign(empty=None), y, weight)
    expected = clf.predict_proba(X.assign(empty=None))
    for empty in (1.5, "text", True, pd.Timestamp("2024-02-29"), np.nan):
        assert_array_equal(clf.predict_proba(X.assign(empty=empty)), expected)


# Groups -------------------------------------------------------------------------------------------


@law
@given(case=cases(early_stopping=[True]), seed=st.integers(0, 99))
def test_groups_of_one_row_are_no_groups(small, case, seed):
    table, params = case
    columns, y, weight = table.data
    X, groups = frame(columns), np.random.default_rng(seed).permutation(len(y))
    clf = small(**params).fit(X, y, weight, groups=groups)
    assert_learnt_the_same(clf, small(**params).fit(X, y, weight))


@law
@given(
    table=raw_tables(["gaps", "text"], n_columns=2),
    params=parameters(**SCALED | {"batch_size": [FULL_BATCH]}),
)
def test_target_means_leave_out_the_rows_of_a_group(small, table, params):
    """Where each level is a group, no other fold has rows of it: all have the base rate."""
    columns, y, _ = table._replace(kinds=(*table.kinds, "many")).data
    levels = next(name for name in columns if name.startswith("many"))
    X, groups = frame(columns), np.unique(columns[levels].astype(str), return_inverse=True)[1]
    varies = []
    for more in ({}, {"groups": groups}):
        clf = small(**params).fit(X, y, **more)
        at = list(clf.input_names_).index(f"{levels}, target mean")
        varies.append(stack_of(clf).encoding.scaling.factor[at] > 0)
    assert varies == [True, False]

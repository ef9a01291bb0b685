"""What random raw tables of `fuzz` have found, by name."""

import datetime
from decimal import Decimal

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknumpynet import check_gradients, diagnose, trace

N_ROWS = 60
NUMBERS = np.random.default_rng(0).normal(size=N_ROWS)
y = np.arange(N_ROWS) % 2


def objects(*columns):
    """An array of objects."""
    X = np.empty((N_ROWS, len(columns)), object)
    for at, column in enumerate(columns):
        X[:, at] = column
    return X


def test_a_column_of_levels_too_rare_to_be_inputs_is_fitted_alone(small):
    X = objects([f"id {i}" for i in range(N_ROWS)])[:19]  # up to 20 levels have no target mean
    clf = small(max_iter=2).fit(X, y[:19])
    assert clf.coefs_[0].shape[-2] == 0
    assert "a0 = x as inputs" in str(trace(clf, X[:1], y[:1]))
    assert str(check_gradients(clf, X, y[:19]))
    assert np.ptp(clf.predict_proba(X)[:, 1]) == 0


def test_a_signaling_nan_is_missing(small):
    values = [Decimal("sNaN") if i % 7 else Decimal(i) for i in range(N_ROWS)]
    gaps = [Decimal("NaN") if i % 7 else Decimal(i) for i in range(N_ROWS)]
    clf, same = (small().fit(objects(column), y) for column in (values, gaps))
    assert_array_equal(clf.predict_proba(objects(values)), same.predict_proba(objects(gaps)))


def test_durations_of_numpy_among_objects_keep_their_units(small):
    hours = [np.timedelta64(int(i), "h") for i in range(N_ROWS)]
    spelled = [np.timedelta64(i * 60, "m") if i % 2 else hours[i] for i in range(N_ROWS)]
    of_python = [datetime.timedelta(hours=i) for i in range(N_ROWS)]
    clf = small().fit(objects(of_python), y)
    for column in hours, spelled:
        assert_array_equal(
            clf.predict_proba(objects(column)), clf.predict_proba(objects(of_python))
        )
    with pytest.raises(TypeError, match=r"column 0 holds values of type int, timedelta64"):
        small().fit(objects([hour if i % 2 else i for i, hour in enumerate(hours)]), y)


def test_integers_of_128_bits_are_numbers(small):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    X = pl.DataFrame({"a": NUMBERS, "b": np.arange(N_ROWS)}).cast({"b": pl.Int128})
    clf = small().fit(X, y)
    assert_array_equal(clf.predict_proba(X), clf.predict_proba(X.cast({"b": pl.Float64})))


def test_categories_of_pyarrow_may_all_be_missing(small):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    nothing = pa.array([None] * N_ROWS, pa.dictionary(pa.int8(), pa.string()))
    clf = small().fit(pa.table({"a": NUMBERS, "b": nothing}), y)
    assert clf.input_names_[0] == "a"


def test_text_of_polars_is_read_as_it_is(small):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    column = ["a\0", "a", "b"] * (N_ROWS // 3)
    for X in pl.DataFrame({"a": column}), pl.DataFrame({"a": column}).cast(pl.Categorical):
        clf = small().fit(X, y)
        proba = clf.predict_proba(X)[:, 1]
        assert len(set(proba[:3])) == 3
        assert_allclose(clf.predict_proba(X[:1])[:, 1], proba[:1])


def test_target_means_are_finite_where_a_class_weighs_next_to_nothing(small):
    X = objects([f"city {i % 25}" for i in range(N_ROWS)])
    clf = small().fit(X, y, np.where(y, 1e290, 1e-300))
    assert np.isfinite(clf.decision_function(X)).all()


def test_a_class_that_weighs_next_to_nothing_is_diagnosed(small):
    X = np.full((N_ROWS, 1), np.nan)
    clf = small(max_iter=2).fit(X, y)
    assert str(diagnose(clf, X, y, np.where(y, 1e20, 1), trials=False))

"""An explanation is of the table that came, of the networks as they were fitted, and readable."""

import re
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sknumpynet import NumpyMLPBinaryClassifier, explain

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 3))
Y = np.where(X[:, 0] - X[:, 1] + RNG.normal(size=150) / 4 > 0, "yes", "no")


@pytest.fixture(scope="module")
def fitted():
    return NumpyMLPBinaryClassifier(random_state=0, n_estimators=3).fit(X, Y)


def raw_table(pd, n_rows=150):
    rng = np.random.default_rng(1)
    columns = {
        "age": np.where(rng.random(n_rows) < 0.2, np.nan, X[:n_rows, 0]),
        "city": rng.choice(np.array(["Oslo", "Rome", None]), n_rows),
        "shop": [f"s{number}" for number in rng.integers(0, 30, n_rows)],
        "when": pd.Timestamp("2024-02-01") + pd.to_timedelta(rng.integers(0, 99, n_rows), "D"),
    }
    return pd.DataFrame(columns)


def fitted_raw(pd):
    table = raw_table(pd)
    y = table.city.eq("Rome") & (table.age.fillna(1) > -0.5)
    return table, NumpyMLPBinaryClassifier(random_state=0, n_estimators=3).fit(table, y)


def test_the_columns_that_the_labels_depend_on_lead(fitted):
    explanation = explain(fitted, X)
    assert explanation.order[-1] == 2
    assert explanation.sizes[2] < 0.2 * explanation.sizes.min(initial=9, where=[1, 1, 0])
    assert np.corrcoef(explanation.values[:, 0], X[:, 0])[0, 1] > 0.9
    assert np.corrcoef(explanation.values[:, 1], X[:, 1])[0, 1] < -0.9
    assert explanation.pos_label == "yes"


def test_two_equal_columns_share():
    twice = np.column_stack([X, X[:, 0]])
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(twice, Y)
    values = explain(clf, twice).values
    assert np.corrcoef(values[:, 0], values[:, 3])[0, 1] > 0.9
    assert 0.5 < abs(values[:, 0]).mean() / abs(values[:, 3]).mean() < 2


def test_a_row_among_rows_like_it_owes_nothing_to_its_columns(fitted):
    explanation = explain(fitted, X[:1], background=X[:1].repeat(5, axis=0))
    assert_allclose(explanation.values, 0, atol=1e-6)
    assert_allclose(explanation.base_value, fitted.decision_function(X[:1])[0], rtol=1e-5)


def test_rows_are_explained_alike_in_any_company(fitted):
    whole = explain(fitted, X, background=X[:40])
    alone = explain(fitted, X[7:8], background=X[:40])
    assert_allclose(alone.values[0], whole.values[7], atol=1e-5)
    assert_allclose(alone.spread[0], whole.spread[7], atol=1e-5)


def test_of_many_rows_always_the_same_are_compared_with(fitted):
    few = explain(fitted, X, n_background=10)
    assert_array_equal(explain(fitted, X, n_background=10).values, few.values)
    all_of_them = explain(fitted, X, n_background=len(X))
    assert_allclose(all_of_them.base_value, fitted.decision_function(X).mean(), atol=1e-5)
    assert few.base_value != all_of_them.base_value


def test_it_is_of_the_networks_as_they_were_fitted(fitted):
    before = explain(fitted, X[:5], background=X)
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=3).fit(X, Y)
    clf.set_params(activation="tanh", precision="float64", hidden_layer_sizes=(3, 3))
    assert_array_equal(explain(clf, X[:5], background=X).values, before.values)


def test_rows_and_pieces_are_explanations(fitted):
    explanation = explain(fitted, X)
    for rows, of in ((3, slice(3, 4)), (-1, slice(-1, None)), (slice(2, 9), slice(2, 9))):
        part = explanation[rows]
        assert_array_equal(part.values, explanation.values[of])
        assert_array_equal(part.data, X[of])
        assert len(part) == len(part.values)
    assert_array_equal(explanation[explanation.log_odds > 0].data, X[explanation.log_odds > 0])


def test_a_row_beyond_the_last_is_an_index_error(fitted):
    with pytest.raises(IndexError, match="row 150 of 150"):
        explain(fitted, X)[150]


@pytest.mark.parametrize("width", [3, 300])
def test_sparse_rows_are_explained_as_dense_ones(width):
    rng = np.random.default_rng(3)
    table = np.where(rng.random((120, width)) < 0.2, rng.normal(size=(120, width)), 0)
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=2, max_iter=5, precision="float64")
    clf.fit(table, table[:, 0] + table[:, 1] > 0)
    dense = explain(clf, table)
    sparsely = explain(clf, sparse.csr_matrix(table))
    assert_allclose(sparsely.values, dense.values, atol=1e-9)
    assert "x0" in str(sparsely[4])
    assert_array_equal(sparsely.data.toarray(), table)


def test_what_a_raw_table_holds_is_told_by_column():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table, clf = fitted_raw(pd)
    table.loc[0, "city"] = "Bergen"
    explanation = explain(clf, table)
    assert explanation.columns == list(table)
    assert_allclose(explanation.log_odds, clf.decision_function(table), atol=1e-4)
    at = {name: explanation.columns.index(name) for name in table}
    gap, row = np.flatnonzero(table.age.isna())[0], np.flatnonzero(table.age.notna())[0]
    assert explanation.text_of(gap, at["age"]) == "age is missing"
    assert explanation.text_of(row, at["age"]) == f"age = {table.age[row]:.6g}"
    assert explanation.text_of(0, at["city"]) == "city = a level unknown to fit"
    assert explanation.text_of(5, at["when"]) == f"when = {table.when[5]:%Y-%m-%d}"
    assert explanation.text_of(5, at["shop"]) == f"shop = {table.shop[5]}"


def test_columns_of_rare_levels_only_have_no_input_and_contribute_nothing():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pd.DataFrame({"code": [f"c{row // 2}" for row in range(24)]}, dtype="category")
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=2, max_iter=2)
    for frame in (table, table.assign(number=X[:24, 0]), table.assign(number=X[:24, 0])[::-1]):
        explanation = explain(clf.fit(frame, Y[:24]), frame)
        assert_allclose(explanation.log_odds, clf.decision_function(frame), atol=1e-5)
        assert explanation.values.shape == frame.shape


def test_a_level_contributes_what_the_log_odds_change_by_it():
    """Where the background differs from the row in this column only."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table, clf = fitted_raw(pd)
    for column, value in {
        "city": "Oslo",
        "age": np.nan,
        "shop": "s3",
        "when": table.when[9],
    }.items():
        other = table[:1].copy()
        other[column] = value
        explanation = explain(clf, table[:1], background=other)
        change = clf.decision_function(table[:1]) - clf.decision_function(other)
        at = explanation.columns.index(column)
        assert_allclose(explanation.values[0, at], change[0], atol=1e-5)
        assert_allclose(np.delete(explanation.values[0], at), 0, atol=1e-5)


def test_as_a_frame_it_has_a_column_a_column():
    pytest.importorskip("pandas", reason="pandas is not installed")
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=1).fit(X, Y)
    explanation = explain(clf, X)
    frame = explanation.to_frame()
    assert list(frame) == ["x0", "x1", "x2"]
    assert_array_equal(frame.to_numpy(), explanation.values)


def test_printed_a_row_is_a_list_of_its_columns(fitted):
    explanation = explain(fitted, X)[4]
    title, *lines = str(explanation).split("\n")
    odds, proba = fitted.decision_function(X[4:5])[0], fitted.predict_proba(X[4:5])[0, 1]
    assert title.startswith(f"yes: log-odds {odds:.2f} (probability {proba:.3f}), ")
    names = [line.split("  ")[-1].split(" = ")[0] for line in lines]
    assert names == [explanation.columns[at] for at in explanation.order]
    first = explanation.order[0]
    assert lines[0].split()[0] == f"{explanation.values[0, first]:+.2f}"
    assert lines[0].endswith(f"x{first} = {X[4, first]:.6g}")


def test_of_many_columns_the_rest_is_one_line():
    rng = np.random.default_rng(5)
    table = rng.normal(size=(120, 25))
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=1, max_iter=3)
    explanation = explain(clf.fit(table, table[:, 0] > 0), table)
    *_, last = str(explanation[0]).split("\n")
    rest = explanation.values[0, explanation[0].order[10:]].sum()
    assert last.split() == [f"{rest:+.2f}", "15", "other", "columns"]
    assert len(str(explanation).split("\n")) == 12
    html = explanation._repr_html_()
    assert html.count("<tr>") == 12


def test_html_is_escaped():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pd.DataFrame(X, columns=["<a>", "b", "c"])
    explanation = explain(NumpyMLPBinaryClassifier(n_estimators=1, max_iter=3).fit(table, Y), table)
    assert "&lt;a&gt;" in explanation._repr_html_()
    assert "<a>" not in explanation._repr_html_() + explanation[0]._repr_html_()


def test_long_work_tells_how_far_it_is(fitted, capsys):
    explain(fitted, X.repeat(10, axis=0), X[:2], verbose=True)
    assert re.findall(r"explained ([\d,]+) of 1,500 rows", capsys.readouterr().out) == [
        "750",
        "1,500",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": X[:19]}, r"X has 19 row\(s\).*explain\(clf, X, background=X_train\)"),
        ({"X": X[:, :2]}, "X has 2 features"),
        ({"X": X, "background": X[:, :2]}, "X has 2 features"),
        ({"X": X, "n_steps": 0}, "n_steps=0 is not a positive int"),
        ({"X": X, "n_background": 2.5}, "n_background=2.5 is not a positive int"),
    ],
)
def test_what_cannot_be_explained_is_refused(fitted, arguments, message):
    with pytest.raises(ValueError, match=message):
        explain(fitted, **arguments)


def test_without_shap_it_says_what_to_install(fitted, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(ImportError, match="pip install shap"):
        explain(fitted, X).to_shap()

"""What columns are worth: the log loss with their values permuted, and shares of contributions."""

import copy
import pickle
import sys
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.feature_selection import RFE, RFECV, SelectFromModel
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss

from sknumpynet import NumpyMLPBinaryClassifier, explain, importance
from sknumpynet.arithmetic import quiet_arithmetic
from sknumpynet.engine import permutation
from sknumpynet.engine.contributions import MOST_ROWS, different, mean_sizes
from sknumpynet.engine.folds import row_keys
from sknumpynet.engine.objective import Rows
from sknumpynet.engine.streams import stream
from sknumpynet.fitted import as_fitted, judged_rows, stack_of
from sknumpynet.fitted_attributes import importances
from sknumpynet.likeness import LEAST, cramers_v, few_values, groups_alike
from sknumpynet.rows import Units

rng = np.random.default_rng(0)
X = rng.normal(size=(240, 4))
X[rng.random(X.shape) < 0.05] = np.nan
y = np.nan_to_num(X[:, 0]) * 2 + np.nan_to_num(X[:, 1]) + rng.logistic(size=240) > 0
WEIGHT = rng.integers(0, 4, 240)
GROUPS = np.arange(240) // 3


def raw(n_rows=240, seed=0):
    """A frame of numbers, a column of many levels, one of few, and dates; labels of them all."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    rng = np.random.default_rng(seed)
    city, kind = rng.integers(0, 60, n_rows), rng.integers(0, 3, n_rows)
    day = rng.integers(0, 700, n_rows)
    table = {
        "age": rng.normal(size=n_rows),
        "city": [f"city {at}" for at in city],
        "kind": np.array(["a", "b", None], object)[kind],
        "when": np.datetime64("2024-01-01") + day.astype("timedelta64[D]"),
    }
    score = table["age"] + np.sin(city) * 2 + kind + day / 350 - 2
    return pandas.DataFrame(table), score + rng.logistic(size=n_rows) > 0


TABLES = {
    "numbers": lambda: (X, y),
    "sparse": lambda: (sparse.csr_array(np.nan_to_num(X) * (abs(np.nan_to_num(X)) > 0.5)), y),
    "raw": raw,
}
FITS = {
    "": {},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "two layers in float64": {"hidden_layer_sizes": (4, 3), "precision": "float64"},
    "class weights": {"class_weight": "balanced"},
    "two networks hold out the same": {"early_stopping": "auto", "n_estimators": 40},
}
every_table = pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
every_fit = pytest.mark.parametrize("params", FITS.values(), ids=FITS)


# The loss as it is --------------------------------------------------------------------------------


@every_table
@every_fit
@pytest.mark.parametrize("more", [{}, {"sample_weight": WEIGHT}, {"groups": GROUPS}], ids=str)
def test_out_of_fold_the_loss_is_that_of_the_fit(small, make, params, more):
    table, labels = make()
    if "groups" in more and params.get("n_estimators", 0) > 30:
        params = {"n_estimators": 30}
    clf = small(**params).fit(table, labels, **more)
    worth = importance(clf, table, labels, **more, n_repeats=1)
    assert worth.judged_on == "out of fold"
    assert_allclose(worth.loss, clf.oof_log_loss_, rtol=1e-5)


@every_table
@every_fit
def test_on_new_rows_the_loss_is_that_of_the_probabilities(small, make, params):
    table, labels = make()
    clf = small(**params).fit(table, labels)
    new, weight = table[:170], WEIGHT[:170]
    worth = importance(clf, new, labels[:170], weight, n_repeats=1)
    assert worth.judged_on == "new rows"
    if params.get("class_weight"):
        weight = weight * (len(labels) / 2 / np.bincount(labels))[labels[:170].astype(int)]
    expected = log_loss(labels[:170], clf.predict_proba(new), sample_weight=weight)
    assert_allclose(worth.loss, expected, rtol=1e-5)


def test_a_row_on_the_wrong_side_costs_what_it_costs_scikit_learn(small):
    clf = small(hidden_layer_sizes=(), scale_inputs=None).fit(X, y)
    clf.coefs_ = [coef * 1e6 for coef in clf.coefs_]
    expected = log_loss(y, clf.predict_proba(X))
    assert expected > 1
    assert_allclose(importance(clf, X, y, n_repeats=1).loss, expected, rtol=1e-5)


NOT_THE_FIT = {
    "another order": (lambda clf: clf, {}, slice(None, None, -1)),
    "one network": (lambda clf: clf.set_params(n_estimators=1).fit(X, y), {}, slice(None)),
    "no folds": (lambda clf: clf.set_params(early_stopping=False).fit(X, y), {}, slice(None)),
    "rows to judge by": (lambda clf: clf.fit(X, y, X_val=X, y_val=y), {}, slice(None)),
    "a piece more": (lambda clf: clf.partial_fit(X, y), {}, slice(None)),
    "groups then": (lambda clf: clf.fit(X, y, groups=GROUPS), {}, slice(None)),
    "groups now": (lambda clf: clf, {"groups": GROUPS}, slice(None)),
    "too few groups now": (lambda clf: clf, {"groups": GROUPS // 40}, slice(None)),
}


@pytest.mark.parametrize(("change", "given", "rows"), NOT_THE_FIT.values(), ids=NOT_THE_FIT)
def test_rows_that_were_not_held_out_so_are_new(small, change, given, rows):
    clf = change(small().fit(X, y))
    assert importance(clf, X[rows], y[rows], **given, n_repeats=1).judged_on == "new rows"


def test_a_few_other_rows_that_are_dealt_alike_are_new(small):
    rng, labels = np.random.default_rng(0), [0, 0, 1, 1]
    table, *others = rng.normal(size=(20, 4, 3))
    clf = small(n_estimators=2).fit(table, labels)
    assert importance(clf, table, labels).judged_on == "out of fold"
    assert {importance(clf, other, labels).judged_on for other in others} == {"new rows"}


def test_networks_put_in_place_have_held_nothing_out(small):
    clf = small().fit(X, y)
    clf.coefs_ = [coef + 1 for coef in clf.coefs_]
    assert importance(clf, X, y, n_repeats=1).judged_on == "new rows"


# Permuted -----------------------------------------------------------------------------------------


def permuted(table, columns, rows, order):
    """The table with the values that rows have in these columns in another order."""
    table = table.copy()
    if hasattr(table, "iloc"):
        for name in columns:
            table.loc[table.index[rows], name] = table[name].to_numpy()[rows[order]]
    else:
        table[np.ix_(rows, columns)] = table[np.ix_(rows[order], columns)]
    return table


@pytest.mark.parametrize(
    ("make", "both"), [(TABLES["numbers"], [0, 3]), (raw, ["city", "when"])], ids=["numbers", "raw"]
)
def test_permuting_is_predicting_the_permuted_table(small, make, both):
    """Of a raw column the target means, levels and parts of a date go along."""
    table, labels = make()
    clf = small(max_iter=20).fit(table, labels)
    new = table[:200]
    worth = importance(clf, new, labels[:200], together={"both": both}, n_repeats=1, random_state=7)
    seed = np.random.RandomState(7).randint(np.iinfo(np.int32).max)
    draw = stream(seed, "permutation", 0)
    rows, order = draw.permutation(200), draw.permutation(200)
    names = list(getattr(table, "columns", range(4)))
    for gain, columns in zip(worth.mean, [*([name] for name in names), both], strict=True):
        proba = clf.predict_proba(permuted(new, columns, rows, order))
        assert_allclose(worth.loss + gain, log_loss(labels[:200], proba), rtol=1e-5)
    assert (abs(worth.mean) > 1e-4).sum() >= 4


def test_out_of_fold_each_network_judges_its_rows_among_one_another(small):
    clf = small(max_iter=20).fit(X, y, WEIGHT)
    worth = importance(clf, X, y, WEIGHT, n_repeats=2, random_state=7)
    seed = np.random.RandomState(7).randint(np.iinfo(np.int32).max)
    dealt = judged_rows(as_fitted(clf), X, y, WEIGHT, None)
    losses = np.zeros((4, 2))
    for network in range(3):
        draw = stream(seed, "permutation", network)
        rows = dealt.index[draw.permutation(np.flatnonzero(dealt.fold == network))]
        for repeat in range(2):
            order = draw.permutation(len(rows))
            for column in range(4):
                table = permuted(X, [column], rows, order)[rows]
                proba = clf.predict_proba_members(table)[network]
                of_truth = np.where(y[rows], proba, 1 - proba)
                losses[column, repeat] -= WEIGHT[rows] @ np.log(of_truth) / WEIGHT.sum()
    assert_allclose(worth.loss + worth.mean, losses.mean(axis=1), rtol=1e-5)
    assert_allclose(worth.std, losses.std(axis=1), rtol=1e-3)


@every_table
def test_blocks_of_rows_change_nothing(small, make, monkeypatch):
    table, labels = make()
    clf = small(max_iter=10).fit(table, labels)
    whole = importance(clf, table, labels)
    monkeypatch.setattr(permutation, "BLOCK_VALUES", 40)
    in_blocks = importance(clf, table, labels)
    assert_allclose(in_blocks.mean, whole.mean, atol=1e-6)
    assert_allclose(in_blocks.loss, whole.loss, rtol=1e-6)


def test_rows_in_parts_are_worth_about_the_same(small, monkeypatch):
    """Where arrays would be too large, rows are permuted within parts, drawn at random."""
    order = np.argsort(np.nan_to_num(X[:, 0]))
    clf = small(max_iter=20).fit(X, y)
    new, labels = np.nan_to_num(X)[order], y[order]
    whole = importance(clf, new, labels, n_repeats=20)
    monkeypatch.setattr(permutation, "MOST_VALUES", 12 * 80)
    in_parts = importance(clf, new, labels, n_repeats=20)
    assert_allclose(in_parts.loss, whole.loss, rtol=1e-6)
    assert_allclose(in_parts.mean, whole.mean, rtol=0.25, atol=0.003)
    assert whole.mean[0] > 0.05


def test_sparse_tables_are_worth_what_dense_ones_are(small, every_width):
    table, labels = TABLES["sparse"]()
    clf = small(max_iter=20).fit(table.toarray(), labels)
    together = {"two": [0, 1]}
    dense = importance(clf, table.toarray(), labels, together=together)
    thin = importance(clf, table, labels, together=together)
    assert dense.judged_on == thin.judged_on == "out of fold"
    assert_allclose(thin.mean, dense.mean, atol=1e-5)


def test_a_column_together_with_none_is_the_column(small):
    clf = small().fit(X, y)
    worth = importance(clf, X, y, together={"alone": [1], "two": ["x0", 2], "again": [2, 0]})
    assert worth.columns == ["x0", "x1", "x2", "x3", "alone", "two", "again"]
    assert worth.mean[4] == worth.mean[1]
    assert_allclose(worth.mean[5], worth.mean[6], rtol=1e-6)


def test_a_column_that_no_network_reads_is_worth_nothing(small):
    clf = small(numeric_bins=0, scale_inputs=None).fit(np.nan_to_num(X), y)
    clf.coefs_[0][:, 2] = 0
    worth = importance(clf, np.nan_to_num(X), y)
    assert worth.mean[2] == worth.std[2] == 0
    assert (worth.std[[0, 1, 3]] > 0).all()


def test_a_column_without_inputs_is_worth_and_adds_nothing(small):
    """All of its levels are too rare to have one."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    pairs = [f"pair {at // 2}" for at in range(24)]
    for names in (["a", "pairs", "b"], ["a", "b", "pairs"], ["pairs"]):
        columns = {"a": X[:24, 0], "b": X[:24, 1], "pairs": pairs}
        table = pandas.DataFrame({name: columns[name] for name in names})
        clf, at = small().fit(table, y[:24]), names.index("pairs")
        assert importance(clf, table, y[:24]).mean[at] == clf.feature_importances_[at] == 0
        explanation = explain(clf, table)
        assert not explanation.values[:, at].any()
        assert_allclose(explanation.log_odds, clf.decision_function(table), rtol=1e-5, atol=1e-6)


def test_what_is_given_is_only_read(small):
    table, labels = X.copy(), y.copy()
    clf = small().fit(table, labels)
    for array in (table, labels):
        array.setflags(write=False)
    before = pickle.dumps(clf)
    importance(clf, table, labels)
    assert pickle.dumps(clf) == before
    frame, labels = raw()
    clf, given = small().fit(frame, labels), frame.copy()
    importance(clf, frame, labels)
    assert given.equals(frame)


@pytest.mark.filterwarnings("error")
def test_the_seed_determines_the_permutations(small):
    clf = small().fit(X, y)
    one, same, other = (importance(clf, X, y, random_state=seed) for seed in (1, 1, 2))
    assert_array_equal(one.mean, same.mean)
    assert (one.mean != other.mean).all()
    assert one.loss == other.loss


# Columns that tell much the same ------------------------------------------------------------------


def test_two_that_measure_one_thing_are_worth_more_together(small):
    rng = np.random.default_rng(0)
    thing = rng.normal(size=(800, 1))
    table = np.hstack([thing + 0.1 * rng.normal(size=(800, 2)), rng.normal(size=(800, 2))])
    labels = 2 * thing[:, 0] + rng.logistic(size=800) > 0
    clf = small(max_iter=30).fit(table, labels)
    worth = importance(clf, table, labels, together={"both": [0, 1]})
    (alike,) = worth.alike
    assert alike.columns == ["x0", "x1"]
    assert (alike.mean, alike.std) == (worth.mean[4], worth.std[4])
    assert alike.each == worth.mean[:2].tolist()
    assert alike.mean > 1.5 * sum(alike.each)
    assert f"x0 and x1 tell much the same (Cramer's V {alike.association:.2f} or more)" in str(
        worth
    )
    assert f"together {alike.mean:.4f}" in worth._repr_html_()


def test_where_columns_are_named_by_numbers_a_number_is_a_name(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pd.DataFrame(np.nan_to_num(X[:, :3]), columns=[2, 1, 0])
    table[7] = np.where(X[:, 0] > 0, "u", "v")
    clf = small().fit(table, y)
    worth = importance(clf, table, y, together={"the third": [0], "the last": [7]})
    assert worth.mean[4:].tolist() == worth.mean[[2, 3]].tolist()


def test_columns_with_names_may_be_given_by_position(small):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pd.DataFrame(np.nan_to_num(X[:, :3]), columns=["a", "b", "c"])
    clf = small().fit(table, y)
    worth = importance(clf, table, y, together={"by position": [2, 0], "by name": ["c", "a"]})
    assert worth.mean[3] == worth.mean[4]


def test_where_numbers_overflow_a_row_is_judged_as_it_is_predicted(small):
    clf = small(scale_inputs=None, numeric_bins=0).fit(np.nan_to_num(X), y)
    far = np.random.default_rng(0).choice([-1e300, 1e300], (30, X.shape[1]))
    assert_allclose(importance(clf, far, y[:30]).loss, log_loss(y[:30], clf.predict_proba(far)))


@pytest.mark.parametrize("columns", [["x0", "x0"], ["x0", 0]])
def test_a_column_named_twice_is_refused(small, columns):
    with pytest.raises(ValueError, match="names a column twice"):
        importance(small().fit(X, y), X, y, together={"twice": columns})


def test_of_one_repeat_no_deviation_is_said(small):
    clf = small().fit(X, y)
    assert "±" in str(importance(clf, X, y, n_repeats=2))
    assert "±" not in str(importance(clf, X, y, n_repeats=1))


def test_one_row_has_no_other_to_take_values_from(small):
    clf = small().fit(X, y)
    with pytest.raises(ValueError, match=r"1 row\(s\) of positive.*importance\(clf, X_train"):
        importance(clf, X[:1], y[:1])


@pytest.mark.parametrize("columns", [3, None, "x0", []])
def test_what_is_no_list_of_columns_is_refused(small, columns):
    with pytest.raises(ValueError, match=r"is not a list of columns; give .*together="):
        importance(small().fit(X, y), X, y, together={"group": columns})


def test_columns_that_are_independent_are_not_alike(small):
    table, labels = raw(1000)
    assert importance(small().fit(table, labels), table, labels).alike == []


def test_of_many_columns_those_worth_most_are_compared(small, monkeypatch):
    table = np.hstack([X[:, :1], X[:, :1], np.ones((240, 3))])
    clf = small(scale_inputs=None, numeric_bins=0).fit(np.nan_to_num(table), y)
    module = sys.modules["sknumpynet.importance"]  # the package has the function by that name
    monkeypatch.setattr(module, "MOST_COMPARED", 2)
    assert importance(clf, np.nan_to_num(table), y).alike[0].columns == ["x0", "x1"]
    monkeypatch.setattr(module, "MOST_COMPARED", 1)
    assert importance(clf, np.nan_to_num(table), y).alike == []


def test_cramers_v_is_its_formula():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 4, 300)
    columns = [a, (a + rng.integers(0, 2, 300)) % 5, rng.integers(0, 3, 300), np.zeros(300, int), a]
    V = cramers_v(columns)
    for i, one in enumerate(columns):
        for j, other in enumerate(columns):
            r, k = one.max() + 1, other.max() + 1
            phi = 0.0
            for value in range(r):
                for of_other in range(k):
                    expected = (one == value).mean() * (other == of_other).mean()
                    share = ((one == value) & (other == of_other)).mean()
                    phi += (share - expected) ** 2 / expected
            phi = max(0, phi - (r - 1) * (k - 1) / 299)
            least = min(r - (r - 1) ** 2 / 299, k - (k - 1) ** 2 / 299) - 1
            assert_allclose(V[i, j], np.sqrt(phi / least) if least else 0, atol=1e-6)
    assert_allclose(V[0, 4], 1)
    assert not V[3].any()


def test_values_are_cut_into_ten_at_most():
    values = np.append(np.arange(1000.0), np.nan)
    codes = few_values(values, False)
    assert_array_equal(np.bincount(codes), [100] * 10 + [1])
    assert_array_equal(few_values(np.array([5.0, 1, 5, np.nan]), False), [1, 0, 1, 2])
    levels = np.repeat(np.arange(30.0), np.arange(30, 0, -1))
    assert_array_equal(few_values(levels, True), np.minimum(levels, 9))


def test_any_two_of_a_group_are_alike():
    """A chain is none: the strongest pair comes first."""
    V = np.eye(5)
    for a, b, value in [(0, 1, 0.6), (1, 2, 0.7), (3, 4, LEAST), (0, 2, 0.3)]:
        V[a, b] = V[b, a] = value
    assert groups_alike(V) == [[1, 2], [3, 4]]
    V[0, 2] = V[2, 0] = LEAST
    assert groups_alike(V) == [[0, 1, 2], [3, 4]]
    assert groups_alike(np.eye(3)) == []


# As it is printed ---------------------------------------------------------------------------------


def test_it_prints_the_largest_and_how_many_others(small):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(120, 25))
    clf = small().fit(table, table[:, 7] > 0)
    worth = importance(clf, table, table[:, 7] > 0, n_repeats=3)
    title, about, *lines = str(worth).splitlines()
    assert title == (
        f"Log loss {worth.loss:.4f}, out of fold, each row judged by the networks that held it out."
    )
    assert about == "Permuting a column adds (mean and deviation of 3):"
    largest = worth.order[0]
    assert lines[0].split() == [
        f"{worth.mean[largest]:.4f}", f"±{worth.std[largest]:.4f}", worth.columns[largest]
    ]  # fmt: skip
    others = worth.mean[worth.order[20:]].max()
    assert lines[20:] == [f"{others:>10.4f} at most  each of 5 more"]
    assert worth._repr_html_().count("<tr>") == 22
    assert "judged by all networks, as rows that none of them was trained on." in str(
        importance(clf, table[:9], y[:9] > 0)
    )


def test_as_a_frame_it_has_a_line_a_column(small):
    table, labels = raw()
    worth = importance(
        small().fit(table, labels), table, labels, together={"both": ["age", "kind"]}
    )
    frame = worth.to_frame()
    assert list(frame.index) == [*table.columns, "both"]
    assert_array_equal(frame["mean"], worth.mean)
    assert_array_equal(frame["std"], worth.std)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_repeats": 0}, "n_repeats=0 is not a positive int; give one, such as 10"),
        ({"together": [0, 1]}, r"together=\[0, 1\] is not a dict; give lists of columns by name"),
        ({"together": {"a": "x0"}}, r"together\['a'\]='x0' is not a list of columns"),
        ({"together": {"a": []}}, r"together\['a'\]=\[\] is not a list of columns"),
        ({"together": {"a": ["x0", "x9", 4]}}, r"names \['x9', 4\], which the estimator does not"),
        ({"together": {"x1": [0]}}, "names a group 'x1', as a column is named; give it another"),
        ({"groups": [1, 2]}, r"groups has the shape \(2,\), but X has 240 rows"),
        ({"random_state": "no"}, "random_state"),
    ],
)
def test_what_cannot_be_used_is_refused(small, given, message):
    with pytest.raises(ValueError, match=message):
        importance(small().fit(X, y), X, y, **given)


# feature_importances_ -----------------------------------------------------------------------------


def deviations(table, weight=None):
    return np.average(abs(table - np.average(table, 0, weight)), 0, weight)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["no weights", "weights"])
def test_of_logistic_regression_it_is_coefficients_times_deviations(small, weight):
    table = np.nan_to_num(X)
    linear = {"hidden_layer_sizes": (), "numeric_bins": 0, "scale_inputs": "standard"}
    alone = small(**linear, n_estimators=1, early_stopping=False).fit(table, y, weight)
    sizes = abs(alone.coefs_[0][:, 0]) * deviations(table, weight)
    assert_allclose(alone.feature_importances_, sizes / sizes.sum(), rtol=1e-4)
    some, of_some = slice(0, 70), None if weight is None else weight[:70]
    given = {"X_val": table[some], "y_val": y[some], "sample_weight_val": of_some}
    judged = alone.set_params(early_stopping="auto").fit(table, y, weight, **given)
    sizes = abs(judged.coefs_[0][:, 0]) * deviations(table[some], of_some)
    assert_allclose(judged.feature_importances_, sizes / sizes.sum(), rtol=1e-4)
    clf = small(**linear).fit(table, y, weight)
    dealt, sizes = judged_rows(as_fitted(clf), table, y, weight, None), 0
    for network, coef in enumerate(clf.coefs_[0]):
        held = dealt.fold == network
        sizes += abs(coef[:, 0]) * deviations(table[dealt.index[held]], dealt.weight[held])
    assert_allclose(clf.feature_importances_, sizes / sizes.sum(), rtol=1e-4)


@every_table
@every_fit
def test_it_is_a_share_for_each_column(small, make, params):
    table, labels = make()
    clf = small(**params).fit(table, labels)
    assert clf.feature_importances_.shape == (clf.n_features_in_,)
    assert (clf.feature_importances_ > 0).all()
    assert_allclose(clf.feature_importances_.sum(), 1)


def test_many_rows_count_by_their_values_and_weights_alone(small):
    """Copies are weights, rows of weight 0 are none, in any order, of more rows than are asked."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(4 * MOST_ROWS, 3))
    labels, times = table[:, 0] > 0, rng.integers(0, 3, len(table))
    clf = small(max_iter=2).fit(table, labels)
    copies = rng.permutation(np.repeat(np.arange(len(table)), times))
    stack = stack_of(clf).unfolded("float64")
    sizes = [
        mean_sizes(stack, rows, row_keys(rows.X, 5)[rows.index], np.arange(3))
        for rows in (
            Rows.counted(table, labels, times),
            Rows.counted(table[copies], labels[copies], np.ones(len(copies))),
        )
    ]
    assert_allclose(*sizes, rtol=1e-12)


def test_of_many_rows_those_of_the_smallest_keys_are_asked_about():
    rows = Rows.counted(X, y, np.arange(1, 241))
    keys = row_keys(X, 0)
    chosen, weight = different(rows, keys, 7)
    assert_array_equal(chosen, np.argsort(keys)[:7])
    assert_allclose(weight, (chosen + 1) / (chosen + 1).sum())


def test_equal_rows_of_other_target_means_count_in_any_order(small):
    table = np.repeat(np.arange(12.0).reshape(4, 3), 5, axis=0)
    table[:, 2] = np.random.default_rng(0).normal(size=20)  # a target mean
    keys = row_keys(table[:, :2], 0)
    clf = small().fit(table, np.arange(20) % 2)
    stack, order = stack_of(clf).unfolded("float64"), np.random.default_rng(1).permutation(20)
    sizes = [
        mean_sizes(stack, Rows.counted(table[at], at % 2 > 0, np.ones(20)), keys[at], np.arange(3))
        for at in (np.arange(20), order)
    ]
    assert_allclose(*sizes, rtol=1e-12)


def test_where_nothing_contributes_all_are_zero(small):
    clf = small().fit(X, y)
    dealt = judged_rows(as_fitted(clf), X, y, None, None)
    units = Units.of(dealt, None, 0)
    for value in (0, np.nan):
        stack = clf._stack.with_params(np.full_like(clf._stack.params, value))
        with quiet_arithmetic():
            assert_array_equal(importances(stack, dealt, None, units, None), np.zeros(4))


def test_only_a_fit_sets_it(small):
    clf = small().partial_fit(X, y, classes=[False, True])
    assert not hasattr(clf, "feature_importances_")
    first = clf.set_params(warm_start=True).fit(X, y).feature_importances_
    assert (clf.fit(X, y).feature_importances_ != first).any()
    assert not hasattr(clf.partial_fit(X, y), "feature_importances_")
    again = clf.set_params(warm_start=False).fit(X[:, :2], y)
    assert again.feature_importances_.shape == (2,)
    kept = pickle.loads(pickle.dumps(again))
    assert_array_equal(kept.feature_importances_, again.feature_importances_)


# Whoever asks for it ------------------------------------------------------------------------------

TELLS = np.random.default_rng(3).normal(size=(300, 5))
OF_TWO = (TELLS[:, 1] - 2 * TELLS[:, 3] > 0).astype(int)
TWO = [False, True, False, True, False]


@pytest.mark.parametrize(
    "select",
    [
        lambda clf: SelectFromModel(clf),
        lambda clf: RFE(clf, n_features_to_select=2),
    ],
    ids=["SelectFromModel", "RFE"],
)
def test_scikit_learn_selects_the_columns_that_tell(small, select):
    selected = select(small(max_iter=30)).fit(TELLS, OF_TWO).get_support()
    assert_array_equal(selected, TWO)


def test_scikit_learn_leaves_out_the_columns_that_tell_last(small):
    selection = RFECV(small(max_iter=30), cv=2, scoring="neg_log_loss").fit(TELLS, OF_TWO)
    assert selection.get_support()[TWO].all()
    losses = -selection.cv_results_["mean_test_score"]
    assert losses[0] > losses[1] + 0.1


def test_it_agrees_with_scikit_learns_permutations_of_new_rows(small):
    rng = np.random.default_rng(4)
    table = rng.normal(size=(400, 3))
    labels = table[:, 0] + 0.5 * table[:, 1] + rng.logistic(size=400) > 0
    clf = small(max_iter=30).fit(table[:200], labels[:200])
    ours = importance(clf, table[200:], labels[200:], n_repeats=50)
    theirs = permutation_importance(
        clf, table[200:], labels[200:], scoring="neg_log_loss", n_repeats=50, random_state=0
    )
    error = np.hypot(ours.std, theirs.importances_std) / np.sqrt(50)
    assert (abs(ours.mean - theirs.importances_mean) < 4 * error + 1e-6).all()


def test_boruta_finds_the_columns_that_tell():
    boruta = pytest.importorskip("boruta", reason="Boruta is not installed")
    clf = NumpyMLPBinaryClassifier(hidden_layer_sizes=(4,), max_iter=20, random_state=0)
    found = boruta.BorutaPy(clf, n_estimators=2, max_iter=12, random_state=0).fit(TELLS, OF_TWO)
    assert_array_equal(found.support_, TWO)


def test_yellowbrick_draws_the_importances(small):
    mpl = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    mpl.use("Agg")
    with mpl.rc_context(), warnings.catch_warnings():  # it sets its own style when imported
        warnings.simplefilter("ignore")  # of what it uses of Python and matplotlib
        reason = "yellowbrick is not installed"
        selection = pytest.importorskip("yellowbrick.model_selection", reason=reason)
        clf = small(max_iter=30)
        drawn = selection.FeatureImportances(clf, labels=list("abcde"), relative=False)
        drawn.fit(TELLS, OF_TWO)
    assert list(drawn.features_[-2:]) == ["b", "d"]
    assert_allclose(drawn.feature_importances_, np.sort(clf.feature_importances_))


def test_eli5_permutes_the_columns(small):
    """Its ``explain_weights`` takes estimators of scikit-learn's own classes only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        eli5 = pytest.importorskip("eli5.sklearn", reason="eli5 is not installed")
    clf = small(max_iter=30).fit(TELLS, OF_TWO)
    asked = eli5.PermutationImportance(copy.copy(clf), cv="prefit", random_state=0)
    asked.fit(TELLS, OF_TWO)
    assert_array_equal(np.sort(np.argsort(asked.feature_importances_)[-2:]), [1, 3])

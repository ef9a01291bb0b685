"""`diagnose` sees what the rows went through: units, other rows, slipped labels, order, validation.

And it says nothing of that where fits are healthy, be their rows sorted, weak or a stream.
"""

import re

import numpy as np
import pytest
from sklearn.datasets import make_moons

from sknumpynet import NumpyMLPBinaryClassifier, diagnose
from sknumpynet.diagnosis.labels import Stretch, is_broken

CODES = {
    *("other_units", "other_rows", "labels_misplaced", "labels_shifted", "rows_sorted"),
    *("validation_is_training", "validation_differs", "vanishing_gradients"),
}
pytestmark = pytest.mark.filterwarnings("ignore")  # that little is learnt is known


def rows(seed=0, n_rows=1200, slope=2.0):
    """Ten columns, of which a sum and a product tell the label, with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 10))
    told = slope * (X[:, 0] + X[:, 1] * X[:, 2])
    return X, (told + rng.logistic(size=n_rows) > 0).astype(int)


def fit(X, y, **params):
    return NumpyMLPBinaryClassifier(**{"random_state": 0, "n_estimators": 3} | params).fit(X, y)


def streamed(X, y, n_pieces=20, n_passes=3):
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=3)
    for _ in range(n_passes):
        for piece in np.array_split(np.arange(len(y)), n_pieces):
            clf.partial_fit(X[piece], y[piece], classes=[0, 1])
    return clf


def shuffled(y, where=slice(None)):
    y = y.copy()
    y[where] = np.random.default_rng(1).permutation(y[where])
    return y


def by(order, X, y):
    order = np.argsort(order, kind="stable")
    return X[order], y[order]


def found(clf, X, y):
    return [f for f in diagnose(clf, X, y, trials=False).findings if f.code in CODES]


def leading(clf, X, y):
    return diagnose(clf, X, y, trials=False).findings[0]


# Gradients --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_epochs", [1, 20])
@pytest.mark.parametrize(
    ("activation", "depth", "size"),
    [("logistic", 4, 0.05), ("logistic", 8, 0.05), ("tanh", 8, 0.05), ("selu", 4, 0.02)],
)
def test_gradients_that_fade_are_named_also_once_the_base_rate_is_learnt(
    activation, depth, size, n_epochs
):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (500, 20)).astype(float)
    y = (X[:, :5].sum(axis=1) + 2 * X[:, 5] > 3.5).astype(int)
    plain = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1, "batch_size": 500}
    clf = NumpyMLPBinaryClassifier(
        (60,) * depth, activation, n_estimators=1, scale_inputs=None, early_stopping=False,
        warm_start=True, n_iter_no_change=np.inf, random_state=0, max_iter=1, **plain,
    ).fit(X, y)  # fmt: skip
    clf.coefs_ = [rng.normal(size=coef.shape) * size for coef in clf.coefs_]
    clf.intercepts_ = [np.zeros_like(intercept) for intercept in clf.intercepts_]
    clf.set_params(max_iter=n_epochs).fit(X, y)
    assert "vanishing_gradients" in [f.code for f in found(clf, X, y)]


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_deep_layers_that_learn_or_that_have_nothing_to_learn_are_not_blamed(activation):
    X, y = rows(n_rows=600)
    deep = {"hidden_layer_sizes": (30,) * 6, "activation": activation, "n_estimators": 1}
    assert found(fit(X, y, **deep), X, y) == []
    y = shuffled(y)
    assert found(fit(X, y, **deep), X, y) == []


# Labels -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (slice(700, None), r"from row (\d+) to the last"),
        (slice(0, 500), r"from the first row to row (\d+)"),
        (slice(400, 800), r"from row (\d+) to row \d+"),
    ],
    ids=["end", "begin", "middle"],
)
def test_labels_of_other_rows_are_found_and_where(where, name):
    X, y = rows()
    y = shuffled(y, where)
    finding = leading(fit(X, y), X, y)
    assert finding.code == "labels_misplaced"
    edge = int(re.fullmatch(name, finding.where)[1])
    assert abs(edge - (where.start or where.stop)) < 60


def test_classes_exchanged_from_some_row_on_are_named_as_that():
    X, y = rows()
    y[900:] = 1 - y[900:]
    finding = leading(fit(X, y), X, y)
    assert finding.code == "labels_misplaced"
    assert finding.step.startswith("exchange the two labels from row")


BROKEN = Stretch(
    slice(0, 9), "", ranks=0.5, ranks_elsewhere=0.9, by_chance=0.01,
    loss=0.9, prior=0.7, promise=0.2, promise_elsewhere=0.2,
)  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"ranks": 0.6}, {"ranks_elsewhere": 0.6}, {"loss": 0.75}, {"promise": 0.05}, {"by_chance": 1}],
    ids=str,
)
def test_a_stretch_that_is_told_or_promises_little_or_is_short_is_not_broken(change):
    assert is_broken(BROKEN)
    assert not is_broken(BROKEN._replace(**change))


@pytest.mark.parametrize("shift", [1, -1, 3])
def test_labels_that_slipped_are_put_back_by_the_line_of_the_remedy(shift):
    X, y = rows()
    slipped = np.roll(y, shift)
    finding = leading(fit(X, slipped), X, slipped)
    assert finding.code == "labels_shifted"
    names = {"X": X, "y": slipped, "numpy": np}
    exec(finding.step.partition("by ")[2], names)
    inside = slice(abs(shift), -abs(shift))
    kept = y[max(0, -shift) : len(y) - max(0, shift)]
    np.testing.assert_array_equal(names["y"][inside], kept[inside])
    start = max(0, -shift)
    np.testing.assert_array_equal(names["X"], X[start : start + len(kept)])


def test_labels_in_reverse_order_are_named():
    X, y = rows()
    finding = leading(fit(X, y[::-1]), X, y[::-1])
    assert (finding.code, "[::-1]" in finding.step) == ("labels_shifted", True)


def test_labels_that_slipped_half_way_are_told_from_misplaced_ones():
    X, y = rows()
    y[701:] = y[700:-1].copy()
    finding = leading(fit(X, y), X, y)
    assert finding.code == "labels_shifted"
    assert "1 row below" in finding.sentence


def test_a_column_of_earlier_labels_is_no_sign_that_labels_slipped():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 1000)
    X = np.column_stack([np.roll(y, 1), rng.normal(size=(1000, 3))])
    assert found(fit(X, y), X, y) == []


# Units and rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1000, 30, 1e-3])
def test_a_stream_begun_in_other_units_is_named(factor):
    X, y = rows(n_rows=2000)
    others = X.copy()
    others[:100, 0] *= factor
    finding = next(f for f in found(streamed(others, y), X, y) if f.code == "other_units")
    assert finding.where == "column 0"
    assert "stream" in finding.sentence


@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
def test_a_warm_start_on_rows_of_other_units_is_to_begin_afresh(scale_inputs):
    X, y = rows()
    clf = fit(1000 * X, y, warm_start=True, scale_inputs=scale_inputs, max_iter=3).fit(X, y)
    finding = leading(clf, X, y)
    assert (finding.code, finding.params) == ("other_units", {"warm_start": False})


def test_rows_shown_in_other_units_than_those_of_fit_are_named():
    X, y = rows()
    finding = leading(fit(X, y), X + 100, y)
    assert (finding.code, finding.params) == ("other_units", {})


@pytest.mark.parametrize("params", [{}, {"early_stopping": False}, {"solver": "lbfgs"}], ids=str)
def test_rows_that_are_not_those_of_training_are_named(params):
    X, y = rows()
    clf = fit(X, y, **params)
    for others, labels in ((X, shuffled(y)), (X[:, ::-1].copy(), y), (X[:300], 1 - y[:300])):
        assert "other_rows" in [f.code for f in found(clf, others, labels)]


def test_rows_of_the_same_kind_that_were_not_trained_on_are_not_blamed():
    X, y = rows(n_rows=2400)
    clf = fit(X[::2], y[::2])
    for some in (slice(1, None, 2), *(slice(start, start + 40, 2) for start in range(1, 999, 40))):
        assert "other_rows" not in [f.code for f in found(clf, X[some], y[some])]


def test_weights_that_make_few_rows_count_are_not_taken_for_another_unit():
    X, y = rows()
    weight = np.where(abs(X[:, 0]) < 0.02, 1e4, 1.0)
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=2).fit(X, y, weight)
    codes = [f.code for f in diagnose(clf, X, y, weight, trials=False).findings]
    assert "other_units" not in codes


# Validation rows --------------------------------------------------------------------------------


@pytest.mark.parametrize("n_estimators", [1, 4])
def test_validation_rows_that_are_the_training_rows_are_named(n_estimators):
    X, y = rows()
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=n_estimators)
    finding = leading(clf.fit(X, y, X_val=X, y_val=y), X, y)
    assert finding.code == "validation_is_training"
    assert "the 1,200 rows" in finding.sentence


@pytest.mark.parametrize(("part", "name"), [(slice(900, None), "last"), (slice(300), "first")])
def test_validation_rows_that_are_part_of_the_training_rows_are_named(part, name):
    X, y = rows()
    clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, y, X_val=X[part], y_val=y[part])
    finding = leading(clf, X, y)
    assert finding.code == "validation_is_training"
    assert f"the {name} 300 of the rows" in finding.sentence


@pytest.mark.parametrize(
    "change",
    [lambda X, y: (X, 1 - y), lambda X, y: (X, shuffled(y)), lambda X, y: (0 * X, y)],
    ids=["exchanged", "shuffled", "empty"],
)
def test_validation_rows_from_another_world_are_named(change):
    X, y = rows()
    others = change(X[800:], y[800:])
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=3)
    clf.fit(X[:800], y[:800], X_val=others[0], y_val=others[1])
    assert leading(clf, X[:800], y[:800]).code == "validation_differs"


@pytest.mark.parametrize("n_validation", [40, 400])
@pytest.mark.parametrize("slope", [0.0, 0.2, 2.0])
def test_sound_validation_rows_are_not_blamed(slope, n_validation):
    X, y = rows(slope=slope)
    k = len(y) - n_validation
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=3)
    clf.fit(X[:k], y[:k], X_val=X[k:], y_val=y[k:])
    assert found(clf, X[:k], y[:k]) == []


def test_noise_learnt_by_heart_is_no_sign_of_other_validation_rows():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(160, 600)), rng.integers(0, 2, 160)
    clf = NumpyMLPBinaryClassifier(random_state=0, n_estimators=2, learning_rate_init=0.01)
    clf.fit(X[:120], y[:120], X_val=X[120:], y_val=y[120:])
    assert found(clf, X[:120], y[:120]) == []


# Order ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [1, -1])
def test_a_stream_sorted_by_class_is_named(turn):
    X, y = by(turn * rows()[1], *rows())
    finding = leading(streamed(X, y, n_passes=1), X, y)
    assert finding.code == "rows_sorted"
    assert "sklearn.utils.shuffle" in finding.step


def test_a_stream_sorted_by_a_column_is_named():
    X, y = rows(n_rows=3000)
    X, y = by(X[:, 0], X, y)
    finding = leading(streamed(X, y), X, y)
    assert (finding.code, finding.where) == ("rows_sorted", "column 0")


def test_sorted_rows_that_are_not_shuffled_are_to_be_shuffled():
    X, y = by(rows()[1], *rows())
    clf = fit(X, y, shuffle=False, early_stopping=False, solver="sgd", max_iter=2)
    finding = leading(clf, X, y)
    assert (finding.code, finding.params) == ("rows_sorted", {"shuffle": True})


# Healthy fits -----------------------------------------------------------------------------------


def half_told(seed):
    """Sorted by a column; labels are coins where it is below 0."""
    X, _ = rows(seed, 2000)
    told = np.where(X[:, 0] > 0, 4 * X[:, 1], 0)
    y = (told + np.random.default_rng(seed).logistic(size=len(X)) > 0).astype(int)
    X, y = by(X[:, 0], X, y)
    return fit(X, y), X, y


def rare(seed):
    """One class is rare, weighted, and comes last."""
    y = (np.arange(3000) > 2900).astype(int)
    X = np.random.default_rng(seed).normal(size=(3000, 3)) + y[:, np.newaxis]
    return fit(X, y, class_weight="balanced"), X, y


def drifting(seed):
    """The base rate rises with time."""
    X, _ = rows(seed, 2000)
    noise = np.random.default_rng(seed).logistic(size=len(X))
    y = (2 * X[:, 1] + np.linspace(-2, 2, len(X)) + noise > 0).astype(int)
    return fit(X, y), X, y


def weak_and_sorted(seed):
    X, y = rows(seed, slope=0.2)
    X, y = by(X[:, 0], X, y)
    return fit(X, y), X, y


def sorted_by_label(seed):
    X, y = by(rows(seed)[1], *rows(seed))
    return fit(X, y), X, y


def without_signal(seed):
    X, y = rows(seed, slope=0.0)
    return fit(X, y), X, y


def a_stream(seed):
    X, y = rows(seed, 2000)
    return streamed(X, y), X, y


def a_stream_begun_a_little_unlike(seed):
    X, y = rows(seed, 2000)
    X[:100] = 2 * X[:100] + 1
    return streamed(X, y), X, y


def a_stream_of_long_tails(seed):
    X, y = rows(seed, 2000)
    rng = np.random.default_rng(seed)
    X[:, 3] = np.where(rng.random(2000) < 0.745, 0, rng.exponential(size=2000))
    X[:, 4] = rng.random(2000) < 0.01
    X[:, 5] = np.exp(2 * X[:, 5])
    X[:, 6] = np.where(np.arange(2000) < 100, 0, 0.1 * rng.random(2000))
    return streamed(X, y), X, y


def a_warm_start(seed):
    X, y = rows(seed)
    return fit(X, y, warm_start=True, max_iter=10).fit(X, y), X, y


def standard_beside_an_outlier(seed):
    X, y = rows(seed)
    X[0, 4] = 1e7
    return fit(X, y, scale_inputs="standard"), X, y


def smoothed_squares(seed):
    X, y = rows(seed)
    params = {
        "loss": "squared_error",
        "label_smoothing": 0.1,
        "early_stopping": False,
        "max_iter": 5,
    }
    return fit(X, y, **params), X, y


def by_heart(seed):
    X, y = rows(seed, 200, slope=0.5)
    return fit(X, y, early_stopping=False, n_iter_no_change=np.inf), X, y


def few_rows(seed):
    X, y = make_moons(40, noise=0.2, random_state=seed)
    return fit(X, y), X, y


HEALTHY = [
    *(half_told, rare, drifting, weak_and_sorted, sorted_by_label, without_signal, a_stream),
    *(a_stream_begun_a_little_unlike, a_stream_of_long_tails, a_warm_start),
    *(standard_beside_an_outlier, smoothed_squares, by_heart, few_rows),
]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("make", HEALTHY, ids=lambda make: make.__name__)
def test_nothing_is_said_of_the_history_of_a_healthy_fit(make, seed):
    assert found(*make(seed)) == []

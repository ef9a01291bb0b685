"""What fitted networks may and may not be asked after parameters or data have changed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_info

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.engine import training

X = np.random.default_rng(0).normal(size=(120, 3))
Y = (X[:, 0] + np.random.default_rng(1).normal(size=120) > 0).astype(int)


@pytest.mark.parametrize("value", ["nope", "tanh"])
def test_predictions_belong_to_the_fit_not_to_parameters_set_later(small, value):
    clf = small().fit(X, Y)
    before = clf.predict_proba(X)
    assert_array_equal(clf.set_params(activation=value).predict_proba(X), before)


@pytest.mark.parametrize(
    "change", [{"activation": "tanh"}, {"scale_inputs": "standard"}, {"numeric_bins": 4}]
)
@pytest.mark.parametrize("goes_on", ["fit", "partial_fit"])
def test_going_on_with_networks_built_otherwise_is_an_error(small, change, goes_on):
    clf = small(warm_start=True).fit(X, Y).set_params(**change)
    (name,) = change
    with pytest.raises(ValueError, match=f"cannot go on with {name}=.*set it back"):
        getattr(clf, goes_on)(X, Y)


def test_going_on_takes_the_new_momentum_and_the_old_velocity(small):
    clf = small(solver="sgd", warm_start=True).fit(X, Y)
    velocity = clf._optimizer["state"]["velocity"].copy()
    clf.set_params(momentum=0.5, learning_rate_init=1e-300, max_iter=1).fit(X, Y)
    assert_array_equal(
        clf._optimizer["state"]["velocity"], velocity * 0.5**2
    )  # 120 rows are two batches


@pytest.mark.parametrize("before", ["fit", "partial_fit"])
def test_moments_begin_anew_after_a_fit_without_warm_start_and_go_on_in_a_stream(small, before):
    params = {"activation": "tanh", "scale_inputs": None, "batch_size": 120, "epsilon": 1e-30}
    clf = small(**params, learning_rate_init=0.01)
    clf.fit(X, Y) if before == "fit" else clf.partial_fit(X, Y, [0, 1])
    weights = clf.coefs_[0]
    step = abs(clf.partial_fit(X, -Y + 1).coefs_[0] - weights)
    is_first = abs(step / 0.01 - 1) < 1e-6  # of Adam: rate * g / sqrt(g^2)
    assert is_first.all() if before == "fit" else not is_first.any()


def test_out_of_fold_needs_the_same_fold_held_out_in_all_of_training(small):
    first = small(warm_start=True, early_stopping=False).fit(X, Y)
    assert not hasattr(first.set_params(early_stopping=True).fit(X, Y), "oof_proba_")
    streamed = small(warm_start=True).partial_fit(X, Y, classes=[0, 1])
    assert not hasattr(streamed.fit(X, Y), "oof_proba_")
    same = small(warm_start=True).fit(X, Y).fit(X, Y)
    assert same.oof_proba_.shape == (120, 2)
    assert not hasattr(same.fit(X[:110], Y[:110]), "oof_proba_")  # rows are dealt anew
    assert not hasattr(same.fit(X[:110], Y[:110]), "oof_proba_")  # and it has been seen before


def test_a_piece_that_diverges_leaves_the_networks_as_they_were(small):
    params = {"solver": "sgd", "hidden_layer_sizes": (4, 4), "activation": "identity"}
    clf = small(**params).partial_fit(X, Y, classes=[0, 1])
    before, velocity = clf.predict_proba(X), clf._optimizer["state"]["velocity"].copy()
    with pytest.warns(ConvergenceWarning, match="3 of 3 networks diverged"):
        clf.set_params(learning_rate_init=1e300).partial_fit(X, Y)
    assert_array_equal(clf.predict_proba(X), before)
    assert_array_equal(clf._optimizer["state"]["velocity"], velocity)


def test_squared_error_is_judged_as_squared_error(small):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 2))
    y = (rows[:, 0] > 0) ^ (rng.random(300) < 0.05)  # sure of the rest, its log loss is infinite
    params = {"loss": "squared_error", "early_stopping": False, "scale_inputs": None}
    clf = small(**params, solver="lbfgs", max_iter=500, hidden_layer_sizes=()).fit(rows, y)
    assert (clf.best_iter_ > 0).all()
    assert clf.score(rows, y) > 0.9


def test_a_stream_centres_columns_that_vary_later(small):
    stamps = np.column_stack([X[:, 0] + 1.7e9, X[:, 1]])
    first = np.column_stack([np.full(120, 1.7e9), X[:, 1]])
    clf = small(scale_inputs="standard").partial_fit(first, Y, classes=[0, 1])
    for _ in range(60):
        clf.partial_fit(stamps, Y)
    assert clf.score(stamps, Y) > 0.7


def test_equal_rows_are_not_held_out_all_together():
    values = np.repeat(np.arange(4.0), 50)[:, np.newaxis]
    y = np.tile([0, 1], 100)
    clf = NumpyMLPBinaryClassifier((2,), n_estimators=1, max_iter=1, random_state=0)
    seen = []

    def watch(objective, *args, **kwargs):
        seen.append(objective.problem.rows)
        return train(objective, *args, **kwargs)

    train = training.train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sknumpynet.workers.train", watch)
        clf.fit(values, y)
    held = seen[0].fold == 0
    by_value = np.bincount(values[seen[0].index[held], 0].astype(int))
    assert by_value.min() >= 4
    assert by_value.max() <= 6  # 20 rows of 200, 5 of each value


def test_x_val_that_nobody_would_look_at_is_an_error(small):
    with pytest.raises(ValueError, match="early_stopping=False, which would not look at it"):
        small(early_stopping=False).fit(X, Y, X_val=X, y_val=Y)


def test_class_weight_counts_in_validation_data_too(small):
    by_class = small(class_weight={0: 1, 1: 7}).fit(X, Y, X_val=X, y_val=Y)
    by_row = small().fit(X, Y, 1 + 6 * Y, X_val=X, y_val=Y, sample_weight_val=1 + 6 * Y)
    assert_array_equal(by_class.validation_curve_, by_row.validation_curve_)


def test_weights_that_overflow_with_class_weight_are_an_error(small):
    with pytest.raises(ValueError, match="sample_weight times class_weight sums to infinity"):
        small(class_weight={0: 1e308, 1: 1e308}).fit(X, Y)


def test_blas_has_as_many_threads_after_a_fit_as_before(small):
    before = [library["num_threads"] for library in threadpool_info()]
    small().fit(X, Y)
    assert [library["num_threads"] for library in threadpool_info()] == before


def test_lbfgs_says_which_network_a_line_is_about(small, capsys):
    with pytest.warns(ConvergenceWarning, match="had not converged"):
        small(solver="lbfgs", verbose=1, max_iter=2, n_estimators=2).fit(X, Y)
    lines = [line.split("  networks ")[1] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["0", "0", "1", "1"]


@pytest.mark.filterwarnings("ignore::sknumpynet.exceptions.NotLearningWarning")
def test_rows_of_the_fit_that_come_as_a_stream_do_not_find_their_labels_in_target_means():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 200, (3000, 1)).astype(str).astype(object), rng.integers(0, 2, 3000)
    X, X_new, y, y_new = "level " + X[:1000], "level " + X[1000:], y[:1000], y[1000:]
    clf = NumpyMLPBinaryClassifier(n_estimators=2, random_state=0).fit(X, y)
    for _ in range(10):
        clf.partial_fit(X, y)
    assert log_loss(y_new, clf.predict_proba(X_new)) < 0.72  # it was 0.83


def test_rare_levels_of_a_stream_have_the_base_rate_as_unknown_ones_do(small):
    rng = np.random.default_rng(0)
    X = np.append(np.repeat(np.arange(30), 20), np.repeat(np.arange(30, 60), 10))
    X = np.array([[f"level {number}", rng.normal()] for number in X], object)
    y = (rng.random(900) < np.where(np.arange(900) % 20 < 10, 0.05, 0.3)).astype(int)
    clf = small(n_estimators=1, batch_size=900).fit(X, y)
    rare, of_rare = X[600:], y[600:]
    unknown = rare.copy()
    unknown[:, 0] = "unheard of"
    loss = log_loss(of_rare, clf.predict_proba(unknown))  # of the full batch, before its step
    assert_allclose(clf.partial_fit(rare, of_rare).loss_curve_[-1], loss, rtol=1e-5)

"""scikit-learn's callbacks: one task an epoch, paired whatever happens; nothing else changes."""

import os
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknumpynet import NumpyMLPBinaryClassifier

callback = pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9")

SOLVERS = ["adam", "sgd", "lbfgs"]
SHORT = {"adam": {}, "sgd": {}, "lbfgs": {"max_iter": 100, "tol": 0.1}}  # converges by then


class Recorder:
    """Writes down what it is told; may fail or ask to stop at an event."""

    def __init__(self, stop_after=np.inf, fail_at=None):
        self.events, self.fitted, self.seen = [], [], []
        self.stop_after, self.fail_at = stop_after, fail_at

    def note(self, event, context):
        self.events.append((event, context.task_name, context.task_id))
        if (event, context.task_name, context.task_id) == self.fail_at:
            raise RuntimeError("of a callback")

    def setup(self, estimator, context):
        self.note("setup", context)

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        self.note("begin", context)

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.fitted.append(fitted_estimator)
        self.seen.append((X, y, metadata))
        self.note("end", context)
        return context.task_name == "epoch" and context.task_id + 1 >= self.stop_after

    def teardown(self, estimator, context):
        self.note("teardown", context)


def paired(n_epochs):
    """The events of a fit of so many epochs."""
    epochs = [(event, "epoch", epoch) for epoch in range(n_epochs) for event in ("begin", "end")]
    fit = [(event, "fit", 0) for event in ("setup", "begin", "end", "teardown")]
    return [*fit[:2], *epochs, *fit[2:]]


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_epoch_is_a_task_within_that_of_the_fit(small, table, solver, n_estimators):
    recorder = Recorder()
    clf = small(solver=solver, n_estimators=n_estimators, early_stopping=True, **SHORT[solver])
    clf.set_callbacks(recorder).fit(*table)
    n_epochs = clf.n_iter_
    if solver == "lbfgs":  # network after network, each with its own number of iterations
        n_epochs = int(np.isfinite(np.reshape(clf.loss_curve_, (-1, n_estimators))).sum())
    assert recorder.events == paired(n_epochs)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"max_iter": 5}, 5),
        ({"max_iter": "auto"}, None),  # it takes the rows to decide
        ({"max_iter": 5, "n_estimators": "auto"}, 5),
        ({"max_iter": 5, "n_estimators": 2, "solver": "lbfgs"}, 10),
        ({"max_iter": 5, "n_estimators": "auto", "solver": "lbfgs"}, None),
    ],
)
def test_callbacks_are_told_how_many_epochs_there_may_be(small, table, params, expected):
    told = []
    recorder = Recorder()
    recorder.setup = lambda estimator, context: told.append(context.max_subtasks)
    small(**params, tol=0.1).set_callbacks(recorder).fit(*table)
    assert told == [expected]


def test_tasks_end_with_the_epoch_at_which_networks_stop_by_themselves(small, table):
    recorder = Recorder()
    clf = small(early_stopping=True, n_iter_no_change=1, tol=0.1, max_iter=50)
    clf.set_callbacks(recorder).fit(*table)
    assert clf.n_iter_ < 50
    assert recorder.events == paired(clf.n_iter_)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "fail_at", [("begin", "epoch", 0), ("begin", "epoch", 1), ("end", "epoch", 1)], ids=str
)
def test_tasks_end_and_nothing_has_changed_when_a_fit_breaks_off(small, table, solver, fail_at):
    recorder, failing = Recorder(), Recorder(fail_at=fail_at)
    clf = small(solver=solver).set_callbacks(recorder, failing)
    before = vars(clf).copy()
    with pytest.raises(RuntimeError, match="of a callback"):
        clf.fit(*table)
    assert recorder.events == paired(fail_at[2] + 1)
    assert recorder.fitted[-1] is None
    assert vars(clf) == before


def test_a_fit_that_refuses_its_data_ends_its_task(small, table):
    recorder = Recorder()
    X, y = table
    with pytest.raises(ValueError, match="infinity"):
        small().set_callbacks(recorder).fit(np.full_like(X, np.inf), y)
    assert recorder.events == paired(0)


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_callback_that_asks_to_stop_stops_without_a_warning(small, table, solver, early_stopping):
    clf = small(solver=solver, n_estimators=1, early_stopping=early_stopping, max_iter=30)
    table = tuple(np.concatenate([part] * 2) for part in table)  # enough to say nothing was learnt
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.set_params(learning_rate="constant").set_callbacks(Recorder(stop_after=2)).fit(*table)
    assert clf.n_iter_ == len(clf.loss_curve_) == 2


@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
@pytest.mark.parametrize("early_stopping", [True, False])
def test_the_fitted_estimator_is_the_fit_that_stopped_there(
    small, table, early_stopping, scale_inputs
):
    X, y = table
    recorder = Recorder()
    clf = small(scale_inputs=scale_inputs, early_stopping=early_stopping, tol=0)
    clf.set_callbacks(recorder).fit(X, y)
    for epoch, fitted in enumerate(recorder.fitted[:-1], start=1):
        stopped = clone(clf).set_callbacks(Recorder(stop_after=epoch)).fit(X, y)
        assert_array_equal(fitted.predict_proba(X), stopped.predict_proba(X))
        assert fitted.n_iter_ == stopped.n_iter_ == epoch
        assert_array_equal(fitted.loss_curve_, stopped.loss_curve_)
    assert_array_equal(recorder.fitted[-1].predict_proba(X), clf.predict_proba(X))


def test_a_copy_is_made_only_where_a_callback_asks_for_one(small, table, monkeypatch):
    class Blind(Recorder):
        def on_fit_task_begin(self, estimator, context):
            self.note("begin", context)

        def on_fit_task_end(self, estimator, context):
            self.note("end", context)

    exposed = []
    expose = NumpyMLPBinaryClassifier._expose
    monkeypatch.setattr(
        NumpyMLPBinaryClassifier,
        "_expose",
        lambda self, *args: (exposed.append(self), expose(self, *args)),
    )
    blind = Blind()
    clf = small().set_callbacks(blind).fit(*table)
    assert len(exposed) == 1
    assert blind.events == paired(clf.n_iter_)


def test_callbacks_see_the_data_as_it_came(small, table):
    X, y = table
    weight = np.full(60, 0.5)
    recorder = Recorder()
    small().set_callbacks(recorder).fit(X, y, weight)
    for seen_X, seen_y, metadata in recorder.seen:
        assert seen_X is X
        assert seen_y is y
        assert metadata["sample_weight"] is weight


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callbacks_change_nothing(small, table, n_jobs):
    X, y = table
    alone = small(early_stopping=True).fit(X, y)
    watched = small(early_stopping=True, n_jobs=n_jobs).set_callbacks(Recorder()).fit(X, y)
    assert_array_equal(watched.oof_proba_, alone.oof_proba_)
    for watched_curve, curve in zip(watched.loss_curve_, alone.loss_curve_, strict=True):
        assert_array_equal(watched_curve, curve)


def test_a_pass_of_partial_fit_is_a_task(small, table):
    X, y = table
    recorder = Recorder()
    clf = small().set_callbacks(recorder)
    for _ in range(2):
        clf.partial_fit(X, y, classes=[0, 1])
    assert recorder.events == 2 * paired(1)
    assert_array_equal(recorder.fitted[-2].predict_proba(X), clf.predict_proba(X))


def test_what_a_callback_got_can_go_on(small, table):
    X, y = table
    recorder = Recorder()
    clf = small().set_callbacks(recorder).fit(X, y)
    before = clf.predict_proba(X)
    for fitted in recorder.fitted[:-1]:
        fitted.set_callbacks().partial_fit(X, y)
    assert_array_equal(clf.predict_proba(X), before)


def test_a_fit_whose_begin_fails_ends_too(small, table):
    first = Recorder()
    with pytest.raises(RuntimeError, match="of a callback"):
        small().set_callbacks(first, Recorder(fail_at=("begin", "fit", 0))).fit(*table)
    assert first.events == paired(0)


def test_going_on_is_told_from_its_own_first_epoch(small, table):
    X, y = table
    recorder = Recorder()
    clf = small(warm_start=True, tol=0).fit(X, y)
    before = clf.predict_proba(X)
    clf.set_callbacks(recorder).fit(X, y)
    assert recorder.events == paired(4)
    assert len(recorder.fitted[0].loss_curve_) == 5
    assert not np.array_equal(recorder.fitted[-1].predict_proba(X), before)


# scikit-learn's own callbacks, on real data ------------------------------------------------------


@pytest.fixture(scope="module")
def cancer():
    return load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_scoring_monitor_scores_every_epoch(small, cancer, solver):
    pytest.importorskip("pandas", reason="pandas is not installed")
    X, y = cancer
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    clf = small(solver=solver, n_estimators=1, **SHORT[solver]).set_callbacks(monitor).fit(X, y)
    scores = monitor.get_logs().data_as_pandas
    of_epochs = scores[scores["task_name"] == "epoch"]["neg_log_loss"]
    assert len(of_epochs) == clf.n_iter_
    assert_allclose(of_epochs.iloc[-1], -log_loss(y, clf.predict_proba(X)), rtol=1e-12)


def test_a_scoring_monitor_sees_through_pipeline_and_search(small, cancer):
    X, y = cancer
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    pipeline = make_pipeline(StandardScaler(), small().set_callbacks(monitor))
    grid = {"numpymlpbinaryclassifier__n_estimators": [1, 2]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(X, y)
    epochs = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(epochs) == 5 * 4  # four fits and one of all rows, each of four epochs
    best = -log_loss(y, search.predict_proba(X))
    assert np.isclose([row["neg_log_loss"] for row in epochs], best, rtol=1e-12).any()


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("where", ["alone", "pipeline", "search"])
def test_a_progress_bar_comes_to_its_end(small, cancer, capfd, solver, where):
    pytest.importorskip("rich", reason="rich is not installed")
    clf = small(solver=solver, n_estimators=1, **SHORT[solver])
    if where != "alone":
        clf = make_pipeline(StandardScaler(), clf)
    if where == "search":
        grid = {"numpymlpbinaryclassifier__alpha": [0.0, 1.0]}
        clf = GridSearchCV(clf, grid, cv=2, n_jobs=2)
    bar = callback.ProgressBar(max_propagation_depth=None)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The estimator StandardScaler does not support")
        clf.set_callbacks(bar).fit(*cancer)
    last = capfd.readouterr().out.rstrip().rsplit(os.linesep, 1)[-1]
    assert "100%" in last


def test_what_a_callback_changes_in_the_estimator_stays(small, table):
    class Meddling(Recorder):
        def on_fit_task_end(self, estimator, context):
            if context.task_name == "epoch":
                estimator.set_params(alpha=7.0)
                estimator.seen_ = context.task_id

    clf = small().set_callbacks(Meddling()).fit(*table)
    assert clf.alpha == 7.0
    assert clf.seen_ == clf.n_iter_ - 1

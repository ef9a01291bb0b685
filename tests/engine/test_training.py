"""Training against itself in parts, and against scikit-learn; which epochs are kept."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from scipy import sparse
from stacks import PLAN, make, places_after_epochs, run, value_and_grad, with_scaling

from sknumpynet.engine.batching import batches, visiting_order
from sknumpynet.engine.epochs import average_in
from sknumpynet.engine.inputs.scaling import Scaling
from sknumpynet.engine.objective import Objective
from sknumpynet.engine.optimizers import OPTIMIZERS, Adam
from sknumpynet.engine.training import join


def found(trained):
    """All that came of training, by name; of the stack its params."""
    return vars(trained) | {"stack": trained.stack.params}


# A stack is its networks -------------------------------------------------------------------------

LEAVING = {"n_iter_no_change": 3, "tol": 1e-3, "max_iter": 60, "learning_rate_init": 0.1}
STACKS = {
    "adam": (LEAVING | {"learning_rate": "cosine"}, {"dropout": 0.2}),
    "sgd": (LEAVING | {"solver": "sgd", "learning_rate": "invscaling"}, {"dropout": 0.2}),
    "adaptive": (LEAVING | {"solver": "sgd", "learning_rate": "adaptive"}, {}),
    "lbfgs": (LEAVING | {"solver": "lbfgs"}, {"alpha": 0.1}),
    "decayed": (LEAVING | {"weight_decay": 0.5, "relative_rate": np.linspace(0.1, 2, 21)}, {}),
    "clipped": (LEAVING | {"max_grad_norm": 0.1}, {}),
    "averaged": (LEAVING | {"averaging": True}, {"dropout": 0.2}),
    "averaged, adaptive": (
        LEAVING | {"solver": "sgd", "learning_rate": "adaptive", "averaging": True},
        {},
    ),
    # Arrays so large that NumPy cuts sums, or the engine its work, into pieces.
    "wide": (
        LEAVING
        | {"max_grad_norm": 0.1, "max_iter": 5, "relative_rate": np.linspace(0.5, 2, 10_001)},
        {"hidden": (2000,), "activation": "relu", "alpha": 1.0},
    ),
    "logistic": (LEAVING, {"hidden": (30,), "activation": "logistic"}),
}


def make_stack(name):
    """A stack of five, the last of which diverges at once."""
    changes, settings = STACKS[name]
    params, problem = make(n_networks=5, has_folds=True, **settings)
    params[4] = 1.7e308 * np.sign(params[4])
    return params, problem, replace(PLAN, **changes)


@pytest.mark.parametrize("name", STACKS)
def test_a_network_of_a_stack_equals_that_network_trained_alone(name):
    params, problem, plan = make_stack(name)
    stack = run(problem, params, plan)
    lengths = (~np.isnan(stack.validation_curve)).sum(axis=0)
    assert name == "wide" or len(set(lengths[:4])) > 1  # they leave one by one
    assert_array_equal(stack.has_diverged, [False] * 4 + [True])
    for k in range(5):
        alone = run(problem, params, plan, [k])
        for field in ("stack", "best_epoch", "best_score", "has_diverged", "has_finished"):
            assert_array_equal(found(alone)[field][0], found(stack)[field][k])
        for field in ("loss_curve", "validation_curve"):
            curve, rest = np.split(getattr(stack, field)[:, k], [len(alone.loss_curve)])
            assert_array_equal(curve, getattr(alone, field)[:, 0])
            assert np.isnan(rest).all()


@pytest.mark.parametrize("name", STACKS)
def test_parts_trained_apart_and_joined_equal_the_whole(name):
    params, problem, plan = make_stack(name)
    whole = run(problem, params, plan)
    joined = join([run(problem, params, plan, part) for part in ([0, 1], [2], [3, 4])])
    for name, one in found(whole).items():
        other = found(joined)[name]
        if name == "optimizer" and one is not None:
            assert type(one) is type(other)
            assert_equal(vars(one), vars(other))
        else:
            assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["adam", "adaptive", "averaged", "averaged, adaptive"])
def test_a_network_that_diverged_is_put_back_to_where_it_started(name):
    params, problem, plan = make_stack(name)
    trained = run(problem, params, plan, keeps_best=False)
    assert_array_equal(trained.stack.params[4], params[4])
    for state in trained.optimizer.state.values():
        assert not state[4].any()
        assert state[:4].any(axis=1).all()


# Records -----------------------------------------------------------------------------------------


class Recorder:
    """An observer that writes down what it is told, and may ask to stop."""

    def __init__(self, last=np.inf):
        self.calls, self.epochs, self.states, self.last = [], [], [], last

    def begin(self, so_far):
        if not self.calls:
            self.at_first = so_far()
        self.calls.append("begin")

    def end(self, networks, epoch, so_far):
        self.calls.append("end")
        self.epochs.append((networks.copy(), epoch))
        self.states.append(so_far())
        return epoch.number >= self.last


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_an_observer_is_told_the_curves_row_by_row(solver):
    params, problem = make(n_networks=5, has_folds=True)
    recorder, plan = Recorder(), replace(PLAN, **LEAVING | {"solver": solver})
    trained = run(problem, params, plan, observers=[recorder])
    for name in ("loss", "validation"):
        curve = getattr(trained, f"{name}_curve")
        told = np.full_like(curve, np.nan)
        for networks, epoch in recorder.epochs:
            told[epoch.number - 1, networks] = getattr(epoch, name)
        assert_array_equal(told, curve)
    ends = [curve[~np.isnan(curve)][-1] for curve in trained.loss_curve.T]
    assert_array_equal(trained.last_loss, ends)
    if solver != "lbfgs":  # which calls begin at every evaluation
        assert recorder.calls == ["begin", "end"] * len(recorder.epochs)


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize(
    ("solver", "keeps_best"),
    [("adam", True), ("adam", False), ("sgd", True), ("sgd", False), ("lbfgs", True)],
)
def test_what_there_is_so_far_is_what_training_returns_when_it_ends_there(
    solver, has_folds, keeps_best
):
    params, problem = make(n_networks=3, has_folds=has_folds)
    plan = replace(PLAN, solver=solver, learning_rate="constant", max_iter=5)
    recorder = Recorder()
    if solver == "lbfgs":  # one network after the other
        params = params[:1]
    run(problem, params, plan, observers=[recorder], keeps_best=keeps_best)
    for n_epochs, so_far in enumerate(recorder.states, start=1):
        stopped = run(problem, params, replace(plan, max_iter=n_epochs), keeps_best=keeps_best)
        assert so_far.optimizer is None
        for name, value in found(so_far).items():
            if name != "optimizer":
                assert_array_equal(value, found(stopped)[name])


@pytest.mark.parametrize("keeps_best", [False, True])
@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_before_the_first_epoch_there_is_the_start(solver, has_folds, keeps_best):
    params, problem = make(n_networks=2, has_folds=has_folds)
    recorder, plan = Recorder(), replace(PLAN, solver=solver, max_iter=1)
    run(problem, params, plan, observers=[recorder], keeps_best=keeps_best)
    assert_array_equal(recorder.at_first.stack.params, params)
    assert_array_equal(recorder.at_first.best_epoch, [0, 0])
    assert recorder.at_first.loss_curve.shape == (0, 2)


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_networks_stop_when_an_observer_asks(solver, has_folds):
    params, problem = make(n_networks=3, has_folds=has_folds)
    recorder, told = Recorder(last=2), Recorder()
    trained = run(problem, params, replace(PLAN, solver=solver), observers=[recorder, told])
    assert len(trained.loss_curve) == 2
    assert trained.has_finished.all()
    assert len(told.epochs) == len(recorder.epochs)


# Interrupts --------------------------------------------------------------------------------------


class Interrupt:
    """An observer that is interrupted before an epoch begins, or while it judges one."""

    def __init__(self, begin=np.inf, end=np.inf):
        self.n_begun, self.begin_of, self.end_of = 0, begin, end

    def begin(self, so_far):
        self.n_begun += 1
        if self.n_begun == self.begin_of:
            raise KeyboardInterrupt

    def end(self, networks, epoch, so_far):
        if epoch.number == self.end_of:
            raise KeyboardInterrupt


@pytest.mark.parametrize("when", [{"begin": 5}, {"end": 4}], ids=str)
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_an_interrupt_ends_training_as_if_the_epoch_before_had_been_the_last(solver, when):
    params, problem = make((8,), n_networks=5, has_folds=True)
    plan = replace(PLAN, **LEAVING | {"solver": solver})
    shorter = run(problem, params, replace(plan, max_iter=4))
    trained = run(problem, params, plan, observers=[Interrupt(**when)])
    assert trained.was_interrupted
    assert trained.optimizer is None
    for name, value in found(shorter).items():
        if name not in ("optimizer", "was_interrupted"):
            assert_array_equal(found(trained)[name], value)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_interrupt_goes_on_where_the_last_epoch_is_wanted(solver):
    (params, problem), plan = make(), replace(PLAN, solver=solver)
    with pytest.raises(KeyboardInterrupt):
        run(problem, params, plan, keeps_best=False, observers=[Interrupt(begin=3)])


@pytest.mark.parametrize("goes_beyond", [False, True])
@pytest.mark.parametrize("has_folds", [False, True])
def test_what_the_first_epoch_came_to_is_kept_where_it_is_finite(
    has_folds, goes_beyond, monkeypatch
):
    params, problem = make(n_networks=2, has_folds=has_folds)
    step, n_steps = Adam.step, 0

    def interrupted_step(optimizer, params, *args):
        nonlocal n_steps
        n_steps += 1
        if n_steps == 3:
            if goes_beyond:
                params[0] = np.inf
            raise KeyboardInterrupt
        step(optimizer, params, *args)

    monkeypatch.setattr(Adam, "step", interrupted_step)
    trained = run(problem, params, PLAN)
    assert trained.was_interrupted
    assert trained.loss_curve.shape == (0, 2)
    assert_array_equal(trained.best_epoch, [0, 0])
    assert_array_equal(trained.best_score, [np.nan, np.nan])
    moved = abs(trained.stack.params - params).max(axis=1)
    assert_allclose(moved, [0 if goes_beyond else 0.1, 0.1], atol=0.02)  # two steps of 0.05


def test_a_whole_stack_is_joined_already():
    params, problem = make()
    trained = run(problem, params, PLAN)
    assert join([trained]) is trained


def test_a_stack_of_which_a_part_was_interrupted_has_no_optimizer():
    params, problem = make(n_networks=2)
    whole = run(problem, params, PLAN, [0])
    part = run(problem, params, PLAN, [1], observers=[Interrupt(begin=5)])
    joined = join([whole, part])
    assert joined.was_interrupted
    assert joined.optimizer is None
    assert_array_equal((~np.isnan(joined.loss_curve)).sum(axis=0), [PLAN.max_iter, 4])


# The best epoch, and the last --------------------------------------------------------------------


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_the_best_epoch_is_the_lowest_of_its_curve_and_its_params_are_kept(solver, has_folds):
    params, problem = make((8,), n_networks=5, has_folds=has_folds)
    plan = replace(PLAN, solver=solver, learning_rate_init=0.2)
    trained = run(problem, params, plan)
    curve = trained.validation_curve if has_folds else trained.loss_curve
    assert_array_equal(trained.best_score, np.nanmin(curve, axis=0))
    objective = Objective(problem, np.arange(5))
    if has_folds:
        assert_array_equal(objective.validation(trained.stack.params)[0], trained.best_score)
        assert (trained.best_epoch < plan.max_iter).any()
    elif solver == "lbfgs":
        assert_array_equal(value_and_grad(problem, trained.stack.params)[0], trained.best_score)
    if has_folds or solver == "lbfgs":
        assert_array_equal(trained.best_epoch, np.nanargmin(curve, axis=0) + 1)
    if solver != "lbfgs":
        places = places_after_epochs(objective, params, plan)
        assert_array_equal(trained.stack.params, places[trained.best_epoch, np.arange(5)])


def test_where_few_rows_are_held_out_the_epoch_of_the_best_score_is_kept():
    params, problem = make((8,), n_networks=5, has_folds=True, n_judging=np.full(5, 8))
    plan = replace(PLAN, learning_rate_init=0.2)
    trained, objective = run(problem, params, plan), Objective(problem, np.arange(5))
    places = places_after_epochs(objective, params, plan)
    scores = np.array([objective.validation(place)[2] for place in places[1:]])
    assert_array_equal(trained.best_epoch, scores.argmin(axis=0) + 1)
    assert_array_equal(trained.stack.params, places[trained.best_epoch, np.arange(5)])
    losses = trained.validation_curve[trained.best_epoch - 1, np.arange(5)]
    assert_array_equal(trained.best_score, losses)
    assert (losses > trained.validation_curve.min(axis=0)).any()


@pytest.mark.parametrize("patience", [2, np.inf])
@pytest.mark.parametrize("n_rows", [48, 3000])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_without_rows_held_out_neither_the_last_nor_the_start_is_better_than_what_is_kept(
    solver, n_rows, patience
):
    params, problem = make((8,), n_networks=9, n_rows=n_rows)
    plan = replace(PLAN, solver=solver, learning_rate_init=0.5, n_iter_no_change=patience)
    trained, last = (run(problem, params, plan, keeps_best=keeps) for keeps in (True, False))
    objective = Objective(problem, np.arange(9))
    kept, of_last = (objective.value(each.stack.params) for each in (trained, last))
    assert (kept <= of_last).all()
    lowest = np.nanargmin(trained.loss_curve, axis=0) + 1
    n_epochs = (~np.isnan(trained.loss_curve)).sum(axis=0)
    assert len(set(n_epochs)) > 1 or patience == np.inf
    assert ((trained.best_epoch == lowest) | (trained.best_epoch == n_epochs)).all()
    assert (trained.best_epoch != lowest).any()
    is_last = trained.best_epoch == n_epochs
    assert_array_equal(trained.stack.params[is_last], last.stack.params[is_last])


def averages_after_epochs(objective, params, plan):
    """The start, and the average of the params over all steps so far after every epoch."""
    params, average, scratch = params.copy(), params.copy(), np.empty_like(params)
    averages, optimizer, n_steps = [params.copy()], plan.make_optimizer(params), 0
    grad, n_rows = np.empty_like(params), len(objective.problem.rows.index)
    for epoch in range(plan.max_iter):
        objective.visit(visiting_order(n_rows, plan.shuffle, plan.seed, epoch), epoch)
        for rows in batches(n_rows, plan.batch_size):
            objective.value_and_grad(params, rows, grad)
            optimizer.step(params, grad, plan.learning_rate_init)
            n_steps += 1
            average_in(average, params, n_steps, scratch)
        averages.append(average.copy())
    return np.array(averages)


@pytest.mark.parametrize("keeps_best", [True, False])
@pytest.mark.parametrize("patience", [3, np.inf])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_the_average_over_the_steps_is_judged_and_kept(solver, patience, keeps_best):
    params, problem = make((8,), n_networks=5, has_folds=True)
    plan = replace(PLAN, solver=solver, learning_rate_init=0.2, max_iter=40, averaging=True)
    plan = replace(plan, n_iter_no_change=patience)
    trained = run(problem, params, plan, keeps_best=keeps_best)
    objective = Objective(problem, np.arange(5))
    averages = averages_after_epochs(objective, params, plan)
    judged = np.array([objective.validation(average)[0] for average in averages[1:]])
    n_epochs = (~np.isnan(trained.validation_curve)).sum(axis=0)
    assert (len(set(n_epochs)) > 1) == (patience == 3)
    for k, (curve, n) in enumerate(zip(trained.validation_curve.T, n_epochs, strict=True)):
        assert_allclose(curve[:n], judged[:n, k], rtol=1e-9)
        best = np.argmin(curve[:n]) + 1
        assert trained.best_epoch[k] == best
        kept = best if keeps_best else n
        assert_allclose(trained.stack.params[k], averages[kept, k], rtol=1e-9, atol=1e-12)
    assert (trained.best_epoch < n_epochs).any()


def test_without_rows_held_out_the_last_average_is_a_candidate():
    params, problem = make((8,), n_networks=9)
    plan = replace(PLAN, learning_rate_init=0.5, max_iter=10, averaging=True)
    trained, objective = run(problem, params, plan), Objective(problem, np.arange(9))
    averages = averages_after_epochs(objective, params, plan)
    kept = averages[trained.best_epoch, np.arange(9)]
    assert_allclose(trained.stack.params, kept, rtol=1e-9, atol=1e-12)
    assert (objective.value(trained.stack.params) <= objective.value(averages[-1]) + 1e-12).all()
    lowest = trained.loss_curve.argmin(axis=0) + 1
    assert ((trained.best_epoch == lowest) | (trained.best_epoch == 10)).all()
    assert (trained.best_epoch != lowest).any()


def test_an_interrupt_within_the_first_epoch_leaves_the_average(monkeypatch):
    params, problem = make(n_networks=2, has_folds=True)
    step, path = Adam.step, []

    def interrupted_step(optimizer, params, *args):
        if len(path) == 2:
            raise KeyboardInterrupt
        step(optimizer, params, *args)
        path.append(params.copy())

    monkeypatch.setattr(Adam, "step", interrupted_step)
    trained = run(problem, params, replace(PLAN, averaging=True))
    assert_allclose(trained.stack.params, (path[0] + 10 * path[1]) / 11, rtol=1e-12)


@pytest.mark.parametrize("keeps_best", [True, False])
@pytest.mark.parametrize("has_folds", [True, False])
def test_lbfgs_takes_no_steps_to_average(has_folds, keeps_best):
    params, problem = make(n_networks=2, has_folds=has_folds)
    plan = replace(PLAN, solver="lbfgs")
    plain = run(problem, params, plan, keeps_best=keeps_best)
    averaged = run(problem, params, replace(plan, averaging=True), keeps_best=keeps_best)
    assert_equal(found(averaged), found(plain))


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_without_the_best_kept_the_params_are_the_last_epochs(solver):
    params, problem = make((8,), n_networks=5, has_folds=True)
    trained = run(problem, params, replace(PLAN, solver=solver), keeps_best=False)
    last = [curve[~np.isnan(curve)][-1] for curve in trained.validation_curve.T]
    assert_array_equal(Objective(problem, np.arange(5)).validation(trained.stack.params)[0], last)


@pytest.mark.parametrize("patience", [1, 2, 5])
@pytest.mark.parametrize(
    ("solver", "has_folds"), [("adam", False), ("adam", True), ("sgd", True), ("lbfgs", True)]
)
def test_a_network_stops_after_patience_epochs_without_progress_and_not_before(
    solver, has_folds, patience
):
    params, problem = make((8,), n_networks=5, has_folds=has_folds)
    plan = replace(PLAN, solver=solver, n_iter_no_change=patience, max_iter=400, tol=1e-3)
    trained = run(problem, params, plan)
    curves = trained.validation_curve if has_folds else trained.loss_curve
    for curve in curves.T:
        scores = curve[~np.isnan(curve)]
        best_before = np.minimum.accumulate([np.inf, *scores[:-1]])
        progress = "".join(np.where(scores < best_before - plan.tol, "+", "-"))
        assert progress.index("-" * patience) == len(progress) - patience
    assert trained.has_finished.all()


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_a_network_cut_off_by_max_iter_has_not_finished(solver):
    params, problem = make()
    trained = run(problem, params, replace(PLAN, solver=solver, max_iter=2))
    assert len(trained.loss_curve) == 2
    assert not trained.has_finished.any()


@pytest.mark.parametrize("learning_rate", ["constant", "invscaling"])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_two_runs_handed_over_are_one_run_of_twice_the_epochs(solver, learning_rate):
    params, problem = make(n_networks=2, dropout=0.2)
    plan = replace(PLAN, solver=solver, learning_rate=learning_rate, max_iter=10)
    whole = run(problem, params, plan, keeps_best=False)
    half = replace(plan, max_iter=5)
    first = run(problem, params, half, keeps_best=False)
    handed_over = {"optimizer": first.optimizer, "n_passes": 5, "n_seen": 5 * 48}
    second = run(problem, first.stack.params, half, keeps_best=False, **handed_over)
    assert_array_equal(second.stack.params, whole.stack.params)
    assert_array_equal([*first.loss_curve, *second.loss_curve], whole.loss_curve)


# Edges -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_a_start_that_cannot_be_bettered_still_makes_an_epoch(solver, has_folds):
    params, problem = make(has_folds=has_folds)
    rows = replace(problem.rows, X=np.zeros((48, 3)), sign=np.resize([1.0, -1.0], 48))
    rows = replace(rows, fold=np.arange(48) // 2 % 5 if has_folds else None)
    plan = replace(PLAN, solver=solver, batch_size=48, n_iter_no_change=1, max_iter=9)
    trained = run(replace(problem, rows=rows), 0 * params, plan)
    assert_allclose(trained.best_score, np.log(2))
    assert_array_equal(trained.best_epoch, [1])
    assert_array_equal(trained.stack.params, 0 * params)
    assert trained.has_finished.all()


@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_a_diverging_rate_ends_with_finite_params_and_says_so(solver, dtype, has_folds):
    settings = {"activation": "identity", "alpha": 1.0, "has_folds": has_folds}
    params, problem = make((5, 4), n_networks=2, **settings)
    rows = problem.rows
    rows = replace(rows, X=rows.X.astype(dtype), sign=rows.sign.astype(dtype))
    # The penalty alone multiplies weights by -2e8 a step of SGD; a step of Adam is the rate, and
    # three layers make it overflow.
    rate = 1e10 if solver == "sgd" else float(np.finfo(dtype).max) ** 0.6
    plan = replace(PLAN, solver=solver, learning_rate_init=rate, max_iter=100)
    trained = run(replace(problem, rows=rows), params.astype(dtype), plan)
    assert trained.has_diverged.all()
    assert trained.has_finished.all()
    assert trained.stack.params.dtype == dtype
    assert np.isfinite(trained.stack.params).all()


def test_a_last_step_beyond_the_numbers_is_not_kept():
    params, problem = make(())
    problem = replace(problem, rows=replace(problem.rows, X=1e6 * problem.rows.X))
    plan = replace(PLAN, solver="sgd", learning_rate_init=1e308, batch_size=48, max_iter=1)
    trained = run(problem, params, plan)
    assert np.isfinite(trained.loss_curve).all()  # of the params before the step
    assert_array_equal(trained.stack.params, params)
    assert trained.has_diverged.all()


def test_a_few_heavy_rows_that_no_sample_would_hold_decide():
    params, problem = make((), n_networks=2, n_rows=3000)
    weight = np.ones(3000)
    weight[[1, 4, 7]] = 1e6  # between the rows of the sample
    problem = replace(problem, rows=replace(problem.rows, weight=weight))
    trained = run(problem, params, replace(PLAN, batch_size=3000, learning_rate_init=0.01))
    objective = Objective(problem, [0, 1])
    assert (trained.best_epoch > 0).all()
    assert (objective.value(trained.stack.params) < objective.value(params)).all()


@pytest.mark.parametrize(("n_rows", "batch_size"), [(48, 48), (3000, 3000), (48, 12)])
def test_a_last_step_that_makes_it_worse_than_the_start_is_not_kept(n_rows, batch_size):
    params, problem = make((), n_networks=2, n_rows=n_rows)
    plan = replace(PLAN, solver="sgd", learning_rate_init=1e3, batch_size=batch_size, max_iter=1)
    trained = run(problem, params, plan)
    assert_array_equal(trained.stack.params, params)
    assert_array_equal(trained.best_epoch, [0, 0])
    before, _ = value_and_grad(problem, params)
    assert_allclose(trained.best_score, before, rtol=1e-12)


@pytest.mark.parametrize("keeps_best", [False, True])
@pytest.mark.parametrize("has_folds", [False, True])
@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_a_start_beyond_the_numbers_is_kept_and_said_to_have_diverged(
    solver, has_folds, keeps_best
):
    params, problem = make(has_folds=has_folds, activation="relu")
    params *= 1e300
    trained = run(problem, params, replace(PLAN, solver=solver), keeps_best=keeps_best)
    assert_array_equal(trained.stack.params, params)
    assert_array_equal(trained.has_diverged, [True])
    assert_array_equal(trained.best_epoch, [0])


@pytest.mark.parametrize("to_csr", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_training_writes_to_no_rows(solver, to_csr):
    params, problem = make(n_networks=2, has_folds=True)
    rows = replace(problem.rows, X=to_csr(problem.rows.X))
    values = rows.X.data if sparse.issparse(rows.X) else rows.X
    arrays = [values, rows.index, rows.sign, rows.weight, rows.fold]
    before = [array.copy() for array in arrays]
    problem = with_scaling(replace(problem, rows=rows), Scaling(None, np.full(3, 2.0), bends=True))
    run(problem, params, replace(PLAN, solver=solver))
    for array, copy in zip(arrays, before, strict=True):
        assert_array_equal(array, copy)

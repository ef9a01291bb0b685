"""L-BFGS over all rows at once: SciPy's L-BFGS-B, one network at a time."""

import numpy as np
from scipy import optimize

from .epochs import Epoch

FTOL = 64 * np.finfo(np.float64).eps  # as scikit-learn's LogisticRegression


def minimize_lbfgs(course):
    """Minimise the objective of every network of a course; each iteration counts as an epoch.

    Parameters
    ----------
    course : training.Course

    Returns
    -------
    ndarray of bool of shape (n_networks,)
        Whether each network has finished before ``max_iter`` and ``max_fun``.
    """
    return np.array([_minimize_one(course, network) for network in course.order])


def _minimize_one(course, network):  # long, because SciPy calls functions that share its state
    """`minimize_lbfgs` for one network of the stack."""
    objective, plan = course.objective.of([network]), course.plan
    trained = course.params[network]
    params, grad = np.empty((2, 1, len(trained)), trained.dtype)
    all_rows, n_iter, failures = slice(0, len(objective.problem.rows.index)), 0, []

    def value_and_grad(x):
        course.begin()
        params[0] = x
        value = objective.value_and_grad(params, all_rows, grad)
        return float(value[0]), grad[0].astype(np.float64)

    def is_last(result):
        nonlocal n_iter
        n_iter += 1
        params = result.x.astype(trained.dtype)[np.newaxis]
        epoch = Epoch(n_iter, np.array([result.fun]), *objective.validation(params))
        return course.judge(np.array([network]), epoch, params)

    def after_iteration(intermediate_result):  # SciPy requires this argument name
        try:
            ends = is_last(intermediate_result)
        except StopIteration as failure:  # an observer's, which SciPy would take for ours
            failures.append(failure)
            raise
        if ends:
            raise StopIteration

    start, limits = trained.astype(np.float64), {"maxiter": plan.max_iter, "maxfun": plan.max_fun}
    result = optimize.minimize(
        value_and_grad,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=after_iteration,
        options=limits | {"gtol": plan.tol, "ftol": FTOL},
    )
    if failures:
        raise failures[0]
    if n_iter == 0:  # the start was a minimum
        is_last(result)
    trained[...] = result.x
    return result.success or result.status == 99  # 99: the callback stopped it

"""scikit-learn's own checks of an estimator, for every solver with every kind of early stopping.

Networks are one or three by turns, which makes every pair of the three parameters but not every
triple: 9 estimators of 64 checks instead of 18.

None is expected to fail, and none may be skipped but that of the array API, which NumPy's arrays
alone do not show, and those that need pandas where it is missing.
"""

from itertools import product
from unittest import SkipTest

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.engine.optimizers import OPTIMIZERS

KINDS = [
    NumpyMLPBinaryClassifier(
        (8,), solver=solver, max_iter=15, n_estimators=(1, 3)[at % 2], early_stopping=stopping
    )
    for at, (solver, stopping) in enumerate(product([*OPTIMIZERS, "lbfgs"], (True, False, "auto")))
]
CHECKS = parametrize_with_checks(KINDS)
NAMES, CASES = CHECKS.args  # older scikit-learn gives a generator, which pytest 9 deprecates


@pytest.mark.filterwarnings("ignore:.*had not converged:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.NotLearningWarning")  # random y
@pytest.mark.parametrize(NAMES, list(CASES), **CHECKS.kwargs)
def test_the_estimator_keeps_scikit_learn_s_contract(estimator, check):
    try:
        check(estimator)
    except SkipTest as skipped:
        if not any(missing in str(skipped) for missing in ("SCIPY_ARRAY_API", "pandas")):
            pytest.fail(f"skipped: {skipped}")
        raise

"""Few rows: nothing is claimed that they cannot tell, and no number of rows is a cliff."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from sknumpynet import NumpyMLPBinaryClassifier

pytestmark = pytest.mark.filterwarnings("ignore:nothing was learnt:sknumpynet.NotLearningWarning")
RULES = {  # log-odds of six columns
    "linear": lambda X: 2 * X[:, 0] - 1.5 * X[:, 1] + X[:, 2],
    "product": lambda X: 3 * X[:, 0] * X[:, 1],
    "noise": lambda X: 0 * X[:, 0],
}


def losses(rule, seed, sizes, **params):
    """Log loss on new rows of networks that train on the first so many rows of one table."""
    rng = np.random.default_rng((list(RULES).index(rule), seed))
    X = rng.normal(size=(1200, 6))
    y = (rng.random(1200) < 1 / (1 + np.exp(-RULES[rule](X)))).astype(int)
    y[:4] = 0, 1, 0, 1
    fits = (NumpyMLPBinaryClassifier(random_state=seed, **params).fit(X[:n], y[:n]) for n in sizes)
    return [log_loss(y[200:], clf.predict_proba(X[200:])) for clf in fits]


@pytest.mark.parametrize("threshold", [8, 16, 20, 32, 48, 64, 100])
def test_a_row_more_hardly_changes_the_mean_loss(threshold):
    """Where folds become full or more, where columns get codes, where others would begin."""
    sizes = [threshold - 1, threshold, threshold + 1]
    mean = np.mean([losses(rule, seed, sizes) for rule in RULES for seed in range(3)], axis=0)
    assert np.ptp(mean) < 0.05


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("n_rows", [10, 20, 40, 90])
def test_few_rows_end_near_the_base_rate_or_below(rule, n_rows):
    """The base rate of even labels has .69, what 0.1 memorised had 1.1 to 2."""
    mean = np.mean([losses(rule, seed, [n_rows]) for seed in range(4)])
    assert mean < 0.8

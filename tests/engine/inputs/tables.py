"""Tables whose columns are of different places, sizes and tails, and weighted rows to draw."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

law = settings(deadline=None, derandomize=True, database=None)

weighted_rows = st.lists(
    st.tuples(st.integers(-5, 5), st.floats(-10, 10), st.integers(1, 5)), min_size=1, max_size=25
)


def table(n_rows=41, n_features=4, dtype=np.float64):
    """Columns of different places, sizes and tails; one constant, one with many zeros."""
    rng = np.random.default_rng(0)
    X = rng.standard_t(2, size=(n_rows, n_features)) * (1, 100, 1e-3, 1) + (0, -7, 5, 0)
    X[:, 0] = 0.1
    X[rng.random(n_rows) < 0.8, 3] = 0
    return X.astype(dtype)


def arrays(rows):
    *columns, weight = (np.array(column, float) for column in zip(*rows, strict=True))
    return np.column_stack(columns), weight


def ones(X):
    return np.ones(X.shape[0])

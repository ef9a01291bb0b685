"""Numeric columns told in pieces: where it is on, what it adds, and that it stays one estimator."""

import numpy as np
import pytest
from learnt import assert_learnt_the_same
from numpy.testing import assert_array_equal
from scipy import sparse

TABLE = np.random.default_rng(0).normal(size=(300, 3))
TABLE[:, 1] = TABLE[:, 1] > 0
LABELS = (np.sin(4 * TABLE[:, 0]) > 0).astype(int)


def n_inputs(clf):
    return clf.coefs_[0].shape[-2]


@pytest.mark.parametrize(
    ("params", "n_rows", "n_codes"),
    [
        ({}, 300, 16),  # two numeric columns; the third has two values
        ({}, 99, 0),
        ({"scale_inputs": "standard"}, 300, 0),
        ({"scale_inputs": None}, 300, 0),
        ({"numeric_bins": 0}, 300, 0),
        ({"numeric_bins": 4}, 99, 8),
        ({"numeric_bins": 4, "scale_inputs": None}, 300, 8),
    ],
)
def test_codes_are_inputs_beside_the_columns_where_asked_or_where_they_pay(
    small, params, n_rows, n_codes
):
    clf = small(**params).fit(TABLE[:n_rows], LABELS[:n_rows])
    assert n_inputs(clf) == 3 + n_codes
    assert clf.n_features_in_ == 3


@pytest.mark.parametrize("n_columns", [16, 17])
def test_finer_codes_are_256_at_most_and_those_at_frequent_values_fit_below_512(small, n_columns):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2_000, n_columns))
    clf = small(max_iter=1, n_estimators=1).fit(X, X[:, 0] > 0)
    assert n_inputs(clf) == n_columns + 256 // n_columns * n_columns
    X[rng.random(X.shape) < 0.7] = 0
    X[rng.random(X.shape) < 0.3] = 1
    clf.fit(X, X[:, 0] > 0)
    assert 256 < n_inputs(clf) - n_columns <= 512


def test_wide_tables_get_no_codes_unless_asked(small):
    X = np.random.default_rng(0).normal(size=(150, 65))  # 8 * 64 is the limit
    assert n_inputs(small().fit(X[:, :64], LABELS[:150])) == 64 * 9
    assert n_inputs(small().fit(X, LABELS[:150])) == 65
    assert n_inputs(small(numeric_bins=8).fit(X, LABELS[:150])) == 65 * 9


@pytest.mark.parametrize("bins", ["auto", 4])
def test_sparse_tables_get_the_codes_that_dense_ones_get(small, bins):
    dense = small(numeric_bins=bins).fit(TABLE, LABELS)
    of_sparse = small(numeric_bins=bins).fit(sparse.csr_array(TABLE), LABELS)
    assert n_inputs(of_sparse) == 3 + (16 if bins == "auto" else 8)
    assert_learnt_the_same(of_sparse, dense)
    assert_array_equal(dense.predict_proba(sparse.csr_array(TABLE)), of_sparse.predict_proba(TABLE))


@pytest.mark.filterwarnings(
    "ignore:nothing was learnt:sknumpynet.NotLearningWarning"
)  # without codes
def test_codes_learn_what_goes_up_and_down(small):
    scores = [
        small(numeric_bins=bins, max_iter=60).fit(TABLE, LABELS).score(TABLE, LABELS)
        for bins in (0, 8)
    ]
    assert scores[1] > scores[0] + 0.1

"""What two estimators must share to have learnt the same."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

PREDICTIONS = ["decision_function", "predict_proba", "predict_log_proba", "predict_proba_members"]


def learnt(clf):
    """All that was learnt, by name: what ends in an underscore."""
    return {name: value for name, value in vars(clf).items() if name.endswith("_")}


def assert_learnt_the_same(clf, other, but=(), **tolerance):
    """Bit for bit, or within a tolerance."""
    assert learnt(clf).keys() == learnt(other).keys()
    for name, value in learnt(clf).items():
        theirs = getattr(other, name)
        if name in ("coefs_", "intercepts_"):
            value, theirs = (np.concatenate(list(map(np.ravel, each))) for each in (value, theirs))
        if name in but or (value is None and theirs is None):
            continue
        if tolerance and np.issubdtype(np.asarray(value).dtype, np.floating):
            assert_allclose(value, theirs, **tolerance, err_msg=name)
        else:
            assert_array_equal(value, theirs, err_msg=name)

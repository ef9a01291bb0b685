"""An estimator learns in a copy, whose attributes become its own in one step, or nothing does."""

import warnings
from contextlib import nullcontext


def twin(estimator, state):
    """Another estimator of its class, with this dict of attributes."""
    other = object.__new__(type(estimator))
    other.__dict__ = state
    return other


def learn_in_a_copy(estimator, tasks, learn, *args):
    """Call ``learn(copy, tasks, *args)``, and make what the copy has learnt the estimator's.

    Another thread that reads the estimator meanwhile sees the old state or the new one. After an
    error, or any number of interrupts, it has one of the two. So the warnings that ``learn``
    returns, which may be errors, come last; the caller's caller is told.

    Parameters
    ----------
    estimator : estimator
    tasks : EpochTasks or None
        Of its callbacks, which may set attributes meanwhile.
    learn : callable
        Returns pairs of a message and its category.
    *args
        Of ``learn``.
    """
    before = vars(estimator)
    try:
        with tasks or nullcontext():
            given = dict(before)
            copy = twin(estimator, dict(given))
            messages = learn(copy, tasks, *args)
            by_callbacks = {
                name: value
                for name, value in dict(before).items()
                if name not in given or value is not given[name]
            }
            estimator.__dict__ = vars(copy) | by_callbacks
    except BaseException:
        estimator.__dict__ = before
        raise
    for message, category in messages:
        warnings.warn(message, category, stacklevel=4)
    return estimator

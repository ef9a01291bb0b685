"""Warnings of this package; errors are Python's and scikit-learn's own."""


class NotLearningWarning(UserWarning):
    """What was learnt is no better than telling every row the base rate."""

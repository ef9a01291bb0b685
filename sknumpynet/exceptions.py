"""Warnings of this package; errors are Python's and scikit-learn's own."""


class NotLearningWarning(UserWarning):
    """All networks have stopped by themselves, no better than telling every row the base rate."""

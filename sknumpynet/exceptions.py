"""Warnings of this package; errors are Python's and scikit-learn's own."""


class NotLearningWarning(UserWarning):
    """The fit is no better than predicting the base rate for every row."""

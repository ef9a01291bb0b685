"""The version, where everything can import it: a file of a fitted estimator names it."""

__version__ = "0.2.0"

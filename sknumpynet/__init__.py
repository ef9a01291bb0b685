"""A multilayer perceptron for binary classification, written by hand in NumPy."""

from .classifier import NumpyMLPBinaryClassifier

__all__ = ["NumpyMLPBinaryClassifier"]
__version__ = "0.1.0"

"""A multilayer perceptron for binary classification, written by hand in NumPy."""

__version__ = "0.1.0"  # before the imports: a fitted estimator's file names it

from .classifier import NumpyMLPBinaryClassifier
from .diagnosis import diagnose
from .exceptions import NotLearningWarning
from .gradients import check_gradients
from .tracing import trace

__all__ = [
    "NotLearningWarning",
    "NumpyMLPBinaryClassifier",
    "check_gradients",
    "diagnose",
    "trace",
]

"""A multilayer perceptron for binary classification, written by hand in NumPy."""

from ._version import __version__ as __version__
from .classifier import NumpyMLPBinaryClassifier
from .diagnosis import diagnose
from .exceptions import NotLearningWarning
from .explanation import explain
from .gradients import check_gradients
from .importance import importance
from .own_matrices import compare_gradients
from .tracing import trace

__all__ = [
    "NotLearningWarning",
    "NumpyMLPBinaryClassifier",
    "check_gradients",
    "compare_gradients",
    "diagnose",
    "explain",
    "importance",
    "trace",
]

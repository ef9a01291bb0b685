"""Pictures: training, reliability, weights and activity, a diagnosis, contributions of columns.

Displays follow scikit-learn: the constructor takes the data, ``plot`` draws them and sets ``ax_``
and ``figure_``, ``from_estimator`` does both. matplotlib, the extra "plot", is imported on the
first drawing. Marks and reference lines have the colour of the axis labels, so a picture can be
read in every style, on light and on dark.
"""

from .contributions import ContributionsDisplay
from .diagnosis import DiagnosisDisplay
from .importance import ImportanceDisplay
from .layers import LayersDisplay
from .reliability import ReliabilityDisplay
from .training import TrainingCurveDisplay

__all__ = [
    "ContributionsDisplay",
    "DiagnosisDisplay",
    "ImportanceDisplay",
    "LayersDisplay",
    "ReliabilityDisplay",
    "TrainingCurveDisplay",
]

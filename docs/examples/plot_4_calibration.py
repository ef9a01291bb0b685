"""Are the probabilities right?
============================

Of the rows that are told 0.8, eight in ten should be positive. A reliability diagram shows whether
they are: for this estimator, and for two others that are often used on tables.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import train_test_split

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.display import ReliabilityDisplay

# %%
# The data are made: 20 columns, of which eight count, and a tenth of the labels drawn at random.
# Half of those come out right by chance, so that nobody can be surer of a row than 0.95.

X, y = make_classification(6000, 20, n_informative=8, class_sep=0.8, flip_y=0.1, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=0)

# %%
# All three have their default parameters. The rows are put into ten bins by their probability; the
# area of a mark is the part of the rows in the bin. The calibration error is the mean distance from
# the diagonal, weighted by those parts.

estimators = {
    "this estimator": NumpyMLPBinaryClassifier(random_state=0),
    "random forest": RandomForestClassifier(random_state=0),
    "gradient boosting": HistGradientBoostingClassifier(random_state=0),
}
figure, ax = plt.subplots(figsize=(5, 3.6), layout="constrained")
ax.set_prop_cycle(color=["#1F85C7", "#D55E00", "#8A8F98"])
for name, estimator in estimators.items():
    estimator.fit(X_train, y_train)
    display = ReliabilityDisplay.from_estimator(estimator, X_test, y_test, name=name, ax=ax)
    print(display.line_.get_label())
ax.legend(ax.lines[1:], estimators, loc="upper left")
ax.set_title("Reliability on new rows")
plt.show()

# %%
# At both ends the curves come to lie near 0.05 and 0.95, as they must. The forest is not sure
# enough: where it says three quarters, more than nine rows in ten are positive. The other two are
# nearer to the diagonal, and on these data gradient boosting is the best of the three.

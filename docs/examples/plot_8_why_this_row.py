"""Why a row has its probability
=============================

``explain`` says what each column adds to the log-odds of a row, and of many. The table tells of 442
patients whether their diabetes got worse by more than the median.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from sknumpynet import NumpyMLPBinaryClassifier, explain
from sknumpynet.display import ContributionsDisplay

X, progression = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
serum = ["cholesterol", "ldl", "hdl", "cholesterol / hdl", "log triglycerides", "glucose"]
X.columns = ["age", "sex", "bmi", "pressure", *serum]
y = progression > progression.median()
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
clf = NumpyMLPBinaryClassifier(random_state=0).fit(X_train, y_train)

# %%
# The patient of the tests whose probability is highest. The columns add up from the mean log-odds
# of the background, here the training rows, to those of the row; behind ± stands how far the
# networks of the stack differ.

explanation = explain(clf, X_test, background=X_train)
highest = int(explanation.log_odds.argmax())
print(explanation[highest])

# %%
# The same as a picture, from above.

ContributionsDisplay(explanation[highest]).plot()
plt.show()

# %%
# All patients of the tests: a point is a patient, its colour says whether the value of the column
# is low or high. Cholesterol and ldl nearly say the same; the networks may use either.

ContributionsDisplay(explanation).plot()
plt.show()

# %%
# One column by its value. A bar is as long as two standard deviations over the networks.

# sphinx_gallery_thumbnail_number = 3
_, ax = plt.subplots(figsize=(4.4, 3), layout="constrained")
ContributionsDisplay(explanation, column="bmi").plot(ax)
plt.show()

# %%
# The contributions add up, row by row. They say what the networks made of the values, not what
# would happen to a patient who loses weight.

difference = explanation.log_odds - clf.decision_function(X_test)
print(f"{abs(difference).max():.0e}")

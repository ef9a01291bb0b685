"""Quick start
===========

Fit the estimator to a table as it is, read its probabilities, and see how sure it is of them. The
table has 30 measurements of each of 569 tumours; the question is whether a tumour is malignant.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sknumpynet import NumpyMLPBinaryClassifier

data = load_breast_cancer(as_frame=True)
labels = data.target_names[data.target]
X_train, X_test, y_train, y_test = train_test_split(
    data.data, labels, stratify=labels, random_state=0
)

# %%
# Nothing is scaled or tuned beforehand: the estimator scales the columns itself. The labels may be
# words; the columns of the probabilities are in their order.

clf = NumpyMLPBinaryClassifier(random_state=0).fit(X_train, y_train)
print(*clf.classes_)
print(clf.predict_proba(X_test)[:3].round(3))

# %%
# How good are they? Each network of the stack holds a part of the rows out, so every row can be
# told by the one network that has not trained on it. That makes an estimate of the log loss without
# any test rows; lower is better. It is optimistic, for each network also chose by these rows when
# to stop; and with so few rows both figures depend on which ones they are.

print(f"out of fold {clf.oof_log_loss_:.3f}")
print(f"test rows   {log_loss(y_test, clf.predict_proba(X_test)):.3f}")
print(f"of the test rows {clf.score(X_test, y_test):.1%} are told right")

# %%
# The probability is the mean over the networks. Most test rows are close to 0 or 1, and nearly all
# of those on the side where they belong.

members = clf.predict_proba_members(X_test)
colors = {"benign": "#1F85C7", "malignant": "#D55E00"}
figure, ax = plt.subplots(figsize=(4.4, 3), layout="constrained")
ax.hist(
    [members.mean(axis=0)[y_test == label] for label in colors],
    bins=10,
    range=(0, 1),
    stacked=True,
    color=colors.values(),
    label=list(colors),
)
ax.set(xlabel="probability of malignant", ylabel="test rows", title="What it says")
ax.legend()
plt.show()

# %%
# Each mark is a test row: the networks agree on those close to 0 or 1, and differ about the rows in
# between.

figure, ax = plt.subplots(figsize=(4.4, 3), layout="constrained")
for label, marker in zip(colors, "o^", strict=True):
    of_label = members[:, y_test == label]
    ax.scatter(of_label.mean(axis=0), of_label.std(axis=0), s=18, marker=marker, c=colors[label])
ax.set(xlabel="mean of the networks", ylabel="standard deviation", title="How they differ")
plt.show()

"""A boundary takes shape
======================

Two inputs, two hidden layers of five logistic units, one output: a network small enough to watch.
Here it learns to tell two half moons apart, pass after pass over the rows.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from sknumpynet import NumpyMLPBinaryClassifier

X, y = make_moons(300, noise=0.2, random_state=0)

# %%
# One network alone, which sees the two columns and nothing else. By default there are eight, and
# they are told each column in pieces too.

clf = NumpyMLPBinaryClassifier(
    (5, 5), activation="logistic", n_estimators=1, numeric_bins=0, random_state=0
)

# %%
# ``partial_fit`` passes over the rows once and keeps what came of it, so the network can be drawn
# on the way.

epochs = [1, 20, 50, 200]
figure, axes = plt.subplots(2, 2, figsize=(5, 3.6), layout="constrained")
panels = iter(axes.flat)
for epoch in range(1, epochs[-1] + 1):
    clf.partial_fit(X, y, classes=[0, 1])
    if epoch in epochs:
        ax = next(panels)
        DecisionBoundaryDisplay.from_estimator(
            clf,
            X,
            response_method="predict_proba",
            eps=0.4,
            levels=[tenth / 10 for tenth in range(11)],
            cmap="RdBu_r",
            vmin=-0.5,
            vmax=1.5,
            ax=ax,
        )
        ax.scatter(*X.T, s=9, c=y, cmap="bwr", edgecolors="white", linewidths=0.4)
        ax.set(xticks=[], yticks=[], title=f"epoch {epoch}")
plt.show()

# %%
# The colour of the plane is the probability of class 1, in steps of a tenth: white is undecided. At
# first every point is told much the same. By epoch 20 there is a slanting line, and the loss is
# about that of a logistic regression, the dotted line below, which can draw no other. Then the line
# bends and the loss falls steeply; from epoch 80 on little happens.

straight = LogisticRegression(C=1e6).fit(X, y)
figure, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.axhline(log_loss(y, straight.predict_proba(X)), color="#D55E00", ls=":")
ax.plot(range(1, epochs[-1] + 1), clf.loss_curve_, color="#1F85C7")
ax.plot(epochs, [clf.loss_curve_[epoch - 1] for epoch in epochs], "o", color="#1F85C7")
ax.set(xlabel="epoch", ylabel="training loss", xscale="log", ylim=(0, None))
ax.set_xticks(epochs, labels=epochs)
ax.minorticks_off()
plt.show()

"""A search for parameters
=======================

How many units, what penalty, which activation? ``GridSearchCV`` tries them, as with any classifier
of scikit-learn. The table tells of 442 patients whether their diabetes got worse by more than the
median within a year.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split

from sknumpynet import NumpyMLPBinaryClassifier

X, progression = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
y = progression > progression.median()
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# Two networks are enough for a search, and quicker than eight. From scikit-learn 1.9 on, a progress
# bar can be had, which needs rich.

sizes, alphas, activations = [(10,), (50,), (50, 50)], [0.0, 1.0, 10.0, 100.0], ["relu", "tanh"]
search = GridSearchCV(
    NumpyMLPBinaryClassifier(n_estimators=2, random_state=0),
    {"activation": activations, "alpha": alphas, "hidden_layer_sizes": sizes},
    scoring="neg_log_loss",
    cv=3,
)
if hasattr(search, "set_callbacks"):
    from sklearn.callback import ProgressBar

    search.set_callbacks(ProgressBar(max_propagation_depth=0))
search.fit(X_train, y_train)
print(search.best_params_)

# %%
# The log loss of every combination, the mean over three folds; lower is better.

losses = -search.cv_results_["mean_test_score"].reshape(len(activations), len(alphas), len(sizes))
middle = (losses.min() + losses.max()) / 2
figure, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
table = np.hstack(losses)  # relu on the left, tanh on the right
ax.imshow(table, cmap="viridis_r", aspect="auto")
names = ["-".join(map(str, size)) for size in sizes]
ax.set_xticks(range(len(activations) * len(sizes)), labels=len(activations) * names)
ax.set_yticks(range(len(alphas)), labels=alphas)
ax.set(ylabel="alpha", xlabel="hidden_layer_sizes")
for (row, column), loss in np.ndenumerate(table):
    color = "black" if loss < middle else "white"
    ax.text(column, row, f"{loss:.3f}", ha="center", va="center", color=color)
above = ax.secondary_xaxis("top")
above.set_xticks([1, 4], labels=activations)
above.tick_params(length=0)
ax.axvline(2.5, color="white", lw=3)
plt.show()

# %%
# A penalty of 100 is too much. The rest lie close together, closer than the folds of one
# combination do:

by_fold = [-search.cv_results_[f"split{fold}_test_score"][search.best_index_] for fold in range(3)]
print(np.round(by_fold, 3))

# %%
# So not much is to be expected of the choice. With all eight networks, on rows that the search has
# not seen:

default = NumpyMLPBinaryClassifier(random_state=0)
chosen = NumpyMLPBinaryClassifier(**search.best_params_, random_state=0)
for name, clf in [("default", default), ("chosen", chosen)]:
    loss = log_loss(y_test, clf.fit(X_train, y_train).predict_proba(X_test))
    print(f"{name:<7}  log loss {loss:.3f}")

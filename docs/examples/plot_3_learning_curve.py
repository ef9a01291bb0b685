"""What early stopping keeps
=========================

A network that goes on training learns its rows by heart, noise and all. The learning curve shows
when that begins, and which epoch early stopping keeps.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.metrics import log_loss

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.display import TrainingCurveDisplay

X, y = make_moons(400, noise=0.35, random_state=0)
X_new, y_new = make_moons(2000, noise=0.35, random_state=1)

# %%
# By default each network holds rows out, judges every epoch by them, and stops when six epochs have
# brought no progress.

stopped = NumpyMLPBinaryClassifier(
    (50, 50), n_estimators=2, batch_size=32, max_iter=100, random_state=0
).fit(X, y)

# %%
# With ``early_stopping=False`` there is only the training loss to go by. To see what it does not
# see, train the same networks once more and let them be judged by the new rows, with the patience
# to go on to the end. Without averaging, which needs rows that judge, their training is the same,
# number by number.

unstopped = clone(stopped).set_params(early_stopping=False, n_iter_no_change=np.inf).fit(X, y)
watched = clone(unstopped).set_params(early_stopping="auto", averaging=False)
watched.fit(X, y, X_val=X_new, y_val=y_new)
assert np.array_equal(watched.loss_curve_, unstopped.loss_curve_)

# %%
# A line is a network, a ring the epoch it kept. With early stopping, each network is judged by
# other rows, so the solid lines lie at different heights.

figure, ax = plt.subplots(figsize=(4.4, 3), layout="constrained")
TrainingCurveDisplay.from_estimator(stopped, ax=ax)
ax.set(title="early stopping", ylim=(0, 0.95))
plt.show()

# %%
# Without, the training loss goes on falling while the loss on rows not trained on rises; the last
# epochs are kept.

# sphinx_gallery_thumbnail_number = 2
figure, ax = plt.subplots(figsize=(4.4, 3), layout="constrained")
TrainingCurveDisplay(
    loss_curve=unstopped.loss_curve_,
    validation_curve=watched.validation_curve_,
    best_iter=unstopped.best_iter_,
    n_iter=unstopped.n_iter_,
).plot(ax)
ax.set(title="early_stopping=False", ylim=(0, 0.95))
plt.show()

# %%
# What was kept, on the new rows:

for title, clf in [("early stopping", stopped), ("early_stopping=False", unstopped)]:
    print(f"{title:<20}  log loss {log_loss(y_new, clf.predict_proba(X_new)):.3f}")

"""A fit that does not learn
=========================

Columns of very different sizes and a learning rate that is too high: ``diagnose`` says what is
wrong and what to do about it. The table tells of 442 patients whether their diabetes got worse by
more than the median.
"""

import textwrap
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes

from sknumpynet import NumpyMLPBinaryClassifier, diagnose
from sknumpynet.display import TrainingCurveDisplay

X, progression = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
y = progression > progression.median()

# %%
# Scaling is switched off, and the rate is a hundred times what is usual for Adam. ``fit`` warns
# that nothing came of it.

broken = NumpyMLPBinaryClassifier(scale_inputs=None, learning_rate_init=0.1, random_state=0)
with warnings.catch_warnings(record=True, action="always") as caught:
    broken.fit(X, y)
print(textwrap.fill(str(caught[0].message), 80))

# %%
# The findings stand in the order of cause and effect: units that are 0 on every row and the same
# probability for everybody are what the first two led to.

diagnosis = diagnose(broken, X, y)
diagnosis

# %%
# The remedy of a finding is a dictionary of arguments, if it is not a step to take elsewhere. Apply
# the first, and ask again.

scaled = clone(broken).set_params(**diagnosis.findings[0].params).fit(X, y)
diagnosis = diagnose(scaled, X, y)
diagnosis

# %%
# It learns now. What is left is the rate:

mended = clone(scaled).set_params(**diagnosis.findings[0].params).fit(X, y)
print(diagnose(mended, X, y))

# %%
# The three fits. The dotted line is the loss of predicting the base rate, one half, for every row.

figure, axes = plt.subplots(1, 3, sharey=True, figsize=(6, 3.4), layout="constrained")
for ax, clf in zip(axes, [broken, scaled, mended], strict=True):
    TrainingCurveDisplay.from_estimator(clf, ax=ax)
    ax.get_legend().remove()
    ax.axhline(np.log(2), color="black", ls=":", lw=1)
    ax.set(yscale="log", ylabel="")
    ax.set_title(f"scaled: {clf.scale_inputs}\nrate: {clf.learning_rate_init}", fontsize="medium")
axes[0].set_ylabel("loss")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

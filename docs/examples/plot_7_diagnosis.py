"""A fit that does not learn
=========================

Columns of very different sizes and a learning rate that is too high: ``diagnose`` says what is
wrong and what to do about it. The table tells of 442 patients whether their diabetes got worse by
more than the median.
"""

import textwrap
import warnings

import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.datasets import load_diabetes

from sknumpynet import NumpyMLPBinaryClassifier, diagnose
from sknumpynet.display import DiagnosisDisplay

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
# The leading finding names both parameters, for neither is enough alone: small fits have tried it.
# What looks like a cause of its own, such as units that are 0 on every row, became a note, because
# its remedy was tried and did not help.

diagnosis = diagnose(broken, X, y)
diagnosis

# %%
# The same as a picture. Below on the right is what comes down of the error to each layer: hardly
# anything reaches the first.

DiagnosisDisplay.from_estimator(broken, X, y, diagnosis=diagnosis)
plt.show()

# %%
# The remedy of a finding is a dictionary of arguments, if it is not a step to take elsewhere. Apply
# it, and ask again.

mended = clone(broken).set_params(**diagnosis.findings[0].params).fit(X, y)
diagnosis = diagnose(mended, X, y)
print(diagnosis)

# %%
# It learns now:

DiagnosisDisplay.from_estimator(mended, X, y, diagnosis=diagnosis)
plt.show()

# %%
# The training losses, one line a network, before and after:

# sphinx_gallery_thumbnail_number = 3
figure, ax = plt.subplots(figsize=(4.4, 3), layout="constrained")
for clf, name, color in [(broken, "broken", "#D55E00"), (mended, "mended", "#1F85C7")]:
    ax.plot(range(1, clf.n_iter_ + 1), clf.loss_curve_, color=color, lw=1, label=name)
handles = {line.get_label(): line for line in ax.lines}
ax.legend(handles.values(), handles)
ax.set(xlabel="epoch", ylabel="training loss", yscale="log")
plt.show()

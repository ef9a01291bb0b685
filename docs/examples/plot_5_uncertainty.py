"""Where the stack is unsure
=========================

The networks of the stack have learnt from different rows and begun with different weights. Where
the rows settle the question, they agree all the same.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.neighbors import NearestNeighbors

from sknumpynet import NumpyMLPBinaryClassifier

X, y = make_moons(300, noise=0.2, random_state=0)
clf = NumpyMLPBinaryClassifier(random_state=0).fit(X, y)

# %%
# ``predict_proba_members`` has a probability for every network and row; here the rows are the
# points of a plane.

across, down = np.meshgrid(np.linspace(-4, 5, 120), np.linspace(-4, 4, 120))
plane = np.column_stack([across.ravel(), down.ravel()])
members = clf.predict_proba_members(plane)
mean, spread = members.mean(axis=0), members.std(axis=0)


def draw(title, values, cmap, top):
    """Values as colours of the plane, the rows as points."""
    figure, ax = plt.subplots(figsize=(4.4, 3.2), layout="compressed")
    image = ax.imshow(
        values.reshape(across.shape),
        extent=(-4, 5, -4, 4),
        origin="lower",
        cmap=cmap,
        vmin=0,
        vmax=top,
        alpha=0.8,
    )
    figure.colorbar(image, ax=ax)
    ax.scatter(*X.T, s=8, c=y, cmap="bwr", edgecolors="white", linewidths=0.3)
    ax.set(title=title, xlabel="first column", ylabel="second column")
    ax.set(xticks=range(-4, 5, 2), yticks=range(-4, 5, 2))
    plt.show()


draw("mean of class 1", mean, "RdBu_r", 1)

# %%

# sphinx_gallery_thumbnail_number = 2
draw("standard deviation", spread, "viridis", None)

# %%
# The networks differ along the boundary, a little where there are rows and more and more where it
# runs on into the empty plane. Here is how much, by the distance from the nearest row:

distance = NearestNeighbors(n_neighbors=1).fit(X).kneighbors(plane)[0][:, 0]
for near, far in [(0, 0.25), (0.25, 1), (1, 2), (2, 3), (3, 6)]:
    between = (near <= distance) & (distance < far)
    print(f"{near:>4} to {far:<4}  mean spread {spread[between].mean():.3f}")

# %%
# But look at the corners where they agree. There are no rows there either: all networks go on in
# the same way from where the rows end. A spread is a reason to doubt; no spread is no proof.

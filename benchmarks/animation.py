"""The moving picture of README.md: a decision boundary takes shape, epoch by epoch.

    python benchmarks/animation.py

One 2-5-5-1 network of logistic units learns two half moons. On the left the plane, coloured by the
probability of each class in steps of a tenth, and the boundary; on the right the network, whose
lines are as wide as its weights are large, and the training loss. Written to docs/ as learning.gif
and learning-dark.gif, each with a still of the last epoch, for readers who want no motion.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from drawing import DOCS, STYLES, plt
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image
from scipy.special import expit
from sklearn.datasets import make_moons

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.display.drawing import BLUE, VERMILION

EPOCHS = [1, 2, 4, 7, *range(11, 27, 3), *range(28, 54, 2), 56, 60, 65, 70, 80, 100, 125, 150]
FIRST, FRAME, LAST = 900, 170, 5000  # milliseconds that frames stay
ACROSS, UP = np.linspace(-1.75, 2.75, 108), np.linspace(-1.5, 2.0, 84)  # the plane
SIZE = {"figure.figsize": (4.1, 3.6), "figure.dpi": 150, "font.size": 9}  # as on the page
TENTHS = np.linspace(0, 1, 11)
N_COLOURS = 24  # of a GIF; the fewer, the smaller
THINNEST, WIDEST, STEP = 0.3, 3.2, 0.8  # points; steps, for what stays adds nothing to a GIF


class Moment(NamedTuple):
    """The network after an epoch."""

    epoch: int
    losses: list  # of all epochs until then
    coefs: list
    logits: np.ndarray  # at the points of the plane


def watch(X, y):
    """Train the network, pass after pass, and note the moments to draw."""
    points = np.column_stack([grid.ravel() for grid in np.meshgrid(ACROSS, UP)])
    clf = NumpyMLPBinaryClassifier(
        (5, 5), activation="logistic", n_estimators=1, numeric_bins=0, random_state=0
    )
    for epoch in range(1, EPOCHS[-1] + 1):
        clf.partial_fit(X, y, classes=[0, 1])
        if epoch in EPOCHS:
            logits = clf.decision_function(points).reshape(len(UP), len(ACROSS))
            yield Moment(epoch, [*map(float, clf.loss_curve_)], clf.coefs_, logits)


def draw_plane(ax, X, y, logits):
    """Probabilities as colours, the boundary as a line, the rows as points."""
    ground, ink = plt.rcParams["figure.facecolor"], plt.rcParams["text.color"]
    colours = LinearSegmentedColormap.from_list("", [BLUE, ground, VERMILION])
    how = {"cmap": colours, "vmin": -0.25, "vmax": 1.25, "antialiased": False}
    ax.contourf(ACROSS, UP, expit(logits), TENTHS, **how)
    ax.contour(ACROSS, UP, logits, [0], colors=ink, linewidths=1.8)
    for label, colour in enumerate([BLUE, VERMILION]):
        ax.scatter(*X[y == label].T, s=9, color=colour, edgecolors="white", linewidths=0.4)
    ax.set(xticks=[], yticks=[])


def draw_network(ax, coefs):
    """Units as circles; weights as lines, coloured by sign, as wide as they are large."""
    sizes = [len(coefs[0]), *(W.shape[1] for W in coefs)]
    places = [np.linspace(1, -1, n + 2)[1:-1] for n in sizes]
    for layer, W in enumerate(coefs):
        widths = STEP * np.round(WIDEST / STEP * np.abs(W) / np.abs(W).max())
        for (begin, end), width in np.ndenumerate(np.maximum(widths, THINNEST)):
            ends = places[layer][begin], places[layer + 1][end]
            colour = VERMILION if W[begin, end] > 0 else BLUE
            ax.plot([layer, layer + 1], ends, color=colour, lw=width, zorder=1)
    for layer, heights in enumerate(places):
        ax.scatter([layer] * len(heights), heights, 42, plt.rcParams["text.color"], zorder=2)
        ax.text(layer, -0.98, sizes[layer], ha="center", va="center")
    ax.set(xlim=(-0.25, 3.25), ylim=(-1.1, 0.8))
    ax.axis("off")


def draw_losses(ax, losses):
    """The training loss until now."""
    ax.plot(range(1, len(losses) + 1), losses, color=plt.rcParams["text.color"], lw=1.5)
    ax.plot(len(losses), losses[-1], "o", color=VERMILION, ms=5, clip_on=False)
    ax.set(xlim=(0, EPOCHS[-1]), ylim=(0, 0.7), xticks=[], yticks=[])
    ax.set_title("loss by epoch", size="medium", pad=3)
    ax.spines[["top", "right"]].set_visible(False)


def draw(moment, X, y):
    """One frame, in the style that is set."""
    figure = plt.figure(layout="none")
    figure.text(0.02, 0.94, "A 2-5-5-1 logistic network learns two moons", weight="bold", size=10)
    figure.text(0.02, 0.865, f"epoch {moment.epoch}")
    figure.text(0.24, 0.865, f"training loss {moment.losses[-1]:.3f}")
    draw_plane(figure.add_axes([0.02, 0.02, 0.62, 0.81]), X, y, moment.logits)
    draw_network(figure.add_axes([0.66, 0.36, 0.33, 0.47]), moment.coefs)
    draw_losses(figure.add_axes([0.68, 0.05, 0.29, 0.22]), moment.losses)
    figure.canvas.draw()
    frame = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])
    plt.close(figure)
    return frame


def most_frequent_colours(frames):
    """A palette, as Pillow wants it: an image; areas keep their very colours, the ground's too."""
    counts = Counter()
    for frame in frames[::5]:
        counts.update({colour: n for n, colour in frame.getcolors(frame.width * frame.height)})
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour, _ in counts.most_common(N_COLOURS) for part in colour])
    return palette


def main():
    """Train once, draw in both styles."""
    X, y = make_moons(300, noise=0.15, random_state=0)
    moments = [*watch(X, y)]
    stays = [FIRST, *[FRAME] * (len(moments) - 2), LAST]
    for style, settings in STYLES.items():
        with plt.style.context([*settings, SIZE]):
            frames = [draw(moment, X, y) for moment in moments]
        palette = most_frequent_colours(frames)
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        of_style = "-dark" if style == "dark" else ""
        frames[-1].save(DOCS / f"learning-still{of_style}.png", optimize=True)
        first, *rest = frames
        moving = {"save_all": True, "append_images": rest, "duration": stays, "loop": 0}
        first.save(DOCS / f"learning{of_style}.gif", **moving)


if __name__ == "__main__":
    main()

"""Where pictures go, and how they look: one for light pages, one for dark ones, without a ground.

Whoever measures writes a CSV; what stands in measured/ is what the pictures of docs/ show, and
`python benchmarks/pictures.py` draws it again without measuring.
"""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

DOCS = Path(__file__).resolve().parents[1] / "docs"
MEASURED = Path(__file__).resolve().parent / "measured"
OURS, OTHERS = "#D55E00", "#1F85C7"
SHARED = {
    "figure.figsize": (7.6, 4.6),
    "figure.dpi": 130,
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": mpl.cycler(color=[OTHERS, OURS, "#808890"]),
    "savefig.transparent": True,
}
GROUND = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "#0d1117")
STYLES = {"light": ["default", SHARED], "dark": ["dark_background", GROUND, SHARED]}


def name_in(style, path):
    """Where the picture of a style goes: NAME.png or NAME-dark.png."""
    return path.with_stem(f"{path.stem}-dark") if style == "dark" else path


def draw_twins(draw, path):
    """Save the figure that ``draw`` returns, in both styles."""
    for style, settings in STYLES.items():
        with plt.style.context(settings):
            figure = draw()
            figure.savefig(name_in(style, path))
            plt.close(figure)


def ink():
    """The colour of words and frames in the style that is set."""
    return plt.rcParams["text.color"]

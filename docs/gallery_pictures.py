"""Pictures of the gallery for dark pages: what the examples draw, its greys turned over.

The gallery saves each figure for light pages. Here the same figure, with light words and lines on
no ground, is saved beside; the pages show the one or the other by what their reader prefers.
"""

import re
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgba_array
from matplotlib.contour import ContourSet
from matplotlib.text import Text
from sphinx_gallery.scrapers import matplotlib_scraper
from sphinx_gallery.utils import scale_image

FOLDER = Path(__file__).parent / "gallery" / "dark"  # conf.py names it before it is filled
FOLDER.mkdir(parents=True, exist_ok=True)
COLOURS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")


def scrape(block, block_vars, gallery_conf, **kwargs):
    """Save the figures of an example, then each for dark pages, sharp enough for all screens."""
    figures = [plt.figure(number) for number in plt.get_fignums()]
    rst = matplotlib_scraper(block, block_vars, gallery_conf, **kwargs)
    paths = block_vars["image_path_iterator"].paths
    for figure, path in zip(figures, paths[len(paths) - len(figures) :], strict=True):
        turn_greys(figure)
        twin = FOLDER / f"{Path(path).stem}-dark.png"
        figure.savefig(twin, dpi=2 * figure.dpi, transparent=True)
        if path.endswith("_001.png"):
            thumbnail = FOLDER / twin.name.replace("_001-", "_thumb-")
            scale_image(twin, thumbnail, *gallery_conf["thumbnail_size"])
    return rst


def turn_greys(figure):
    """Make black nearly white and white nearly black; words and marks on a coloured ground stay."""
    stay = {
        artist
        for ax in figure.axes
        if ax.images or any(isinstance(area, QuadMesh | ContourSet) for area in ax.collections)
        for artist in (*ax.texts, *ax.lines, *ax.collections, *ax.patches)
    }
    drawn = figure.findobj(lambda artist: artist not in stay)
    boxes = [text.get_bbox_patch() for text in drawn if isinstance(text, Text)]
    for artist in [*drawn, *filter(None, boxes)]:
        # All are read before any is set: some are answers to others.
        read = {name: getattr(artist, f"get_{name}", None) for name in COLOURS}
        read = {name: to_rgba_array(get()) for name, get in read.items() if get is not None}
        for name, colours in read.items():
            is_grey = np.ptp(colours[:, :3], axis=1) < 0.05
            if is_grey.any() and hasattr(artist, f"set_{name}"):
                colours[is_grey, :3] = 0.88 - 0.8 * colours[is_grey, :3]
                one = len(colours) == 1
                getattr(artist, f"set_{name}")(colours[0] if one else colours)


def show_twins(app, page, template, context, doctree):
    """Offer the dark form of each picture that has one, and say what small ones are."""

    def twin(match):
        img, name = match[0], f"{match[1]}-dark.png"
        if match[1].endswith("_thumb"):
            title = app.env.titles[f"gallery/{match[1][len('sphx_glr_') : -len('_thumb')]}"]
            img = img.replace('alt=""', f'alt="What is drawn in: {escape(title.astext())}"')
        if not (FOLDER / name).exists():
            return img
        source = f'<source media="(prefers-color-scheme: dark)" srcset="../{name} 2x">'
        return f"<picture>{source}{img}</picture>"

    if page.startswith("gallery/"):
        img = r'<img [^>]*src="\.\./_images/(sphx_glr_\w+)\.png"[^>]*>'
        context["body"] = re.sub(img, twin, context["body"])

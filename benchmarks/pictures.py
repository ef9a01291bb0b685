"""The pictures of some pages of docs/, drawn by the code that stands there, in light and dark."""

import re
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = [DOCS / "pictures.md", DOCS / "tutorial.md", DOCS / "why_this_row.md"]
BLOCK = re.compile(r"^```python\n(.*?)^```$(.*?)(?=^```|\Z)", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r'(?:src="|srcset="|!\[[^]]*\]\()([\w-]+\.png)')
SIZE = {"figure.figsize": (8, 4.6), "figure.dpi": 110, "figure.constrained_layout.use": True}
BACKGROUND = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "#0d1117")
STYLES = {"dark": ["dark_background", BACKGROUND, SIZE], "light": ["default", SIZE]}


def draw(page, style):
    """Run the page; save what each block draws under the names below it that are this style's."""
    names = {}
    for code, below in BLOCK.findall(page.read_text(encoding="utf-8")):
        exec(compile(code, page.name, "exec"), names)
        for file in PICTURE.findall(below):
            if file.endswith("-dark.png") == (style == "dark"):
                plt.savefig(DOCS / file)
        plt.close("all")


def main():
    """Draw all pages in both styles, in a folder of their own for what else they write."""
    with TemporaryDirectory() as folder, chdir(folder):
        for style, settings in STYLES.items():
            with plt.style.context(settings):
                for page in PAGES:
                    draw(page, style)


if __name__ == "__main__":
    main()

"""The pictures of docs/pictures.md, drawn by the code that stands there, for light and for dark."""

import re
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

PAGE = Path(__file__).parents[1] / "docs" / "pictures.md"
BLOCK = re.compile(
    r'^```python\n(.*?)^```$.*?srcset="(\S+)".*?src="(\S+)"', re.MULTILINE | re.DOTALL
)
SIZE = {"figure.figsize": (8, 4.6), "figure.dpi": 110, "figure.constrained_layout.use": True}
BACKGROUND = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "#0d1117")
STYLES = [["dark_background", BACKGROUND, SIZE], ["default", SIZE]]  # as the page names the files


def main():
    """Run the page once a style, and save what each block has drawn."""
    for number, style in enumerate(STYLES):
        names = {}
        with plt.style.context(style):
            for code, *files in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
                exec(compile(code, PAGE.name, "exec"), names)
                plt.savefig(PAGE.with_name(files[number]))
                plt.close("all")


if __name__ == "__main__":
    main()

"""The pictures of README.md and docs/, in light and dark.

    python benchmarks/pictures.py
    python benchmarks/pictures.py tutorial accuracy

Pictures of pages are drawn by the code that stands on the page, those of benchmarks from what was
measured (measured/), and the moving one by animation.py. The gallery draws its own.
"""

import argparse
import re
from contextlib import chdir
from functools import partial
from tempfile import TemporaryDirectory

import accuracy
import animation
import scaling
import speed
from drawing import DOCS, STYLES, plt

BLOCK = re.compile(r"^```python\n(.*?)^```$(.*?)(?=^```|\Z)", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r'(?:src|srcset)="([\w-]+\.png)')


def draw_page(name):
    """Run a page in both styles, in a folder of its own for what else it writes."""
    page = DOCS / f"{name}.md"
    for style, settings in STYLES.items():
        with plt.style.context(settings), TemporaryDirectory() as folder, chdir(folder):
            draw_blocks(page, style)


def draw_blocks(page, style):
    """Save what each block draws under the names below it that are this style's."""
    names = {}
    for code, below in BLOCK.findall(page.read_text(encoding="utf-8")):
        exec(compile(code, page.name, "exec"), names)
        for file in PICTURE.findall(below):
            if file.endswith("-dark.png") == (style == "dark"):
                plt.savefig(DOCS / file)
        plt.close("all")


DRAWN = {name: partial(draw_page, name) for name in ("pictures", "tutorial", "why_this_row")}
DRAWN |= {
    "accuracy": accuracy.draw_measured,
    "speed": speed.draw_measured,
    "scaling": scaling.draw_measured,
    "animation": animation.main,
}


def main():
    """Draw what is named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DRAWN))
    names = parser.parse_args().names
    if unknown := set(names) - set(DRAWN):
        parser.error(f"no picture is called {sorted(unknown)}; there are {list(DRAWN)}")
    for name in names or DRAWN:
        DRAWN[name]()


if __name__ == "__main__":
    main()

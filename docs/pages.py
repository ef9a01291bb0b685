"""Facts about the pages of a built site, and the rules they keep: python docs/pages.py build/docs.

Exits with 1 where a page breaks a rule. With Chromium on the path the pages are measured as they
are drawn, too, 1280 and 390 px wide; without, that part is named as not done. ``--pictures FOLDER``
saves every page to its end: light, dark and as on a phone.

Weight is what a reader without a cache fetches for one page, as Lighthouse counts it: HTML, style
sheets and scripts compressed by gzip, as servers send them; pictures, and fonts of icons that it
shows, as they are; of a picture's variants (light, dark, sharp) the heaviest; each file once.
Uncompressed, scripts and style sheets alone are 0.8 MB, nearly all of it the theme's and the same
for all pages.
"""

import argparse
import base64
import fcntl
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup
from PIL import Image

MOST_BYTES = 1_000_000
HIGHEST = 8_000  # px, at the greater width
WIDTHS = (1280, 390)
VIEWS = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (390, "light")}
COMPRESSED = {".html", ".css", ".js", ".svg"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OF_SPHINX = {"genindex.html", "search.html", "py-modindex.html"}

# The theme lets the article as a whole be scrolled sideways: what needs that is too wide as well.
MEASURE = """(() => {
  const article = document.querySelector(".bd-article-container");
  const name = e => e.tagName.toLowerCase() + [...e.classList].map(c => "." + c).join("");
  const scrolls = e => e && e !== article && (/auto|scroll/.test(getComputedStyle(e).overflowX) ||
    scrolls(e.parentElement));
  const right = e => e.getBoundingClientRect().right;
  const end = e => Math.min(document.documentElement.clientWidth,
    article && article.contains(e) ? right(article) : Infinity);
  const wide = [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() &&
    right(e) > end(e) + 1 && !scrolls(e.parentElement));
  const size = tag => { const e = document.querySelector(".bd-article " + tag);
    return e && parseFloat(getComputedStyle(e).fontSize); };
  return JSON.stringify({ wide: [...new Set(wide.map(name))], sizes: ["h1", "h2", "h3"].map(size),
    height: document.documentElement.scrollHeight });
})()"""


class Page:
    """One HTML file of the site: its elements, and the files that it names."""

    def __init__(self, file, site):
        self.file, self.site, self.name = file, site, file.relative_to(site).as_posix()
        self.soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        self.article = self.soup.find("article") or self.soup
        self.ids = {tag["id"] for tag in self.soup.find_all(id=True)}

    def target(self, address):
        """The file that an address of this page leads to, and the anchor in it."""
        path, _, anchor = address.partition("#")
        path = unquote(path.partition("?")[0])
        file = (self.file.parent / path).resolve() if path else self.file
        return file / "index.html" if file.is_dir() else file, unquote(anchor)

    def variants(self, img):
        """The files of one picture: its own, sharper ones, and those for dark pages."""
        addresses = [img.get("src", "")]
        for tag in [img, *(img.parent.find_all("source") if img.parent.name == "picture" else [])]:
            addresses += [part.split()[0] for part in tag.get("srcset", "").split(",") if part]
        return {self.target(address)[0] for address in addresses if is_local(address)}


def is_local(address):
    """Whether an address leads to a file of the site."""
    return not re.match(r"[a-z][a-z+.-]*:|//", address)


def check_headings(page):
    """One h1 to begin with, and no level left out; for those who listen, too."""
    levels = [int(tag.name[1]) for tag in page.article.find_all(re.compile("^h[1-6]$"))]
    n_first = len(page.soup.select("h1, [role=heading][aria-level='1']"))
    if n_first != 1:
        yield f"{n_first} headings of the first level"
    elif levels and levels[0] != 1:
        yield f"begins with h{levels[0]}"
    for above, level in pairwise(levels):
        if level > above + 1:
            yield f"h{level} follows h{above}"


def is_see_through(file):
    """Whether the corners of a picture let the page's ground through."""
    with Image.open(file) as picture:
        alpha = picture.convert("RGBA").getchannel("A")
    right, below = alpha.width - 1, alpha.height - 1
    return all(alpha.getpixel(at) == 0 for at in [(0, 0), (right, 0), (0, below), (right, below)])


def check_pictures(page):
    """A text that says what is seen, a file, and a form for dark pages."""
    for img in page.article.find_all("img"):
        source, alt = img.get("src", ""), img.get("alt", "").strip()
        if not alt or re.fullmatch(r"\S+\.(png|svg|jpe?g|webp|gif)", alt):
            yield f"{source}: no alt text"
        missing = [file.name for file in page.variants(img) if not file.exists()]
        if missing:
            yield f"{source}: no file {', '.join(missing)}"
        elif is_local(source) and not source.endswith(".svg"):
            is_one = img.parent.name == "picture"
            twins = img.parent.select("source[media*=dark]") if is_one else []
            if source in [twin["srcset"].split()[0] for twin in twins]:
                yield f"{source}: its dark twin is itself"
            has_twin = twins or {"only-light", "only-dark"} & set(img.get("class", []))
            if not has_twin and not is_see_through(page.target(source)[0]):
                yield f"{source}: neither a dark twin nor a transparent ground"


def check_links(page, pages):
    """Every address leads to a file of the site, every anchor to an element of it."""
    addresses = [
        tag[name]
        for selector, name in [("a", "href"), ("link[rel=stylesheet]", "href"), ("script", "src")]
        for tag in page.soup.select(f"{selector}[{name}]")
    ]
    for address in addresses:
        file, anchor = page.target(address)
        if address.startswith("file:") or (is_local(address) and page.site not in file.parents):
            yield f"{address}: outside of the site"
        elif is_local(address) and not file.exists():
            yield f"{address}: no such file"
        elif is_local(address) and anchor and file in pages and anchor not in pages[file].ids:
            yield f"{address}: no such anchor"


@cache
def bytes_sent(file):
    """Bytes that a server sends for a file; 0 for one that is missing."""
    data = file.read_bytes() if file.exists() else b""
    return len(gzip.compress(data) if file.suffix in COMPRESSED else data)


def weigh(page):
    """Bytes that a reader without a cache fetches for this page."""
    sheets = {page.target(tag["href"])[0] for tag in page.soup.select("link[rel=stylesheet]")}
    files = {page.file, *sheets}
    files |= {page.target(tag["src"])[0] for tag in page.soup.find_all("script", src=True)}
    for sheet in filter(Path.exists, sheets):
        for font in re.findall(r"url\(([^)]+\.woff2)\)", sheet.read_text(encoding="utf-8")):
            # fa-solid-900.woff2 is for what has the class fa-solid.
            if page.soup.find(class_=Path(font).stem.rpartition("-")[0]):
                files.add((sheet.parent / font).resolve())
    pictures = [page.variants(img) for img in page.soup.find_all("img")]
    files |= {max(variants, key=bytes_sent) for variants in pictures if variants}
    return sum(map(bytes_sent, files))


class Browser:
    """Chromium without a window, told by its DevTools protocol over two pipes what to do."""

    def __init__(self, program, profile):
        to_browser, self.orders = os.pipe()
        self.answers, from_browser = os.pipe()
        # Chromium reads from 3 and writes to 4: out of their way first.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options += ["--remote-debugging-pipe", f"--user-data-dir={profile}"]
        self.process = subprocess.Popen(
            [program, *options],
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=lambda: [os.dup2(end, to) for end, to in zip(ends, (3, 4), strict=True)],
        )
        for end in (to_browser, from_browser, *ends):
            os.close(end)
        self.n_sent, self.rest, self.session = 0, b"", {}
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        attached = self.tell("Target.attachToTarget", targetId=target, flatten=True)
        self.session = {"sessionId": attached["sessionId"]}
        self.tell("Page.enable")

    def read(self):
        """The next message: the answer to an order, or an event."""
        while b"\0" not in self.rest:
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self.rest += piece
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def tell(self, method, **params):
        """Send an order, and wait for its result."""
        self.n_sent += 1
        order = {"id": self.n_sent, "method": method, "params": params, **self.session}
        os.write(self.orders, json.dumps(order).encode() + b"\0")
        while (message := self.read()).get("id") != self.n_sent:
            pass
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def show(self, file, width, scheme="light", height=900):
        """Open a file, as wide as that, and wait until all of it is there."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.tell("Emulation.setDeviceMetricsOverride", **size)
        # Without motion: a picture taken while colours change shows some of the other scheme.
        wanted = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in wanted.items()]
        self.tell("Emulation.setEmulatedMedia", features=features)
        self.tell("Page.navigate", url=file.as_uri())
        while self.read().get("method") != "Page.loadEventFired":
            pass

    def measure(self, file, width):
        """What `MEASURE` finds on a page."""
        self.show(file, width)
        return json.loads(self.tell("Runtime.evaluate", expression=MEASURE)["result"]["value"])

    def picture(self, file, width, scheme, height, to):
        """Save what is seen of a page down to that height."""
        self.show(file, width, scheme, height)
        to.write_bytes(base64.b64decode(self.tell("Page.captureScreenshot")["data"]))

    def close(self):
        """End the browser."""
        self.tell("Browser.close")
        self.process.wait()


def check_layout(measured):
    """Nothing wider than the page, headings that become smaller level by level, an end in sight."""
    for width, facts in measured.items():
        if facts["wide"]:
            yield f"wider than {width} px: {', '.join(facts['wide'])}"
        sizes = [size for size in facts["sizes"] if size]
        if sizes != sorted(set(sizes), reverse=True):
            yield f"headings of {', '.join(map(str, sizes))} px at {width}"
    height = measured[WIDTHS[0]]["height"]
    if height > HIGHEST:
        yield f"{height} px high, more than {HIGHEST}"


def check(page, pages, browser=None, pictures=None):
    """Facts about a page as one line, and what is wrong with it."""
    content = page.name not in OF_SPHINX
    wrong = [*check_links(page, pages)]
    if content:
        wrong += [*check_headings(page), *check_pictures(page)]
    weight = weigh(page)
    if weight > MOST_BYTES:
        wrong.append(f"{weight:,} bytes, more than {MOST_BYTES:,}")
    line = f"{page.name:60} {weight / 1000:5.0f} kB {len(page.article.find_all('img')):3} pictures"
    if browser and content:
        measured = {width: browser.measure(page.file, width) for width in WIDTHS}
        wrong += check_layout(measured)
        line += "".join(f" {facts['height']:6} px at {width}" for width, facts in measured.items())
        for name, (width, scheme) in VIEWS.items() if pictures else ():
            to = pictures / f"{page.name.removesuffix('.html').replace('/', '-')}-{name}.png"
            browser.picture(page.file, width, scheme, measured[width]["height"], to)
    return line, wrong


def main():
    """Print the facts of all pages; 1 if a rule is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("site", type=Path, help="folder that sphinx-build has written")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of every page")
    parser.add_argument("--without-browser", action="store_true", help="only what the files tell")
    args = parser.parse_args()
    site = args.site.resolve()
    files = [file for file in sorted(site.rglob("*.html")) if "_static" not in file.parts]
    pages = {file: Page(file, site) for file in files}
    programs = filter(None, map(shutil.which, [] if args.without_browser else BROWSERS))
    program = next(programs, None)
    n_wrong = 0
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile) if program else None
        if args.pictures:
            args.pictures.mkdir(parents=True, exist_ok=True)
        for page in pages.values():
            line, wrong = check(page, pages, browser, args.pictures)
            print("\n    ".join([line, *wrong]))
            n_wrong += len(wrong)
        if browser:
            browser.close()
        else:
            print("Not done without a browser: widths, sizes of headings, heights, pictures.")
    print(f"{len(pages)} pages, {n_wrong} faults")
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Each rule of docs/pages.py finds what breaks it on a page made for that."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("bs4", reason="beautifulsoup4 is not installed")
Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

SOURCE = Path(__file__).parents[1] / "docs" / "pages.py"
spec = importlib.util.spec_from_file_location("pages", SOURCE)
pages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pages)

SOUND = """<html><head><link rel="stylesheet" href="style.css"></head><body><article>
<h1 id="top">One</h1><h2>Two</h2><h3>Three</h3><h2>Two</h2>
<picture><source media="(prefers-color-scheme: dark)" srcset="white-dark.png">
<img src="white.png" alt="A line that falls from 3 to 1"></picture>
<img src="clear.png" alt="A line"><a href="#top">up</a> <a href="other.html#there">there</a>
</article></body></html>"""


@pytest.fixture
def faults(tmp_path):
    """What is wrong with the sound page after a change of it."""
    for name, colour in [("white", "white"), ("white-dark", "black"), ("clear", (0, 0, 0, 0))]:
        Image.new("RGBA", (3, 3), colour).save(tmp_path / f"{name}.png")
    (tmp_path / "style.css").write_text("body { color: black }")
    (tmp_path / "other.html").write_text("<article><h1 id='there'>Other</h1></article>")

    def of(old="", new=""):
        assert old in SOUND
        file, other = tmp_path / "page.html", tmp_path / "other.html"
        file.write_text(SOUND.replace(old, new, 1) if old else SOUND)
        site = {path: pages.Page(path, tmp_path) for path in (file, other)}
        return pages.check(site[file], site)[1]

    return of


def test_a_sound_page_has_no_fault(faults):
    assert faults() == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<h2>Two", "<h1>Two</h1><h2>Two", "2 headings of the first level"),
        ("<h1", "<p role='heading' aria-level='1'>Menu</p><h1", "2 headings of the first level"),
        ('<h1 id="top">One</h1>', "<p id='top'></p>", "0 headings of the first level"),
        ("<h1", "<h2>Zero</h2><h1", "begins with h2"),
        ("<h2>Two</h2>", "", "h3 follows h1"),
        ('alt="A line"', "", "clear.png: no alt text"),
        ('alt="A line"', 'alt="clear.png"', "clear.png: no alt text"),
        ("clear.png", "none.png", "none.png: no file none.png"),
        ("white-dark.png", "none.png", "white.png: no file none.png"),
        ("clear.png", "white.png", "white.png: neither a dark twin nor a transparent ground"),
        (
            "(prefers-color-scheme: dark)",
            "print",
            "white.png: neither a dark twin nor a transparent",
        ),
        ("#top", "#bottom", "#bottom: no such anchor"),
        ("#there", "#here", "other.html#here: no such anchor"),
        ("other.html", "none.html", "none.html#there: no such file"),
        ("style.css", "none.css", "none.css: no such file"),
        ("other.html#there", "../x.html", "../x.html: outside of the site"),
        ("other.html#there", "/etc/hosts", "/etc/hosts: outside of the site"),
        ("other.html#there", "file:///x.html", "file:///x.html: outside of the site"),
        ("</head>", "<script src='none.js'></script></head>", "none.js: no such file"),
        ("white-dark.png", "white.png", "white.png: its dark twin is itself"),
    ],
)
def test_a_broken_rule_is_found(faults, old, new, fault):
    (found,) = faults(old, new)
    assert fault in found


def test_a_heavy_page_is_found(faults, tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 300)
    assert "bytes, more than 300" in faults()[0]


def test_weight_is_what_is_fetched_once(tmp_path):
    """Text compressed, of a picture's variants the heaviest, a font if its icons are shown."""
    (tmp_path / "font-solid-1.woff2").write_bytes(bytes(5000))
    (tmp_path / "font-brands-1.woff2").write_bytes(bytes(50000))
    sheet = "a { src: url(font-solid-1.woff2) } b { src: url(font-brands-1.woff2) }" + " " * 10**6
    (tmp_path / "style.css").write_text(sheet)
    for name, size in [("a.png", 300), ("a-dark.png", 400), ("a_2x.png", 700)]:
        (tmp_path / name).write_bytes(bytes(size))
    img = '<img src="a.png" srcset="a.png, a_2x.png 2x" alt="A line">'
    file = tmp_path / "page.html"
    file.write_text(
        '<link rel="stylesheet" href="style.css"><i class="font-solid"></i><picture>'
        f'<source media="(prefers-color-scheme: dark)" srcset="a-dark.png">{img}</picture>{img}'
    )
    weight = pages.weigh(pages.Page(file, tmp_path))
    assert 5700 < weight < 5700 + 2500  # the page and the sheet


def test_what_is_measured_is_judged():
    """As a browser would give it: widths, sizes of headings, height."""
    sound = {"wide": [], "sizes": [30, 20, None], "height": 8000}
    assert [*pages.check_layout({1280: sound, 390: sound})] == []
    for change, fault in [
        ({"wide": ["table"]}, "wider than 1280 px: table"),
        ({"sizes": [20, 30, 10]}, "headings of 20, 30, 10 px at 1280"),
        ({"sizes": [20, 20, 10]}, "headings of 20, 20, 10 px at 1280"),
        ({"height": 8001}, "8001 px high, more than 8000"),
    ]:
        assert [*pages.check_layout({1280: sound | change, 390: sound})] == [fault]

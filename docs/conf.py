"""How Sphinx builds the pages: sphinx-build -W docs build/docs."""

import re
from html import escape
from pathlib import Path

import latex2mathml.converter
import matplotlib as mpl
from docutils import nodes

import sknumpynet

project, author = "sknumpynet", "The sknumpynet founders"
release = version = sknumpynet.__version__
project_copyright = author

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_templates", "build"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

html_theme = "pydata_sphinx_theme"
html_title = "sknumpynet"
html_static_path = ["_static"]
# Named in HTML of the pages, for light and for dark.
html_extra_path = sorted(path.name for path in Path(__file__).parent.glob("*-dark.*"))
html_extra_path += [name.replace("-dark", "") for name in html_extra_path]
html_css_files, html_js_files = ["site.css"], ["theme.js"]
html_logo = html_favicon = "_static/logo.svg"
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": project, "alt_text": "Home"},
    "navbar_center": [],  # the sidebar lists all pages, by groups
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"**": ["sidebar-pages"]}

autosummary_generate = True
toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"  # numpydoc's sections say it
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# The gallery's pictures stand on light and on dark pages: no ground, and words that both can carry.
# sphinx-gallery begins each example with what matplotlib takes for its defaults.
GREY = "#7b8088"
WORDS = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
GROUNDS = ("figure.facecolor", "axes.facecolor")
mpl.rcParamsDefault.update(dict.fromkeys(WORDS, GREY) | dict.fromkeys(GROUNDS, "none"))

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "/plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "image_srcset": ["2x"],
    "min_reported_time": 20,
    "abort_on_example_error": True,
}


def write_mathml(translator, node):
    """Formulas as MathML, which browsers draw by themselves: no script from elsewhere."""
    is_block = isinstance(node, nodes.math_block)
    math = latex2mathml.converter.convert(node.astext(), display="block" if is_block else "inline")
    translator.body.append(f'<div class="formula">{math}</div>' if is_block else math)
    raise nodes.SkipNode


# Groups of the estimator's parameters: sections of the guide, a page that shows some at work.
GROUPS = {
    "network": (["What is worth tuning"], "gallery/plot_2_boundary"),
    "training": (["What is worth tuning"], "gallery/plot_7_diagnosis"),
    "penalties": (["What is worth tuning"], "gallery/plot_6_grid_search"),
    "stopping": (["When to stop, and by which rows"], "gallery/plot_3_learning_curve"),
    "inputs": (["Raw tables", "Numbers as they come"], "tutorial"),
    "weights": (["Weights, and few positives"], "calibration"),
    "stack": (["A stack, and probabilities out of fold"], "gallery/plot_5_uncertainty"),
    "running": (
        ["In which arithmetic", "Data that come in pieces", "Looking on while it trains"],
        "scaling",
    ),
}


def tabulate_groups(app, what, name, obj, options, lines):
    """Make a table with links of the block of names that ``help`` shows."""
    if name != "sknumpynet.NumpyMLPBinaryClassifier":
        return
    begin = next(at for at, line in enumerate(lines) if line.endswith("by what they decide::")) + 2
    end = lines.index("", begin)
    groups = re.findall(r"^ +(\w+)  +(.*(?:\n {10}.*)*)", "\n".join(lines[begin:end]), re.MULTILINE)
    table = [".. list-table::", "   :header-rows: 1", ""]
    rows = [("group", "parameters", "guide", "shown in")]
    for group, names in groups:
        titles, page = GROUPS[group]
        anchors = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
        sections = zip(titles, anchors, strict=True)
        guide = [f"`{title} <../guide.html#{anchor}>`__" for title, anchor in sections]
        names = re.sub(r"(\w+)", r"``\1``", " ".join(names.split()))
        rows.append((group, names, "; ".join(guide), f":doc:`/{page}`"))
    for row in rows:
        table += [f"   {mark} - {cell}" for mark, cell in zip("*   ", row, strict=True)]
    lines[begin - 2 : end] = ["Its parameters, by what they decide:", "", *table]


def link_parameters(app, domain, kind, content):
    """Give each parameter of a class an anchor, and its name an address wherever it stands."""
    if kind != "class":
        return
    entries = {}
    for field in content.findall(nodes.field):
        if field[0].astext() == "Parameters":
            for term in field.findall(nodes.term):
                entries |= dict.fromkeys(term[0].astext().split(", "), term)
    for name, term in entries.items():
        term["ids"].append(f"parameter-{name}")
    for literal in [*content.findall(nodes.literal)]:
        if literal.astext() in entries:
            link = nodes.reference("", "", refid=f"parameter-{literal.astext()}", internal=True)
            literal.replace_self(link)
            link += literal


def name_thumbnails(app, page, template, context, doctree):
    """Say in the gallery's list what each small picture is, which sphinx-gallery leaves empty."""

    def named(match):
        title = app.env.titles[f"gallery/{match[2]}"].astext()
        return f'alt="What is drawn in: {escape(title)}" {match[1]}'

    if page == "gallery/index":
        img = r'alt="" (src="[^"]*sphx_glr_(\w+)_thumb\.png")'
        context["body"] = re.sub(img, named, context["body"])


def setup(app):
    """Draw formulas without the network; link parameters; name small pictures."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(write_mathml, None), block_renderers=(write_mathml, None)
    )
    app.connect("autodoc-process-docstring", tabulate_groups, priority=400)  # before numpydoc
    app.connect("html-page-context", name_thumbnails)
    app.connect("object-description-transform", link_parameters)


html_math_renderer = "mathml"

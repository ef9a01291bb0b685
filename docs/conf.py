"""How Sphinx builds the pages: sphinx-build -W docs build/docs."""

from pathlib import Path

import latex2mathml.converter
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
html_extra_path = sorted(path.name for path in Path(__file__).parent.glob("*-dark.png"))
html_extra_path += [name.replace("-dark", "") for name in html_extra_path]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
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


def setup(app):
    """Draw formulas without the network."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(write_mathml, None), block_renderers=(write_mathml, None)
    )


html_math_renderer = "mathml"

"""How Sphinx builds these pages: no network while building, none while reading; a warning is an error."""

import sys
import tomllib
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "gbaspatial"
author = "The gbaspatial developers"
project_copyright = f"{date.today().year}, {author}"
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
release = version = PROJECT["version"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "mathematics",
    "plain_docstrings",
    "reference_pages",
    "chinese_search",
    "gallery",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["myst.strikethrough"]

autodoc_typehints = "none"  # the docstrings say the types in words, with shapes and units
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"gbaspatial {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
html_search_language = "zh"  # Latin words by their stems, Chinese by pairs of signs: see _ext/chinese_search.py

"""Pages made of one HTML file with everything inlined, so that nothing is fetched."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

__all__ = ["assemble"]


def assemble(
    package: str, name: str, scripts: Sequence[str], data: Mapping[str, Any], arrays: str = ""
) -> str:
    """Return a page as HTML: what all pages share, and the page's own body, style and scripts.

    Parameters
    ----------
    package : str
        The package that holds ``name.html`` (the body), ``name.css`` and the scripts.
    name : str
        The page's name.
    scripts : sequence of str
        File names of the page's scripts, which run in this order after ``shared.js``.
    data : mapping
        Plain data that the scripts see as ``page``. ``title`` and ``lede``, a list of sentences,
        are required.
    arrays : str, default ""
        Packed arrays, from :meth:`Packer.text`.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the data hold NaN or infinity, which JSON does not know.

    Examples
    --------
    >>> data = {"title": "Runs & figures", "lede": ["How to read this page."], "runs": []}
    >>> page = assemble("rewire.report", "report", ["report.js"], data)
    >>> page[:15], "<title>Runs &amp; figures</title>" in page
    ('<!doctype html>', True)
    """
    shared, own = _reader(__package__ or ""), _reader(package)
    parts = {
        "title": html.escape(data["title"]),
        "style": shared("shared.css") + own(f"{name}.css"),
        "library": shared("vendor/d3.min.js"),
        "licence": shared("vendor/d3.LICENSE"),
        # Escaped, so that no text can end the script element that holds it.
        "data": json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        "arrays": arrays,
        "script": "\n".join([shared("shared.js"), *map(own, scripts)]),
    }
    template = shared("shared.html").replace("{{body}}", own(f"{name}.html"))
    # In one pass, so that placeholders within what is inserted are left alone.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def _reader(package: str) -> Callable[[str], str]:
    """Return a function that reads a text file of a package."""
    folder = files(package)
    return lambda name: folder.joinpath(*name.split("/")).read_text(encoding="utf-8")

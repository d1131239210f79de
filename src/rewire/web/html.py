"""Pages made of one HTML file with everything inlined, so that nothing is fetched."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

__all__ = ["assemble", "shared_text"]


def assemble(
    package: str,
    name: str,
    scripts: Sequence[str],
    data: Mapping[str, Any],
    arrays: str = "",
    shared: Sequence[str] = (),
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
    shared : sequence of str, optional
        Pictures of :mod:`rewire.web` that the scripts use, each a script and a style; there is
        ``"wiring"``.

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
    web, own = shared_text, _reader(package)
    styles = [web(f"{picture}.css") for picture in shared]
    pictures = [web(f"{picture}.js") for picture in shared]
    parts = {
        # Half of a character, as in a file's name, is none that UTF-8 could hold.
        "title": html.escape(data["title"]).encode("utf-8", "xmlcharrefreplace").decode("utf-8"),
        "style": "".join([web("colours.css"), web("shared.css"), *styles, own(f"{name}.css")]),
        "library": web("vendor/d3.min.js"),
        "licence": web("vendor/d3.LICENSE"),
        # Escaped, so that no text can end the script element that holds it.
        "data": json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        "arrays": arrays,
        "script": "\n".join([web("shared.js"), *pictures, *map(own, scripts)]),
    }
    template = web("shared.html").replace("{{body}}", own(f"{name}.html"))
    # In one pass, so that placeholders within what is inserted are left alone.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def shared_text(name: str) -> str:
    """Return the text of a file of this package, such as ``"colours.css"``."""
    return _reader(__package__ or "")(name)


def _reader(package: str) -> Callable[[str], str]:
    """Return a function that reads a text file of a package."""
    folder = files(package)
    return lambda name: folder.joinpath(*name.split("/")).read_text(encoding="utf-8")

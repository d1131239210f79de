"""What all pages are made of: one HTML file with everything inlined, nothing fetched."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

__all__ = ["assemble"]


def assemble(
    package: str, name: str, scripts: Sequence[str], data: Mapping[str, Any], blob: str = ""
) -> str:
    """Return a page's HTML: the parts that all pages share and its own.

    Parameters
    ----------
    package : str
        Where ``name.html`` (the body), ``name.css`` and the scripts lie.
    name : str
    scripts : sequence of str
        Run one after the other, after what all pages share.
    data : mapping
        For the scripts, as ``page``; it holds the ``title`` and the ``lede``, a list of sentences.
    blob : str
        Arrays, of a :class:`rewire.report.payload.Packer`.
    """
    shared = _reader(__package__ or "")
    own = _reader(package)
    parts = {
        "title": html.escape(data["title"]),
        "style": shared("shared.css") + own(f"{name}.css"),
        "library": shared("vendor/d3.min.js"),
        "licence": shared("vendor/d3.LICENSE"),
        # No text within may end the script that it stands in.
        "data": json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        "blob": blob,
        "script": "\n".join([shared("shared.js"), *map(own, scripts)]),
    }
    template = shared("shared.html").replace("{{body}}", own(f"{name}.html"))
    # Once, so that nothing which is put in is searched again.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def _reader(package: str):
    folder = files(package)
    return lambda name: folder.joinpath(*name.split("/")).read_text(encoding="utf-8")

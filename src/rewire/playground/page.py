"""The files of the page."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["assets", "module", "style"]

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}


@cache
def assets() -> dict[str, tuple[str, bytes]]:
    """Return the page's files by name, each with its media type: those of ``web``, and D3."""
    found = {}
    folder = files("rewire.playground").joinpath("web")
    shared = files("rewire.web").joinpath("vendor")
    for file in (*folder.iterdir(), shared.joinpath("d3.min.js")):
        ending = file.name[file.name.rfind(".") :]
        if ending in KINDS:
            found[file.name] = KINDS[ending], file.read_bytes()
    return found


def module() -> str:
    """Return the page's ES module, which exports ``mount``."""
    return assets()["play.js"][1].decode()


def style() -> str:
    """Return the page's style."""
    return assets()["play.css"][1].decode()

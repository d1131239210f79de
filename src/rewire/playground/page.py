"""The page as files: one ES module, one style, and the HTML that mounts them.

The module is the same everywhere: served by ``rewire play``, handed to a notebook's widget, and
copied into the documentation. Standard library only.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from rewire.web import shared_text

from .commands import schema
from .points import GENERATORS, draw_points
from .starts import START

__all__ = ["assets", "module", "style", "worker"]

# The parts of the module, in the order in which they build upon each other.
PARTS = (
    "model.js",
    "paint.js",
    "wires.js",
    "lane.js",
    "outputs.js",
    "plane.js",
    "settings.js",
    "controls.js",
    "story.js",
    "guide.js",
    "play.js",
    "http.js",
    "in_worker.js",
)
EXPORTS = ("mount", "http", "inWorker")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rewire play</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="play.css">
<script type="module" src="start.js"></script>
</head>
<body class="rewire-page"><noscript>This page needs JavaScript.</noscript></body>
</html>
"""
BEGIN = """import {mount, http} from "./play.js";

const link = location.hash.startsWith("#play") ? location.hash : null;
mount(document.body, http(), {link});
"""
# D3 is made local to the module, whatever loads modules beside it.
D3 = """const d3 = (() => {{
  const module = {{exports: {{}}}}, exports = module.exports, define = undefined;
  {library}
  return module.exports;
}})();
"""


@cache
def module() -> str:
    """Return the page's ES module, which exports ``mount`` and its transports."""
    constants = {
        "SCHEMA": schema(),
        "START": list(START),
        "GALLERY": {name: _thumbnail(name) for name in GENERATORS},
    }
    return "\n".join(
        [
            D3.format(library=shared_text("vendor/d3.min.js")),
            *(f"const {name} = {json.dumps(value)};" for name, value in constants.items()),
            shared_text("wiring.js"),
            *map(_own, PARTS),
            f"export {{{', '.join(EXPORTS)}}};",
        ]
    )


@cache
def style() -> str:
    """Return the page's style, which holds within the element where the page is mounted."""
    colours = shared_text("colours.css").replace(":root", ".rewire-play")
    return "\n".join([colours, shared_text("wiring.css"), _own("play.css")])


def worker() -> str:
    """Return the script of the Worker in which Python runs, for pages without a server."""
    return _own("worker.js")


@cache
def assets() -> dict[str, tuple[str, bytes]]:
    """Return the files of the local page by name, each with its media type."""
    texts = {
        "index.html": ("text/html", PAGE),
        "play.css": ("text/css", style()),
        "play.js": ("text/javascript", module()),
        "start.js": ("text/javascript", BEGIN),
    }
    return {name: (f"{kind}; charset=utf-8", text.encode()) for name, (kind, text) in texts.items()}


def _own(name: str) -> str:
    return files("rewire.playground").joinpath("web", name).read_text(encoding="utf-8")


def _thumbnail(name: str) -> list[list[float]]:
    return [
        [round(x, 2), round(y, 2), label] for x, y, label in draw_points(name, 44, 0.06, seed=1)
    ]

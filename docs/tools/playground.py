"""Hook of MkDocs: add the playground that runs within the pages, with Python in the browser.

Python comes from the npm package ``pyodide``, which ``make docs`` fetches by ``npm pack`` into
``build/pyodide`` (or ``python docs/tools/playground.py``). It is not committed. Without it the site
is built all the same, and the places of the playground say what is missing.
"""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from rewire.playground.page import module, style, worker

PACKAGE = "pyodide@314.0.7"
# Of the package's archive, as the registry tells it.
SHA512 = "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
PARTS = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "pyodide"
ASSETS = "assets/playground"

# What of the library runs in the browser: modules on the standard library alone.
SCALAR = ("__init__", "hinge", "nn", "rigl", "stripping", "value")
PLAYGROUND = (
    "commands",
    "curve",
    "data",
    "documents",
    "engine",
    "exports",
    "fields",
    "formula",
    "in_browser",
    "limits",
    "links",
    "player",
    "points",
    "record",
    "scalar_engine",
    "scalar_frames",
    "scalar_surgery",
    "session",
    "snapshots",
    "starts",
    "table",
)
MODULES = (
    "rewire/__init__.py",
    *(f"rewire/scalar/{name}.py" for name in SCALAR),
    *(f"rewire/playground/{name}.py" for name in PLAYGROUND),
)
RIGL: list[dict[str, Any]] = [
    {"do": "data", "name": "moons", "samples": 40, "noise": 0.1, "seed": 1},
    {"do": "network", "layers": [8, 8], "density": [1, 0.2, 0.4], "wiring": "first", "seed": 2},
    {"do": "learning_rate", "value": 1},
    {"do": "method", "name": "rigl", "interval": 10, "until": 200, "lane": 1},
]
# The sessions of the pages, by the name that a page gives.
SESSIONS: dict[str, list[dict[str, Any]]] = {
    "neuron": [
        {"do": "data", "name": "blobs", "samples": 40, "noise": 0.1, "seed": 1},
        {"do": "network", "layers": [1], "density": 1, "seed": 4},
        {"do": "learning_rate", "value": 0.3},
    ],
    "layer": [
        {"do": "data", "name": "circles", "samples": 60, "noise": 0.05, "seed": 1},
        {"do": "network", "layers": [6], "density": [0.5, 1], "seed": 1},
        {"do": "learning_rate", "value": 0.5},
    ],
    "rigl": RIGL,
    "strip": RIGL,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page's module and style, the Worker, the library's files and, if there, Pyodide."""
    found = all((CACHE / name).is_file() for name in PARTS)
    contents = {
        "play.js": module(),
        "play.css": style(),
        "worker.js": worker(),
        "sessions.json": json.dumps({"pyodide": found, "sessions": SESSIONS}),
        "rewire.zip": package(),
    }
    for name, content in contents.items():
        files.append(File.generated(config, f"{ASSETS}/{name}", content=content))
    for name in PARTS if found else ():
        where = str(CACHE / name)
        files.append(File.generated(config, f"{ASSETS}/pyodide/{name}", abs_src_path=where))
    return files


def package() -> bytes:
    """Return the modules that run in the browser as a ZIP archive, the same bytes every time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        # The package's own face leads to engines that need NumPy.
        archive.writestr(zipfile.ZipInfo("rewire/playground/__init__.py"), "")
        for name in MODULES:
            file = ROOT / "src" / name
            archive.writestr(zipfile.ZipInfo(name), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def fetch(folder: Path = CACHE) -> None:
    """Fetch Pyodide into a folder by ``npm pack`` and check it; raise OSError where that fails."""
    if all((folder / name).is_file() for name in PARTS):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    archive = folder / f"{PACKAGE.replace('@', '-')}.tgz"
    if done.returncode or not archive.is_file():
        raise OSError(f"npm pack {PACKAGE} failed: {done.stderr.strip()[-300:]}")
    content = archive.read_bytes()
    archive.unlink()
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != SHA512:
        raise OSError(f"{PACKAGE} has another checksum than expected")
    with tarfile.open(fileobj=io.BytesIO(content)) as parts:
        for name in PARTS:
            member = parts.extractfile(f"package/{name}")
            assert member is not None
            (folder / name).write_bytes(member.read())


if __name__ == "__main__":
    try:
        fetch()
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"The playground of the site goes without Python: {error}", file=sys.stderr)

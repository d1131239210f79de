"""The playground within the documentation: Python in the browser computes what Python does here."""

import functools
import http.server
import importlib.util
import io
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from rewire.playground import Session
from rewire.playground.commands import check
from rewire.playground.scalar_engine import ScalarEngine

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "by-hand.md"


@pytest.fixture(scope="module")
def tools():
    pytest.importorskip("mkdocs", reason="MkDocs is not installed")
    where = ROOT / "docs" / "tools" / "playground.py"
    spec = importlib.util.spec_from_file_location("docs_playground", where)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_place_in_the_pages_has_a_session(tools):
    text = PAGE.read_text(encoding="utf-8")
    for name, commands in tools.SESSIONS.items():
        assert f'data-playground="{name}"' in text
        names = [check(command)["do"] for command in commands]
        assert names[:3] == ["data", "network", "learning_rate"]
    assert text.count("data-playground=") == len(tools.SESSIONS)


def test_what_runs_in_the_browser_needs_the_standard_library_alone(tools, tmp_path):
    archive = tmp_path / "rewire.zip"
    archive.write_bytes(tools.package())
    code = (
        f"import json, sys; sys.path.insert(0, {str(archive)!r})\n"
        "from rewire.playground import in_browser\n"
        f"in_browser.begin({json.dumps(json.dumps(tools.SESSIONS['rigl']))})\n"
        'print(list(in_browser.send(\'{"do": "step", "steps": 3}\')))\n'
        "print(json.loads(in_browser.frame())['step'])\n"
    )
    # Isolated and without site-packages.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["[]", "3"], done.stderr


def test_the_archive_is_the_same_every_time(tools):
    assert tools.package() == tools.package()
    with zipfile.ZipFile(io.BytesIO(tools.package())) as archive:
        assert archive.read("rewire/playground/__init__.py") == b""


def test_a_package_with_another_checksum_is_refused(tools, tmp_path, monkeypatch):
    archive = tmp_path / f"{tools.PACKAGE.replace('@', '-')}.tgz"
    archive.write_bytes(b"not what was expected")
    done = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(tools.shutil, "which", lambda name: "/usr/bin/npm")
    monkeypatch.setattr(tools.subprocess, "run", lambda *args, **kwargs: done)
    with pytest.raises(OSError, match="another checksum"):
        tools.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_sessions_show_what_the_tutorial_says(tools):
    layer = Session(ScalarEngine(), tools.SESSIONS["layer"])
    layer.do({"do": "step", "steps": 150})
    lane = layer.frame()["lanes"][1]
    assert 0.65 < lane["accuracy"] < 0.8
    there = {tuple(row[:2]) for row in lane["connections"]}
    missing = {(i, j) for i in (0, 1) for j in range(2, 8)} - there
    assert len(missing) == 6
    for source, target in missing:
        layer.do({"do": "draw", "source": source, "target": target})
    layer.do({"do": "step", "steps": 150})
    assert layer.frame()["lanes"][1]["accuracy"] == 1

    rigl = Session(ScalarEngine(), tools.SESSIONS["rigl"])
    rigl.do({"do": "step", "steps": 240})
    assert [round(lane["accuracy"], 2) for lane in rigl.frame()["lanes"]] == [0.88, 1]
    rigl.do({"do": "strip"})
    lane = rigl.frame()["lanes"][1]
    assert (lane["accuracy"], lane["ranks"]) == (1, [2, 5, 4, 1])


@pytest.fixture
def site(tools, tmp_path):
    """Build a site of the tutorial's page alone, with the hook and the scripts of the whole one."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    try:
        tools.fetch()
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"Pyodide cannot be fetched: {error}")
    docs = tmp_path / "docs"
    (docs / "assets").mkdir(parents=True)
    for name in ("embed.js", "site.css"):
        (docs / "assets" / name).write_bytes((ROOT / "docs" / "assets" / name).read_bytes())
    text = PAGE.read_text(encoding="utf-8").replace("](../", "](#")
    (docs / "index.md").write_text(text, encoding="utf-8")
    settings = {
        "site_name": "rewire",
        "theme": {"name": "material", "font": False},
        "extra_css": ["assets/site.css"],
        "extra_javascript": [{"path": "assets/embed.js", "type": "module"}],
        "hooks": [str(ROOT / "docs" / "tools" / "playground.py")],
        "plugins": [],
    }
    (tmp_path / "mkdocs.yml").write_text(json.dumps(settings), encoding="utf-8")
    config = load_config(str(tmp_path / "mkdocs.yml"))
    build(config)
    handler = functools.partial(Quiet, directory=str(tmp_path / "site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.filterwarnings("ignore")
def test_a_page_of_the_built_site_plays_as_the_session_does_here(tools, site, browser):
    complaints, requests = [], []
    browser.set_offline(False)
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    try:
        page.goto(site)
        place = page.locator("[data-playground=rigl]")
        assert "pyodide" not in " ".join(requests)  # nothing is loaded before it is asked for
        place.locator("button").click()
        page.wait_for_selector("[data-playground=rigl] [data-step='0']", timeout=120_000)
        for step in range(1, 12):
            place.locator("button:has-text('Step')").click()
            page.wait_for_selector(f"[data-playground=rigl] [data-step='{step}']", timeout=20_000)
        losses = place.locator("header .note").all_inner_texts()
        session = Session(ScalarEngine(), tools.SESSIONS["rigl"])
        session.do({"do": "step", "steps": 11})
        expected = [lane["loss"] for lane in session.frame()["lanes"]]
        assert [float(text.split()[1]) for text in losses] == pytest.approx(expected, rel=2e-3)
        place.locator(".lane-1 button:has-text('Strip')").click()
        page.wait_for_selector("[data-playground=rigl] .lane-1:not([data-ranks='2-8-8-1'])")
        place.locator("button:has-text('Run')").click()
        page.wait_for_function(
            "() => +document.querySelector('[data-playground=rigl] div').shadowRoot"
            ".querySelector('[data-step]').dataset.step > 14"
        )
        place.locator("button:has-text('Pause')").click()
        page.wait_for_selector("[data-playground=rigl] [data-running=false]")
    finally:
        page.close()
        browser.set_offline(True)
    assert complaints == []
    assert [url for url in requests if not url.startswith((site, "data:"))] == []

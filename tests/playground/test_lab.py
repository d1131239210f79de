"""The widget in JupyterLab, with a kernel of this Python."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import rewire

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.fork]

LAB = shutil.which(
    "jupyter-lab", path=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
)
CODE = """import rewire
from rewire.data import moons
net = rewire.mlp([2, 8, 8, 1], density=0.4, seed=0)
widget = rewire.play(net, *moons(seed=0))
widget"""


def notebook(code):
    cell = {
        "cell_type": "code",
        "id": "one",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": code,
    }
    kernel = {"name": "rewire-test", "display_name": "rewire", "language": "python"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def answers(port, token):
    """Return whether a server is there."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={token}", timeout=20).close()
    except urllib.error.URLError:
        return False
    return True


@pytest.fixture
def lab(tmp_path):
    """Start JupyterLab on a notebook, and return the notebook's address."""
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    if LAB is None:
        pytest.skip("jupyter-lab is not installed")
    (tmp_path / "play.ipynb").write_text(json.dumps(notebook(CODE)))
    kernel = tmp_path / "jupyter" / "kernels" / "rewire-test"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    path = str(Path(rewire.__file__).parents[1])
    described = {"argv": argv, "display_name": "rewire", "env": {"PYTHONPATH": path}}
    (kernel / "kernel.json").write_text(json.dumps(described))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    process = subprocess.Popen(
        [
            *(LAB, "--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={token}", f"--notebook-dir={tmp_path}"),
            *("--ServerApp.ip=127.0.0.1", "--LabApp.news_url=None"),
        ],
        cwd=tmp_path,
        env={**os.environ, "JUPYTER_PATH": str(tmp_path / "jupyter"), "HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    reader = threading.Thread(target=lambda: [*process.stderr], daemon=True)
    try:
        # It listens some lines after it says so.
        assert any(answers(port, token) for line in process.stderr), "JupyterLab did not start"
        reader.start()  # what else it says must not fill the pipe
        yield f"http://127.0.0.1:{port}/lab/tree/play.ipynb?token={token}"
    finally:
        process.terminate()  # and it ends its kernels
        process.wait(60)
        if reader.ident:
            reader.join(60)
        process.stderr.close()


def test_a_session_runs_in_lab(lab, browser):
    browser.set_offline(False)
    page = browser.new_page()
    page.set_default_timeout(90_000)
    page.set_viewport_size({"width": 1500, "height": 1100})
    page.goto(lab)
    page.get_by_text("rewire | Idle").wait_for()  # before, what is run may be forgotten
    cell = page.locator(".jp-CodeCell .cm-content").first
    cell.click()
    page.keyboard.press("Shift+Enter")
    play = page.locator(".rewire-play")
    play.wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].some("
        "e => e.shadowRoot?.querySelector('.rewire-play[data-step=\"0\"]'))"
    )
    play.locator("button:text-is('Step')").first.click()
    page.locator(".rewire-play[data-step='1']").wait_for()
    if folder := os.environ.get("REWIRE_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/lab.png")
    page.close()
    browser.set_offline(True)

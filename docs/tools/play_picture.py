"""Draw docs/images/play.png: the playground after its first 400 steps, as a browser shows it.

``python docs/tools/play_picture.py`` needs Playwright and Chromium; ``make gallery`` runs it.
"""

import os
import shutil
import sys
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from rewire.playground import ArrayEngine, Session
from rewire.playground.player import Player
from rewire.playground.server import PlayServer

WIDTH, HEIGHT = 1400, 808
COLOURS = 256


def draw(path: Path) -> None:
    """Write the picture, with few colours so that it is small."""
    session = Session(ArrayEngine())
    session.do({"do": "step", "steps": 400})
    server = PlayServer(Player(session))
    thread = threading.Thread(target=server.run, kwargs={"until_left": False})
    thread.start()
    chromium = os.environ.get("REWIRE_CHROMIUM") or shutil.which("chromium")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.emulate_media(reduced_motion="reduce", color_scheme="light")
            page.goto(server.url)
            page.click(".guide .leave")
            page.wait_for_selector(".rewire-play[data-step='400']")
            page.screenshot(path=path, clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})
            browser.close()
    finally:
        server.end()
        thread.join()
    picture = Image.open(path).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    root = Path(__file__).parents[2]
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else root / "docs" / "images" / "play.png")

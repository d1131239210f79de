"""Measure the playground: frames a second, how soon a command is seen, and memory over many frames.

    python benchmarks/playground.py
    python benchmarks/playground.py --browser
    python benchmarks/playground.py --soak 72000

The first measures a session through its local server, as a page follows it, and writes
benchmarks/playground.json; the second counts the pictures that Chromium shows of it, where it has
no graphics card to draw with; the third makes so many frames of a running session, and adds what
memory it took.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rewire.playground import ArrayEngine, Session
from rewire.playground.player import Player
from rewire.playground.server import PlayServer
from rewire.playground.starts import START

RESULT = Path(__file__).with_suffix(".json")
SECONDS = 8.0
COMMANDS = 40
SIZES = {
    "post": START,
    "large": (START[0], {"do": "network", "layers": [700, 700], "density": 0.2}, *START[2:]),
}


@contextmanager
def served(commands: tuple) -> Iterator[PlayServer]:
    server = PlayServer(Player(Session(ArrayEngine(), commands), speed=2000))
    thread = threading.Thread(target=server.run, kwargs={"until_left": False})
    thread.start()
    try:
        yield server
    finally:
        server.end()
        thread.join()


class Page:
    """Follows a session as a page does, and notes when each frame was there."""

    def __init__(self, server: PlayServer):
        self.server, self.bytes, self.times = server, 0, []
        self.latest, self.changed = {}, threading.Condition()
        self.connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
        self.connection.request("GET", f"/{server.token}/frames")
        self.answer = self.connection.getresponse()
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self) -> None:
        for line in self.answer:
            if line.startswith(b"data: "):
                frame = json.loads(line[6:])
                with self.changed:
                    self.times.append(time.perf_counter())
                    self.bytes, self.latest = len(line), frame
                    self.changed.notify_all()

    def send(self, command: dict) -> None:
        sender = http.client.HTTPConnection("127.0.0.1", self.server.server_port)
        body, kind = json.dumps(command), {"Content-Type": "application/json"}
        sender.request("POST", f"/{self.server.token}/commands", body, kind)
        answer = sender.getresponse()
        if answer.status != 200:
            raise ValueError(answer.read().decode())
        sender.close()

    def delay(self, command: dict, seen) -> float:
        """Return the milliseconds from sending a command to the frame that shows it."""
        begin = time.perf_counter()
        self.send(command)
        with self.changed:
            assert self.changed.wait_for(lambda: self.latest and seen(self.latest), 20)
            return 1000 * (self.times[-1] - begin)


def delays(page: Page) -> dict[str, float]:
    """Draw and cut a connection again and again."""
    found = []
    pairs = {(s, t) for s, t, *_ in page.latest["lanes"][0]["connections"]}
    target = sum(page.latest["lanes"][0]["ranks"]) - 1
    source = next(i for i in (0, 1) if (i, target) not in pairs)
    for i in range(COMMANDS):
        count = page.latest["lanes"][0]["n_connections"] + (-1 if i % 2 else 1)
        command = {"do": "cut" if i % 2 else "draw", "source": source, "target": target, "lane": 0}
        found.append(page.delay(command, lambda f, n=count: f["lanes"][0]["n_connections"] == n))
    return {"median_ms": round(statistics.median(found), 1), "max_ms": round(max(found), 1)}


def measure(commands: tuple) -> dict:
    with served(commands) as server:
        page = Page(server)
        page.delay({"do": "step"}, lambda frame: frame["step"] >= 1)
        found = {"connections": page.latest["lanes"][1]["n_connections"], "at rest": delays(page)}
        page.send({"do": "run"})
        time.sleep(1)
        first, step, begin = len(page.times), page.latest["step"], time.perf_counter()
        time.sleep(SECONDS)
        spent = time.perf_counter() - begin
        found |= {
            "frames_per_second": round((len(page.times) - first) / spent, 1),
            "steps_per_second": round((page.latest["step"] - step) / spent),
            "bytes_per_frame": page.bytes,
            "running": delays(page),
        }
    return found


COUNT = """seconds => new Promise(done => {
  let pictures = 0;
  const step = document.querySelector("[data-step]");
  const watch = new MutationObserver(() => pictures++);
  watch.observe(step, {attributes: true, attributeFilter: ["data-step"]});
  setTimeout(() => done(pictures / seconds), 1000 * seconds);
})"""


def in_browser(commands: tuple) -> float:
    """Return how many pictures a second a browser shows of a running session."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("REWIRE_CHROMIUM") or shutil.which("chromium")
    with served(commands) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(server.url)
        page.wait_for_selector("[data-step]")
        server.player.send({"do": "run"})
        page.wait_for_timeout(2000)
        found = page.evaluate(COUNT, SECONDS)
        browser.close()
    return round(found, 1)


def resident() -> float:
    """Return the megabytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def soak(frames: int) -> dict:
    """Make frames of a session that runs, is operated on and rewound, as an hour of play does."""
    player, cursor, marks = Player(Session(ArrayEngine())), None, []
    for i in range(frames):
        player.send({"do": "step", "steps": 3})
        cursor = player.frame(cursor)["cursor"]
        if i % 500 == 499:
            player.send({"do": "draw", "source": 0, "target": 34, "lane": 0})
            player.send({"do": "cut", "source": 0, "target": 34, "lane": 0})
            player.send({"do": "rewind", "command": len(player.session.record.done) - 2})
        if i % max(frames // 10, 1) == 0:
            marks.append(round(resident(), 1))
    marks.append(round(resident(), 1))
    return {"frames": frames, "steps": player.session.step, "megabytes": marks}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soak", type=int, help="frames to make")
    parser.add_argument("--browser", action="store_true", help="count pictures in Chromium")
    given = parser.parse_args()
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    if given.soak:
        known["soak"] = soak(given.soak)
    elif given.browser:
        known["pictures_per_second"] = {name: in_browser(one) for name, one in SIZES.items()}
    else:
        known |= {name: measure(commands) for name, commands in SIZES.items()}
    RESULT.write_text(json.dumps(known, indent=2) + "\n")
    print(json.dumps(known, indent=2))


if __name__ == "__main__":
    main()

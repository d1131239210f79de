"""``rewire play`` and ``rewire train --watch``: what they open, and how they end."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request

import pytest

from rewire.cli import playing
from rewire.experiment import RunDirectory
from rewire.playground.documents import document_of
from rewire.playground.links import link_of_commands
from rewire.playground.player import Player
from rewire.playground.watching import Watch
from rewire.train import load_checkpoint

TABLE = "a,b,kind\n" + "".join(f"{i % 7},{i % 5},{['no', 'yes'][i % 2]}\n" for i in range(40))


@pytest.fixture
def opened(run, monkeypatch):
    """Run the command as far as to the page that it would serve."""

    def open_(*arguments, status=0):
        found = []
        monkeypatch.setattr(playing, "serve", lambda player, **options: found.append(player))
        result = run("play", *arguments, status=status)
        return found[0] if found else result.output

    return open_


def test_it_opens_points_in_the_plane(opened):
    assert opened().session.data_name == "moons"
    assert opened("spirals").session.data_name == "spirals"


def test_it_opens_two_columns_of_a_table(opened, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    session = opened(path, "--columns", "a,b", "--target", "kind").session
    assert session.frame()["data"]["inputs"] == ["a", "b"]
    message = opened(path, "--columns", "a", "--target", "kind", status=2)
    assert "--columns must be two" in message


def test_it_opens_whatever_can_be_trained_on(opened, tmp_path):
    assert opened("iris").session.lanes[0].net.ranks[0] == 4
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    session = opened(path, "--target", "kind").session
    assert session.frame()["data"]["inputs"] == ["a", "b"]
    assert "must be one of" in opened("nothing", status=2)


def test_it_opens_a_session_that_was_saved(opened, tmp_path):
    player = opened("circles")
    player.send({"do": "step", "steps": 5})
    path = tmp_path / "mine.session.json"
    path.write_text(json.dumps(document_of(player.session)))
    link = "http://127.0.0.1:1/x/#" + link_of_commands(player.session.record.done)
    for again in (opened(path), opened(link)):
        assert (again.session.step, again.session.data_name) == (5, "circles")


@pytest.fixture
def kept(run, tmp_path):
    folder = tmp_path / "run"
    run("train", "moons", "--total-steps", "200", "--hidden", "8", "--out", folder)
    return folder


def test_it_opens_the_network_of_a_run(opened, kept):
    player = opened("--run", kept)
    assert isinstance(player, Player)
    trained = RunDirectory(kept).open().training.net
    assert (player.session.lanes[1].net.connections.weight == trained.connections.weight).all()
    assert "leave one out" in opened("moons", "--run", kept, status=2)


def test_it_watches_a_run_that_another_process_trains(opened, kept, monkeypatch):
    monkeypatch.setattr(playing, "PAUSE", 0.01)
    folder = RunDirectory(kept)
    with folder.claimed():
        watch = opened("--run", kept)
        assert isinstance(watch, Watch)
        assert watch.wait(-1, timeout=20)
        frame = watch.frame()
        assert frame["watching"]
        experiment = folder.open()
        load_checkpoint(experiment.training, folder.checkpoint)
        folder.save(experiment)  # as the other process does
        assert watch.wait(frame["frame"], timeout=20)
    while watch.frame().get("watching"):
        watch.wait(watch.frame()["frame"], timeout=20)
    assert len(watch.frame()["lanes"]) == 2
    watch.close()


def follow(url, until):
    """Follow the frames of a page until one fits, then close it."""
    with urllib.request.urlopen(f"{url}frames", timeout=30) as stream:
        for line in stream:
            if line.startswith(b"data: ") and until(json.loads(line[6:])):
                return


def test_a_training_is_watched_in_the_browser(run, tmp_path, monkeypatch):
    seen, pages = [], []

    def open_browser(url):
        def until(frame):
            seen.append(frame)
            return not frame.get("watching")

        pages.append(threading.Thread(target=follow, args=(url, until)))
        pages[0].start()

    monkeypatch.setattr(playing.webbrowser, "open", open_browser)
    result = run(
        *("train", "moons", "--total-steps", "3000", "--hidden", "8", "--watch"),
        *("--out", tmp_path / "run"),
    )
    pages[0].join(20)
    assert "playing at http://127.0.0.1:" in result.output
    assert "the page stays open" in result.output
    assert seen[0]["watching"]
    assert seen[-1]["lanes"][0]["name"] == "static"
    assert (tmp_path / "run" / "model.safetensors").exists()


@pytest.mark.fork
@pytest.mark.parametrize("ending", ["closed", "interrupted"])
def test_closing_the_page_or_ctrl_c_ends_it(ending):
    process = subprocess.Popen(
        [sys.executable, "-m", "rewire", "play", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        url = process.stdout.readline().split()[2]
        assert url.startswith("http://127.0.0.1:")
        if ending == "closed":
            follow(url, until=lambda frame: frame["step"] == 0)
        else:
            os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == (0 if ending == "closed" else 130)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()

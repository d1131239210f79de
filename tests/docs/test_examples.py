"""Every example runs as its README says."""

import os
import re
import runpy
import shutil
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from rewire.topology.criteria import drop_criteria

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(FOLDER.glob("*.py"))
GALLERY = FOLDER.parent / "docs" / "gallery.md"
IMAGES = GALLERY.parent / "images" / "gallery"
# Pictures of the gallery, by the script that stands below them.
PICTURES = {
    script: re.findall(r"\(images/gallery/([\w.]+)\)", part)
    for part in GALLERY.read_text(encoding="utf-8").split("\n## ")
    for script in re.findall(r"^    python examples/(\w+\.py)$", part, re.M)
}
MOST_BYTES = {".png": 150_000, ".webp": 600_000}
PRINTED = {
    "animation.py": r"19 rewirings in \S+rewiring\.webp",
    "the_post.py": r"rigl: loss 0\.\d+, \d+% right, stripped to \(2, \d+, \d+, 1\)",
    "own_criterion.py": r"least signal: \d+\.\d% ± \d\.\d% over 40 seeds",
    "surgery.py": r"Network 2-7-1: 22 connections",
    "mnist.py": r"9\d\.\d\d% of the test images right",
    "grid_search.py": r"best: ",
    "data_parallel.py": r"1 process: 9\d\.\d% of the test digits right",
    "pytorch_report.py": r"9\d% of the digits held back, 1\d rewirings: \S+pytorch_report\.html",
}


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
@pytest.mark.filterwarnings("default")  # as where it is run by itself
def test_runs_and_prints_what_it_is_about(script, tmp_path, monkeypatch, capsys):
    if script.stem == "mnist" and "REWIRE_DATA_DIR" not in os.environ:
        pytest.skip("REWIRE_DATA_DIR is not set: it names the folder of the stored data sets")
    if script.stem == "pytorch_report":
        pytest.importorskip("playwright", reason="Playwright is not installed")
        if not (os.environ.get("REWIRE_CHROMIUM") or shutil.which("chromium")):
            pytest.skip("Chromium is not installed: REWIRE_CHROMIUM names another one")
    # In this process, which has imported what it needs; nothing that it changes may stay.
    monkeypatch.setattr(sys, "argv", [str(script), str(tmp_path)])
    monkeypatch.setenv("EPOCHS", "1")
    monkeypatch.setattr(drop_criteria, "_parts", dict(drop_criteria._load()))
    threads = torch.get_num_threads()
    try:
        with plt.rc_context():
            runpy.run_path(str(script), run_name="__main__")
    finally:
        plt.close("all")
        torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    assert re.search(PRINTED[script.name], printed), printed
    drawn = {path.name for path in tmp_path.iterdir() if path.suffix in MOST_BYTES}
    assert drawn == set(PICTURES[script.name])
    for name in drawn:
        with Image.open(tmp_path / name) as ours, Image.open(IMAGES / name) as shown:
            assert ours.size == shown.size
            assert getattr(ours, "n_frames", 1) == getattr(shown, "n_frames", 1)


def test_the_gallery_shows_a_picture_of_every_script_and_all_that_there_are():
    assert sorted(PICTURES) == [script.name for script in SCRIPTS]
    named = [name for pictures in PICTURES.values() for name in pictures]
    assert sorted(named) == sorted(path.name for path in IMAGES.iterdir())
    assert len(named) == GALLERY.read_text(encoding="utf-8").count("![")


@pytest.mark.parametrize("picture", sorted(IMAGES.iterdir()), ids=lambda path: path.name)
def test_pictures_are_small(picture):
    assert picture.stat().st_size < MOST_BYTES[picture.suffix]


def test_the_list_names_every_script():
    listed = re.findall(r"\[(\w+\.py)\]", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [script.name for script in SCRIPTS]

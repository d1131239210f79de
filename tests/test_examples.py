"""Every example runs as its README says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(FOLDER.glob("*.py"))
PRINTED = {
    "the_post.py": r"rigl: loss 0\.\d+, \d+% right, stripped to \(2, \d+, \d+, 1\)",
    "own_criterion.py": r"least signal: \d+\.\d% ± \d\.\d% over 20 seeds",
    "surgery.py": r"Network 2-7-1: 22 connections",
    "mnist.py": r"9\d\.\d\d% of the test images right",
    "grid_search.py": r"best: ",
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_runs_and_prints_what_it_is_about(script, tmp_path):
    if script.stem == "mnist" and "REWIRE_DATA_DIR" not in os.environ:
        pytest.skip("REWIRE_DATA_DIR is not set: it names the folder of the stored data sets")
    done = subprocess.run(
        [sys.executable, script, tmp_path],
        env=os.environ | {"EPOCHS": "1", "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(PRINTED[script.name], done.stdout), done.stdout


def test_the_list_names_every_script():
    listed = re.findall(r"\[(\w+\.py)\]", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [script.name for script in SCRIPTS]

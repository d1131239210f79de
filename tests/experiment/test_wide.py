"""Tables of many columns: read, learnt by a network whose first layer is sparse, and exported."""

import subprocess
import sys

import numpy as np
import pytest

ROWS, COLUMNS = 500, 10_000

LEARNING = r"""
import re, sys
from pathlib import Path
from rewire.experiment import Recipe, prepare_experiment

def learn(path):
    recipe = Recipe(path, target="y", hidden=(10,), epochs=1, batch_size=32)
    experiment = prepare_experiment(recipe)
    while not experiment.training.finished:
        experiment.training.advance()
    for ending in (".c", ".onnx", ".py"):
        experiment.model.stripped().export(Path(path).with_suffix(ending))
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])

before = learn(sys.argv[1])  # imports and compilation
print(learn(sys.argv[2]) - before)
"""


def written(path, rows, columns):
    values = np.random.default_rng(0).normal(size=(rows, columns)).tolist()
    lines = [",".join([*map("{:.6f}".format, row), "ab"[row[0] > 0]]) for row in values]
    path.write_text("\n".join([",".join([*(f"g{i}" for i in range(columns)), "y"]), *lines]))
    return path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_wide_table_takes_less_than_ten_times_its_numbers(tmp_path):
    pytest.importorskip("onnx")
    files = written(tmp_path / "few.csv", 40, 30), written(tmp_path / "wide.csv", ROWS, COLUMNS)
    command = [sys.executable, "-c", LEARNING, *files]
    grown = int(subprocess.run(command, capture_output=True, check=True).stdout)
    assert grown < 10 * ROWS * COLUMNS * 8 / 1024  # kB

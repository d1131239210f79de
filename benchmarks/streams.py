"""How much memory and time a training from disk takes, for several buffers, and one in memory.

Two million rows of 40 numbers and a category, 0.8 GB of Parquet, are learnt for one epoch as
`rewire train` learns them, each time in a process of its own. The figure is how much the process
grew at its peak, reading, training and assessing, after it had learnt a small table the same way.

    python benchmarks/streams.py
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULT = Path(__file__).with_suffix(".json")
ROWS, COLUMNS, GROUP = 2_000_000, 40, 10_000
BUFFERS = (None, "400 MB", "100 MB", "20 MB", "5 MB")


def write_table(path: Path, rows: int) -> None:
    import numpy as np
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    random = np.random.default_rng(0)
    names = [f"x{k}" for k in range(COLUMNS)]
    schema = pa.schema([(name, pa.float64()) for name in names])
    schema = schema.append(pa.field("town", pa.string())).append(pa.field("y", pa.float64()))
    with ParquetWriter(path, schema) as file:
        for first in range(0, rows, GROUP):
            X = random.normal(size=(min(GROUP, rows - first), COLUMNS))
            town = random.choice(["Aachen", "Bonn", "Celle"], len(X))
            y = X[:, 0] * X[:, 1] + (town == "Bonn")
            file.write_table(pa.table([*X.T, town, y], schema=schema))


def learn(path: Path, buffer: str | None) -> None:
    from rewire.experiment import Recipe, prepare_experiment
    from rewire.experiment.assessing import assess_experiment

    recipe = Recipe(str(path), target="y", buffer=buffer, hidden=20, epochs=1, batch_size=128)
    experiment = prepare_experiment(recipe)
    while not experiment.training.finished:
        experiment.training.advance()
    assess_experiment(experiment)


def peak_bytes() -> int:
    """Return the most memory that this process ever had."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise OSError("this system does not tell the peak memory of a process")


def measured(folder: Path, buffer: str | None) -> dict[str, float]:
    """Learn the large table in this process, the small one before."""
    learn(folder / "small.parquet", buffer)
    before, begin = peak_bytes(), time.perf_counter()
    learn(folder / "large.parquet", buffer)
    return {"bytes": peak_bytes() - before, "seconds": time.perf_counter() - begin}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learn", nargs=2, metavar=("FOLDER", "BUFFER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.learn:
        folder, buffer = given.learn
        print(json.dumps(measured(Path(folder), buffer or None)))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_table(Path(folder) / "small.parquet", 2_000)
        write_table(Path(folder) / "large.parquet", ROWS)
        found = {"file": (Path(folder) / "large.parquet").stat().st_size, "buffers": {}}
        for buffer in BUFFERS:
            command = [sys.executable, __file__, "--learn", folder, buffer or ""]
            said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
            found["buffers"][buffer or "in memory"] = json.loads(said)
    RESULT.write_text(json.dumps(found, indent=2) + "\n")
    print("| buffer | grew by, MB | seconds |\n| --- | --- | --- |")
    for name, row in found["buffers"].items():
        print(f"| {name} | {row['bytes'] / 1e6:,.0f} | {row['seconds']:.0f} |")


if __name__ == "__main__":
    main()

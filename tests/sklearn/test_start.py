"""``import rewire.sklearn`` waits for what scikit-learn itself needs, and for little else."""

import subprocess
import sys

# Each takes a thirtieth of a second or more, and is needed by few fits or by none.
HEAVY = {
    *("llvmlite", "matplotlib", "numba", "onnx", "torch"),
    *("rewire.compare", "rewire.data", "rewire.plot", "rewire.report"),
    *("rewire.experiment.predictor", "rewire.export", "rewire.scalar", "rewire.tables.schema"),
    "sklearn.model_selection",
}


def test_nothing_slow_is_imported():
    process = subprocess.run(
        [sys.executable, "-c", "import sys, rewire.sklearn; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert not HEAVY & set(process.stdout.split())

"""What a comparison does differently from ``rewire train``, and why."""

from __future__ import annotations

from typing import Any

__all__ = ["CHOOSE", "HELD_OUT", "MEASURES", "PRESETS"]

MEASURES = ("unseen", "training")
# Share of the samples to measure on where a data set has no test part: larger than what a training
# keeps for validation, as it is all that methods are compared by.
HELD_OUT = 0.2
# Share of the samples to train on by which settings are chosen.
CHOOSE = 0.1

# Settings by data set. moons is the post's experiment, to be compared with its figures.
PRESETS: dict[str, dict[str, Any]] = {
    "moons": {
        "measure": "training",
        "hidden": (16, 16),
        "sparsity": (0.0, 0.9, 0.8),
        "loss": "hinge",
        "l2": 1e-4,
        "momentum": 0.0,
        "schedule": "linear",
        "final_lr": 0.1,
        "total_steps": 400,
        "every": 20,
        "dtype": "float64",
    }
}

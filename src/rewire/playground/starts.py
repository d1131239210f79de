"""What sessions begin with, unless told otherwise; standard library only."""

from __future__ import annotations

from typing import Any

__all__ = ["START", "START_ADAM", "START_SGD"]

# Of given data: the library's own defaults.
START_SGD: tuple[dict[str, Any], ...] = (
    {"do": "learning_rate", "value": 0.1, "momentum": 0.9},
    {"do": "method", "name": "reviving rigl", "interval": 50, "until": 2000},
)
START_ADAM: tuple[dict[str, Any], ...] = (
    {"do": "learning_rate", "value": 0.01, "optimizer": "adam"},
    *START_SGD[1:],
)
# What a session begins with: the post's sizes, static wiring beside RigL. With this seed the static
# network fails on the moons, and two connections drawn by hand rescue it.
START: tuple[dict[str, Any], ...] = (
    {"do": "data", "name": "moons", "samples": 100, "noise": 0.1, "seed": 1},
    {"do": "network", "layers": [16, 16], "density": [1, 0.1, 0.2], "seed": 19},
    {"do": "learning_rate", "value": 0.3},
    {"do": "method", "name": "static", "lane": 0},
    {"do": "method", "name": "rigl", "lane": 1},
)

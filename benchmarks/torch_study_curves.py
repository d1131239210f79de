"""Readings of the curves of torch_study.py: after a time, after steps, until so many bits."""

from __future__ import annotations

import numpy as np


def costs_of(costs: dict, name: str) -> dict:
    """Return the costs of a setting; a static model is the rewired one without rewirings."""
    found = dict(costs[name if name in costs else name.replace("static", "RigL")])
    if name.startswith("static"):
        found.pop("rewiring", None)
    return found


def seconds_at(run: dict, costs: dict, steps: np.ndarray) -> np.ndarray:
    """Return the time that so many steps take, with the rewirings among them."""
    rewirings = np.array([step for step, _ in run.get("rewirings", [])])
    number = (rewirings[:, None] <= steps).sum(axis=0) if len(rewirings) else 0
    return steps * costs["step"] + number * costs.get("rewiring", 0.0)


class Curve:
    """Bits per character of a setting along its training, for each seed."""

    def __init__(self, runs: dict[str, dict], costs: dict, token: dict):
        points = [np.array(run["curve"]).T for run in runs.values()]
        self.steps, self.all = points[0][0], np.array([bits for _, bits in points])
        first = next(iter(runs.values()))
        self.rewirings = first.get("rewirings", [])
        self.seconds, self.costs, self.token = seconds_at(first, costs, self.steps), costs, token

    def after_steps(self, steps: float) -> np.ndarray:
        return np.array([np.interp(steps, self.steps, bits) for bits in self.all])

    def after_seconds(self, seconds: float) -> np.ndarray:
        return np.array([np.interp(seconds, self.seconds, bits) for bits in self.all])

    def steps_in(self, seconds: float) -> int:
        return int(np.interp(seconds, self.seconds, self.steps))

    def seconds_to(self, bits: float) -> float | None:
        """Return the time after which the mean has come down to so many bits."""
        mean = self.all.mean(axis=0)
        below = np.flatnonzero(mean <= bits)
        if not len(below):
            return None
        at = below[0]
        if at == 0:
            return float(self.seconds[0])
        return float(np.interp(-bits, -mean[at - 1 : at + 1], self.seconds[at - 1 : at + 1]))


def common_time(found: dict[str, Curve]) -> float:
    """Return the longest time that all were trained for."""
    return min(float(curve.seconds[-1]) for curve in found.values())

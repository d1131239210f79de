"""Short trainings whose history is known, whatever follows them."""

from collections import Counter

import rewire
from rewire import methods
from rewire.data import moons

REPORTS = [10, 20, 30, 40]


def train(*callbacks, method="rigl", **options):
    """40 steps with four reports, rewired after every eighth step; return the history."""
    net = rewire.mlp([2, 8, 8, 1], sparsity=[0, 0.5, 0.5], seed=0)
    given = {"total_steps": 40, "report_every": 10, "seed": 0, "optimizer": "adam"} | options
    method = methods.get(method, **({"every": 8} if method == "rigl" else {}))
    return rewire.fit(net, *moons(seed=0), method=method, callbacks=callbacks, **given)


class Killed(BaseException):
    """Ends a training between two checkpoints."""


class KilledAt:
    """A callback that ends a training after a report."""

    def __init__(self, step):
        self.step = step

    def __call__(self, training):
        if training.step >= self.step:
            raise Killed


def expected(history):
    """Return every figure that has to be written, as pairs of name and step, each once."""
    known = {
        (name, row["step"])
        for row in history.rows
        for name, value in row.items()
        if value is not None and name != "step"
    }
    rewired = {
        (f"{name}/layer_{layer}", record.step)
        for record in history.rewirings
        for name in ("density", "dropped", "grown")
        for layer in (1, 2, 3)
    }
    explored = {("explored", record.step) for record in history.rewirings}
    start = {(f"density/layer_{layer}", 0) for layer in (1, 2, 3)}
    return Counter(known | rewired | explored | start)

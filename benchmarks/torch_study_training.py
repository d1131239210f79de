"""What the trainings of the PyTorch study share: steps, points to go on from, results in a file."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KEPT = Path(__file__).parent.parent / "runs" / "torch_study"
DECAY = 0.01
SEEDS = ("0", "1", "2")


def cross_entropy(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Return the mean over all predictions, in nats."""
    return F.cross_entropy(model(x).flatten(0, -2), y.flatten())


class Training:
    """A model, its optimiser (AdamW), its learning rate's schedule and its rewirer.

    Parameters
    ----------
    model : nn.Module
    method : str or None
        Of rewiring; None leaves the connections where they are.
    steps : int
        Of the whole training; the method's schedule goes by it.
    rate : float
        The learning rate, times ``factor(step)``.
    """

    def __init__(
        self,
        model: nn.Module,
        method: str | None,
        *,
        steps: int,
        rate: float,
        seed: int,
        factor: Callable[[int], float] = lambda step: 1.0,
        **options: Any,
    ):
        import rewire.torch as rt

        self.model, self.made = model, 0
        groups = rt.parameter_groups(model, weight_decay=DECAY)
        self.optimizer = torch.optim.AdamW(groups, lr=rate)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, factor)
        self.rewirer = method and rt.Rewirer(
            model, self.optimizer, method, steps=steps, seed=seed, **options
        )

    def step(self, x: Tensor, y: Tensor) -> None:
        """Learn from one batch."""
        cross_entropy(self.model, x, y).backward()
        self.optimizer.step()
        self.schedule.step()
        if self.rewirer:
            self.rewirer.step()
        self.optimizer.zero_grad()
        self.made += 1

    def parts(self) -> list:
        """Return what has a state."""
        chosen = (self.model, self.optimizer, self.schedule, self.rewirer)
        return [part for part in chosen if part is not None]

    def save(self, path: Path, curve: list) -> None:
        """Write everything, so that a training killed meanwhile goes on from here."""
        state = {"made": self.made, "curve": curve, "parts": [p.state_dict() for p in self.parts()]}
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def load(self, path: Path) -> list:
        """Go on where :meth:`save` was called; returns the curve up to there."""
        if not path.exists():
            return []
        state = torch.load(path, weights_only=True)
        for part, known in zip(self.parts(), state["parts"], strict=True):
            part.load_state_dict(known)
        self.made = state["made"]
        return state["curve"]


# ---------------------------------------------------------------------------------------- running


def known(path: Path) -> dict:
    """Return the results that a file has."""
    return json.loads(path.read_text()) if path.exists() else {}


def keep(path: Path, keys: tuple[str, ...], found: dict) -> None:
    """Put the figures of one run into a file of results."""
    results = inner = known(path)
    for key in keys[:-1]:
        inner = inner.setdefault(key, {})
    inner[keys[-1]] = found
    path.write_text(json.dumps(results, indent=1) + "\n")


def has(results: dict, keys: tuple[str, ...]) -> bool:
    """Return whether there are results of a run."""
    for key in keys:
        if key not in results:
            return False
        results = results[key]
    return True


def run_all(script: str, result: Path, runs: Iterable[tuple[str, ...]], jobs: int) -> None:
    """Make all runs that a file of results lacks, each in a process of its own.

    A run is its place in the file, and the arguments of ``--here`` of the script.
    """
    done = known(result)
    missing = [run for run in runs if not has(done, run)]

    def alone(run: tuple[str, ...]) -> tuple[tuple[str, ...], dict]:
        command = [sys.executable, script, "--here", *run]
        text = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
        return run, json.loads(text)

    with ThreadPoolExecutor(jobs) as pool:
        for run, found in pool.map(alone, missing):
            print(", ".join(run), json.dumps(found), flush=True)
            keep(result, run, found)


def command(
    script: str,
    document: str,
    settings: Iterable[str],
    grid: Mapping[str, Iterable[float]],
    train: Callable[..., dict],
) -> None:
    """Make the runs that a command line asks for, on one thread each.

    Parameters
    ----------
    script : str
        Its results go into the JSON file beside it.
    document : str
        What the script says about itself.
    settings : iterable of str
        Names of all trainings.
    grid : mapping of str to iterable of float
        Learning rates to compare in the search, by name.
    train : callable
        Makes one training, from its name, a seed and, in the search, a learning rate.
    """
    parser = argparse.ArgumentParser(description=document.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"among: {'; '.join(settings)}")
    parser.add_argument("--seeds", nargs="+", default=SEEDS)
    parser.add_argument("--search", action="store_true", help="compare learning rates")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at the same time")
    parser.add_argument("--here", nargs="+", help="(internal) one run, printed as JSON")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.here:
        _, name, seed, *rate = options.here
        print(json.dumps(train(name, int(seed), *map(float, rate))))
        return
    # Seed after seed, so that what is done at any time is a balanced set.
    runs = (("runs", n, s) for s, n in product(options.seeds, options.names or settings))
    if options.search:
        runs = (("search", n, "0", str(rate)) for n, rates in grid.items() for rate in rates)
    run_all(script, Path(script).with_suffix(".json"), runs, options.jobs)

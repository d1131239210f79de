"""A study: every method trained with every seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rewire.executors.machines import Machine
from rewire.experiment import Recipe
from rewire.io import percent

from .analysis.statistics import Statistics, summarise
from .config import StudyConfig
from .grid import Cell
from .job import Key
from .trial import Failure, Trial

__all__ = ["Study", "in_words"]


@dataclass(repr=False)
class Study:
    """Runs of several methods with the same seeds, complete or as far as they got.

    Attributes
    ----------
    config : StudyConfig
    methods : tuple of str
        The others are compared with the first.
    seeds : tuple of int
    description : str
        Data, network and training in words.
    measured_on : str
        Which samples, in words.
    measure : {"accuracy", "loss"}
        What is compared: accuracy for classes, loss for a regression.
    parts : dict
        For every method its composition and its optimiser, in words.
    data : str
        The data's name.
    inputs : tuple of str
        The names of its inputs.
    image_shape : (int, int), optional
        Rows and columns, if the inputs are the pixels of an image.
    runs : list of Trial
        Ordered by method, cell and seed once the study is over.
    failures : list of Failure
    machines : dict of str to Machine
        The kinds of processors that runs were made on.
    shard : (int, int), optional
        Which part of how many this is, from 1 on.

    Examples
    --------
    >>> from rewire.compare import study_config, run_study
    >>> done = run_study(study_config("moons", total_steps=100), ["static", "rigl"], range(2))
    >>> done.methods, done.measure, len(done.runs)
    (('static', 'rigl'), 'accuracy', 4)
    >>> done
    moons: 100 training samples; 2-16-16-1 with 68 of 304 connections; 100 steps of 100 samples
    accuracy on the 100 training samples themselves; 4 of 4 runs
      static  mean  89.5%  deviation   3.5%
      rigl    mean  94.5%  deviation   0.7%
    """

    config: StudyConfig
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    description: str
    measured_on: str
    measure: str
    parts: dict[str, dict[str, Any]]
    data: str = ""
    inputs: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None
    runs: list[Trial] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    machines: dict[str, Machine] = field(default_factory=dict)
    shard: tuple[int, int] | None = None

    def __repr__(self) -> str:
        lines = [
            self.description,
            f"{self.measure} on {self.measured_on}; {len(self.runs)} of {self.total} runs",
        ]
        width = max(map(len, self.methods))
        for cell in self.config.cells:
            if cell:
                lines.append(f" {self.name_of(cell)}")
            for method, found in self.at(cell).statistics().items():
                mean, spread = (_shown(v, self.measure) for v in (found.mean, found.deviation))
                lines.append(f"  {method:<{width}}  mean {mean:>6}  deviation {spread:>6}")
        return "\n".join(lines)

    @property
    def planned(self) -> list[Key]:
        """Method, seed and cell of every run of it (of its shard), in the order of training.

        Seed by seed, so that a study that is interrupted has pairs.
        """
        cells = self.config.cells
        keys = [
            (name, seed, cell) for seed in self.seeds for cell in cells for name in self.methods
        ]
        return keys if self.shard is None else keys[self.shard[0] - 1 :: self.shard[1]]

    @property
    def total(self) -> int:
        """Number of runs when it is complete."""
        return len(self.planned)

    @property
    def missing(self) -> list[Key]:
        """Those of :attr:`planned` that it has no run of."""
        done = {(run.method, run.seed, run.settings) for run in self.runs}
        return [key for key in self.planned if key not in done]

    def name_of(self, cell: Cell) -> str:
        """Return a cell in words, such as ``density 0.05, lr 0.1``."""
        return ", ".join(
            f"{name} {text}" for name, text in zip(self.config.vary, cell, strict=True)
        )

    def at(self, cell: Cell) -> Study:
        """Return the study of one cell, in which nothing varies."""
        config = self.config.at(cell)
        return replace(
            self,
            config=config,
            parts={name: self._parts_at(config, name) for name in self.methods},
            runs=[run for run in self.runs if run.settings == cell],
            failures=[failure for failure in self.failures if failure.settings == cell],
        )

    def statistics(self, reach: float | None = None) -> dict[str, Statistics]:
        """Return its methods compared with the first; see :func:`summarise`.

        Raises
        ------
        ValueError
            For a grid of several cells, each of which has its own: see :meth:`at`.
        """
        if len(self.config.cells) > 1:
            raise ValueError(
                "statistics must be of one cell; this study has "
                f"{len(self.config.cells)}: ask study.at(cell) for cell in study.config.cells"
            )
        return summarise(self.runs, self.measure, reach, self.methods[0])

    def sort(self) -> None:
        """Order runs and failures by method, cell and seed."""
        names = {name: n for n, name in enumerate(self.methods)}
        cells = {cell: n for n, cell in enumerate(self.config.cells)}

        def place(one: Trial | Failure) -> tuple[int, int, int]:
            return names[one.method], cells[one.settings], one.seed

        self.runs.sort(key=place)
        self.failures.sort(key=place)

    def _parts_at(self, config: StudyConfig, method: str) -> dict[str, Any]:
        if not self.config.vary or config.recipe.lr is None:
            return self.parts[method]
        recipe = config.recipe_for(method, self.seeds[0])
        return {**self.parts[method], "optimizer": in_words(recipe)}


def in_words(recipe: Recipe) -> str:
    """Return the optimiser, such as ``sgd, lr 0.1, momentum 0.9``."""
    momentum = f", momentum {recipe.momentum:g}" if recipe.optimizer == "sgd" else ""
    return f"{recipe.optimizer}, lr {recipe.lr:g}{momentum}"


def _shown(value: float, measure: str) -> str:
    return percent(value) if measure == "accuracy" else f"{value:.4g}"

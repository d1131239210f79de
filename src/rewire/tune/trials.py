"""The trials of a search, as Optuna keeps them in a folder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from rewire.experiment import Recipe
from rewire.experiment.settings import Search
from rewire.io import advise, prepare_folder, read_json, reading, write_json

from .job import CHECKS, SearchJob, Tried
from .journal import journal
from .space import suggested

__all__ = ["Trials", "open_study"]

# Trials that are never ended, so that there is something to compare with.
UNPRUNED = 5


def open_study(optuna: Any, out: Path, recipe: Recipe, measure: str, names: list[str]) -> Any:
    """Return the search in a folder, which is made if need be; another search is refused."""
    prepare_folder(out)
    about = {"recipe": recipe.to_dict(), "searched": names}
    settings = out / "search.json"
    if not settings.exists():
        write_json(settings, about)
    elif Recipe.from_dict(read_json(settings)["recipe"]) != recipe or (
        read_json(settings)["searched"] != names
    ):
        raise ValueError(
            advise(
                f"out must be a new folder or one of the same search; got {str(out)!r}, which "
                "holds one of other settings",
                "choose another folder (out=)",
            )
        )
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with reading(log := out / "trials.log"):
        return optuna.create_study(
            study_name="rewire",
            storage=journal(log),
            direction="maximize" if measure == "accuracy" else "minimize",
            load_if_exists=True,
        )


@dataclass(frozen=True)
class Trials:
    """What is asked for trials, and told what became of them."""

    optuna: Any
    study: Any
    recipe: Recipe
    space: Mapping[str, Search]
    measure: str
    source: str
    seed: int

    def settled(self) -> int:
        """Return how many trials have ended."""
        return sum(trial.state.is_finished() for trial in self.study.get_trials(deepcopy=False))

    def ask(self) -> tuple[Any, SearchJob]:
        """Return a trial that begins, and what it is to train."""
        trial = self.study.ask()
        # Seeded by the trial's number, so that a search that goes on does not repeat itself.
        number = (self.seed * 1_000_003 + trial.number) % 2**32
        with warnings.catch_warnings():  # Optuna 4 says that constant_liar might change
            warnings.simplefilter("ignore", self.optuna.exceptions.ExperimentalWarning)
            self.study.sampler = self.optuna.samplers.TPESampler(seed=number, constant_liar=True)
        chosen = replace(self.recipe, **suggested(trial, self.space))
        limits = self._limits()
        return trial, SearchJob(trial.number, chosen, self.source, self.measure, limits)

    def tell(self, trial: Any, tried: Tried) -> Any:
        """Keep what became of a trial, and return it."""
        states = self.optuna.trial.TrialState
        for check, value in tried.checked:
            trial.report(value, check)
        trial.set_user_attr("seconds", tried.seconds)
        if tried.error is not None:
            trial.set_user_attr("error", tried.error)
            return self.study.tell(trial, state=states.FAIL)
        if tried.value is None:
            return self.study.tell(trial, state=states.PRUNED)
        return self.study.tell(trial, tried.value)

    def _limits(self) -> dict[int, float]:
        """Return the median of the trials that trained to the end, at each check before it."""
        complete = (self.optuna.trial.TrialState.COMPLETE,)
        ended = self.study.get_trials(deepcopy=False, states=complete)
        if len(ended) < UNPRUNED:
            return {}
        at = {
            check: [one.intermediate_values.get(check) for one in ended]
            for check in range(1, CHECKS)
        }
        known = {check: [v for v in values if v is not None] for check, values in at.items()}
        return {check: median(values) for check, values in known.items() if values}

"""The search: trials that train, are pruned where they lag behind, and leave the best recipe."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rewire.data import Dataset
from rewire.experiment import Recipe, load_dataset, prepare_experiment
from rewire.io import (
    advise,
    as_path,
    import_optional,
    prepare_folder,
    read_json,
    received,
    write_json,
)
from rewire.train import Training
from rewire.validation import of_type, whole_number

from .space import search_space, suggested

__all__ = ["Tuned", "tune"]

EXTRA = "tune"
# Points of a training at which trials are compared, to end those that lag behind.
CHECKS = 10
# Trials that are never ended, so that there is something to compare with.
UNPRUNED = 5

DataDir = str | os.PathLike[str] | None


@dataclass(frozen=True)
class Tuned:
    """The outcome of a search.

    Attributes
    ----------
    recipe : Recipe
        With the best settings found.
    measure : {"accuracy", "loss"}
        What is compared, on the validation samples.
    value : float
        Of the best trial.
    chosen : dict
        The settings that were searched, as the best trial has them.
    values : list of float
        Of the trials that trained to the end, in their order.
    pruned, failed : int
        Trials that were ended early, and those that diverged.
    seconds : float
        All trials took, added up.

    Examples
    --------
    >>> found = Tuned(Recipe("iris"), "accuracy", 0.9, {"lr": 0.01}, [0.8, 0.9], 1, 0, 2.5)
    >>> found.chosen, found.value
    ({'lr': 0.01}, 0.9)
    """

    recipe: Recipe
    measure: str
    value: float
    chosen: dict[str, Any]
    values: list[float]
    pruned: int
    failed: int
    seconds: float

    def expected_gain(self) -> float:
        """Return by how much as many trials again better the best at most, in the measure's unit.

        The trials so far stand for those to come. Drawn at random from them, the best of n lies
        above the best of n / 2 by so much; from n to 2n the gain is expected to be less, as returns
        diminish. A search that learns from its trials departs from this; it is an estimate.

        Examples
        --------
        >>> recipe = Recipe("iris")
        >>> Tuned(recipe, "accuracy", 0.9, {}, [0.9] * 8, 0, 0, 1.0).expected_gain()
        0.0
        >>> Tuned(recipe, "loss", 0.1, {}, [0.4, 0.1], 0, 0, 1.0).expected_gain()
        0.075
        """
        signed = sorted(-one if self.measure == "loss" else one for one in self.values)
        n = len(signed)

        def best_of(draws: float) -> float:
            shares = [((k + 1) / n) ** draws - (k / n) ** draws for k in range(n)]
            return sum(value * share for value, share in zip(signed, shares, strict=True))

        return round(max(0.0, best_of(n) - best_of(n / 2)), 12)


def tune(
    recipe: Recipe,
    *,
    trials: int = 50,
    fixed: Collection[str] = (),
    seed: int = 0,
    out: str | os.PathLike[str],
    data_dir: DataDir = None,
    on_trial: Callable[[Any], None] | None = None,
) -> Tuned:
    """Search the settings of a recipe on a validation part of its training samples.

    The test part of the data is not looked at. Trials are kept in ``out`` as they end: the same
    call goes on where the one before stopped, and several processes that are given the same folder
    share the trials.

    Parameters
    ----------
    recipe : Recipe
        Settings that are not searched stay as they are; ``validation`` must be above 0.
    trials : int, default 50
        Trials to reach, those in the folder included. Several processes may each end one more.
    fixed : collection of str
        Settings not to search; see :func:`rewire.tune.space.search_space`.
    seed : int, default 0
        Of the search; the trainings have the recipe's. In one process without interruptions, the
        same seed tries the same settings.
    out : path-like
        A folder, which keeps the search.
    data_dir : path, optional
        Where stored data sets are.
    on_trial : callable, optional
        Called with Optuna's trial when one has ended.

    Returns
    -------
    Tuned

    Raises
    ------
    ValueError
        For settings out of range, a folder with another search, and if every trial diverges.
    ImportError
        If Optuna is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = tune(Recipe("iris", epochs=2, validation=0.2), trials=1, out=folder)
    >>> found.measure, len(found.values)
    ('accuracy', 1)
    """
    of_type(recipe, "recipe", Recipe)
    if on_trial is not None and not callable(on_trial):
        raise TypeError(f"on_trial must be a function; got {received(on_trial)}")
    trials, seed = whole_number(trials, "trials", 1), whole_number(seed, "seed")
    if not recipe.validation:
        raise ValueError(
            advise(
                "validation must leave samples to compare trials on; got 0",
                "keep some back (validation=0.1)",
            )
        )
    if not (space := search_space(recipe, fixed)):
        raise ValueError("fixed must leave a setting to search; got all of them")
    optuna = import_optional("optuna", EXTRA)
    data = load_dataset(recipe, data_dir)
    first = prepare_experiment(recipe, data=data).training  # refuses what fails in every trial
    measure = _measure(recipe, first)
    study = _open_study(optuna, as_path(out, "out"), recipe, measure, sorted(space))
    while _settled(study) < trials:
        ended = _run_trial(optuna, study, recipe, space, data, measure, seed)
        if on_trial is not None:
            on_trial(ended)
    return _outcome(optuna, study, recipe, measure)


def _measure(recipe: Recipe, training: Training) -> str:
    if recipe.monitor is not None:
        return recipe.monitor
    return "accuracy" if training.loss.counts_correct else "loss"


def _open_study(optuna: Any, out: Path, recipe: Recipe, measure: str, names: list[str]) -> Any:
    """Return the search in a folder, which is made if need be; another search is refused."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

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
    return optuna.create_study(
        study_name="rewire",
        storage=JournalStorage(JournalFileBackend(str(out / "trials.log"))),
        direction="maximize" if measure == "accuracy" else "minimize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED),
        load_if_exists=True,
    )


def _settled(study: Any) -> int:
    return sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False))


def _run_trial(
    optuna: Any,
    study: Any,
    recipe: Recipe,
    space: dict[str, Any],
    data: Dataset,
    measure: str,
    seed: int,
) -> Any:
    """Train once with settings that the search suggests, and keep what comes of it; return it."""
    # Seeded by the trial's number, so that a search that goes on does not repeat itself.
    number = len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=(seed * 1_000_003 + number) % 2**32)
    trial = study.ask()
    states = optuna.trial.TrialState
    try:
        chosen = replace(recipe, **suggested(trial, space))
        value = _trained(trial, prepare_experiment(chosen, data=data).training, measure)
    except ValueError as error:  # it diverged
        trial.set_user_attr("error", str(error))
        return study.tell(trial, state=states.FAIL)
    if value is None:
        return study.tell(trial, state=states.PRUNED)
    return study.tell(trial, value)


def _trained(trial: Any, training: Training, measure: str) -> float | None:
    """Train to the end and return the measure there, or None if the trial is ended before."""
    checked = 0
    while not training.finished:
        training.advance()
        value = training.history.rows[-1][f"validation_{measure}"]
        if (check := CHECKS * training.step // training.total_steps) > checked:
            checked = check
            trial.report(value, check)
            if check < CHECKS and trial.should_prune():
                return None
    stopping = training.early_stopping
    if stopping is not None and stopping.best_value is not None:
        value = stopping.best_value
    return float(value)


def _outcome(optuna: Any, study: Any, recipe: Recipe, measure: str) -> Tuned:
    states, trials = optuna.trial.TrialState, study.trials
    of = {state: [one for one in trials if one.state == state] for state in states}
    if not of[states.COMPLETE]:
        errors = [one.user_attrs["error"] for one in trials if "error" in one.user_attrs]
        raise ValueError(
            advise(
                f"trials must have one that trains to the end; got none ({errors[-1]})",
                "fix the optimizer and a lower learning rate (optimizer=, lr=)",
            )
        )
    best = study.best_trial
    return Tuned(
        replace(recipe, **best.params),
        measure,
        best.value,
        dict(best.params),
        [one.value for one in of[states.COMPLETE]],
        len(of[states.PRUNED]),
        len(of[states.FAIL]),
        sum(one.duration.total_seconds() for one in trials if one.state.is_finished()),
    )

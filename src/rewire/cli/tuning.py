"""What ``rewire tune`` does once its options are read."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from rewire.data import Dataset
from rewire.executors.engines import engine
from rewire.experiment import Recipe, RunDirectory
from rewire.io import percent
from rewire.tune import Tuned, tune
from rewire.tune.size import network_bytes

from .columns import print_encoder
from .common import print_line
from .spinner import waiting
from .training import resume_run, start_run

__all__ = ["search"]


def search(
    recipe: Recipe,
    fixed: Collection[str],
    trials: int,
    out: Path,
    data_dir: Path | None,
    *,
    jobs: int | None,
    on: str | None,
    as_json: bool,
) -> None:
    """Search, say what was found and what more would bring, and train the best on everything."""
    console = Console(stderr=as_json)
    loading = ExitStack()

    def begin(data: Dataset) -> None:
        loading.close()
        print_encoder(data.encoder, data.notes, console)

    def show(trial: Any) -> None:
        outcome = trial.state.name.lower() if trial.value is None else f"{trial.value:.4f}"
        line = f"trial {trial.number + 1}: {outcome}, {_words(trial.params)}"
        why = trial.user_attrs.get("error")
        print_line(line if why is None else f"{line} ({escape(why)})", console=console)

    try:
        with loading, nullcontext() if on is None else engine(on, jobs, out) as executor:
            loading.enter_context(waiting(f"loading {Path(recipe.data).name}"))
            found = tune(
                recipe,
                trials=trials,
                fixed=fixed,
                seed=recipe.seed,
                jobs=jobs,
                executor=executor,
                out=out,
                data_dir=data_dir,
                on_load=begin,
                on_trial=show,
            )
    except KeyboardInterrupt:
        where = escape(str(out))
        print_line(
            f"\nStopped; the trials are kept in {where}. The same command goes on.", stderr=True
        )
        raise typer.Exit(130) from None
    for line in _report(found):
        print_line(escape(line), console=console)
    best = replace(found.recipe, validation=0.0, early_stopping=None)
    if _train_best(best, out / "best", data_dir, as_json, console):
        _say_cost(found, out / "best", console)


def _train_best(
    best: Recipe, folder: Path, data_dir: Path | None, as_json: bool, console: Console
) -> bool:
    """Train the best recipe, or go on with it; return False where another process does."""
    run = RunDirectory(folder)
    try:
        if run.settings.exists() and _stands_for(run.read_recipe(), best):
            resume_run(folder, data_dir, as_json=as_json)
        else:
            start_run(best, folder, data_dir, overwrite=True, as_json=as_json, columns=False)
    except BlockingIOError as error:
        said = f"{error}: once that has ended, the same command sees whether the best is another"
        print_line(f"\n{escape(said)}", console=console)
        return False
    return True


def _stands_for(kept: Recipe, best: Recipe) -> bool:
    """Return whether a run is that of a recipe, whose open settings it has chosen."""
    own = kept.to_dict()
    return all(value is None or own[name] == value for name, value in best.to_dict().items())


def _report(found: Tuned) -> list[str]:
    value = percent(found.value, 2) if found.measure == "accuracy" else f"{found.value:.4g}"
    tried = len(found.values) + found.pruned + found.failed
    return [
        "",
        f"best of {tried} trials ({found.pruned} ended early, {found.failed} failed): "
        f"validation {found.measure} {value}",
        f"settings: {_words(found.chosen)}",
        "The best of many is measured too well on what it was chosen by; a test part tells.",
    ]


def _say_cost(found: Tuned, folder: Path, console: Console) -> None:
    """Print what would make it better, and what that costs."""
    gain = found.expected_gain()
    by = f"{100 * gain:.2g} points" if found.measure == "accuracy" else f"{gain:.2g}"
    more = f"as many trials again: about {found.seconds:.0f} s, at most {by} more of validation"
    now, wider = network_bytes(folder)
    print_line("\nto do better:", console=console)
    print_line(f"  {more} {found.measure}", console=console)
    print_line(
        f"  hidden layers twice as wide at the same density: {wider:,} bytes instead of {now:,}",
        console=console,
    )


def _words(settings: dict[str, Any]) -> str:
    shown = {k: f"{v:.3g}" if isinstance(v, float) else v for k, v in settings.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items())

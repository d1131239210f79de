"""What ``rewire compare`` does once its options are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from rewire.compare import (
    Study,
    StudyConfig,
    merge_studies,
    run_study,
    study_config,
    write_comparison,
)
from rewire.compare.grid import parse_vary
from rewire.compare.records import PAGE
from rewire.compare.report.writing import summary_of
from rewire.compare.seeds import parse_seeds, parse_shard
from rewire.data import Dataset
from rewire.executors.engines import engine
from rewire.io import advise

from .columns import print_encoder
from .common import name_report, print_json, print_line
from .comparison import Board, print_study
from .grids import print_grid
from .spinner import waiting

__all__ = ["compare_methods", "merge_shards"]

# Of classes, where no other is asked for.
REACH = 0.99


def compare_methods(
    data: str,
    methods: list[str],
    seeds: str,
    given: Mapping[str, Any],
    *,
    vary: Iterable[str],
    choose: float | None,
    imports: Iterable[str],
    reach: float | None,
    jobs: int | None,
    on: str | None,
    shard: str | None,
    out: Path,
    data_dir: Path | None,
    as_json: bool,
    overwrite: bool,
) -> bool:
    """Train what is missing of a study, print it and keep it; return whether nothing failed."""
    part = None if shard is None else parse_shard(shard)
    if part is not None:
        out = out / f"shard-{part[0]}-of-{part[1]}"
    varied = parse_vary(vary)
    loaded: list[Dataset] = []
    with waiting(f"loading {Path(data).name}"):
        config = study_config(
            data,
            imports=imports,
            data_dir=data_dir,
            vary=varied,
            choose=choose,
            on_load=loaded.append,
            **given,
        )
    print_encoder(loaded[0].encoder, loaded[0].notes, Console(stderr=as_json))
    board = Board(Console(stderr=as_json))
    with nullcontext() if on is None else engine(on, jobs, out) as executor:
        options = {"jobs": jobs, "executor": executor, "shard": part, "data_dir": data_dir}
        chosen = parse_seeds(seeds)
        study = _train(board, config, methods, chosen, out=out, overwrite=overwrite, **options)
    if part is None:
        return _report(study, out, reach, as_json)
    if not as_json:
        kept = f"{len(study.runs)} of {study.total} runs of shard {part[0]}/{part[1]} are kept in"
        print_line(f"\n[bold]{kept} {escape(str(out))}[/]")
        folders = escape(str(out.parent / "shard-*"))
        print_line(f"Once all are there: rewire compare --merge {folders}")
    return _no_failure(study)


def merge_shards(
    folders: Iterable[str],
    out: Path | None,
    *,
    imports: Iterable[str],
    reach: float | None,
    data_dir: Path | None,
    as_json: bool,
) -> bool:
    """Put shards together, print the study and keep it; return whether it is complete."""
    paths = [Path(folder) for folder in folders]
    parents = {path.resolve().parent for path in paths}
    if out is None and len(parents) > 1:
        raise ValueError(
            advise(
                f"out must be given where folders do not lie in one; got folders in {len(parents)}",
                "name the folder for the whole study (out=)",
            )
        )
    out = paths[0].parent if out is None else out
    with waiting("putting shards together"):
        study = merge_studies(paths, out, imports=imports, data_dir=data_dir)
    complete = _report(study, out, reach, as_json)
    if missing := study.missing:
        method, seed, _ = missing[0]
        text = f"{len(missing)} of {study.total} runs are in none, such as {method}, seed {seed}"
        print_line(f"[bold red]missing:[/] {escape(text)}", stderr=True)
    return complete and not missing


def _report(study: Study, out: Path, reach: float | None, as_json: bool) -> bool:
    """Write and print what a study says; return whether nothing failed."""
    if reach is None and study.measure == "accuracy":
        reach = REACH
    with waiting("comparing, and writing the report"):
        summary = write_comparison(study, out, reach) if study.runs else summary_of(study, reach)
    if as_json:
        print_json(summary)
    else:
        if study.config.vary:
            print_grid(Console(), summary)
        else:
            print_study(Console(), study, reach)
            _print_selection(summary["selection"])
        print_line(f"\n[bold]kept in {escape(str(out))}[/]")
        if study.runs:
            name_report(out / PAGE)
    return _no_failure(study)


def _no_failure(study: Study) -> bool:
    """Print what failed; return whether nothing did."""
    for failure in study.failures:
        where = ", ".join(filter(None, [failure.method, study.name_of(failure.settings)]))
        failed = escape(f"{where}, seed {failure.seed}: {failure.error}")
        print_line(f"[bold red]failed:[/] {failed}", stderr=True)
    return not study.failures


def _print_selection(found: Mapping[str, Any] | None) -> None:
    """Print how many inputs each method keeps, where some are dropped."""
    if found is None:
        return
    inputs = len(found["names"])
    for own, line in zip(found["methods"].values(), found["says"], strict=True):
        if own["mean"] < inputs:
            print_line(escape(line))


def _train(
    board: Board,
    config: StudyConfig,
    methods: list[str],
    seeds: tuple[int, ...],
    *,
    out: Path,
    overwrite: bool,
    **options: Any,
) -> Study:
    """Train what is missing, shown live; after Ctrl-C say how to go on and exit with 130."""
    try:
        with board:
            return run_study(
                config,
                methods,
                seeds,
                out=out,
                overwrite=overwrite,
                on_start=board.begin,
                on_run=board.add,
                **options,
            )
    except KeyboardInterrupt:
        if board.total:
            kept = f"{board.kept} of {board.total} runs are kept in {out}"
            but = ", without --overwrite" if overwrite else ""
            text = f"\nStopped: {escape(kept)}. The same command goes on from there{but}."
            print_line(text, stderr=True)
        raise typer.Exit(130) from None

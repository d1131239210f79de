"""What ``rewire compare`` does once its options are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from rewire.compare import Study, StudyConfig, run_study, study_config, write_comparison
from rewire.compare.records import PAGE
from rewire.compare.report import summary_of
from rewire.compare.seeds import parse_seeds

from .common import name_report, print_json, print_line
from .comparison import Board, print_study
from .spinner import waiting

__all__ = ["compare_methods"]

# Of classes, where no other is asked for.
REACH = 0.99


def compare_methods(
    data: str,
    methods: list[str],
    seeds: str,
    given: Mapping[str, Any],
    *,
    imports: Iterable[str],
    reach: float | None,
    out: Path,
    data_dir: Path | None,
    as_json: bool,
    **options: Any,
) -> bool:
    """Train what is missing of a study, print it and keep it; return whether nothing failed."""
    with waiting(f"loading {Path(data).name}"):
        config = study_config(data, imports=imports, data_dir=data_dir, **given)
    board = Board(Console(stderr=as_json))
    chosen = parse_seeds(seeds)
    study = _train(board, config, methods, chosen, out=out, data_dir=data_dir, **options)
    if reach is None and study.measure == "accuracy":
        reach = REACH
    with waiting("comparing, and writing the report"):
        summary = write_comparison(study, out, reach) if study.runs else summary_of(study, reach)
    if as_json:
        print_json(summary)
    else:
        print_study(Console(), study, reach)
        _print_selection(summary["selection"])
        print_line(f"\n[bold]kept in {escape(str(out))}[/]")
        if study.runs:
            name_report(out / PAGE)
    for method, seed, error in study.failures:
        failed = escape(f"{method}, seed {seed}: {error}")
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

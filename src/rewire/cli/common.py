"""What the subcommands share: errors and exit codes, lists of numbers, tables."""

from __future__ import annotations

import functools
import glob
import json
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rewire.experiment import RunDirectory

__all__ = [
    "completing",
    "guarded",
    "numbers",
    "own_file",
    "print_json",
    "run_folders",
    "table",
    "whole_numbers",
]


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Say what cannot be done in one line and exit with 2, rather than show a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            with warnings.catch_warnings():
                # typeshed wants every parameter by its name; ours takes what it does not use as *_.
                warnings.showwarning = _print_warning  # type: ignore[assignment]
                return command(*args, **kwargs)
        except BrokenPipeError:
            raise  # whoever read the output has seen enough
        except KeyboardInterrupt:
            _print_message("interrupted")
            raise typer.Exit(130) from None
        except (ValueError, TypeError, OSError, ImportError, KeyError) as error:
            _print_message(f"[bold red]error:[/] {escape(_said(error))}")
            raise typer.Exit(2) from error

    return run


def _said(error: Exception) -> str:
    """Return an error's own words, without the marks of Python."""
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _print_message(message: str) -> None:
    Console(stderr=True).print(message, highlight=False, soft_wrap=True)


def _print_warning(message: Any, *_: Any) -> None:
    _print_message(f"[yellow]warning:[/] {escape(str(message))}")


def completing(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what a shell asks for what may follow."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def run_folders(incomplete: str) -> list[str]:
    """Return the folders of runs that begin so, up to two levels deep."""
    start = Path(incomplete)
    name = "" if incomplete.endswith("/") or not incomplete else start.name
    parent = start if not name else start.parent
    found = [
        file.parent
        for deeper in ("", "*/", "*/*/")
        for file in parent.glob(f"{glob.escape(name)}*/{deeper}settings.json")
    ]
    return sorted(map(str, found))


def numbers(name: str, text: str | None) -> tuple[float, ...] | None:
    """Return the numbers of a list such as ``0.99,0.89,0``."""
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"{name} must be a number, or numbers with commas between; got {text!r}"
        ) from None


def whole_numbers(name: str, text: str) -> tuple[int, ...]:
    """Return the whole numbers of a list such as ``300,100``; none of an empty text."""
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise ValueError(
            f"{name} must be whole numbers with commas between; got {text!r}"
        ) from None


def own_file(out: Path, *read: Path) -> None:
    """Refuse to write over what is read, and over what belongs to a run."""
    folder = RunDirectory(out.resolve().parent)
    kept = folder.files if folder.settings.exists() else ()
    if out.resolve() in (*(path.resolve() for path in read), *kept):
        raise ValueError(
            f"the file to write must not be one that is read or belongs to a run; got {str(out)!r}"
            ": choose another name"
        )


def print_json(content: Any) -> None:
    """Print for machines."""
    typer.echo(json.dumps(content, indent=2))


def table(headings: list[str], title: str | None = None) -> Table:
    """Return an empty table in the style of all the others, the first column to the left."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for i, heading in enumerate(headings):
        made.add_column(heading, justify="right" if i else "left", no_wrap=bool(i))
    return made

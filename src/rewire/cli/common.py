"""What the subcommands share: errors and exit codes, folders of runs, tables."""

from __future__ import annotations

import functools
import glob
import json
import re
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TextIO

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rewire.io import Advice

from .interrupts import importing, interruptible

__all__ = [
    "AT_HAND",
    "for_command",
    "guarded",
    "name_report",
    "own_file",
    "print_json",
    "print_line",
    "run_folders",
    "table",
]


# The command that runs; Typer's own way to ask differs between its versions.
AT_HAND: ContextVar[Any] = ContextVar("AT_HAND", default=None)
# The parameter that a message is about, at its start or after what it was found in.
SUBJECT = re.compile(r"(?:(?<=^)|(?<=: )|(?<=  - ))[a-z_]+(?= (?:must|needs|is for)\b)")


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Report errors in one line and exit with status 2, rather than show a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            with interruptible(), warnings.catch_warnings():
                warnings.showwarning = _print_warning
                return command(*args, **kwargs)
        except BrokenPipeError:
            raise  # whoever read the output has seen enough
        except KeyboardInterrupt:
            print_line("interrupted", stderr=True)
            raise typer.Exit(130) from None
        except (ValueError, TypeError, OSError, ImportError, KeyError) as error:
            _print_error(error)
            raise typer.Exit(2) from error
        except RuntimeError as error:
            if not (error.args and isinstance(error.args[0], Advice)):
                raise  # a defect, not what a user can remedy
            _print_error(error)
            raise typer.Exit(2) from error

    return run


def _print_error(error: Exception) -> None:
    print_line(f"[bold red]error:[/] {escape(_message(error))}", stderr=True)


def _message(error: Exception) -> str:
    """Return an error's own words for the command at hand, without the marks of Python."""
    if isinstance(error, KeyError) and error.args:
        return for_command(str(error.args[0]))
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return for_command(error.args[0] if len(error.args) == 1 else str(error))


def _print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as ``warnings.showwarning`` is called, without the place it comes from."""
    text = message.args[0] if isinstance(message, Warning) and message.args else message
    print_line(f"[yellow]warning:[/] {escape(for_command(text))}", stderr=True)


def for_command(text: Any, command: Any = None) -> str:
    """Return a message of the library in the words of a command.

    What it says of parameters it says of the command's options and arguments, and it advises no
    parameters that the command has no option for.

    Parameters
    ----------
    text : str
        With its remedies apart if it is an :class:`rewire.io.Advice`.
    command : Command, optional
        By default the one at hand.
    """
    command = command or AT_HAND.get()
    if command is None:
        return str(text)
    options = _options(command)
    said = text.for_options(options) if isinstance(text, Advice) else str(text)
    arguments = {one.name: str(one.name).upper() for one in command.params}
    names = arguments | options
    for parameter, option in (("path", "out"), ("source", "data"), ("tracker", "log")):
        names.setdefault(parameter, names.get(option, parameter))
    return SUBJECT.sub(lambda found: names.get(found[0], found[0]), said)


def _options(command: Any) -> dict[str, str]:
    """Return a command's options by the names of the library's parameters."""
    found = {
        str(one.name): max(one.opts, key=len)
        for one in command.params
        if one.param_type_name == "option"
    }
    settings = getattr(command.callback, "settings", {})
    return found | {name: one.option for name, one in settings.items()}


def print_line(text: str, *, stderr: bool = False, console: Console | None = None) -> None:
    """Print text with Rich's markup, its lines not wrapped, its numbers not coloured."""
    console = console or Console(stderr=stderr)
    console.print(text, highlight=False, soft_wrap=True)


def name_report(path: Path, console: Console | None = None) -> None:
    """Print where a report is, on a line of its own."""
    text = f"[bold]report: {escape(str(path))}[/] (open it in a browser)"
    print_line(text, console=console)


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


def own_file(out: Path, *read: Path) -> None:
    """Refuse to write over what is read, and over what belongs to a run."""
    with importing():
        from rewire.experiment import RunDirectory
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

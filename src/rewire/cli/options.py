"""Options that several commands share, and those generated from settings."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

import rewire
from rewire.experiment.settings import Setting

from .common import AT_HAND

__all__ = [
    "AsJson",
    "DataDir",
    "Jobs",
    "On",
    "SettingsCommand",
    "complete_data",
    "completing",
    "data_names",
    "method_summaries",
    "settings_options",
    "was_given",
]

DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of stored data sets.", envvar="REWIRE_DATA_DIR", show_envvar=True),
]
SOURCES = Path(rewire.__file__).parent
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Trainings at the same time.",
        show_default="1; with --on, as many as there are workers",
    ),
]
On = Annotated[
    str | None,
    typer.Option(
        help="What trains: dask://host:port, mpi, or slurm with options such as "
        "slurm:partition=cpu,time=240.",
        show_default="processes on this computer",
    ),
]


def settings_options(settings: Mapping[str, Setting]) -> Callable[[Callable], Callable]:
    """Give a command an option for each of some settings.

    Parameters
    ----------
    settings : mapping of str to Setting
        By the names that the command knows them by; the options are called by ``Setting.name``.

    Returns
    -------
    callable
        A decorator for a function with the parameters ``context``, a ``typer.Context``, and, as a
        keyword, ``given``, in the place of which the options stand. It is called with a mapping of
        names to the values that were given on the command line, checked; the others keep their
        defaults.
    """

    def decorate(command: Callable) -> Callable:
        signature = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for one in signature.parameters.values():
            parameters += map(_parameter, settings.values()) if one.name == "given" else [one]

        @functools.wraps(command)
        def run(context: typer.Context, **values: Any) -> Any:
            given = {}
            for name, one in settings.items():
                value = values.pop(one.name)
                if was_given(context, one.name):
                    given[name] = one.parse(value)
            return command(context=context, given=given, **values)

        # Typer reads the one and SettingsCommand the other; type checkers know functions without.
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.settings = settings  # type: ignore[attr-defined]
        return run

    return decorate


class SettingsCommand(TyperCommand):
    """A command with options made by :func:`settings_options`, whose errors speak of its options.

    Help texts that name choices are completed when they are asked for, so that registries are not
    imported before.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters with their help texts complete."""
        parameters: list[Any] = list(super().get_params(ctx))
        if ctx.resilient_parsing:  # a completion, which shows none of them
            return parameters
        settings = getattr(self.callback, "settings", {}).values()
        texts = {one.name: one for one in settings}
        for parameter in parameters:
            if parameter.name in texts:
                parameter.help = texts[parameter.name].help_text
        return parameters

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        token = AT_HAND.set(self)
        try:
            return super().invoke(ctx)
        finally:
            AT_HAND.reset(token)


def was_given(context: typer.Context, name: str) -> bool:
    """Return whether a parameter stands on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _parameter(one: Setting) -> inspect.Parameter:
    """Return the parameter of a command's function that stands for a setting."""
    annotation: Any = str | None
    default: Any = None if one.default_text else one.shown_default
    options: dict[str, Any] = {"metavar": one.metavar}
    if one.kind is bool:
        annotation, options, default = bool | None, {}, one.default
    elif one.kind is str and one.many:
        annotation, default = list[str] | None, None
    if one.default_text:
        options["show_default"] = one.default_text
    if one.choices is not None:
        options["autocompletion"] = completing(one.choice_names)
    if one.group:
        options["rich_help_panel"] = one.group
    return inspect.Parameter(
        one.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[annotation, typer.Option(help=one.help, **options)],
    )


# --------------------------------------------------------------------------------- completion


def completing(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return what a shell asks for the names that may follow; blanks in them become hyphens."""

    def complete(incomplete: str) -> list[str]:
        hyphened = (name.replace(" ", "-") for name in names())
        return [name for name in hyphened if name.startswith(incomplete)]

    return complete


def complete_data(incomplete: str) -> list[str]:
    """Return the data sets and files whose names begin so."""
    start = Path(incomplete)
    files = sorted(start.parent.glob(f"{start.name}*")) if incomplete else []
    return completing(data_names)(incomplete) + [str(file) for file in files]


def data_names() -> list[str]:
    """Return the names of the library's own data sets."""
    return list(registered_in(*sorted((SOURCES / "data").glob("*.py")), decorator="register"))


def method_summaries() -> dict[str, str]:
    """Return the names of the library's own methods, each with the first line that describes it."""
    return registered_in(SOURCES / "methods.py", decorator="_method")


def registered_in(*files: Path, decorator: str) -> dict[str, str]:
    """Return what functions are registered as by a decorator, and their docstrings' first lines.

    They are read from the source: importing what is registered would keep a person waiting.
    """
    found = {}
    for file in files:
        for function in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in function.decorator_list:
                if isinstance(call, ast.Call) and getattr(call.func, "id", None) == decorator:
                    first_line = (ast.get_docstring(function) or "").partition("\n")[0]
                    found[ast.literal_eval(call.args[0])] = first_line
    return found

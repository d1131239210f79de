"""The ``rewire`` command as a whole: help, version, how fast it starts and how it is stopped."""

import inspect
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import rewire
from rewire import data, methods
from rewire.cli.app import app
from rewire.cli.options import data_names, method_summaries


@pytest.fixture
def run():
    runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
    return lambda *arguments: runner.invoke(app, list(map(str, arguments)))


def test_help_names_the_command(run):
    for arguments in (["--help"], ["-h"]):
        result = run(*arguments)
        assert result.exit_code == 0
        assert "reproduce" in result.output


def test_without_a_command_the_help_appears(run):
    result = run()
    assert "Usage" in result.output
    assert "reproduce" in result.output


def test_version(run):
    result = run("--version")
    assert (result.exit_code, result.output) == (0, f"rewire {rewire.__version__}\n")


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("command", ["train", "compare", "export", "evaluate", "reproduce"])
def test_help_fits_the_terminal_and_is_complete(command, width):
    runner = CliRunner(env={"COLUMNS": str(width), "NO_COLOR": "1", "TERM": "dumb"})
    output = runner.invoke(app, [command, "--help"]).output
    assert max(map(len, output.splitlines())) <= width
    assert "{choices}" not in output
    assert "…" not in output


# ---------------------------------------------------------------------------------- the start

# What a help text or a completion must not wait for; each takes a tenth of a second or more.
HEAVY = {
    *("graphviz", "llvmlite", "matplotlib", "networkx", "numba", "onnx", "pandas", "pyarrow"),
    *("safetensors", "scipy", "sklearn", "torch"),
    *("rewire.compare.analysis.statistics", "rewire.data", "rewire.plot", "rewire.report"),
    *("rewire.playground", "rewire.reproduce", "rewire.sklearn", "rewire.train"),
}


def imported(*arguments, **environment):
    """Return the modules that a command imports, and what it prints."""
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "rewire", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )
    lines = [line for line in process.stderr.splitlines() if line.startswith("import time:")]
    assert lines, process.stderr
    return {line.rpartition("|")[2].strip() for line in lines}, process.stdout


def completed(words):
    """Return the modules that a completion imports, and the completions."""
    modules, output = imported(
        _REWIRE_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    return modules, set(output.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["methods"]])
def test_help_starts_without_what_is_slow_to_import(arguments):
    modules, output = imported(*arguments)
    assert "rig" in output or "rewire" in output
    assert not modules & (HEAVY | {"numpy"})


@pytest.mark.parametrize("arguments", [["train", "--help"], ["compare", "--help"]])
def test_listings_of_parts_import_numpy_at_most(arguments):
    modules, output = imported(*arguments)
    assert "method" in output
    assert not modules & HEAVY


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("rewire tr", {"train"}),
        ("rewire train --optimizer a", {"adam", "adamw"}),
        ("rewire train --method rev", {"reviving-rigl"}),
        ("rewire train --activation t", {"tanh"}),
        ("rewire compare --measure u", {"unseen"}),
        ("rewire train di", {"diabetes", "digits"}),
        ("rewire train --drop", {"--drop-at", "--drop-lr"}),
    ],
)
def test_the_shell_completes_without_what_is_slow_to_import(words, expected):
    modules, found = completed(words)
    assert found == expected
    assert not modules & HEAVY


def test_the_data_sets_that_a_shell_completes_are_all_there_are():
    own = {name for name, loader in data.registry.loaders.items() if "rewire" in loader.__module__}
    assert set(data_names()) == own


def test_the_methods_that_are_listed_are_those_of_the_library():
    registered = {
        name: inspect.getdoc(make).partition("\n")[0] for name, make in methods.registry.items()
    }
    assert method_summaries() == registered

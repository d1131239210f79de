"""Ctrl-C from the first moment to the last: status 130, no traceback, nothing half-written."""

import os
import signal
import subprocess
import sys

import pytest

from rewire.cli import exit_at_once
from rewire.cli.interrupts import importing, interruptible

from ..backends import needs_numba

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

# Before the command line's own code, as an interpreter would have it that nobody started with
# signals ignored. A script that sends the signal, and what the command is given, are its arguments.
START = """
import os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)
_, when, *sys.argv[1:] = sys.argv


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
"""
RUN = """
from rewire.cli import main

main()
"""
AT_AN_IMPORT = """
class Interrupt:
    def find_spec(self, module, *_):
        if module == when:
            interrupt()


sys.meta_path.insert(0, Interrupt())
"""
AT_A_CALL = """
import rewire.cli  # until its main() runs, Ctrl-C is Python's

calls = 0


def count(*_):
    global calls
    calls += 1
    if calls == int(when):
        sys.setprofile(None)
        interrupt()


sys.setprofile(count)
"""
AT_THE_END = """
import atexit

atexit.register(interrupt)
"""


def interrupted(script, when, *arguments):
    return subprocess.run(
        [sys.executable, "-c", START + script + RUN, str(when), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


MODULES = ["rewire.cli.app", "typer", "numpy", "scipy.sparse", "rewire.report"]
MODULES.append(pytest.param("numba", marks=needs_numba))


@pytest.mark.parametrize("module", MODULES)
def test_ctrl_c_while_modules_are_imported_ends_without_a_traceback(module, tmp_path):
    process = interrupted(AT_AN_IMPORT, module, "train", "digits", "--out", tmp_path)
    assert process.returncode == 130
    assert process.stdout == ""
    # Waits are told if the machine is busy, the end once the command itself is at work.
    told = {"starting ...", "loading digits ...", "interrupted"}
    assert set(process.stderr.splitlines()) <= told, process.stderr
    assert not list(tmp_path.iterdir())


# Calls and returns of functions: the first forty set the handler, a million are the training.
@pytest.mark.parametrize("call", [50, 1_000, 10_000, 100_000, 1_000_000])
def test_ctrl_c_at_any_moment_leaves_nothing_half_written(call, tmp_path):
    out = tmp_path / "out"
    process = interrupted(AT_A_CALL, call, "train", "moons", "--epochs", "100000", "--out", out)
    assert process.returncode == 130, process.stderr
    assert "Traceback" not in process.stderr
    if out.exists():
        assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_ctrl_c_in_the_last_moment_ends_without_a_traceback():
    process = interrupted(AT_THE_END, "", "--version")
    assert (process.returncode, process.stderr) == (130, "")


IMPORTED = """
import importlib, os, signal, sys

before = set(sys.modules)
import rewire.cli

print(*sys.modules.keys() - before)
"""


def test_next_to_nothing_is_imported_before_ctrl_c_is_handled():
    """Until then it is Python that answers it, with a traceback."""
    process = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, timeout=120, check=True
    )
    assert set(process.stdout.split()) == {"rewire", "rewire.cli"}


@pytest.fixture
def handler():
    """Set a handler of Ctrl-C; afterwards the old one is there again."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda which: signal.signal(signal.SIGINT, which)
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("around", [importing, interruptible])
def test_a_handler_of_ones_own_stays(around, handler):
    handler(signal.SIG_IGN)
    with around():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_command_is_interrupted_but_not_while_it_imports(handler):
    handler(exit_at_once)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        with importing():
            assert signal.getsignal(signal.SIGINT) is exit_at_once
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is exit_at_once

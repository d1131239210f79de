"""What takes a while is said, once, and where it is read."""

import io
import sys
import threading

import pytest

from rewire.cli import spinner as module
from rewire.cli.spinner import waiting


@pytest.fixture
def said(monkeypatch):
    """Show the sign at once, and return how often it was shown."""
    shown = []

    class Timer:
        daemon = False

        def __init__(self, seconds, function):
            self.function = function

        def start(self):
            shown.append(self.function.__self__.what)
            self.function()

        def cancel(self):
            pass

    monkeypatch.setattr(threading, "Timer", Timer)
    return shown


def test_a_log_gets_a_line(said, capsys):
    with waiting("loading mnist"):
        pass
    assert capsys.readouterr() == ("", "loading mnist ...\n")


def test_one_within_another_says_nothing(said, capsys):
    with waiting("loading mnist"), waiting("starting"):
        pass
    assert said == ["loading mnist"]
    with waiting("drawing"):
        pass
    assert capsys.readouterr().err == "loading mnist ...\ndrawing ...\n"


def test_what_is_fast_passes_in_silence(capsys):
    with waiting("loading mnist", after=1000):
        pass
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_spinner_that_goes_away(said, monkeypatch, capsys):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with waiting("loading mnist"):
        print("a warning", file=sys.stderr)
        print("an answer")
    assert "loading mnist" in screen.getvalue()
    assert "a warning\n" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")  # the line is cleared
    assert capsys.readouterr().out == "an answer\n"


def test_an_error_ends_it(said, capsys):
    with pytest.raises(ValueError, match="no"), waiting("loading mnist"):
        raise ValueError("no")
    with waiting("drawing"):
        pass
    assert said == ["loading mnist", "drawing"]


def test_a_late_timer_shows_nothing(capsys):
    sign = module._Sign("loading mnist")
    sign.hide()
    sign.show()
    assert capsys.readouterr() == ("", "")

"""A session's commands as the fragment of a link, and back; standard library only."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from .commands import COMMANDS, CommandError, check

__all__ = ["MARK", "commands_of_link", "limited", "link_of_commands"]

MARK = "play1."  # of the form of the rest; another form gets another mark
MAX_TEXT = 2_000_000  # characters of commands
MAX_COMMANDS = 5000
MAX_STEPS = 1_000_000  # of all commands together


def link_of_commands(commands: Iterable[Mapping[str, Any]]) -> str:
    """Return the fragment of a link that holds commands, without what is at its default.

    Examples
    --------
    >>> link = link_of_commands([{"do": "step", "steps": 3}])
    >>> commands_of_link("https://example.org/play#" + link)
    [{'do': 'step', 'steps': 3}]
    """
    short = [_short(command) for command in commands]
    text = json.dumps(short, separators=(",", ":")).encode()
    return MARK + base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")


def commands_of_link(link: str) -> list[dict[str, Any]]:
    """Return the commands in a link or in its fragment, checked.

    Raises
    ------
    CommandError
        For a text that holds none, or more than a session may be opened with.
    """
    _, _, code = link.rpartition(MARK)
    try:
        packed = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
        unpack = zlib.decompressobj()
        text = unpack.decompress(packed, MAX_TEXT)
        if unpack.unconsumed_tail or unpack.unused_data:
            raise CommandError(
                f"link must hold at most {MAX_TEXT} characters, and nothing else; it holds more"
            )
        if not unpack.eof:
            raise ValueError("the end, which holds a checksum, is missing")
        found = json.loads(text)
    except (binascii.Error, zlib.error, UnicodeError, RecursionError, ValueError) as error:
        if isinstance(error, CommandError):
            raise
        raise CommandError("link must be a whole one of the playground; it is damaged") from error
    return limited(found)


def limited(commands: Any) -> list[dict[str, Any]]:
    """Return commands from elsewhere, checked; refuse more than can be done in a moment."""
    if not isinstance(commands, list) or len(commands) > MAX_COMMANDS:
        raise CommandError(f"commands must be a list of at most {MAX_COMMANDS}")
    checked = [_checked(command) for command in commands]
    steps = sum(command.get("steps", 0) for command in checked if command["do"] == "step")
    if steps > MAX_STEPS:
        raise CommandError(f"steps must be at most {MAX_STEPS} in all; got {steps}")
    return checked


def _checked(command: Any) -> dict[str, Any]:
    """Check a command; steps, which a record joins, may be more than in one command by hand."""
    if isinstance(command, Mapping) and command.get("do") == "step":
        steps = command.get("steps", 1)
        if not isinstance(steps, int) or isinstance(steps, bool) or not 0 < steps <= MAX_STEPS:
            raise CommandError(f"steps must be a whole number in [1, {MAX_STEPS}]")
        return {"do": "step", "steps": steps}
    return check(command)


def _short(command: Mapping[str, Any]) -> dict[str, Any]:
    fields = COMMANDS[command["do"]].fields
    return {
        key: value for key, value in command.items() if key == "do" or value != fields[key].default
    }

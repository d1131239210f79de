"""Sessions as JSON; standard library only. What else the array engine keeps is in saving.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import CommandError, shown
from .links import limited
from .session import Session

__all__ = ["commands_of_document", "document_of"]

FORMAT, VERSION = "rewire session", 1


def document_of(session: Session) -> dict[str, Any]:
    """Return what it takes to do a session again, fit for JSON."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "engine": session.engine.name,
        "commands": session.record.done,
    }


def commands_of_document(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the commands of a saved session, checked.

    Raises
    ------
    CommandError
        If it is none, or from a newer version.
    """
    found = document.get("format"), document.get("version")
    if found != (FORMAT, VERSION):
        raise CommandError(
            f"it must be a {FORMAT} of version {VERSION}; got {shown(found[0])} of version "
            f"{shown(found[1])}"
        )
    return limited(document.get("commands"))

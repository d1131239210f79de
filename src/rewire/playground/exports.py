"""What a session can be kept as: a link, a script, a file of its own, a network, a film."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from .documents import commands_of_document, document_of
from .engine import Engine
from .fields import CommandError
from .links import commands_of_link, link_of_commands
from .session import Session

__all__ = ["EXPORTS", "export", "prepare", "reopened"]

# File name and media type of each.
EXPORTS = {
    "link": ("link.txt", "text/plain; charset=utf-8"),
    "script": ("session.py", "text/x-python; charset=utf-8"),
    "session": ("session.json", "application/json"),
    "network": ("network.safetensors", "application/octet-stream"),
    "film": ("film.webp", "image/webp"),
}


def export(session: Session, kind: str, lane: int = 1) -> tuple[str, str, bytes]:
    """Return a session in another form: the file's name, its media type and its content.

    Parameters
    ----------
    session : Session
    kind : str
        One of ``EXPORTS``.
    lane : int, default 1
        Of which network, where it is of one.

    Raises
    ------
    CommandError
        If there is no such form, or the session has none.
    """
    content = prepare(session, kind, lane)
    return *EXPORTS[kind], content()


def prepare(session: Session, kind: str, lane: int = 1) -> Callable[[], bytes]:
    """Return what makes the content, without the session, which may go on meanwhile."""
    if kind not in EXPORTS:
        raise CommandError(f"kind must be one of {', '.join(EXPORTS)}; got {kind!r}")
    if kind not in ("link", "session") and not _is_array(session):
        raise CommandError(f"kind must be link or session in a browser alone; got {kind!r}")
    return WRITERS[kind](session, lane)


def reopened(session: Session, command: Mapping[str, Any]) -> Iterator[Session]:
    """Make the session in a link or in a document: yield it, in parts, until all is done.

    Parameters
    ----------
    session : Session
        The present one, which says what computes.
    command : mapping
        With ``link`` or ``session``.
    """
    link, document, array = command.get("link"), command.get("session"), _is_array(session)
    engine: Engine = session.engine
    if isinstance(link, str):
        commands = commands_of_link(link)
    elif not isinstance(document, dict):
        raise CommandError("open needs a link, or a session as it was saved")
    elif array:
        engine, commands = _module("saving").unpack_document(document)
    elif document.get("given"):
        raise CommandError("session must be of drawn points in a browser alone; it has a network")
    else:
        commands = commands_of_document(document)
    for made in Session.made(engine, commands):
        yield made
    if not made.lanes:
        raise CommandError("open needs a session with a network")


def _link(session: Session, lane: int) -> Callable[[], bytes]:
    commands = list(session.record.done)
    return lambda: link_of_commands(commands).encode()


def _session(session: Session, lane: int) -> Callable[[], bytes]:
    whole = _module("saving").session_document if _is_array(session) else document_of
    document = whole(session)
    return lambda: json.dumps(document, allow_nan=False).encode()


def _script(session: Session, lane: int) -> Callable[[], bytes]:
    write, commands = _module("script").write_script, list(session.record.done)
    return lambda: write(commands).encode()


def _network(session: Session, lane: int) -> Callable[[], bytes]:
    array_lane: Any = session.lanes[lane]  # as `prepare` has made sure
    net = array_lane.net.copy()
    net.neurons.data.pop("frozen", None)

    def write() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / EXPORTS["network"][0]
            net.save(path)
            return path.read_bytes()

    return write


def _film(session: Session, lane: int) -> Callable[[], bytes]:
    film, commands, engine = _module("film").film, list(session.record.done), session.engine
    return lambda: film(engine, commands, lane)


def _is_array(session: Session) -> bool:
    return session.engine.name == "array"


def _module(name: str) -> Any:
    """Import what needs the array engine only where there is one."""
    return import_module(f"{__package__}.{name}")


WRITERS: dict[str, Callable[[Session, int], Callable[[], bytes]]] = {
    "link": _link,
    "script": _script,
    "session": _session,
    "network": _network,
    "film": _film,
}

"""What reaches a playground from outside: requests to its server, links and saved sessions."""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rewire.playground import ArrayEngine, Session
from rewire.playground.links import commands_of_link, link_of_commands
from rewire.playground.player import Player
from rewire.playground.saving import read_session, session_document
from rewire.playground.server import Handler, PlayServer

from .mutations import mutate
from .reader import FEWER, Reader

__all__ = ["playing"]

START = (
    {"do": "data", "name": "moons", "samples": 12},
    {"do": "network", "layers": [4, 3], "density": 0.5, "seed": 3},
    {"do": "method", "name": "rigl", "interval": 2, "until": 40},
    {"do": "step", "steps": 3},
)
COMMANDS = (
    {"do": "step", "steps": 3},
    {"do": "data", "points": [[0.5, 1, 0], [1, 0.5, 1], [0, 0, 0], [1, 1, 1]]},
    {"do": "data", "formula": "x*y > 0 or x < -1", "samples": 12},
    {
        "do": "table",
        "text": "a,b,c\n1,2,x\n2,1,y\n3,3,x\n0,1,y\n",
        "x": "a",
        "y": "b",
        "label": "c",
    },
    {"do": "network", "layers": [3], "density": [0.5, 1], "activation": "tanh"},
    {"do": "draw", "source": 0, "target": 8, "weight": 0.5},
    {"do": "cut", "source": 0, "target": 2},
    {"do": "freeze", "neuron": 3, "frozen": True},
    {"do": "remove_neuron", "neuron": 4},
    {"do": "prune", "density": 0.3},
    {"do": "rewind", "step": 1},
    {"do": "open", "link": link_of_commands(START)},
    {"do": "speed", "value": 10},
)


def playing() -> Iterable[Reader]:
    """Return readers of them; whatever comes, it is done or refused, and then nothing changed."""
    server = _Silent(Player(_session()))
    requests = tuple(_request(server, command) for command in COMMANDS)
    yield Reader(
        "requests to the playground",
        "request.http",
        requests,
        _Ask(server),
        named=("",),
        damage=_damaged,
        files=FEWER,
    )
    link = link_of_commands(START).encode()
    yield Reader("link to a session", "link.txt", (link,), _follow, _play, named=("",), files=FEWER)
    saved = json.dumps(session_document(_session())).encode()
    yield Reader("session of the playground", "a.session.json", (saved,), read_session, _play)


def _session() -> Session:
    return Session(ArrayEngine(), START)


class _Silent(PlayServer):
    """A server that is asked without a network, always by the same address; it streams nothing."""

    def __init__(self, player: Player):
        super().__init__(player)
        self.server_close()
        self.server_port, self.token = 8000, "token"
        self.closing.set()


def _request(server: PlayServer, command: dict[str, Any]) -> bytes:
    body = json.dumps(command).encode()
    head = (
        f"POST /{server.token}/commands HTTP/1.1\r\nHost: localhost:{server.server_port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _damaged(content: bytes, rng: random.Random, others: tuple[bytes, ...]) -> bytes:
    """Damage a request anywhere or, more often, its command, with the length made right again."""
    if rng.random() < 0.3:
        return mutate(content, rng, others)
    head, _, body = content.partition(b"\r\n\r\n")
    body = mutate(body, rng, tuple(one.partition(b"\r\n\r\n")[2] for one in others))
    return b"%s: %d\r\n\r\n%s" % (head.rpartition(b": ")[0], len(body), body)


class _Ask:
    """Send a request, and raise what it is refused with."""

    def __init__(self, server: PlayServer):
        self.server = server

    def __call__(self, path: Path) -> Session:
        self.server.player = player = Player(_session())
        before = _bits(player.session)
        answer = self._answer(path.read_bytes())
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            assert _bits(player.session) == before, "the refused request changed the session"
            raise ValueError(body.decode() or "no answer")
        return player.session

    def _answer(self, request: bytes) -> bytes:
        mine, theirs = socket.socketpair()
        answer: list[bytes] = []
        asking = threading.Thread(target=_ask, args=(mine, request, answer))
        with mine:
            asking.start()
            with theirs:
                Handler(theirs, ("127.0.0.1", 0), self.server)
            asking.join()
        return b"".join(answer)


def _ask(connection: socket.socket, request: bytes, answer: list[bytes]) -> None:
    with suppress(OSError):  # refused before it was read
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
    with suppress(OSError):  # refused, and closed before all of it was taken
        answer += iter(lambda: connection.recv(1 << 16), b"")


def _follow(path: Path) -> Session:
    return Session(ArrayEngine(), commands_of_link(path.read_text("utf-8")))


def _play(session: Session) -> None:
    """Use a session; it may be one that has no networks yet."""
    if session.lanes:
        session.do({"do": "step", "steps": 2})
    json.dumps(session.frame(), allow_nan=False)


def _bits(session: Session) -> str:
    """Return everything that later steps and frames depend on."""
    found: list[Any] = [session.record.done, session.record.future, session.look]
    for lane in session.lanes:
        state = lane.state()
        table = state["net"].connections
        arrays = (*table.data.values(), table.target, state["net"].bias)
        found += [array.tobytes() for array in arrays]
        found += [state[name] for name in ("rate", "method", "steps", "rewirer", "optimizer")]
    return repr(found)

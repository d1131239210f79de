"""The local page of a session: its files, a stream of frames, and commands by POST.

The server listens on the loopback address alone. Every address holds a random token, so that other
programs and pages cannot reach the session; requests under another host name or from another origin
are refused.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from .commands import CommandError, schema
from .page import assets
from .player import RATE, Player
from .watching import Watch

__all__ = ["PlayServer"]

MAX_BODY = 2_000_000  # bytes of a command
PACE = 0.5 / RATE  # seconds from one frame to the next, at least
HEARTBEAT = 1.0  # seconds; a closed page is noticed at the next one
GRACE = 3.0  # seconds that a page may be away, such as while it is loaded again
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class PlayServer(ThreadingHTTPServer):
    """Serves one session until its last page is closed.

    Parameters
    ----------
    player : Player or Watch
    port : int, default 0
        0 for any that is free.

    Attributes
    ----------
    url : str
        Where the page is, with the token.
    """

    daemon_threads = True

    def __init__(self, player: Player | Watch, port: int = 0):
        super().__init__(("127.0.0.1", port), Handler)
        self.player, self.token = player, secrets.token_urlsafe(24)
        self.closing = threading.Event()
        self._pages, self._left = 0, float("inf")
        self._count = threading.Lock()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_port}/{self.token}/"

    @property
    def followed(self) -> bool:
        """Whether a page follows the session, or was closed only a moment ago."""
        return self._pages > 0 or time.monotonic() < self._left < float("inf")

    def run(self, until_left: bool = True) -> None:
        """Serve until :meth:`end` is called or, with ``until_left``, the last page is closed."""
        with self.serving():
            self.wait(until_left)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve in the background."""
        self.player.start()
        options = {"poll_interval": 0.1}
        threading.Thread(target=self.serve_forever, kwargs=options, daemon=True).start()
        try:
            yield
        finally:
            self.closing.set()
            self.player.close()
            self.shutdown()
            self.server_close()

    def wait(self, until_left: bool = True) -> None:
        """Wait for :meth:`end` or, with ``until_left``, for the last page to be closed."""
        while not self.closing.wait(0.1):
            if until_left and time.monotonic() > self._left:
                return

    def end(self) -> None:
        """Make :meth:`run` return."""
        self.closing.set()

    def page_opened(self) -> None:
        """Note that one more page follows the session."""
        with self._count:
            self._pages += 1
            self._left = float("inf")

    def page_closed(self) -> None:
        """Note that a page is gone."""
        with self._count:
            self._pages -= 1
            if not self._pages:
                self._left = time.monotonic() + GRACE
                self.player.rest()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a page went away in the middle of an answer."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: PlayServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "rewire", ""
    timeout = 60  # seconds, for a request that never ends
    routes: ClassVar[dict[str, str]] = {"frames": "_frames", "schema.json": "_schema"}

    def do_GET(self) -> None:
        """Send a file of the page, the table of commands or the stream of frames."""
        name = self._permitted()
        if name is None:
            return
        if name in self.routes:
            getattr(self, self.routes[name])()
        elif name.startswith("export/"):
            self._export(name.removeprefix("export/"))
        elif name in assets():
            kind, content = assets()[name]
            self._answer(HTTPStatus.OK, content, kind)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        """Do a command."""
        name = self._permitted()
        if name is None:
            return
        if name != "commands":
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")
            return
        body = self._body()
        if body is None:
            return
        try:
            self.server.player.send(json.loads(body))
        except (CommandError, ValueError, RecursionError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        else:
            self._answer(HTTPStatus.OK, b"{}", "application/json")

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""

    # ------------------------------------------------------------------------------- answers

    def _frames(self) -> None:
        """Stream frames, each only with what has changed since the one before."""
        self.send_response(HTTPStatus.OK)
        self._headers("text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.server.page_opened()
        try:
            seen, cursor = -1, None
            while not self.server.closing.is_set():
                if self.server.player.wait(seen, HEARTBEAT):
                    frame = self.server.player.frame(cursor)
                    seen, cursor = frame["frame"], frame["cursor"]
                    text = json.dumps(frame, separators=(",", ":"))
                    self.wfile.write(f"data: {text}\n\n".encode())
                    self.wfile.flush()
                    self.server.closing.wait(PACE)
                else:
                    self.wfile.write(b": still here\n\n")
                    self.wfile.flush()
        except OSError:
            pass  # the page is closed
        finally:
            self.server.page_closed()

    def _export(self, kind: str) -> None:
        lane = 0 if self.path.endswith("?lane=0") else 1
        try:
            name, media_type, content = self.server.player.export(kind, lane)
        except ValueError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        else:
            self._answer(HTTPStatus.OK, content, media_type, name)

    def _schema(self) -> None:
        self._answer(HTTPStatus.OK, json.dumps(schema()).encode(), "application/json")

    def _answer(
        self, status: HTTPStatus, content: bytes, kind: str, file: str | None = None
    ) -> None:
        self.send_response(status)
        self._headers(kind)
        if file is not None:
            self.send_header("Content-Disposition", f'attachment; filename="{file}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _headers(self, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True  # the rest of the request may not have been read
        self._answer(status, json.dumps({"error": why}).encode(), "application/json")

    # -------------------------------------------------------------------------------- checks

    def _permitted(self) -> str | None:
        """Return the name that a request asks for, or None after refusing it."""
        hosts = [f"{name}:{self.server.server_port}" for name in ("127.0.0.1", "localhost")]
        origin = self.headers.get("Origin")
        token, _, name = self.path.partition("?")[0].lstrip("/").partition("/")
        if self.headers.get("Host") not in hosts:
            self._refuse(HTTPStatus.FORBIDDEN, "Host must be this machine")
        elif origin is not None and origin not in [f"http://{host}" for host in hosts]:
            self._refuse(HTTPStatus.FORBIDDEN, "Origin must be the page itself")
        elif self.headers.get("Sec-Fetch-Site") not in (None, "same-origin", "none"):
            self._refuse(HTTPStatus.FORBIDDEN, "the request must come from the page itself")
        elif not hmac.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "the address must hold the token")
        else:
            return name or "index.html"
        return None

    def _body(self) -> bytes | None:
        """Return the body of a request, or None after refusing it."""
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a command must be application/json")
        elif not (length.isascii() and length.isdigit()):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "Content-Length must be a number")
        elif len(length) > 9 or int(length) > MAX_BODY:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a command has at most {MAX_BODY} bytes"
            )
        else:
            return self.rfile.read(int(length))
        return None

"""The local server: who may speak to it, what it answers, and how it ends."""

import http.client
import itertools
import json
import threading
import urllib.parse
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewire.playground import film as film_module
from rewire.playground import server as server_module
from rewire.playground.links import link_of_commands
from rewire.playground.player import Player
from rewire.playground.server import PlayServer

from .sessions import SMALL, begin, bits

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server():
    made = PlayServer(Player(begin()))
    thread = threading.Thread(target=made.run, kwargs={"until_left": False})
    thread.start()
    yield made
    made.end()
    thread.join(10)
    assert not thread.is_alive()


def ask(server, method, path, body=None, headers=None, host=None):
    """Return status, headers and content of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{server.server_port}")
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None and "Content-Length" not in (headers or {}):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def post(server, command, **kwargs):
    return ask(
        server, "POST", f"/{server.token}/commands", json.dumps(command).encode(), JSON, **kwargs
    )


@contextmanager
def frames(server):
    """Follow the stream of frames, as a page does."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request("GET", f"/{server.token}/frames")
    answer = connection.getresponse()
    assert answer.getheader("Content-Type") == "text/event-stream"

    def following():
        for line in itertools.islice(answer, 100):  # and not for ever
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

    try:
        yield following()
    finally:
        answer.close()
        connection.close()


def test_the_page_and_its_files_are_served_to_no_one_else(server):
    status, headers, content = ask(server, "GET", f"/{server.token}/")
    assert status == 200
    assert content.startswith(b"<!doctype html>")
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    status, _, content = ask(server, "GET", f"/{server.token}/schema.json")
    assert (status, set(json.loads(content)) >= {"data", "strip"}) == (200, True)
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "headers", "host"),
    [
        ("/", {}, None),
        ("/index.html", {}, None),
        ("/{wrong}/commands", {}, None),
        ("/{token}x/commands", {}, None),
        ("//{token}/commands", {}, "evil.example"),
        ("/{token}/commands", {}, "evil.example"),
        ("/{token}/commands", {}, "evil.example:{port}"),
        ("/{token}/commands", {}, "127.0.0.1:1"),
        ("/{token}/commands", {"Origin": "http://evil.example"}, None),
        ("/{token}/commands", {"Origin": "null"}, None),
        ("/{token}/commands", {"Origin": "https://127.0.0.1:{port}"}, None),
        ("/{token}/commands", {"Sec-Fetch-Site": "cross-site"}, None),
        ("/{token}/commands", {"Sec-Fetch-Site": "same-site"}, None),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_strangers_are_refused_and_change_nothing(server, method, path, headers, host):
    def fill(text):
        return text.format(token=server.token, wrong="x" * 32, port=server.server_port)

    before = bits(server.player.session)
    body = json.dumps({"do": "step"}).encode() if method == "POST" else None
    sent = {**JSON, **{name: fill(value) for name, value in headers.items()}}
    status, _, content = ask(server, method, fill(path), body, sent, host=host and fill(host))
    assert status == 403
    assert "must" in json.loads(content)["error"]
    assert bits(server.player.session) == before


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({}, b"{}", 415),
        ({**JSON, "Content-Length": "-1"}, b"{}", 411),
        ({**JSON, "Content-Length": "1e3"}, b"{}", 411),
        ({**JSON, "Content-Length": "³"}, b"{}", 411),
        ({**JSON, "Content-Length": "9" * 30}, b"{}", 413),
        ({**JSON, "Content-Length": "2000001"}, b"{}", 413),
        (JSON, b"", 400),
        (JSON, b"\xff\xfe", 400),
        (JSON, b"[" * 100_000, 400),
        (JSON, b'{"do": "step", "steps": 1e999}', 400),
        (JSON, b'{"do": "speed", "value": NaN}', 400),
    ],
)
def test_malformed_requests_are_refused_and_change_nothing(server, headers, body, status):
    before = bits(server.player.session)
    headers = {name: value.encode("utf-8") for name, value in headers.items()}
    found, _, content = ask(server, "POST", f"/{server.token}/commands", body, headers)
    assert found == status
    assert json.loads(content)["error"]
    assert bits(server.player.session) == before


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "FOO"]),
    st.text(max_size=20),
    st.binary(max_size=40),
)
def test_fuzzed_requests_are_refused_and_change_nothing(server, method, name, body):
    before = bits(server.player.session)
    path = f"/{server.token}/x{urllib.parse.quote(name)}"
    status, _, _ = ask(server, method, path, body, JSON)
    assert status in (404, 501)
    if method == "POST":
        status, _, _ = ask(server, method, f"/{server.token}/commands", b"\x00" + body, JSON)
        assert status == 400
    assert bits(server.player.session) == before


def test_commands_are_done_and_refusals_say_why(server):
    with frames(server) as following:
        first = next(following)
        assert post(server, {"do": "step", "steps": 3})[0] == 200
        after = next(following)
        assert after["step"] == first["step"] + 3
        assert len(after["curve"]["rows"]) == 3
        status, _, content = post(server, {"do": "cut", "source": 0, "target": 1})
        assert status == 400
        assert "not connected" in json.loads(content)["error"]


def test_two_pages_see_the_same_and_do_not_disturb_each_other(server):
    with frames(server) as one, frames(server) as two:
        first = next(one), next(two)
        assert first[0]["step"] == first[1]["step"]
        post(server, {"do": "step", "steps": 5})
        post(server, {"do": "prune", "density": 0.3, "lane": 0})
        end = len(server.player.session.record.done)
        seen = [next(frame for frame in page if frame["command"] == end) for page in (one, two)]
        assert seen[0]["step"] == first[0]["step"] + 5
        assert seen[0]["lanes"] == seen[1]["lanes"]
    with frames(server) as three:
        assert len(next(three)["data"]["points"]) == 20


def test_a_link_opens_the_same_state_and_pages_see_all_of_it(server):
    commands = [*SMALL, {"do": "step", "steps": 12}]
    session = begin(commands)
    with frames(server) as following:
        next(following)
        status, headers, link = ask(server, "GET", f"/{server.token}/export/link")
        assert (status, "attachment" in headers["Content-Disposition"]) == (200, True)
        assert post(server, {"do": "open", "link": f"#{link_of_commands(commands)}"})[0] == 200
        frame = next(following)
        assert frame["step"] == 12
        assert len(frame["data"]["points"]) == 20
        assert frame["curve"]["from"] == 0
        assert bits(server.player.session) == bits(session)
        assert post(server, {"do": "open", "link": link.decode()[:-3]})[0] == 400
        assert post(server, {"do": "open"})[0] == 400
        assert bits(server.player.session) == bits(session)


@pytest.mark.parametrize("kind", ["script", "session", "network", "film"])
def test_a_session_is_exported(server, kind, monkeypatch):
    monkeypatch.setattr(film_module, "SECONDS", 0.3)
    post(server, {"do": "step", "steps": 4})
    status, headers, content = ask(server, "GET", f"/{server.token}/export/{kind}?lane=0")
    assert status == 200
    assert "filename=" in headers["Content-Disposition"]
    assert len(content) > 300
    assert ask(server, "GET", f"/{server.token}/export/poem")[0] == 400


def test_it_ends_some_time_after_the_last_page_is_closed(monkeypatch):
    monkeypatch.setattr(server_module, "HEARTBEAT", 0.05)
    monkeypatch.setattr(server_module, "GRACE", 0.2)
    made = PlayServer(Player(begin()))
    thread = threading.Thread(target=made.run)
    thread.start()
    with frames(made) as following:
        next(following)
        post(made, {"do": "run"})
        assert next(frame for frame in following if frame["step"] > 2)["running"]
        assert thread.is_alive()
    thread.join(20)
    assert not thread.is_alive()
    assert not made.player.running

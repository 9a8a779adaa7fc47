"""What clients and servers may do to the proxy, over real sockets on loopback: names, secrets, half-open doors."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from aiohttp import web  # noqa: E402

from doors_place import CHAT, Place, run  # noqa: E402
from wattline.core.errors import WattlineError  # noqa: E402
from wattline.web.proxy import door, websocket  # noqa: E402
from wattline.web.proxy.body import kind_of  # noqa: E402
from wattline.web.proxy.door import Hosts  # noqa: E402
from wattline.web.proxy.request_log import RequestLog  # noqa: E402
from wattline.web.proxy.server import upstream_url  # noqa: E402
from wattline.web.proxy.token_weights import generic  # noqa: E402


def test_a_frame_of_a_websocket_is_bounded_and_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MAX_MESSAGE_BYTES", 200_000)

    async def work(here: Place) -> None:
        async with here.session.ws_connect(f"{here.url}/ws", compress=15) as socket:
            assert not socket.compress  # none is agreed on, so that no bomb can come
            await socket.send_bytes(b"a" * 199_000)
            assert (await socket.receive()).data == b"a" * 199_000
            await socket.send_bytes(b"a" * 201_000)
            assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)

    run(work)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("evil.example:8100", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("evil.example.", 403),
        ("169.254.169.254", 403),
        ("[::2]:80", 403),
        ("127.0.0.1", 200),
        ("127.8.9.1:1", 200),
        ("LOCALHOST:8100", 200),
        ("app.localhost", 200),
        ("[::1]:8100", 200),
        ("proxy", 200),
        ("good.example:99", 200),
    ],
)
@pytest.mark.parametrize("path", ["/v1/models", "/wattline/energy"])
def test_a_name_that_is_not_of_this_machine_is_refused(host: str, status: int, path: str) -> None:
    async def work(here: Place) -> None:
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        answer = await here.raw(head.encode())
        assert int(answer.split(b" ")[1]) == status
        assert (len(here.upstream.came) == 1) == (status == 200 and path == "/v1/models")

    run(work, allow_hosts=["good.example"])


def test_names_are_free_where_the_proxy_is_open_to_a_network() -> None:
    from types import SimpleNamespace

    from multidict import CIMultiDict

    request: Any = SimpleNamespace(raw_path="/", headers=CIMultiDict(Host="gpu.example"))
    assert Hosts("0.0.0.0").allow(request)
    assert Hosts("127.0.0.1", ["*"]).allow(request)
    assert not Hosts("127.0.0.1").allow(request)
    assert not Hosts("0.0.0.0", ["other.example"]).allow(request)


@pytest.mark.parametrize(
    ("headers", "lent"),
    [
        ({}, True),
        ({"Origin": "http://localhost:3000"}, True),
        ({"Origin": "https://127.0.0.1"}, True),
        ({"Origin": "https://chat.example"}, True),
        ({"Origin": "http://box:3000"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "http://127.0.0.1@evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "chrome-extension://localhost"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_a_page_of_a_stranger_is_lent_no_password(headers: dict[str, str], lent: bool) -> None:
    async def work(here: Place) -> None:
        for path in (CHAT, "/v1/models"):
            send = {"data": b'{"model": "m"}', "headers": {**headers, "Content-Type": "text/plain"}}
            async with here.session.post(here.url + path, **send) as answer:
                assert answer.status == 200
            assert ("Authorization" in here.upstream.came[-1][1]) == lent
        own = {**headers, "Authorization": "Bearer own"}
        async with here.session.post(here.url + CHAT, json={"model": "m"}, headers=own):
            assert here.upstream.came[-1][1]["Authorization"] == "Bearer own"

    run(work, user="user:secret@", allow_hosts=["chat.example"])


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Length: 4\r\nTransfer-Encoding: chunked", b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("Content-Length: 2\r\nContent-Length: 4", b"{}{}"),
        ("Transfer-Encoding: xchunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"-1\r\nx"),
        ("Transfer-Encoding: chunked", b"2\r\n{}X\r\n0\r\n\r\n"),
        ("Content-Length: -1", b""),
        ("Content-Length: 1e3", b"{}"),
        ("Content-Length: 99999999999999999999999", b"{}"),
        ("Host: evil.example", b""),
        ("X: " + "a" * 70_000, b""),
    ],
)
def test_a_request_of_two_lengths_or_hosts_never_reaches_upstream(headers: str, body: bytes) -> None:
    async def work(here: Place) -> None:
        head = f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}\r\n\r\n"
        answer = await here.raw(head.encode() + body)
        assert b" 400 " in answer.split(b"\r\n")[0]
        assert b" 200 " not in answer
        assert not [path for path, _, _ in here.upstream.came if "smuggled" in path]

    run(work)


HALF_OPEN = {
    "nothing": b"",
    "half a header": b"GET /v1/x HTTP/1.1\r\nHost: a\r\nX-A:",
    "half a body": b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    "half a body elsewhere": b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    "half a chunk": b"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{",
}


def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HEADER_S", 0.3), ("BODY_S", 0.3), ("LINGER_S", 0.1)):
        monkeypatch.setattr(door, name, value)


@pytest.mark.parametrize("data", HALF_OPEN.values(), ids=HALF_OPEN)
def test_a_half_open_connection_is_closed(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    short_times(monkeypatch)

    async def work(here: Place) -> None:
        answer = await here.raw(data)
        assert answer == b"" or b" 408 " in answer or b" 400 " in answer
        assert not here.books.ledger.running
        async with here.session.post(here.url + CHAT, json={"model": "m"}) as good:
            assert good.status == 200

    run(work)


def test_a_body_that_drips_is_closed_and_one_that_flows_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    short_times(monkeypatch)
    monkeypatch.setattr(door, "MIN_BYTES_PER_S", 1000.0)

    async def send(here: Place, path: str, pieces: int, size: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {pieces * size}\r\n\r\n"
        writer.write(head.encode())
        for _ in range(pieces):
            if writer.is_closing():
                break
            writer.write(b" " * size)
            await asyncio.sleep(0.1)
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def work(here: Place) -> None:
        for path in (CHAT, "/v1/x"):
            drip, flow = await asyncio.gather(send(here, path, 12, 1), send(here, path, 12, 2000))
            assert b" 200 " not in drip
            assert b" 200 " in flow

    run(work)


def test_idle_connections_make_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wattline.web.proxy.server.connection_limit", lambda: 5)

    async def work(here: Place) -> None:
        idle = [await asyncio.open_connection("127.0.0.1", here.port) for _ in range(30)]
        for _ in range(10):
            answer = await here.raw(b"GET /v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert b" 200 " in answer
        for _, writer in idle:
            writer.close()

    run(work)


def test_where_all_connections_are_at_work_one_more_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wattline.web.proxy.server.connection_limit", lambda: 3)

    async def work(here: Place) -> None:
        wait = asyncio.Event()

        async def slow(request: web.Request) -> web.Response:
            await wait.wait()
            return web.Response(text="done")

        here.upstream.answers["/slow"] = slow
        request = b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        running_ones = [asyncio.ensure_future(here.raw(request)) for _ in range(3)]
        while len(here.upstream.came) < 3:
            await asyncio.sleep(0.01)
        assert b" 503 " in await here.raw(request)
        wait.set()
        assert all(b" 200 " in answer for answer in await asyncio.gather(*running_ones))

    run(work)


SECRET = "hunter2"


def test_the_upstreams_password_is_sent_there_and_shown_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "p.db"

    async def work(here: Place) -> None:
        shown = []
        async with here.session.post(here.url + CHAT, json={"model": "m"}) as answer:
            shown.append(await answer.text())
        assert here.upstream.came[-1][1]["Authorization"] == "Basic " + b64encode(f"user:{SECRET}".encode()).decode()
        async with here.session.get(here.url + "/v1/x", headers={"Authorization": "Bearer mine"}) as answer:
            shown.append(await answer.text())
        assert here.upstream.came[-1][1]["Authorization"] == "Bearer mine"
        for page in ("healthz", "energy", "metrics", "nothing"):
            async with here.session.get(f"{here.url}/wattline/{page}") as answer:
                shown.append(await answer.text())
        assert not any(SECRET in text or "user:" in text for text in shown)

    run(work, user=f"user:{SECRET}@", journal=journal)
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET not in "".join(capfd.readouterr())


def test_a_wrong_address_is_shown_without_its_secrets() -> None:
    for address in (f"http://user:{SECRET}@host/?key=a", f"ftp://user:{SECRET}@host", f"http://host/?key={SECRET}"):
        with pytest.raises(WattlineError, match="is no address") as caught:
            upstream_url(address)
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/chat", "ollama"), ("/api/generate", "generate"), ("/api/embed", "embeddings"),
        ("/api/embeddings", "embeddings"), ("/v1/audio/transcriptions", "audio"), ("/v1/audio/speech", "speech"),
        ("/v1/images/generations", "images"), ("/v1/images/edits", "images"), ("/v1/rerank", "rerank"),
        ("/v2/rerank", "rerank"), ("/rerank", "rerank"), ("/v1/embeddings", "embeddings"), ("/embed", "embeddings"),
        ("/v1/models", ""), ("/api/tags", ""), ("/v1/files", ""),
    ],
)  # fmt: skip
def test_what_a_device_works_on_is_claimed(path: str, kind: str) -> None:
    assert kind_of("POST", path) == kind
    assert kind_of("POST", f"{path}?x=1") == kind
    assert kind_of("GET", path) == ""


def test_old_rows_of_the_journal_go(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "p.db", {}, keep_s=3600.0)
    row = dict.fromkeys(("response_id", "path", "model", "stream", "status", "outcome"), "") | {"at": 0.0}
    import time

    from wattline.web.proxy.request_log import COLUMNS

    for name, at in (("old", time.time() - 7200), ("new", time.time())):
        log.put(dict.fromkeys(COLUMNS) | row | {"id": name, "at": at})
    log.flush()
    log.forget()
    assert log.get("old") is None
    assert log.get("new") is not None
    log.close()


def test_upstream_is_not_followed_elsewhere_and_its_faults_tell_no_address() -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "http://127.0.0.1:1/stolen"})

    async def work(here: Place) -> None:
        here.upstream.answers[CHAT] = redirect
        headers = {"Authorization": "Bearer s"}
        async with here.session.post(here.url + CHAT, json={}, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 307
        assert len(here.upstream.came) == 1

    run(work)
    assert generic().basis

"""What clients and servers may do to the proxy, over real sockets on loopback: bodies, names, half-open doors."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from aiohttp import web  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from model_server import Machine, Simulated  # noqa: E402
from wattline.core.errors import WattlineError  # noqa: E402
from wattline.web.proxy import body, door, metered_route, websocket  # noqa: E402
from wattline.web.proxy.accounting import Books  # noqa: E402
from wattline.web.proxy.body import kind_of, read_body  # noqa: E402
from wattline.web.proxy.door import Hosts  # noqa: E402
from wattline.web.proxy.lines import LineStream  # noqa: E402
from wattline.web.proxy.request_log import RequestLog  # noqa: E402
from wattline.web.proxy.server import ProxySetup, running, upstream_url  # noqa: E402
from wattline.web.proxy.token_weights import generic  # noqa: E402
from wattline.web.proxy.tracked_request import TrackedRequest  # noqa: E402
from wattline.web.proxy.unpacking import Unpacker, unpacked  # noqa: E402
from wattline.web.proxy.usage import find_usage  # noqa: E402

CHAT = "/v1/chat/completions"
USAGE = {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}


class Upstream:
    """Keeps what came; answers by the path, or with a usage."""

    def __init__(self) -> None:
        self.came: list[tuple[str, Any, bytes]] = []
        self.answers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            socket = web.WebSocketResponse(max_msg_size=0)
            await socket.prepare(request)
            async for message in socket:
                await socket.send_bytes(message.data)
            return socket
        self.came.append((request.path, request.headers.copy(), await request.read()))
        if request.path in self.answers:
            return await self.answers[request.path](request)
        return web.json_response({"id": "c1", "model": "m"} | USAGE)


class Place:
    def __init__(self, upstream: Upstream, url: str, books: Books, session: Any) -> None:
        self.upstream, self.url, self.books, self.session = upstream, url, books, session
        self.port = int(url.rpartition(":")[2])

    async def raw(self, data: bytes, wait_s: float = 10.0) -> bytes:
        """What comes back on a connection of its own, up to its end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        try:
            return await asyncio.wait_for(reader.read(), wait_s)
        finally:
            writer.close()


@asynccontextmanager
async def place(user: str = "", **setup: Any) -> AsyncIterator[Place]:
    upstream = Upstream()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", upstream.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://{user}127.0.0.1:{runner.addresses[0][1]}"
    setup.setdefault("sensors", [Simulated(Machine())])
    try:
        async with (
            running(ProxySetup(address, port=0, interval_s=0.05, **setup)) as (url, books),
            aiohttp.ClientSession(auto_decompress=False) as session,
        ):
            yield Place(upstream, url, books, session)
    finally:
        await runner.cleanup()


def run(work: Callable[[Place], Awaitable[None]], **setup: Any) -> None:
    async def whole() -> None:
        async with place(**setup) as here:
            await work(here)

    asyncio.run(asyncio.wait_for(whole(), 60))


async def pieces(data: bytes, size: int = 1000, pause_s: float = 0.0) -> AsyncIterator[bytes]:
    """Bytes as they come from a client that sends them in chunks."""
    for at in range(0, len(data), size):
        yield data[at : at + size]
        await asyncio.sleep(pause_s)


@pytest.mark.parametrize("path", [CHAT, "/v1/files"])
@pytest.mark.parametrize("packing", ["gzip", "deflate", "zstd", "br", "gzip, gzip"])
def test_packed_requests_pass_byte_for_byte(path: str, packing: str) -> None:
    """Also those that no library here could unpack."""
    sent = gzip.compress(json.dumps({"model": "m", "prompt": "x" * 500}).encode()) + random.Random(1).randbytes(3000)

    async def work(here: Place) -> None:
        for chunked in (False, True):
            data = pieces(sent) if chunked else sent
            headers = {"Content-Encoding": packing, "Content-Type": "application/json"}
            async with here.session.post(here.url + path, data=data, headers=headers) as answer:
                assert answer.status == 200
            _, came, got = here.upstream.came[-1]
            assert got == sent
            assert came["Content-Encoding"] == packing
            assert chunked or int(came["Content-Length"]) == len(sent)

    run(work)


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


def test_a_stream_that_is_a_bomb_passes_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(bytes(300_000_000))

    async def bomb(request: web.Request) -> web.StreamResponse:
        kind = "text/event-stream" if "stream" in request.path else "application/json"
        return web.Response(body=packed, headers={"Content-Type": kind, "Content-Encoding": "gzip"})

    async def work(here: Place) -> None:
        for path in ("/stream/chat/completions", "/whole/chat/completions"):
            here.upstream.answers[path] = bomb
            async with here.session.post(here.url + path, json={}) as answer:
                assert await answer.read() == packed

    run(work)


@given(st.binary(max_size=2000), st.lists(st.integers(1, 50), max_size=10))
def test_an_unpacker_gives_what_was_packed_or_nothing(data: bytes, cuts: list[int]) -> None:
    packed, unpack, out = gzip.compress(data), Unpacker(), b""
    for cut in (*cuts, len(packed)):
        out += unpack.some(packed[:cut])
        packed = packed[cut:]
    assert out == data
    assert unpacked(gzip.compress(data), "gzip") == data


def test_bombs_are_not_unpacked() -> None:
    unpack = Unpacker()
    assert unpack.some(gzip.compress(bytes(50_000_000))) == b""
    assert unpack.some(b"more") == b""
    packed = zlib.compress(bytes(50_000_000))
    assert unpacked(packed, "deflate") is packed


def test_of_many_that_look_like_a_usage_the_last_are_tried() -> None:
    sound = b'{"usage":' * 200_000 + b'{"usage":{"prompt_tokens":1,"completion_tokens":2}}'
    found = find_usage(sound)
    assert found is not None
    assert found[0]["prompt_tokens"] == 1
    assert find_usage(b'{"usage":' * 300_000) is None


def test_a_request_of_a_million_objects_is_not_parsed() -> None:
    rich = b'{"model":"m","stream":true,"x":[' + b"{}," * 1_000_000 + b"{}]}"
    asked = read_body(rich, "chat")
    assert (asked.model, asked.stream, asked.askable) == ("m", True, False)
    image = json.dumps({"model": "m", "stream": True, "messages": [{"image": "A" * 3_000_000}]}).encode()
    assert read_body(image, "chat").askable
    form = b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--x\r\n' + b"\0" * 1000
    assert read_body(form, "audio").model == "whisper-1"


def test_bodies_held_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metered_route, "BODIES_BYTES", 300_000)

    async def work(here: Place) -> None:
        sent = json.dumps({"model": "m", "prompt": "x" * 200_000}).encode()

        async def post() -> None:
            async with here.session.post(here.url + CHAT, data=pieces(sent, 20_000, 0.005)) as answer:
                assert answer.status == 200

        await asyncio.gather(*(post() for _ in range(8)))
        assert {got for _, _, got in here.upstream.came} == {sent}

    run(work)
    assert body.BODIES_BYTES <= 1 << 28


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


def test_ollamas_lines_pass_as_they_come_and_are_counted() -> None:
    lines = [json.dumps({"model": "llama3", "message": {"role": "assistant", "content": w}}) for w in ("Hi", " ", "水")]
    last = {"model": "llama3", "message": {"content": ""}, "done": True, "prompt_eval_count": 26, "eval_count": 3,
            "prompt_eval_duration": 130_000_000, "eval_duration": 4_000_000}  # fmt: skip
    text = "\n".join([*lines, json.dumps(last)]).encode() + b"\n"

    async def chat(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        for at in range(0, len(text), 37):
            await response.write(text[at : at + 37])
            await asyncio.sleep(0.005)
        return response

    async def work(here: Place) -> None:
        here.upstream.answers["/api/chat"] = chat
        async with here.session.post(here.url + "/api/chat", json={"model": "llama3"}) as answer:
            assert await answer.read() == text
            name = answer.headers["X-Wattline-Request"]
        row = here.books.find(name)
        assert row is not None
        counts = ("model", "prompt_tokens", "output_tokens", "tokens_basis", "stream")
        assert [row[c] for c in counts] == ["llama3", 26, 3, "reported", True]

    run(work)


@given(st.lists(st.binary(max_size=30), max_size=10), st.integers(1, 20))
def test_any_lines_are_read_without_harm(lines: list[bytes], cut: int) -> None:
    tracked = TrackedRequest("x", "/api/chat", "ollama", "m", True, 0.0, 0.0)
    stream = LineStream(tracked, lambda count: None)
    data = b"\n".join(lines)
    for at in range(0, len(data), cut):
        stream.feed(data[at : at + cut])
    stream.finish()


def test_a_long_path_is_kept_short(tmp_path: Path) -> None:
    async def work(here: Place) -> None:
        async with here.session.post(here.url + "/" + "A" * 30_000 + CHAT, json={"model": "m"}) as answer:
            row = here.books.find(answer.headers["X-Wattline-Request"])
        assert row is not None
        assert len(row["path"]) <= 200

    run(work)


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

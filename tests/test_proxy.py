"""The proxy between a client and a server, over real sockets: nothing altered, everything counted, sums conserved."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from model_server import Machine, Server, Simulated, model_server  # noqa: E402
from wattline.schema.commands import ANSWERS  # noqa: E402
from wattline.web.proxy.accounting import Books  # noqa: E402
from wattline.web.proxy.pages import PAGES  # noqa: E402
from wattline.web.proxy.server import ProxySetup, running  # noqa: E402
from wattline.web.proxy.token_weights import Weigher, generic, modelled  # noqa: E402

CHAT = "/v1/chat/completions"
OURS = re.compile(rb',"energy_j":[0-9.e+-]+')
HOP = {"trailer", "transfer-encoding", "connection", "content-length", "date"}


def results_of(page: str, text: str) -> dict[str, Any]:
    """What a page says, held to its schema."""
    ANSWERS[page].model_validate_json(text)
    results: dict[str, Any] = json.loads(text)["results"]
    return results


@dataclass
class Place:
    """A server, a proxy before it, and a client's session."""

    server: Server
    machine: Machine
    url: str
    books: Books
    session: Any

    async def post(self, path: str, asked: dict[str, Any], direct: bool = False, **more: Any) -> Any:
        return await self.session.post((self.server.url if direct else self.url) + path, json=asked, **more)

    async def settled(self, name: str, **want: Any) -> dict[str, Any]:
        """The request, once its joules are settled."""
        for _ in range(400):
            async with self.session.get(f"{self.url}/wattline/requests/{name}") as answer:
                found = results_of("proxy requests", await answer.text()) if answer.status == 200 else {}
            if found.get("settled") and all(found[key] == value for key, value in want.items()):
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"never settled: {found}")

    async def energy(self) -> dict[str, Any]:
        """The totals, once nothing is open."""
        for _ in range(400):
            async with self.session.get(f"{self.url}/wattline/energy") as answer:
                found = results_of("proxy energy", await answer.text())
            if not found["running"] and abs(found["pending_j"] or 0.0) < 1e-6:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"never settled: {found}")


@asynccontextmanager
async def place(**setup: Any) -> AsyncIterator[Place]:
    machine = Machine()
    setup.setdefault("sensors", [Simulated(machine)])
    async with (
        model_server(machine) as server,
        running(ProxySetup(server.url, port=0, interval_s=0.03, **setup)) as (url, books),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False) as session,
    ):
        yield Place(server, machine, url, books, session)


def run(work: Callable[[Place], Awaitable[None]], **setup: Any) -> None:
    async def whole() -> None:
        async with place(**setup) as here:
            await work(here)

    asyncio.run(asyncio.wait_for(whole(), 60))


def kept(headers: Any) -> list[tuple[str, str]]:
    """End-to-end headers without the proxy's own."""
    return [(k, v) for k, v in headers.items() if k.lower() not in HOP and not k.startswith("X-Wattline")]


@pytest.mark.parametrize("path", [CHAT, "/v1/completions", "/v1/embeddings", "/v1/responses"])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_answer_gains_its_joules_and_nothing_else(path: str, seed: int) -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "seed": seed, "prompt": "hello", "style": "vllm", "max_tokens": 12}
        async with await here.post(path, asked, direct=True) as plain, await here.post(path, asked) as told:
            want, got = await plain.read(), await told.read()
            assert kept(told.headers) == kept(plain.headers)
            assert int(told.headers["Content-Length"]) == len(got)
            assert len(OURS.findall(got)) == 1
            assert OURS.sub(b"", got) == want
            joules = json.loads(got)["usage"]["energy_j"]
            assert joules == float(told.headers["X-Wattline-Energy-J"]) > 0
            low, high = map(float, told.headers["X-Wattline-Energy-Range-J"].split("-"))
            assert low < joules < high
        found = await here.settled(told.headers["X-Wattline-Request"])
        assert found["reported_j"] == joules
        assert 0 < found["energy_j"]["low"] < found["energy_j"]["value"] < found["energy_j"]["high"]
        assert found["energy_basis"] == "measured"
        assert found["output_tokens"] == (0 if "embed" in path else 12)
        # alone on a device of 110 W, it is given its own time, which the interval's mean blurs
        assert found["energy_j"]["value"] == pytest.approx(110 * found["duration_s"], rel=0.5)
        by_response = await here.settled(f"cmpl-{seed}")
        assert by_response["id"] == found["id"]

    run(work)


@pytest.mark.parametrize("style", ["openai", "sglang", "vllm", "llama"])
def test_streams_pass_byte_for_byte_and_their_tokens_are_known(style: str) -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "stream": True, "style": style, "max_tokens": 10, "prompt": "x", "pause_s": 0.003}
        for turn in range(3):
            async with await here.post(CHAT, asked, direct=True) as plain, await here.post(CHAT, asked) as seen:
                want, got = await plain.read(), await seen.read()
                assert got == want, turn
                assert kept(seen.headers) == kept(plain.headers)
                assert seen.headers["Trailer"] == "X-Wattline-Energy-J"
            found = await here.settled(seen.headers["X-Wattline-Request"])
            assert found["output_tokens"] == 10
            assert found["first_token_s"] < found["duration_s"]
            # the first stream shows what this server says unasked; from then on it is asked for its counts
            assert found["tokens_basis"] == ("counted" if turn == 0 and style != "llama" else "reported")
            assert 0 < found["energy_j"]["low"] < found["energy_j"]["value"] < found["energy_j"]["high"]
        asked["stream_options"] = {"include_usage": True}
        async with await here.post(CHAT, asked, direct=True) as plain, await here.post(CHAT, asked) as seen:
            want, got = await plain.read(), await seen.read()
            assert len(OURS.findall(got)) == 1
            assert OURS.sub(b"", got) == want

    run(work)


@pytest.mark.parametrize("body", [True, False])
def test_two_hundred_streams_at_once(body: bool, tmp_path: Path) -> None:
    async def one(here: Place, number: int, direct: bool) -> tuple[bytes, str]:
        asked = {
            "model": f"m{number % 3}", "stream": True, "seed": number, "max_tokens": 5 + number % 20,
            "prompt": "x" * (number * 7 % 900), "pause_s": 0.01,
        }  # fmt: skip
        if number % 2:
            asked["stream_options"] = {"include_usage": True}
        path = (CHAT, "/v1/completions", "/v1/responses")[number % 3]
        async with await here.post(path, asked, direct) as answer:
            assert answer.status == 200
            return await answer.read(), answer.headers.get("X-Wattline-Request", "")

    async def work(here: Place) -> None:
        wants = await asyncio.gather(*(one(here, number, True) for number in range(200)))
        for _ in range(2):  # the second time the proxy asks for usage on its own
            gots = await asyncio.gather(*(one(here, number, False) for number in range(200)))
            told = 0
            for (want, _), (got, _) in zip(wants, gots, strict=True):
                told += len(OURS.findall(got))
                assert OURS.sub(b"", got) == want
            assert told == (133 if body else 0)  # /responses always tells usage, the others where asked
        totals = await here.energy()
        each = [await here.settled(name) for _, name in gots]
        assert [one["output_tokens"] for one in each] == [5 + number % 20 for number in range(200)]
        assert {one["tokens_basis"] for one in each} == ({"reported"} if body else {"reported", "counted"})
        everyone = [here.books.show(tracked) for tracked in here.books.ledger.finished.values()]
        assert len(everyone) == 400
        given = sum(one["energy_j"] for one in everyone)
        assert given == pytest.approx(totals["requests_j"], rel=1e-9)
        assert given + totals["idle_j"] == pytest.approx(totals["device_j"], rel=1e-9)
        assert all(one["energy_j"] > 0 for one in everyone)

    journal = tmp_path / "proxy.db"
    run(work, journal=journal, body=body)
    with sqlite3.connect(journal) as db:
        (given,) = db.execute("SELECT sum(energy_j) FROM request WHERE settled").fetchone()
        device, idle, requests = db.execute("SELECT sum(device_j), sum(idle_j), sum(requests_j) FROM energy").fetchone()
        assert db.execute("SELECT count(*) FROM request WHERE outcome = 'ok'").fetchone() == (400,)
    assert given == pytest.approx(requests, rel=1e-9)
    assert idle + requests == pytest.approx(device, rel=1e-9)


def test_pieces_arrive_as_they_come() -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "stream": True, "max_tokens": 5, "pause_s": 0.05, "prompt": "x"}
        async with await here.post(CHAT, asked) as answer:
            first = await answer.content.readany()
            # the rest is still to be made while the first is here
            assert here.machine.active == 1
            assert first.startswith(b": hello\n\n")
            assert b"[DONE]" not in first
            assert (await answer.read()).endswith(b"data: [DONE]\n\n")

    run(work)


def test_events_that_come_in_halves_are_whole() -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "stream": True, "max_tokens": 6, "prompt": "x", "fault": "split"}
        async with await here.post(CHAT, asked, direct=True) as plain, await here.post(CHAT, asked) as seen:
            assert await seen.read() == await plain.read()

    run(work)


def test_the_energy_of_a_stream_stands_in_its_trailer() -> None:
    async def work(here: Place) -> None:
        host, _, port = here.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = json.dumps({"model": "m", "stream": True, "max_tokens": 4, "prompt": "x", "pause_s": 0.02}).encode()
        head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        for _ in range(2):  # the connection stays good for another
            writer.write(head + body)
            raw = await reader.readuntil(b"X-Wattline-Energy-J: ")  # in the Trailer header's shadow: the field itself
            raw += await reader.readuntil(b"\r\n\r\n")
            assert b"\r\n0\r\nX-Wattline-Energy-J: " in raw
            assert float(raw.rpartition(b": ")[2]) > 0
        writer.close()

    run(work)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "POST"])
def test_every_method_path_and_header_passes(method: str) -> None:
    async def work(here: Place) -> None:
        path = "/a%2Fb/../c?q=%20%C3%A9&q=2&x"
        url = here.url + path
        from yarl import URL

        data = b"\x00\xff raw" if method in ("PUT", "PATCH", "POST") else None
        headers = [("X-A", "1"), ("X-A", "2"), ("authorization", "Bearer s3cret"), ("Accept-Encoding", "br")]
        async with here.session.request(method, URL(url, encoded=True), data=data, headers=headers) as answer:
            assert answer.status == 200
            assert answer.headers.getall("X-Twice") == ["1", "2"]
            assert (b"x-lower", b"CaSe") in answer.raw_headers
            assert await answer.read() == (data or b"")
        got = here.server.seen[-1]
        assert (got[0], got[1]) == (method, path)
        sent = [(k, v) for k, v in got[2] if k.lower() in ("x-a", "authorization", "accept-encoding")]
        assert sent == headers
        assert dict(got[2])["Host"] == here.server.url.removeprefix("http://")

    run(work)


@pytest.mark.parametrize("status", [204, 301, 304, 401, 404, 429, 500, 503])
def test_statuses_pass(status: int) -> None:
    async def work(here: Place) -> None:
        for direct in (True, False):
            url = here.server.url if direct else here.url
            async with here.session.get(f"{url}/x?status={status}", allow_redirects=False) as answer:
                seen = (answer.status, answer.reason, kept(answer.headers), await answer.read())
                if direct:
                    want = seen
        assert seen == want

    run(work)


def test_large_and_chunked_uploads_pass() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(64):
            yield bytes([number]) * 65_536

    async def work(here: Place) -> None:
        async with here.session.put(here.url + "/upload", data=parts()) as answer:
            got = await answer.read()
        assert got == b"".join([bytes([number]) * 65_536 for number in range(64)])
        assert ("Transfer-Encoding", "chunked") in here.server.seen[-1][2]
        text = "word " * 2_000_000  # 10 MB of prompt
        async with await here.post(CHAT, {"model": "m", "prompt": text}) as answer:
            assert (await answer.json())["usage"]["energy_j"] > 0

    run(work)


def test_requests_too_long_to_read_pass_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wattline.web.proxy.metered_route.READ_BYTES", 1000)
    monkeypatch.setattr("wattline.web.proxy.metered_route.ANSWER_BYTES", 100)

    async def work(here: Place) -> None:
        asked = {"model": "m", "prompt": "x" * 500_000, "max_tokens": 200}
        async with await here.post(CHAT, asked, direct=True) as plain, await here.post(CHAT, asked) as seen:
            assert await seen.read() == await plain.read()
        assert json.loads(here.server.seen[-1][3]) == asked

    run(work)


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"[1, 2]", b"\xff\x00", b'{"stream": tru'])
def test_bodies_that_are_not_json_get_the_servers_own_answer(raw: bytes) -> None:
    async def work(here: Place) -> None:
        results = []
        for url in (here.server.url, here.url):
            async with here.session.post(url + CHAT, data=raw) as answer:
                results.append((answer.status, await answer.read()))
            assert here.server.seen[-1][3] == raw
        if raw != b"[1, 2]":
            assert results[0] == results[1]
            assert results[0][0] == 400

    run(work)


def test_a_refused_stream_is_tried_as_the_client_sent_it() -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "stream": True, "max_tokens": 3, "prompt": "x"}
        async with await here.post(CHAT, asked) as answer:
            want = await answer.read()
        strict = asked | {"fault": "strict"}
        for _ in range(2):
            async with await here.post(CHAT, strict) as answer:
                assert answer.status == 200
                assert await answer.read() == want
        async with await here.post(CHAT, asked | {"fault": "refuse"}) as answer:
            assert answer.status == 400
            assert await answer.json() == {"error": {"message": "no", "type": "invalid_request_error"}}
        found = await here.settled(answer.headers["X-Wattline-Request"])
        assert found["status"] == 400

    run(work)


@pytest.mark.parametrize("body", [True, False])
def test_packed_answers_are_read_and_not_touched(body: bool) -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "prompt": "x", "fault": "gzip"}
        gz = {"Accept-Encoding": "gzip"}
        async with await here.post(CHAT, asked, direct=True, headers=gz) as plain:
            want = await plain.read()
        async with await here.post(CHAT, asked, headers=gz) as seen:
            got = await seen.read()
            assert seen.headers["Content-Encoding"] == "gzip"
            assert json.loads(gzip.decompress(got)) == json.loads(gzip.decompress(want))
            assert float(seen.headers["X-Wattline-Energy-J"]) > 0
        found = await here.settled(seen.headers["X-Wattline-Request"])
        assert found["output_tokens"] == 8
        assert dict(here.server.seen[-1][2])["Accept-Encoding"] == ("identity" if body else "gzip")

    run(work, body=body)


async def until_the_end(answer: Any, parts: list[bytes]) -> None:
    async for data in answer.content.iter_any():
        parts.append(data)


def test_an_upstream_that_dies_in_mid_stream_is_seen_by_the_client() -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "stream": True, "max_tokens": 9, "prompt": "x", "fault": "die", "pause_s": 0.01}
        async with await here.post(CHAT, asked) as answer:
            parts: list[bytes] = []
            with pytest.raises(aiohttp.ClientPayloadError):
                await until_the_end(answer, parts)
            got = b"".join(parts)
        assert got.count(b"data: ") == 3  # what came before is there
        found = await here.settled(answer.headers["X-Wattline-Request"])
        assert found["outcome"] == "upstream broke off"
        assert found["output_tokens"] == 2
        assert 0 < found["energy_j"]["low"] < found["energy_j"]["value"] < found["energy_j"]["high"]

    run(work)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"nonsense\r\n\r\n", b" 400 "),
        (b"POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b" 400 "),
        (b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b" 400 "),
        (b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{", b""),  # and hangs up
        (b"PUT /up HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{", b""),
        (b"GET http://other.example/x HTTP/1.1\r\nHost: other.example\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Twice: 1"),
        (b"GET /x HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\nX-Twice: 1"),
        (
            b'POST /v1/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n{"model":"',
            b"100",
        ),
    ],
)
def test_odd_clients_harm_nobody(raw: bytes, says: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    async def work(here: Place) -> None:
        host, _, port = here.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(raw)
        if says:
            assert says in await asyncio.wait_for(reader.read(4000), 10)
        writer.close()
        async with await here.post(CHAT, {"model": "m", "prompt": "x"}) as answer:
            assert answer.status == 200
        assert not here.books.ledger.running

    run(work)
    assert "Traceback" not in capfd.readouterr().err


def test_websockets_pass() -> None:
    async def work(here: Place) -> None:
        async with here.session.ws_connect(f"{here.url}/v1/realtime?model=m", protocols=["realtime"]) as socket:
            assert socket.protocol == "realtime"
            await socket.send_str("hello 水")
            assert (await socket.receive()).data == "hello 水"
            await socket.send_bytes(b"\x00" * 3_000_000)
            assert (await socket.receive()).data == b"\x00" * 3_000_000
            await socket.send_str("bye")
            await socket.receive()
            assert socket.close_code == 4001

    run(work)


def test_an_upstream_that_is_down_is_one_clear_line() -> None:
    async def work() -> None:
        setup = ProxySetup("http://127.0.0.1:9", port=0, interval_s=0.03, sensors=[Simulated(Machine())])
        async with running(setup) as (url, _), aiohttp.ClientSession() as session:
            for path in (CHAT, "/v1/models"):
                async with session.post(url + path, json={"model": "m"}) as answer:
                    text = await answer.text()
                    assert answer.status == 502
                assert text.count("\n") == 1
                assert "upstream cannot be reached" in json.loads(text)["error"]["message"]
                assert "127.0.0.1" not in text
            async with session.get(url + "/wattline/healthz") as answer:
                assert answer.status == 200
                assert results_of("proxy healthz", await answer.text())["status"] == "ok"

    asyncio.run(work())


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_hangs_up_stops_the_upstream(stream: bool) -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "stream": stream, "max_tokens": 1000, "prompt": "x", "pause_s": 0.05}
        post = asyncio.create_task(here.post(CHAT, asked))
        if stream:
            answer = await post
            await answer.content.readany()
            answer.close()
        else:
            await asyncio.sleep(0.2)
            post.cancel()
        for _ in range(200):
            if here.server.left:
                break
            await asyncio.sleep(0.02)
        assert here.server.left == 1
        assert here.machine.active == 0
        (tracked,) = here.books.ledger.finished.values()
        found = await here.settled(tracked.id, outcome="client left")
        assert 0 < found["energy_j"]["low"] < found["energy_j"]["value"] < found["energy_j"]["high"]

    run(work)


def test_a_slow_client_loses_nothing() -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "stream": True, "max_tokens": 20_000, "prompt": "x"}
        async with await here.post(CHAT, asked, direct=True) as plain, await here.post(CHAT, asked) as seen:
            want = await plain.read()
            assert len(want) > 1_000_000
            await asyncio.sleep(0.5)
            assert await seen.read() == want

    run(work)


@pytest.mark.parametrize(
    ("sensors", "field", "header"),
    [([], False, False), ("modelled", True, True), ("gone", False, False), ("watts", True, True)],
)
def test_energy_that_is_not_known_is_never_zero(sensors: Any, field: bool, header: bool) -> None:
    machine = Machine()
    if sensors:
        one = Simulated(machine, counter=sensors == "counter", modelled=sensors == "modelled")
        one.gone = "unplugged" if sensors == "gone" else ""
        sensors = [one]

    async def work(here: Place) -> None:
        async with await here.post(CHAT, {"model": "m", "prompt": "x", "max_tokens": 30}) as answer:
            used = (await answer.json())["usage"]
        assert ("energy_j" in used) is field
        assert ("X-Wattline-Energy-J" in answer.headers) is header
        modelled = bool(sensors) and sensors[0].spec.modelled
        assert used.get("energy_modelled", False) is modelled
        async with here.session.get(f"{here.url}/wattline/requests/{answer.headers['X-Wattline-Request']}") as told:
            found = results_of("proxy requests", await told.text())
        async with here.session.get(f"{here.url}/wattline/metrics") as told:
            metrics = await told.text()
        if not field:
            assert found["energy_j"] is None
            assert not re.search(r"^wattline_(request|idle|device)_energy_joules_total", metrics, re.M)
        else:
            assert 0 < found["energy_j"]["low"] < found["energy_j"]["value"] < found["energy_j"]["high"]
            assert found["energy_basis"] == ("modelled" if modelled else "measured")

    run(work, sensors=sensors)


@pytest.mark.parametrize("weigher", [generic(), modelled("llama-3.1-8b", "h100-sxm")], ids=["generic", "step model"])
def test_the_metrics_add_up(weigher: Weigher) -> None:
    async def work(here: Place) -> None:
        for number in range(6):
            asked = {"model": f"m{number % 2}", "prompt": "x", "stream": number % 3 == 0, "pause_s": 0.005}
            async with await here.post(CHAT, asked) as answer:
                await answer.read()
        await here.settled(answer.headers["X-Wattline-Request"])
        await here.energy()
        async with here.session.get(f"{here.url}/wattline/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            text = await answer.text()

        def total(name: str) -> float:
            return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

        given, idle = total("wattline_request_energy_joules_total"), total("wattline_idle_energy_joules_total")
        assert given + idle == pytest.approx(total("wattline_device_energy_joules_total"), rel=1e-9)
        assert given > 0
        assert total("wattline_requests_total") == 6
        assert total('wattline_tokens_total{model="m0",type="output"}') == 24
        assert total("wattline_joules_per_output_token_count") == 6

    run(work, weigher=weigher)


def test_names_of_models_do_not_flood_the_metrics() -> None:
    from wattline.web.proxy.metrics import MODELS, Metrics

    metrics = Metrics("measured")
    names = {metrics.name(f"model-{number}") for number in range(MODELS + 50)}
    assert len(names) == MODELS + 1
    assert "other" in names


@pytest.mark.parametrize(("path", "status"), [("nothing", 404), ("requests/none", 404), ("requests/", 404), ("", 404)])
def test_pages_that_are_not_there(path: str, status: int) -> None:
    async def work(here: Place) -> None:
        async with here.session.get(f"{here.url}/wattline/{path}") as answer:
            assert answer.status == status
            assert "error" in await answer.json()
        async with here.session.post(f"{here.url}/wattline/healthz") as answer:
            assert answer.status == 405

    run(work)


def test_the_openai_client_works_through_the_proxy() -> None:
    openai = pytest.importorskip("openai", reason="the openai client is not installed: pip install openai")

    async def work(here: Place) -> None:
        async with openai.AsyncOpenAI(base_url=f"{here.url}/v1", api_key="k") as client:
            messages = [{"role": "user", "content": "Say something"}]
            answer = await client.chat.completions.create(model="m", messages=messages, max_tokens=9)
            assert answer.usage.completion_tokens == 9
            assert answer.usage.energy_j > 0
            raw = await client.chat.completions.with_raw_response.create(model="m", messages=messages)
            assert float(raw.headers["X-Wattline-Energy-J"]) > 0
            for options in ({}, {"stream_options": {"include_usage": True}}):
                stream = await client.chat.completions.create(model="m", messages=messages, stream=True, **options)
                chunks = [chunk async for chunk in stream]
                text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
                assert text == raw.parse().choices[0].message.content
                assert hasattr(chunks[-1].usage, "energy_j") is bool(options)
            vectors = await client.embeddings.create(model="m", input="x")
            assert vectors.usage.energy_j > 0
            done = await client.responses.create(model="m", input="x")
            assert done.usage.energy_j > 0
            with pytest.raises(openai.BadRequestError, match="no"):
                await client.chat.completions.create(model="m", messages=messages, extra_body={"fault": "refuse"})

    run(work)


def test_the_first_answers_are_told_their_joules_and_settled_ones_stay_near() -> None:
    async def work(here: Place) -> None:
        asked = {"model": "m", "prompt": "x", "max_tokens": 100}
        begin = time.monotonic()
        async with await here.post(CHAT, asked) as answer:
            told = (await answer.json())["usage"]["energy_j"]
        spent = time.monotonic() - begin
        found = await here.settled(answer.headers["X-Wattline-Request"])
        assert 0 < found["energy_j"]["value"] <= 111 * spent
        assert told == pytest.approx(found["energy_j"]["value"], rel=0.5)

    run(work)


def test_every_page_but_the_metrics_has_a_type() -> None:
    pages = {f"proxy {page.partition('/')[0]}" for page in PAGES if page != "metrics"}
    assert pages == {name for name in ANSWERS if name.startswith("proxy ")}

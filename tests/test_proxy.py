"""The proxy between a client and a server, over real sockets: nothing altered, everything counted, sums conserved."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from proxy_place import CHAT, Place, run

OURS = re.compile(rb',"energy_j":[0-9.e+-]+')


HOP = {"trailer", "transfer-encoding", "connection", "content-length", "date"}


def kept(headers: Any) -> list[tuple[str, str]]:
    """End-to-end headers without the proxy's own."""
    return [(k, v) for k, v in headers.items() if k.lower() not in HOP and not k.startswith("X-Wattline")]


@pytest.mark.parametrize("path", [CHAT, "/v1/completions", "/v1/embeddings", "/v1/responses"])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_answer_gains_its_joules_and_nothing_else(path: str, seed: int) -> None:
    async def work(here: Place) -> None:
        request = {"model": "m", "seed": seed, "prompt": "hello", "style": "vllm", "max_tokens": 12}
        async with await here.post(path, request, direct=True) as plain, await here.post(path, request) as reported:
            want, got = await plain.read(), await reported.read()
            assert kept(reported.headers) == kept(plain.headers)
            assert int(reported.headers["Content-Length"]) == len(got)
            assert len(OURS.findall(got)) == 1
            assert OURS.sub(b"", got) == want
            joules = json.loads(got)["usage"]["energy_j"]
            assert joules == float(reported.headers["X-Wattline-Energy-J"]) > 0
            low, high = map(float, reported.headers["X-Wattline-Energy-Range-J"].split("-"))
            assert low < joules < high
        result = await here.settled(reported.headers["X-Wattline-Request"])
        assert result["reported_j"] == joules
        assert 0 < result["energy_j"]["low"] < result["energy_j"]["value"] < result["energy_j"]["high"]
        assert result["energy_basis"] == "measured"
        assert result["output_tokens"] == (0 if "embed" in path else 12)
        # alone on a device of 110 W, it is given its own time, which the interval's mean blurs
        assert result["energy_j"]["value"] == pytest.approx(110 * result["duration_s"], rel=0.5)
        by_response = await here.settled(f"cmpl-{seed}")
        assert by_response["id"] == result["id"]

    run(work)


@pytest.mark.parametrize("style", ["openai", "sglang", "vllm", "llama"])
def test_streams_pass_byte_for_byte_and_their_tokens_are_known(style: str) -> None:
    async def work(here: Place) -> None:
        request = {"model": "m", "stream": True, "style": style, "max_tokens": 10, "prompt": "x", "pause_s": 0.003}
        for turn in range(3):
            async with await here.post(CHAT, request, direct=True) as plain, await here.post(CHAT, request) as seen:
                want, got = await plain.read(), await seen.read()
                assert got == want, turn
                assert kept(seen.headers) == kept(plain.headers)
                assert seen.headers["Trailer"] == "X-Wattline-Energy-J"
            result = await here.settled(seen.headers["X-Wattline-Request"])
            assert result["output_tokens"] == 10
            assert result["first_token_s"] < result["duration_s"]
            # the first stream shows what this server says unasked; from then on it is asked for its counts
            assert result["tokens_basis"] == ("counted" if turn == 0 and style != "llama" else "reported")
            assert 0 < result["energy_j"]["low"] < result["energy_j"]["value"] < result["energy_j"]["high"]
        request["stream_options"] = {"include_usage": True}
        async with await here.post(CHAT, request, direct=True) as plain, await here.post(CHAT, request) as seen:
            want, got = await plain.read(), await seen.read()
            assert len(OURS.findall(got)) == 1
            assert OURS.sub(b"", got) == want

    run(work)


@pytest.mark.parametrize("body", [True, False])
def test_two_hundred_streams_at_once(body: bool, tmp_path: Path) -> None:
    async def single(here: Place, number: int, direct: bool) -> tuple[bytes, str]:
        request = {
            "model": f"m{number % 3}", "stream": True, "seed": number, "max_tokens": 5 + number % 20,
            "prompt": "x" * (number * 7 % 900), "pause_s": 0.01,
        }  # fmt: skip
        if number % 2:
            request["stream_options"] = {"include_usage": True}
        path = (CHAT, "/v1/completions", "/v1/responses")[number % 3]
        async with await here.post(path, request, direct) as answer:
            assert answer.status == 200
            return await answer.read(), answer.headers.get("X-Wattline-Request", "")

    async def work(here: Place) -> None:
        wants = await asyncio.gather(*[single(here, number, True) for number in range(200)])
        for _ in range(2):  # the second time the proxy asks for usage on its own
            gots = await asyncio.gather(*[single(here, number, False) for number in range(200)])
            reported = 0
            for (want, _), (got, _) in zip(wants, gots, strict=True):
                reported += len(OURS.findall(got))
                assert OURS.sub(b"", got) == want
            assert reported == (133 if body else 0)  # /responses always tells usage, the others where asked
        totals = await here.energy()
        each = [await here.settled(name) for _, name in gots]
        assert [single["output_tokens"] for single in each] == [5 + number % 20 for number in range(200)]
        assert {single["tokens_basis"] for single in each} == ({"reported"} if body else {"reported", "counted"})
        everyone = [here.books.show(tracked) for tracked in here.books.ledger.finished.values()]
        assert len(everyone) == 400
        given = sum(single["energy_j"] for single in everyone)
        assert given == pytest.approx(totals["requests_j"], rel=1e-9)
        assert given + totals["idle_j"] == pytest.approx(totals["device_j"], rel=1e-9)
        assert all(single["energy_j"] > 0 for single in everyone)

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
        request = {"model": "m", "stream": True, "max_tokens": 5, "pause_s": 0.05, "prompt": "x"}
        async with await here.post(CHAT, request) as answer:
            first = await answer.content.readany()
            # the rest is still to be made while the first is here
            assert here.machine.active == 1
            assert first.startswith(b": hello\n\n")
            assert b"[DONE]" not in first
            assert (await answer.read()).endswith(b"data: [DONE]\n\n")

    run(work)


def test_events_that_come_in_halves_are_whole() -> None:
    async def work(here: Place) -> None:
        request = {"model": "m", "stream": True, "max_tokens": 6, "prompt": "x", "fault": "split"}
        async with await here.post(CHAT, request, direct=True) as plain, await here.post(CHAT, request) as seen:
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
        request = {"model": "m", "prompt": "x" * 500_000, "max_tokens": 200}
        async with await here.post(CHAT, request, direct=True) as plain, await here.post(CHAT, request) as seen:
            assert await seen.read() == await plain.read()
        assert json.loads(here.server.seen[-1][3]) == request

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
        request = {"model": "m", "stream": True, "max_tokens": 3, "prompt": "x"}
        async with await here.post(CHAT, request) as answer:
            want = await answer.read()
        strict = request | {"fault": "strict"}
        for _ in range(2):
            async with await here.post(CHAT, strict) as answer:
                assert answer.status == 200
                assert await answer.read() == want
        async with await here.post(CHAT, request | {"fault": "refuse"}) as answer:
            assert answer.status == 400
            assert await answer.json() == {"error": {"message": "no", "type": "invalid_request_error"}}
        result = await here.settled(answer.headers["X-Wattline-Request"])
        assert result["status"] == 400

    run(work)


@pytest.mark.parametrize("body", [True, False])
def test_packed_answers_are_read_and_not_touched(body: bool) -> None:
    async def work(here: Place) -> None:
        request = {"model": "m", "prompt": "x", "fault": "gzip"}
        gz = {"Accept-Encoding": "gzip"}
        async with await here.post(CHAT, request, direct=True, headers=gz) as plain:
            want = await plain.read()
        async with await here.post(CHAT, request, headers=gz) as seen:
            got = await seen.read()
            assert seen.headers["Content-Encoding"] == "gzip"
            assert json.loads(gzip.decompress(got)) == json.loads(gzip.decompress(want))
            assert float(seen.headers["X-Wattline-Energy-J"]) > 0
        result = await here.settled(seen.headers["X-Wattline-Request"])
        assert result["output_tokens"] == 8
        assert dict(here.server.seen[-1][2])["Accept-Encoding"] == ("identity" if body else "gzip")

    run(work, body=body)

"""What passes through the proxy's doors: packed bodies, bombs, long paths and lines of JSON."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import zlib
from pathlib import Path

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from aiohttp import web  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from doors_place import CHAT, Place, pieces, run  # noqa: E402
from wattline.web.proxy import body, metered_route  # noqa: E402
from wattline.web.proxy.body import read_body  # noqa: E402
from wattline.web.proxy.lines import LineStream  # noqa: E402
from wattline.web.proxy.tracked_request import TrackedRequest  # noqa: E402
from wattline.web.proxy.unpacking import Unpacker, unpack_copy  # noqa: E402
from wattline.web.proxy.usage import find_usage  # noqa: E402


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
    assert unpack_copy(gzip.compress(data), "gzip") == data


def test_bombs_are_not_unpacked() -> None:
    unpack = Unpacker()
    assert unpack.some(gzip.compress(bytes(50_000_000))) == b""
    assert unpack.some(b"more") == b""
    packed = zlib.compress(bytes(50_000_000))
    assert unpack_copy(packed, "deflate") is packed


def test_of_many_that_look_like_a_usage_the_last_are_tried() -> None:
    sound = b'{"usage":' * 200_000 + b'{"usage":{"prompt_tokens":1,"completion_tokens":2}}'
    result = find_usage(sound)
    assert result is not None
    assert result[0]["prompt_tokens"] == 1
    assert find_usage(b'{"usage":' * 300_000) is None


def test_a_request_of_a_million_objects_is_not_parsed() -> None:
    rich = b'{"model":"m","stream":true,"x":[' + b"{}," * 1_000_000 + b"{}]}"
    request = read_body(rich, "chat")
    assert (request.model, request.stream, request.askable) == ("m", True, False)
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

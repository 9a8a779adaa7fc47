"""The proxy's clients: those that are odd, slow or hang up, upstreams that die, and pages of its own."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

import pytest

from model_server import Machine, Simulated
from proxy_place import CHAT, Place, aiohttp, results_of, run
from wattline.schema.commands import ANSWERS
from wattline.web.proxy.pages import PAGES
from wattline.web.proxy.server import ProxySetup, running
from wattline.web.proxy.token_weights import Weigher, generic, model_weights


async def until_the_end(answer: Any, parts: list[bytes]) -> None:
    async for data in answer.content.iter_any():
        parts.append(data)


def test_an_upstream_that_dies_in_mid_stream_is_seen_by_the_client() -> None:
    async def work(here: Place) -> None:
        request = {"model": "m", "stream": True, "max_tokens": 9, "prompt": "x", "fault": "die", "pause_s": 0.01}
        async with await here.post(CHAT, request) as answer:
            parts: list[bytes] = []
            with pytest.raises(aiohttp.ClientPayloadError):
                await until_the_end(answer, parts)
            got = b"".join(parts)
        assert got.count(b"data: ") == 3  # what came before is there
        result = await here.settled(answer.headers["X-Wattline-Request"])
        assert result["outcome"] == "upstream broke off"
        assert result["output_tokens"] == 2
        assert 0 < result["energy_j"]["low"] < result["energy_j"]["value"] < result["energy_j"]["high"]

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
        request = {"model": "m", "stream": stream, "max_tokens": 1000, "prompt": "x", "pause_s": 0.05}
        post = asyncio.create_task(here.post(CHAT, request))
        if stream:
            answer = await post
            await answer.content.readany()
            answer.close()
        else:
            for _ in range(1500):  # until the server works on it
                if here.machine.active:
                    break
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)
            post.cancel()
        for _ in range(1500):
            if here.server.left:
                break
            await asyncio.sleep(0.02)
        assert here.server.left == 1
        assert here.machine.active == 0
        (tracked,) = here.books.ledger.finished.values()
        result = await here.settled(tracked.id, outcome="client left")
        assert 0 < result["energy_j"]["low"] < result["energy_j"]["value"] < result["energy_j"]["high"]

    run(work)


def test_a_slow_client_loses_nothing() -> None:
    async def work(here: Place) -> None:
        request = {"model": "m", "stream": True, "max_tokens": 20_000, "prompt": "x"}
        async with await here.post(CHAT, request, direct=True) as plain, await here.post(CHAT, request) as seen:
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
        single = Simulated(machine, counter=sensors == "counter", modelled=sensors == "modelled")
        single.gone = "unplugged" if sensors == "gone" else ""
        sensors = [single]

    async def work(here: Place) -> None:
        async with await here.post(CHAT, {"model": "m", "prompt": "x", "max_tokens": 30}) as answer:
            used = (await answer.json())["usage"]
        assert ("energy_j" in used) is field
        assert ("X-Wattline-Energy-J" in answer.headers) is header
        modelled = bool(sensors) and sensors[0].spec.modelled
        assert used.get("energy_modelled", False) is modelled
        async with here.session.get(f"{here.url}/wattline/requests/{answer.headers['X-Wattline-Request']}") as reported:
            result = results_of("proxy requests", await reported.text())
        async with here.session.get(f"{here.url}/wattline/metrics") as reported:
            metrics = await reported.text()
        if not field:
            assert result["energy_j"] is None
            assert not re.search(r"^wattline_(request|idle|device)_energy_joules_total", metrics, re.M)
        else:
            assert 0 < result["energy_j"]["low"] < result["energy_j"]["value"] < result["energy_j"]["high"]
            assert result["energy_basis"] == ("modelled" if modelled else "measured")

    run(work, sensors=sensors)


@pytest.mark.parametrize(
    "weigher", [generic(), model_weights("llama-3.1-8b", "h100-sxm")], ids=["generic", "step model"]
)
def test_the_metrics_add_up(weigher: Weigher) -> None:
    async def work(here: Place) -> None:
        for number in range(6):
            request = {"model": f"m{number % 2}", "prompt": "x", "stream": number % 3 == 0, "pause_s": 0.005}
            async with await here.post(CHAT, request) as answer:
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


def test_the_latest_requests_are_listed_with_what_the_model_predicts_beside() -> None:
    async def work(here: Place) -> None:
        names = []
        for tokens in (40, 80, 20):
            request = {"model": "m", "prompt": "a prompt", "max_tokens": tokens}
            async with await here.post(CHAT, request) as answer:
                await answer.read()
                names.append(answer.headers["X-Wattline-Request"])
        for name in names:
            await here.settled(name)
        for last, listed in (("", names[::-1]), ("?last=2", names[:0:-1]), ("?last=1", names[2:])):
            async with here.session.get(f"{here.url}/wattline/latest{last}") as answer:
                rows = results_of("proxy latest", await answer.text())["latest"]
            assert [row["id"] for row in rows] == listed
        async with here.session.get(f"{here.url}/wattline/latest") as answer:
            rows = results_of("proxy latest", await answer.text())["latest"]
        predicted = {row["output_tokens"]: row["predicted_j"] for row in rows}
        assert 0 < predicted[20] < predicted[40] < predicted[80]
        for last in ("0", "201", "x", "-1", "9" * 50):
            async with here.session.get(f"{here.url}/wattline/latest?last={last}") as answer:
                assert answer.status == 400

    run(work, weigher=model_weights("llama-3.1-8b", "h100-sxm"))


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
        request = {"model": "m", "prompt": "x", "max_tokens": 100}
        begin = time.monotonic()
        async with await here.post(CHAT, request) as answer:
            reported = (await answer.json())["usage"]["energy_j"]
        spent = time.monotonic() - begin
        result = await here.settled(answer.headers["X-Wattline-Request"])
        assert 0 < result["energy_j"]["value"] <= 111 * spent
        assert reported == pytest.approx(result["energy_j"]["value"], rel=0.5)

    run(work)


def test_every_page_but_the_metrics_has_a_type() -> None:
    pages = {f"proxy {page.partition('/')[0]}" for page in PAGES if page != "metrics"}
    assert pages == {name for name in ANSWERS if name.startswith("proxy ")}

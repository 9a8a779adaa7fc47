"""Latency that `wattline proxy` adds to each piece of a stream, with many streams at once.

    .venv/bin/python benchmarks/proxy.py [--streams 200] [--pieces 120] [--pause-ms 40]

A small OpenAI-compatible server stamps every piece with the clock as it writes it; a client, in a process of its own,
subtracts that from the clock when the piece arrives. Each round goes straight to the server and then through the proxy
(with a simulated sensor read ten times a second, a journal, and energy in the bodies). The difference of the
percentiles is what the proxy adds. All three processes run on this machine and share its cores.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import numpy as np
import uvloop
from aiohttp import web

from wattline.meter.device import Device
from wattline.meter.sensor import Reading, Spec
from wattline.web.proxy.server import ProxySetup, running, steady


class Constant:
    """A simulated GPU at 500 W."""

    device = Device("benchmark", "GPU-0", "gpu", "Simulated GPU")
    spec = Spec("simulated")

    def read(self) -> Reading:
        return Reading(500.0, 500.0 * time.monotonic())

    def close(self) -> None:
        pass


async def stream(request: web.Request) -> web.StreamResponse:
    """Pieces with exponential pauses, each stamped with the monotonic clock."""
    fields = await request.json()
    chance = random.Random(fields["seed"])
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for number in range(fields["pieces"]):
        await asyncio.sleep(chance.expovariate(1 / fields["pause_s"]))
        head = (
            b'data: {"id":"x","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":" '
        )
        stamp = time.monotonic_ns()
        await response.write(head + b'word%d"},"finish_reason":null}],"at":%d}\n\n' % (number, stamp))
    usage = b'{"prompt_tokens":9,"completion_tokens":%d,"total_tokens":%d}' % (fields["pieces"], fields["pieces"] + 9)
    await response.write(b'data: {"id":"x","choices":[],"usage":' + usage + b"}\n\ndata: [DONE]\n\n")
    await response.write_eof()
    return response


async def model_server(pipe: Connection) -> None:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", stream)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.Event().wait()


async def proxy(pipe: Connection, upstream: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        setup = ProxySetup(upstream, port=0, sensors=[Constant()], journal=Path(folder) / "proxy.db")
        steady()
        async with running(setup) as (address, _):
            pipe.send(address)
            await asyncio.Event().wait()


async def stream_delays_ms(
    session: aiohttp.ClientSession, url: str, seed: int, options: argparse.Namespace
) -> list[float]:
    """Milliseconds from writing to arrival, of each piece of one stream."""
    fields = {
        "model": "m", "stream": True, "stream_options": {"include_usage": True}, "seed": seed,
        "pieces": options.pieces, "pause_s": options.pause_ms / 1000,
        "messages": [{"role": "user", "content": "hello"}],
    }  # fmt: skip
    took = []
    async with session.post(f"{url}/v1/chat/completions", json=fields) as answer:
        async for data in answer.content.iter_any():
            now = time.monotonic_ns()
            for line in data.split(b"\n\n"):
                _, mark, rest = line.partition(b'"at":')
                if mark:
                    took.append((now - int(rest.rstrip(b"}"))) / 1e6)
    assert len(took) == options.pieces
    return took


async def client(url: str, options: argparse.Namespace) -> np.ndarray:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        rows = await asyncio.gather(*(stream_delays_ms(session, url, seed, options) for seed in range(options.streams)))
    # the beginning, when all connect at once, is a burst of another kind
    return np.concatenate([row[5:] for row in rows])


def start(work, *args) -> tuple[multiprocessing.Process, str]:  # type: ignore[no-untyped-def]
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=lambda: uvloop.run(work(there, *args)), daemon=True)
    process.start()
    return process, here.recv()


def cpu_seconds(process: multiprocessing.Process) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--pieces", type=int, default=60)
    parser.add_argument("--pause-ms", type=float, default=40.0)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    multiprocessing.set_start_method("fork")
    server, upstream = start(model_server)
    relay, address = start(proxy, upstream)
    added = []
    for _ in range(options.rounds):
        direct = uvloop.run(client(upstream, options))
        before, begin = cpu_seconds(relay), time.monotonic()
        through = uvloop.run(client(address, options))
        wall, spent = time.monotonic() - begin, cpu_seconds(relay) - before
        rows = [np.percentile(values, (50, 90, 99)) for values in (direct, through)]
        added.append(rows[1] - rows[0])
        show = "   ".join(f"p50 {a:5.2f}  p90 {b:5.2f}  p99 {c:5.2f}" for a, b, c in (*rows, added[-1]))
        print(f"  direct, proxy, added (ms):   {show}")
    pieces = options.streams * options.pieces
    print(f"{options.streams} streams at once, {pieces / wall:,.0f} pieces a second, {os.cpu_count()} cores for all")
    median = np.median(added, axis=0)
    print("added, median of the rounds: p50 {:.2f} ms, p90 {:.2f} ms, p99 {:.2f} ms".format(*median))
    print(f"the proxy took {spent / wall:.0%} of a core, {1e6 * spent / pieces:.0f} µs a piece")
    for process in (relay, server):
        process.terminate()


if __name__ == "__main__":
    main()

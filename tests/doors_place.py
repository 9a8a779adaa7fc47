"""A proxy before an upstream that does as it is told, for the tests of its doors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from aiohttp import web  # noqa: E402

from model_server import Machine, Simulated  # noqa: E402
from wattline.web.proxy.accounting import Books  # noqa: E402
from wattline.web.proxy.server import ProxySetup, running  # noqa: E402

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

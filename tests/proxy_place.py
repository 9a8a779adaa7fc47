"""A model server with the proxy before it, for the tests of the proxy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from model_server import Machine, Server, Simulated, model_server
from wattline.schema.commands import ANSWERS
from wattline.web.proxy.accounting import Books
from wattline.web.proxy.server import ProxySetup, running

aiohttp = pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")


CHAT = "/v1/chat/completions"


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

    async def post(self, path: str, request: dict[str, Any], direct: bool = False, **more: Any) -> Any:
        return await self.session.post((self.server.url if direct else self.url) + path, json=request, **more)

    async def settled(self, name: str, **want: Any) -> dict[str, Any]:
        """The request, once its joules are settled."""
        for _ in range(400):
            async with self.session.get(f"{self.url}/wattline/requests/{name}") as answer:
                result = results_of("proxy requests", await answer.text()) if answer.status == 200 else {}
            if result.get("settled") and all(result[key] == value for key, value in want.items()):
                return result
            await asyncio.sleep(0.02)
        raise AssertionError(f"never settled: {result}")

    async def energy(self) -> dict[str, Any]:
        """The totals, once nothing is open."""
        for _ in range(400):
            async with self.session.get(f"{self.url}/wattline/energy") as answer:
                result = results_of("proxy energy", await answer.text())
            if not result["running"] and abs(result["pending_j"] or 0.0) < 1e-6:
                return result
            await asyncio.sleep(0.02)
        raise AssertionError(f"never settled: {result}")


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

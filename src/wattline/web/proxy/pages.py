"""The proxy's own pages under /wattline: health, metrics, energy, and one request's joules."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from wattline.web.proxy.accounting import Books

ROOT = "/wattline/"


async def page(books: Books, upstream: str, method: str, path: str) -> web.Response:
    """The page at ``path``; what is not there is a 404 that says what is."""
    if method not in ("GET", "HEAD"):
        return _json({"error": f"{path} takes GET alone"}, 405)
    name = path.partition("?")[0][len(ROOT) :].strip("/")
    if name == "healthz":
        return _json({"status": "ok", "upstream": upstream, **books.totals()})
    if name == "energy":
        return _json(books.totals())
    if name == "metrics":
        text = books.metrics.text(books.ledger, books.power_w)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
    if name.startswith("requests/"):
        wanted = name.removeprefix("requests/")
        found = books.find(wanted)
        if found is None and books.store:
            found = await asyncio.to_thread(books.store.get, wanted)
        if found is not None:
            return _json(found)
        return _json({"error": f"no request {wanted[:200]!r}; give X-Wattline-Request or the response's id"}, 404)
    pages = ", ".join(f"{ROOT}{one}" for one in ("healthz", "metrics", "energy", "requests/ID"))
    return _json({"error": f"no page {path[:200]!r}; there are {pages}"}, 404)


def _json(data: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(data, status=status)

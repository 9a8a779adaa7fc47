"""The proxy's own pages under /wattline: health, metrics, energy, the latest requests, and one request's joules.

All but the metrics answer in the envelope of the commands; their types are in ``schema/proxy.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from wattline.core.result import Json, envelope
from wattline.web.proxy.accounting import Books

ROOT = "/wattline/"
PAGES = ("healthz", "metrics", "energy", "latest", "requests/ID")
LAST = 20  # requests that are listed where no number is given
MAX_LAST = 200
# as a journal has them, but for the ends of the energy's range
SAME = (
    "id", "response_id", "path", "model", "stream", "status", "outcome", "duration_s", "first_token_s", "prompt_tokens",
    "cached_tokens", "output_tokens", "tokens_basis", "prefill_j", "decode_j", "energy_basis", "settled", "missing_s",
)  # fmt: skip


async def page(books: Books, upstream: str, method: str, path: str) -> web.Response:
    """The page at ``path``; what is not there is a 404 that says what is.

    Parameters
    ----------
    books : of the proxy's requests
    upstream : its address, as it is shown
    method, path : of the request

    Returns the page.
    """
    if method not in ("GET", "HEAD"):
        return _json({"error": f"{path} takes GET alone"}, 405)
    name = path.partition("?")[0][len(ROOT) :].strip("/")
    if name == "healthz":
        return _json(envelope("proxy healthz", {"upstream": upstream}, {"status": "ok", **books.totals()}))
    if name == "energy":
        return _json(envelope("proxy energy", {"upstream": upstream}, books.totals()))
    if name == "metrics":
        text = books.metrics.text(books.ledger, books.power_w)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
    if name == "latest":
        return _latest(books, path.partition("?")[2])
    if name.startswith("requests/"):
        wanted = name.removeprefix("requests/")
        row = books.find(wanted)
        if row is None and books.store:
            row = await asyncio.to_thread(books.store.get, wanted)
        if row is not None:
            return _json(envelope("proxy requests", {"request": wanted}, request_results(row)))
        return _json({"error": f"no request {wanted[:200]!r}; give X-Wattline-Request or the response's id"}, 404)
    pages = ", ".join(f"{ROOT}{each}" for each in PAGES)
    return _json({"error": f"no page {path[:200]!r}; there are {pages}"}, 404)


def _latest(books: Books, query: str) -> web.Response:
    """The last requests, as many as ``last`` of the query says."""
    given = parse_qs(query[:200]).get("last", [str(LAST)])[-1]
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MAX_LAST):
        return _json({"error": f"last={given[:20]!r} is no number of requests; give 1 to {MAX_LAST}"}, 400)
    rows = [request_results(row) for row in books.latest(int(given))]
    return _json(envelope("proxy latest", {"last": int(given)}, {"weighed_by": books.weigher.basis, "latest": rows}))


def request_results(row: Mapping[str, Any]) -> Json:
    """A request's row, as the journal has it, in the names and forms that all answers use."""
    energy = None
    if row["energy_j"] is not None:
        energy = {"value": row["energy_j"], "low": row["energy_low_j"], "high": row["energy_high_j"]}
    begin = datetime.fromtimestamp(row["at"], UTC).isoformat(timespec="milliseconds")
    return {
        **{name: row[name] for name in SAME},
        "begin": begin,
        "energy_j": energy,
        "reported_j": row["told_j"],
        "predicted_j": row.get("predicted_j"),
    }


def _json(data: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(data, status=status)

"""Measure: the watts of this machine as they come, recordings of a folder named at start, requests of a proxy."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from wattline.core.errors import WattlineError
from wattline.core.printable import printable, printable_data
from wattline.core.quantity import number
from wattline.report.language.translator import Translator, translator_of
from wattline.web.app.live import Feed
from wattline.web.app.render import render
from wattline.web.app.state import state_of

MAX_FILES = 200
MAX_WINDOW = 200
MAX_ID = 200
MAX_LATEST = 20  # requests of a proxy that are listed
PROXY_S = 2.0
READ = ("name", "source", "what", "why", "mend")  # words of readings, and of what is missing
MAX_PROXY_BYTES = 1_000_000


def routes() -> list[Route]:
    """The pages of Measure."""
    return [
        Route("/measure", measure),
        Route("/measure/live", live),
        Route("/measure/recording", recording),
        Route("/measure/proxy", proxy_part),
    ]


def recordings(folder: Path | None) -> list[str]:
    """The names of the files in the folder of recordings; the only ones that are read."""
    if folder is None:
        return []
    try:
        names = [path.name for path in folder.iterdir() if not path.name.startswith(".") and not path.is_symlink()]
    except OSError:
        return []
    return sorted(names)[:MAX_FILES]


async def measure(request: Request) -> Response:
    """What this machine draws, and what was recorded."""
    state = state_of(request)
    feed = feed_of(request)
    to = translator_of(state.words(request).lang)
    rows, missing = (_read_in(to, part) for part in await run_in_threadpool(feed.now))
    proxy, latest = await run_in_threadpool(_now_of_proxy, state.proxy, to) if state.proxy else (None, None)
    wanted = request.query_params.get("request", "").strip()
    single = await run_in_threadpool(_request_of_proxy, state.proxy, wanted, to) if state.proxy and wanted else None
    body = render(
        request, "measure.html", rows=rows, missing=missing, folder=str(state.journals or ""),
        recordings=await run_in_threadpool(recordings, state.journals), proxy=proxy, latest=latest,
        wanted=wanted[:MAX_ID], single=single,
    )  # fmt: skip
    return HTMLResponse(body)


def _read_in(to: Translator, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Readings, or what is missing, with their words in the reader's language."""
    return [{name: to.text(v) if name in READ and isinstance(v, str) else v for name, v in row.items()} for row in rows]


def feed_of(request: Request) -> Feed:
    """The app's one feed of readings."""
    app = request.app
    if not hasattr(app.state, "feed"):
        app.state.feed = Feed()
    feed = app.state.feed
    assert isinstance(feed, Feed)
    return feed


async def live(request: Request) -> Response:
    """Watts of each device, every second (server-sent events)."""
    feed = feed_of(request)
    if feed.readers >= feed.MAX_READERS:
        return Response("too many watch already\n", 429, {"Retry-After": "30"}, "text/plain")

    async def lines() -> AsyncIterator[str]:
        feed.readers += 1
        try:
            while True:
                rows, _ = await run_in_threadpool(feed.now)
                yield f"data: {json.dumps(rows)}\n\n"
                await asyncio.sleep(feed.STEP_S)
        finally:
            feed.readers -= 1

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def recording(request: Request) -> Response:
    """The report of a recording of the folder, whole or of one of its windows. Raises HTTPException (404) where the
    folder has none of the name."""
    state = state_of(request)
    name, window = request.query_params.get("name", ""), request.query_params.get("window", "").strip()
    folder = state.journals
    if folder is None or name not in await run_in_threadpool(recordings, folder):
        raise HTTPException(404)
    error, data, text = "", None, ""
    lang = state.words(request).lang
    if len(window) > MAX_WINDOW or not window.isprintable():
        error = "window: give the name of a window, or FROM..TO"
    else:
        options = [f"--window={window}"] if window else []
        args = ["meter", "report", *options, "--", str(folder.resolve() / name)]
        try:
            reply = await state.jobs.further({"do": "answer", "args": args})
            data = json.loads(reply["json"])
            if lang != "en":
                reply = await state.jobs.further({"do": "translate", "lang": lang, "json": reply["json"]})
            text = printable(reply["text"]).replace(f"{folder.resolve()}/", "")
        except WattlineError as problem:
            error = str(problem).replace(str(folder.resolve()), "")
    if request.query_params.get("as") == "json" and data is not None:
        return Response(json.dumps(data, indent=1), media_type="application/json")
    error = translator_of(lang).text(error)
    body = render(request, "recording.html", name=name, window=window, text=text, error=error)
    return HTMLResponse(body, 400 if error else 200)


async def proxy_part(request: Request) -> Response:
    """The latest requests and the totals of a running proxy as they are now, to stand in the page. Raises HTTPException
    (404) where no proxy is shown."""
    state = state_of(request)
    if not state.proxy:
        raise HTTPException(404)
    to = translator_of(state.words(request).lang)
    proxy, latest = await run_in_threadpool(_now_of_proxy, state.proxy, to)
    return HTMLResponse(
        render(request, "proxy_now.html", proxy=proxy, latest=latest), headers={"Cache-Control": "no-store"}
    )


def _request_of_proxy(address: str, wanted: str, to: Translator) -> dict[str, Any]:
    """What a running proxy says of one request."""
    if not re.fullmatch(rf"[\w.:-]{{1,{MAX_ID}}}", wanted):
        return {"rows": [], "error": to.text("give X-Wattline-Request or the response's id")}
    return _of_proxy(address, f"requests/{quote(wanted)}", to)


def _now_of_proxy(address: str, to: Translator) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a running proxy says of its energy, and its latest requests, as they stand in a table."""
    proxy = _of_proxy(address, "energy", to)
    if not proxy["rows"]:
        return proxy, []
    try:
        requests = _results(address, f"latest?last={MAX_LATEST}")["latest"]
        return proxy, [latest_row(row) for row in requests[:MAX_LATEST]]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return proxy, []  # a proxy of an earlier version has no such page


def latest_row(row: dict[str, Any]) -> dict[str, Any]:
    """A request of a proxy's as a row of the table: when, what, its joules as measured and as predicted."""
    energy, predicted = row["energy_j"], row["predicted_j"]
    known = energy is not None and predicted is not None and energy["value"] > 0 and row["settled"]
    return {
        "id": row["id"], "begin": str(row["begin"])[11:19], "model": row["model"] or row["path"],
        "outcome": row["outcome"], "prompt": _value(row["prompt_tokens"]), "output": _value(row["output_tokens"]),
        "seconds": _value(row["duration_s"]), "energy": _value(energy), "predicted": _value(predicted),
        "ratio": f"{predicted / energy['value']:.2f}" if known else "–",
        "settled": row["settled"], "modelled": row["energy_basis"] == "modelled",
    }  # fmt: skip


def _results(address: str, page: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{address.rstrip('/')}/wattline/{page}", timeout=PROXY_S) as reply:
        results: dict[str, Any] = printable_data(json.loads(reply.read(MAX_PROXY_BYTES)))["results"]
    return results


def _of_proxy(address: str, page: str, to: Translator) -> dict[str, Any]:
    """What a running proxy says on one of its pages; the reason where it says nothing."""
    try:
        results = _results(address, page)
        rows = [(_label(name), to.text(_value(value))) for name, value in results.items()]
        return {"rows": rows, "error": ""}
    except (OSError, ValueError, KeyError, AttributeError) as problem:
        return {"rows": [], "error": to.text(str(problem)[:200])}


UNITS = {"_j": ", J", "_s": ", s", "_w": ", W"}


def _label(name: str) -> str:
    """A name of the JSON as people read it, its unit last: ``idle_j`` is "Idle, J"."""
    unit = UNITS.get(name[-2:], "")
    words = name[:-2] if unit else name
    return f"{words[:1].upper()}{words[1:]}{unit}".replace("_", " ")


def _value(value: Any) -> str:
    """A value of the proxy's as it stands in a table; a range with its middle first."""
    if isinstance(value, dict) and set(value) == {"value", "low", "high"}:
        return f"{_value(value['value'])} ({_value(value['low'])} – {_value(value['high'])})"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, 4)
    if isinstance(value, list):
        return "; ".join(map(_value, value)) or "–"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_value(inner)}" for name, inner in value.items()) or "–"
    return "–" if value is None else str(value)

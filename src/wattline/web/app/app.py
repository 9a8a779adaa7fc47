"""The app's routes: a page for each command that the command line has, the API, and what stands beside them."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from wattline.core.errors import WattlineError
from wattline.report.language.translator import translator_of
from wattline.web.app import api, article, catalog_page, home, measure_page
from wattline.web.app.assets import assets
from wattline.web.app.bodies import AGAIN_S, BodyError
from wattline.web.app.guard import Guard
from wattline.web.app.pages import Page
from wattline.web.app.pool import WorkerPool
from wattline.web.app.render import answer_part, render
from wattline.web.app.state import AppState, state_of
from wattline.web.app.views import MEDIA, download, page_view, why

Handler = Callable[[Request], Awaitable[Response]]


def build(state: AppState, pool: WorkerPool, hosts: tuple[str, ...] = (), token: str = "") -> Guard:
    """The whole app behind its guard.

    Parameters
    ----------
    state : what its handlers share
    pool : processes that it starts with
    hosts, token : see ``Guard``

    Returns
    -------
    An ASGI application.
    """

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        import asyncio

        warming = asyncio.create_task(pool.warm())
        yield
        warming.cancel()
        pool.close()

    app = Starlette(
        routes=[*routes(state), *api.routes(state)],
        lifespan=life,
        exception_handlers={
            HTTPException: _http_error,
            WattlineError: _error,
            Exception: _crash,
        },
    )
    app.state.wattline = state
    return Guard(app, hosts, token)


def routes(state: AppState) -> list[Route]:
    """Every page."""
    made = [
        Route("/", home.home),
        Route("/ask", home.ask),
        Route("/article", article.article),
        Route("/language", home.language),
        Route("/side-by-side", home.beside),
        Route("/flex", _moved("/flex/balance")),
        Route("/jobs/{id}/cancel", cancel, methods=["POST"]),
        Route("/jobs/{id}/events", events),
        Route("/jobs/{id}/part", part),
        Route("/answers/{id}.css", style),
        Route("/static/{name:path}", static),
        *catalog_page.routes(),
        *measure_page.routes(),
    ]
    for page in state.pages():
        made.append(Route(page.path, _of(page_view, page), methods=["GET", "POST"]))
        made.append(Route(f"{page.path}/why", _of(why, page)))
        made += [Route(f"{page.path}.{kind}", _of(download, page, kind)) for kind in MEDIA]
    return made


def _of(view: Callable[..., Awaitable[Response]], page: Page, *more: Any) -> Handler:
    @functools.wraps(view)
    async def handle(request: Request) -> Response:
        return await view(request, page, *more)

    return handle


def _moved(place: str) -> Handler:
    async def handle(request: Request) -> Response:
        return RedirectResponse(place, 303)

    return handle


async def static(request: Request) -> Response:
    """A file that pages load; nothing is read from the disk by its name. Raises HTTPException (404) where there is none
    of the name."""
    asset = assets().get(request.path_params["name"])
    if asset is None:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=asset.media)
    return Response(asset.data, headers=headers, media_type=asset.media)


async def style(request: Request) -> Response:
    """The rules of an answer's own styles."""
    job = state_of(request).jobs.get(request.path_params["id"])
    rules = job.shown(request.url.query).get("fragment", {}).get("style", "") if job else ""
    return Response(rules, headers={"Cache-Control": "private, max-age=3600"}, media_type="text/css")


async def cancel(request: Request) -> Response:
    """Give up a job. Raises HTTPException (404) where there is no such job."""
    state = state_of(request)
    job = state.jobs.get(request.path_params["id"])
    if job is None:
        raise HTTPException(404)
    state.jobs.cancel(job)
    if request.headers.get("hx-request"):
        return Response(status_code=204)
    return RedirectResponse(f"{job.question.page.path}?{job.question.query}&stopped=1", 303)


async def part(request: Request) -> Response:
    """What became of a job, to stand in its page. Raises HTTPException (404) where there is none, or it goes on."""
    job = state_of(request).jobs.get(request.path_params["id"])
    if job is None or not job.over:
        raise HTTPException(404)
    return HTMLResponse(answer_part(request, job), headers={"Cache-Control": "no-store"})


async def events(request: Request) -> Response:
    """How far a job is, as it goes on (server-sent events). Raises HTTPException (404) where there is no such job."""
    state = state_of(request)
    job = state.jobs.get(request.path_params["id"])
    if job is None:
        raise HTTPException(404)

    translator = translator_of(state.words(request).lang)

    async def lines() -> AsyncIterator[str]:
        job.readers += 1
        try:
            async for now in job.events():
                words = translator.text(" ".join(job.words.split()))
                yield f"event: {now}\ndata: {job.elapsed_s:.0f} {words}\n\n"
        finally:
            state.jobs.left(job)

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = state_of(request).words(request)
    heading = words("There is no such page") if status == 404 else words("That cannot be done here")
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": heading}, status)
    return HTMLResponse(render(request, "message.html", heading=heading, error=""), status)


async def _error(request: Request, error: Exception) -> Response:
    status = error.http_status if isinstance(error, BodyError) else 400
    headers = {"Connection": "close"} if isinstance(error, BodyError) else {}
    headers |= {"Retry-After": str(AGAIN_S)} if status == 429 else {}
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": str(error)}, status, headers)
    words = state_of(request).words(request)
    shown = translator_of(words.lang).text(str(error))
    return HTMLResponse(render(request, "message.html", heading=words("No answer:"), error=shown), status, headers)


async def _crash(request: Request, error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "an error of Wattline itself, please report it"}, 500)
    return Response("an error of Wattline itself, please report it\n", 500, media_type="text/plain")

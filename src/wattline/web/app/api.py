"""The API: the JSON of the command line under ``/api/v1/``, long jobs as resources, described by OpenAPI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wattline.core.errors import WattlineError
from wattline.core.printable import sayable
from wattline.web.app.bodies import BodyError, read_body
from wattline.web.app.jobs import Busy, WebJob
from wattline.web.app.openapi import description
from wattline.web.app.pages import Page
from wattline.web.app.state import AppState, state_of
from wattline.web.app.views import waited

ROOT = "/api/v1"
MAX_JSON = 200_000


def routes(state: AppState) -> list[Route]:
    """Every address of the API."""
    made = [
        Route(f"{ROOT}/", index),
        Route(f"{ROOT}/openapi.json", openapi),
        Route(f"{ROOT}/uploads", upload, methods=["POST"]),
        Route(f"{ROOT}/jobs/{{id}}", job_view, methods=["GET", "DELETE"]),
        Route(f"{ROOT}/jobs/{{id}}/answer", job_answer),
    ]
    return [*made, *(Route(ROOT + page.path, _of(page), methods=["GET", "POST"]) for page in state.pages())]


def _of(page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return await answer(request, page)

    return handle


async def index(request: Request) -> Response:
    """What there is."""
    pages = state_of(request).pages()
    commands = {page.command: {"address": ROOT + page.path, "about": page.about, "long": page.long} for page in pages}
    return JSONResponse({"openapi": f"{ROOT}/openapi.json", "commands": commands})


async def openapi(request: Request) -> Response:
    """The description of the API."""
    return Response(_description(state_of(request)), media_type="application/json")


_texts: dict[int, str] = {}


def _description(state: AppState) -> str:
    if id(state) not in _texts:
        _texts[id(state)] = json.dumps(description(state), ensure_ascii=False)
    return _texts[id(state)]


async def answer(request: Request, page: Page) -> Response:
    """A command's answer, or for long ones the job that works on it.

    Parameters
    ----------
    request : with the command's inputs
    page : of the command

    Returns
    -------
    JSON: the answer, the job (202), or an error.
    """
    state = state_of(request)
    try:
        pairs = await _pairs(request)
        job = state.jobs.submit(state.question(page, pairs))
    except Busy as error:
        return JSONResponse({"error": str(error)}, 429, {"Retry-After": str(error.retry_s)})
    except BodyError:
        raise
    except WattlineError as error:
        return JSONResponse({"error": str(error)}, 422)
    if page.long or request.headers.get("prefer") == "respond-async":
        job.readers += 1  # until it is over: whoever asked comes again
        place = f"{ROOT}/jobs/{job.id}"
        return JSONResponse(job_json(job), 202, {"Location": place})
    await waited(request, job)
    return _answer(job)


def _answer(job: WebJob) -> Response:
    if job.state == "done":
        return Response(job.answer["json"], media_type="application/json", headers={"Cache-Control": "no-store"})
    return JSONResponse({"error": job.error or f"the job is {job.state}"}, 422 if job.state == "failed" else 409)


async def _pairs(request: Request) -> list[tuple[str, str]]:
    """The inputs of a query, or of an object in the body."""
    if request.method == "GET":
        return list(request.query_params.multi_items())
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WattlineError("send the inputs as an object of JSON, with Content-Type: application/json")
    body = await read_body(request, MAX_JSON)
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise WattlineError("the body is not JSON") from None
    if not isinstance(given, dict):
        raise WattlineError("the body is no object of inputs by name")
    return [(sayable(name), sayable(text)) for key, value in given.items() for name, text in _named(str(key), value)]


def _named(name: str, value: Any) -> list[tuple[str, str]]:
    if value is None or value is False:
        return []
    if value is True:
        return [(name, "on")]
    if isinstance(value, str | int | float):
        return [(name, str(value))]
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return [(name, str(each)) for each in value]
    raise WattlineError(f"{name[:60]}: give text, a number, true, or a list of these")


async def upload(request: Request) -> Response:
    """Keep a file; its name in inputs is ``upload:KEY``."""
    data = await read_body(request)
    try:
        key = state_of(request).uploads.add(request.query_params.get("name", "file"), data)
    except WattlineError as error:
        return JSONResponse({"error": str(error)}, 422)
    return JSONResponse({"upload": f"upload:{key}"}, 201)


def job_json(job: WebJob) -> dict[str, Any]:
    """A job as the API shows it."""
    place = f"{ROOT}/jobs/{job.id}"
    return {
        "id": job.id, "command": job.question.page.command, "inputs": dict(job.question.values), "state": job.state,
        "progress": job.words, "elapsed_s": round(job.elapsed_s, 3), "error": job.error or None, "self": place,
        "answer": f"{place}/answer" if job.state == "done" else None,
    }  # fmt: skip


def _job(request: Request) -> WebJob | None:
    return state_of(request).jobs.get(request.path_params["id"])


NO_JOB = {"error": "there is no such job; those of long ago are forgotten"}


async def job_view(request: Request) -> Response:
    """How far a job is; DELETE gives it up."""
    job = _job(request)
    if job is None:
        return JSONResponse(NO_JOB, 404)
    if request.method == "DELETE":
        state_of(request).jobs.cancel(job)
        await asyncio.wait_for(job.wait(), 10)
    return JSONResponse(job_json(job), headers={"Cache-Control": "no-store"})


async def job_answer(request: Request) -> Response:
    """The answer of a job that is done."""
    job = _job(request)
    if job is None:
        return JSONResponse(NO_JOB, 404)
    return _answer(job) if job.over else JSONResponse({"error": f"the job is {job.state}"}, 409)

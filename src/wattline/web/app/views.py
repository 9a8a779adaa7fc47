"""Pages that ask a command: the form and its answer, downloads, the steps behind it, files that are sent."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wattline.core.errors import WattlineError
from wattline.report.language.translator import translator_of
from wattline.web.app.bodies import BodyError, read_form
from wattline.web.app.jobs import Busy, WebJob
from wattline.web.app.kept import key_of, reply_with
from wattline.web.app.pages import Page
from wattline.web.app.question import PageQuestion
from wattline.web.app.render import answer_part, foot, given_up, line_note, page_shell, render, trouble, working
from wattline.web.app.state import state_of
from wattline.web.app.streamed import stream_response

SOON_S = 0.4  # an answer that comes sooner needs no sign that it is worked on
MEDIA = {"json": "application/json", "csv": "text/csv", "svg": "image/svg+xml", "png": "image/png", "html": "text/html"}


def is_part(request: Request) -> bool:
    """Whether the page that is open asks for a part of itself."""
    return request.headers.get("hx-request") == "true"


async def page_view(request: Request, page: Page) -> Response:
    """A page with the answer to what its address asks.

    Parameters
    ----------
    request : as Starlette gives it
    page : of a command

    Returns the page, or where it has moved to.
    """
    state = state_of(request)
    given = list(request.query_params.multi_items())
    if request.method == "POST":
        return await _receive(request, page)
    if any(not value for _, value in given) and not is_part(request):
        kept = [(name, value) for name, value in given if value and not name.startswith("file-")]
        return RedirectResponse(
            request.url.replace(query="").include_query_params(**dict(kept)).path + _joined(kept), 303
        )
    own = [(name, value) for name, value in given if name not in ("lang", "line", "send", "stopped", "ask")]
    begins = not own and not page.long and bool(page.example)
    try:
        question = state.question(page, page.example.items() if begins else own)
        asks = begins or (_is_question(request, question) and "stopped" not in request.query_params)
        job = state.jobs.submit(question) if asks else None
    except Busy as error:
        return await _refused(request, page, dict(own), str(error), 429, {"Retry-After": str(error.retry_s)})
    except WattlineError as error:
        return await _refused(request, page, dict(own), str(error), 400, {})
    values = dict(page.example) if not own and not begins else {**dict(own), **dict(question.values)}
    if is_part(request):
        return await _part(request, question, job)
    await run_in_threadpool(lambda: state.lists)
    whole = _whole(request, page, values, job)
    if job is not None and not _is_read_as_it_comes(request):
        await waited(request, job)
        if job.state != "done":
            return HTMLResponse("".join([part async for part in whole]), 400, {"Cache-Control": "no-store"})
    if job is not None and job.state != "done":
        return stream_response(request, whole)
    key = key_of(request, state.words(request).lang, job.id if job else "")
    made = state.kept.get(key) or state.kept.add(key, "".join([part async for part in whole]))
    return reply_with(request, made)


def _is_question(request: Request, question: PageQuestion) -> bool:
    """Whether an address asks its question: also with nothing in it, where it says so and the command needs nothing."""
    return bool(question.values) or (question.may_be_empty and "ask" in request.query_params)


def _is_read_as_it_comes(request: Request) -> bool:
    """Whether a browser shows the page while its answer is worked on; programs wait, and learn by the status whether
    there is an answer."""
    return "text/html" in request.headers.get("accept", "")


def _joined(pairs: list[tuple[str, str]]) -> str:
    return f"?{urlencode(pairs, quote_via=quote, safe=':,;@/')}" if pairs else "?blank=1"


async def _whole(request: Request, page: Page, values: dict[str, str], job: WebJob | None) -> AsyncIterator[str]:
    """The page: its form at once, its answer when it is there."""
    yield page_shell(request, page, values, "blank" in request.query_params)
    if line := request.query_params.get("line", ""):
        yield line_note(request, line)
    if "stopped" in request.query_params and job is None:
        yield given_up(request, _again(request))
    if job is not None:
        jobs = state_of(request).jobs
        job.readers += 1
        try:
            if not job.over:
                async with _quietly(SOON_S):
                    await job.wait()
            if not job.over:
                yield working(request, job, follow=False)
                await job.wait()
        finally:
            jobs.left(job)
        await _in_words_of(request, job)
        yield answer_part(request, job)
    yield foot(request, page)


def _again(request: Request) -> str:
    """The address of a page whose question was given up, so that it is asked again."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "stopped"]
    return f"{request.url.path}?{urlencode(query, quote_via=quote, safe=':,;@/')}"


async def _in_words_of(request: Request, job: WebJob) -> None:
    """Have an answer in its reader's language."""
    state = state_of(request)
    await state.jobs.translate(job, state.words(request).lang)


class _quietly:
    """A bound on waiting that passes without an error."""

    def __init__(self, seconds: float) -> None:
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        try:
            await self._timeout.__aexit__(kind, error, None)
        except TimeoutError:
            return True
        return False


async def _part(request: Request, question: PageQuestion, job: WebJob | None) -> Response:
    """The answer alone, or a sign that it is worked on."""
    headers = {"HX-Push-Url": question.address, "Cache-Control": "no-store"}
    if job is None:
        return HTMLResponse("", headers=headers)
    async with _quietly(SOON_S):
        await job.wait()
    await _in_words_of(request, job)
    body = answer_part(request, job) if job.over else working(request, job, follow=True)
    state_of(request).jobs.expect_readers(job)
    return HTMLResponse(body, headers=headers)


async def _refused(
    request: Request, page: Page, values: dict[str, str], error: str, status: int, headers: dict[str, str]
) -> Response:
    body = trouble(request, error, page)
    if is_part(request):
        return HTMLResponse(body, 200, {**headers, "HX-Push-Url": "false"})
    await run_in_threadpool(lambda: state_of(request).lists)
    return HTMLResponse(page_shell(request, page, values, False) + body + foot(request, page), status, headers)


async def _receive(request: Request, page: Page) -> Response:
    """Keep the files that a form brings and lead to the address that names them."""
    state = state_of(request)
    try:
        pairs, files = await read_form(request)
        sent = [(name.removeprefix("file-"), f, data) for name, f, data in files if name.startswith("file-") and data]
        words = {name for name, field in state.forms[page.command].items() if field.kind == "either"}
        replaced = {name for name, _, _ in sent} - words  # a file stands beside the words of a field that takes several
        given = [(name, value) for name, value in pairs if value and name != "send" and name not in replaced]
        given += [(name, f"upload:{state.uploads.add(file_name, data)}") for name, file_name, data in sent]
        question = state.question(page, given)
    except BodyError:
        raise
    except WattlineError as error:
        return await _refused(request, page, {}, str(error), 400, {})
    return RedirectResponse(question.address, 303)


async def download(request: Request, page: Page, kind: str) -> Response:
    """An answer as a file.

    Parameters
    ----------
    request : as Starlette gives it
    page : of a command
    kind : of file, such as ``json``

    Returns the file, or why there is none.
    """
    state = state_of(request)
    try:
        question = state.question(page, request.query_params.multi_items())
        job = state.jobs.submit(question)
        await waited(request, job)
        if job.state != "done":
            return Response(f"{job.error or job.state}\n", 400, media_type="text/plain")
        data = await _file(request, job, kind)
    except Busy as error:
        return Response(f"{error}\n", 429, {"Retry-After": str(error.retry_s)}, "text/plain")
    except WattlineError as error:
        return Response(f"{error}\n", 400, media_type="text/plain")
    name = re.sub(r"[^a-z0-9.-]+", "-", page.command) + f".{kind}"
    headers = {"Content-Disposition": f'attachment; filename="wattline-{name}"', "Cache-Control": "no-store"}
    return Response(data, headers=headers, media_type=MEDIA[kind])


async def _file(request: Request, job: WebJob, kind: str) -> bytes:
    await _in_words_of(request, job)
    answer = job.shown(state_of(request).words(request).lang)
    if kind in ("svg", "png") and not answer.get("svg"):
        raise WattlineError("this answer has no figure")
    if kind == "html" and "page" not in answer:
        raise WattlineError("this answer has no report")
    if kind == "png":
        reply = await state_of(request).jobs.further({"do": "png", "svg": answer["svg"]})
        return base64.b64decode(reply["png"])
    return str(answer[{"html": "page"}.get(kind, kind)]).encode()


async def waited(request: Request, job: WebJob) -> None:
    """Until a job is over; it is given up where the browser goes away meanwhile.

    Parameters
    ----------
    request : of the browser that waits
    job : that is worked on
    """
    jobs = state_of(request).jobs
    job.readers += 1
    try:
        while not job.over:
            async with _quietly(1.0):
                await job.wait()
            if not job.over and await request.is_disconnected():
                return
    finally:
        jobs.left(job)


async def why(request: Request, page: Page) -> Response:
    """Every step of an answer and its facts.

    Parameters
    ----------
    request : as Starlette gives it
    page : of a command

    Returns the page.
    """
    state = state_of(request)
    error, text, address, title = "", "", page.path, page.title
    lang = state.words(request).lang
    try:
        question = state.question(page, request.query_params.multi_items())
        address = question.address
        job = state.jobs.submit(question)
        await waited(request, job)
        if job.state == "done":
            reply = await state.jobs.further({"do": "explain", "json": job.answer["json"], "lang": lang})
            text, title = reply["text"], question.command_line(state.uploads.names())
        else:
            error = job.error or job.state
    except WattlineError as problem:
        error = str(problem)
    error = translator_of(lang).text(error)
    words = state.words(request)
    body = render(
        request, "why.html", text=text, error=error, address=address, title=title, heading=words("No answer:"), again=""
    )
    return HTMLResponse(body, 400 if error else 200)

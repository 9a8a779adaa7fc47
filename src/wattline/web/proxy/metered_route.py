"""Requests that a device works on: passed like all others, with their tokens counted and their joules told."""

from __future__ import annotations

import zlib

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from wattline.web.proxy.body import BODIES_BYTES, READ_BYTES, TEXT_FREE, RequestBody, read_body, with_usage
from wattline.web.proxy.door import TimedBody, TooSlow
from wattline.web.proxy.headers import content_type, encoding, end_to_end_headers
from wattline.web.proxy.lines import LineStream
from wattline.web.proxy.relay import (
    TRAILER,
    Plain,
    Proxy,
    RelayResponse,
    UpstreamDown,
    client_gone,
    copy,
    cut,
    down,
    read_some,
    request_headers,
    send,
    too_slow,
)  # fmt: skip
from wattline.web.proxy.sse import EventStream
from wattline.web.proxy.tracked_request import TrackedRequest
from wattline.web.proxy.unpacking import Unpacker, unpack_copy
from wattline.web.proxy.usage import insert, parse, read_tokens, round_energy

ID = "X-Wattline-Request"
MAX_LEARNT = 1000  # models' names are the clients' to choose
MAX_PATH = 200  # characters of a path that are kept
ANSWER_BYTES = 64 << 20  # a longer answer is passed on as it comes, without energy in its header and body


async def metered(proxy: Proxy, request: web.BaseRequest, kind: str) -> web.StreamResponse:
    """Pass on a request of a known kind and keep its books.

    Parameters
    ----------
    proxy, request : which passes it on, and that of the client
    kind : of request, such as ``chat``

    Returns the answer.
    """
    try:
        raw, whole = await _body(proxy, request.content)
    except TooSlow:
        return too_slow()
    proxy.bodies_bytes += len(raw)
    try:
        return await _counted(proxy, request, kind, raw, whole)
    finally:
        proxy.bodies_bytes -= len(raw)


async def _body(proxy: Proxy, content: aiohttp.StreamReader) -> tuple[bytes, bool]:
    """A request's body, or its beginning, and whether that is all; raises TooSlow."""
    if content.is_eof():
        return content.read_nowait(), True
    most = min(READ_BYTES, BODIES_BYTES - proxy.bodies_bytes)
    parts, size = [], 0
    try:
        async for data in TimedBody(content):
            parts.append(data)
            size += len(data)
            proxy.bodies_bytes += len(data)
            if size > most or proxy.bodies_bytes > BODIES_BYTES:
                return b"".join(parts), False
        return b"".join(parts), True
    finally:
        proxy.bodies_bytes -= size


async def _counted(proxy: Proxy, request: web.BaseRequest, kind: str, raw: bytes, whole: bool) -> web.StreamResponse:
    packed = encoding(CIMultiDict(request.headers))
    body = read_body(raw, kind) if whole and not packed else RequestBody(raw)
    path = request.raw_path.partition("?")[0][:MAX_PATH]
    tracked = proxy.books.begin(path, kind, body.model, body.stream, 0 if kind in TEXT_FREE else len(raw))
    outcome = "client left"
    try:
        outcome, response = await _answered(proxy, request, body, whole, tracked)
        return response
    except ConnectionResetError:
        raise
    except Exception:
        outcome = "failed"
        raise
    finally:
        proxy.books.end(tracked, outcome)


async def _answered(
    proxy: Proxy, request: web.BaseRequest, body: RequestBody, whole: bool, tracked: TrackedRequest
) -> tuple[str, web.StreamResponse]:
    known = proxy.plain.get((tracked.path, body.model))
    inject = proxy.body and body.askable and known is not None and not (known.reports or known.refuses)
    try:
        answer = await _ask(proxy, request, body, whole, inject)
        if inject and answer.status in (400, 422):
            answer.release()
            answer, inject = await _ask(proxy, request, body, whole, False), False
            if known is not None:
                known.refuses = answer.status < 400
    except UpstreamDown as error:
        tracked.status = error.status
        response = down(error)
        response.headers[ID] = tracked.id
        return "upstream down", response
    async with answer:
        tracked.status = answer.status
        return await _pass(proxy, request, body, inject, answer, tracked)


async def _ask(
    proxy: Proxy, request: web.BaseRequest, content: RequestBody, whole: bool, inject: bool
) -> aiohttp.ClientResponse:
    if not whole:
        body = TimedBody(request.content, content.raw)
        try:
            return await send(proxy, request, request_headers(proxy, request), body)
        except UpstreamDown as error:
            raise UpstreamDown(408, "the request's body did not come in time") if body.slow else error from None
    # a body to be added to must come uncompressed
    headers = request_headers(
        proxy, request, ("content-length", "accept-encoding") if proxy.body else ("content-length",)
    )
    if proxy.body and "Accept-Encoding" in request.headers:
        headers["Accept-Encoding"] = "identity"
    return await send(proxy, request, headers, with_usage(content) if inject else content.raw)


async def _pass(
    proxy: Proxy,
    request: web.BaseRequest,
    body: RequestBody,
    inject: bool,
    answer: aiohttp.ClientResponse,
    tracked: TrackedRequest,
) -> tuple[str, web.StreamResponse]:
    headers = end_to_end_headers(answer.raw_headers)
    kind = content_type(headers)
    if kind == "text/event-stream":
        tracked.stream = True
        return await _stream(proxy, request, body, inject, answer, tracked, headers)
    if kind in ("application/x-ndjson", "application/jsonl") and not encoding(headers):
        tracked.stream = True
        return await _lines(proxy, request, answer, tracked, headers)
    if kind.endswith("json") and kind != "application/x-ndjson":
        return await _whole(proxy, request, answer, tracked, headers)
    headers[ID] = tracked.id
    response = RelayResponse(answer.status, answer.reason, headers)
    await response.prepare(request)
    return ("ok" if await copy(request, answer, response) else "upstream broke off"), response


async def _whole(
    proxy: Proxy,
    request: web.BaseRequest,
    answer: aiohttp.ClientResponse,
    tracked: TrackedRequest,
    headers: CIMultiDict[str],
) -> tuple[str, web.StreamResponse]:
    """A JSON answer: read, its joules put into its header and its usage, and passed on."""
    headers[ID] = tracked.id
    try:
        body, complete = await read_some(answer.content, ANSWER_BYTES)
    except (aiohttp.ClientError, OSError) as error:
        tracked.status = 502
        response = down(UpstreamDown(502, f"upstream broke off in mid-answer: {type(error).__name__}"))
        response.headers[ID] = tracked.id
        return "upstream broke off", response
    if complete:
        body = await _with_joules(proxy, tracked, headers, body)
        if "Content-Length" in headers or request.version >= (1, 1):
            headers["Content-Length"] = str(len(body))
    relayed = RelayResponse(answer.status, answer.reason, headers)
    await relayed.prepare(request)
    await relayed.write(body)
    if complete:
        await relayed.write_eof()
        return "ok", relayed
    return ("ok" if await copy(request, answer, relayed) else "upstream broke off"), relayed


async def _with_joules(proxy: Proxy, tracked: TrackedRequest, headers: CIMultiDict[str], body: bytes) -> bytes:
    """Read an answer's tokens; the joules go into ``headers``, and into the body that is given back."""
    packed = encoding(headers)
    data = parse(unpack_copy(body, packed))
    usage = data.get("usage")
    read_tokens(data, tracked.tokens)
    for name in ("id", "model"):
        if isinstance(data.get(name), str):
            setattr(tracked, "response_id" if name == "id" else name, data[name][:200])
    if tracked.status >= 400:
        return body
    await proxy.books.first_reading(tracked)
    fields = proxy.books.fields(tracked)
    if not fields:
        return body
    headers[TRAILER] = str(tracked.reported_j)
    error = proxy.books.error
    low, high = (round_energy(float(fields["energy_j"]) * max(1 + side * error, 0.0)) for side in (-1, 1))
    headers["X-Wattline-Energy-Range-J"] = f"{low}-{high}"
    headers["X-Wattline-Energy-Basis"] = f"{proxy.books.basis}, estimated"
    if packed or not proxy.body or not isinstance(usage, dict):
        return body
    return insert(body, usage, fields)


async def _lines(
    proxy: Proxy,
    request: web.BaseRequest,
    answer: aiohttp.ClientResponse,
    tracked: TrackedRequest,
    headers: CIMultiDict[str],
) -> tuple[str, web.StreamResponse]:
    """A stream of lines of JSON: passed as it comes, its pieces counted, the joules in its trailer."""
    books = proxy.books
    stream = LineStream(tracked, lambda pieces: books.piece(tracked, pieces))
    response = await _begun(proxy, request, answer, tracked, headers)
    try:
        async for data in answer.content.iter_any():
            stream.feed(data)
            await response.write(data)
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, ConnectionResetError) and client_gone(request):
            raise
        cut(request)
        return "upstream broke off", response
    stream.finish()
    if books.fields(tracked):
        response.trailer = f"{TRAILER}: {tracked.reported_j}".encode()
    await response.write_eof()
    return "ok", response


async def _begun(
    proxy: Proxy,
    request: web.BaseRequest,
    answer: aiohttp.ClientResponse,
    tracked: TrackedRequest,
    headers: CIMultiDict[str],
) -> RelayResponse:
    """The response to a stream, its head sent; joules follow in its trailer where the client takes one."""
    headers[ID] = tracked.id
    if proxy.books.basis and request.version >= (1, 1):
        headers["Trailer"] = TRAILER
    response = RelayResponse(answer.status, answer.reason, headers)
    await response.prepare(request)
    return response


async def _stream(
    proxy: Proxy, request: web.BaseRequest, body: RequestBody, inject: bool, answer: aiohttp.ClientResponse,
    tracked: TrackedRequest, headers: CIMultiDict[str],
) -> tuple[str, web.StreamResponse]:  # fmt: skip
    """A stream of events: passed as it comes, its pieces counted; the joules in its usage chunk and its trailer."""
    books = proxy.books
    packed = encoding(headers)
    unpack = Unpacker() if packed in ("gzip", "x-gzip") else None
    untouched = not proxy.body or bool(packed)
    known = proxy.plain.get((tracked.path, body.model))
    stream = EventStream(
        tracked,
        lambda pieces: books.piece(tracked, pieces),
        None if untouched else lambda: books.fields(tracked),
        inject and not packed,
        known is not None and not known.null,
    )
    response = await _begun(proxy, request, answer, tracked, headers)
    try:
        async for data in answer.content.iter_any():
            seen = stream.feed(unpack.some(data) if unpack else data)
            if passed_on := data if unpack else seen:
                await response.write(passed_on)
        if tail := stream.finish():
            await response.write(tail)
    except (aiohttp.ClientError, OSError, zlib.error) as error:
        if isinstance(error, ConnectionResetError) and client_gone(request):
            raise
        cut(request)
        return "upstream broke off", response
    if body.askable and not inject and tracked.status == 200:
        _learn(proxy, (tracked.path, body.model), stream)
    if tracked.reported_j is not None or books.fields(tracked):
        response.trailer = f"{TRAILER}: {tracked.reported_j}".encode()
    await response.write_eof()
    return "ok", response


def _learn(proxy: Proxy, route: tuple[str, str], stream: EventStream) -> None:
    """Keep how streams of a path and model tell their usage where the proxy has not asked for it."""
    if stream.null_seen is not None and len(proxy.plain) < MAX_LEARNT:
        proxy.plain.setdefault(route, Plain(bool(stream.null_seen), stream.reported))

"""Requests that a device works on: passed like all others, with their tokens counted and their joules told."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from wattline.web.proxy.body import READ_BYTES, RequestBody, read_asked, with_usage
from wattline.web.proxy.headers import content_type, encoding, passed
from wattline.web.proxy.relay import (
    TRAILER,
    Plain,
    Proxy,
    Relayed,
    UpstreamDown,
    copy,
    cut,
    down,
    gone,
    read_some,
    request_headers,
    send,
)  # fmt: skip
from wattline.web.proxy.sse import EventStream
from wattline.web.proxy.tracked_request import TrackedRequest
from wattline.web.proxy.usage import insert, parse, read_tokens, rounded

ID = "X-Wattline-Request"
MAX_LEARNT = 1000  # models' names are the clients' to choose
ANSWER_BYTES = 64 << 20  # a longer answer is passed on as it comes, without energy in its header and body


async def metered(proxy: Proxy, request: web.BaseRequest, kind: str) -> web.StreamResponse:
    """Pass on a request of a known kind and keep its books."""
    raw, whole = await read_some(request.content, READ_BYTES)
    packed = encoding(CIMultiDict(request.headers))
    asked = read_asked(raw, kind) if whole and not packed else RequestBody(raw)
    path = request.raw_path.partition("?")[0]
    tracked = proxy.books.begin(path, kind, asked.model, asked.stream, len(raw))
    outcome = "client left"
    try:
        outcome, response = await _answered(proxy, request, asked, whole, tracked)
        return response
    except ConnectionResetError:
        raise
    except Exception:
        outcome = "failed"
        raise
    finally:
        proxy.books.end(tracked, outcome)


async def _answered(
    proxy: Proxy, request: web.BaseRequest, asked: RequestBody, whole: bool, tracked: TrackedRequest
) -> tuple[str, web.StreamResponse]:
    known = proxy.plain.get((tracked.path, asked.model))
    inject = proxy.body and asked.askable and known is not None and not (known.told or known.refuses)
    try:
        answer = await _ask(proxy, request, asked, whole, inject)
        if inject and answer.status in (400, 422):
            answer.release()
            answer, inject = await _ask(proxy, request, asked, whole, False), False
            if known is not None:
                known.refuses = answer.status < 400
    except UpstreamDown as error:
        tracked.status = error.status
        response = down(error)
        response.headers[ID] = tracked.id
        return "upstream down", response
    async with answer:
        tracked.status = answer.status
        return await _pass(proxy, request, asked, inject, answer, tracked)


async def _ask(
    proxy: Proxy, request: web.BaseRequest, asked: RequestBody, whole: bool, inject: bool
) -> aiohttp.ClientResponse:
    if not whole:
        return await send(proxy, request, request_headers(request), _rest(asked.raw, request.content))
    # a body to be added to must come uncompressed
    headers = request_headers(request, ("content-length", "accept-encoding") if proxy.body else ("content-length",))
    if proxy.body and "Accept-Encoding" in request.headers:
        headers["Accept-Encoding"] = "identity"
    return await send(proxy, request, headers, with_usage(asked) if inject else asked.raw)


async def _rest(first: bytes, content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    yield first
    async for data in content.iter_any():
        yield data


async def _pass(
    proxy: Proxy,
    request: web.BaseRequest,
    asked: RequestBody,
    inject: bool,
    answer: aiohttp.ClientResponse,
    tracked: TrackedRequest,
) -> tuple[str, web.StreamResponse]:
    headers = passed(answer.raw_headers)
    kind = content_type(headers)
    if kind == "text/event-stream":
        tracked.stream = True
        return await _stream(proxy, request, asked, inject, answer, tracked, headers)
    if kind.endswith("json") and kind != "application/x-ndjson":
        return await _whole(proxy, request, answer, tracked, headers)
    headers[ID] = tracked.id
    response = Relayed(answer.status, answer.reason, headers)
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
        response = down(UpstreamDown(502, f"upstream {proxy.upstream} broke off in mid-answer: {error}"))
        response.headers[ID] = tracked.id
        return "upstream broke off", response
    if complete:
        body = await _told(proxy, tracked, headers, body)
        if "Content-Length" in headers or request.version >= (1, 1):
            headers["Content-Length"] = str(len(body))
    relayed = Relayed(answer.status, answer.reason, headers)
    await relayed.prepare(request)
    await relayed.write(body)
    if complete:
        await relayed.write_eof()
        return "ok", relayed
    return ("ok" if await copy(request, answer, relayed) else "upstream broke off"), relayed


async def _told(proxy: Proxy, tracked: TrackedRequest, headers: CIMultiDict[str], body: bytes) -> bytes:
    """Read an answer's tokens; the joules go into ``headers``, and into the body that is given back."""
    packed = encoding(headers)
    data = parse(_unpacked(body, packed))
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
    headers[TRAILER] = str(tracked.told_j)
    error = proxy.books.error
    low, high = (rounded(float(fields["energy_j"]) * max(1 + side * error, 0.0)) for side in (-1, 1))
    headers["X-Wattline-Energy-Range-J"] = f"{low}-{high}"
    headers["X-Wattline-Energy-Basis"] = f"{proxy.books.basis}, estimated"
    if packed or not proxy.body or not isinstance(usage, dict):
        return body
    return insert(body, usage, fields)


def _unpacked(body: bytes, packed: str) -> bytes:
    """A copy without its compression; as it is where that cannot be undone here."""
    if packed not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return zlib.decompressobj(47 if packed != "deflate" else 15).decompress(body, ANSWER_BYTES)
    except zlib.error:
        return body


async def _stream(
    proxy: Proxy, request: web.BaseRequest, asked: RequestBody, inject: bool, answer: aiohttp.ClientResponse,
    tracked: TrackedRequest, headers: CIMultiDict[str],
) -> tuple[str, web.StreamResponse]:  # fmt: skip
    """A stream of events: passed as it comes, its pieces counted; the joules in its usage chunk and its trailer."""
    books = proxy.books
    packed = encoding(headers)
    unpack = zlib.decompressobj(47) if packed in ("gzip", "x-gzip") else None
    untouched = not proxy.body or bool(packed)
    known = proxy.plain.get((tracked.path, asked.model))
    stream = EventStream(
        tracked,
        lambda pieces: books.piece(tracked, pieces),
        None if untouched else lambda: books.fields(tracked),
        inject and not packed,
        known is not None and not known.null,
    )
    headers[ID] = tracked.id
    if books.basis and request.version >= (1, 1):
        headers["Trailer"] = TRAILER
    response = Relayed(answer.status, answer.reason, headers)
    await response.prepare(request)
    try:
        async for data in answer.content.iter_any():
            seen = stream.feed(unpack.decompress(data) if unpack else data)
            if passed_on := data if unpack else seen:
                await response.write(passed_on)
        if tail := stream.finish():
            await response.write(tail)
    except (aiohttp.ClientError, OSError, zlib.error) as error:
        if isinstance(error, ConnectionResetError) and gone(request):
            raise
        cut(request)
        return "upstream broke off", response
    if asked.askable and not inject and tracked.status == 200:
        _learn(proxy, (tracked.path, asked.model), stream)
    if tracked.told_j is not None or books.fields(tracked):
        response.trailer = f"{TRAILER}: {tracked.told_j}".encode()
    await response.write_eof()
    return "ok", response


def _learn(proxy: Proxy, route: tuple[str, str], stream: EventStream) -> None:
    """Keep how streams of a path and model tell their usage where the proxy has not asked for it."""
    if stream.null_seen is not None and len(proxy.plain) < MAX_LEARNT:
        proxy.plain.setdefault(route, Plain(bool(stream.null_seen), stream.told))

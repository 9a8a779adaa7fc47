"""Bytes between a client and the upstream: passed as they come, with what the proxy knows of the request."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from wattline.core.printable import printable
from wattline.web.proxy.accounting import Books
from wattline.web.proxy.door import Hosts, TimedBody
from wattline.web.proxy.headers import end_to_end_headers

CONNECT_S = 10.0
NO_AUTO = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
TRAILER = "X-Wattline-Energy-J"
BODYLESS = ("GET", "HEAD", "OPTIONS", "TRACE")


class UpstreamDown(Exception):
    """No answer can be had from upstream: the status and the words for the client."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class Proxy:
    """What every request needs. ``plain``: what streams that nobody asked for usage say, by path and model."""

    upstream: URL  # without a user's name and password
    session: aiohttp.ClientSession
    books: Books
    body: bool = True
    credentials: str = ""  # the upstream's own, for requests that bring none, but of no stranger's page
    hosts: Hosts = field(default_factory=lambda: Hosts("127.0.0.1"))
    bodies_bytes: int = 0  # of bodies that are in memory now
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("wattline.proxy"))
    trouble: str = ""  # what was last said of upstream

    def say(self, trouble: str) -> None:
        """Tell who runs the proxy what is wrong with upstream, once; clients are not told where it is."""
        if trouble != self.trouble:
            self.trouble = trouble
            if trouble:
                self.log.warning("wattline: upstream %s: %s", self.upstream, printable(trouble))

    plain: dict[tuple[str, str], Plain] = field(default_factory=dict)


@dataclass
class Plain:
    """What a server's streams say unasked: ``"usage": null`` in chunks of text, and the usage itself at the end.

    ``refuses``: it takes no request for usage.
    """

    null: bool = False
    reports: bool = False
    refuses: bool = False


class RelayResponse(web.StreamResponse):
    """A response with the upstream's headers alone; ``trailer`` may be set until its end."""

    def __init__(self, status: int, reason: str | None, headers: CIMultiDict[str]) -> None:
        super().__init__(status=status, reason=reason, headers=headers)
        self.given = frozenset(name.lower() for name in headers)
        self.trailer = b""

    async def write_eof(self, data: bytes = b"") -> None:
        writer = self._payload_writer
        if self.trailer and not data and writer is not None and getattr(writer, "chunked", False):
            transport = getattr(writer, "transport", None)
            if transport is not None and not transport.is_closing():
                transport.write(b"0\r\n" + self.trailer + b"\r\n\r\n")
                writer.chunked = False  # type: ignore[attr-defined]  # the end was written
        await super().write_eof(data)


async def upstream_headers_alone(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Take out what aiohttp adds to an answer that came without.

    Parameters
    ----------
    request : of the client
    response : as it is about to go out
    """
    if isinstance(response, RelayResponse):
        for name in ("Server", "Date", "Content-Type"):
            if name.lower() not in response.given:
                response.headers.pop(name, None)


def target(upstream: URL, raw_path: str) -> URL:
    """Where a request goes: its path behind the upstream's; a ``/v1`` that both have stands once.

    Parameters
    ----------
    upstream : address of the server behind
    raw_path : of the request, with its query, as it came

    Returns
    -------
    The address to send it to.
    """
    if not raw_path.startswith("/"):  # a client that takes this for a forward proxy names a host as well
        raw_path = URL(raw_path, encoded=True).raw_path_qs
    base = upstream.raw_path.rstrip("/")
    if base and raw_path.startswith(f"{base}/"):
        base = ""
    return URL(f"{upstream.origin()}{base}{raw_path}", encoded=True)


async def send(proxy: Proxy, request: web.BaseRequest, headers: CIMultiDict[str], data: Any) -> aiohttp.ClientResponse:
    """The upstream's answer, its body still to be read.

    Parameters
    ----------
    proxy : which passes requests on
    request : of the client
    headers : for the upstream
    data : the body

    Returns the answer. Raises UpstreamDown where it cannot be reached, or breaks off.
    """
    try:
        answer = await proxy.session.request(
            request.method,
            target(proxy.upstream, request.raw_path),
            headers=headers,
            data=data,
            allow_redirects=False,
            skip_auto_headers=NO_AUTO,
        )
    except aiohttp.ConnectionTimeoutError:
        proxy.say("it does not take connections")
        raise UpstreamDown(504, f"upstream did not take the connection in {CONNECT_S:g} s") from None
    except aiohttp.ClientConnectorError as error:
        proxy.say(f"it cannot be reached: {error.os_error or error}")
        why = error.os_error.strerror if isinstance(error.os_error, OSError) else ""
        raise UpstreamDown(502, f"upstream cannot be reached: {_without_address(why) or 'no connection'}") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        text = f"upstream broke off before it answered: {type(error).__name__}"
        raise UpstreamDown(502, text) from None
    proxy.trouble = ""
    return answer


def _without_address(why: str | None) -> str:
    """A reason without the address in it, which is not for every client to know."""
    return re.sub(r"\s*[(\['].*", "", why or "").strip()


def down(error: UpstreamDown) -> web.Response:
    """The answer when upstream gives none, in OpenAI's form, on one line."""
    text = {"error": {"message": f"wattline: {error}", "type": "upstream_error", "param": None, "code": error.status}}
    return web.Response(status=error.status, text=json.dumps(text) + "\n", content_type="application/json")


def request_headers(proxy: Proxy, request: web.BaseRequest, leave_out: tuple[str, ...] = ()) -> CIMultiDict[str]:
    """A request's headers for upstream, whose own Host and, where they bring none, credentials they get.

    Parameters
    ----------
    proxy : which passes requests on
    request : of the client
    leave_out : names of headers, in lower case

    Returns the headers.
    """
    headers = end_to_end_headers(request.raw_headers, ("host", "expect", *leave_out))
    if proxy.credentials and "Authorization" not in headers and not proxy.hosts.of_a_stranger(request):
        headers["Authorization"] = proxy.credentials
    return headers


async def plain(proxy: Proxy, request: web.BaseRequest) -> web.StreamResponse:
    """Pass a request that asks the device for nothing known: its body and its answer as they come.

    Parameters
    ----------
    proxy : with its session to upstream
    request : of the client

    Returns
    -------
    The answer, already sent.
    """
    has_body = request.body_exists or request.method not in BODYLESS
    data = TimedBody(request.content) if request.body_exists else None
    headers = request_headers(proxy, request, () if has_body else ("content-length",))
    try:
        answer = await send(proxy, request, headers, data)
    except UpstreamDown as error:
        return too_slow() if data is not None and data.slow else down(error)
    async with answer:
        response = RelayResponse(answer.status, answer.reason, end_to_end_headers(answer.raw_headers))
        await response.prepare(request)
        await copy(request, answer, response)
        return response


async def copy(request: web.BaseRequest, answer: aiohttp.ClientResponse, response: RelayResponse) -> bool:
    """Pass the body on; False where upstream broke off: then the client's connection is cut, so that it knows.

    Parameters
    ----------
    request : of the client
    answer : of the upstream
    response : to the client

    Returns whether the whole body was passed on.
    """
    try:
        async for data in answer.content.iter_any():
            await response.write(data)
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, ConnectionResetError) and client_gone(request):
            raise
        cut(request)
        return False
    await response.write_eof()
    return True


def client_gone(request: web.BaseRequest) -> bool:
    """Whether the client has left."""
    return request.transport is None or request.transport.is_closing()


def cut(request: web.BaseRequest) -> None:
    """End the client's connection in mid-answer, after what has been written."""
    if request.transport is not None:
        request.transport.close()


def too_slow() -> web.Response:
    """The answer to a client whose body does not come."""
    response = down(UpstreamDown(408, "the request's body did not come in time"))
    response.force_close()
    return response


async def read_some(content: aiohttp.StreamReader, most: int) -> tuple[bytes, bool]:
    """Up to about ``most`` bytes of an answer, and whether that was all.

    Parameters
    ----------
    content : of the answer
    most : bytes after which reading stops

    Returns
    -------
    The bytes, and whether they are all.
    """
    parts, size = [], 0
    async for data in content.iter_any():
        parts.append(data)
        size += len(data)
        if size > most:
            return b"".join(parts), False
        await asyncio.sleep(0) if size > 1 << 20 else None
    return b"".join(parts), True

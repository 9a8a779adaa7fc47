"""Who may come in, and for how long: names of hosts, connections that are open, bodies that arrive slowly."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterable
from typing import Any

import aiohttp
from aiohttp import web

HEADER_S = 20.0  # from a connection to the end of its first header
IDLE_S = 75.0  # between two requests of a connection, as load balancers wait 60 s
LINGER_S = 3.0  # for the rest of a body that nobody reads, so that the client sees the answer
BODY_S = 30.0  # without a byte of a body
MIN_BYTES_PER_S = 1000.0  # of a body, after its first half minute
MAX_CONNECTIONS = 10_000
SPARE_FILES = 64  # beside the two files of each connection: sensors, the journal, libraries
KNOWN = 1000  # names of hosts that are remembered as allowed
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"


class Hosts:
    """The names that requests may give as their Host: on a loopback address those of this machine, and ``more``.

    A page of a stranger whose name was made to lead to this machine (DNS rebinding) gives the stranger's. That name has
    a dot; one without is of the network here. A target that is a whole address comes from no page.
    """

    def __init__(self, bound: str, more: Iterable[str] = ()) -> None:
        names = {_bare(name) for name in more}
        self._all = "*" in names or (not names and not _is_loopback(bound))
        self._names = names | {_bare(bound), "localhost", "host.docker.internal", socket.gethostname().lower()}
        self._known: set[str] = set()

    def allow(self, request: web.BaseRequest) -> bool:
        """Whether a request may come in."""
        if self._all or not request.raw_path.startswith("/"):
            return True
        given = request.headers.getall("Host", [])
        return all(host in self._known or self._check(host) for host in given)

    def of_a_stranger(self, request: web.BaseRequest) -> bool:
        """Whether a page sent a request that is of another machine than this one, and of none that is named."""
        origin = request.headers.get("Origin", "")
        if not origin:
            return request.headers.get("Sec-Fetch-Site", "") == "cross-site"
        scheme, mark, host = origin.partition("://")
        ours = "*" in self._names or _bare(host) == _bare(request.host) or self._check(host)
        return not (mark and scheme in ("http", "https") and ours)

    def _check(self, host: str) -> bool:
        name = _bare(host)
        inside = "." not in name and ":" not in name
        if not (inside or name in self._names or name.endswith(".localhost") or _is_loopback(name)):
            return False
        if len(self._known) < KNOWN:
            self._known.add(host)
        return True


def _bare(host: str) -> str:
    """A host's name without its port, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() and ":" not in name else host).rstrip(".")


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class Doors:
    """The connections that are open, at most ``limit``; where all are, the one that has waited longest goes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._open: dict[GuardedHandler, None] = {}

    def enter(self, handler: GuardedHandler) -> bool:
        """Take in a connection; False where every other one is at work."""
        self._open[handler] = None
        if len(self._open) <= self.limit:
            return True
        idle = next((each for each in self._open if each is not handler and not each.works), None)
        if idle is not None:
            self._open.pop(idle)
            idle.force_close()
        return idle is not None

    def leave(self, handler: GuardedHandler) -> None:
        """A connection has ended."""
        self._open.pop(handler, None)


class GuardedHandler(web.RequestHandler):
    """A connection of a client that must send its first header in time."""

    __slots__ = ("_doors",)

    def __init__(self, doors: Doors, manager: Any, loop: asyncio.AbstractEventLoop, **options: Any) -> None:
        super().__init__(manager, loop=loop, **options)
        self._doors = doors

    @property
    def works(self) -> bool:
        """Whether a request is being answered."""
        return self._current_request is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._doors.enter(self):
            if isinstance(transport, asyncio.WriteTransport):
                transport.write(BUSY)
            self.force_close()
            return
        self._loop.call_later(HEADER_S, self._check_first)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._doors.leave(self)
        super().connection_lost(exc)

    def _check_first(self) -> None:
        if self._request_count == 0:
            self.force_close()


def connection_limit() -> int:
    """As many connections as this process has files for, each with one to upstream."""
    try:
        import resource
    except ImportError:
        return MAX_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(min((soft - SPARE_FILES) // 2, MAX_CONNECTIONS), 8)


def raise_file_limit() -> None:
    """Take as many open files as the system gives this process."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        want = 2 * MAX_CONNECTIONS + SPARE_FILES if hard == resource.RLIM_INFINITY else hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(want, 2 * MAX_CONNECTIONS + SPARE_FILES)), hard))


class TooSlow(Exception):
    """A client's body did not come in time."""


class TimedBody:
    """A client's body as it comes, after ``first``; ``slow`` where it did not come in time."""

    def __init__(self, content: aiohttp.StreamReader, first: bytes = b"") -> None:
        self._content, self._first = content, first
        self.slow = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._first:
            yield self._first
        loop = asyncio.get_running_loop()
        waited, size = 0.0, 0
        while True:
            begin = loop.time()
            try:
                async with asyncio.timeout(min(BODY_S, BODY_S + size / MIN_BYTES_PER_S - waited)):
                    data = await self._content.readany()
            except TimeoutError:
                self.slow = True
                raise TooSlow("the request's body did not come in time") from None
            if not data:
                return
            waited += loop.time() - begin
            size += len(data)
            yield data

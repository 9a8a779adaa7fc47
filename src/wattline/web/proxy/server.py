"""The proxy as a server: its sockets, its life from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import re
import signal
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web
from yarl import URL

from wattline.core.errors import WattlineError, shorten
from wattline.meter.sensor import Sensor
from wattline.web.proxy import door, pages, websocket
from wattline.web.proxy.accounting import Books
from wattline.web.proxy.body import kind_of
from wattline.web.proxy.door import Doors, GuardedHandler, Hosts, connection_limit, raise_file_limit
from wattline.web.proxy.ledger import HOLD_S
from wattline.web.proxy.metered_route import metered
from wattline.web.proxy.relay import CONNECT_S, Proxy, UpstreamDown, down, plain, upstream_headers_alone
from wattline.web.proxy.request_log import RequestLog
from wattline.web.proxy.sampler import describe
from wattline.web.proxy.token_weights import Weigher, generic

HEADER_BYTES = 1 << 16
STOP_S = 5.0  # how long running requests may go on after a stop is asked for


@dataclass(frozen=True)
class ProxySetup:
    """What a proxy is started with. ``port`` 0 takes any free one; ``journal`` None keeps none; ``allow_hosts``: names
    that requests may give as their Host beside this machine's own; ``keep_s``: how long the journal keeps rows."""

    upstream: str
    host: str = "127.0.0.1"
    port: int = 8100
    sensors: Sequence[Sensor] = ()
    weigher: Weigher = field(default_factory=generic)
    journal: Path | None = None
    interval_s: float = 0.1
    body: bool = True
    allow_hosts: Sequence[str] = ()
    keep_s: float | None = None
    hold_s: float = HOLD_S


def upstream_url(text: str) -> URL:
    """The upstream's address. Raises WattlineError where it is none."""
    mend = "give one like http://127.0.0.1:8000"
    try:
        url = URL(text.strip())
        good = url.scheme in ("http", "https") and bool(url.host) and not url.query_string and not url.fragment
        _ = url.port
    except ValueError:
        good = False
    if not good:
        shown = shorten(re.sub(r"//[^/]*@", "//", text).partition("?")[0])
        raise WattlineError(f"--upstream {shown!r} is no address of a server; {mend}")
    return url


def _credentials(url: URL) -> str:
    """What an address with a user's name and password says to its server."""
    if url.user is None and url.password is None:
        return ""
    return "Basic " + b64encode(f"{url.user or ''}:{url.password or ''}".encode()).decode()


@contextlib.asynccontextmanager
async def running(setup: ProxySetup) -> AsyncIterator[tuple[str, Books]]:
    """A proxy that serves while the block runs: its address and its books."""
    given = upstream_url(setup.upstream)
    url = given.with_user(None)
    about = {
        "upstream": str(url),
        "sensors": [describe(sensor) for sensor in setup.sensors],
        "weights": setup.weigher.basis,
        "interval_s": setup.interval_s,
    }
    store = RequestLog(setup.journal, about, setup.keep_s) if setup.journal else None
    books = Books(setup.sensors, setup.weigher, store, setup.interval_s, setup.hold_s)
    async with _session() as session:
        runner = web.AppRunner(
            _app(
                Proxy(
                    url,
                    session,
                    books,
                    setup.body,
                    _credentials(given),
                    Hosts(setup.host, setup.allow_hosts),
                    log=_log(),
                )
            ),
            handler_cancellation=True,
            access_log=None,
            shutdown_timeout=STOP_S,
        )
        await runner.setup()
        server = None
        try:
            server = await _listen(runner, setup.host, setup.port)
            books.start()
            yield _address(server), books
        finally:
            if server is not None:
                server.close()
            await runner.cleanup()
            await books.stop()


def _session() -> aiohttp.ClientSession:
    """Connections to upstream: as many as wanted, given up sooner than servers do (uvicorn after 5 s)."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0, ttl_dns_cache=30),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
    )


def _log() -> logging.Logger:
    """What goes wrong in serving, a line each; what clients send wrongly is told to them alone."""

    def as_line(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        record.exc_info = None
        if error is not None:
            record.msg, record.args = f"wattline: a request failed: {type(error).__name__}: {error}", ()
        return not isinstance(error, aiohttp.http_exceptions.HttpProcessingError)

    log = logging.getLogger("wattline.proxy")
    if not log.filters:
        log.addFilter(as_line)
    return log


def _app(proxy: Proxy) -> web.Application:
    async def handle(request: web.Request) -> web.StreamResponse:
        if not proxy.hosts.allow(request):
            name = request.host[:100]
            return down(UpstreamDown(403, f"Host {name!r} is not of this machine; --allow-host names more"))
        path = request.raw_path
        if path.startswith(pages.ROOT):
            return await pages.page(proxy.books, str(proxy.upstream), request.method, path)
        if websocket.asks_upgrade(request):
            return await websocket.bridge(proxy, request)
        kind = kind_of(request.method, path)
        return await (metered(proxy, request, kind) if kind else plain(proxy, request))

    app = web.Application(client_max_size=0)
    app.router.add_route("*", "/{path:.*}", handle)
    app.on_response_prepare.append(upstream_headers_alone)
    return app


async def _listen(runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
    """A socket whose connections are guarded; their bodies come as they were sent, packed or not."""
    loop, doors = asyncio.get_running_loop(), Doors(connection_limit())

    def connection() -> GuardedHandler:
        return GuardedHandler(
            doors, runner.server, loop, keepalive_timeout=door.IDLE_S, lingering_time=door.LINGER_S, access_log=None,
            logger=_log(), auto_decompress=False, max_line_size=HEADER_BYTES, max_field_size=HEADER_BYTES,
        )  # fmt: skip

    try:
        return await loop.create_server(connection, host, port, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WattlineError(
            f"cannot listen on {host}:{port}: {shorten(str(reason), 200)}; take another --port"
        ) from None


def _address(server: asyncio.Server) -> str:
    real = server.sockets[0].getsockname()
    shown = f"[{real[0]}]" if ":" in real[0] else real[0]
    return f"http://{shown}:{real[1]}"


async def _serve(setup: ProxySetup, listening: Callable[[str, Books], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(setup) as (address, books):
        listening(address, books)
        await stop.wait()


def steady() -> None:
    """Keep the process from pausing: modules stay out of garbage collection, and threads hand over soon."""
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.0005)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def serve_proxy(setup: ProxySetup, listening: Callable[[str, Books], None]) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Parameters
    ----------
    setup : what the proxy does
    listening : called once the socket is open, with its address and the accounts

    Raises WattlineError where the address cannot be listened at.
    """
    steady()
    raise_file_limit()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(setup, listening))

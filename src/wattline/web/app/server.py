"""The app as a server: uvicorn with bounds on connections, on headers that come slowly, and on what waits."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from wattline.core.errors import WattlineError
from wattline.web.app.app import build
from wattline.web.app.forms import commands_in, fields_of
from wattline.web.app.guard import App
from wattline.web.app.jobs import MAX_S, QUICK_S, Jobs
from wattline.web.app.pool import WORKER, WorkerPool
from wattline.web.app.seal import JOURNALS
from wattline.web.app.state import AppState
from wattline.web.app.uploads import Uploads

HEADER_S = 15.0  # from a connection to the end of its first header
IDLE_S = 20  # between two requests of a connection
MAX_CONNECTIONS = 500
MAX_HEADER = 32_768
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class WebSetup:
    """How the app is served.

    Attributes
    ----------
    host, port : where it listens; port 0 takes a free one
    lang : language where the reader chose none
    journals : folder of recordings
    proxy : address of a running proxy
    workers : processes that answer; None for one a core, two at least
    names : further names that requests may be sent to
    token : that readers of another machine bring; made where None
    max_s : seconds after which an answer is given up
    quick_s : seconds after which a question that was thought quick takes the place of a long one
    """

    host: str = "127.0.0.1"
    port: int = 8200
    lang: str = "en"
    journals: Path | None = None
    proxy: str = ""
    workers: int | None = None
    names: tuple[str, ...] = ()
    token: str | None = None
    max_s: float = MAX_S
    quick_s: float = QUICK_S

    @property
    def local(self) -> bool:
        """Whether it is reached from this machine alone."""
        return self.host in LOOPBACK


class BoundedProtocol(H11Protocol):
    """A connection that is closed where its first header does not come in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._header_timer = self.loop.call_later(HEADER_S, self._no_header)

    def _no_header(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._header_timer.cancel()
        super().connection_lost(exc)


def app_of(setup: WebSetup, command: Any, worker: Sequence[str] = WORKER) -> App:
    """The app, ready to be served.

    Parameters
    ----------
    setup : how
    command : the command line, as click has it, whose commands are its pages
    worker : the command that starts a process that answers

    Returns
    -------
    An app with its pages and its pool.

    Raises
    ------
    WattlineError where the folder of journals does not exist.
    """
    if setup.journals is not None:
        if not setup.journals.is_dir():
            raise WattlineError(f"--journals {setup.journals}: there is no such folder")
        os.environ[JOURNALS] = str(setup.journals.resolve())
    commands = dict(commands_in(command))
    forms: Mapping[str, Any] = {name: fields_of(each) for name, each in commands.items()}
    abouts = {name: str(each.help or "") for name, each in commands.items()}
    pool = WorkerPool(setup.workers or os.cpu_count() or 2, worker)
    uploads = Uploads()
    jobs = Jobs(pool, uploads, setup.max_s, setup.quick_s)
    state = AppState(forms, jobs, uploads, setup.lang, setup.journals, setup.proxy, abouts=abouts)
    token = "" if setup.local else setup.token or secrets.token_urlsafe(24)
    names = setup.names if setup.local else (*setup.names, setup.host, *_own_addresses())
    return build(state, pool, names, token)


def _own_addresses() -> list[str]:
    """Names and addresses under which other machines may reach this one."""
    name = socket.gethostname()
    try:
        addresses = [str(entry[4][0]) for entry in socket.getaddrinfo(name, None)]
    except OSError:
        addresses = []
    return [name, *(f"[{each}]" if ":" in each else each for each in addresses)]


def serve_app(setup: WebSetup, command: Any, listening: Callable[[str], None]) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    setup : where it listens, and what it may read
    command : the command line's program, which answers
    listening : called with the address, its token included, once there is one

    Raises WattlineError where the address cannot be had.
    """
    if not setup.local and setup.token is None:
        setup = WebSetup(**{**vars(setup), "token": secrets.token_urlsafe(24)})
    sock = _bound(setup.host, setup.port)
    port = sock.getsockname()[1]
    app = app_of(setup, command)
    config = uvicorn.Config(
        app, http=BoundedProtocol, ws="none", lifespan="on", log_level="error", access_log=False,
        timeout_keep_alive=IDLE_S, limit_concurrency=MAX_CONNECTIONS, h11_max_incomplete_event_size=MAX_HEADER,
        server_header=False, timeout_graceful_shutdown=2,
    )  # fmt: skip
    shown = f"[{setup.host}]" if ":" in setup.host else setup.host
    listening(f"http://{shown}:{port}/{'' if setup.local else f'?token={setup.token}'}")
    uvicorn.Server(config).run(sockets=[sock])


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(512)
    except OSError as error:
        raise WattlineError(
            f"cannot listen on {host}:{port}: {error.strerror}; give another --port or --host"
        ) from None
    return sock

"""A small HTTP server for scrapes: so many at once, each for so long, whoever asks."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

MAX_SCRAPES = 16  # at once; one more is not taken in
SILENT_S = 5.0  # without a byte
LONGEST_S = 15.0  # of one connection, whatever it sends


class ScrapeHandler(WSGIRequestHandler):
    """One scrape, without a line for it on standard error."""

    timeout = SILENT_S

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said of scrapes."""

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().handle()


class ScrapeServer(ThreadingMixIn, WSGIServer):
    """Threads for a few connections, each of which is cut when its time is over."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], family: socket.AddressFamily) -> None:
        self.address_family = family
        self._slots = threading.BoundedSemaphore(MAX_SCRAPES)
        super().__init__(address, ScrapeHandler)

    def server_bind(self) -> None:
        """As its base does, but without asking a name server for this host's name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a client in a thread of its own; one beyond so many at once is turned away.

        Parameters
        ----------
        request : the client's socket
        client_address : its address and port
        """
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a client, cut off where it takes too long.

        Parameters
        ----------
        request : the client's socket
        client_address : its address and port
        """
        end = threading.Timer(LONGEST_S, _cut, [request])
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's error.

        Parameters
        ----------
        request : the client's socket
        client_address : its address and port
        """


def _cut(request: socket.socket) -> None:
    with contextlib.suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def start(app: Callable[..., Any], host: str, port: int) -> tuple[ScrapeServer, threading.Thread]:
    """A server of a WSGI application that runs in a thread.

    Parameters
    ----------
    app : the application
    host, port : where it listens

    Returns the server and its thread. Raises OSError where it cannot listen.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    server = ScrapeServer((str(address[0]), int(address[1])), family)
    server.set_app(app)
    thread = threading.Thread(target=server.serve_forever, name="wattline-scrapes", daemon=True)
    thread.start()
    return server, thread

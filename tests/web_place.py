"""The app behind its guard, served on the loopback in a thread, with real processes that answer."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import uvicorn
from typer.main import get_command

from wattline.cli.main import app as command_line
from wattline.web.app.pool import WORKER
from wattline.web.app.server import BoundedProtocol, WebSetup, app_of


@contextlib.contextmanager
def served(setup: WebSetup | None = None, worker: tuple[str, ...] = WORKER) -> Iterator[str]:
    """The address of an app that runs while the block does."""
    setup = setup or WebSetup(workers=2)
    app = app_of(setup, get_command(command_line), worker)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(128)
    config = uvicorn.Config(
        app, http=BoundedProtocol, ws="none", log_level="error", access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


CLIENT = httpx.Client(timeout=120, trust_env=False)


def get(base: str, path: str, **more: Any) -> httpx.Response:
    """The reply to a GET, without following where it leads; a reader who never came before, with no cookie."""
    CLIENT.cookies.clear()
    return CLIENT.get(base + path, **more)


# stands in for a process that answers: what it does follows from the number of draws in the question
FAKE = """
import json, os, sys, time
out = sys.stdout
def say(message):
    out.write(json.dumps(message) + "\\n"); out.flush()
say({"ready": True})
for line in sys.stdin:
    args = json.loads(line).get("args", [])
    if "--draws=66" in args:
        os._exit(1)
    if "--draws=77" in args:
        say({"progress": "counting"}); time.sleep(600)
    title = "<script>alert(1)</script>" if "--draws=88" in args else "an answer"
    say({"ok": {"json": json.dumps({"command": args[0], "results": {"title": title, "x_wh": 1.5}}), "csv": "name\\n",
        "command": args[0], "text": title}})
"""


def status(base: str, path: str, method: str = "GET", **headers: str) -> int:
    return httpx.request(method, base + path, headers={k.replace("_", "-"): v for k, v in headers.items()}).status_code


def spoken(base: str, raw: bytes, wait_s: float = 5.0) -> bytes:
    """What comes back for these bytes until the connection ends or nothing more comes."""
    with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=wait_s) as connection:
        connection.sendall(raw)
        data = b""
        try:
            while part := connection.recv(65536):
                data += part
                if b"\r\n\r\n" in data:
                    break
        except TimeoutError:
            pass
        return data

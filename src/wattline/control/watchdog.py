"""The process that sets limits back when their owner ends without doing it: by a crash, ``kill -9``, or Ctrl-C.

``python -m wattline.control.watchdog OWNER FILE …`` in a session of its own. Its standard input is a pipe of the
owner's: ``done`` means that all is set back already; its end, or the end of the owner, means that the watchdog does it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path

from wattline.control.restore import restore_until
from wattline.meter.journal.process import start_ticks

DONE, READY = b"done\n", b"ready\n"
PATIENCE_S = 600.0  # how long a device that is lost is waited for
LOOK_S = 0.5  # between two looks whether the owner lives, where the system has no handles of processes
LOG = "watchdog.log"


def main(arguments: list[str]) -> None:
    """Wait for the owner's end, then set back what its files say."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    owner, paths = int(arguments[0]), [Path(path) for path in arguments[1:]]
    began = start_ticks(owner)
    handle = _handle(owner)
    with contextlib.suppress(OSError):
        os.write(1, READY)
    if began is not None and _is_done(owner, began, handle):
        return
    lines = restore_until(paths, PATIENCE_S)
    if paths and lines:
        with contextlib.suppress(OSError), open(paths[0].parent / LOG, "a", encoding="utf-8") as log:
            log.writelines(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n" for line in lines)


def _handle(owner: int) -> int | None:
    """A handle that tells the owner's end at once; None where the system has none, or the owner is gone."""
    try:
        return os.pidfd_open(owner)
    except (AttributeError, OSError):
        return None


def _is_done(owner: int, began: int, handle: int | None) -> bool:
    """Wait; True where the owner says that all is set back, False where it ended."""
    heard = b""
    watched = [0] if handle is None else [0, handle]
    while True:
        ready = select.select(watched, [], [], LOOK_S if handle is None else None)[0]
        if 0 in ready:
            piece = os.read(0, 64)
            heard += piece
            if heard.endswith(DONE):
                return True
            if not piece:
                return False
        elif handle in ready or start_ticks(owner) != began:
            return False


if __name__ == "__main__":
    main(sys.argv[1:])

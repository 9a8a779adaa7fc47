"""Forks wait for a session's round to end.

A child has its parent's memory, and so the locks inside SQLite and drivers as they were at that moment: were one held
by the thread that samples, nothing in the child would ever let it go, and its first window would wait for ever.
"""

from __future__ import annotations

import os
import threading

WAIT_S = 5.0  # a sensor that hangs does not keep a program from forking

lock = threading.RLock()
_forking = threading.local()


def _before() -> None:
    _forking.taken = lock.acquire(timeout=WAIT_S)


def _in_parent() -> None:
    if _forking.taken:
        lock.release()


def _in_child() -> None:
    global lock
    lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)

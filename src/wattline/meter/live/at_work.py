"""Forks wait for what the meter's threads do inside SQLite and drivers.

A child has its parent's memory, and so the locks inside SQLite and drivers as they were at that moment: were one held
by another thread, nothing in the child would ever let it go, and its first window would wait for ever.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WAIT_S = 5.0  # a sensor that hangs does not keep a program from forking

_gate = threading.Condition()  # held while the process forks, so that nothing begins meanwhile
_inside = 0
_forks = 0  # that wait: who begins anew lets them go first, or a sampler behind its time would never leave a moment
_own = threading.local()


@contextmanager
def at_work() -> Iterator[None]:
    """Work inside SQLite or a driver, which a fork waits for; many threads may be at it at once."""
    global _inside
    depth = getattr(_own, "depth", 0)
    with _gate:
        if not depth:  # who is at it already is waited for
            _gate.wait_for(lambda: not _forks, WAIT_S)
        _inside += 1
    _own.depth = depth + 1
    try:
        yield
    finally:
        _own.depth -= 1
        with _gate:
            _inside = max(_inside - 1, 0)  # a child has none of its parent's
            _gate.notify_all()


def _before() -> None:
    global _forks
    _own.holds = _gate.acquire(timeout=WAIT_S)
    if _own.holds:
        _forks += 1
        _gate.wait_for(lambda: _inside <= getattr(_own, "depth", 0), WAIT_S)


def _in_parent() -> None:
    global _forks
    if _own.holds:
        _forks -= 1
        _gate.notify_all()
        _gate.release()


def _in_child() -> None:
    global _gate, _inside, _forks
    _gate, _forks = threading.Condition(), 0
    _inside = getattr(_own, "depth", 0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)

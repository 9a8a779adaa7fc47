"""Where a sweep's function runs: in this process, in worker processes over all cores, or on a Ray cluster.

``function(shared, item)`` takes what all items share and one item, and gives a result that JSON can hold. It must be
found by import (a function of a module), for workers are started afresh and import it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from types import ModuleType
from typing import Any, Protocol

from wattline.core.errors import WattlineError
from wattline.sweep.store import Function, Item, Result

MAX_WORKERS = 4096


class Pool(Protocol):
    """Runs items and gives their results as they come; ``ahead``: how many to have under way."""

    ahead: int

    def submit(self, item: Item) -> None: ...

    def next(self) -> tuple[Item, Result]: ...


@contextmanager
def open_pool(on: str | None, function: Function, shared: Any, workers: int | None = None) -> Iterator[Pool]:
    """A pool of workers.

    Parameters
    ----------
    on : None for this machine's cores, ``ray`` for a Ray of its own here, or the address of a cluster,
        ``ray://HOST:PORT``
    function : of a shared object and an item
    shared : given to every call of the function
    workers : how many; as many as there are cores where None; one runs in this process

    Returns the pool, within a ``with`` block. Raises WattlineError for a number of workers out of range, and where Ray
    cannot be reached.
    """
    if workers is not None and not 1 <= workers <= MAX_WORKERS:
        raise WattlineError(f"workers: {workers} is out of range; take 1 to {MAX_WORKERS:,}")
    if on is not None:
        from wattline.sweep.on_ray import ray_pool

        with ray_pool(on, function, shared, workers) as remote:
            yield remote
        return
    count = workers or cores()
    if count == 1:
        yield Here(function, shared)
        return
    pool = Processes(function, shared, count)
    try:
        yield pool
    except BaseException:
        pool.kill()
        raise
    else:
        pool.close()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Here:
    """One item after the other, in this process."""

    ahead = 1

    def __init__(self, function: Function, shared: Any) -> None:
        self._function, self._shared = function, shared
        self._items: deque[Item] = deque()

    def submit(self, item: Item) -> None:
        self._items.append(item)

    def next(self) -> tuple[Item, Result]:
        item = self._items.popleft()
        return item, self._function(self._shared, item)


class Processes:
    """Worker processes, each of which gets what is shared once. They end when this process ends, however it does."""

    def __init__(self, function: Function, shared: Any, workers: int) -> None:
        self.ahead = workers + 1  # one waits, so that no worker does
        self._items: dict[Future[Result], Item] = {}
        self._executor = ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=_begin, initargs=(function, shared)
        )

    def submit(self, item: Item) -> None:
        with _no_main():
            self._items[self._executor.submit(_work, dict(item))] = item

    def next(self) -> tuple[Item, Result]:
        """The next result, as it comes, with its item. Raises WattlineError where a worker process died, and what the
        item's own function raised."""
        done, _ = wait(self._items, return_when=FIRST_COMPLETED)
        future = done.pop()
        try:
            return self._items.pop(future), future.result()
        except BrokenProcessPool:
            raise WattlineError("a worker process died (out of memory?); give fewer workers and go on") from None

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def kill(self) -> None:
        workers = list((self._executor._processes or {}).values())
        for worker in workers:
            worker.kill()
        self._executor.shutdown(wait=False, cancel_futures=True)


_present: tuple[Function, Any] | None = None


def _begin(function: Function, shared: Any) -> None:
    """In a worker, once: interrupts are the parent's affair, and no worker outlives it."""
    global _present
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _present = (function, shared)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _work(item: Mapping[str, Any]) -> Result:
    assert _present is not None
    function, shared = _present
    return function(shared, item)


@contextmanager
def _no_main() -> Iterator[None]:
    """Workers do not run the caller's script again, so that it needs no ``if __name__ == "__main__"``."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main

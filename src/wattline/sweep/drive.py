"""Leads many searches over one pool: each asks for the result of one item, and goes on when it is there.

Searches are independent of each other, so that what each of them finds does not depend on the number of workers, nor
on which result comes first. Items that were found before, in this run or in the store's file, are not run again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from wattline.sweep.pool import Pool
from wattline.sweep.store import Item, Result, Store, item_key

Answer = TypeVar("Answer")
Search = Generator[Item, Result, Answer]
Watch = Callable[[Item, Result], None]


def drive(searches: Sequence[Search[Answer]], pool: Pool, store: Store, watch: Watch | None = None) -> list[Answer]:
    """The answers of all searches.

    Parameters
    ----------
    searches : each yields the items that it wants and takes their results
    pool : which computes items
    store : of results that are known, to which new ones go
    watch : called with each item and result that was computed, as it comes

    Returns an answer for each search, in their order. Raises WattlineError where a worker is lost, and what an item's
    own function raises.
    """
    answers: dict[int, Answer] = {}
    waiting: dict[str, list[int]] = {}
    ready: deque[tuple[int, Result | None]] = deque((i, None) for i in range(len(searches)))
    while ready or waiting:
        while ready and len(waiting) < pool.ahead:
            i, result = ready.popleft()
            wanted = _advance(searches[i], result, i, answers)
            if wanted is None:
                continue
            known = store.get(wanted)
            if known is not None:
                ready.appendleft((i, known))
                continue
            name = item_key(wanted)
            waiting.setdefault(name, []).append(i)
            if len(waiting[name]) == 1:
                pool.submit(wanted)
        if waiting:
            item, result = pool.next()
            store.put(item, result)
            if watch is not None:
                watch(item, result)
            ready.extend((i, result) for i in waiting.pop(item_key(item)))
    return [answers[i] for i in range(len(searches))]


def run_all(items: Sequence[Item], pool: Pool, store: Store, watch: Watch | None = None) -> list[Result]:
    """The results of all items.

    Parameters
    ----------
    items : what is computed, plain data each
    pool : which computes them
    store : of results that are known, to which new ones go
    watch : called with each item and result that was computed, as it comes

    Returns a result for each item, in their order. Raises WattlineError where a worker is lost, and what an item's own
    function raises.
    """
    return drive([_single(item) for item in items], pool, store, watch)


def _single(item: Item) -> Search[Result]:
    return (yield item)


def _advance(search: Search[Answer], result: Any, i: int, answers: dict[int, Answer]) -> Item | None:
    """The next item that a search asks for; None when it has its answer."""
    try:
        return next(search) if result is None else search.send(result)
    except StopIteration as stop:
        answers[i] = stop.value
        return None

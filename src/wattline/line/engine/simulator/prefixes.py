"""Prompt tokens that a replica need not read again: an LRU store of prefix blocks, beside the running sequences' cache.

The store is a fixed share of the cache, so that both together never exceed it. A request finds the longest run of its
leading blocks that the store holds, and leaves all of its blocks there, in order of arrival. Left out: a prefix counts
as stored from the arrival of the request that brought it, not from the step that read it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.errors import WattlineError

NONE = -1
SHARED = 4.0


def cached_prompt_tokens(
    block: Any, offset: Any, block_tokens: int, input_tokens: Any, replica: Any, store_tokens: float
) -> Any:
    """Tokens of each prompt found in its replica's store, ``(n,)`` whole numbers; at most all but the last.

    ``block``: hashes of all requests' prefix blocks one after the other, request i's from ``offset[i]``;
    ``replica`` (n,): where each request goes.

    Parameters
    ----------
    block : hashes of all requests' prefix blocks one after the other
    offset : request i's are from ``offset[i]``, shape ``(n + 1,)``
    block_tokens : tokens of a block
    input_tokens : of each prompt, shape ``(n,)``
    replica : where each request goes, shape ``(n,)``
    store_tokens : that a replica's store holds

    Returns tokens, shape ``(n,)``. Raises WattlineError for a store below zero.
    """
    from wattline.line.engine.simulator.kernel_prefixes import lru

    if store_tokens < 0:
        raise WattlineError("prefix cache: its size must be zero or more")
    _, number = np.unique(np.asarray(block), return_inverse=True)
    room = int(store_tokens // block_tokens)
    kinds = int(number.max()) + 1 if len(number) else 0
    hits = np.zeros(len(replica), np.int64)
    links = np.full((2, kinds + 1), NONE, np.int64)
    order = np.argsort(replica, kind="stable")
    cached, ends = np.zeros(kinds + 1, np.bool_), np.full(2, NONE, np.int64)
    where = np.asarray(replica, np.int64)
    lru(number.astype(np.int64), np.asarray(offset, np.int64), order, where, room, links, cached, ends, hits)
    return np.minimum(hits * block_tokens, np.asarray(input_tokens) - 1)


def by_prefix(block: Any, offset: Any, replicas: int) -> Any:
    """A replica for each request by what it begins with: those that begin alike go to the same one, new ones in turn.

    A beginning that very many share (a system's prompt) tells nothing apart: the first block that fewer than a
    quarter of a replica's requests have decides.

    Parameters
    ----------
    block : hashes of all requests' prefix blocks one after the other
    offset : request i's are from ``offset[i]``, shape ``(n + 1,)``
    replicas : number of them

    Returns a replica for each request, shape ``(n,)``.
    """
    block, offset = np.asarray(block), np.asarray(offset)
    n = len(offset) - 1
    _, number, count = np.unique(block, return_inverse=True, return_counts=True)
    rare = np.append(np.flatnonzero(count[number] <= max(n / (SHARED * replicas), 1.0)), len(block))
    place = np.minimum(rare[np.searchsorted(rare, offset[:-1])], offset[1:] - 1)
    has = np.diff(offset) > 0
    key = np.where(has, block[np.where(has, place, 0)] if len(block) else 0, 0)
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    turn = np.empty(len(first), np.int64)
    turn[np.argsort(first)] = np.arange(len(first))  # by when each was first met
    return np.where(has, turn[number] % replicas, np.arange(n) % replicas)

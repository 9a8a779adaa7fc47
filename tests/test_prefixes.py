"""The store of prefix blocks, against a plain one; the router by beginnings."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the simulator needs Numba: pip install 'wattline[sim]'")

from wattline.core.errors import WattlineError
from wattline.line.engine.simulator.prefixes import by_prefix, cached_prompt_tokens
from wattline.line.work.traffic.trace import Hashes, Traffic
from wattline.predict.service.simulate import serve


def _plain(prompts: list[list[int]], where: list[int], room: int) -> list[int]:
    stores: dict[int, OrderedDict[int, None]] = {}
    hits = []
    for prompt, r in zip(prompts, where, strict=True):
        store = stores.setdefault(r, OrderedDict())
        count = 0
        while count < len(prompt) and prompt[count] in store:
            count += 1
        hits.append(count)
        for block in reversed(prompt):
            if block in store:
                store.move_to_end(block)
            elif room > 0:
                if len(store) == room:
                    store.popitem(last=False)
                store[block] = None
    return hits


@given(replicas=st.integers(1, 3), ranks=st.integers(1, 4), router=st.sampled_from(["round-robin", "prefix"]))
def test_groups_of_chips_keep_their_own_beginnings(replicas: int, ranks: int, router: str) -> None:
    """Groups that split a replica's requests find what as many replicas with a part of its store would find."""
    from wattline.line.engine.simulator.simulate import Limits
    from wattline.predict.service.inputs import by_prefixes

    rng = np.random.default_rng(replicas * 10 + ranks)
    prompts = [[int(x) for x in rng.integers(0, 6, 5)] for _ in range(60)]
    offset = np.arange(61) * 5
    traffic = Traffic(
        np.arange(60.0),
        np.full(60, 100),
        np.full(60, 10),
        duration_s=60.0,
        hashes=Hashes(np.concatenate(prompts), offset, 16),
    )
    limits = Limits(16, 512, 16, 240, 2)
    left, together = by_prefixes(traffic, limits, replicas, router, 0.5, ranks)
    _, apart = by_prefixes(traffic, limits._replace(blocks=240 // ranks), replicas * ranks, router, 0.5)
    assert left.blocks == 120
    np.testing.assert_array_equal(together["cached_tokens"], apart["cached_tokens"])
    np.testing.assert_array_equal(together["assign"], apart["assign"] % replicas)


@st.composite
def _prompts(draw: Any) -> list[list[int]]:
    """Prompts of a tree: a few beginnings, each going on its own way."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    prompts: list[list[int]] = []
    for i in range(draw(st.integers(1, 40))):
        old = prompts[rng.integers(len(prompts))] if prompts and rng.random() < 0.7 else []
        prompts.append([*old[: rng.integers(0, len(old) + 1)], *range(1000 * i, 1000 * i + int(rng.integers(0, 5)))])
    return prompts


def _flat(prompts: list[list[int]]) -> tuple[Any, Any]:
    blocks = [block for prompt in prompts for block in prompt]
    return np.array(blocks, np.int64), np.concatenate([[0], np.cumsum([len(p) for p in prompts])])


@given(_prompts(), st.integers(1, 4), st.sampled_from([0, 1, 3, 10, 1000]))
def test_store_agrees_with_a_plain_one(prompts: list[list[int]], replicas: int, room: int) -> None:
    block, offset = _flat(prompts)
    where = np.arange(len(prompts)) % replicas
    tokens = np.array([16 * len(p) + 5 for p in prompts])
    result = cached_prompt_tokens(block, offset, 16, tokens, where, room * 16.0)
    np.testing.assert_array_equal(result, [16 * n for n in _plain(prompts, where.tolist(), room)])
    routed = by_prefix(block, offset, replicas)
    assert ((routed >= 0) & (routed < replicas)).all()


def test_those_that_begin_alike_go_together() -> None:
    own = [[0, 10 + i % 30, 100 + i] for i in range(60)]  # all share block 0
    routed = by_prefix(*_flat(own), 3)
    for i in range(30):
        assert routed[i] == routed[i + 30]
    assert np.bincount(routed, minlength=3).min() >= 15


def _talk(n: int) -> Traffic:
    """Every second request repeats the prompt before it."""
    prompts = [[1000 * (i // 2) + j for j in range(8)] for i in range(n)]
    return Traffic(np.arange(n) * 0.2, np.full(n, 8 * 64), np.full(n, 20), Hashes(*_flat(prompts), 64))


def test_found_prefixes_are_not_read_again() -> None:
    plain = serve("llama-3.1-8b", _talk(100), gpus=1, draws=0)
    stored = serve("llama-3.1-8b", _talk(100), gpus=1, prefix_cache=0.3, draws=0)
    assert plain.simulated()["read_share"] == 1.0
    assert stored.simulated()["read_share"] == pytest.approx(0.5 + 0.5 / 512)
    assert stored.served.energy_j.sum() < plain.served.energy_j.sum()
    assert stored.served.tokens.sum() == plain.served.tokens.sum()
    assert stored.served.limits.blocks < plain.served.limits.blocks


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"prefix_cache": 1.0}, "share"),
        ({"prefix_cache": 0.5, "router": "least-loaded"}, "least-loaded"),
        ({"prefix_cache": 0.5, "router": "no"}, "router"),
        ({"prefix_cache": 0.5, "replicas": 0}, "replicas"),
    ],
)
def test_bad_settings(given: dict[str, Any], says: str) -> None:
    with pytest.raises(WattlineError, match=says):
        serve("llama-3.1-8b", _talk(4), gpus=1, draws=0, **given)
    without = Traffic(np.zeros(1), np.ones(1, int), np.ones(1, int))
    with pytest.raises(WattlineError, match="no prefix hashes"):
        serve("llama-3.1-8b", without, gpus=1, draws=0, prefix_cache=0.5)

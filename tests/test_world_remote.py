"""Draws of an outlook elsewhere are those made here, to the bit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import wattline as wl
from wattline.line.world.drivers import WhatIf
from wattline.line.world.outlook import OutlookQuestion, catalog_posterior, outlook
from wattline.line.world.outlook_draws import CHUNK, DrawnArrays
from wattline.line.world.scenarios import read_what_if
from wattline.predict.outlook import remote
from wattline.sweep.store import Function, Item, Result

DRAWS = 2 * CHUNK + 100


@pytest.mark.parametrize("changes", [(), (read_what_if("shipments=-15%"), read_what_if("load_factor=55%"))])
def test_chunks_of_other_processes_are_those_of_this_one(
    changes: tuple[WhatIf, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = OutlookQuestion.read(["us", "ie"], "2024-2026", 2026, changes)
    chunks: list[int] = []

    class Elsewhere:
        """What is shared goes there by pickle, the results come in any order."""

        ahead = 9

        def __init__(self, on: str | None, function: Function, shared: object) -> None:
            self._call, self._shared = function, pickle.dumps(shared)
            self._items: list[Item] = []

        def __enter__(self) -> Elsewhere:
            return self

        def __exit__(self, *_: object) -> None: ...

        def submit(self, item: Item) -> None:
            self._items.append(item)

        def next(self) -> tuple[Item, Result]:
            item = self._items.pop()
            chunks.append(int(item["chunk"]))
            return item, self._call(pickle.loads(self._shared), item)

    monkeypatch.setattr(remote, "open_pool", Elsewhere)
    here = outlook(question, catalog_posterior(2026), DRAWS, 3)
    there = outlook(question, catalog_posterior(2026), DRAWS, 3, remote.DrawsOn(DRAWS, "ray").fill)
    assert sorted(chunks) == [1, 2]
    for name in ("twh", "gw", "stock_twh", "ai_twh"):
        assert np.array_equal(getattr(here, name), getattr(there, name)), name
    assert all(np.array_equal(here.shares[name], there.shares[name]) for name in here.shares)


def test_arrays_of_a_part_are_views() -> None:
    out = DrawnArrays.empty((2, 3, 10))
    out.part(slice(4, 6)).twh[:] = 7
    assert (out.twh[:, :, 4:6] == 7).all()


def test_a_real_ray_gives_the_same_answer() -> None:
    pytest.importorskip("ray", reason="needs the extra `ray`")
    there = wl.world("ie", "2024-2026", draws=remote.DrawsOn(DRAWS, "ray"))
    assert there.json()["results"] == wl.world("ie", "2024-2026", draws=DRAWS).json()["results"]

"""Whatever goes into a supply, what comes out is proved, or refused in one line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supply_check import BATTERY, check
from wattline.core.errors import WattlineError
from wattline.line.grid.supply.parts import Generator, GridExport, GridImport, Shift, SupplyCase, SupplyTarget
from wattline.line.grid.supply.plan import SupplyPlan, plan

PARTS = ("wind", "solar", "nuclear", "battery", "grid")


def odd_case(
    seed: int, steps: int, step_h: float, load: str, price: str, kinds: set[str], cfe: float | None
) -> SupplyCase:
    """A case of chance: loads with gaps or none, prices below nought, any of the parts alone."""
    rng = np.random.default_rng(seed)
    power = {"flat": np.full(steps, 100.0), "none": np.zeros(steps), "gaps": 100.0 * (rng.random(steps) < 0.5)}[load]
    sun = np.clip(np.sin((np.arange(steps) * step_h % 24 - 6) / 12 * np.pi), 0, None)
    usd = {"usual": 30.0, "below nought": 0.0, "all below nought": -50.0}[price] + 20 * rng.standard_normal(steps)
    plants = {
        "wind": Generator("wind", 107_000.0, rng.random(steps)),
        "solar": Generator("solar", 61_000.0, sun),
        "nuclear": Generator("nuclear", 900_000.0, 0.93, 14.0, min_output=0.4),
    }
    grid = GridImport(120.0, usd, np.clip(0.3 + 0.5 * sun, 0, 1), 400.0) if "grid" in kinds else None
    return SupplyCase(
        power,
        tuple(plants[name] for name in PARTS if name in kinds and name in plants),
        (BATTERY,) if "battery" in kinds else (),
        grid=grid,
        export=GridExport(50.0, usd - 5, 0.2) if grid is not None and seed % 3 == 0 else None,
        shift=Shift(0.1) if seed % 4 == 0 else None,
        target=SupplyTarget(cfe=cfe),
        step_h=step_h,
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999),
    steps=st.sampled_from([2, 23, 96, 168]),
    step_h=st.sampled_from([1.0, 0.5, 0.25]),
    load=st.sampled_from(["flat", "none", "gaps"]),
    price=st.sampled_from(["usual", "below nought", "all below nought"]),
    kinds=st.sets(st.sampled_from(PARTS), min_size=1),
    cfe=st.sampled_from([None, 0.0, 0.7, 1.0]),
)
def test_a_plan_is_proved_or_refused_in_one_line(seed, steps, step_h, load, price, kinds, cfe) -> None:
    """Balance of each step to a watt, a cost that its own dual bound does not exceed and that its parts add up to."""
    odd = odd_case(seed, steps, step_h, load, price, kinds, cfe)
    made, line = made_or_line(odd)
    assert "\n" not in line
    if made is not None:
        check(made)
        assert not odd.load_mwh or cfe is None or made.cfe >= cfe - 1e-6


def made_or_line(odd: SupplyCase) -> tuple[SupplyPlan | None, str]:
    """A plan, or the line that says why there is none."""
    try:
        return plan(odd), ""
    except WattlineError as error:
        return None, str(error)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), at=st.integers(0, 167), name=st.sampled_from(["load", "price", "wind"]))
def test_a_number_that_is_missing_is_refused_with_its_hour(seed: int, at: int, name: str) -> None:
    odd = odd_case(seed, 168, 1.0, "flat", "usual", {"wind", "grid"}, None)
    assert odd.grid is not None
    whole = {"load": odd.load, "price": odd.grid.price, "wind": odd.generators[0].profile}[name]
    values = np.where(np.arange(168) == at, np.nan, whole)
    changes = {
        "load": lambda: replace(odd, load=values),
        "price": lambda: replace(odd, grid=replace(odd.grid, price=values)),
        "wind": lambda: replace(odd, generators=(replace(odd.generators[0], profile=values),)),
    }
    with pytest.raises(WattlineError, match=rf"\b{at}\b"):
        plan(changes[name]())

"""PyPSA as judge of the optimum: small problems of chance, and whole years of PJM and CAISO."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from supply_judge import pypsa_cost
from wattline.line.grid.supply.parts import (
    Generator,
    GridExport,
    GridImport,
    HeatReactor,
    Storage,
    SupplyCase,
    SupplyTarget,
    UnservedLoad,
)
from wattline.line.grid.supply.plan import plan

SHARED = Path(__file__).parents[2] / "shared" / "data"
pytestmark = pytest.mark.long


def drawn_case(seed: int) -> SupplyCase:
    """A small problem of chance: which parts there are, their costs, hours, limits and targets."""
    rng = np.random.default_rng(seed)
    hours = int(rng.integers(60, 150))
    clock = np.arange(hours)
    sun = np.clip(np.sin((clock % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.2, 1.0, hours)
    wind = np.clip(0.4 + 0.3 * np.sin(clock / rng.uniform(10, 40)) + 0.15 * rng.standard_normal(hours), 0, 1)
    plants = [
        Generator("wind", 1.2e5 * rng.uniform(0.5, 2), wind),
        Generator("solar", 6e4 * rng.uniform(0.5, 2), sun, max_mw=float(rng.choice([np.inf, 120.0]))),
        Generator("nuclear", 7e5 * rng.uniform(0.5, 1.5), 0.93, 14.0, min_output=float(rng.uniform(0, 0.6))),
        Generator("gas", 9e4, 0.9, 45.0 * rng.uniform(0.6, 2), clean_share=0.0, carbon=345.0),
    ]
    stores = [
        Storage("battery", 2.5e4, 1.7e4 * rng.uniform(0.3, 1.5), 0.96, 0.95, 0.5),
        Storage("iron-air", 1.5e5, 800.0, 0.71, 0.6, hours=100.0, loss=float(rng.choice([0.0, 1e-4]))),
    ]
    target = SupplyTarget(
        cfe=float(rng.uniform(0.3, 0.99)) if rng.random() < 0.7 else None,
        carbon=float(rng.uniform(50, 200)) if rng.random() < 0.4 else None,
    )
    price = 35 + 25 * np.sin(clock / 12 * np.pi) + rng.exponential(20, hours)
    return SupplyCase(
        rng.uniform(50, 150, hours),
        tuple(plant for plant in plants if plant.name in ("wind", "gas") or rng.random() < 0.7),
        tuple(store for store in stores if rng.random() < 0.8),
        (HeatReactor("natrium", 2.5e5, 3e3, 9e4, 0.41, 0.9, 0.5, 3.0),) * bool(rng.random() < 0.4),
        grid=GridImport(rng.uniform(60, 200, hours), price, np.clip(0.2 + sun, 0, 0.9), 400.0),
        export=GridExport(100.0, price - 5, 0.2) if rng.random() < 0.5 else None,
        unserved=UnservedLoad(3_000.0),
        target=target,
        circles=True,
    )


@pytest.mark.parametrize("seed", range(10))
def test_small_problems_of_chance(seed: int) -> None:
    case = drawn_case(seed)
    made = plan(case)
    assert made.certificate.good_but_for_circles
    assert made.cost_usd == pytest.approx(pypsa_cost(case), rel=1e-5)


def column(path: Path, name: str) -> np.ndarray:
    with path.open() as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the hours of 2023 are not beside the checkout")
@pytest.mark.parametrize(("region", "zone", "cfe"), [("pjm", "US-MIDA-PJM", 0.95), ("caiso", "US-CAL-CISO", 0.9)])
def test_whole_years_of_regions(region: str, zone: str, cfe: float) -> None:
    factors = SHARED / "supply" / "cf_eia930_2023.csv"
    price = column(SHARED / "grid" / "price" / f"{zone}_electricity_prices_2023.csv", "Price (USD/MWh)")
    carbon = column(
        SHARED / "grid" / "carbon_intensity" / f"{zone}_2023_hourly.csv", "Carbon Intensity gCO₂eq/kWh (direct)"
    )
    case = SupplyCase(
        np.full(8760, 100.0),
        tuple(
            Generator(name, cost, column(factors, f"{region}_{name}"))
            for name, cost in (("wind", 107_000.0), ("solar", 61_000.0))
        ),
        (Storage("battery", 24_000.0, 17_700.0, 0.96, 0.96),),
        grid=GridImport(100.0, price[:8760], np.clip(1 - carbon[:8760] / 700, 0, 1), carbon[:8760]),
        target=SupplyTarget(cfe=cfe),
        circles=True,
    )
    made = plan(case)
    assert made.certificate.good_but_for_circles
    assert made.solved.solution.solver == "interior point"
    assert made.cost_usd == pytest.approx(pypsa_cost(case), rel=1e-5)

"""The reference problems of a supply, whole years: their optima, and a judge beside them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wattline.line.grid.supply.parts import (
    Generator,
    GridExport,
    GridImport,
    Shift,
    Storage,
    SupplyCase,
    SupplyTarget,
)
from wattline.line.grid.supply.plan import plan
from wattline.line.grid.supply.technology import annuity

DATA = Path(__file__).parents[2] / "shared" / "data" / "supply"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.long,
    pytest.mark.skipif(not DATA.exists(), reason="the reference problems are not beside the checkout"),
]


def parameters(problem: str) -> dict[str, Any]:
    return dict(json.loads((DATA / "reference_problems.json").read_text())[problem])


def series() -> dict[str, np.ndarray]:
    with (DATA / "r1_ercot_2023.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "utc"}


def r1(cfe: float) -> SupplyCase:
    given, year = parameters("R1"), series()
    cost = {
        name: part[key] * (annuity(given["rate"], part["life"]) + part["fom"])
        for name, part in given.items()
        if isinstance(part, dict)
        for key in part
        if key.startswith("capex")
    }
    return SupplyCase(
        year["load_mw"],
        (Generator("wind", cost["wind"], year["cf_wind"]), Generator("solar", cost["solar"], year["cf_solar"])),
        (
            Storage(
                "battery", cost["battery_power"], cost["battery_energy"], given["eta_charge"], given["eta_discharge"]
            ),
        ),
        grid=GridImport(given["import_cap_mw"], year["price_usd_mwh"], year["grid_cfe"], year["ci_direct_g_kwh"]),
        target=SupplyTarget(cfe=cfe),
    )


def r2(
    target: SupplyTarget, firm: bool = False, iron: bool = False, export: bool = True, shift: float = 0.0
) -> SupplyCase:
    given, year = parameters("R2"), series()
    tech = given["tech"]

    def cost(name: str) -> float:
        part = tech[name]
        return float(
            part["capex_usd_per_unit"] * (annuity(given["rate"], part["life_years"]) + part.get("fom_share", 0.0))
        )

    def store(name: str) -> Storage:
        own = given["storage"][name]
        return Storage(
            name,
            cost(f"{name}_power"),
            cost(f"{name}_energy"),
            own["eta_charge"],
            own["eta_discharge"],
            own["discharge_usd_mwh"],
        )

    plants = [Generator("wind", cost("wind"), year["cf_wind"]), Generator("solar", cost("solar"), year["cf_solar"])]
    for name in ("nuclear", "geothermal", "ccgt", "ccgt_ccs") if firm else ():
        own = tech[name]
        plants.append(
            Generator(
                name,
                cost(name),
                own["availability"],
                own["marginal_usd_mwh"],
                own.get("min_output", 0.0),
                own.get("clean_share", 1.0),
                own.get("co2_kg_mwh", 0.0),
            )
        )
    price = year["price_usd_mwh"]
    return SupplyCase(
        year["load_mw"],
        tuple(plants),
        tuple(store(name) for name in (("battery", "ironair") if iron or firm else ("battery",))),
        grid=GridImport(given["import_cap_mw"], price + given["import_adder_usd_mwh"], year["grid_cfe"]),
        export=GridExport(given["export_cap_mw"], price - given["export_discount_usd_mwh"], given["export_share"])
        if export
        else None,
        shift=Shift(shift) if shift else None,
        target=target,
        circles=target.annual is not None,
    )


def result(problem: str, palette: str, case: str) -> dict[str, float]:
    with (DATA / "reference_results_open.csv").open() as file:
        for row in csv.DictReader(file):
            if (row["problem"], row["palette"], row["case"]) == (problem, palette, case):
                return {name: float(value) for name, value in row.items() if name not in TEXTS and value}
    raise KeyError(case)


TEXTS = ("problem", "palette", "case", "solver")
PARTS = {"battery_power": "battery power", "battery_energy": "battery energy"}
PARTS |= {"ironair_power": "ironair power", "ironair_energy": "ironair energy"}
R2 = {
    ("VRE+battery", "annual 100%"): {"target": SupplyTarget(annual=1.0)},
    ("VRE+battery", "CFE 0.9"): {"target": SupplyTarget(cfe=0.9)},
    ("VRE+battery", "CFE 1, 20% flexible within the day"): {"target": SupplyTarget(cfe=1.0), "shift": 0.2},
    ("VRE+battery", "CFE 0.95"): {"target": SupplyTarget(cfe=0.95)},
    ("VRE+battery", "CFE 0.95, no export"): {"target": SupplyTarget(cfe=0.95), "export": False},
    ("+iron-air", "CFE 0.95"): {"target": SupplyTarget(cfe=0.95), "iron": True},
    ("+clean firm", "CFE 0.95"): {"target": SupplyTarget(cfe=0.95), "firm": True},
}


def check(case: SupplyCase, expected: dict[str, float]) -> None:
    made = plan(case)
    assert made.certificate.good or case.circles
    assert made.usd_per_mwh == pytest.approx(expected["usd_per_mwh"], rel=1e-4)
    for name, value in expected.items():
        built = made.capacities.get(PARTS.get(name, name))
        if built is not None:
            assert built == pytest.approx(value, rel=5e-3, abs=0.1), name
    if "cfe" in expected:
        assert made.cfe == pytest.approx(expected["cfe"], abs=2e-4)
        assert made.energy_mwh("grid import") / 1000 == pytest.approx(expected["import_gwh"], abs=0.05)


@pytest.mark.parametrize("cfe", [0, 0.5, 0.9, 0.95, 0.999])
def test_the_first_reference_problem(cfe: float) -> None:
    check(r1(cfe), result("R1", "VRE+battery", f"CFE {cfe:g}"))


@pytest.mark.parametrize(("palette", "case"), R2)
def test_the_second_reference_problem(palette: str, case: str) -> None:
    check(r2(**R2[palette, case]), result("R2", palette, case))  # type: ignore[arg-type]


def test_what_annual_matching_costs_without_burning_energy_in_the_battery() -> None:
    """The linear program's optimum charges and discharges at once in 2,655 hours; a battery that cannot costs more."""
    from dataclasses import replace

    made = plan(replace(r2(SupplyTarget(annual=1.0)), circles=False))
    assert made.certificate.good
    assert made.certificate.relaxed / made.case.load_mwh == pytest.approx(38.95519, rel=1e-4)
    assert 38.96 < made.usd_per_mwh < 40.5


def test_the_fast_road_uses_what_the_safe_one_does() -> None:
    fast, safe = plan(r1(0.95)), plan(r1(0.95), fast=False)
    assert fast.usd_per_mwh == pytest.approx(safe.usd_per_mwh, rel=1e-6)

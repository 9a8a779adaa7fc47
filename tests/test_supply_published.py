"""What a published study pays a year for each plant, beside our annuity of the assumptions that it lists.

Riepin and Brown, "On the means, costs, and system-level impacts of 24/7 carbon-free energy procurement" (2024). Paid:
capital cost over capacity, in all zones, palettes and policies of a year the same, in results/paper/csvs of
github.com/Irieo/247-procurement-paper (9bec5ed, CC-BY-4.0). Assumptions: its config.yaml and scripts/solve_network.py,
table S1 of the supplement, and the file that it is made from: PyPSA technology-data v0.5.0, outputs/costs_2025.csv and
costs_2030.csv.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from wattline.line.grid.supply.technology import annuity
from wattline.validate.evidence.supply_problems import read_published

RATE = 0.07
KW_PER_MW = 1000.0
CONNECTION = (140.0, 0.02, 40.0)  # electricity grid connection, which wind and sun bear: EUR/kW, fixed share, life
CHARGING = 0.96**0.5  # capacities of chargers are given behind their losses
ALLAM_FIXED = 33_000.0  # EUR a MW and year
WITHIN = 0.005  # asked; 1e-5 seen
# capital cost [EUR/kW], fixed costs as a share of it, life [years]; EUR a MW and year that the study pays
PAID = {
    ("onshore wind", 2025): (1077.17, 0.0123, 28.5, 114_781.033),
    ("onshore wind", 2030): (1035.56, 0.0122, 30.0, 109_387.167),
    ("solar", 2025): (428.52, 0.0220, 37.5, 55_301.198),
    ("solar", 2030): (347.56, 0.0248, 40.0, 47_990.944),
    ("battery inverter", 2025): (215.0, 0.0025, 10.0, 31_790.971),
    ("battery inverter", 2030): (160.0, 0.0034, 10.0, 23_805.367),
    ("hydrogen fuel cell", 2025): (1200.0, 0.05, 10.0, 230_853.00),
    ("hydrogen fuel cell", 2030): (1100.0, 0.05, 10.0, 211_615.25),
    ("gas Allam CCS", 2025): (2760.0, 0.0, 30.0, 255_418.474),
    ("gas Allam CCS", 2030): (2600.0, 0.0, 30.0, 242_524.649),
    ("adv. geothermal", 2025): (10_000.0, 0.0, 30.0, 805_864.035),
    ("adv. geothermal", 2030): (10_000.0, 0.0, 30.0, 805_864.035),
}


def yearly(name: str, year: int) -> float:
    """EUR a MW and year by our annuity."""
    capital, fixed, life, _ = PAID[name, year]
    parts = [(capital, fixed, life)] + [CONNECTION] * (name in ("onshore wind", "solar"))
    total = sum(cost * KW_PER_MW * (annuity(RATE, years) + share) for cost, share, years in parts)
    if name == "battery inverter":
        return total / CHARGING
    return total + ALLAM_FIXED * (name == "gas Allam CCS")


@pytest.mark.parametrize(("name", "year"), PAID)
def test_annuity_is_what_the_study_pays(name: str, year: int) -> None:
    """Capital cost, life, interest and fixed costs give the study's yearly cost within 0.5%."""
    assert yearly(name, year) == pytest.approx(PAID[name, year][3], rel=WITHIN)


@pytest.mark.shared
def test_plants_of_each_published_row_cost_less_than_its_total(shared_data: Path) -> None:
    """No row's capacities at our annuities cost more than its whole; one without plants buys at its zone's price."""
    published = read_published(shared_data / "supply")
    rows = {name: row for name, row in published.items() if "C&I" in name and "total cost" in row}
    assert len(rows) >= 100
    for name, row in rows.items():
        year = 2025 if " 2025," in name else 2030
        plants = sum(yearly(part, year) * row[part] for part, when in PAID if when == year and part in row)
        plants += yearly("battery inverter", year) * CHARGING * row["battery power"]
        assert plants <= row["total cost"] * (1 + WITHIN), name
        if name.endswith(" ref"):
            assert plants < WITHIN * row["total cost"], name
            assert row["zone price"] * row["demand"] == pytest.approx(row["total cost"], rel=WITHIN), name

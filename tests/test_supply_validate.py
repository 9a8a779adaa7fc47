"""``wattline validate supply``: reference problems beside ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from supply_files import reference_folder
from wattline.core.errors import WattlineError
from wattline.line.grid.supply.plan import plan
from wattline.report.present import as_text
from wattline.validate.evidence.grid_headroom import headroom_rows
from wattline.validate.evidence.supply_problems import case_of, read_optima, read_problems, target_of
from wattline.validate.supply import validate

ROWS = "R1,VRE+battery,CFE 0.9,{usd},{wind},nobody\nR1,VRE+battery,CFE 0.5,1,1,nobody\nR9,none,CFE 0,1,1,nobody\n"
PUBLISHED = "A,x,cost,80,\nA,x,demand,10,\nA,x,total cost,808,\nA,y,cost,much,\n"


def test_errors_are_those_of_the_published_optima(tmp_path: Path) -> None:
    folder = reference_folder(tmp_path / "reference", ROWS.format(usd=1, wind=1), PUBLISHED)
    safe = plan(case_of(read_optima(folder)[0], *read_problems(folder)), fast=False)
    folder = reference_folder(folder, ROWS.format(usd=safe.usd_per_mwh, wind=safe.capacities["wind"]), PUBLISHED)
    data = validate(folder).json()
    first, second, unknown = data["results"]["optima"]
    assert abs(first["error"]) < 1e-5
    assert abs(first["capacity_errors"]["wind"]) < 1e-3
    assert second["error"] > 1
    assert "R9" in unknown["cannot"]
    (total,) = data["results"]["arithmetic"]
    assert total["error"] == pytest.approx(800 / 808 - 1)
    text = as_text(data)
    assert "R1, VRE+battery, CFE 0.9" in text
    assert "cost × demand" in text


def test_the_words_of_a_case_name_its_target() -> None:
    assert target_of("cfe 0.95, no export").cfe == 0.95
    assert target_of("annual 100%").annual == 1.0
    assert target_of("cfe 1, 20% flexible within the day").cfe == 1.0
    assert target_of("carbon 50 g").carbon == 50.0
    with pytest.raises(WattlineError, match="green"):
        target_of("green")


def test_a_policy_is_reached_and_without_one_the_cost_is_the_zone_price(tmp_path: Path) -> None:
    rows = "B,IE cfe80,CFE score,0.8\nB,IE cfe90,CFE score,0.72\nB,IE ref,cost,50\nB,IE ref,zone price,51\n"
    folder = reference_folder(tmp_path / "reference", "R9,none,CFE 0,1,1,nobody\n", rows)
    errors = {row["case"]: row["error"] for row in validate(folder).json()["results"]["arithmetic"]}
    assert errors["B, IE cfe80: share"] == 0
    assert errors["B, IE cfe90: share"] == pytest.approx(0.25)
    assert errors["B, IE ref: price"] == pytest.approx(0.02)


def test_headroom_is_that_of_the_demand_beside_the_folder(tmp_path: Path) -> None:
    hours = np.arange(24 * 400)
    demand = 100 + 20 * np.sin(hours / 24 * 2 * np.pi) + 30 * np.sin(hours / 8760 * 2 * np.pi)
    utc = (np.datetime64("2023-01-01", "us") + hours * np.timedelta64(1, "h")).astype("datetime64[us]")
    (tmp_path / "grid").mkdir()
    table = pl.DataFrame({"utc": utc, "AA": demand, "BB": demand * 2})
    table.write_parquet(tmp_path / "grid" / "us_hourly_demand_mw_2023_2024.parquet")
    name = '"Rule recomputed here","BB, 1% curtailment",headroom,'
    (tmp_path / "supply").mkdir()
    reference_folder(tmp_path / "supply", "R9,none,CFE 0,1,1,nobody\n", name + "1\n")
    (row,) = headroom_rows(tmp_path / "supply")
    reference_folder(tmp_path / "supply", "R9,none,CFE 0,1,1,nobody\n", name + f"{row['total']}\n")
    (again,) = headroom_rows(tmp_path / "supply")
    assert again["error"] == 0
    assert 0 < row["total"] < 1
    assert headroom_rows(tmp_path) == []

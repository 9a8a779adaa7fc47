"""Reference problems of supply as a folder holds them: their parameters, hours and optima, and published results."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.reading import parse_json, read_text
from wattline.line.grid.supply.parts import (
    Generator,
    GridExport,
    GridImport,
    Shift,
    Storage,
    SupplyCase,
    SupplyTarget,
)
from wattline.line.grid.supply.technology import annuity

LIMIT_BYTES = 50_000_000
PROBLEMS, HOURS, OPTIMA = "reference_problems.json", "r1_ercot_2023.csv", "reference_results_open.csv"
PUBLISHED = "published_results_open.csv"
TEXTS = ("problem", "palette", "case", "solver")
NAMES = {"ironair": "iron-air"}
FIRM = ("nuclear", "geothermal", "ccgt", "ccgt_ccs")


@dataclass(frozen=True)
class Optimum:
    """An optimum of a reference problem, as it was published: cost [USD/MWh], capacities [MW, MWh], and the rest."""

    problem: str
    palette: str
    case: str
    values: dict[str, float]

    @property
    def name(self) -> str:
        """The problem in words."""
        return f"{self.problem}, {self.palette}, {self.case}"


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table. Raises WattlineError where it cannot be read."""
    return list(csv.DictReader(io.StringIO(read_text(path, LIMIT_BYTES, "reference problems"))))


def read_optima(folder: Path) -> list[Optimum]:
    """The optima of the folder's reference problems."""
    optima = []
    for row in read_rows(folder / OPTIMA):
        values = {name: float(value) for name, value in row.items() if name not in TEXTS and value}
        optima.append(Optimum(row["problem"], row["palette"], row["case"], values))
    return optima


def read_problems(folder: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The parameters of the folder's problems, and their hours by column. Raises WattlineError where the folder has
    none."""
    data = parse_json(read_text(folder / PROBLEMS, LIMIT_BYTES, "reference problems"))
    rows = read_rows(folder / HOURS)
    if not isinstance(data, dict) or not rows:
        raise WattlineError(f"{folder}: no problems in {PROBLEMS}, or no hours in {HOURS}")
    return data, {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "utc"}


def case_of(optimum: Optimum, problems: dict[str, Any], hours: dict[str, Array]) -> SupplyCase:
    """The case of an optimum.

    Parameters
    ----------
    optimum : problem, palette and words of the case
    problems : parameters by problem
    hours : columns by name, shape ``(n_hours,)``

    Returns the case. Raises WattlineError for a problem or words of a case that are not known.
    """
    given = problems.get(optimum.problem)
    if given is None:
        raise WattlineError(f"no problem {shorten(optimum.problem)} in {PROBLEMS}")
    words = optimum.case.lower()
    if "tech" in given:
        return _second(given, hours, optimum.palette.lower(), words)
    return _first(given, hours, words)


def target_of(words: str) -> SupplyTarget:
    """The target of a case's words, such as ``cfe 0.95`` or ``annual 100%``. Raises WattlineError for words that name
    none."""
    cfe, annual = re.search(r"cfe\s*([\d.]+)", words), re.search(r"annual\s*([\d.]+)\s*%", words)
    carbon = re.search(r"carbon\s*([\d.]+)", words)
    if cfe is None and annual is None and carbon is None and "cost" not in words:
        raise WattlineError(f"case {shorten(words)!r} names neither cfe, annual, carbon nor cost")
    return SupplyTarget(
        cfe=None if cfe is None else float(cfe[1]),
        annual=None if annual is None else float(annual[1]) / 100,
        carbon=None if carbon is None else float(carbon[1]),
    )


def _yearly(part: dict[str, float], rate: float) -> float:
    capital = next(value for name, value in part.items() if name.startswith("capex"))
    fixed = part.get("fom_share", part.get("fom", 0.0))
    return capital * (annuity(rate, part.get("life_years", part.get("life", 0.0))) + fixed)


def _first(given: dict[str, Any], hours: dict[str, Array], words: str) -> SupplyCase:
    cost = {name: _yearly(part, given["rate"]) for name, part in given.items() if isinstance(part, dict)}
    battery = Storage(
        "battery", cost["battery_power"], cost["battery_energy"], given["eta_charge"], given["eta_discharge"]
    )
    plants = tuple(Generator(name, cost[name], hours[f"cf_{name}"]) for name in ("wind", "solar"))
    grid = GridImport(
        given["import_cap_mw"], hours["price_usd_mwh"], hours["grid_cfe"], hours.get("ci_direct_g_kwh", 0.0)
    )
    return SupplyCase(hours["load_mw"], plants, (battery,), grid=grid, target=target_of(words))


def _second(given: dict[str, Any], hours: dict[str, Array], palette: str, words: str) -> SupplyCase:
    tech, rate = given["tech"], given["rate"]
    plants = [Generator(name, _yearly(tech[name], rate), hours[f"cf_{name}"]) for name in ("wind", "solar")]
    for name in FIRM if "firm" in palette else ():
        own = tech[name]
        plants.append(
            Generator(
                name, _yearly(own, rate), own["availability"], own["marginal_usd_mwh"], own.get("min_output", 0.0),
                own.get("clean_share", 1.0), own.get("co2_kg_mwh", 0.0),
            )
        )  # fmt: skip
    stores = ("battery", "ironair") if "iron" in palette or "firm" in palette else ("battery",)
    target, shifted = target_of(words), re.search(r"([\d.]+)%\s*flexible", words)
    price = hours["price_usd_mwh"]
    export = GridExport(given["export_cap_mw"], price - given["export_discount_usd_mwh"], given["export_share"])
    return SupplyCase(
        hours["load_mw"],
        tuple(plants),
        tuple(_store(name, given) for name in stores),
        grid=GridImport(given["import_cap_mw"], price + given["import_adder_usd_mwh"], hours["grid_cfe"]),
        export=None if "no export" in words else export,
        shift=Shift(float(shifted[1]) / 100) if shifted else None,
        target=target,
        circles=target.annual is not None,
    )


def _store(name: str, given: dict[str, Any]) -> Storage:
    tech, own = given["tech"], given["storage"][name]
    return Storage(
        NAMES.get(name, name),
        _yearly(tech[f"{name}_power"], given["rate"]),
        _yearly(tech[f"{name}_energy"], given["rate"]),
        own["eta_charge"],
        own["eta_discharge"],
        own["discharge_usd_mwh"],
    )


def read_published(folder: Path) -> dict[str, dict[str, float]]:
    """Published results of other models by study and case: figures by name."""
    rows: dict[str, dict[str, float]] = defaultdict(dict)
    path = folder / PUBLISHED
    for row in read_rows(path) if path.exists() else []:
        try:
            rows[f"{row['study']}, {row['case']}"][row["metric"]] = float(row["value"])
        except ValueError:
            continue
    return dict(rows)

"""The user's own costs of technologies: facts (TOML), or a table of them (CSV)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from wattline.catalog import Catalog, default, open_catalog
from wattline.catalog.catalog import CatalogLike, own_paths
from wattline.catalog.own import OwnFile
from wattline.catalog.tables import attributes
from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.quantity import parse
from wattline.core.reading import read_text

LIMIT_BYTES = 10_000_000
NEEDED = ("technology", "parameter", "value")
# words of published tables -> the catalog's attribute, by what the unit is of
WORDS = {
    "capital cost": "capital_usd_per_kw",
    "investment": "capital_usd_per_kw",
    "capex": "capital_usd_per_kw",
    "fixed o&m": "fixed_om_share",
    "fom": "fixed_om_share",
    "life": "life_years",
    "lifetime": "life_years",
    "variable o&m": "variable_usd_per_mwh",
    "vom": "variable_usd_per_mwh",
    "fuel": "fuel_usd_per_mwh",
    "fuel cost": "fuel_usd_per_mwh",
    "efficiency": "efficiency",
    "lead time": "lead_time_years",
}
PER_CENT = ("%", "%/year", "percent")
PLAIN = ("", "per unit", "p.u.", "share", "1/year")  # of what has no unit
OF_A_KIND = re.compile(r"(?i)(?<=usd)\d{4}|[ _]?(?:electric|thermal|el|th|e)$")  # year of the money, kind of energy
MONEY, OF_HEAT = re.compile(r"(?i)usd_?(\d{4})"), re.compile(r"(?i)/.*[ _]?(?:thermal|th)$")
MONEY_YEAR = 2025  # of the catalog's costs
FUEL, FUEL_HEAT = "fuel_usd_per_mwh", "fuel_usd_per_mwh_heat"
MAX_TIMES = 100.0  # a cost so many times the catalog's, or its share, is of another unit


def open_costs(costs: CatalogLike) -> Catalog:
    """The catalog with the user's costs before its own.

    Parameters
    ----------
    costs : a catalog, or files: facts (TOML), or CSV with columns technology, parameter, value, and low, high, unit
        where there are; None for the catalog alone

    Returns
    -------
    Facts, the costs first.

    Raises WattlineError where a file cannot be read, or a technology or parameter is not known.
    """
    if costs is None or isinstance(costs, Catalog):
        return open_catalog(costs)
    paths: Sequence[Path | str] = [costs] if isinstance(costs, str | Path) else costs
    files = [_table(path) if str(path).lower().endswith(".csv") else path for path in paths]
    return Catalog(*own_paths(), *files)


def _table(path: Path | str) -> OwnFile:
    """A CSV as the text of a file of facts."""
    where = f"costs {shorten(str(path), 120)}"
    rows = csv.DictReader(io.StringIO(read_text(path, LIMIT_BYTES, "costs")), skipinitialspace=True)
    names = [name.strip().lower() for name in rows.fieldnames or []]
    if missing := [name for name in NEEDED if name not in names]:
        raise WattlineError(f"{where}: no column {missing[0]}; it needs technology, parameter and value")
    rows.fieldnames = names
    tables: dict[tuple[str, str], dict[str, float]] = {}
    for number, row in enumerate(rows, 2):
        at = f"{where}: line {number}"
        place = _place(row, at)
        if place in tables:
            raise WattlineError(f"{at}: {' '.join(place)} is given twice; keep one, of one year")
        tables[place] = _numbers(row, attributes()["supply"][place[1]]["unit"], at)
    if not tables:
        raise WattlineError(f"{where} has no rows")
    lines = []
    for (technology, attribute), values in tables.items():
        lines += [f"[supply.{technology}.{attribute}]", *(f"{name} = {value!r}" for name, value in values.items())]
    return OwnFile(str(path), "\n".join(lines) + "\n")


def _place(row: dict[str, str], at: str) -> tuple[str, str]:
    record = default().find("supply", (row["technology"] or "").strip())
    word, unit = (row["parameter"] or "").strip().lower(), (row.get("unit") or "").strip()
    attribute = WORDS.get(word, word.replace(" ", "_"))
    if attribute == "capital_usd_per_kw" and unit.lower().endswith("wh"):
        attribute = "capital_usd_per_kwh"
        if attribute not in record.facts:
            raise WattlineError(
                f"{at}: {record.name} stores nothing: unit {shorten(unit, 30)!r} must be one such as USD/kW"
            )
    known = attributes()["supply"]
    if attribute not in known:
        near = nearest_names(attribute, known)
        raise WattlineError(
            f"{at}: no parameter {shorten(word, 60)!r}; {'nearest' if near else 'known'}: {', '.join(near or known)}"
        )
    if attribute == FUEL and (FUEL_HEAT in record.facts or OF_HEAT.search(unit)):
        if FUEL_HEAT not in record.facts or not OF_HEAT.search(unit):
            own = "heat (USD/MWh_th)" if FUEL_HEAT in record.facts else "electricity (USD/MWh_el)"
            raise WattlineError(f"{at}: fuel of {record.name} is per megawatt-hour of {own}")
        attribute = FUEL_HEAT
    return record.name, attribute


def odd_costs(names: Sequence[str], catalog: Catalog) -> list[str]:
    """Costs as far from the catalog's as one for a MW is from one for a kW.

    Parameters
    ----------
    names : of technologies
    catalog : with the user's costs

    Returns
    -------
    A sentence for each.
    """
    lines = []
    for name in names:
        own, usual = catalog.find("supply", name), default().find("supply", name)
        for attribute in own.facts:
            value, known = own.get(attribute), usual.get(attribute)
            if "usd" in attribute and value > 0 < known and not 1 / MAX_TIMES <= value / known <= MAX_TIMES:
                lines.append(
                    f"{name} {attribute} is {value:g}, {value / known:.2g} times the catalog's {known:g}; "
                    "is its unit right?"
                )
    return lines


def _numbers(row: dict[str, str], target: str, at: str) -> dict[str, float]:
    """Value, low and high in the catalog's unit. Raises WattlineError for another unit, or what is no number."""
    year = MONEY.search(row.get("unit") or "")
    if year is not None and int(year[1]) != MONEY_YEAR:
        raise WattlineError(f"{at}: {year[0]}: costs are in dollars of {MONEY_YEAR}; convert them, and write USD")
    unit = OF_A_KIND.sub("", (row.get("unit") or "").strip())
    if target in ("", "1/year"):
        scale = 0.01 if unit.lower() in PER_CENT else 1.0
        if unit.lower() not in (*PER_CENT, *PLAIN):
            raise WattlineError(f"{at}: unit {shorten(unit, 30)!r}: this is a share; write % or leave it out")
    else:
        scale = parse(f"1 {unit}", target, f"{at}: unit") if unit else 1.0
    values: dict[str, float] = {}
    for name in ("value", "low", "high"):
        text = (row.get(name) or "").strip()
        if not text and name != "value":
            continue
        try:
            values[name] = float(text) * scale
        except ValueError:
            raise WattlineError(f"{at}: {name} {shorten(text, 30)!r} is not a number") from None
    return values

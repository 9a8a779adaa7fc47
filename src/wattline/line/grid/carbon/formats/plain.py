"""A plain table, CSV or Parquet: the columns' names say what they are and in which unit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.line.grid.carbon.formats.columns import (
    CLEAN,
    DIRECT,
    LIFECYCLE,
    MARGINAL,
    PRICE,
    GridTable,
    rows_of_zone,
)
from wattline.line.grid.carbon.formats.units import carbon_factor, has_unit, price_factor, words_of
from wattline.line.grid.table import numbers_of, times_of

if TYPE_CHECKING:
    import polars as pl

CARBON = re.compile(r"\b(?:carbon|co2e?|intensity|ci|emissions?|lca|moer|gco2e?q?)\b")
INTENSITY = re.compile(r"\b(?:carbon|co2e?|emissions?) intensity\b")
MARGIN = re.compile(r"\b(?:marginal|moer|mef|lme)\b")
STACKS = re.compile(r"\b(?:direct|stack|production)\b")
WHOLE = re.compile(r"\b(?:lca|life|lifecycle|cycle)\b")
FREE = re.compile(r"\b(?:cfe|clean|carbon free|low carbon|carbonfree)\b")
PERCENT = re.compile(r"\b(?:percent|percentage|perc|pct)\b")
COST = re.compile(r"\b(?:prices?|preise?|lmp|spot|day ahead|tariff)\b")
ZONES = ("country", "iso3 code", "zone", "zone id", "area", "bidding zone", "price area", "region", "location")


def read_plain(table: pl.DataFrame, where: str, zone: str | None, kind: str | None, time_zone: str | None) -> GridTable:
    """Columns of carbon intensity, price and carbon-free share that their names tell.

    Parameters
    ----------
    table
        The file's table.
    where
        What it was read from, for errors.
    zone
        The column wanted, where several say the same; None where each is the only one of its kind.
    kind
        ``average`` or ``marginal``: what a column of carbon is whose name does not say.
    time_zone
        Of times without an offset.

    Returns
    -------
    G/kWh, price and share by the step of the file.

    Raises
    ------
    WattlineError
        Where no column is understood, or two say the same.
    """
    table = _rows(table, zone, where)
    key, times, notes = times_of(table, where, time_zone)
    named = zone is not None and zone.lower() in {name.lower() for name in table.columns}
    chosen = [name for name in table.columns if name != key and (not named or name.lower() == str(zone).lower())]
    numbers = {name: values for name in chosen if (values := numbers_of(table[name])) is not None}
    columns: dict[str, Array] = {}
    names: dict[str, str] = {}
    currency = "USD"
    for name, (meaning, factor, money) in _meanings(numbers, kind, where, notes).items():
        if meaning in columns:
            raise WattlineError(
                f"series {where}: {names[meaning]} and {name} both say {meaning}; name one behind the file, as "
                f"FILE@{name}"
            )
        columns[meaning], names[meaning] = numbers[name] * factor, name
        currency = money or currency
        if meaning == LIFECYCLE and not WHOLE.search(words_of(name)):
            notes.append(f"{name}: taken as the life cycle's average")
        if money and "$" in name and money.lower() not in name.lower():
            notes.append(f"{name}: dollars are taken as {money}")
    if not columns:
        shown = shorten(", ".join(table.columns), 120)
        raise WattlineError(
            f"series {where}: no column of carbon or price is understood among {shown}; "
            "name them such as carbon_g_per_kwh, carbon_direct_g_per_kwh, carbon_marginal_g_per_kwh, price_usd_per_mwh"
        )
    return GridTable(times, columns, "", currency=currency, notes=tuple(notes))


def states_intensity(table: pl.DataFrame) -> bool:
    """Whether a column is the published carbon intensity, which goes before one by factors of the fuels beside it.

    Parameters
    ----------
    table
        The file's table.

    Returns
    -------
    True for names such as CARBON_INTENSITY.
    """
    return any(INTENSITY.search(words_of(name)) for name in table.columns)


def _rows(table: pl.DataFrame, zone: str | None, where: str) -> pl.DataFrame:
    """The rows of the zone wanted, where a column names zones; all of them where there is one zone alone."""
    if zone is not None and zone.lower() in {name.lower() for name in table.columns}:
        return table
    named = [name for name in table.columns if name.lower() in ZONES and _texts(table[name])]
    for name in named:
        if zone is not None and zone.lower() in {str(each).lower() for each in table[name].unique()}:
            return rows_of_zone(table, name, zone, where)[0]
    if named and (zone is None or table[named[0]].n_unique() > 1):
        return rows_of_zone(table, named[0], zone, where)[0]
    if zone is not None:
        raise WattlineError(
            f"series {where}: no column {shorten(zone, 40)} among {shorten(', '.join(table.columns), 120)}"
        )
    return table


def _texts(column: pl.Series) -> bool:
    """Whether a column holds words."""
    return column.null_count() < column.len() and numbers_of(column) is None


def _meanings(
    numbers: dict[str, Array], kind: str | None, where: str, notes: list[str]
) -> dict[str, tuple[str, float, str]]:
    """What each column is that is understood; the only column of carbon or of money needs no more than that."""
    made = {name: meaning for name in numbers if (meaning := _meaning(name, kind)) is not None}
    for name in [each for each, (meaning, _, _) in made.items() if meaning == CLEAN]:
        if np.nanmax(numbers[name]) * made[name][1] > 1.0:  # such as LOW_CARBON in MW
            notes.append(f"{name}: is no share of 0 to 1 and is left out")
            del made[name]
    if not any(meaning == PRICE for meaning, _, _ in made.values()):
        money = {name: price for name in numbers if name not in made and (price := price_factor(name)) is not None}
        made |= {name: (PRICE, *price) for name, price in money.items()}
    intensities = [name for name in numbers if name not in made and INTENSITY.search(words_of(name))]
    bare = [name for name in numbers if name not in made] if len(numbers) == 1 else intensities
    carbon = any(meaning in (LIFECYCLE, DIRECT, MARGINAL) for meaning, _, _ in made.values())
    if not carbon and len(bare) == 1 and CARBON.search(words_of(bare[0])):
        if has_unit(bare[0]):
            raise WattlineError(
                f"series {where}: the unit of {shorten(bare[0], 60)} is not known; write such as carbon (g/kWh), "
                "(kg/MWh) or (lbs/MWh)"
            )
        margin = kind == "marginal" or MARGIN.search(words_of(bare[0]))
        made[bare[0]] = (MARGINAL if margin else LIFECYCLE), 1.0, ""
        notes.append(f"{bare[0]}: taken as g CO2e/kWh")
    return made


def _meaning(name: str, kind: str | None) -> tuple[str, float, str] | None:
    """What a column is, the factor to its unit, and a price's currency; None where its name does not say."""
    words = words_of(name)
    if (factor := carbon_factor(name)) is not None:
        margin = MARGIN.search(words) or (kind == "marginal" and not STACKS.search(words))
        return (MARGINAL if margin else DIRECT if STACKS.search(words) else LIFECYCLE), factor, ""
    price = price_factor(name)
    if price is not None and (COST.search(words) or re.fullmatch(r"[a-z]{3} (?:per )?[km]wh", words)):
        return PRICE, *price
    if FREE.search(words):
        return CLEAN, 0.01 if PERCENT.search(words) else 1.0, ""
    if re.fullmatch(r"avg ci", words):  # as CarbonCast and others write it: g/kWh
        return LIFECYCLE, 1.0, ""
    return None

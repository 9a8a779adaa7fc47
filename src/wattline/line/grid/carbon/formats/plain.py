"""A plain table, CSV or Parquet: the columns' names say what they are and in which unit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.line.grid.carbon.formats.columns import CLEAN, DIRECT, G_PER_LB, LIFECYCLE, MARGINAL, PRICE, GridTable
from wattline.line.grid.table import numbers_of, times_of

if TYPE_CHECKING:
    import polars as pl

CARBON_UNITS = (  # the end of a name, in words -> g/kWh
    (re.compile(r"\b(?:g|gco2|gco2e|gco2eq)(?: (?:co2|co2e|co2eq))?(?: per)? kwh\b"), 1.0),
    (re.compile(r"\b(?:kg|kgco2|kgco2e)(?: (?:co2|co2e))?(?: per)? mwh\b"), 1.0),
    (re.compile(r"\b(?:kg|kgco2|kgco2e)(?: (?:co2|co2e))?(?: per)? kwh\b"), 1000.0),
    (re.compile(r"\b(?:t|tco2|tco2e)(?: (?:co2|co2e))?(?: per)? mwh\b"), 1000.0),
    (re.compile(r"\b(?:lb|lbs)(?: (?:co2|co2e))?(?: per)? mwh\b"), G_PER_LB / 1000),
    (re.compile(r"\b(?:lb|lbs)(?: (?:co2|co2e))?(?: per)? kwh\b"), G_PER_LB),
)
PRICE_UNITS = (
    (re.compile(r"\b([a-z]{3})(?: per)? mwh\b"), 1e-3),
    (re.compile(r"\b([a-z]{3})(?: per)? kwh\b"), 1.0),
)
CARBON = re.compile(r"\b(?:carbon|co2e?|intensity|ci|emissions?|lca|moer|gco2e?q?)\b")
MARGIN = re.compile(r"\b(?:marginal|moer|mef|lme)\b")
STACKS = re.compile(r"\b(?:direct|stack|production)\b")
WHOLE = re.compile(r"\b(?:lca|life|lifecycle|cycle)\b")
FREE = re.compile(r"\b(?:cfe|clean|carbon free|low carbon|carbonfree)\b")
COST = re.compile(r"\b(?:price|lmp|spot|day ahead|tariff)\b")


def words_of(name: str) -> str:
    """A column's name as words: lower case, without signs; CO₂ as co2, % as percent."""
    text = name.lower().replace("₂", "2").replace("%", " percent ").replace("usd/", "usd per ")
    return " ".join(re.findall(r"[a-z0-9]+", text))


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
    key, times, notes = times_of(table, where, time_zone)
    chosen = [name for name in table.columns if name != key and (zone is None or name.lower() == zone.lower())]
    if zone is not None and not chosen:
        raise WattlineError(
            f"series {where}: no column {shorten(zone, 40)} among {shorten(', '.join(table.columns), 120)}"
        )
    numbers = {name: values for name in chosen if (values := numbers_of(table[name])) is not None}
    columns: dict[str, Array] = {}
    names: dict[str, str] = {}
    currency = "USD"
    for name, values in numbers.items():
        made = _meaning(name, kind)
        if made is None and len(numbers) == 1 and CARBON.search(words_of(name)):
            made = (MARGINAL if kind == "marginal" else LIFECYCLE), 1.0, ""
            notes.append(f"{name}: taken as g CO2e/kWh")
        if made is None:
            continue
        meaning, factor, money = made
        if meaning in columns:
            raise WattlineError(
                f"series {where}: {names[meaning]} and {name} both say {meaning}; name one behind the file, as "
                f"FILE@{name}"
            )
        columns[meaning], names[meaning] = values * factor, name
        currency = money or currency
        if meaning == LIFECYCLE and not WHOLE.search(words_of(name)):
            notes.append(f"{name}: taken as the life cycle's average")
    if not columns:
        shown = shorten(", ".join(table.columns), 120)
        raise WattlineError(
            f"series {where}: no column of carbon or price is understood among {shown}; "
            "name them such as carbon_g_per_kwh, carbon_direct_g_per_kwh, carbon_marginal_g_per_kwh, price_usd_per_mwh"
        )
    return GridTable(times, columns, "", currency=currency, notes=tuple(notes))


def _meaning(name: str, kind: str | None) -> tuple[str, float, str] | None:
    """What a column is, the factor to its unit, and a price's currency; None where its name does not say."""
    words = words_of(name)
    for pattern, factor in CARBON_UNITS:
        if pattern.search(words):
            margin = MARGIN.search(words) or (kind == "marginal" and not STACKS.search(words))
            return (MARGINAL if margin else DIRECT if STACKS.search(words) else LIFECYCLE), factor, ""
    for pattern, factor in PRICE_UNITS:
        if (match := pattern.search(words)) and (COST.search(words) or words == match[0]):
            return PRICE, factor, match[1].upper()
    if FREE.search(words):
        return CLEAN, 0.01 if "percent" in words else 1.0, ""
    if re.fullmatch(r"avg ci", words):  # as CarbonCast and others write it: g/kWh
        return LIFECYCLE, 1.0, ""
    return None

"""Signals of a grid from any of the forms that they are published in, over one regular time in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.reading import parse_json, read_bytes
from wattline.core.units import HOUR_S
from wattline.line.grid.carbon.formats import (
    avert,
    carbon_aware,
    eia930,
    electricity_maps,
    entsoe,
    entsoe_xml,
    open_meteo,
    plain,
    price_answers,
    uk_intensity,
    watttime,
)
from wattline.line.grid.carbon.formats.columns import CLEAN, DIRECT, FUEL, LIFECYCLE, MARGINAL, PRICE, GridTable
from wattline.line.grid.carbon.fuels import FuelFactors, MixIntensity, intensity
from wattline.line.grid.carbon.gaps import without_gaps
from wattline.line.grid.carbon.given import split_zone
from wattline.line.grid.carbon.signal import (
    AverageIntensity,
    CleanShare,
    HourlyPrice,
    MarginalIntensity,
    Scope,
    Times,
)
from wattline.line.grid.hourly import Hourly, regular
from wattline.line.grid.table import read_table

MAX_BYTES = 100_000_000
KINDS = ("average", "marginal")


@dataclass(frozen=True, eq=False)
class GridSignals:
    """What a file says of a grid, each signal of its own type; None or absent where it says nothing.

    Attributes
    ----------
    average
        Average intensities by scope, ``lifecycle`` and ``direct``.
    marginal, price, clean
        Marginal intensity, price, and the carbon-free share of the generation.
    generation_mw
        Generation by fuel [MW], shape ``(n_steps,)``, over ``utc``.
    notes
        What was taken for granted or repaired.
    """

    average: Mapping[Scope, AverageIntensity] = field(default_factory=dict)
    marginal: MarginalIntensity | None = None
    price: HourlyPrice | None = None
    clean: CleanShare | None = None
    generation_mw: Mapping[str, Array] = field(default_factory=dict)
    utc: Times | None = None
    zone: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadOptions:
    """How a file is read.

    Attributes
    ----------
    zone
        Zone, authority or column wanted, where a file has several.
    time_zone
        Zone of times without an offset, such as ``Europe/Berlin``.
    kind
        ``average`` or ``marginal``: what a carbon intensity is whose source does not say.
    usd
        USD for one unit of a currency, by its code.
    factors
        g/kWh of each fuel, for files of generation; None where such a file is refused.
    """

    zone: str | None = None
    time_zone: str | None = None
    kind: str | None = None
    usd: Mapping[str, float] = field(default_factory=dict)
    factors: FuelFactors | None = None


DEFAULTS = ReadOptions()


def read_signals(path: Path | str, options: ReadOptions = DEFAULTS) -> GridSignals:
    """The signals of a file: Electricity Maps, WattTime, ENTSO-E, EIA-930, AVERT, carbon-aware-sdk or a plain table.

    Parameters
    ----------
    path
        CSV, Parquet, JSON or XML, packed with gzip or not; ``FILE@ZONE`` names a zone or column of several.
    options
        Zone, time zone and what the file does not say itself.

    Returns
    -------
    GridSignals
        Signals over one regular time in UTC; gaps of up to three days are filled, and counted in the notes.

    Raises
    ------
    WattlineError
        Where the form is not known, a longer gap or a second value of a time is in it.
    """
    file, zone = split_zone(path)
    data = read_bytes(file, MAX_BYTES, "series", unpack=True)
    return parse_signals(data, shorten(str(file), 200), replace(options, zone=zone or options.zone))


def parse_signals(data: bytes, where: str, options: ReadOptions = DEFAULTS) -> GridSignals:
    """The signals in the bytes of a file or an answer.

    Parameters
    ----------
    data
        CSV, Parquet, JSON or XML.
    where
        What they were read from, for errors.
    options
        Zone, time zone and what the file does not say itself.

    Returns
    -------
    The signals by the hour or in the steps of the file.

    Raises
    ------
    WattlineError
        As ``read_signals``.
    """
    head = data.lstrip()[:1]
    if entsoe_xml.is_entsoe_xml(data):
        table = entsoe_xml.read_entsoe_xml(data, where)
    elif head in (b"{", b"["):
        table = _from_json(data, where, options)
    else:
        table = _from_table(data, where, options)
    return _signals(table, where, options)


def _from_json(data: bytes, where: str, options: ReadOptions) -> GridTable:
    try:
        answer = parse_json(data)
    except ValueError as error:
        raise WattlineError(f"series {where} is no JSON: {shorten(str(error), 80)}") from None
    if carbon_aware.is_rating(answer):
        return carbon_aware.read_rating(answer, where, options.kind)
    if electricity_maps.is_answer(answer):
        return electricity_maps.read_emaps_answer(answer, where)
    if watttime.is_moer_answer(answer):
        return watttime.read_moer_answer(answer, where)
    if eia930.is_api_answer(answer):
        return eia930.read_api_answer(answer, where, options.zone)
    if uk_intensity.is_uk(answer):
        return uk_intensity.read_uk(answer, where)
    if price_answers.is_price_answer(answer):
        return price_answers.read_price_answer(answer, where)
    if open_meteo.is_open_meteo(answer):
        raise WattlineError(f"series {where} is weather of Open-Meteo, not carbon or price")
    raise WattlineError(
        f"series {where}: JSON of no known form (Electricity Maps, WattTime, EIA's API, carbon-aware-sdk, Carbon "
        "Intensity API, energy-charts.info)"
    )


def _from_table(data: bytes, where: str, options: ReadOptions) -> GridTable:
    table = read_table(data, where)
    if electricity_maps.is_table(table):
        return electricity_maps.read_emaps_table(table, where, options.zone)
    if entsoe.is_entsoe(table):
        return entsoe.read_entsoe_table(table, where, options.zone, options.time_zone)
    if avert.is_avert(table):
        return avert.read_avert(table, where, options.zone)
    if watttime.is_moer_table(table):
        return watttime.read_moer_table(table, where, options.time_zone)
    if eia930.is_generation(table) and not plain.states_intensity(table):
        return eia930.read_generation(table, where, options.zone, options.time_zone)
    return plain.read_plain(table, where, options.zone, options.kind, options.time_zone)


def _signals(table: GridTable, where: str, options: ReadOptions) -> GridSignals:
    """Columns over a regular time as signals of their types."""
    columns = dict(table.columns)
    notes = list(table.notes)
    if any(name.startswith(FUEL) for name in columns):
        mix = _mix(columns, where, options)
        columns |= {LIFECYCLE: mix.lifecycle, DIRECT: mix.direct, CLEAN: mix.clean}
        notes += [*mix.notes, "carbon intensity of the generation, by factors of each fuel; imports are not in it"]
    if PRICE in columns and table.currency != "USD":
        columns[PRICE] = columns[PRICE] * _rate(table.currency, where, options)
    series = _regular(table.times, columns, notes, where)
    base: dict[str, Any] = {
        "start": series.utc[0], "step_s": series.step_h * HOUR_S, "zone": table.zone, "source": table.source,
    }  # fmt: skip
    names = {name: name for name in columns if not name.startswith(FUEL)}
    filled = {name: without_gaps(series, name, where, notes) for name in names}
    base["notes"] = tuple(notes)
    average: dict[Scope, AverageIntensity] = {}
    for scope in (LIFECYCLE, DIRECT):
        if scope in filled:
            average[scope] = AverageIntensity(**base, values=filled[scope], scope=scope)  # type: ignore[index, arg-type]
    return GridSignals(
        average=average,
        marginal=MarginalIntensity(**base, values=filled[MARGINAL]) if MARGINAL in filled else None,
        price=HourlyPrice(**base, values=filled[PRICE]) if PRICE in filled else None,
        clean=CleanShare(**base, values=filled[CLEAN]) if CLEAN in filled else None,
        generation_mw={
            name.removeprefix(FUEL): series.columns[name] for name in series.columns if name.startswith(FUEL)
        },
        utc=series.utc,
        zone=table.zone,
        notes=tuple(notes),
    )


def _mix(columns: Mapping[str, Array], where: str, options: ReadOptions) -> MixIntensity:
    if options.factors is None:
        raise WattlineError(f"series {where} is generation by fuel, which needs factors of the fuels")
    generation = {name.removeprefix(FUEL): values for name, values in columns.items() if name.startswith(FUEL)}
    return intensity(generation, options.factors)


def _rate(currency: str, where: str, options: ReadOptions) -> float:
    if currency not in options.usd:
        raise WattlineError(
            f"series {where}: prices are in {currency}; give currency = {currency!r} and its exchange_rate in the "
            "settings"
        )
    return options.usd[currency]


def _regular(times: Any, columns: dict[str, Array], notes: list[str], where: str) -> Hourly:
    if len(times) == 1:  # a live source may give the latest value alone
        return Hourly(np.asarray(times), 1.0, columns, ())
    series = regular(times, columns, [], where)
    notes += series.notes
    return series

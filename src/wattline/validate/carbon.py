"""Forecasts of carbon and price held against what came, by lead time: each knows what was published before it alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog, open_catalog, plain_name
from wattline.catalog.mix import RegionMix, region_mixes
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.result import Json, Result, envelope
from wattline.core.units import HOUR_S, TYPICAL_YEAR_H
from wattline.line.grid.carbon.forecast import Climatology, Forecaster, Persistence, Regression
from wattline.line.grid.carbon.fuels import fuel_factors
from wattline.line.grid.carbon.history import ForecastCase, forecast_case
from wattline.line.grid.carbon.lead_errors import LeadError, errors_by_lead
from wattline.line.grid.carbon.read import GridSignals, ReadOptions, read_signals
from wattline.line.grid.carbon.signal import HourlySignal
from wattline.line.grid.carbon.typical import sun_height, year_of
from wattline.line.grid.carbon.weather import MILD_C, weather_beside
from wattline.line.site.climate import made_year
from wattline.line.site.places import nearest_climate

LEADS_H = (1, 6, 24, 48, 96)
SIGNALS = ("lifecycle", "direct", "marginal", "price", "clean")
LEFT_OUT = ("region", "year")
Read = tuple[ForecastCase, HourlySignal, RegionMix | None]


@dataclass(frozen=True, eq=False)
class ForecastErrors:
    """Errors of each forecaster on one file."""

    file: str
    name: str
    region: str | None
    unit: str
    first: str
    last: str
    models: dict[str, list[LeadError]]


@dataclass(frozen=True, eq=False, repr=False)
class CarbonValidation(Result):
    """Errors by lead time of every file; ``left_out`` is what the regression had not seen."""

    signal: str
    left_out: str | None
    delay_h: float
    files: tuple[ForecastErrors, ...]
    notes: tuple[str, ...] = ()

    def json(self) -> Json:
        rows = [
            {
                "file": each.file, "name": each.name, "region": each.region, "unit": each.unit,
                "first_utc": each.first, "last_utc": each.last,
                "models": {name: [asdict(error) for error in errors] for name, errors in each.models.items()},
            }
            for each in self.files
        ]  # fmt: skip
        inputs = {"signal": self.signal, "left_out": self.left_out, "delay_h": self.delay_h}
        return envelope("validate carbon", inputs, {"files": rows}, notes=self.notes)


def validate(
    files: Sequence[Path | str],
    signal: str = "lifecycle",
    left_out: str | None = None,
    delay_h: float = 1.0,
    progress: Callable[[str], None] = lambda name: None,
    weather: Sequence[Path | str] = (),
) -> CarbonValidation:
    """Walk through each file with each forecaster.

    Parameters
    ----------
    files : series by the hour, of any form that ``--carbon`` takes
    signal : lifecycle, direct, marginal, price or clean
    left_out : ``region``: the regression is fitted on the other files alone; ``year``: on the years before the last
    delay_h : hours from the end of a step to its publication
    progress : takes the name of each file
    weather : for each file in turn, weather of its place and time, measured or as it was forecast days before

    Returns
    -------
    Errors of each file, with remarks.

    Raises WattlineError for a bad file, one that is too short, or weather of another time.
    """
    if signal not in SIGNALS:
        raise WattlineError(f"--signal: {shorten(signal)!r} is none of {', '.join(SIGNALS)}")
    if left_out is not None and left_out not in LEFT_OUT:
        raise WattlineError(f"--leave-out: {shorten(left_out)!r} is none of {', '.join(LEFT_OUT)}")
    if left_out == "region" and len(files) < 2:
        raise WattlineError("--leave-out region: give two files or more; each is forecast by the others")
    catalog = open_catalog(None)
    read = [_case(Path(file), signal, catalog, delay_h) for file in files]
    read, notes = _with_weather(read, weather, delay_h)
    made = []
    for i, (case, series, region) in enumerate(read):
        progress(case.name)
        others = tuple(other for j, (other, *_) in enumerate(read) if j != i and other.per_day == case.per_day)
        models, first = _models(left_out, others, series)
        leads = [max(1, round(hours * case.per_day / 24)) for hours in LEADS_H]
        errors = {model.name: errors_by_lead(case, model, leads, first) for model in models}
        unit = series.unit or "share"
        span = str(series.start), str(series.end)
        place = None if region is None else region.region
        made.append(ForecastErrors(str(files[i]), case.name, place, unit, *span, errors))
        if region is None:
            notes.append(f"{case.name}: no region of the catalog; hours are UTC, without sun and usual weather")
    notes.append(
        "each forecast knows the steps that were published before it was issued; every three hours one is issued"
    )
    return CarbonValidation(signal, left_out, delay_h, tuple(made), tuple(notes))


def _models(
    left_out: str | None, others: tuple[ForecastCase, ...], series: HourlySignal
) -> tuple[tuple[Forecaster, ...], int | None]:
    """The forecasters, and the first step that is scored where years are left out."""
    simple: tuple[Forecaster, ...] = (Persistence(), Climatology())
    if left_out == "region":
        return (*simple, Regression(others)), None
    if left_out == "year":
        years = series.utc.astype("datetime64[Y]")
        first = int(np.argmax(years == years[-1]))
        if first == 0:
            raise WattlineError(
                f"--leave-out year: {series.zone or 'the file'} has one year; give a file of two or more"
            )
        return (*simple, Regression(once=True)), first
    return (*simple, Regression()), None


def _case(file: Path, signal: str, catalog: Catalog, delay_h: float) -> Read:
    signals = read_signals(file, ReadOptions(factors=fuel_factors(catalog)))
    series = _signal(signals, signal, file)
    region = region_of_zone(series.zone, file, catalog)
    name = series.zone or file.name
    if region is None:
        return forecast_case(series, 0.0, np.zeros((3, len(series.values))), delay_h, name), series, None
    calendar = _calendar(series, region, catalog)
    return forecast_case(series, region.utc_offset_h, calendar, delay_h, name), series, region


def _with_weather(read: Sequence[Read], weather: Sequence[Path | str], delay_h: float) -> tuple[list[Read], list[str]]:
    """Each case with the weather in its file, of the kinds that all files have; what was taken, in words."""
    if not weather:
        return list(read), []
    if len(weather) != len(read):
        raise WattlineError(f"--hourly-weather: {len(weather)} for {len(read)} series; give one for each, in order")
    beside = [weather_beside(path, series, delay_h) for path, (_, series, _) in zip(weather, read, strict=True)]
    kinds = [kind for kind in beside[0][0] if all(kind in known for known, _ in beside)]
    if not kinds:
        raise WattlineError("--hourly-weather: the files have no kind of weather in common")
    made = [
        (replace(case, weather=tuple(part for kind in kinds for part in known[kind])), series, region)
        for (case, series, region), (known, _) in zip(read, beside, strict=True)
    ]
    notes = [f"{case.name}: weather {taken}" for (case, *_), (_, taken) in zip(read, beside, strict=True)]
    return made, notes


def _signal(signals: GridSignals, signal: str, file: Path) -> HourlySignal:
    by_name: dict[str, HourlySignal | None] = {
        "lifecycle": signals.average.get("lifecycle"), "direct": signals.average.get("direct"),
        "marginal": signals.marginal, "price": signals.price, "clean": signals.clean,
    }  # fmt: skip
    series = by_name[signal]
    if series is None:
        known = ", ".join(name for name, each in by_name.items() if each is not None)
        raise WattlineError(f"{shorten(str(file), 120)} has no {signal}; it has {known}; say which by --signal")
    return series


def region_of_zone(zone: str, file: Path, catalog: Catalog) -> RegionMix | None:
    """The region of the catalog that a zone or the name of a file says; None where neither does.

    Parameters
    ----------
    zone : as the file says it, such as US-TEX-ERCO or ERCO
    file : whose name begins with the zone where the file has none, such as ``DE-LU_2023.csv``
    catalog : whose names are taken

    Returns
    -------
    The mix, or None.
    """
    names, mixes = catalog.names("region"), region_mixes()
    for word in (zone, file.name.split("_")[0], file.name.split("_")[0].split("-")[0]):
        key = names.get(plain_name(word), "") if word else ""
        if key in mixes:
            return mixes[key]
    return None


def _calendar(series: HourlySignal, region: RegionMix, catalog: Catalog) -> Array:
    """What is known of each step long before: the sun's height, how far the usual weather is from mild, both ways."""
    local = series.utc + np.timedelta64(round(region.utc_offset_h * HOUR_S), "s")
    begun = local.astype("datetime64[Y]").astype("datetime64[s]")
    hour = np.minimum((local - begun).astype("timedelta64[h]").astype(int), TYPICAL_YEAR_H - 1)
    sun = year_of(sun_height(region))[hour]
    place, _ = nearest_climate(region.latitude, region.longitude, catalog)
    days = made_year(place, catalog).temperature_c.reshape(-1, 24).mean(axis=1)
    month = np.convolve(np.concatenate([days[-15:], days, days[:15]]), np.ones(31) / 31, "valid")  # normals, not days
    usual = month[hour // 24]
    return np.stack([sun, np.maximum(usual - MILD_C, 0) / 10, np.maximum(MILD_C - usual, 0) / 10])

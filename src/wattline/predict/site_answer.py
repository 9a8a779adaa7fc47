"""A site as it was designed, and its year: bill, load, PUE by hour, and all of it as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from typing import Any

import numpy as np

from wattline.catalog import Record
from wattline.catalog.draws import Draws, what_matters
from wattline.core.bill import Bill
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import HOUR_S, J_PER_KWH, J_PER_WH, TYPICAL_YEAR_H
from wattline.line.grid import region as grid
from wattline.line.site import profile, sizing
from wattline.line.site.cooling.kinds import CoolingKind
from wattline.line.site.cooling.parts import MODES
from wattline.line.site.outdoors import first_hour
from wattline.line.site.weather import Weather
from wattline.line.site.year import HallDesign, Hours, Year
from wattline.line.world.embodied import site_embodied
from wattline.predict.answer import Answer, matters_json
from wattline.predict.balance import region_balance
from wattline.predict.grid_hours import GridHours, read_grid_hours
from wattline.predict.prices import WeightedMeans, follow, notes_of, signals_of
from wattline.predict.site_year import air_hours, weekly
from wattline.predict.where import Where

WEATHER_YEAR_S = TYPICAL_YEAR_H * HOUR_S
# parameter of the hall that a user may give -> its name among the inputs
GIVEN = {
    "liquid_supply_c": "facility_water_c",
    "immersion_supply_c": "facility_water_c",
    "server_fan_share": "server_fans",
}
WATER = ("wue_l_per_kwh", "water_stations_l_per_kwh")
MONTHS = np.repeat(np.arange(12), np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) * 24)


@dataclass(frozen=True, eq=False)
class SiteDesign:
    """A site to be worked out: read and checked."""

    it_w: float
    load: profile.Profile
    weather: Weather
    kind: CoolingKind
    hall: str
    ups: str | None
    redundancy: str
    region: Record
    humidified: bool = False
    where: Where = field(default_factory=Where)
    given: Mapping[str, float] = field(default_factory=dict)

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        return {
            "it_w": self.it_w,
            "load": self.load.name,
            "utilisation": float(self.load.share.mean()),
            "place": self.weather.name,
            "cooling": self.kind.name,
            "hall": self.hall,
            "ups": self.ups or "the hall's",
            "redundancy": self.redundancy,
            "humidified": self.humidified,
            "region": self.region.name,
            **{name: self.given[key] for key, name in GIVEN.items() if key in self.given},
            **self.where.inputs(),
        }


@dataclass(frozen=True, eq=False, repr=False)
class SiteAnswer(Result):
    """A site's year: ``result`` a draw, ``central`` each hour at central values, ``bill`` of the year by part."""

    design: SiteDesign
    result: Year
    central: Hours
    setup: HallDesign
    draws: Draws
    warnings: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def bill(self) -> Bill:
        """The year's energy by part, and what follows from its delivery."""
        scale = self.design.it_w * WEATHER_YEAR_S
        parts = {name: _scalar_or_draws(mean * scale) for name, mean in self.result.parts.items() if np.any(mean > 0)}
        it_j = _scalar_or_draws(self.result.it_mean * scale)
        delivered = _scalar_or_draws(self.result.delivered * scale)
        region, draws = self.design.region, self.draws
        hours = read_grid_hours(self.design.where, region, draws.catalog)
        weighed = None if hours is None else WeightedMeans.by(hours, self._weighed(hours))
        bought = follow(region, self.design.where, delivered, draws, weighed)
        stations = grid.water_l(region, delivered, draws)
        site = _scalar_or_draws(np.asarray(sum(self.result.water.values())) * scale)
        follows = {
            **bought,
            "generated_wh": grid.generated_j(region, delivered, draws) / J_PER_WH,
            "water_site_l": site,
            "water_stations_l": stations,
            "water_l": site + stations,
            **self._making(),
        }
        return Bill({"servers": it_j, **parts}, delivered, follows, signals_of(region, self.design.where, hours, draws))

    def _making(self) -> Mapping[str, Array]:
        """What making servers, hall and batteries took, for a year of it; nothing where it is off."""
        if self.design.where.embodied == "off":
            return {}
        return site_embodied(self.design.it_w, WEATHER_YEAR_S, self.draws)

    def _weighed(self, hours: GridHours) -> dict[str, Array]:
        """Means of the signals by the hour over the year, weighed by what each draw takes in each hour."""
        total = self.result.total
        begin = first_hour(self.design.weather).replace(year=int(str(hours.begin)[:4])).astimezone(UTC)
        edges = np.arange(TYPICAL_YEAR_H + 1, dtype=float) * HOUR_S
        made = {}
        for name, signal in hours.signals.items():
            if not signal.repeats:
                span = f"{signal.start} to {signal.end} UTC"
                raise WattlineError(f"site: {signal.kind} is from {span}; give a whole year")
            means = signal.means(signal.seconds_to(np.datetime64(begin.replace(tzinfo=None), "s")) + edges)
            made[name] = _scalar_or_draws(np.asarray(total @ means / total.sum(axis=1, dtype=float)))
        return made

    @cached_property
    def load(self) -> Load:
        """Watts by part at each hour, at central values; labels name the parts, servers first."""
        it_w = self.design.it_w
        series = {"servers": self.central.it, **self.central.parts}
        power = np.stack([np.broadcast_to(x, (1, TYPICAL_YEAR_H))[0] * it_w for x in series.values()])
        return Load("site", first_hour(self.design.weather), HOUR_S, power, tuple(series))

    @cached_property
    def pue_hours(self) -> Array:
        """PUE at each hour: rows p5, p50, p95 of the draws; not a number where the servers take nothing."""
        return self.result.pue_by_hour()

    @cached_property
    def sizing(self) -> dict[str, Any]:
        """Capacities, the design day and the hottest hour; of the year's own draws where it runs at full load."""
        size = sizing.size(sizing.central(self.setup), self.design.weather, self.design.it_w)
        if float(np.min(self.design.load.share)) < 1.0:
            return size
        pue, hottest = self.pue_hours[1], int(np.argmax(self.design.weather.temperature_c))
        size["design"] |= {
            "peak_w": float(np.median(self.result.peak)) * self.design.it_w,
            "peak_pue": float(np.max(pue)),
            "peak_hour": sizing.hour_words(int(np.argmax(pue))),
        }
        size["hottest_hour"] |= {"pue": float(pue[hottest]), "power_w": float(pue[hottest]) * self.design.it_w}
        return size

    @cached_property
    def server_fans(self) -> Array:
        """Share of the servers' power that their own fans take, under this cooling, in each draw."""
        hall, kind = self.setup.hall, self.design.kind
        air = 1.0 if kind.liquid is None else 1.0 - hall[kind.liquid[1]]
        return np.asarray(hall["server_fan_share"] * air)[:, 0]

    def figures(self) -> dict[str, Array]:
        """Every result of which there are draws, by name."""
        bill, result, it_w = self.bill, self.result, self.design.it_w
        return {
            "pue": _scalar_or_draws(result.pue),
            "server_fans_share": _scalar_or_draws(self.server_fans),
            "tue": _scalar_or_draws(np.asarray(result.pue / (1.0 - self.server_fans))),
            "wue_l_per_kwh": _scalar_or_draws(result.wue_l_per_kwh),
            "water_stations_l_per_kwh": bill.follows["water_stations_l"] / bill.parts["servers"] * J_PER_KWH,
            "peak_w": _scalar_or_draws(result.peak * it_w),
            "mean_w": _scalar_or_draws(result.delivered * it_w),
            "energy_wh": bill.energy_j / J_PER_WH,
            **bill.follows,
        }

    def saved_load(self) -> Load:
        return self.load.with_draws(self.bill.energy_j)

    def results(self) -> Json:
        """The year as plain data."""
        bill, result, design = self.bill.json(), self.result, self.design
        modes = {name: float(share * TYPICAL_YEAR_H) for name, share in zip(MODES, result.modes, strict=True)}
        return {
            "title": f"{design.kind.title}, {design.weather.name}",
            "weather": design.weather.json(),
            **{name: Range.of(values).json() for name, values in self.figures().items()},
            "energy_mean_wh": bill["energy_mean_wh"],
            "signals": bill["signals"],
            "water_parts_l": {name: _range(x * design.it_w * WEATHER_YEAR_S) for name, x in result.water.items()},
            "parts": bill["parts"],
            "hours_by_mode": modes,
            "hours_too_warm": _range(result.unmet_hours),
            "pue_by_hour": self._hourly(),
            "pue_by_month": self._monthly(),
            "power_by_week_w": weekly(self.load),
            "air": air_hours(design.weather, self.central),
            "sizing": self.sizing,
            "matters": matters_json(what_matters(self.draws, _scalar_or_draws(result.pue))),
            "balance": self._balance(),
        }

    def _balance(self) -> Json:
        """What the year takes of its grid's demand."""
        peak_w = _scalar_or_draws(self.result.peak * self.design.it_w)
        return region_balance(self.design.region, self.bill.energy_j, peak_w, self.draws)

    def json(self) -> Json:
        return envelope(
            "site", self.design.inputs(), self.results(), draws=self.draws, notes=self._notes(), warnings=self.warnings
        )

    def _notes(self) -> tuple[str, ...]:
        hours = read_grid_hours(self.design.where, self.design.region, self.draws.catalog)
        return (*self.notes, *notes_of(self.design.where, self.bill.follows["cost_usd"], hours, "year"))

    @property
    def full_answer(self) -> Answer:
        """The year as the answer of one job among others: its bill at the grid, and what else it says of the year."""
        results, figures = self.results(), self.figures()
        quantities = {name: figures[name] for name in ("pue", "server_fans_share", "tue", *WATER)}
        shared_names = {*figures, "title", "energy_mean_wh", "signals", "parts", "matters"}
        hourly = Load("grid", self.load.start, self.load.step_s, self.load.power_w.sum(axis=0))
        return Answer(
            command="site",
            title=results["title"],
            inputs=self.design.inputs(),
            bill=self.bill,
            load=hourly,
            peak_w=figures["peak_w"],
            duration_s=np.asarray(WEATHER_YEAR_S),
            quantities=quantities,
            reasons=(),
            draws=self.draws,
            warnings=self.warnings,
            notes=self._notes(),
            more={name: value for name, value in results.items() if name not in shared_names},
        )

    def _hourly(self) -> dict[str, list[float | None]]:
        names = ("p5", "p50", "p95")
        return {
            name: [round(float(x), 4) if np.isfinite(x) else None for x in row]
            for name, row in zip(names, self.pue_hours, strict=True)
        }

    def _monthly(self) -> list[float]:
        power = np.broadcast_to(self.central.total, (1, TYPICAL_YEAR_H))[0]
        it = np.broadcast_to(self.central.it, (1, TYPICAL_YEAR_H))[0]
        return [float(power[m == MONTHS].sum() / max(it[m == MONTHS].sum(), 1e-12)) for m in range(12)]


def _scalar_or_draws(values: Array) -> Array:
    """Draws, or a number where there is one alone."""
    return values[0] if values.size == 1 else values


def _range(values: Array) -> dict[str, float]:
    return Range.of(_scalar_or_draws(np.asarray(values))).json()

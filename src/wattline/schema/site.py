"""The JSON of ``site``: one site's year, or sites side by side."""

from __future__ import annotations

from typing import Literal

from wattline.schema.answer import PartJson
from wattline.schema.base import EnvelopeJson, MatterJson, RangeJson, StrictJson, perhaps, said


class SiteInputs(StrictJson):
    """A site, as it was read."""

    it_w: float = said("IT power of the design.")
    load: str | None = perhaps("The load: `flat`, or a file.")
    utilisation: float | str | None = perhaps("IT power as a share of the design, in the mean.")
    place: str | None = perhaps("Place.")
    cooling: str | None = perhaps("Kind of cooling.")
    hall: str | None = perhaps("Kind of hall.")
    ups: str | None = perhaps("Kind of UPS.")
    redundancy: str | None = perhaps("Redundancy of its units.")
    humidified: bool | None = perhaps("Whether closed halls put back the moisture that coils take.")
    region: str | None = perhaps("Region of the grid.")
    facility_water: str | None = perhaps("Temperature of the facility water that was given, as it was written.")
    facility_water_c: float | None = perhaps("Temperature of the facility water that was given.")
    server_fans: float | str | None = perhaps("Share of air-cooled servers' power for their own fans that was given.")
    carbon_g_per_kwh: float | None = perhaps("CO2e of a delivered kWh that was given.")
    electricity_price_usd_per_kwh: float | None = perhaps("Price of a delivered kWh that was given.")
    currency: str | None = perhaps(
        "Currency of the user's settings: a note says the cost in it; costs in JSON stay in US dollars."
    )
    settings: dict[str, str] | None = perhaps("What a settings file gave, by name, and the file.")


class WeatherJson(StrictJson):
    """A year of weather in a few numbers."""

    name: str = said("The place, or the file.")
    latitude: float | None = said("Degrees north.")
    longitude: float | None = said("Degrees east.")
    elevation_m: float | None = said("Metres above the sea.")
    utc_offset_h: float = said("Hours by which its standard time is ahead of UTC.")
    made: bool = said("Whether it was made from climate normals, and not read from a file.")
    source: str = said("Where it is from.")
    mean_c: float = said("Mean temperature.")
    p1_c: float = said("Temperature that 1% of the hours stay below.")
    p99_6_c: float = said("Temperature that 0.4% of the hours exceed.")
    wet_bulb_p99_6_c: float = said("Wet bulb that 0.4% of the hours exceed.")
    dew_point_mean_c: float = said("Mean dew point.")
    notes: list[str] = said("What was repaired.")


class HourlyPueJson(StrictJson):
    """PUE at each hour of the year, over the draws; null where the servers take nothing."""

    p5: list[float | None]
    p50: list[float | None]
    p95: list[float | None]


class AirCellJson(StrictJson):
    """The hours in which the air was in 1 °C by half a gram of moisture per kg of dry air."""

    temperature_c: int = said("From this temperature on.")
    moisture_g_per_kg: float = said("From this moisture on.")
    hours: list[int] = said("Hours in each mode of cooling.")


class ExtentJson(StrictJson):
    """How far something reaches in the year."""

    lowest: float | None = perhaps("The lowest.")
    highest: float = said("The highest.")


class AirJson(StrictJson):
    """The hours of the year by the state of the outdoor air, at central values."""

    pressure_pa: float = said("Mean pressure.")
    temperature_c: ExtentJson = said("Temperatures.")
    moisture_g_per_kg: ExtentJson = said("Moisture.")
    modes: list[str] = said("The modes of cooling, in the order of the cells' hours.")
    cells: list[AirCellJson] = said("Where there are hours.")


class DesignDayJson(StrictJson):
    """The hardest hour, at central values."""

    dry_bulb_c: float = said("Highest temperature of the year.")
    wet_bulb_c: float = said("Highest wet bulb of the year.")
    peak_hour: str = said("When the site takes most, in local standard time.")
    peak_w: float = said("What it takes then.")
    peak_pue: float = said("PUE then.")


class HottestHourJson(StrictJson):
    """The hottest hour at full load, at central values."""

    hour: str = said("When, in local standard time.")
    dry_bulb_c: float = said("Temperature.")
    wet_bulb_c: float = said("Wet bulb.")
    pue: float = said("PUE.")
    power_w: float = said("What the site takes.")
    parts_w: dict[str, float] = said("Of it by part.")
    water_l_per_h: float = said("Water at the site.")
    mode: str = said("Mode of cooling.")
    supply_above_set_point_c: float = said("How far the supply is above its set-point.")


class TenthJson(StrictJson):
    """A tenth of the load, at central values."""

    it_w: float = said("IT power.")
    pue: float = said("PUE, in the mean.")
    pue_highest: float = said("PUE, at most.")
    pue_at_full_load: float = said("PUE at full load, in the mean.")


class UnitsJson(StrictJson):
    """Units of one kind."""

    name: str = said("Of what.")
    needed_w: float = said("What they must carry.")
    unit_w: float = said("What each carries.")
    needed: int = said("How many carry it.")
    installed: int = said("How many there are, with the redundancy's spare ones.")


class SizingJson(StrictJson):
    """What must stand at the site, at central values."""

    design: DesignDayJson = said("The hardest hour.")
    hottest_hour: HottestHourJson = said("The hottest hour at full load.")
    a_tenth_of_load: TenthJson = said("A tenth of the load.")
    units: list[UnitsJson] = said("Units by kind.")


class SiteYearJson(StrictJson):
    """What a site says of its year beside its bill."""

    weather: WeatherJson = said("Its weather.")
    server_fans_share: RangeJson = said("Share of the servers' power that their own fans take under this cooling.")
    tue: RangeJson = said("PUE with the servers' own fans counted as overhead rather than as IT.")
    wue_l_per_kwh: RangeJson = said("Water at the site per IT energy.")
    water_stations_l_per_kwh: RangeJson = said("Water at power stations per IT energy.")
    water_parts_l: dict[str, RangeJson] = said("Water at the site by what it goes into.")
    hours_by_mode: dict[str, float] = said("Hours of the year in each mode of cooling, in the mean of the draws.")
    hours_too_warm: RangeJson = said("Hours that are too warm or damp for the set-points.")
    pue_by_hour: HourlyPueJson = said("PUE at each hour of the year.")
    pue_by_month: list[float] = said("PUE of each month, at central values.")
    power_by_week_w: dict[str, list[float]] = said("Mean watts of each part in each of 52 weeks, at central values.")
    air: AirJson = said("Hours by the state of the air.")
    sizing: SizingJson = said("What must stand there.")


class SiteResults(SiteYearJson):
    """One site's year."""

    title: str = said("The site in words.")
    pue: RangeJson = said("Energy of the site over that of its servers.")
    peak_w: RangeJson = said("Peak power at the grid.")
    mean_w: RangeJson = said("Mean power at the grid.")
    energy_wh: RangeJson = said("Energy delivered by the grid.")
    energy_mean_wh: float = said("Mean of the energy over the draws; the parts add up to it.")
    cost_usd: RangeJson = said("Cost of the electricity delivered.")
    co2e_kg: RangeJson = said("CO2e over the life cycle of what is generated.")
    co2e_direct_kg: RangeJson = said("CO2e from the stacks alone, of what is delivered.")
    generated_wh: RangeJson = said("Energy that power stations put out for the delivery.")
    water_site_l: RangeJson = said("Water at the site.")
    water_stations_l: RangeJson = said("Water at power stations.")
    water_l: RangeJson = said("Both.")
    parts: dict[str, PartJson] = said("By part of the bill.")
    matters: list[MatterJson] = said("The facts that move PUE most.")


class SiteRowJson(StrictJson):
    """One of the sites side by side; without figures where it cannot be."""

    cooling: str = said("Kind of cooling.")
    place: str = said("Place.")
    title: str = said("The kind of cooling in words.")
    pue: RangeJson | None = said("Energy of the site over that of its servers.")
    peak_w: RangeJson | None = said("Peak power at the grid.")
    energy_wh: RangeJson | None = said("Energy of the year, delivered by the grid.")
    wue_l_per_kwh: RangeJson | None = said("Water at the site per IT energy.")
    water_site_l: RangeJson | None = said("Water at the site.")
    water_l: RangeJson | None = said("Water at the site and at power stations.")
    cost_usd: RangeJson | None = said("Cost of the electricity delivered.")
    co2e_kg: RangeJson | None = said("CO2e over the life cycle of what is generated.")
    cannot: str | None = said("Why it cannot be, or cannot cool all year.")


class SitesResults(StrictJson):
    """Sites side by side, the least energy first."""

    title: str = said("What is compared.")
    by: Literal["cooling", "place"] = said("What the rows differ in.")
    weather: WeatherJson | None = said("The weather of all of them; null where they differ in place.")
    rows: list[SiteRowJson] = said("The sites.")


class SiteJson(EnvelopeJson[SiteInputs, SiteResults | SitesResults]):
    """PUE, power and water of a data centre by hour and year; with `--compare` or `--places`, sites side by side."""

    command: Literal["site"]

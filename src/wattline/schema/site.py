"""The JSON of ``site``: one site's year, or sites side by side."""

from __future__ import annotations

from typing import Literal

from wattline.schema.answer import CarbonAccountsJson, PartJson
from wattline.schema.base import EnvelopeJson, MatterJson, RangeJson, StrictJson, item, perhaps
from wattline.schema.flex import BalanceJson
from wattline.schema.inputs import GridInputs


class SiteInputs(GridInputs):
    """A site, as it was read."""

    it_w: float = item("IT power of the design.")
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
    currency: str | None = perhaps(
        "Currency of the user's settings: a note says the cost in it; costs in JSON stay in US dollars."
    )
    settings: dict[str, str] | None = perhaps("What a settings file gave, by name, and the file.")


class WeatherJson(StrictJson):
    """A year of weather in a few numbers."""

    name: str = item("The place, or the file.")
    latitude: float | None = item("Degrees north.")
    longitude: float | None = item("Degrees east.")
    elevation_m: float | None = item("Metres above the sea.")
    utc_offset_h: float = item("Hours by which its standard time is ahead of UTC.")
    made: bool = item("Whether it was made from climate normals, and not read from a file.")
    source: str = item("Where it is from.")
    mean_c: float = item("Mean temperature.")
    p1_c: float = item("Temperature that 1% of the hours stay below.")
    mean_spread_c: float = item("Standard deviation of its mean temperature, where its normals are of another place.")
    dew_point_spread_c: float = item("That of its mean dew point.")
    p99_6_c: float = item("Temperature that 0.4% of the hours exceed.")
    wet_bulb_p99_6_c: float = item("Wet bulb that 0.4% of the hours exceed.")
    dew_point_mean_c: float = item("Mean dew point.")
    notes: list[str] = item("What was repaired.")


class HourlyPueJson(StrictJson):
    """PUE at each hour of the year, over the draws; null where the servers take nothing."""

    p5: list[float | None]
    p50: list[float | None]
    p95: list[float | None]


class AirCellJson(StrictJson):
    """The hours in which the air was in 1 °C by half a gram of moisture per kg of dry air."""

    temperature_c: int = item("From this temperature on.")
    moisture_g_per_kg: float = item("From this moisture on.")
    hours: list[int] = item("Hours in each mode of cooling.")


class ExtentJson(StrictJson):
    """How far something reaches in the year."""

    lowest: float | None = perhaps("The lowest.")
    highest: float = item("The highest.")


class AirJson(StrictJson):
    """The hours of the year by the state of the outdoor air, at central values."""

    pressure_pa: float = item("Mean pressure.")
    temperature_c: ExtentJson = item("Temperatures.")
    moisture_g_per_kg: ExtentJson = item("Moisture.")
    modes: list[str] = item("The modes of cooling, in the order of the cells' hours.")
    cells: list[AirCellJson] = item("Where there are hours.")


class DesignDayJson(StrictJson):
    """The hardest hour, at central values."""

    dry_bulb_c: float = item("Highest temperature of the year.")
    wet_bulb_c: float = item("Highest wet bulb of the year.")
    peak_hour: str = item("When the site takes most, in local standard time.")
    peak_w: float = item("What it takes then.")
    peak_pue: float = item("PUE then.")


class HottestHourJson(StrictJson):
    """The hottest hour at full load, at central values."""

    hour: str = item("When, in local standard time.")
    dry_bulb_c: float = item("Temperature.")
    wet_bulb_c: float = item("Wet bulb.")
    pue: float = item("PUE.")
    power_w: float = item("What the site takes.")
    parts_w: dict[str, float] = item("Of it by part.")
    water_l_per_h: float = item("Water at the site.")
    mode: str = item("Mode of cooling.")
    supply_above_set_point_c: float = item("How far the supply is above its set-point.")


class TenthJson(StrictJson):
    """A tenth of the load, at central values."""

    it_w: float = item("IT power.")
    pue: float = item("PUE, in the mean.")
    pue_highest: float = item("PUE, at most.")
    pue_at_full_load: float = item("PUE at full load, in the mean.")


class UnitsJson(StrictJson):
    """Units of one kind."""

    name: str = item("Of what.")
    needed_w: float = item("What they must carry.")
    unit_w: float = item("What each carries.")
    needed: int = item("How many carry it.")
    installed: int = item("How many there are, with the redundancy's spare ones.")


class SizingJson(StrictJson):
    """What must stand at the site, at central values."""

    design: DesignDayJson = item("The hardest hour.")
    hottest_hour: HottestHourJson = item("The hottest hour at full load.")
    a_tenth_of_load: TenthJson = item("A tenth of the load.")
    units: list[UnitsJson] = item("Units by kind.")


class SiteYearJson(StrictJson):
    """What a site says of its year beside its bill."""

    weather: WeatherJson = item("Its weather.")
    server_fans_share: RangeJson = item("Share of the servers' power that their own fans take under this cooling.")
    tue: RangeJson = item("PUE with the servers' own fans counted as overhead rather than as IT.")
    wue_l_per_kwh: RangeJson = item("Water at the site per IT energy.")
    water_stations_l_per_kwh: RangeJson = item("Water at power stations per IT energy.")
    water_parts_l: dict[str, RangeJson] = item("Water at the site by what it goes into.")
    hours_by_mode: dict[str, float] = item("Hours of the year in each mode of cooling, in the mean of the draws.")
    hours_too_warm: RangeJson = item("Hours that are too warm or damp for the set-points.")
    pue_by_hour: HourlyPueJson = item("PUE at each hour of the year.")
    pue_by_month: list[float] = item("PUE of each month, at central values.")
    balance: BalanceJson = item("What the year takes of its grid's demand.")
    power_by_week_w: dict[str, list[float]] = item("Mean watts of each part in each of 52 weeks, at central values.")
    air: AirJson = item("Hours by the state of the air.")
    sizing: SizingJson = item("What must be installed.")


class SiteResults(SiteYearJson, CarbonAccountsJson):
    """One site's year."""

    title: str = item("The site in words.")
    pue: RangeJson = item("Energy of the site over that of its servers.")
    peak_w: RangeJson = item("Peak power at the grid.")
    mean_w: RangeJson = item("Mean power at the grid.")
    energy_wh: RangeJson = item("Energy delivered by the grid.")
    energy_mean_wh: float = item("Mean of the energy over the draws; the parts add up to it.")
    cost_usd: RangeJson = item("Cost of the electricity delivered.")
    co2e_kg: RangeJson = item("CO2e over the life cycle of what is generated.")
    co2e_direct_kg: RangeJson = item("CO2e from the stacks alone, of what is delivered.")
    generated_wh: RangeJson = item("Energy that power stations put out for the delivery.")
    water_site_l: RangeJson = item("Water at the site.")
    water_stations_l: RangeJson = item("Water at power stations.")
    water_l: RangeJson = item("Both.")
    embodied_co2e_kg: RangeJson | None = perhaps("CO2e of making servers, network, hall and batteries, by their life.")
    embodied_energy_mj: RangeJson | None = perhaps("Primary energy of making them, MJ.")
    embodied_water_l: RangeJson | None = perhaps("Water of making them.")
    embodied_adp_kg: RangeJson | None = perhaps("Abiotic resources of making them, kg antimony equivalent.")
    parts: dict[str, PartJson] = item("By part of the bill.")
    matters: list[MatterJson] = item("The facts that move PUE most.")


class SiteRowJson(StrictJson):
    """One of the sites side by side; without figures where it cannot be."""

    cooling: str = item("Kind of cooling.")
    place: str = item("Place.")
    title: str = item("The kind of cooling in words.")
    pue: RangeJson | None = item("Energy of the site over that of its servers.")
    peak_w: RangeJson | None = item("Peak power at the grid.")
    energy_wh: RangeJson | None = item("Energy of the year, delivered by the grid.")
    wue_l_per_kwh: RangeJson | None = item("Water at the site per IT energy.")
    water_site_l: RangeJson | None = item("Water at the site.")
    water_l: RangeJson | None = item("Water at the site and at power stations.")
    cost_usd: RangeJson | None = item("Cost of the electricity delivered.")
    co2e_kg: RangeJson | None = item("CO2e over the life cycle of what is generated.")
    cannot: str | None = item("Why it cannot be, or cannot cool all year.")


class SitesResults(StrictJson):
    """Sites side by side, the least energy first."""

    title: str = item("What is compared.")
    by: Literal["cooling", "place"] = item("What the rows differ in.")
    weather: WeatherJson | None = item("The weather of all of them; null where they differ in place.")
    rows: list[SiteRowJson] = item("The sites.")


class SiteJson(EnvelopeJson[SiteInputs, SiteResults | SitesResults]):
    """PUE, power and water of a data centre by hour and year; with `--compare` or `--places`, sites side by side."""

    command: Literal["site"]

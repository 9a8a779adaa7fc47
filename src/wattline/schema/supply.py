"""The JSON of ``supply``: what should power a site."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, MatterJson, RangeJson, StrictJson, item, perhaps
from wattline.schema.flex import BalanceJson


class SupplyTargetJson(StrictJson):
    """What the supply must reach; null where it must not."""

    cfe: float | None = item("Hourly carbon-free share.")
    annual: float | None = item("Carbon-free generation of the year over its load.")
    carbon: float | None = item("Direct carbon over the load [g/kWh].")
    carbon_price: float = item("Price of CO2 [USD/t].")


class ReliabilityJson(StrictJson):
    """What the supply must withstand."""

    unserved_hours: float | None = item("Hours of the mean load that may be left in a year; null for none.")
    outages: bool = item("Whether it is sized on a drawn year of outages.")
    n_1: bool = item("Whether what is left reaches the highest load when any one unit, or the grid, is out.")


class SupplyHoursJson(StrictJson):
    """The hours that it is planned on."""

    source: str = item("Where the capacity factors are from.")
    made: bool = item("Whether they were made, and not read from a file.")
    steps: int = item("Number of steps.")
    step_h: float = item("Hours of a step.")
    from_utc: str = item("Begin of the first, UTC.")
    means: dict[str, float] = item("Mean capacity factor by technology.")


class SupplyChargesJson(StrictJson):
    """Charges and credits; 0 for none."""

    network: float = item("For energy from the grid [USD/MWh].")
    demand: float = item("For the highest import, by month [USD/kW].")
    investment_credit: float = item("Share of the capital cost of clean plants.")
    production_credit: float = item("For energy of wind and sun [USD/MWh].")


class SupplyInputs(StrictJson):
    """A load and what may power it, as they were read."""

    it_w: float | None = item("IT power of the site; null where the whole load was given.")
    load: str = item("The load in words.")
    load_mean_w: float = item("Mean power that the site takes.")
    load_peak_w: float = item("Highest power that the site takes.")
    pue: float | None = item("Energy of the site over that of its servers, at central values.")
    place: str | None = item("Place.")
    region: str = item("Region of the grid.")
    target: SupplyTargetJson = item("Target.")
    reliability: ReliabilityJson = item("What it must withstand.")
    flexible_share: float = item("Share of the load that may move.")
    flexible_window_h: float | None = item("Hours within which it is made up; null where none moves.")
    technologies: list[str] = item("What may be built.")
    hours: SupplyHoursJson = item("The hours.")
    grid: list[str] = item("What was given of the grid by the hour: price, clean share, carbon.")
    fill_gaps_h: float = item("Longest gap of a file that is filled in a straight line [h]; 0 for none.")
    export_share: float | None = item(
        "Most of the year's load that may be sold; null where nothing is said: nothing, or what is bought where the "
        "target is annual."
    )
    charges: SupplyChargesJson = item("Charges and credits.")
    carbon_g_per_kwh: float | None = perhaps("CO2e of a delivered kWh that was given.")
    electricity_price_usd_per_kwh: float | None = perhaps("Price of a delivered kWh that was given.")
    embodied: str | None = perhaps("Whether impacts of making the equipment stand beside.")
    currency: str | None = perhaps("Currency of the user's settings; costs in JSON stay in US dollars.")
    settings: dict[str, str] | None = perhaps("What a settings file gave, by name, and the file.")


class EarningJson(StrictJson):
    """What a unit of a capacity earns and costs in a year; equal where it is built."""

    capacity: str = item("The capacity.")
    built: float = item("What is built of it [MW, MWh].")
    earned: float = item("What a unit earns [USD/MW, USD/MWh].")
    cost: float = item("What a unit costs [USD/MW, USD/MWh].")


class WorstWeekJson(StrictJson):
    """The week whose energy is worth most."""

    start: int = item("Its first step.")
    usd_per_mwh: float = item("Mean price of its load.")
    share: float = item("Its share of the value of all energy.")
    output: dict[str, float] = item("By plant, its output over that of a mean week.")


class CertificateJson(StrictJson):
    """What the plan rests on, worked out from the program and the solution alone."""

    cost: float = item("Cost of the plan over its years [USD].")
    bound: float = item("No supply costs less [USD].")
    gap: float = item("Their difference over the cost.")
    primal_mw: float = item("The most that an hour misses its balance by [MW].")
    year_miss: float = item("The most that a limit of the year is missed by, over it.")
    dual: float = item("The most that a capacity earns beyond its cost, over it.")
    both_ways_mw: float = item("The most that a storage charges and discharges at once [MW].")
    relaxed: float = item("Lower bound were storages free to do so [USD].")
    good: bool = item("Whether it may be called the least-cost plan.")
    solver: str = item("What solved it.")


class SupplyPlanJson(StrictJson):
    """A plan, at central values."""

    usd_per_mwh: float = item("Cost over the energy of the load.")
    cost_usd_per_year: float = item("Cost of a year.")
    cost_parts_usd_per_mwh: dict[str, float] = item("Cost by part; they add up to the whole.")
    capacities: dict[str, float] = item("What is built [MW, MWh].")
    cfe: float = item("Hourly carbon-free share.")
    carbon_g_per_kwh: float = item("Direct carbon over the load.")
    import_gwh_per_year: float = item("From the grid.")
    export_gwh_per_year: float = item("To the grid.")
    unserved_mwh_per_year: float = item("Load that is left.")
    cfe_point_usd_per_mwh: float | None = item("What a point more of the hourly carbon-free share costs.")
    zero_profit: list[EarningJson] = item("What each capacity earns and costs.")
    worst_week: WorstWeekJson = item("The week whose energy is worth most.")
    certificate: CertificateJson = item("What the plan rests on.")


class SupplyRowJson(StrictJson):
    """A plan of another target; without figures where it cannot be."""

    name: str = item("The target.")
    cannot: str | None = item("Why there is none.")
    usd_per_mwh: float | None = item("Cost over the energy of the load.")
    cfe: float | None = item("Hourly carbon-free share.")
    annual: float | None = item("Carbon-free generation of the year over its load.")
    carbon_g_per_kwh: float | None = item("Direct carbon over the load.")
    cfe_point_usd_per_mwh: float | None = item("What a point more of the hourly carbon-free share costs.")
    capacities: dict[str, float] = item("What is built [MW, MWh].")


class SupplyTestJson(StrictJson):
    """The plan in a year that it was not sized on, or with what is out of order."""

    year: str = item("The year, or what is out.")
    cfe: float = item("Hourly carbon-free share that it reaches.")
    unserved_mwh: float = item("Load left unserved.")
    unserved_hours: float = item("Hours in which some is.")
    unserved_mw: float = item("The most at once.")
    usd_per_mwh: float = item("Running cost: fuel and energy from the grid.")


class FirmPriceJson(StrictJson):
    """The price below which a first plant that runs flat and carbon-free, such as fusion, would be built."""

    usd_per_mwh: float = item("What its energy is worth.")
    usd_per_kw: float = item("The capital cost that this pays for.")
    availability: float = item("Share of its capacity that is there.")
    life_years: float = item("Its life.")
    fixed_om_share: float = item("Its fixed costs a year over the capital cost.")


class LeadTimeJson(StrictJson):
    """How long it takes until a technology of the plan delivers."""

    technology: str = item("The technology.")
    years: float = item("From the order to power.")
    low: float = item("The low end of its range.")
    high: float = item("The high end of its range.")


class SupplyWeekJson(StrictJson):
    """A week of the plan."""

    from_utc: str = item("Its begin, UTC.")
    step_h: float = item("Hours of a step.")
    mw: dict[str, list[float]] = item("Load and flows [MW], contents of stores [MWh], by step.")
    price_usd_per_mwh: list[float] = item("Value of a MWh by step.")


class SupplyPictureJson(StrictJson):
    """What a page draws of the plan."""

    worst_week: SupplyWeekJson = item("The week whose energy is worth most.")
    usual_week: SupplyWeekJson = item("A week of median value.")
    residual_mw: list[float] = item("Load less wind and sun, from the highest step to the lowest, in hundredths.")
    import_mw: list[float] = item("From the grid, likewise.")
    price_usd_per_mwh: list[float] = item("Value of a MWh, likewise.")
    utc_offset_h: float = item("Hours by which the standard time of the place is ahead of UTC; 0 without a place [h].")
    cfe_by_month_hour: list[list[float | None]] = item("Carbon-free share by month and hour of standard time.")


class SupplyResults(StrictJson):
    """The plan, its ranges, and what stands beside it."""

    title: str = item("The supply in words.")
    plan: SupplyPlanJson = item("The plan at central values.")
    ranges: dict[str, RangeJson] = item("Figures over draws of costs, weather and overhead.")
    capacities: dict[str, RangeJson] = item("What is built over the draws [MW, MWh].")
    beside: list[SupplyRowJson] = item("Least cost, annual and hourly matching side by side.")
    frontier: list[SupplyRowJson] = item("Plans along the hourly carbon-free share; empty where it was not asked for.")
    tested: list[SupplyTestJson] = item("Years that it was not sized on.")
    flexible_point_usd_per_mwh: float = item("What one more hundredth of the load that may move saves.")
    firm_price: FirmPriceJson = item("Price at which a flat carbon-free plant would be built.")
    lead_times: list[LeadTimeJson] = item("Years to power, the longest first.")
    balance: BalanceJson = item("What the site's load is of its region's demand.")
    import_balance: BalanceJson | None = item("What the plan still takes from the grid of it; null without a grid.")
    picture: SupplyPictureJson = item("Series that a page draws.")
    matters: list[MatterJson] = item("The facts that move the cost most.")


class SupplyJson(EnvelopeJson[SupplyInputs, SupplyResults]):
    """What should power a site, hour by hour, at least cost."""

    command: Literal["supply"]

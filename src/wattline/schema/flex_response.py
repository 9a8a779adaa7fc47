"""The JSON of ``flex response``: what a site can give a grid that calls on it, and what that is worth."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item
from wattline.schema.flex import SignalKind
from wattline.schema.inputs import ReplicaInputs


class FlexResponseInputs(ReplicaInputs):
    """A site that serves a model, and prices, as they were read."""

    it_w: float = item("IT power of the site.")
    slo_ttft_s: float | None = item("Longest time to the first token; null where none is promised.")
    slo_tpot_s: float | None = item("Longest mean time between tokens; null where none is promised.")
    capacity_price: str | None = item("Price of power that yields in the highest hours.")
    reserve_price: str | None = item("Price of power that is held ready.")
    energy_prices: str | None = item("File of the hourly price of energy.")
    called_h: float = item("Hours of a year in which it is called.")
    call_lasts_h: float = item("Hours that a call lasts.")
    carbon_of: str | None = item("Whose carbon intensity by the hour: a file's column or a region; null without one.")


class CapRung(StrictJson):
    """The service at one power limit and batch, which answers the same requests."""

    power_cap_w: float = item("Power limit of a chip.")
    batch: float = item("Requests that a replica answers together.")
    chip_w: RangeJson = item("Power of a chip at work.")
    active_share: RangeJson = item("Share of the time at work; above 1 where it cannot answer all.")
    ttft_s: RangeJson = item("Time to the first token, without queues.")
    tpot_s: RangeJson | None = item("Mean time between tokens; null for answers of one token.")
    cut_share: RangeJson = item("Share of the site's power that it saves; below 0 where it takes more.")
    cut_w: RangeJson = item("The same in watts at the meter.")
    serves: bool = item("Whether it answers all requests, in 95% of the draws.")
    keeps: bool = item("Whether it also keeps the latencies promised.")


class FlexResource(StrictJson):
    """Something at the site that gives power back."""

    name: str = item("What it is.")
    cut_w: RangeJson = item("Power that it gives.")
    lasts_s: RangeJson | None = item("For how long; null for as long as it is wanted.")
    response_s: RangeJson = item("From the grid's signal to its power.")
    over_call_w: RangeJson = item("Power that it gives through a whole call.")
    capacity_usd_per_year: RangeJson | None = item("Worth at the capacity price; null without one.")
    reserve_usd_per_year: RangeJson | None = item("Worth at the reserve price; null without one.")
    energy_usd_per_year: RangeJson | None = item("Worth of yielding in the dearest hours; null without prices.")
    energy_known_usd_per_year: RangeJson | None = item(
        "Worth of yielding in hours that were dear among the days so far; null without prices."
    )


class GridProduct(StrictJson):
    """What a grid pays flexibility for, and what answers it."""

    product: str = item("The product.")
    response_s: float = item("It must answer within this time.")
    lasts_s: float = item("And last so long.")
    resource_names: list[str] = item("What answers fast enough.")
    power_w: RangeJson = item("Power of all of it together, the site's at most.")


class CarbonCut(StrictJson):
    """What lower caps avoid in the hours of most carbon."""

    led_by: SignalKind = item("The signal whose highest hours are taken.")
    counted_by: SignalKind = item("The signal by which it is counted.")
    intensity_g_per_kwh: float = item("Its mean in those hours.")
    co2e_g_per_year: RangeJson = item("CO2e avoided with foresight.")
    co2e_known_g_per_year: RangeJson = item("The same by what was known on the day.")


class RideThrough(StrictJson):
    """How long the site goes on without its supply."""

    servers_s: RangeJson = item("Servers alone, from their power supplies.")
    ups_s: RangeJson = item("With the batteries of the UPS.")


class FlexResponseResults(StrictJson):
    """What a site can give."""

    title: str = item("The site and its service.")
    site_w: RangeJson = item("Power of the site at the meter.")
    rungs: list[CapRung] = item("Power limits and batches.")
    resources: list[FlexResource] = item("What can give power back.")
    products: list[GridProduct] = item("What a grid pays for.")
    carbon_cuts: list[CarbonCut] = item(
        "What lower caps avoid in the hours of most carbon, by average and by marginal."
    )
    ride: RideThrough = item("Ride-through.")


class FlexResponseJson(EnvelopeJson[FlexResponseInputs, FlexResponseResults]):
    """What a site that serves a model can give a grid that calls on it, and what that is worth."""

    command: Literal["flex response"]

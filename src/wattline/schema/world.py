"""The JSON of ``world``: electricity and capacity of data centres by place and year."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, MeasuredJson, RangeJson, StrictJson, item
from wattline.schema.validated_world import ForecastScorecard


class WorldInputs(StrictJson):
    """What was asked of the outlook, as it was read."""

    region: list[str] = item("The places and companies, by name.")
    years: list[int] = item("The first and the last year.")
    as_of: int = item("The year by whose end the figures that it uses were published.")
    what_if: list[str] = item("Drivers that are set or moved.")
    scenario: str | None = item("The scenario; null where there is none.")
    own: str | None = item("The user's own file; null where there is none.")


class PartShares(StrictJson):
    """Shares of a place's electricity; in each draw they add up to 1."""

    ai: RangeJson = item("Servers with AI chips.")
    servers: RangeJson = item("Servers without them.")
    storage: RangeJson = item("Storage.")
    network: RangeJson = item("Network.")
    overhead: RangeJson = item("Cooling and power of the sites.")


class KindShares(StrictJson):
    """Shares of the world's electricity by kind of site, by the IEA's annex."""

    hyperscale: float = item("Of hyperscalers.")
    colocation: float = item("Of colocation and service providers.")
    enterprise: float = item("Of enterprises.")


class KindPue(StrictJson):
    """PUE of sites by kind, as they stand in a year: built in different years, in the climates of the place."""

    hyperscale: float = item("Of hyperscalers.")
    colocation: float = item("Of colocation and service providers.")
    enterprise: float = item("Of enterprises.")
    ai: float = item("Of sites of AI.")


class OutlookYear(StrictJson):
    """A place in a year."""

    year: int = item("The year.")
    energy_twh: RangeJson = item("Electricity [TWh], as one more study would put it.")
    shared_twh: RangeJson = item("Electricity [TWh] of the path that studies share, without their ways of counting.")
    capacity_gw: RangeJson = item("Capacity that the electricity needs [GW], at an uncertain load factor.")
    share_of_electricity: RangeJson | None = item(
        "Share of what the place uses in that year, as demand of its kind of places grows; null for a company."
    )
    share_of_part: PartShares | None = item("Shares of parts, of which AI is its servers alone; null for a company.")
    ai_share: RangeJson | None = item(
        "Share of AI with its own cooling and power, as published figures count it; null for a company."
    )
    pue_of_kind: KindPue | None = item("PUE of its sites by kind, by the hourly model of a site; null for a company.")
    share_of_kind: KindShares | None = item("Shares of kinds of site; null but for the world from 2020 on.")
    training_share: float | None = item("Share of training in AI, the rest is inference; null for a company.")


class PublishedFigureJson(StrictJson):
    """A published figure."""

    year: int = item("The year that it is for.")
    twh: float = item("Electricity [TWh].")
    kind: Literal["metered", "company_reported", "bottom_up", "top_down", "extrapolation", "forecast"] = item(
        "How it was made."
    )
    published: int = item("Year of its edition.")
    scope: Literal["all", "commercial", "telecom-rooms", "crypto", "in-part"] = item("What is counted.")
    source: str = item("Where it was read.")


class OutlookPlace(StrictJson):
    """A place or company."""

    name: str = item("Its name.")
    scope: str = item("What is counted.")
    electricity_twh: float | None = item("All electricity that the place uses in a year; null for a company.")
    years: list[OutlookYear] = item("Each year.")
    published: list[PublishedFigureJson] = item("The published figures of it that were used.")


class DriverBar(StrictJson):
    """A driver of the first place's electricity in the last year."""

    driver: str = item("Its name, as --what-if takes it; path and counting are no drivers.")
    words: str = item("What it is.")
    low_change: float = item("Change of the electricity with the driver at p5, as a fraction.")
    high_change: float = item("The same at p95.")


class PartChange(StrictJson):
    """A part's change."""

    part: str = item("The part.")
    change_twh: float = item("Its change [TWh].")


class OutlookChange(StrictJson):
    """The first place's middle electricity, from the first to the last year."""

    from_year: int = item("The first year.")
    to_year: int = item("The last year.")
    from_twh: float = item("Electricity of the first year [TWh].")
    to_twh: float = item("Electricity of the last year [TWh].")
    parts: list[PartChange] = item("The change by part.")


class YearTwh(StrictJson):
    """Electricity of a year."""

    year: int = item("The year.")
    twh: float = item("Electricity [TWh].")


class ScenarioPath(StrictJson):
    """A scenario over the outlook: what would be, apart from what may be."""

    name: str = item("Its name.")
    study: str = item("Whose it is; own for a file of the user's.")
    region: str = item("The place that it was made for.")
    published: list[YearTwh] = item("Its own figures.")
    middle_path: list[YearTwh] = item(
        "The first place's middle path, moved as the scenario differs from its study's middle."
    )


class StockYear(StrictJson):
    """A year of an own stock."""

    year: int = item("The year.")
    energy_twh: RangeJson = item("Electricity [TWh], by stock and watts.")
    share_of_place: float = item("Its middle over that of the first place.")


class StockPath(StrictJson):
    """An own stock through the same model."""

    name: str = item("Name of the file.")
    years: list[StockYear] = item("Each year.")


class JobShare(StrictJson):
    """A job of the line beside its region's outlook."""

    name: str = item("Name of the job.")
    place: str = item("Its region, or the first place where the outlook does not know it.")
    year: int = item("The year of the outlook.")
    energy_twh: RangeJson = item("Electricity of the job in a year [TWh].")
    place_twh: RangeJson = item("Electricity of data centres in its place [TWh].")
    share_of_place: RangeJson = item("The one over the other, as a fraction.")


class PastYear(StrictJson):
    """A year of an outlook of the past."""

    year: int = item("The year.")
    energy_twh: RangeJson = item("Electricity [TWh].")


class PastOutlook(StrictJson):
    """The outlook as it would have been made."""

    as_of: int = item("The year by whose end the figures that it uses were published.")
    years: list[PastYear] = item("Each year.")


class PastJson(StrictJson):
    """The first place's outlooks of the past, and what published forecasts of it came to."""

    outlooks: list[PastOutlook] = item("Each origin that had a figure of the place.")
    scorecard: ForecastScorecard | None = item("Published forecasts of the place; null where there is none.")


class RequestsBeside(StrictJson):
    """A rate of requests beside the first place's last year."""

    requests_per_day: float = item("The rate.")
    energy_twh: RangeJson = item("What the requests take in a year [TWh].")
    share_of_place: RangeJson = item("That over the place's electricity, as a fraction.")


class DemandJson(StrictJson):
    """Electricity in requests, for the first place's last year."""

    year: int = item("The year.")
    energy_wh_per_request: RangeJson = item("What a request takes at the grid [Wh].")
    requests_per_day_of_100_twh: RangeJson = item("Requests a day that 100 TWh a year would serve.")
    inference_twh: RangeJson = item("Electricity of inference [TWh].")
    requests_per_day: RangeJson = item("Requests a day that it would serve, were all of them such.")
    stated: RequestsBeside | None = item("A rate that was given; null without.")


class CryptoCount(MeasuredJson):
    """Crypto-mining, which no other figure holds."""

    unit: Literal["TWh"] = item("Unit of its numbers.")
    year: int = item("The year.")


class WorldResults(StrictJson):
    """The outlook."""

    places: list[OutlookPlace] = item("Each place.")
    matters: list[DriverBar] = item("What moves the first place's last year, largest first; empty for a company.")
    change: OutlookChange | None = item(
        "The change of the first place by part; null for a company, and for one year alone."
    )
    scenario: ScenarioPath | None = item("The scenario; null where there is none.")
    stock: StockPath | None = item("The user's own stock; null where there is none.")
    jobs: list[JobShare] = item("Jobs of the line as shares of their regions' outlooks; empty where none is given.")
    past: PastJson | None = item("Outlooks and forecasts of the past; null for a company.")
    demand: DemandJson | None = item("Electricity in requests; null for a company.")
    crypto_twh: CryptoCount | None = item("Crypto-mining of the world; null for other places.")


class WorldJson(EnvelopeJson[WorldInputs, WorldResults]):
    """Electricity and capacity of data centres by place and year."""

    command: Literal["world"]

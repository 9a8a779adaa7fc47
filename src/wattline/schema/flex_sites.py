"""The JSON of ``flex sites``: work of several sites, moved together in time and place."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, item
from wattline.schema.flex import SeriesSpan, SignalKind


class FlexSitesInputs(StrictJson):
    """The sites and how far their work may move, as they were read."""

    signals: list[str] = item("The file or the column of each site's signal.")
    kind: SignalKind = item("What the signal is.")
    beside_kind: SignalKind | None = item("The other intensity, by which moves between regions are counted too.")
    serving_share: float = item("Share of the work that must run at once.")
    wait_h: float = item("Hours for which the rest may wait.")
    reach_s: float | None = item("Longest round trip over which serving may go; null where it stays at its site.")
    between_s: list[float] = item("Round trip between each two sites in turn: 1-2, 1-3, 2-3.")
    waiting_data_gb_per_mwh: float = item("Data that go with work that waits to another site, GB for each MWh of it.")
    serving_data_gb_per_mwh: float = item("The same of serving.")


class SitesMeans(StrictJson):
    """The same moves by the other intensity: means over the energy of the work, and savings."""

    mean_as_meant: float = item("As it comes.")
    mean_known: float = item("Moved by what was known before each day.")
    mean_foresight: float = item("Moved with perfect foresight.")
    saving_known: float | None = item("Share saved by what was known; null where the work as it comes costs nothing.")
    saving_foresight: float | None = item("Share saved with perfect foresight.")


class SitesMove(StrictJson):
    """Work that may move in place, in time or in both; means of the signal over its energy, in the signal's unit."""

    moved_in: Literal["place", "time", "both"] = item("How it may move.")
    mean_as_meant: float = item("As it comes.")
    mean_known: float = item("Moved by what was known before each day.")
    mean_foresight: float = item("Moved with perfect foresight.")
    saving_known: float | None = item("Share saved by what was known; null where the work as it comes costs nothing.")
    saving_foresight: float | None = item("Share saved with perfect foresight.")
    saved_known: float = item("Saved by what was known over the whole time, in the unit of totals.")
    saved_foresight: float = item("Saved with perfect foresight.")
    away_known_share: float = item("Share of the energy that ran at another site than its own by what was known.")
    away_foresight_share: float = item("Share of it with perfect foresight.")
    wait_known_h: float = item("Mean wait of work that may wait, by what was known.")
    wait_foresight_h: float = item("Mean wait of it with perfect foresight.")
    beside: SitesMeans | None = item("The same moves by the other intensity; null without one.")


class SitesRow(StrictJson):
    """One site, with work that moves in place and time."""

    name: str = item("The site, by its signal.")
    room_w: float = item("Most power of the site.")
    mean_as_meant_w: float = item("Mean power as the work comes.")
    mean_known_w: float = item("Mean power by what was known.")
    mean_foresight_w: float = item("Mean power with perfect foresight.")
    highest_as_meant_w: float = item("Highest power as the work comes.")
    highest_known_w: float = item("Highest power by what was known.")
    highest_foresight_w: float = item("Highest power with perfect foresight.")
    hours_as_meant_w: list[float] = item("Mean power by the hour of the day, UTC, as the work comes: 24 figures.")
    hours_known_w: list[float] = item("Mean power by the hour of the day, by what was known.")
    hours_foresight_w: list[float] = item("Mean power by the hour of the day, with perfect foresight.")
    room_worth_per_mw_year: float = item("What another MW of room would save in a year, in the unit of totals.")


class FlexSitesResults(SeriesSpan):
    """What work saves that may move between sites, and in time."""

    unit: str = item("Unit of the signal; empty where its file does not say it.")
    total_unit: str = item("Unit of totals; empty where the signal has none.")
    moves: list[SitesMove] = item("Work that may move in place, in time, and in both.")
    each_site: list[SitesRow] = item("Each site.")


class FlexSitesJson(EnvelopeJson[FlexSitesInputs, FlexSitesResults]):
    """What several sites save when their work may wait or run at another site."""

    command: Literal["flex sites"]

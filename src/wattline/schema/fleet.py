"""The JSON of ``fleet ingest`` and ``fleet report``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, MeasuredJson, RangeJson, StrictJson, item


class FleetIngestInputs(StrictJson):
    """Where it was taken to."""

    folder: str = item("The folder of the fleet.")


class FleetIngestResults(StrictJson):
    """What was taken in, and how fast."""

    files_given: int = item("Files that were given.")
    files_known_before: int = item("Files of these that had been taken in before, and were not again.")
    readings: int = item("Readings that were taken in.")
    partitions: int = item("Days and buckets of devices whose joules were written.")
    readings_summed: int = item("Readings that these rest on.")
    devices: int = item("Devices of the fleet.")
    interval_s: int = item("Length of an interval.")
    staging_s: float = item("Time that putting readings into their places took.")
    summing_s: float = item("Time that making joules of them took.")
    readings_per_s: float | None = item("Readings taken in for each second of both; null where it took no time.")


class FleetIngestJson(EnvelopeJson[FleetIngestInputs, FleetIngestResults]):
    """What was taken into a fleet's folder."""

    command: Literal["fleet ingest"]


class FleetReportInputs(StrictJson):
    """What was asked."""

    folder: str = item("The folder of the fleet.")
    by: list[str] = item("What energy is grouped by.")
    jobs: str | None = item("File that says what ran; null where none was given.")
    draws: int = item("Draws of the chips' curves.")


class FleetRowJson(StrictJson):
    """A group."""

    keys: dict[str, str | None] = item("Its keys by name; null where no job held the device, or it tells none.")
    energy_wh: MeasuredJson = item("Energy of the group.")
    device_s: float = item("Time of all its devices together that was read.")


class FleetIdleJson(StrictJson):
    """What devices took without work."""

    unallocated_wh: float | None = item("Energy of devices while no job held them; null where no jobs were given.")
    unallocated_s: float | None = item("Device-seconds of it.")
    at_idle_wh: float = item("Energy at idle power, of devices that a job held where jobs were given.")
    at_idle_s: float = item("Device-seconds of it.")
    idle_share: float = item("Both as a share of all energy.")
    devices_without_idle_power: int = item("Devices whose idle power is not known.")


class FleetCapJson(StrictJson):
    """What one power limit would save on one type of chip."""

    chip: str = item("Type of chip.")
    devices: int = item("Devices of it.")
    cap_w: float = item("The limit, of each chip.")
    energy_wh: float = item("What they took.")
    saved_wh: RangeJson = item("What the same work would take less under the limit.")
    saved_share: RangeJson = item("The same as a share.")
    longer_share: RangeJson = item("How much longer the work would take, as a share of its time.")


class FleetReportResults(StrictJson):
    """Energy of a fleet, in all and by group."""

    begin: str = item("Begin of the first interval.")
    end: str = item("End of the last one.")
    energy_wh: MeasuredJson = item("Energy of all devices.")
    mean_w: float | None = item("Mean power of all devices together while they were read.")
    device_s: float = item("Time of all devices together that was read.")
    devices: int = item("Devices that the sum takes.")
    intervals: int = item("Intervals of devices that were summed.")
    interval_s: int = item("Length of an interval.")
    rows: list[FleetRowJson] = item("Groups, the largest first; hours and days in order of time.")
    idle: FleetIdleJson | None = item("What devices took without work; null where not asked for.")
    caps: list[FleetCapJson] | None = item("What power limits would save; null where not asked for.")


class FleetReportJson(EnvelopeJson[FleetReportInputs, FleetReportResults]):
    """Energy of a fleet."""

    command: Literal["fleet report"]

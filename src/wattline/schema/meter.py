"""The JSON of what was recorded: ``meter report``, ``meter share``, ``measure``, ``sensors``."""

from __future__ import annotations

from typing import Any, Literal

from wattline.schema.answer import BillResults
from wattline.schema.base import EnvelopeJson, MeasuredJson, StrictJson, item, perhaps


class ReportInputs(StrictJson):
    """A recording, as it was read."""

    recording: str = item("The recording.")
    window: str | None = item("The window asked for; null for the run, or all.")
    by: Literal["node"] | None = item("`node` where nodes are told too.")


class WindowJson(StrictJson):
    """A stretch of time."""

    name: str = item("Its name.")
    begin: str = item("Its beginning (ISO 8601, UTC).")
    end: str = item("Its end (ISO 8601, UTC).")


class DeviceUsageJson(StrictJson):
    """What one device used."""

    device: str = item("Its UUID, or its name on its host.")
    key: str = item("Host and device.")
    name: str = item("What it is called.")
    kind: str = item("What it is: gpu, cpu, dram, node, switch, …")
    energy_wh: MeasuredJson = item("Energy.")
    mean_w: float = item("Mean power over the window.")
    peak_w: float | None = item("Peak power; null where it was not read.")
    seen_s: float = item("Seconds in which it was read.")
    source: str = item("What read it.")
    modelled: bool = item("Whether it is modelled from utilisation or stated, not measured.")
    faults: dict[str, int] = item("Faults of its readings, by kind.")
    dated: str | None = item("When a constant was stated for it; null where it was read.")
    note: str = item("What its source says of it.")


class NodeUsageJson(StrictJson):
    """What one node used."""

    node: str = item("The host.")
    energy_wh: MeasuredJson = item("Energy of what counts of it.")
    mean_w: float = item("Mean power.")
    peak_w: float = item("Peak power.")
    devices: list[DeviceUsageJson] = item("Its devices.")


class QualityJson(StrictJson):
    """Faults of one kind in the readings."""

    kind: str = item("gap, duplicate, sentinel, spike, stuck, clock, wrap, reset, …")
    count: int = item("How many.")
    in_window: int = item("Of them in the window.")
    lasting_s: float = item("How long they last together.")
    done: str = item("What was done about them.")
    devices: dict[str, int] = item("How many by device.")


class ReadAsJson(StrictJson):
    """What a column or series was taken for."""

    name: str = item("The column or series.")
    device: str = item("The device that it tells of.")
    quantity: str = item("power, energy, time or device; empty where it was left out.")
    unit: str = item("Its unit.")
    counts: str = item("Running total, each interval, or reading.")
    clock: str = item("Where its times come from.")
    inside: str = item("The device whose energy holds this one's.")
    note: str = item("Why it was left out, or what decided.")


class ReportResults(StrictJson):
    """What a recording says was used."""

    window: WindowJson = item("The window.")
    energy_wh: MeasuredJson = item("Energy at the meters, each device once.")
    joules_per_token: MeasuredJson | None = perhaps("Energy for each token, where they were counted.")
    joules_per_sample: MeasuredJson | None = perhaps("Energy for each sample, where they were counted.")
    joules_per_query: MeasuredJson | None = perhaps("Energy for each query, where they were counted.")
    duration_s: float = item("Seconds of the window that count.")
    mean_w: float = item("Mean power.")
    peak_w: float = item("Peak power of the sum.")
    counts: dict[Literal["tokens", "samples", "queries"], float] = item("What was counted in the window.")
    devices: int = item("Devices that add up to the energy.")
    modelled_devices: list[str] = item("Those of them that are modelled, not measured.")
    switches: list[DeviceUsageJson] = item("Switches, which are not in the energy.")
    inside: list[DeviceUsageJson] = item("Devices within others, whose energy is in the others' already.")
    stated_wh: float | None = item("The total that the recording's maker stated.")
    stated_difference_percent: float | None = item("How far the energy lies from it.")
    quality: list[QualityJson] = item("Faults of the readings, by kind.")
    nodes: list[NodeUsageJson] = item("Each node, with `--by node`.")
    unfinished: list[str] = item("Windows that have no end in the recording.")
    interpretation: list[ReadAsJson] = item("What each column or series was taken for.")


class MeterReportJson(EnvelopeJson[ReportInputs, ReportResults]):
    """Energy, power, energy a token, and the quality of the readings of a recording."""

    command: Literal["meter report"]


class ShareInputs(StrictJson):
    """A recording, as it was read."""

    recording: str = item("The recording.")


class ClaimedJson(StrictJson):
    """What a job or process used."""

    name: str = item("The job or process.")
    energy_wh: float = item("Its energy.")
    share: float = item("Its share of all.")
    devices_wh: dict[str, float] = item("Its energy by device.")


class SharedDeviceJson(StrictJson):
    """A device whose energy was shared."""

    device: str = item("Host and device.")
    energy_wh: MeasuredJson = item("All of its energy.")
    begin: str = item("Its first reading (ISO 8601, UTC).")
    end: str = item("Its last reading (ISO 8601, UTC).")
    idle_wh: float = item("Of it idle.")
    unknown_wh: float = item("Of it in times of which nothing is known.")
    idle_w: float | None = item("Its idle power; null where it is not known.")
    idle_basis: Literal["given", "measured", "catalog", "lowest", "unknown"] = item("How the idle power is known.")


class ShareResults(StrictJson):
    """A recording's energy by what ran; the claims, idle and unknown energies add up to the whole."""

    energy_wh: MeasuredJson = item("All devices together.")
    idle_wh: float = item("Of it idle.")
    unknown_wh: float = item("Of it in times of which nothing is known.")
    claims: list[ClaimedJson] = item("Jobs or processes, the largest first.")
    devices: list[SharedDeviceJson] = item("The devices.")


class MeterShareJson(EnvelopeJson[ShareInputs, ShareResults]):
    """A recording's energy shared among the jobs or processes that ran."""

    command: Literal["meter share"]


class MeasureInputs(StrictJson):
    """A window."""

    name: str = item("Its name.")
    attributes: dict[str, Any] = item("What was written beside it; the command that ran, of `wattline measure`.")


class MeasuredDeviceJson(StrictJson):
    """What one device used in the window."""

    device: str = item("Host and device.")
    name: str = item("What it is called.")
    kind: str = item("What it is.")
    source: str = item("What read it.")
    modelled: bool = item("Whether it is modelled from utilisation, not measured.")
    peak_w: float = item("Peak power.")
    energy_wh: MeasuredJson = item("Energy.")


class MeasuredFaultJson(StrictJson):
    """What was wrong in the readings."""

    kind: str = item("gap, spike, stuck, …")
    count: int = item("How many.")
    lasting_s: float = item("How long they last together.")
    done: str = item("What was done about them.")
    device: str = item("The device; empty for all.")


class OtherProcessesJson(StrictJson):
    """Shares of the machine's work that processes other than the command had."""

    processors_share: float | None = item("Of the processors' time, 0 to 1; null where not known.")
    gpus_share: float | None = item("Of the GPUs' time, 0 to 1; null where not known.")


class MeasureResults(StrictJson):
    """What went while the window was open."""

    energy_wh: MeasuredJson | None = item("Energy; null where no sensor gave readings.")
    mean_w: float | None = item("Mean power.")
    duration_s: float = item("Seconds.")
    basis: Literal["measured", "modelled", "unknown"] = item("How the energy is known.")
    devices: list[MeasuredDeviceJson] = item("By device.")
    faults: list[MeasuredFaultJson] = item("What was wrong in the readings.")
    counts: dict[str, float] = item("What was counted in the window.")
    journal: str = item("The journal that holds the readings.")
    other_processes: OtherProcessesJson | None = perhaps("What other processes had of the machine beside a command.")
    bill: BillResults | None = perhaps("The bill from the devices to the grid, where a place was given.")


class MeasureJson(EnvelopeJson[MeasureInputs, MeasureResults]):
    """Energy of a command, or of a window of a program."""

    command: Literal["measure"]


class SensorsInputs(StrictJson):
    """Where sensors were looked for."""

    sources: list[str] = item("The sources named; empty for all.")


class SensorJson(StrictJson):
    """A sensor, with its power now."""

    source: str = item("What reads it.")
    host: str = item("The host.")
    uuid: str = item("The device's UUID, or its name on its host.")
    kind: str = item("What the device is.")
    name: str = item("What it is called.")
    inside: str = item("The device whose energy holds this one's.")
    power_w: float | None = item("Power now; null where there is none.")
    energy_j: float | None = item("Its counter, where it counts.")
    has_counter: bool = item("Whether it counts joules.")
    window_s: float = item("Seconds that a reading is the mean of.")
    period_s: float = item("Seconds between two readings.")
    wrap_j: float | None = item("Joules at which its counter begins again.")
    error: float = item("Its error, a share of the reading.")
    modelled: bool = item("Whether it is modelled from utilisation, not measured.")
    note: str = item("What else should be known of it.")
    gone: str = item("Why it has no power now.")


class FindingJson(StrictJson):
    """Something that was looked for."""

    source: str = item("The source.")
    what: str = item("What of it.")
    why: str = item("Why it is not there, or what should be known.")
    mend: str = item("How to have it.")


class SensorsResults(StrictJson):
    """What measures power here."""

    host: str = item("This host.")
    time_s: float = item("When they were read, seconds since 1970 (UTC).")
    measured: int = item("Sensors that measure.")
    sensors: list[SensorJson] = item("All sensors.")
    missing: list[FindingJson] = item("What is not there.")
    remarks: list[FindingJson] = item("What should be known of what is there.")


class SensorsJson(EnvelopeJson[SensorsInputs, SensorsResults]):
    """What measures power here, and what is missing. With `--watch`, `--json` prints such an object on each line."""

    command: Literal["sensors"]

"""The JSON of what was recorded: ``meter report``, ``meter share``, ``measure``, ``sensors``."""

from __future__ import annotations

from typing import Any, Literal

from wattline.schema.base import EnvelopeJson, MeasuredJson, StrictJson, perhaps, said


class ReportInputs(StrictJson):
    """A recording, as it was read."""

    recording: str = said("The recording.")
    window: str | None = said("The window asked for; null for the run, or all.")
    by: Literal["node"] | None = said("`node` where nodes are told too.")


class WindowJson(StrictJson):
    """A stretch of time."""

    name: str = said("Its name.")
    begin: str = said("Its beginning (ISO 8601, UTC).")
    end: str = said("Its end (ISO 8601, UTC).")


class DeviceUsageJson(StrictJson):
    """What one device used."""

    device: str = said("Its UUID, or its name on its host.")
    key: str = said("Host and device.")
    name: str = said("What it is called.")
    kind: str = said("What it is: gpu, cpu, dram, node, switch, …")
    energy_wh: MeasuredJson = said("Energy.")
    mean_w: float = said("Mean power over the window.")
    peak_w: float | None = said("Peak power; null where it was not read.")
    seen_s: float = said("Seconds in which it was read.")
    source: str = said("What read it.")
    modelled: bool = said("Whether it is modelled from utilisation or stated, not measured.")
    faults: dict[str, int] = said("Faults of its readings, by kind.")
    dated: str | None = said("When a constant was stated for it; null where it was read.")
    note: str = said("What its source says of it.")


class NodeUsageJson(StrictJson):
    """What one node used."""

    node: str = said("The host.")
    energy_wh: MeasuredJson = said("Energy of what counts of it.")
    mean_w: float = said("Mean power.")
    peak_w: float = said("Peak power.")
    devices: list[DeviceUsageJson] = said("Its devices.")


class QualityJson(StrictJson):
    """Faults of one kind in the readings."""

    kind: str = said("gap, duplicate, sentinel, spike, stuck, clock, wrap, reset, …")
    count: int = said("How many.")
    in_window: int = said("Of them in the window.")
    lasting_s: float = said("How long they last together.")
    done: str = said("What was done about them.")
    devices: dict[str, int] = said("How many by device.")


class ReadAsJson(StrictJson):
    """What a column or series was taken for."""

    name: str = said("The column or series.")
    device: str = said("The device that it tells of.")
    quantity: str = said("power, energy, time or device; empty where it was left out.")
    unit: str = said("Its unit.")
    counts: str = said("Running total, each interval, or reading.")
    clock: str = said("Where its times come from.")
    inside: str = said("The device whose energy holds this one's.")
    note: str = said("Why it was left out, or what decided.")


class ReportResults(StrictJson):
    """What a recording says was used."""

    window: WindowJson = said("The window.")
    energy_wh: MeasuredJson = said("Energy at the meters, each device once.")
    joules_per_token: MeasuredJson | None = perhaps("Energy for each token, where they were counted.")
    joules_per_sample: MeasuredJson | None = perhaps("Energy for each sample, where they were counted.")
    joules_per_query: MeasuredJson | None = perhaps("Energy for each query, where they were counted.")
    duration_s: float = said("Seconds of the window that count.")
    mean_w: float = said("Mean power.")
    peak_w: float = said("Peak power of the sum.")
    counts: dict[Literal["tokens", "samples", "queries"], float] = said("What was counted in the window.")
    devices: int = said("Devices that add up to the energy.")
    modelled: list[str] = said("Those of them that are modelled, not measured.")
    switches: list[DeviceUsageJson] = said("Switches, which are not in the energy.")
    inside: list[DeviceUsageJson] = said("Devices within others, whose energy is in the others' already.")
    stated_wh: float | None = said("The total that the recording's maker stated.")
    stated_difference_percent: float | None = said("How far the energy lies from it.")
    quality: list[QualityJson] = said("Faults of the readings, by kind.")
    nodes: list[NodeUsageJson] = said("Each node, with `--by node`.")
    unfinished: list[str] = said("Windows that have no end in the recording.")
    interpretation: list[ReadAsJson] = said("What each column or series was taken for.")


class MeterReportJson(EnvelopeJson[ReportInputs, ReportResults]):
    """Energy, power, energy a token, and the quality of the readings of a recording."""

    command: Literal["meter report"]


class ShareInputs(StrictJson):
    """A recording, as it was read."""

    recording: str = said("The recording.")


class ClaimedJson(StrictJson):
    """What a job or process used."""

    name: str = said("The job or process.")
    energy_wh: float = said("Its energy.")
    share: float = said("Its share of all.")
    devices_wh: dict[str, float] = said("Its energy by device.")


class SharedDeviceJson(StrictJson):
    """A device whose energy was shared."""

    device: str = said("Host and device.")
    energy_wh: MeasuredJson = said("All of its energy.")
    begin: str = said("Its first reading (ISO 8601, UTC).")
    end: str = said("Its last reading (ISO 8601, UTC).")
    idle_wh: float = said("Of it idle.")
    unknown_wh: float = said("Of it in times of which nothing is known.")
    idle_w: float | None = said("Its idle power; null where it is not known.")
    idle_basis: Literal["given", "measured", "catalog", "lowest", "unknown"] = said("How the idle power is known.")


class ShareResults(StrictJson):
    """A recording's energy by what ran; the claims, idle and unknown energies add up to the whole."""

    energy_wh: MeasuredJson = said("All devices together.")
    idle_wh: float = said("Of it idle.")
    unknown_wh: float = said("Of it in times of which nothing is known.")
    claims: list[ClaimedJson] = said("Jobs or processes, the largest first.")
    devices: list[SharedDeviceJson] = said("The devices.")


class MeterShareJson(EnvelopeJson[ShareInputs, ShareResults]):
    """A recording's energy shared among the jobs or processes that ran."""

    command: Literal["meter share"]


class MeasureInputs(StrictJson):
    """A window."""

    name: str = said("Its name.")
    attributes: dict[str, Any] = said("What was written beside it; the command that ran, of `wattline measure`.")


class MeasuredDeviceJson(StrictJson):
    """What one device used in the window."""

    device: str = said("Host and device.")
    name: str = said("What it is called.")
    kind: str = said("What it is.")
    source: str = said("What read it.")
    modelled: bool = said("Whether it is modelled from utilisation, not measured.")
    peak_w: float = said("Peak power.")
    energy_wh: MeasuredJson = said("Energy.")


class MeasuredFaultJson(StrictJson):
    """What was wrong in the readings."""

    kind: str = said("gap, spike, stuck, …")
    count: int = said("How many.")
    lasting_s: float = said("How long they last together.")
    done: str = said("What was done about them.")
    device: str = said("The device; empty for all.")


class OtherProcessesJson(StrictJson):
    """Shares of the machine's work that processes other than the command had."""

    processors_share: float | None = said("Of the processors' time, 0 to 1; null where not known.")
    gpus_share: float | None = said("Of the GPUs' time, 0 to 1; null where not known.")


class MeasureResults(StrictJson):
    """What went while the window was open."""

    energy_wh: MeasuredJson | None = said("Energy; null where no sensor gave readings.")
    mean_w: float | None = said("Mean power.")
    duration_s: float = said("Seconds.")
    basis: Literal["measured", "modelled", "unknown"] = said("How the energy is known.")
    devices: list[MeasuredDeviceJson] = said("By device.")
    faults: list[MeasuredFaultJson] = said("What was wrong in the readings.")
    counts: dict[str, float] = said("What was counted in the window.")
    journal: str = said("The journal that holds the readings.")
    other_processes: OtherProcessesJson | None = perhaps("What other processes had of the machine beside a command.")


class MeasureJson(EnvelopeJson[MeasureInputs, MeasureResults]):
    """Energy of a command, or of a window of a program."""

    command: Literal["measure"]


class SensorsInputs(StrictJson):
    """Where sensors were looked for."""

    sources: list[str] = said("The sources named; empty for all.")


class SensorJson(StrictJson):
    """A sensor, with its power now."""

    source: str = said("What reads it.")
    host: str = said("The host.")
    uuid: str = said("The device's UUID, or its name on its host.")
    kind: str = said("What the device is.")
    name: str = said("What it is called.")
    inside: str = said("The device whose energy holds this one's.")
    power_w: float | None = said("Power now; null where there is none.")
    energy_j: float | None = said("Its counter, where it counts.")
    counts: bool = said("Whether it counts joules.")
    window_s: float = said("Seconds that a reading is the mean of.")
    period_s: float = said("Seconds between two readings.")
    wrap_j: float | None = said("Joules at which its counter begins again.")
    error: float = said("Its error, a share of the reading.")
    modelled: bool = said("Whether it is modelled from utilisation, not measured.")
    note: str = said("What else should be known of it.")
    gone: str = said("Why it has no power now.")


class FindingJson(StrictJson):
    """Something that was looked for."""

    source: str = said("The source.")
    what: str = said("What of it.")
    why: str = said("Why it is not there, or what should be known.")
    mend: str = said("How to have it.")


class SensorsResults(StrictJson):
    """What measures power here."""

    host: str = said("This host.")
    measured: int = said("Sensors that measure.")
    sensors: list[SensorJson] = said("All sensors.")
    missing: list[FindingJson] = said("What is not there.")
    remarks: list[FindingJson] = said("What should be known of what is there.")


class SensorsJson(EnvelopeJson[SensorsInputs, SensorsResults]):
    """What measures power here, and what is missing. With `--watch`, `--json` prints a line of sensors at a time."""

    command: Literal["sensors"]

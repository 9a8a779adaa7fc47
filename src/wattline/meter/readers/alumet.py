"""Alumet's CSV (``metric;timestamp;value;resource_kind;…``): a row a measurement, its unit at the end of its metric.

RAPL's energies are of the time since the measurement before, by domain and package, with totals over the packages;
what is attributed to processes or pods lies inside.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.interpretation import Choices, Interpretation
from wattline.meter.places import kind_of, words_of
from wattline.meter.readers import logs, units
from wattline.meter.readers.assemble import Extras, assemble
from wattline.meter.readers.channel import EACH, READING, TOTAL, Channel
from wattline.meter.readers.frame import numbers, read_frame
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Recording

DOMAINS = {"package": "package", "dram": "dram", "pp0": "core", "pp1": "graphics", "psys": "psys", "platform": "psys",
           "package_total": "total", "dram_total": "total", "pp0_total": "total", "pp1_total": "total"}  # fmt: skip
LATE = "__late_attributes"
RESOURCES = {"cpu_package": "package", "dram": "dram", "gpu": "board", "local_machine": "machine", "cpu_core": "core"}


def is_text(text: str) -> bool:
    """Whether a file begins as Alumet's."""
    return text.lstrip("\ufeff").startswith("metric;timestamp;value")


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each metric of power or energy and each of its resources.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    frame = read_frame(path)
    time_s, remark = column_times(frame["timestamp"])
    values = numbers(frame["value"])
    keep = [name for name in ("metric", "resource_kind", "resource_id", "domain", "consumer_kind", "consumer_id")
            if name in frame.columns]  # fmt: skip
    late = (
        [_late(text) for text in frame["__late_attributes"].to_list()] if "__late_attributes" in frame.columns else []
    )
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, cells in enumerate(zip(*(frame[name].fill_null("").to_list() for name in keep), strict=True)):
        domain = late[i].get("domain", "") if late and "domain" not in keep else ""
        groups.setdefault((*cells, domain), []).append(i)
    channels, left = [], []
    for cells, rows in groups.items():
        fields = dict(zip([*keep, "late"], cells, strict=True))
        fields["domain"] = fields.get("domain") or fields["late"]
        unit = units.of_header(fields["metric"])
        if not unit:
            continue
        if "psi" in fields["metric"]:
            left.append(Interpretation(fields["metric"], note="no power"))
            continue
        channels.append(_channel(fields, unit, time_s[rows], values[rows], path))
    if not channels:
        raise WattlineError(f"{path} is Alumet's, and none of its metrics is power or energy (add its rapl plugin)")
    notes = (remark,) if remark else ()
    return assemble(channels, choices, str(path), Extras(notes=notes, rows=left))


def _channel(
    fields: dict[str, str],
    unit: tuple[units.Unit, ...],
    time_s: np.ndarray,
    values: np.ndarray,
    path: Path,
) -> Channel:
    resource, number, domain = fields.get("resource_kind", ""), fields.get("resource_id", ""), fields["domain"]
    consumer = fields.get("consumer_kind", "")
    level = {"process": 3, "cgroup": 2, "pod": 1}.get(consumer, 0)
    role = DOMAINS.get(domain) or RESOURCES.get(resource, "")
    label = domain or resource or fields["metric"]
    words = words_of(label)
    uuid = f"{label}-{number}" if number else label
    if level:
        uuid = f"{consumer}:{fields.get('consumer_id', '')}:{uuid}"
    kind = "cpu" if role == "total" and "dram" not in words else "dram" if "dram" in words else kind_of(role, words)
    shown = fields["metric"] + (f" of {uuid}" if uuid != fields["metric"] else "")
    counts = READING if unit[0].quantity == "power" else TOTAL if "counter" in fields["metric"] else EACH
    order = np.argsort(time_s, kind="stable")
    return Channel(
        shown, Device(path.stem, uuid, kind, shown), time_s[order], values[order], unit, logs.rapl("Alumet"), counts,
        words_of(fields["metric"]), words, role, number, level, trusted=True, clock="UTC", aliases=(fields["metric"],),
    )  # fmt: skip


def _late(text: str | None) -> dict[str, str]:
    """Attributes that came after the header was written: ``name=value,name=value``."""
    pairs = [item.partition("=") for item in (text or "").strip('"').split(",") if "=" in item]
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}

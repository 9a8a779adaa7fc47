"""``emissions.csv`` as CodeCarbon writes it, from a recording: what is known is filled in, the rest is left empty.

Columns: codecarbon 3.3.2 on PyPI, ``codecarbon/output_methods/emissions_data.py``, one row a run. Its units: kWh, W, s,
kg CO2e, kg CO2e/s, L, GB.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from wattline import catalog
from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.printable import cell
from wattline.core.units import J_PER_KWH
from wattline.line.grid import region as grid
from wattline.meter.energy.series import SeriesEnergy, counted_once, placed_recording, total, within
from wattline.meter.export.window import NamedSpan
from wattline.meter.recording import Recording, Series

COLUMNS = (
    "timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions", "emissions_rate", "cpu_power",
    "gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed", "water_consumed",
    "country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "os", "python_version",
    "codecarbon_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model", "longitude", "latitude",
    "ram_total_size", "tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent",
    "ram_utilization_percent", "ram_used_gb", "on_cloud", "pue", "wue",
)  # fmt: skip
KINDS = {"gpu": ("gpu", "mig"), "cpu": ("cpu",), "ram": ("dram",)}


def emissions_csv(
    recording: Recording, windows: Sequence[NamedSpan], region: str | None = None, project: str = ""
) -> str:
    """One row a window. ``emissions`` need a region: without one they are empty, for no one knows the grid.

    Parameters
    ----------
    recording : with its readings
    windows : a row each
    region : whose carbon intensity is taken
    project : name of the project, as it stands in each row

    Returns the text of the file. Raises NotFound for a region that is not known.
    """
    text, recording = io.StringIO(), placed_recording(recording)
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for span in windows:
        row = _row(recording, span, region, project)
        writer.writerow({name: "" if value is None else cell(value) for name, value in row.items()})
    return text.getvalue()


def _row(recording: Recording, span: NamedSpan, region: str | None, project: str) -> dict[str, Any]:
    energy = _energy(counted_once(recording.series), span)
    if energy is None:
        return {"timestamp": _iso(span.end_s), "project_name": project or span.name}
    row: dict[str, Any] = {
        "timestamp": _iso(span.end_s),
        "project_name": project or span.name,
        "run_id": _run_id(recording, span),
        "duration": energy.covered_s,
        "energy_consumed": energy.energy_j / J_PER_KWH,
        "pue": 1,  # energy_consumed is that of the devices: no facility is in it
    }
    for name, kinds in KINDS.items():
        row |= _part(recording, span, name, kinds)
    return row | (_followed(energy, region) if region else {})


def _energy(series: Sequence[Series], span: NamedSpan) -> SeriesEnergy | None:
    used = total([within(each, span.begin_s, span.end_s) for each in series])
    return used if np.isfinite(used.energy_j) else None


def _part(recording: Recording, span: NamedSpan, name: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Energy and mean power of the devices of one kind, also where an outer device holds theirs in the sum."""
    series = counted_once(each for each in recording.series if each.device.kind in kinds)
    energy = _energy(series, span)
    if energy is None:
        return {}
    row: dict[str, Any] = {f"{name}_energy": energy.energy_j / J_PER_KWH}
    if energy.covered_s > 0:
        row[f"{name}_power"] = energy.energy_j / energy.covered_s
    names = sorted({each.device.name for each in series if each.device.name})
    if name == "gpu":
        row["gpu_count"] = len(series)
    if name != "ram" and names:
        row[f"{name}_model"] = ", ".join(f"{sum(s.device.name == n for s in series)} x {n}" for n in names)
    return row


def _followed(energy: SeriesEnergy, region: str) -> dict[str, Any]:
    """Emissions at the region's direct intensity, as CodeCarbon reckons them, and who the region is."""
    draws = Draws(0)
    where = grid.load_region(region, draws.catalog)
    kg = float(grid.co2e_kg(where, np.asarray(energy.energy_j), draws, "direct"))
    rate = kg / energy.covered_s if energy.covered_s > 0 else None
    return {"emissions": kg, "emissions_rate": rate} | _place(where)


def _place(where: Record) -> dict[str, Any]:
    """The country by name and ISO 3166 code, and the grid in it where it is one; the world is no country."""
    country = (
        where
        if where.meta.get("scope") == "country"
        else catalog.default().find("region", grid.parent(where, catalog.default()))
    )
    if country.meta.get("scope") != "country":
        return {"region": where.title}
    code = next((alias.upper() for alias in country.meta.get("aliases", ()) if len(alias) == 3), None)
    used: dict[str, Any] = {"country_name": country.title, "country_iso_code": code}
    return used if country is where else used | {"region": where.title}


def _run_id(recording: Recording, span: NamedSpan) -> str:
    """The same recording and window give the same id, so that a row can be replaced."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"wattline:{recording.source}:{span.name}:{span.begin_s}:{span.end_s}"))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")

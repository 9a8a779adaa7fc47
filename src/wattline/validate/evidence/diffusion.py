"""Rows of measured image and video making (the columns of ML.ENERGY's leaderboards, v3 and v2), read and checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from wattline.catalog import Catalog, default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.reading import read_text
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.diffusion.rates import portable_share
from wattline.line.chip.diffusion.run import ChipRates, Engine
from wattline.line.chip.diffusion.stage import DiffusionJob, DiffusionLayout, Stage, stages
from wattline.line.work.diffusion.model import DiffusionModel, Passes, load_diffusion
from wattline.validate.evidence.serving import UnusableRow, positive

Values = TypeVar("Values", Stage, ChipRates)
LIMIT_BYTES = 50_000_000
STAGES = ("text", "prior", "denoise", "decode")
ENERGY = {
    "image": ("energy_per_image_joules", "energy_per_image_j"),
    "video": ("energy_per_video_joules", "energy_per_video_j"),
}
NEW_COLUMNS = (
    "model_id", "gpu_model", "num_gpus", "batch_size", "batch_latency_s", "avg_power_watts", "inference_steps",
    "ulysses_degree", "ring_degree",
)  # fmt: skip
OLD_COLUMNS = ("model", "gpu", "batch_size", "batch_latency_s", "denoising_steps")
OLD_GUIDANCE = 2.0  # forward passes a step in the measurements of 2024, whatever the model's own


@dataclass(frozen=True, eq=False)
class DiffusionRow:
    """One measured configuration: what was made, how, and what it took."""

    data: Mapping[str, str]
    model: DiffusionModel
    chip: Chip
    layout: DiffusionLayout
    job: DiffusionJob
    pixels: tuple[float, float, float]
    old: bool
    energy_j: float
    power_w: float
    time_s: float

    @property
    def chips(self) -> int:
        """Chips in all."""
        return int(self.layout.chips)

    @property
    def batch(self) -> float:
        """Images or videos made at once."""
        return float(self.job.batch)


def read_any(path: Path | str) -> tuple[list[DiffusionRow], list[UnusableRow]]:
    """The rows of a CSV of images or video, of 2026 or 2024, that can be predicted, and those that cannot.

    Raises WattlineError where it is no such CSV, naming the columns that it lacks.
    """
    text = read_text(path, LIMIT_BYTES, "file of measurements")
    try:
        reader = csv.DictReader(io.StringIO(text), strict=True)
        names = reader.fieldnames or []
        raw = list(reader)
    except csv.Error as error:
        raise WattlineError(f"{path}: not a CSV file ({error})") from None
    columns = {name: kind for kind, pair in ENERGY.items() for name in pair}
    energy = next((name for name in columns if name in names), None)
    if energy is None:
        raise WattlineError(f"{path}: no column of energy; it has one of {', '.join(columns)}")
    new = energy == ENERGY[columns[energy]][0]
    needed = NEW_COLUMNS if new else OLD_COLUMNS
    if missing := [name for name in needed if name not in names]:
        raise WattlineError(f"{path}: column {', '.join(missing)} missing")
    rows, out, known = [], [], _LoadedParts(default())
    for line, entry in enumerate(raw, start=2):
        try:
            rows.append(known.new_row(entry) if new else known.old_row(entry, energy))
        except WattlineError as error:
            out.append(UnusableRow(line, entry.get("model_id") or entry.get("model") or "(no model)", str(error)))
    return rows, out


class _LoadedParts:
    """Models and chips that rows name, each loaded once."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.models: dict[str, DiffusionModel] = {}
        self.chips: dict[str, Chip] = {}

    def model(self, name: str) -> DiffusionModel:
        """The model by the name in a row."""
        if name not in self.models:
            self.models[name] = load_diffusion(name.strip(), self.catalog)
        return self.models[name]

    def chip(self, name: str) -> Chip:
        """The chip by the name in a row."""
        if name not in self.chips:
            self.chips[name] = load_chip(name.strip(), Draws(0, catalog=self.catalog))
        return self.chips[name]

    def new_row(self, entry: dict[str, str]) -> DiffusionRow:
        """A row of the leaderboard of 2026."""
        model = self.model(entry["model_id"])
        made = "video" if "num_frames" in entry else "image"
        frames = positive(entry, "num_frames") if made == "video" else 1.0
        size = (positive(entry, f"{made}_height"), positive(entry, f"{made}_width"), frames)
        batch, energy = positive(entry, "batch_size"), positive(entry, ENERGY[made][0])
        ulysses, ring = positive(entry, "ulysses_degree"), positive(entry, "ring_degree")
        return DiffusionRow(
            data=entry,
            model=model,
            chip=self.chip(entry["gpu_model"]),
            layout=DiffusionLayout.of(ulysses, ring),
            job=DiffusionJob.of(model, batch, positive(entry, "inference_steps"), None),
            pixels=size,
            old=False,
            energy_j=energy,
            power_w=positive(entry, "avg_power_watts"),
            time_s=positive(entry, "batch_latency_s"),
        )

    def old_row(self, entry: dict[str, str], column: str) -> DiffusionRow:
        """A row of the leaderboard of 2024: one chip, the pipeline's usual size, two passes a step."""
        model = self.model(entry["model"])
        frames = positive(entry, "frames") if entry.get("frames") else 1.0
        batch, energy, time = positive(entry, "batch_size"), positive(entry, column), positive(entry, "batch_latency_s")
        return DiffusionRow(
            data=entry,
            model=model,
            chip=self.chip(entry["gpu"].removeprefix("NVIDIA ")),
            layout=DiffusionLayout.of(),
            job=DiffusionJob.of(model, batch, positive(entry, "denoising_steps"), OLD_GUIDANCE),
            pixels=(model.usual.height, model.usual.width, frames),
            old=True,
            energy_j=energy,
            power_w=energy * batch / time,
            time_s=time,
        )


def part(values: Values, places: Sequence[int]) -> Values:
    """The same dataclass of arrays with some of their places.

    Parameters
    ----------
    values : a dataclass whose fields are arrays over rows
    places : of the rows that stay

    Returns
    -------
    The same kind of dataclass.
    """
    kept = {field.name: np.asarray(getattr(values, field.name))[places] for field in fields(values)}
    return replace(values, **kept)


@dataclass(frozen=True, eq=False)
class DiffusionRows:
    """Rows as arrays, shape ``(n_rows,)``: the stages of each, the nameplates of its chips, its software."""

    rows: Sequence[DiffusionRow]
    stages: Mapping[str, Stage]
    rates: ChipRates
    engine: Engine

    @classmethod
    def of(cls, rows: Sequence[DiffusionRow]) -> DiffusionRows:
        """The rows, stage by stage."""
        passes: dict[tuple[str, tuple[float, float, float]], Passes] = {}
        parts: dict[str, list[Stage]] = {name: [] for name in STAGES}
        for row in rows:
            key = (row.model.key, row.pixels)
            if key not in passes:
                passes[key] = row.model.passes(row.model.sizes(*row.pixels))
            own = stages(row.model, passes[key], row.job, row.layout)
            for name in STAGES:
                parts[name].append(own.get(name, Stage.nothing()))
        chips = [row.chip for row in rows]
        rates = ChipRates(
            flops=np.array([chip.peak_flops("bf16") for chip in chips]),
            portable=np.array([chip.peak_flops("bf16") * portable_share(chip) for chip in chips]),
            memory=np.array([float(chip.bandwidth_bytes_per_s) for chip in chips]),
            link=np.array([float(chip.link_bytes_per_s) for chip in chips]),
            tdp_w=np.array([float(chip.tdp_w) for chip in chips]),
        )
        stacked = {name: Stage.stacked(each) for name, each in parts.items()}
        return cls(rows, stacked, rates, Engine(old=np.array([float(row.old) for row in rows])))

    def pick(self, places: Sequence[int]) -> DiffusionRows:
        """Some of the rows."""
        at = list(places)
        stages = {name: part(stage, at) for name, stage in self.stages.items()}
        rates = part(self.rates, at)
        return DiffusionRows([self.rows[i] for i in at], stages, rates, Engine(old=np.asarray(self.engine.old)[at]))

    def measured(self, name: str) -> Array:
        """A measured number of each row: ``energy_j``, ``power_w`` or ``time_s``."""
        return np.array([getattr(row, name) for row in self.rows])

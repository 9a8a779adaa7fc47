"""Rows of a CSV of published training runs, read: what each gives, and why it cannot be used where it cannot."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from wattline import catalog
from wattline.catalog import Record
from wattline.errors import NotFound, WattlineError, shorten
from wattline.files import read_text
from wattline.work.model import Model, load_model

COLUMNS = (
    *("model", "params_B", "active_B", "tokens_B", "hardware", "chips", "chip_hours"),
    *("energy_MWh", "PUE", "W_per_chip", "power_basis", "circular"),
)
LIMIT_BYTES = 10_000_000
MOST_WORDS = 12  # of a row's name, among which its model is looked for
_NUMBER = re.compile(r"(?:(?<!\S)-)?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, eq=False)
class Run:
    """One published run. Numbers that the row lacks are None; ``why`` says what keeps it from a comparison."""

    name: str
    model: Model | None
    active_params: float | None
    tokens: float | None
    chip: Record | None
    chips: float | None
    chip_hours: float | None
    energy_wh: float | None
    pue: float | None
    basis: str
    circular: str
    benchmark: bool
    model_problem: str = ""
    chip_problem: str = ""


def read_runs(path: Path | str) -> list[Run]:
    """The runs in a CSV with the columns of ``COLUMNS``; others are ignored, missing ones named."""
    text = read_text(path, LIMIT_BYTES, "file of training runs")
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = columns
        missing = [name for name in COLUMNS if name not in columns]
        if missing:
            raise WattlineError(f"{path}: column {', '.join(missing)} missing; it has {', '.join(columns) or 'none'}")
        return [_run(row) for row in reader]
    except csv.Error as error:
        raise WattlineError(f"{path}: not a CSV file ({error})") from None


def catalog_runs() -> list[Run]:
    """The catalog's published runs of models that the coefficients were not fitted to."""
    fitted = set(catalog.find("fit", "mfu-rows").meta["fitted_to"])
    found = []
    for record in catalog.records("training_run").values():
        model, problem = _model(str(record.meta.get("model", record.name)))
        if model is None or model.key not in fitted:
            found.append(_catalog_run(record, model, problem))
    return found


def _catalog_run(record: Record, model: Model | None, problem: str) -> Run:
    def value(attribute: str) -> float | None:
        fact = record.facts.get(attribute)
        return None if fact is None else fact.value

    chip, chip_problem = _chip(str(record.meta.get("hardware", "")))
    return Run(
        name=record.name,
        model=model,
        active_params=None,
        tokens=value("tokens"),
        chip=chip,
        chips=value("chips"),
        chip_hours=value("chip_hours"),
        energy_wh=_times(value("energy_mwh"), 1e6),
        pue=value("pue"),
        basis=str(record.meta.get("power_basis", record.meta.get("scope", ""))).lower(),
        circular=str(record.meta.get("circular", "no")),
        benchmark=record.name.startswith("mlperf"),
        model_problem=problem,
        chip_problem=chip_problem,
    )


def _run(row: dict[str, str | None]) -> Run:
    cell = {name: (row.get(name) or "").strip() for name in COLUMNS}
    model, model_problem = _model(cell["model"])
    chip, chip_problem = _chip(cell["hardware"])
    tokens = _times(number_in(cell["tokens_B"]), 1e9)
    active = _times(number_in(cell["active_B"]), 1e9) or _times(number_in(cell["params_B"]), 1e9)
    return Run(
        name=cell["model"] or "(no name)",
        model=model,
        active_params=active,
        tokens=tokens,
        chip=chip,
        chips=_chips(cell["chips"]),
        chip_hours=number_in(cell["chip_hours"]),
        energy_wh=_times(number_in(cell["energy_MWh"]), 1e6),
        pue=number_in(cell["PUE"]),
        basis=f"{cell['power_basis']}; {cell['energy_MWh']}".lower(),
        circular=cell["circular"].lower(),
        benchmark="mlperf" in cell["model"].lower(),
        model_problem=model_problem,
        chip_problem=chip_problem,
    )


def number_in(text: str) -> float | None:
    """The first number in a cell such as ``7000000(approx)``, ``15000+`` or ``0.4152 AC / 0.4087 DC``.

    None where there is none, and where it is negative or beyond all bounds.
    """
    match = _NUMBER.search(text)
    value = float(match[0].replace(",", "")) if match else -1.0
    return value if 0 <= value < float("inf") else None


def _times(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


def _chips(text: str) -> float | None:
    """``6144+3072`` are two pods used together."""
    plus = re.fullmatch(r"(\d+)\+(\d+)", text)
    return float(plus[1]) + float(plus[2]) if plus else number_in(text)


def _model(name: str) -> tuple[Model | None, str]:
    """The catalog's model that a row names, as ``MLPerf4.0 GPT3-175B SMC`` or ``OLMo1-7B A100`` do."""
    words = name.split()[:MOST_WORDS]
    known = catalog._names("model")
    for end in range(len(words), 0, -1):
        for start in range(end):
            said = " ".join(words[start:end])
            if catalog.plain_name(said) in known:
                return load_model(said), ""
    return None, f"model {shorten(name)!r} is not in the catalog"


def _chip(text: str) -> tuple[Record | None, str]:
    name = text.split("(")[0].strip()
    if not name:
        return None, "no hardware"
    try:
        return catalog.find("chip", name), ""
    except NotFound:
        return None, f"hardware {shorten(name)!r} is not in the catalog"

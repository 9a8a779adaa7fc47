"""How a GPU's built-in power sensor measures, by the card's generation and the field that is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from wattline import catalog
from wattline.catalog import Catalog
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

FIELDS = ("draw", "average", "instant", "counter")
NVML_SOURCES = ("nvml", "nvidia-smi", "nvidia_smi", "smi", "dcgm")
_BRAND = re.compile(r"^(nvidia|tesla|quadro|geforce|gtx|rtx)+")
MENDED = "corrected by the sensor's model"  # in the note of a series that needs no more of it
AVERAGED_S = 0.5  # a stated window this long or longer is the averaged field


@dataclass(frozen=True)
class SensorModel:
    """One field of one generation's sensor.

    ``period_s``: a new reading every so often; ``window_s``: each is the mean over this long before it, with
    ``window_low_s`` to ``window_high_s`` possible; ``relax_s`` and its bounds: first-order lag; ``lag_s``: age of a
    reading when it appears. ``generation`` is empty where the card is not known. ``metered``: a card of it was recorded
    beside a hardware meter, so that what the sensor does to time is known, and undone. ``nameless``: of no generation
    that has a name here, so that it may be of any age.
    """

    generation: str
    field: str
    period_s: float
    window_s: float
    window_low_s: float
    window_high_s: float
    relax_s: float = 0.0
    relax_low_s: float = 0.0
    relax_high_s: float = 0.0
    lag_s: float = 0.0
    metered: bool = False
    nameless: bool = False

    @property
    def undone(self) -> bool:
        """Whether what the sensor does to time is, or may be, undone: else its readings stand at their times."""
        return self.metered or self.relax_high_s > 0

    @property
    def mean_late_s(self) -> float:
        """How much later than the power its readings may be as the means that they are, without a slow approach."""
        return self.window_high_s / 2 + self.period_s

    @property
    def seen(self) -> float:
        """Share of the time that readings rest on, 0 to 1."""
        return min(1.0, self.window_s / self.period_s)

    @property
    def overlaps(self) -> bool:
        """Whether a reading covers the time of several."""
        return self.window_s > 1.5 * self.period_s


UNKNOWN = SensorModel("", "draw", 0.1, 0.1, 0.01, 1.1)
NOTHING_APART: frozenset[str] = frozenset()


def words_of(name: str) -> list[str]:
    """What a device's name, or a folder's, may call the card: one to four words in a row, without brand, the longest
    first."""
    tokens = re.findall(r"[a-z0-9]+", name.lower())
    runs = {"".join(tokens[i : i + n]) for n in (1, 2, 3, 4) for i in range(len(tokens) - n + 1)}
    plain = runs | {_BRAND.sub("", run) for run in runs}
    return sorted((word for word in plain if word), key=lambda word: (-len(word), word))


def match(name: str, known: Iterable[tuple[str, str]]) -> str:
    """The value whose key is the longest word of ``name``; empty where none is.

    Parameters
    ----------
    name : of the card, as its driver gives it
    known : pairs of key and value

    Returns
    -------
    The value.
    """
    table = dict(known)
    return next((table[word] for word in words_of(name) if word in table), "")


def generation_of(name: str) -> str:
    """The generation of the GPU that ``name`` names (a key of catalog kind ``sensor``), or empty."""
    return _generation(catalog.default(), name)


@lru_cache(maxsize=256)
def _generation(known: Catalog, name: str) -> str:
    return match(name, [(word, r.name) for r in known.records("sensor").values() for word in r.meta["words"]])


def card_of(path: Path) -> str:
    """What a recording's folder or file calls its card (``5050_A100/gpudata.csv``), or empty: for logs without it."""
    return next(
        (part for part in (path.stem, *(p.name for p in path.resolve().parents[:2])) if generation_of(part)), ""
    )


def field_of(series: Series) -> str:
    """Which of NVML's fields a series holds: by its note, else by its window."""
    if counts(series):
        return "counter"
    note = series.spec.note.lower()
    for field in ("average", "instant"):
        if field in note:
            return field
    if "power.draw" in note or "usage" in note:
        return "draw"
    if series.spec.window_s >= AVERAGED_S:
        return "average"
    return "instant" if "instant" in series.spec.source.lower() else "draw"


def counts(series: Series) -> bool:
    """Whether the series holds a counter that moves, which misses nothing between readings."""
    if series.energy_j is None:
        return False
    good = series.energy_j[np.isfinite(series.energy_j)]
    return len(good) > 1 and bool(good.max() > good.min())


def is_nvml(spec: Spec) -> bool:
    """Whether readings come from NVML as it gave them, so that the model here is the right one."""
    source = spec.source.lower()
    return not spec.modelled and MENDED not in spec.note and any(source.startswith(s) for s in NVML_SOURCES)


def model_for(name: str, field: str = "draw", apart: frozenset[str] = NOTHING_APART) -> SensorModel:
    """The sensor model of a card. An unknown one gets a model that corrects nothing and says so by an empty generation.

    Parameters
    ----------
    name : of the card, such as ``NVIDIA A100-PCIE-40GB`` or ``3090``
    field : draw, average, instant or counter
    apart : words of cards, or generations, of which nothing is to be known

    Returns the model.
    """
    return _model(catalog.default(), name, field, apart)


@lru_cache(maxsize=256)
def _model(known: Catalog, name: str, field: str, apart: frozenset[str]) -> SensorModel:
    generation = _generation(known, name)
    if not generation or generation in apart:
        return replace(UNKNOWN, field=field, nameless=not generation)
    record = known.records("sensor")[generation]
    used = str(record.meta["draw"]) if field == "draw" else field
    averaged = used == "average" and "average_window_s" in record.facts
    window = record["average_window_s"] if averaged else record["window_s"]
    relax = record.facts.get("relax_s")
    return SensorModel(
        generation,
        field,
        record["period_s"].value,
        window.value,
        window.low,
        window.high if averaged or used != "average" else UNKNOWN.window_high_s,
        *((relax.value, relax.low, relax.high) if relax else (0.0, 0.0, 0.0)),
        lag_s=record.get("lag_s"),
        metered=bool(set(record.meta.get("metered", ())) - apart),
    )


def best_field(name: str, fields: Iterable[str]) -> str:
    """Of the fields that a recording holds, the one nearest to the energy on this card.

    Parameters
    ----------
    name : the card's, as its driver tells it
    fields : of a recording

    Returns
    -------
    The field; empty where none of them is power or energy.
    """
    known = list(fields)
    generation = generation_of(name)
    choose = str(catalog.default().records("sensor")[generation].meta["choose"]) if generation else "instant"
    return next((f for f in (choose, "instant", "average", "draw", "counter") if f in known), "")

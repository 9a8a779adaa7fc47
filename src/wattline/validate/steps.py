"""Published steps of training with their layout, held against the step that the model predicts for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline import catalog
from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.line.chip.device import load_chip
from wattline.line.chip.training.layout import Plan
from wattline.line.chip.training.step import training_step
from wattline.line.work.model import Model, load_model

SIZES = ("tensor", "pipeline", "data", "context", "expert", "interleave", "micro_sequences", "sequences")


@dataclass(frozen=True)
class Published:
    """One published step: seconds of a plan of a model on a chip."""

    record: Record
    model: Model
    chip: str
    precision: str
    plan: Plan
    step_s: float


def published_steps() -> Iterator[Published]:
    """The catalog's steps."""
    for record in catalog.default().records("training_step").values():
        meta = record.meta
        sizes = {name: int(record.facts[name].value) for name in SIZES if name in record.facts}
        plan = Plan(
            **sizes,
            tokens=int(record["sequence_tokens"].value),
            recompute=str(meta["recompute"]),
            fully_sharded=bool(meta.get("fully_sharded", False)),
            fused=bool(meta.get("fused", True)),
        )
        model = load_model(str(meta["model"]), catalog.default()) if "model" in meta else gpt(record)
        yield Published(record, model, str(meta["hardware"]), str(meta["precision"]), plan, record["step_s"].value)


@dataclass(frozen=True)
class Held:
    """A published step beside the predicted one."""

    published: Published
    predicted_s: float
    power_w: float

    @property
    def error(self) -> float:
        """Relative error of the predicted time."""
        return self.predicted_s / self.published.step_s - 1.0

    def json(self) -> dict[str, Any]:
        step = self.published
        return {
            "step": step.record.name,
            "chip": step.chip,
            "chips": step.plan.chips,
            "precision": step.precision,
            "layout": str(step.plan),
            "published_s": step.step_s,
            "predicted_s": self.predicted_s,
            "predicted_chip_w": self.power_w,
            "error_percent": 100 * self.error,
        }


def hold() -> list[Held]:
    """Every published step beside the tuned step of its own layout, at central values."""
    return [_held(step) for step in published_steps()]


def _held(step: Published) -> Held:
    draws = Draws(0)
    found = training_step(step.model, load_chip(step.chip, draws), step.plan, step.precision, draws)
    return Held(step, float(found.time_s), float(found.power_w))


def score(held: list[Held]) -> dict[str, float | int]:
    """``n``, and in percent ``mape``, ``median_ape`` and ``bias``."""
    errors = 100 * np.array([each.error for each in held])
    size = np.abs(errors)
    found = {"mape": np.mean(size), "median_ape": np.median(size), "bias": np.mean(errors)}
    return {"n": len(held), **{name: float(value) for name, value in found.items()}}


def by_software(held: list[Held]) -> dict[str, list[Held]]:
    """Steps of tuned software, and 16-bit steps on chips that have 8-bit arithmetic, which few have tuned."""
    rarely = [each for each in held if each.published.precision == "bf16" and _has_narrow(each)]
    return {"tuned steps": [each for each in held if each not in rarely], "16-bit steps where 8 bits are there": rarely}


def _has_narrow(held: Held) -> bool:
    return "fp8_flops" in catalog.default().find("chip", held.published.chip).facts


def gpt(record: Record) -> Model:
    """A GPT-shaped model as a record gives its sizes."""
    layers, hidden, heads, vocab = (int(record[name].value) for name in ("layers", "hidden", "heads", "vocab"))
    return Model(
        key=record.name,
        name=record.title,
        family="gpt",
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        intermediate=4 * hidden,
        vocab=vocab,
        gated_mlp=False,
        tied_embeddings=True,
    )

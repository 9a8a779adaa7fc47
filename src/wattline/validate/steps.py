"""Published steps of training with their layout, held against the step that the model predicts for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wattline import catalog
from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.result import Json, Result, envelope
from wattline.line.chip.device import load_chip
from wattline.line.chip.training.plan import Plan
from wattline.line.chip.training.step import training_step
from wattline.line.work.model import Model, load_model
from wattline.validate.score import score_errors

SIZES = ("tensor", "pipeline", "data", "context", "expert", "interleave", "micro_sequences", "sequences")


@dataclass(frozen=True)
class PublishedStep:
    """One published step: seconds of a plan of a model on a chip."""

    record: Record
    model: Model
    chip: str
    precision: str
    plan: Plan
    step_s: float


def published_steps() -> Iterator[PublishedStep]:
    """The catalog's steps."""
    for record in catalog.default().records("training_step").values():
        meta = record.meta
        sizes: dict[str, Any] = {name: int(record.facts[name].value) for name in SIZES if name in record.facts}
        plan = Plan(
            **sizes,
            tokens=int(record["sequence_tokens"].value),
            recompute=str(meta["recompute"]),
            fully_sharded=bool(meta.get("fully_sharded", False)),
            fused=bool(meta.get("fused", True)),
        )
        model = load_model(str(meta["model"]), catalog.default()) if "model" in meta else gpt(record)
        yield PublishedStep(record, model, str(meta["hardware"]), str(meta["precision"]), plan, record["step_s"].value)


@dataclass(frozen=True)
class ComparedStep:
    """A published step beside the predicted one."""

    published: PublishedStep
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


@dataclass(frozen=True, eq=False, repr=False)
class StepsValidation(Result):
    """Every published step beside the tuned step of its own layout, at central values."""

    steps: list[ComparedStep]
    left_out: str = ""

    def groups(self) -> dict[str, list[ComparedStep]]:
        """Steps of tuned software, 16-bit steps on chips that have 8-bit arithmetic, which few have tuned, and those of
        mixtures of experts."""
        experts = [step for step in self.steps if step.published.model.moe_layers]
        dense = [step for step in self.steps if step not in experts]
        rarely = [step for step in dense if step.published.precision == "bf16" and _has_narrow(step)]
        usual = [step for step in dense if step not in rarely]
        return {
            "tuned steps": usual,
            "16-bit steps where 8 bits are there": rarely,
            "mixtures of experts": experts,
        }

    def json(self) -> Json:
        results = {
            "scores": score(self.steps),
            "groups": {name: score(steps) for name, steps in self.groups().items() if steps},
            "rows": [step.json() for step in self.steps],
        }
        return envelope("validate steps", {"left_out": self.left_out} if self.left_out else {}, results)


def score(steps: list[ComparedStep]) -> Json:
    """The score (``score_errors``) of the steps' times."""
    return score_errors([step.error for step in steps])


def validate() -> StepsValidation:
    """The catalog's published steps beside the predicted ones."""
    return StepsValidation([_compared(step) for step in published_steps()])


def _compared(step: PublishedStep) -> ComparedStep:
    draws = Draws(0)
    predicted = training_step(step.model, load_chip(step.chip, draws), step.plan, step.precision, draws)
    return ComparedStep(step, float(predicted.time_s), float(predicted.power_w))


def _has_narrow(step: ComparedStep) -> bool:
    return "fp8_flops" in catalog.default().find("chip", step.published.chip).facts


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

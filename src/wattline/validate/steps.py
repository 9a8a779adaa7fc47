"""Published steps of training with their layout, held against the step that the model predicts for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wattline import catalog
from wattline.catalog import Record
from wattline.chip.training_plan import Plan
from wattline.work.model import Model, load_model

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
    for record in catalog.records("training_step").values():
        meta = record.meta
        sizes = {name: int(record.facts[name].value) for name in SIZES if name in record.facts}
        plan = Plan(
            **sizes,
            tokens=int(record["sequence_tokens"].value),
            recompute=str(meta["recompute"]),
            fully_sharded=bool(meta.get("fully_sharded", False)),
            fused=bool(meta.get("fused", True)),
        )
        model = load_model(str(meta["model"])) if "model" in meta else gpt(record)
        yield Published(record, model, str(meta["hardware"]), str(meta["precision"]), plan, record["step_s"].value)


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

"""What a step of training rests on that no fit tells: sizes in memory, limits of layouts, and when software changed."""

from __future__ import annotations

from dataclasses import dataclass

from wattline.catalog import Catalog


@dataclass(frozen=True)
class TrainingFacts:
    """Central values of facts, each ``fit.training-NAME``; bytes are of a parameter, a logit or a score."""

    state_bytes: float
    sharded_bytes: float
    narrow_moments_bytes: float
    gathered_layers: float
    logit_bytes: float
    layout_least_tokens: float
    layout_unevenness: float
    layout_spare: float
    backward_attention: float
    loss_bytes: float
    score_bytes: float
    optimiser_bytes: float
    largest_mfu: float
    beyond_tuned: float
    old_software_year: float


def training_facts(catalog: Catalog) -> TrainingFacts:
    """The facts of training in a catalog."""
    return catalog.values(TrainingFacts, "fit.training")

"""A measured configuration in steady state, as the chip model sees it: inter-token latency, mean step, power.

Steps that only decode alternate with steps that also read new prompts. Input lengths are not in the measurements:
one for each task is assumed (a fitted fact), and for images and video the time to prepare and encode them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.chip.coefficients import Coefficients
from wattline.chip.step import step
from wattline.fact import Array
from wattline.validate.serving_rows import Row, Table

MEDIA = ("image-chat", "video-chat")
STALLED = {"gpqa": 1.0, "image-chat": 12.0}  # task -> from this batch on
SHARPNESS = 0.12  # how sharply the median step passes from decode alone to mixed, in prompts a step


@dataclass(frozen=True, eq=False)
class Assumed:
    """What the measurements leave out, by task: prompt tokens, seconds a prompt to prepare media, a host's stall."""

    input_tokens: Mapping[str, float]
    media_s: Mapping[str, float]
    stall_s: float


@dataclass(frozen=True, eq=False)
class Steady:
    """One value a row: median inter-token latency, mean time of a step, mean watts of one chip."""

    itl_s: Array
    step_s: Array
    chip_w: Array

    def energy_per_token_j(self, table: Table) -> Array:
        return np.asarray(self.step_s * self.chip_w * table.chips / table.batch)


def steady(table: Table, c: Coefficients, assumed: Assumed) -> Steady:
    """The rows of a table, all of chips with these coefficients."""
    prompt = np.array([_prompt_tokens(row, assumed) for row in table.rows])
    media = np.array([assumed.media_s.get(media_kind(row), 0.0) for row in table.rows])
    arrivals = table.batch / table.output  # new prompts a step
    prompts, share = np.maximum(arrivals, 1.0), np.minimum(arrivals, 1.0)
    plain = step(table.shape, table.work(table.batch, prompt), table.rates, table.watts, c)
    mixed = step(table.shape, table.work(table.batch + prompt * prompts, prompt), table.rates, table.watts, c)
    waiting = share * prompts * media + assumed.stall_s * stalled(table)
    mean = (1 - share) * plain.time_s + share * mixed.time_s + waiting
    energy = (1 - share) * plain.energy_j + share * mixed.energy_j + waiting * c.static_power * table.watts.tdp
    is_media = np.array([task in MEDIA for task in table.task])
    usual = np.where(is_media, 0.0, 1 / (1 + np.exp(-(share - 0.5) / SHARPNESS)))
    itl = (1 - usual) * plain.time_s + usual * mixed.time_s + assumed.stall_s * stalled(table)
    return Steady(
        np.asarray(itl), np.asarray(mean), np.asarray(np.clip(energy / mean, table.watts.idle, table.watts.limit))
    )


def media_kind(row: Row) -> str:
    """The task, and its sound where the model hears it."""
    return f"{row.task}-sound" if row.task == "video-chat" and row.model.audio else row.task


def _prompt_tokens(row: Row, assumed: Assumed) -> float:
    """The task's length; a model that makes every image the same count of tokens has its own."""
    if row.task == "image-chat" and row.model.image_tokens:
        return row.model.image_tokens + assumed.input_tokens.get("gpqa", row.model.image_tokens) / 4
    return assumed.input_tokens[row.task]


def stalled(table: Table) -> Array:
    """Rows on one B200 in two tasks wait some 20 ms a step whatever the model: seen, and not explained by the chip."""
    one = [r.chips == 1 and r.chip.generation == "blackwell" and r.model.family != "gpt-oss" for r in table.rows]
    late = [r.batch >= STALLED.get(r.task, np.inf) for r in table.rows]
    return np.array([float(a and b) for a, b in zip(one, late, strict=True)])

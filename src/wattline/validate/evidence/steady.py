"""A measured configuration in steady state, as the chip model sees it: inter-token latency, mean step, power.

Steps that only decode alternate with steps that also read new prompts. Input lengths are not in the measurements:
one for each task is assumed (a fitted fact), and for images and video the time to prepare and encode them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.step import Step, step
from wattline.validate.evidence.serving import ServingRow, Table

STALLED = {"gpqa": 1.0, "image-chat": 12.0}  # task -> from this batch on
STEP_TOKENS = 8192.0  # vLLM's default max_num_batched_tokens when serving
FELT_BY_OTHERS = "gpqa"  # the task whose prompts' length stands for the words beside videos and pictures of one size
CLIP_FRAMES = 32  # of each of the benchmark's videos, a second long (``mlenergy/benchmark/llm/datasets.py``)
MEDIAN_LAG = 0.6
WORDS = 250.0  # of that task where none of its prompts are known
SOFT = 24.0  # how sharply a batch turns from all that run to all that a step holds: chance varies what arrives
MIN_READ = 1e-6  # prompts that a mixed step reads at least: it is one however little, or the median would jump there
SHARPNESS = 0.1  # how sharply the median step passes from decode alone to mixed, in prompts a step


@dataclass(frozen=True, eq=False)
class TaskAssumptions:
    """What the measurements leave out, by task: prompt tokens, seconds a prompt to prepare media, distinct prompts in
    the data set (repeats are found in the cache of prefixes), prompts that come together (requests that began together
    and are alike in length end together); what a crowded host costs: seconds a step, and how many
    times as long it prepares media."""

    input_tokens: Mapping[str, float]
    media_s: Mapping[str, float]
    distinct: Mapping[str, float]
    together: Mapping[str, float]
    stall_s: float
    crowding: float


@dataclass(frozen=True, eq=False)
class Steady:
    """One value a row: median inter-token latency, mean time between a sequence's tokens, mean watts of one chip."""

    itl_s: Array
    step_s: Array
    chip_w: Array

    def energy_per_token_j(self, table: Table) -> Array:
        return np.asarray(self.step_s * self.chip_w * table.chips / table.batch)


def steady(table: Table, fit: Coefficients, assumed: TaskAssumptions) -> Steady:
    """The rows of a table, all of chips with these coefficients.

    Parameters
    ----------
    table : rows of chips with these coefficients
    fit : coefficients of a step
    assumed : what no row tells, such as lengths of prompts

    Returns inter-token latency [s], time of a step [s] and power of a chip [W], shape ``(n_rows,)``.
    """
    prompt = np.array([_prompt_tokens(row, assumed) for row in table.rows])
    media = np.array([assumed.media_s.get(media_kind(row), 0.0) * _frames(row) for row in table.rows])
    media = media * np.where(stall(table) > 0, assumed.crowding, 1.0)
    decoding = _decoding(table, prompt)
    cut = table.window
    arrivals = decoding / table.output * cut.new * _new(table, assumed)  # prompts to read a step, on the mean
    together = np.array([assumed.together.get(name, 1.0) for name in table.task])
    together = np.where(table.ranks > 1, 1.0, together)
    share = 1.0 - np.exp(-arrivals / together)  # of steps that read any, arrivals taken as by chance
    behind = _context(table, prompt, cut.age)
    plain = _step(table, fit, decoding, prompt, np.zeros_like(arrivals), behind)
    mixed = _step(table, fit, decoding, prompt, arrivals / share, behind)
    waiting = arrivals * media + assumed.stall_s * stall(table)
    mean = (1 - share) * plain.time_s + share * mixed.time_s + waiting
    drawn = arrivals * media * fit.media_power + assumed.stall_s * stall(table) * fit.static_power
    energy = (1 - share) * plain.energy_j + share * mixed.energy_j + drawn * table.watts.tdp
    watts = np.clip(energy / mean, table.watts.idle, table.watts.limit)
    itl = _median_step(table, fit, decoding, prompt, arrivals / together, together) + assumed.stall_s * stall(table)
    return Steady(np.asarray(itl), np.asarray(mean * table.batch / decoding), np.asarray(watts))


def _decoding(table: Table, prompt: Array) -> Array:
    """Sequences that decode in a step: some wait in their prompts when a step cannot hold all tokens to read and
    write."""
    room = table.ranks * STEP_TOKENS / (1.0 + prompt / table.output)
    return np.maximum((table.batch**-SOFT + room**-SOFT) ** (-1.0 / SOFT), 1.0)


def _new(table: Table, assumed: TaskAssumptions) -> Array:
    """Share of prompts that were not met before: the data set has so many, and more running requests repeat it."""
    distinct = np.array([assumed.distinct.get(name, np.inf) for name in table.task])
    # a state-space layer's state is not kept by prefix
    distinct = np.where(table.shape.mamba_layers > 0, np.inf, distinct)
    return np.asarray(1.0 / np.sqrt(1.0 + (table.batch / distinct) ** 2))


def _context(table: Table, prompt: Array, position: Array) -> Array:
    """Mean tokens behind a running sequence at this share of its answer; all fit the cache since all run."""
    wanted = prompt + position * table.output
    needed = table.batch * table.shape.cache_bytes(wanted, table.chips / table.ranks)
    return np.asarray(wanted * np.minimum(table.cache_room_bytes / np.maximum(needed, 1.0), 1.0))


def _step(table: Table, c: Coefficients, decoding: Array, prompt: Array, prompts: Array, context: Array) -> Step:
    work = table.work(decoding, decoding + prompt * prompts, context, prompt)
    return step(table.shape, work, table.rates, table.watts, c)


def _median_step(
    table: Table, c: Coefficients, decoding: Array, prompt: Array, groups: Array, together: Array
) -> Array:
    """The step that half of the run's tokens wait for, with ``groups`` of ``together`` prompts a step.

    Prompts arrive by chance and differ in length, so that the median step reads fewer of them than the mean: none up
    to ln 2 arrivals a step, then about 0.6 fewer (median of a compound Poisson sum of exponential lengths). Where many
    latencies are of the time after the window, the median lies at a lower quantile of those inside it.
    """
    cut = table.window
    behind = _context(table, prompt, cut.position)
    some = np.maximum(decoding * cut.running, 1.0)
    usual = 1 / (1 + np.exp(-(groups + np.log(cut.quantile)) / SHARPNESS)) * (cut.running >= 1)
    prompts = np.maximum(groups - MEDIAN_LAG + ndtri(cut.quantile) * np.sqrt(2 * groups), MIN_READ) * together
    plain = _step(table, c, some, prompt, np.zeros_like(groups), behind)
    mixed = _step(table, c, some, prompt, prompts, behind)
    return np.asarray((1 - usual) * plain.time_s + usual * mixed.time_s)


def media_kind(row: ServingRow) -> str:
    """The task; pictures apart where a model makes them all one size."""
    return "image-chat-fixed" if row.task == "image-chat" and row.model.image_tokens else row.task


def _prompt_tokens(row: ServingRow, assumed: TaskAssumptions) -> float:
    """The task's length; a model that makes every image the same count of tokens has its own, and of a video each the
    frames that it takes."""
    words = assumed.input_tokens.get(FELT_BY_OTHERS, WORDS) / 4
    if row.task == "image-chat" and row.model.image_tokens:
        return row.model.image_tokens + words
    if row.task == "video-chat":
        return assumed.input_tokens[row.task] * _frames(row) + words
    return assumed.input_tokens[row.task]


def _frames(row: ServingRow) -> float:
    """The share of a video's frames that the model's processor takes."""
    taken = row.model.video_frames if row.task == "video-chat" else 0
    return min(taken / CLIP_FRAMES, 1.0) if taken else 1.0


def stall(table: Table) -> Array:
    """Rows on one B200 in two tasks wait some 20 ms a step whatever the model: seen, and not explained by the chip."""
    single = [r.chips == 1 and r.chip.generation == "blackwell" and r.model.family != "gpt-oss" for r in table.rows]
    late = [r.batch >= STALLED.get(r.task, np.inf) for r in table.rows]
    return np.array([float(a and b) for a, b in zip(single, late, strict=True)])

"""A step of one model on a replica, as measured ones scatter around it: reading prompts, decoding, guessing ahead."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients, coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.formats import computes_narrow
from wattline.line.chip.guesses import with_guesses
from wattline.line.chip.known import how_known, known_factor, spread_fact
from wattline.line.chip.products import Work
from wattline.line.chip.serving import Serving
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import own_experts, with_software
from wattline.line.chip.step import Step, Watts, nameplate, step, watts_of
from wattline.line.chip.tuned import SPREAD, TuningGain, usual_coefficients, with_tuned
from wattline.line.chip.tuned_step import no_slower, tuned_factors
from wattline.line.work.model import Model
from wattline.line.work.weights import group_bytes


@dataclass(frozen=True, eq=False)
class PromptReading:
    """A step that reads prompts while other sequences decode; numeric, the values broadcast.

    Attributes
    ----------
    prompts : read in the step, in whole or in part; below 1 where a prompt takes several steps
    prompt_tokens : length of each
    decoding : sequences that get a token beside them
    context_tokens : that each of these has behind it
    """

    prompts: ArrayLike
    prompt_tokens: ArrayLike
    decoding: ArrayLike
    context_tokens: ArrayLike


def _run(
    model: Model, chip: Chip, chips: int, tokens: Array, sequences: Array, context: ArrayLike, prompt: ArrayLike,
    precision: str, draws: Draws, serving: Serving,
) -> Step:  # fmt: skip
    """A step of one model on one kind of chip, with the spread that measured steps have around the model."""
    same = (model, chip, chips, tokens, sequences, context, prompt, precision, draws)
    watts, default = watts_of(chip), replace(serving, tuned=None)
    usual = with_spread(_plain(*same, default), watts, model, chip.generation, draws, default.rare)
    if serving.tuned is None:
        return usual
    tuned = spread_tuned(_plain(*same, serving), watts, model, chip.generation, serving.tuned, draws)
    return no_slower(tuned, usual)


def _plain(
    model: Model, chip: Chip, chips: int, tokens: Array, sequences: Array, context: ArrayLike, prompt: ArrayLike,
    precision: str, draws: Draws, serving: Serving,
) -> Step:  # fmt: skip
    """The same by the chip model alone."""
    experts, dense = group_bytes(model, precision)
    guessing = None if np.any(tokens > sequences) else serving.draft  # steps that read prompts guess nothing
    work = Work(
        tokens=tokens,
        sequences=sequences,
        context=np.asarray(context, float),
        prompt_tokens=np.asarray(prompt, float),
        chips=np.asarray(float(chips)),
        weight_bytes=np.asarray(experts),
        dense_bytes=np.asarray(dense),
        narrow=np.asarray(float(computes_narrow(chip, precision))),
        expert_parallel=np.asarray(float(chips > 1)),
        ranks=np.asarray(float(serving.ranks)),
        padding=serving.padding(draws),
        balance=serving.balance,
        cache_bytes=np.asarray(serving.cache_bytes),
        queries=np.asarray(1.0 if guessing is None else 1.0 + guessing.tokens),
    )
    watts = watts_of(chip)
    fit = served_coefficients(chip, precision, serving, draws)
    plain = step(Shape.of(model), work, nameplate(chip, chips, precision), watts, fit)
    if serving.draft is not None and not np.any(tokens > sequences):
        plain = with_guesses(plain, Shape.of(model), work, nameplate(chip, chips, precision), watts, fit, serving.draft)
    return plain


def served_coefficients(chip: Chip, precision: str, serving: Serving, draws: Draws) -> Coefficients:
    """The coefficients of a chip under a way of serving.

    Parameters
    ----------
    chip : its facts drawn
    precision : format of the weights
    serving : the engine, and whether it is tuned
    draws : from which facts are drawn

    Returns
    -------
    Coefficients with the software in them.
    """
    if serving.tuned is not None:
        return with_tuned(coefficients(chip.generation, draws), serving.tuned)
    fit = usual_coefficients(chip, draws)
    if serving.software is None:
        return fit
    return with_software(fit, serving.software.in_format(precision), own_experts(chip, precision))


def with_spread(plain: Step, watts: Watts, model: Model, generation: str, draws: Draws, rare: str = "") -> Step:
    """The step as measured ones scatter around it, in time and in energy; power follows, between idle and limit.

    A model whose serving was measured takes what it reached, and scatters less.

    Parameters
    ----------
    plain : the step by the chip model
    watts : idle power and limit of the chip [W]
    model : the language model
    generation : of the chip
    draws : of the spread; shape ``(n_draws,)``
    rare : word for a way of serving that few rows were measured in; empty for a usual one

    Returns the step, time and power of shape ``(n_draws,)``.
    """
    known = how_known(model, generation, draws.catalog, rare)
    factors = {what: known_factor(what, model, generation, draws) for what in ("time", "power")}
    time = plain.time_s * factors["time"] * draws.own(spread_fact("time", generation, draws.catalog, known))
    power = plain.power_w * factors["power"]
    energy = plain.time_s * factors["time"] * power * draws.own(spread_fact("energy", generation, draws.catalog, known))
    return Step(plain.operations, plain.joules, time, np.clip(energy / time, watts.idle, watts.limit))


def spread_tuned(
    plain: Step, watts: Watts, model: Model, generation: str, tuned: TuningGain, draws: Draws
) -> Step:  # fmt: skip
    """The step as measured throughput of tuned engines scatters around it, by what was measured that is nearest.

    Parameters
    ----------
    plain : the step by the chip model
    watts : idle power and limit of the chip [W]
    model : the language model
    generation : of the chip
    tuned : what tuning is worth, and what was measured nearest to it
    draws : of the spread; shape ``(n_draws,)``

    Returns the step, time and power of shape ``(n_draws,)``.
    """
    known = tuned_factors(*(known_factor(what, model, generation, draws) for what in ("time", "power")))
    time = plain.time_s * known[0] * draws.own(f"fit.{SPREAD}-time-{tuned.nearest}")
    power = plain.power_w * known[1] * draws.own(f"fit.{SPREAD}-power-{tuned.nearest}")
    return Step(plain.operations, plain.joules, time, np.clip(power, watts.idle, watts.limit))


def prefill_step(
    model: Model,
    chip: Chip,
    chips: int,
    input_tokens: ArrayLike,
    precision: str,
    draws: Draws,
    serving: Serving = Serving(),
) -> Step:
    """A replica of ``chips`` chips reads one prompt of ``input_tokens`` tokens, which gives its first token.

    Parameters
    ----------
    model : the model, as it was read
    chip, chips : type of chip with its server, its facts drawn; number of chips of a replica
    input_tokens : tokens of the prompt
    precision : number format, a key of ``BYTES``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    serving : groups of the chips that split the requests' attention, and the software

    Returns
    -------
    Seconds, joules and operations of a chip, of shape ``(n_draws,)``.
    """
    tokens = np.asarray(input_tokens, float)
    return _run(model, chip, chips, tokens, np.ones_like(tokens), 0.0, tokens, precision, draws, serving)


def reading_step(
    model: Model,
    chip: Chip,
    chips: int,
    reading: PromptReading,
    precision: str,
    draws: Draws,
    serving: Serving = Serving(),
) -> Step:
    """A replica reads prompts in the step in which other sequences decode: the weights are read once for both.

    Parameters
    ----------
    model, chip, chips : what runs, on what, on how many of them
    reading : prompts and decoding sequences of the step
    precision : format of the weights
    draws : from which facts are drawn
    serving : groups of the chips that split the requests' attention, and the software

    Returns
    -------
    Seconds, joules and operations of a chip, of shape ``(n_draws,)``.
    """
    prompts, decoding = np.asarray(reading.prompts, float), np.asarray(reading.decoding, float)
    ending = decoding + prompts  # sequences that get a token
    tokens = decoding + prompts * np.asarray(reading.prompt_tokens, float)
    context = decoding * np.asarray(reading.context_tokens, float) / ending
    sequences = np.minimum(ending, tokens)
    return _run(model, chip, chips, tokens, sequences, context, reading.prompt_tokens, precision, draws, serving)


def decode_step(
    model: Model,
    chip: Chip,
    chips: int,
    batch: ArrayLike,
    context_tokens: ArrayLike,
    precision: str,
    draws: Draws,
    serving: Serving = Serving(),
) -> Step:
    """A replica makes one token for each of ``batch`` sequences that have ``context_tokens`` behind them; where tokens
    are guessed ahead, the share of a step that one token takes.

    Parameters
    ----------
    model : the model, as it was read
    chip, chips : type of chip with its server, its facts drawn; number of chips of a replica
    batch, context_tokens : sequences together, and tokens that each has behind it
    precision : number format, a key of ``BYTES``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    serving : groups of the chips that split the requests' attention, and the software

    Returns
    -------
    Seconds, joules and operations of a chip, of the shape that ``batch`` and the draws broadcast to.
    """
    size = np.asarray(batch, float)
    if serving.draft is None:
        return _run(model, chip, chips, size, size, context_tokens, 0.0, precision, draws, serving)
    guessed = size * (1.0 + serving.draft.tokens)
    return _run(model, chip, chips, guessed, guessed, context_tokens, 0.0, precision, draws, serving)

"""``train``: what a training run takes, from model, tokens and chips; the measured replaces the predicted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.line.engine import training
from wattline.line.work.flops import training_flops
from wattline.line.work.model import COUNTS, Model
from wattline.line.work.reading import model_reading
from wattline.line.work.scaled import ASSUMED, assumed_words
from wattline.line.work.tuning import adapter_params, stored_bytes
from wattline.predict.answer import Answer, Working
from wattline.predict.cite import cite_given, is_of_catalog
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import find_facility
from wattline.predict.making import with_making
from wattline.predict.media.training import media_training_answer
from wattline.predict.media.training_run import find_media, read_media_run
from wattline.predict.prices import notes_of
from wattline.predict.rented import chip_price_notes, rental_notes
from wattline.predict.rollouts import Turns, roll_out, take_turns
from wattline.predict.setup import CHIP, ChipFields, Setup
from wattline.predict.terms import read_terms
from wattline.predict.train_time import run_power, run_time
from wattline.predict.training_quantities import training_quantities
from wattline.predict.training_run import TrainingRun, read_run
from wattline.predict.where import Where, WhereFields

UNMEASURED = ("fp32",)  # formats in which no measured run trains
FROZEN_BYTES = 2.0  # of a weight of a model that stands still beside the one that is trained


class TrainFields(WhereFields, ChipFields, total=False):
    """Fields of ``Where`` and ``Setup`` that ``train`` takes as keywords."""


def train(
    model: str | Path | Model,
    tokens: str | float | None = None,
    setup: str | Setup | None = None,
    chips: int | str | None = None,
    *,
    where: str | Where | None = None,
    mfu: float | str | None = None,
    hours: float | str | None = None,
    watts: float | str | None = None,
    sequence: int | str | None = None,
    batch_tokens: float | str | None = None,
    tuned: bool = False,
    method: str = "full",
    teacher: str | Path | None = None,
    rollout_tokens: float | str | None = None,
    rollout_chips: int | str | None = None,
    rollouts: str | None = None,
    padding: float | str | None = None,
    document_tokens: float | str | None = None,
    samples: float | str | None = None,
    size: int | str | None = None,
    frames: int | str | None = None,
    batch_samples: float | str | None = None,
    chip_price: float | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[TrainFields],
) -> Answer:
    """Hours, energy, cost and CO2e of a training run, with range; of a language model, or of one of images or video.

    The time follows from the operations of a step on the best layout, slowed as published runs are.

    Parameters
    ----------
    model : a catalog name, the path of a Hugging Face ``config.json`` or of a diffusers folder, or a Model
    tokens : tokens trained on, ``"15T"`` or a number; of a language model
    setup : a chip's name, or a Setup
    chips : chips of the whole run; those of one instance where an instance is named and they are not
    where : a region's name, or a Where
    mfu : share of the chips' peak FLOP/s, 0 to 1, in place of the predicted
    hours : wall time in hours, or ``"14.8 days"``, in place of the predicted
    watts : power of the servers over their chips, W, in place of the predicted
    sequence : tokens of a training sequence
    batch_tokens : tokens of a training step
    tuned : predict the run as a tuned benchmark's, not slowed as usual runs are
    method : what is trained: ``full``, or adapters beside frozen weights in 16 bits (``lora``) or in 4 (``qlora``); and
        towards what: ``dpo``, ``grpo``, ``ppo``, ``distill``, also as ``"lora+dpo"``
    teacher : of ``distill``, a model
    rollout_tokens : that the model writes for a question in ``grpo`` and ``ppo``; ``tokens`` are of all that it writes
    rollout_chips : that rollouts have to themselves, beside ``chips`` for the updates
    rollouts : ``in-turn``, each pool waiting for the other, or ``one-step-off``, updates using the rollouts before
    padding : share of a batch's positions that are padding, 0 to below 1
    document_tokens : mean tokens of the documents that fill a sequence, each attending to itself
    samples, size, frames, batch_samples : of a model that makes images or video: how many are trained on, their pixels
        (``512`` or ``"1280x720"``), frames of a video, and how many a step takes (one a chip where not given)
    chip_price : of a chip's hour, ``"2.5 USD/h"``, in place of the estimate
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, precision) and of ``Where`` (region, site, pue, place, ...)

    Returns the answer with its bill, load and reasons. Raises WattlineError on bad input.

    Example
    -------
    >>> wl.train("gpt-3-175b", "300B", "v100-sxm2-32gb", 10_000, region="us").range("energy_wh")
    """
    rented = fields.get("instance") is not None or (isinstance(setup, Setup) and setup.instance is not None)
    if not rented and (chips is None or (setup is None and fields.get("chip") is None)):
        raise WattlineError('train: give the chips: their type and how many, such as "h100-sxm", 1024; or an instance')
    terms = read_terms(setup, where, fields, CHIP, draws, seed, facts)
    given = {
        "mfu": mfu, "hours": hours, "watts": watts, "sequence": sequence, "batch_tokens": batch_tokens, "tuned": tuned,
        "method": method, "teacher": teacher, "rollout_tokens": rollout_tokens, "chip_price": chip_price,
        "rollout_chips": rollout_chips, "rollouts": rollouts, "padding": padding, "document_tokens": document_tokens,
        "samples": samples, "size": size, "frames": frames, "batch_samples": batch_samples,
    }  # fmt: skip
    return training_answer(model, tokens, terms.setup, chips, given, terms.where, terms.draws)


def training_answer(
    model: str | Path | Model,
    tokens: str | float | None,
    setup: Setup,
    chips: int | str | None,
    given: Mapping[str, Any],
    where: Where,
    draws: Draws,
) -> Answer:
    """The answer of a training run of either kind of model.

    Parameters
    ----------
    model : by name, or as it was read
    tokens : of a language model; None for samples
    setup : type of chip and number format
    chips : of the whole run; None for those of one instance
    given : what else of ``train`` was given, by name; None for what was not
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the answer. Raises WattlineError on bad input.
    """
    media = find_media(model, given, draws)
    if media is not None:
        if tokens is not None:
            raise WattlineError(f"tokens: {media.key} makes {media.makes}s; give --samples, how many it is trained on")
        return media_training_answer(read_media_run(media, setup, chips, given, draws), where, draws)
    if tokens is None:
        raise WattlineError('tokens is missing; give the number of tokens trained on, such as "15T"')
    return train_answer(read_run(model, tokens, setup, chips, given, draws), where, draws)


def train_answer(run: TrainingRun, where: Where, draws: Draws) -> Answer:
    """The answer of a training run that is read already.

    Parameters
    ----------
    run : as it was read
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the answer.
    """
    working = Working()
    _fits(run)
    _cite(run, draws)
    flops = _flops(run, working)
    wall, used = run_time(run, flops, draws, working)
    turns = _turns(run, Phase(run_power(run, used, draws, working), wall), draws, working)
    total_s = turns.time_s
    chip_s = np.asarray(total_s * (run.chips + (run.pools.chips if run.pools is not None else 0)))
    facility = find_facility(where, draws, working)
    bill, load, peak = deliver(turns.phases, facility, draws, working)
    bill = with_making(bill, run.device, chip_s, where, draws, working)
    aim = f" by {run.aim.title}" if run.aim is not None else ""
    quantities = training_quantities(flops, used, run.device, chip_s, run.price, draws)
    return Answer(
        command="train",
        title=f"{run.model.name}, {number(run.tokens)} tokens{aim} on {_chips(run)}",
        inputs=run.inputs() | facility.inputs(),
        more={"model": model_reading(run.model, run.precision)},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=total_s,
        quantities=quantities | turns.quantities | {"pue": facility.pue},
        reasons=tuple(working.reasons),
        draws=draws,
        notes=(
            *rental_notes(run.device),
            *chip_price_notes(run.price, "chip_hours_usd" in quantities),
            *notes_of(where, bill.follows["cost_usd"], facility.hours),
        ),
        warnings=_warnings(run),
    )


def _chips(run: TrainingRun) -> str:
    """Both pools, or all chips."""
    more = "" if run.pools is None else f", {run.pools.chips:,} more for rollouts"
    return f"{run.chips:,} × {run.device.record.title}{more}"


def _flops(run: TrainingRun, working: Working) -> Array:
    """Arithmetic of the updates, and of forward passes beside them."""
    compute = training_flops(run.model, run.positions, run.sequence, frozen=(frozen := run.method != "full"))
    formula = "3 × forward FLOPs per token × tokens" + (", less the frozen weights' own gradients" if frozen else "")
    flops = working.note("work", "training compute", formula, compute, "FLOP")
    if run.aim is None:
        return flops
    forward = training_flops(run.model, run.positions, run.sequence) / 3 * run.aim.forwards
    words = f"{run.aim.forwards:g} passes over each token"
    if run.teacher is not None:
        forward, words = training_flops(run.teacher, run.positions, run.sequence) / 3, "a pass of the teacher"
    return np.asarray(flops + working.note("work", "passes beside the updates", words, forward, "FLOP"))


def _turns(run: TrainingRun, update: Phase, draws: Draws, working: Working) -> Turns:
    """The updates, with what the model writes before it is trained on it."""
    if not run.rollout_tokens:
        return Turns((update,), update.duration_s, {})
    if run.hours is not None:
        raise WattlineError("hours: with rollouts they are of updates and rollouts together; leave them out")
    asks = round(draws.catalog.fact("fit.rollout-question-tokens").value)
    draws.cite(*(draws.catalog.fact(f"fit.{name}") for name in ("rollout-tokens", "rollout-question-tokens")))
    chips = run.chips if run.pools is None else run.pools.chips
    rolled = roll_out(run.model, run.setup, chips, run.tokens, (asks, run.rollout_tokens), draws, working)
    return take_turns(update, rolled, run.device, run.pools, run.chips, draws)


def _warnings(run: TrainingRun) -> tuple[str, ...]:
    """What is out of the ordinary in a run, in words."""
    if run.model.family == ASSUMED:
        return (assumed_words(run.model),)
    if run.precision not in UNMEASURED or run.hours is not None or run.mfu is not None:
        return ()
    return (
        f"no run that trains in {run.precision} is among those that this prediction was fitted to: its MFU is likely "
        "too high, and its range too narrow; give --mfu or --hours where you know them",
    )


def _cite(run: TrainingRun, draws: Draws) -> None:
    """Put what the run rests on without drawing it among the answer's facts: what was given, and the architecture."""
    if run.mfu is not None:
        cite_given(draws, "mfu", run.mfu, "", "share of peak FLOP/s that does model work")
    if run.hours is not None:
        cite_given(draws, "hours", run.hours, "h", "wall time")
    if run.watts is not None:
        cite_given(draws, "watts", run.watts, "W", "power per chip at the server's plug")
    record = draws.catalog.records("model").get(run.model.key)  # a config.json may bear a catalog's name
    if record is not None and is_of_catalog(run.model, draws.catalog):
        names = (*COUNTS, "total_params", "active_params")
        draws.cite(*(record.facts[name] for name in names if name in record.facts))


def _fits(run: TrainingRun) -> None:
    catalog, model = run.device.catalog, run.model
    bytes_each = training.adam_bytes(catalog)
    if run.method != "full":  # weights as they are kept, and the adapters' states
        share = adapter_params(model, run.method) / max(model.total_params, 1)
        bytes_each = stored_bytes(model, run.method) + bytes_each * share
    if run.aim is not None:  # with adapters the weights below them are the reference
        copies = run.aim.frozen - (run.method != "full" and run.aim.frozen > 0)
        bytes_each += copies * FROZEN_BYTES + run.aim.critics * training.adam_bytes(catalog)
    if run.teacher is not None:
        bytes_each += FROZEN_BYTES * run.teacher.total_params / model.total_params
    needed = training.chips_to_hold(model.total_params, run.device.memory_bytes, catalog, bytes_each)
    if run.chips < needed:
        lighter = "; --method lora, with adapters alone, needs fewer" if run.method == "full" else ""
        raise WattlineError(
            f"{model.key} does not fit {run.chips} × {run.device.record.name} in training "
            f"({bytes_each:.2g} bytes a parameter); {needed:,} chips or more would hold it{lighter}"
        )

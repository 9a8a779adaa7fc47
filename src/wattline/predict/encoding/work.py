"""What is read on which chips: a model, so many items in batches, and the time and power of each stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.line.chip.device import Chip
from wattline.line.chip.diffusion.coefficients import DiffusionFit, diffusion_fit
from wattline.line.chip.diffusion.rates import chip_rates
from wattline.line.chip.diffusion.run import Engine, StageRun, run_stage
from wattline.line.chip.diffusion.stage import Stage, pass_stage
from wattline.line.work.diffusion.tally import VALUE_BYTES
from wattline.line.work.encoding.model import EncoderModel, load_encoder, read_encoder
from wattline.predict.cite import cite_given
from wattline.predict.encoding.demand import EncodingDemand, EncodingQuestion, read_encoding_demand
from wattline.predict.encoding.engine import encoder_spread, read_encoder_engine
from wattline.predict.rented import instance_inputs, load_chips
from wattline.predict.setup import Setup

MAX_BATCH, MAX_CHIPS = 100_000, 4096


@dataclass(frozen=True, eq=False)
class EncodingWork:
    """So many ``items`` (documents, pairs, images, pieces of 30 s) of ``tokens`` each, ``batch`` at once on each chip;
    ``amounts`` is what was given, by the name it has among an answer's inputs."""

    model: EncoderModel
    chip: Chip
    chips: int
    items: Array
    tokens: Array
    batch: float
    precision: str
    engine_name: str
    engine: Engine
    active: float
    amounts: Mapping[str, Any] = field(default_factory=dict)
    demand: EncodingDemand | None = None

    def runs(self, draws: Draws) -> dict[str, StageRun]:
        """Time and power of a batch on one chip in each stage: ``encode``, and ``decode`` of speech."""
        fit = diffusion_fit(self.chip.generation, draws.central())
        rates = chip_rates(self.chip, fit, draws.catalog.fact("fit.encoder-limit-exponent").value)
        if self.model.reads != "speech":
            stage = pass_stage(self.model.forward(self.tokens), self.batch)
            return {"encode": run_stage(stage, rates, fit, self.engine)}
        passes = self.model.speech()
        encode = run_stage(pass_stage(passes.encoder, self.batch), rates, fit, self.engine)
        # keys and values are read at a rate of their own, whatever the chip's memory
        own = replace(fit, memory_exponent=np.asarray(0.0), traffic_efficiency=draws("fit.speech-read-efficiency"))
        reading = chip_rates(self.chip, own, draws.catalog.fact("fit.encoder-limit-exponent").value)
        decode = run_stage(self._written(), replace(rates, memory=reading.memory), own, self.engine)
        return {"encode": self._prepared(encode, fit, draws), "decode": decode}

    def _written(self) -> Stage:
        """The decoder's steps: a token of each piece at a step, over what the encoder left and what is written."""
        passes = self.model.speech()
        kept = passes.cross_bytes + passes.token_bytes * self.tokens / 2
        stage = pass_stage(passes.decoder, self.batch, self.tokens)
        return replace(stage, weights=np.asarray(passes.decoder.parameters * VALUE_BYTES + self.batch * kept))

    def _prepared(self, run: StageRun, fit: DiffusionFit, draws: Draws) -> StageRun:
        """The encoder with the wait for sound that the host reads."""
        wait = np.asarray(draws("fit.speech-prepare-s", "s") * self.batch)
        time = np.asarray(run.time_s + wait)
        watts = (run.energy_j + wait * fit.host_power * self.chip.tdp_w) / time
        return StageRun(time, np.asarray(watts), {**run.by_kind_s, "host": run.by_kind_s["host"] + wait})

    def spread(self, draws: Draws) -> tuple[Array, Array]:
        """Draws of measured over predicted time and power."""
        return encoder_spread(self.engine_name, self.chip, draws)

    @property
    def batches(self) -> Array:
        """Batches that each chip works through."""
        return np.asarray(self.items / self.batch / self.chips)

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        return {
            "model": self.model.key,
            "chip": self.chip.record.name,
            **instance_inputs(self.chip),
            "gpus": self.chips,
            **self.amounts,
            "batch": int(self.batch),
            "precision": self.precision,
            "engine": self.engine_name,
            **({"active": self.active} if self.demand is None else self.demand.inputs()),
        }


def read_model_of(model: str | Path | EncoderModel, draws: Draws) -> EncoderModel:
    """The model by name, by its ``config.json``, or as it is; its facts are remembered.

    Parameters
    ----------
    model : name, path of a ``config.json``, or a model
    draws : which remember the facts

    Returns
    -------
    A model that embeds, ranks or transcribes.

    Raises WattlineError.
    """
    if isinstance(model, EncoderModel):
        return model
    known = read_encoder(model) if isinstance(model, Path) else load_encoder(model, draws.catalog)
    if known.record is not None:
        draws.cite(known.record["total_params"])
    return known


def read_work(
    known: EncoderModel,
    amount: tuple[Array, Array],
    amounts: Mapping[str, Any],
    setup: Setup,
    question: EncodingQuestion,
    draws: Draws,
) -> EncodingWork:
    """The work of so many items on a set-up, checked.

    Parameters
    ----------
    known : the model
    amount : items, and tokens of each
    amounts : what was given of them, by name, as the answer shows it
    setup : chips, number format and engine
    question : how many are read together, and how busy chips are
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the work. Raises WattlineError where weights do not fit the chip, or a value is out of range.
    """
    chip = load_chips(setup, draws)
    precision = "bf16" if setup.precision is None else setup.precision
    batch = _batch(question, amount)
    demand = read_encoding_demand(question, setup.gpus)
    gpus = setup.gpus or 1
    if gpus > MAX_CHIPS:
        raise WattlineError(f"gpus: {gpus} are more than {MAX_CHIPS}")
    active = 1.0 if question.active is None else parse(question.active, "", "active")
    if not 0.001 <= active <= 1:
        raise WattlineError(f"active: {active:g} is not a share from 0.001 to 1; give one such as 0.6")
    if question.active is not None:
        cite_given(draws, "active", active, "", "share of time that provisioned chips are at work")
    name, engine = read_encoder_engine(setup.engine, precision, question.usual_engine, draws)
    work = EncodingWork(known, chip, gpus, *amount, batch, precision, name, engine, active, amounts, demand)
    _check_memory(work)
    return work


def _batch(question: EncodingQuestion, amount: tuple[Array, Array]) -> float:
    """The most items of a batch: by their number, by their tokens, or both."""
    most = max(1.0, float(np.min(amount[0])))
    usual = float(question.usual_batch) if question.rate is not None else min(float(question.usual_batch), most)
    batch = None if question.batch is None else whole_of(question.batch, "batch", 1, MAX_BATCH)
    if question.max_batch_tokens is None:
        return usual if batch is None else batch
    tokens, each = parse(question.max_batch_tokens, "token", "max-batch-tokens"), float(np.median(amount[1]))
    if not each <= tokens < np.inf:
        raise WattlineError(
            f"max-batch-tokens: {tokens:g} hold no document of {each:,.0f} tokens; give that many or more"
        )
    return float(min(tokens // each, MAX_BATCH if batch is None else batch))


def whole_of(value: Any, name: str, low: float, high: float) -> float:
    """A whole number within bounds, as a float. Raises WattlineError.

    Parameters
    ----------
    value : as given
    name : of it, for the message
    low, high : what it may be

    Returns the number.
    """
    number = parse(value, "", name)
    if number != int(number) or not low <= number <= high:
        raise WattlineError(f"{name}: {shorten(str(value))} is not a whole number from {low:,.0f} to {high:,.0f}")
    return float(number)


def _check_memory(work: EncodingWork) -> None:
    """Weights, and of speech what each piece keeps, fit the chip."""
    model, chip = work.model, work.chip
    need, more = 0.0, ""
    if model.reads == "speech":
        passes = model.speech()
        tokens = float(np.max(work.tokens))
        need = passes.parameters * VALUE_BYTES + work.batch * (passes.cross_bytes + passes.token_bytes * tokens)
        more = f" with {work.batch:.0f} pieces at once; take fewer, such as --batch {max(int(work.batch) // 4, 1)}"
    else:
        need = model.forward(1.0).parameters * VALUE_BYTES
        more = "; take a chip with more memory"
    if need > chip.memory_bytes:
        raise WattlineError(
            f"{model.key}: {need / 1e9:.1f} GB do not fit {chip.record.name} with "
            f"{chip.memory_bytes / 1e9:.0f} GB{more}"
        )

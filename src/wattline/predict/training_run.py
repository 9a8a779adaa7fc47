"""A training run: read, checked, and the steps that its time follows from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import number, parse
from wattline.line.chip.device import Chip
from wattline.line.chip.training.plan import Recipe
from wattline.line.chip.training.production import Production, central_step, old_software, production
from wattline.line.chip.training.step import TrainingStep, best_plan, training_step
from wattline.line.work.inputs import read_model
from wattline.line.work.model import Model
from wattline.line.work.objectives import OBJECTIVES, Objective, read_objective
from wattline.line.work.training import TRAINING_FORMATS, usual_model, usual_sequence
from wattline.predict.rented import instance_inputs, load_chips, read_price
from wattline.predict.setup import Setup
from wattline.predict.training_work import (
    Pools,
    read_document,
    read_padding,
    read_pools,
    read_rollout_tokens,
    sensible_number,
)

# what of a chip a training format needs; 16-bit floats of either kind count as one
NEEDS = {"bf16": "fp16", "fp16": "fp16", "fp8": "fp8", "nvfp4": "fp4", "tf32": "tf32", "fp32": "fp32"}


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A training run, read and checked; what the user did not give is None."""

    model: Model
    tokens: float
    device: Chip
    chips: int
    precision: str
    sequence: int
    mfu: float | None
    hours: float | None
    watts: float | None
    tuned: bool = False
    batch: float | None = None  # tokens of a step
    method: str = "full"  # what is trained, a member of ``METHODS``
    objective: str = ""  # a member of ``OBJECTIVES``; none for the next token
    teacher: Model | None = None
    rollout_tokens: int = 0
    pools: Pools | None = None
    padding: float = 0.0  # share of a batch's positions that nothing is trained on
    packed: int | None = None  # tokens of a sequence that whole documents fill, each attending to itself
    setup: Setup = field(default_factory=Setup)
    price: float | None = None  # USD of a chip's hour, where given

    @property
    def peak_flops(self) -> float:
        return self.device.peak_flops(self.precision)

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        shown = {
            "model": self.model.key,
            "tokens": self.tokens,
            "chip": self.device.record.name,
            **instance_inputs(self.device),
            "chips": self.chips,
            "precision": self.precision,
            "sequence_tokens": self.sequence if self.packed is None else self.packed,
            **({"document_tokens": self.sequence} if self.packed is not None else {}),
            **({"padding": self.padding} if self.padding else {}),
            **({"tuned": True} if self.tuned else {}),
            **({"method": self.method} if self.method != "full" else {}),
            **({"objective": self.objective} if self.objective else {}),
            **({"teacher": self.teacher.key} if self.teacher is not None else {}),
            **({"rollout_tokens": self.rollout_tokens} if self.rollout_tokens else {}),
            **({} if self.pools is None else self.pools.inputs()),
        }
        given = {"mfu": self.mfu, "hours": self.hours, "watts": self.watts, "batch_tokens": self.batch}
        return shown | {name: value for name, value in given.items() if value is not None}

    @property
    def positions(self) -> float:
        """Positions that pass through the model: the tokens, and padding beside them."""
        return self.tokens / (1.0 - self.padding)

    @property
    def aim(self) -> Objective | None:
        """What the objective adds; None for the next token."""
        return OBJECTIVES.get(self.objective)

    @property
    def sequences(self) -> int | None:
        """Sequences of a step, where the batch was given."""
        return None if self.batch is None else max(round(self.batch / self.sequence), 1)

    @property
    def shape(self) -> Model:
        """The model, or a plain one of its size where its architecture was never published."""
        known = self.model.architecture_known
        return self.model if known else usual_model(self.model.active_params, self.model.year)

    @cached_property
    def tuned_step(self) -> TrainingStep:
        """The best step of a tuned benchmark. Raises WattlineError where the architecture is not known, or nothing fits
        the chips."""
        if not self.model.architecture_known:
            raise WattlineError(
                f"{self.model.key}: its architecture was never published or is not in the catalog, so no step "
                "can be worked out; --config takes its config.json"
            )
        device, form = self.device, self.precision
        recipe = Recipe(method=self.method)
        plan = best_plan(self.model, device, self.chips, self.sequence, form, self.sequences, recipe=recipe)
        return training_step(self.model, device, plan, form, device.draws)

    @cached_property
    def central(self) -> TrainingStep:
        """The best step at central values, which production is reckoned from."""
        name, draws = self.device.rented_as, self.device.draws
        recipe = Recipe(old_software(self.device, self.model.year) and self.method == "full", self.method)
        return central_step(self.shape, name, self.chips, self.sequence, self.precision, recipe, draws, self.sequences)

    @cached_property
    def produced(self) -> Production:
        """The step as a run to its end makes it."""
        return production(self.shape, self.device, self.central, self.precision, self.device.draws)


def read_run(
    model: str | Path | Model,
    tokens: str | float,
    setup: Setup,
    chips: int | str | None,
    given: Mapping[str, Any],
    draws: Draws,
) -> TrainingRun:
    """Check a training run.

    Parameters
    ----------
    model : by name, or as it was read
    tokens : on which it is trained
    setup : type of chip and number format
    chips : of the whole run; None for those of one instance
    given : ``mfu``, ``hours``, ``watts``, ``sequence``, ``batch_tokens``, ``tuned``, ``method``, ``teacher``,
        ``rollout_tokens``, ``rollout_chips``, ``rollouts``, ``padding`` and ``document_tokens``, None for what is not
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the run. Raises WattlineError for a value out of range, and for values that exclude each other.
    """
    mfu, hours, watts, batch = (given.get(name) for name in ("mfu", "hours", "watts", "batch_tokens"))
    tuned = bool(given.get("tuned"))
    if hours is not None and mfu is not None:
        raise WattlineError("give hours or MFU, not both: each follows from the other")
    if tuned and (hours is not None or mfu is not None):
        raise WattlineError("give tuned, hours or MFU, one of them: each settles the time by itself")
    method, objective = read_objective("full" if given.get("method") is None else given["method"])
    if chips is None and setup.instance is None:
        raise WattlineError("chips: give how many there are, such as 1024")
    architecture, device = read_model(model, draws.catalog), load_chips(setup, draws)
    sequence = read_sequence(given.get("sequence"), architecture, draws.catalog)
    document = read_document(given.get("document_tokens"), sequence)
    run = TrainingRun(
        model=architecture,
        tokens=sensible_number(tokens, "token", "tokens"),
        device=device,
        chips=device.instance_chips if chips is None else int(sensible_number(chips, "chip", "chips")),
        precision=read_precision(setup.precision, device),
        sequence=sequence if document is None else document,
        packed=None if document is None else sequence,
        padding=read_padding(given.get("padding")),
        mfu=None if mfu is None else read_mfu(mfu),
        hours=None if hours is None else sensible_number(hours, "h", "hours"),
        watts=None if watts is None else read_watts(watts, device),
        tuned=tuned,
        batch=None if batch is None else sensible_number(batch, "token", "batch-tokens"),
        method=method,
        objective=objective,
        teacher=_teacher(given.get("teacher"), objective, draws),
        rollout_tokens=read_rollout_tokens(given.get("rollout_tokens"), objective, draws.catalog),
        pools=read_pools(given, objective),
        setup=setup,
        price=read_price(given.get("chip_price")),
    )
    if run.batch is not None and run.batch < run.sequence:
        raise WattlineError(f"batch-tokens: {number(run.batch)} are less than one sequence of {run.sequence}")
    return run


def _teacher(name: str | Path | None, objective: str, draws: Draws) -> Model | None:
    if (name is None) == (objective == "distill"):
        raise WattlineError("teacher: give --method distill and --teacher MODEL together")
    return None if name is None else read_model(name, draws.catalog)


def read_precision(precision: str | None, device: Chip) -> str:
    """A format that this chip trains in; 16 bits where none is asked for.

    Parameters
    ----------
    precision : name of a number format
    device : the chip

    Returns
    -------
    Such as "fp8".

    Raises WattlineError for another.
    """
    if precision is None:
        return "bf16"
    form, name = precision, device.record.name
    has = [each for each in TRAINING_FORMATS if f"{NEEDS[each]}_flops" in device.record.facts]
    if form in has:
        return form
    why = "is no format to train in" if form not in TRAINING_FORMATS else f"is not among what {name} computes in"
    raise WattlineError(f"{form} {why}; {name} trains in {', '.join(has)}")


def read_mfu(mfu: float | str) -> float:
    """Model FLOPs utilisation as it was given, above 0 to 1. Raises WattlineError for one above 1."""
    given = parse(mfu, "", "MFU")
    if given > 1:
        raise WattlineError(f"MFU {given:g} is above 1; give a fraction such as 0.4")
    return given


def read_sequence(sequence: int | str | None, model: Model, catalog: Catalog) -> int:
    """Tokens of a training sequence: those given, or the usual number for the model.

    Parameters
    ----------
    sequence : tokens, with or without a letter of scale
    model : that is trained
    catalog : of facts

    Returns
    -------
    Tokens.

    Raises WattlineError.
    """
    if sequence is None:
        return usual_sequence(model, catalog)
    length = parse(sequence, "token", "sequence")
    if length > 1e8 or length != int(length):
        raise WattlineError(f"sequence: {sequence} is not a whole number of tokens up to 100 million")
    return int(length)


def read_watts(watts: float | str, device: Chip) -> float:
    """Watts per chip at the server's plug, between what it takes idle and three times its TDP.

    Parameters
    ----------
    watts : W, or text with a unit
    device : the chip, in its host

    Returns
    -------
    W.

    Raises WattlineError for watts out of these bounds.
    """
    given, name = parse(watts, "W", "watts"), device.record.name
    if given > 3 * float(np.max(device.tdp_w)):
        raise WattlineError(f"watts: {given:g} W per {name} is more than three times its TDP; give watts per chip")
    if given < device.record["idle_w"].low:
        raise WattlineError(f"watts: {given:g} W per {name} is less than it takes idle; give watts per chip at work")
    return given

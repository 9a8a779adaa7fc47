"""A request and the replica that answers it: read and checked, for ``prompt`` and for ``serve_average``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import parse, show
from wattline.line.chip.device import Chip
from wattline.line.chip.serving import Serving
from wattline.line.chip.step import bound_by, nameplate
from wattline.line.engine import average_serving as serving
from wattline.line.engine.average_serving import slow_down
from wattline.line.work.inputs import read_model
from wattline.line.work.model import Model
from wattline.line.work.outside import stand_ins
from wattline.line.work.scaled import ASSUMED, assumed_words
from wattline.predict.answer import Working
from wattline.predict.cite import cite_given, cite_model
from wattline.predict.how_served import read_serving
from wattline.predict.rented import instance_inputs, load_chips, whole_instances
from wattline.predict.senses import Senses, SensesRead, read_senses
from wattline.predict.setup import Setup, check_ranks

MAX_TOKENS = 1e8
TEXT_ALONE = SensesRead()
MAX_BATCH = 1e6
MIN_ACTIVE = 0.001


@dataclass(frozen=True, eq=False)
class ReplicaRequest:
    """A request and the replica that answers it; ``given`` holds what the user settled, by name."""

    model: Model
    chip: Chip
    chips: int
    how: Serving
    batch: Array
    active: Array
    input_tokens: float
    output_tokens: float
    precision: str
    given: Mapping[str, float]
    engine: str = ""
    cache: str = ""
    read: SensesRead = TEXT_ALONE

    @property
    def text_tokens(self) -> float:
        """Tokens of the prompt's text, without those of pictures and sound."""
        return self.input_tokens - self.read.tokens

    @property
    def length(self) -> float:
        """Tokens of a sequence, prompt and answer."""
        return self.input_tokens + self.output_tokens

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        return {
            "model": self.model.key,
            "chip": self.chip.record.name,
            **instance_inputs(self.chip),
            "gpus": self.chips,
            **({"data_parallel": self.how.ranks} if self.how.ranks > 1 else {}),
            "input_tokens": self.text_tokens,
            "output_tokens": self.output_tokens,
            **self.read.inputs,
            "precision": self.precision,
            **({"engine": self.engine} if self.engine else {}),
            **({"cache": self.cache} if self.cache else {}),
            **({"tuned": True} if self.how.tuned is not None else {}),
            **({"draft_tokens": self.how.draft.tokens} if self.how.draft is not None else {}),
            **{name: self.given[name] for name in ("batch", "active") if name in self.given},
        }


def read_request(
    model: str | Path | Model,
    setup: Setup,
    tokens: tuple[int | str, int | str],
    *,
    batch: float | str | None,
    active: float | str | None,
    draws: Draws,
    senses: Senses | None = None,
) -> ReplicaRequest:
    """Check a request against the model and the chips' memory, and settle what was left open.

    Parameters
    ----------
    model : a catalog name, the path of a ``config.json``, or a Model
    setup : the chip, chips of a replica and format
    tokens : of the prompt and of the answer
    batch : requests answered together; None for the catalog's range
    active : share of the time at work, 0 to 1; None for the catalog's range
    draws : from which facts are drawn
    senses : pictures and sound in the prompt, whose tokens come beside its text's

    Returns
    -------
    Model, chip, replica and tokens, checked.

    Raises WattlineError where the model's architecture is not known, or does not fit the replica.
    """
    architecture = _known(read_model(model, draws.catalog), draws.catalog)
    text, written = (_tokens(value, what) for value, what in zip(tokens, ("input", "output"), strict=True))
    seen = TEXT_ALONE if senses is None else read_senses(senses, architecture, draws)
    read = text + seen.tokens
    form = architecture.native_format if setup.precision is None else setup.precision
    device = load_chips(setup, draws)
    given = _given(setup.gpus, batch, active)
    check_ranks(setup.data_parallel, setup.gpus, architecture)
    how = read_serving(architecture, device, setup, draws)
    count, most = _replica(architecture, device, read + written, form, given, how)
    size = np.asarray(given["batch"]) if "batch" in given else np.clip(draws.own("fit.serving-batch"), 1.0, most)
    share = np.asarray(given["active"]) if "active" in given else draws.own("fit.serving-active-share")
    cite_model(architecture, draws)
    for name, value in given.items():
        cite_given(draws, name, value, *GIVEN[name])
    return ReplicaRequest(architecture, device, count, how, size, share, read, written, form, given,
        setup.engine or "", setup.cache or "", seen,
    )  # fmt: skip


# what a user may settle -> its unit, and what it is
GIVEN = {
    "gpus": ("chip", "chips of a replica"),
    "batch": ("request", "requests answered together by one replica"),
    "active": ("", "share of time that provisioned chips are at work"),
}


def warnings(request: ReplicaRequest) -> tuple[str, ...]:
    """What is out of the ordinary in a request, in words."""
    notes = []
    if request.model.family == ASSUMED:
        notes.append(assumed_words(request.model))
    model, chips, name = request.model, request.chips, request.chip.record.name
    if model.context_tokens and request.length > model.context_tokens:
        notes.append(
            f"{request.length:,.0f} tokens in and out are beyond the {model.context_tokens:,} tokens of context "
            f"that {model.key} takes"
        )
    if chips > 1 and chips > request.chip.link_domain_chips:
        notes.append(
            f"a replica of {chips:,} × {name} is larger than the {request.chip.link_domain_chips:,} that share links; "
            "its sums run over the cluster's network"
        )
    if model.heads % (group := chips // request.how.ranks):
        notes.append(f"the {model.heads} attention heads of {model.key} do not divide among {group:,} chips")
    return tuple(notes)


def request_time(request: ReplicaRequest, draws: Draws, working: Working) -> serving.Request:
    """The request's time on its replica, each step written down.

    Parameters
    ----------
    request : as it was read
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    working : in which each step is written down

    Returns its times and power.
    """
    times = serving.serve_request(
        request.model,
        request.chip,
        request.chips,
        request.batch,
        (request.input_tokens, request.output_tokens),
        request.precision,
        draws,
        request.how,
    )
    if request.model.family == ASSUMED:
        times = slow_down(times, draws("fit.assumed-model-spread"))
    prefill, decode = times.prefill, times.decode
    bound = "sum of its operations; most time in"
    notes: list[tuple[str, str, Array, str]] = [
        ("requests answered together", "given or catalog", times.batch, "request"),
        ("prompts read in a step", "requests together / output tokens, 1 at least", times.prompts, ""),
        ("compute of a chip in it", "2 × active parameters × tokens + attention, over chips", prefill.flops, "FLOP"),
        ("step that reads prompts", f"{bound} {prefill.bound}", prefill.time_s, "s"),
        ("bytes of a chip in a decode step", "weights touched + KV cache, over chips", decode.bytes_read, "B"),
        ("decode step", f"{bound} {decode.bound}", decode.time_s, "s"),
        ("replica's time for this request", "its share of the steps of both kinds", times.busy_s, "s"),
        ("of it for the prompt", "beyond (output tokens - 1) × decode step / batch", times.prefill_s, "s"),
        ("power of a chip in a step that reads prompts", _POWER, prefill.power_w, "W"),
        ("power of a chip in decode", _POWER, decode.power_w, "W"),
        ("share of time at work", "given" if "active" in request.given else "catalog", request.active, ""),
    ]
    for name, formula, value, unit in notes:
        working.note("chip", name, formula, value, unit)
    rates = nameplate(request.chip, request.chips, request.precision)
    for phase, step in (("reading step", prefill), ("decode step", decode)):
        for name, operation in step.operations.items():
            joules = float(np.mean(step.joules[name]))
            work = f"{show(float(np.mean(operation.flops + operation.narrow_flops)), 'FLOP')}, "
            work += f"{show(float(np.mean(operation.bytes)), 'B')}, {show(joules, 'J')} on each chip; "
            working.note(
                "chip", f"{phase}: {name}", f"{work}bound by {bound_by(operation, rates)}", operation.time_s, "s"
            )
    return times


_POWER = "joules of its operations / time: static, arithmetic, memory, kernels at work, links; at most TDP"


def _known(model: Model, catalog: Catalog) -> Model:
    if not model.architecture_known:
        raise WattlineError(
            f"{model.key}: its architecture was never published or is not in the catalog, so its prompts "
            f"cannot be worked out; {stand_ins(model.key, catalog)}"
        )
    return model


def _given(gpus: int | None, batch: float | str | None, active: float | str | None) -> dict[str, float]:
    given = {} if gpus is None else {"gpus": float(gpus)}
    named = {"batch": (batch, _batch), "active": (active, _active)}
    return given | {name: read(value) for name, (value, read) in named.items() if value is not None}


def _replica(
    model: Model, chip: Chip, length: float, precision: str, given: Mapping[str, float], how: Serving
) -> tuple[int, float]:
    """How many chips make a replica, and the most sequences that fit it."""
    batch = given.get("batch", 1.0)
    central = given.get("batch") or chip.catalog.fact("fit.serving-batch").value
    count = int(
        given.get("gpus") or whole_instances(chip, serving.chips_needed(model, chip, central, length, precision, how))
    )
    most = serving.largest_batch(model, chip, count, length, precision, how)
    if most < batch:
        holds = serving.chips_needed(model, chip, batch, length, precision, how)
        raise WattlineError(
            f"{model.key} in {precision} with {batch:g} sequences of {length:,.0f} tokens does not fit "
            f"{count} × {chip.record.name}; {holds:,} chips would hold it"
        )
    return count, most


def _tokens(value: Any, what: str) -> float:
    tokens = parse(value, "token", what)
    if tokens > MAX_TOKENS or tokens != int(tokens):
        raise WattlineError(f"{what}: {value} is not a whole number of tokens up to 100 million")
    return tokens


def _batch(value: float | str) -> float:
    batch = parse(value, "request", "batch")
    if not 1 <= batch <= MAX_BATCH:
        raise WattlineError(f"batch: {batch:g} is out of range; take 1 to {MAX_BATCH:,.0f} requests")
    return batch


def _active(value: float | str) -> float:
    share = parse(value, "", "active")
    if not MIN_ACTIVE <= share <= 1:
        raise WattlineError(f"active: {share:g} is not a share from {MIN_ACTIVE:g} to 1; give one such as 0.6")
    return share

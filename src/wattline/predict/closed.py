"""``prompt`` of a model whose architecture was never published: public estimates of its size, the chips of its maker,
and the speed that users see, each drawn from its range; the answer is the range, never a point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.line.engine import average_serving as serving
from wattline.line.work.closed import FORMAT, model_of_size
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import find_facility
from wattline.predict.making import with_making
from wattline.predict.prices import notes_of
from wattline.predict.request import ReplicaRequest, read_request, request_time
from wattline.predict.setup import Setup
from wattline.predict.where import Where

SIZES = 5  # slices of the range of sizes, each with one model
MIN_DRAWS = 100
STEP_TOKENS = "fit.closed-step-tokens"
# requests together that a speed is looked up among; a service of millions with fewer than eight has faster software
BATCHES = 2.0 ** np.arange(3, 11)
LARGEST_REPLICA = 64  # chips


@dataclass(frozen=True, eq=False)
class Case:
    """One size of the model on one kind of chip: its request, its times and its power by phase and part."""

    request: ReplicaRequest
    times: serving.Request
    power: dict[str, dict[str, Array]]


@dataclass(frozen=True)
class ClosedQuestion:
    """A question about a closed model: its record, lengths, and what the user settled."""

    record: Record
    setup: Setup
    tokens: tuple[int | str, int | str]
    batch: float | str | None
    active: float | str | None


def closed_answer(question: ClosedQuestion, where: Where, draws: Draws) -> Answer:
    """The range of energy of one request to a closed model.

    Parameters
    ----------
    question : the model's record, and the request
    where : where it runs
    draws : from which sizes, chips, speeds and all other facts are drawn; 100 at least

    Returns the answer, in which each draw is of one size on one kind of chip. Raises WattlineError for fewer draws.
    """
    record = question.record
    if draws.n < MIN_DRAWS:
        raise WattlineError(
            f"draws: {record.title} was never published, so that its answer is a range; take {MIN_DRAWS} or more"
        )
    working = Working()
    chips = [question.setup.chip] if question.setup.chip or question.setup.instance else list(record.meta["chips"])
    cases = [
        [
            _case(question, size, chip, draws, working if _central(size, at) else Working())
            for at, chip in enumerate(chips)
        ]
        for size in range(SIZES)
    ]
    mixed = Mixture(cases, _slice(draws(record["active_params"]), record), _chip_of(record, len(chips), draws))
    draws.cite(record["total_params"])
    return _answer(question, mixed, where, draws, working)


def _central(size: int, chip: int) -> bool:
    return size == SIZES // 2 and chip == 0


def _slice(active: Array, record: Record) -> Array:
    """In which slice of its range each draw of the active parameters lies."""
    edges = record["active_params"].quantile(np.arange(1, SIZES) / SIZES)
    return np.asarray(np.searchsorted(edges, active))


def _chip_of(record: Record, count: int, draws: Draws) -> Array:
    return np.asarray(np.minimum((draws.percentiles(f"{record.key}.chip") * count).astype(int), count - 1))


def _case(question: ClosedQuestion, size: int, chip: str | None, draws: Draws, working: Working) -> Case:
    record, middle = question.record, (size + 0.5) / SIZES
    total, active = (float(record[name].quantile(middle)) for name in ("total_params", "active_params"))
    model = model_of_size(record, max(total, active), active)
    setup = replace(question.setup, chip=chip, precision=question.setup.precision or FORMAT)

    def read(setup: Setup, batch: float | str | None, of: Draws) -> ReplicaRequest:
        return read_request(model, setup, question.tokens, batch=batch, active=question.active, draws=of)

    settled = question.batch is not None
    request = read(setup, question.batch, draws) if settled else _of_speed(read, setup, record, draws)
    times = _several(request_time(request, draws, working), draws.own(STEP_TOKENS))
    return Case(request, times, serving.power_by_part(times, request.chip, request.active))


def _of_speed(
    read: Callable[[Setup, float | str | None, Draws], ReplicaRequest], setup: Setup, record: Record, draws: Draws
) -> ReplicaRequest:
    """The request on the replica that answers most requests for each chip at the usual speed, beside as many others as
    each draw's speed leaves."""
    central = draws.central()
    best = request = read(setup, 1.0, central)
    gaps = between = _gaps(request, central)
    usual = central.own(STEP_TOKENS) / record["speed_tokens_per_s"].value
    while setup.gpus is None and 2 * request.chips <= LARGEST_REPLICA:
        request = read(replace(setup, gpus=2 * request.chips), 1.0, central)
        gaps = _gaps(request, central)
        if _together(usual, gaps) / request.chips > _together(usual, between) / best.chips:
            best, between = request, gaps
    limit = draws.own(STEP_TOKENS) / draws.own(record["speed_tokens_per_s"])
    most = serving.largest_batch(best.model, best.chip, best.chips, best.length, best.precision)
    settled = read(replace(setup, gpus=best.chips), None, draws)
    return replace(settled, batch=np.clip(_together(limit, between), 1.0, max(most, 1.0)), given={})


def _gaps(request: ReplicaRequest, central: Draws) -> Array:
    """Seconds of a step for each of ``BATCHES``, at central values."""
    tokens = (request.input_tokens, max(request.output_tokens, 2.0))
    times = serving.serve_request(
        request.model, request.chip, request.chips, BATCHES, tokens, request.precision, central, request.how
    )
    return np.asarray(np.maximum.accumulate(np.asarray(times.tpot_s, float)))


def _together(limit_s: Array, between_s: Array) -> Array:
    """Requests together whose steps last no longer than a limit."""
    return np.asarray(np.exp(np.interp(np.log(limit_s), np.log(between_s), np.log(BATCHES))))


def _several(times: serving.Request, tokens: Array) -> serving.Request:
    """The times where a step of decode gives several tokens, as with a draft model or heads for the next tokens."""
    gap = None if times.tpot_s is None else np.asarray(times.tpot_s / tokens)
    return replace(
        times,
        decoding_s=np.asarray(times.decoding_s / tokens),
        decode_s=np.asarray(times.decode_s / tokens),
        tpot_s=gap,
    )


@dataclass(frozen=True, eq=False)
class Mixture:
    """Cases by size and by chip, and the size and the chip of each draw."""

    cases: Sequence[Sequence[Case]]
    size: Array
    chip: Array

    @property
    def central(self) -> Case:
        """The case of the middle size on the chip that the maker is best known for."""
        return self.cases[len(self.cases) // 2][0]

    def mix(self, of: Callable[[Case], Array | float]) -> Array:
        """Each draw's value from its own case, shape ``(n_draws,)``."""
        count = len(self.size)
        rows = [np.broadcast_to(np.asarray(of(case), float), (count,)) for row in self.cases for case in row]
        return np.asarray(np.stack(rows)[self.size * len(self.cases[0]) + self.chip, np.arange(count)])

    def phases(self) -> list[Phase]:
        """The stretches of reading and of writing, each draw's of its own case."""

        def watts(phase: str) -> dict[str, Array]:
            parts = dict.fromkeys(part for row in self.cases for case in row for part in case.power[phase])
            return {part: self.mix(lambda case: case.power[phase].get(part, 0.0)) for part in parts}  # noqa: B023

        return [
            Phase(watts("reading"), self.mix(lambda case: case.times.reading_s)),
            Phase(watts("decode"), self.mix(lambda case: case.times.decoding_s)),
        ]


def _answer(question: ClosedQuestion, mixed: Mixture, where: Where, draws: Draws, working: Working) -> Answer:
    record, central = question.record, mixed.central
    facility = find_facility(where, draws, working)
    bill, load, peak = deliver(mixed.phases(), facility, draws, working, any_time=True)
    occupied_s = mixed.mix(lambda case: case.times.busy_s * case.request.chips / case.request.active)
    request = central.request
    bill = with_making(bill, request.chip, occupied_s, where, draws, working)
    duration = mixed.mix(lambda case: case.times.busy_s)
    return Answer(
        command="prompt",
        title=(
            f"A prompt of {number(request.input_tokens)} tokens in, {number(request.output_tokens)} out, "
            f"{record.title} of {record.meta['developer']}, which was never published: an estimate"
        ),
        inputs=request.inputs() | facility.inputs(),
        more={"model": _reading(record)},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=duration,
        quantities=_quantities(mixed, bill.energy_j, facility.pue),
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=(_warning(question, mixed),),
        notes=(*_published(record, draws), *notes_of(where, bill.follows["cost_usd"], facility.hours, "any")),
    )


def _reading(record: Record) -> dict[str, object]:
    return {
        "name": record.title,
        "family": "closed",
        "total_params": int(record["total_params"].value),
        "active_params": int(record["active_params"].value),
        "architecture_known": False,
    }


def _quantities(mixed: Mixture, energy_j: Array, pue: Array) -> dict[str, Array]:
    output = mixed.central.request.output_tokens
    further = {}
    latency = first = mixed.mix(lambda case: case.times.ttft_s)
    if mixed.central.times.tpot_s is not None:
        further = {"tpot_s": mixed.mix(lambda case: 0.0 if case.times.tpot_s is None else case.times.tpot_s)}
        latency = first + (output - 1) * further["tpot_s"]
    return {
        "energy_j": energy_j,
        "joules_per_output_token": np.asarray(energy_j / output),
        "replica_s": mixed.mix(lambda case: case.times.busy_s),
        "ttft_s": first,
        **further,
        "latency_s": np.asarray(latency),
        "batch": mixed.mix(lambda case: case.request.batch),
        "pue": pue,
    }


def _warning(question: ClosedQuestion, mixed: Mixture) -> str:
    record = question.record
    total, active, speed = (record[name] for name in ("total_params", "active_params", "speed_tokens_per_s"))
    chips = ", ".join(dict.fromkeys(case.request.chip.record.name for row in mixed.cases for case in row))
    thinks = "; it thinks before it answers: --output counts those tokens too" if record.meta.get("reasoning") else ""
    return (
        f"{record.title} was never published: {total.low / 1e9:,.0f} to {total.high / 1e9:,.0f} billion parameters, "
        f"{active.low / 1e9:,.0f} to {active.high / 1e9:,.0f} of them active, {speed.low:,.0f} to {speed.high:,.0f} "
        f"tokens/s and {chips} are public estimates; take the range, not its middle{thinks}"
    )


def _published(record: Record, draws: Draws) -> list[str]:
    """What others have published of a prompt, to set beside."""
    notes = []
    for name in record.meta["published"]:
        prompt = draws.catalog.find("prompt", name)
        fact = prompt["energy_wh"]
        draws.cite(fact)
        notes.append(
            f"beside it: {prompt.title}, {number(fact.value)} Wh ({number(fact.low)} to {number(fact.high)}, "
            f"{prompt.meta['measured']}, {prompt.meta['date']})"
        )
    return notes

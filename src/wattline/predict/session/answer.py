"""The answer of a session: its bill by reading, thinking and answering, what caches saved, and each kind of call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.bill import Bill
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.core.range import Range
from wattline.core.units import J_PER_WH
from wattline.line.engine import average_serving as serving
from wattline.line.work.inputs import read_model
from wattline.line.work.model import Model
from wattline.line.work.reading import model_reading
from wattline.line.work.sessions.read import CallSession
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import Facility, find_facility
from wattline.predict.making import with_making
from wattline.predict.prices import notes_of
from wattline.predict.rented import rental, rental_notes
from wattline.predict.request import ReplicaRequest, read_request, warnings
from wattline.predict.session.exchanges import Exchange, exchanges_of
from wattline.predict.session.seen import SessionEncoding, encode, with_senses
from wattline.predict.session.table import LengthTable, length_table
from wattline.predict.session.waiting import check_deadline, off_peak, off_peak_notes
from wattline.predict.setup import Setup
from wattline.predict.where import Where

BATCH_API, ALWAYS = 256.0, "0.95"  # requests together, and chips at work, where nobody waits


@dataclass(frozen=True)
class SessionQuestion:
    """A session, and the model and replica that answer it; hours within which a batch API has it done, where given."""

    session: CallSession
    model: str | Path | Model
    setup: Setup
    batch: float | str | None
    active: float | str | None
    batch_api: bool
    deadline_h: float | None = None


@dataclass(frozen=True, eq=False)
class Shares:
    """Seconds of the replica and joules of its chips for one exchange: reading, thinking, answering, and what its
    cached tokens would have taken."""

    reading: tuple[Array, Array]
    thinking: tuple[Array, Array]
    answering: tuple[Array, Array]
    cached: tuple[Array, Array]

    @property
    def seconds(self) -> Array:
        """Of the replica in all."""
        return np.asarray(self.reading[0] + self.thinking[0] + self.answering[0])

    @property
    def joules(self) -> Array:
        """Of the chips in all."""
        return np.asarray(self.reading[1] + self.thinking[1] + self.answering[1])


def session_answer(question: SessionQuestion, where: Where, draws: Draws) -> Answer:
    """The answer of a session that is read already.

    Parameters
    ----------
    question : as it was read
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the answer.
    """
    working = Working()
    own, seen = with_senses(question.session, read_model(question.model, draws.catalog), draws)
    exchanges = exchanges_of(own, draws)
    request = _replica(question, exchanges, draws)
    encoded = encode(seen, request, draws, working)
    table = _table(request, exchanges, draws)
    shares = [_shares(each, table) for each in exchanges]
    facility = find_facility(where, draws, working)
    facility = off_peak(facility, question.deadline_h) if question.batch_api else facility
    phases = [*(phase for _, phase in encoded.phases), *_phases(exchanges, shares, table)]
    bill, load, peak = deliver(phases, facility, draws, working, any_time=True)
    busy_s = _sum(exchanges, [share.seconds for share in shares]) + encoded.time_s
    occupied_s = np.asarray(busy_s * request.chips / request.active)
    bill = with_making(bill, request.chip, occupied_s, where, draws, working)
    _explain(exchanges, shares, table, request, working)
    quantities = _quantities(exchanges, table, request, encoded)
    check_deadline(question.deadline_h, quantities["latency_s"])
    quantities |= {"energy_j": bill.energy_j, "pue": facility.pue}
    quantities["joules_per_output_token"] = np.asarray(bill.energy_j / quantities["output_tokens"])
    quantities["cache_saved_wh"] = np.asarray(_saved_j(exchanges, shares, table) * facility.pue / J_PER_WH)
    return Answer(
        command="session",
        title=_title(question, exchanges, request),
        inputs=_inputs(question, request) | facility.inputs(),
        more={
            "model": model_reading(request.model, request.precision),
            "exchanges": _rows(exchanges, shares, table, encoded, bill.energy_j),
        },
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=busy_s,
        quantities=quantities | rental(request.chip, occupied_s, draws),
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=warnings(request),
        notes=_notes(question, encoded, request, (where, facility, bill)),
    )


def _notes(
    question: SessionQuestion, encoded: SessionEncoding, request: ReplicaRequest, site: tuple[Where, Facility, Bill]
) -> tuple[str, ...]:
    where, facility, bill = site
    return (
        *encoded.notes,
        *rental_notes(request.chip),
        *notes_of(where, bill.follows["cost_usd"], facility.hours, "any"),
        *(off_peak_notes(facility, question.deadline_h) if question.batch_api else ()),
    )


def _title(question: SessionQuestion, exchanges: Sequence[Exchange], request: ReplicaRequest) -> str:
    calls = f"{question.session.title}: {_counted(exchanges)} to {request.model.name}"
    return f"{calls} on {request.chips} × {request.chip.record.title}"


def _table(request: ReplicaRequest, exchanges: Sequence[Exchange], draws: Draws) -> LengthTable:
    """What a replica takes for prompts from the shortest part to the longest of all draws."""
    shortest = min(float(np.mean(each.prompt)) for each in exchanges) / 4
    written = float(np.mean([float(np.mean(each.thinking + each.output)) for each in exchanges]))
    longest = max(float(np.max(np.maximum(each.prompt, _behind(each) - written / 2))) for each in exchanges)
    return length_table(request, (shortest, longest), written, draws)


def _behind(each: Exchange) -> Array:
    """Tokens that a call's written ones have behind them, on average."""
    return np.asarray(each.prompt + (each.thinking + each.output) / 2)


def _quantities(
    exchanges: Sequence[Exchange], table: LengthTable, request: ReplicaRequest, encoded: SessionEncoding
) -> dict[str, Array]:
    """Calls, tokens, time and batch."""
    return {
        "calls": np.asarray(sum(each.count for each in exchanges)),
        **{name: _sum(exchanges, [getattr(each, part) for each in exchanges]) for name, part in TOKENS.items()},
        **({"encode_s": encoded.time_s} if encoded.phases else {}),
        "latency_s": np.asarray(_latency(exchanges, table) + encoded.time_s),
        "batch": np.asarray(request.batch, float),
    }


def _saved_j(exchanges: Sequence[Exchange], shares: Sequence[Shares], table: LengthTable) -> Array:
    """Joules of servers that reading the cached tokens again would have taken."""
    seconds, joules = (_sum(exchanges, [share.cached[k] for share in shares]) for k in (0, 1))
    return np.asarray(joules + seconds * sum(table.common_w.values()))


def _counted(exchanges: Sequence[Exchange]) -> str:
    """``one call``, ``40 calls``."""
    calls = sum(each.count for each in exchanges)
    return "one call" if calls == 1 else f"{number(calls)} calls"


TOKENS = {
    "prompt_tokens": "prompt",
    "cached_tokens": "cached",
    "thinking_tokens": "thinking",
    "output_tokens": "output",
}


def _replica(question: SessionQuestion, exchanges: Sequence[Exchange], draws: Draws) -> ReplicaRequest:
    """A replica that holds the session's mean prompt; a batch API fills it."""
    lengths = [float(np.mean(each.prompt)) for each in exchanges]
    written = [float(np.mean(each.thinking + each.output)) for each in exchanges]
    middle = (max(round(float(np.mean(lengths))), 1), max(round(float(np.mean(written))), 1))
    active = ALWAYS if question.batch_api and question.active is None else question.active
    request = read_request(question.model, question.setup, middle, batch=question.batch, active=active, draws=draws)
    longest = max(float(np.mean(each.prompt + each.thinking + each.output)) for each in exchanges)
    request = replace(request, input_tokens=longest, output_tokens=0.0)
    if question.batch_api and question.batch is None:
        most = serving.largest_batch(
            request.model, request.chip, request.chips, sum(middle), request.precision, request.how
        )
        request = replace(request, batch=np.asarray(max(min(BATCH_API, most), 1.0)))
    return request


def _shares(each: Exchange, table: LengthTable) -> Shares:
    """An exchange's part of the replica: a cached beginning is not read again, but is looked at by every new token."""
    whole, kept = table.reading(each.prompt), table.reading(each.cached)
    reading = tuple(np.maximum(a - b, 0.0) for a, b in zip(whole, kept, strict=True))
    like = table.prompt_of(_behind(each))
    second, watts = table.at(table.write_s, like), table.at(table.write_w, like)
    thinking, answering = (np.asarray(tokens * second) for tokens in (each.thinking, each.output))
    return Shares(
        (reading[0], reading[1]), (thinking, np.asarray(thinking * watts)), (answering, np.asarray(answering * watts)),
        kept,
    )  # fmt: skip


def _phases(exchanges: Sequence[Exchange], shares: Sequence[Shares], table: LengthTable) -> list[Phase]:
    """Reading, thinking and answering, one after the other."""
    made = []
    for part, name in (("reading", "prefill"), ("thinking", "thinking"), ("answering", "decode")):
        seconds, joules = (_sum(exchanges, [getattr(share, part)[k] for share in shares]) for k in (0, 1))
        if not np.any(seconds > 0):
            continue
        watts = np.asarray(np.divide(joules, seconds, out=np.zeros_like(joules), where=seconds > 0))
        made.append(Phase({name: watts, **table.common_w}, seconds))
    return made


def _sum(exchanges: Sequence[Exchange], values: Sequence[Array]) -> Array:
    """Values of all exchanges together, each so often as it is made."""
    return np.asarray(sum(each.count * value for each, value in zip(exchanges, values, strict=True)), float)


def _latency(exchanges: Sequence[Exchange], table: LengthTable) -> Array:
    """Seconds from the first call to the last answer: what is read, each token in its turn, and waits for tools."""
    total = np.asarray(0.0)
    for each in exchanges:
        read = np.maximum(table.reading(each.prompt)[0] - table.reading(each.cached)[0], 0.0)
        written = (each.thinking + each.output) * table.at(table.between_s, table.prompt_of(_behind(each)))
        total = np.asarray(total + each.count * (read + written + each.wait_s))
    return total


def _inputs(question: SessionQuestion, request: ReplicaRequest) -> dict[str, Any]:
    shown = request.inputs()
    dropped = {name: value for name, value in shown.items() if name not in ("input_tokens", "output_tokens")}
    more: dict[str, Any] = {"batch_api": True} if question.batch_api else {}
    if question.deadline_h is not None:
        more["deadline_h"] = question.deadline_h
    return {"session": question.session.key} | dropped | more


def _rows(
    exchanges: Sequence[Exchange],
    shares: Sequence[Shares],
    table: LengthTable,
    encoded: SessionEncoding,
    energy_j: Array,
) -> list[dict[str, Any]]:
    """The exchanges of each name together: their tokens and their part of the energy at the grid, in each draw in
    proportion to what the servers take for them, so that the rows add up to the whole."""
    common_w = np.asarray(sum(table.common_w.values()))
    names = list(dict.fromkeys(each.name for each in exchanges))
    joules, rows = [], []
    for name in names:
        own = [(each, share) for each, share in zip(exchanges, shares, strict=True) if each.name == name]
        picked = [each for each, _ in own]
        served = _sum(picked, [share.joules + share.seconds * common_w for _, share in own])
        joules.append(np.asarray(served + encoded.joules(name)))
        tokens = {key: float(np.mean(_sum(picked, [getattr(e, part) for e in picked]))) for key, part in TOKENS.items()}
        rows.append({"name": name, "count": round(sum(each.count for each in picked)), **tokens})
    whole = np.asarray(sum(joules))
    for row, part in zip(rows, joules, strict=True):
        energy = np.asarray(part / whole * energy_j / J_PER_WH)
        row |= {"energy_wh": Range.of(energy).json(), "energy_mean_wh": float(np.mean(energy))}
    return rows


def _explain(
    exchanges: Sequence[Exchange],
    shares: Sequence[Shares],
    table: LengthTable,
    request: ReplicaRequest,
    working: Working,
) -> None:
    for name, formula, part in (
        ("tokens of all prompts", "earlier turns, answers and what is new", "prompt"),
        ("of these from a cache", "cached share of what came before", "cached"),
    ):
        working.note("work", name, formula, _sum(exchanges, [getattr(each, part) for each in exchanges]), "")
    for part in ("reading", "thinking", "answering"):
        seconds = _sum(exchanges, [getattr(share, part)[0] for share in shares])
        working.note("chip", f"replica's time for {part}", "its share of the steps of both kinds", seconds, "s")
    for place in (0, -1):
        words, write_s, read_s = f"{table.tokens[place]:,.0f}", table.write_s[place], table.read_s[place]
        working.note("chip", f"writing a token behind {words}", "decode step / requests together", write_s, "s")
        working.note("chip", f"reading a prompt of {words}", "beyond what its tokens take in decode", read_s, "s")
    working.note("chip", "share of time at work", "given or catalog", request.active, "")

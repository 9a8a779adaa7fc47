"""Pictures and sound of a session's calls: their tokens among the prompts, and the encoders' work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.work.model import Model
from wattline.line.work.sessions.read import CallSession, SessionCall
from wattline.predict.answer import Working
from wattline.predict.delivery import Phase
from wattline.predict.request import ReplicaRequest
from wattline.predict.senses import Senses, SensesRead, encode_phase, read_senses


@dataclass(frozen=True, eq=False)
class SeenCall:
    """Calls of a name that bring pictures or sound, once each: ``tokens`` of one call."""

    name: str
    count: int
    read: SensesRead


def with_senses(session: CallSession, model: Model, draws: Draws) -> tuple[CallSession, tuple[SeenCall, ...]]:
    """The session with the tokens of its pictures and sound among those of its prompts.

    Parameters
    ----------
    session : as it was read
    model : that reads them
    draws : whose catalog holds its encoders

    Returns the session, and the calls that bring something beside text. Raises WattlineError for a model that reads
    none.
    """
    calls, seen = [], []
    for call in session.calls:
        read = _read(call, model, draws)
        calls.append(call.with_tokens(read.tokens) if read.sights else call)
        if read.sights:
            seen.append(SeenCall(call.name, call.count, read))
    return replace(session, calls=tuple(calls)), tuple(seen)


def _read(call: SessionCall, model: Model, draws: Draws) -> SensesRead:
    if not call.senses:
        return SensesRead()
    try:
        return read_senses(Senses(**call.senses), model, draws)
    except WattlineError as error:
        raise WattlineError(f"call {call.name}: {error}") from None


@dataclass(frozen=True, eq=False)
class SessionEncoding:
    """What encoders take in a session: a phase by the name of calls, each of all calls of that name."""

    phases: tuple[tuple[str, Phase], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def time_s(self) -> Array:
        """Seconds of the replica in all."""
        return np.asarray(sum((phase.duration_s for _, phase in self.phases), np.asarray(0.0)))

    def joules(self, name: str) -> Array:
        """Of the servers, for the calls of a name."""
        own = [phase for own, phase in self.phases if own == name]
        return np.asarray(sum((sum(p.power_w.values()) * p.duration_s for p in own), np.asarray(0.0)))


def encode(seen: Sequence[SeenCall], request: ReplicaRequest, draws: Draws, working: Working) -> SessionEncoding:
    """The encoders' work on a replica.

    Parameters
    ----------
    seen : calls that bring something beside text
    request : the replica
    draws : of the facts' ranges
    working : the answer's reasons, which are added to

    Returns what they take.
    """
    made = []
    for call in seen:
        phase = encode_phase(call.read, request.chip, request.chips, request.active, draws, working)
        made.append((call.name, replace(phase, duration_s=np.asarray(phase.duration_s * call.count))))
    return SessionEncoding(tuple(made), seen[0].read.notes if seen else ())

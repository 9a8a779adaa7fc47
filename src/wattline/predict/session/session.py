"""``session``: joules and watt-hours of calls that build on each other: chats, agents, reasoning, batch APIs."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.work.model import Model
from wattline.line.work.sessions.read import CallSession, read_session, session_of_trace
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.answer import Answer
from wattline.predict.prompt import PromptFields
from wattline.predict.session.answer import SessionQuestion, session_answer
from wattline.predict.session.waiting import read_deadline
from wattline.predict.setup import REPLICA, Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where

USUAL_MODEL = "llama-3.3-70b"


def session(
    session: str | Path | CallSession | Traffic,
    model: str | Path | Model | None = None,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    batch: float | str | None = None,
    active: float | str | None = None,
    batch_api: bool = False,
    deadline: float | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[PromptFields],
) -> Answer:
    """Energy of a session: calls whose prompts grow by what was asked, answered and brought by tools.

    Parameters
    ----------
    session : a preset (chat, reasoning, agent-coding, computer-use, deep-research, rag, batch, evaluation), a file, a
        trace with prefix hashes, or a CallSession
    model : a catalog name, the path of a ``config.json``, or a Model; the file's own, or Llama 3.3 70B
    setup : a chip's name, or a Setup
    where : a region's name, or a Where; with ``batch_api`` and carbon or price by the hour, the best third
        of each day
    batch : requests that a replica answers together
    active : share of the time that provisioned chips are at work, 0 to 1
    batch_api : whether the work may wait a day: full batches, chips always at work, off-peak hours
    deadline : within which the work of a batch API is to be done [h], such as ``"6 h"``; a day where not given
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, gpus, precision) and of ``Where`` (region, site, pue, place, ...)

    Returns the answer; its bill is of one session. Raises WattlineError on bad input.

    Example
    -------
    >>> wl.session("agent-coding", "deepseek-v3", "h200-sxm").range("energy_wh")
    """
    terms = read_terms(setup, where, fields, REPLICA, draws, seed, facts)
    known = _session(session)
    deadline_h = read_deadline(deadline)
    waits = batch_api or known.batch_api or deadline_h is not None
    question = SessionQuestion(
        known, model or known.model or USUAL_MODEL, terms.setup, batch, active, waits, deadline_h
    )
    return session_answer(question, terms.where, terms.draws)


def _session(given: str | Path | CallSession | Traffic) -> CallSession:
    if isinstance(given, CallSession):
        return given
    if isinstance(given, Traffic):
        return session_of_trace(given, "a trace")
    name = str(given)
    if name.endswith((".jsonl.gz", ".parquet", ".csv")) or (name.endswith(".jsonl") and _is_trace(Path(name))):
        return session_of_trace(read_traffic(name), Path(name).name)
    return read_session(given)


def _is_trace(path: Path) -> bool:
    """Whether a file of JSON lines is a trace of requests."""
    try:
        with path.open(encoding="utf-8") as file:
            return '"input_length"' in file.readline(10_000)
    except OSError as error:
        raise WattlineError(f"session {path}: {error.strerror or error}") from None
    except ValueError:
        return False

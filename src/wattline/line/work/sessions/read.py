"""A session's file: TOML with ``[[call]]`` tables, lines of JSON with the same keys, or a trace with prefix hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wattline.core.errors import NotFound, WattlineError, nearest_names, shorten
from wattline.core.quantity import parse
from wattline.core.reading import parse_json, parse_toml, read_text
from wattline.line.work.traffic.trace import Traffic

LIMIT_BYTES = 5_000_000
MAX_CALLS, MAX_TOKENS = 100_000, 1e7
BINS = 12  # of prompts' lengths, that a trace's requests are put together by
PRESETS = ("chat", "reasoning", "agent-coding", "deep-research", "rag", "batch", "evaluation", "computer-use")
Tokens = float | str | list[float | str]


class CallTable(BaseModel):
    """A call, or ``count`` of them one after the other."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str = Field(min_length=1, max_length=100)
    count: int = Field(1, ge=1, le=MAX_CALLS)
    new_input: Tokens
    output: Tokens
    thinking: Tokens = 0
    cached: float = Field(0.0, ge=0, le=1)
    keeps_thinking: bool = False
    fresh: bool = False
    wait: float | str = 0
    pictures: int | None = Field(None, ge=1)
    picture_size: str | int | None = None
    audio: float | str | None = None


class SessionTable(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = Field("", max_length=300)
    model: str | None = None
    batch_api: bool = False
    call: list[CallTable] = Field(min_length=1, max_length=1000)


@dataclass(frozen=True)
class TokenRange:
    """Tokens that vary from session to session: 5th percentile, median and 95th; all alike where they do not."""

    low: float
    value: float
    high: float


@dataclass(frozen=True)
class SessionCall:
    """A call: what is new in its prompt, thought and answered, and how much of the earlier prompt a cache keeps.

    ``senses``: ``pictures``, ``picture_size`` and ``audio`` that are new in each prompt, as given.
    ``fresh`` calls begin without the earlier ones; ``prefix`` is a prompt before the new tokens that is no call's of
    this session, as in a trace.
    """

    name: str
    count: int
    new_input: TokenRange
    thinking: TokenRange
    output: TokenRange
    cached: float = 0.0
    keeps_thinking: bool = False
    fresh: bool = False
    wait_s: float = 0.0
    prefix: float = 0.0
    senses: Mapping[str, Any] = field(default_factory=dict)

    def with_tokens(self, more: int) -> SessionCall:
        """The same with so many more tokens new in each prompt, such as those of its pictures."""
        new = TokenRange(*(tokens + more for tokens in (self.new_input.low, self.new_input.value, self.new_input.high)))
        return replace(self, new_input=new)


@dataclass(frozen=True)
class CallSession:
    """Calls in their order; ``batch_api`` for work that may wait a day."""

    key: str
    title: str
    calls: tuple[SessionCall, ...]
    model: str | None = None
    batch_api: bool = False


def read_session(name: str | Path) -> CallSession:
    """A preset by its name, or a file.

    Parameters
    ----------
    name : of ``PRESETS``, or a path of TOML or JSONL

    Returns the session. Raises WattlineError with place and mend.
    """
    if str(name) in PRESETS:
        return _checked(Path(__file__).parent / f"{name}.toml", str(name))
    path = Path(name)
    if not path.suffix and not path.exists():
        raise NotFound("session", str(name), PRESETS, f"presets: {', '.join(PRESETS)}; or give a file")
    return _checked(path, path.name)


def _checked(path: Path, key: str) -> CallSession:
    text = read_text(path, LIMIT_BYTES, "session")
    try:
        lines = [parse_json(line) for line in text.splitlines() if line.strip()] if path.suffix == ".jsonl" else []
        data = {"call": lines, "title": path.stem} if lines else parse_toml(text)
    except ValueError as error:
        raise WattlineError(f"session {path}: cannot be read: {shorten(str(error), 120)}") from None
    try:
        table = SessionTable.model_validate(data)
    except ValidationError as error:
        raise WattlineError(f"session {path}: {_fault(error)}") from None
    title = table.title or path.stem
    return CallSession(key, title, tuple(_call(row, path) for row in table.call), table.model, table.batch_api)


def _fault(error: ValidationError) -> str:
    """The first fault with its place and, of a key that is not known, the nearest."""
    fault = error.errors()[0]
    place = [part for part in fault["loc"] if not isinstance(part, str) or part.isidentifier()]
    where = f"call {place[1] + 1}: " if len(place) > 1 and isinstance(place[1], int) else ""
    key = str(fault["loc"][-1]) if len(place) < 3 else str(place[2])
    if fault["type"] == "extra_forbidden":
        known = [*CallTable.model_fields] if where else [*SessionTable.model_fields]
        near = nearest_names(key, known)
        return f"{where}unknown key {shorten(key)!r}; {f'nearest: {near[0]}' if near else 'known: ' + ', '.join(known)}"
    return f"{where}{key}: {fault['msg'].lower()}"


def _call(row: CallTable, path: Path) -> SessionCall:
    at = f"session {path}: call {row.name}"
    return SessionCall(
        row.name, row.count, _tokens(row.new_input, f"{at}: new_input", 1.0), _tokens(row.thinking, f"{at}: thinking"),
        _tokens(row.output, f"{at}: output", 1.0), row.cached, row.keeps_thinking, row.fresh,
        parse(row.wait, "s", f"{at}: wait", zero=True), senses=_senses(row, at),
    )  # fmt: skip


def _senses(row: CallTable, at: str) -> dict[str, Any]:
    """What of a call is no text, as it was given."""
    if row.picture_size is not None and row.pictures is None:
        raise WattlineError(f"{at}: picture_size: there is no picture; give pictures = 1")
    names = ("pictures", "picture_size", "audio")
    return {name: value for name in names if (value := getattr(row, name)) is not None}


def _tokens(value: Any, at: str, least: float = 0.0) -> TokenRange:
    values = value if isinstance(value, list) else [value] * 3
    if len(values) != 3:
        raise WattlineError(f"{at}: give one number, or three: 5th percentile, median and 95th")
    numbers = [parse(each, "token", at, zero=True) for each in values]
    if not least <= numbers[0] <= numbers[1] <= numbers[2] <= MAX_TOKENS:
        raise WattlineError(f"{at}: {value} are not rising numbers of tokens from {least:g} to {MAX_TOKENS:,.0f}")
    if numbers[0] == 0 < numbers[2]:
        raise WattlineError(f"{at}: a range cannot begin at 0; begin it at 1")
    return TokenRange(*numbers)


def session_of_trace(traffic: Traffic, key: str) -> CallSession:
    """A trace's requests as calls, its prompts' beginnings cached where an earlier request began so.

    Parameters
    ----------
    traffic : with hashes of its prompts' blocks, such as Mooncake's
    key : its name

    Returns a session of requests of like length put together. Raises WattlineError for a trace without hashes.
    """
    hashes = traffic.hashes
    if hashes is None:
        raise WattlineError(f"session {key}: the trace has no hashes of its prompts (hash_ids); take `wattline serve`")
    prompts = np.asarray(traffic.input_tokens, float)
    kept = np.minimum(_reused(hashes.block, hashes.offset) * hashes.block_tokens, prompts - 1)
    edges = np.quantile(np.log(prompts), np.linspace(0, 1, BINS + 1)[1:-1])
    group = 2 * np.searchsorted(edges, np.log(prompts)) + (kept > 0.5 * prompts)
    calls = []
    for number in np.unique(group):
        rows = group == number
        whole, cached, written = (float(np.mean(x[rows])) for x in (prompts, kept, np.asarray(traffic.output_tokens)))
        calls.append(
            SessionCall(
                f"prompts of {whole:,.0f}, {cached / whole:.0%} cached", int(rows.sum()),
                _exact(max(whole - cached, 1.0)), _exact(0.0), _exact(max(written, 1.0)), 1.0,
                fresh=True, prefix=cached,
            )
        )  # fmt: skip
    return CallSession(key, f"{len(prompts):,} requests of {key}", tuple(calls))


def _reused(block: np.ndarray[Any, Any], offset: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Leading blocks of each request that an earlier one had, where nothing is ever forgotten."""
    seen: set[int] = set()
    leading = np.zeros(len(offset) - 1)
    for number, (first, last) in enumerate(pairwise(offset)):
        own = block[first:last].tolist()
        count = next((at for at, each in enumerate(own) if each not in seen), len(own))
        leading[number] = count
        seen.update(own)
    return leading


def _exact(tokens: float) -> TokenRange:
    return TokenRange(tokens, tokens, tokens)

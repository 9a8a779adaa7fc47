"""Token counts in a server's answers, and one field put into them without touching another byte."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WHOLE_BYTES = 1 << 20  # up to here an answer is parsed whole; beyond, only its usage object
_USAGE = re.compile(rb'(?<!\\)"usage"\s*:\s*\{')
_ID = re.compile(rb'^\s*\{\s*"id"\s*:\s*"([^"\\]{1,200})"')
MAX_TRIED = 8  # of what may be the usage object, the last ones
_DECODER = json.JSONDecoder()
_COUNTS = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens")


@dataclass(slots=True)
class Tokens:
    """Tokens as a server reported them, else None. ``basis``: reported, or unknown. ``*_ms``: llama.cpp's timings."""

    prompt: int | None = None
    cached: int | None = None
    output: int | None = None
    basis: str = "unknown"
    prefill_ms: float | None = None
    decode_ms: float | None = None


def read_tokens(data: Mapping[str, Any], into: Tokens) -> bool:
    """Take the counts of an answer's (or an event's) ``usage`` and ``timings``; True where there were any.

    Parameters
    ----------
    data : of an answer or an event, parsed
    into : counts to fill

    Returns
    -------
    Whether there were counts.
    """
    usage, timings = data.get("usage"), data.get("timings")
    known = isinstance(usage, dict) and _read_usage(usage, into)
    if isinstance(timings, dict):
        known = _read_timings(timings, into) or known
    elif "eval_count" in data or "prompt_eval_count" in data:
        known = _read_ollama(data, into) or known
    if known:
        into.basis = "reported"
    return known


def _read_usage(usage: Mapping[str, Any], into: Tokens) -> bool:
    prompt = _count(usage, "prompt_tokens", "input_tokens")
    output = _count(usage, "completion_tokens", "output_tokens")
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    cached = _count(details, "cached_tokens") if isinstance(details, dict) else None
    if cached is None:
        cached = _count(usage, "prompt_cache_hit_tokens", "cached_tokens")
    # Anthropic's form tells what it read from its cache beside the input, not within it
    beside = _count(usage, "cache_read_input_tokens")
    if beside is not None and prompt is not None:
        prompt, cached = prompt + beside, beside
    if prompt is not None and output is None and "total_tokens" in usage:
        total = _count(usage, "total_tokens")
        output = None if total is None else max(total - prompt, 0)
    for name, value in (("prompt", prompt), ("cached", cached), ("output", output)):
        if value is not None:
            setattr(into, name, value)
    return prompt is not None or output is not None


def _read_timings(timings: Mapping[str, Any], into: Tokens) -> bool:
    """llama.cpp: ``prompt_n`` leaves out what its cache held."""
    read, cached, made = (_count(timings, name) for name in ("prompt_n", "cache_n", "predicted_n"))
    if read is not None and into.prompt is None:
        into.prompt = read + (cached or 0)
    if cached is not None and into.cached is None:
        into.cached = cached
    if made is not None and into.output is None:
        into.output = made
    for name, key in (("prefill_ms", "prompt_ms"), ("decode_ms", "predicted_ms")):
        value = timings.get(key)
        if isinstance(value, (int, float)) and value >= 0:
            setattr(into, name, float(value))
    return made is not None or read is not None


def _read_ollama(data: Mapping[str, Any], into: Tokens) -> bool:
    """Ollama: counts, and times in ns, at the top of its last object."""
    read, made = _count(data, "prompt_eval_count"), _count(data, "eval_count")
    into.prompt = read if read is not None else into.prompt
    into.output = made if made is not None else into.output
    for name, key in (("prefill_ms", "prompt_eval_duration"), ("decode_ms", "eval_duration")):
        value = data.get(key)
        if isinstance(value, (int, float)) and value >= 0:
            setattr(into, name, value / 1e6)
    return read is not None or made is not None


def _count(data: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = data.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53:
            return value
    return None


def parse(body: bytes) -> dict[str, Any]:
    """An answer as an object: whole, or of a very long one only its id and usage; {} where it is not JSON."""
    if len(body) <= WHOLE_BYTES:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}
    place = find_usage(body)
    match = _ID.match(body[:400])
    data = {"id": match[1].decode("utf-8", "replace")} if match else {}
    return data if place is None else data | {"usage": place[0]}


def find_usage(body: bytes, want: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], int] | None:
    """The last ``usage`` object with token counts in raw JSON, and where its closing brace stands.

    ``want``: what it must be equal to, where the whole was parsed. A quoted "usage" in somebody's text is escaped
    there, so it never looks like a key.

    Parameters
    ----------
    body : raw JSON
    want : what the object must be equal to; None for any with counts

    Returns
    -------
    The object and the place of its closing brace; None without one.
    """
    for match in reversed(deque(_USAGE.finditer(body), MAX_TRIED)):
        begin = match.end() - 1
        text = body[begin : begin + 65_536].decode("latin-1")  # one character a byte, so that places agree
        try:
            usage, length = _DECODER.raw_decode(text)
        except (ValueError, RecursionError):
            continue
        good = any(name in usage for name in _COUNTS)
        if want is not None:
            good = json.loads(body[begin : begin + length]) == want
        if good:
            return usage, begin + length - 1
    return None


def insert(body: bytes, usage: Mapping[str, Any] | None, fields: Mapping[str, float | bool]) -> bytes:
    """The same bytes with ``fields`` at the end of the usage object; untouched where there is none, or has them.

    Parameters
    ----------
    body : the answer, JSON
    usage : its usage object, as it was read
    fields : name and value

    Returns the bytes.
    """
    place = find_usage(body, usage)
    if place is None or any(name in place[0] for name in fields):
        return body
    at = place[1]
    before = body[:at].rstrip()
    comma = b"" if before.endswith(b"{") else b","
    text = b",".join(f'"{name}":{json.dumps(value)}'.encode() for name, value in fields.items())
    return before + comma + text + body[len(before) :]


def remove(body: bytes, usage: Mapping[str, Any]) -> bytes:
    """The same bytes without the usage object, its key and one comma beside it.

    Parameters
    ----------
    body : raw JSON
    usage : the object to take out, parsed

    Returns
    -------
    The bytes that are left.
    """
    place = find_usage(body, usage)
    if place is None:
        return body
    begin, end = body.rindex(b'"usage"', 0, place[1]), place[1] + 1
    before, after = body[:begin].rstrip(), body[end:].lstrip()
    if before.endswith(b","):
        return before[:-1] + body[end:]
    return body[:begin] + (after[1:].lstrip() if after.startswith(b",") else body[end:])


def round_energy(energy_j: float) -> float:
    """Joules to six digits."""
    return float(f"{energy_j:.6g}")

"""Reads single values of a claims file: quantities, expressions, tolerances, texts."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from wattline.claim.expression import ExpressionError, Node, parse, parse_literal
from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.fact import Basis, Distribution, Source

MAX_TEXT = 2000
_QUANTITY_KEYS = ("value", "low", "high", "dist", "source", "note", "basis")
_BASES = ("measured", "published", "estimated")
_DISTRIBUTIONS = ("fixed", "triangular", "lognormal", "uniform")


@dataclass(frozen=True)
class Expression:
    """An expression as written and as read."""

    text: str
    tree: Node


@dataclass(frozen=True)
class Given:
    """A quantity that the claim brings along: its value; a range, a source and how it is known where it has them."""

    value: Expression
    low: Expression | None = None
    high: Expression | None = None
    dist: Distribution | None = None
    source: Source | None = None
    note: str = ""
    basis: Basis | None = None


class ClaimError(WattlineError):
    """What is wrong with a value; whoever knows where it stands adds that."""


def given_of(name: str, raw: Any) -> Given:
    """A quantity that a claims file gives: a number with its unit, or a table with its range and source.

    Parameters
    ----------
    name : of the quantity
    raw : as TOML gives it

    Returns the quantity. Raises ClaimError, which says what is wrong with which key.
    """
    at = f"quantities.{shorten(name)}"
    if not isinstance(raw, dict):
        return Given(literal_of(raw, at))
    try:
        only_known(raw, _QUANTITY_KEYS)
        if "value" not in raw:
            raise ClaimError("value is missing")
        if ("low" in raw) != ("high" in raw):
            raise ClaimError("low and high go together")
        dist = cast("Distribution | None", choice_of(raw, "dist", _DISTRIBUTIONS))
        source, note = source_of(raw.get("source")), text_of(raw, "note")
        basis = cast("Basis | None", choice_of(raw, "basis", _BASES))
    except ClaimError as error:
        raise ClaimError(f"{at}: {error}") from None
    low, high = (literal_of(raw[key], f"{at}.{key}") if key in raw else None for key in ("low", "high"))
    return Given(literal_of(raw["value"], f"{at}.value"), low, high, dist, source, note, basis)


def source_of(raw: Any) -> Source | None:
    """The source of a figure, of text or a table with its title; None where none is given. Raises ClaimError where it
    is neither."""
    if raw is None:
        return None
    if isinstance(raw, str) and raw.strip():
        return Source(text_of({"source": raw}, "source"))
    if not isinstance(raw, dict) or not isinstance(raw.get("title"), str):
        raise ClaimError('source must be text, or { title = "…", year = 2025, where = "…" }')
    only_known(raw, ("title", "year", "where"))
    year = raw.get("year")
    if year is not None and (isinstance(year, bool) or not isinstance(year, int)):
        raise ClaimError(f"source.year must be a whole number, not {shorten(repr(year))}")
    return Source(text_of(raw, "title"), year, text_of(raw, "where"))


def literal_of(raw: Any, at: str) -> Expression:
    """A number with its unit.

    Parameters
    ----------
    raw : as TOML gives it
    at : the key, for the error

    Returns the number as an expression. Raises ClaimError where it is none, or is not finite.
    """
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        try:
            finite = math.isfinite(raw)
        except OverflowError:
            finite = False
        if not finite:
            raise ClaimError(f"{at} must be a finite number")
        return Expression(f"{raw:g}" if abs(raw) >= 1e15 else str(raw), Node("number", (float(raw), "")))
    if not isinstance(raw, str):
        raise ClaimError(f'{at} must be a number with its unit, such as "1287 MWh", not {shorten(repr(raw))}')
    try:
        return Expression(raw.strip(), parse_literal(raw.strip()))
    except ExpressionError as error:
        raise ClaimError(f"{at}: {shorten(raw)!r} {error}") from None


def expression_of(raw: Any, at: str) -> Expression:
    """An expression in quotes, or a number.

    Parameters
    ----------
    raw : as TOML gives it
    at : the key, for the error

    Returns the expression. Raises ClaimError where it is not understood.
    """
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return literal_of(raw, at)
    if not isinstance(raw, str):
        raise ClaimError(f"{at} must be an expression in quotes, not {shorten(repr(raw))}")
    try:
        return Expression(" ".join(raw.split()), parse(raw.strip()))
    except ExpressionError as error:
        raise ClaimError(f"{at}: {shorten(raw)!r} {error}") from None


def tolerance_of(entry: dict[str, Any], key: str, default: float) -> float:
    """A tolerance as a share, such as 0.05 or ``"5%"``.

    Parameters
    ----------
    entry : a table of the file
    key : its key
    default : the share where the key is not there

    Returns the share, 0 to 1. Raises ClaimError where it is none.
    """
    raw = entry.get(key, default)
    if isinstance(raw, str):
        tree = literal_of(raw, key).tree
        number, unit = tree.value
        raw = number / 100 if unit == "%" else number if not unit else None
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 <= raw <= 1:
        raise ClaimError(f'{key} must be a share from 0 to 1, such as 0.05 or "5%"')
    return float(raw)


def only_known(entry: dict[str, Any], known: Collection[str]) -> None:
    """Look whether a table holds known keys alone.

    Parameters
    ----------
    entry : a table of the file
    known : its keys

    Raises ClaimError for another, with the nearest.
    """
    for key in entry:
        if key not in known:
            near = nearest_names(key, sorted(known))
            mend = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(sorted(known))}"
            raise ClaimError(f"unknown key {shorten(key)!r}; {mend}")


def text_of(entry: dict[str, Any], key: str) -> str:
    """Text, on one line; empty where the key is not there.

    Parameters
    ----------
    entry : a table of the file
    key : its key

    Returns the text. Raises ClaimError where it is none, or is too long.
    """
    raw = entry.get(key, "")
    if not isinstance(raw, str):
        raise ClaimError(f"{key} must be text in quotes, not {shorten(repr(raw))}")
    if len(raw) > MAX_TEXT:
        raise ClaimError(f"{key} is longer than {MAX_TEXT:,} characters")
    return shorten(raw, MAX_TEXT)


def choice_of(entry: dict[str, Any], key: str, known: tuple[str, ...]) -> str | None:
    """One of the words that are known; None where the key is not there.

    Parameters
    ----------
    entry : a table of the file
    key : its key
    known : the words

    Returns the word. Raises ClaimError for another.
    """
    raw = entry.get(key)
    if raw is not None and raw not in known:
        raise ClaimError(f"{key} must be one of {', '.join(known)}, not {shorten(repr(raw))}")
    return raw


def table_of(entry: dict[str, Any], key: str) -> dict[str, Any]:
    """A table of names and values; an empty one where the key is not there.

    Parameters
    ----------
    entry : a table of the file
    key : its key

    Returns the table. Raises ClaimError where it is none.
    """
    raw = entry.get(key, {})
    if not isinstance(raw, dict):
        raise ClaimError(f"{key} must be a table of names and values, not {shorten(repr(raw))}")
    return raw

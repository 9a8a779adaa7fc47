"""Damage in a journal told as one line, whatever it hits; and values held to their kind as they are read."""

from __future__ import annotations

import contextlib
import math
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, reason_of, shorten

MAX_US = 10**17  # 3,000 years
# what is raised where a file does not hold what its tables promise
_DAMAGE = (
    sqlite3.Error, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, AssertionError, RecursionError,
    MemoryError, struct.error,
)  # fmt: skip


@contextlib.contextmanager
def damage_named(kind: str, path: Path) -> Iterator[None]:
    """Whatever goes wrong inside, over values that are not what they should be, is damage of this file. Raises
    WattlineError, which names the file.

    Parameters
    ----------
    kind : of file, as the error names it
    path : of the file

    Returns
    -------
    A context, in which the work is done.
    """
    try:
        yield
    except _DAMAGE as error:
        why = reason_of(error)
        place = shorten(str(path), 200)
        raise WattlineError(
            f"{kind} {place} is damaged: {why}; `sqlite3 {place} .recover` saves what is left"
        ) from None


def as_text(value: Any) -> str:
    """A text; a missing one is empty. Raises ValueError for what is none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{shorten(repr(value), 40)} stands where a text should")
    return value


def as_whole(value: Any) -> int:
    """A whole number, of µs or rows. Raises ValueError for what is none."""
    if type(value) is not int or abs(value) > MAX_US:
        raise ValueError(f"{shorten(repr(value), 40)} stands where a whole number should")
    return value


def whole_or_none(value: Any) -> int | None:
    """A whole number, or none."""
    return None if value is None else as_whole(value)


def finite(value: Any) -> float:
    """A finite number. Raises ValueError for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{shorten(repr(value), 40)} stands where a number should")
    return float(value)


def as_table(value: Any) -> dict[str, Any]:
    """An object of JSON. Raises ValueError for what is none."""
    if not isinstance(value, dict):
        raise ValueError(f"{shorten(repr(value), 40)} stands where an object should")
    return value

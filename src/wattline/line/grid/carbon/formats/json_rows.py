"""Rows of JSON as times and numbers, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array


def records(rows: Any) -> list[dict[str, Any]]:
    """The objects of a list; none where JSON is something else."""
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def moments(texts: Sequence[Any], where: str) -> Any:
    """Times of ISO 8601 in UTC, ``datetime64[s]``; those without an offset are UTC, as the services say.

    Parameters
    ----------
    texts
        Such as ``2024-01-01T00:00:00.000Z``.
    where
        What they were read from, for errors.

    Returns
    -------
    ``datetime64[s]``, shape ``(n,)``.

    Raises
    ------
    WattlineError
        Where one of them is no time.
    """
    made = []
    for text in texts:
        try:
            time = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
        except ValueError:
            raise WattlineError(f"series {where}: {shorten(repr(text), 40)} is no time") from None
        time = time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)
        made.append(np.datetime64(time.replace(microsecond=0), "s"))
    return np.array(made, "datetime64[s]")


def numbers(values: Sequence[Any], where: str) -> Array:
    """Numbers; NaN where there is none.

    Parameters
    ----------
    values
        As JSON has them; text of a number counts as one.
    where
        What they were read from, for errors.

    Returns
    -------
    Shape ``(n,)``.

    Raises
    ------
    WattlineError
        Where one is something else.
    """
    made = []
    for value in values:
        try:
            made.append(float("nan") if value is None or value == "" else float(value))
        except (TypeError, ValueError):
            raise WattlineError(f"series {where}: {shorten(repr(value), 40)} is no number") from None
        if isinstance(value, bool):
            raise WattlineError(f"series {where}: {value} is no number")
    return np.array(made, float)

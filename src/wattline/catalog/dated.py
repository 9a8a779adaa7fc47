"""Facts by date: the day of the built-in facts, their earlier states, and the user's updates to them.

``past/DATE.toml`` holds what has changed since the end of that day: the facts as they were, an update back in time. The
user's updates lie in ``catalog`` of the configuration folder, one file an update, and stand before the built-in facts
as long as they are newer; the user's own facts stand before them.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from wattline.core.errors import WattlineError, shorten
from wattline.core.folders import user_folder

BUILT_IN = date(2026, 11, 27)  # of the newest facts in the package
PAST = Path(__file__).parent / "past"
VARIABLE = "WATTLINE_CATALOG"
UPDATES = "catalog"  # in the configuration folder
_chosen: list[str] = []


def choose_day(day: str | None) -> None:
    """Take the facts as they were at the end of a day or month, in all that follows; None: those of now.

    Parameters
    ----------
    day : ``2026-11`` or ``2026-11-24``

    Raises WattlineError for a day that there are no facts of.
    """
    _chosen[:] = [] if day is None else [day]
    if day is not None:
        read_day(day)


def as_of() -> date | None:
    """The day whose facts are taken: chosen, or that in ``WATTLINE_CATALOG``; None for those of now."""
    words = _chosen[0] if _chosen else os.environ.get(VARIABLE, "")
    return read_day(words) if words else None


def read_day(words: str) -> date:
    """The last day that ``2026-11`` or ``2026-11-24`` means. Raises WattlineError for one without facts."""
    parts = re.fullmatch(r"\s*(\d{4})-(\d\d)(?:-(\d\d))?\s*", words)
    try:
        if parts is None:
            raise ValueError
        year, month = int(parts[1]), int(parts[2])
        date(year, month, 1)
        following = date(year + month // 12, month % 12 + 1, 1)
        day = date(year, month, int(parts[3])) if parts[3] else following - timedelta(days=1)
    except ValueError:
        raise WattlineError(f"catalog: {shorten(words, 40)!r} is no month or day; give 2026-11 or 2026-11-24") from None
    first = min((*past_days(), BUILT_IN))
    if day < first:
        raise WattlineError(f"catalog: its facts begin with {first}; there are none of {words.strip()}")
    if date(day.year, day.month, 1) > datetime.now(UTC).date():
        raise WattlineError(f"catalog: {words.strip()} is yet to come; give a month that has begun")
    return day


def past_days() -> list[date]:
    """The days at whose end the built-in facts were others than now, the newest first."""
    return sorted((date.fromisoformat(path.stem) for path in PAST.glob("*.toml")), reverse=True)


def folder() -> Path:
    """Where the user's updates lie."""
    return user_folder("config") / UPDATES


def updates() -> list[tuple[date, Path]]:
    """The user's updates, the oldest first."""
    files = []
    try:
        paths = sorted(folder().glob("*.toml"))
    except OSError:  # a folder that may not be read holds no update of this user
        return []
    for path in paths:
        parts = re.match(r"(\d{4}-\d\d-\d\d)-[0-9a-f]+$", path.stem)
        if parts:
            files.append((date.fromisoformat(parts[1]), path))
    return files


def nothing_dated(settings: str) -> bool:
    """Whether no day is chosen and no update is there, found with the least work: every reading of a fact asks for it.

    Parameters
    ----------
    settings : the user's folder of settings, in which that of updates lies

    Returns
    -------
    True where ``dated_paths`` is empty.
    """
    if _chosen or os.environ.get(VARIABLE):
        return False
    try:
        return not os.listdir(f"{settings}/{UPDATES}")
    except OSError:
        return True


def dated_paths() -> tuple[Path, ...]:
    """Files that stand before the built-in facts on the day that was chosen: earlier states, then updates."""
    day = as_of()
    if day is None:
        return tuple(path for when, path in updates() if when > BUILT_IN)
    back = tuple(PAST / f"{each}.toml" for each in past_days() if day <= each)
    return (*back, *(path for when, path in updates() if when <= day))

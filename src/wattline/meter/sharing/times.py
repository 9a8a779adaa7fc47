"""Instants and lists of nodes as schedulers and people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from wattline.core.errors import WattlineError, shorten

OPEN = ("", "unknown", "none", "n/a", "-")  # an end that is not yet
MAX_HOSTS = 100_000


def zone(name: str) -> tzinfo:
    """The time zone of clocks that state none. Raises WattlineError for one that is not known."""
    if not name or name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise WattlineError(f"time zone {shorten(name)!r} is not known; write e.g. Europe/Berlin or UTC") from None


def instant(text: str, where: str, default: tzinfo = UTC) -> float:
    """Seconds since the epoch: a number of them (or of milliseconds and finer, by its size), or ISO 8601.

    Parameters
    ----------
    text : as it was written
    where : the file, for the error
    default : zone of times that state none

    Returns seconds. Raises WattlineError where it is no time.
    """
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        try:
            at = datetime.fromisoformat(text.replace("/", "-", 2))
        except ValueError:
            raise WattlineError(
                f"{where}: {shorten(text)!r} is no time; write seconds since the epoch, or 2025-01-31T08:00:00Z"
            ) from None
        return (at if at.tzinfo else at.replace(tzinfo=default)).timestamp()
    for scale in (1e9, 1e6, 1e3):  # nanoseconds, microseconds, milliseconds
        if abs(number) >= 1e8 * scale:
            number /= scale
            break
    if not 0 <= number < 1e11:
        raise WattlineError(f"{where}: {shorten(text)!r} is no time; write seconds since the epoch, zero or more")
    return number


def read_span(begin: str, end: str, where: str, default: tzinfo = UTC) -> tuple[float, float]:
    """Begin and end of something that ran; an end not yet come is infinite.

    Parameters
    ----------
    begin, end : as they were written
    where : the file, for the error
    default : zone of times that state none

    Returns begin and end [s]. Raises WattlineError where it ends before it begins.
    """
    first = instant(begin, where, default)
    last = float("inf") if end.strip().lower() in OPEN else instant(end, where, default)
    if last < first:
        raise WattlineError(f"{where}: it ends ({end.strip()}) before it begins ({begin.strip()})")
    return first, last


def expand(hosts: str, where: str) -> tuple[str, ...]:
    """Slurm's list of nodes written out: ``n[1-3,07],login`` -> n1, n2, n3, n07, login.

    Parameters
    ----------
    hosts : a list as Slurm writes it
    where : file and line, for errors

    Returns
    -------
    Names.

    Raises WattlineError where there are too many nodes, or a part is no list.
    """
    names: list[str] = []
    for part in re.findall(r"[^,\[\]]+(?:\[[^\]]*\][^,\[\]]*)*", hosts):
        names += _expand_part(part.strip(), where)
        if len(names) > MAX_HOSTS:
            raise WattlineError(f"{where}: more than {MAX_HOSTS:,} nodes")
    return tuple(host for host in names if host)


def _expand_part(part: str, where: str) -> list[str]:
    bracket = re.search(r"\[([^\]]*)\]", part)
    if bracket is None:
        return [part]
    heads = []
    for item in bracket[1].split(","):
        numbers = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", item)
        if numbers is None:
            raise WattlineError(f"{where}: {shorten(part)!r} is no list of nodes")
        low, high = int(numbers[1]), int(numbers[2] or numbers[1])
        if not low <= high < low + MAX_HOSTS:
            raise WattlineError(f"{where}: {shorten(part)!r} is no list of nodes")
        heads += [f"{i:0{len(numbers[1])}d}" for i in range(low, high + 1)]
    tails = _expand_part(part[bracket.end() :], where)
    return [part[: bracket.start()] + head + tail for head in heads for tail in tails]


def indices(text: str, where: str) -> tuple[str, ...]:
    """GPU indices written out: ``0-2,5`` -> 0, 1, 2, 5; other names as they are.

    Parameters
    ----------
    text : a list as Slurm writes it
    where : file and line, for errors

    Returns
    -------
    Indices as text.

    Raises WattlineError for what is no range of GPUs.
    """
    names: list[str] = []
    for item in re.split(r"[,;\s]+", text.strip()):
        run = re.fullmatch(r"(\d+)-(\d+)", item)
        if run and int(run[1]) <= int(run[2]) < int(run[1]) + 4096:
            names += [str(i) for i in range(int(run[1]), int(run[2]) + 1)]
        elif run:
            raise WattlineError(f"{where}: {shorten(item)!r} is no range of GPUs")
        elif item:
            names.append(item)
    return tuple(names)

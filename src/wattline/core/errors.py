"""Errors that a user can act on: one line that says what is wrong, where, and the mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType


class WattlineError(Exception):
    """Bad input. The command line prints its text alone and exits with ``status``."""

    status = 2


class QuantityError(WattlineError):
    """A number or its unit cannot be read."""


class NotFound(WattlineError):
    """A name that no catalog has; says which of the names ``known`` are near, or those ``near`` already chosen, each
    with its title where ``titles`` has one."""

    def __init__(
        self,
        kind: str,
        name: str,
        known: Iterable[str] = (),
        mend: str = "",
        *,
        near: Iterable[str] = (),
        titles: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.kind, self.name = kind, name
        self.near = list(near) or nearest_names(name, known)
        names = [f"{each} ({titles[each]})" if each in titles else each for each in self.near]
        shown = f"; nearest: {', '.join(names)}" if names else ""
        mend = mend or f"`wattline facts {kind}.` lists what is known"
        super().__init__(f"unknown {kind.replace('_', ' ')} {shorten(name)!r}{shown}; {mend}")


class Imbalance(WattlineError):
    """The parts of a bill do not add up to what was delivered: a defect of Wattline, never of the input."""


def nearest_names(name: str, known: Iterable[str], count: int = 4) -> list[str]:
    """Up to ``count`` of the known names that look most like ``name``.

    Parameters
    ----------
    name : as it was written
    known : the names that there are
    count : the most that are given

    Returns the names, the nearest first.
    """
    names = {k.lower(): k for k in known}
    wanted = str(name)[:200].lower()
    close = get_close_matches(wanted, names, n=count, cutoff=0.5)
    close += [n for n in names if wanted and (n.startswith(wanted[:4]) or wanted in n) and n not in close]
    return [names[n] for n in close[:count]]


def reason_of(error: BaseException, limit: int = 120) -> str:
    """Why a file cannot be read, in words for whom it is: what Python says of a value of another kind is none.

    Parameters
    ----------
    error : what a reader raised
    limit : the most characters

    Returns one line.
    """
    if isinstance(error, (TypeError, AttributeError)):
        return "a value in it is of another kind than expected"
    if isinstance(error, KeyError):
        return f"it has no {shorten(str(error), limit)}"
    if isinstance(error, IndexError):
        return "a row or list in it is too short"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return shorten(str(error) or type(error).__name__, limit)


def shorten(text: str, limit: int = 60) -> str:
    """The text on one line, cut at ``limit`` characters, safe to print in an error.

    Parameters
    ----------
    text : any
    limit : the most characters

    Returns the text.
    """
    flat = " ".join(str(text).split())
    flat = "".join(c if c.isprintable() else "?" for c in flat)
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"

"""What a user gives of a grid in words: a file with a zone, an address, contracts. Light, for the command's start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FLAT_SOURCES = ("flat", "nuclear", "geothermal", "hydro")
CONTRACT_SOURCES = ("wind", "solar", *FLAT_SOURCES)


@dataclass(frozen=True)
class Contracts:
    """A share of a year's energy bought free of carbon; ``source`` is what generates it, empty where nobody says."""

    share: float
    source: str = ""

    def __str__(self) -> str:
        return f"{self.share:.4g} {self.source}".strip()


def split_zone(text: str | Path) -> tuple[Path, str | None]:
    """A file and the zone behind it, ``FILE@ZONE``; a file whose name holds ``@`` is one where it exists.

    Parameters
    ----------
    text
        As the user gives it.

    Returns
    -------
    The file's path and the zone, or None.
    """
    path, sign, zone = str(text).rpartition("@")
    if not sign or not path or not zone or Path(text).exists():
        return Path(text), None
    return Path(path), zone


def without_secrets(url: str) -> str:
    """An address without a password before ``@`` and without the values of its query, which may hold a key.

    Parameters
    ----------
    url
        As the user gives it.

    Returns
    -------
    The address as it may be shown.
    """
    bare = re.sub(r"//[^/@]*@", "//", url)
    head, sign, query = bare.partition("?")
    shown = "&".join(
        part
        if part.split("=")[0].lower() in ("zone", "location", "region", "lat", "lon")
        else part.split("=")[0] + "=…"
        for part in query.split("&")
    )
    return head + (sign + shown if sign else "")

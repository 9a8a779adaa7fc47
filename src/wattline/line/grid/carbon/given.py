"""What a user gives of a grid in words: a file with a zone, an address, contracts. Light, for the command's start."""

from __future__ import annotations

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

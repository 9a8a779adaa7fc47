"""What AMD's tools print for people: ``rocm-smi``'s lines and table, the table and blocks of ``amd-smi``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wattline.meter.readers import logs

Reading = tuple[float | None, str, Mapping[str, Any]]  # time (None: untimed), card, its fields
# rocm-smi --showpower and --showenergycounter; its table of all cards, where the temperature stands before the power
CARD = re.compile(r"^GPU\[(\d+)\]\s*:\s*(.*(?:Power \(W\)|Energy \(uJ\))):\s*([\d.]+)\s*$")
CONCISE = re.compile(r"^(\d+)\s.*?\d°?[cC]\s+([\d.]+)W\s")
MONITOR = re.compile(r"^\s*(?:TIMESTAMP\s+)?GPU\s+(?:XCP\s+)?POWER\b")
MONITORED = re.compile(r"^\s*(?:(\d{10,13})\s+)?(\d+)\s+(?:(\d+)\s+)?([\d.]+)\s*W\b")
BLOCK = re.compile(r"^\s*([A-Z][A-Z_0-9]*):\s*(.*?)\s*$")
BLOCKS = re.compile(r"^\s+(?:SOCKET_POWER|TOTAL_ENERGY_CONSUMPTION): ", re.MULTILINE)
SECTIONS = ("POWER", "ENERGY")


def is_screen(text: str) -> bool:
    """Whether a file begins as one of these."""
    known = "ROCm System Management Interface =" in text or "Accumulated Energy (uJ)" in text
    return known or BLOCKS.search(text) is not None or any(MONITOR.match(line) for line in text.splitlines()[:40])


@dataclass
class Screens:
    """The lines of a log of screens, one after the other; ``now`` is the last line of time."""

    now: float | None = None
    monitor: bool = False
    card: str = ""
    section: str = ""

    def take(self, line: str) -> list[Reading] | None:
        """The readings of a line; None where it is none of a screen's."""
        if match := CARD.match(line):
            return [(self.now, match[1], {match[2]: match[3]})]
        if match := CONCISE.match(line):
            return [(self.now, match[1], {"power": match[2]})]
        if MONITOR.match(line):
            self.monitor = True
            return []
        if self.monitor and (match := MONITORED.match(line)):
            at = logs.epoch(match[1]) if match[1] else self.now
            # partitions of a card repeat its watts
            return [(at, match[2], {"power": match[4]})] if match[3] in (None, "0") else []
        return self._block(BLOCK.match(line))

    def _block(self, match: re.Match[str] | None) -> list[Reading] | None:
        """A line of ``amd-smi metric``: the card, the section, or one of its fields."""
        if match is None:
            return None
        name, value = match[1], match[2]
        if name == "TIMESTAMP":
            self.now = logs.epoch(value)
        elif name == "GPU":
            self.card, self.section = value, ""
        elif not value:
            self.section = name
        elif self.card and self.section in SECTIONS:
            return [(self.now, self.card, {name: value})]
        return []

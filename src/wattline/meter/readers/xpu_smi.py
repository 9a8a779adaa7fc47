"""Intel's ``xpu-smi dump``: CSV of time, device (and tile) and what was asked for; the day only with ``--date``.

A tile's row carries the tile's own watts, which add up to the card's; a card's row, where there is one, holds them.
"""

from __future__ import annotations

from pathlib import Path

from wattline.meter.interpretation import Choices
from wattline.meter.readers import plain
from wattline.meter.readers.frame import read_frame
from wattline.meter.recording import Recording


def is_text(text: str) -> bool:
    """Whether a file begins as xpu-smi's dump of power or energy."""
    header = text.lstrip("\ufeff \r\n").split("\n", 1)[0].replace(" ", "")
    return header.startswith("Timestamp,DeviceId") and ("Power(W)" in header or "EnergyConsumed(" in header)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each card, or each tile.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.
    """
    frame = read_frame(path)
    names = {"DeviceId": "gpu", "TileId": "tile"}
    frame = frame.rename({name: names[name] for name in frame.columns if name in names})
    again = frame[frame.columns[0]].str.to_lowercase() == "timestamp"  # the header once more, where it began anew
    return plain.of_frame(frame.filter(~again.fill_null(False)), choices, str(path), path.stem)

"""Chips that are not there but take a power limit: a folder each, to try ``tune`` and ``budget`` without hardware.

``WATTLINE_SIMULATED_CHIPS=FOLDER``: each folder in it with a ``chip.json`` is a chip. Its limit stands in the file
``limit_w``, its power and the rate of its work follow from the limit by a formula. A file named ``lost`` makes it not
answer, one named ``refused`` makes it take no limit. ``python -m wattline.meter.sensors.simulated_chip FOLDER SECONDS``
works on the chips there and reports steps, as a training loop does.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from wattline.core.errors import WattlineError, shorten
from wattline.meter.device import Device
from wattline.meter.sensor import Reading, SensorGone, Spec
from wattline.meter.sensors.local import hostname

VARIABLE = "WATTLINE_SIMULATED_CHIPS"
PROGRESS = "WATTLINE_PROGRESS"
SPEC = Spec("simulated", modelled=True, error=0.01, note="a formula, not a measurement")
MIN_CLOCK = 0.05


@dataclass(frozen=True)
class ChipCurve:
    """How a simulated chip answers to a limit.

    ``natural_w``: what its work draws without a limit. ``static_w``: of it, what does not fall with the clock.
    ``waiting``: share of the time that does not grow as the clock falls. ``exponent``: energy of work falls with the
    clock to this power. ``steps``: clocks that it tells apart, 0 for any. ``rate``: units of work a second without a
    limit.
    """

    default_w: float = 700.0
    low_w: float = 200.0
    natural_w: float = 680.0
    static_w: float = 140.0
    waiting: float = 0.2
    exponent: float = 1.2
    steps: int = 0
    rate: float = 40.0

    def clock(self, limit_w: float) -> float:
        """Share of the highest clock that a limit leaves."""
        moving = max(self.natural_w - self.static_w, 1e-9)
        share = min(max((limit_w - self.static_w) / moving, MIN_CLOCK ** (1 + self.exponent)), 1.0)
        clock = float(share ** (1 / (1 + self.exponent)))
        return max(int(clock * self.steps) / self.steps, MIN_CLOCK) if self.steps else clock

    def slowdown(self, limit_w: float) -> float:
        """Time for a unit of work, over that without a limit."""
        return self.waiting + (1 - self.waiting) / self.clock(limit_w)

    def power_w(self, limit_w: float) -> float:
        """Mean power at work under a limit [W]."""
        moving = (self.natural_w - self.static_w) * self.clock(limit_w) ** (1 + self.exponent)
        return float(self.static_w + moving)


@dataclass
class SimulatedChip:
    """A chip in a folder: a sensor, and the limit that it takes."""

    folder: Path
    device: Device
    curve: ChipCurve
    spec: Spec = SPEC

    def limit_w(self) -> float:
        """The limit that stands [W]. Raises SensorGone where the chip is lost."""
        if (self.folder / "lost").exists():
            raise SensorGone(f"{self.device.name}: it fell off the bus")
        try:
            return float((self.folder / "limit_w").read_text(encoding="ascii"))
        except (OSError, ValueError):
            raise SensorGone(f"{self.device.name}: {self.folder / 'limit_w'} holds no limit") from None

    def read(self) -> Reading:
        return Reading(self.curve.power_w(self.limit_w()))

    def close(self) -> None:
        return


def make_chip(folder: Path, curve: ChipCurve, limit_w: float | None = None) -> SimulatedChip:
    """Write a simulated chip's folder; its limit is the maker's where none is given.

    Parameters
    ----------
    folder : in which the chip's folder is made
    curve : power and speed by limit
    limit_w : W

    Returns
    -------
    The chip.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chip.json").write_text(json.dumps(asdict(curve)), encoding="ascii")
    (folder / "limit_w").write_text(f"{curve.default_w if limit_w is None else limit_w:g}", encoding="ascii")
    return read_chip(folder)


def read_chip(folder: Path) -> SimulatedChip:
    """The simulated chip of a folder. Raises WattlineError where its file is none."""
    path = folder / "chip.json"
    try:
        curve = ChipCurve(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise WattlineError(f"{path} describes no simulated chip: {shorten(str(error), 120)}") from None
    return SimulatedChip(folder, Device(hostname(), f"simulated-chip:{folder.name}", "gpu", folder.name), curve)


def simulated_chips() -> list[SimulatedChip]:
    """The chips of the folder that the environment names; none where it names none. Raises WattlineError where the
    folder has none."""
    root = os.environ.get(VARIABLE, "")
    if not root:
        return []
    chips = [read_chip(path.parent) for path in sorted(Path(root).glob("*/chip.json"))]
    if not chips:
        raise WattlineError(f"{VARIABLE}={shorten(root)}: no folder in it has a chip.json")
    return chips


def work(root: Path, seconds: float) -> None:
    """Do steps on the chips of a folder for so long, each as slow as the slowest chip, and report them.

    Parameters
    ----------
    root : folder of the chips
    seconds : s
    """
    chips = [read_chip(path.parent) for path in sorted(root.glob("*/chip.json"))]
    report, until = os.environ.get(PROGRESS), time.monotonic() + seconds
    done = 0.0
    while time.monotonic() < until:
        time.sleep(max(chip.curve.slowdown(chip.limit_w()) / chip.curve.rate for chip in chips))
        done += 1
        if report:
            with open(report, "a", encoding="ascii") as file:
                file.write(f"{done:g} steps\n")


if __name__ == "__main__":
    work(Path(sys.argv[1]), float(sys.argv[2]))

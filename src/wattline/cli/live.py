"""Watts as they come: a table that renews itself on a terminal, a line a second elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from wattline.core.printable import printable
from wattline.core.quantity import show
from wattline.meter.live.sampler import Sampler

LINE_S = 1.0
ROWS = 24


class Live:
    """``show`` is called often and draws when it is time to; all goes to standard error.

    ``plain``: lines even on a terminal, because a command writes there too. ``sampler`` is None where another process
    samples, or nothing can be read.
    """

    def __init__(self, sampler: Sampler | None, *, plain: bool = False) -> None:
        self._sampler = sampler
        self._screen: Any = None
        self._line_at = 0.0
        self._begun = time.monotonic()
        if not plain and sys.stderr.isatty():
            from rich.live import Live as Screen

            from wattline.cli.printing import console

            self._screen = Screen(console=console(), auto_refresh=False, transient=True)
            self._screen.start()

    def show(self) -> None:
        """Draw what is known now."""
        if self._screen is not None:
            self._screen.update(self._table(), refresh=True)
        elif time.monotonic() - self._line_at >= LINE_S:
            self._line_at = time.monotonic()
            try:
                print(self.line(), file=sys.stderr, flush=True)
            except OSError:
                return

    def close(self) -> None:
        if self._screen is not None:
            self._screen.stop()
            self._screen = None

    def line(self) -> str:
        """``12 s  2,412 W  gpu 0 301 W  gpu 1 299 W``; what cannot be read is unknown, never 0 W."""
        watts = self._watts()
        if not watts:
            return f"{self._seconds()}  power unknown: nothing is read here"
        parts = [f"{name} {_shown(value)}" for name, value in watts[:8]]
        more = [f"and {len(watts) - 8} more"] if len(watts) > 8 else []
        return "  ".join([self._seconds(), self._total(watts), *parts, *more])

    def _seconds(self) -> str:
        return f"{time.monotonic() - self._begun:.0f} s"

    def _watts(self) -> list[tuple[str, float | None]]:
        """Devices with their watts; those inside another that is read are not there, so that the sum counts once."""
        if self._sampler is None:
            return []
        probes = self._sampler.probes
        keys = {probe.name for probe in probes}
        best: dict[str, tuple[str, float | None]] = {}
        for probe in probes:
            device = probe.sensor.device
            if device.inside in keys and device.inside != device.key:
                continue
            if device.key not in best or best[device.key][1] is None:
                best[device.key] = (printable(device.name or device.uuid), probe.watts)
        return list(best.values())

    @staticmethod
    def _total(watts: list[tuple[str, float | None]]) -> str:
        known = [value for _, value in watts if value is not None]
        if not known:
            return "power unknown"
        lacking = len(watts) - len(known)
        return show(sum(known), "W", 4) + (f" without {lacking} that cannot be read now" if lacking else "")

    def _table(self) -> Any:
        from rich.table import Table

        watts = self._watts()
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True)
        most = max([value or 0.0 for _, value in watts], default=0.0)
        for name, value in watts[:ROWS]:
            bar = "█" * round(30 * (value or 0.0) / most) if most > 0 else ""
            table.add_row(name, _shown(value), bar, style=None if value is not None else "dim")
        if len(watts) > ROWS:
            table.add_row(f"and {len(watts) - ROWS} more", "", "")
        table.add_row(
            f"{self._seconds()}, Ctrl-C ends", self._total(watts) if watts else "power unknown", "", style="bold"
        )
        return table


def _shown(value: float | None) -> str:
    return "unknown" if value is None else show(value, "W", 4)

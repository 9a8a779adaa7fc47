"""Files of weather for plans of supply."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.line.grid.supply.sun import clear_sky, position


def hours(first: str, count: int = 24) -> np.ndarray:
    return np.datetime64(first, "s") + np.arange(count) * np.timedelta64(3600, "s")


def weather_file(path: Path, **columns: np.ndarray) -> Path:
    """A year as an EPW has it, at 35 degrees north on the meridian of Greenwich."""
    sun = position(hours("2023-01-01T00:30:00", 8760), 35.0, 0.0)
    level = columns.get("level", 0.75 * clear_sky(sun))
    wind = columns.get("wind", 4 + 3 * np.sin(np.arange(8760) / 30))
    warm = columns.get("temperature", np.full(8760, 15.0))
    lines = ["LOCATION,Here,-,-,made,1,35.0,0.0,0.0,10.0", "DATA PERIODS,1,1,Data,Sunday,1/1,12/31"]
    times = hours("2023-01-01T00:00:00", 8760)
    for i, time in enumerate(times):
        year, month, day = str(time)[:10].split("-")
        row = [year, month, day, str(int(str(time)[11:13]) + 1), "60", "_", f"{warm[i]:.1f}", "5.0", "50", "101325"]
        row += ["0", "0", "0", f"{level[i]:.1f}", "0", "9999", "0", "0", "0", "0", "180", f"{wind[i]:.2f}"]
        lines.append(",".join(row))
    path.write_text("\n".join(lines) + "\n")
    return path

"""Small files of hours that tests of ``supply`` plan on."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def factors_file(path: Path, days: int = 14, first: str = "2023-03-01", **columns: np.ndarray) -> Path:
    """Capacity factors, price and clean share by the hour; ``columns`` replace or add some."""
    hours = np.arange(24 * days)
    sun = np.clip(np.sin((hours % 24 - 6) / 12 * np.pi), 0, None) * (0.6 + 0.3 * np.cos(hours / 50))
    rng = np.random.default_rng(3)
    wind = np.clip(0.4 + 0.3 * np.sin(hours / 29) + 0.1 * rng.standard_normal(hours.size), 0, 1)
    table = {
        "cf_wind": wind,
        "cf_solar": sun,
        "price_usd_mwh": 40 + 20 * np.sin(hours / 24 * 2 * np.pi),
        "grid_cfe": np.clip(0.2 + sun / 2, 0, 1),
        "ci_direct_g_kwh": 400 - 200 * sun,
    } | columns
    times = np.datetime64(first, "h") + hours
    lines = ["utc," + ",".join(table)]
    lines += [f"{t}:00:00Z," + ",".join(f"{v[i]:.6g}" for v in table.values()) for i, t in enumerate(times)]
    path.write_text("\n".join(lines).replace("T", " ").replace("nan", "") + "\n")
    return path

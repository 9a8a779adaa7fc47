"""Small files of hours that tests of ``supply`` plan on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

R1 = {
    "rate": 0.07, "import_cap_mw": 100, "eta_charge": 0.96, "eta_discharge": 0.96,
    "wind": {"capex_usd_per_mw": 1077000, "fom": 0.0125, "life": 30},
    "solar": {"capex_usd_per_mw": 612000, "fom": 0.02, "life": 35},
    "battery_energy": {"capex_usd_per_mwh": 187000, "fom": 0.0, "life": 20},
    "battery_power": {"capex_usd_per_mw": 215000, "fom": 0.003, "life": 15},
}  # fmt: skip


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


def reference_folder(folder: Path, optima: str, published: str = "") -> Path:
    """A folder of reference problems, of some days."""
    folder.mkdir(exist_ok=True)
    factors_file(folder / "r1_ercot_2023.csv", 7, load_mw=np.full(168, 100.0))
    (folder / "reference_problems.json").write_text(json.dumps({"R1": R1}))
    (folder / "reference_results_open.csv").write_text("problem,palette,case,usd_per_mwh,wind,solver\n" + optima)
    (folder / "published_results_open.csv").write_text("study,case,metric,value\n" + published)
    return folder


def with_second_problem(folder: Path) -> None:
    """Adds R2, with wind, sun and battery alone, to a folder of reference problems."""
    parts = {"rate": 0.07, "import_cap_mw": 100, "import_adder_usd_mwh": 15, "export_cap_mw": 100}
    parts |= {"export_share": 0.2, "export_discount_usd_mwh": 1}
    tech = {name: {"capex": part.get("capex_usd_per_mw", 187000), "fom": part["fom"], "life": part["life"]}
            for name, part in R1.items() if isinstance(part, dict)}  # fmt: skip
    store = {"eta_charge": 0.96, "eta_discharge": 0.96, "discharge_usd_mwh": 0.01}
    second = parts | {"tech": tech, "storage": {"battery": store}}
    (folder / "reference_problems.json").write_text(json.dumps({"R1": R1, "R2": second}))

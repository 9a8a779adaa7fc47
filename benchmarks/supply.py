"""CPU time and memory of a supply plan beside PyPSA's default run of the same problem, process start included.

    .venv/bin/python benchmarks/supply.py [--pypsa PYTHON] [--data FOLDER]

PYTHON is an interpreter that has PyPSA and HiGHS in an environment of its own; without it Wattline alone is measured.
FOLDER holds the reference problem R1 (r1_ercot_2023.csv, reference_problems.json).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

TARGETS = (0.0, 0.5, 0.8, 0.85, 0.9, 0.95, 0.98)
DRAWS, SEED = 100, 2023


def inputs(folder: Path) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Parameters of R1 and its hourly series by column."""
    with (folder / "r1_ercot_2023.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = ("load_mw", "cf_wind", "cf_solar", "price_usd_mwh", "grid_cfe")
    problem = json.loads((folder / "reference_problems.json").read_text())["R1"]
    return problem, {name: [float(row[name]) for row in rows] for name in names}


def yearly(part: dict[str, float], rate: float) -> float:
    """Annual cost of a unit: capital recovery and fixed costs."""
    capital = next(value for key, value in part.items() if key.startswith("capex"))
    return capital * (rate / (1 - (1 + rate) ** -part["life"]) + part["fom"])


def wattline(folder: Path, targets: list[float], draws: int) -> None:
    """Plans of R1 at the targets, or ``draws`` draws of cost at the first of them, each certified."""
    from dataclasses import replace

    import numpy as np

    from wattline.line.grid.supply.draws import plans
    from wattline.line.grid.supply.parts import Generator, GridImport, Storage, SupplyCase

    given, year = inputs(folder)
    cost = {name: yearly(part, given["rate"]) for name, part in given.items() if isinstance(part, dict)}
    battery = Storage(
        "battery", cost["battery_power"], cost["battery_energy"], given["eta_charge"], given["eta_discharge"]
    )
    plants = (
        Generator("wind", cost["wind"], np.array(year["cf_wind"])),
        Generator("solar", cost["solar"], np.array(year["cf_solar"])),
    )
    grid = GridImport(given["import_cap_mw"], np.array(year["price_usd_mwh"]), np.array(year["grid_cfe"]))
    base = SupplyCase(np.array(year["load_mw"]), plants, (battery,), grid=grid)
    cases = [base.aim(cfe=target) for target in targets]
    if draws:
        rng = np.random.default_rng(SEED)
        factors = rng.uniform(0.75, 1.35, (draws, 4))
        cases += [
            replace(
                cases[0],
                generators=tuple(replace(p, cost=p.cost * f) for p, f in zip(plants, factor[:2], strict=True)),
                storages=(
                    replace(
                        battery,
                        power_cost=battery.power_cost * factor[2],
                        energy_cost=battery.energy_cost * factor[3],
                    ),
                ),
            )
            for factor in factors
        ]
    for made in plans(cases):
        if not draws:
            print(made.case.target.cfe, made.usd_per_mwh, made.solved.solution.solver, made.solved.solution.iterations)
        elif not made.certificate.good:
            raise SystemExit("a draw is not certified")


def pypsa(folder: Path, targets: list[float]) -> None:
    """The same by PyPSA with its default solver options."""
    import numpy as np
    import pandas as pd
    import pypsa as library

    given, year = inputs(folder)
    cost = {name: yearly(part, given["rate"]) for name, part in given.items() if isinstance(part, dict)}
    hours = pd.date_range("2023-01-01", periods=len(year["load_mw"]), freq="h")
    series = {name: pd.Series(values, hours) for name, values in year.items()}
    for target in targets:
        network = library.Network()
        network.set_snapshots(hours)
        for bus in ("site", "battery"):
            network.add("Bus", bus)
        network.add("Load", "load", bus="site", p_set=series["load_mw"])
        for plant in ("wind", "solar"):
            profile = series[f"cf_{plant}"]
            network.add(
                "Generator", plant, bus="site", p_nom_extendable=True, capital_cost=cost[plant], p_max_pu=profile
            )
        price = series["price_usd_mwh"]
        network.add("Generator", "grid", bus="site", p_nom=given["import_cap_mw"], marginal_cost=price)
        network.add(
            "Store",
            "battery",
            bus="battery",
            e_nom_extendable=True,
            e_cyclic=True,
            capital_cost=cost["battery_energy"],
        )
        efficiency = {"charge": given["eta_charge"], "discharge": given["eta_discharge"]}
        for name, ends in (("charge", ("site", "battery")), ("discharge", ("battery", "site"))):
            network.add(
                "Link",
                name,
                bus0=ends[0],
                bus1=ends[1],
                p_nom_extendable=True,
                efficiency=efficiency[name],
                capital_cost=cost["battery_power"] if name == "charge" else 0.0,
            )
        grey = (1 - np.array(year["grid_cfe"])).tolist()
        limit = (1 - target) * float(np.sum(year["load_mw"]))

        def rules(network: Any, snapshots: Any, grey: Any = grey, limit: float = limit) -> None:
            model = network.model
            size = model["Link-p_nom"]
            dim = size.dims[0]
            model.add_constraints(
                size.sel({dim: "charge"}) - given["eta_discharge"] * size.sel({dim: "discharge"}) == 0, name="one power"
            )
            power = model["Generator-p"]
            dim = next(d for d in power.dims if d != "snapshot")
            import xarray

            share = xarray.DataArray(grey, coords={"snapshot": snapshots}, dims="snapshot")
            model.add_constraints((power.sel({dim: "grid"}) * share).sum() <= limit, name="cfe")

        network.optimize(extra_functionality=rules)
        print(target, network.objective / float(np.sum(year["load_mw"])))


def measured(command: list[str]) -> tuple[float, float, str]:
    """CPU seconds and most memory [MB] of a command from start to end, and what it printed."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        text = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "supply")
    parser.add_argument("--pypsa", help="interpreter that has PyPSA")
    parser.add_argument("--run", choices=("wattline", "pypsa"), help=argparse.SUPPRESS)
    parser.add_argument("--targets", type=float, nargs="*", default=[0.95])
    parser.add_argument("--draws", type=int, default=0)
    given = parser.parse_args()
    if given.run == "wattline":
        wattline(given.data, given.targets, given.draws)
    elif given.run == "pypsa":
        pypsa(given.data, given.targets)
    else:
        seven = [str(target) for target in TARGETS]
        for who, python in (("wattline", sys.executable), ("pypsa", given.pypsa)):
            for name, more in (
                ("R1 at 0.95", ["--targets", "0.95"]),
                ("seven targets", ["--targets", *seven]),
                (f"{DRAWS} draws", ["--draws", str(DRAWS)]),
            ):
                if python and not (who == "pypsa" and "draws" in name):
                    cpu, memory, text = measured([python, __file__, "--data", str(given.data), "--run", who, *more])
                    print(f"{who:10} {name:15} {cpu:8.2f} CPU s {memory:6.0f} MB", flush=True)
                    sys.stdout.write(text if "draws" not in name else "")


if __name__ == "__main__":
    main()

"""A judge of supplies: the same case put to PyPSA, its own builder and HiGHS, in its own words."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from wattline.line.grid.supply.parts import Generator, HeatReactor, Storage, SupplyCase


def pypsa_cost(case: SupplyCase) -> float:
    """The least cost of a case by PyPSA [USD over its steps]; storages may charge and discharge at once."""
    pypsa = pytest.importorskip("pypsa", reason="PyPSA is not installed: pip install 'wattline[dev]'")
    import pandas as pd

    for name in ("pypsa", "linopy"):
        logging.getLogger(name).setLevel(logging.ERROR)
    network = pypsa.Network()
    hours = pd.date_range("2023-01-01", periods=case.load.size, freq="h")
    network.set_snapshots(hours)
    network.snapshot_weightings.loc[:, :] = case.step_h
    network.add("Bus", "site")
    network.add("Load", "load", bus="site", p_set=pd.Series(case.load, hours))
    for plant in case.generators:
        _generator(network, plant, hours, case.years)
    for storage in case.storages:
        _storage(network, storage, case.years)
    for reactor in case.reactors:
        _reactor(network, reactor, case.years)
    _market(network, case, hours)
    network.optimize(
        extra_functionality=lambda network, snapshots: _rules(network, case),
        solver_name="highs", solver_options={"solver": "ipm", "run_crossover": "off"}, log_to_console=False,
        include_objective_constant=False,
    )  # fmt: skip
    return float(network.objective)


def _series(values: Any, hours: Any) -> Any:
    import pandas as pd

    return pd.Series(np.broadcast_to(np.asarray(values, float), len(hours)), hours)


def _generator(network: Any, plant: Generator, hours: Any, years: float) -> None:
    profile = np.broadcast_to(np.asarray(plant.profile, float), len(hours))
    network.add(
        "Generator", plant.name, bus="site", p_nom_extendable=True, p_nom_max=plant.max_mw,
        capital_cost=plant.cost * years, marginal_cost=plant.marginal, p_max_pu=_series(profile, hours),
        p_min_pu=_series(np.minimum(plant.min_output, profile), hours),
    )  # fmt: skip


def _storage(network: Any, storage: Storage, years: float) -> None:
    name = storage.name
    network.add("Bus", name)
    network.add(
        "Store", name, bus=name, e_nom_extendable=True, e_cyclic=True, e_nom_max=storage.max_mwh,
        capital_cost=storage.energy_cost * years, standing_loss=storage.loss,
    )  # fmt: skip
    network.add(
        "Link", f"{name} charge", bus0="site", bus1=name, p_nom_extendable=True, p_nom_max=storage.max_mw,
        efficiency=storage.charge_efficiency, capital_cost=storage.power_cost * years,
    )  # fmt: skip
    network.add(
        "Link", f"{name} discharge", bus0=name, bus1="site", p_nom_extendable=True,
        efficiency=storage.discharge_efficiency,
        marginal_cost=storage.discharge_cost * storage.discharge_efficiency,
    )  # fmt: skip


def _reactor(network: Any, reactor: HeatReactor, years: float) -> None:
    name = reactor.name
    network.add("Bus", name)
    network.add(
        "Generator", f"{name} heat", bus=name, p_nom_extendable=True, capital_cost=reactor.reactor_cost * years,
        marginal_cost=reactor.marginal, p_max_pu=reactor.availability, p_min_pu=reactor.min_output,
    )  # fmt: skip
    network.add(
        "Store", f"{name} tank", bus=name, e_nom_extendable=True, e_cyclic=True, capital_cost=reactor.tank_cost * years
    )
    network.add(
        "Link", f"{name} turbine", bus0=name, bus1="site", p_nom_extendable=True, efficiency=reactor.efficiency,
        capital_cost=reactor.turbine_cost * years * reactor.efficiency,
    )  # fmt: skip


def _market(network: Any, case: SupplyCase, hours: Any) -> None:
    if case.grid is not None:
        limit = np.broadcast_to(np.asarray(case.grid.limit_mw, float), len(hours))
        network.add(
            "Generator", "import", bus="site", p_nom=float(limit.max()), p_max_pu=_series(limit / limit.max(), hours),
            marginal_cost=_series(case.grid.price, hours),
        )  # fmt: skip
    if case.export is not None:
        network.add(
            "Generator", "export", bus="site", sign=-1.0, p_nom=float(np.max(case.export.limit_mw)),
            marginal_cost=-_series(case.export.price, hours),
        )  # fmt: skip
    if case.unserved is not None:
        network.add(
            "Generator", "unserved", bus="site", p_nom=float(case.load.max()), marginal_cost=case.unserved.cost,
            p_max_pu=_series(case.load / case.load.max(), hours),
        )  # fmt: skip


def _rules(network: Any, case: SupplyCase) -> None:
    """One power of a storage, and the sums over the year."""
    import xarray

    model = network.model
    output = model["Generator-p"]
    place = next(dim for dim in output.dims if dim != "snapshot")

    def total(name: str, weight: Any) -> Any:
        values = np.broadcast_to(np.asarray(weight, float), case.load.size) * case.step_h
        share = xarray.DataArray(values, coords={"snapshot": network.snapshots}, dims="snapshot")
        return (output.sel({place: name}, drop=True) * share).sum()

    for storage in case.storages:
        size = model["Link-p_nom"]
        dim = size.dims[0]
        charge, discharge = (size.sel({dim: f"{storage.name} {way}"}, drop=True) for way in ("charge", "discharge"))
        model.add_constraints(charge - storage.discharge_efficiency * discharge == 0, name=f"{storage.name} power")
        if storage.hours is not None:
            energy = model["Store-e_nom"]
            stored = energy.sel({energy.dims[0]: storage.name}, drop=True)
            model.add_constraints(stored - storage.hours * charge == 0, name=f"{storage.name} hours")
    sums: dict[str, list[Any]] = {"cfe": [], "carbon": [], "annual": []}
    for plant in case.generators:
        sums["cfe"].append(total(plant.name, 1 - plant.clean_share))
        sums["carbon"].append(total(plant.name, plant.carbon))
        sums["annual"].append(total(plant.name, plant.clean_share))
    if case.grid is not None:
        sums["cfe"].append(total("import", 1 - np.asarray(case.grid.clean_share)))
        sums["carbon"].append(total("import", case.grid.carbon))
    target, load = case.target, case.load_mwh
    if target.cfe is not None:
        model.add_constraints(sum(sums["cfe"]) <= (1 - target.cfe) * load, name="cfe")
    if target.carbon is not None:
        model.add_constraints(sum(sums["carbon"]) <= target.carbon * load, name="carbon")
    if target.annual is not None:
        model.add_constraints(sum(sums["annual"]) >= target.annual * load, name="annual")
    if case.export is not None and np.isfinite(case.export.max_share):
        model.add_constraints(total("export", 1.0) <= case.export.max_share * load, name="export")

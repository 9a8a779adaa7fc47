"""Embodied impacts: what making the equipment took, for the time that a job holds it.

CO2e of an accelerator goes by its memory and its TDP, that of host and network by their power, that of hall and
batteries by the IT power they are built for. Each is paid off evenly over its life; primary energy, water and abiotic
resources follow the CO2e. The facts are ``constant.embodied-…``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import MINUTES_PER_HOUR, YEAR_S
from wattline.line.chip.device import Chip

GB = 1e9
KW = 1e3
FACT = "constant.embodied-"
LIFE = "constant.accelerator-life"


def made_kg(chip: Chip, draws: Draws) -> dict[str, Array]:
    """kg CO2e of making what one chip takes: ``chip``, ``host``, ``network``, ``hall`` and ``battery``.

    Parameters
    ----------
    chip : with its server
    draws : from which the facts are drawn

    Returns arrays of shape ``(n_draws,)`` or scalars.
    """
    it_kw = (chip.tdp_w + chip.host_w + chip.network_w) / KW
    hours = draws(f"{FACT}battery-minutes") / MINUTES_PER_HOUR
    return {
        "chip": np.asarray(
            draws(f"{FACT}chip-per-gb") * chip.memory_bytes / GB + draws(f"{FACT}chip-per-w") * chip.tdp_w
        ),
        "host": np.asarray(draws(f"{FACT}host-per-w") * chip.host_w),
        "network": np.asarray(draws(f"{FACT}network-per-w") * chip.network_w),
        "hall": np.asarray(draws(f"{FACT}hall-per-kw") * it_kw),
        "battery": np.asarray(draws(f"{FACT}battery-per-kwh") * hours * it_kw),
    }


def embodied_impacts(chip: Chip, chip_s: Array, draws: Draws) -> Mapping[str, Array]:
    """Embodied impacts of a job.

    Parameters
    ----------
    chip : with its server
    chip_s : seconds times chips that the job holds, idle time and all, scalar or ``(n_draws,)``
    draws : from which the facts are drawn

    Returns ``embodied_co2e_kg``, ``embodied_energy_mj`` (primary), ``embodied_water_l`` and ``embodied_adp_kg``
    (abiotic resources, antimony equivalent).
    """
    kg = {part: np.asarray(mass * chip_s) for part, mass in made_kg(chip, draws).items()}
    return _impacts(kg, draws)


def site_embodied(it_w: float, standing_s: float, draws: Draws) -> Mapping[str, Array]:
    """Embodied impacts of a site: its servers and network, its hall and its batteries, for the time held.

    Parameters
    ----------
    it_w : IT power that the site is designed for [W]
    standing_s : seconds that it stands
    draws : from which the facts are drawn

    Returns what ``embodied_impacts`` does.
    """
    it_kw, hours = it_w / KW, draws(f"{FACT}battery-minutes") / MINUTES_PER_HOUR
    kg = {
        "servers": draws(f"{FACT}servers-per-kw") * it_kw * standing_s,
        "hall": draws(f"{FACT}hall-per-kw") * it_kw * standing_s,
        "battery": draws(f"{FACT}battery-per-kwh") * hours * it_kw * standing_s,
    }
    return _impacts({part: np.asarray(mass) for part, mass in kg.items()}, draws)


def _impacts(made: Mapping[str, Array], draws: Draws) -> Mapping[str, Array]:
    """From kg CO2e of making, times the seconds held, of each part."""
    lives = {"hall": draws(f"{FACT}hall-life"), "battery": draws(f"{FACT}battery-life")}
    usual = draws(LIFE)
    kg = {part: np.asarray(mass / (lives.get(part, usual) * YEAR_S)) for part, mass in made.items()}
    total = np.asarray(sum(kg.values()))
    chip = kg.get("chip", np.zeros(()))
    abiotic = draws(f"{FACT}chip-adp-per-kg") * chip + draws(f"{FACT}host-adp-per-kg") * (total - chip)
    return {
        "embodied_co2e_kg": total,
        "embodied_energy_mj": np.asarray(total * draws(f"{FACT}energy-per-kg")),
        "embodied_water_l": np.asarray(total * draws(f"{FACT}water-per-kg")),
        "embodied_adp_kg": np.asarray(abiotic),
    }

"""Embodied impacts on a job's bill: a line of its own beside what its electricity emitted, never within it."""

from __future__ import annotations

from dataclasses import replace

from wattline.catalog.draws import Draws
from wattline.core.bill import Bill
from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.world.embodied import embodied_impacts
from wattline.predict.answer import Working
from wattline.predict.where import Where

STEPS = {
    "embodied_co2e_kg": ("embodied CO2e", "Σ CO2e of making chip, host, network, hall, batteries × time / life", "kg"),
    "embodied_energy_mj": ("embodied primary energy", "embodied CO2e × primary energy a kg", "MJ"),
    "embodied_water_l": ("embodied water", "embodied CO2e × water a kg", "L"),
    "embodied_adp_kg": ("embodied abiotic resources, antimony equivalent", "embodied CO2e × resources a kg", "kg"),
}


def with_making(bill: Bill, chip: Chip, chip_s: Array, where: Where, draws: Draws, working: Working) -> Bill:
    """The bill with what making the equipment took, for the time that the job holds it.

    Parameters
    ----------
    bill : of the job's electricity
    chip : with its server
    chip_s : seconds times chips that are held, scalar or ``(n_draws,)``
    where : whose ``embodied`` may leave it out
    draws, working : the facts' draws, and what takes the steps

    Returns
    -------
    The same bill, with embodied CO2e where it counts.
    """
    if where.embodied == "off":
        return bill
    impacts = embodied_impacts(chip, chip_s, draws)
    for name, (words, formula, unit) in STEPS.items():
        working.note("site", words, formula, impacts[name], unit)
    return replace(bill, follows={**bill.follows, **impacts})

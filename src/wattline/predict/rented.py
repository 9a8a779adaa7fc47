"""Chips that are rented as a cloud's instances: which they are, how many a replica takes, and their list price."""

from __future__ import annotations

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.catalog.cloud import find_instance
from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, parse
from wattline.core.units import HOUR_S
from wattline.line.chip.device import Chip, load_chip
from wattline.predict.cite import cite_given
from wattline.predict.setup import USUAL_CHIP, Setup

PRICE = "list_price_usd_per_hour"
MAX_PRICE = 1000.0


def instance_named(name: str, catalog: Catalog, chip: str | None = None) -> Record:
    """The instance type with this name, which must hold this ``chip`` where one is named.

    Parameters
    ----------
    name : of the instance type
    catalog : whose facts are taken
    chip : by name

    Returns its record. Raises NotFound with the nearest types, WattlineError for another chip.
    """
    record = find_instance(name, catalog)
    if record is None:
        near = catalog.near_names("instance", name)
        raise NotFound("instance", name, near=near, mend="`wattline list instances` lists what is known")
    if chip is not None and catalog.find("chip", chip).name != record.meta["chip"]:
        raise WattlineError(
            f"chip: {record.name} has {number(record['chips'].value)} × {record.meta['chip']}, not "
            f"{catalog.find('chip', chip).name}; leave out the chip, or name another instance"
        )
    return record


def load_chips(setup: Setup, draws: Draws) -> Chip:
    """The chip of a set-up, in the host of its instance where it names one.

    Parameters
    ----------
    setup : with the chip, or the instance that holds it
    draws : from the ranges of the facts

    Returns
    -------
    The chip; power in W, rates in 1/s, scalar or ``(n_draws,)``.

    Raises WattlineError.
    """
    if setup.instance is None:
        return load_chip(setup.chip or USUAL_CHIP, draws)
    return load_chip(instance_named(setup.instance, draws.catalog, setup.chip).name, draws)


def whole_instances(chip: Chip, needed: int) -> int:
    """``needed`` chips, or those of the fewest whole instances that hold as many.

    Parameters
    ----------
    chip : in its host
    needed : chips of one replica

    Returns
    -------
    A number of chips.
    """
    each = chip.instance_chips
    return needed if not each else -(-needed // each) * each


def instance_inputs(chip: Chip) -> dict[str, str]:
    """The instance, as an answer shows what was taken."""
    return {} if chip.instance is None else {"instance": chip.instance.name}


def rental(chip: Chip, chip_s: Array, draws: Draws) -> dict[str, Array]:
    """List price of the instances for so many chip-seconds: ``rental_usd``; nothing where none is known.

    Parameters
    ----------
    chip : with its instance
    chip_s : seconds times chips that are rented, scalar or ``(n_draws,)``
    draws : from which the price is drawn

    Returns
    -------
    USD, shape ``(n_draws,)``, by name; empty where none is known.
    """
    if chip.instance is None or PRICE not in chip.instance.facts:
        return {}
    hours = np.asarray(chip_s) / HOUR_S / chip.instance_chips
    return {"rental_usd": np.asarray(hours * draws(chip.instance[PRICE]))}


def rental_notes(chip: Chip) -> tuple[str, ...]:
    """The instance, and its list price with its date and how it is known, in words."""
    if chip.instance is None:
        return ()
    count = number(chip.instance["chips"].value)
    words = f"{chip.instance.title}: {count} × {chip.record.title} in {chip.server.title}"
    if PRICE not in chip.instance.facts:
        if chip.instance.meta.get("sold") == "reserved":
            return (f"{words}; sold by reservation alone, no list price on demand is published",)
        return (f"{words}; no list price in the catalog",)
    fact = chip.instance[PRICE]
    dated = f" of {fact.source.year}" if fact.source is not None else ""
    return (f"{words}; list price on demand{dated} {number(fact.value)} USD/h ({fact.basis}), electricity included",)


def read_price(given: float | str | None) -> float | None:
    """USD of a chip's hour, such as ``"2.5 USD/h"``; None where none is given. Raises WattlineError.

    Parameters
    ----------
    given : as the user wrote it

    Returns the price.
    """
    if given is None:
        return None
    price = parse(given, "USD/h", "chip-price")
    if not 0 < price <= MAX_PRICE:
        raise WattlineError(f"chip-price: {number(price)} USD/h makes no sense for a chip; take one such as 2.5")
    return price


def chip_price_notes(given: float | None, known: bool) -> tuple[str, ...]:
    """Whose price of the chips' hours is taken, in words.

    Parameters
    ----------
    given : USD of a chip's hour; None for the estimate
    known : whether the answer has a price

    Returns the notes.
    """
    if given is not None:
        return (f"price of the chips' hours: at {number(given)} USD/h, as given",)
    return ("price of the chips' hours: an estimate; --chip-price takes your own",) if known else ()


def chip_price(chip: Chip, chip_s: Array, given: float | None, draws: Draws) -> dict[str, Array]:
    """Price of the chips' hours, ``chip_hours_usd``: by the price given, else an estimate from that of the server.

    Parameters
    ----------
    chip : with its server
    chip_s : seconds times chips
    given : USD of a chip's hour; None for the estimate
    draws : from which prices are drawn

    Returns
    -------
    USD, shape ``(n_draws,)``, by name; empty where neither is known.
    """
    hours = np.asarray(chip_s) / HOUR_S
    if given is not None:
        cite_given(draws, "chip_price", given, "USD/h", "price of a chip's hour")
        return {"chip_hours_usd": np.asarray(hours * given)}
    if "server_price_usd" not in chip.record.facts or chip.instance is not None:
        return {}
    hourly = draws(chip.record["server_price_usd"]) * draws("fit.chip-hour-price")
    return {"chip_hours_usd": np.asarray(hours * hourly)}

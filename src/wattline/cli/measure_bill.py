"""The bill of what ``measure`` saw, where a place was given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattline.core.errors import WattlineError

if TYPE_CHECKING:
    from wattline.meter.live.measurement import Measurement

LINES = (
    ("energy_wh", "delivered by the grid", "Wh"), ("cost_usd", "cost", "USD"), ("co2e_kg", "CO2e, life cycle", "kg"),
    ("co2e_direct_kg", "CO2e, by location", "kg"), ("co2e_market_kg", "CO2e, by market", "kg"),
    ("co2e_marginal_kg", "CO2e of more load", "kg"),
)  # fmt: skip


def check_where(where: dict[str, Any]) -> None:
    """Whether a place can be, before anything runs. Raises WattlineError where it cannot."""
    if where:
        from wattline.catalog import default
        from wattline.predict.grid_hours import check_grid_hours
        from wattline.predict.where import Where

        place = Where.read(None, where)
        if place.start is not None:
            raise WattlineError("start: what is measured has its own time; leave it out")
        check_grid_hours(place, default())


def bill_of(files: Sequence[Path], window: Measurement, where: dict[str, Any]) -> dict[str, Any] | None:
    """The results of ``meter bill`` for a window; why there are none is said on standard error.

    Parameters
    ----------
    files : the journals
    window : over all that was measured
    where : options of place as they were given; without any there is no bill

    Returns
    -------
    Plain data, or None.
    """
    if not where or not files or window.energy.energy_j is None:
        return None
    from wattline.meter.interpretation import Choices
    from wattline.meter.journal.writer import say
    from wattline.meter.readers.detect import read
    from wattline.reconcile.bill import bill

    try:
        made = bill(read(files[0], Choices.read()), window=window.name, **where).json()
    except (WattlineError, OSError) as error:
        say(f"no bill ({error})")
        return None
    results: dict[str, Any] = made["results"]
    return results


def bill_lines(bill: dict[str, Any]) -> list[str]:
    """A line for each account: its middle, and p5 to p95."""
    from wattline.core.quantity import number

    width, lines = max(len(words) for _, words, _ in LINES), []
    for name, words, unit in LINES:
        low, middle, high = (number(bill[name][end]) for end in ("p5", "p50", "p95"))
        lines.append(f"{words:<{width}}  {middle} {unit} ({low} to {high})")
    return lines

"""American states: what they use, and the part of it that data centres have, as published by state."""

from __future__ import annotations

from functools import cache

from wattline.catalog import default
from wattline.line.world.tables import stock_facts


def state_parts(grid: str) -> dict[str, float]:
    """How much of each state's data centres an American grid has.

    Parameters
    ----------
    grid : such as ``us-pjm``

    Returns
    -------
    State -> share, 0 to 1; none for a grid of which that is not known.
    """
    rows = stock_facts().items()
    return {scope: facts.facts[0].value for (name, scope, of), facts in rows if (name, of) == ("state-of-grid", grid)}


@cache
def state_twh() -> dict[str, float]:
    """Electricity of data centres by American state in the year of the published shares [TWh].

    Returns
    -------
    State -> TWh.
    """
    rows = stock_facts().items()
    electricity = {scope: known.facts[0].value for (name, scope, _), known in rows if name == "state-electricity"}
    constants = default().records("constant")
    shares = {state: constants.get(f"dc-share-of-{state.replace('_', '-')}-2023") for state in electricity}
    return {state: electricity[state] * row["value"].value / 100.0 for state, row in shares.items() if row}

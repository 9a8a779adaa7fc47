"""Where no supply reaches the targets: the best that can be reached, what binds, and what would help."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattline.core.errors import WattlineError
from wattline.line.grid.supply.build import program
from wattline.line.grid.supply.certificate import Solution
from wattline.line.grid.supply.highs import NoOptimum, solve_highs
from wattline.line.grid.supply.parts import SupplyCase, SupplyTarget, UnservedLoad
from wattline.line.grid.supply.program import Program

ROOM = 1e-4  # of a bound: what is nearer to it is at it
LOOSE = {"cfe": 0.0, "annual": 0.0, "carbon": 1e9}
WORDS = {"cfe": "hourly carbon-free share", "annual": "annual matching", "carbon": "carbon intensity"}


class SupplyInfeasible(WattlineError):
    """No supply reaches the targets; ``best`` is the best value of the target that fails, None where power is short."""

    def __init__(self, text: str, best: float | None) -> None:
        self.best = best
        super().__init__(text)


def why_infeasible(case: SupplyCase) -> SupplyInfeasible:
    """Why no supply reaches the targets of a case."""
    plain = replace(case, target=SupplyTarget())
    if all(getattr(case.target, name) is None for name in LOOSE):
        return _short_of_power(plain)
    try:
        for name in LOOSE:
            wanted = getattr(case.target, name)
            if wanted is not None and (answer := _best(plain, name, wanted)) is not None:
                return answer
    except NoOptimum:
        return _short_of_power(plain)
    return SupplyInfeasible("supply: each target can be reached, but not all together; drop one of them", None)


def _best(plain: SupplyCase, name: str, wanted: float) -> SupplyInfeasible | None:
    """What the target's sum over the year can be at best, cost apart; None where that suffices."""
    loose = program(plain.aim(**{name: LOOSE[name]}))
    if name not in loose.rows:  # nothing of what may be built counts towards it
        if name != "annual":
            return None
        words = f"reaches 0%, not {100 * wanted:.4g}%: nothing that may be built is carbon-free"
        return SupplyInfeasible(f"supply: the {WORDS[name]} {words}; add a carbon-free plant or lower the target", 0.0)
    row = loose.rows.index(name)
    count = loose.year[row], loose.year_capacity[row]
    kept = np.arange(len(loose.rows)) != row
    aimed = replace(
        loose,
        rows=tuple(np.array(loose.rows)[kept]),
        year=loose.year[kept],
        year_capacity=loose.year_capacity[kept],
        limit=loose.limit[kept],
        equal=loose.equal[kept],
        cost=count[0],
        capacity_cost=count[1] + loose.capacity_cost * 1e-12,
    )
    solution = solve_highs(aimed)
    share = float(np.vdot(count[0], solution.flows) + count[1] @ solution.capacity) / plain.load_mwh
    best = {"cfe": 1 - share, "annual": -share, "carbon": share}[name]
    if best <= wanted if name == "carbon" else best >= wanted:
        return None
    shown = f"{best:.4g} g/kWh, not {wanted:.4g}" if name == "carbon" else f"{100 * best:.4g}%, not {100 * wanted:.4g}%"
    return SupplyInfeasible(
        f"supply: the {WORDS[name]} reaches {shown}: {_binding(aimed, solution)}; "
        f"{_help(plain, aimed, solution)} or lower the target",
        best,
    )


def _short_of_power(plain: SupplyCase) -> SupplyInfeasible:
    """By how much the load cannot be served at all."""
    made = program(replace(plain, unserved=UnservedLoad(cost=1e6), export=None))
    solution = solve_highs(made)
    place = next(at for at, key in enumerate(made.flows) if key.kind == "unserved")
    left = solution.flows[place]
    hours = int(np.count_nonzero(left > ROOM * plain.load.max()))
    if not hours:
        return SupplyInfeasible(
            "supply: the load can be served, but not as the target wants it: what is generated beyond the load has "
            "nowhere to go; allow more export or lower the target",
            None,
        )
    return SupplyInfeasible(
        f"supply: the load cannot be served: {left.sum() * plain.step_h:.4g} MWh are missing in {_steps(hours)}, most "
        f"at hour {int(np.argmax(left))} ({left.max():.4g} MW): {_binding(made, solution)}; "
        f"{_help(plain, made, solution)} or allow unserved hours",
        None,
    )


def _binding(made: Program, solution: Solution) -> str:
    """The limits that the solution runs into."""
    names = [
        f"{name} is at its most, {most:.4g} {'MWh' if name.endswith((' energy', ' tank')) else 'MW'}"
        for name, most in _at_most(made, solution)
    ]
    if full := _grid_bound(made, solution):
        names.append(f"the grid is at its bound in {_steps(full)}")
    idle = [
        f"no {key.part} in {_steps(int((~made.active[at]).sum()))}"
        for at, key in enumerate(made.flows)
        if key.kind == "generation" and not made.active[at].all()
    ]
    return ", ".join([*names, *idle]) or "what may be built does not suffice"


def _at_most(made: Program, solution: Solution) -> list[tuple[str, float]]:
    """Capacities that are built as large as they may be, and how large that is."""
    sizes = zip(made.capacities, made.capacity_max, solution.capacity, strict=True)
    return [(name, most) for name, most, built in sizes if np.isfinite(most) and built >= most * (1 - ROOM)]


def _grid_bound(made: Program, solution: Solution) -> int:
    """Number of steps in which the grid gives all that it may."""
    return sum(
        int((made.active[at] & (solution.flows[at] >= made.fixed[at] * (1 - ROOM))).sum())
        for at, key in enumerate(made.flows)
        if key.kind == "import"
    )


def _help(plain: SupplyCase, made: Program, solution: Solution) -> str:
    """What the case lacks, as a mend."""
    lacks = [f"more {name}" for name, _ in _at_most(made, solution)]
    lacks += [] if plain.storages else ["a storage"]
    firm = any(np.ndim(plant.profile) == 0 for plant in plain.generators) or plain.reactors
    lacks += [] if firm else ["a firm plant"]
    if plain.grid is None:
        lacks.append("the grid")
    elif np.any(plain.load > np.asarray(plain.grid.limit_mw) * (1 + ROOM)) and _grid_bound(made, solution):
        lacks.append("a larger grid connection")
    return f"add {', '.join(lacks) or 'other plants'}"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"

"""How the figures of ``flex`` and ``supply`` follow, for ``--explain``."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

FORMULAS: dict[str, tuple[tuple[str, str], ...]] = {
    "flex headroom": (
        ("room of an hour", "highest demand of its season - demand"),
        ("new load L for a share x", "Σ max(L - room, 0) = x L hours, solved for L over the k smallest rooms"),
        ("new load for h hours", "the room that h hours of a year lie below"),
        ("event", "hours in a row in which the new load exceeds the room"),
    ),
    "supply": (
        ("cost", "Σ cost of capacities + fuel + price × import - price × export, over the load"),
        (
            "cost of a capacity in a year",
            "capital × (interest / (1 - (1 + interest)^-life) + fixed share), less credits",
        ),
        ("balance of an hour", "generation + discharge + import = load + charge + export, what is beyond is spilled"),
        ("carbon-free share of the hours", "1 - Σ what is not carbon-free of generation and import / Σ load"),
        ("carbon-free share of the year", "Σ carbon-free generation, exports included / Σ load"),
        ("one more point by the hour", "shadow price of the target's row / 100"),
        ("a unit earns", "Σ price of the hour × what a unit of the capacity lets through, at the plan's own prices"),
        ("proof", "cost of the plan less the lower bound that its own prices give, over the cost"),
    ),
    "flex shift": (
        ("as meant", "Σ signal over the hours in which the job was meant to run"),
        ("with foresight", "the least Σ signal × work over the window, a pause costing its own work"),
        ("by what was known", "the same by the mean of the same hour in seven days before, then what really came"),
        ("saved", "1 - cost moved / cost as meant"),
    ),
    "flex sites": (
        ("as it comes", "Σ signal × power of the work at its own site when it arrives"),
        (
            "with foresight",
            "the least Σ signal × power over sites and hours, within the sites' room and the longest wait",
        ),
        ("work that waits", "left after an hour <= what arrived in the hours of the longest wait"),
        ("a move", "data × (energy of the network × mean of both signals + egress fee)"),
        ("by what was known", "the same anew each day, by the mean of the same hour in seven days before"),
        ("another MW of room", "shadow price of the site's room, over the hours of a year"),
    ),
    "flex swings": (
        ("power", "chips × power of the phase, smeared by the chips' lag"),
        ("line of the spectrum", "2 |FFT| / n × sin(π f step) / (π f step): exact where power is level in a step"),
        ("largest line of a square wave", "2 swing sin(π duty) / π"),
        ("storage", "highest - lowest of the running Σ (power - mean) × step"),
        ("takes", "(energy after the measure - energy before) / energy before"),
        ("start and stop at a ramp limit r", "swing² / r: two triangles"),
    ),
    "meter swings": (
        ("power", "Σ devices' power at equal steps of their interval"),
        ("highest frequency shown", "1 / (2 × the slowest time between readings)"),
        ("mean over a window", "swings of frequency f are shown sin(π f window) / (π f window) of their size"),
        ("line of the spectrum", "2 |FFT| / n × sin(π f step) / (π f step)"),
        ("takes", "(energy after the measure - energy before) / energy before"),
    ),
    "flex response": (
        ("time at a power limit", "full time / clock, clock = ((limit - static) / moving power)^(1 / (1 + exponent))"),
        ("share of time at work", "share at full power × seconds of a request at the limit / at full power"),
        ("power of a chip's place", "work × (chip + host) + idle × (chip idle + host idle) + network"),
        ("site saves", "1 - power at the limit / power without, the same requests answered"),
        ("power through a call", "power × min(energy's time / the call's time, 1) of a store"),
        ("worth of energy", "power × hours called × (dearest hours - other hours / efficiency of a store)"),
    ),
    "world": (
        ("servers' power", "Σ over years of shipment: shipped × still standing × watts (idle + (1 - idle) × use)"),
        ("electricity", "IT power × PUE × 8.76"),
        ("path of a place", "published figures less their publishers' biases, about the growth of its stock"),
        ("capacity", "electricity / (8.76 × load factor)"),
        ("share of a job", "its energy in a year / electricity of its region's data centres"),
    ),
    "flex balance": (
        ("power at the meter", "IT power × PUE"),
        ("highest demand of a region", "energy used / (1 - grid loss) / hours of a year / (mean over highest demand)"),
        ("share of the grid's energy", "energy of a year / energy that the grid's users take in a year"),
        ("share of its highest hour", "highest power at the meter / (1 - grid loss) / highest demand"),
        ("share of its growth", "energy of a year / growth of the grid's energy in a year"),
    ),
}


def formulas_of(command: str) -> list[RenderableType]:
    """The formulas of a command, one line each."""
    rows = FORMULAS[command]
    width = max(len(name) for name, _ in rows)
    return [Text("How it follows", style="bold"), *(Text(f"  {name:<{width}}  {formula}") for name, formula in rows)]

"""Words that people try as a command, and the commands that answer what they look for."""

from __future__ import annotations

CARBON = ("meter bill", "site", "list regions")
POWERED = ("supply", "flex")
TRAINED = ("train", "tune")
MEASURED = ("measure", "sensors", "meter report")
TOPICS: dict[str, tuple[str, ...]] = {
    "carbon": CARBON, "co2": CARBON, "co2e": CARBON, "emissions": CARBON, "footprint": CARBON, "grid": CARBON,
    "climate": CARBON, "embodied": ("meter bill", "site"), "intensity": ("list regions", "supply"),
    "water": ("site", "meter bill"), "wue": ("site",), "pue": ("site", "list sites"),
    "cooling": ("site", "list cooling"),
    "cost": ("meter bill", "train", "serve"), "price": ("meter bill", "list regions"), "money": ("meter bill",),
    "solar": POWERED, "wind": POWERED, "battery": POWERED, "batteries": POWERED, "nuclear": POWERED, "gas": POWERED,
    "ppa": POWERED, "shift": ("flex shift",), "demand-response": ("flex response",),
    "lora": TRAINED, "finetune": TRAINED, "fine-tune": TRAINED, "training": TRAINED, "pretrain": TRAINED,
    "inference": ("prompt", "serve"), "query": ("prompt", "session"), "chat": ("session", "prompt"),
    "agent": ("session", "mcp"), "service": ("serve", "frontier"), "simulate": ("serve", "site"),
    "predict": ("train", "prompt", "serve"), "estimate": ("train", "prompt", "serve"),
    "power": MEASURED, "energy": MEASURED, "gpu": MEASURED, "watch": MEASURED, "monitor": MEASURED, "track": MEASURED,
    "profile": MEASURED, "nvidia-smi": MEASURED, "devices": ("sensors",), "fact": ("facts",),
    "optimise": ("tune", "frontier"), "optimize": ("tune", "frontier"), "limit": ("tune", "budget"),
    "cap": ("tune", "budget"), "claim": ("check",), "verify": ("check",), "forecast": ("world", "supply"),
    "outlook": ("world",), "scenario": ("run",), "datacenter": ("site",), "datacentre": ("site",),
    "data-center": ("site",), "data-centre": ("site",), "dashboard": ("web",), "ui": ("web",), "gui": ("web",),
    "trace": ("traffic",), "workload": ("traffic", "serve"), "model": ("list models",), "help": ("--help",),
}  # fmt: skip


def commands_on(word: str) -> str:
    """The commands that answer what a word is of, as a hint has them; empty where none is known.

    Parameters
    ----------
    word : that was given as a command

    Returns such as "`wattline site` or `wattline flex`".
    """
    names = [f"`wattline {name}`" for name in TOPICS.get(word.lower(), ())]
    return names[0] if len(names) == 1 else " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))

"""Wattline follows electricity through AI, from the chip to the grid.

>>> import wattline as wl
>>> wl.train("gpt-3-175b", tokens="300B", chip="v100-sxm2-32gb", chips=10_000)
>>> wl.prompt("llama-3.1-70b", chip="h100-sxm", input_tokens=500, output_tokens=300)
>>> wl.run("examples/article.toml")
>>> wl.check("article")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from wattline.bill import Bill
    from wattline.catalog import fact
    from wattline.claim import check_file as check
    from wattline.draws import Draws, Range
    from wattline.errors import WattlineError
    from wattline.fact import Fact
    from wattline.load import Load
    from wattline.meter.active import metering
    from wattline.meter.measurement import measure
    from wattline.scenario.compare import compare
    from wattline.scenario.frontier import frontier
    from wattline.scenario.measured import bill
    from wattline.scenario.prompt import prompt
    from wattline.scenario.run import run
    from wattline.scenario.serve import serve
    from wattline.scenario.service import service
    from wattline.scenario.train import train
    from wattline.work.traffic import Traffic, read_traffic

# name -> (module, attribute): imported when first asked for, so that `import wattline` costs nothing
_WHERE = {
    "Bill": ("wattline.bill", "Bill"),
    "Draws": ("wattline.draws", "Draws"),
    "Fact": ("wattline.fact", "Fact"),
    "Load": ("wattline.load", "Load"),
    "Range": ("wattline.draws", "Range"),
    "Traffic": ("wattline.work.traffic", "Traffic"),
    "WattlineError": ("wattline.errors", "WattlineError"),
    "bill": ("wattline.scenario.measured", "bill"),
    "check": ("wattline.claim", "check_file"),
    "compare": ("wattline.scenario.compare", "compare"),
    "fact": ("wattline.catalog", "fact"),
    "frontier": ("wattline.scenario.frontier", "frontier"),
    "measure": ("wattline.meter.measurement", "measure"),
    "metering": ("wattline.meter.active", "metering"),
    "prompt": ("wattline.scenario.prompt", "prompt"),
    "read_traffic": ("wattline.work.traffic", "read_traffic"),
    "run": ("wattline.scenario.run", "run"),
    "serve": ("wattline.scenario.serve", "serve"),
    "service": ("wattline.scenario.service", "service"),
    "train": ("wattline.scenario.train", "train"),
}
__all__ = [
    "Bill", "Draws", "Fact", "Load", "Range", "Traffic", "WattlineError", "bill", "check", "compare", "fact",
    "frontier", "measure", "metering", "prompt", "read_traffic", "run", "serve", "service", "train",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _WHERE:
        raise AttributeError(f"module 'wattline' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])

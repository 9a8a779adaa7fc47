"""Wattline follows electricity through AI, from the chip to the grid.

>>> import wattline as wl
>>> wl.train("gpt-3-175b", "300B", "v100-sxm2-32gb", 10_000, region="us")
>>> wl.prompt("llama-3.1-70b", "h100-sxm", gpus=4, input_tokens=500, output_tokens=300)
>>> wl.run("examples/article.toml")
>>> wl.check("article")
"""

from __future__ import annotations

from wattline.core.presenting import present_with
from wattline.core.version import __version__ as __version__

TYPE_CHECKING = False  # typing is not imported: it takes longer than all else here
if TYPE_CHECKING:
    from typing import Any

    from wattline.catalog import fact
    from wattline.catalog.draws import Draws
    from wattline.claim import check_file as check
    from wattline.control.budget import budget
    from wattline.control.tune import tune
    from wattline.core.bill import Bill
    from wattline.core.errors import WattlineError
    from wattline.core.fact import Fact
    from wattline.core.load import Load
    from wattline.core.range import Range
    from wattline.line.work.traffic.reader import read_traffic
    from wattline.line.work.traffic.trace import Traffic
    from wattline.meter.fleet.ingest import fleet_ingest
    from wattline.meter.fleet.report import fleet_report
    from wattline.meter.live.active import metering
    from wattline.meter.live.measurement import measure
    from wattline.predict.average_service import serve_average
    from wattline.predict.encoding.embed import embed
    from wattline.predict.encoding.transcribe import transcribe
    from wattline.predict.flex.balance import flex_balance
    from wattline.predict.flex.headroom import flex_headroom
    from wattline.predict.flex.response import flex_response
    from wattline.predict.flex.shift import flex_shift
    from wattline.predict.flex.sites import flex_sites
    from wattline.predict.flex.swings import flex_swings
    from wattline.predict.media.image import image
    from wattline.predict.media.video import video
    from wattline.predict.outlook.world import world
    from wattline.predict.prompt import prompt
    from wattline.predict.service.simulate import serve
    from wattline.predict.service.traffic import traffic
    from wattline.predict.session.session import session
    from wattline.predict.settings import settings
    from wattline.predict.setup import Setup
    from wattline.predict.site import site
    from wattline.predict.supply.plan import supply
    from wattline.predict.train import train
    from wattline.predict.where import Where
    from wattline.reconcile.bill import bill
    from wattline.reconcile.compare import compare
    from wattline.reconcile.saving import saving
    from wattline.scenario.run import run
    from wattline.search.frontier import frontier

# name -> (module, attribute): imported when first asked for, so that `import wattline` costs nothing
_WHERE = {
    "Bill": ("wattline.core.bill", "Bill"),
    "Draws": ("wattline.catalog.draws", "Draws"),
    "Fact": ("wattline.core.fact", "Fact"),
    "Load": ("wattline.core.load", "Load"),
    "Range": ("wattline.core.range", "Range"),
    "Setup": ("wattline.predict.setup", "Setup"),
    "Traffic": ("wattline.line.work.traffic.trace", "Traffic"),
    "WattlineError": ("wattline.core.errors", "WattlineError"),
    "Where": ("wattline.predict.where", "Where"),
    "bill": ("wattline.reconcile.bill", "bill"),
    "budget": ("wattline.control.budget", "budget"),
    "check": ("wattline.claim", "check_file"),
    "compare": ("wattline.reconcile.compare", "compare"),
    "embed": ("wattline.predict.encoding.embed", "embed"),
    "fact": ("wattline.catalog", "fact"),
    "fleet_ingest": ("wattline.meter.fleet.ingest", "fleet_ingest"),
    "fleet_report": ("wattline.meter.fleet.report", "fleet_report"),
    "flex_balance": ("wattline.predict.flex.balance", "flex_balance"),
    "flex_headroom": ("wattline.predict.flex.headroom", "flex_headroom"),
    "flex_response": ("wattline.predict.flex.response", "flex_response"),
    "flex_shift": ("wattline.predict.flex.shift", "flex_shift"),
    "flex_sites": ("wattline.predict.flex.sites", "flex_sites"),
    "flex_swings": ("wattline.predict.flex.swings", "flex_swings"),
    "frontier": ("wattline.search.frontier", "frontier"),
    "image": ("wattline.predict.media.image", "image"),
    "measure": ("wattline.meter.live.measurement", "measure"),
    "metering": ("wattline.meter.live.active", "metering"),
    "prompt": ("wattline.predict.prompt", "prompt"),
    "read_traffic": ("wattline.line.work.traffic.reader", "read_traffic"),
    "run": ("wattline.scenario.run", "run"),
    "saving": ("wattline.reconcile.saving", "saving"),
    "serve": ("wattline.predict.service.simulate", "serve"),
    "serve_average": ("wattline.predict.average_service", "serve_average"),
    "session": ("wattline.predict.session.session", "session"),
    "settings": ("wattline.predict.settings", "settings"),
    "site": ("wattline.predict.site", "site"),
    "supply": ("wattline.predict.supply.plan", "supply"),
    "traffic": ("wattline.predict.service.traffic", "traffic"),
    "train": ("wattline.predict.train", "train"),
    "transcribe": ("wattline.predict.encoding.transcribe", "transcribe"),
    "tune": ("wattline.control.tune", "tune"),
    "video": ("wattline.predict.media.video", "video"),
    "world": ("wattline.predict.outlook.world", "world"),
}
__all__ = [
    "Bill", "Draws", "Fact", "Load", "Range", "Setup", "Traffic", "WattlineError", "Where", "bill", "budget", "check",
    "compare", "embed", "fact", "fleet_ingest", "fleet_report", "flex_balance", "flex_headroom", "flex_response",
    "flex_shift", "flex_sites", "flex_swings", "frontier", "image", "measure", "metering", "prompt", "read_traffic",
    "run", "saving", "serve", "serve_average", "session", "settings", "site", "supply", "traffic", "train",
    "transcribe", "tune", "video", "world",
]  # fmt: skip
# a name that is gone -> what stands in its place
_RENAMED = {"service": "serve", "Outdoors": "Where"}


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext wattline`` in IPython or Jupyter: the magics ``%%wattline`` and ``%wattline``."""
    from wattline.hooks.notebook import register

    register(shell)


def _present() -> Any:
    """What shows an answer to people: imported when the first one is shown."""
    from wattline.report import present

    return present


present_with(_present)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _RENAMED:
        raise AttributeError(f"wattline.{name} is now wattline.{_RENAMED[name]}")
    if name not in _WHERE:
        raise AttributeError(f"module 'wattline' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])

"""Sums that published figures must satisfy, and changes that published cases found: ours beside theirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.units import Z95
from wattline.line.world.ai_part import ai_ratio
from wattline.line.world.chip_sources import LAST_SHIPPED, SOURCES, chips_shipped
from wattline.line.world.drivers import Drivers, read_what_if
from wattline.line.world.places import place_of
from wattline.line.world.power import TWH_PER_GW, koomey_twh
from wattline.line.world.stock import FIRST, YEARS
from wattline.line.world.tables import annex, series

KOOMEY = ("world", "us")  # whose published totals follow from stock and watts
KOOMEY_TOLERANCE = 0.5
LOAD_TOLERANCE, PUE_TOLERANCE = 3.0, 1.5  # percent
LARGE_GW, LARGE_TWH = 20.0, 60.0  # where the annex's rounding to whole numbers does not hide the identity
CHANGED = 2030
# cases of LBNL (2026) against its reference: words, the drivers that make them, and the segment of the published change
SENSITIVITIES = (
    ("shipments 15% lower", ("shipments=-15%",), "shipments"),
    ("life of accelerators 4 years", ("ai_life=4",), "life"),
    (
        "high inference energy: idle at 30%, inference at work 30%",
        ("ai_idle=30%", "ai_inference_use=30%"),
        "high-inference",
    ),
    ("more GPUs", ("chip_growth=+10%",), "more-gpus"),
)


@dataclass(frozen=True)
class PublishedIdentity:
    """A published figure beside what follows: both in ``unit``, and by how many percent they may differ."""

    name: str
    value: float
    published: float
    unit: str
    tolerance_percent: float

    @property
    def off_percent(self) -> float:
        return 100 * (self.value / self.published - 1)

    @property
    def holds(self) -> bool:
        return abs(self.off_percent) <= self.tolerance_percent


@dataclass(frozen=True)
class Sensitivity:
    """A case's change of the American electricity of 2030, ours and as published [percent]."""

    name: str
    change_percent: float
    published_percent: float


def identities() -> list[PublishedIdentity]:
    """Koomey's totals, the annex's capacity and PUE, and the chips' power."""
    made = [
        PublishedIdentity(
            f"Koomey, servers of {scope} in {year}", koomey_twh(scope, year), twh, "TWh", KOOMEY_TOLERANCE
        )
        for scope in KOOMEY
        for year, twh in _published("published-servers", "koomey", scope)
    ]
    for row in annex():
        name = f"{row.region}, {row.kind}, {row.year}"
        if row.dc_gw and row.load_percent and row.dc_twh and row.dc_gw >= LARGE_GW:
            value = row.dc_gw * TWH_PER_GW * row.load_percent / 100
            made.append(PublishedIdentity(f"GW x 8.76 x load: {name}", value, row.dc_twh, "TWh", LOAD_TOLERANCE))
        if row.it_twh and row.pue and row.dc_twh and row.it_twh >= LARGE_TWH:
            made.append(PublishedIdentity(f"IT x PUE: {name}", row.it_twh * row.pue, row.dc_twh, "TWh", PUE_TOLERANCE))
    for year, published in _published("published-chips", "four-makers", "world"):
        makers = ("nvidia", "google", "amd", "amazon")
        power = sum(float(series("chips-cumulative", name).at(np.array([year]))[0]) for name in makers)
        made.append(PublishedIdentity(f"TDP of four makers' chips at the end of {year}", power, published, "GW", 0.5))
    return made


def _published(quantity: str, segment: str, scope: str) -> list[tuple[int, float]]:
    """Published totals by year."""
    known = series(quantity, segment, scope)
    return [(year, fact.value) for year, fact in zip(known.years, known.facts, strict=True)]


@dataclass(frozen=True)
class ChipCount:
    """AI chips that ship in a year, or the electricity that they take in it, by one source: p5, p50, p95."""

    source: str
    quantity: str
    year: int
    ends: tuple[float, float, float]


def chip_counts() -> list[ChipCount]:
    """Chips of each year that Epoch has [GW of TDP], and their electricity in the last [TWh], by each source."""
    first = series("chips-shipped", "ampere").years[0]
    made = []
    for source in SOURCES:
        ends = chips_shipped(np.array([-Z95, 0.0, Z95]), source)
        changes = (read_what_if(f"chips={source}"),)
        drivers = Drivers({"chip_shipments": np.array([-Z95, 0.0, Z95])}, changes)
        parts = drivers.parts()
        rows = [("chips_gw", year, ends) for year in range(first, LAST_SHIPPED + 1)]
        for quantity, year, values in (*rows, ("ai_twh", LAST_SHIPPED, parts.ai + parts.ai_overhead)):
            low, middle, high = (float(value) for value in values[:, year - int(YEARS[0])])
            made.append(ChipCount(source, quantity, year, (low, middle, high)))
    return made


def sensitivities() -> list[Sensitivity]:
    """LBNL's published changes of 2030 beside those of the American stock."""
    ratio, spot = ai_ratio(place_of("us")), CHANGED - FIRST
    base = Drivers({}, (), ratio).parts().total[0, spot]
    made = []
    for name, texts, segment in SENSITIVITIES:
        published = series("published-change", segment, "us").facts[0].value
        moved = Drivers({}, tuple(read_what_if(text) for text in texts), ratio).parts().total[0, spot]
        made.append(Sensitivity(name, 100 * float(moved / base - 1), published))
    return made

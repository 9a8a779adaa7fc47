"""What moves an outlook: each driver at the ends of its range, and the parts of the change between two years."""

from __future__ import annotations

import numpy as np

from wattline.core.result import Json
from wattline.core.units import Z95
from wattline.line.world.ai_part import ai_ratio
from wattline.line.world.drivers import DRIVERS, NORMAL, OF_PATHS, Drivers
from wattline.line.world.outlook import Outlook
from wattline.line.world.percentiles import percentiles
from wattline.line.world.stock import FIRST, LAST
from wattline.line.world.stock_draws import PARTS


def tornado(made: Outlook) -> list[Json]:
    """Change of the first place's electricity in the last year, with each driver at p5 and at p95, largest first.

    Parameters
    ----------
    made : the outlook

    Returns
    -------
    A row a driver [TWh].
    """
    place, year = made.question.places[0], min(made.question.years[-1], LAST)
    if place.company:
        return []
    ratio, what_if = ai_ratio(place), tuple(c for c in made.question.what_if if c.driver not in OF_PATHS)
    spot = year - FIRST
    base = Drivers({}, what_if, ratio).parts().total[0, spot]
    rows = []
    for name in NORMAL:
        ends = [Drivers({name: np.array([z])}, what_if, ratio).parts().total[0, spot] for z in (-Z95, Z95)]
        rows.append(_bar(name, DRIVERS[name], ends[0] / base - 1, ends[1] / base - 1))
    low, middle, high = made.shared_twh[:, 0, -1]
    words = "how demand goes on, as uncertain as past published figures leave it"
    rows.append(_bar("path", words, low / middle - 1, high / middle - 1))
    counted = percentiles(made.twh[:1, -1:])[:, 0, 0]
    apart = (np.log(counted[2] / counted[0]) ** 2 - np.log(high / low) ** 2) / 4
    half = float(np.sqrt(max(apart, 0.0)))
    rows.append(
        _bar("counting", "differences between publishers: who counts, and what", np.expm1(-half), np.expm1(half))
    )
    return sorted(rows, key=lambda row: -max(abs(row["low_change"]), abs(row["high_change"])))


def _bar(name: str, words: str, low: float, high: float) -> Json:
    return {"driver": name, "words": words, "low_change": float(low), "high_change": float(high)}


def waterfall(made: Outlook) -> Json | None:
    """The change of the first place's middle electricity from the first to the last year, by part.

    Parameters
    ----------
    made : the outlook

    Returns None for a company, and where there is one year alone.
    """
    years = made.question.years
    if len(years) < 2 or made.question.places[0].company:
        return None
    middle = percentiles(made.twh[:1], [50])[0, 0]
    shares = {name: np.median(values[0], axis=-1) for name, values in made.shares.items()}
    total = sum(shares.values())
    parts = {name: shares[name] / total * middle for name in PARTS}
    return {
        "from_year": years[0], "to_year": years[-1], "from_twh": float(middle[0]), "to_twh": float(middle[-1]),
        "parts": [{"part": name, "change_twh": float(values[-1] - values[0])} for name, values in parts.items()],
    }  # fmt: skip

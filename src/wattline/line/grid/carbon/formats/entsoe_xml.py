"""The XML of ENTSO-E's API: generation by type (A75) and day-ahead prices (A44)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.formats.columns import FUEL, PRICE, GridTable
from wattline.line.grid.carbon.formats.entsoe import SOURCE

# B01 to B25 of ENTSO-E's code list
CODES = {
    "B01": "biomass", "B02": "coal", "B03": "coal", "B04": "gas", "B05": "coal", "B06": "oil", "B07": "coal",
    "B08": "coal", "B09": "geothermal", "B10": "storage", "B11": "hydro", "B12": "hydro", "B13": "hydro",
    "B14": "nuclear", "B15": "biomass", "B16": "solar", "B17": "other", "B18": "wind", "B19": "wind", "B20": "unknown",
    "B25": "storage",
}  # fmt: skip
STEPS_S = {"PT15M": 900, "PT30M": 1800, "PT60M": 3600, "PT1H": 3600}
MAX_POINTS = 1_000_000


def is_entsoe_xml(data: bytes) -> bool:
    """Whether a file is a document of ENTSO-E's API."""
    return data.lstrip()[:1] == b"<" and b"_MarketDocument" in data[:2000]


def read_entsoe_xml(data: bytes, where: str) -> GridTable:
    """A document of generation or prices.

    Parameters
    ----------
    data
        Bytes of the file.
    where
        What it was read from, for errors.

    Returns
    -------
    MW of each type, or a price, by the step of the document.

    Raises
    ------
    WattlineError
        For XML that is damaged or declares entities, and for steps or types that are not known.
    """
    if re.search(rb"<!\s*(?:DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise WattlineError(f"series {where}: XML with a DOCTYPE is not read")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError) as error:
        raise WattlineError(f"series {where} is no whole XML: {shorten(str(error), 80)}") from None
    points: dict[str, dict[int, float]] = {}
    steps: set[int] = set()
    currency, zone = "USD", ""
    for series in root.iter():
        if _tag(series) != "TimeSeries":
            continue
        if _text(series, "outBiddingZone_Domain.mRID"):
            continue  # what a store takes, not what it gives
        code = _text(series, "psrType")
        meaning = PRICE if code is None else FUEL + _fuel(code, where)
        currency = _text(series, "currency_Unit.name") or currency
        zone = _text(series, "inBiddingZone_Domain.mRID") or _text(series, "in_Domain.mRID") or zone
        for period in (each for each in series.iter() if _tag(each) == "Period"):
            steps.add(_period(period, points.setdefault(meaning, {}), where))
    return _table(points, steps, where, zone, currency)


def _table(points: dict[str, dict[int, float]], steps: set[int], where: str, zone: str, currency: str) -> GridTable:
    if not points:
        raise WattlineError(f"series {where}: no TimeSeries of generation or prices is in it")
    if len(steps) > 1:
        raise WattlineError(f"series {where} mixes steps of {', '.join(f'{s} s' for s in sorted(steps))}; ask for one")
    moments = sorted(set().union(*points.values()))
    columns = {
        meaning: np.array([by_time.get(at, np.nan) for at in moments]) / (1000.0 if meaning == PRICE else 1.0)
        for meaning, by_time in points.items()
    }
    return GridTable(np.array(moments, "datetime64[s]"), columns, SOURCE, zone, currency)


def _period(period: Any, into: dict[int, float], where: str) -> int:
    """One stretch of steps; a step that is left out keeps the value before it (curve type A03)."""
    begin, end = (_moment(_text(period, name), where) for name in ("start", "end"))
    resolution = _text(period, "resolution") or ""
    if resolution not in STEPS_S:
        raise WattlineError(f"series {where}: resolution {shorten(resolution)} is none of {', '.join(STEPS_S)}")
    step = STEPS_S[resolution]
    count = (end - begin) // step
    if not 0 < count <= MAX_POINTS:
        raise WattlineError(f"series {where}: a period of {count:,} steps is out of range")
    values = np.full(count, np.nan)
    for point in (each for each in period.iter() if _tag(each) == "Point"):
        try:
            place = int(_text(point, "position") or "")
            value = float(_text(point, "quantity") or _text(point, "price.amount") or "")
        except ValueError:
            raise WattlineError(f"series {where}: a Point has no position or no number") from None
        if not 1 <= place <= count:
            raise WattlineError(f"series {where}: position {place} lies outside its period of {count} steps")
        values[place - 1] = value
    last = np.nan
    for i, value in enumerate(values):
        last = value if np.isfinite(value) else last
        moment = begin + i * step
        into[moment] = into[moment] + last if moment in into else last
    return step


def _fuel(code: str, where: str) -> str:
    if code not in CODES:
        raise WattlineError(f"series {where}: psrType {shorten(code, 20)} is not known")
    return CODES[code]


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Any, name: str) -> str | None:
    return next((each.text.strip() for each in element.iter() if _tag(each) == name and each.text), None)


def _moment(text: str | None, where: str) -> int:
    try:
        return int(datetime.fromisoformat((text or "").replace("Z", "+00:00")).timestamp())
    except ValueError:
        raise WattlineError(f"series {where}: {shorten(text or '')!r} is no time") from None

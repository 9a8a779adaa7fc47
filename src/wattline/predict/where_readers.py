"""How plain values of a place, its grid and its prices are read and checked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import parse
from wattline.line.grid.carbon.given import CONTRACT_SOURCES, Contracts, split_zone
from wattline.predict.fields import quantity, text

HOURLY = "hourly"  # of carbon: the region's typical year
MIN_YEAR, MAX_YEAR = 1990, 2100


def read_pue(value: Any, name: str) -> float:
    """A PUE between 1 and 10; a site cannot use less than its servers.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    PUE, energy of the site over that of its servers.

    Raises WattlineError for one out of range.
    """
    pue = parse(value, "", "PUE")
    if not 1.0 <= pue <= 10.0:
        raise WattlineError(f"PUE {pue:g} is out of range: no site is below 1, and none is known above 10")
    return pue


def read_path(value: Any, name: str) -> Path:
    """A path of a file, which must have a name.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    A path.
    """
    return Path(text(value, name))


def read_carbon(value: Any, name: str) -> float | str:
    """g CO2e per kWh, ``hourly`` for the region's typical year, or a file of it by the hour.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    g CO2e/kWh, "hourly", or a path.
    """
    if isinstance(value, Path) or (isinstance(value, str) and (value == HOURLY or split_zone(value)[0].is_file())):
        return str(value)
    if isinstance(value, str) and re.search(r"\.[A-Za-z]\w*(?:@[^@]*)?$", value.strip()):
        return value  # a file that is not there: said where it is read
    return float(quantity("g/kWh", zero=True)(value, name))


def read_start(value: Any, name: str) -> str:
    """A time in UTC as ISO 8601; one without an offset is UTC.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    ISO 8601 in UTC, without an offset.

    Raises WattlineError for what is no time, and a year out of range.
    """
    try:
        time = (
            value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
        )
    except ValueError:
        raise WattlineError(f"{name}: {shorten(str(value))!r} is no time, such as 2023-01-01T08:00Z") from None
    time = time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)
    if not MIN_YEAR <= time.year <= MAX_YEAR:
        raise WattlineError(f"{name}: the year {time.year} is out of range, {MIN_YEAR} to {MAX_YEAR}")
    return time.isoformat(timespec="seconds")


def read_contracts(value: Any, name: str) -> Contracts:
    """A share of the energy under contracts free of carbon, with what generates it: ``60%`` or ``60% wind``.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    Share and kind.

    Raises WattlineError for anything else.
    """
    if isinstance(value, Contracts):
        return value
    words = str(value).split()
    if not words:
        raise WattlineError(f"{name}: empty; give a share, such as 60% or '60% wind'")
    share = quantity("", 0.0, 1.0, zero=True)(value if isinstance(value, int | float) else words[0], name)
    if len(words) > 2 or (len(words) == 2 and words[1].lower() not in CONTRACT_SOURCES):
        raise WattlineError(f"{name}: {shorten(str(value))!r} is no share with one of {', '.join(CONTRACT_SOURCES)}")
    return Contracts(share, words[1].lower() if len(words) == 2 else "")

"""Sites side by side: all kinds of cooling for a place, or places for one kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.files import read_text
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.outdoors import MAX_UNMET_H, check_climate, read_where
from wattline.predict.site import Asked, SiteAnswer, ask, work

LIMIT_BYTES = 1_000_000
MOST_PLACES = 500
# what a row tells, beside its name
COLUMNS = ("pue", "peak_w", "energy_wh", "wue_l_per_kwh", "water_site_l", "water_l", "cost_usd", "co2e_kg")


def compare_kinds(
    it: str,
    place: str | None,
    weather: Path | None,
    given: Mapping[str, Any],
    draws: int,
    seed: int,
    progress: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Energy, peak, water and cost of every kind of cooling, all in the same hall; what cannot be is told."""
    catalog = default()
    outdoors, where = read_where(place, weather, catalog)
    hall = str(given.get("hall_of") or "large")
    rows = []
    for kind in KINDS.values():
        progress(kind.title)
        row: dict[str, Any] = {"cooling": kind.name, "title": kind.title}
        try:
            check_climate(kind, where)
            asked = ask(it, catalog, place=place, weather=weather, cooling=kind.name, **{**given, "hall_of": hall})
            rows.append(row | _row(work(asked, Draws(draws, seed, catalog), holds=False)))
        except WattlineError as error:
            if kind.name != "sea-water":
                raise
            rows.append(row | {"cannot": str(error)})
    rows.sort(key=lambda r: (bool(r.get("cannot")), r.get("energy_wh", {}).get("p50", 0.0)))
    return {
        "command": "site",
        "by": "cooling",
        "title": f"Cooling in {outdoors.name}, {hall} hall",
        "draws": draws,
        "seed": seed,
        "weather": outdoors.json(),
        "rows": rows,
    }


def compare_places(
    it: str,
    path: Path,
    cooling: str,
    given: Mapping[str, Any],
    draws: int,
    seed: int,
    progress: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """One kind of site in each place of a file: names, ``latitude, longitude``, or weather files, one a line."""
    names = [line.split("#")[0].strip() for line in read_text(path, LIMIT_BYTES, "places").splitlines()]
    names = [name for name in names if name]
    if not names:
        raise WattlineError(f"places {path}: no places in it; write one a line")
    if len(names) > MOST_PLACES:
        raise WattlineError(f"places {path}: {len(names):,} places; at most {MOST_PLACES} are set side by side")
    catalog, rows = default(), []
    for line, name in enumerate(names, 1):
        progress(name)
        file = path.parent / name
        known = file.is_file()
        where: dict[str, Any] = {"weather": file} if known else {"place": name}
        try:
            asked: Asked = ask(it, catalog, cooling=cooling, **where, **given)
            answer = work(asked, Draws(draws, seed, catalog), holds=False)
        except WattlineError as error:
            raise WattlineError(f"places {path}: entry {line}: {error}") from None
        rows.append({"place": answer.asked.weather.name} | _row(answer))
    rows.sort(key=lambda r: r["energy_wh"]["p50"])
    return {
        "command": "site",
        "by": "place",
        "title": f"Places for {cooling}",
        "draws": draws,
        "seed": seed,
        "rows": rows,
    }


def _row(answer: SiteAnswer) -> dict[str, Any]:
    data = answer.json()
    row: dict[str, Any] = {name: data[name] for name in COLUMNS}
    too_warm = data["hours_too_warm"]["p50"]
    if too_warm > MAX_UNMET_H:
        row["cannot"] = f"{too_warm:,.0f} hours a year are too warm or damp for it"
    return row

"""Sites side by side: all kinds of cooling for a place, or places for one kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.files import read_text
from wattline.core.quantity import parse
from wattline.core.result import Json, Result, envelope
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.outdoors import MAX_UNMET_H, check_climate, read_where
from wattline.predict.site import Asked, SiteAnswer, ask, work

LIMIT_BYTES = 1_000_000
MOST_PLACES = 500
# what a row tells, beside its name
COLUMNS = ("pue", "peak_w", "energy_wh", "wue_l_per_kwh", "water_site_l", "water_l", "cost_usd", "co2e_kg")


@dataclass(frozen=True, eq=False, repr=False)
class Sites(Result):
    """Sites side by side, the least energy first; ``by``: what the rows differ in, ``cooling`` or ``place``."""

    by: str
    title: str
    inputs: Json
    rows: list[Json]
    draws: Draws
    weather: Json | None = None

    def results(self) -> Json:
        """The rows, as plain data."""
        return {"title": self.title, "by": self.by, "weather": self.weather, "rows": self.rows}

    def json(self) -> Json:
        return envelope("site", self.inputs, self.results(), draws=self.draws)


def compare_kinds(
    it: str,
    place: str | None,
    weather: Path | None,
    given: Mapping[str, Any],
    draws: int,
    seed: int,
    progress: Callable[[str], None] = lambda name: None,
) -> Sites:
    """Energy, peak, water and cost of every kind of cooling, all in the same hall; what cannot be is told."""
    catalog = default()
    outdoors, where = read_where(place, weather, catalog)
    hall = str(given.get("hall_of") or "large")
    rows, drawn = [], Draws(draws, seed, catalog)
    for kind in KINDS.values():
        progress(kind.title)
        row: dict[str, Any] = {"cooling": kind.name, "title": kind.title}
        try:
            check_climate(kind, where)
            asked = ask(it, catalog, place=place, weather=weather, cooling=kind.name, **{**given, "hall_of": hall})
            rows.append(row | _row(work(asked, drawn, holds=False)))
        except WattlineError as error:
            if kind.name != "sea-water":
                raise
            rows.append(row | {"cannot": str(error)})
    rows.sort(key=lambda r: (bool(r.get("cannot")), r.get("energy_wh", {}).get("p50", 0.0)))
    title = f"Cooling in {outdoors.name}, {hall} hall"
    return Sites("cooling", title, _inputs(it, given, place=outdoors.name, hall=hall), rows, drawn, outdoors.json())


def compare_places(
    it: str,
    path: Path,
    cooling: str,
    given: Mapping[str, Any],
    draws: int,
    seed: int,
    progress: Callable[[str], None] = lambda name: None,
) -> Sites:
    """One kind of site in each place of a file: names, ``latitude, longitude``, or weather files, one a line."""
    names = [line.split("#")[0].strip() for line in read_text(path, LIMIT_BYTES, "places").splitlines()]
    names = [name for name in names if name]
    if not names:
        raise WattlineError(f"places {path}: no places in it; write one a line")
    if len(names) > MOST_PLACES:
        raise WattlineError(f"places {path}: {len(names):,} places; at most {MOST_PLACES} are set side by side")
    catalog, rows = default(), []
    drawn = Draws(draws, seed, catalog)
    for line, name in enumerate(names, 1):
        progress(name)
        file = path.parent / name
        known = file.is_file()
        where: dict[str, Any] = {"weather": file} if known else {"place": name}
        try:
            asked: Asked = ask(it, catalog, cooling=cooling, **where, **given)
            answer = work(asked, drawn, holds=False)
        except WattlineError as error:
            raise WattlineError(f"places {path}: entry {line}: {error}") from None
        rows.append({"place": answer.asked.weather.name} | _row(answer))
    rows.sort(key=lambda r: r["energy_wh"]["p50"])
    return Sites("place", f"Places for {cooling}", _inputs(it, given, cooling=cooling), rows, drawn)


def _inputs(it: str, given: Mapping[str, Any], **more: Any) -> Json:
    """What was asked of all of the sites alike, as plain data."""
    said = {name.removesuffix("_of"): value for name, value in given.items() if value is not None}
    return {
        "it_w": parse(it, "W", "it"),
        **{k: v if isinstance(v, str | bool) else str(v) for k, v in said.items()},
        **more,
    }


def _row(answer: SiteAnswer) -> dict[str, Any]:
    data = answer.results()
    row: dict[str, Any] = {name: data[name] for name in COLUMNS}
    too_warm = data["hours_too_warm"]["p50"]
    if too_warm > MAX_UNMET_H:
        row["cannot"] = f"{too_warm:,.0f} hours a year are too warm or damp for it"
    return row

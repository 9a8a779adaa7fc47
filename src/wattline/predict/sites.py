"""Sites side by side: all kinds of cooling for a place, or places for one kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.core.reading import read_text
from wattline.core.result import Json, Result, envelope
from wattline.line.site.cooling.kinds import KINDS, CoolingKind
from wattline.line.site.hall import hall_of
from wattline.line.site.outdoors import MAX_UNMET_H, check_climate, read_where
from wattline.predict.site import read_design, work
from wattline.predict.site_answer import SiteAnswer
from wattline.predict.where import COOLING, Where

LIMIT_BYTES = 1_000_000
MAX_PLACES = 500
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
    fields: Mapping[str, Any],
    given: Mapping[str, Any],
    draws: Draws,
    progress: Callable[[str], None] = lambda name: None,
) -> Sites:
    """Energy, peak, water and cost of every kind of cooling, all in the same hall; what cannot be is told.

    Parameters
    ----------
    it : IT power of the design
    fields : of ``Where``, with a place or weather
    given : what else ``read_design`` takes, by name
    draws : that all sites share
    progress : hears the name of each kind before it is calculated

    Returns
    -------
    A row a kind, with the kinds that cannot be.

    Raises
    ------
    WattlineError where a kind of cooling is given too, or the place, the weather or the design cannot be read.
    """
    where = Where.read(None, fields)
    outdoors, spot = read_where(where.place, where.weather, draws.catalog)
    hall = hall_of(where.site, parse(it, "W", "it"), draws.catalog)
    if where.cooling is not None:
        raise WattlineError("cooling: --compare shows all kinds; leave it out")
    rows = []
    for kind in KINDS.values():
        progress(kind.title)
        head = {"cooling": kind.name, "place": outdoors.name, "title": kind.title}
        try:
            check_climate(kind, spot)
            here = replace(where, cooling=kind.name, site=hall)
            design = read_design(it, here, draws.catalog, **_takes(kind, given))
            rows.append(head | _row(work(design, draws, holds=False)))
        except WattlineError as error:
            if kind.name != "sea-water":
                raise
            rows.append(head | dict.fromkeys(COLUMNS) | {"cannot": str(error)})
    rows.sort(key=lambda r: (bool(r["cannot"]), r["energy_wh"]["p50"] if r["energy_wh"] else 0.0))
    title = f"Cooling in {outdoors.name}, {hall} hall"
    shown = inputs_of(it, where, given, place=outdoors.name, hall=hall)
    return Sites("cooling", title, shown, rows, draws, outdoors.json())


def _takes(kind: CoolingKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a kind of cooling takes of what was given for all of them."""
    wet = {} if kind.liquid else {"facility_water": None}
    return {**given, **wet, **({} if kind.compressor else {"humidified": False})}


def compare_places(
    it: str,
    path: Path,
    fields: Mapping[str, Any],
    given: Mapping[str, Any],
    draws: Draws,
    progress: Callable[[str], None] = lambda name: None,
) -> Sites:
    """One kind of site in each place of a file: names, ``latitude, longitude``, or weather files, one a line.

    Parameters
    ----------
    it : design IT power, such as ``100MW``
    path : of the file
    fields : of ``Where``, by name
    given : of the plant and its load, by name
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    progress : called with each place

    Returns a row for each place, the least energy first. Raises WattlineError, which names the entry, where one is not
    understood.
    """
    names = [line.split("#")[0].strip() for line in read_text(path, LIMIT_BYTES, "places").splitlines()]
    names = [name for name in names if name]
    if not names:
        raise WattlineError(f"places {path}: no places in it; write one a line")
    if len(names) > MAX_PLACES:
        raise WattlineError(f"places {path}: {len(names):,} places; at most {MAX_PLACES} are set side by side")
    rows = []
    for line, name in enumerate(names, 1):
        progress(name)
        file = path.parent / name
        spot = {"weather": file} if file.is_file() else {"place": name}
        try:
            where = Where.read(None, {**fields, **spot})
            answer = work(read_design(it, where, draws.catalog, **given), draws, holds=False)
        except WattlineError as error:
            raise WattlineError(f"places {path}: entry {line}: {error}") from None
        kind = answer.design.kind
        head = {"cooling": kind.name, "place": answer.design.weather.name, "title": kind.title}
        rows.append(head | _row(answer))
    rows.sort(key=lambda r: r["energy_wh"]["p50"])
    cooling, plain = fields.get("cooling") or COOLING, {k: v for k, v in fields.items() if k != "cooling"}
    shown = inputs_of(it, Where.read(None, plain), given, cooling=cooling)
    return Sites("place", f"Places for {cooling}", shown, rows, draws)


def inputs_of(it: str, where: Where, given: Mapping[str, Any], **more: Any) -> Json:
    """What was asked of all of the sites alike, as plain data.

    Parameters
    ----------
    it : IT power with its unit
    where : what all sites have alike
    given : further inputs by name

    Returns
    -------
    Plain data by name.
    """
    plant = {name: value for name, value in given.items() if value is not None}
    return {
        "it_w": parse(it, "W", "it"),
        **{name: value if isinstance(value, str | bool) else str(value) for name, value in plant.items()},
        **({} if where.region is None else {"region": where.region}),
        **where.inputs(),
        **more,
    }


def _row(answer: SiteAnswer) -> dict[str, Any]:
    data = answer.results()
    too_warm = data["hours_too_warm"]["p50"]
    cannot = f"{too_warm:,.0f} hours a year are too warm or damp for it" if too_warm > MAX_UNMET_H else None
    return {name: data[name] for name in COLUMNS} | {"cannot": cannot}

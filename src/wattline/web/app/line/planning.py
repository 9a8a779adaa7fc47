"""Lines about sites, what powers them, grids, the world, facts of the catalog, and this machine."""

from __future__ import annotations

import re

from wattline.catalog import Catalog
from wattline.line.world.place_names import OTHER_NAMES
from wattline.line.world.places import COMPANIES
from wattline.web.app.line.question import LineQuestion
from wattline.web.app.line.spots import Spot, spot_in
from wattline.web.app.line.things import USUAL_CHIP, chips_in
from wattline.web.app.line.typed import TypedLine

CENTRES = re.compile(r"\b(data ?cent(?:re|er)s?|server farms?)\b|\bAI\b(?! (?:image|video|agent))", re.I)
_POWER = re.compile(r"(?<![\w.])(\d[\d,.]*\s*(?:kW|MW|GW))\b", re.I)
_OWN = re.compile(
    r"\b(my|this|own)\s+(gpus?|machine|computer|laptop|server|pc|card)\b|\bmeasure\b(?! of\b)|\blive (?:watts|power)\b",
    re.I,
)
_MINER = re.compile(r"\b(miner|mining|bitcoin)\b", re.I)
_SUPPLY = re.compile(
    r"\b(what (?:should |can |could |will )?powers?|suppl(?:y|ied|ies)|power it|winds?|solar|batter(?:y|ies)|storage|"
    r"nuclear|smrs?|geothermal|gas|off-?grid|renewables?|carbon[- ]free|24/7(?: carbon[- ]free)?)\b",
    re.I,
)
_TECHNOLOGIES = (
    ("offshore-wind", r"\boffshore(?: wind)?\b"), ("wind", r"\bwinds?\b"), ("solar", r"\bsolar\b"),
    ("smr", r"\b(?:nuclear )?smrs?\b|\bsmall modular(?: reactors?)?\b"), ("nuclear", r"\bnuclear\b"),
    ("geothermal", r"\bgeothermal\b"), ("gas", r"\b(?:natural )?gas\b"),
    ("battery", r"\bbatter(?:y|ies)\b|\bstorage\b"),
)  # fmt: skip
_ALONE = re.compile(r"\b(off-?grid|without (?:the |a )?grid|island(?:ed)?|no grid)\b", re.I)
_FREE = re.compile(r"(\d+(?:\.\d+)?)\s*%\s*(?:hourly\s*)?(carbon[- ]free|clean|cfe|renewables?|green)", re.I)
_ALWAYS = re.compile(
    r"\b24/7(?:\s+(?:carbon[- ]free|clean|cfe|renewable|green))?\b|\bround[- ]the[- ]clock (?:clean|carbon[- ]free)\b",
    re.I,
)
_COOLING = (
    ("immersion", r"\bimmersion(?: cool\w*)?\b"),
    ("liquid", r"\b(?:liquid|direct-to-chip|water)[- ]cool\w*\b|\bliquid\b"),
    ("air-chiller", r"\bair[- ]cooled chillers?\b"), ("water-economiser", r"\bwater economi[sz]ers?\b"),
    ("air-economiser", r"\b(?:air economi[sz]ers?|free cooling)\b"), ("dx", r"\bdx\b|\bdirect expansion\b"),
    ("evaporative", r"\bevaporative(?: cooling)?\b"), ("sea-water", r"\bsea[- ]water(?: cool\w*)?\b"),
)  # fmt: skip
_LOAD = re.compile(r"\b(?:at\s+)?(\d+(?:\.\d+)?)\s*%\s*(?:load|utili[sz]ation|busy|used)?", re.I)
_PUE = re.compile(r"\bPUE\b\s*(?:of|=|:)?\s*(1(?:\.\d+)?|2(?:\.\d+)?)?", re.I)
_SWINGS = re.compile(r"\b(swings?|fluctuat\w+|oscillat\w+|ripples?)\b", re.I)
_GIVES = re.compile(r"\b(flex\w*|demand response|curtail\w*|yield\w*|(?:help|support|stabili[sz]e)s? the grid)\b", re.I)
_SHARE = re.compile(
    r"\bshare of\b|\bof (?:its|the|a) grid\b|\bgrid'?s?\s+(?:demand|share|impact)\b|\bimpact on\b.*\bgrid\b|"
    r"\bdo(?:es)? to (?=.*\bgrid\b)|\b(?:strain|burden|load) on (?=.*\bgrid\b)|"
    r"\bhow much of (?=(?:the )?[A-Z]\w+(?: grid)? (?:would|will|do|does)\b)",
    re.I,
)
_ROOM = re.compile(r"\b(headroom|room for|how much can .* (?:take|absorb|host)|new load)\b", re.I)
_WAIT = re.compile(
    r"\bwhen\b.*\b(?:cheap|clean|green)\w*|\b(?:to the|at|by) night\b|"
    r"\b(when (?:should|can|to|is)|best time|wait\w*|delay\w*|off-?peak|shift\w*|postpone\w*)\b",
    re.I,
)
_WORLD = re.compile(r"\b(world\w*|global\w*|twh|planet|country|countries)\b", re.I)
_THAN = re.compile(r"\bthan\b|\bas (?:much|many)\b.*\bas\b", re.I)
_YEAR = re.compile(r"\b(?:by|in|to|until)?\s*(20[1234]\d)\b", re.I)
_CARBON = re.compile(r"\b(carbon|co2e?|green|clean|dirty|emissions?|intensity)\b", re.I)
_PRICE = re.compile(r"\b(price|prices|cost|tariff|expensive|cheap\w*)\b", re.I)
_JOB = re.compile(r"\b(train\w*|jobs?|work)\b", re.I)
_GRID = re.compile(r"\b(grid|electricity|power|mix|intensity)\b", re.I)
_COMPANY = re.compile(rf"\b({'|'.join(name.replace('_', '.') for name in (*COMPANIES, *OTHER_NAMES))})\b", re.I)
USUAL_PHASES, USUAL_SWINGING = ("700W", "250W"), "4096"
USUAL_PLACE, USUAL_POWER = "Dublin", "60 MW"
GRID_ENDS = {"carbon": "lifecycle", "price": "price"}


def names_target(text: str) -> bool:
    """Whether a line names what a supply must reach, or how busy a site is: its share is then no claim."""
    return _FREE.search(text) is not None or (_POWER.search(text) is not None and _LOAD.search(text) is not None)


def own_machine(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """The live watts of this machine; None where a line is of something else.

    Parameters
    ----------
    line : as typed, with what is read of it so far
    known : the catalog

    Returns
    -------
    The question.
    """
    if not line.has(_OWN) or line.has(_MINER) or line.has(_POWER) or chips_in(TypedLine(line.text), known):
        return None
    line.take(_OWN)
    return LineQuestion("measure", {})


def waiting(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """When work should run: by its region's typical year, or a file of hours; None where a line is of something else.

    Parameters
    ----------
    line : as typed, with what is read of it so far
    known : the catalog

    Returns
    -------
    The question.
    """
    if not line.has(_WAIT) or line.has(_POWER):
        return None
    priced = line.has(_PRICE)
    line.take(_WAIT)
    spot = spot_in(line, known)
    line.take(_JOB)
    if spot.region and not priced:
        return LineQuestion("flex shift", {"signal": spot.region}, (spot.why,) if spot.why else ())
    where = f" of {spot.region}" if spot.region else ""
    why = f"this page takes a file: the carbon intensity or the price by the hour{where}; send it with the form"
    return LineQuestion("flex shift", {}, (why,))


def swinging(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """The swings of power of training; None where a line is of something else.

    Parameters
    ----------
    line : as typed, with what is read of it so far
    known : the catalog

    Returns
    -------
    The question.
    """
    if not line.has(_SWINGS):
        return None
    line.take_all(_SWINGS)
    line.take_all(re.compile(r"\b(train\w*|synchronous)\b", re.I))
    chip, count = chips_in(line, known) or ("", "")
    taken = [f"a step of 1.4 s at {USUAL_PHASES[0]} and 0.4 s at {USUAL_PHASES[1]} a chip"]
    taken += [] if count else [f"{USUAL_SWINGING} chips"]
    taken += [f"these watts are not those of {chip}: write its own"] if chip else []
    phases = f"compute:1.4s:{USUAL_PHASES[0]};exchange:0.4s:{USUAL_PHASES[1]}"
    return LineQuestion("flex swings", {"phase": phases, "chips": count or USUAL_SWINGING}, tuple(taken))


def site_question(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """A site of so many MW: what it draws, what powers it, what it takes of its grid and gives it.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The question of the page; None where the line names no power of a site.
    """
    if line.has(_PUE) and not line.has(_POWER) and (company := line.take(_COMPANY)) is not None:
        line.take(_PUE)
        line.take(CENTRES)
        return LineQuestion("catalog", {"q": f"{company[1].lower()} pue"})
    pue = line.has(_PUE) and not line.has(re.compile(r"\d\s*tokens|\bprompt\b", re.I))
    free = line.has(_FREE) and line.has(_POWER)
    supplied = line.has(_SUPPLY) and line.has(re.compile(r"\bdata ?cent|\bsite\b|\bpower\b", re.I))
    if line.has(_ROOM) and not line.has(_POWER):
        spot = spot_in(line, known)
        line.take(_ROOM)
        where = f" of {spot.region}" if spot.region else ""
        why = f"this page takes a file: the grid's demand by the hour{where}; send it with the form"
        return LineQuestion("flex headroom", {}, (why,))
    power = line.take(_POWER)
    if power is None and not (pue or supplied):
        return None
    taken = [] if power else [f"power taken: {USUAL_POWER}"]
    values = {"it": " ".join(power[1].split()) if power else USUAL_POWER}
    line.take(CENTRES)
    if line.has(_GIVES) or line.has(_SHARE):
        return _on_the_grid(line, values, known, taken)
    if line.has(_SUPPLY) or free:
        return _supplied(line, values, known, taken)
    for name, pattern in _COOLING:
        if line.take(re.compile(pattern, re.I)):
            values["cooling"] = name
            break
    if (match := line.take(_PUE)) and match[1]:
        values["pue"] = match[1]
    if match := line.take(_LOAD):
        values["utilisation"] = f"{float(match[1]) / 100:g}"
    return LineQuestion("site", values | _weather(line, known, taken), tuple(taken))


def _weather(line: TypedLine, known: Catalog, taken: list[str]) -> dict[str, str]:
    spot = spot_in(line, known, weather=True)
    taken.append(spot.why if spot.place else f"place taken: {USUAL_PLACE}")
    taken[:] = [why for why in taken if why]
    return {"place": spot.place or USUAL_PLACE}


def _on_the_grid(line: TypedLine, values: dict[str, str], known: Catalog, taken: list[str]) -> LineQuestion:
    gives = line.has(_GIVES)
    line.take(_GIVES)
    line.take(_SHARE)
    spot = spot_in(line, known)
    where = {"region": spot.region} if spot.region else {}
    taken += [spot.why] if spot.why else []
    if gives:
        taken.append("model taken: llama-3.1-8b, on h100-sxm")
        usual = {"model": "llama-3.1-8b", "chip": "h100-sxm"}
        return LineQuestion("flex response", {**usual, **values, **where}, tuple(taken))
    return LineQuestion("flex balance", values | where, tuple(taken))


def _supplied(line: TypedLine, values: dict[str, str], known: Catalog, taken: list[str]) -> LineQuestion:
    free = line.take(_FREE)
    if free:
        hourly = free[2].lower() not in ("renewable", "renewables", "green")
        values["target"] = f"cfe={free[1]}%" if hourly else f"annual={free[1]}%"
    elif line.take(_ALWAYS):
        values["target"] = "cfe=100%"
    alone = line.take(_ALONE)
    built = [name for name, pattern in _TECHNOLOGIES if line.take(re.compile(pattern, re.I))]
    if alone and built == ["battery"]:
        built = ["solar", "wind", "battery"]
        taken.append("a battery makes no power: sun and wind beside it")
    place = _weather(line, known, taken)
    if built:
        values["with_"] = ",".join(built if alone else [*built, "grid"])
        taken += [] if alone else ["with a connection to the grid"]
    line.take(_SUPPLY)
    return LineQuestion("supply", {**values, **place, "draws": "4"}, tuple(taken))


def world(line: TypedLine, known: Catalog) -> LineQuestion:
    """Data centres' electricity by place and year.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The question of the page.
    """
    line.take(CENTRES)
    spot = Spot() if line.has(_THAN) else spot_in(line, known)  # what is compared with is not where
    return _of_the_world(line, spot)


def facts(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """Chips by themselves, or a figure of a grid, as the catalog has them.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The question of the page; None where the line names neither.
    """
    chips = [chip for _ in range(4) if (chip := chips_in(line, known)) is not None]
    if chips:
        taken = [] if all(name for name, _ in chips) else [f"chip taken: {USUAL_CHIP}"]
        chips = [(name or USUAL_CHIP, count) for name, count in chips]
        many = [(name, int(count)) for name, count in chips if count not in ("", "1")]
        taken += [f"{name}: figures of one; multiply them by {count:,}" for name, count in many]
        return LineQuestion("catalog chip", {}, tuple(taken), several=tuple(("r", name) for name, _ in chips))
    subject = "price" if line.has(_PRICE) else "carbon" if line.has(_CARBON) else ""
    if not subject or not line.has(_GRID):
        return None
    spot = spot_in(line, known)
    for pattern in (_PRICE, _CARBON, _GRID):
        line.take_all(pattern)
    return LineQuestion("catalog", {"q": f"region.{spot.region}. {GRID_ENDS[subject]}"}) if spot.region else None


def anywhere(line: TypedLine, spot: Spot) -> LineQuestion | None:
    """Data centres of a place or a year, where a line names nothing else; None where it names neither.

    Parameters
    ----------
    line : as typed, with what is read of it so far
    spot : place or region that it names

    Returns
    -------
    The question.
    """
    names = spot.region or any(line.has(pattern) for pattern in (_YEAR, _WORLD, _COMPANY))
    return _of_the_world(line, spot) if names else None


def _of_the_world(line: TypedLine, spot: Spot) -> LineQuestion:
    line.take(_WORLD)
    year = line.take(_YEAR)
    company = None if spot.region else line.take(_COMPANY)
    values = {"region": company[1].lower() if company else spot.region or "world"}
    return LineQuestion("world", values | ({"to": year[1]} if year else {}), (spot.why,) if spot.why else ())

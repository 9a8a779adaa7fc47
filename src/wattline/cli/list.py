"""``wattline list``: the names of what the catalog knows."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from wattline.core.errors import NotFound
from wattline.core.result import envelope

# what people call a kind of things -> the kind of the catalog's records, and what it is
KINDS = {
    "chips": ("chip", "Types of chip, for --chip."),
    "models": ("model", "Models, for MODEL."),
    "diffusion": ("diffusion", "Models of images and video, for `image` and `video`."),
    "encoders": ("encoder", "Models that embed, rank, see or transcribe, for `embed` and `transcribe`."),
    "instances": ("instance", "Instance types of clouds, for --instance."),
    "regions": ("region", "Countries and grids, for --region."),
    "cloud-regions": ("cloud", "Regions of clouds, for --region."),
    "places": ("climate", "Places with a usual year of weather, for --place."),
    "sites": ("site", "Kinds of site, for --site."),
    "halls": ("plant", "Kinds of hall, for --site with a place or weather."),
    "cooling": ("", "Kinds of cooling, for --cooling."),
    "servers": ("server", "Servers, for `meter bill`."),
    "cpus": ("cpu", "Processors of hosts."),
    "campuses": ("campus", "Data centres whose PUE or WUE was published."),
    "prompts": ("prompt", "Prompts whose energy was measured or reported."),
    "runs": ("training_run", "Training runs that were published."),
    "totals": ("total", "Published totals of data centres and AI."),
    "footprints": ("footprint", "Yearly CO2e and water of companies and of data centres."),
    "sensors": ("sensor", "Sensors of power that are modelled."),
    "companies": ("", "Companies whose electricity `world` knows or infers, for its --region."),
    "scenarios": ("", "Published cases that `world` lays over its outlook, for --scenario."),
    "drivers": ("", "Drivers that `world` sets or moves, for --what-if."),
    "traffic": ("traffic", "Traffic whose shape or lengths are known."),
}


def names(
    kind: Annotated[str, typer.Argument(help=f"What to list: {', '.join(KINDS)}.")] = "",
    search: Annotated[str, typer.Argument(help="Words that a name must contain [default: all names].")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The names of what the catalog knows: chips, models, instances, regions, places, sites and more."""
    from wattline.cli.printing import print_answer

    print_answer(answer(kind, search), as_json)


def answer(kind: str, search: str) -> dict[str, Any]:
    """The names of a kind, or the kinds where none is named, in the envelope of every command. Raises NotFound where
    nothing fits.

    Parameters
    ----------
    kind : of names; "" for the kinds themselves
    search : words, all of which must fit

    Returns
    -------
    The envelope.
    """
    rows: list[dict[str, Any]]
    if not kind:
        rows = [{"name": name, "title": about, "aliases": []} for name, (_, about) in KINDS.items()]
        kind = "kinds"
    else:
        kind = _kind(kind)
        rows = _rows(kind)
    words = search.lower().split()
    texts = [" ".join([row["name"], row["title"], *row["aliases"]]).lower() for row in rows]
    rows = [row for row, text in zip(rows, texts, strict=True) if all(word in text for word in words)]
    if not rows:
        raise NotFound(f"name among {kind}", search, mend=f"`wattline list {kind}` lists all")
    return envelope("list", {"kind": kind, "search": search}, {"count": len(rows), "names": rows})


def _kind(kind: str) -> str:
    """The kind by its name, its singular, or the catalog's own name. Raises NotFound."""
    plain = kind.strip().lower().replace("_", "-").rstrip(".")
    for name, (record, _) in KINDS.items():
        if plain in (name, name.removesuffix("s"), re.sub("ies$", "y", name), record.replace("_", "-")):
            return name
    raise NotFound("kind", kind, KINDS, f"known: {', '.join(KINDS)}")


def _rows(kind: str) -> list[dict[str, Any]]:
    if kind == "cooling":
        from wattline.line.site.cooling.kinds import KINDS as COOLING

        return [{"name": name, "title": kind.title, "aliases": list(kind.aliases)} for name, kind in COOLING.items()]
    if kind in ("companies", "scenarios", "drivers"):
        return [{"name": name, "title": title, "aliases": []} for name, title in _of_world(kind)]
    from wattline import catalog

    return [
        {"name": name, "title": record.title, "aliases": [str(alias) for alias in record.meta.get("aliases", ())]}
        for name, record in catalog.default().records(KINDS[kind][0]).items()
    ]


def _of_world(kind: str) -> list[tuple[str, str]]:
    """Names of the world's outlook, each with what it is."""
    from wattline.line.world.drivers import DRIVERS
    from wattline.line.world.places import COMPANIES, LANDLORDS
    from wattline.line.world.scenarios import published_cases

    if kind == "drivers":
        return list(DRIVERS.items())
    if kind == "scenarios":
        return [(name, f"{case.study}; {case.region}") for name, case in published_cases().items()]
    return [(name, "sites for others' servers" if name in LANDLORDS else "own sites and servers") for name in COMPANIES]

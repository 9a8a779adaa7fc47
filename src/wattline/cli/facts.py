"""``wattline facts`` and ``wattline explain``: what answers rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli import options
from wattline.core.errors import NotFound
from wattline.core.result import envelope

if TYPE_CHECKING:
    from wattline.catalog import Catalog


def facts(
    search: Annotated[
        str, typer.Argument(help="Words to find, or the beginning of a key, such as chip.h100 or pue.")
    ] = "",
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
) -> None:
    """The catalog: each fact with its value, range, unit and source."""
    from wattline.catalog import KINDS, open_catalog
    from wattline.cli.printing import print_answer

    known = open_catalog(facts)
    matches = matching(search, known)
    if not matches:
        names = [record for kind in KINDS for record in known.records(kind)]
        raise NotFound("fact", search, names, "`wattline facts` lists all")
    print_answer(answer(search, matches), as_json)


def answer(search: str, matches: list[dict[str, Any]]) -> dict[str, Any]:
    """The facts that match, in the envelope of every command.

    Parameters
    ----------
    search : as it was typed
    matches : the facts, as JSON has them

    Returns
    -------
    The envelope.
    """
    return envelope("facts", {"search": search}, {"count": len(matches), "facts": matches})


def matching(search: str, known: Catalog) -> list[dict[str, Any]]:
    """The facts of a catalog whose key, names, unit or source hold every word of the search.

    Parameters
    ----------
    search : words, all of which must fit
    known : the catalog

    Returns
    -------
    Facts, as JSON has them, each with its record's title.
    """
    from wattline import catalog

    words = search.lower().split()
    matches = []
    for kind in catalog.KINDS:
        for record in known.records(kind).values():
            names = " ".join([record.title, *record.meta.get("aliases", ())])
            for fact in record.facts.values():
                text = f"{fact.key} {names} {fact.name} {fact.source} {fact.note}".lower()
                if all(word in text for word in words):
                    title = record.title if kind not in catalog.SINGLE else str(record.meta.get("name", ""))
                    matches.append({"record": title, **fact.json()})
    return [*matches, *_of_world(words)]


def _of_world(words: Sequence[str]) -> list[dict[str, Any]]:
    """The facts that the world's outlook rests on, of those that hold every word."""
    from wattline.line.world.cited import world_facts

    return [
        {"record": title, **fact.json()}
        for title, fact in world_facts()
        if all(word in f"{fact.key} {title} {fact.name} {fact.source} {fact.note}".lower() for word in words)
    ]

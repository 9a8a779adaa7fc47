"""What a fact proves: whether it was measured, or is an estimate, a projection, or the claim's own source."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from wattline.catalog import Catalog, Record
from wattline.catalog.record import SINGLE
from wattline.claim.expression import Node
from wattline.claim.fields import Expression
from wattline.core.fact import Fact

STATUS = {"forecast": "a projection", "scenario": "a scenario", "estimate": "an estimate"}
ASSUMED = "what was assumed"  # a premise that the claim itself brings along
MEASURED = {"modelled": "an estimate by a model", "statement": "a statement that names no method"}


def record_of(fact: Fact, catalog: Catalog) -> Record | None:
    """The record that a fact of the catalog belongs to; None for a claim's own.

    Parameters
    ----------
    fact : of the catalog or of a claim
    catalog : where it is looked up

    Returns
    -------
    The record.
    """
    kind, _, rest = fact.key.partition(".")
    name = rest if kind in SINGLE else rest.rpartition(".")[0]
    records = catalog.records(kind) if kind != "claim" else {}
    return records.get(name)


def weakness(fact: Fact, catalog: Catalog, source: str = "") -> str:
    """Why an agreement with a fact proves nothing, in words; "" where it does.

    Parameters
    ----------
    fact : of the catalog
    catalog : where its record stands, which says how it came about
    source : of the claim: an agreement with the claim's own source is circular

    Returns
    -------
    A phrase for the verdict, or "".
    """
    record = record_of(fact, catalog)
    if record is None:
        return ASSUMED if fact.basis == "estimated" else ""
    if source and same_source(source, fact, record):
        return "the claim's own source"
    if "rumour" in f"{record.title} {fact.note}".lower() or "leaked" in fact.note.lower():
        return "a rumour"
    if str(record.meta.get("circular", "no")) != "no" and fact.basis != "measured":
        return "a figure that is partly circular"
    if words := STATUS.get(str(record.meta.get("status"))):
        return words
    if words := MEASURED.get(str(record.meta.get("measured"))):
        return words
    return "an estimate" if fact.basis == "estimated" else ""


def is_of_another_company(record: Record, words: Collection[str]) -> bool:
    """Whether a total is a company's own, of all its places, and a sentence does not name it.

    Parameters
    ----------
    record : of a total
    words : of the sentence

    Returns whether.
    """
    own = record.meta.get("status") == "metered" and record.meta.get("region") == "world"
    return own and str(record.meta.get("publisher")).lower() not in words


def same_source(source: str, fact: Fact, record: Record) -> bool:
    """Whether a claim is from the publication or the publisher that the fact is from.

    Parameters
    ----------
    source : as the claim cites it
    fact : that it is compared with
    record : that the fact belongs to

    Returns
    -------
    True where title or publisher agree.
    """
    cited = _words(source)
    title = _words(fact.source.title)
    publisher = _words(str(record.meta.get("publisher", "")))
    return bool(title and title[:6] == cited[: len(title[:6])]) or bool(
        publisher and publisher == cited[: len(publisher)]
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def own_key(claim_id: str, name: str) -> str:
    """The key of a quantity that a claim brings along, as a fact of its own.

    Parameters
    ----------
    claim_id, name : of the claim, and of the quantity

    Returns it.
    """
    return f"claim.{claim_id}.{name}"


def facts_behind(node: Node, steps: Mapping[str, Expression], own: Mapping[str, str]) -> list[str]:
    """The keys of the facts that an expression names, itself or by the steps that it uses.

    Parameters
    ----------
    node : the expression
    steps : a claim's steps, by name
    own : the keys of the quantities that the claim brings along, by name

    Returns keys, in the order in which they stand; one may stand twice.
    """
    if node.kind == "fact":
        return [str(node.value)]
    if node.kind == "name" and node.value in own:
        return [own[node.value]]
    through = steps[node.value].tree if node.kind == "name" and node.value in steps else None
    behind = [] if through is None else facts_behind(through, steps, own)
    return behind + [key for part in node.parts for key in facts_behind(part, steps, own)]

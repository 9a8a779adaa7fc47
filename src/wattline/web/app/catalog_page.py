"""The catalog: facts by words, records side by side, and how accurate predictions were."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from wattline.catalog import KINDS, Catalog, default
from wattline.core.fact import Fact
from wattline.core.quantity import number, with_unit
from wattline.report.language.translator import Translator, translator_of
from wattline.web.app.kept import key_of, reply_with
from wattline.web.app.pages import N_
from wattline.web.app.render import render
from wattline.web.app.state import state_of

MAX_FACTS = 150
MAX_BESIDE = 8
MAX_SEARCH = 200
# kinds whose records stand side by side, and those that are shown first
SIDE_BY_SIDE = {
    "chip": (N_("Chips side by side"), ("h100-sxm", "b200", "mi300x", "a100-sxm-80gb")),
    "model": (N_("Models side by side"), ("llama-3.1-70b", "deepseek-v3", "gpt-oss-120b")),
}


def routes() -> list[Route]:
    """The pages of the catalog."""
    return [Route("/catalog", search), Route("/catalog/{kind}", side_by_side), Route("/accuracy", accuracy)]


async def search(request: Request) -> Response:
    """Facts that hold every word of a search."""
    state = state_of(request)
    key = key_of(request, state.words(request).lang)
    if (page := state.kept.get(key)) is not None:
        return reply_with(request, page)
    q = " ".join(request.query_params.get("q", "")[:MAX_SEARCH].split())
    to = translator_of(state.words(request).lang)
    shown, count = await run_in_threadpool(_matching, q, to) if q else ([], 0)
    body = render(
        request, "catalog.html", q=q, facts=shown, count=count, more=max(0, count - MAX_FACTS), kinds=SIDE_BY_SIDE
    )
    return reply_with(request, state.kept.add(key, body))


def _matching(q: str, to: Translator) -> tuple[list[dict[str, str]], int]:
    words = q.lower().split()
    matches = [(title, fact) for text, title, fact in _texts(default()) if all(word in text for word in words)]
    return [_row(title, fact, to) for title, fact in matches[:MAX_FACTS]], len(matches)


@lru_cache(maxsize=1)
def _texts(catalog: Catalog) -> list[tuple[str, str, Fact]]:
    """What is searched of each fact, with its record's title: made once, since many search."""
    rows = []
    for kind in KINDS:
        for record in catalog.records(kind).values():
            named = " ".join([record.title, *map(str, record.meta.get("aliases", ()))])
            for fact in record.facts.values():
                rows.append((f"{fact.key} {named} {fact.name} {fact.source} {fact.note}".lower(), record.title, fact))
    return rows


def _row(title: str, fact: Fact, to: Translator) -> dict[str, str]:
    """A fact as it stands in a table; its source keeps the words that it was written in."""
    name = fact.name or fact.key.rpartition(".")[2].replace("_", " ")
    return {
        "title": title, "key": fact.key, "name": to.text(name), "value": to.text(_value(fact)),
        "range": to.text(_extent(fact)), "basis": to.text(fact.basis), "source": str(fact.source),
        "note": to.text(fact.note),
    }  # fmt: skip


def _value(fact: Fact) -> str:
    return with_unit(number(fact.value, 4), fact.unit)


def _extent(fact: Fact) -> str:
    return "" if fact.low == fact.high else f"{number(fact.low, 4)} – {number(fact.high, 4)}"


async def side_by_side(request: Request) -> Response:
    """Records of a kind, a column each."""
    kind = request.path_params["kind"]
    words = state_of(request).words(request)
    if kind not in SIDE_BY_SIDE:
        body = render(request, "message.html", heading=words("There is no such page"), error="")
        return HTMLResponse(body, 404)
    wanted = [name for name in dict.fromkeys(request.query_params.getlist("r")) if name.strip()]
    title, usual = SIDE_BY_SIDE[kind]
    to = translator_of(words.lang)
    table = await run_in_threadpool(_columns, kind, wanted[:MAX_BESIDE] or list(usual), to)
    await run_in_threadpool(lambda: state_of(request).lists)
    listed = state_of(request).lists[kind]
    return HTMLResponse(render(request, "records.html", title=words(title), kind=kind, listed=listed, **table))


def _columns(kind: str, names: list[str], to: Translator) -> dict[str, Any]:
    catalog: Catalog = default()
    known, missing = [], []
    for name in names:
        record = catalog.records(kind).get(catalog.names(kind).get(name.lower().replace(" ", ""), name))
        if record is None:
            missing.append(name)
        elif record not in known:
            known.append(record)
    attributes = list(dict.fromkeys(attribute for record in known for attribute in record.facts))
    rows = []
    for attribute in attributes:
        facts = [record.facts.get(attribute) for record in known]
        named = next((fact.name for fact in facts if fact is not None and fact.name), "")
        cells = [None if fact is None else _row("", fact, to) for fact in facts]
        rows.append({"name": to.text(named or attribute.replace("_", " ")), "cells": cells})
    columns = [
        {"name": record.name, "title": record.title, "others": [r.name for r in known if r is not record]}
        for record in known
    ]
    return {"columns": columns, "rows": rows, "missing": missing}


@cache
def _accuracy() -> list[dict[str, str]]:
    text = (files("wattline.web.app") / "accuracy.toml").read_text(encoding="utf-8")
    rows: list[dict[str, str]] = tomllib.loads(text)["row"]
    return rows


async def accuracy(request: Request) -> Response:
    """How far predictions were from measurements that no coefficient was fitted to."""
    to = translator_of(state_of(request).words(request).lang)
    rows = [{name: to.text(words) for name, words in row.items()} for row in _accuracy()]
    return HTMLResponse(render(request, "accuracy.html", rows=rows))

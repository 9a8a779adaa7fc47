"""The frame of every page: the template with its style and script, its sections, cards, notes and folded parts.

A page loads nothing: its style, its one script and its figures stand inside it, and its content policy forbids
anything else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from string import Template

from wattline.report.assumptions import assumptions
from wattline.report.page import tables
from wattline.report.page.words import (
    amount,
    as_span,
    data_address,
    esc,
    finite,
    mapping,
    objects,
    range_text,
)
from wattline.report.words import Json

MEDIANS = "Large figures are medians; the small ones below them run from the 5th to the 95th percentile."
_RANGE = re.compile(r'class="range">[^<]*\d [–-] ')
Column = tuple[str, str, str]  # a key of the results, its name on the page, its unit
Section = tuple[str, str, str]  # its id, its heading, its HTML; "" leaves it out


def page(
    data: Json,
    title: str,
    intro: str,
    cards: str,
    sections: Sequence[Section],
    styles: Sequence[str] = (),
    about_cards: str = MEDIANS,
) -> str:
    """One self-contained HTML page of an answer: ``intro`` and ``cards`` above the sections that have anything.

    Parameters
    ----------
    data : the answer, which the page holds too
    title : of the page
    intro : HTML below it
    cards : HTML of the main figures
    sections : key, name and HTML of each
    styles : names of style sheets beside the usual one
    about_cards : what the figures of cards with a range are

    Returns HTML.
    """
    script = _resource("theme.js")
    shown = [section for section in sections if section[2]]
    return Template(_resource("template.html")).substitute(
        title=esc(title),
        story=intro,
        cards=cards,
        medians=f'<p class="note">{about_cards}</p>' if _RANGE.search(cards) else "",
        style="".join(_resource(name) for name in ("style.css", *styles)),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        nav="".join(f'<a href="#{key}">{esc(name)}</a>' for key, name, _ in shown),
        sections="".join(_section(*section) for section in shown),
        colophon=_colophon(data),
        data=data_address(data),
    )


@lru_cache(maxsize=8)
def _resource(name: str) -> str:
    return (files("wattline.report.page") / name).read_text(encoding="utf-8")


def _section(key: str, name: str, body: str) -> str:
    return f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{esc(name)}</h2>{body}</section>'


def cards(results: Json, columns: Sequence[Column]) -> str:
    """A card for each of these results that is there: its median, and its range below.

    Parameters
    ----------
    results : of an answer, by name
    columns : of each card the result's name, its label and its unit

    Returns
    -------
    A list of definitions in HTML; "" where none of the results is there.
    """
    cells = []
    for key, label, unit in columns:
        value = as_span(results.get(key))
        if value is None:
            continue
        extent = "" if value.exact else f'<dd class="range">{esc(range_text(value, unit))}</dd>'
        big, _, small = amount(value.mid, unit).partition(" ")
        shown = f'{esc(big)} <span class="unit">{esc(small)}</span>' if small else esc(big)
        cells.append(f'<div class="card"><dt>{esc(label)}</dt><dd class="value">{shown}</dd>{extent}</div>')
    return f'<dl class="cards">{"".join(cells)}</dl>' if cells else ""


def assumptions_note(command: str, inputs: Json, results: Json) -> str:
    """What an answer assumes, as a note; "" for one that assumes nothing.

    Parameters
    ----------
    command : that answered
    inputs, results : of the answer, as its JSON holds them

    Returns HTML.
    """
    words = assumptions(command, inputs, results)
    return f'<p class="note">{esc(words)}</p>' if words else ""


def remarks(data: Json) -> str:
    """What is said beside an answer, and what its reader should mind."""
    words = [str(word) for key in ("notes", "warnings") for word in _list(data.get(key)) if word]
    return "".join(f'<p class="warning"><b>Note</b> {esc(word)}</p>' for word in words)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def details(summary: str, body: str, *, opened: bool = False) -> str:
    """A part that folds away; "" where it has no body.

    Parameters
    ----------
    summary : what is always seen, as text
    body : what folds away, as HTML
    opened : whether it is open at first

    Returns HTML.
    """
    if not body:
        return ""
    state = " open" if opened else ""
    return f'<details{state}><summary>{esc(summary)}</summary><div class="fold">{body}</div></details>'


def facts(data: Json) -> str:
    """The facts that an answer rests on, folded away, with a search; "" where there are none."""
    rows_by_key: dict[str, Json] = {}
    for fact in objects(data.get("facts")):
        rows_by_key.setdefault(str(fact.get("key") or fact.get("name") or len(rows_by_key)), fact)
    if not rows_by_key:
        return ""
    search = (
        '<p class="search" hidden><label>Search '
        '<input type="search" id="fact-search" autocomplete="off"></label>'
        ' <span id="fact-count" role="status"></span></p>'
    )
    table = tables.facts(list(rows_by_key.values()))
    count = len(rows_by_key)
    return details(
        "1 fact that this answer rests on" if count == 1 else f"{count} facts that these answers rest on",
        search + table,
    )


def _colophon(data: Json) -> str:
    version = f" {esc(data['wattline'])}" if data.get("wattline") else ""
    words = [f"Made by wattline{version}"]
    draws = finite(data.get("draws"))
    if draws:
        words.append(f"{draws:,.0f} draws")
    seed = finite(data.get("seed"))
    if seed is not None:
        words.append(f"seed {seed:.0f}")
    return " · ".join(words)


def results_of(data: Json) -> Json:
    """The results of an answer, or of a run's job."""
    return mapping(data.get("results"))

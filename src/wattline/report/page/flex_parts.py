"""What the pages of ``flex`` are made of: cards of words, and tables of names and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wattline.report.page import tables
from wattline.report.page.frame import Section
from wattline.report.page.words import esc

STYLES = ["site.css", "flex.css"]


@dataclass(frozen=True)
class FlexParts:
    """What a page shows of one answer: its title, what stands above its cards, the cards, and its sections."""

    title: str
    intro: str
    cards: str
    sections: Sequence[Section]


def words_card(name: str, value: str, below: str = "") -> str:
    """A card of words.

    Parameters
    ----------
    name : above the value
    value : in words
    below : a line below it

    Returns HTML.
    """
    extent = f'<dd class="range">{esc(below)}</dd>' if below else ""
    return f'<div class="card"><dt>{esc(name)}</dt><dd class="value">{esc(value)}</dd>{extent}</div>'


def plain_table(heads: list[str], rows: list[list[str]], caption: str) -> str:
    """A table of names and figures, which stacks on a phone.

    Parameters
    ----------
    heads : of the columns
    rows : a cell for each column, the first a name
    caption : for those who hear the page

    Returns HTML.
    """
    made = [
        f'<tr><th scope="row">{esc(first)}</th>'
        + "".join(tables.cell(head, esc(cell), "num") for head, cell in zip(heads[1:], rest, strict=True))
        + "</tr>"
        for first, *rest in rows
    ]
    return tables.html_table([(heads[0], ""), *((head, "num") for head in heads[1:])], made, "stack", caption)

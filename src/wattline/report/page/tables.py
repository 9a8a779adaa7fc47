"""The tables of the page: the jobs, the bill, the steps and the facts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wattline.report.page.figures import fact_range, strip
from wattline.report.page.scrolling import scroll_box
from wattline.report.page.words import (
    STATION_NAMES,
    STATIONS,
    Span,
    amount,
    as_span,
    esc,
    figure,
    finite,
    like,
    link,
    mapping,
    objects,
    percent,
    range_text,
    sentence,
)
from wattline.report.words import Json

COLUMNS = (
    ("energy_wh", "Energy", "Wh"),
    ("mean_w", "Mean power", "W"),
    ("duration_s", "Duration", "s"),
    ("co2e_kg", "CO₂e, life cycle", "kg"),
    ("co2e_direct_kg", "CO₂e, direct", "kg"),
    ("cost_usd", "Cost", "USD"),
    ("water_l", "Water", "L"),
    ("embodied_co2e_kg", "CO₂e, embodied", "kg"),
)
MIN_PICTURED = 0.01  # nobody pictures a millionth of a country's year


def mark(station: str) -> str:
    """A small square in the station's colour."""
    return f'<i class="mark s-{station if station in STATION_NAMES else "work"}" aria-hidden="true"></i>'


def cell(label: str, html: str, kind: str = "") -> str:
    """A cell of a table.

    Parameters
    ----------
    label : head of its column, for a phone
    html : what stands in it
    kind : CSS class

    Returns HTML.
    """
    return f'<td data-label="{esc(label)}" class="{kind}">{html}</td>'


def html_table(heads: Sequence[tuple[str, str]], rows: Sequence[str], kind: str, caption: str, foot: str = "") -> str:
    """A table.

    Parameters
    ----------
    heads : name and CSS class of each column
    rows : HTML of each row
    kind : CSS class
    caption : for those who hear the page
    foot : HTML of its foot

    Returns HTML.
    """
    head = "".join(f'<th scope="col" class="{k}">{esc(name)}</th>' for name, k in heads)
    return (
        f'<table class="{kind}"><caption class="sr">{esc(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody>{f'<tfoot>{foot}</tfoot>' if foot else ''}</table>"
    )


def parts_of(job: Json) -> list[tuple[str, str, float, Span | None]]:
    """(label, station, mean Wh, range) of each part, from the chip outwards, large before small."""
    rows = []
    for key, value in mapping(job.get("parts")).items():
        part = mapping(value)
        energy = finite(part.get("energy_mean_wh"))
        if energy is None:
            continue
        station = str(part.get("station"))
        label = str(part.get("label") or key.replace("_", " ").capitalize())
        rows.append((label, station if station in STATIONS else "site", energy, as_span(part.get("energy_wh"))))
    return sorted(rows, key=lambda row: (STATIONS.index(row[1]), -row[2]))


def bill(job: Json, title: str) -> str:
    """The bill of one job: each part's energy, share and range, and the total; "" where no part is known.

    Parameters
    ----------
    job : results of one job, with its parts and its ``energy_wh``
    title : of the table

    Returns
    -------
    A table in HTML.
    """
    parts = parts_of(job)
    if not parts:
        return ""
    total = math.fsum(energy for _, _, energy, _ in parts)
    whole = total if total > 0 else 1.0
    rows = []
    for label, station, energy, extent in parts:
        rows.append(
            f'<tr><th scope="row">{mark(station)}{esc(label)}</th>'
            f"{cell('Station', esc(STATION_NAMES[station]), 'wide-only')}"
            f"{cell('Energy', esc(like(energy, 'Wh', total)) + phone_range(extent, total), 'num')}"
            f"{cell('Share', esc(percent(energy / whole)), 'num')}"
            f"{cell('Range', esc(_range_like(extent, total)), 'num range')}</tr>"
        )
    extent = as_span(job.get("energy_wh"))
    foot = (
        f'<tr><th scope="row">Total, mean</th><td class="wide-only"></td>'
        f'<td class="num">{esc(amount(total, "Wh"))}{phone_range(extent, total)}</td>'
        f'<td class="num">100 %</td>'
        f'<td class="num range">{esc(_range_like(extent, total))}</td></tr>'
    )
    heads = [
        ("Part", ""),
        ("Station", "wide-only"),
        ("Mean energy", "num"),
        ("Share", "num"),
        ("p5 – p95", "num range"),
    ]
    bar = strip([(label, station, energy / whole) for label, station, energy, _ in parts], title)
    note = '<p class="note">Means add up, medians do not: the total here is the mean, the headline is the median.</p>'
    return bar + html_table(heads, rows, "bill", f"The bill of {title}", foot) + note


def _range_like(extent: Span | None, total: float) -> str:
    """The range in the unit of the table's total."""
    return range_text(extent, "Wh", reference=total) if extent else "–"


def phone_range(extent: Span | None, total: float) -> str:
    """The range below its number, where the screen is too narrow for a column of its own.

    Parameters
    ----------
    extent : p5 to p95 [Wh]; None where there is none
    total : mean energy of the bill, whose unit the range takes [Wh]

    Returns
    -------
    HTML; "" without a range.
    """
    return f'<small class="narrow-only">{esc(_range_like(extent, total))}</small>' if extent else ""


def jobs_table(jobs: Sequence[tuple[str, Json]], run: Json) -> str:
    """All jobs side by side: a row each, and the total.

    Parameters
    ----------
    jobs : name and results of each job
    run : results of all together

    Returns
    -------
    A table in HTML that can be scrolled.
    """
    columns = [column for column in COLUMNS if any(as_span(job.get(column[0])) for _, job in jobs)]
    rows = []
    for i, (name, job) in enumerate(jobs):
        cells = "".join(_spanned(job, *column) for column in columns)
        rows.append(f'<tr><th scope="row"><a href="#job-{i + 1}">{esc(name)}</a></th>{cells}</tr>')
    foot = ""
    if as_span(run.get("energy_wh")):
        foot = f'<tr><th scope="row">All jobs</th>{"".join(_spanned(run, *column) for column in columns)}</tr>'
    heads = [("Job", ""), *((label, "num") for _, label, _ in columns)]
    side_by_side = html_table(heads, rows, "jobs stack", "The jobs side by side", foot)
    return scroll_box(side_by_side, "The jobs side by side")


def _spanned(job: Json, key: str, label: str, unit: str) -> str:
    value = as_span(job.get(key))
    if not value:
        return cell(label, "–", "num none")
    extent = "" if value.exact else f"<small>{esc(range_text(value, unit, bare=unit != 'USD'))}</small>"
    return cell(label, f"{esc(amount(value.mid, unit))}{extent}", "num")


def steps(job: Json) -> str:
    """How each number was reached: name, formula, value, grouped by nothing but their order."""
    rows = []
    for step in objects(job.get("steps")):
        unit, value = str(step.get("unit") or ""), as_span(step.get("value"))
        station = str(step.get("station") or "work")
        shown = "–" if value is None else esc(amount(value.mid, unit))
        extent = "" if value is None or value.exact else f"<small>{esc(range_text(value, unit))}</small>"
        formula = f'<span class="formula">{esc(step.get("formula", ""))}</span>'
        rows.append(
            f'<tr><th scope="row">{mark(station)}{esc(sentence(step.get("name", "")))}</th>'
            f"{cell('Formula', formula)}"
            f"{cell('Value', shown + extent, 'num')}</tr>"
        )
    if not rows:
        return ""
    heads = [("Step", ""), ("Formula", ""), ("Value", "num")]
    return html_table(heads, rows, "steps stack", "How the numbers were reached")


def facts(items: Sequence[Json]) -> str:
    """The facts that the answers rest on, with their sources."""
    rows = []
    for fact in items:
        key, name = str(fact.get("key") or ""), sentence(fact.get("name") or "")
        note = f"<small>{link(str(fact['note']))}</small>" if fact.get("note") else ""
        code = f"<code>{esc(key)}</code>" if key else ""
        rows.append(
            f'<tr><th scope="row">{esc(name or key)}{code if name else ""}</th>'
            f"{cell('Value', _fact_value(fact), 'num')}"
            f"{cell('Basis', esc(fact.get('basis') or '–'))}"
            f"{cell('Source', (source(fact.get('source')) or '–') + note)}</tr>"
        )
    heads = [("Fact", ""), ("Value", "num"), ("Basis", ""), ("Source", "")]
    return html_table(heads, rows, "facts stack", "Facts and their sources")


def _fact_value(fact: Json) -> str:
    text, _, extent = fact_range(fact).partition(" (")
    return esc(text or "–") + (f"<small>{esc(extent.removesuffix(')'))}</small>" if extent else "")


def source(value: object) -> str:
    """A source, ``{title, year, where}`` or plain text, as HTML."""
    if isinstance(value, str):
        return link(value)
    parts = mapping(value)
    words = [str(parts[key]) for key in ("title", "year", "where", "url") if parts.get(key) not in (None, "")]
    return ", ".join(link(word) for word in words)


def inputs(given: Json) -> str:
    """What was asked, as a list of names and values."""
    items = []
    for key, value in given.items():
        plain = finite(value)
        if value is None or isinstance(value, list | dict):
            continue
        shown = str(value) if plain is None else figure(plain, "")
        items.append(f"<div><dt>{esc(key.replace('_', ' '))}</dt><dd>{esc(shown)}</dd></div>")
    return f'<dl class="inputs">{"".join(items)}</dl>' if items else ""


def equivalents(items: object) -> str:
    """What a person can picture: a count, of what, and its range."""
    cells = []
    for item in objects(items):
        count = as_span(item.get("count"))
        if not count or count.mid < MIN_PICTURED:
            continue
        extent = "" if count.exact else f"<small>{esc(range_text(count, ''))}</small>"
        title = f' title="{esc(item["fact"])}"' if item.get("fact") else ""
        shown, name = esc(amount(count.mid, "")), esc(str(item.get("name", "")).replace("CO2", "CO₂"))
        cells.append(f"<li{title}><b>{shown}</b> <span>{name}</span>{extent}</li>")
    return f'<ul class="equivalents">{"".join(cells)}</ul>' if cells else ""

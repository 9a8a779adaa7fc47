"""The page of a run: every section, put into the template.

``render`` is a pure function of the run's JSON object. The page loads nothing: its style, its one script
and its figures stand inside it, and its content policy forbids anything else.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from string import Template
from typing import Any

from wattline.report.page import tables
from wattline.report.page.figures import intervals, matters
from wattline.report.page.sankey import flows, tall, wide
from wattline.report.page.words import Json, amount, embedded, esc, finite, mapping, objects, range_text, span

Column = tuple[str, str, str]  # a key of an answer, its name on the page, its unit
CARDS: tuple[Column, ...] = (
    ("energy_wh", "Energy", "Wh"),
    ("mean_w", "Mean power", "W"),
    ("co2e_kg", "CO₂e, life cycle", "kg"),
    ("co2e_direct_kg", "CO₂e, direct", "kg"),
    ("cost_usd", "Electricity cost", "USD"),
    ("water_l", "Water", "L"),
)
JOB_CARDS: tuple[Column, ...] = (
    *CARDS[:1],
    ("duration_s", "Duration", "s"),
    CARDS[1],
    ("peak_w", "Peak power", "W"),
    *CARDS[2:],
    ("joules_per_output_token", "Per output token", "J"),
    ("energy_wh_per_request", "Per request", "Wh"),
    ("requests", "Requests", ""),
    ("latency_s", "Time to the last token", "s"),
    ("accelerators", "Accelerators", ""),
    ("batch", "Requests at a time", ""),
    ("pue", "PUE", ""),
    ("generated_wh", "Generated for it", "Wh"),
    ("ttft_s", "Time to first token", "s"),
    ("tpot_s", "Time per output token", "s"),
    ("mfu", "Model FLOPs utilisation", ""),
    ("chip_hours", "Chip-hours", ""),
    ("flops", "Compute", "FLOP"),
)
SUFFIXES = {"s": "s", "wh": "Wh", "w": "W", "j": "J", "kg": "kg", "l": "L", "usd": "USD", "bytes": "B"}


def render(run: dict[str, Any]) -> str:
    """One self-contained HTML page for a run, or for one answer of ``train``, ``serve`` or ``prompt``."""
    jobs = _jobs(run)
    whole = _whole(run, jobs)
    title = str(run.get("title") or "An AI electricity bill")
    script = _resource("theme.js")
    sections = [
        ("line", "The line", _line(whole, jobs)),
        ("ranges", "How sure it is", intervals(jobs)),
        ("bill", "The bill", tables.bill(whole, "all jobs" if len(jobs) > 1 else title)),
        ("matters", "What matters most", matters(_first("matters", run, jobs))),
        ("picture", "To picture it", tables.equivalents(_first("equivalents", run, jobs))),
        ("jobs", "The jobs" if len(jobs) > 1 else "The job", _job_section(whole, jobs)),
        ("facts", "Facts and sources", _facts(run, jobs)),
        ("scenario", "The scenario", _scenario(run)),
    ]
    shown = [section for section in sections if section[2]]
    return Template(_resource("template.html")).substitute(
        title=esc(title),
        story=_story(run) + _warnings(run if run.get("warnings") else _only(jobs)),
        cards=_cards(whole if span(whole.get("energy_wh")) else _only(jobs), CARDS),
        style=_resource("style.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        nav="".join(f'<a href="#{key}">{esc(name)}</a>' for key, name, _ in shown),
        sections="".join(_section(*section) for section in shown),
        colophon=_colophon(run),
        data=embedded(run),
    )


@lru_cache(maxsize=3)
def _resource(name: str) -> str:
    return (files("wattline.report.page") / name).read_text(encoding="utf-8")


def _jobs(run: Json) -> list[tuple[str, Json]]:
    """(name, answer) of each job; an answer without jobs is its own single job."""
    found = objects(run.get("jobs"))
    if not found and run.get("command") != "run" and mapping(run.get("parts")):
        found = [run]
    return [(str(job.get("name") or job.get("title") or f"Job {i + 1}"), job) for i, job in enumerate(found)]


def _only(jobs: Sequence[tuple[str, Json]]) -> Json:
    return jobs[0][1] if len(jobs) == 1 else {}


def _first(key: str, run: Json, jobs: Sequence[tuple[str, Json]]) -> object:
    """The run's own list, or that of its only job."""
    return run.get(key) or _only(jobs).get(key)


def _whole(run: Json, jobs: Sequence[tuple[str, Json]]) -> Json:
    """The run with its mean power, and its jobs' parts added up where it does not tell them itself."""
    grid = mapping(mapping(run.get("stations")).get("grid"))
    run = {"mean_w": grid.get("mean_w") or _only(jobs).get("mean_w"), **run}
    if tables.parts_of(run):
        return run
    parts: dict[str, dict[str, Any]] = {}
    for _, job in jobs:
        for key, value in mapping(job.get("parts")).items():
            part = mapping(value)
            energy = finite(part.get("energy_mean_wh"))
            if energy is not None:
                seen = parts.setdefault(key, {**part, "energy_mean_wh": 0.0})
                seen["energy_mean_wh"] += energy
                if len(jobs) > 1:
                    seen.pop("energy_wh", None)  # percentiles do not add up
    energy_wh = run.get("energy_wh") or _only(jobs).get("energy_wh")
    return {**run, "energy_wh": energy_wh, "parts": parts}


def _section(key: str, name: str, body: str) -> str:
    return f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{esc(name)}</h2>{body}</section>'


def _story(run: Json) -> str:
    paragraphs = [p.strip() for p in str(run.get("story") or "").split("\n\n")]
    return "".join(f'<p class="story">{esc(p)}</p>' for p in paragraphs if p)


def _others(job: Json) -> list[Column]:
    """What an answer tells beyond the known, if its name ends in a unit: ``queue_s`` is "Queue"."""
    known = {key for key, _, _ in JOB_CARDS} | {"energy_mean_wh", "energy_j"}
    return [
        (key, key.removesuffix(f"_{end}").replace("_", " ").capitalize(), unit)
        for key in job
        if key not in known
        and "_per_" not in key
        and (end := key.rpartition("_")[2])
        and (unit := SUFFIXES.get(end)) is not None
    ]


def _cards(answer: Json, columns: Sequence[Column]) -> str:
    cells = []
    for key, label, unit in columns:
        value = span(answer.get(key))
        if value is None:
            continue
        extent = "" if value.exact else f'<dd class="range">{esc(range_text(value, unit))}</dd>'
        big, _, small = amount(value.mid, unit).partition(" ")
        shown = f'{esc(big)} <span class="unit">{esc(small)}</span>' if small else esc(big)
        cells.append(f'<div class="card"><dt>{esc(label)}</dt><dd class="value">{shown}</dd>{extent}</div>')
    return f'<dl class="cards">{"".join(cells)}</dl>' if cells else ""


def _diagram(answer: Json, jobs: Sequence[tuple[str, Json]] = ()) -> str:
    fed = []
    for name, job in jobs:
        energy = finite(job.get("energy_mean_wh"))
        if energy is None:
            energy = math.fsum(row[2] for row in tables.parts_of(job))
        fed.append((name, energy))
    graph = flows(mapping(answer.get("parts")), fed)
    return wide(graph) + tall(graph) if graph else ""


def _line(whole: Json, jobs: Sequence[tuple[str, Json]]) -> str:
    diagram = _diagram(whole, jobs)
    if not diagram:
        return ""
    who = "From the jobs, through the grid meter," if len(jobs) > 1 else "From the grid"
    caption = (
        f"{who} to the chips: what leaves at each station, and what is left for computing. "
        "The width of a band is its mean energy; the bands add up."
    )
    return f"<figure>{diagram}<figcaption>{esc(caption)}</figcaption></figure>"


def _job_section(whole: Json, jobs: Sequence[tuple[str, Json]]) -> str:
    if not jobs:
        return ""
    several = len(jobs) > 1
    overview = tables.jobs_table(jobs, whole) if several else ""
    return overview + "".join(_job(i + 1, name, job, several) for i, (name, job) in enumerate(jobs))


def _job(index: int, name: str, job: Json, several: bool) -> str:
    title = str(job.get("title") or "")
    subtitle = f'<p class="subtitle">{esc(title)}</p>' if title and title != name else ""
    body = [tables.inputs(job), _warnings(job) if several else ""]
    if several:
        body += [_cards(job, [*JOB_CARDS, *_others(job)]), _details("Its line, as a diagram", _diagram(job))]
        body.append(_details("Its bill", tables.bill(job, name), opened=index <= 3))
        body.append(_details("What matters most", matters(job.get("matters"))))
        body.append(_details("To picture it", tables.equivalents(job.get("equivalents"))))
    else:
        body.append(_cards(job, [*(card for card in JOB_CARDS if card not in CARDS), *_others(job)]))
    body.append(_details("Step by step", tables.steps(job), opened=not several))
    heading = f"<h3>{esc(name)}</h3>{subtitle}" if several or subtitle else ""
    return f'<article id="job-{index}" class="job">{heading}{"".join(body)}</article>'


def _warnings(job: Json) -> str:
    found = job.get("warnings")
    words = [str(word) for word in found if word] if isinstance(found, list | tuple) else []
    return "".join(f'<p class="warning"><b>Note</b> {esc(word)}</p>' for word in words)


def _details(summary: str, body: str, *, opened: bool = False, kind: str = "") -> str:
    if not body:
        return ""
    state = " open" if opened else ""
    return f'<details{state}{kind}><summary>{esc(summary)}</summary><div class="fold">{body}</div></details>'


def _facts(run: Json, jobs: Sequence[tuple[str, Json]]) -> str:
    found: dict[str, Json] = {}
    for fact in [*objects(run.get("facts")), *(f for _, job in jobs for f in objects(job.get("facts")))]:
        found.setdefault(str(fact.get("key") or fact.get("name") or len(found)), fact)
    if not found:
        return ""
    search = (
        '<p class="search" hidden><label>Search '
        '<input type="search" id="fact-search" autocomplete="off"></label>'
        ' <span id="fact-count" role="status"></span></p>'
    )
    table = tables.facts(list(found.values()))
    return _details(f"{len(found)} facts that these answers rest on", search + table)


def _scenario(run: Json) -> str:
    text = run.get("scenario")
    if not isinstance(text, str) or not text.strip():
        return ""
    return _details("The scenario file, as it was read", f'<pre tabindex="0"><code>{esc(text)}</code></pre>')


def _colophon(run: Json) -> str:
    version = f" {esc(run['wattline'])}" if run.get("wattline") else ""
    words = [f"Made by wattline{version}"]
    draws = finite(run.get("draws"))
    if draws:
        words.append(f"{draws:,.0f} draws")
    seed = finite(run.get("seed"))
    if seed is not None:
        words.append(f"seed {seed:.0f}")
    return " · ".join(words)

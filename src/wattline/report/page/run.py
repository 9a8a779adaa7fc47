"""The page of a run, and of an answer of ``train``, ``prompt``, ``serve`` and their like: a run of one job."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from wattline.report.assumptions import MARKS, statement_words
from wattline.report.page import frame, tables
from wattline.report.page.accounts import accounts
from wattline.report.page.figures import intervals, matters
from wattline.report.page.frame import Column, Section
from wattline.report.page.sankey import flows, tall, wide
from wattline.report.page.words import as_span, esc, finite, mapping, objects
from wattline.report.terminal.answer import TIME_NAMES
from wattline.report.words import Json

CARDS: tuple[Column, ...] = (
    ("energy_wh", "Energy", "Wh"),
    ("mean_w", "Mean power", "W"),
    ("co2e_kg", "CO₂e, life cycle", "kg"),
    ("co2e_direct_kg", "CO₂e, direct", "kg"),
    ("cost_usd", "Electricity cost", "USD"),
    ("water_l", "Water", "L"),
    ("embodied_co2e_kg", "CO₂e, embodied", "kg"),
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
    ("calls", "Calls to the model", ""),
    ("cached_tokens", "Tokens from a cache", ""),
    ("thinking_tokens", "Tokens thought", ""),
    ("cache_saved_wh", "Saved by caches", "Wh"),
    ("joules_per_document", "Energy of a document", "J"),
    ("joules_per_pair", "Energy of a pair", "J"),
    ("joules_per_image", "Energy of an image", "J"),
    ("joules_per_million_tokens", "Energy of a million tokens", "J"),
    ("joules_per_hour_of_speech", "Energy of an hour of speech", "J"),
    ("chip_j", "Chips at work", "J"),
    ("chip_w", "Power of the chips", "W"),
    ("batch_latency_s", "Time of a batch", "s"),
    ("utilisation", "Replicas at work", ""),
    ("queue_s", "Wait in the queue, mean", "s"),
    ("latency_p50_s", "Wait and work, median", "s"),
    ("latency_p95_s", "Wait and work, 95th percentile", "s"),
    ("service_w", "Power of the service", "W"),
    ("service_idle_w", "Power of the service, idle", "W"),
    ("mean_batch", "Batch, mean", ""),
    ("joules_per_request", "Energy of a request", "J"),
    ("pue", "PUE", ""),
    ("generated_wh", "Generated for it", "Wh"),
    ("co2e_market_kg", "CO₂e by contracts", "kg"),
    ("co2e_marginal_kg", "CO₂e, marginal", "kg"),
    ("carbon_free_wh", "Energy free of carbon", "Wh"),
    ("ttft_s", "Time to first token", "s"),
    ("tpot_s", "Time per output token", "s"),
    ("mfu", "Model FLOPs utilisation", ""),
    ("chip_hours", "Chip-hours", ""),
    ("flops", "Compute", "FLOP"),
    ("chip_hours_usd", "Price of the chips' hours", "USD"),
    ("replica_s", "Time of the replica", "s"),
    ("embodied_water_l", "Water, embodied", "L"),
    ("embodied_adp_kg", "Abiotic resources, embodied", "kg"),
)
SUFFIXES = {"s": "s", "wh": "Wh", "w": "W", "j": "J", "kg": "kg", "l": "L", "usd": "USD", "bytes": "B"}


class ShownJob(NamedTuple):
    """A job of a run, or an answer alone."""

    name: str
    inputs: Json
    results: Json
    command: str = ""


BESIDE = ("site.css", "flex.css")  # styles of jobs without a bill
Named = Sequence[tuple[str, Json]]  # jobs by name with their results


def run_page(data: Json, more: Sequence[Section] = (), first: Sequence[Section] = ()) -> str:
    """One self-contained HTML page for a run, or for an answer alone; ``first`` and ``more`` stand around its own
    sections.

    Parameters
    ----------
    data : the answer
    more : sections that stand after its own
    first : sections that stand before them

    Returns HTML.
    """
    results, jobs = frame.results_of(data), _jobs(data)
    named = [(job.name, job.results) for job in jobs]
    whole = _whole(results, named)
    title = str(results.get("title") or "An AI electricity bill")
    beside = _beside(results)
    sections = [
        *first,
        ("line", "The line", _line(whole, named)),
        ("ranges", "How sure it is", intervals(named)),
        ("bill", "The bill", tables.bill(whole, "all jobs" if len(jobs) > 1 else title)),
        ("carbon", "Carbon, by account", accounts(results if "signals" in results else _only(named))),
        ("matters", "What matters most", matters(_first("matters", results, named))),
        ("picture", "To picture it", tables.equivalents(_first("equivalents", results, named))),
        ("jobs", "The jobs" if len(jobs) > 1 else "The job", _job_section(whole, jobs)),
        *beside,
        *more,
        ("facts", "Facts and sources", frame.facts(data)),
        ("scenario", "The scenario", _scenario(data)),
    ]
    cards = frame.cards(whole if as_span(whole.get("energy_wh")) else _only(named), CARDS)
    intro = frame.assumptions_note(str(data.get("command")), mapping(data.get("inputs")), results) + _story(results)
    return frame.page(
        data, title, intro + frame.remarks(data) + _verdict(results), cards, sections, BESIDE if beside else ()
    )


def _beside(results: Json) -> list[Section]:
    """Jobs without a bill."""
    if not results.get("beside"):
        return []
    from wattline.report.page.flex import beside_sections

    return beside_sections(results)


def _verdict(results: Json) -> str:
    """What was said of the jobs, and whether what was computed agrees."""
    rows = "".join(
        f"<li><b>{MARKS[statement['verdict']]} {esc(statement['verdict'])}</b> {esc(statement_words(statement))}</li>"
        for statement in objects(results.get("statements"))
    )
    return f"<ul>{rows}</ul>" if rows else ""


def _jobs(data: Json) -> list[ShownJob]:
    """The jobs of a run; an answer without jobs is its own single job."""
    jobs = objects(frame.results_of(data).get("jobs"))
    if not jobs and data.get("command") != "run" and mapping(frame.results_of(data).get("parts")):
        jobs = [data]
    return [
        ShownJob(
            str(job.get("name") or results.get("title") or f"Job {i + 1}"),
            mapping(job.get("inputs")),
            results,
            str(job.get("command")),
        )
        for i, job in enumerate(jobs)
        for results in [frame.results_of(job)]
    ]


def _only(jobs: Named) -> Json:
    return jobs[0][1] if len(jobs) == 1 else {}


def _first(key: str, results: Json, jobs: Named) -> object:
    """The run's own list, or that of its only job."""
    return results.get(key) or _only(jobs).get(key)


def _whole(run: Json, jobs: Named) -> Json:
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


def _diagram(answer: Json, jobs: Named = ()) -> str:
    fed = []
    for name, job in jobs:
        energy = finite(job.get("energy_mean_wh"))
        if energy is None:
            energy = math.fsum(row[2] for row in tables.parts_of(job))
        fed.append((name, energy))
    graph = flows(mapping(answer.get("parts")), fed)
    return wide(graph) + tall(graph) if graph else ""


def _line(whole: Json, jobs: Named) -> str:
    diagram = _diagram(whole, jobs)
    if not diagram:
        return ""
    who = "From the jobs, through the grid meter," if len(jobs) > 1 else "From the grid"
    caption = (
        f"{who} to the chips: what leaves at each station, and what is left for computing. "
        "The width of a band is its mean energy; the bands add up."
    )
    return f"<figure>{diagram}<figcaption>{esc(caption)}</figcaption></figure>"


def _job_section(whole: Json, jobs: Sequence[ShownJob]) -> str:
    if not jobs:
        return ""
    several = len(jobs) > 1
    overview = tables.jobs_table([(job.name, job.results) for job in jobs], whole) if several else ""
    return overview + "".join(_job(i + 1, job, several) for i, job in enumerate(jobs))


def _job_cards(command: str) -> list[Column]:
    """A job's figures, its time by what it is of: a prompt's is the share that it takes of a replica's."""
    own = TIME_NAMES.get(command, "")
    cards = [(key, own if own and key == "duration_s" else label, unit) for key, label, unit in JOB_CARDS]
    return [card for card in cards if not (own and card[0] == "replica_s")]  # the same once more


def _job(index: int, job: ShownJob, several: bool) -> str:
    name, results = job.name, job.results
    assumed = frame.assumptions_note(job.command, job.inputs, results) if several else ""
    title = str(results.get("title") or "")
    subtitle = f'<p class="subtitle">{esc(title)}</p>' if title and title != name else ""
    body = [assumed, tables.inputs(job.inputs)]
    if several:
        body += [
            frame.cards(results, [*_job_cards(job.command), *_others(results)]),
            frame.details("Its line, as a diagram", _diagram(results)),
            frame.details("Its bill", tables.bill(results, name), opened=index <= 3),
            frame.details("What matters most", matters(results.get("matters"))),
            frame.details("To picture it", tables.equivalents(results.get("equivalents"))),
        ]
    else:
        own = [card for card in _job_cards(job.command) if card not in CARDS]
        body.append(frame.cards(results, [*own, *_others(results)]))
    body.append(frame.details("Step by step", tables.steps(results), opened=not several))
    heading = f"<h3>{esc(name)}</h3>{subtitle}" if several or subtitle else ""
    return f'<article id="job-{index}" class="job">{heading}{"".join(body)}</article>'


def _scenario(data: Json) -> str:
    text = mapping(data.get("inputs")).get("scenario")
    if not isinstance(text, str) or not text.strip() or data.get("command") != "run":
        return ""
    return frame.details("The scenario file, as it was read", f'<pre tabindex="0"><code>{esc(text)}</code></pre>')

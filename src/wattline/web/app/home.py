"""The first page, the line that is typed there, the language, answers side by side."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import number
from wattline.report.language.translator import translator_of
from wattline.report.page.run import JOB_CARDS, SUFFIXES
from wattline.report.page.words import amount, as_span, range_text
from wattline.web.app.article import article_job, article_values
from wattline.web.app.flat import Row, rows_of
from wattline.web.app.jobs import WebJob
from wattline.web.app.kept import key_of, reply_with
from wattline.web.app.line import read_line
from wattline.web.app.pages import N_, PAGES
from wattline.web.app.question import PageQuestion
from wattline.web.app.render import render
from wattline.web.app.state import AppState, state_of
from wattline.web.app.views import waited
from wattline.web.app.words import LANGUAGES

EXAMPLES = (
    "what does a question to ChatGPT take?",
    "Llama 3.1 70B on 4 H100, 500 in, 300 out",
    "train 8B on 15T tokens with 2,048 H100",
    "60 MW in Dublin",
    "how much does an AI video take?",
    "a prompt vs an image vs a video",
    "is 2.9 Wh right?",
    "what will AI take in 2030?",
)
CHINESE_EXAMPLES = (
    "GPT-5 一次提问用多少电",
    "用 16,384 张 H100 训练 Llama 3.1 70B",
    "都柏林 60 MW 数据中心",
    "一段 AI 视频用多少电",
    "文字、图片和视频对比",
    "2.9 Wh 对吗",
    "AI 到 2030 年用多少电",
)
DOORS = (
    (
        N_("I train or run models"),
        N_("What will this run take? What does a prompt take? What is this machine drawing now?"),
        ("train", "prompt", "image", "/measure"),
    ),
    (
        N_("I operate a service"),
        N_("Joules a request, latencies under load, the set-up that keeps them with least energy."),
        ("serve", "frontier", "serve-average"),
    ),
    (
        N_("I plan a data centre"),
        N_("What it draws hour by hour, what should power it, its share of the grid."),
        ("site", "supply", "flex balance"),
    ),
    (
        N_("I check what is said"),
        N_("A claim worked through, how demand grows, every figure with its source."),
        ("check", "world", "/catalog"),
    ),
)
OTHER_PAGES = {"/measure": N_("Measure this machine"), "/catalog": N_("Facts and sources")}
MAX_BESIDE = 6
MAX_SHOWN = 60
REPEATED = ("energy_j", "energy_mean_wh")  # the energy in other words
# the names of results that stand first, and their words
NAMES = {
    "energy_wh": ("Energy", "Wh"),
    "duration_s": ("Time at work", "s"),
    "mean_w": ("Mean power", "W"),
    "peak_w": ("Peak power", "W"),
    "cost_usd": ("Electricity cost", "USD"),
    "co2e_kg": ("CO₂e, life cycle", "kg"),
    "co2e_direct_kg": ("CO₂e, direct", "kg"),
    "water_l": ("Water", "L"),
    "water_site_l": ("Water at the site", "L"),
    "embodied_co2e_kg": ("CO₂e, embodied", "kg"),
    "pue": ("PUE", ""),
    "mfu": ("MFU", ""),
    "joules_per_output_token": ("Per output token", "J"),
    "ttft_s": ("Time to first token", "s"),
    "tpot_s": ("Time per output token", "s"),
    "latency_s": ("Time to the last token", "s"),
    "chip_hours": ("Chip-hours", ""),
    "embodied_energy_mj": ("Primary energy, embodied", "MJ"),
}


async def home(request: Request) -> Response:
    """The first page."""
    state = state_of(request)
    job = article_job(state)
    key = key_of(request, state.words(request).lang, job.id if job and job.state == "done" else "")
    page = state.kept.get(key) or state.kept.add(key, _home(request, "", "", job))
    return reply_with(request, page)


def _home(request: Request, q: str, error: str, job: WebJob | None = None) -> str:
    state = state_of(request)
    words = state.words(request)
    doors = []
    for who, asks, names in DOORS:
        pages = [
            {"path": name, "name": words(OTHER_PAGES[name])}
            if name in OTHER_PAGES
            else {"path": PAGES[name].path, "name": words(PAGES[name].title)}
            for name in names
            if name in OTHER_PAGES or name in state.forms
        ]
        doors.append({"who": words(who), "asks": words(asks), "pages": pages})
    led = {name for _, _, names in DOORS for name in names}
    others = [
        {"path": page.path, "name": page.command, "title": words(page.title)}
        for page in state.pages()
        if page.command not in led
    ]
    return render(
        request,
        "home.html",
        others=others,
        doors=doors,
        examples=CHINESE_EXAMPLES if words.lang == "zh" else EXAMPLES,
        q=q,
        error=error,
        wait=job is not None and not job.over,
        **article_values(state, job, words.lang),
    )


async def ask(request: Request) -> Response:
    """The page that answers a line."""
    line = request.query_params.get("q", "")
    try:
        meant = await run_in_threadpool(read_line, line)
    except WattlineError as error:
        shown = translator_of(state_of(request).words(request).lang).text(str(error))
        return HTMLResponse(_home(request, line[:300], shown), 400)
    tells = bool(meant.taken or meant.unread)
    note = urlencode({"line": line}, quote_via=quote, safe=":,;@/") if tells else ""
    return RedirectResponse(f"{meant.address}{'&' if '?' in meant.address else '?'}{note}".rstrip("?&"), 303)


async def language(request: Request) -> Response:
    """Keep the language that was chosen and go back."""
    lang, back = request.query_params.get("to", ""), request.query_params.get("back", "/")
    place = back if re.match(r"/(?![/\\])", back) and back.isprintable() else "/"
    response = RedirectResponse(quote(place, safe="/?&=:,;@%+~!*'()"), 303)
    if lang in LANGUAGES:
        response.set_cookie("wattline_lang", lang, max_age=31_536_000, samesite="strict", httponly=True)
    return response


def question_at(state: AppState, address: str) -> PageQuestion:
    """The question of an answer's address, or of a line. Raises WattlineError.

    Parameters
    ----------
    state : of the app
    address : as it was typed

    Returns
    -------
    The question.
    """
    parts = urlsplit(address.strip())
    page = next((page for page in state.pages() if page.path == parts.path), None)
    if page is None:
        meant = read_line(address)
        if meant.command not in PAGES or not meant.values:
            raise WattlineError(
                "this line leads to a page with no answer to compare; write one such as on the first page"
            )
        return state.question(PAGES[meant.command], meant.values.items())
    pairs = parse_qsl(parts.query)
    return state.question(page, pairs or page.example.items())


async def beside(request: Request) -> Response:
    """Several answers, a column each."""
    state = state_of(request)
    words = state.words(request)
    errors, columns = [], []
    addresses = [q for q in dict.fromkeys(request.query_params.getlist("q")) if q.strip()]
    if len(addresses) > MAX_BESIDE:
        errors.append(words("At most %(count)s can be shown side by side.", count=MAX_BESIDE))
    for address in addresses[:MAX_BESIDE]:
        try:
            question = await run_in_threadpool(question_at, state, address)
            job = state.jobs.submit(question)
            await waited(request, job)
            if job.state != "done":
                raise WattlineError(job.error or job.state)
            data = json.loads(job.answer["json"])
            columns.append((question.address, _title(data), rows_of(data["results"])))
        except WattlineError as error:
            errors.append(f"{shorten(address, 100)}: {error}")
    shown = [
        {
            "address": address,
            "title": translator_of(words.lang).text(html.unescape(title)),
            "without": "/side-by-side?" + urlencode([("q", other) for other, _, _ in columns if other != address]),
        }
        for address, title, _ in columns
    ]
    rows = _rows(words, [rows for _, _, rows in columns])
    return HTMLResponse(render(request, "beside.html", columns=shown, rows=rows, errors=errors))


def _title(data: dict[str, Any]) -> str:
    return str(data["results"].get("title") or data["command"])


def _rows(words: Any, columns: list[list[Row]]) -> list[dict[str, Any]]:
    """The results that at least half of the columns have, the known ones first."""
    tables = [{row[0]: row for row in rows} for rows in columns]
    names = list(dict.fromkeys(name for table in tables for name in table if name.count(".") == 0))
    names = [name for name in names if name not in REPEATED]
    known = [name for name in NAMES if name in names]
    others = [name for name in names if name not in NAMES]
    rows = []
    for name in [*known, *others][:MAX_SHOWN]:
        label, unit = _label(name)
        cells = [_cell(table.get(name), unit, tables[0].get(name)) for table in tables]
        here, to = words(label), translator_of(words.lang).text
        shown = [cell and {part: to(text) for part, text in cell.items()} for cell in cells]
        rows.append({"name": to(label) if here == label else here, "cells": shown})
    return rows


def _label(name: str) -> tuple[str, str]:
    """What a result is called, and its unit: as reports call it, else by its name, ``queue_s`` is "Queue"."""
    if name in NAMES:
        return NAMES[name]
    known = next(((label, unit) for key, label, unit in JOB_CARDS if key == name), None)
    head, _, end = name.rpartition("_")
    if known is not None or end not in SUFFIXES or "_per_" in name:
        return known or (name.replace("_", " ").capitalize(), "")
    return head.replace("_", " ").capitalize(), SUFFIXES[end]


def _cell(row: Row | None, unit: str, first: Row | None) -> dict[str, str] | None:
    if row is None or not isinstance(row[2], int | float):
        return None
    low, middle, high = row[1], row[2], row[3]
    value = as_span({"p5": low, "p50": middle, "p95": high} if low != "" else middle)
    if value is None:
        return None
    ratio = ""
    if first is not None and first is not row and isinstance(first[2], int | float) and first[2]:
        ratio = f"× {number(middle / first[2], 3)}"
    extent = "" if value.exact else range_text(value, unit)
    return {"middle": amount(float(middle), unit), "range": extent, "ratio": ratio}

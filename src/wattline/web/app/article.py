"""What a newspaper said of AI's electricity, with the verdict on each figure and what is known now, for the first page.

The claims are those of ``wattline check article``; a process works them out once, and the first page, which waits for
nothing, asks for them again when they are there.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wattline.core.errors import WattlineError
from wattline.core.quantity import number
from wattline.report.language.translator import translator_of
from wattline.report.page.words import as_span
from wattline.web.app.jobs import WebJob
from wattline.web.app.pages import PAGES
from wattline.web.app.render import render
from wattline.web.app.state import AppState, state_of
from wattline.web.app.views import is_part, waited

INPUTS = {"claims": "article"}
# the claims that stand on the first page
FIRST = (
    "request-2.9-wh",
    "request-searches",
    "chatgpt-500-mwh-a-day",
    "gpt-3-1287-mwh",
    "gpt-3-1024-gpus-1287-mwh",
    "data-centres-460-twh",
    "data-centres-1000-twh-2026",
)
KINDS = {"holds": "good", "holds roughly": "good", "does not follow": "bad", "outdated": "old"}


def article_job(state: AppState) -> WebJob | None:
    """The job that works the article's claims through, begun where there is none.

    Parameters
    ----------
    state : of the app

    Returns
    -------
    The job; None where too much waits, or claims have no page.
    """
    if "check" not in state.forms:
        return None
    try:
        return state.jobs.submit(state.question(PAGES["check"], INPUTS.items()))
    except WattlineError:
        return None


def article_values(state: AppState, job: WebJob | None, lang: str) -> dict[str, Any]:
    """What the template of the article's claims takes.

    Parameters
    ----------
    state : of the app
    job : that works them through
    lang : the reader's language

    Returns
    -------
    The claims' rows, none while they are worked out, how many claims there are, and where all of them stand.
    """
    address = state.question(PAGES["check"], INPUTS.items()).address if "check" in state.forms else ""
    claims = json.loads(job.answer["json"])["results"].get("claims", []) if job and job.state == "done" else []
    places = {claim["id"]: place for place, claim in enumerate(claims)}
    to = translator_of(lang).text
    rows = [
        {
            "says": to(claim["says"]), "verdict": to(claim["verdict"]), "kind": KINDS.get(claim["verdict"], "open"),
            "known": to(_known(claim)), "by": claim["newer"]["source"] if _is_old(claim) else "",
            "href": f"{address}#claim-{places[claim['id']]}",
        }
        for claim in (claims[places[name]] for name in FIRST if name in places)
    ]  # fmt: skip
    return {"article_rows": rows, "article_count": len(claims), "article_address": address}


def _is_old(claim: dict[str, Any]) -> bool:
    return claim["verdict"] == "outdated" and bool(claim.get("newer"))


def _known(claim: dict[str, Any]) -> str:
    """The figure that stands against what was said: the newer one where there is one, else what was worked out."""
    figure = claim["newer"] if _is_old(claim) else claim.get("derived")
    if not figure:
        return ""
    span = as_span(figure["value"])
    extent = "" if span is None or span.exact else f" [{number(span.low, 3)}–{number(span.high, 3)}]"
    return f"{figure['words']}{extent}"


async def article(request: Request) -> Response:
    """The article's claims to stand in the first page; who asks for them alone is led to all of them."""
    state = state_of(request)
    job = article_job(state)
    if not is_part(request):
        return RedirectResponse(f"{PAGES['check'].path}?claims=article", 303)
    if job is not None:
        await waited(request, job)
    values = article_values(state, job, state.words(request).lang)
    return HTMLResponse(render(request, "article.html", wait=False, **values), headers={"Cache-Control": "no-store"})

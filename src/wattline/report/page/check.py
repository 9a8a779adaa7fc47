"""The page of checked claims: each with its verdict, its chart, its arithmetic and its sources."""

from __future__ import annotations

from collections.abc import Mapping

from wattline.report.page import frame
from wattline.report.page.claim_chart import NARROW, WIDE, claims_svg
from wattline.report.page.scrolling import scroll_box
from wattline.report.page.words import esc
from wattline.report.words import Json


def check_page(data: Json) -> str:
    """One self-contained HTML page of a claims file, or of the claim of a sentence."""
    results = frame.results_of(data)
    facts = {fact["key"]: fact for fact in data["facts"]}
    counted = ", ".join(f"{count} {esc(name)}" for name, count in results["counts"].items())
    source = results["source"] if results["source"] != results["title"] else ""
    story = f"{esc(source)}: {counted}." if source else f"{counted}."
    alone = len(results["claims"]) == 1 and not source
    if alone:
        story = _verdict(results["claims"][0])
    intro = f'<p class="story">{story}</p>{frame.remarks(data)}'
    sections = [
        (f"claim-{i}", "Figures side by side" if alone else claim["says"], _claim(claim, facts, alone))
        for i, claim in enumerate(results["claims"])
    ]
    return frame.page(data, results["title"], intro, "", [*sections, ("facts", "Facts and sources", frame.facts(data))])


def _claim(claim: Json, facts: Mapping[str, Json], alone: bool) -> str:
    drawn = {"title": claim["says"], "claims": [claim]}
    chart = claims_svg(drawn, WIDE) + claims_svg(drawn, NARROW) if claim["stated"] else ""
    sources = dict.fromkeys(str(facts[key]["source"]) for key in claim["fact_keys"] if key in facts)
    listed = "".join(f"<li>{esc(source)}</li>" for source in sources)
    return (
        ("" if alone else f"<p>{_verdict(claim)}</p>")
        + (f"<p>{esc(claim['note'])}</p>" if claim["note"] else "")
        + (scroll_box(chart, "The figures") if chart else "")
        + frame.details("The arithmetic", _lines(claim))
        + frame.details("Sources", f"<ul>{listed}</ul>" if listed else "")
    )


def _verdict(claim: Json) -> str:
    return f'<b class="verdict">{esc(claim["verdict"])}</b> {esc(claim["why"])}'


def _lines(claim: Json) -> str:
    rows = "".join(
        f'<tr><th scope="row">{esc(line["name"].replace("_", " "))}</th><td class="num">{esc(line["words"])}</td>'
        f"<td>{esc(line['formula'])}</td></tr>"
        for line in (*claim["given"], *claim["worked"])
    )
    return scroll_box(f"<table><tbody>{rows}</tbody></table>", "The arithmetic") if rows else ""

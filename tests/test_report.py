"""The HTML report: whole, harmless, self-contained, for runs of one job and of ten."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from report_data import job, render, run_of, total
from wattline.core.quantity import show


def article() -> dict[str, Any]:
    """Three jobs of an article on the electricity of AI."""
    year = 31536000.0
    return total(
        [
            job("Training GPT-3", 1.287e9, 14.8 * 86400, serving=False),
            job(
                "200 million prompts a day for a year, at 2.9 Wh",
                200e6 * 365 * 2.9,
                year,
                serving=True,
                width=0.25,
            ),
            job("The same prompts at 0.3 Wh", 200e6 * 365 * 0.3, year, serving=True, width=0.3),
        ]
    )


class Page(HTMLParser):
    """Reads a page: checks that tags nest, and keeps the text, the attributes and the contents of scripts."""

    VOID = frozenset({"meta", "link", "br", "input", "img", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID and tag not in ("path", "rect", "line", "circle"):
            self.open.append(tag)
            if tag in self.inside:
                self.inside[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("path", "rect", "line", "circle"):
            return
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]][-1] += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_page_is_whole_and_shows_the_numbers() -> None:
    run = article()
    page = Page(render(run))
    for each in (run, *run["jobs"]):
        shown = show(each["energy_wh"]["p50"], "Wh")
        assert shown in page.text, shown
    for words in (
        "1,287 MWh",
        "552 t",
        "US homes for a year",
        "3 × forward FLOPs per token × tokens",
        "arxiv.org",
    ):
        assert words in page.text
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    anchors = [str(attrs["href"])[1:] for attrs in page.all("a") if str(attrs["href"]).startswith("#")]
    assert set(anchors) <= set(ids)
    assert {"line", "ranges", "bill", "matters", "picture", "jobs", "facts", "scenario"} <= set(ids)
    assert all(svg.get("aria-label") for svg in page.all("svg"))
    assert len(page.all("caption")) == len(page.all("table"))


def test_the_page_loads_nothing() -> None:
    html = render(article())
    page = Page(html)
    for tag, attrs in page.tags:
        assert "src" not in attrs
        assert "xlink:href" not in attrs
        if tag == "link":
            assert str(attrs["href"]).startswith("data:")
        assert tag not in ("iframe", "object", "embed", "img", "base", "form")
    assert not re.search(r"@import|url\(|@font-face", "".join(page.inside["style"]))
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|WebSocket", page.inside["script"][-1])
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


HOSTILE = "</script></title><script>alert(1)</script><img src=x onerror=alert(1)> \" ' & ${x} $title \u2028"


def hostile(value: Any) -> Any:
    """Every text of a run made hostile, keys of its maps left as they are."""
    if isinstance(value, dict):
        return {key: item if key in ("station", "command") else hostile(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hostile(item) for item in value]
    return HOSTILE if isinstance(value, str) else value


def test_hostile_text_is_harmless() -> None:
    run = hostile(article())
    for each in run["jobs"]:
        each["stations"]["chip"]['"><script>'] = 1
        each["parts"]['"><script>alert(2)</script>'] = {"energy_mean_wh": 1e6, "station": '"><script>'}
        each["inputs"]["<b>"] = HOSTILE
    run["warnings"] = [HOSTILE]
    run["parts"] = {}
    html = render(run)
    page = Page(html)
    assert [attrs.get("type") for attrs in page.all("script")] == ["application/json", None]
    assert page.all("img") == []
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert json.loads(page.inside["script"][0])["results"]["title"] == HOSTILE
    assert "<" not in page.inside["script"][0]
    assert HOSTILE.strip() in page.inside["title"][0]


def test_a_script_address_is_no_link() -> None:
    run = article()
    run["facts"] = [{"key": "a.b.c", "name": "x", "source": 'javascript:alert(1) https://example.org/a"b<c>'}]
    links = [str(a["href"]) for a in Page(render(run)).all("a") if not str(a["href"]).startswith("#")]
    assert "https://example.org/a" in links
    assert all(link.startswith("https://") for link in links)


@pytest.mark.parametrize("count", [1, 2, 10, 25])
def test_any_number_of_jobs(count: int) -> None:
    page = Page(render(run_of(count)))
    assert len(page.all("article")) == count
    assert ("All jobs" in page.text) == (count > 1)


def test_an_answer_alone_is_a_run_of_one_job() -> None:
    page = Page(render(article()["jobs"][0]))
    assert len(page.all("article")) == 1
    assert "1,287 MWh" in page.text


def test_missing_keys_leave_their_sections_out() -> None:
    Page(render({}))
    Page(render({"command": "run", "title": "Empty", "jobs": [], "matters": None, "scenario": None, "facts": None}))
    full = article()
    for key in full:
        Page(render({k: v for k, v in full.items() if k != key}))
    for key in full["jobs"][0]:
        run = copy.deepcopy(full)
        for each in run["jobs"]:
            each.pop(key, None)
        Page(render(run))


def test_parts_of_the_jobs_make_the_bill_where_the_run_tells_none() -> None:
    run = article()
    del run["parts"]
    page = Page(render(run))
    assert "Chips, writing answers" in page.text
    assert show(run["energy_mean_wh"], "Wh") in page.text


def test_wrong_numbers_are_left_out_and_never_shown_as_nought() -> None:
    run = article()
    run["energy_wh"] = {"p5": None, "p50": float("nan"), "p95": "many"}
    run["cost_usd"] = None
    run["jobs"][0]["stations"]["chip"]["energy_wh"] = {"p50": float("inf")}
    page = Page(render(run))
    assert "nan" not in re.sub(r"[a-z]{4,}", "", page.text.lower())
    json.loads(page.inside["script"][0], parse_constant=lambda name: pytest.fail(name))


def test_numbers_without_a_range_and_noughts() -> None:
    run = total([job("Exact", 5e6, 86400.0, serving=False, width=0.0)])
    run["energy_wh"] = 5e6
    assert "5,000 kWh" in Page(render(run)).text
    nothing = json.loads(json.dumps(article()), parse_float=lambda _: 0.0)
    Page(render(nothing))

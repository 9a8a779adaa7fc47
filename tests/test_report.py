"""The HTML report: whole, harmless, self-contained, for runs of one job and of ten."""

from __future__ import annotations

import copy
import json
import math
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import wattline as wl
from wattline.core.quantity import show
from wattline.report.page.figures import axis
from wattline.report.page.run import run_page
from wattline.report.page.sankey import Flows, flows, tall, wide
from wattline.report.page.words import Span, between, embedded, percent, range_text, span, wrap
from wattline.report.present import as_text

PARTS = {  # name: (label, station, share of the training run, share of a serving fleet)
    "chip_active": ("Chips, active", "chip", 0.640, 0.0),
    "prefill": ("Chips, reading prompts", "chip", 0.0, 0.062),
    "decode": ("Chips, writing answers", "chip", 0.0, 0.418),
    "chip_idle": ("Chips, idle", "chip", 0.031, 0.121),
    "host": ("Hosts", "server", 0.149, 0.168),
    "network": ("Network", "server", 0.026, 0.041),
    "cooling": ("Cooling", "site", 0.088, 0.108),
    "ups": ("UPS", "site", 0.034, 0.043),
    "distribution": ("Power distribution", "site", 0.021, 0.026),
    "fans": ("Fans", "site", 0.009, 0.010),
    "lighting": ("Lighting and offices", "site", 0.002, 0.003),
}
ORDER = ("chip", "server", "site", "grid")


def spread(mid: float, width: float = 0.18) -> dict[str, float]:
    return {"p5": mid * (1 - width), "p50": mid, "p95": mid * (1 + 1.6 * width)}


def stations(parts: dict[str, Any], seconds: float, width: float) -> dict[str, Any]:
    found = {}
    for i, station in enumerate(ORDER):
        inside = math.fsum(p["energy_mean_wh"] for p in parts.values() if p["station"] in ORDER[: i + 1])
        found[station] = {
            "energy_wh": spread(inside, width),
            "mean_w": spread(inside * 3600 / seconds, width),
        }
    return found


def bill(energy: float, serving: bool, width: float) -> dict[str, Any]:
    parts = {}
    for key, (label, station, *shares) in PARTS.items():
        if share := shares[serving]:
            mean = energy * share
            parts[key] = {"label": label, "station": station, "energy_mean_wh": mean, "share": share}
            parts[key]["energy_wh"] = spread(mean, width * 1.2)
    return parts


def consequences(energy: float, width: float) -> dict[str, Any]:
    return {
        "energy_wh": spread(energy, width),
        "cost_usd": spread(energy / 1e3 * 0.083, width),
        "co2e_kg": spread(energy / 1e3 * 0.429, width),
        "co2e_direct_kg": spread(energy / 1e3 * 0.367, width),
        "water_l": spread(energy / 1e3 * 3.1, width),
        "equivalents": [
            {
                "name": "US homes for a year",
                "count": spread(energy / 10.5e6, width),
                "fact": "region.us.home_kwh_per_year",
            },
            {
                "name": "kilometres in an electric car",
                "count": spread(energy / 170, width),
                "fact": "constant.ev",
            },
            {"name": "hours of a 10 W lamp", "count": spread(energy / 10, width), "fact": "constant.lamp"},
            {"name": "web searches", "count": spread(energy / 0.3, width), "fact": "constant.search"},
        ],
    }


FACTS = [
    {
        "key": "chip.v100-sxm2-32gb.tdp_w",
        "name": "NVIDIA V100 SXM2 32GB: rated power",
        "value": 300.0,
        "low": 300.0,
        "high": 300.0,
        "unit": "W",
        "dist": "fixed",
        "basis": "published",
        "note": "",
        "source": {"title": "NVIDIA V100 datasheet", "year": 2020, "where": "page 2"},
    },
    {
        "key": "training_run.gpt-3.mfu",
        "name": "GPT-3 training: share of peak that was used",
        "value": 0.197,
        "low": 0.16,
        "high": 0.25,
        "unit": "",
        "dist": "triangular",
        "basis": "derived",
        "note": "24.6 of 125 TFLOP/s",
        "source": {
            "title": "Patterson et al., Carbon Emissions and Large Neural Network Training",
            "year": 2021,
            "where": "table 4, https://arxiv.org/abs/2104.10350",
        },
    },
    {
        "key": "region.us.carbon_lifecycle_g_per_kwh",
        "name": "United States: carbon of electricity, life cycle",
        "value": 429.0,
        "low": 390.0,
        "high": 470.0,
        "unit": "g/kWh",
        "dist": "triangular",
        "basis": "published",
        "note": "an average over the year; hours differ",
        "source": "Patterson et al. 2021, table 4",
    },
    {
        "key": "chip.v100-sxm2-32gb.fp16_flops",
        "name": "NVIDIA V100 SXM2 32GB: fp16 peak",
        "value": 125e12,
        "low": 125e12,
        "high": 125e12,
        "unit": "FLOP/s",
        "dist": "fixed",
        "basis": "published",
        "note": "",
        "source": {"title": "NVIDIA V100 datasheet", "year": 2020, "where": "page 2"},
    },
]
MATTERS = [
    {
        "fact": "training_run.gpt-3.mfu",
        "name": "Share of the chips’ peak that is used",
        "rank_correlation": -0.83,
        "value": 0.197,
        "low": 0.16,
        "high": 0.25,
        "unit": "",
    },
    {
        "fact": "prompt.long.energy_wh",
        "name": "Energy of a prompt",
        "rank_correlation": 0.71,
        "value": 2.9,
        "low": 1.4,
        "high": 4.8,
        "unit": "Wh",
    },
    {
        "fact": "site.hyperscale.cooling_power",
        "name": "Cooling, per IT energy",
        "rank_correlation": 0.22,
        "value": 0.10,
        "low": 0.06,
        "high": 0.18,
        "unit": "",
    },
    {
        "fact": "server.dgx-1.host_w",
        "name": "Power of a host beside its chips",
        "rank_correlation": 0.12,
        "value": 900.0,
        "low": 700.0,
        "high": 1200.0,
        "unit": "W",
    },
]


def job(name: str, energy: float, seconds: float, *, serving: bool, width: float = 0.18) -> dict[str, Any]:
    parts = bill(energy, serving, width)
    return {
        "command": "serve" if serving else "train",
        "name": name,
        "title": "GPT-3 175B, 300 billion tokens on 10,000 × NVIDIA V100 SXM2 32GB" if not serving else name,
        "inputs": {
            "model": "gpt-3-175b",
            "chip": "v100-sxm2-32gb",
            "chips": 10000,
            "tokens": 3e11,
            "region": "us",
        },
        "duration_s": spread(seconds, 0.0 if serving else width),
        "mean_w": spread(energy * 3600 / seconds, width),
        "peak_w": spread(energy * 4600 / seconds, width),
        **consequences(energy, width),
        "energy_mean_wh": energy,
        "stations": stations(parts, seconds, width),
        "parts": parts,
        "matters": MATTERS,
        "steps": [
            {
                "name": "training compute",
                "formula": "3 × forward FLOPs per token × tokens",
                "value": 3.14e23,
                "unit": "FLOP",
                "station": "work",
            },
            {
                "name": "time",
                "formula": "compute / (chips × peak × MFU)",
                "value": spread(seconds, width),
                "unit": "s",
                "station": "chip",
            },
            {
                "name": "server power",
                "formula": "chips × (chip power + host power / chips per node + network)",
                "value": spread(3.3e6, width),
                "unit": "W",
                "station": "server",
            },
            {
                "name": "grid energy",
                "formula": "server energy × (1 + UPS + distribution + cooling + fans + lighting)",
                "value": spread(energy, width),
                "unit": "Wh",
                "station": "grid",
            },
        ],
        "facts": FACTS,
    }


def total(jobs: list[dict[str, Any]], title: str = "What the article’s AI would use") -> dict[str, Any]:
    energy = math.fsum(j["energy_mean_wh"] for j in jobs)
    parts: dict[str, Any] = {}
    for one in jobs:
        for key, part in one["parts"].items():
            seen = parts.setdefault(key, {**part, "energy_mean_wh": 0.0})
            seen["energy_mean_wh"] += part["energy_mean_wh"]
    for part in parts.values():
        part |= {"share": part["energy_mean_wh"] / energy, "energy_wh": spread(part["energy_mean_wh"], 0.2)}
    return {
        "command": "run",
        "wattline": "0.1.0",
        "title": title,
        "story": "An article says that training GPT-3 took 1,287 MWh, and that a prompt takes 2.9 Wh, ten "
        "times a web search. What would a year of 200 million such prompts a day draw from the grid, and "
        "what if a prompt takes 0.3 Wh, as later measurements say?",
        "draws": 2000,
        "seed": 0,
        "jobs": jobs,
        **consequences(energy, 0.16),
        "energy_mean_wh": energy,
        "stations": stations(parts, max(one["duration_s"]["p50"] for one in jobs), 0.16),
        "parts": parts,
        "matters": MATTERS,
        "facts": FACTS,
        "scenario": '[scenario]\ntitle = "What the article’s AI would use"\n\n[[job]]\ntrain = "gpt-3-175b"\n'
        'tokens = "300B"\nchips = 10_000  # <— V100 & NVLink\n',
    }


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


def run_of(count: int) -> dict[str, Any]:
    jobs = [job(f"Job {i}", 10.0 ** (3 + 0.8 * i), 86400.0 * (i + 1), serving=i % 2 == 0) for i in range(count)]
    return total(jobs, f"{count} jobs")


ENVELOPE = ("command", "wattline", "draws", "seed", "inputs", "facts", "notes", "warnings")


def render(flat: dict[str, Any]) -> str:
    """The page of a run or an answer that is made here flat: its results go into the envelope."""
    data = {key: value for key, value in flat.items() if key in ENVELOPE}
    results = {key: value for key, value in flat.items() if key not in ENVELOPE and key != "name"}
    if isinstance(flat.get("jobs"), list):
        results["jobs"] = [
            {key: one[key] for key in ("name", "command", "inputs") if key in one}
            | {"results": {key: value for key, value in one.items() if key not in ENVELOPE and key != "name"}}
            for one in flat["jobs"]
        ]
    if isinstance(results.get("scenario"), str):
        data["inputs"] = {"scenario": results.pop("scenario")}
    return run_page({**data, "results": results})


def assert_conserves(graph: Flows) -> None:
    for node in graph.nodes:
        into = math.fsum(link.energy for link in graph.links if link.target == node.key)
        out = math.fsum(link.energy for link in graph.links if link.source == node.key)
        if node.kind == "trunk":
            assert out == pytest.approx(node.energy, rel=1e-9)
            assert into == pytest.approx(node.energy, rel=1e-9) or into == 0
        else:
            assert into + out == pytest.approx(node.energy, rel=1e-9)
            assert into == 0 or out == 0


def test_the_page_is_whole_and_shows_the_numbers() -> None:
    run = article()
    page = Page(render(run))
    for one in (run, *run["jobs"]):
        shown = show(one["energy_wh"]["p50"], "Wh")
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
    for one in run["jobs"]:
        one["stations"]["chip"]['"><script>'] = 1
        one["parts"]['"><script>alert(2)</script>'] = {"energy_mean_wh": 1e6, "station": '"><script>'}
        one["inputs"]["<b>"] = HOSTILE
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
        for one in run["jobs"]:
            one.pop(key, None)
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


@pytest.mark.parametrize("count", [1, 3, 10])
def test_the_flows_conserve(count: int) -> None:
    run = run_of(count)
    graph = flows(run["parts"], [(one["name"], one["energy_mean_wh"]) for one in run["jobs"]])
    assert graph is not None
    assert_conserves(graph)
    assert graph.total == pytest.approx(run["energy_mean_wh"], rel=1e-9)
    assert math.fsum(end.energy for end in graph.of("end")) == pytest.approx(graph.total, rel=1e-9)
    assert len(graph.of("job")) == (count if count > 1 else 0)


def test_flows_with_losses_at_the_grid_and_without_servers() -> None:
    parts = {
        "loss": {"label": "Wires", "station": "grid", "energy_mean_wh": 5.0},
        "cooling": {"label": "Cooling", "station": "site", "energy_mean_wh": 15.0},
        "chip": {"label": "Chips", "station": "chip", "energy_mean_wh": 80.0},
        "nothing": {"label": "Nothing", "station": "server", "energy_mean_wh": 0.0},
        "unknown": {"label": "Unknown", "station": "server"},
    }
    graph = flows(parts)
    assert graph is not None
    assert_conserves(graph)
    assert [node.key for node in graph.of("trunk")] == ["grid", "site", "server", "chip"]
    assert flows({"cooling": parts["cooling"]}) is not None
    assert flows({}) is None
    asked = flows(parts, [("one", 60.0), ("two", 40.0)])
    assert asked is not None
    assert_conserves(asked)
    assert len(asked.of("job")) == 2
    apart = flows(parts, [("one", 60.0), ("two", 30.0)])  # jobs that do not add up to the parts are not drawn
    assert apart is not None
    assert apart.of("job") == []
    assert flows({"nothing": parts["nothing"]}) is None


@pytest.mark.parametrize("draw", [wide, tall])
def test_labels_of_the_diagram_do_not_overlap(draw: Any) -> None:
    run = run_of(10)
    graph = flows(run["parts"], [(one["name"], one["energy_mean_wh"]) for one in run["jobs"]])
    assert graph is not None
    places = re.findall(r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)"', draw(graph))
    columns: dict[str, list[float]] = {}
    for x, y in places:
        columns.setdefault(x, []).append(float(y))
    assert min(b - a for ys in columns.values() for a, b in zip(sorted(ys), sorted(ys)[1:], strict=False)) >= 14


def test_axis_is_logarithmic_where_jobs_are_far_apart() -> None:
    near = axis([Span(1.0, 2.0, 3.0), Span(2.0, 4.0, 6.0)])
    assert not near.log
    assert near.at(0.0) == 0.0
    far = axis([Span(1.0, 2.0, 3.0), Span(1e6, 2e6, 3e6), Span(0.0, 0.0, 0.0)])
    assert far.log
    assert 0 < far.at(1.0) < far.at(2.0) < far.at(2e6) < 100
    assert far.at(0.0) == 0.0
    assert len(far.ticks) <= 8
    assert axis([Span(0.0, 0.0, 0.0)]).at(0.0) == 0.0


def test_words() -> None:
    assert between(708, 1112, "g/kWh") == "708 – 1,112 g/kWh"
    assert between(5, 5, "W") == "5 W"
    assert range_text(Span(9.213e9, 13.2e9, 19.5e9), "Wh") == "9.21 – 19.5 GWh"
    assert range_text(Span(9.213e9, 13.2e9, 19.5e9), "Wh", bare=True) == "9.21 – 19.5"
    assert range_text(Span(16.4e6, 19.5e6, 24.5e6), "USD") == "$16.4 – 24.5 million"
    assert range_text(Span(500.0, 1500.0, 2500.0), "kg") == "0.500 – 2.50 t"
    assert range_text(Span(2.0, 2.0, 2.0), "Wh") == "exact"
    assert percent(0.0) == "0 %"
    assert percent(1e-6) == "< 0.01 %"
    assert percent(0.4163) == "41.6 %"
    assert wrap("one two three four", 8) == ["one two", "three …"]
    assert wrap("unbreakable", 5, 1) == ["unbr…"]
    assert span({"p50": 2}) == Span(2.0, 2.0, 2.0)
    assert span(True) is None
    assert json.loads(embedded({"a": "</script>", "b": float("inf")})) == {"a": "</script>", "b": None}


def test_rendering_is_fast_and_small() -> None:
    run = run_of(10)
    start = time.perf_counter()
    html = render(run)
    assert time.perf_counter() - start < 1.0
    assert len(html) < 1_000_000
    assert render(run) == html


ASSUMING: dict[str, tuple[Any, tuple[str, ...]]] = {
    "prompt": (lambda: wl.prompt("llama-3.1-8b", draws=5), ("grid world", "hyperscale, PUE", "bf16", "engine vLLM")),
    "given": (lambda: wl.prompt("llama-3.1-8b", pue=1.3, batch=4, draws=5), ("PUE 1.30 given", "4 requests together")),
    "train": (lambda: wl.train("llama-3.1-8b", "1B", "h100-sxm", 8, draws=5), ("a usual run", "electricity only")),
    "tuned": (lambda: wl.train("llama-3.1-8b", "1B", "h100-sxm", 8, tuned=True, draws=5), ("tuned as a benchmark",)),
    "average": (lambda: wl.serve_average("llama-3.1-8b", "1/s", carbon=50, draws=5), ("50 g/kWh given", "at work")),
    "site": (lambda: wl.site("100MW", place="Dublin", draws=3), ("grid ie", "large hall", "cooling air-economiser")),
}


@pytest.mark.parametrize(("answer", "words"), ASSUMING.values(), ids=ASSUMING)
def test_every_answer_says_what_it_assumes_under_its_title(answer: Any, words: tuple[str, ...], tmp_path: Path) -> None:
    given = answer()
    shown = " ".join(as_text(given.json()).split())
    page = next(path for path in given.write(tmp_path) if path.suffix == ".html").read_text(encoding="utf-8")
    for word in words:
        assert word in shown
        assert word in page
    lines = as_text(given.json()).splitlines()
    assert lines[1].startswith("Assumed: ")

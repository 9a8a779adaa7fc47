"""The report's diagrams, axes and words."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

import wattline as wl
from report_data import render, run_of
from wattline.report.page.figures import axis
from wattline.report.page.sankey import Flows, flows, tall, wide
from wattline.report.page.words import Span, as_span, data_address, percent, range_text, span_text, wrap
from wattline.report.present import as_text


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


@pytest.mark.parametrize("count", [1, 3, 10])
def test_the_flows_conserve(count: int) -> None:
    run = run_of(count)
    graph = flows(run["parts"], [(each["name"], each["energy_mean_wh"]) for each in run["jobs"]])
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
    drawn = flows(parts, [("one", 60.0), ("two", 40.0)])
    assert drawn is not None
    assert_conserves(drawn)
    assert len(drawn.of("job")) == 2
    apart = flows(parts, [("one", 60.0), ("two", 30.0)])  # jobs that do not add up to the parts are not drawn
    assert apart is not None
    assert apart.of("job") == []
    assert flows({"nothing": parts["nothing"]}) is None


@pytest.mark.parametrize("draw", [wide, tall])
def test_labels_of_the_diagram_do_not_overlap(draw: Any) -> None:
    run = run_of(10)
    graph = flows(run["parts"], [(each["name"], each["energy_mean_wh"]) for each in run["jobs"]])
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
    assert span_text(708, 1112, "g/kWh") == "708 – 1,112 g/kWh"
    assert span_text(5, 5, "W") == "5 W"
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
    assert as_span({"p50": 2}) == Span(2.0, 2.0, 2.0)
    assert as_span(True) is None
    assert json.loads(data_address({"a": "</script>", "b": float("inf")})) == {"a": "</script>", "b": None}


def test_a_page_of_many_jobs_is_small_and_the_same_again() -> None:
    run = run_of(10)
    html = render(run)
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

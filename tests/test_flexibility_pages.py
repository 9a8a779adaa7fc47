"""The pages of ``flex``: whole, self-contained, with their figures, for every command."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from math import cos, pi
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.core.result import Result
from wattline.line.grid.flexibility.headroom import headroom
from wattline.line.grid.flexibility.yielding import yielding
from wattline.meter.device import Device
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec
from wattline.predict.flex.measures import LimitTexts, Measures
from wattline.predict.flex.shift import DailyJob
from wattline.predict.flex.sites import SharedWork
from wattline.reconcile.swings import meter_swings
from wattline.report.page.plot import round_places, round_step
from wattline.report.words import saving_words

PHASES = ["compute:1.4s:1000W", "communicate:0.6s:300W"]
VOID = {"meta", "link", "input", "img", "br", "rect", "line", "circle", "path"}


class Tags(HTMLParser):
    """Tags in order; every one that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    first = datetime(2023, 1, 1)
    rows = []
    for i in range(8760):
        at = first + timedelta(hours=i)
        rows.append(
            f"{at:%Y-%m-%d %H:%M},{600 - 150 * cos(2 * pi * (at.hour - 4) / 24) - 80 * cos(pi * at.month / 3):.0f}\n"
        )
    path = tmp_path_factory.mktemp("hours") / "hours.csv"
    path.write_text("utc,carbon_g_per_kwh\n" + "".join(rows))
    path.with_name("demand.csv").write_text("utc,demand_mw\n" + "".join(rows))
    return path


def recording() -> Recording:
    at = 1.7e9 + np.arange(400.0) * 0.1
    watts = np.where(np.arange(400) % 20 < 14, 700.0, 200.0)
    return Recording([Series(Device("h", "GPU-0", "node"), Spec("plain"), at, watts)])


def answers(hours: Path) -> dict[str, Result]:
    every = Measures("500 W", "20 MW/s", "2 s", "65 J", "100 W")
    return {
        "flex headroom": wl.flex_headroom(hours.with_name("demand.csv")),
        "flex shift": wl.flex_shift(
            hours, DailyJob(before="4 h"), sites=[hours], beside=[hours, hours], beside_kind="average"
        ),
        "flex sites": wl.flex_sites([hours, hours], SharedWork(["200 GW"], ["1 GW"])),
        "flex balance": wl.flex_balance("1 GW", region="us-ercot", demand=hours.with_name("demand.csv"), draws=20),
        "flex response": wl.flex_response("1 MW", "llama-3.1-8b", chip="h100-sxm", gpus=1, draws=20),
        "flex swings": wl.flex_swings(PHASES, 1000, measures=every, limits=LimitTexts("critical-band", swing="1 kW")),
        "meter swings": meter_swings(recording(), measures=Measures(store="2 s")),
    }


def test_every_command_of_flex_has_a_whole_page_that_loads_nothing(hours: Path, tmp_path: Path):
    for command, answer in answers(hours).items():
        assert answer.json()["command"] == command
        paths = answer.write(tmp_path / command.replace(" ", "-"))
        page = next(path for path in paths if path.name == "report.html").read_text(encoding="utf-8")
        tags = Tags()
        tags.feed(page)
        assert not tags.open, command
        assert not re.search(r'(?:src|href)="(?!data:|#)', page), command
        assert "nan" not in re.sub(r"<script.*?</script>", "", page, flags=re.S).lower().split(), command
        assert "svg" in tags.seen, command


def test_the_pictures_of_a_new_load_are_the_hours_in_which_it_yields():
    hour = np.tile(np.arange(24.0), 365)
    month = np.repeat(1.0 + np.arange(365) // 31, 24)
    demand = 1e9 * (1 + 0.3 * np.sin(hour / 24 * 2 * np.pi)) + month * 1e6
    made = headroom(demand, month, share=0.01)
    picture = yielding(demand, month, hour, made.added_w)
    assert picture.hours_by_month.sum() == pytest.approx(made.curtailed_h_per_year)
    assert picture.events_per_year.sum() == pytest.approx(made.events_per_year)
    assert np.all(picture.with_load_w <= picture.unyielding_w * (1 + 1e-12))
    assert picture.with_load_w.max() <= demand.max() * (1 + 1e-9)


def test_a_page_without_swings_says_so():
    page = wl.flex_swings(["steady:1s:500W"], 10)
    assert "Power never moves" in _page(page)


def _page(answer: Result) -> str:
    from wattline.report.present import as_page

    return as_page(answer.json()) or ""


@pytest.mark.parametrize("made", [
    lambda: wl.flex_balance("10 MW", region="ie", draws=16),
    lambda: wl.flex_response("10 MW", "llama-3.1-8b", chip="h100-sxm", draws=16),
], ids=["balance", "response"])  # fmt: skip
def test_what_an_answer_of_a_site_beside_its_grid_assumes_stands_on_its_page(made, tmp_path: Path) -> None:
    answer = made()
    answer.write(tmp_path)
    page = next(tmp_path.glob("*.html")).read_text(encoding="utf-8")
    grid = answer.json()["inputs"]["region"]
    assert f"Assumed: grid {grid}; site hyperscale" in page


def test_sites_that_are_regions_stand_by_their_names_over_each_figure() -> None:
    page = _page(wl.flex_sites(["de", "se"], SharedWork(["20 MW"], ["10 MW"])))
    title = "Work that moves between 2 sites and in time, Germany, Sweden"
    assert f"<h1>{title}</h1>" in page
    assert "Mean power of Germany." in page
    assert "Mean power of Sweden." in page
    assert "As it comes [g/kWh]" in page


def test_each_measure_that_is_tried_is_drawn_over_the_same_time() -> None:
    every = Measures("500 W", "20 MW/s", "2 s", "65 J")
    answer = wl.flex_swings(PHASES, 1000, checkpoint="save:20s:250W", every=20, measures=every)
    rows = answer.json()["results"]["measures"]
    assert len({(row["shape"]["step_s"], len(row["shape"]["power_w"])) for row in rows}) == 1
    assert rows[0]["shape"]["step_s"] * len(rows[0]["shape"]["power_w"]) == pytest.approx(60)  # 20 steps and a save
    page = _page(answer)
    for row in rows:
        assert page.count(f"<title>{row['measure']}</title>") >= 2, row["measure"]


@pytest.mark.parametrize("share", [None, 0.0, -1e-5, 1e-5, -0.002, 0.25])
def test_a_saving_is_never_less_than_nothing_by_rounding(share: float | None) -> None:
    words = saving_words(share)
    assert "-0.0%" not in words
    assert words == ("none to save of" if share is None else f"{round(100 * share, 1) + 0.0:.1f}%")


@settings(max_examples=200, deadline=None)
@given(low=st.floats(-1e3, 1e3), span=st.floats(1e-3, 1e3), count=st.integers(2, 8))
def test_marks_of_an_axis_are_round_and_within_it(low: float, span: float, count: int) -> None:
    places = round_places(low, low + span, count)
    step = round_step(span / (count - 1))
    assert places or count < 3
    assert len(places) <= count + 1
    assert all(low - 1e-6 * span - 1e-9 <= place <= low + span * (1 + 1e-6) + 1e-9 for place in places)
    assert np.asarray(places) / step == pytest.approx(np.round(np.asarray(places) / step), abs=1e-6)

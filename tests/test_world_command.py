"""``wattline world`` through its public faces: ranges, scenarios, what-ifs, own files and exports."""

from __future__ import annotations

import base64
import csv
import itertools
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wattline as wl
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.line.world.published import read_published
from wattline.predict.outlook.export import hourly_shape
from wattline.predict.outlook.own import read_stock
from wattline.report.present import as_page
from wattline.report.terminal.world import place_name

DRAWS = 2000


def run_world(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["world", *words])
    out = capsys.readouterr()
    return int(stop.value.code or 0), out.out, out.err


def year(data: dict[str, Any], which: int, place: int = 0) -> dict[str, Any]:
    return next(row for row in data["results"]["places"][place]["years"] if row["year"] == which)


def test_the_outlook_holds_what_the_newest_studies_count() -> None:
    data = wl.world(["world", "us", "ireland"], "2020-2030", draws=DRAWS).json()
    for place, which, twh in ((0, 2024, 416), (0, 2030, 945), (1, 2024, 183), (1, 2030, 649), (2, 2023, 6.34)):
        ends = year(data, which, place)["energy_twh"]
        assert ends["p5"] < twh < ends["p95"]


def test_energy_is_capacity_times_load() -> None:
    row = year(wl.world("world", "2024", draws=DRAWS).json(), 2024)
    load = row["energy_twh"]["p50"] / 8.76 / row["capacity_gw"]["p50"]
    assert 0.45 < load < 0.53


def test_a_scenario_lies_over_the_outlook_and_leaves_its_range_alone() -> None:
    plain = wl.world("world", "2024-2030", draws=DRAWS).json()["results"]
    laid = wl.world("world", "2024-2030", scenario="iea-lift-off", draws=DRAWS).json()["results"]
    assert laid["places"] == plain["places"]
    path = {row["year"]: row["twh"] for row in laid["scenario"]["middle_path"]}
    middle = {row["year"]: row["energy_twh"]["p50"] for row in plain["places"][0]["years"]}
    assert path[2024] == pytest.approx(middle[2024], rel=1e-3)
    assert path[2030] / middle[2030] == pytest.approx(1264 / 946, rel=1e-3)


def test_a_scenario_of_ones_own_is_a_file_of_what_ifs(tmp_path: Path) -> None:
    (tmp_path / "less.toml").write_text('name = "fewer"\nwhat_if = ["shipments=-15%"]\n')
    case = wl.world("us", "2024-2030", scenario=str(tmp_path / "less.toml"), draws=DRAWS).json()["results"]["scenario"]
    assert case["name"] == "fewer"
    assert case["published"] == []
    (tmp_path / "bad.toml").write_text('what_if = "x"\n')
    with pytest.raises(wl.WattlineError, match="what_if"):
        wl.world(scenario=str(tmp_path / "bad.toml"))


def test_more_load_on_the_same_capacity_is_more_electricity() -> None:
    plain = wl.world("world", "2024-2030", draws=DRAWS)
    more = wl.world("world", "2024-2030", what_if=["load_factor=+10%"], draws=DRAWS)
    change = more.range("world_2030_twh").p50 / plain.range("world_2030_twh").p50
    assert change == pytest.approx(1.1, abs=0.01)
    assert more.range("world_2024_twh").p50 == pytest.approx(plain.range("world_2024_twh").p50, rel=1e-5)
    assert more.range("capacity_gw").p50 == pytest.approx(plain.range("capacity_gw").p50, rel=0.01)


def test_a_series_is_predicted_from_its_own_figures(tmp_path: Path) -> None:
    (tmp_path / "firm.csv").write_text("year,twh\n2019,1.0\n2020,1.2\n2021,1.44\n2022,1.73\n")
    made = wl.world(years="2019-2026", own=tmp_path / "firm.csv", draws=DRAWS)
    ends = [row["energy_twh"] for row in made.json()["results"]["places"][0]["years"]]
    assert ends[3]["p5"] < 1.73 < ends[3]["p95"]
    assert 1.73 < ends[5]["p50"] < 3.2
    widths = [row["p95"] / row["p5"] for row in ends[3:]]
    assert widths == sorted(widths)  # less is known, the further ahead
    (tmp_path / "country.csv").write_text("series,year,twh,electricity_twh,kind\nfreedonia,2022,1.0,60,metered\n")
    country = wl.world(years="2024", own=tmp_path / "country.csv", draws=DRAWS).json()["results"]["places"][0]
    assert country["name"] == "freedonia"
    assert country["years"][0]["share_of_electricity"]["p50"] == pytest.approx(1.3 / 60, rel=0.3)


def test_an_own_stock_goes_through_the_same_model(tmp_path: Path) -> None:
    (tmp_path / "firm.csv").write_text("year,chips_gw\n2024,0.1\n2025,0.1\n")
    stock = wl.world("us", "2024-2032", own=tmp_path / "firm.csv", draws=DRAWS).json()["results"]["stock"]
    by_year = {row["year"]: row for row in stock["years"]}
    assert 0.1 * 8.76 * 0.6 < by_year[2025]["energy_twh"]["p50"] < 0.2 * 8.76 * 1.4
    assert by_year[2032]["energy_twh"]["p50"] < by_year[2026]["energy_twh"]["p50"] / 2  # it is worn out by then
    assert 0 < by_year[2025]["share_of_place"] < 0.02


def test_the_page_has_the_own_stock_by_year_and_its_share(tmp_path: Path) -> None:
    (tmp_path / "firm.csv").write_text("year,chips_gw\n2024,0.1\n2025,0.1\n")
    own = wl.world("us", "2024-2026", own=tmp_path / "firm.csv", draws=DRAWS).json()
    section = as_page(own).partition('id="stock"')[2].partition("</section>")[0]
    assert section.count("<tr><td>") == 3
    assert 'id="stock"' not in as_page(wl.world("us", "2024", draws=DRAWS).json())


def test_a_year_that_stands_twice_in_an_own_stock_is_taken_once_or_refused(tmp_path: Path) -> None:
    line, file = "2024,0.1\n", tmp_path / "firm.csv"
    made = []
    for text in (line, line * 2):
        file.write_text("year,chips_gw\n" + text)
        made.append(read_stock(file).chips_gw.sum())
    assert made == [0.1, 0.1]
    file.write_text(f"# exported twice\nyear,chips_gw\n{line}2025,0.2\n\n2024,0.3\n")
    with pytest.raises(WattlineError, match="line 6: 2024 stands in line 3 with other figures"):
        read_stock(file)


def test_a_figure_that_stands_twice_in_a_series_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "country.csv"
    file.write_text("year,twh\n2020,1\n2021,1.1\n2020,1\n")
    assert [row.year for row in read_published(file, "country")] == [2020, 2021]


def test_a_hundred_terawatt_hours_are_so_many_requests_a_day() -> None:
    demand = wl.world("world", "2024-2030", draws=DRAWS).json()["results"]["demand"]
    many, each = demand["requests_per_day_of_100_twh"], demand["energy_wh_per_request"]
    assert many["p50"] == pytest.approx(100e12 / each["p50"] / 365.25)
    assert many["p5"] == pytest.approx(100e12 / each["p95"] / 365.25)
    assert 50 < demand["inference_twh"]["p50"] < 600
    assert demand["requests_per_day"]["p5"] < demand["requests_per_day"]["p50"] < demand["requests_per_day"]["p95"]


def test_a_rate_of_requests_is_a_share_of_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    made = wl.world("us", "2030", draws=DRAWS).of_requests("1B/day", "1 Wh").json()["results"]["demand"]["stated"]
    assert made["energy_twh"]["p50"] == pytest.approx(0.36525)
    assert made["share_of_place"]["p50"] < 0.001
    status, out, _ = run_world("--years", "2030", "--draws", "500", "--rate", "2.5B/day", capsys=capsys)
    assert status == 0
    assert "2.5 billion a day" in out
    status, _, err = run_world("--request-energy", "1 Wh", capsys=capsys)
    assert status == 2
    assert "--rate" in err


def test_an_outlook_of_the_past_uses_what_was_published_then() -> None:
    data = wl.world("world", "2018-2024", as_of=2018, draws=DRAWS).json()
    assert all(row["published"] <= 2018 for row in data["results"]["places"][0]["published"])
    assert year(data, 2020)["energy_twh"]["p5"] < 269 < year(data, 2020)["energy_twh"]["p95"]


def test_the_same_seed_writes_the_same_files_to_the_byte(tmp_path: Path) -> None:
    for name in ("a", "b"):
        wl.world("us", "2024-2026", draws=DRAWS, seed=3).write(tmp_path / name)
    assert (tmp_path / "a" / "world.json").read_bytes() == (tmp_path / "b" / "world.json").read_bytes()


@pytest.mark.parametrize(("kind", "name"), [("table", "outlook.csv"), ("csv", "outlook_hourly.csv")])
def test_exports_add_up_to_the_outlook(
    kind: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed, _ = run_world(
        "--region", "us", "--years", "2030", "--draws", "500", "--json", "--out", str(tmp_path), "--export", kind,
        capsys=capsys,
    )  # fmt: skip
    assert status == 0
    ends = year(json.loads(printed), 2030)["energy_twh"]
    rows = list(csv.DictReader((tmp_path / name).read_text().splitlines()))
    if kind == "table":
        assert [float(row["energy_twh"]) for row in rows] == pytest.approx(list(ends.values()), rel=1e-4)
    else:
        assert len(rows) == 8760
        total = sum(float(row["us_2030_middle_mw"]) for row in rows) / 1e6
        assert total == pytest.approx(ends["p50"], rel=1e-4)


def test_loads_for_pypsa_name_their_bus_and_stand_by_the_hour(tmp_path: Path) -> None:
    from wattline.predict.outlook.export import write_export

    made = wl.world(["us", "ireland"], "2030", draws=500).made
    paths = {path.name: path.read_text().splitlines() for path in write_export(made, "pypsa", tmp_path)}
    assert paths["buses.csv"][1:] == ["us,380", "ireland,380"]
    assert len(paths["loads-p_set.csv"]) == len(paths["snapshots.csv"]) == 8761
    assert [row.split(",")[0] for row in paths["loads.csv"][1:]] == paths["loads-p_set.csv"][0].split(",")[1:]


def test_the_hours_of_a_year_have_a_mean_of_one_and_swing_little() -> None:
    shape = hourly_shape()
    assert shape.mean() == pytest.approx(1)
    assert 0.9 < shape.min() < shape.max() < 1.1
    days = shape.reshape(365, 24)
    assert np.ptp(days, axis=1).mean() == pytest.approx(0.058, rel=0.05)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--region", "nowhere"], "nowhere"),
        (["--years", "1990"], "years"),
        (["--years", "2030-"], "years"),
        (["--scenario", "moon"], "iea-lift-off"),
        (["--what-if", "ai_idle"], "NAME=VALUE"),
        (["--as-of", "1999"], "as-of"),
        (["--export", "xls"], "table"),
        (["--export", "table"], "--out"),
        (["--series", "missing.csv"], "missing.csv"),
        (["--stock", "missing.csv"], "missing.csv"),
        (["--draws", "1"], "draws"),
        (["--years", "2030", "--to", "2030"], "--to"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run_world(*words, capsys=capsys)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert complaint in err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("year,twh\n", "no figures"), ("year,twh\n2020,-1\n", "above 0"), ("year,twh\nx,1\n", "numbers"),
        ("year,twh\n1900,1\n", "1998"), ("year,twh,kind\n2020,1,guess\n", "guess"), ("a,b\n1,2\n", "columns"),
        ("year,chips_gw\n2020,-1\n", "0 or more"), ("year,chips_gw\n", "no shipments"),
    ],
)  # fmt: skip
def test_a_bad_file_of_ones_own_says_where(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(text)
    with pytest.raises(wl.WattlineError, match=complaint) as caught:
        wl.world(own=tmp_path / "own.csv")
    assert "own.csv" in str(caught.value)


def test_the_screen_shows_each_place_and_what_matters(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run_world("--region", "us", "--years", "2024-2030", "--draws", "500", capsys=capsys)
    assert status == 0
    for words in ("data centres without crypto-mining", "p5 to p95", "what matters most in 2030", "AI"):
        assert words in out


def test_the_numbers_that_the_page_saves_are_those_of_the_answer() -> None:
    data = wl.world(["us", "google"], "2024-2026", draws=500).json()
    html = as_page(data)
    assert html is not None
    link = re.search(r'download="outlook.csv" href="data:text/csv;base64,([^"]+)"', html)
    assert link is not None
    rows = list(csv.DictReader(base64.b64decode(link[1]).decode().splitlines()))
    assert len(rows) == 6
    assert float(rows[0]["p50_twh"]) == pytest.approx(year(data, 2024)["energy_twh"]["p50"], rel=1e-5)


def test_outlooks_of_the_past_and_forecasts_stand_beside_what_came() -> None:
    past = wl.world("world", "2026", draws=500).json()["results"]["past"]
    direct = wl.world("world", "2024", as_of=2018, draws=20_000).json()["results"]["places"][0]["years"][0][
        "energy_twh"
    ]
    made = next(each for each in past["outlooks"] if each["as_of"] == 2018)
    ends = next(row for row in made["years"] if row["year"] == 2024)["energy_twh"]
    assert list(ends.values()) == pytest.approx(list(direct.values()), rel=0.05)
    assert past["scorecard"]["n"] == len(past["scorecard"]["rows"]) > 10
    assert wl.world("google", "2026", draws=500).json()["results"]["past"] is None


def test_the_page_stands_alone_and_shows_fan_change_and_what_matters(tmp_path: Path) -> None:
    made = wl.world(["us", "china"], "2015-2030", scenario="lbnl-low-life", draws=500)
    made.write(tmp_path)
    html = (tmp_path / "report.html").read_text()
    for words in ("Electricity by year", "Other places", "What matters most", "<circle", "stroke-dasharray", "China"):
        assert words in html
    for words in ("As it was foreseen", "as of 2018", "Scorecard", 'download="outlook.csv"', "Shehabi"):
        assert words in html
    assert "http://" not in html.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    "sentence", ["Data centres will use 945 TWh in 2030", "Data centres will use 1,000 TWh in 2026"]
)
def test_a_claim_of_a_year_to_come_gets_a_probability_and_never_holds(sentence: str) -> None:
    claim = wl.check(sentence, draws=500).json()["results"]["claims"][0]
    assert "with a probability of" in claim["note"]
    assert claim["verdict"] not in ("holds", "holds roughly")


def test_a_claim_of_a_year_that_has_passed_gets_none() -> None:
    claim = wl.check("Data centres used 415 TWh in 2024", draws=500).json()["results"]["claims"][0]
    assert "probability" not in claim["note"]


def test_a_table_may_have_spaces_after_its_commas_and_years_a_long_dash(tmp_path: Path) -> None:
    plain, spaced = tmp_path / "firm.csv", tmp_path / "other" / "firm.csv"
    spaced.parent.mkdir()
    plain.write_text("year,twh\n2020,1.2\n2021,1.5\n")
    spaced.write_text("year, twh\n2020, 1.2\n2021, 1.5\n")
    first, second = (wl.world(years=years, own=path, draws=100) for years, path in
                     (("2022-2023", plain), ("2022–2023", spaced)))  # fmt: skip
    assert first.json()["results"] == second.json()["results"]


@pytest.mark.parametrize(
    ("name", "title"),
    [("us", "US"), ("us-pjm", "US PJM"), ("us-southeast", "US Southeast"), ("iran", "Iran"), ("eu27", "EU27"),
     ("middle_east", "Middle East"), ("xai", "xAI"), ("digital-realty", "Digital Realty"), ("sri_lanka", "Sri Lanka")],
)  # fmt: skip
def test_a_place_or_company_is_titled_as_it_is_written(name: str, title: str) -> None:
    assert place_name({"name": name}) == title


def test_a_page_names_the_kinds_of_figures_that_its_pictures_have(tmp_path: Path) -> None:
    for region, named in (("google", {"from totals"}), ("iceland", set()), ("eu27", {"from stock", "extrapolation"})):
        wl.world(region, "2015-2024", draws=300).write(tmp_path)
        legend = re.search(
            r'<ul class="legend">(.*?)</ul>', (tmp_path / "report.html").read_text().split('id="past"')[0]
        )
        kinds = set() if legend is None else set(re.findall(r"</i>(.*?)</li>", legend[1]))
        assert kinds == named, region


def test_a_scenario_above_the_range_stays_within_its_picture(tmp_path: Path) -> None:
    case = tmp_path / "many.toml"
    case.write_text('name = "many"\nwhat_if = ["chip_growth=+150%", "ai_life=9", "connections=+900%"]\n')
    made = wl.world("world", "2024-2035", scenario=str(case), draws=300)
    path = made.json()["results"]["scenario"]["middle_path"]
    made.write(tmp_path)
    html = (tmp_path / "report.html").read_text()
    dashed = re.search(r'<polyline points="([^"]*)"[^>]*stroke-dasharray', html)
    assert dashed is not None
    heights = [float(point.split(",")[1]) for point in dashed[1].split()]
    rises = [late["twh"] > early["twh"] for early, late in itertools.pairwise(path)]
    assert [late < early for early, late in itertools.pairwise(heights)] == rises

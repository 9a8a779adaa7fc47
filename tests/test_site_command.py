"""``wattline site``, and the line by the hour."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import wattline as wl
from cli_commands import printed
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.load import Load
from wattline.line.site import hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.places import find_place
from wattline.line.site.weather import Weather
from wattline.predict.site import site
from wattline.predict.train import train
from wattline.predict.where import Where
from wattline.report.present import as_text
from wattline.validate.evidence.sites import match


def typical(place: str) -> Weather:
    """The made year of a place."""
    return made_year(find_place(place, catalog.default()), catalog.default())


SINGLE = ["site", "--it", "10MW", "--place", "Dublin", "--draws", "20"]


def test_json_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = printed(capsys, *SINGLE, "--json", "--out", str(tmp_path / "o"))
    data = json.loads(out)["results"]
    assert status == 0
    assert 1 < data["pue"]["p5"] < data["pue"]["p50"] < data["pue"]["p95"] < 1.4
    assert len(data["pue_by_hour"]["p50"]) == 8760
    assert sum(data["hours_by_mode"].values()) == pytest.approx(8760)
    assert sum(p["energy_mean_wh"] for p in data["parts"].values()) == pytest.approx(data["energy_mean_wh"], rel=1e-9)
    load = Load.read_parquet(tmp_path / "o" / "load.parquet")
    assert load.labels[0] == "servers"
    assert load.power_w.shape[1] == 8760
    page = (tmp_path / "o" / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 2
    assert "data:image/png" in page
    assert "http://" not in page.split("</style>")[1].split("<main>")[0]


def test_text_and_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = printed(capsys, *SINGLE)
    assert "PUE" in out
    assert "Design day" in out
    _, out, _ = printed(capsys, "site", "--it", "10MW", "--place", "Denver", "--compare", "--draws", "4")
    assert all(kind in out for kind in KINDS if kind != "sea-water")
    assert "no sea" in " ".join(out.split())
    places = tmp_path / "p.txt"
    places.write_text("Dublin\nSingapore  # hot\n\n39.0, -77.5\n")
    _, out, _ = printed(capsys, "site", "--it", "10MW", "--places", str(places), "--draws", "4", "--json")
    rows = json.loads(out)["results"]["rows"]
    assert {r["place"] for r in rows} == {"Dublin", "Singapore", "Ashburn, Virginia"}
    assert rows[-1]["place"] == "Singapore"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--place", "Nowheretown"], "unknown place"),
        (["--place", "Dublin", "--cooling", "magic"], "unknown cooling"),
        (["--place", "Denver", "--cooling", "sea-water"], "no sea"),
        (["--place", "Singapore", "--cooling", "evaporative"], "cannot hold"),
        (["--place", "Dublin", "--redundancy", "3N"], "redundancy"),
        (["--place", "Dublin", "--ups", "flywheel"], "unknown ups"),
        (["--place", "Dublin", "--site", "barn"], "unknown plant"),
        (["--place", "Dublin", "--hall", "large"], "is now --site"),
        (["--place", "Dublin", "--pue", "1.2"], "not both"),
        (["--places", "/nowhere.txt", "--place", "Dublin"], "leave out --place"),
        (["--place", "Dublin", "--utilisation", "1.4"], "share"),
        (["--place", "Dublin", "--weather", "/nowhere.epw"], "one of them"),
        (["--place", "Dublin, France"], "unknown place"),
        (["--place", "Dublin", "--facility-water", "40C"], "air-economiser has none"),
        (["--place", "Dublin", "--cooling", "liquid", "--facility-water", "warm"], "facility-water: warm"),
        (["--place", "Dublin", "--cooling", "liquid", "--facility-water", "90C"], "5 to 65"),
        (["--place", "Dublin", "--server-fans", "0.5"], "server-fans"),
        (["--place", "Dublin", "--cooling", "evaporative", "--humidified"], "humidified"),
        (["--place", "Dublin", "--compare", "--cooling", "dx"], "leave it out"),
        (["--place", "Dublin", "--compare", "--explain"], "leave out --compare"),
        (
            ["--place", "Dublin", "--site", "hyperscale"],
            "it is a kind of hall) takes large",
        ),
        (["--place", "Dublin", "--load", "/nowhere.csv"], "does not exist"),
        (["--place", "Dublin", "--profile", "/nowhere.csv"], "is now --load"),
        (["--weather", "/nowhere.epw"], "does not exist"),
        (["--places", "/nowhere.txt"], "does not exist"),
        ([], "give --place"),
    ],
)
def test_bad_input_in_one_line(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = printed(capsys, "site", "--it", "10MW", "--draws", "8", *args)
    assert status == 2
    assert message in err
    assert err.strip().count("\n") == 0


@pytest.mark.parametrize(
    ("it", "hall"), [("100MW", "large"), ("10MW", "large"), ("2MW", "midsize"), ("100kW", "small")]
)
def test_the_hall_follows_the_size_and_never_the_cooling(it: str, hall: str) -> None:
    halls = {kind: site(it, place="Chicago", cooling=kind, draws=0).design.hall for kind in ("air-chiller", "dx")}
    halls["usual"] = site(it, place="Chicago", draws=0).design.hall
    assert set(halls.values()) == {hall}
    assert site(it, place="Chicago", site="small", draws=0).design.hall == "small"


@pytest.mark.parametrize("size", ["100kW", "2MW", "50MW", "small", "midsize", "large"])
def test_a_job_and_a_site_of_a_size_stand_in_the_same_hall(size: str) -> None:
    job = wl.prompt("llama-3.1-8b", chip="h100-sxm", place="Dublin", site=size, draws=0)
    own = size if size[0].isdigit() else "1MW"
    assert job.inputs["site"] == site(own, place="Dublin", site=size, draws=0).design.hall
    if size[0].isdigit():
        assert job.inputs["site"] == site(size, place="Dublin", draws=0).design.hall


def test_a_job_without_a_size_takes_a_part_of_a_large_site() -> None:
    assert wl.prompt("llama-3.1-8b", chip="h100-sxm", place="Dublin", draws=0).inputs["site"] == "large"


def test_one_site_and_all_kinds_side_by_side_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = printed(capsys, "site", "--it", "3MW", "--place", "Chicago", "--compare", "--draws", "6", "--json")
    rows = {row["cooling"]: row for row in json.loads(out)["results"]["rows"]}
    for kind in ("air-chiller", "liquid"):
        _, out, _ = printed(
            capsys, "site", "--it", "3MW", "--place", "Chicago", "--cooling", kind, "--draws", "6", "--json"
        )
        assert json.loads(out)["results"]["pue"] == rows[kind]["pue"]


@pytest.mark.parametrize("name", ["Dublin, Ireland", "Zürich", "Zurich, Switzerland", "Dublin, IE"])
def test_a_place_may_name_its_country_and_bear_accents(name: str) -> None:
    assert site("1MW", place=name, draws=0).design.weather.name


@pytest.mark.parametrize(("name", "region"), [("Québec", "ca-quebec"), ("Türkiye", "tr"), ("kosovo", "xk")])
def test_a_region_may_bear_accents(name: str, region: str) -> None:
    from wattline.line.grid.region import load_region

    assert load_region(name, catalog.default()).name == region


def test_warmer_facility_water_takes_less_and_fans_are_told() -> None:
    cold, warm = (
        site("60MW", place="Phoenix", cooling="liquid", facility_water=water, draws=0) for water in ("25C", 45)
    )
    assert float(warm.result.pue[0]) < float(cold.result.pue[0])
    assert warm.design.inputs()["facility_water_c"] == 45
    air = site("60MW", place="Phoenix", server_fans=0.1, draws=0)
    liquid = site("60MW", place="Phoenix", cooling="liquid", server_fans="10%", draws=0)
    assert float(air.server_fans[0]) == pytest.approx(0.1)
    assert 0.01 < float(liquid.server_fans[0]) < 0.035  # the air takes what the liquid leaves
    for answer in (air, liquid):
        tue = float(answer.figures()["tue"])
        assert tue == pytest.approx(float(answer.result.pue[0]) / (1 - float(answer.server_fans[0])))


def test_the_terminal_and_the_page_show_the_same_hours_peak_and_top_pue(tmp_path: Path) -> None:
    answer = site("60MW", place="Phoenix", cooling="liquid", draws=12)
    results = answer.json()["results"]
    shown, page = as_text(answer.json()), (answer.write(tmp_path)[0]).read_text(encoding="utf-8")
    top = f"{max(results['pue_by_hour']['p50']):.3f}"
    assert f"to {top}" in " ".join(shown.split())
    assert f"to {top}" in page
    assert results["sizing"]["design"]["peak_pue"] == pytest.approx(max(results["pue_by_hour"]["p50"]), abs=1e-4)
    assert results["sizing"]["design"]["peak_w"] == pytest.approx(results["peak_w"]["p50"])
    for mode, hours in results["hours_by_mode"].items():
        if hours >= 0.5:
            assert f"{mode} {hours:,.0f} h" in " ".join(shown.split())
            assert f"{hours:,.0f} h" in page


@pytest.mark.parametrize("width", [40, 80, 120])
def test_names_to_type_are_never_cut(width: int) -> None:
    from wattline.predict.sites import compare_kinds

    data = compare_kinds("1MW", {"place": "Dublin"}, {}, Draws(2)).json()
    lines = as_text(data, width).splitlines()
    shown = [line.split()[0] for line in lines if line.split()]
    assert set(KINDS) <= set(shown)
    assert max(map(len, lines)) <= width


def test_profiles(tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    day.write_text("hour,share\n" + "\n".join(f"{h},{0.4 if h < 8 else 0.9}" for h in range(24)))
    answer = site("10MW", place="Dublin", load=day, draws=0)
    assert float(answer.result.it_mean[0]) == pytest.approx((8 * 0.4 + 16 * 0.9) / 24)
    assert any("repeated" in note for note in answer.notes)
    saved = Load("server", made_start(), 1800.0, np.full(96, 5e6))
    path = tmp_path / "load.parquet"
    saved.to_parquet(path)
    answer = site("10MW", place="Dublin", load=path, draws=0)
    assert float(answer.bill.parts["servers"]) == pytest.approx(5e6 * 8760 * 3600)
    with pytest.raises(WattlineError, match="above the design"):
        site("4MW", place="Dublin", load=path, draws=0)
    with pytest.raises(WattlineError, match="overhead"):
        site("10MW", place="Dublin", load=Load("grid", made_start(), 3600.0, np.full(24, 5e6)), draws=0)
    bad = tmp_path / "bad.csv"
    bad.write_text("1\n2\nx\n")
    with pytest.raises(WattlineError, match="line 3"):
        site("10MW", place="Dublin", load=bad)


def made_start() -> object:
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("draws", [0, 40])
def test_a_training_run_by_the_hour(draws: int) -> None:
    where = Where(place="Phoenix, Arizona", cooling="air-economiser")
    by_hour = train("llama-3.1-8b", "15T", "h100-sxm", 1024, where=where, draws=draws)
    parts = by_hour.bill.parts
    assert {"fans", "transformer", "ups"} <= set(parts)
    np.testing.assert_allclose(by_hour.load.energy_j, by_hour.bill.energy_j, rtol=1e-9)
    it = by_hour.bill.at("server")
    assert np.all(by_hour.bill.energy_j / it > 1)
    assert np.all(by_hour.peak_w >= by_hour.bill.energy_j / by_hour.duration_s * (1 - 1e-9))
    assert by_hour.inputs["place"] == "Phoenix, Arizona"
    # a run in winter alone takes less than the mean of the year
    short = train("llama-3.1-8b", "0.5T", "h100-sxm", 4096, where=where, draws=draws)
    winter = np.mean(short.bill.energy_j / short.bill.at("server"))
    assert winter < np.mean(short.quantities["pue"])
    with pytest.raises(WattlineError, match="not both"):
        train("llama-3.1-8b", "1T", "h100-sxm", 64, where=where, pue=1.2, draws=0)
    with pytest.raises(WattlineError, match="place or a weather"):
        train("llama-3.1-8b", "1T", "h100-sxm", 64, cooling="dx", draws=0)


def test_a_run_of_two_years_wraps() -> None:
    where = Where(place="Dublin", cooling="water-economiser")
    answer = train("llama-3.1-8b", "15T", "h100-sxm", 64, hours=17520, where=where, draws=0)
    assert float(answer.bill.energy_j / answer.bill.at("server")) == pytest.approx(
        float(answer.quantities["pue"]), rel=1e-9
    )


def test_a_scenario_with_places(tmp_path: Path) -> None:
    from wattline.scenario.run import run as work

    file = tmp_path / "s.toml"
    file.write_text(
        'draws = 12\n[[job]]\nkind = "train"\nname = "a"\nmodel = "llama-3.1-8b"\ntokens = "1T"\nchip = "h100-sxm"\n'
        'chips = 512\nplace = "Atlanta"\ncooling = "liquid"\n'
        '[[job]]\nkind = "serve-average"\nname = "b"\nmodel = "llama-3.1-8b"\nrate = "1M/day"\nchip = "h100-sxm"\n'
        'place = "Singapore"\n'
    )
    result = work(file)
    first, other = (float(np.mean(a.quantities["pue"])) for a in result.answers)
    assert first < other
    assert "heat_rejection" in result.bill.parts


def test_every_campus_can_be_worked_out() -> None:
    campuses = catalog.default().records("campus")
    assert len(campuses) >= 120
    for campus in campuses.values():
        assert campus.meta["cooling"] in KINDS
        assert campus.meta["climate"] in catalog.default().records("climate")
        assert hall.facts(str(campus.meta["plant"]), catalog.default())
        assert match(str(campus.meta["operator"]), campus.title) is not None
    assert typical("Hamina, Finland").made


def test_names_of_sites_as_reports_write_them() -> None:
    for operator, name, key in (
        ("Google", "United States: The Dalles, Oregon (1st facility)", "google-the-dalles-1"),
        ("Google", "Changua County, Taiwan", "google-changhua"),
        ("Amazon Web Services", "eu-central-1 Europe (Frankfurt)", "aws-eu-central-1"),
        ("AWS", "ap-southeast-2", "aws-ap-southeast-2"),
        ("Microsoft Azure", "northeurope Ireland", "microsoft-ireland"),
        ("Meta", "StantonSprings", "meta-stanton-springs"),
    ):
        result = match(operator, name)
        assert result is not None
        assert result.name == key
    assert match("Google", "Atlantis") is None
    assert match("Nobody", "Dublin") is None

"""Jobs of kind ``world`` in a scenario, and jobs of the line as shares of their regions' outlooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.core.units import J_PER_TWH, YEAR_S
from wattline.predict.outlook.jobs import yearly_job
from wattline.schema.commands import ANSWERS

PROMPT = '[[job]]\nname = "Prompt"\nkind = "prompt"\nmodel = "llama-3.1-8b"\nregion = "ie"\n'
SERVICE = (
    '[[job]]\nname = "Service"\nkind = "serve-average"\nmodel = "llama-3.1-8b"\nregion = "ie"\nrate = "200M/day"\n'
    "days = 730\n"
)
WORLD = '[[job]]\nname = "Growth"\nkind = "world"\nregion = ["world", "us"]\nyears = "2022-2030"\n'


def scenario(tmp_path: Path, text: str) -> Path:
    (tmp_path / "s.toml").write_text(text)
    return tmp_path / "s.toml"


def outlook_of(path: Path) -> dict[str, Any]:
    return next(job for job in wl.run(path, draws=20).json()["results"]["beside"] if job["command"] == "world")


def test_an_outlook_stands_beside_the_bills_as_the_command_gives_it(tmp_path: Path) -> None:
    alone = wl.run(scenario(tmp_path, PROMPT), draws=20).json()["results"]
    run = wl.run(scenario(tmp_path, PROMPT + WORLD), draws=20)
    data = run.json()
    ANSWERS["run"].model_validate(data)
    assert data["results"]["energy_wh"] == alone["energy_wh"]
    direct = wl.world(["world", "us"], "2022-2030", draws=1000).json()["results"]
    assert data["results"]["beside"][0]["results"] == direct | {"jobs": data["results"]["beside"][0]["results"]["jobs"]}
    assert "AI" in repr(run)
    run.write(tmp_path / "out")
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "Electricity by year" in page
    assert "Jobs as shares of their regions" in page


def test_an_outlook_alone_makes_a_study(tmp_path: Path) -> None:
    run = wl.run(scenario(tmp_path, 'title = "Growth"\n' + WORLD + 'what_if = "ai_life=4"\n'), draws=0)
    data = run.json()
    ANSWERS["run"].model_validate(data)
    assert data["results"]["beside"][0]["inputs"]["what_if"] == ["ai_life=4"]
    assert {written.name for written in run.write(tmp_path / "out")} == {"report.html", "run.json"}


def test_a_job_is_a_share_of_its_own_regions_outlook(tmp_path: Path) -> None:
    jobs = {job["name"]: job for job in outlook_of(scenario(tmp_path, SERVICE + PROMPT + WORLD))["results"]["jobs"]}
    assert {job["place"] for job in jobs.values()} == {"ireland"}
    service = jobs["Service"]
    run = wl.run(scenario(tmp_path, SERVICE), draws=20).json()["results"]["jobs"][0]["results"]
    # two years of it: a year's part counts
    assert service["energy_twh"]["p50"] == pytest.approx(run["energy_wh"]["p50"] / 2e12, rel=2e-3)  # 730 days
    share = service["share_of_place"]
    assert share["p50"] == pytest.approx(service["energy_twh"]["p50"] / service["place_twh"]["p50"])
    assert share["p5"] < share["p50"] < share["p95"]


def test_a_short_job_counts_whole_and_a_long_one_by_the_year() -> None:
    assert yearly_job("short", None, J_PER_TWH, YEAR_S / 10).energy_twh[1] == pytest.approx(1)
    assert yearly_job("long", None, J_PER_TWH, YEAR_S * 4).energy_twh[1] == pytest.approx(0.25)


def test_an_answer_that_was_written_is_a_share_of_the_outlook(tmp_path: Path) -> None:
    site = wl.site("100 MW", place="Dublin", draws=20)
    site.write(tmp_path)
    made = wl.world("ireland", "2024-2030", own=tmp_path / "site.json", draws=500).json()["results"]["jobs"]
    assert [job["place"] for job in made] == ["ireland"]
    assert made[0]["energy_twh"]["p50"] == pytest.approx(site.range("energy_wh").p50 / 1e12, rel=1e-6)
    wl.run(scenario(tmp_path, PROMPT + SERVICE), draws=20).write(tmp_path / "run")
    names = [job["name"] for job in wl.world(own=tmp_path / "run/run.json", draws=500).json()["results"]["jobs"]]
    assert names == ["Prompt", "Service"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSON"), ("[]", "no answer"), ("{}", "no answer"), ('{"results": {}}', "energy_wh"),
        ('{"results": {"jobs": []}}', "no job"), ("[" * 100_000, "JSON"),
        ('{"results": {"energy_wh": {"p5": 0, "p50": 0, "p95": 0}, "duration_s": {"p50": 1}}}', "above 0"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_answer_is_refused_in_one_line(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(WattlineError, match=words) as caught:
        wl.world(own=tmp_path / "a.json", draws=500)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('region = "atlantis"\n', "atlantis"), ('stated = { energy_wh = "1 Wh" }\n', "stated"),
        ('what_if = "moon=1"\n', "moon"), ('series = "no.csv"\n', "no.csv"), ("regoin = 1\n", "nearest: region"),
        ('scenario = "no.toml"\n', "no.toml"), ('series = "a"\nstock = "b"\n', "one of the two"),
        ("years = 1990\n", "1990"),
    ],
)  # fmt: skip
def test_bad_questions_are_refused_by_their_job(more: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match=words) as caught:
        wl.run(scenario(tmp_path, '[[job]]\nname = "Growth"\nkind = "world"\n' + more), draws=0)
    assert "Growth" in str(caught.value)


def test_the_articles_example_has_its_chapter_of_growth() -> None:
    data = json.loads(json.dumps(wl.run(Path(__file__).parents[1] / "examples/article.toml", draws=20).json()))
    growth = data["results"]["beside"][0]
    assert growth["command"] == "world"
    assert [place["name"] for place in growth["results"]["places"]] == ["world", "us"]
    assert [job["name"] for job in growth["results"]["jobs"]] == [job["name"] for job in data["results"]["jobs"]]

"""Jobs of kind ``supply`` in a scenario: beside the bills of others, or alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import wattline as wl
from supply_files import factors_file
from wattline.core.errors import WattlineError
from wattline.schema.commands import ANSWERS

SUPPLY = (
    '[[job]]\nname = "Power"\nkind = "supply"\nit = "10 MW"\npue = 1.25\nregion = "us-ercot"\ntarget = "cfe=90%"\n'
    'capacity_factors = "factors.csv"\nplans = 2\n'
)
PROMPT = '[[job]]\nname = "Prompt"\nkind = "prompt"\nmodel = "llama-3.1-8b"\nregion = "us-ercot"\n'


def scenario(folder: Path, text: str) -> Path:
    factors_file(folder / "factors.csv", 7)
    (folder / "s.toml").write_text(text)
    return folder / "s.toml"


def test_a_supply_stands_beside_the_bills_and_adds_nothing_to_them(tmp_path: Path) -> None:
    alone = wl.run(scenario(tmp_path, PROMPT), draws=5).json()["results"]
    both = wl.run(scenario(tmp_path, PROMPT + SUPPLY), draws=5)
    data = both.json()
    ANSWERS["run"].model_validate(data)
    assert data["results"]["energy_wh"] == alone["energy_wh"]
    (job,) = data["results"]["beside"]
    direct = wl.supply(
        "10MW", target="cfe=90%", capacity_factors=tmp_path / "factors.csv", draws=2, pue=1.25, region="us-ercot"
    ).json()
    assert job["results"] == direct["results"]
    assert {fact["key"] for fact in direct["facts"]} <= {fact["key"] for fact in data["facts"]}
    assert "What to build" in (both.write(tmp_path / "out")[0].read_text(encoding="utf-8"))


def test_a_supply_alone_is_a_study(tmp_path: Path) -> None:
    result = wl.run(scenario(tmp_path, 'title = "Study"\n' + SUPPLY), draws=0)
    data = result.json()
    ANSWERS["run"].model_validate(data)
    plan = data["results"]["beside"][0]["results"]["plan"]
    assert plan["cfe"] == pytest.approx(0.9, abs=1e-6)
    assert "Worst week" in repr(result)
    names = {written.name for written in result.write(tmp_path / "out")}
    assert names == {"report.html", "run.json"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SUPPLY + 'years = "x"\n', "years"),
        (SUPPLY.replace('"cfe=90%"', '"green"'), "target 'green'"),
        (SUPPLY.replace("factors.csv", "no.csv"), "no.csv"),
        (SUPPLY + 'with = "wind"\n', "unknown key 'with'"),
        (SUPPLY + 'stated = { energy_wh = "1 Wh" }\n', "stated"),
        (SUPPLY.replace('it = "10 MW"\n', ""), "IT power"),
    ],
)
def test_bad_questions_are_refused_by_their_job(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(WattlineError, match=words):
        wl.run(scenario(tmp_path, text), draws=0)

"""Jobs of kind ``flex`` in a scenario: beside the bills of others, or alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.schema.commands import ANSWERS

BALANCE = '[[job]]\nname = "Texas"\nkind = "flex"\nask = "balance"\nit = "100 MW"\nregion = "us-ercot"\npue = 1.2\n'
PROMPT = '[[job]]\nname = "Prompt"\nkind = "prompt"\nmodel = "llama-3.1-8b"\nregion = "us-ercot"\n'
SWINGS = (
    '[[job]]\nname = "Swings"\nkind = "flex"\nask = "swings"\nphase = ["a:1.4s:1000W", "b:0.6s:300W"]\nchips = 100000\n'
    'floor = "800 W"\n'
)
SHIFT = '[[job]]\nname = "Shift"\nkind = "flex"\nask = "shift"\nsignal = "hours.csv"\nat = 6\nafter = "4 h"\n'
HEADROOM = '[[job]]\nname = "Room"\nkind = "flex"\nask = "headroom"\ndemand = "demand.csv"\nshare = ["1%", "5%"]\n'
RESPONSE = '[[job]]\nname = "R"\nkind = "flex"\nask = "response"\nit = "1 MW"\nmodel = "llama-3.1-8b"\ngpus = 1\n'


def scenario(tmp_path: Path, text: str) -> Path:
    rows = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00,{100 + i % 24}\n" for i in range(240))
    (tmp_path / "hours.csv").write_text("utc,carbon_g_per_kwh\n" + rows)
    (tmp_path / "demand.csv").write_text("utc,demand_mw\n" + rows)
    (tmp_path / "s.toml").write_text(text)
    return tmp_path / "s.toml"


def test_a_question_stands_beside_the_bills_and_adds_nothing_to_them(tmp_path: Path):
    alone = wl.run(scenario(tmp_path, PROMPT), draws=20).json()["results"]
    both = wl.run(scenario(tmp_path, PROMPT + BALANCE), draws=20).json()["results"]
    assert both["energy_wh"] == alone["energy_wh"]
    assert [job["name"] for job in both["jobs"]] == ["Prompt"]
    assert [job["name"] for job in both["beside"]] == ["Texas"]
    direct = wl.flex_balance("100 MW", region="us-ercot", pue=1.2, draws=20).json()["results"]
    assert both["beside"][0]["results"]["demand_share"]["p50"] == pytest.approx(direct["demand_share"]["p50"])


def test_questions_alone_make_a_study_with_a_page(tmp_path: Path):
    path = scenario(tmp_path, 'title = "Study"\n' + BALANCE + SWINGS + SHIFT + HEADROOM + RESPONSE)
    result = wl.run(path, draws=20)
    data = result.json()
    ANSWERS["run"].model_validate(data)
    assert [job["command"].split()[1] for job in data["results"]["beside"]] == [
        "balance", "swings", "shift", "headroom", "response",
    ]  # fmt: skip
    assert "region.us-ercot.load_factor" in {fact["key"] for fact in data["facts"]}
    names = {written.name for written in result.write(tmp_path / "out")}
    assert names == {"report.html", "run.json"}
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "What it takes of the grid" in page
    assert "Study" in repr(result)
    assert "Texas" in repr(result)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BALANCE + 'signal = "x.csv"\n', "takes no signal"),
        (BALANCE.replace('it = "100 MW"\n', ""), "needs it"),
        (BALANCE.replace('"balance"', '"balans"'), "ask"),
        (BALANCE + "utilization = 0.5\n", "nearest: utilisation"),
        (BALANCE + 'stated = { energy_wh = "1 Wh" }\n', "stated"),
        (SHIFT.replace("hours.csv", "no.csv"), "no.csv"),
    ],
)
def test_bad_questions_are_refused_by_their_job(tmp_path: Path, text: str, words: str):
    with pytest.raises(WattlineError, match=words):
        wl.run(scenario(tmp_path, text), draws=0)


def test_a_signal_may_be_a_region_as_on_the_command_line(tmp_path: Path) -> None:
    more = 'destination = ["se"]\nbeside = ["de", "se"]\n'
    sites = (
        '[[job]]\nname = "Sites"\nkind = "flex"\nask = "sites"\nsignals = ["de", "hours.csv"]\nroom = "20 MW"\n'
        'arrives = "10 MW"\n'
    )
    text = SHIFT.replace('"hours.csv"', '"de"') + more + sites
    jobs = wl.run(scenario(tmp_path, text), draws=0).json()["results"]["beside"]
    assert jobs[0]["results"]["sites"] == ["Germany", "Sweden"]
    assert jobs[1]["results"]["each_site"][0]["name"] == "Germany"

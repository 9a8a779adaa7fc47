"""Settings: which of option, environment, files and catalog is taken, that answers show it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import wattline as wl
from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.meter.sensors.model import find as find_models

OWN = 'region = "de"\nsite = "colocation"\npue = 1.5\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory and a user's configuration folder of their own."""
    monkeypatch.delenv("WATTLINE_SETTINGS", raising=False)
    for name in ("REGION", "SITE", "PUE", "CURRENCY", "EXCHANGE_RATE", "ELECTRICITY_PRICE", "FACTS"):
        monkeypatch.delenv(f"WATTLINE_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "config" / "wattline").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def write(here: Path, text: str, *, user: bool = False) -> None:
    folder = here / "config" / "wattline" if user else here / "work"
    (folder / "wattline.toml").write_text(text, encoding="utf-8")


def shown_inputs(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, object]:
    with pytest.raises(SystemExit) as stopped:
        main(["prompt", "llama-3.1-8b", "--draws", "0", "--json", *args])
    assert stopped.value.code == 0
    result = json.loads(capsys.readouterr().out)["inputs"]
    assert isinstance(result, dict)
    return result


def test_without_a_file_nothing_is_set(here: Path) -> None:
    assert wl.settings().origins == {}
    assert "settings" not in wl.prompt("llama-3.1-8b", draws=0).inputs


def test_an_option_stands_before_the_environment_before_the_file_before_the_users(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, OWN.replace("de", "pl"), user=True)
    assert shown_inputs(capsys)["region"] == "pl"
    write(here, 'region = "de"\n')
    result = shown_inputs(capsys)
    assert (result["region"], result["site"], result["pue"]) == ("de", "colocation", 1.5)
    sources = result["settings"]
    assert isinstance(sources, dict)
    assert sources["region"] == "wattline.toml"
    assert str(sources["pue"]).endswith("config/wattline/wattline.toml")
    monkeypatch.setenv("WATTLINE_REGION", "fr")
    result = shown_inputs(capsys)
    assert (result["region"], result["settings"]["region"]) == ("fr", "WATTLINE_REGION")  # type: ignore[index]
    result = shown_inputs(capsys, "--region", "us")
    assert result["region"] == "us"
    assert "region" not in result["settings"]  # type: ignore[operator]
    assert wl.prompt("llama-3.1-8b", region="us", draws=0).inputs["region"] == "us"


def test_it_can_be_switched_off_or_pointed_elsewhere(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here, OWN)
    assert wl.settings().region == "de"
    monkeypatch.setenv("WATTLINE_SETTINGS", "off")
    assert wl.settings().region is None
    (here / "other.toml").write_text('region = "se"\n', encoding="utf-8")
    monkeypatch.setenv("WATTLINE_SETTINGS", str(here / "other.toml"))
    assert wl.settings().region == "se"


def test_what_is_of_another_place_is_left_out(here: Path) -> None:
    write(here, OWN + 'electricity_price = "0.3 USD/kWh"\n')
    by_place = wl.prompt("llama-3.1-8b", place="Dublin", draws=0)
    assert (by_place.inputs["region"], by_place.inputs["site"]) == ("ie", "large")
    assert not {"pue", "settings", "electricity_price_usd_per_kwh"} & set(by_place.inputs)
    other_site = wl.prompt("llama-3.1-8b", site="hyperscale", draws=0)
    assert (other_site.inputs["region"], "pue" in other_site.inputs) == ("de", False)
    other_region = wl.prompt("llama-3.1-8b", region="us", draws=0)
    assert other_region.inputs["pue"] == 1.5
    assert "electricity_price_usd_per_kwh" not in other_region.inputs
    assert wl.prompt("llama-3.1-8b", draws=0).inputs["electricity_price_usd_per_kwh"] == 0.3


def test_every_job_of_a_scenario_takes_them(here: Path) -> None:
    write(here, OWN)
    job = '[[job]]\nname = "{}"\nkind = "serve-average"\nmodel = "llama-3.1-8b"\nrate = "1M/day"\n{}\n'
    Path("s.toml").write_text(job.format("a", "") + job.format("b", 'region = "us"'), encoding="utf-8")
    first, other = (answer.inputs for answer in wl.run("s.toml", draws=0).answers)
    assert (first["region"], first["pue"], first["settings"]["region"]) == ("de", 1.5, "wattline.toml")
    assert other["region"] == "us"


def test_every_face_sees_the_facts_of_the_settings_and_those_given(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "fit.model-cpu-thread-w"
    built_in = wl.fact(key).value
    write(here, 'facts = "ours.toml"\n')
    for name, value in (("ours", 11), ("given", 12)):
        text = f"[fit.model-cpu-thread-w]\nvalue = {value}\n[server.hgx-h100]\nhost_w = {100 * value}\n"
        (here / "work" / f"{name}.toml").write_text(text)
    assert (built_in, wl.fact(key).value, wl.fact(key, "given.toml").value) == (built_in, 11, 12)
    assert Draws(0).catalog.fact("server.hgx-h100.host_w").value == 1100
    for more, value in (((), 11), (("--facts", "given.toml"), 12)):
        with pytest.raises(SystemExit):
            main(["facts", key, "--json", *more])
        assert json.loads(capsys.readouterr().out)["results"]["facts"][0]["value"] == value
    (here / "work" / "ours.toml").write_text("[fit.model-cpu-thread-w]\nvalue = 13.5\n")
    assert wl.fact(key).value == 13.5
    (here / "work" / "ours.toml").unlink()
    with pytest.raises(WattlineError, match=r"ours\.toml"):
        wl.fact(key)


def test_shapes_of_traffic_and_modelled_sensors_rest_on_facts_of_your_own(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "work" / "ours.toml").write_text("[traffic.office-day]\nvalley_share = 0.125\n")
    with pytest.raises(SystemExit):
        main(["traffic", "--rate", "1/s", "--duration", "60s", "--shape", "day", "--json", "--facts", "ours.toml"])
    assert "valley 0.125 of the peak" in capsys.readouterr().out
    proc = here / "proc"
    proc.mkdir()
    (proc / "stat").write_text("cpu  1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\n")
    (proc / "cpuinfo").write_text("model name : Nobody's processor\n")
    (here / "work" / "more.toml").write_text("[fit.model-cpu-thread-w]\nvalue = 11\n")
    (cpu,), _ = find_models(["cpu"], proc=proc, facts="more.toml")
    assert "TDP taken as 11 W a thread" in cpu.spec.note


def test_facts_of_the_settings_stand_before_the_catalogs_and_after_those_given(here: Path) -> None:
    write(here, 'facts = "ours.toml"\n')
    for name, watts in (("ours", 5000), ("given", 6000)):
        (here / "work" / f"{name}.toml").write_text(f"[server.hgx-h100]\nhost_w = {watts}\n", encoding="utf-8")
    usual, ours = (
        wl.prompt("llama-3.1-8b", draws=wl.Draws(0, 0, Catalog())), wl.prompt("llama-3.1-8b", draws=0)
    )  # fmt: skip
    given = wl.prompt("llama-3.1-8b", draws=0, facts="given.toml")
    assert usual.bill.parts["host"] < ours.bill.parts["host"] < given.bill.parts["host"]
    assert ours.inputs["settings"]["facts"] == "wattline.toml"


def test_a_price_in_another_currency_needs_its_rate(here: Path) -> None:
    write(here, 'currency = "EUR"\nexchange_rate = 1.1\nelectricity_price = "0.2 EUR/kWh"\n')
    assert wl.settings().electricity_price == pytest.approx(0.22)
    write(here, 'currency = "EUR"\nexchange_rate = 1.1\nelectricity_price = 0.2\n')
    assert wl.settings().electricity_price == pytest.approx(0.22)
    write(here, 'currency = "EUR"\nexchange_rate = 1.1\nelectricity_price = "0.2 USD/kWh"\n')
    assert wl.settings().electricity_price == pytest.approx(0.2)
    write(here, 'currency = "EUR"\n')
    with pytest.raises(WattlineError, match="needs exchange_rate"):
        wl.settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('regoin = "us"\n', "unknown key 'regoin'; nearest: region"),
        ("region = 3.5\n[a]\nb = 1\n", "unknown key 'a'"),
        ("region = true\n", "region"),
        ("pue = 0.5\n", "PUE"),
        ('region = ""\n', "empty name"),
        ('currency = "euros"\n', "code of a currency"),
        ('electricity_price = "cheap"\n', "electricity_price"),
        ("facts = [1]\n", "facts"),
        ("region = \n", "not valid TOML"),
    ],
)
def test_a_bad_file_gets_one_line(here: Path, text: str, message: str) -> None:
    write(here, text)
    with pytest.raises(WattlineError, match=message) as failed:
        wl.settings()
    assert "wattline.toml" in str(failed.value)
    assert "\n" not in str(failed.value)


def test_the_cost_is_shown_in_the_currency_and_the_settings_are_told(here: Path) -> None:
    write(here, 'region = "de"\ncurrency = "EUR"\nexchange_rate = 1.25\n')
    answer = wl.prompt("llama-3.1-8b", draws=0)
    settings, cost = answer.json()["notes"]
    assert settings == "settings: region, currency from wattline.toml"
    euros = float(answer.bill.follows["cost_usd"]) / 1.25
    assert cost.startswith("cost of electricity in EUR: ")
    assert float(cost.split(": ")[1].split(",")[0]) == pytest.approx(euros, rel=0.01)
    assert wl.site("1MW", place="Dublin", draws=0).json()["notes"][-1].endswith("at 1.25 USD for one EUR")

"""``wattline list`` and the lengths of ``wattline facts``: names first, one record in full."""

from __future__ import annotations

import json

import pytest

import wattline as wl
from wattline import catalog
from wattline.cli.facts import answer, matching
from wattline.cli.list import KINDS
from wattline.cli.list import answer as names_of
from wattline.cli.main import main
from wattline.report.present import as_text


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_listed_by_name(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(printed(capsys, "list", kind, "--json"))["results"]["names"]
    record = KINDS[kind][0]
    if record:
        assert [row["name"] for row in rows] == list(catalog.default().records(record))
    assert all(row["title"] for row in rows)


def test_without_a_kind_the_kinds_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert all(kind in printed(capsys, "list") for kind in KINDS)


def test_a_list_is_narrowed_by_every_word(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(printed(capsys, "list", "chip", "a100 pcie", "--json"))["results"]["names"]
    assert [row["name"] for row in rows] == ["a100-pcie-40gb", "a100-pcie-80gb"]


def test_many_records_are_names_and_one_record_is_shown_in_full() -> None:
    records = catalog.default().records("model")
    many = as_text(answer("model.", matching("model.", catalog.default()))).splitlines()
    assert len(many) <= len(records) + 4
    single = as_text(answer("chip.h100-sxm", matching("chip.h100-sxm", catalog.default())))
    for fact in catalog.default().find("chip", "h100-sxm").facts.values():
        assert fact.key in single
        assert fact.basis in single


def test_a_kind_that_is_not_known_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["list", "gpus"])
    assert ended.value.code == 2
    assert "chips" in capsys.readouterr().err


def test_every_fact_that_the_outlook_cites_can_be_looked_up() -> None:
    cited = wl.world("us", "2030", draws=100).json()["facts"]
    known = {fact["key"] for fact in matching("world.", catalog.default())}
    assert {fact["key"] for fact in cited} <= known
    assert "world.published-ireland.2020-cso-2026" in known
    assert any(key.startswith("world.forecast-us.") for key in known)
    by_series = as_text(answer("world.", matching("world.", catalog.default())))
    assert "world.servers-shipped-world-volume" in by_series


@pytest.mark.parametrize(
    ("kind", "name"),
    [("companies", "equinix"), ("company", "google"), ("scenarios", "iea-base"), ("driver", "ai_life")],
)
def test_what_the_outlook_takes_is_listed(kind: str, name: str) -> None:
    assert name in {row["name"] for row in names_of(kind, "")["results"]["names"]}

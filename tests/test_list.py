"""``wattline list`` and the lengths of ``wattline facts``: names first, one record in full."""

from __future__ import annotations

import json

import pytest

from wattline import catalog
from wattline.cli.facts import answer, matching
from wattline.cli.list import KINDS
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
    one = as_text(answer("chip.h100-sxm", matching("chip.h100-sxm", catalog.default())))
    for fact in catalog.default().find("chip", "h100-sxm").facts.values():
        assert fact.key in one
        assert fact.basis in one


def test_a_kind_that_is_not_known_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["list", "gpus"])
    assert ended.value.code == 2
    assert "chips" in capsys.readouterr().err

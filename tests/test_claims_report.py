"""The report of checked claims: a page, a chart, a picture."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from wattline import claim
from wattline.core.errors import WattlineError
from wattline.report.page.claim_chart import claims_svg
from wattline.report.written import check_report, write_report

EXAMPLE = Path(__file__).parents[1] / "examples" / "claims.toml"


def test_a_report_is_a_page_a_chart_or_a_picture(tmp_path: Path) -> None:
    data = claim.check_file("ChatGPT uses 2.9 Wh per request", draws=200).json()
    for name in ("a.html", "a.svg"):
        write_report(data, tmp_path / name)
    root = ElementTree.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert root.tag.endswith("svg")
    shown = " ".join(root.itertext())
    assert "2.9 Wh/request" in shown
    assert "outdated" in shown
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    wide, narrow = re.findall(r"<svg .*?</svg>", page, re.S)
    figures = [re.findall(r">([\d.]+ Wh/request)<", chart) for chart in (wide, narrow)]
    assert figures[0] == figures[1] != []
    assert float(ElementTree.fromstring(narrow).attrib["width"]) < 360
    assert "outdated" in page
    with pytest.raises(WattlineError, match="none of"):
        check_report(tmp_path / "a.pdf")


def test_a_chart_of_anything_is_whole_xml() -> None:
    hostile = '[[claim]]\nid = "a"\nsays = "<b>&\\u0001 x"\nstated = "1"\nderived = "[constant.pue-iea-2024]"\n'
    nothing = '[[claim]]\nid = "b"\nsays = "x"\ncannot = "y"\n'
    for text in (hostile, nothing, EXAMPLE.read_text(encoding="utf-8")):
        ElementTree.fromstring(claims_svg(claim.check_claims(claim.read_claims(text, "x.toml"), 50).json()["results"]))


def png_can_be_drawn() -> bool:
    try:
        check_report(Path("a.png"))
    except WattlineError:
        return False
    return True


def test_the_picture_is_a_png(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="the picture needs resvg-py")
    if not png_can_be_drawn():
        pytest.skip("the picture needs a font, and this machine has none")
    data = claim.check_file("ChatGPT uses 2.9 Wh per request", draws=200).json()
    write_report(data, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sentence_is_shown_once_with_its_verdict_in_words(
    language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from wattline.cli.printing import print_rich
    from wattline.report.language.translator import speaking
    from wattline.report.terminal.check import check_text

    monkeypatch.setenv("COLUMNS", "90")
    with speaking(language):
        print_rich(check_text(claim.check_file("ChatGPT uses 2.9 Wh per request", draws=200).json()))
    shown = capsys.readouterr().out
    assert shown.count("ChatGPT uses 2.9 Wh per request") == 1
    assert shown.count({"en": "a newer figure differs", "zh": "较新的数字相差四分之一以上"}[language]) == 1
    rules = [line for line in shown.splitlines() if line.endswith("─")]
    assert rules
    assert all(len(line) <= 90 for line in rules)


def test_labels_of_a_chart_that_are_too_long_keep_both_ends() -> None:
    data = claim.check_file("data centres will use 1,000 TWh in 2026", draws=200).json()
    long = [f"World data centres, AI and cryptocurrencies in 2026, {case} case" for case in ("high", "base", "low")]
    data["results"]["claims"][0]["beside"] = [
        {**data["results"]["claims"][0]["stated"][0], "name": name} for name in long
    ]
    labels = [text for text in re.findall(r">([^<]*…[^<]*)<", claims_svg(data["results"])) if "case" in text]
    assert len(set(labels)) == 3
    assert all(len(label) <= 46 for label in labels)


def test_a_page_shows_commands_as_code() -> None:
    from wattline.report.language.markup import with_code

    page = "<title>`wattline world`</title><p>see `wattline world` and `--rate`</p><svg><text>`wattline x`</text></svg>"
    assert with_code(page) == page.replace("see `wattline world`", "see <code>wattline world</code>")

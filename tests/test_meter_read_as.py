"""The screen says how a source was read, those alike as one line."""

from __future__ import annotations

from wattline.meter.interpretation import Choices, Interpretation
from wattline.report.terminal.interpretation import read_as


def test_columns_alike_are_one_line_and_what_is_left_out_says_why() -> None:
    power = {"quantity": "power", "unit": "W", "counts": "reading", "clock": "UTC"}
    rows = [Interpretation(f"gpu{i}_w", f"h/gpu{i}", **power, inside="h/total") for i in range(5)]
    rows += [Interpretation("total_w", "h/total", **power), Interpretation("limit_w", note="limit: not what is drawn")]
    text = [line.plain for line in read_as([row.json() for row in rows])]
    assert text[0] == "Read as"
    assert "and 2 more" in text[1]
    assert text[1].endswith("inside h/total")
    assert "total_w: power, in W, reading, UTC" in text[2]
    assert text[3].endswith("left out: limit: not what is drawn")
    assert read_as([]) == []


def test_very_many_kinds_are_counted() -> None:
    rows = [Interpretation(f"c{i}", "d", "power", "W", note=f"note {i}").json() for i in range(40)]
    assert "30 more" in read_as(rows)[-1].plain


def test_commas_and_signs_in_brackets_are_the_names_own() -> None:
    names = ['power{UUID="GPU-1", gpu="0"}', "draw (a, b=c) [W]", "plain"]
    choices = Choices.read([f"{names[0]}=power,{names[2]}", names[1]], inside=[f"{names[2]}={names[0]}"])
    assert choices.columns == {names[0]: "power", names[2]: "", names[1]: ""}
    assert choices.inside == {names[2]: names[0]}

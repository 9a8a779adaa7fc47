"""Headers of other languages, and what must not be taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.meter.energy.usage import report
from wattline.meter.places import NOT_DRAWN
from wattline.meter.readers.column_names import NAMES, RELATIVE, TIMES, UNITS, VALUES, bare_name
from wattline.meter.readers.detect import read
from wattline.meter.readers.languages import LATIN, OTHERS, english, fold
from wattline.meter.readers.named_values import Value, value_of

STEPS = "".join(f"2026-01-01 10:00:{second:02d}{{sign}}{200 + second}\n" for second in range(0, 50, 5))


@pytest.mark.parametrize("word", sorted({*NAMES, *NOT_DRAWN, *RELATIVE, *TIMES, *UNITS, *VALUES, "temps", "gpu_w"}))
def test_english_names_stay(word: str) -> None:
    assert english(word) == word


@pytest.mark.parametrize(
    "name",
    ["Scheinleistung (VA)", "Nennleistung (W)", "Spitzenleistung (W)", "Leistungsfaktor", "Puissance apparente (VA)",
     "Puissance de crête (W)", "Potencia nominal (W)",
     "无功功率(kvar)", "额定功率(W)", "功率因数", "最大電力(W)", "力率",
     "Реактивная мощность", "정격전력(W)", "功率上限(W)", "Leistungsgrenze (W)"],
)  # fmt: skip
def test_what_is_not_drawn_is_not_drawn_in_any_language(name: str) -> None:
    assert not isinstance(value_of(name), Value)


@pytest.mark.parametrize(
    "name", ["irradiance power (W/m2)", "Energy [J/token]", "energy_per_token_j", "Leistung (W/m²)"]
)
def test_watts_or_joules_of_one_thing_each_are_no_power(name: str) -> None:
    assert value_of(name) == "a ratio, no power or energy"


@given(st.sampled_from([word.strip() for words in LATIN.values() for word in words.split(",")]), st.booleans())
def test_a_word_is_known_however_it_is_written(word: str, upper: bool) -> None:
    assert english(word.upper() if upper else word.capitalize()).lower() in {name.lower() for name in LATIN}


@given(
    st.sampled_from([word for words in OTHERS.values() for word in words.split() if word > "\u2e80"]),
    st.sampled_from("abcxyz"),
)
def test_a_word_beside_letters_of_ours_is_known(word: str, letter: str) -> None:
    assert fold(word) not in english(f"{letter}{word}")


@given(st.text(max_size=40))
def test_any_name_is_read_without_harm(name: str) -> None:
    assert isinstance(bare_name(name), str)
    assert value_of(name) is not None


def test_names_are_shown_as_the_file_has_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Zeit;GPU0 Leistung (W);Scheinleistung (VA)\n" + STEPS.format(sign=";").replace("\n", ";300\n"))
    answer = report(read(path)).json()["results"]
    assert {row["name"] for row in answer["interpretation"]} >= {"Zeit", "GPU0 Leistung (W)", "Scheinleistung (VA)"}


SIGNS = "".join(f"{46023.4 + second / 86400:.9f},{200 + second}\n" for second in range(0, 50, 5))


def test_days_of_a_spreadsheet_are_days_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,power_w\n" + SIGNS)
    answer = report(read(path)).json()
    assert answer["results"]["duration_s"] == pytest.approx(45, abs=0.01)
    assert any("spreadsheet" in note for note in answer["notes"])


def test_seconds_since_a_beginning_of_long_ago_are_seconds(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,power_w\n" + "".join(f"{46023 + second},{200 + second}\n" for second in range(0, 50, 5)))
    assert report(read(path)).json()["results"]["duration_s"] == pytest.approx(45)


def test_a_screen_with_pipes_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "screen.txt"
    path.write_text("| NVIDIA-SMI 550.54  Driver Version: 550.54 |\n|  0  A100  |  61W / 400W |\n" * 5)
    with pytest.raises(WattlineError, match="nvidia-smi's screen"):
        read(path)

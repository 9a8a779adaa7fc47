"""Cells of a table of training runs, as people write them: numbers, units, scopes and what is no table."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validate_runs import ROWS, csv_of
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.validate.energy_scope import energy_scope
from wattline.validate.evidence.training_runs import (
    COLUMNS,
    number_in,
    read_runs,
)
from wattline.validate.fit import training as calibrate
from wattline.validate.training import predict_chip_hours, validate, work_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7000000(approx)", 7e6),
        ("15000+", 15000.0),
        ("0.4152 AC / 0.4087 DC", 0.4152),
        ("1,082,990", 1082990.0),
        (".5", 0.5),
        ("~3.5e6", 3.5e6),
        ("10-12", 11.0),
        ("100~200", 150.0),
        ("1M - 2M", 1.5e6),
        ("100-200k", 150e3),
        ("3 to 5", 4.0),
        ("1e3-3e3", 2e3),
        ("7.0M", 7e6),
        ("2.664M (H800)", 2.664e6),
        ("1.3k", 1300.0),
        ("15T", 15e12),
        ("2.5 billion", 2.5e9),
        ("3 months", 3.0),
        ("12 Mbit", 12.0),
        ("7 B200", 7.0),
        ("−5", None),
        ("0", 0.0),
        ("", None),
        ("n/a", None),
        ("-5", None),
        ("2e400", None),
    ],
)
def test_first_number_of_a_cell(text: str, value: float | None) -> None:
    assert number_in(text) == value


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("15T", 1e9, 15e12),
        ("15000", 1e9, 15e12),
        ("300B", 1e9, 300e9),
        ("70M", 1e9, 70e6),
        ("1.3k", 1e9, 1.3e12),
        ("1T-3T", 1e9, 2e12),
        ("15.6 trillion", 1e9, 15.6e12),
        ("3.4 GWh", 1e6, 3.4e9),
        ("1,287 MWh", 1e6, 1.287e9),
        ("433.2 (+256.6 idle)", 1e6, 433.2e6),
        ("0.4152 AC / 0.4087 DC", 1e6, 0.4152e6),
    ],
)
def test_a_suffix_overrides_what_the_column_counts_in(text: str, column: float, value: float) -> None:
    assert number_in(text, column) == pytest.approx(value)


def test_rows_with_suffixes_ranges_and_formats(tmp_path: Path) -> None:
    row = {"model": "Llama3-8B", "tokens_B": "15T", "hardware": "H100", "chip_hours": "1.3M", "chips": "100-200"}
    deepseek = {"model": "DeepSeek-V3", "tokens_B": "14800", "hardware": "H800", "chip_hours": "2.664M"}
    plain = [row, deepseek, {"model": "Kimi-K2", "tokens_B": "15.5T", "hardware": "H800"}]
    (tmp_path / "x.csv").write_text(csv_of(plain))
    llama, v3, kimi = read_runs(tmp_path / "x.csv")
    assert (llama.tokens, llama.chip_hours, llama.chips) == (15e12, 1.3e6, 150)
    # DeepSeek trained in FP8; Kimi K2's weights are FP8, its training was not
    assert [run.precision for run in (llama, v3, kimi)] == ["bf16", "fp8", "bf16"]
    message = [row | {"precision": form} for form in ("FP8 (E4M3)", "bfloat16", "fp7", "")]
    (tmp_path / "y.csv").write_text(csv_of(message, (*COLUMNS, "precision")))
    fp8, bf16, odd, none = read_runs(tmp_path / "y.csv")
    assert [run.precision for run in (fp8, bf16, odd, none)] == ["fp8", "bf16", "", "bf16"]
    assert np.all(predict_chip_hours(fp8, Draws(50)) < predict_chip_hours(bf16, Draws(50)))
    with pytest.raises(WattlineError, match="number format"):
        predict_chip_hours(odd, Draws(0))


def test_a_row_of_two_models_counts_both(tmp_path: Path) -> None:
    names = ("Apertus 8B+70B", "Apertus 8B", "Apertus 70B")
    rows = [{"model": name, "tokens_B": "15000", "hardware": "GH200", "chip_hours": "10000000+"} for name in names]
    (tmp_path / "x.csv").write_text(csv_of(rows))
    both, small, large = read_runs(tmp_path / "x.csv")
    assert [model.key for model in both.models] == ["apertus-8b", "apertus-70b"]
    assert both.model == large.model
    assert work_of(both) == pytest.approx(work_of(small) + work_of(large))


@pytest.mark.parametrize(
    ("basis", "scope"),
    [
        ("measured system", "site"),
        ("measured system (text says estimated)", "site"),
        ("node meter 2s", "node"),
        ("node meter", "node"),
        ("server meter", "node"),
        ("measured GPU", "chip"),
        ("measured GPU 25ms 1 node", "chip"),
        ("8-GPU node meter", "node"),
        ("GPU server", "node"),
        ("site meter", "site"),
        ("104 GPU raw", "chip"),
        ("the data centre: chips, hosts, network and PUE", "site"),
        ("the whole node at its AC input; no network, no cooling", "node"),
        ("the accelerators, before PUE", "chip"),
        ("tracked", ""),
        ("assumed", ""),
        ("category average", ""),
        ("", ""),
    ],
)
def test_scope_of_a_measured_energy(basis: str, scope: str) -> None:
    assert energy_scope(basis) == scope


@given(st.text(max_size=30))
def test_any_cell_is_a_number_or_none(text: str) -> None:
    value = number_in(text)
    assert value is None or 0 <= value < math.inf


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_spreadsheets_csv(tmp_path: Path, end: str, mark: str) -> None:
    (tmp_path / "x.csv").write_bytes((mark + csv_of(ROWS, end=end)).encode())
    assert [run.name for run in read_runs(tmp_path / "x.csv")][:2] == ["GPT-3", "PaLM-540B"]


def test_other_columns_and_short_or_long_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("note," + " , ".join(COLUMNS) + "\nx,GPT-3,175\ny,GPT-3,175" + ",1" * 30 + "\n")
    short, long = read_runs(path)
    assert short.chip_hours is None
    assert long.name == "GPT-3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "missing; it has none"),
        (b"a,b\n1,2\n", "column model, .* missing; it has a, b"),
        (",".join(COLUMNS[:-1]).encode(), "column circular missing"),
        (b"PAR1\x00\xff\xfe", "not UTF-8"),
        (",".join(COLUMNS).encode() + b'\n"open', "not a CSV"),
        (",".join(COLUMNS).encode() + b"\n" + b"x" * 200_000, "not a CSV"),
        (b"x" * 10_000_001, "too large"),
    ],
)
def test_what_is_no_table_of_runs(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "x.csv").write_bytes(text)
    with pytest.raises(WattlineError, match=message):
        read_runs(tmp_path / "x.csv")
    with pytest.raises(WattlineError, match="does not exist"):
        read_runs(tmp_path / "none.csv")


def test_a_table_without_rows_scores_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(csv_of([]))
    result = validate(read_runs(tmp_path / "x.csv"))
    assert set(result.score("energy").values()) == {0, None}
    with pytest.raises(WattlineError, match="too few"):
        calibrate.calibrate_training([])


def test_a_name_of_many_words_is_soon_given_up(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(csv_of([{"model": "word " * 20_000}]))
    (run,) = read_runs(tmp_path / "x.csv")
    assert run.model is None
    assert len(run.model_problem) < 200

"""The shipped JSON schemas: made from the types, and strict about what the commands answer."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import wattline as wl
from recordings import node_with_gpus
from wattline.claim import check_file
from wattline.cli.main import main
from wattline.core.errors import NotFound
from wattline.reconcile.bill import bill as measured_bill
from wattline.schema.commands import ANSWERS, schema_text
from wattline.schema.files import schema_commands, schema_of

ROOT = Path(__file__).parents[1]


@cache
def answers() -> dict[str, dict[str, Any]]:
    return {
        "train": wl.train("gpt-3-175b", "300B", "v100-sxm2-32gb", 10_000, draws=20).json(),
        "prompt": wl.prompt("deepseek-v3", draws=20).json(),
        "serve-average": wl.serve_average("llama-3.1-8b", "1M/day", draws=20, active=0.5).json(),
        "run": wl.run(ROOT / "examples" / "article.toml", draws=20).json(),
        "check": check_file("article", 20).json(),
        "meter bill": measured_bill(node_with_gpus(), region="us", draws=20).json(),
    }


COMMANDS = ("train", "prompt", "serve-average", "run", "check", "meter bill")


@pytest.mark.parametrize("command", sorted(ANSWERS))
def test_the_shipped_schema_is_that_of_the_types(command: str) -> None:
    assert schema_of(command) == schema_text(command)


def test_every_command_with_a_type_ships_a_schema() -> None:
    assert schema_commands() == sorted(ANSWERS, key=lambda name: name.replace(" ", "-"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_answers_as_its_schema_says(command: str) -> None:
    ANSWERS[command].model_validate_json(json.dumps(answers()[command], allow_nan=False))


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_key_is_refused(command: str) -> None:
    answer = {**answers()[command], "surplus": 1}
    with pytest.raises(ValidationError):
        ANSWERS[command].model_validate_json(json.dumps(answer))


FRONTIER = (
    "frontier llama-3.1-8b --chip h100-sxm --rate 5/s --duration 20s --gpus 1 --precision bf16 --power-cap none "
    "--max-num-seqs 64 --max-num-batched-tokens 2048 --pools together --slo-ttft 1s --slo-tpot 50ms --draws 20"
)
# a command line -> the command whose schema its answer keeps; RECORDING is a small CSV of watts, PLACES a list of two
LINES = {
    "site --it 1MW --place Dublin --draws 20": "site",
    "site --it 1MW --place Dublin --compare --draws 20": "site",
    "site --it 1MW --places PLACES --draws 20": "site",
    "facts chip.h100-sxm": "facts",
    "facts gpt-3": "facts",
    "traffic --rate 5/s --duration 60s": "traffic",
    "meter report RECORDING": "meter report",
    "meter bill RECORDING --region fr --draws 20": "meter bill",
    "sensors": "sensors",
    "validate training": "validate training",
    "validate steps": "validate steps",
    "explain prompt llama-3.1-8b --draws 20": "prompt",
    "serve llama-3.1-8b --rate 5/s --duration 20s --draws 20": "serve",
    FRONTIER: "frontier",
}


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_answers_as_its_schema_says(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if line.startswith(("serve", "frontier")):
        pytest.importorskip("numba")
    recording = tmp_path / "watts.csv"
    recording.write_text("time_s,gpu0_power_w\n" + "".join(f"{t},{100 + t % 7}\n" for t in range(60)))
    places = tmp_path / "places.txt"
    places.write_text("Dublin\nPhoenix\n")
    with pytest.raises(SystemExit) as stop:
        main([*line.replace("RECORDING", str(recording)).replace("PLACES", str(places)).split(), "--json"])
    printed = capsys.readouterr()
    assert stop.value.code == 0, printed.err
    ANSWERS[LINES[line]].model_validate_json(printed.out)
    assert "NaN" not in printed.out
    assert "Infinity" not in printed.out


def test_a_command_without_a_schema_is_named() -> None:
    with pytest.raises(NotFound):
        schema_of("nonsense")

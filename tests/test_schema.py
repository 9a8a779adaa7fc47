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


def test_a_command_without_a_schema_is_named() -> None:
    with pytest.raises(NotFound):
        schema_of("nonsense")

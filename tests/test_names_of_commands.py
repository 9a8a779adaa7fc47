"""One name a thing: a command is a function, a kind of job and a page of its name, and uses what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import wattline as wl
from cli_commands import refused
from wattline.cli.main import app
from wattline.core.errors import WattlineError
from wattline.scenario.file import KINDS
from wattline.web.app.pages import PAGES

GPUS = str(Path(__file__).parents[1] / "examples/gpus.csv")
# commands that take a place and ask nothing of the line: they measure, or bring a measurement to its grid
OF_METERS = {"measure", "meter bill", "compare", "ci", "proxy", "saving"}


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


PLACED = [
    name
    for name, command in commands(get_command(app))
    if name not in OF_METERS and any("--region" in each.opts and "--site" not in each.opts for each in command.params)
    if any("--pue" in each.opts for each in command.params)
]


def test_the_questions_of_the_line_are_many() -> None:
    assert {"train", "prompt", "serve", "site", "supply", "flex balance", "frontier"} <= set(PLACED)


@pytest.mark.parametrize("name", PLACED)
def test_a_question_put_to_the_line_is_a_function_a_kind_of_job_and_a_page(name: str) -> None:
    assert name.replace(" ", "_").replace("-", "_") in wl.__all__
    assert name.split()[0] in KINDS
    assert name in {page.command if hasattr(page, "command") else page for page in PAGES}


@pytest.mark.parametrize(
    ("to", "option", "value"),
    [
        ("csv", "--endpoint", "console"), ("csv", "--project", "x"), ("csv", "--region", "fr"),
        ("openmetrics", "--window", "all"), ("openmetrics", "--table", "energy"), ("otlp", "--window", "all"),
        ("otlp", "--save", "x.txt"),
    ],
)  # fmt: skip
def test_an_export_refuses_what_its_format_has_no_use_for(
    to: str, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(capsys, "meter", "export", GPUS, "--to", to, option, value)
    assert f"{option} does nothing here; it goes with --to " in line


def test_a_fleet_is_summed_by_one_process_or_more(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="cores: -1 must be one or more"):
        wl.fleet_ingest([GPUS], tmp_path / "fleet", workers=-1)

"""One name a thing: commands, functions of Python, kinds of job and pages of the app, held beside one another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

import wattline as wl
from wattline.cli.main import app
from wattline.scenario.file import KINDS
from wattline.web.app.pages import PAGES

# commands that are no function of Python, by what they are
NO_FUNCTION = {
    "run other programs beside it": "ci cluster mcp proxy tune-serve web",
    "show what Python has as a value": "completion explain facts list schema sensors",
    "change the catalog": "catalog",
    "read recordings, as wl.measure and wl.bill do": "meter",
    "hold the models against measurements, and fit them": "calibrate validate",
}
# functions that are no command, by what they are
NO_COMMAND = {"fact", "metering", "read_traffic", "settings", "bill"}
# questions that no file of jobs asks: of files, of this machine, or of another file of jobs
NO_KIND = {"budget", "check", "compare", "fleet", "measure", "run", "saving", "traffic", "tune"}
# files of ``cli/`` that several commands share; what is part of one command bears its name first, as ``meter_share``
SHARED = {
    "contents", "empty", "groups", "live", "main", "media", "options", "printing", "program", "renamed",
    "swing_options", "topics",
    "traffic_input", "twice", "unused",
}  # fmt: skip


def leaves(group: Any, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield before + name


COMMANDS = set(leaves(get_command(app)))
FUNCTIONS = {name for name in wl.__all__ if name[0].islower()}
WITHOUT = set(" ".join(NO_FUNCTION.values()).split())


def python(command: str) -> str:
    return command.replace(" ", "_").replace("-", "_")


def test_each_command_is_a_function_of_its_name() -> None:
    assert {python(name) for name in COMMANDS if name.split()[0] not in WITHOUT} == FUNCTIONS - NO_COMMAND


def test_each_kind_of_job_is_a_command_and_each_question_a_kind_of_job() -> None:
    questions = {name.split()[0] for name in COMMANDS} - WITHOUT
    assert questions - NO_KIND == set(KINDS)


def test_each_page_is_a_command_and_each_kind_of_job_has_a_page() -> None:
    assert set(PAGES) <= COMMANDS
    assert {name for name in COMMANDS if name.split()[0] in KINDS} <= set(PAGES)


def test_each_command_stands_in_a_file_of_its_name() -> None:
    files = {path.stem for path in (Path(wl.__file__).parent / "cli").glob("[!_]*.py")} - SHARED
    names = {python(name.split()[0]) for name in COMMANDS}
    assert names <= files
    assert not {name for name in files - names if not any(name.startswith(f"{command}_") for command in names)}

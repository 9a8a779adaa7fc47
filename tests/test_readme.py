"""README.md: at most 200 lines, its outputs are what the commands print, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from made import RUN, remake

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = {match["command"]: match[0] for match in RUN.finditer(README)}
COMPILED = ("wattline serve", "wattline frontier")


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 200


def test_each_output_has_at_most_ten_lines():
    assert all(len(block.splitlines()) <= 10 + 5 for block in BLOCKS.values())  # marker, fences, command, "…"
    assert len(BLOCKS) >= 6


@pytest.mark.parametrize("command", [c for c in BLOCKS if not c.startswith(COMPILED)])
def test_an_output_is_what_the_command_prints(command: str):
    assert remake(BLOCKS[command]) == BLOCKS[command], "`make readme` makes it again"


@pytest.mark.long
@pytest.mark.parametrize("command", [c for c in BLOCKS if c.startswith(COMPILED)])
def test_an_output_of_the_simulator_is_what_the_command_prints(command: str):
    assert remake(BLOCKS[command]) == BLOCKS[command], "`make readme` makes it again"


def test_each_file_that_the_readme_links_to_exists():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []


def test_each_command_that_the_readme_names_exists():
    import typer

    from wattline.cli.main import app

    commands = typer.main.get_command(app).commands
    named = set(re.findall(r"`wattline ([a-z-]+)", README))
    assert named - set(commands) == set()
    assert set(commands) - named == {"calibrate", "serve-average"}, "a new command has a line in the table of README.md"


def test_the_chinese_page_names_commands_and_files_that_exist():
    import typer

    from wattline.cli.main import app

    page = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`wattline ([a-z-]+)", page)) <= set(typer.main.get_command(app).commands)
    for target in re.findall(r"\]\(([^)]+)\)", page):
        assert (ROOT / target).exists(), target

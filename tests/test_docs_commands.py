"""Commands on pages of the documentation, run there or not: each names a command and options that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from wattline.cli.main import app
from wattline.cli.program import join_words

ROOT = Path(__file__).parents[1]
COMMAND: Any = get_command(app)
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"])
BLOCK = re.compile(r"^```(?:sh|yaml|console)[^\n]*\n(.*?)^```", re.S | re.M)
INLINE = re.compile(r"`(wattline [a-z][^`\n]*)`")
CALL = re.compile(r"\s*(?:- run: |\$ |sudo |export |[A-Z_]+=\S+ |docker run .* )*(wattline [a-z].*)")
PLACES = re.compile(r"[A-Z…]+(?:\.\.\.)?|…|\.\.\.")  # FILE, COMMAND and the like stand for something


def lines_of(page: str) -> Iterator[str]:
    """Every command line of Wattline on a page: of blocks, those that are run among them, and within sentences."""
    for block in BLOCK.findall(page):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            for part in re.split(r"[|;]|&&|\$\(|(?<= )-- ", line):
                if match := CALL.match(part.split(" #")[0]):
                    yield match[1]
    yield from INLINE.findall(page)


def fault_of(line: str) -> str | None:
    """What no command or option of Wattline is; None where all are."""
    command, words = COMMAND, join_words(shlex.split(line.replace("…", " "))[1:])
    while words and getattr(command, "commands", None):
        name = words[0].split("|")[0]
        if name not in command.commands:
            return None if name.startswith("-") or PLACES.fullmatch(name) else f"no command {name}"
        command, words = command.commands[name], words[1:]
    if command.name == "explain":
        return fault_of(shlex.join(["wattline", *words])) if words else None
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
    options = (word.split("=")[0] for word in (words[: words.index("--")] if "--" in words else words))
    return next((f"no option {word}" for word in options if word.startswith("--") and word not in known), None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_on_a_page_exist(page: Path) -> None:
    faults = {line: fault for line in lines_of(page.read_text(encoding="utf-8")) if (fault := fault_of(line))}
    assert faults == {}


def test_a_command_or_option_that_is_none_is_seen() -> None:
    assert fault_of("wattline predict x") == "no command predict"
    assert fault_of("wattline train x --gpus-of-mine 4") == "no option --gpus-of-mine"
    assert fault_of('wattline meter report run.csv --window "a b"') is None
    assert list(lines_of("```sh\nwattline traffic a \\\n  --rate 2/s | tail  # x\n```\n`wattline list chips`")) == [
        "wattline traffic a  --rate 2/s ",
        "wattline list chips",
    ]

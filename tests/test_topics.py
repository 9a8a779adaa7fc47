"""Words that people try as a command lead to commands that exist."""

from __future__ import annotations

import pytest
from typer.main import get_command

from cli_commands import refused
from wattline.cli.list import KINDS
from wattline.cli.main import app
from wattline.cli.topics import TOPICS


def test_each_topic_names_commands_that_exist_and_is_none_itself() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for word, names in TOPICS.items():
        assert word not in commands
        for name in names:
            first, _, rest = name.partition(" ")
            assert first in commands or name == "--help", name
            assert not rest or rest in getattr(commands[first], "commands", {}) or rest in KINDS, name


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("carbon", "wattline site`"),
        ("water", "wattline site`"),
        ("battery", "wattline supply`"),
        ("bill", "meter bill`"),
    ],
)
def test_a_topic_that_is_no_command_is_refused_with_those_that_answer_it(capsys, word: str, hint: str) -> None:
    assert hint in refused(capsys, word)

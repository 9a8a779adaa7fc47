"""What is expected of a line, in short: the page, then its inputs, then "!" and the words that were not understood."""

from __future__ import annotations

from typer.main import get_command

from wattline.cli.main import app as command_line
from wattline.web.app.forms import commands_in, fields_of

FORMS = {name: fields_of(command) for name, command in commands_in(get_command(command_line))}


def expected(short: str) -> tuple[str, dict[str, str], list[str]]:
    """The page, its inputs and what was not understood, of a row above."""
    asks, _, unread = short.partition(" !")
    command, *pairs = asks.split()
    values = {
        name: value.replace("_", " ") for name, _, value in (pair.partition("=") for pair in pairs if pair != "with_")
    }
    return command.replace("/", " "), values, unread.split(";") if unread else []

"""Options without a value, as a shell's unset variable leaves them: refused by name, never taken for a default."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError


def refuse_empty(command: Any) -> None:
    """Let a command, and those within it, refuse what is given without a value.

    A command to be run, and what it is given, is left as it is: an empty word is one of its own.

    Parameters
    ----------
    command : as click has it
    """
    for each in getattr(command, "commands", {}).values():
        refuse_empty(each)
    for parameter in command.params:
        if parameter.nargs != -1:
            parameter.consume_value = _without_empty(parameter)


def _without_empty(parameter: Any) -> Any:
    read = parameter.consume_value

    def consume(context: Any, options: Any) -> Any:
        value, source = read(context, options)
        several = value if isinstance(value, list | tuple) else [value]
        if source.name == "COMMANDLINE" and any(isinstance(each, str) and not each.strip() for each in several):
            words = max(parameter.opts, key=len)
            name = words if words.startswith("-") else parameter.metavar or words.upper()
            raise WattlineError(f"{name} is empty; give a value, or leave it out")
        return value, source

    return consume

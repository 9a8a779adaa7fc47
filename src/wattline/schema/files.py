"""The schemas as files of the package, read without the types that they were made from."""

from __future__ import annotations

from importlib.resources import files

from wattline.core.errors import NotFound

FOLDER = "json"


def file_name(command: str) -> str:
    """``meter-report.json`` of ``meter report``."""
    return f"{command.replace(' ', '-')}.json"


def schema_commands() -> list[str]:
    """The commands whose answers have a schema."""
    folder = files("wattline.schema") / FOLDER
    names = sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
    return [_command(name) for name in names]


def schema_of(command: str) -> str:
    """A command's JSON schema as text. Raises NotFound for a command that has none."""
    known = schema_commands()
    wanted = " ".join(command.split())
    if wanted not in known:
        raise NotFound("command", command, known, f"known: {', '.join(known)}")
    return (files("wattline.schema") / FOLDER / file_name(wanted)).read_text(encoding="utf-8")


def _command(name: str) -> str:
    """The command of a file's name: groups of commands have a word of their own before it."""
    group, dash, rest = name.partition("-")
    return f"{group} {rest}" if dash and group in ("catalog", "fleet", "flex", "meter", "proxy", "validate") else name

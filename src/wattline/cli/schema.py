"""``wattline schema``: the JSON schema of a command's ``--json``."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    command: Annotated[
        list[str] | None, typer.Argument(help='Command, such as train or "meter report" [default: list the commands].')
    ] = None,
) -> None:
    """Print the JSON schema of what a command prints with --json."""
    from wattline.cli.printing import emit
    from wattline.schema.files import schema_commands, schema_of

    emit(schema_of(" ".join(command)) if command else "\n".join(schema_commands()) + "\n")

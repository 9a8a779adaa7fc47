"""``wattline explain``: a command's answer with every step and fact, or the formulas of the line."""

from __future__ import annotations

from typing import Any

import typer

from wattline.core.errors import WattlineError

FLAG = "--explain"
ALWAYS = ("check",)  # commands that show their whole working without the flag


def explain(context: typer.Context) -> None:
    """Explain a COMMAND: its answer with every step and fact; without a command, the formulas of the line."""
    args = list(context.args)
    if not args:
        from wattline.cli.printing import print_rich
        from wattline.report.terminal.formulas import formulas

        print_rich(formulas())
        return
    if args[0].startswith("-"):
        raise WattlineError(f"explain: {args[0]} goes after a command, as in wattline explain prompt MODEL {args[0]}")
    root: Any = context.find_root()
    flags = [] if args[0] in ALWAYS or FLAG in args else [FLAG]
    if flags and not _has_flag(root.command, args):
        known = ", ".join([*explaining_commands(root.command), *ALWAYS])
        raise WattlineError(f"explain: {args[0]!r} is none of {known}; such as wattline explain prompt …")
    raise typer.Exit(root.command.main([*args, *flags], prog_name="wattline", standalone_mode=False) or 0)


def _has_flag(group: Any, args: list[str]) -> bool:
    """Whether the command that these arguments begin with takes ``--explain``."""
    command: Any = group
    for name in args:
        if not hasattr(command, "commands"):
            break
        command = command.commands.get(name)
    return command is not None and any(FLAG in param.opts for param in command.params)


def explaining_commands(group: Any, before: str = "") -> list[str]:
    """The names of the commands that take ``--explain``.

    Parameters
    ----------
    group : a command with commands
    before : name of the group, with a space behind it

    Returns
    -------
    Whole names, such as "validate serving".
    """
    names: list[str] = []
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            names += explaining_commands(command, f"{before}{name} ")
        elif any(FLAG in param.opts for param in command.params):
            names.append(before + name)
    return names

"""Options that a combination of others leaves without effect: refused by name, since none may be ignored silently."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from wattline.core.errors import WattlineError


def refuse(context: typer.Context, names: Sequence[str], goes_with: str) -> None:
    """Raise WattlineError for the first of these options that was given.

    Parameters
    ----------
    context : of the command that runs
    names : of its parameters
    goes_with : what such an option needs, such as ``"a --rate, not with a FILE"``

    Raises
    ------
    WattlineError, which names the option and what it goes with, where one was given on the command line.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is not None and source.name == "COMMANDLINE":
            option = max(parameter.opts, key=len)
            raise WattlineError(f"{context.info_name}: {option} does nothing here; it goes with {goes_with}")

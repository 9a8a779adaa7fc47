"""``wattline budget``: a group of devices held under a number of watts by their limits, by priority."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options

Opt = typer.Option


def budget(
    group: Annotated[Path, typer.Argument(help="TOML file of the group: watts, and a table [[device]] for each.")],
    lasting: Annotated[
        str | None, Opt("--until-after", help='How long to hold it, such as "10 s" [default: until Ctrl-C].')
    ] = None,
    shared: Annotated[
        Path | None, Opt("--with-machines", help="Folder that several machines share, for one budget over all of them.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Keep a group of devices below a number of watts, by priority, and restore their limits at the end."""
    from wattline.cli.printing import print_result
    from wattline.control.budget import budget as keep_budget

    print_result(keep_budget(group, lasting, shared), as_json)

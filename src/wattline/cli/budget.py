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
        Path | None, Opt("--with-machines", help="Folder that several machines see, where the budget is one for all.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Hold a group of devices under a number of watts, by priority, and set back what stood before."""
    from wattline.cli.printing import print_result
    from wattline.control.budget import budget as keep_budget

    print_result(keep_budget(group, lasting, shared), as_json)

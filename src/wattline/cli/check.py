"""``wattline check``: what others said, worked through."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def check(
    claims: Annotated[str, typer.Argument(help='Claims file (TOML), or "article" for the built-in one.')],
    draws: Annotated[int, typer.Option(help="Draws from the facts' ranges.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Work every claim through: its arithmetic and its verdict."""
    from wattline.claim import check_file
    from wattline.claim.show import render
    from wattline.cli.printing import print_json, print_rich

    report = check_file(claims, draws, seed)
    if as_json:
        print_json(report.json())
    else:
        print_rich(render(report))

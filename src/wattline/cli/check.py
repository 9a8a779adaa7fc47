"""``wattline check``: what others said, worked through."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options


def check(
    claims: Annotated[str, typer.Argument(help='Claims file (TOML), or "article" for the built-in one.')],
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Work every claim through: its arithmetic and its verdict."""
    from wattline.claim import check_file
    from wattline.cli.printing import print_result

    print_result(check_file(claims, draws, seed), as_json)

"""``wattline check``: what others said, worked through."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options


def check(
    claims: Annotated[
        str,
        typer.Argument(
            help='Claims file (TOML), "article" for the built-in one, or a sentence, such as "ChatGPT uses 2.9 Wh per '
            'request".'
        ),
    ],
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page (.html) or a chart (.svg, .png) into this file.")
    ] = None,
    out: options.Out = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Check a claim: its arithmetic, its sources and a verdict."""
    from wattline.claim import check_file
    from wattline.cli.printing import check_out, print_result, print_written

    check_out(out)
    if report is not None:
        from wattline.report.written import check_report, write_report

        check_report(report)
    result = check_file(claims, draws, seed)
    print_result(result, as_json, out=out)
    if report is not None:
        write_report(result.json(), report)
        print_written([report], as_json)

"""``wattline serve --frontier``: the search, with its progress on the screen."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wattline.line.work.traffic.trace import Traffic
    from wattline.search.frontier import Tell


def search(
    model: str | Path,
    traffic: Traffic,
    chip: str,
    lists: tuple[str, str, str, str, str, str],
    pools: str,
    asked: Mapping[str, Any],
    load: Path | None,
    report: Path | None,
    as_json: bool,
    explain: bool,
) -> None:
    """``lists``: chips, formats, chips a replica, caps, sequences and tokens to search, as given."""
    from wattline.cli.printing import print_json, print_rich
    from wattline.report.terminal.frontier import render
    from wattline.search.frontier import frontier
    from wattline.search.setup import read_space

    space = read_space(*lists, pools)
    kept = asked["resume"]
    with _progress() as tell:
        try:
            found = frontier(model, traffic, chip, space=space, tell=tell, **asked)
        except KeyboardInterrupt:
            if kept is not None and kept.exists():
                print(f"wattline: stopped; the same command goes on from what is in {kept}", file=sys.stderr)
            raise
    if load is not None:
        found.served.server_load.to_parquet(load)
    if report is not None:
        from wattline.report.page.frontier import write_page

        write_page(found, report)
    if as_json:
        print_json(found.json())
    else:
        print_rich(render(found.json(), explain))


@contextmanager
def _progress() -> Iterator[Tell]:
    """A bar that tells the stage, the set-ups that are decided, and the simulations made."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TextColumn("set-ups"),
        TextColumn("{task.fields[made]:,} simulations"), TimeElapsedColumn(),
    )  # fmt: skip
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("screening", total=None, made=0)

        def tell(words: str, made: int, done: int = 0, total: int = 0) -> None:
            change: dict[str, Any] = {"made": made}
            if words:
                change["description"] = words
            if total:
                change |= {"completed": done, "total": total}
            bar.update(task, **change)

        yield tell

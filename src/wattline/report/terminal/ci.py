"""The check of a command's energy on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.answer import remarks
from wattline.report.words import Json


def ci_text(data: Json) -> RenderableType:
    """A verdict, the runs, and what to mind."""
    results = data["results"]
    verdict = results["verdict"]
    like = results["energy_j"]["value"]
    runs = ", ".join(show(joules, "J", like=like) for joules in results["runs_j"])
    lines = [Text(verdict[:1].upper() + verdict[1:], style="bold"), Text(f"Runs: {runs}", style="dim")]
    if results["p_value"] is not None:
        lines.append(Text(f"p = {results['p_value']:.2g}", style="dim"))
    return Group(*lines, *remarks(data))

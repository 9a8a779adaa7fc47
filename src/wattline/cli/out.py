"""Printing: one JSON object, or text for a person."""

from __future__ import annotations

import json
import sys
from typing import Any


def print_answer(data: dict[str, Any], as_json: bool, explain: bool = False) -> None:
    """An answer's JSON as one object, or on the screen."""
    if as_json:
        print_json(data)
        return
    from wattline.report.text import render

    print_rich(render(data, explain))


def print_json(data: dict[str, Any]) -> None:
    """One object, in Unicode where the terminal can."""
    ascii_only = (sys.stdout.encoding or "").lower() not in ("utf-8", "utf8")
    print(json.dumps(data, indent=1, ensure_ascii=ascii_only, allow_nan=False))


def print_rich(renderable: Any) -> None:
    """To the terminal at its width; 88 columns where there is no terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=100)
    console.print(renderable)

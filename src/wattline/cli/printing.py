"""Printing: one JSON object, or text for a person."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from wattline.core.errors import WattlineError


def print_answer(data: dict[str, Any], as_json: bool, explain: bool = False) -> None:
    """An answer's JSON as one object, or on the screen."""
    if as_json:
        print_json(data)
        return
    from wattline.report.terminal.answer import render

    print_rich(render(data, explain))


def print_json(data: dict[str, Any]) -> None:
    """One object, in Unicode where the terminal can."""
    ascii_only = (getattr(sys.stdout, "encoding", "") or "").lower() not in ("utf-8", "utf8")
    emit(json.dumps(data, indent=1, ensure_ascii=ascii_only, allow_nan=False) + "\n")


def print_rich(renderable: Any) -> None:
    """To the terminal at its width; 100 columns where there is no terminal."""
    from io import StringIO

    from rich.console import Console

    screen, text = Console(), StringIO()
    on_screen = screen.is_terminal
    width = screen.width if on_screen else 100
    Console(file=text, highlight=False, width=width, force_terminal=on_screen).print(renderable)
    emit(text.getvalue())


def emit(text: str) -> None:
    """Write to standard output, whose reader may go away, whose disk may be full and whose encoding may be poor."""
    out = sys.stdout
    try:
        if out is not None:
            encoding = out.encoding or "utf-8"
            out.write(text.encode(encoding, "replace").decode(encoding))
            out.flush()
    except BrokenPipeError:
        # the reader went away (`wattline facts | head`): nothing is wrong
        discard()
    except OSError as error:
        discard()
        raise WattlineError(f"cannot write the answer: {error.strerror}") from None


def discard() -> None:
    """Send nowhere what is still held back for standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

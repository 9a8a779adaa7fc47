"""Printing: one JSON object, or text for a person."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattline.core.errors import WattlineError

if TYPE_CHECKING:
    from wattline.core.load import Load


def print_answer(data: dict[str, Any], as_json: bool, explain: bool = False) -> None:
    """An answer's JSON as one object, or on the screen."""
    if as_json:
        print_json(data)
        return
    from wattline.report.terminal.answer import render

    print_rich(render(data, explain))


def print_result(data: dict[str, Any], text: Any, as_json: bool, paths: Sequence[Path] = ()) -> None:
    """A result as one JSON object or as ``text`` (for Rich), and then the files that were written."""
    if as_json:
        print_json(data)
    else:
        print_rich(text)
    print_written(paths, as_json)


def print_written(paths: Sequence[Path], as_json: bool) -> None:
    """The files that were written; to standard error where standard output has JSON."""
    if not paths:
        return
    written = "\n  ".join(["\nWritten:", *map(str, paths)]) + "\n"
    if as_json:
        print(written, end="", file=sys.stderr)
    else:
        emit(written)


def check_out(out: Path | None) -> None:
    """Raise WattlineError if ``out`` cannot be a folder of files, before the work rather than after it."""
    if out is not None:
        from wattline.scenario.run import check_folder

        check_folder(out)


def write_files(
    out: Path | None, name: str, data: dict[str, Any], page: Callable[[Path], object], load: Load
) -> list[Path]:
    """Write ``NAME.html``, ``NAME.json`` and ``load.parquet`` into ``out``, where one is given."""
    if out is None:
        return []
    from wattline.core.files import write_text

    paths = [out / f"{name}.html", out / f"{name}.json", out / "load.parquet"]
    page(paths[0])
    write_text(paths[1], json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    load.to_parquet(paths[2])
    return paths


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

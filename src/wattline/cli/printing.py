"""Printing: one JSON object, or text for a person."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.core.printable import printable, printable_data
from wattline.core.result import Json, Result, to_text

WIDTH = 100  # columns of what is piped, where nothing says otherwise
MIN_WIDTH, MAX_WIDTH = 20, 1_000


def print_result(result: Result, as_json: bool, explain: bool = False, out: Path | None = None) -> None:
    """A result as one JSON object or as text; before it is printed, its files are written into ``out``.

    Parameters
    ----------
    result : of a question
    as_json : as one JSON object
    explain : with every step and fact
    out : folder for its files; none where None
    """
    paths = [] if out is None else result.write(out)
    print_answer(result.json(), as_json, explain)
    print_written(paths, as_json)


def print_answer(data: Json, as_json: bool, explain: bool = False) -> None:
    """An answer's JSON as one object, or on the screen.

    Parameters
    ----------
    data : the answer
    as_json : as one JSON object
    explain : with every step and fact
    """
    if as_json:
        print_json(data)
        return
    from wattline.report.present import rich_text

    print_rich(rich_text(printable_data(data), explain))


def print_written(paths: Sequence[Path], as_json: bool) -> None:
    """The files that were written; to standard error where standard output has JSON.

    Parameters
    ----------
    paths : of the files
    as_json : whether standard output has JSON
    """
    if not paths:
        return
    written = printable("\n  ".join(["\nWritten:", *map(str, paths)])) + "\n"
    if as_json:
        print(written, end="", file=sys.stderr)
    else:
        emit(written)


def write_or_print(text: str, path: Path | None) -> None:
    """A file's text: written where a path is given, and said to be; else printed.

    Parameters
    ----------
    text : of the file
    path : where to; None to print
    """
    from wattline.core.files import write_text

    if path is None:
        print(text, end="")
    else:
        write_text(path, text)
        print(f"written: {path}")


def check_out(out: Path | None) -> None:
    """Raise WattlineError if ``out`` cannot be a folder of files, before the work rather than after it."""
    if out is not None:
        from wattline.core.files import check_folder

        check_folder(out)


def write_page(data: Json, path: Path) -> None:
    """An answer's page, whole or not at all.

    Parameters
    ----------
    data : the answer's envelope
    path : of the page
    """
    from wattline.core.files import write_text
    from wattline.report.present import as_page

    write_text(path, as_page(data) or "")


def print_error(text: str) -> None:
    """A line to standard error, with what it quotes of others made safe to show."""
    from wattline.report.language.translator import current

    with contextlib.suppress(OSError, AttributeError):
        print(f"wattline: {printable(current().text(text))}", file=sys.stderr, flush=True)


def console() -> Any:
    """Standard error as a screen, on which text is text: no marks of Rich in it are obeyed."""
    from rich.console import Console

    return Console(stderr=True, markup=False, emoji=False, highlight=False)


@contextlib.contextmanager
def working(words: str) -> Iterator[Callable[[str], None]]:
    """Shows what is being worked on while it is; the result is called with what is next."""
    from rich.text import Text

    with console().status(Text(words), spinner="dots") as status:

        def update(words: str) -> None:
            status.update(Text(printable(words)))
            tell_progress(words)

        tell_progress(words)
        yield update


_listeners: list[Callable[[str], None]] = []


def progress_to(listener: Callable[[str], None]) -> None:
    """Call ``listener`` with what is being worked on, beside what is shown of it."""
    _listeners[:] = [listener]


def tell_progress(words: str) -> None:
    """Say what is being worked on to who listens, such as a page."""
    for listener in _listeners:
        listener(printable(words))


def print_json(data: Json) -> None:
    """One object, in Unicode where the terminal can."""
    ascii_only = (getattr(sys.stdout, "encoding", "") or "").lower() not in ("utf-8", "utf8")
    emit(to_text(data, ascii_only))


def print_rich(renderable: Any) -> None:
    """To the terminal at its width; where there is none, in as many columns as COLUMNS says, or 100."""
    from io import StringIO

    from rich.console import Console

    from wattline.report.language.markup import translated_lines
    from wattline.report.language.translator import current

    screen, text = Console(), StringIO()
    if current().lang != "en":
        Console(file=text, highlight=False, markup=False, emoji=False, width=2000, no_color=True).print(renderable)
        width = screen.width if screen.is_terminal else stated_width()
        lines = [_with_short_rule(line.rstrip(), width) for line in text.getvalue().splitlines()]
        emit(translated_lines("\n".join(lines), current()) + "\n")
        return
    on_screen = screen.is_terminal
    width = screen.width if on_screen else stated_width()
    shown = Console(file=text, highlight=False, markup=False, emoji=False, width=width, force_terminal=on_screen)
    shown.print(renderable)
    emit(text.getvalue())


def _with_short_rule(line: str, width: int) -> str:
    """The line, with the rule that ends it cut where the screen ends."""
    words = line.rstrip("─")
    return words + "─" * min(len(line) - len(words), max(0, width - len(words)))


def stated_width() -> int:
    """Columns of what is piped: those of the variable COLUMNS, where it says 20 to 1,000; else 100."""
    stated = os.environ.get("COLUMNS", "")
    return int(stated) if stated.isdecimal() and MIN_WIDTH <= int(stated) <= MAX_WIDTH else WIDTH


def compiling() -> str:
    """What stands before the words of a simulation that must be compiled first; "" where it is on disk."""
    from wattline.line.engine.simulator.simulate import is_compiled

    return "" if is_compiled() else "compiling the simulator, once: about a minute; then "


def emit(text: str) -> None:
    """Write to standard output, whose reader may go away, whose disk may be full and whose encoding may be poor. Raises
    WattlineError where it cannot be written."""
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

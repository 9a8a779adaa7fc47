"""Where the ``wattline`` command begins: Ctrl-C ends it with one line, even while its parts are still imported.

Nothing stands at the head of this file that takes time to import: what does is imported within the guard.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

INTERRUPTED = 130
LINE = "wattline: interrupted\n"
FRESH_OBJECTS = 50_000  # made before the collector looks: imports make many, and all stay


def main(args: list[str] | None = None) -> None:
    """Run the command; bad input prints one line and exits with its error's status, 2 for most."""
    gc.set_threshold(FRESH_OBJECTS)
    try:
        _import_guarded()
        from wattline.cli.program import run_command

        run_command(args)
    except KeyboardInterrupt:
        sys.stderr.write(LINE)
        sys.exit(INTERRUPTED)


def _import_guarded() -> None:
    """Import the command; Ctrl-C meanwhile ends the process at once.

    An exception is not enough: Python drops one that is raised as it frees a module's lock, and prints it.
    """
    import signal

    try:
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if usual:
            signal.signal(signal.SIGINT, _end)
    except ValueError:  # not the main thread, which alone gets signals
        usual = False
    try:
        import wattline.cli.program  # noqa: F401
    finally:
        if usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, LINE.encode())  # nothing is open or begun yet that would have to be tidied
    os._exit(INTERRUPTED)


def __getattr__(name: str) -> Any:
    """The command's parts (``app``, ``help_of``), which are imported when first used."""
    if name.startswith("__"):  # an import of this file looks for its `__path__`
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from wattline.cli import program

    return getattr(program, name)

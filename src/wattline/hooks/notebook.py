"""IPython and Jupyter: ``%load_ext wattline``, then ``%%wattline [NAME]`` heading a cell, or ``%wattline CODE``."""

from __future__ import annotations

from typing import Any

from wattline.meter.live.measurement import Measurement


def register(shell: Any) -> None:
    """Make the magic known to a shell of IPython.

    Parameters
    ----------
    shell : the shell
    """

    def wattline(line: str, cell: str | None = None) -> None:
        """Measure a cell (``%%wattline NAME``) or a line (``%wattline CODE``) and print its energy."""
        name = (line.strip() or "cell") if cell is not None else "line"
        window = Measurement(name).begin()
        try:
            result = shell.run_cell(line if cell is None else cell)
        finally:
            window.end()
        print(window)
        shell.user_ns["_energy"] = window
        if result is not None and not result.success:
            return  # the shell has shown the error

    shell.register_magic_function(wattline, "line_cell", "wattline")

"""Commands that answer in JSON and that no browser may ask, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from wattline.web.app.forms import Field

_FOLDER = "it reads a folder, and a browser sends single files"
LEFT_OUT = {
    "measure": "it runs a program of this machine; record there, and open the journal under Measure",
    "ci": "it runs a program of this machine; run it in a terminal there",
    "tune": "it runs a program of this machine and sets its limits; run it in a terminal there",
    "budget": "it sets limits of this machine's devices until it is ended; run it in a terminal there",
    "sensors": "Measure shows them, live",
    "catalog diff": "it compares files of this machine's catalog",
    "fleet ingest": "it writes into a folder",
    "fleet report": _FOLDER,
    "validate kernels": _FOLDER,
    "validate sensors": _FOLDER,
    "validate supply": _FOLDER,
}


def has_page(command: str, fields: Mapping[str, Field]) -> bool:
    """Whether a browser may ask a command: never one that runs a program, whoever forgot to list it above.

    Parameters
    ----------
    command : its name
    fields : its inputs

    Returns
    -------
    Whether there is a page and an address for it.
    """
    runs = any(field.name == "command" and not field.flag for field in fields.values())
    return command not in LEFT_OUT and not runs

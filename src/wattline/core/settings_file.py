"""The user's settings as files: which are there to be read, and their values as written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.folders import user_folder
from wattline.core.reading import parse_toml, read_text

NAME = "wattline.toml"
VARIABLE = "WATTLINE_SETTINGS"
OFF = "off"
FACTS = "facts"
MAX_BYTES = 100_000


def settings_files() -> list[Path]:
    """The files that are there to be read, the one that stands before the others last."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen == OFF:
        return []
    if chosen:
        return [Path(chosen)]
    return [path for path in (user_folder("config") / NAME, Path(NAME)) if path.is_file()]


def no_settings(folder: str) -> bool:
    """Whether no file of settings is there to be read, found with the least work: every reading of a fact asks for it.

    Parameters
    ----------
    folder : the user's of settings

    Returns
    -------
    True where ``settings_files`` is empty.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen:
        return chosen == OFF
    return not (os.path.isfile(NAME) or os.path.isfile(f"{folder}/{NAME}"))


def read_settings(path: Path) -> dict[str, Any]:
    """The values of one file as written, but for ``facts``: its files, which lie beside it.

    Raises WattlineError where the file cannot be read, is not TOML, or names its facts in another way.
    """
    words = read_text(path, MAX_BYTES, "settings")
    try:
        values = parse_toml(words)
    except ValueError as error:
        raise WattlineError(f"settings {path}: not valid TOML: {shorten(str(error), 120)}") from None
    if FACTS in values:
        names = [values[FACTS]] if isinstance(values[FACTS], str) else values[FACTS]
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            raise WattlineError(f"settings {path}: {FACTS}: give the name of a file, or a list of them")
        values[FACTS] = tuple(path.parent / each for each in names)
    return values


def settings_facts() -> tuple[Path, ...]:
    """The files of facts that the settings name; those of the file that stands before the others."""
    for path in reversed(settings_files()):
        values = _read_once(path)
        if FACTS in values:
            return tuple(values[FACTS])
    return ()


_last: dict[Path, tuple[tuple[int, int], dict[str, Any]]] = {}


def _read_once(path: Path) -> dict[str, Any]:
    """The values of a file, read anew when it has changed: every reading of a fact asks for them."""
    try:
        status = path.stat()
    except OSError:
        return read_settings(path)
    stamp, place = (status.st_mtime_ns, status.st_size), path.absolute()
    if place not in _last or _last[place][0] != stamp:
        _last[place] = stamp, read_settings(path)
    return _last[place][1]

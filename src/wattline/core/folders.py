"""Where this user's files of settings and caches lie, as each system has it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

LINUX = {"config": ("XDG_CONFIG_HOME", ".config"), "cache": ("XDG_CACHE_HOME", ".cache")}


def user_folder(kind: Literal["config", "cache"]) -> Path:
    """The folder of ours for settings or for caches, which need not be there.

    Parameters
    ----------
    kind : ``config`` or ``cache``

    Returns
    -------
    Its path.
    """
    return Path(user_path(kind))


def user_path(kind: Literal["config", "cache"]) -> str:
    """The same as text, for what looks there at every reading of a fact.

    On Linux it is known without platformdirs, whose import takes longer than all else of a first reading.

    Parameters
    ----------
    kind : ``config`` or ``cache``

    Returns
    -------
    Its path.
    """
    if sys.platform.startswith("linux"):
        variable, usual = LINUX[kind]
        stated = os.environ.get(variable, "").strip()
        return f"{stated or os.path.expanduser(f'~/{usual}')}/wattline"
    import platformdirs

    folder = platformdirs.user_config_dir if kind == "config" else platformdirs.user_cache_dir
    return folder("wattline", appauthor=False)

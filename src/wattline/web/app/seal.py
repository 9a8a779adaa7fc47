"""What a process that answers a browser may open: its own code and tables, the user's settings, the files it was sent.

No value of a browser names a file (see ``question``); this is the second wall, against names inside of a file that was
sent, such as a scenario's. What native code opens does not come by here.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.folders import user_folder
from wattline.core.settings_file import settings_files

JOURNALS = "WATTLINE_WEB_JOURNALS"  # the folder of recordings that was named at the start
MEMORY_BYTES = 6_000_000_000
SYSTEM = (
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys", "/sys", "/dev", "/usr/share", "/usr/lib",
    "/lib", "/etc/localtime", "/etc/timezone",
)  # fmt: skip


def seal(folders: Iterable[Path]) -> None:
    """From now on refuse to open files elsewhere, and to connect to other machines; this cannot be undone.

    Parameters
    ----------
    folders : where files may be read and written besides
    """
    roots = tuple(sorted({str(Path(path).resolve()) for path in (*_own(), *folders)}))

    def check(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str | bytes):
            path = os.path.realpath(os.fsdecode(args[0]))
            if not any(path == root or path.startswith(root + os.sep) for root in roots):
                raise WattlineError(f"{shorten(os.path.basename(path))}: no file is read by its name here; send it")
        elif event == "socket.connect" and isinstance(args[1], tuple):
            raise WattlineError("an answer to a browser asks no other machine")

    sys.addaudithook(check)


def _own() -> list[str | Path]:
    """Folders of Python, of this package, of the user's settings and caches, and what the system itself reads."""
    code = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()]
    package = Path(__file__).parents[3]
    settings = [path.resolve().parent for path in settings_files()]
    stated = [part for part in os.environ.get("WATTLINE_FACTS", "").split(os.pathsep) if part]
    numba = [os.environ["NUMBA_CACHE_DIR"]] if os.environ.get("NUMBA_CACHE_DIR") else []
    journals = [os.environ[JOURNALS]] if os.environ.get(JOURNALS) else []
    own = [user_folder("config"), user_folder("cache"), Path(tempfile.gettempdir()) / "numba"]
    return [*code, package, *settings, *stated, *numba, *journals, *own, *(path for path in sys.path if path), *SYSTEM]


def limit_memory() -> None:
    """Keep what this process may hold below a bound, where the system can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    bound = MEMORY_BYTES if most == resource.RLIM_INFINITY else min(most, MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, most))

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
# what starts another program; the processes that share out draws are started otherwise
PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn"}
# how many of its arguments are paths
ON_PATHS = {
    "open": 1, "os.listdir": 1, "os.scandir": 1, "os.mkdir": 1, "os.rmdir": 1, "os.remove": 1, "os.truncate": 1,
    "os.chmod": 1, "os.chown": 1, "os.utime": 1, "os.rename": 2, "os.link": 2, "os.symlink": 2,
}  # fmt: skip
MEMORY_BYTES = 6_000_000_000
SYSTEM = (
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys", "/sys", "/dev", "/usr/share", "/usr/lib",
    "/lib", "/etc/localtime", "/etc/timezone",
)  # fmt: skip


class SealedError(WattlineError, PermissionError):
    """What a process that answers may not do; for code that can do without it, no other than any file that is barred.

    Parameters
    ----------
    words : in a line
    """

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.strerror = words


def seal(folders: Iterable[Path]) -> None:
    """From now on refuse to open files elsewhere, to start programs, and to connect to other machines, for good.

    Parameters
    ----------
    folders : where files may be read and written besides
    """
    roots = tuple(sorted({str(Path(path).resolve()) for path in (*_own(), *folders)}))

    def refuse_path(path: Any) -> None:
        if not isinstance(path, str | bytes):  # a file that is open already
            return
        place = os.path.realpath(os.fsdecode(path))
        if not any(place == root or place.startswith(root + os.sep) for root in roots):
            raise SealedError(f"{shorten(os.path.basename(place))}: no file is read by its name here; send it")

    def check(event: str, args: tuple[Any, ...]) -> None:
        if event in ON_PATHS:
            for path in args[: ON_PATHS[event]]:
                refuse_path(path)
        elif event in PROGRAMS:
            raise SealedError("an answer to a browser starts no program")
        elif event in ("socket.connect", "socket.bind"):
            if isinstance(args[1], tuple):
                raise SealedError("an answer to a browser asks no other machine")
            refuse_path(args[1])

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

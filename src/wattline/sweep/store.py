"""Results of a sweep on disk: a line of JSON each, written and flushed as it comes, found again by item and context.

The context is a digest of all that the results rest on beside the item (traffic, model, catalog, code): a line of
another context is left as it is and never used. A last line that a kill cut short is taken off when the file is opened.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from wattline.core.errors import WattlineError, shorten

Item = Mapping[str, Any]
Result = Mapping[str, Any]
Function = Callable[[Any, Item], Result]  # what is run: of what all items share, and of one item
FORMAT = "wattline-sweep-1"


def digest(parts: Iterable[bytes]) -> str:
    """One short name for all of these bytes, in this order."""
    result = hashlib.sha256()
    for part in parts:
        result.update(len(part).to_bytes(8, "little"))
        result.update(part)
    return result.hexdigest()[:32]


def plain(item: Item) -> str:
    """An item as text that is the same whenever it is the same item."""
    return json.dumps(item, sort_keys=True, separators=(",", ":"), allow_nan=False)


class Store:
    """What has been found so far in one context; ``path`` None keeps it in memory alone."""

    def __init__(self, context: str, path: Path | None = None, file: IO[bytes] | None = None) -> None:
        self.context, self.path, self._file = context, path, file
        self.results: dict[str, Result] = {}
        self.taken_up = 0  # results that stood in the file already
        self.others = 0  # lines of other contexts
        self.made = 0

    @classmethod
    def open(cls, path: Path | str | None, context: str) -> Store:
        """The store in a file, which is made where it does not exist. One sweep at a time may write it.

        Raises WattlineError for a file that is no sweep, cannot be written or is held by another process.

        Parameters
        ----------
        path : the file; None keeps results in memory alone
        context : what the results rest on beside the item (``digest``)
        """
        if path is None:
            return cls(context)
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")
        except OSError as error:
            why = "it is a folder; give a file" if path.is_dir() else f"{error.strerror or error}; give a file to keep"
            raise WattlineError(f"resume: {shorten(str(path), 200)} cannot be written: {why}") from None
        store = cls(context, path, file)
        try:
            _hold(file, path)
            store._read()
        except BaseException:
            file.close()
            raise
        return store

    def get(self, item: Item) -> Result | None:
        return self.results.get(plain(item))

    def put(self, item: Item, result: Result) -> None:
        """Keep a result: on disk when this returns."""
        self.results[plain(item)] = result
        self.made += 1
        self._write({"context": self.context, "item": dict(item), "result": dict(result)})

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write((json.dumps(line, allow_nan=False) + "\n").encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise WattlineError(f"sweep {self.path}: {error.strerror or error}; what was kept stays") from None

    def _read(self) -> None:
        assert self._file is not None
        self._file.seek(0)
        data = self._file.read()
        whole = data.rfind(b"\n") + 1
        lines = data[:whole].splitlines()
        if data and not (lines and _line(lines[0]).get("format") == FORMAT):
            if not FORMAT_LINE.startswith(data):
                raise WattlineError(f"sweep {self.path} is no file of a sweep; name another, or one that is not there")
            whole, lines = 0, []
        if whole < len(data):
            self._file.truncate(whole)
        if not lines:
            self._write({"format": FORMAT})
        for text in lines[1:]:
            self._take(_line(text))
        self.taken_up = len(self.results)

    def _take(self, line: Mapping[str, Any]) -> None:
        if line.get("context") != self.context:
            self.others += 1
        elif isinstance(line.get("item"), dict) and isinstance(line.get("result"), dict):
            self.results[plain(line["item"])] = line["result"]


FORMAT_LINE = (json.dumps({"format": FORMAT}) + "\n").encode()


def _line(text: bytes) -> dict[str, Any]:
    """A line's object; an empty one for a line that is damaged."""
    try:
        result = json.loads(text)
    except ValueError:
        return {}
    return result if isinstance(result, dict) else {}


def _hold(file: IO[bytes], path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise WattlineError(f"sweep {path} is in use by another process; wait for it or name another file") from None

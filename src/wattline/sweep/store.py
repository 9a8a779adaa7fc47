"""Results of a sweep on disk: a line of JSON each, written and flushed as it comes, found again by item and context.

The context is a digest of all that the results rest on beside the item (traffic, model, catalog, code): a line of
another context is left as it is and never used. A last line that a kill cut short is taken off when the file is opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import parse_json

Item = Mapping[str, Any]
Result = Mapping[str, Any]
Sound = Callable[[Result], bool]
Function = Callable[[Any, Item], Result]  # what is run: of what all items share, and of one item
FORMAT = "wattline-sweep-1"
MAX_LINE_BYTES = 16_000_000


def digest(parts: Iterable[bytes]) -> str:
    """One short name for all of these bytes, in this order."""
    result = hashlib.sha256()
    for part in parts:
        result.update(len(part).to_bytes(8, "little"))
        result.update(part)
    return result.hexdigest()[:32]


def item_key(item: Item) -> str:
    """An item as text that is the same whenever it is the same item."""
    return json.dumps(item, sort_keys=True, separators=(",", ":"), allow_nan=False)


class Store:
    """What has been found so far in one context; ``path`` None keeps it in memory alone."""

    def __init__(
        self, context: str, path: Path | None = None, file: IO[bytes] | None = None, sound: Sound | None = None
    ) -> None:
        self.context, self.path, self._file, self._sound = context, path, file, sound
        self.results: dict[str, Result] = {}
        self.taken_up = 0  # results that stood in the file already
        self.others = 0  # lines of other contexts
        self.made = 0

    @classmethod
    def open(cls, path: Path | str | None, context: str, sound: Sound | None = None) -> Store:
        """The store in a file, which is made where it does not exist. One sweep at a time may write it.

        Raises WattlineError for a file that is no sweep, cannot be written or is held by another process.

        Parameters
        ----------
        path : the file; None keeps results in memory alone
        context : what the results rest on beside the item (``digest``)
        sound : whether a result in the file is one that can be used; others are made again

        Returns
        -------
        An open store, with the results that the file holds.
        """
        if path is None:
            return cls(context)
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and not (path.is_file() or path.is_dir()):
                raise WattlineError(f"resume: {shorten(str(path), 200)} is a pipe or a device; give a file to keep")
            file = path.open("a+b")
        except OSError as error:
            why = "it is a folder; give a file" if path.is_dir() else f"{error.strerror or error}; give a file to keep"
            raise WattlineError(f"resume: {shorten(str(path), 200)} cannot be written: {why}") from None
        store = cls(context, path, file, sound)
        try:
            _hold(file, path)
            store._read()
        except BaseException:
            file.close()
            raise
        return store

    def get(self, item: Item) -> Result | None:
        return self.results.get(item_key(item))

    def put(self, item: Item, result: Result) -> None:
        """Keep a result: on disk when this returns.

        Parameters
        ----------
        item : what was computed, plain data
        result : what came of it, plain data

        Raises WattlineError where the disk does not take it.
        """
        self.results[item_key(item)] = result
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
            with contextlib.suppress(OSError):  # what it could not write is tried again, and fails again
                self._file.close()
            self._file = None
            raise WattlineError(f"sweep {self.path}: {error.strerror or error}; what was kept stays") from None

    def _read(self) -> None:
        assert self._file is not None
        self._file.seek(0)
        first = self._file.readline(MAX_LINE_BYTES)
        whole = len(first)
        if not (first.endswith(b"\n") and _line(first).get("format") == FORMAT):
            if not (FORMAT_LINE.startswith(first) and len(first) == os.fstat(self._file.fileno()).st_size):
                raise WattlineError(f"sweep {self.path} is no file of a sweep; name another, or one that is not there")
            whole = 0
        while whole and (text := self._file.readline(MAX_LINE_BYTES)):
            if not text.endswith(b"\n"):
                if len(text) == MAX_LINE_BYTES:
                    raise WattlineError(f"sweep {self.path} is damaged: a line is longer than {MAX_LINE_BYTES:,} bytes")
                break
            whole += len(text)
            self._take(_line(text))
        self._file.truncate(whole)
        if not whole:
            self._write({"format": FORMAT})
        self.taken_up = len(self.results)

    def _take(self, line: Mapping[str, Any]) -> None:
        if line.get("context") != self.context:
            self.others += 1
        elif (
            isinstance(line.get("item"), dict)
            and isinstance(result := line.get("result"), dict)
            and (self._sound is None or self._sound(result))
        ):
            with contextlib.suppress(ValueError, RecursionError):  # a number that is none
                self.results[item_key(line["item"])] = line["result"]


FORMAT_LINE = (json.dumps({"format": FORMAT}) + "\n").encode()


def _line(text: bytes) -> dict[str, Any]:
    """A line's object; an empty one for a line that is damaged."""
    try:
        result = parse_json(text)
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

"""Files that a browser sent: kept in memory, within bounds, under names that follow from what is in them."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from typing import NamedTuple

from wattline.core.errors import WattlineError

MAX_FILE = 8_000_000  # bytes
MAX_ALL = 64_000_000
ENDINGS = {".csv", ".tsv", ".json", ".jsonl", ".toml", ".parquet", ".epw", ".txt", ".log", ".gz", ".xml"}


class UploadedFile(NamedTuple):
    """A file that was sent: its name without a folder, and its bytes."""

    name: str
    data: bytes


class Uploads:
    """The files of late; the oldest go where new ones need their room."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, UploadedFile] = OrderedDict()

    def add(self, name: str, data: bytes) -> str:
        """Keep a file; returns its key. Raises WattlineError for an empty or too large one.

        Parameters
        ----------
        name : of the file
        data : its bytes

        Returns
        -------
        The key.
        """
        if not data:
            raise WattlineError("the file is empty")
        if len(data) > MAX_FILE:
            raise WattlineError(f"the file is larger than {MAX_FILE // 1_000_000} MB")
        plain = safe_name(name)
        key = hashlib.sha256(plain.encode() + b"\0" + data).hexdigest()[:32]
        self._files[key] = UploadedFile(plain, data)
        self._files.move_to_end(key)
        while sum(len(file.data) for file in self._files.values()) > MAX_ALL:
            self._files.popitem(last=False)
        return key

    def get(self, key: str) -> UploadedFile | None:
        """The file with this key, if it is still kept."""
        return self._files.get(key)

    def names(self) -> dict[str, str]:
        """The names of all files by key."""
        return {key: file.name for key, file in self._files.items()}


def safe_name(name: str) -> str:
    """The last part of a file's name, of plain letters, with one of the endings that are read."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", last).lstrip(".-")[-80:] or "file"
    if not any(plain.lower().endswith(ending) for ending in ENDINGS):
        plain += ".txt"
    return plain

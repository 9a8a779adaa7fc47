"""A recording packed by gzip, bzip2 or xz, unpacked into a temporary file within bounds of size."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import packer_of

LIMIT_BYTES = 256_000_000  # of what comes out: a small packed file may hold any amount
PIECE = 1 << 20
ENDINGS = (".gz", ".bz2", ".xz", ".gzip")
OPENERS: dict[str, Callable[[Path], AbstractContextManager[BinaryIO]]] = {
    "gzip": gzip.GzipFile,  # type: ignore[dict-item]
    "bzip2": bz2.BZ2File,  # type: ignore[dict-item]
    "xz": lzma.LZMAFile,  # type: ignore[dict-item]
}


@contextmanager
def unpacked(path: Path, packer: str) -> Iterator[Path]:
    """The file that was packed, under its own name without the ending, for as long as the block runs.

    Parameters
    ----------
    path : of the packed file
    packer : gzip, bzip2 or xz; others are refused

    Returns its place in a temporary folder. Raises WattlineError where it cannot be unpacked, or is too large.
    """
    shown = f"{shorten(str(path), 200)} is packed by {packer}"
    if packer not in OPENERS:
        raise WattlineError(f"{shown}: unpack it first")
    with tempfile.TemporaryDirectory(prefix="wattline-") as folder:
        name = path.stem if path.suffix.lower() in ENDINGS else path.name
        inner = Path(folder) / name
        try:
            with OPENERS[packer](path) as packed, inner.open("wb") as file:
                size = 0
                while data := packed.read(PIECE):
                    if (size := size + len(data)) > LIMIT_BYTES:
                        raise WattlineError(f"{shown}, over {LIMIT_BYTES:,} bytes unpacked: unpack it first")
                    file.write(data)
        except (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
            raise WattlineError(f"{shown} and cannot be unpacked: {error}") from None
        with inner.open("rb") as file:
            if packer_of(file.read(16)):
                raise WattlineError(f"{shown} more than once: unpack it first")
        yield inner

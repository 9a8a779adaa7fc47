"""A recording packed by gzip, bzip2, xz, zstd or zip, unpacked into a temporary file within bounds of size."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import packer_of

LIMIT_BYTES = 256_000_000  # of what comes out: a small packed file may hold any amount
PIECE = 1 << 20
ENDINGS = (".gz", ".bz2", ".xz", ".gzip", ".zst", ".zstd", ".zip")


def _zip(path: Path) -> AbstractContextManager[BinaryIO]:
    """The one file in a zip. Raises OSError where there are several, or it is encrypted."""
    archive = zipfile.ZipFile(path)
    files = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        raise OSError(f"it holds {len(files)} files, where one is read")
    if files[0].flag_bits & 1:
        raise OSError("it is encrypted")
    return archive.open(files[0])  # type: ignore[return-value]


def _zstd(path: Path) -> AbstractContextManager[BinaryIO]:
    """What zstd packed, by Python 3.14, zstandard or PyArrow. Raises OSError where none of them is there."""
    try:
        import zstandard  # type: ignore[import-not-found,unused-ignore]

        return zstandard.open(path, "rb")  # type: ignore[no-any-return]
    except ImportError:
        pass
    try:
        import pyarrow

        return pyarrow.input_stream(str(path), compression="zstd")  # type: ignore[no-any-return]
    except ImportError:
        pass
    if sys.version_info >= (3, 14):
        from compression import zstd

        return zstd.ZstdFile(path)
    raise OSError("it takes Python 3.14, zstandard or pyarrow: pip install zstandard, or unpack it first")


OPENERS: dict[str, Callable[[Path], AbstractContextManager[BinaryIO]]] = {
    "gzip": gzip.GzipFile,  # type: ignore[dict-item]
    "bzip2": bz2.BZ2File,  # type: ignore[dict-item]
    "xz": lzma.LZMAFile,  # type: ignore[dict-item]
    "zip": _zip,
    "zstd": _zstd,
}


@contextmanager
def unpack(path: Path, packer: str) -> Iterator[Path]:
    """The file that was packed, under its own name without the ending, for as long as the block runs.

    Parameters
    ----------
    path : of the packed file
    packer : gzip, bzip2, xz, zip or zstd; others are refused

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
        except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
            raise WattlineError(f"{shown} and cannot be unpacked: {error}") from None
        with inner.open("rb") as file:
            if packer_of(file.read(16)):
                raise WattlineError(f"{shown} more than once: unpack it first")
        yield inner

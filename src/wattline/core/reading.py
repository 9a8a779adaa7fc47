"""Files read within bounds, whatever they are: so many bytes, packed or not, so deep, and never waiting for ever."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import re
import select
import stat
import time
import tomllib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from wattline.core.errors import WattlineError, shorten

WRITER_S = 3.0  # how long a pipe may be without a writer
SILENT_S = 10.0  # how long a pipe or device may bring nothing
PIECE_BYTES, MAX_DEVICE_BYTES = 2**24, 16_000_000  # read from a device, which may have no end
_PIECE = 1 << 20
# a key of so many parts is nobody's, and reading one takes time that grows with the square of its parts
_DEEP_KEY = re.compile(r"""(?<![^\s\[{,])(?:(?:"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'|[\w-]++)[ \t]*+\.[ \t]*+){40}""")
# what begins so was packed, and what reads tables would unpack it without a bound
_PACKED = {
    b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip",
    b"x\x01": "zlib", b"x\x9c": "zlib", b"x\xda": "zlib", b"\x04\x22\x4d\x18": "lz4", b"7z\xbc\xaf": "7z",
}  # fmt: skip


def read_bytes(path: Path | str, limit_bytes: int, what: str, *, unpack: bool = False) -> bytes:
    """A user's file, of at most ``limit_bytes``; a missing, huge or unreadable one raises WattlineError.

    Parameters
    ----------
    path : a file, or a pipe that somebody writes into
    limit_bytes : size beyond which it is not read, unpacked too [B]
    what : what the file is, for the error
    unpack : whether gzip is unpacked

    Returns
    -------
    The bytes, unpacked where they were packed.

    Raises WattlineError.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise WattlineError(f"{what} {shorten(str(path), 200)} is a directory; give a file")
        with open_input(path) as file:
            mode, size = (about := os.fstat(file.fileno())).st_mode, about.st_size
            if size > limit_bytes:
                raise too_large(path, what, limit_bytes)
            limit_bytes = min(limit_bytes, MAX_DEVICE_BYTES) if stat.S_ISCHR(mode) else limit_bytes
            data = b"".join(pieces(file, limit_bytes, size))
        if unpack and data[:2] == b"\x1f\x8b":
            data = gunzip(data, limit_bytes)
        if len(data) > limit_bytes:
            raise too_large(path, what, limit_bytes)
        return data
    except FileNotFoundError:
        raise WattlineError(f"{what} {shorten(str(path), 200)} does not exist") from None
    except (OSError, ValueError, EOFError, zlib.error, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "no memory for it"
        raise WattlineError(f"{what} {shorten(str(path), 200)} cannot be read: {reason}") from None


def read_text(path: Path | str, limit_bytes: int, what: str) -> str:
    """The text of a user's file; a missing, huge or undecodable one raises WattlineError.

    Parameters
    ----------
    path : the file
    limit_bytes : size beyond which it is not read [B]
    what : what the file is, for the error

    Returns
    -------
    The text, decoded as UTF-8.

    Raises WattlineError.
    """
    try:
        return read_bytes(path, limit_bytes, what).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WattlineError(f"{what} {shorten(str(path), 200)} is not UTF-8 text") from None


def too_large(path: Path | str, what: str, limit_bytes: int) -> WattlineError:
    """The refusal of a file for its size.

    Parameters
    ----------
    path : of the file
    what : what it is, for the error
    limit_bytes : size beyond which it is not read [B]

    Returns the error, to be raised.
    """
    return WattlineError(f"{what} {shorten(str(path), 200)} is too large; at most {limit_bytes:,} bytes are read")


@contextlib.contextmanager
def open_input(path: Path | str) -> Iterator[BinaryIO]:
    """A file opened to read; of a pipe or device without waiting for a writer that never comes.

    Parameters
    ----------
    path : the file

    Returns the file, within a ``with`` block. Raises OSError where it cannot be opened, IsADirectoryError where it is a
    folder.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISREG(mode):
            os.set_blocking(handle, True)
            with os.fdopen(handle, "rb", closefd=False) as file:
                yield file
        else:
            yield io.BufferedReader(_Pipe(handle, stat.S_ISFIFO(mode)), _PIECE)
    finally:
        os.close(handle)


class _Pipe(io.RawIOBase):
    """What is read from a pipe or device; OSError where nobody writes or nothing comes."""

    def __init__(self, handle: int, waits: bool) -> None:
        self._handle, self._begun = handle, not waits

    def fileno(self) -> int:
        return self._handle

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        until = time.monotonic() + WRITER_S
        while True:
            try:
                data = os.read(self._handle, len(buffer))
            except BlockingIOError:
                self._begun = True  # there is a writer
                if not select.select([self._handle], [], [], SILENT_S)[0]:
                    raise OSError(errno.ETIMEDOUT, f"nothing came out of it for {SILENT_S:g} s") from None
                continue
            if data or self._begun or time.monotonic() > until:
                break
            time.sleep(0.05)
        if not data and not self._begun:
            raise OSError(errno.ENODATA, "nobody writes into it")
        self._begun = True
        buffer[: len(data)] = data
        return len(data)


def pieces(file: BinaryIO, limit_bytes: int, size: int) -> Iterator[bytes]:
    """The rest of a file, at most a byte more than ``limit_bytes``; as one piece where its ``size`` is known [B].

    Parameters
    ----------
    file : opened to read
    limit_bytes : the most that are wanted [B]
    size : of the file as the system gives it [B]

    Returns the pieces, in order.
    """
    left = limit_bytes + 1
    piece = size + 1 if _PIECE < size <= limit_bytes and stat.S_ISREG(os.fstat(file.fileno()).st_mode) else _PIECE
    while left > 0 and (data := file.read(min(left, piece))):
        left -= len(data)
        yield data


def gunzip(data: bytes, limit_bytes: int) -> bytes:
    """What gzip packed, of one or several members; at most a byte more than ``limit_bytes``.

    Parameters
    ----------
    data : as gzip packed it
    limit_bytes : the most that are wanted [B]

    Returns the bytes; zeros where there are more. Raises EOFError where it is cut short, zlib.error where damaged.
    """
    out, left = list[bytes](), limit_bytes + 1
    while data and left > 0:
        member = zlib.decompressobj(31)
        while data and left > 0:
            out.append(member.decompress(data, min(left, PIECE_BYTES)))
            left -= len(out[-1])
            data = member.unconsumed_tail
        if not member.eof and left > 0:
            raise EOFError("it is cut short")
        data = member.unused_data.lstrip(b"\0")
    return b"".join(out) if left > 0 else bytes(limit_bytes + 1)


def unpack_bytes(data: bytes, limit_bytes: int, what: str) -> bytes:
    """Bytes that a reader may take, which would itself unpack without a bound what was packed.

    Parameters
    ----------
    data : of a file
    limit_bytes : size beyond which they are not unpacked [B]
    what : what the file is and where it lies, for the error

    Returns the bytes, unpacked where gzip packed them. Raises WattlineError where another did, or they are too many.
    """
    packer = packer_of(data)
    if packer not in ("", "gzip"):
        raise WattlineError(f"{what} is packed by {packer}: unpack it first")
    try:
        data = gunzip(data, limit_bytes) if packer else data
    except (EOFError, zlib.error) as error:
        raise WattlineError(f"{what} cannot be unpacked: {error}") from None
    if packer and len(data) > limit_bytes:
        raise WattlineError(f"{what} is larger than {limit_bytes:,} bytes, unpacked: give less of it")
    return data


def packer_of(data: bytes) -> str:
    """What packed a file that begins with these bytes; empty where nothing did."""
    return next((name for mark, name in _PACKED.items() if data.startswith(mark)), "")


def holes_bytes(path: Path | str) -> int:
    """How much of a file was never written, and reads as zeros [B]; 0 where the system does not say."""
    if not hasattr(os, "SEEK_HOLE"):
        return 0
    total = 0
    with contextlib.suppress(OSError), open(path, "rb") as file:
        size, at = os.fstat(file.fileno()).st_size, 0
        for _ in range(1000):
            begin = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            if begin >= size:
                break
            try:
                at = os.lseek(file.fileno(), begin, os.SEEK_DATA)
            except OSError:
                at = size
            total += at - begin
    return total


def inflate(data: bytes, limit_bytes: int) -> bytes:
    """What zlib packed, whole.

    Parameters
    ----------
    data : as zlib packed it
    limit_bytes : the most that are admitted [B]

    Returns the bytes. Raises ValueError where it is damaged or cut short, or larger than ``limit_bytes``.
    """
    try:
        member = zlib.decompressobj()
        out = member.decompress(data, limit_bytes + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(out) > limit_bytes:
        raise ValueError(f"more than {limit_bytes:,} bytes are packed in it")
    if not member.eof:
        raise ValueError("it is cut short")
    return out


def parse_json(text: str | bytes) -> Any:
    """What JSON says. Raises ValueError where it is none, is nested too deep or holds a number of endless digits."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise _in_words(error) from None


def parse_toml(text: str) -> dict[str, Any]:
    """What TOML says. Raises ValueError where it is none, or is nested too deep."""
    if _DEEP_KEY.search(text):
        raise ValueError("a key is nested too deeply")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise _in_words(error) from None


def _in_words(error: ValueError) -> ValueError:
    """The error, but for Python's advice on numbers without end, which helps nobody who gave the file."""
    return ValueError("a number in it has thousands of digits") if "int_max_str_digits" in str(error) else error

"""Copies of packed answers unpacked to be looked at, within a bound."""

from __future__ import annotations

import zlib

MIN_UNPACKED_BYTES, MAX_RATIO = 1 << 20, 50  # what is unpacked to be looked at


def unpack_copy(body: bytes, packed: str) -> bytes:
    """A copy without its compression; as it is where that cannot be undone here, or would be far longer.

    Parameters
    ----------
    body : as it came
    packed : its Content-Encoding

    Returns
    -------
    The plain bytes.
    """
    if packed not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        unpack = zlib.decompressobj(47 if packed != "deflate" else 15)
        data = unpack.decompress(body, MIN_UNPACKED_BYTES + MAX_RATIO * len(body))
    except zlib.error:
        return body
    return body if unpack.unconsumed_tail else data


class Unpacker:
    """A stream's events without their compression, within a bound: where there are far more they are not looked at."""

    def __init__(self) -> None:
        self._unpack = zlib.decompressobj(47)
        self._lost = False

    def some(self, data: bytes) -> bytes:
        """What these bytes unpack to; nothing any more after a bomb. Raises zlib.error."""
        if self._lost:
            return b""
        unpacked = self._unpack.decompress(data, MIN_UNPACKED_BYTES + MAX_RATIO * len(data))
        self._lost = bool(self._unpack.unconsumed_tail)
        return b"" if self._lost else unpacked

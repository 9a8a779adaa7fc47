"""How a journal packs readings: a tick as it is sampled, then a block of many ticks of one series.

Everything is whole numbers: times in µs, power in µW, energy in µJ, which holds what NVML (mJ), RAPL (µJ) and hwmon
(µW) say exactly. A block holds its columns as differences of differences, low bytes apart from high ones, deflated:
noise costs what it must and steady columns next to nothing.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.core.reading import inflate

MISSING = -(2**63)
MAX_WHOLE = 2**63 - 1
TICK = np.dtype([("series", "<u4"), ("wall", "<i8"), ("mono", "<i8"), ("power", "<i8"), ("energy", "<i8")])
_PACK = struct.Struct("<I4q").pack
_MICRO = 1e6
_MAX = 9e12  # W or J: what 63 bits hold of µW and µJ
_HEAD = struct.Struct("<BI")
_FORMAT = 1
_ORDER = (2, 1, 1, 2)  # how often each column is differenced: mono, wall - mono, power, energy
_ABSENT = 255
MAX_READINGS = 100_000  # in a block; ours have some hundreds
Whole = NDArray[np.int64]


class SeriesColumns(NamedTuple):
    """BlockColumns of one series, shape ``(n,)``: µs, µs, µW, µJ; ``MISSING`` where a reading gives none."""

    wall: Whole
    mono: Whole
    power: Whole
    energy: Whole


def whole(value: float | None) -> int:
    """W as µW, J as µJ; what is missing, not finite or beyond reason is ``MISSING``."""
    if value is None or not -_MAX < value < _MAX:
        return MISSING
    return round(value * _MICRO)


def pack_reading(series: int, wall: int, mono: int, power_w: float | None, energy_j: float | None) -> bytes:
    """One reading of a tick; a tick is its readings one after the other.

    Parameters
    ----------
    series : its number in the journal
    wall, mono : when it was read, UTC and on the monotonic clock [µs]
    power_w : None where it gives none [W]
    energy_j : None where it gives none [J]

    Returns the bytes.
    """
    return _PACK(series, wall, mono, whole(power_w), whole(energy_j))


def unpack_ticks(ticks: Iterable[bytes]) -> dict[int, SeriesColumns]:
    """BlockColumns by series, in the order of the ticks."""
    rows = np.frombuffer(b"".join(ticks), dtype=TICK)
    rows = rows[np.argsort(rows["series"], kind="stable")]
    numbers, begins = np.unique(rows["series"], return_index=True)
    by_sensor = {}
    for series, mine in zip(numbers.tolist(), np.split(rows, begins[1:]), strict=False):
        by_sensor[series] = SeriesColumns(*(np.ascontiguousarray(mine[name]) for name in SeriesColumns._fields))
    return by_sensor


def to_whole(values: Array | None, count: int) -> Whole:
    """A column of W or J as whole µW or µJ; NaN is ``MISSING``, and so is a column that is not there.

    Parameters
    ----------
    values : W or J, ``(n,)``; None for a column that is not there
    count : rows, n

    Returns
    -------
    Whole µW or µJ, ``(n,)``.
    """
    if values is None:
        return np.full(count, MISSING)
    good = np.abs(values) < _MAX
    return np.where(good, np.round(np.where(good, values, 0.0) * _MICRO), MISSING).astype(np.int64)


def to_float(values: Whole) -> Array | None:
    """A column in W or J with NaN where a reading is missing; None where all are."""
    missing = values == MISSING
    if missing.all():
        return None
    return np.where(missing, np.nan, values / _MICRO)


def encode(readings: SeriesColumns) -> bytes:
    """A block."""
    columns = (readings.mono, readings.wall - readings.mono, readings.power, readings.energy)
    packed = b"".join(_squeeze(column, order) for column, order in zip(columns, _ORDER, strict=True))
    return _HEAD.pack(_FORMAT, len(readings.mono)) + zlib.compress(packed, 6)


@lru_cache(maxsize=256)  # some 20 kB each: windows that follow each other read mostly the same blocks
def decode(block: bytes) -> SeriesColumns:
    """The readings of a block, exactly as they went in, not to be written to. Raises ValueError where it is none."""
    try:
        kind, count = _HEAD.unpack_from(block)
        if kind != _FORMAT:
            raise ValueError(f"a block of format {kind}; a newer wattline wrote it")
        if count > MAX_READINGS:
            raise ValueError(f"a block of {count:,} readings")
        data = inflate(block[_HEAD.size :], len(_ORDER) * (1 + 8 * count))
        columns, place = [], 0
        for order in _ORDER:
            column, place = _unsqueeze(data, place, count, order)
            columns.append(column)
        if place != len(data):
            raise ValueError(f"{len(data) - place:,} bytes are too many")
    except (struct.error, TypeError, ValueError, IndexError) as error:
        raise ValueError(f"not a block of readings ({error})") from None
    mono, offset, power, energy = columns
    readings = SeriesColumns(mono + offset, mono, power, energy)
    for column in readings:
        column.flags.writeable = False
    return readings


def _squeeze(column: Whole, order: int) -> bytes:
    """One column: how many byte planes follow (``_ABSENT``: it is missing throughout), then the planes, low first."""
    if (column == MISSING).all():
        return bytes([_ABSENT])
    with np.errstate(over="ignore"):
        step = column
        for _ in range(order):
            step = np.diff(step, prepend=np.int64(0))
        folded = ((step << 1) ^ (step >> 63)).view(np.uint64)
    planes = folded.astype("<u8").view(np.uint8).reshape(-1, 8)
    used = 8 - next((i for i, plane in enumerate(planes.T[::-1]) if plane.any()), 8)
    return bytes([used]) + np.ascontiguousarray(planes.T[:used]).tobytes()


def _unsqueeze(data: bytes, place: int, count: int, order: int) -> tuple[Whole, int]:
    used = data[place]
    place += 1
    if used > 8 and used != _ABSENT:
        raise IndexError(f"{used} bytes a number")
    if used == _ABSENT:
        return np.full(count, MISSING), place
    size = used * count
    if place + size > len(data):
        raise IndexError("it is cut short")
    planes = np.zeros((count, 8), np.uint8)
    planes[:, :used] = np.frombuffer(data, np.uint8, size, place).reshape(used, count).T
    folded = planes.view("<i8").reshape(count)
    column: Whole = (folded >> 1 & MAX_WHOLE) ^ -(folded & 1)
    for _ in range(order):
        column = column.cumsum()
    return column, place + size


def join(parts: Sequence[SeriesColumns]) -> SeriesColumns:
    """Several stretches of one series as one."""
    return SeriesColumns(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

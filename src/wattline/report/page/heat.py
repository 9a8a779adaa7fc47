"""Maps of the year by day or month and by hour, their values as colours."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from wattline.core.fact import Array
from wattline.report.page.words import esc

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# from low to high, told apart by lightness alone as well
RAMP = np.array([(24, 62, 110), (43, 123, 186), (120, 182, 200), (244, 226, 168), (233, 160, 70), (171, 45, 38)], float)
NO_DATA = np.array([150.0, 150.0, 150.0])
MARKED_HOURS = (0, 6, 12, 18, 24)


def heat_figure(shares: Array, words: str, low: str, high: str, *, caption: str = "", falling: bool = False) -> str:
    """A map: days or months from left to right, the hours of the day from midnight down.

    Parameters
    ----------
    shares : places on the scale, 0 to 1, shape ``(hours, days or months)``; NaN where there are no data, which is grey
    words : what is shown, below it and for who cannot see it
    low, high : the scale's ends
    caption : what else is written below
    falling : whether the scale's low end has the colour of its high one, for what is better the more there is

    Returns HTML.
    """
    scale = np.linspace(0, 1, 128)[None, :]
    picture, strip = (_png(_colours(1 - values if falling else values)) for values in (shares, scale))
    hours = "".join(f"<span>{hour:02d}:00</span>" for hour in MARKED_HOURS)
    months = "".join(f"<span>{month}</span>" for month in MONTHS)
    if np.isnan(shares).any():
        caption += " Grey: no data."
    return (
        f'<figure><div class="heat"><div class="hours" aria-hidden="true">{hours}</div>'
        f'<img src="{picture}" alt="{esc(words)}"><div class="months" aria-hidden="true">{months}</div></div>'
        f'<div class="scale"><span>{esc(low)}</span><img src="{strip}" alt=""><span>{esc(high)}</span></div>'
        f"<figcaption>{esc(words)}{esc(caption)}</figcaption></figure>"
    )


def _png(pixels: Array) -> str:
    """RGB pixels, shape ``(rows, columns, 3)``, as a PNG in a data address."""
    rows, columns, _ = pixels.shape
    body = b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _colours(share: Array) -> Array:
    """Shares of one as colours of the ramp; grey where there are none."""
    at = np.clip(np.nan_to_num(share), 0, 1) * (len(RAMP) - 1)
    colours = np.stack([np.interp(at, np.arange(len(RAMP)), RAMP[:, i]) for i in range(3)], axis=-1)
    return np.where(np.isnan(share)[..., None], NO_DATA, colours)

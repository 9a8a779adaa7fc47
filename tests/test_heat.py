"""Maps of colours: hours without data are grey and told, and no hour with data is."""

from __future__ import annotations

import base64
import re
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wattline.report.page.heat import NO_DATA, heat_figure


def pixels_of(page: str, rows: int, columns: int) -> np.ndarray:
    """The colours of the map's picture, shape ``(rows, columns, 3)``."""
    match = re.search(r"data:image/png;base64,([^\"]+)", page)
    assert match is not None
    data = base64.b64decode(match[1])
    at = data.index(b"IDAT")
    body = zlib.decompress(data[at + 4 : at + 4 + int.from_bytes(data[at - 4 : at], "big")])
    lines = np.frombuffer(body, np.uint8).reshape(rows, 1 + 3 * columns)
    return lines[:, 1:].reshape(rows, columns, 3)


@given(arrays(float, (24, 12), elements=st.one_of(st.floats(-0.5, 1.5), st.just(np.nan))), st.booleans())
def test_hours_without_data_are_grey_and_told(shares: np.ndarray, falling: bool) -> None:
    page = heat_figure(shares, "map", "0", "1", falling=falling)
    grey = (pixels_of(page, 24, 12) == NO_DATA.astype(np.uint8)).all(axis=-1)
    assert (grey == np.isnan(shares)).all()
    assert ("Grey: no data." in page) == bool(np.isnan(shares).any())

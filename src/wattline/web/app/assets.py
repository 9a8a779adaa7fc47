"""Files that pages load: the app's style and scripts, and those of the reports, packed once."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}
NAMES = (
    "app.css", "app.js", "theme.js", "measure.js", "icon.svg", "vendor/htmx.min.js", "vendor/uPlot.iife.min.js",
    "vendor/uPlot.min.css", "vendor/htmx.LICENSE.txt", "vendor/uPlot.LICENSE.txt",
)  # fmt: skip
REPORT = "report.css"
REPORT_STYLES = ("style.css", "site.css", "flex.css")


class Asset(NamedTuple):
    """A file: its type, its bytes, and these packed."""

    media: str
    data: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """All files by name."""
    folder = files("wattline.web.app") / "static"
    made = {name: _asset(name, folder.joinpath(*name.split("/")).read_bytes()) for name in NAMES}
    report = files("wattline.report.page")
    style = b"\n".join((report / name).read_bytes() for name in REPORT_STYLES)
    return made | {REPORT: _asset(REPORT, style)}


def _asset(name: str, data: bytes) -> Asset:
    return Asset(TYPES[name.rpartition(".")[2]] + "; charset=utf-8", data, gzip.compress(data, 9, mtime=0))


def _stamp() -> str:
    return hashlib.sha256(b"".join(asset.data for asset in assets().values())).hexdigest()[:10]


STAMP = _stamp()  # changes when a file does, so that browsers may keep them

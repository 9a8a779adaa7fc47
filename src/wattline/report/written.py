"""A report of checked claims in one file: a page (HTML), a chart (SVG), or the chart as a picture (PNG)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.core.files import write_text, write_whole
from wattline.report.words import Json

KINDS = (".html", ".svg", ".png")
ZOOM = 2.0  # pixels of the picture for one of the chart
_WORDS = '<text x="2" y="20" font-family="{}">Wh</text>'
_DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30">{}</svg>'
# what is taken for sans-serif, the first that is installed: a machine without fontconfig knows fonts by name alone
_FAMILIES = (
    "sans-serif", "DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica", "Open Sans", "Ubuntu", "Roboto",
    "FreeSans", "Cantarell", "Verdana", "Segoe UI", "WenQuanYi Zen Hei", "Noto Sans CJK SC", "Noto Sans SC",
)  # fmt: skip


def check_report(path: Path) -> None:
    """Whether a file can be written as its name says, before the work rather than after it. Raises WattlineError for an
    ending that is not known, and where what draws it is not installed."""
    if path.suffix.lower() not in KINDS:
        raise WattlineError(f"report {path}: {path.suffix or 'no ending'} is none of {', '.join(KINDS)}")
    if path.suffix.lower() == ".png":
        _renderer()


def write_report(data: Json, path: Path) -> None:
    """Write an answer of ``check`` into a file, whole or not at all; its ending says as what.

    Parameters
    ----------
    data : the answer's JSON
    path : of a page (``.html``), a drawing (``.svg``) or a picture (``.png``)

    Raises WattlineError where it cannot be written, or drawn.
    """
    from wattline.report.page.check import check_page
    from wattline.report.page.claim_chart import claims_svg

    match path.suffix.lower():
        case ".html":
            write_text(path, check_page(data))
        case ".svg":
            write_text(path, claims_svg(data["results"]))
        case _:
            picture = png(claims_svg(data["results"]))
            write_whole(path, lambda name: Path(name).write_bytes(picture))


def png(svg: str) -> bytes:
    """An SVG document as a PNG. Raises WattlineError where the package that draws it, or every font, is missing."""
    return _renderer()(svg)


def _renderer() -> Callable[[str], bytes]:
    try:
        import resvg_py
    except ImportError:
        raise WattlineError("a PNG needs resvg-py: pip install 'wattline[chart]'; or write an .svg") from None

    def drawn(svg: str, family: str | None = None) -> bytes:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=ZOOM, sans_serif_family=family, font_family=family))

    blank = drawn(_DRAWING.format(""))
    family = next((each for each in _FAMILIES if drawn(_DRAWING.format(_WORDS.format(each))) != blank), "")
    if not family:
        raise WattlineError("a PNG needs a font, and this machine has none; install one, or write an .svg")
    return lambda svg: drawn(svg, None if family == "sans-serif" else family)

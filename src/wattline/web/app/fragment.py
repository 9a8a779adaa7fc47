"""The middle of a report's page, to stand within a page of the app, whose policy admits no style in an element."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

_PARTS = re.compile(
    r"<header>.*?<h1>(?P<title>.*?)</h1>(?P<intro>.*?)<nav [^>]*>(?P<nav>.*?)</nav>\s*</header>\s*"
    r"<main>(?P<main>.*)</main>",
    re.S,
)
_STYLE = re.compile(r"""(<[a-z][^<>]*?)\sstyle=("([^"]*)"|'([^']*)')""")
_FIGURE = re.compile(r"<svg (?![^>]*aria-hidden)[^>]*?>.*?</svg>", re.S)  # a bar beside its number is none


class Fragment(NamedTuple):
    """A report's middle.

    Attributes
    ----------
    title : HTML of its heading
    intro : what stands before its sections
    nav : links to them
    main : the sections
    style : rules of the styles that stood in elements
    """

    title: str
    intro: str
    nav: str
    main: str
    style: str


def fragment_of(page: str) -> Fragment:
    """The middle of a report's page, with each element's own style as a rule of a style sheet.

    Parameters
    ----------
    page : as ``report.present.as_page`` makes it

    Returns
    -------
    HTML, and the rules that it needs.

    Raises
    ------
    ValueError where the page has no header and main part.
    """
    match = _PARTS.search(page)
    if match is None:
        raise ValueError("the page has no header and main part")
    rules: dict[str, str] = {}
    title, intro, nav, main = (_apart(match[name], rules) for name in ("title", "intro", "nav", "main"))
    return Fragment(title, intro, nav, main, "".join(f'[data-s="{key}"]{{{style}}}\n' for key, style in rules.items()))


def _apart(html: str, rules: dict[str, str]) -> str:
    """The HTML with a mark in place of each style, whose rule is added to ``rules``."""

    def mark(match: re.Match[str]) -> str:
        style = match[3] if match[3] is not None else match[4]
        key = hashlib.sha256(style.encode()).hexdigest()[:8]
        rules[key] = style.replace("}", "").replace("<", "")
        return f'{match[1]} data-s="{key}"'

    return _STYLE.sub(mark, html)


def first_figure(page: str) -> str:
    """The first figure of a page as an SVG file with its colours; "" where it has none."""
    match = _FIGURE.search(page[page.find("</header>") :])
    return "" if match is None else standalone_svg(match[0], page)


def standalone_svg(svg: str, page: str) -> str:
    """An SVG element of a page as a file, with those of the page's styles that it needs, in the colours of light.

    Parameters
    ----------
    svg : the element
    page : that it stands in, as HTML

    Returns
    -------
    An SVG document.
    """
    if " xmlns=" in svg.partition(">")[0]:  # a chart that is a file as it stands
        return svg
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    rules = style[1] if style else ""
    root = re.search(r":root\s*\{(.*?)\}", rules, re.S)
    colours = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", root[1] if root else ""))
    plain = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", rules)
    names = {name.strip(" .") for name in re.findall(r"[.#]?[\w-]+", " ".join(re.findall(r'class="([^"]*)"', svg)))}
    kept = []
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", plain):
        classes = set(re.findall(r"\.([\w-]+)", selector))
        if classes and classes <= names and "narrow" not in classes and "tall" not in classes:
            kept += _coloured(selector.strip(), body, colours)
    box = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', svg)
    size = f' width="{box[1]}" height="{box[2]}"' if box else ""
    text = re.sub(r"var\((--[\w-]+)\)", lambda match: colours.get(match[1], "#444"), svg)
    head, _, rest = text.partition(">")
    head = re.sub(r' (?:width|height)="[^"]*"', "", head) if size else head
    head = head.replace("<svg", f'<svg xmlns="http://www.w3.org/2000/svg"{size} font-family="sans-serif"', 1)
    return f"{head}><style>text{{fill:#1d2126;font-size:13px}}{''.join(kept)}</style>{rest}"


def _coloured(selector: str, body: str, colours: dict[str, str]) -> list[str]:
    """A rule with the values of its variables; one of a station's colour once for each station."""
    if "var(--c)" not in body:
        return [f"{selector}{{{_resolved(body, colours)}}}"]
    rules = []
    for station in ("chip", "server", "site", "grid", "work"):
        inner = selector.rpartition(" ")[2]
        coloured = body.replace("var(--c)", colours.get(f"--{station}", "#444"))
        rules.append(f".s-{station} {inner},.s-{station}{inner}{{{_resolved(coloured, colours)}}}")
    return rules


def _resolved(body: str, colours: dict[str, str]) -> str:
    return re.sub(r"var\((--[\w-]+)\)", lambda match: colours.get(match[1], "#444"), body)

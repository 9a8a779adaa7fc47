"""A finished page, or text in columns, in another language: every text and every label that a reader sees or hears."""

from __future__ import annotations

import html
import re

from rich.cells import cell_len

from wattline.report.language.translator import Translator

_TAG = re.compile(r"(<!--.*?-->|<[^>]*>)", re.S)
_LABEL = re.compile(r'(\s(?:aria-label|title|placeholder|alt|data-label|summary)=")([^"]*)(")')
_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
_VERBATIM = ("script", "style", "code", "pre")
_MONEY = re.compile(r'(\$[\d.,]+) (<span class="unit">)(million|billion|trillion)')
_COMMAND = re.compile(r"`(wattline [^`]+)`")
_COLUMNS = re.compile(r"( {2,}|[│┃|├└─━╭╰┌┐┘]+ ?)")


def translated_page(page: str, translator: Translator) -> str:
    """HTML in another language; scripts, styles and code stay as they are.

    Parameters
    ----------
    page : a page, or a part of one
    translator : into the language

    Returns
    -------
    The same HTML with its texts translated.
    """
    made, verbatim = [], ""
    for piece in _TAG.split(_MONEY.sub(lambda match: _money(match, translator), page)):
        if piece.startswith("<"):
            name = _NAME.match(piece)
            if name is not None and name[1] in _VERBATIM:
                verbatim = "" if piece.startswith("</") else verbatim or name[1]
            elif not verbatim:
                piece = _LABEL.sub(lambda m: f"{m[1]}{_escaped(m[2], translator)}{m[3]}", piece)
        elif not verbatim and piece.strip():
            piece = _escaped(piece, translator)
        made.append(piece)
    return "".join(made).replace('<html lang="en"', f'<html lang="{translator.lang}"', 1)


def with_code(page: str) -> str:
    """A page whose texts show commands as code, where they stand between backticks.

    Parameters
    ----------
    page : HTML

    Returns
    -------
    The same HTML; scripts, styles, drawings, titles and code stay as they are.
    """
    made, verbatim = [], ""
    for piece in _TAG.split(page):
        name = _NAME.match(piece)
        if name is not None and name[1] in (*_VERBATIM, "svg", "title"):
            verbatim = ("" if verbatim == name[1] else verbatim) if piece.startswith("</") else verbatim or name[1]
        made.append(piece if verbatim or piece.startswith("<") else _COMMAND.sub(r"<code>\1</code>", piece))
    return "".join(made)


def _money(match: re.Match[str], translator: Translator) -> str:
    """A sum whose "million" stands as its unit, written as the language writes the whole."""
    words = translator.text(f"{match[1]} {match[3]}")
    parts = re.fullmatch(r"([\d.,]+) (.+)", words)
    return f"{parts[1]} {match[2]}{parts[2]}" if parts else match[0]


def _escaped(text: str, translator: Translator) -> str:
    plain = html.unescape(text)
    words = translator.text(plain)
    return text if words == plain else html.escape(words, quote=True)


def translated_lines(text: str, translator: Translator) -> str:
    """Text in columns in another language, each column where it was or, where words are longer, beyond it.

    Parameters
    ----------
    text : lines, whose columns are two spaces or a line apart
    translator : into the language

    Returns
    -------
    As many lines.
    """
    return "\n".join(_line(line, translator) for line in text.split("\n"))


def _line(line: str, translator: Translator) -> str:
    made, place = "", 0
    for piece in _COLUMNS.split(line):
        if not piece:
            continue
        gap = place - cell_len(made)
        if gap > 0 and made and (piece.isspace() or _COLUMNS.fullmatch(piece)):
            made += " " * gap
        elif gap < 0 and piece.isspace():
            made = made + piece[: max(2, len(piece) + gap)]
            place += len(piece)
            continue
        made += piece if _COLUMNS.fullmatch(piece) else translator.text(piece)
        place += len(piece)
    return made.rstrip()

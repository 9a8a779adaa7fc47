"""What a page says of the command line, as the app calls it: "give --weather FILE" leads no reader of a form, and
"`wattline list models`" is a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from urllib.parse import quote

from markupsafe import Markup

from wattline.report.language.translator import Translator
from wattline.web.app.forms import Field
from wattline.web.app.pages import Page

_VALUE = r"(?: (?:FILE|DIR|SHARE|NAME|TIME|TEXT)\b)?"
_OPTION = re.compile(rf"`(--[a-z][a-z0-9-]*){_VALUE}`|(?<![\w-])(--[a-z][a-z0-9-]*){_VALUE}")
_TAG = re.compile(r"(<[^>]*>)")
_COMMAND = re.compile(r"`wattline ([a-z][a-z0-9 -]*)`|(?<![`\w])wattline (list [a-z][a-z-]*)")
_VERBATIM = ("code", "pre", "script", "style")


def with_labels(text: str, fields: Mapping[str, Field], words: Callable[[str], str]) -> str:
    """A text whose options are those of a form.

    Parameters
    ----------
    text : plain, in any language
    fields : of the form
    words : the app's words in the reader's language

    Returns
    -------
    The text with each option of the form by its label in quotation marks; other options stay as they are.
    """
    labels = {field.flag: words(field.label) for field in fields.values() if field.flag}

    def named(match: re.Match[str]) -> str:
        label = labels.get(match[1] or match[2])
        return match[0] if label is None else f"“{label}”"

    return _OPTION.sub(named, text)


def html_with_labels(html: str, fields: Mapping[str, Field], words: Callable[[str], str]) -> str:
    """HTML whose options are those of a form; code stays as it is.

    Parameters
    ----------
    html : of an answer
    fields : of the form
    words : the app's words in the reader's language

    Returns
    -------
    The same HTML with the labels in its texts.
    """
    if "--" not in html:
        return html
    made, verbatim = [], ""
    for piece in _TAG.split(html):
        name = piece.strip("</>").split(" ")[0] if piece.startswith("<") else ""
        if name in _VERBATIM:
            verbatim = "" if piece.startswith("</") else verbatim or name
        elif not name and not verbatim and "--" in piece:
            piece = with_labels(piece, fields, lambda text: escape(words(text)))
        made.append(piece)
    return "".join(made)


def with_pages(text: str, pages: Iterable[Page], words: Callable[[str], str], to: Translator) -> Markup:
    """A text whose commands of Wattline are links to their pages.

    Parameters
    ----------
    text : plain, in any language
    pages : of the app
    words, to : the app's words, and all others, in the reader's language

    Returns
    -------
    HTML; a command without a page stays as it is.
    """
    by_command = {page.command: page for page in pages}

    def linked(match: re.Match[str]) -> str:
        command, _, kind = (match[1] or match[2]).partition("list ")
        if kind and "list" in by_command and not command:
            href, name = f"{by_command['list'].path}?kind={quote(kind)}", f"{words('Catalog')}: {to.text(kind)}"
        elif command.strip() in by_command and not kind:
            page = by_command[command.strip()]
            href, name = page.path, words(page.title)
        else:
            return match[0]
        return f'<a href="{escape(href)}">{escape(name)}</a>'

    return Markup(_COMMAND.sub(linked, escape(text, quote=False)))

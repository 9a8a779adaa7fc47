"""Text of others made safe to show: no escapes of terminals, no signs that turn the direction of writing."""

from __future__ import annotations

import json
import re
from typing import Any

# controls but tab and line feed, invisible and bidirectional signs, line separators, lone surrogates, tags
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
SIGN = "\ufffd"
FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")  # sheets take the wide signs for the narrow ones


def printable(text: str) -> str:
    """The text with a sign in place of each character that a terminal would obey and not show."""
    return _UNSEEN.sub(SIGN, text)


def printable_data(data: Any) -> Any:
    """Plain data (objects, lists, numbers, text) with all of its text made printable."""
    if isinstance(data, str):
        return printable(data)
    if isinstance(data, dict):
        return {printable(name) if isinstance(name, str) else name: printable_data(v) for name, v in data.items()}
    if isinstance(data, list | tuple):
        return type(data)(map(printable_data, data)) if type(data) in (list, tuple) else data
    return data


def sayable(text: str) -> str:
    """The text with what UTF-8 cannot say (names of bytes that are none) as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def cell(value: Any) -> Any:
    """A value for a CSV that people open as a sheet: text that a sheet would run as a formula begins with ``'``."""
    if not isinstance(value, str):
        return value
    value = printable(value)
    if not value.startswith(FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def printable_json(text: str) -> str:
    """JSON text that says the same with these characters as escapes."""
    return _UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1], text)

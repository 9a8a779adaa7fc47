"""An extension of Griffe that reads the docstrings of this project as NumPy's.

Here a parameter is one line, ``name : what it is``, since its type stands in the signature, and what is returned and
raised is a sentence that begins with "Returns" or "Raises". These become the sections of NumPy's style.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Function, Object

ENTRY = re.compile(r"^(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)*) : (?P<text>.+)$")
PARAMETERS = re.compile(r"^(?P<head>(?:Parameters|Attributes)\n-+\n)(?P<body>.*?)(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)
OUTCOME = re.compile(r"^(?:Returns|Raises) (?!-).*?(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)
EXAMPLE = re.compile(r"^Example\n-+\n(?=>>>)", re.MULTILINE)
SENTENCE = re.compile(r"(?P<kind>Returns|Raises) (?P<text>.*?)(?= Raises |\Z)", re.DOTALL)


def numpy_style(text: str, returns: str = "") -> str:
    """A docstring with sections, and each parameter's description on a line of its own.

    Parameters
    ----------
    text
        The docstring as it is written here.
    returns
        The type that the signature returns.
    """
    text = EXAMPLE.sub("Examples\n--------\n", text)
    if PARAMETERS.search(text) is None:
        return text
    sections = ""
    for paragraph in OUTCOME.findall(text):
        for match in SENTENCE.finditer(" ".join(paragraph.split())):
            kind, words = match["kind"], match["text"].rstrip(".")
            name, words = words.partition(" ")[::2] if kind == "Raises" else (returns or "result", words)
            sections += f"\n\n{kind}\n{'-' * len(kind)}\n{name}\n    {words[:1].upper()}{words[1:]}."
    text = OUTCOME.sub("", text)
    text = PARAMETERS.sub(lambda match: match["head"] + _entries(match["body"]) + sections, text, count=1)
    return re.sub(r"\n{3,}", "\n\n", text)


def _entries(body: str) -> str:
    lines = []
    for line in body.splitlines():
        entry = ENTRY.match(line)
        for name in entry["names"].split(", ") if entry else ():  # each with its own default
            lines += [name, f"    {entry['text']}"]
        lines += [] if entry else [line]
    return "\n".join(lines)


class OneLineParameters(Extension):
    """Rewrites each docstring as it is read."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring is not None:
            returns = str(obj.returns or "") if isinstance(obj, Function) else ""
            obj.docstring.value = numpy_style(obj.docstring.value, returns)

"""Numbers of a line: as they are written, in digits, and with the letter of their scale."""

from __future__ import annotations

# not the digits of a name before it: of "H100,500 in" the number is 500
NUMBER = (
    r"(?<![\w.])((?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?\s?"
    r"(?:[kKMBT](?![a-zA-Z])|million|billion|trillion|thousand)?)"
)
SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def whole(number: str) -> str:
    """A number of things in digits: ``16k`` is ``16000``."""
    plain = compact(number)
    scale = SCALES.get(plain[-1:], 0)
    return f"{float(plain[:-1]) * scale:.0f}" if scale else plain


def product(*numbers: str) -> str:
    """The product of numbers as they are written: ``2 million`` and ``10`` make ``20M``."""
    value = 1.0
    for number in numbers:
        value *= float(whole(number))
    letter = next((letter for letter in "TBM" if value >= SCALES[letter]), "")
    return f"{value / SCALES[letter]:.10g}{letter}" if letter else f"{value:.10g}"


def compact(number: str) -> str:
    """A number without spaces and commas, its scale a letter: ``1 million`` is ``1M``."""
    plain = number.replace(",", "").replace(" ", "")
    for word, letter in (("thousand", "k"), ("million", "M"), ("billion", "B"), ("trillion", "T")):
        plain = plain.replace(word, letter)
    return plain

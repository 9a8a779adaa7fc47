"""Chips in the words of result files: ``NVIDIA Blackwell GPU (B200-SXM-180GB)``, ``AMD Instinct MI300X 192GB HBM3``."""

from __future__ import annotations

import re

from wattline.catalog import Catalog, Record, plain_name

MIN_LETTERS = 2  # of a name that is looked for inside of other words
VENDORS = ("nvidia", "amd", "google", "intel", "instinct", "tesla")  # say nothing of which chip
# a hyphen parts words before a word, and a memory from what stands before it
_BREAKS = re.compile(r"[\s_/()]+|-(?=[A-Za-z])|(?<=[A-Za-z0-9])-(?=\d+ ?GB)")


def find_chip(text: str, catalog: Catalog) -> Record | None:
    """The chip that a text names, or None: what stands in brackets before what stands outside, the longest name first.

    Parameters
    ----------
    text : as a result file has it, with vendor, memory and other words around the name
    catalog : where chips and their aliases stand

    Returns
    -------
    A record of kind ``chip``, or None.
    """
    known = catalog.names("chip")
    for part in (*re.findall(r"\(([^)]*)\)", text), text):
        words = [word for word in _BREAKS.split(part) if word and word.lower() not in VENDORS]
        spans = [words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
        names = sorted({plain_name("".join(span)) for span in spans}, key=lambda name: (-len(name), name))
        for name in names:
            if len(name) >= MIN_LETTERS and name in known:
                return catalog.records("chip")[known[name]]
    return None

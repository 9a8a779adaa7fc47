"""The chip that a benchmark's system description means: makers write labels, memory and modes around its name."""

from __future__ import annotations

import re

from wattline.catalog import Catalog, Record

WORDS = 5  # the longest name of a chip, in words


def reported_chip(text: str, catalog: Catalog) -> Record | None:
    """``NVIDIA H200-SXM-141GB`` is the h200-sxm; None where no words of the description name a chip.

    The longest run of words that names a chip counts, of these the first.

    Parameters
    ----------
    text : as the system's description has it
    catalog : where chips stand by name and alias

    Returns
    -------
    A record of kind ``chip``, or None.
    """
    words = [
        word for word in re.split(r"[\s_\-/(),]+", re.sub(r"\((?:r|tm)\)", " ", text, flags=re.IGNORECASE)) if word
    ]
    names = catalog.names("chip")
    for count in range(min(len(words), WORDS), 0, -1):
        for start in range(len(words) - count + 1):
            joined = "".join(words[start : start + count]).lower()
            if joined in names and not joined.isdigit():
                return catalog.records("chip")[names[joined]]
    return None

"""A line as it is read: parts are taken from it one after another, and what is left over was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

GONE = "\x00"  # stands where a part was taken
MAX_WORDS = 6  # in a name
_WORD = re.compile(r"[^\W_][\w./+-]*")
# words that ask, join or count, and say nothing of their own
_FILLING = """
a about accelerator accelerators account actually against ai all am an and annually another answer answers any
are around as ask asking at average avg be been best between big bill build built by campus can capacity
carbon card cards center centers centre centres chip chips clean co2 co2e come company compare compared
comparison consume consumed consumes consumption cost costs could data datacenter datacenters datacentre
datacentres day days demand did do does doing draw drawn draws each electric electrical electricity emission
emissions emit energy estimate every everything expect facility footprint for from general get give given go
going gpu gpus green grid had has have hello help hey hi host hosted hour hours how i if in inference instance
into is it its job just know kwh large like load loads long lot machine make makes many me mean means minute
model money month more much my near need needed needs new night node nodes now number of off on one only or our out
over per please power powered powers price prompt prompts queries query question really request requests
require required requires right run running runs same say says second seconds server servers set set-up setup
share should show single site so some someone start take taken takes task tasks tell than that the their them
then there these they thing this through time to today token tokens total true typical under up usage use used
user users uses using usual usually versus via vs want was water watt watts way we week well were what what's
when where which while who why will with within work working works would x year years you your
"""
FILLERS = frozenset(_FILLING.split())


_COUNTED = "day days hour hours minute minutes second seconds week weeks month months year years users chips"
UNITS = frozenset(_COUNTED.split())


class TypedLine:
    """A line of plain words, of which parts are taken.

    Parameters
    ----------
    text : the line, in English
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.left = text

    def has(self, pattern: re.Pattern[str]) -> bool:
        """Whether the whole line holds a pattern."""
        return pattern.search(self.text) is not None

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match in what is left, which is then gone; None where there is none."""
        match = pattern.search(self.left)
        if match is not None:
            self.drop(*match.span())
        return match

    def take_all(self, pattern: re.Pattern[str]) -> None:
        """Every match."""
        while self.take(pattern) is not None:
            continue

    def drop(self, start: int, end: int) -> None:
        """Take what stands between two places.

        Parameters
        ----------
        start : place of the first letter
        end : place behind the last
        """
        self.left = self.left[:start] + GONE * (end - start) + self.left[end:]

    def runs(self, apart: str = r"\s+", most: int = MAX_WORDS) -> Iterator[tuple[str, int, int]]:
        """Runs of words of what is left that may be a name, the longest first, with their places.

        Parameters
        ----------
        apart : what may stand between two words of a name
        most : words in a name

        Returns
        -------
        An iterator over words, begin and end.
        """
        words = [(match.start(), match.start() + len(match[0].rstrip("./-"))) for match in _WORD.finditer(self.left)]
        joined = [re.fullmatch(apart, self.left[end:begin]) is not None for (_, end), (begin, _) in pairwise(words)]
        for count in range(min(most, len(words)), 0, -1):
            for i in range(len(words) - count + 1):
                if all(joined[i : i + count - 1]):
                    start, end = words[i][0], words[i + count - 1][1]
                    yield self.left[start:end], start, end

    def unread(self) -> tuple[str, ...]:
        """Words that are left and mean something: runs of them as they were written."""
        runs: list[str] = []
        before = -2
        for i, match in enumerate(re.finditer(r"[^\s\x00,;:?!()\"“”]+", self.left)):
            word = match[0].strip(".'’")
            counted = runs and before == i - 1 and runs[-1][-1:].isdigit() and word.lower() in UNITS
            if word == "1" or (word.lower() in FILLERS and not counted) or not any(sign.isalnum() for sign in word):
                continue
            if i == before + 1 and runs:
                runs[-1] += f" {word}"
            else:
                runs.append(word)
            before = i
        return tuple(runs)

"""The ground of a plotted figure, drawn twice: for a wide window, and for a phone, where the words keep their size."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import TypeVar

import numpy as np

from wattline.core.fact import Array

Shares = TypeVar("Shares", float, Array)


@dataclass(frozen=True)
class Ground:
    """The size of a figure and the margins around what is plotted, in px of its own."""

    width: int
    height: int
    left: int
    right: int
    top: int = 12
    foot: int = 34
    narrow: bool = False

    def across(self, share: Shares) -> Shares:
        """The x of a share, 0 to 1, of the plotted width."""
        return self.left + share * (self.width - self.left - self.right)

    def up(self, share: Shares) -> Shares:
        """The y of a share, 0 to 1, of the plotted height, from below."""
        return self.height - self.foot - share * (self.height - self.foot - self.top)

    def rule(self, share: float, label: str) -> str:
        """A level across the figure, with its label on the left.

        Parameters
        ----------
        share : height within the figure, 0 at the foot to 1
        label : of the level

        Returns
        -------
        SVG elements.
        """
        y = self.up(share)
        line = f'<line class="level" x1="{self.left}" x2="{self.width - self.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        return line + svg_text(self.left - 7, y + 4, label, "end")

    def below(self, share: float, label: str) -> str:
        """A label below the figure; the outermost stay within it.

        Parameters
        ----------
        share : place across the figure, 0 on the left to 1
        label : as it is shown

        Returns
        -------
        An SVG element.
        """
        anchor = "middle"
        if self.narrow:
            anchor = "start" if share < 0.02 else "end" if share > 0.98 else "middle"
        return svg_text(self.across(share), self.height - self.foot + 20, label, anchor)


def round_step(step: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten; 1 for none."""
    if not step > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= step * (1 - 1e-9)))


def round_places(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, about so many.

    Parameters
    ----------
    low, high : ends of an axis
    count : of the marks, about

    Returns multiples of a round step within both ends.
    """
    step = round_step((high - low) / max(count - 1, 1))
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(place * step) for place in np.arange(first, last + 1)]


def svg_text(across: float, down: float, words: str, anchor: str = "middle") -> str:
    """Words at a place in a figure.

    Parameters
    ----------
    across, down : place in the figure's units
    words : the text
    anchor : the point of the text that stands there: ``start``, ``middle`` or ``end``

    Returns SVG.
    """
    return f'<text x="{across:.1f}" y="{down:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def drawn(label: str, draw: Callable[[Ground], str], wide: Ground, narrow: Ground) -> str:
    """The figure for a wide window and for a phone; the page shows the one that fits.

    Parameters
    ----------
    label
        What the figure is, for a reader who does not see it.
    draw
        Makes what is inside it for a ground.
    wide, narrow
        The two grounds.

    Returns
    -------
    Both as SVG.
    """
    return "".join(
        f'<svg class="plot {kind}" viewBox="0 0 {ground.width} {ground.height}" role="img" '
        f'aria-label="{escape(label)}">{draw(ground)}</svg>'
        for kind, ground in (("wide", wide), ("narrow", narrow))
    )


def legend(entries: Iterable[tuple[str, str, str]]) -> str:
    """A list of colours with their names, each with a small figure after it where there is one."""
    items = "".join(
        f'<li><i style="background:{colour}"></i>{escape(name)}'
        + (f" <small>{escape(figure)}</small></li>" if figure else "</li>")
        for name, colour, figure in entries
    )
    return f'<ul class="legend">{items}</ul>'

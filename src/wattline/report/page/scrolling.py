"""What may be wider than a phone, in a part of its own that scrolls."""

from __future__ import annotations

from wattline.report.page.words import esc


def scroll_box(body: str, label: str) -> str:
    """What may be wider than a phone, in a part that scrolls sideways, also by the keyboard.

    Parameters
    ----------
    body : HTML
    label : what it is, for those who do not see it

    Returns HTML.
    """
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{esc(label)}">{body}</div>'

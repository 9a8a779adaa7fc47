"""What shows answers to people, handed in by the face of the package; nothing is imported for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_presenter: list[Callable[[], Any]] = []


def present_with(presenter: Callable[[], Any]) -> None:
    """Say what shows answers; it is called when the first answer is shown."""
    _presenter[:] = [presenter]


def presenter() -> Any:
    """What shows answers, as ``present_with`` was given it. Raises RuntimeError where nothing was given."""
    if not _presenter:
        raise RuntimeError("nothing shows answers: `present_with` was not called, as `import wattline` does")
    return _presenter[0]()

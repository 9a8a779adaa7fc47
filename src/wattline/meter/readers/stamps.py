"""A single instant in one of the usual forms -> seconds since the epoch, without the cost of a table.

Logs carry a time in each line; what a column of such times would be taken for, a single one is, to the microsecond.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CLOCK = r"(?P<h>\d{2}):(?P<mi>\d{2}):(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?"
ZONE = r"(?:(?P<utc>Z|\s*(?:UTC|GMT))|\s?(?P<sign>[+-])(?P<zh>\d{2}):?(?P<zm>\d{2}))?"
FORMS = (
    re.compile(rf"(?P<y>\d{{4}})(?P<bar>[-/])(?P<mo>\d{{2}})(?P=bar)(?P<d>\d{{2}}) {CLOCK}{ZONE}"),
    re.compile(rf"(?P<y>\d{{4}})-(?P<mo>\d{{2}})-(?P<d>\d{{2}})T{CLOCK}{ZONE}"),
    re.compile(rf"(?P<mo>\d{{2}})(?P<bar>[-/])(?P<d>\d{{2}})(?P=bar)(?P<y>\d{{4}}) {CLOCK}(?P<utc>)(?P<sign>)"),
    re.compile(
        r"(?P<y>199\d|20\d\d)(?P<mo>\d{2})(?P<d>\d{2})(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})(?P<f>\d{3})?(?P<utc>)(?P<sign>)"
    ),
    re.compile(
        rf"(?P<day>[A-Z][a-z]{{2}}) (?P<name>[A-Z][a-z]{{2}}) +(?P<d>\d{{1,2}}) {CLOCK} (?P<y>\d{{4}})"
        r"(?: (?P<sign>[+-])(?P<zh>\d{2}):?(?P<zm>\d{2}))?(?P<utc>)"
    ),
)


def usual(text: str) -> float | None:
    """Seconds since the epoch of a date with its time of day in a usual form, UTC where it names no zone.

    Parameters
    ----------
    text : year first, month first (``03/31/2026 12:00:00``), or as C writes it (``Tue Mar 31 12:00:00 2026``)

    Returns them; None for any other form, and for what is no date.
    """
    match = next((match for form in FORMS if (match := form.fullmatch(text))), None)
    if match is None:
        return None
    part = match.groupdict()
    try:
        month = int(part["mo"]) if part.get("mo") else 1 + MONTHS.index(str(part["name"]))
        micro = int(f"{part['f'] or '0':0<6}"[:6])
        zone = timezone(_away(part)) if part["sign"] else UTC
        day, hour, minute, second = (int(part[name]) for name in ("d", "h", "mi", "s"))
        at = datetime(int(part["y"]), month, day, hour, minute, second, micro, zone)
    except ValueError:
        return None
    wrong_day = part.get("day") and DAYS[at.weekday()] != part["day"]
    return None if wrong_day else at.timestamp()


def _away(part: dict[str, str]) -> timedelta:
    """How far a zone's clocks are before UTC."""
    away = timedelta(hours=int(part["zh"]), minutes=int(part["zm"]))
    return away if part["sign"] == "+" else -away

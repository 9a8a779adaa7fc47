"""Series whose source itself says what they are, as channels: they go the way of all others, and can be overruled.

Stretches of one device that must not be joined (runs of a log, windows that lie apart) keep a number each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wattline.core.fact import Array
from wattline.meter.interpretation import Choices
from wattline.meter.places import index_of, words_of
from wattline.meter.readers.assemble import Extras, assemble
from wattline.meter.readers.channel import READING, TOTAL, Channel
from wattline.meter.readers.units import SHORT, Unit
from wattline.meter.recording import Recording, Series

ROLES = {"gpu": "board", "mig": "slice", "cpu": "package", "dram": "dram", "node": "machine", "rack": "total"}


class NamedSeries(NamedTuple):
    """A series with the name that its source gives it.

    ``unit``: as the source writes it; ``role``: its place, None for that of its kind of device; ``aliases``: other
    names by which the user may mean it; ``stretch``: which of the stretches of its device that lie apart.
    """

    name: str
    series: Series
    unit: str = ""
    role: str | None = None
    aliases: Sequence[str] = ()
    stretch: int = 0
    clock: str = "UTC"
    rank: int = 0


def channels(defined: NamedSeries) -> list[Channel]:
    """A channel for the watts of a series, and one for its joules."""
    series = defined.series
    out = []
    for values, base, counts in ((series.power_w, "W", READING), (series.energy_j, "J", TOTAL)):
        if values is None:
            continue
        written = SHORT[defined.unit or base]
        unit = written if written.quantity == SHORT[base].quantity else SHORT[base]
        out.append(_channel(defined, values if unit.scale == 1 else values / unit.scale, unit, counts))
    return out


def _channel(defined: NamedSeries, values: Array, unit: Unit, counts: str) -> Channel:
    series = defined.series
    device, words = series.device, words_of(defined.name)
    return Channel(
        defined.name, device, series.time_s, values, (unit,), series.spec, counts, words,
        place=words_of(device.uuid), role=ROLES.get(device.kind, "") if defined.role is None else defined.role,
        index=index_of(device.uuid), rank=defined.rank, trusted=True, clock=defined.clock,
        monotonic_s=series.monotonic_s, aliases=defined.aliases, stretch=defined.stretch,
    )  # fmt: skip


def join_defined(defined: Sequence[NamedSeries], choices: Choices, source: str, extras: Extras = Extras()) -> Recording:
    """The recording of series that their source defines.

    Parameters
    ----------
    defined: every series, those of one device and quantity with a ``stretch`` each where they lie apart.
    choices: what the user says in place of what the source says.
    source: the file, for messages.
    extras: windows, counts, faults, notes and further rows of the interpretation.

    Returns
    -------
    Its series by device, with windows, faults and the interpretation.
    """
    every = [channel for each in defined for channel in channels(each)]
    return assemble(every, choices, source, extras)


def retold(made: Recording, choices: Choices) -> Recording:
    """A recording whose source tells everything itself, with what the user says in its place; as it is without.

    Parameters
    ----------
    made : recording as its source tells it
    choices : what the user says of it

    Returns
    -------
    A recording.
    """
    if not choices:
        return made
    count: dict[str, int] = {}
    defined = []
    for series in made.series:
        key = series.device.key
        count[key] = count.get(key, -1) + 1
        clock = "monotonic" if series.monotonic_s is not None else "UTC"
        names = tuple(filter(None, (series.device.name, *series.spec.note.split(", "))))
        defined.append(NamedSeries(series.device.uuid, series, "", None, names, count[key], clock))
    return join_defined(defined, choices, made.source, Extras(made.windows, made.counts, made.faults, made.notes))

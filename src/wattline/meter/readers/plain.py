"""A plain table, CSV or Parquet, of times and watts or joules; columns told by their names, else one clear error.

Wide (a column of watts a device), long (columns that name the device), names and values, or mixed. Names and units as
``columns`` and ``units`` read them, devices as ``rows`` tells them apart; what they mean together is settled in
``assemble``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.parquet import MARK, read_parquet
from wattline.meter.device import Device
from wattline.meter.interpretation import Choices, Interpretation
from wattline.meter.places import index_of, kind_of, label_of, role_of, words_of
from wattline.meter.readers import headerless, metric_table, own, specs, units
from wattline.meter.readers.assemble import Extras, assemble
from wattline.meter.readers.channel import Channel
from wattline.meter.readers.column_names import TIME_UNITS, bare_name
from wattline.meter.readers.columns import Layout, layout
from wattline.meter.readers.defined import retold
from wattline.meter.readers.frame import decimal_comma, read_frame
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.readers.rows import REGULAR, Groups, groups
from wattline.meter.readers.spans import as_rows
from wattline.meter.readers.title import title
from wattline.meter.recording import Recording

if TYPE_CHECKING:
    import polars as pl

OF_NODE = re.compile(r"^((?:node|host|server|machine|worker)_?\d+)_?(.*)$")
NAMED_TOTAL = frozenset({"total", "sum", "all"})
SHARED = {"target": 3, "process": 3, "exe": 3, "container": 2, "pod": 1}  # columns of who used a part of the hardware
# of rows that stand for all of the hardware, the first that is there; the others tell the same again
WHOLES = ("rapl", "all", "total", "system", "machine", "node", "global")
PARTS = frozenset(
    {"cpu", "core", "core_id", "cpu_id", "thread", "lcpu", "cpu_core", "rank", "local_rank", "process", "pid"}
)
WHOLE = frozenset({"package", "pkg", "socket", "node", "server", "system", "machine", "host", "board", "psys", "total"})
NO_DEVICES = frozenset({"average", "avg", "mean", "median", "max", "min", "maximum", "minimum", "std", "stddev"})
ALONE = "power"  # the name of the one device of a table that names none
LENGTHS = frozenset({"interval", "duration", "dt", "delta_t", "time_delta", "period", "sample_interval", "window"})
LIKE_A_STEP = 0.2  # a length of a row is the step to the next within this
MIN_STEPS = 3
Numbers = dict[str, Array]


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each device of the table.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.
    """
    frame = _frame(path)
    if own.is_table(frame.columns):
        return retold(own.read(frame, str(path)), choices)
    frame = title(frame, path, choices)
    comma = frame.columns == [] or decimal_comma(path)
    choices, note = headerless.name_columns(frame, choices, str(path), path.stem)
    recording = of_frame(frame, choices, str(path), path.stem, comma)
    return headerless.with_note(recording, note) if note else recording


def of_frame(frame: pl.DataFrame, choices: Choices, source: str, host: str, comma: bool = False) -> Recording:
    """The recording of a table in memory.

    Parameters
    ----------
    frame: its columns, as text or typed.
    choices: what the user says.
    source: for messages.
    host: the machine where the table names none.
    comma: a comma is the mark of decimals where cells leave that open.

    Returns
    -------
    Its series by device, with faults and the interpretation.
    """
    if (metrics := metric_table.read(frame, source, choices)) is not None:
        return metrics
    spanned = as_rows(frame, choices)
    frame, table_layout = layout(frame if spanned is None else spanned, choices, source)
    columns = [value.column for value in table_layout.values]
    devices = groups(frame, table_layout.time_s, table_layout.others, columns, choices, source)
    if not choices.device:
        _leave_statistics(devices)
    numbers = {name: units.cells(frame[name], comma) for name in columns}
    table_layout.lengths = _lengths(frame, table_layout)
    apart = any(unit is not None for each in numbers.values() for unit in each[1])
    if apart:  # units in cells: the numbers are in W and J already
        table_layout.values = [_in_base(value, numbers[value.column][1]) for value in table_layout.values]
    if any(row.quantity == "time" and "bucket" in words_of(row.name) for row in table_layout.rows):
        table_layout.values = [value._replace(words=(*value.words, "bucket")) for value in table_layout.values]
    channels = _channels(table_layout, devices, {name: each[0] for name, each in numbers.items()}, host)
    channels = channels if choices.device else _channels_once(channels, devices)
    extras = Extras(notes=table_layout.notes, rows=[*table_layout.rows, *devices.remarks])
    return assemble(channels, replace(choices, device=()), source, extras)


def _channels_once(channels: list[Channel], devices: Groups) -> list[Channel]:
    """Channels without those in which the rows of parts (cores, ranks) repeat what their column names as a whole."""
    if not any(bare_name(name) in PARTS for name in devices.columns):
        return channels
    by_value: dict[tuple[str, str], list[Channel]] = {}
    for entry in channels:
        by_value.setdefault((entry.device.host, entry.aliases[0]), []).append(entry)
    out = []
    for (_, name), same in by_value.items():
        alike = len(same) > 1 and all(np.array_equal(same[0].values, entry.values, equal_nan=True) for entry in same)
        if alike and WHOLE & set(words_of(name)) and np.ptp(same[0].values) > 0:
            label = label_of(name)
            device = replace(same[0].device, uuid=label, name=label)
            words = words_of(label)
            devices.remarks += [Interpretation(entry.name, note="repeats what it is a part of") for entry in same[1:]]
            same = [replace(same[0], device=device, place=words, role=role_of(words), index=index_of(label))]
        out += same
    return out


def _leave_statistics(devices: Groups) -> None:
    """Take away rows that are called a mean or a spread of the others, and are no device."""
    names = [" ".join(filter(None, key)) for key in devices.rows]
    odd = [name for name in names if (words := set(words_of(name))) and words <= NO_DEVICES]
    if 0 < len(odd) < len(names) - 1:
        devices.rows = {key: rows for key, rows in devices.rows.items() if " ".join(filter(None, key)) not in odd}
        devices.remarks += [Interpretation(name, note="a mean or a spread of the others, no device") for name in odd]


def _lengths(frame: pl.DataFrame, table_layout: Layout) -> bool:
    """Whether a column tells how long each row stands for."""
    steps = np.diff(table_layout.time_s)
    steps = steps[steps > 0]
    if len(steps) < MIN_STEPS:
        return False
    usual = float(np.median(steps))
    for name in table_layout.others:
        base, _, unit = bare_name(name).rpartition("_")
        scale = TIME_UNITS.get(unit) if base in LENGTHS else 1.0 if bare_name(name) in LENGTHS else None
        if scale is None:
            continue
        lengths = units.cells(frame[name])[0] * scale
        near = np.abs(lengths[np.isfinite(lengths)] / usual - 1) < LIKE_A_STEP
        if len(near) and near.mean() > REGULAR:
            return True
    return False


def _in_base(value: Value, inside: Sequence[units.Unit | None]) -> Value:
    """A column whose cells name their units, in W or J; cells without one take the header's."""
    named = [unit for unit in inside if unit is not None]
    if not named:
        return value
    return value._replace(units=(units.SHORT["W" if named[0].quantity == "power" else "J"],))


def _frame(path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        if file.read(4) != MARK:
            return read_frame(path)
    return _flat(read_parquet(path, str(path)), str(path))


def _flat(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """A typed table without nested columns: fields of objects as columns, durations in seconds, lists left out."""
    import polars as pl

    columns: list[pl.Series] = []
    for column in frame.get_columns():
        if isinstance(column.dtype, pl.Struct):
            columns += [part.alias(f"{column.name}.{part.name}") for part in column.struct.unnest().get_columns()]
        elif isinstance(column.dtype, pl.Duration):
            columns.append((column.dt.total_microseconds() * 1e-6).alias(column.name))
        elif not column.dtype.is_nested():
            columns.append(column)
        elif isinstance(value_of(column.name), Value):
            raise WattlineError(f"{source}: {column.name} holds lists: give each device a column of its own")
    return pl.DataFrame(columns)


def _channels(table_layout: Layout, devices: Groups, numbers: Numbers, host: str) -> list[Channel]:
    """A channel for each device's rows and each column of watts or joules."""
    values = [_named_total(value, table_layout.values) for value in table_layout.values]
    several = len({value.label for value in values}) > 1
    out = []
    for (where, part), rows in devices.rows.items():
        whole = len(rows) == len(table_layout.time_s)
        time_s = table_layout.time_s if whole else table_layout.time_s[rows]
        for value in values:
            name = f"{value.name} of {'/'.join(filter(None, (where, part)))}" if where or part else value.name
            cells = numbers[value.column] if whole else numbers[value.column][rows]
            at_s = time_s
            if table_layout.by_name:
                at_s, cells = time_s[np.isfinite(cells)], cells[np.isfinite(cells)]
            level = _level(devices, part)
            channel = _channel(value, where, part, several, host, level)
            aliases = (value.name, *((value.label,) if value.label else ()))
            out.append(
                replace(
                    channel,
                    name=name,
                    time_s=at_s,
                    values=cells,
                    aliases=aliases,
                    clock=table_layout.clock,
                    lengths=table_layout.lengths,
                )
            )
    return [unit for unit in out if len(devices.rows) == 1 or _there(unit.values)]


def _there(values: Array) -> bool:
    return bool(np.isfinite(values).any())


def _named_total(value: Value, values: Sequence[Value]) -> Value:
    """``total`` in the name of joules says that they run on, unless other columns are its parts."""
    words = set(value.label.split("_"))
    if value.units and value.units[0].quantity == "energy" and words & NAMED_TOTAL:
        bare = "_".join(word for word in value.label.split("_") if word not in NAMED_TOTAL)
        others = {unit.label for unit in values if unit is not value and unit.label != value.label}
        if bare in others or not others:
            return value._replace(label=bare)
    return value


def _level(devices: Groups, part: str) -> int:
    """How far below hardware a row's device is, where its column names who used it beside the whole of it."""
    level = max((SHARED.get(bare_name(name), 0) for name in devices.columns), default=0)
    named = {each: words for _, each in devices.rows if (words := set(words_of(each))) & set(WHOLES)}
    first = next((whole for whole in WHOLES if any(whole in words for words in named.values())), None)
    return 0 if first is None or first in named.get(part, ()) else level


def _channel(value: Value, where: str, part: str, several: bool, host: str, level: int) -> Channel:
    """Whose numbers a column's are: the row's device, the column's, or both."""
    label = value.label
    if where and not part and role_of(words_of(where)) == "total":  # a row of hosts that is their sum
        where, label = "", label or where
    if not where and (match := OF_NODE.match(label)):
        where, label = match[1], match[2] or "node"
    named = "/".join(filter(None, (part, label))) if several else part
    uuid = named or label or ("node" if where else ALONE)
    words = words_of(f"{part} {label}") if part else words_of(label)
    if uuid == "node":
        words = ("node",)
    role = role_of(words)
    if uuid == ALONE and several:
        role, words = "total", ("total",)
    kind = kind_of(role, words)
    device = Device(where or host, uuid, kind, uuid)
    level = level or (3 if set(words) & {"application", "applications", "process", "processes"} else 0)
    spec = specs.unknown_sensor("file", value.name)
    empty: NDArray[np.float64] = np.empty(0)
    return Channel(
        value.name, device, empty, empty, value.units, spec,
        words=value.words, place=words, role=role, index=index_of(uuid), level=level, group=host,
    )  # fmt: skip

"""Which columns of a long table tell its devices apart: those that part the rows of one instant.

A number of the row, which differs in every row, is no device; several unlike rows of one instant that no column parts
are refused, for they may be several devices or one that was read more often than its clock shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.interpretation import NONE, Choices, Interpretation
from wattline.meter.readers import units
from wattline.meter.readers.column_names import USERS, bare_name
from wattline.meter.readers.frame import rows_of

if TYPE_CHECKING:
    import polars as pl

HOSTS = ("host", "hostname", "node", "node_name", "nodename", "machine", "server", "instance", "cluster_node")
DEVICES = (
    "device", "gpu", "gpu_uuid", "uuid", "gpu_id", "device_id", "deviceid", "gpu_index", "gpuid", "card", "node_id",
    "sensor", "socket", "socket_id", "package", "cpu", "zone", "domain", "rail", "outlet", "plug", "meter", "psu",
    "channel", "index", "idx", "id", "local_rank", "rank", "label", "name", "gpu_name", "bus", "bus_id", "pci_bus_id",
    "serial", "location", "rack", "tile", "tileid", "target", "process", "exe", "container", "pod",
)  # fmt: skip
RANKS = frozenset({"rank", "local_rank", "global_rank", "world_rank", "worker", "worker_id", "proc", "process_index"})
NOT_IDS = ("pid", "process", "user", "job", "step", "epoch", "iteration", "utilization", "util", "temp", "status")
ORDER = "order"
# columns that tell instances of a board apart; an instance's row carries the board's watts
INSTANCES = frozenset({
    "mig", "mig_uuid", "mig_id", "mig_device", "mig_profile", "mig_index", "gi", "gi_id", "gpu_i_id", "gpu_i_profile",
    "gpu_instance", "gpu_instance_id", "ci", "ci_id", "compute_instance_id", "xcp", "xcp_id", "partition_id",
})  # fmt: skip
STEADY = 0.8  # a device stands in nearly every instant
REGULAR = 0.9
SAME = 0.02  # ranks that tell the same machine come out within this
SMOOTH = 0.6  # rows of one instant that differ by less than this share of what instants do are one device's
MAX_DEVICES = 65_536
SAMPLE = 20_000  # rows by which it is told which columns part them


@dataclass
class Groups:
    """Rows by host and device: names of both, and the rows of each; and what was decided."""

    rows: dict[tuple[str, str], NDArray[np.intp]]
    columns: list[str] = field(default_factory=list)
    remarks: list[Interpretation] = field(default_factory=list)


def groups(
    frame: pl.DataFrame, time_s: Array, others: Sequence[str], values: Sequence[str], choices: Choices, source: str
) -> Groups:
    """The rows of each device.

    Parameters
    ----------
    frame, time_s, source: the table, its instants, shape ``(n,)``, and its name in errors.
    others: columns that are neither times nor values.
    values: columns of watts or joules, by which rows that say the same are told from devices.
    choices: ``device`` names the columns, ``none`` or ``order``.

    Returns
    -------
    Rows by host and device, the columns that tell them apart, and remarks.

    Raises
    ------
    WattlineError: several unlike rows of one instant, and nothing tells whose they are.
    """
    host, parts, remarks = _columns(
        frame, time_s, _boards(frame, time_s, others, values, choices, source), values, choices
    )
    chosen = [name for name in (host, *parts) if name]
    if choices.device == (ORDER,):
        return _in_order(time_s, remarks)
    if not choices.device:
        check_several(frame, time_s, chosen, values, source)
    by_device: dict[tuple[str, str], NDArray[np.intp]] = {}
    for cells, rows in rows_of(frame, chosen):
        where, *labels = cells if host else ("", *cells)
        pair = (where, _label(tuple(labels), parts))
        by_device[pair] = np.sort(np.concatenate([by_device[pair], rows])) if pair in by_device else rows
    if len(by_device) > MAX_DEVICES:
        raise WattlineError(f"{source}: {', '.join(chosen)} tell {len(by_device):,} devices apart: say --device none")
    remarks += [Interpretation(name, "", "device", note="tells devices apart") for name in chosen]
    return Groups(by_device, chosen, remarks)


def _boards(
    frame: pl.DataFrame, time_s: Array, others: Sequence[str], values: Sequence[str], choices: Choices, source: str
) -> list[str]:
    """The columns without those of a board's instances, where rows of one board and instant say the same; and without
    ranks, each of which tells all of its machine's numbered cards.

    Raises
    ------
    WattlineError: ranks tell nearly the same, so that they may be of one machine or of machines alike.
    """
    import polars as pl

    numbered = len(values) > 1 and all(any(letter.isdigit() for letter in name) for name in values)
    known = INSTANCES | USERS | (RANKS if numbered else frozenset())
    instances = [name for name in others if bare_name(name) in known or bare_name(name).startswith("mig_")]
    boards = [n for n in others if bare_name(n) in DEVICES and n not in instances and not _row_number(frame, n)]
    if not (instances and values and (boards or numbered)) or choices.device:
        return list(others)
    few = frame.with_columns(pl.Series("__time", time_s)).head(SAMPLE).drop_nulls(values[0])
    hosts = [name for name in others if bare_name(name) in HOSTS and name not in boards]
    same = few.group_by("__time", *hosts, *boards).agg(pl.col(values[0]).n_unique().alias("__values"))
    ranks = [name for name in instances if bare_name(name) in RANKS and frame[name].n_unique() > 1]
    apart = len(few) <= 1.1 * len(same)  # each rank at instants of its own
    if (same["__values"] == 1).to_numpy().mean() >= REGULAR and not (ranks and apart):
        return [name for name in others if name not in instances]
    if ranks and not hosts:
        _check_ranks(few, ranks[0], values, source)
    return list(others)


def _check_ranks(frame: pl.DataFrame, rank: str, values: Sequence[str], source: str) -> None:
    """WattlineError where ranks tell nearly the same: of one machine, or of machines alike, who can say."""
    means = [units.cells(rows[values[0]])[0].mean() for _, rows in frame.group_by(rank)]
    if max(means) - min(means) > SAME * max(means):
        return
    what = shorten(", ".join(values), 60)
    raise WattlineError(
        f"{source}: each {rank} tells nearly the same of {what}: say --device none (one machine, which each of them "
        f"tells) or --device {rank} (machines alike)"
    )


def _columns(
    frame: pl.DataFrame, time_s: Array, others: Sequence[str], values: Sequence[str], choices: Choices
) -> tuple[str | None, list[str], list[Interpretation]]:
    """The column of hosts, those of devices, and what was left aside."""
    given = [n for n in frame.columns if choices.quantity([n]) == "device"]
    given += [name for name in choices.device if name in frame.columns]
    if choices.device and not given and choices.device not in ((NONE,), (ORDER,)):
        there = shorten(", ".join(frame.columns), 120)
        raise WattlineError(f"--device {', '.join(choices.device)}: no such column (there are {there}); or none, order")
    if choices.device in ((NONE,), (ORDER,)):
        return None, [], []
    if given:
        host = next((name for name in given if bare_name(name) in HOSTS), None)
        return host, [name for name in given if name != host], []
    remarks: list[Interpretation] = []
    known = [name for name in others if bare_name(name) in HOSTS or bare_name(name) in DEVICES]
    if any("process" in bare_name(name) for name in values):  # power of processes: their numbers tell them apart
        known += [name for name in others if bare_name(name) == "pid"]
    for name in list(known):
        if _row_number(frame, name):
            known.remove(name)
            remarks.append(Interpretation(name, note="differs in every row: a number of the row, no device"))
    host = next((name for word in HOSTS for name in known if bare_name(name) == word), None)
    parts = [name for word in (*DEVICES, "pid") for name in known if bare_name(name) == word and name != host]
    return host, parting(frame, time_s, host, parts, [n for n in others if n not in known]), remarks


def parting(frame: pl.DataFrame, time_s: Array, host: str | None, parts: list[str], rest: list[str]) -> list[str]:
    """As few columns as part all rows of an instant: one by itself, else several; else the first that varies.

    Parameters
    ----------
    frame, time_s : the table and its instants [s], shape ``(n,)``
    host : column of the machine, where there is one
    parts, rest : columns that may name the device; others

    Returns names of columns.
    """
    base = [host] if host else []
    whole = _rows_apart(frame, time_s, base)
    if whole >= 1.0:
        several = [name for name in parts if frame[name].n_unique() > 1]
        return several[:1] or parts[:1]
    for name in parts:
        if _rows_apart(frame, time_s, [*base, name]) >= 1.0:
            return [name]
    fit = [name for name in rest if _is_device(frame, time_s, name)]
    for name in fit:
        if _rows_apart(frame, time_s, [*base, name]) >= 1.0:
            return [name]
    chosen: list[str] = []
    for name in [*parts, *fit]:
        better = _rows_apart(frame, time_s, [*base, *chosen, name])
        if better > whole + 1e-9:
            chosen, whole = [*chosen, name], better
        if whole >= 1.0:
            break
    return chosen or [name for name in parts if frame[name].n_unique() > 1][:1] or parts[:1]


def _rows_apart(frame: pl.DataFrame, time_s: Array, names: Sequence[str]) -> float:
    """The share of rows that these columns tell from all others of their instant; rows written twice count once."""
    import polars as pl

    there = frame.with_columns(pl.Series("__time", time_s)).head(SAMPLE).unique(maintain_order=True)
    return there.select("__time", *names).n_unique() / max(1, len(there))


def _row_number(frame: pl.DataFrame, name: str) -> bool:
    """Whether a column differs in (nearly) every row."""
    count = frame[name].n_unique()
    return len(frame) > 2 and count > 0.5 * len(frame) and count > 2


def _is_device(frame: pl.DataFrame, time_s: Array, name: str) -> bool:
    """Whether nearly every instant has the same cells in this column."""
    import polars as pl

    if bare_name(name) in NOT_IDS or set(bare_name(name).split("_")) & set(NOT_IDS) or frame[name].dtype.is_float():
        return False
    if re.search(r"\d\.\d", "".join(str(cell) for cell in frame[name].head(5))):
        return False
    few = frame.head(SAMPLE)
    every = few[name].n_unique()
    sets = (
        few.select(pl.Series("__time", time_s[:SAMPLE]), pl.col(name)).group_by("__time").agg(pl.col(name).n_unique())
    )
    return 1 < every <= 1024 and bool((sets[name] == every).mean() >= STEADY)  # type: ignore[operator]


def check_several(
    frame: pl.DataFrame, time_s: Array, chosen: Sequence[str], values: Sequence[str], source: str
) -> None:
    """Whether each instant has one row, or rows alike, of what is one device.

    Parameters
    ----------
    frame, time_s : the table and its instants [s], shape ``(n,)``
    chosen, values, source : columns that tell devices apart; those of watts or joules; names the recording in errors

    Raises WattlineError where it has several unlike ones.
    """
    import polars as pl

    if not values or not np.isfinite(time_s).any():
        return
    every = frame.with_columns(pl.Series("__time", time_s)).head(SAMPLE).filter(pl.col("__time").is_not_nan())
    if not every.select("__time", *chosen).is_duplicated().any():  # nor are there where some rows hold nothing
        return
    for value in values:
        there = every.select("__time", *chosen, value).drop_nulls(value)
        sizes = there.group_by("__time", *chosen, maintain_order=True).len()["len"].to_numpy()
        usual = int(np.median(sizes)) if len(sizes) >= 3 else 1
        if usual < 2 or (sizes == usual).mean() < REGULAR:
            continue
        if there.unique().height <= 1.1 * there.height / usual:  # each row written several times
            continue
        if _single_mover(units.cells(there[value])[0], usual):
            continue
        what = f" beside {', '.join(chosen)}" if chosen else ""
        raise WattlineError(
            f"{source}: {usual} rows stand at each instant, and no column{what} tells whose they are; say --device "
            f"order ({usual} devices in the order of their rows), --device none (one device, read {usual} times in "
            "each tick of its clock), or --device COLUMN"
        )


def _single_mover(values: Array, usual: int) -> bool:
    """Whether rows of an instant go on from each other, as those of one device do whose clock is coarse.

    So does the first row of an instant from the last of the one before: boards that work alike are as near to each
    other at each instant, but rise and fall together from one to the next.
    """
    count = len(values) // usual * usual
    rows = values[:count].reshape(-1, usual)
    beside, again, on = (np.abs(x) for x in (np.diff(rows, axis=1), np.diff(rows, axis=0), rows[1:, 0] - rows[:-1, -1]))
    if not (beside.size and again.size):
        return False
    smooth = np.nanmean(beside) < SMOOTH * np.nanmean(again)
    return bool(smooth and np.nanmedian(on) < SMOOTH * np.nanmedian(again))


def _in_order(time_s: Array, remarks: list[Interpretation]) -> Groups:
    """Rows of an instant as devices in their order."""
    place = np.zeros(len(time_s), int)
    for i in range(1, len(time_s)):
        place[i] = place[i - 1] + 1 if time_s[i] == time_s[i - 1] else 0
    rows = {("", f"device{k}"): np.flatnonzero(place == k) for k in range(int(place.max(initial=0)) + 1)}
    return Groups(rows, [], [*remarks, Interpretation("order of rows", "", "device", note="as given by option")])


def _label(cells: tuple[str, ...], names: Sequence[str]) -> str:
    """The device's name: its cells, a bare number with the word of its column (``gpu`` 0 is gpu0)."""
    out = []
    for cell, name in zip(cells, names, strict=True):
        word = re.sub(r"_?(?:id|index|number|no)$", "", bare_name(name)) or "device"
        out.append(f"{word}{cell}" if re.fullmatch(r"\d+", cell) else cell)
    return ",".join(out)

"""A sensor that is corrected piece by piece, in a long stream or a long journal, ends where it does corrected whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.energy import window
from wattline.meter.energy.meter import tracks_of
from wattline.meter.energy.stream import Stream
from wattline.meter.energy.window import stretch_energy, window_energy
from wattline.meter.journal.blocks import pack_reading
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.writer import JournalWriter
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Reading, Spec

PART = 0.5  # of the stated error: how readings are cut moves the sum by less than the sensor may be off by
BEGIN_S = 5000.0
LOADS: dict[str, Callable[[Array], Array]] = {
    "steady": lambda t: np.full(len(t), 420.0),
    "in turns": lambda t: np.where((t // 7) % 2 == 0, 90.0, 600.0),
    "slow": lambda t: 350 + 250 * np.sin(t / 40),
    "in bursts": lambda t: np.where(t % 97 < 3, 650.0, 70.0),
    "idle, then at work": lambda t: np.where(t > t[len(t) // 2], 600.0, 60.0),
}
CARDS = ("NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-80GB", "NVIDIA GeForce RTX 3090", "Tesla V100-SXM2-32GB",
         "NVIDIA GeForce RTX 4090", "Tesla K80", "a card of no known kind")  # fmt: skip


def gpu(card: str, load: str, kept: str, step_s: float, count: int, seed: int) -> Series:
    """Readings as NVML gives them, with some noise, a counter of them beside or alone."""
    rng = np.random.default_rng(seed)
    time = BEGIN_S + np.cumsum(step_s + rng.uniform(-0.03, 0.03, count) * step_s)
    time = np.round(time, 6)
    watts = np.round(LOADS[load](time - BEGIN_S) + rng.normal(0, 2, count), 3)
    joules = np.round(np.concatenate([[0.0], np.cumsum(np.diff(time) * watts[1:])]), 3)
    device, spec = Device("here", "GPU-0", "gpu", card), Spec("nvml", period_s=0.1)
    return Series(device, spec, time, watts if "watts" in kept else None, joules if "counter" in kept else None)


READINGS = {
    "card": st.sampled_from(CARDS),
    "load": st.sampled_from(sorted(LOADS)),
    "kept": st.sampled_from(["watts", "counter", "watts and counter"]),
    "seed": st.integers(0, 1000),
}


def rows(series: Series) -> list[Reading]:
    none = [None] * len(series.time_s)
    columns = (none if column is None else column.tolist() for column in (series.power_w, series.energy_j))
    return [Reading(*pair) for pair in zip(*columns, strict=True)]


@settings(max_examples=12)
@given(**READINGS)
def test_a_stream_longer_than_what_it_keeps_is_the_whole_within_the_stated_error(
    card: str, load: str, kept: str, seed: int
) -> None:
    series = gpu(card, load, kept, 0.1, 1000, seed)
    stream, totals = Stream(series.device, series.spec, kept=256), [0.0]
    for at, reading in zip(series.time_s.tolist(), rows(series), strict=True):
        stream.feed(at, reading)
        totals.append(stream.energy_j or 0.0)
    whole = tracks_of([series]).tracks[series.device.key]
    energy = whole.energy(whole.begin_s, whole.end_s)
    assert stream.whole_j() == pytest.approx(energy.value_j, abs=PART * min(energy.below_j, energy.above_j))
    assert stream.settle() == pytest.approx(energy.value_j, abs=PART * min(energy.below_j, energy.above_j))
    assert totals == sorted(totals)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**READINGS)
def test_a_window_longer_than_a_piece_of_its_journal_is_the_whole_within_the_stated_error(
    tmp_path_factory: pytest.TempPathFactory, card: str, load: str, kept: str, seed: int
) -> None:
    series = gpu(card, load, kept, 1.0, 1500, seed)
    path: Path = tmp_path_factory.mktemp("journal") / "long.wattline"
    begin_s, end_s = BEGIN_S + 40.3, BEGIN_S + 1450.7
    with pytest.MonkeyPatch.context() as patch, Journal.create(path) as journal:
        number, writer = journal.series_id(series.device, series.spec), JournalWriter(journal)
        for i, (at, reading) in enumerate(zip(series.time_s.tolist(), rows(series), strict=True)):
            mono = round(at * 1e6)
            writer.tick(pack_reading(number, mono + 10**15, mono, reading.power_w, reading.energy_j))
            if i % 150 == 149:
                writer.flush()
                journal.pack(sync=False)
        patch.setattr(window, "PIECE_US", 300_000_000)
        pieces = stretch_energy(journal, round(begin_s * 1e6), round(end_s * 1e6))
    whole = window_energy(Recording([series]), begin_s, end_s)
    assert whole.energy_j is not None
    assert whole.low_j is not None
    assert whole.high_j is not None
    error_j = min(whole.energy_j - whole.low_j, whole.high_j - whole.energy_j)
    assert pieces.energy_j == pytest.approx(whole.energy_j, abs=PART * error_j)
    assert [d.device for d in pieces.devices] == [d.device for d in whole.devices]

"""One energy of readings: whatever readings hold, every command and endpoint says the same joules."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from fake_sensors import FakeSensor
from meter_files import usage as report
from waiting import until
from wattline import catalog
from wattline.cli.main import main
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.energy.series import curve, total, within
from wattline.meter.energy.stream import Stream
from wattline.meter.energy.track import Track, track
from wattline.meter.energy.window import WindowEnergy, stretch_energy, window_energy
from wattline.meter.export.otel import metrics_data
from wattline.meter.export.prometheus import openmetrics
from wattline.meter.export.snapshot import Totals, snapshot
from wattline.meter.export.tables import WHOLE, energy_table
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.meter.live import active
from wattline.meter.readings.clean import clean
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Reading, Spec
from wattline.meter.sharing.share import share_jobs
from wattline.meter.sharing.split import Workload
from wattline.reconcile.metered import metered_window
from wattline.web.proxy import sampler as proxy
from wattline.web.proxy.ledger import Interval

T0, M0, STEP = 1_700_000_000.0, 5000.0, 0.125  # exact in binary, and in whole microseconds
CALM = 160  # steady readings at the end, within which every stream has caught up
GPU = Device("here", "gpu-0", "gpu", "a card that no one measured")
Hurt = Callable[[Array, Array, Array, int, int], None]


@dataclass
class WindowWriter:
    """Readings as one sensor gave them: on two clocks, in order."""

    wall: Array
    mono: Array
    power: Array
    joules: Array
    spec: Spec
    story: str = ""

    def series(self) -> Series:
        columns = [None if np.isnan(values).all() else values for values in (self.power, self.joules)]
        return Series(GPU, self.spec, self.wall, columns[0], columns[1], self.mono)

    def readings(self) -> Iterator[tuple[float, float, Reading]]:
        for wall, mono, power, joules in zip(self.wall, self.mono, self.power, self.joules, strict=True):
            values = (None if np.isnan(value) else float(value) for value in (power, joules))
            yield float(wall), float(mono), Reading(*values)


HURTS: dict[str, Hurt] = {
    "spike": lambda time, power, joules, i, size: power.__setitem__(i, 10.0 ** (6 + size)),
    "glitch": lambda time, power, joules, i, size: joules.__setitem__(i, joules[i] + 10.0 ** (5 + size)),
    "drop": lambda time, power, joules, i, size: joules.__setitem__(i, 0.0),
    "reset": lambda time, power, joules, i, size: joules.__setitem__(slice(i, None), joules[i:] - joules[i]),
    "sentinel": lambda time, power, joules, i, size: power.__setitem__(slice(i, i + size), -1.0),
    "nothing": lambda time, power, joules, i, size: (power.__setitem__(i, np.nan), joules.__setitem__(i, np.nan)),  # type: ignore[dict-item,func-returns-value]
    "gap": lambda time, power, joules, i, size: time.__setitem__(slice(i, None), time[i:] + size),
    "again": lambda time, power, joules, i, size: [a.__setitem__(i, a[i - 1]) for a in (time, power, joules)],  # type: ignore[dict-item,func-returns-value]
}


@st.composite
def tellings(draw: st.DrawFn) -> WindowWriter:
    """Readings of watts, of a counter or of both, with what can go wrong."""
    watts = draw(st.lists(st.integers(50, 500), min_size=40, max_size=120))
    power = np.array([*watts, *(300 + np.arange(CALM) % 3)], float)
    time = np.arange(len(power)) * STEP
    joules = 1000.0 + np.concatenate([[0.0], np.cumsum(0.5 * (power[1:] + power[:-1]) * STEP)])
    story = []
    for name in draw(st.lists(st.sampled_from(sorted(HURTS)), max_size=4)):
        where, size = draw(st.integers(2, len(watts) - 2)), draw(st.integers(1, 7))
        HURTS[name](time, power, joules, where, size)
        story.append((name, where, size))
    wrap = draw(st.sampled_from([np.inf, 4096.0]))
    joules = joules % wrap if np.isfinite(wrap) else joules
    kinds = draw(st.sampled_from(["watts", "counter", "both"]))
    nothing = np.full(len(power), np.nan)
    wall = T0 + time
    if draw(st.booleans()):
        wall[: len(watts) // 3] -= 3600.0  # the clock was set right early on
    spec = Spec(draw(st.sampled_from(["rapl", "nvml"])), wrap_j=wrap)
    power, joules = (nothing if kinds == "counter" else power), (nothing if kinds == "watts" else joules)
    return WindowWriter(wall, M0 + time, power, joules, spec, str((kinds, story)))


def whole_j(writer: WindowWriter) -> float:
    joined = tracked(writer)
    return float(sum(joined.energy(*span).value_j for span in joined.seen()))


def tracked(writer: WindowWriter) -> Track:
    return track(clean(writer.series()).powers)


@settings(deadline=None, max_examples=25)
@given(tellings())
def test_every_way_of_summing_a_recording_says_the_same(writer: WindowWriter) -> None:
    wanted = pytest.approx(whole_j(writer), rel=1e-9)
    recording = Recording([writer.series()])
    assert report(recording)["energy_wh"]["value"] * 3600 == wanted
    assert share_jobs(recording, [Workload("job", 0.0, 2 * T0)], idle_w=0.0).total_j == wanted
    assert float(curve(writer.series()).energy_j[-1]) == wanted
    assert total([within(writer.series(), 0.0, 2 * T0)]).energy_j == wanted
    assert snapshot(recording).devices[0].energy_j == wanted
    table = energy_table(recording)
    assert table.filter(table["device"] == WHOLE)["energy_wh"][0] * 3600 == wanted
    lines = [line for line in openmetrics(recording) if line.startswith("wattline_energy_joules_total")]
    assert float(lines[-1].split()[-2]) == wanted
    points = next(data for data, _ in metrics_data(recording)).resource_metrics[0].scope_metrics[0].metrics[0].data
    assert points.data_points[-1].value == wanted
    assert metered_window(recording, None, catalog.default()).energy.energy_j == wanted


@settings(deadline=None, max_examples=25)
@given(tellings())
def test_a_stream_ends_where_the_whole_does(writer: WindowWriter) -> None:
    wanted = pytest.approx(whole_j(writer), rel=1e-9)
    stream, totals, so_far = Stream(GPU, writer.spec), Totals(), 0.0
    for wall, mono, reading in writer.readings():
        stream.feed(mono, reading)
        totals.take(GPU, writer.spec, wall, mono, reading)
        now = stream.energy_j
        assert now is None or now >= so_far
        so_far = now or 0.0
    assert stream.whole_j() == wanted
    assert stream.settle() == wanted
    assert totals.snapshot().devices[0].energy_j == wanted


class Scripted:
    """A sensor that gives readings of a script; ``clock`` is the time of the one that comes next."""

    def __init__(self, writer: WindowWriter) -> None:
        self.device, self.spec = GPU, writer.spec
        self.script = list(writer.readings())

    @property
    def clock(self) -> float:
        return self.script[0][1]

    def read(self) -> Reading:
        return self.script[0][2]

    def close(self) -> None:
        self.script = []


@settings(deadline=None, max_examples=20)
@given(tellings())
def test_the_proxys_intervals_add_up_to_the_whole(writer: WindowWriter) -> None:
    sensor, posted = Scripted(writer), list[Interval]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proxy, "GONE_S", 1e9)
        patch.setattr(proxy.time, "monotonic", lambda: sensor.clock)
        sampler = proxy.IntervalSampler([sensor], STEP, posted.append)
        while len(sensor.script) > 1:
            sampler.tick()
            del sensor.script[0]
        sampler.stop()
        sensor.script = [list(writer.readings())[-1]]
        sampler.tick()
    joules = [interval.energy_j for interval in posted if interval.energy_j is not None]
    assert min(joules) >= 0
    assert sum(joules) == pytest.approx(whole_j(writer), rel=1e-9)


def journalled(written: WindowWriter, folder: Path, span: tuple[float, float]) -> tuple[WindowEnergy, Path]:
    """The readings in a journal with one window, and the energy that ``wl.measure`` finds for it."""
    path = folder / "run.wattline"
    with Journal.create(path) as journal:
        writer = journal.connection.execute("SELECT wall_us, mono_us FROM writer").fetchone()
        assert writer is not None
        columns = [None if np.isnan(values).all() else values for values in (written.power, written.joules)]
        journal.append(journal.series_id(GPU, written.spec), written.wall, written.mono, *columns)
        offsets = (written.wall - written.mono)[[0, -1]]
        edges = [(round((a + b) * 1e6), round(b * 1e6)) for a, b in zip(offsets, span, strict=True)]
        journal.commit(
            (),
            [(
                "INSERT INTO window(id, name, parent, writer, rank, begin_us, begin_mono_us, end_us, end_mono_us, "
                "attributes) VALUES ('1', 'w', '', ?, '', ?, ?, ?, ?, '{}')",
                (journal.writer, *edges[0], *edges[1]),
            )],
        )  # fmt: skip
        return stretch_energy(journal, edges[0][1], edges[1][1]), path


@settings(deadline=None, max_examples=20)
@given(tellings(), st.integers(0, 30), st.integers(40, 150))
def test_a_window_measured_live_is_that_of_its_own_journal(writer: WindowWriter, first: int, length: int) -> None:
    joined = tracked(replace(writer, wall=writer.mono))
    begin = max(writer.mono[0] + first * STEP / 2, joined.begin_s)
    end = min(begin + length * STEP, joined.end_s)
    with tempfile.TemporaryDirectory() as folder:
        live, path = journalled(writer, Path(folder), (begin, end))
        with Journal.open(path) as journal:
            recording = read_recording(journal)
            reported = report(recording, "w")
            table = energy_table(recording)
    wanted = pytest.approx(joined.energy(begin, end).value_j, rel=1e-9)
    assert live.energy_j == wanted
    assert reported["energy_wh"]["value"] * 3600 == wanted
    row = table.filter((table["device"] == WHOLE) & (table["window"] == "w"))
    assert row["energy_wh"][0] * 3600 == wanted
    assert live.low_j is not None
    assert live.high_j is not None
    assert live.low_j <= live.energy_j <= live.high_j
    if joined.begin_s < begin and end < joined.end_s:
        # the doubt of an edge goes by the time between two readings: UTC seconds hold a quarter of a microsecond
        ranges = pytest.approx([live.low_j, live.high_j], rel=1e-9, abs=1e-6 * joined.peak_w(begin, end))
        assert [reported["energy_wh"][side] * 3600 for side in ("low", "high")] == ranges
        assert [row[f"energy_{side}_wh"][0] * 3600 for side in ("low", "high")] == ranges


def around_100_w(count: int = 61) -> Array:
    return 100.0 + 5.0 * np.sin(np.arange(float(count)))


def results_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    with pytest.raises(SystemExit) as done:
        main([*arguments, "--json"])
    assert done.value.code == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer["results"] | {"notes": answer["notes"]}


def test_one_mad_row_of_a_table_makes_no_job_use_kilowatt_hours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    power = around_100_w()
    power[30] = 1e9
    rows = [f"{T0 + i},{watts!r}" for i, watts in enumerate(power.tolist())]
    (tmp_path / "power.csv").write_text("\n".join(["time,gpu0_power_w", *rows]) + "\n")
    (tmp_path / "jobs.csv").write_text(f"name,begin,end\nj,{T0},{T0 + 60}\n")
    reported = results_of(capsys, "meter", "report", str(tmp_path / "power.csv"))
    shared = results_of(capsys, "meter", "share", str(tmp_path / "power.csv"), "--jobs", str(tmp_path / "jobs.csv"))
    assert reported["energy_wh"]["value"] == pytest.approx(100 * 60 / 3600, rel=0.01)
    assert shared["energy_wh"]["value"] == pytest.approx(reported["energy_wh"]["value"], rel=1e-9)
    assert any("spike" in note for note in shared["notes"])


def test_one_live_reading_of_a_megawatt_is_no_energy(tmp_path: Path) -> None:
    count = itertools.count()
    sensor = FakeSensor(spec=Spec("rapl"), what=lambda at: Reading(1e6 if next(count) == 25 else 100.0 + at % 3))
    active.finish()
    wl.metering(tmp_path / "run.wattline", 0.01, [sensor])
    try:
        with wl.measure("w") as window:
            until(lambda: sensor.reads > 60)  # the one of a megawatt is among them, far from either end
        live = window.energy
    finally:
        active.finish()
    with Journal.open(tmp_path / "run.wattline") as journal:
        reported = report(read_recording(journal), "w")
    assert live.energy_j == pytest.approx(101 * live.duration_s, rel=0.02)
    # seconds since 1970 are told to a quarter of a microsecond
    assert reported["duration_s"] == pytest.approx(live.duration_s, abs=1e-6)
    assert reported["energy_wh"]["value"] * 3600 == pytest.approx(live.energy_j, rel=2e-6)


@pytest.mark.parametrize("counter", [False, True])
def test_a_gap_of_seconds_is_bridged_alike_by_all_and_the_truth_lies_in_the_range(counter: bool) -> None:
    power = around_100_w()
    true = np.concatenate([[0.0], np.cumsum(0.5 * (power[1:] + power[:-1]))])
    there = np.r_[0:20, 27:61]
    column = {"energy_j": true[there]} if counter else {"power_w": power[there]}
    series = Series(GPU, Spec("rapl"), T0 + there, **column, monotonic_s=M0 + there)  # type: ignore[arg-type]
    stream = Stream(GPU, series.spec)
    for i, at in enumerate(there):
        stream.feed(M0 + at, Reading(None, true[there[i]]) if counter else Reading(power[there[i]]))
    reported = report(Recording([series]))
    assert reported["energy_wh"]["low"] * 3600 <= true[-1] <= reported["energy_wh"]["high"] * 3600
    assert reported["energy_wh"]["value"] * 3600 == pytest.approx(true[-1], rel=1e-9 if counter else 0.01)
    live = window_energy(Recording([series]), M0, M0 + 60)
    for joules in (
        live.energy_j,
        stream.energy_j,
        share_jobs(Recording([series]), [Workload("j", T0, T0 + 60)]).total_j,
    ):
        assert joules == pytest.approx(reported["energy_wh"]["value"] * 3600, rel=1e-9)


@pytest.mark.parametrize("leap", ["comes back", "stays"])
def test_a_counter_that_leaps_by_a_megajoule_counts_none_of_it(leap: str) -> None:
    counter = 500.0 + 101.6 * np.arange(61.0)
    counter[30 : 31 if leap == "comes back" else None] += 1e6
    series = Series(GPU, Spec("rapl"), T0 + np.arange(61.0), None, counter, M0 + np.arange(61.0))
    stream = Stream(GPU, series.spec)
    for i, joules in enumerate(counter):
        stream.feed(M0 + i, Reading(None, float(joules)))
        assert stream.energy_j is None or stream.energy_j <= 6096.1
    every = (
        report(Recording([series]))["energy_wh"]["value"] * 3600,
        window_energy(Recording([series]), M0, M0 + 60).energy_j,
        share_jobs(Recording([series]), [Workload("j", T0, T0 + 60)]).total_j,
        snapshot(Recording([series])).devices[0].energy_j,
        stream.energy_j,
    )
    assert every == pytest.approx([6096.0] * 5, rel=1e-9)


def test_a_long_stream_lets_its_past_go_and_loses_nothing() -> None:
    rng = np.random.default_rng(5)
    power = rng.uniform(80, 400, 1000)
    stream = Stream(GPU, Spec("rapl"), kept=128)
    for i, watts in enumerate(power):
        stream.feed(M0 + i * STEP, Reading(float(watts)))
    assert stream.settle() == pytest.approx(np.trapezoid(power) * STEP, rel=1e-9)

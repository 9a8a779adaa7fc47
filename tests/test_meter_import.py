"""An import never changes an answer; windows, counts and runs of a journal are told for what they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meter_files import prometheus, smi, spl_run, training_run, watt
from meter_files import usage as report
from wattline.meter.device import Device
from wattline.meter.export.tables import csv_text, readings_table, write_parquet
from wattline.meter.journal.importer import into_journal
from wattline.meter.journal.journal import Journal
from wattline.meter.readers.detect import read
from wattline.meter.recording import Recording, Series, Window
from wattline.meter.sensor import Spec

T0 = 1_767_225_600.0
FIGURES = ("duration_s", "mean_w", "peak_w")


def figures(data: dict[str, Any]) -> list[Any]:
    counts = {key: value["value"] for key, value in data.items() if key.startswith("joules_per")}
    numbers = [*data["energy_wh"].values(), *(data[key] for key in FIGURES)]
    kinds = sorted((row["kind"], row["count"]) for row in data["quality"])
    return [*(pytest.approx(number, rel=1e-7, abs=1e-9) for number in numbers), data["devices"], counts, kinds]


def codecarbon(folder: Path) -> Path:
    folder.mkdir()
    rows = [f"2026-01-01T{h:02d}:10:00,{run},run-{run},600.0,0.0166666667,0.05,0.0016666667,0.0683333333"
            for h, run in ((0, "a"), (5, "b"), (10, "b"))]  # fmt: skip
    header = "timestamp,project_name,run_id,duration,cpu_energy,gpu_energy,ram_energy,energy_consumed"
    (folder / "emissions.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder / "emissions.csv"


def stepped_back(folder: Path) -> Path:
    folder.mkdir()
    rows = [f"2025-10-26 02:{i % 60:02d}:00,{watt(i, 0)}" for i in range(30, 120)]
    (folder / "t.csv").write_text("\n".join(["timestamp,power_w", *rows]) + "\n")
    return folder / "t.csv"


def counters(folder: Path) -> Path:
    folder.mkdir()
    labels = {"__name__": "kepler_node_cpu_joules_total", "node_name": "n", "zone": "package"}
    return prometheus(folder / "q.json", (labels, lambda i: 1500.0 * (i if i < 40 else i - 40)))


def gpus(folder: Path) -> Path:
    folder.mkdir()
    return smi(folder / "g.csv", "timestamp, index, power.draw [W]", lambda s, g, w: f"{s}, {g}, {w:.2f} W")


SOURCES: dict[str, Callable[[Path], Path]] = {
    "CodeCarbon": codecarbon, "a clock set back": stepped_back, "a counter set back": counters, "GPUs": gpus,
    "a training run": lambda folder: training_run(folder), "an inference run": lambda folder: spl_run(folder, 5.5),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_an_imported_recording_answers_as_its_file_does(tmp_path: Path, name: str) -> None:
    path = SOURCES[name](tmp_path / "source")
    recording = read(path)
    into_journal(recording, tmp_path / "j.wattline")
    again = read(tmp_path / "j.wattline")
    for window in [None, "all", *dict.fromkeys(window.name for window in recording.windows)]:
        assert figures(report(again, window)) == figures(report(recording, window)), window
    into_journal(again, tmp_path / "k.wattline")
    assert figures(report(read(tmp_path / "k.wattline"))) == figures(report(recording)), "and so a second time"


def test_a_recording_imported_twice_is_there_once(tmp_path: Path) -> None:
    recording = read(codecarbon(tmp_path / "source"))
    for _ in range(2):
        into_journal(recording, tmp_path / "j.wattline")
    again = read(tmp_path / "j.wattline")
    assert len(again.series) == len(recording.series)
    assert len(again.windows) == len(recording.windows)
    assert figures(report(again)) == figures(report(recording))


def test_recordings_of_several_kinds_share_a_journal(tmp_path: Path) -> None:
    live = [Series(Device("n", "gpu9", "gpu"), Spec("file"), T0 + np.arange(30.0), 200.0 + np.arange(30) % 7,
                   monotonic_s=5000.0 + np.arange(30.0))]  # fmt: skip
    into_journal(Recording(live, [Window("epoch", T0 + 5, T0 + 15)]), tmp_path / "j.wattline")
    other = read(stepped_back(tmp_path / "source"))
    into_journal(other, tmp_path / "j.wattline")
    both = read(tmp_path / "j.wattline")
    assert report(both, "epoch")["duration_s"] == pytest.approx(10)
    part = Recording([each for each in both.series if each.device.key == other.series[0].device.key])
    assert figures(report(part)) == figures(report(Recording(other.series)))


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["a counter set back", "GPUs", "a clock set back", "CodeCarbon"])
def test_an_exported_table_of_readings_reads_back_to_the_same(tmp_path: Path, name: str, form: str) -> None:
    into_journal(read(SOURCES[name](tmp_path / "source")), tmp_path / "j.wattline")
    recording = read(tmp_path / "j.wattline")
    frame = readings_table(recording)
    if form == "csv":
        (tmp_path / "t.csv").write_text(csv_text(frame))
    else:
        write_parquet(frame, tmp_path / "t.parquet")
    assert figures(report(read(tmp_path / f"t.{form}"), "all")) == figures(report(recording, "all"))


def test_a_wrapping_counter_exported_keeps_where_it_wraps(tmp_path: Path) -> None:
    joules = (150.0 * np.arange(60)) % 2000.0
    spec = Spec("rapl", wrap_j=2000.0, error=0.03, note="measured in the chip")
    series = Series(Device("n", "rapl:package-0", "cpu"), spec, T0 + np.arange(60.0), None, joules)
    (tmp_path / "t.csv").write_text(csv_text(readings_table(Recording([series]))))
    again = read(tmp_path / "t.csv")
    assert again.series[0].spec == spec
    assert report(again)["quality"][0]["kind"] == "wrap"


def journal_of(path: Path, *windows: tuple[str, float, float | None, dict[str, float]]) -> Path:
    """A journal with one card at 250 W for 100 s, and windows (name, begin, end, counts)."""
    series = [Series(Device("n", "gpu0", "gpu"), Spec("file"), T0 + np.arange(101.0), 247.0 + np.arange(101) % 7)]
    reported = [Window(name, T0 + begin, None if end is None else T0 + end, counts=counts)
            for name, begin, end, counts in windows]  # fmt: skip
    into_journal(Recording(series, reported), path)
    return path


def test_tokens_count_in_their_own_window_alone(tmp_path: Path) -> None:
    path = journal_of(
        tmp_path / "j.wattline", ("prefill", 10, 20, {"tokens": 100}), ("decode", 20, 50, {"tokens": 900})
    )
    each = {name: report(read(path), name) for name in ("prefill", "decode", "all")}
    assert each["prefill"]["counts"] == {"tokens": 100}
    assert each["prefill"]["joules_per_token"]["value"] == pytest.approx(2500 / 100, rel=0.02)
    assert each["decode"]["counts"] == {"tokens": 900}
    assert not each["all"]["counts"]


def test_tokens_of_windows_inside_a_run_are_the_runs(tmp_path: Path) -> None:
    path = journal_of(tmp_path / "j.wattline", ("run", 0, 100, {}), ("a", 10, 20, {"tokens": 100}),
                      ("a", 30, 40, {"tokens": 50}))  # fmt: skip
    assert report(read(path))["counts"] == {"tokens": 150}
    assert report(read(path), "a")["counts"] == {"tokens": 150}
    assert report(read(path), "a")["duration_s"] == pytest.approx(20)


def test_counts_told_without_a_window_are_of_the_one_that_was_open(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j.wattline") as journal:
        number = journal.series_id(Device("n", "gpu0", "gpu"), Spec("file"))
        mono = journal.connection.execute("SELECT mono_us FROM writer").fetchone()[0]
        at = mono / 1e6 + np.arange(-60.0, 61.0)
        journal.append(number, T0 + at, at, 250.0 + np.arange(121) % 5)
        insert = "INSERT INTO window(id, name, parent, writer, rank, begin_us, begin_mono_us, attributes, end_us, end_mono_us) VALUES (?, ?, '', 1, '', ?, ?, '{}', ?, ?)"  # fmt: skip  # noqa: E501
        for name, begin, end in (("outer", -50, 50), ("inner", -10, 40)):
            edges = [mono + begin * 10**6, mono + end * 10**6]
            walls = [round(T0 * 1e6) + edge for edge in edges]
            journal.connection.execute(insert, (name, name, walls[0], edges[0], walls[1], edges[1]))
        journal.count("tokens", 7)
    assert report(read(tmp_path / "j.wattline"), "inner")["counts"] == {"tokens": 7}


def test_two_runs_of_one_journal_are_both_told(tmp_path: Path) -> None:
    path = journal_of(tmp_path / "j.wattline", ("run", 0, 10, {}), ("run", 50, 80, {}))
    data = report(read(path))
    assert data["duration_s"] == pytest.approx(40)
    assert data["energy_wh"]["value"] == pytest.approx(250 * 40 / 3600, rel=0.02)


def test_a_run_without_an_end_says_so(tmp_path: Path) -> None:
    from wattline.meter.energy.usage import report as usage_report

    path = journal_of(tmp_path / "j.wattline", ("run", 10, None, {}))
    data = report(read(path))
    assert data["unfinished"] == ["run"]
    assert "Not ended" in repr(usage_report(read(path))).splitlines()[1]
    ended = report(read(journal_of(tmp_path / "k.wattline", ("run", 10, 90, {}))))
    assert not ended["unfinished"]


def test_each_run_of_a_journal_is_a_row_of_emissions(tmp_path: Path) -> None:
    from wattline.meter.export.emissions import emissions_csv
    from wattline.meter.export.window import find_spans

    recording = read(journal_of(tmp_path / "j.wattline", ("run", 0, 10, {}), ("run", 50, 80, {})))
    rows = emissions_csv(recording, find_spans(recording)).splitlines()
    assert len(rows) == 3

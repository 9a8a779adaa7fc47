"""A disk that is full, for real: what was sampled stays, what comes waits in memory, and all of it is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from wattline.meter.energy.usage import report
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.meter.readers.detect import read_all

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a small disk is made with Linux's means")
# fills the disk under the journal after a while, and makes room again where it is told to
PROGRAM = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from fake_sensors import fakes
import wattline as wl
from wattline.meter.journal import writer as journal_writer
from wattline.meter.live import active
journal_writer.RETRY_S = 0.05
folder, again = Path(sys.argv[1]), sys.argv[2] == "again"
sensors = fakes(4)
wl.metering(folder / "a.wattline", "5ms", sensors)
with wl.measure("run") as run:
    time.sleep(0.2)
    assert active.active().flush()
    print("before", sensors[0].reads, flush=True)
    rubbish = folder / "rubbish"
    with open(rubbish, "wb", buffering=0) as file:
        size = 65536
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    session = active.active()
    while session._written:
        session.flush()
        time.sleep(0.005)
    time.sleep(0.2)
    print("full", sensors[0].reads, flush=True)
    print("while full", run.mean_w, flush=True)
    if again:
        rubbish.unlink()
        while not session._written:
            time.sleep(0.01)
    with wl.measure("after"): time.sleep(0.05)
print("watts", run.energy_j / run.duration_s, flush=True)
active.finish()
print("end", sensors[0].reads, flush=True)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB; the test is skipped where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def run(folder: Path, how: str, temporary: Path) -> tuple[dict[str, float], str]:
    temporary.mkdir(exist_ok=True)
    command = [sys.executable, "-c", PROGRAM, str(folder), how, str(Path(__file__).parent)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = (line.rpartition(" ") for line in done.stdout.splitlines())
    return {name: float(number) for name, _, number in lines}, done.stderr


def test_readings_wait_for_room_and_are_written_then(small_disk: Path, tmp_path: Path) -> None:
    reported, message = run(small_disk, "again", tmp_path / "t")
    assert "takes no readings (database or disk is full)" in message or "disk I/O error" in message
    assert "takes readings again" in message
    assert reported["full"] > reported["before"]
    # four devices of 100 W: their energy is known while the disk is full, too
    assert reported["while full"] == pytest.approx(400, rel=0.05)
    assert reported["watts"] == pytest.approx(400, rel=0.05)
    with Journal.open(small_disk / "a.wattline") as journal:
        recording = read_recording(journal)
        assert {window.name: window.end_s is not None for window in recording.windows} == {"run": True, "after": True}
        assert [len(series.time_s) for series in recording.series] == [reported["end"]] * 4
    (fault,) = recording.faults
    assert fault.kind == "unwritten"
    assert fault.seconds > 0.1
    assert list((tmp_path / "t").iterdir()) == []


def test_where_there_is_no_room_to_the_end_the_rest_is_saved_elsewhere(small_disk: Path, tmp_path: Path) -> None:
    reported, message = run(small_disk, "full", tmp_path / "t")
    assert "the last" in message
    (rest,) = (tmp_path / "t").iterdir()
    assert str(rest) in message
    counts = []
    for path in (small_disk / "a.wattline", rest):
        with Journal.open(path) as journal:
            recording = read_recording(journal)
            counts.append([len(series.time_s) for series in recording.series])
    assert len(counts[0]) == 4
    assert np.min(counts[0]) >= reported["before"]
    assert np.sum(counts, axis=0).tolist() == [reported["end"]] * 4
    # the rest has the windows whole
    assert {window.name: window.end_s is not None for window in recording.windows} == {"run": True, "after": True}
    assert [fault.kind for fault in recording.faults] == ["unwritten"]
    # both together are the run: four devices of 100 W
    whole = report(read_all([small_disk / "a.wattline", rest]), "run").json()["results"]
    assert whole["unfinished"] == []
    assert whole["mean_w"] == pytest.approx(400, rel=0.02)
    assert [whole["window"]["name"], whole["devices"]] == ["run", 4]


LIMITED = """
import resource, sys, time
sys.path.insert(0, sys.argv[2])
from fake_sensors import fakes
import wattline as wl
from wattline.meter.live import active
wl.metering(sys.argv[1], "2ms", fakes(4))
with wl.measure("run") as run:
    session = active.active()
    assert session.flush()
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
    while session._written:
        session.flush()
        time.sleep(0.002)
    time.sleep(0.1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until = time.monotonic() + 30
    while not session._written and time.monotonic() < until: time.sleep(0.01)
print(run.energy_j / run.duration_s)
"""


def test_a_limit_on_the_size_of_files_is_as_a_full_disk(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "a.wattline"), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(400, rel=0.05)
    assert "takes no readings" in done.stderr
    assert "takes readings again" in done.stderr
    with Journal.open(tmp_path / "a.wattline") as journal:
        recording = read_recording(journal)
    assert [window.end_s is not None for window in recording.windows] == [True]
    assert "unwritten" in [fault.kind for fault in recording.faults]

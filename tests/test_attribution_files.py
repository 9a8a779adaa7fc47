"""Who ran: jobs from CSV, Slurm and Kubernetes, processes from samples; and the command that shares among them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec
from wattline.meter.sharing.jobs import read_jobs
from wattline.meter.sharing.processes import read_processes
from wattline.meter.sharing.share import share_processes
from wattline.meter.sharing.times import expand, indices, instant, zone

T0 = 1_735_689_600.0  # 2025-01-01T00:00:00Z

CSV = """name,start,end,gpus,node,weight
train,2025-01-01T00:00:10Z,2025-01-01T00:01:00Z,0-1,n1,
eval,1735689620,1735689650,1,n1,3
"""
SACCT = """JobID|JobName|Start|End|NodeList|AllocTRES|State
41|prep|2025-01-01T00:00:00|2025-01-01T00:01:40|n[1-2]|billing=8,cpu=8|COMPLETED
42|train|2025-01-01T00:00:10|2025-01-01T00:01:00|n1|billing=16,gres/gpu=2,node=1|COMPLETED
42.batch|batch|2025-01-01T00:00:10|2025-01-01T00:01:00|n1|cpu=8|COMPLETED
43|next|Unknown|Unknown|None assigned||PENDING
44|typed|2025-01-01T00:01:10|Unknown|n1|gres/gpu:a100=2|RUNNING
"""
SCONTROL = """JobId=42 JobName=train
   UserId=ada(1000) JobState=COMPLETED
   StartTime=2025-01-01T00:00:10 EndTime=2025-01-01T00:01:00 Deadline=N/A
   NodeList=n[1-2]
     Nodes=n1 CPU_IDs=0-15 Mem=0 GRES=gpu:a100:1(IDX:1)
     Nodes=n2 CPU_IDs=0-15 Mem=0 GRES=gpu:a100:3(IDX:0,2-3)
JobId=43 JobName=serve JobState=RUNNING
   StartTime=2025-01-01T00:00:20 EndTime=2025-02-01T00:00:00
     Nodes=n1 CPU_IDs=16-31 Mem=0 GRES=gpu:a100:1(IDX:0)
JobId=44 JobName=cpu JobState=RUNNING
   StartTime=2025-01-01T00:00:20 EndTime=Unknown
     Nodes=n1 CPU_IDs=32 Mem=0 GRES=
"""
PMON = """#Date       Time        gpu         pid   type     sm    mem    enc    dec    command
#YYYYMMDD   HH:MM:SS    # Idx           #    C/G      %      %      %      %    name
 20250101   00:00:10      0       1234     C     60     10      -      -    python
 20250101   00:00:10      0       99       C     30     10      -      -    worker
 20250101   00:00:10      1          -     -      -      -      -      -    -
 20250101   00:00:20      0       1234     C     90     10      -      -    python
 20250101   00:00:20      1          -     -      -      -      -      -    -
"""


def prometheus() -> str:
    def series(
        pod: str, times: list[float], gpu: str = "0", uuid: str = "GPU-0", metric: str = "x"
    ) -> dict[str, object]:
        labels = {
            "__name__": metric,
            "pod": pod,
            "namespace": "ml",
            "container": "main",
            "gpu": gpu,
            "UUID": uuid,
            "Hostname": "n1",
        }
        return {"metric": labels, "values": [[t, "1"] for t in times]}

    first = [T0 + 10 * i for i in range(4)]
    rows = [
        series("train-0", [*first, *(T0 + 70 + 10 * i for i in range(3))]),
        series("train-0", first, metric="same pod, another metric"),
        series("serve-1", first, uuid="GPU-1", gpu="1"),
        series("", first),
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": rows}})


def write(folder: Path, text: str, name: str = "who") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_jobs_of_a_csv(tmp_path: Path) -> None:
    train, evaluate = read_jobs(write(tmp_path, CSV))
    assert (train.name, train.begin_s - T0, train.end_s - T0) == ("train", 10, 60)
    assert (train.devices, train.hosts, train.weight) == (("0", "1"), ("n1",), 1.0)
    assert (evaluate.begin_s - T0, evaluate.devices, evaluate.weight) == (20, ("1",), 3.0)


def test_jobs_of_sacct_without_steps_and_without_jobs_that_took_no_gpu(tmp_path: Path) -> None:
    train, typed = read_jobs(write(tmp_path, SACCT))
    assert (train.name, train.count, train.hosts, train.begin_s - T0) == ("42 train", 2, ("n1",), 10)
    assert (typed.name, typed.count, typed.end_s) == ("44 typed", 2, float("inf"))
    berlin = read_jobs(write(tmp_path, SACCT), zone("Europe/Berlin"))
    assert train.begin_s - berlin[0].begin_s == 3600


def test_jobs_of_scontrol_have_their_gpus_by_node(tmp_path: Path) -> None:
    claims = read_jobs(write(tmp_path, SCONTROL))
    assert [(c.name, c.hosts, c.devices) for c in claims] == [
        ("42 train", ("n1",), ("1",)),
        ("42 train", ("n2",), ("0", "2", "3")),
        ("43 serve", ("n1",), ("0",)),
    ]
    assert claims[2].end_s == float("inf")  # it still runs: its end is a time limit


def test_pods_hold_a_gpu_while_they_have_samples(tmp_path: Path) -> None:
    claims = read_jobs(write(tmp_path, prometheus()))
    assert [(c.name, c.devices, round(c.begin_s - T0), round(c.end_s - T0)) for c in claims] == [
        ("ml/train-0/main", ("GPU-0",), -5, 35),
        ("ml/train-0/main", ("GPU-0",), 65, 95),
        ("ml/serve-1/main", ("GPU-1",), -5, 35),
    ]


def test_processes_of_pmon_and_of_a_csv_are_the_same(tmp_path: Path) -> None:
    rows = """time,gpu,pid,name,sm
2025-01-01T00:00:10Z,0,1234,python,60
1735689610,0,99,worker,30 %
1735689620000000,0,1234,python,90
"""
    for text in (PMON, rows):
        used = next(u for u in read_processes(write(tmp_path, text)) if u.gpu == "0")
        got = [(c.name, c.begin_s - T0, c.end_s - T0, c.weight) for c in used.claims]
        assert got == [("1234 python", 0, 10, 60.0), ("99 worker", 0, 10, 30.0), ("1234 python", 10, 20, 90.0)]
        assert (used.begin_s - T0).tolist() == [0, 10]


def recording(gpus: int = 2, power_w: float = 200.0) -> Recording:
    time = T0 + np.arange(0, 100.5, 0.5)
    series = [
        Series(Device("n1", f"GPU-{i}", "gpu"), Spec("file"), time, np.full(len(time), power_w)) for i in range(gpus)
    ]
    return Recording(series, source="test")


def test_energy_of_processes_with_what_nobody_used_and_nobody_saw(tmp_path: Path) -> None:
    shared = share_processes(recording(), read_processes(write(tmp_path, PMON)), idle_w=50.0)
    assert shared.claims() == {
        "1234 python": pytest.approx(150 * (20 / 3 + 10)),
        "99 worker": pytest.approx(150 * 10 / 3),
    }
    first, second = shared.splits
    assert first.idle_j == pytest.approx(50 * 20)
    assert first.unknown_j == pytest.approx(200 * 80)  # no samples: neither idle nor anybody's
    assert second.idle_j == pytest.approx(200 * 20)
    assert sum(shared.claims().values()) + shared.idle_j + shared.unknown_j == pytest.approx(shared.total_j, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("   \n", "is empty"),
        ("a,b\n1,2\n", "no column name, begin, end"),
        ("name,begin,end\n", "names no job"),
        ("name,begin,end\nj,yesterday,1735689600\n", "line 2.*is no time"),
        ("name,begin,end\nj,-5,1735689600\n", "line 2.*is no time"),
        ("name,begin,end\nj,1735689700,1735689600\n", "ends .* before it begins"),
        ("name,begin,end\nj,nan,1735689600\n", "is no time"),
        ("name,begin,end,weight\nj,1735689600,1735689700,-1\n", "weight"),
        ("name,begin,end,gpus\nj,1735689600,1735689700,5-2\n", "no range of GPUs"),
        ("name,begin,end,host\nj,1735689600,1735689700,n[x]\n", "no list of nodes"),
        ("JobID|Start|End\n1|2025-01-01T00:00:00|2025-01-01T01:00:00\n", "no field nodelist"),
        ("JobId=1 JobName=x JobState=RUNNING\n StartTime=2025-01-01T00:00:00 EndTime=Unknown\n", "show job -d"),
        ('{"data": {"result": 5}}', "not a Prometheus range answer"),
        ('{"data": {"result": []}}', "names no job"),
        ("{", "not a Prometheus range answer"),
    ],
)
def test_files_of_jobs_that_make_no_sense(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(WattlineError, match=message) as caught:
        read_jobs(write(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("time,pid\n", "no column sm"),
        ("time,pid,sm\n", "holds no sample"),
        ("time,pid,sm\n1735689600,abc,5\n", "is no sample"),
        ("time,pid,sm\n1735689600,5,-7\n", "is no sample"),
        ("time,pid,sm\nnever,5,7\n", "is no time"),
        ("# gpu pid type sm mem enc dec command\n0 5 C 7 1 - - x\n", "pmon -s u -o DT"),
    ],
)
def test_files_of_processes_that_make_no_sense(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        read_processes(write(tmp_path, text))


def test_times_nodes_and_indices_as_people_write_them() -> None:
    assert instant("1735689600.5", "x") == T0 + 0.5
    assert instant("1735689600500", "x") == T0 + 0.5
    assert instant("1735689600500000", "x") == T0 + 0.5
    assert instant("2025/01/01 00:00:01", "x") == T0 + 1
    assert instant("2025-01-01T01:00:00+01:00", "x") == T0
    assert expand("n[1-3,07],login", "x") == ("n1", "n2", "n3", "n07", "login")
    assert expand("r[0-1]n[1-2]", "x") == ("r0n1", "r0n2", "r1n1", "r1n2")
    assert indices("0-2, 5;GPU-a", "x") == ("0", "1", "2", "5", "GPU-a")
    with pytest.raises(WattlineError, match="time zone"):
        zone("Middle/Earth")
    with pytest.raises(WattlineError, match="no list"):
        expand("n[9-1]", "x")


@pytest.fixture
def single_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever path is read, two GPUs at 200 W for 100 s come back."""
    module = ModuleType("wattline.meter.readers.detect")
    module.read = lambda path, *_: recording()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wattline.meter.readers.detect", module)


@pytest.mark.usefixtures("single_recording")
def test_the_command_shares_and_adds_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["meter", "share", "anything", "--jobs", str(write(tmp_path, CSV)), "--json"])
    assert done.value.code == 0
    data = json.loads(capsys.readouterr().out)["results"]
    total = data["energy_wh"]["value"]
    assert total * 3600 == pytest.approx(40_000)
    assert sum(c["energy_wh"] for c in data["claims"]) + data["idle_wh"] == pytest.approx(total, rel=1e-12)
    assert [d["idle_basis"] for d in data["devices"]] == ["measured", "measured"]
    with pytest.raises(SystemExit):
        main(["meter", "share", "anything", "--processes", str(write(tmp_path, PMON)), "--idle-w", "50"])
    shown = capsys.readouterr().out
    for word in ("1234 python", "idle", "not known", "as given"):
        assert word in shown


@pytest.mark.usefixtures("single_recording")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "either --jobs FILE or --processes FILE"),
        (["--jobs", "JOBS", "--processes", "JOBS"], "either --jobs FILE or --processes FILE"),
        (["--jobs", "JOBS", "--idle-w", "-3"], "zero or more"),
        (["--jobs", "JOBS", "--tz", "Nowhere"], "time zone"),
        (["--jobs", "nowhere.csv"], "does not exist"),
    ],
)
def test_the_command_says_what_is_wrong(
    tmp_path: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(tmp_path, CSV))
    with pytest.raises(SystemExit) as done:
        main(["meter", "share", "anything", *[path if o == "JOBS" else o for o in options]])
    assert done.value.code == 2
    line = capsys.readouterr().err
    assert message in line
    assert line.count("\n") == 1

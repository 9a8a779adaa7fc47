"""Files of jobs and of samples of processes by hand: what stands in them, and what may be missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wattline.core.errors import WattlineError
from wattline.meter.sharing.jobs import read_jobs
from wattline.meter.sharing.processes import ProcessClaims, read_processes
from wattline.meter.sharing.split import Workload
from wattline.meter.sharing.times import zone

T0 = 1_735_689_600.0  # 2025-01-01T00:00:00Z


def read(tmp_path: Path, text: str, **more: Any) -> list[Workload]:
    path = tmp_path / "who"
    path.write_text(text)
    return read_jobs(path, **more)


def plain(claims: list[Workload]) -> list[tuple[Any, ...]]:
    return [(c.name, c.begin_s - T0, c.end_s - T0, c.devices, c.hosts, c.weight, c.count) for c in claims]


def test_jobs_of_a_csv_with_what_may_be_missing(tmp_path: Path) -> None:
    text = "job,start,end,weight\na,1735689600,1735689660,0\n,,,\n,2025-01-01 01:00:00,,\n"
    assert plain(read(tmp_path, text)) == [
        ("a", 0, 60, (), (), 0, 0), ("line 4", 3600, np.inf, (), (), 1, 0),
    ]  # fmt: skip
    assert read(tmp_path, text, default=zone("Europe/Berlin"))[1].begin_s == T0
    for weight in ("inf", "nan", "-0.5", "much"):
        with pytest.raises(WattlineError, match="line 2: weight"):
            read(tmp_path, f"job,start,end,weight\na,1735689600,1735689660,{weight}\n")


def test_jobs_of_sacct_with_what_may_be_missing(tmp_path: Path) -> None:
    """Without a word on what was allotted the job counts, on all of its nodes; with none of it on GPUs it does not."""
    head = "JobID|Start|End|NodeList|AllocGRES\n"
    rows = (
        "1|2025-01-01T00:00:00|2025-01-01T00:01:00|n1|gpu:a100:2\n2|2025-01-01T00:00:00|2025-01-01T00:01:00|n2\n"
        "3.0|2025-01-01T00:00:00|2025-01-01T00:01:00|n1|gpu:1\n4|None|Unknown|n1|gpu:1\n"
        "5|2025-01-01T00:00:00|2025-01-01T00:01:00|n1|craynetwork:1\n6|2025-01-01T00:00:00||n1|gpu:1\n"
    )
    assert plain(read(tmp_path, head + rows)) == [
        ("1", 0, 60, (), ("n1",), 1, 2), ("2", 0, 60, (), ("n2",), 1, 0), ("6", 0, np.inf, (), ("n1",), 1, 1),
    ]  # fmt: skip
    both = "JobID|JobName|Start|End|NodeList|AllocTRES\n7|x|2025-01-01T00:00:00|2025-01-01T00:01:00|n1|"
    typed = read(tmp_path, both + "gres/gpu:a100=2,gres/gpu:h100=3\n")
    assert plain(typed) == [("7 x", 0, 60, (), ("n1",), 1, 5)]
    with pytest.raises(WattlineError, match="line 3: 'soon' is no time"):
        read(tmp_path, both + "gres/gpu=1\n8|x|soon|Unknown|n1|gres/gpu=1\n")


def test_jobs_of_scontrol_with_what_may_be_missing(tmp_path: Path) -> None:
    nodes = "     Nodes=n1 CPU_IDs=0 Mem=0 GRES=gpu:a100:1(IDX:{})\n"
    text = (
        "JobId=1\n   StartTime=2025-01-01T00:00:10 EndTime=2025-01-01T00:01:00\n" + nodes.format(0)
        + "JobId=2 JobName=x JobState=COMPLETED\n   StartTime=2025-01-01T00:00:10\n" + nodes.format(1)
        + "JobId=3 JobState=PENDING\n   StartTime=Unknown EndTime=Unknown\n" + nodes.format(2)
        + "JobId=4 JobState=PENDING\n" + nodes.format(3)
        + "JobId=5 JobState=SUSPENDED\n   StartTime=2025-01-01T00:00:10 EndTime=2025-01-01T00:01:00\n" + nodes.format(4)
        + "JobId=6 JobState=COMPLETED\n   StartTime=N/A EndTime=2025-01-01T00:01:00\n" + nodes.format(5)
    )  # fmt: skip
    assert plain(read(tmp_path, text)) == [
        ("1", 10, 60, ("0",), ("n1",), 1, 0), ("2 x", 10, np.inf, ("1",), ("n1",), 1, 0),
        ("5", 10, np.inf, ("4",), ("n1",), 1, 0),
    ]  # fmt: skip
    berlin = read(tmp_path, text, default=zone("Europe/Berlin"))[0]
    assert (berlin.begin_s - T0, berlin.end_s - T0) == (10 - 3600, 60 - 3600)
    with pytest.raises(WattlineError, match="job 1: 'soon' is no time"):
        read(tmp_path, text.replace("EndTime=2025-01-01T00:01:00", "EndTime=soon", 1))


def processes(tmp_path: Path, text: str, **more: Any) -> list[ProcessClaims]:
    path = tmp_path / "who"
    path.write_text(text)
    return read_processes(path, **more)


PMON = "#Date       Time        gpu         pid   type     sm    mem    command\n"


def test_samples_of_pmon_with_what_may_be_missing(tmp_path: Path) -> None:
    """A process that used nothing that could be counted weighs nothing; a name may hold spaces and a #."""
    rows = (
        "  #YYYYMMDD   HH:MM:SS    # Idx           #    C/G      %      %    name\n"
        " 20250101   00:00:10      0       12     C     -     -    a #b\n\n"
        " 2025-01-01   00:00:20      0       12     C     7     -\n"
        " 20250101   00:00:30      0          -     -      -      -      -\n"
    )
    (got,) = processes(tmp_path, PMON + rows)
    assert [(c.name, c.begin_s - T0, c.end_s - T0, c.weight) for c in got.claims] == [
        ("12 a #b", 0, 10, 0), ("12", 10, 20, 7),
    ]  # fmt: skip
    assert (got.end_s - T0).tolist() == [10, 20, 30]
    (berlin,) = processes(tmp_path, PMON + rows, default=zone("Europe/Berlin"))
    assert (berlin.end_s - T0).tolist() == [10 - 3600, 20 - 3600, 30 - 3600]
    for wrong, words in ((" 20250101 later 0 12 C 1 - x", "line 2: '2025-01-01Tlater'"), (" 20250101 00:00:10 0 x C 1 - x", "line 2: pid 'x'")):  # fmt: skip  # noqa: E501
        with pytest.raises(WattlineError, match=words):
            processes(tmp_path, PMON + wrong)
    with pytest.raises(WattlineError, match="pmon -s u -o DT"):
        processes(tmp_path, "# Time gpu pid type sm mem command\n00:00:10 0 5 C 7 1 x\n")


def test_samples_of_a_csv_with_what_may_be_missing(tmp_path: Path) -> None:
    text = "timestamp, uuid, pid, process_name, sm_util [%], hostname\n"
    rows = "1735689610, GPU-a, 7, x, 0.5 %, n1\n1735689620, GPU-a, 7, x, 0 %, n1\n1735689620, GPU-a, 8, y, , n1\n"
    (got,) = processes(tmp_path, text + ",,,,,\n" + rows)
    assert (got.gpu, got.host) == ("GPU-a", "n1")
    assert [(c.name, c.weight) for c in got.claims] == [("7 x", 0.5), ("7 x", 0), ("8 y", 0)]
    for wrong in ("inf", "nan", "-1", "much"):
        with pytest.raises(WattlineError, match="line 3: pid '7' with use"):
            processes(tmp_path, f"time,pid,sm\n1735689610,7,1\n1735689620,7,{wrong}\n")

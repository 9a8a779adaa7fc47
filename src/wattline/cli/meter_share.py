"""``wattline meter share``: a recording's energy shared among what ran."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import meter_choices, options
from wattline.cli.groups import expand
from wattline.core.errors import WattlineError

Opt = typer.Option
Recorded = Annotated[Path, typer.Argument(metavar="PATH", help="Recording of any known format.")]
JOBS = "Jobs that ran: CSV (name, begin, end, gpus, host), sacct -P, scontrol show job -d or Prometheus JSON."
Jobs = Annotated[Path | None, Opt(metavar="FILE", help=JOBS)]
PROCESSES = "Samples of processes: CSV (time, gpu, pid, sm) or nvidia-smi pmon -o DT."
Processes = Annotated[Path | None, Opt(metavar="FILE", help=PROCESSES)]
IdleW = Annotated[float | None, Opt("--idle-w", help="Idle power of a device, W [default: read while nothing ran].")]
Zone = Annotated[str, Opt("--tz", help="Time zone of times that do not state one, such as Europe/Berlin.")]
Host = Annotated[str, Opt(help="Name of the recording's machine, where its file does not name it.")]
AsRead = Annotated[bool, Opt("--as-read", help="Share the readings as they were written, without correction.")]


@expand
def share(
    path: Recorded,
    *,
    jobs: Jobs = None,
    processes: Processes = None,
    idle_w: IdleW = None,
    tz: Zone = "UTC",
    host: Host = "",
    as_read: AsRead = False,
    reading: meter_choices.ReadOptions,
    as_json: options.AsJson = False,
) -> None:
    """Share the energy of a recording's devices among the jobs or processes that ran on them; idle is its own line."""
    from wattline.cli.printing import print_result
    from wattline.meter.readers.detect import read
    from wattline.meter.recording import on_host
    from wattline.meter.sharing.jobs import read_jobs
    from wattline.meter.sharing.processes import read_processes
    from wattline.meter.sharing.share import share_jobs, share_processes
    from wattline.meter.sharing.times import zone

    if (jobs is None) == (processes is None):
        raise WattlineError("say what ran: either --jobs FILE or --processes FILE")
    if idle_w is not None and not 0 <= idle_w < float("inf"):
        raise WattlineError(f"--idle-w {idle_w:g} must be zero or more")
    default = zone(tz)
    recording = read(path, meter_choices.choices(reading))
    recording = on_host(recording, host) if host else recording
    if jobs is not None:
        result = share_jobs(recording, read_jobs(jobs, default), idle_w, as_read)
    else:
        assert processes is not None
        result = share_processes(recording, read_processes(processes, default), idle_w, as_read)
    print_result(result, as_json)

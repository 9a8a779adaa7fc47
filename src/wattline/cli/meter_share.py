"""``wattline meter share``: a recording's energy shared among what ran."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.core.errors import WattlineError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def share(
    path: Annotated[Path, typer.Argument(help="A recording of any known format.")],
    jobs: Annotated[
        Path | None,
        typer.Option(help="Jobs: CSV (name, begin, end, gpus, host), sacct -P, scontrol show job -d, Prometheus JSON."),
    ] = None,
    processes: Annotated[
        Path | None, typer.Option(help="Samples of processes: CSV (time, gpu, pid, sm), nvidia-smi pmon -o DT.")
    ] = None,
    idle_w: Annotated[
        float | None, typer.Option("--idle-w", help="Idle watts of a device [default: read while nothing ran].")
    ] = None,
    tz: Annotated[str, typer.Option("--tz", help="Zone of the times that state none, e.g. Europe/Berlin.")] = "UTC",
    host: Annotated[str, typer.Option(help="The recording's machine, where its file does not name it.")] = "",
    as_read: Annotated[bool, typer.Option("--as-read", help="Share readings as written, without correction.")] = False,
    as_json: AsJson = False,
) -> None:
    """Share the energy of a recording's devices among the jobs or processes that ran on them; idle is its own line."""
    from wattline.cli.printing import print_json, print_rich
    from wattline.meter.readers.detect import read
    from wattline.meter.sharing.jobs import read_jobs
    from wattline.meter.sharing.processes import read_processes
    from wattline.meter.sharing.share import on_host, share_jobs, share_processes
    from wattline.meter.sharing.times import zone
    from wattline.report.terminal.share import render

    if (jobs is None) == (processes is None):
        raise WattlineError("say what ran: either --jobs FILE or --processes FILE")
    if idle_w is not None and not 0 <= idle_w < float("inf"):
        raise WattlineError(f"--idle-w {idle_w:g} must be zero or more")
    default = zone(tz)
    recording = on_host(read(path), host) if host else read(path)
    if jobs is not None:
        result = share_jobs(recording, read_jobs(jobs, default), idle_w, as_read)
    else:
        assert processes is not None
        result = share_processes(recording, read_processes(processes, default), idle_w, as_read)
    if as_json:
        print_json(result.json())
    else:
        print_rich(render(result))

"""``wattline sensors``: what measures power here, what is missing, and why."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from wattline.cli import options
from wattline.core.errors import WattlineError
from wattline.core.units import HOUR_S

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object; with --watch such a one on each line.")]
Source = Annotated[
    list[str] | None,
    typer.Option(
        help="Source to look at, may be repeated: nvml, amdsmi, rapl, hwmon, ipmi, redfish, prometheus, model."
    ),
]
MIN_S, MAX_S = 0.05, HOUR_S


def sensors(
    source: Source = None,
    watch: Annotated[bool, typer.Option(help="Show the power as it is read, until Ctrl-C.")] = False,
    interval: Annotated[str, typer.Option(help="Time between two readings with --watch, such as 500ms.")] = "1s",
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: AsJson = False,
) -> None:
    """What measures power here: each sensor with a reading; what is missing, why, and how to mend it."""
    from wattline.meter.sensors.discover import look

    step_s = _seconds(interval)
    known, findings = look(source, facts=facts)
    try:
        if watch:
            _watch(known, findings, source or [], step_s, as_json)
        else:
            _once(known, findings, source or [], as_json)
    finally:
        for sensor in known:
            sensor.close()


def _once(known: list[Any], findings: list[Any], sources: list[str], as_json: bool) -> None:
    import time

    from wattline.cli.printing import print_answer
    from wattline.meter.sensors.listing import PAUSE_S, Watch, tell

    watch = Watch(known)
    if known:
        time.sleep(PAUSE_S)
    print_answer(tell(known, findings, watch.rows(), sources), as_json)


def _watch(known: list[Any], findings: list[Any], sources: list[str], step_s: float, as_json: bool) -> None:
    """An answer a line as JSON, a table that renews itself on a terminal, or a line a sensor; Ctrl-C is the end."""
    import json
    import sys
    import time

    from wattline.cli.printing import emit
    from wattline.meter.sensors.listing import Watch, tell
    from wattline.report.terminal.sensors import sensor_title, sensors_table

    if not known:
        raise WattlineError("there is nothing to watch; `wattline sensors` lists what is missing")
    watch = Watch(known)
    on_screen = sys.stdout.isatty() and not as_json
    try:
        if on_screen:
            from rich.live import Live

            with Live(sensors_table(watch.rows()), auto_refresh=False) as live:
                while True:
                    time.sleep(step_s)
                    live.update(sensors_table(watch.rows()), refresh=True)
        while True:
            time.sleep(step_s)
            rows = watch.rows()
            if as_json:
                emit(json.dumps(tell(known, findings, rows, sources), allow_nan=False) + "\n")
            else:
                emit("".join(_line(row, sensor_title(row, rows)) for row in rows))
    except KeyboardInterrupt:
        return


def _line(row: dict[str, Any], name: str) -> str:
    import time

    watts = "?" if row["power_w"] is None else f"{row['power_w']:.1f}"
    return f"{time.strftime('%H:%M:%S')}  {row['source']:<10}  {watts:>9} W  {name}{'  (modelled)' * row['modelled']}\n"


def _seconds(interval: str) -> float:
    from wattline.core.quantity import parse

    seconds = parse(interval, "s", "--interval")
    if not MIN_S <= seconds <= MAX_S:
        raise WattlineError(f"--interval {interval}: give between {MIN_S:g} and {MAX_S:g} seconds")
    return seconds

"""``wattline measure``: the energy of a command, or of the machine until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from wattline.cli import measure_bill, options
from wattline.cli.groups import expand
from wattline.core.errors import WattlineError
from wattline.core.printable import printable, sayable

if TYPE_CHECKING:
    from wattline.meter.live.measurement import Measurement
    from wattline.meter.live.other_work import OtherShares
    from wattline.meter.live.run_command import Signals
    from wattline.meter.live.sampler import Sampler
    from wattline.meter.live.session import Session

Opt = typer.Option


class MeasuredCommand(NamedTuple):
    """What was measured: the window over all of it, what wrote its journal, and what other processes had."""

    window: Measurement
    session: Session
    others: OtherShares | None


@expand
def measure(
    command: Annotated[
        list[str] | None, typer.Argument(help="Command to measure, with its arguments, after --.")
    ] = None,
    interval: Annotated[str, Opt(help='Time between two readings, such as "100ms".')] = "100ms",
    name: Annotated[str, Opt(help="Name of the measurement, also in the name of its journal [default: run].")] = "",
    journal: Annotated[
        Path | None, Opt(metavar="FILE", help="Journal to write [default: wattline-NAME-TIME.wattline here].")
    ] = None,
    live: Annotated[bool, Opt("--live", help="Show the power as it is read, on standard error.")] = False,
    lasting: Annotated[
        str | None, Opt("--for", help='How long to measure without a command, such as "10 s" [default: until Ctrl-C].')
    ] = None,
    prometheus: Annotated[
        str | None,
        Opt(
            help="Address on which to serve Prometheus meanwhile: :9400 for this machine alone, "
            "0.0.0.0:9400 for all networks."
        ),
    ] = None,
    *,
    where: options.WhereOptions,
    as_json: Annotated[bool, Opt("--json", help="Print one JSON object to standard output at the end.")] = False,
) -> None:
    """Measure the energy of a COMMAND. Its exit status, signals, input and output pass through; the summary goes
    to standard error, and every reading to a journal that survives a kill. With --region, --carbon or another
    option of place, the bill to the grid follows."""
    from wattline.meter.live.run_command import hold_signals

    # before anything is imported that begins threads, which would be given the signals in this one's place
    with hold_signals() as signals:
        seconds = _check(command, interval, live, lasting)
        measure_bill.check_where(where)
        status, measured = _run(command or [], name, journal, live, seconds, signals, prometheus)
        _summary(measured, as_json, measure_bill.bill_of(measured.session.files, measured.window, where))
    raise typer.Exit(status)


def _check(command: list[str] | None, interval: str, live: bool, lasting: str | None) -> tuple[float, float | None]:
    """Seconds between readings, and for how long where that is said; raises WattlineError on what cannot be."""
    from wattline.meter.live.active import parse_interval, parse_seconds
    from wattline.meter.live.run_command import check_command

    interval_s = parse_interval(interval)
    duration_s = None if lasting is None else parse_seconds(lasting, "for")
    if command:
        check_command(command)
        if lasting is not None:
            raise WattlineError("measure: --for is for measuring without a COMMAND; a COMMAND lasts as long as it runs")
    elif not live and lasting is None:
        raise WattlineError("measure: give a COMMAND after --, or --live or --for TIME to measure without one")
    return interval_s, duration_s


def _run(
    command: list[str],
    name: str,
    journal: Path | None,
    live: bool,
    seconds: tuple[float, float | None],
    signals: Signals,
    prometheus: str | None,
) -> tuple[int, MeasuredCommand]:
    """Measure and end; the exit status, and what was measured."""
    from wattline.cli.live import Live
    from wattline.meter.live import active
    from wattline.meter.live.measurement import Measurement
    from wattline.meter.live.run_command import wait_for_end

    interval_s, duration_s = seconds
    _open_journal(journal, name or (Path(command[0]).name if command else "machine"), interval_s)
    session = active.active()
    window = Measurement(sayable(name) or "run", {"command": _kept_command(command)} if command else {})
    shown = Live(session.sampler, plain=bool(command)) if live else None
    show = shown.show if shown else _nothing
    shares = None
    stop: Callable[[], None] = _nothing
    try:
        stop = _serve(session.sampler, prometheus)
        if signals.end_requested():
            raise KeyboardInterrupt
        window.begin()
        if command:
            ours = {active.JOURNAL: str(session.path), active.INTERVAL: str(interval_s), active.WINDOW: window.id}
            status, shares = _command(command, ours, session, signals, show)
        else:
            status = wait_for_end(duration_s, signals, show)
        window.end()
        if shown is not None:
            shown.close()
        _read(window)  # while the session is there
        return status, MeasuredCommand(window, session, shares)
    finally:
        if shown is not None:
            shown.close()
        window.end()
        active.finish()
        stop()


def _command(
    command: list[str], ours: dict[str, str], session: Session, signals: Signals, show: Callable[[], None]
) -> tuple[int, OtherShares]:
    """Run the command with ``ours`` in its environment; its exit status, and what other processes had meanwhile."""
    from wattline.meter.live.other_work import OtherWork
    from wattline.meter.live.run_command import run_command

    others = OtherWork([probe.sensor for probe in session.sampler.probes] if session.sampler else [])

    def beside(pid: int) -> None:
        show()
        others.look(pid)

    others.begin()
    status = run_command(command, {**os.environ, **ours}, signals, beside)
    return status, others.end()


def _kept_command(command: list[str]) -> list[str]:
    """A command as it is kept: its program, and that it had arguments, which may hold passwords and keys."""
    count = len(command) - 1
    return [sayable(command[0]), *([f"({count} argument{'s' if count > 1 else ''})"] if count else [])]


def _open_journal(journal: Path | None, label: str, interval_s: float) -> None:
    """Begin to meter into the journal that is named here or by the environment, else into one named after ``label``."""
    from wattline.meter.live import active

    named = journal or (Path(os.environ[active.JOURNAL]) if os.environ.get(active.JOURNAL) else None)
    active.metering(named or active.default_path(label), str(interval_s), fall_back=named is None)


def _serve(sampler: Sampler | None, address: str | None) -> Callable[[], None]:
    """The endpoint for Prometheus, fed by what is sampled; the result stops it."""
    if address is None:
        return _nothing
    if sampler is None:
        raise WattlineError("measure: --prometheus: another process samples this machine; ask for it there")
    from wattline.meter.export.prometheus import serve_metrics
    from wattline.meter.export.snapshot import Totals

    totals = Totals()
    stop: Callable[[], None] = serve_metrics(totals.snapshot, address)
    sampler.heard = totals.hear
    return stop


def _nothing(*_: object) -> None:
    """Nothing to show, nothing to stop."""


def _read(window: Measurement) -> None:
    """The energy of a window that has ended; what fails in that takes nothing from the command's exit status."""
    import sqlite3

    from wattline.meter.journal.writer import say

    try:
        _ = window.energy
    except (WattlineError, sqlite3.Error, OSError) as error:
        say(f"the energy cannot be read back ({error})")
        window.unreadable()


def _shown(path: Path) -> str:
    """The path from the working directory, where it lies in it and that is still there."""
    try:
        return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
    except OSError:
        return str(path)


def _summary(measured: MeasuredCommand, as_json: bool, bill: dict[str, Any] | None) -> None:
    """A few lines to standard error; with ``as_json`` one object to standard output as well."""
    from wattline.cli.printing import print_json
    from wattline.meter.sensors.unread import unread

    window, shares = measured.window, measured.others
    shown = [_shown(path) for path in measured.session.files]
    if as_json:
        data = window.json()
        data["results"]["journal"] = shown[0] if shown else ""
        data["results"] |= {} if shares is None else {"other_processes": shares.json()}
        data["results"] |= {} if bill is None else {"bill": bill}
        print_json(data)
    lines = [f"wattline: {window}"]
    energy = window.energy
    if energy.energy_j is None:
        lines.append("  unknown is not zero: `wattline sensors` says what is missing here, and the mend")
    lines += [f"  {line}" for line in device_lines(energy.devices)]
    for fault in energy.faults:
        times = f"{fault.count} × " if fault.count > 1 else ""
        where = f" ({fault.device})" if fault.device else ""
        lines.append(f"  {times}{fault.kind}{where}: {fault.done}")
    lines += [f"  {words}" for words in unread(device.kind for device in energy.devices)]
    if shares is not None and energy.energy_j is not None:
        lines.append(f"  {shares}")
    if bill is not None:
        lines += [f"  {line}" for line in measure_bill.bill_lines(bill)]
    if shown:
        lines.append(f"  full report: wattline meter report {shlex.join(shown)}")
    try:
        print(printable("\n".join(lines)), file=sys.stderr, flush=True)
    except OSError:
        return


def device_lines(devices: Any, most: int = 16) -> list[str]:
    """One line a device, when there are several; those beyond ``most`` as one.

    Parameters
    ----------
    devices : measured, each with its energy [J] and its source
    most : so many are listed alone

    Returns
    -------
    The lines.
    """
    from wattline.core.quantity import show

    if len(devices) < 2:
        return [f"{d.name} ({d.source})" for d in devices]
    width = max(len(d.name) for d in devices[:most])
    lines = [f"{d.name:<{width}}  {show(d.energy_j, 'J'):>10}  {d.source}" for d in devices[:most]]
    if len(devices) > most:
        lines.append(f"and {len(devices) - most} more devices: {show(sum(d.energy_j for d in devices[most:]), 'J')}")
    return lines
